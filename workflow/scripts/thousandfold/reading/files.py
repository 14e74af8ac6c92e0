"""Reads a file in the format that its name's ending says."""

from functools import lru_cache
from pathlib import Path

from thousandfold.disk import check_regular
from thousandfold.reading.delimited import delimited_sheet
from thousandfold.reading.options import FOUND_OUT, ReadOptions
from thousandfold.reading.sheets import Sheet, check_size
from thousandfold.reading.typed import parquet_sheet, workbook_sheet


def read_sheet(path: Path, options: ReadOptions = FOUND_OUT) -> Sheet:
    """Read a file by its name's ending: .parquet, .xlsx, or delimited text, .gz or not.

    Raises DataError if there is no such file, if it is too large, or if it has no rows of one
    length under a header.
    """
    check_file(path)
    state = path.stat()
    return _read(path, options, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, options: ReadOptions, modified: int, size: int) -> Sheet:
    """A cached file in its state at that time; every series of a panel asks for the same one."""
    formats = {".parquet": parquet_sheet, ".xlsx": workbook_sheet, ".xlsm": workbook_sheet}
    return formats.get(path.suffix.lower(), delimited_sheet)(path, options)


def check_file(path: Path) -> None:
    """Raise DataError unless there is a regular file that is not too large to be read."""
    check_regular(path)
    check_size(path, path.stat().st_size)
