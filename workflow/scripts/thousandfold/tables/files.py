"""Tables as CSV files: written complete and with a checksum, and read back as the same rows."""

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from thousandfold.disk import (
    DamagedTableError,
    read_checked,
    write_own_checksum,
    written_whole,
)
from thousandfold.tables.columns import AnyRow, CellError, Column, Row, is_empty

_FORMULA = re.compile(r"['=+@\t\r\n＝＋－＠-]")
"""What a cell begins with that a spreadsheet may take for a formula, or that a ' was put before."""

_BOOLEANS = {"True": True, "False": False}


def write_rows(row_type: type[AnyRow], rows: Iterable[AnyRow], path: Path) -> None:
    """Write a table, with numbers that read back to the same bits, and its checksum.

    Raises CellError, naming the table, the column and the row, and UnwritableError.
    """
    text = csv_text([list(row_type.columns), *_lines(row_type, rows)])
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="")
    write_own_checksum(path)


def _lines(row_type: type[Row], rows: Iterable[Row]) -> list[list[str]]:
    """The cells of each row as text."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = []
        for name, column in row_type.columns.items():
            try:
                cells.append(_written(column.checked(getattr(row, name))))
            except CellError as error:
                place = f"table {row_type.table}, column {name}, row {number}"
                raise CellError(f"{place}: {error}") from None
        lines.append(cells)
    return lines


def csv_text(lines: list[list[str]]) -> str:
    """Lines of cells as the text of a CSV file."""
    text = _csv(lines, csv.QUOTE_MINIMAL)
    # Unquoted, it would begin a row, and Python quotes none for it.
    return _csv(lines, csv.QUOTE_ALL) if "\r" in text else text


def _csv(lines: list[list[str]], quoting: Any) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n", quoting=quoting).writerows(lines)
    return file.getvalue()


def _written(value: Any) -> str:
    """A checked value as a cell has it."""
    return "" if is_empty(value) else str(guarded(value))


def read_rows(row_type: type[AnyRow], path: Path) -> list[AnyRow]:
    """Read a table written by `write_rows`. Raises DamagedTableError."""
    header, *lines = _cells(read_checked(path).decode("utf-8"))
    if header != list(row_type.columns):
        raise _of_another_version(path, f"its columns are {', '.join(header)}")
    rows = []
    for number, line in enumerate(lines, 1):
        if len(line) != len(header):
            raise _of_another_version(path, f"row {number} has {len(line)} cells")
        cells = {}
        for (name, column), cell in zip(row_type.columns.items(), line, strict=True):
            try:
                cells[name] = _read(column, cell)
            except (ValueError, KeyError):
                problem = f"column {name}, row {number}: {cell!r} is not {column.type_name}"
                raise _of_another_version(path, problem) from None
        rows.append(row_type(**cells))
    return rows


def _cells(text: str) -> list[list[str]]:
    """The cells of each line, of any length: a trend names all of its scenarios in one."""
    usual = csv.field_size_limit(len(text) + 1)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    finally:
        csv.field_size_limit(usual)


def _read(column: Column, cell: str) -> Any:
    """The value of a cell. Raises ValueError or KeyError."""
    if column.is_optional and not cell:
        return column.empty
    if column.type is str:
        return cell.removeprefix("'")
    return _BOOLEANS[cell] if column.type is bool else column.type(cell)


def _of_another_version(path: Path, problem: str) -> DamagedTableError:
    return DamagedTableError(
        f"{path}: was written by another version: {problem}. Delete it and run the same command "
        "again, which remakes it"
    )


def guarded(value: Any) -> Any:
    """A text with a ' before it if a spreadsheet would run it as a formula; other values as is."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def for_spreadsheets(table: pd.DataFrame) -> pd.DataFrame:
    """A data frame with its texts and the names of its columns guarded."""
    texts = table.select_dtypes(exclude=["number", "bool"])
    return table.assign(**texts.map(guarded)).rename(columns=guarded)
