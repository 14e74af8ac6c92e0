"""A series and what is made of it: differences, supervised pairs, split, scaling, baselines.

Knows NumPy and pandas only; nothing here knows of scenarios, networks or files other than
the series' own.
"""

import csv
import reprlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from thousandfold.errors import UserError

LARGEST_FILE = 20_000_000
"""In bytes; every job reads the series, and a network's training rows are far fewer."""

LARGEST_VALUE = 1e100
"""So that squares and sums of values are finite."""

MOST_COLUMNS_NAMED = 20


class SeriesError(UserError):
    """A series that cannot be used; the message names the file and the mend."""


@dataclass(frozen=True)
class Series:
    """One univariate time series, its last `test_rows` values held out."""

    name: str
    values: np.ndarray
    """Observations in time order, shape (observations,), in the series' own units."""
    labels: tuple[str, ...]
    """One label per observation, as the file gives them."""
    test_rows: int


def read_series(name: str, path: Path, value_column: str, test_rows: int) -> Series:
    """Read a series from a CSV file whose first column labels the observations.

    Raises SeriesError, naming the file and the mend, if it cannot be read, if its rows differ in
    length, if the column is missing, or if a value is missing, not a number or not finite.
    """
    header, lines, rows = _csv_rows(path)
    column = _column(path, header, value_column)
    texts = [row[column] for row in rows]
    numbers = pd.to_numeric(pd.Series(texts, dtype=str).str.strip(), errors="coerce").to_numpy(
        float
    )
    unusable = np.flatnonzero(~(np.abs(numbers) <= LARGEST_VALUE))
    if unusable.size:
        first = int(unusable[0])
        raise SeriesError(
            f"{path}: column {value_column!r}, line {lines[first]}: {reprlib.repr(texts[first])} "
            "is not a finite number; every row needs one"
        )
    return Series(name, numbers, tuple(row[0] for row in rows), test_rows)


def check_file(path: Path) -> None:
    """Raise SeriesError unless there is a regular file that is not too large to be read."""
    if not path.is_file():
        raise SeriesError(f"{path}: there is no such file; correct the path")
    if path.stat().st_size > LARGEST_FILE:
        raise SeriesError(
            f"{path}: is larger than {LARGEST_FILE // 10**6} MB; keep only the columns and rows "
            "that the study uses"
        )


def _csv_rows(path: Path) -> tuple[list[str], list[int], list[list[str]]]:
    """A CSV file's header, and the line numbers and fields of its rows, all of one length."""
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
    return header, [line for line, _ in body], [row for _, row in body]


def _column(path: Path, header: list[str], name: str) -> int:
    """The place of a column that is there just once."""
    if header.count(name) == 1:
        return header.index(name)
    if name in header:
        raise SeriesError(f"{path}: has the column {name!r} more than once; rename the others")
    others = next((sep for sep in (";", "\t", "|") if len(header) == 1 and sep in header[0]), None)
    hint = f"; it seems to be separated by {others!r}: write it with commas" if others else ""
    columns = ", ".join(map(reprlib.repr, header[:MOST_COLUMNS_NAMED]))
    raise SeriesError(f"{path}: has no column {name!r}; its columns are {columns}{hint}")


@dataclass(frozen=True)
class Supervised:
    """What a network is trained and tested on.

    The inputs are scaled differences, shape (rows, timesteps, 1); the targets, shape (rows,),
    are the scaled next differences. All are float32, as Keras computes.
    """

    train_inputs: np.ndarray
    train_targets: np.ndarray
    test_inputs: np.ndarray
    target_minimum: float
    target_maximum: float
    previous: np.ndarray
    """The observation before each test row, in the series' units, shape (test_rows,)."""
    actual: np.ndarray
    """The observation to forecast at each test row, in the series' units, shape (test_rows,)."""

    def invert(self, scaled_forecasts: np.ndarray) -> np.ndarray:
        """Forecasts in the series' units, from scaled differences of shape (..., test_rows)."""
        span = self.target_maximum - self.target_minimum
        differences = (scaled_forecasts.astype(float) + 1) / 2 * span + self.target_minimum
        return self.previous + differences


def supervise(series: Series, timesteps: int, train_rows: int | None) -> Supervised:
    """Difference, pair, split and scale a series.

    A row is `timesteps` successive differences and the one that follows them. Rows whose target
    lies among the last `test_rows` observations are the test; `train_rows` keeps only so many
    of the rows just before them (all, if None). Every column is scaled to [-1, 1] by its own
    minimum and maximum over the training rows; test values may fall outside.

    Raises SeriesError if there are too few rows, or if a column is constant over the training
    rows, so that it has no scale.
    """
    differences = np.diff(series.values)
    available = len(differences) - timesteps - series.test_rows
    wanted = available if train_rows is None else train_rows
    if wanted > available or wanted < 2:
        raise SeriesError(
            f"series {series.name}: {len(series.values)} observations leave {max(available, 0)} "
            f"training rows after {series.test_rows} test rows and {timesteps} timesteps, where "
            f"{max(wanted, 2)} are needed; give a longer series or lower test_rows, timesteps or "
            "train_rows"
        )
    columns = np.lib.stride_tricks.sliding_window_view(differences, timesteps + 1)
    columns = columns[available - wanted :]
    minimum, maximum = columns[:wanted].min(axis=0), columns[:wanted].max(axis=0)
    if np.any(minimum == maximum):
        raise SeriesError(
            f"series {series.name}: its differences are constant over the {wanted} training rows, "
            "so they cannot be scaled; give a series that varies"
        )
    scaled = ((columns - minimum) / (maximum - minimum) * 2 - 1).astype(np.float32)
    inputs, targets = scaled[:, :-1, np.newaxis], scaled[:, -1]
    return Supervised(
        train_inputs=inputs[:wanted],
        train_targets=targets[:wanted],
        test_inputs=inputs[wanted:],
        target_minimum=float(minimum[-1]),
        target_maximum=float(maximum[-1]),
        previous=series.values[-series.test_rows - 1 : -1],
        actual=series.values[-series.test_rows :],
    )


def rmse(forecasts: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Root mean squared error over the last axis, in the series' units."""
    return np.sqrt(np.mean((forecasts - actual) ** 2, axis=-1))


def baseline_forecasts(series: Series) -> dict[str, np.ndarray]:
    """One-step forecasts of the test rows by three methods that need no network.

    persistence: the previous observation. drift: that plus the mean difference to forecast in
    the training rows. ar1: that plus an ordinary least squares AR(1) forecast of the difference,
    with intercept, fitted on the training rows. All see the actual previous observation.
    """
    differences = np.diff(series.values)
    inputs, targets = differences[:-1], differences[1:]
    train, test = slice(None, -series.test_rows), slice(-series.test_rows, None)
    slope, intercept = np.polyfit(inputs[train], targets[train], deg=1)
    previous = series.values[-series.test_rows - 1 : -1]
    return {
        "persistence": previous,
        "drift": previous + targets[train].mean(),
        "ar1": previous + intercept + slope * inputs[test],
    }


def baseline_rmses(series: Series) -> dict[str, float]:
    """Each baseline's RMSE over the test rows, in the series' units."""
    actual = series.values[-series.test_rows :]
    return {name: float(rmse(f, actual)) for name, f in baseline_forecasts(series).items()}
