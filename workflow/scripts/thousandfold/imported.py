"""A table of repeats that were trained elsewhere: its metrics, names and pairs."""

import reprlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from thousandfold.config_files import Key
from thousandfold.errors import DataError, NoColumnError
from thousandfold.mentions import named_metrics, named_scenarios
from thousandfold.metrics import UNIT_OF_SERIES, Metric, metrics_of
from thousandfold.reading.numbers import BEYOND, LARGEST_VALUE, is_missing, numbers_of
from thousandfold.reading.options import ReadOptions, RowsWith, TableForm
from thousandfold.reading.sheets import Sheet, stem_of
from thousandfold.runs import (
    SCORE,
    Runs,
    files_of,
    in_one_form,
    in_words,
    read_tables,
    recognised,
    unlike_finished,
)
from thousandfold.schema import NO_NAME, BadKeyError, is_name, unknown_name
from thousandfold.study import ResultsTable

FILE = ("table", "file")

SCENARIO = ["series", "scenario"]
"""The columns that tell whose repeats these are."""

KEPT_APART = ("diverged", "engine", "profile")
"""Columns of every study's repeats, which a table's own of the same name would be taken for."""

SAME_NUMBER = 1e-12
"""How far a deterministic scenario's values may lie apart, as a share of the largest."""

COUNTS = ("epoch", "step", "iteration", "iter", "_step", "global_step")
"""Columns of which a training has many values."""

NUMBER = r"[-+]?[\d.,]+(e[-+]?\d+)?%?"

LONGEST_NUMBER = 18
"""Digits of a repeat's number that fit into 64 bits; longer ones are counted anew."""

WHOLE = r"[-+]?\d+(\.0+)?"


@dataclass(frozen=True)
class TableInConfig:
    """A config's table, as it was found."""

    form: TableForm
    runs: Runs
    metric: str
    """The table's own metric."""
    assumed: tuple[str, ...]
    """What was assumed when it was read, each in a few words."""


def read_table(config: Mapping[str, Any]) -> TableInConfig:
    """The table that a config names, in one form. Raises BadKeyError."""
    table = config["table"]
    failed, left_out = (
        table[key] and RowsWith(table[key]["column"], tuple(table[key]["values"]))
        for key in ("failed", "left_out")
    )
    try:
        said = TableForm(
            files_of(table["file"]), ReadOptions(**table["read"]),
            tuple(table["columns"].items()), tuple(table["wide"]), failed, left_out,
            tuple(table["pooled"]),
        )  # fmt: skip
        sheet = read_tables(said.files, said.read)
        form = recognised(said, sheet, named_scenarios(config["findings"]))
        metric = SCORE if table["metric"] in form.wide else table["metric"]
        runs = in_one_form(sheet, form, metric)
    except NoColumnError as error:
        raise BadKeyError(_key_naming(error.column, table), str(error)) from None
    except DataError as error:
        raise BadKeyError(FILE, str(error)) from None
    if "scenario" not in runs.sheet.header:
        problem = f"{form.name}: has no column 'scenario'; {sheet.columns_in_words()}"
        fix = (
            "say which one it is by columns: {scenario: ...}, or which columns are a scenario each "
            "by wide: [...]"
        )
        raise BadKeyError(FILE, f"{problem}; {fix}")
    if sheet.rows and not runs.sheet.rows:
        problem = f"leave no run of {form.name}; name fewer"
        raise BadKeyError(("table", "left_out", "values"), problem)
    if not sheet.rows:
        raise BadKeyError(FILE, f"{form.name}: has no rows; give one per training")
    words = in_words(form, said)
    told = [f"took {' and '.join(words)}"] if words else []
    told += unlike_finished(form, sheet)
    return TableInConfig(form, runs, metric, (*told, *runs.sheet.assumed))


def _key_naming(column: str, table: Mapping[str, Any]) -> Key:
    """The key of a config's table that names a column; its file where none does."""
    parts = {("columns", role): name for role, name in table["columns"].items()}
    for key in ("wide", "pooled"):
        parts |= {(key, index): name for index, name in enumerate(table[key])}
    for key in ("failed", "left_out"):
        parts |= {(key, "column"): table[key]["column"]} if table[key] else {}
    return next((("table", *part) for part, name in parts.items() if name == column), FILE)


@dataclass(frozen=True)
class Results:
    """A user's own table of repeats."""

    repeats: pd.DataFrame
    """The columns series, scenario and repeat, and all that are numbers."""
    assumed: tuple[str, ...]
    """What was assumed of how its numbers are written."""


def table_metrics(config: dict[str, Any], sheet: Sheet) -> dict[str, Metric]:
    """What each metric of the study measures: the table's own, declared ones and those of findings.

    Each has to be a column of the table, and its better direction has to be known. Raises
    BadKeyError.
    """
    table, own = config["table"], config["table"]["metric"]
    if own in table["metrics"]:
        problem = "is the table's own metric; give table.better and table.unit in place of this"
        raise BadKeyError(("table", "metrics", own), problem)
    usually = metrics_of("regression")
    known = dict(usually)
    if own not in usually or usually[own].unit is not UNIT_OF_SERIES:
        # The table's unit is that of its own metric, and says nothing of an RMSE beside it.
        for name, metric in usually.items():
            known[name] = replace(metric, unit=metric.unit or "")
    for name, fields in {**table["metrics"], own: {"better": table["better"]}}.items():
        usual = known.get(name, Metric(name, ""))
        unit = UNIT_OF_SERIES if name == own else fields.get("unit", usual.unit)
        known[name] = replace(usual, unit=unit, higher_is_better=fields["better"] == "higher")
    used: dict[Key, str] = {("table", "metric"): own}
    used |= {("table", "metrics", name): name for name in table["metrics"]}
    used |= named_metrics(config["findings"])
    for key, name in used.items():
        _require_column(key, sheet, name)
        if name not in known:
            problem = f"nothing says whether a lower or a higher {name} is better"
            fix = f"add table.metrics.{name}: {{better: lower}}, or higher"
            raise BadKeyError(key, f"{problem}; {fix}")
    return {name: known[name] for name in used.values()}


def unit_of_table(table: dict[str, Any]) -> str:
    """The unit of the table's own metric."""
    own = metrics_of("regression").get(table["metric"])
    return table.get("unit") or (own and own.unit) or "units"


def results_of(runs: Runs, table: ResultsTable, design: str) -> Results:
    """What a study uses from a table's rows.

    Without a column `series` they are about one, called after the file. In a paired study repeats
    are numbered by the values that make pairs; in another they have the numbers in `repeat`, or
    follow each other. Raises BadKeyError.
    """
    sheet = runs.sheet
    rows = pd.DataFrame(dict(zip(sheet.header, zip(*sheet.rows, strict=True), strict=True)))
    if "series" not in rows:
        rows["series"] = _default_series(table.form)
    for column in SCENARIO:
        _check_names(sheet, column, rows[column])
    metrics = [name for name, _ in table.metrics]
    values, assumed = {}, {}
    for name in sheet.header:
        if name in metrics:
            values[name], assumed[name] = _metric_values(runs, name, table.form.read)
        elif name not in (*SCENARIO, "repeat", *KEPT_APART):
            with suppress(DataError):
                values[name] = numbers_of(sheet, name, table.form.read).values
    used = {name: v for name, v in values.items() if name in metrics or not np.isnan(v).all()}
    numbers = pd.DataFrame(used).replace([np.inf, -np.inf], np.nan)
    _check_deterministic(rows, numbers, sheet, table)
    number = _pair_numbers if design == "paired" else _repeat_numbers
    repeats = rows[SCENARIO].assign(repeat=number(rows, sheet, table))
    told = [f"{name}: {words}" for name, column in assumed.items() for words in column]
    return Results(pd.concat([repeats, numbers], axis=1), tuple(told))


def attributes_of(
    runs: Runs, series: pd.Series, names: Sequence[str]
) -> dict[str, tuple[tuple[str, str], ...]]:
    """The attributes of each series, from the columns that hold them; `series` is of each row.

    Raises BadKeyError.
    """
    sheet, found = runs.sheet, {}
    for index, name in enumerate(names):
        _require_column(("table", "attributes", index), sheet, name)
    texts = {name: [row[sheet.column(name)] for row in sheet.rows] for name in names}
    for own, rows in series.groupby(series).indices.items():
        values = {name: dict.fromkeys(texts[name][row] for row in rows) for name in names}
        for index, name in enumerate(names):
            if len(values[name]) > 1:
                one, other, *_ = values[name]
                problem = f"has {one!r} and {other!r} on series {own}; an attribute has one value"
                raise BadKeyError(
                    ("table", "attributes", index), f"{sheet.path}: column {name!r} {problem}"
                )
        found[str(own)] = tuple((name, next(iter(values[name]))) for name in names)
    return found


def _default_series(form: TableForm) -> str:
    """The name of the single series of a table that names none."""
    first = Path(form.files[0])
    return stem_of(first) if len(form.files) == 1 else first.parent.name or "runs"


def _require_column(key: Key, sheet: Sheet, name: str) -> None:
    try:
        sheet.column(name)
    except DataError as error:
        raise BadKeyError(key, str(error)) from None


def _check_names(sheet: Sheet, column: str, names: pd.Series) -> None:
    """Check that every row has a usable name for its series and scenario."""
    wrong = np.flatnonzero(~names.map(is_name).astype(bool))
    if wrong.size:
        name = reprlib.repr(names[wrong[0]])
        raise BadKeyError(FILE, f"{sheet.at(column, wrong[0])}: {name} {NO_NAME}")


def _metric_values(
    runs: Runs, name: str, options: ReadOptions
) -> tuple[np.ndarray, tuple[str, ...]]:
    """A metric's values, NaN for failed runs, and what was assumed about how they are written."""
    sheet = runs.sheet
    try:
        numbers = numbers_of(sheet, name, options)
    except DataError as error:
        raise BadKeyError(FILE, str(error)) from None
    large = np.flatnonzero(np.isfinite(numbers.values) & (np.abs(numbers.values) > LARGEST_VALUE))
    if large.size:
        text = sheet.rows[large[0]][sheet.column(name)]
        raise BadKeyError(
            FILE,
            f"{sheet.at(name, large[0])}: {text} {BEYOND}; give the column in larger "
            "units, or leave it empty if the training failed",
        )
    return np.where(runs.failed, np.nan, numbers.values), numbers.assumed


def _check_deterministic(
    rows: pd.DataFrame, numbers: pd.DataFrame, sheet: Sheet, table: ResultsTable
) -> None:
    """Check that deterministic scenarios have one value of each metric on each series."""
    for index, name in enumerate(table.deterministic):
        key = ("table", "deterministic", index)
        if name not in set(rows["scenario"]):
            raise BadKeyError(key, unknown_name(name, list(rows["scenario"].unique())))
        for series, own in rows[rows["scenario"] == name].groupby("series"):
            for metric, _ in table.metrics:
                values = numbers.loc[own.index, metric].dropna()
                if not values.max() - values.min() > SAME_NUMBER * values.abs().max():
                    continue
                low, high = (
                    f"{float(value)!r} in {sheet.places[row]}"
                    for row, value in values.sort_values().iloc[[0, -1]].items()
                )
                raise BadKeyError(
                    key,
                    f"{name} was declared deterministic, but in {sheet.path} its values differ: "
                    f"{metric} on {series} is {low} and {high}; correct the table, or remove "
                    f"{name} here",
                )


def _repeat_numbers(rows: pd.DataFrame, sheet: Sheet, table: ResultsTable) -> pd.Series:
    """The numbers in the column `repeat`; without it, those of the rows within a scenario."""
    if table.paired_by is not None:
        problem = "only a paired study has pairs; set study.design: paired, or remove this"
        raise BadKeyError(("table", "paired_by"), problem)
    if "repeat" not in rows:
        _refuse_pooling(rows, sheet, table)
        return rows.groupby(SCENARIO).cumcount()
    is_whole = rows["repeat"].str.fullmatch(WHOLE)
    is_named = "repeat" in dict(table.form.columns)
    if not is_whole.all() and (is_whole.any() or not is_named):
        row = int(np.flatnonzero(~is_whole)[0])
        raise BadKeyError(
            FILE,
            f"{sheet.at('repeat', row)}: {rows['repeat'][row]!r} is not a whole number; correct it",
        )
    twice = np.flatnonzero(rows.duplicated([*SCENARIO, "repeat"]))
    if twice.size:
        row = rows.iloc[twice[0]]
        raise BadKeyError(
            FILE,
            f"{sheet.path}, {sheet.places[twice[0]]}: has repeat {row['repeat']} of "
            f"{row['scenario']} on {row['series']} more than once; {_what_differs(rows, twice[0])}",
        )
    if is_whole.all() and rows["repeat"].str.len().max() <= LONGEST_NUMBER:
        numbers = rows["repeat"].str.split(".").str[0].astype("int64")
        if numbers.nunique() == rows["repeat"].nunique():
            return numbers
    return pd.Series(pd.factorize(rows["repeat"])[0], rows.index)


def _refuse_pooling(rows: pd.DataFrame, sheet: Sheet, table: ResultsTable) -> None:
    """Raise BadKeyError if a column distinguishes things that would be mistaken for repeats.

    Examples are the data set or the epoch: texts, or a count, that several scenarios share and that
    are not the same in every row of a scenario. What is the same in all rows of a series tells what
    kind of series it is.
    """
    known = {*SCENARIO, *dict(table.metrics), *table.form.pooled}
    for name in (str(name) for name in rows if name not in known):
        values = rows[name]
        is_text = not (values.map(is_missing) | values.str.fullmatch(NUMBER)).any()
        kinds = [frozenset(own) for _, own in values.groupby(rows["scenario"])]
        shared = frozenset.intersection(*kinds) if len(kinds) > 1 else frozenset()
        varies = values.groupby(rows["series"]).nunique().max() > 1
        if varies and len(shared) > 1 and (is_text or name.casefold() in COUNTS):
            shown = ", ".join(sorted(map(reprlib.repr, shared))[:3])
            raise BadKeyError(
                FILE,
                f"{sheet.path}: rows of one scenario differ in {name!r} ({shown}), so they may "
                f"not be repeats of the same thing; say columns: {{series: {name}}} if it is what "
                f"was trained on, columns: {{repeat: {name}}} if it numbers the repeats, or "
                f"pooled: [{name}] if it does not matter",
            )


def _what_differs(rows: pd.DataFrame, again: int) -> str:
    """What to do about a row that has the series, scenario and repeat of an earlier one."""
    records = rows.to_dict("records")
    keys, row = (*SCENARIO, "repeat"), records[again]
    first = next(record for record in records if all(record[key] == row[key] for key in keys))
    others = [repr(name) for name in row if first[name] != row[name]]
    which = f" (the rows differ in {', '.join(others)})" if others else ""
    return (
        "keep one row per training, or say by columns: {series: ...} or columns: {repeat: ...} "
        f"what tells them apart{which}"
    )


def _pair_numbers(rows: pd.DataFrame, sheet: Sheet, table: ResultsTable) -> pd.Series:
    """Numbers from 0, equal within a pair, in the order of the values that make pairs.

    A deterministic scenario is a constant, which has no partner; its rows are just counted.
    """
    key, column = ("table", "paired_by"), table.paired_by
    roles = {name: role for role, name in table.form.columns}
    column = roles.get(column, column) if column else None
    if column is not None:
        _require_column(key, sheet, column)
    numbers = rows.groupby(SCENARIO).cumcount()
    paired = rows[~rows["scenario"].isin(table.deterministic)]
    if paired.empty:
        return numbers
    if column is None:
        if "repeat" not in rows:
            raise BadKeyError(key, _which_can_pair(paired, sheet, table))
        key, column = FILE, "repeat"
    problem = _pairing_problem(sheet, paired, column)
    if problem is not None:
        raise BadKeyError(key, f"{sheet.path}: {problem}")
    order = {text: place for place, text in enumerate(_in_order(paired[column].unique()))}
    numbers[paired.index] = paired[column].map(order)
    return numbers


def _in_order(texts: Iterable[str]) -> list[str]:
    """Texts in order, as numbers if all are."""
    try:
        return sorted(texts, key=lambda text: (float(text), text))
    except ValueError:
        return sorted(texts)


def _which_can_pair(rows: pd.DataFrame, sheet: Sheet, table: ResultsTable) -> str:
    """The error text for a paired table whose pairs nothing identifies."""
    others = [name for name in rows if name not in (*SCENARIO, *dict(table.metrics))]
    able = [str(name) for name in others if _pairing_problem(sheet, rows, name) is None]
    missing = "a paired study needs the column whose equal values make a pair"
    if able:
        return f"{missing}; name it here, such as paired_by: {able[0]} (can be: {', '.join(able)})"
    return (
        f"{missing}, and {sheet.path} has none with every value once in each scenario; add one, or "
        "set study.design: independent"
    )


def _pairing_problem(sheet: Sheet, rows: pd.DataFrame, column: Hashable) -> str | None:
    """Why the values of a column do not pair these rows across scenarios; None if they do."""
    empty = np.flatnonzero(rows[column].map(is_missing))
    if empty.size:
        place = sheet.places[rows.index[empty[0]]]
        return f"column {column!r}, {place} is empty; give every training the value of its pair"
    names = rows[SCENARIO].assign(value=rows[column])
    twice = np.flatnonzero(names.duplicated())
    if twice.size:
        again = names.iloc[twice[0]]
        return (
            f"column {column!r}, {sheet.places[names.index[twice[0]]]}: {again['scenario']} on "
            f"{again['series']} has {again['value']!r} a second time; keep one row per pair"
        )
    for series, own in names.groupby("series"):
        if own.groupby("scenario")["value"].agg(frozenset).nunique() > 1:
            return (
                f"the scenarios on {series} have different values of {column!r}, so they are not "
                "pairs; leave a metric empty where a training failed, or set study.design: "
                "independent"
            )
    return None
