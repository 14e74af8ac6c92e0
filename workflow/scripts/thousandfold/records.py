"""The tables: their columns, how they are written completely, and how they are checked.

A block is the result file of one training job. The columns of the tables that others read
are in `tables`, and checked when they are written.
"""

import csv
import hashlib
import io
import json
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from thousandfold.disk import (
    DamagedTableError,
    read_checked,
    write_own_checksum,
    written_whole,
)
from thousandfold.tables import TABLES

TRAINING_TABLES = ("identities", "fidelity", "forecast_bands", "blocks")
"""The tables that tell of a training, which repeats from elsewhere do not have."""

BLOCK_COLUMNS = ("repeat", "seed", "train_loss", "train_seconds", "epochs", "diverged")
"""The columns of a block before its forecasts."""

_KEY = "thousandfold"
"""Under this key a Parquet file carries its checksum and, if it is a block, its recipe."""


class DamagedFileError(Exception):
    """A file that was changed after it was written, or is not what its recipe promises."""


_NO_CHECKSUM = b"0" * 64
"""Stands in a file where its checksum goes, while that is computed."""


@contextmanager
def sealed_writer(path: Path, schema: pa.Schema, **seal: Any) -> Iterator[pq.ParquetWriter]:
    """Writes a Parquet file that carries `seal` and a checksum.

    The checksum is the SHA-256 of the whole file with zeros in the checksum's place.
    """
    with pq.ParquetWriter(path, schema) as writer:
        yield writer
        writer.add_key_value_metadata(
            {_KEY: json.dumps({**seal, "checksum": _NO_CHECKSUM.decode()})}
        )
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        checksum = hashlib.sha256(content).hexdigest().encode()
        place = content.rfind(_NO_CHECKSUM)
        content[place : place + len(checksum)] = checksum


def _open_sealed(content: bytes) -> tuple[pq.ParquetFile, dict[str, Any]]:
    """A file made by `sealed_writer`, and its seal. Raises DamagedFileError."""
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        seal = json.loads(file.metadata.metadata[_KEY.encode()])
        checksum = seal["checksum"].encode()
    # A damaged file makes Arrow raise nearly anything, and it is all the same to the reader.
    except Exception as error:
        raise DamagedFileError(f"cannot be read ({type(error).__name__}: {error})") from error
    if hashlib.sha256(content.replace(checksum, _NO_CHECKSUM)).hexdigest().encode() != checksum:
        raise DamagedFileError("has a wrong checksum")
    return file, seal


def write_block(path: Path, table: pd.DataFrame, recipe: str, facts: dict[str, Any]) -> None:
    """Write a block with its recipe and facts (such as how long it took)."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    with (
        written_whole(path) as partial,
        sealed_writer(partial, arrow.schema, recipe=recipe, facts=facts) as writer,
    ):
        writer.write_table(arrow)


def read_block(
    path: Path, recipe: str, repeats: range, steps: int, horizon: int = 0
) -> pd.DataFrame:
    """Read a block and check that it is complete and is what the recipe promises.

    It holds forecasts of the given number of test steps, and of `horizon` beyond. Raises
    DamagedFileError saying what is wrong.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DamagedFileError(f"cannot be read ({error.strerror})") from error
    file, seal = _open_sealed(content)
    if seal["recipe"] != recipe:
        raise DamagedFileError("was trained by another recipe (other config, data or version)")
    table = file.read().to_pandas()
    forecasts = [f"forecast_{step + 1}" for step in range(steps)]
    beyond = [f"future_{step + 1}" for step in range(horizon)]
    if list(table.columns) != [*BLOCK_COLUMNS, *forecasts, *beyond]:
        raise DamagedFileError(f"has the columns {list(table.columns)}")
    if list(table["repeat"]) != list(repeats):
        raise DamagedFileError(f"does not hold repeats {repeats.start} to {repeats.stop - 1}")
    return table


def block_facts(path: Path) -> dict[str, Any]:
    """What a block's file says about its making: `recipe`, and the facts written with it."""
    seal = json.loads(pq.read_metadata(path).metadata[_KEY.encode()])
    return {"recipe": seal["recipe"], **seal["facts"]}


def recipe_of(path: Path) -> str | None:
    """The recipe that a block's file says it has; None if it cannot be read."""
    try:
        return str(block_facts(path)["recipe"])
    # A damaged file makes Arrow raise nearly anything; whoever collects it says what is wrong.
    except Exception:
        return None


def read_sealed(path: Path) -> pa.Buffer:
    """A sealed table's file, checked to be complete. Raises DamagedTableError."""
    try:
        content = path.read_bytes()
        _open_sealed(content)
        return pa.py_buffer(content)
    except (OSError, DamagedFileError) as error:
        raise DamagedTableError(
            f"{path}: is damaged: {error}. Delete it and run the same command again, which remakes "
            "it from the blocks"
        ) from error


def read_large_table(path: Path) -> pd.DataFrame:
    """All rows of a sealed table. Raises DamagedTableError."""
    return pq.read_table(pa.BufferReader(read_sealed(path))).to_pandas()


def table_columns(name: str) -> list[str]:
    """The columns of one of a run's tables, in order."""
    return list(TABLES[name])


def table_descriptions(name: str) -> dict[str, str]:
    """The description of each column of one of a run's tables."""
    return {column: declared.description for column, declared in TABLES[name].items()}


def all_tables() -> list[str]:
    """The names of the tables that a run can leave."""
    return list(TABLES)


def check_columns(name: str, table: pd.DataFrame) -> None:
    """Raise ValueError unless the table has exactly its columns."""
    if list(table.columns) != table_columns(name):
        raise ValueError(f"table {name} has the columns {list(table.columns)}")


def write_table(name: str, table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, with floats that read back to the same numbers, and its checksum."""
    check_columns(name, table)
    guarded = for_spreadsheets(table)
    text = guarded.to_csv(index=False)
    if "\r" in text:
        # Unquoted, it would begin a row, and Python quotes none for it.
        text = guarded.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="")
    write_own_checksum(path)


TEXT_COLUMNS = frozenset(
    {
        "series", "scenario", "scenario_a", "scenario_b", "id", "comparison", "metric", "expect",
        "estimand", "claim", "source", "verdict", "difference_verdict", "undecided_because",
        "flags", "sentence", "supported_on", "direction_supported_on", "undecided_on", "baseline",
        "result", "null", "test", "statistic", "pool", "outcome", "recipe", "finished", "cpu",
        "host", "versions", "engine", "profile",
    }
)  # fmt: skip
"""The columns that hold text in whatever table; a scenario called 1e-3 is not a number."""


_FORMULA = re.compile(r"['=+@\t\r\n＝＋－＠-]")
"""What a cell begins with that a spreadsheet may take for a formula, or that a ' was put before."""


def for_spreadsheets(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a ' before names and texts that a spreadsheet would run as formulas."""

    def guarded(text: Any) -> Any:
        return f"'{text}" if isinstance(text, str) and _FORMULA.match(text) else text

    texts = {name: table[name].map(guarded) for name in table if name in TEXT_COLUMNS}
    return table.assign(**texts).rename(columns=guarded)


def read_table(path: Path) -> pd.DataFrame:
    """Read a table written by `write_table`: bit-identical numbers, and text as text.

    Raises DamagedTableError.
    """
    texts = dict.fromkeys(TEXT_COLUMNS, str)
    table = pd.read_csv(
        io.BytesIO(read_checked(path)), keep_default_na=False, na_values=[""], dtype=texts
    )
    for name in TEXT_COLUMNS.intersection(table):
        table[name] = table[name].str.removeprefix("'")
    return table
