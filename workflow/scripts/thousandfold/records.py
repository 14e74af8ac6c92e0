"""The tables: what their columns are, how they are written whole and how they are checked.

A block is the result file of one training job. The tables that others read are described in
workflow/schemas/tables.yaml and checked against it when they are written.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from thousandfold.errors import UserError

TABLES_FILE = Path(__file__).parents[2] / "schemas" / "tables.yaml"

BLOCK_COLUMNS = ("repeat", "seed", "rmse", "train_loss", "diverged")
"""The columns of a block before its forecasts."""

_KEY = "thousandfold"
"""Under this key a block's Parquet file carries its recipe and checksum."""


class DamagedBlockError(Exception):
    """A block that is not what its recipe promises."""


class DamagedTableError(UserError):
    """A table that cannot be read as it was written."""


class UnwritableError(UserError):
    """A file that cannot be written: the disk is full, or its folder is not ours to write."""


def check_writable(folder: Path) -> None:
    """Raise UnwritableError unless files can be made in a folder, which need not exist yet."""
    existing = next(place for place in [folder, *folder.parents] if place.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        raise UnwritableError(
            f"{existing}: cannot be written; make it a folder of yours, or run in a copy of the "
            "project on another disk"
        )


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write to; the file moves to `path` once complete, or leaves no trace.

    What processes that were killed had begun to write is removed when the file is complete.
    Raises UnwritableError.
    """
    # The process id keeps an orphan of a killed run from writing into another's file.
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with partial.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(partial, path)
        for orphan in path.parent.glob(f".{path.name}.*.partial"):
            orphan.unlink(missing_ok=True)
    except OSError as error:
        raise UnwritableError(
            f"{path}: cannot be written ({error.strerror or error}); free space or make the folder "
            "writable, then run the same command again: it keeps what is finished"
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


_NO_CHECKSUM = b"0" * 64
"""Stands in a block where its checksum goes, while that is computed."""


def write_block(path: Path, table: pd.DataFrame, recipe: str, facts: dict[str, Any]) -> None:
    """Write a block with its recipe, facts (such as how long it took) and checksum.

    The checksum is the SHA-256 of the whole file with zeros in the checksum's place.
    """
    seal = {"recipe": recipe, "facts": facts, "checksum": _NO_CHECKSUM.decode()}
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    buffer = pa.BufferOutputStream()
    with pq.ParquetWriter(buffer, arrow.schema) as writer:
        writer.write_table(arrow)
        writer.add_key_value_metadata({_KEY: json.dumps(seal)})
    content = buffer.getvalue().to_pybytes()
    checksum = hashlib.sha256(content).hexdigest().encode()
    with written_whole(path) as partial:
        partial.write_bytes(content.replace(_NO_CHECKSUM, checksum))


def read_block(path: Path, recipe: str, repeats: range, steps: int) -> pd.DataFrame:
    """Read a block and check that it is whole and is what the recipe promises.

    Raises DamagedBlockError saying what is wrong.
    """
    try:
        content = path.read_bytes()
        file = pq.ParquetFile(pa.BufferReader(content))
        seal = json.loads(file.metadata.metadata[_KEY.encode()])
        found_recipe, checksum = seal["recipe"], seal["checksum"].encode()
        table = file.read().to_pandas()
    # A damaged file makes Arrow raise nearly anything, and it is all the same to the reader.
    except Exception as error:
        raise DamagedBlockError(f"cannot be read ({type(error).__name__}: {error})") from error
    if hashlib.sha256(content.replace(checksum, _NO_CHECKSUM)).hexdigest().encode() != checksum:
        raise DamagedBlockError("has a wrong checksum")
    if found_recipe != recipe:
        raise DamagedBlockError("was trained by another recipe (other config, data or version)")
    forecasts = [f"forecast_{step + 1}" for step in range(steps)]
    if list(table.columns) != [*BLOCK_COLUMNS, *forecasts]:
        raise DamagedBlockError(f"has the columns {list(table.columns)}")
    if list(table["repeat"]) != list(repeats):
        raise DamagedBlockError(f"does not hold repeats {repeats.start} to {repeats.stop - 1}")
    return table


def block_facts(path: Path) -> dict[str, Any]:
    """What a block's file says of its making: `recipe`, and the facts written with it."""
    seal = json.loads(pq.read_metadata(path).metadata[_KEY.encode()])
    return {"recipe": seal["recipe"], **seal["facts"]}


def table_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer of a Parquet table whose readers will notice a damaged byte."""
    return pq.ParquetWriter(path, schema, write_page_checksum=True)


def read_large_table(path: Path, filters: list[Any] | None = None) -> pd.DataFrame:
    """Read a table of `table_writer`'s, or the rows that pass PyArrow's `filters`.

    Raises DamagedTableError.
    """
    try:
        return pq.read_table(path, filters=filters, page_checksum_verification=True).to_pandas()
    except (OSError, pa.ArrowException) as error:
        raise DamagedTableError(
            f"{path}: is damaged ({error}); delete it and run the same command again, which makes "
            "it anew from the blocks"
        ) from error


def table_columns(name: str) -> list[str]:
    """The columns of one of a run's tables, in order, as workflow/schemas/tables.yaml has them."""
    return list(_tables()[name])


def table_descriptions(name: str) -> dict[str, str]:
    """What each column of one of a run's tables says."""
    return _tables()[name]


def all_tables() -> list[str]:
    """The names of the tables that a run can leave."""
    return list(_tables())


@cache
def _tables() -> dict[str, dict[str, str]]:
    return yaml.safe_load(TABLES_FILE.read_text(encoding="utf-8"))


def check_columns(name: str, table: pd.DataFrame) -> None:
    """Raise ValueError unless the table has exactly its columns."""
    if list(table.columns) != table_columns(name):
        raise ValueError(f"table {name} has the columns {list(table.columns)}")


def write_table(name: str, table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, floats so that reading gives the same numbers."""
    check_columns(name, table)
    with written_whole(path) as partial:
        table.to_csv(partial, index=False)


def read_table(path: Path) -> pd.DataFrame:
    """Read a table written by `write_table`, equal to the bit."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""])
