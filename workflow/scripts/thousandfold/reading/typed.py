"""Formats that know what their cells are: Parquet and Excel workbooks."""

import zipfile
from datetime import datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from thousandfold.errors import DataError
from thousandfold.names import composed
from thousandfold.reading.options import ReadOptions
from thousandfold.reading.sheets import Sheet, check_size

XML_PER_CELL = 10
"""How many times larger than its values a workbook's XML may be."""


def parquet_sheet(path: Path, options: ReadOptions) -> Sheet:
    """A Parquet file; its index, if it has one, is the first column. Raises DataError."""
    try:
        kept = pq.read_metadata(path)
        check_size(path, 0, kept.num_rows * kept.num_columns)
        frame = pq.read_table(path).to_pandas()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(
            f"{path}: cannot be read as a Parquet file ({str(error).strip()}); mend the file"
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
    return Sheet(path, tuple(map(str, frame.columns)), rows, places)


def workbook_sheet(path: Path, options: ReadOptions) -> Sheet:
    """A sheet of an Excel workbook: the first row with anything in it is the header.

    Raises DataError.
    """
    import openpyxl

    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
            check_size(path, unpacked / XML_PER_CELL)
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        names = book.sheetnames
        if options.sheet is not None and options.sheet not in names:
            raise DataError(
                f"{path}: has no sheet {options.sheet!r}; it has {', '.join(map(repr, names))}"
            )
        sheet = options.sheet or names[0]
        cells = [[_text(value) for value in row] for row in book[sheet].iter_rows(values_only=True)]
        book.close()
    except DataError:
        raise
    except Exception as error:  # openpyxl raises nearly anything on a file that is no workbook
        raise DataError(
            f"{path}: cannot be read as an Excel workbook ({error}); mend it, or save it as CSV"
        ) from None
    used = [(number, row) for number, row in enumerate(cells, 1) if any(row)]
    used = used[options.skip_first : len(used) - (options.skip_last or 0)]
    if not used:
        raise DataError(f"{path}: its sheet {sheet!r} is empty; it needs a header and rows")
    width = max(len(row) for _, row in used)
    padded = [(number, row + [""] * (width - len(row))) for number, row in used]
    filled = [place for place in range(width) if any(row[place] for _, row in padded)]
    (_, header), *rows = [(number, [row[i] for i in filled]) for number, row in padded]
    assumed = () if options.sheet or len(names) == 1 else (f"the sheet {sheet!r}",)
    places = [f"row {number}" for number, _ in rows]
    return Sheet(path, tuple(header), [row for _, row in rows], places, assumed=assumed)


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
