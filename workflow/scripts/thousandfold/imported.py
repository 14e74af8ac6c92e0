"""A table of repeats that were trained elsewhere: its metrics, names and pairs."""

import csv
import reprlib
from collections.abc import Collection, Hashable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_integer_dtype, is_numeric_dtype

from thousandfold.layers import Key
from thousandfold.metrics import METRICS, UNIT_OF_SERIES, Metric
from thousandfold.names import composed
from thousandfold.registration import named_metrics
from thousandfold.schema import NO_NAME, BadKeyError, is_name, unknown_name
from thousandfold.series import BEYOND, LARGEST_VALUE, SeriesError, check_file
from thousandfold.study import ResultsTable

FILE = ("table", "file")

SCENARIO = ["series", "scenario"]
"""The columns that tell whose repeats these are."""

MISSING = (
    "", "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NaN", "nan", "-NaN", "-nan", "null", "NULL",
    "None", "1.#IND", "1.#QNAN", "-1.#IND", "-1.#QNAN", "#N/A N/A",
)  # fmt: skip
"""What stands for a missing value, but not for a name."""

KEPT_APART = ("diverged", "engine", "profile")
"""Columns of every study's repeats, which a table's own of the same name would be taken for."""

SAME_NUMBER = 1e-12
"""How far a deterministic scenario's values may lie apart, as a share of the largest."""

MOST_COLUMNS_NAMED = 20


@dataclass(frozen=True)
class Results:
    """A user's own table of repeats."""

    repeats: pd.DataFrame
    """The columns series, scenario and repeat, and all that are numbers."""


def read_rows(file: str) -> pd.DataFrame:
    """A table's rows as its file has them. Raises BadKeyError."""
    path = Path(file)
    try:
        check_file(path)
        rows = pd.read_parquet(path) if path.suffix == ".parquet" else _csv_rows(path)
    except SeriesError as error:
        raise BadKeyError(FILE, str(error)) from None
    except Exception as error:  # pandas raises nearly anything on a file that is no table
        raise BadKeyError(FILE, f"{file}: cannot be read ({error}); correct it") from None
    rows.columns = [composed(name) if isinstance(name, str) else name for name in rows.columns]
    if not rows.columns.is_unique:
        twice = rows.columns[rows.columns.duplicated()][0]
        raise BadKeyError(FILE, f"{file}: has the column {twice!r} more than once; rename one")
    _require_column(FILE, file, "scenario", rows.columns)
    if not len(rows):
        raise BadKeyError(FILE, f"{file}: has no rows; give one per training")
    return rows.reset_index(drop=True)


def _csv_rows(path: Path) -> pd.DataFrame:
    """A CSV file's rows; names are text as they stand, a scenario called None or 016 too."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        header = next((fields for fields in csv.reader(lines) if fields), [])
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice is not None:
        raise SeriesError(f"{path}: has the column {twice!r} more than once; rename the others")
    return pd.read_csv(
        path, encoding="utf-8-sig", keep_default_na=False, dtype=dict.fromkeys(SCENARIO, str),
        na_values={name: list(MISSING) for name in header if name not in SCENARIO},
    )  # fmt: skip


def table_metrics(config: dict[str, Any], columns: Collection[Hashable]) -> dict[str, Metric]:
    """What each metric of the study measures: the table's own, those declared, those of findings.

    Each has to be among the columns of the table, and which way is better has to be known. Raises
    BadKeyError.
    """
    table, own = config["table"], config["table"]["metric"]
    if own in table["metrics"]:
        problem = "is the table's own metric; give table.better and table.unit in place of this"
        raise BadKeyError(("table", "metrics", own), problem)
    known = dict(METRICS)
    if own not in METRICS or METRICS[own].unit is not UNIT_OF_SERIES:
        # The table's unit is that of its own metric, and says nothing of an RMSE beside it.
        for name, metric in METRICS.items():
            known[name] = replace(metric, unit=metric.unit or "")
    for name, fields in {**table["metrics"], own: {"better": table["better"]}}.items():
        usual = known.get(name, Metric(name, ""))
        unit = UNIT_OF_SERIES if name == own else fields.get("unit", usual.unit)
        known[name] = replace(usual, unit=unit, higher_is_better=fields["better"] == "higher")
    used: dict[Key, str] = {("table", "metric"): own}
    used |= {("table", "metrics", name): name for name in table["metrics"]}
    used |= named_metrics(config["findings"])
    for key, name in used.items():
        _require_column(key, table["file"], name, columns)
        if name not in known:
            problem = f"nothing says whether a lower or a higher {name} is better"
            mend = f"add table.metrics.{name}: {{better: lower}}, or higher"
            raise BadKeyError(key, f"{problem}; {mend}")
    return {name: known[name] for name in used.values()}


def unit_of_table(table: dict[str, Any]) -> str:
    """The unit of the table's own metric."""
    own = METRICS.get(table["metric"])
    return table.get("unit") or (own and own.unit) or "units"


def results_of(rows: pd.DataFrame, table: ResultsTable, design: str) -> Results:
    """What a study takes from a table's rows.

    Without a column `series` they are about one, called after the file. In a paired study repeats
    are numbered by the values that make pairs; in another they have the numbers in `repeat`, or
    follow each other. Raises BadKeyError.
    """
    file = table.file
    if "series" not in rows:
        rows = rows.assign(series=Path(file).stem)
    rows = rows.assign(**{column: _names(file, rows[column]) for column in SCENARIO})
    metrics = [name for name, _ in table.metrics]
    for metric in metrics:
        _check_values(file, rows[metric])
    _check_deterministic(rows, table)
    number = _pair_numbers if design == "paired" else _repeat_numbers
    rows = rows.assign(repeat=number(rows, table))
    numbers = [
        name
        for name in rows.columns
        if name not in (*SCENARIO, "repeat", *KEPT_APART) and is_numeric_dtype(rows[name])
    ]
    values = rows[numbers].astype(float).replace([np.inf, -np.inf], np.nan)
    return Results(pd.concat([rows[[*SCENARIO, "repeat"]], values], axis=1))


def _require_column(key: Key, file: str, name: str, columns: Collection[Hashable]) -> None:
    if name not in columns:
        shown = ", ".join(map(str, list(columns)[:MOST_COLUMNS_NAMED]))
        separator = next((s for s in (";", "\t", "|") if len(columns) == 1 and s in shown), None)
        hint = ""
        if separator:
            hint = f"; it seems to be separated by {separator!r}: write it with commas and points"
        raise BadKeyError(key, f"{file}: has no column {name!r}; its columns are {shown}{hint}")


def _names(file: str, titles: pd.Series) -> pd.Series:
    """What a table calls its series or scenarios, as names."""
    names = titles.map(lambda title: "" if pd.isna(title) else composed(str(title).strip()))
    wrong = np.flatnonzero(~names.map(is_name).astype(bool))
    if wrong.size:
        place, name = _place(file, wrong[0]), reprlib.repr(names[wrong[0]])
        raise BadKeyError(FILE, f"{file}: column {titles.name!r}, {place}: {name} {NO_NAME}")
    return names.astype(object)


def _place(file: str, row: Any) -> str:
    """What an error calls a row, counted from 0: the line of a CSV file, the row of another."""
    if Path(file).suffix == ".parquet":
        return f"row {row + 1}"
    with Path(file).open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines)
        # As pandas does, pass over blank lines; and a quoted field may take several lines.
        ends = (reader.line_num for fields in reader if fields[1:] or "".join(fields).strip())
        return f"line {next(islice(ends, row + 1, None))}"


def _check_values(file: str, values: pd.Series) -> None:
    """A metric has numbers whose squares and sums are finite; one that failed is not looked at."""
    if not is_numeric_dtype(values):
        wrong = np.flatnonzero(values.notna() & pd.to_numeric(values, errors="coerce").isna())
        _refuse_value(file, values, wrong, "is no number; correct it")
        problem = "holds something that is no number; correct it"
        raise BadKeyError(FILE, f"{file}: column {values.name!r} {problem}")
    sizes = values.astype(float).abs()
    large = np.flatnonzero(np.isfinite(sizes) & (sizes > LARGEST_VALUE))
    _refuse_value(file, values, large, f"{BEYOND}; give the column in larger units")


def _refuse_value(file: str, values: pd.Series, rows: np.ndarray, problem: str) -> None:
    """Raise BadKeyError about the first of these rows of a column, if there is any."""
    if rows.size:
        place, value = _place(file, rows[0]), _shown(values[rows[0]])
        raise BadKeyError(
            FILE,
            f"{file}: column {values.name!r}, {place}: {value} {problem}, or leave it empty if the "
            "training failed",
        )


def _check_deterministic(rows: pd.DataFrame, table: ResultsTable) -> None:
    """Scenarios that are declared deterministic have one value of each metric on each series."""
    for index, name in enumerate(table.deterministic):
        key = ("table", "deterministic", index)
        if name not in set(rows["scenario"]):
            raise BadKeyError(key, unknown_name(name, list(rows["scenario"].unique())))
        for series, own in rows[rows["scenario"] == name].groupby("series"):
            for metric, _ in table.metrics:
                values = own[metric].astype(float).replace([np.inf, -np.inf], np.nan).dropna()
                if not values.max() - values.min() > SAME_NUMBER * values.abs().max():
                    continue
                low, high = (
                    f"{_shown(value)} in {_place(table.file, row)}"
                    for row, value in values.sort_values().iloc[[0, -1]].items()
                )
                raise BadKeyError(
                    key,
                    f"{name} was declared deterministic, but in {table.file} its values differ: "
                    f"{metric} on {series} is {low} and {high}; correct the table, or remove "
                    f"{name} here",
                )


def _repeat_numbers(rows: pd.DataFrame, table: ResultsTable) -> pd.Series:
    """The numbers in the column `repeat`; without it, those of the rows within a scenario."""
    if table.paired_by is not None:
        problem = "only a paired study has pairs; set study.design: paired, or remove this"
        raise BadKeyError(("table", "paired_by"), problem)
    if "repeat" not in rows:
        return rows.groupby(SCENARIO).cumcount()
    if not is_integer_dtype(rows["repeat"]) or rows["repeat"].isna().any():
        raise BadKeyError(FILE, f"{table.file}: column 'repeat' needs whole numbers; correct it")
    twice = np.flatnonzero(rows.duplicated([*SCENARIO, "repeat"]))
    if twice.size:
        row = rows.iloc[twice[0]]
        raise BadKeyError(
            FILE,
            f"{table.file}, {_place(table.file, twice[0])}: has repeat {row['repeat']} of "
            f"{row['scenario']} on {row['series']} more than once; keep one row per training",
        )
    return rows["repeat"]


def _pair_numbers(rows: pd.DataFrame, table: ResultsTable) -> pd.Series:
    """Numbers from 0, equal within a pair, in the order of the values that make pairs.

    A deterministic scenario is a constant, which has no partner; its rows are just counted.
    """
    key, column = ("table", "paired_by"), table.paired_by
    if column is not None:
        _require_column(key, table.file, column, rows.columns)
    numbers = rows.groupby(SCENARIO).cumcount()
    paired = rows[~rows["scenario"].isin(table.deterministic)]
    if paired.empty:
        return numbers
    if column is None:
        if "repeat" not in rows:
            raise BadKeyError(key, _which_can_pair(paired, table))
        key, column = FILE, "repeat"
    problem = _pairing_problem(table.file, paired, column)
    if problem is not None:
        raise BadKeyError(key, f"{table.file}: {problem}")
    numbers[paired.index] = pd.factorize(_comparable(paired[column]), sort=True)[0]
    return numbers


def _which_can_pair(rows: pd.DataFrame, table: ResultsTable) -> str:
    """What an error says of a paired table whose pairs nothing names."""
    others = [name for name in rows if name not in (*SCENARIO, *dict(table.metrics))]
    able = [str(name) for name in others if _pairing_problem(table.file, rows, name) is None]
    missing = "a paired study needs the column whose equal values make a pair"
    if able:
        return f"{missing}; name it here, such as paired_by: {able[0]} (can be: {', '.join(able)})"
    return (
        f"{missing}, and {table.file} has none with every value once in each scenario; add one, or "
        "set study.design: independent"
    )


def _comparable(values: pd.Series) -> pd.Series:
    """The same values, as text unless they are numbers, so that they can be put in order."""
    return values if is_numeric_dtype(values) else values.astype(str)


def _pairing_problem(file: str, rows: pd.DataFrame, column: Hashable) -> str | None:
    """Why the values of a column do not pair these rows across scenarios; None if they do."""
    empty = np.flatnonzero(rows[column].isna())
    if empty.size:
        place = _place(file, rows.index[empty[0]])
        return f"column {column!r}, {place} is empty; give every training the value of its pair"
    names = rows[SCENARIO].assign(value=_comparable(rows[column]))
    twice = np.flatnonzero(names.duplicated())
    if twice.size:
        again = names.iloc[twice[0]]
        return (
            f"column {column!r}, {_place(file, again.name)}: {again['scenario']} on "
            f"{again['series']} has {_shown(again['value'])} a second time; keep one row per pair"
        )
    for series, own in names.groupby("series"):
        if own.groupby("scenario")["value"].agg(frozenset).nunique() > 1:
            return (
                f"the scenarios on {series} have different values of {column!r}, so they are no "
                "pairs; leave a metric empty where a training failed, or set study.design: "
                "independent"
            )
    return None


def _shown(value: Any) -> str:
    """A value as an error shows it."""
    return reprlib.repr(value.item() if isinstance(value, np.generic) else value)
