"""Typed formats: Parquet files and Excel workbooks."""

import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from thousandfold.errors import DataError
from thousandfold.names import composed
from thousandfold.reading.options import ReadOptions
from thousandfold.reading.sheets import LARGEST_UNPACKED, Sheet, check_size

ROWS_AT_ONCE = 4096
"""Of a Parquet file; between them it is seen how large its texts are."""


def parquet_sheet(path: Path, options: ReadOptions) -> Sheet:
    """A Parquet file; its index, if it has one, is the first column. Raises DataError."""
    try:
        _check_metadata(path, pq.read_metadata(path))
        table, nested = _flat_table(path)
        frame = table.to_pandas()
    except DataError:
        raise
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(
            f"{path}: cannot be read as a Parquet file ({str(error).strip()}); correct the file"
        ) from None
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    if not frame.columns.size:
        raise DataError(f"{path}: has no columns; it needs one with the observations")
    columns = []
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        missing = column.isna()
        columns.append(
            ["" if gap else _text(value) for value, gap in zip(column, missing, strict=True)]
        )
    rows = [list(row) for row in zip(*columns, strict=True)]
    places = [f"row {number + 1}" for number in range(len(rows))]
    assumed = tuple(f"the nested column {name!r} left out" for name in nested)
    return Sheet(path, tuple(map(str, frame.columns)), rows, places, assumed=assumed)


def _check_metadata(path: Path, kept: pq.FileMetaData) -> None:
    """Raise DataError if a file declares that it unpacks to too much."""
    check_size(path, columns=kept.num_columns, rows=kept.num_rows)
    chunks = [
        kept.row_group(group).column(column)
        for group in range(kept.num_row_groups)
        for column in range(kept.num_columns)
    ]
    # What is repeated is kept once, and a value of fixed length says how long it is.
    lengths = [max(0, kept.schema.column(column).length) for column in range(kept.num_columns)]
    unpacked = sum(
        max(chunk.total_uncompressed_size, chunk.num_values * length)
        for chunk, length in zip(chunks, lengths * kept.num_row_groups, strict=True)
    )
    cells = max(kept.num_rows * kept.num_columns, sum(chunk.num_values for chunk in chunks))
    check_size(path, unpacked, LARGEST_UNPACKED, cells=cells)


def _flat_table(path: Path) -> tuple[pa.Table, list[str]]:
    """A file's columns that are not nested, and the names of those that are. Raises DataError.

    Texts stay dictionary-encoded until their total length is known.
    """
    kept = pq.read_metadata(path).schema
    texts = [
        kept.column(place).path for place in range(len(kept))
        if kept.column(place).physical_type == "BYTE_ARRAY"
        and kept.column(place).logical_type.type in ("NONE", "STRING")
    ]  # fmt: skip
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        schema = file.schema_arrow
        nested = [field.name for field in schema if pa.types.is_nested(field.type)]
        flat = [name for name in schema.names if name not in nested] if nested else None
        batches, size = [], 0
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=flat):
            size += sum(map(_size, batch.columns))
            check_size(path, size, LARGEST_UNPACKED)
            batches.append(batch)
        return pa.Table.from_batches(batches) if batches else file.read(flat), nested


def _size(column: pa.Array) -> int:
    """Bytes of a column's values, each counted as often as it occurs."""
    if pa.types.is_dictionary(column.type) and _is_text(column.type.value_type):
        lengths = pc.binary_length(column.dictionary).take(column.indices)
        return pc.sum(lengths).as_py() or 0
    return column.nbytes


def _is_text(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_binary,
        pa.types.is_large_binary,
    )
    return any(test(kind) for test in tests)


def workbook_sheet(path: Path, options: ReadOptions) -> Sheet:
    """A sheet of an Excel workbook: the first row with anything in it is the header.

    Raises DataError.
    """
    import openpyxl

    try:
        with zipfile.ZipFile(path) as packed:
            # No more is read than is said here.
            unpacked = sum(part.file_size for part in packed.infolist())
            check_size(path, unpacked, LARGEST_UNPACKED)
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        names = book.sheetnames
        if options.sheet is not None and options.sheet not in names:
            raise DataError(
                f"{path}: has no sheet {options.sheet!r}; it has {', '.join(map(repr, names))}"
            )
        sheet = options.sheet or names[0]
        # A sheet may say that it reaches further than its cells do.
        book[sheet].reset_dimensions()
        cells = _texts(path, book[sheet].iter_rows(values_only=True))
        book.close()
    except DataError:
        raise
    except Exception as error:  # openpyxl raises nearly anything on a file that is no workbook
        raise DataError(
            f"{path}: cannot be read as an Excel workbook ({error}); repair it, or save it as CSV"
        ) from None
    used = [(number, row) for number, row in enumerate(cells, 1) if any(row)]
    used = used[options.skip_first : len(used) - (options.skip_last or 0)]
    if not used:
        raise DataError(f"{path}: its sheet {sheet!r} is empty; it needs a header and rows")
    width = max(len(row) for _, row in used)
    check_size(path, columns=width, cells=width * len(used))
    padded = [(number, row + [""] * (width - len(row))) for number, row in used]
    filled = [place for place in range(width) if any(row[place] for _, row in padded)]
    (_, header), *rows = [(number, [row[i] for i in filled]) for number, row in padded]
    assumed = () if options.sheet or len(names) == 1 else (f"the sheet {sheet!r}",)
    places = [f"row {number}" for number, _ in rows]
    return Sheet(path, tuple(header), [row for _, row in rows], places, assumed=assumed)


def _texts(path: Path, rows: Iterable[Sequence[Any]]) -> list[list[str]]:
    """A sheet's cells as text. Raises DataError once they are too many."""
    texts: list[list[str]] = []
    cells = size = 0
    for row in rows:
        texts.append([_text(value) for value in row])
        cells += len(row)
        size += sum(map(len, texts[-1]))
        check_size(path, size, LARGEST_UNPACKED, rows=len(texts), cells=cells)
        while texts[-1] and not texts[-1][-1]:
            texts[-1].pop()
    return texts


def _text(value: Any) -> str:
    """A cell's value as a text file would have it; dates as ISO 8601 writes them."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        is_day = value.time() == time() and value.tzinfo is None
        return value.date().isoformat() if is_day else value.isoformat(" ")
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return composed(str(value).strip())
