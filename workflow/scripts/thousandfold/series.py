"""A series as its file has it. Nothing here knows of scenarios, networks or other files."""

import csv
import re
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from thousandfold.errors import UserError

LARGEST_FILE = 20_000_000
"""In bytes; every job reads the series, and a network's training rows are far fewer."""

LARGEST_VALUE = 1e100
"""So that squares and sums of values are finite."""

BEYOND = "is beyond ±1e100"
"""What an error says of a larger value."""

MOST_COLUMNS_NAMED = 20


class SeriesError(UserError):
    """A series that cannot be used; the message names the file and the mend."""


@dataclass(frozen=True)
class Series:
    """One time series and what is known beside it, its last `test_rows` values held out."""

    name: str
    values: np.ndarray
    """Observations in time order, shape (observations,), in the series' own units."""
    labels: tuple[str, ...]
    """One label per observation, as the file gives them."""
    test_rows: int
    inputs: np.ndarray | None = None
    """What networks see beside the observations, shape (observations, inputs)."""
    horizon: int = 0
    """How many steps beyond the last observation are forecast."""

    @property
    def columns(self) -> np.ndarray:
        """The observations and the inputs beside them, shape (observations, 1 + inputs)."""
        values = self.values[:, np.newaxis]
        return values if self.inputs is None else np.hstack([values, self.inputs])


def series_path(file: str) -> str:
    """Where a series' file lies; `statsmodels:nile` is one of a package's own datasets.

    Raises SeriesError if there is no such dataset.
    """
    match = re.fullmatch(r"(\w+):(\w+)", file)
    if not match:
        return file
    package, dataset = match.groups()
    try:
        spec = find_spec(package)
    except ValueError:  # of __main__
        spec = None
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "datasets" / dataset / f"{dataset}.csv"
        if _is_file(path):
            return str(path)
    raise SeriesError(f"{file}: the package {package} has no dataset {dataset}; name another file")


def _is_file(path: Path) -> bool:
    """Whether this is a regular file, as a name that is too long for one is not."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_series(
    name: str,
    path: Path,
    value: str,
    test_rows: int,
    label: str | None = None,
    inputs: Sequence[str] = (),
    horizon: int = 0,
) -> Series:
    """Read a series from a CSV or Parquet file.

    `value` and `inputs` are columns of numbers; the column `label` (the first, if None) labels
    the observations. Raises SeriesError, naming the file and the mend, if it cannot be read, if
    its rows differ in length, if a column is missing, or if a value is missing, not a number or
    not finite.
    """
    table = _table(path)
    labels = table.texts(_column(table, label)) if label else table.texts(0)
    others = np.array([_numbers(table, column) for column in inputs]).T if inputs else None
    return Series(name, _numbers(table, value), labels, test_rows, others, horizon)


@dataclass(frozen=True)
class _Table:
    """A file's content, everything as text."""

    path: Path
    header: list[str]
    places: list[str]
    """What an error calls each row."""
    rows: list[list[str]]

    def texts(self, column: int) -> tuple[str, ...]:
        """A column."""
        return tuple(row[column] for row in self.rows)


def _numbers(table: _Table, name: str) -> np.ndarray:
    """A column of finite numbers."""
    texts = table.texts(_column(table, name))
    numbers = pd.to_numeric(pd.Series(texts, dtype=str).str.strip(), errors="coerce").to_numpy(
        float
    )
    unusable = np.flatnonzero(~(np.abs(numbers) <= LARGEST_VALUE))
    if unusable.size:
        first = int(unusable[0])
        problem = "is not a finite number; every row needs one"
        if np.isfinite(numbers[first]):
            problem = f"{BEYOND}; give the column in larger units"
        raise SeriesError(
            f"{table.path}: column {name!r}, {table.places[first]}: {reprlib.repr(texts[first])} "
            f"{problem}"
        )
    return numbers


def columns_of(path: Path) -> list[str]:
    """The names of a file's columns. Raises SeriesError."""
    return _table(path).header


def _table(path: Path) -> _Table:
    return _parquet_table(path) if path.suffix == ".parquet" else _csv_table(path)


def check_file(path: Path) -> None:
    """Raise SeriesError unless there is a regular file that is not too large to be read."""
    if not _is_file(path):
        raise SeriesError(f"{path}: there is no such file; correct the path")
    if path.stat().st_size > LARGEST_FILE:
        raise SeriesError(
            f"{path}: is larger than {LARGEST_FILE // 10**6} MB; keep only the columns and rows "
            "that the study uses"
        )


def _csv_table(path: Path) -> _Table:
    """A CSV file whose rows are all of one length."""
    check_file(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            found = [(reader.line_num, row) for row in reader if row]
    except (OSError, ValueError, csv.Error) as error:
        raise SeriesError(
            f"{path}: cannot be read as a CSV file in UTF-8 ({str(error).strip()}); mend the file"
        ) from error
    if not found:
        raise SeriesError(f"{path}: is empty; it needs a header and a row per observation")
    (_, header), *body = found
    for line, row in body:
        if len(row) != len(header):
            raise SeriesError(
                f"{path}: line {line} has {len(row)} fields where the header has {len(header)}; "
                "put fields that hold a comma in quotes"
            )
    return _Table(path, header, [f"line {line}" for line, _ in body], [row for _, row in body])


def _parquet_table(path: Path) -> _Table:
    """A Parquet file; its index, if it has one, is the first column."""
    check_file(path)
    try:
        frame = pq.read_table(path).to_pandas()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise SeriesError(
            f"{path}: cannot be read as a Parquet file ({str(error).strip()}); mend the file"
        ) from error
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    if not frame.columns.size:
        raise SeriesError(f"{path}: has no columns; it needs one with the observations")
    columns = [["" if pd.isna(v) else str(v) for v in frame[name]] for name in frame.columns]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return _Table(
        path, [*map(str, frame.columns)], [f"row {i + 1}" for i in range(len(rows))], rows
    )


def _column(table: _Table, name: str) -> int:
    """The place of a column that is there just once."""
    path, header = table.path, table.header
    if header.count(name) == 1:
        return header.index(name)
    if name in header:
        raise SeriesError(f"{path}: has the column {name!r} more than once; rename the others")
    others = next((sep for sep in (";", "\t", "|") if len(header) == 1 and sep in header[0]), None)
    hint = f"; it seems to be separated by {others!r}: write it with commas" if others else ""
    columns = ", ".join(map(reprlib.repr, header[:MOST_COLUMNS_NAMED]))
    raise SeriesError(f"{path}: has no column {name!r}; its columns are {columns}{hint}")
