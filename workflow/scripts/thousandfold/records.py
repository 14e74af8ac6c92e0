"""Parquet files that carry a checksum: packs, and the tables of all repeats and forecasts."""

import hashlib
import json
import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from thousandfold.disk import DamagedTableError

_KEY = "thousandfold"
"""Under this key a Parquet file carries its seal: a checksum and what else its writer gave."""


class DamagedFileError(Exception):
    """A file that was changed after it was written, or is not what it should be."""


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


def open_sealed(path: Path) -> tuple[pq.ParquetFile, dict[str, Any]]:
    """A file made by `sealed_writer`, mapped into memory, and its seal. Raises DamagedFileError."""
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise DamagedFileError(f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise DamagedFileError("cannot be read (it is empty)") from error
    return _open_content(content)


def _open_content(content: bytes | mmap.mmap) -> tuple[pq.ParquetFile, dict[str, Any]]:
    try:
        file = pq.ParquetFile(pa.BufferReader(pa.py_buffer(content)))
        seal = json.loads(file.metadata.metadata[_KEY.encode()])
        checksum = seal["checksum"].encode()
    # A damaged file makes Arrow raise nearly anything, and it is all the same to the reader.
    except Exception as error:
        raise DamagedFileError(f"cannot be read ({type(error).__name__}: {error})") from error
    place = content.rfind(checksum)
    with memoryview(content) as view:
        digest = hashlib.sha256(view[:place])
        digest.update(_NO_CHECKSUM)
        digest.update(view[place + len(checksum) :])
    if digest.hexdigest().encode() != checksum:
        raise DamagedFileError("has a wrong checksum")
    return file, seal


def read_sealed(path: Path) -> pa.Buffer:
    """A sealed table's file, checked to be complete. Raises DamagedTableError."""
    try:
        content = path.read_bytes()
        _open_content(content)
        return pa.py_buffer(content)
    except (OSError, DamagedFileError) as error:
        raise DamagedTableError(
            f"{path}: is damaged: {error}. Delete it and run the same command again, which remakes "
            "it from what is trained"
        ) from error


def read_in_parts(path: Path, by: Sequence[str]) -> Iterator[pd.DataFrame]:
    """The rows of a sealed table in order, those with the same values of `by` together.

    Rows with the same values have to follow each other; the table is never whole in memory. Raises
    DamagedTableError.
    """
    file = pq.ParquetFile(pa.BufferReader(read_sealed(path)))
    begun: list[pd.DataFrame] = []
    for group in range(file.num_row_groups):
        table = file.read_row_group(group).to_pandas()
        for _, part in table.groupby(list(by), sort=False):
            if begun and any(begun[0][name].iloc[0] != part[name].iloc[0] for name in by):
                yield pd.concat(begun, ignore_index=True)
                begun = []
            begun.append(part)
    if begun:
        yield pd.concat(begun, ignore_index=True)


def read_large_table(path: Path) -> pd.DataFrame:
    """All rows of a sealed table. Raises DamagedTableError."""
    return pq.read_table(pa.BufferReader(read_sealed(path))).to_pandas()
