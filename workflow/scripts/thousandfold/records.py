"""Parquet files that carry a checksum: blocks, and the tables of all repeats and forecasts.

A block is the result file of one training job.
"""

import hashlib
import json
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from thousandfold.disk import DamagedTableError, written_whole

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
