"""From a file to a series: which rows, in which order, and what to do with missing ones."""

import re
import reprlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

import numpy as np

from thousandfold.disk import is_file
from thousandfold.errors import DataError
from thousandfold.reading.competitions import competition_file
from thousandfold.reading.dates import PARTS, Dates, combined_dates, dates_of, is_named_like_time
from thousandfold.reading.files import read_sheet
from thousandfold.reading.frequency import Frequency, frequency_of
from thousandfold.reading.numbers import BEYOND, LARGEST_VALUE, numbers_of
from thousandfold.reading.options import AS_IT_IS, ReadOptions, Treatment
from thousandfold.reading.sheets import Sheet, counted
from thousandfold.series import Series

MOSTLY_EVEN = 0.8
"""From this share of equal steps on, a first column of whole numbers counts time."""

SUMMARIES = frozenset(
    {
        "total", "totals", "grand total", "sum", "subtotal", "mean", "average", "avg", "median",
        "std", "gesamt", "summe", "insgesamt", "mittelwert", "moyenne", "somme", "totale",
    }
)  # fmt: skip
"""What rows are called that are no observations."""

MOSTLY_REPEATED = 0.5
"""From this share of repeated dates on, a file holds several series."""

MOST_KEY_COLUMNS, MOST_KEYS = 20, 3
"""How many columns are tried for what tells the series of a panel apart, and how many together."""


@dataclass(frozen=True)
class _Rows:
    """A file's rows on the way to a series."""

    sheet: Sheet
    names: tuple[str, ...]
    """The columns of the values and the inputs."""
    columns: np.ndarray
    """The values and the inputs, shape (rows, 1 + inputs); NaN where missing."""
    dates: Dates | None
    labels: tuple[str, ...]
    places: tuple[str, ...]
    """What an error calls each row."""
    filled: np.ndarray
    """Which rows hold a value that was not observed."""
    assumed: tuple[str, ...]

    def taken(self, order: np.ndarray) -> "_Rows":
        """Some of the rows, by number."""
        return replace(
            self,
            columns=self.columns[order],
            dates=self.dates and self.dates.rows(order),
            labels=tuple(self.labels[i] for i in order),
            places=tuple(self.places[i] for i in order),
            filled=self.filled[order],
        )


def series_path(file: str) -> str:
    """The path of a series' file; `statsmodels:nile` is a dataset that ships with a package.

    Raises DataError if there is no such dataset.
    """
    match = re.fullmatch(r"(\w+):(\w+)", file)
    if not match:
        return file
    if competition_file(file) is not None:
        raise DataError(f"{file}: holds many series; write collection: {{from: {file}}}")
    package, dataset = match.groups()
    try:
        spec = find_spec(package)
    except ValueError:  # of __main__
        spec = None
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "datasets" / dataset / f"{dataset}.csv"
        if is_file(path):
            return str(path)
    raise DataError(f"{file}: the package {package} has no dataset {dataset}; name another file")


def read_series(
    name: str,
    path: Path,
    value: str,
    test_rows: int,
    label: str | None = None,
    inputs: Sequence[str] = (),
    horizon: int = 0,
    treatment: Treatment = AS_IT_IS,
) -> Series:
    """Read a series from a file.

    `value` and `inputs` are columns of numbers; the column `label` labels the observations (None:
    the first with dates, or the first). Raises DataError, naming the file, the line and the fix,
    if it cannot be read, if a column is missing, if a value is missing, not a number or not
    finite, if dates are not in order, not evenly spaced or there twice, and if what `treatment`
    would fill lies among the test rows.
    """
    sheet = read_sheet(path, treatment.read).where(treatment.where)
    _refuse_summaries(sheet)
    rows = _rows(sheet, value, label, inputs, treatment.read)
    frequency = None
    if rows.dates is not None:
        rows = _in_order(rows, rows.dates, sort=treatment.sort)
        rows, frequency = _evenly_spaced(rows, treatment.gaps)
    elif treatment.sort:
        raise DataError(
            f"{path}: no column holds dates to sort by; name it by date, or remove sort"
        )
    rows = _complete(rows, treatment.missing)
    first_of_test = max(len(rows.filled) - test_rows, 0)
    late = np.flatnonzero(rows.filled[first_of_test:])
    if late.size:
        place = rows.places[first_of_test + int(late[0])]
        raise DataError(
            f"{path}: {place}: is missing among the last {test_rows} rows, which are the test and "
            "are never filled; set missing: drop or gaps: ignore, or lower test_rows"
        )
    return Series(
        name,
        rows.columns[:, 0],
        rows.labels,
        test_rows,
        rows.columns[:, 1:] if inputs else None,
        horizon,
        tuple(inputs),
        frequency.name or None if frequency else None,
        frequency.period if frequency else None,
        rows.assumed,
    )


def texts_of(column: str, path: Path, treatment: Treatment) -> list[str]:
    """The different texts in a column of a file, in the order of the rows. Raises DataError."""
    sheet = read_sheet(path, treatment.read).where(treatment.where)
    return list(dict.fromkeys(sheet.texts(sheet.column(column))))


def joined(pieces: Sequence[Series]) -> Series:
    """The pieces of one series, one after the other; its test rows are those of the last."""
    lengths = [len(piece.values) for piece in pieces]
    told = f"{len(pieces)} pieces of {min(lengths)} to {max(lengths)} observations"
    frequencies = {(piece.frequency, piece.period) for piece in pieces}
    frequency, period = frequencies.pop() if len(frequencies) == 1 else (None, None)
    has_inputs = pieces[-1].inputs is not None
    return replace(
        pieces[-1],
        values=np.concatenate([piece.values for piece in pieces]),
        labels=tuple(label for piece in pieces for label in piece.labels),
        inputs=np.concatenate([piece.columns[:, 1:] for piece in pieces]) if has_inputs else None,
        frequency=frequency,
        period=period,
        assumed=(told, *dict.fromkeys(words for piece in pieces for words in piece.assumed)),
        begins=tuple(np.cumsum([0, *lengths[:-1]]).tolist()),
    )


def _rows(
    sheet: Sheet, value: str, label: str | None, inputs: Sequence[str], options: ReadOptions
) -> _Rows:
    """All rows as the file has them."""
    names = (value, *inputs)
    numbers = [numbers_of(sheet, name, options) for name in names]
    for name, column in zip(names, numbers, strict=True):
        _check_sizes(sheet, name, column.values)
    dates = time_of(sheet, names, label, options)
    if dates is None and options.dates != "text":
        _refuse_dates_as_columns(sheet)
    labels = dates.labels if dates else _plain_labels(sheet, label, names)
    unknown = [] if dates or options.dates == "text" else _unknown_time(sheet, label)
    assumed = [*unknown, *sheet.assumed, *(words for column in numbers for words in column.assumed)]
    return _Rows(
        sheet,
        names,
        np.array([column.values for column in numbers]).T,
        dates,
        labels,
        tuple(sheet.places),
        np.zeros(len(sheet.rows), bool),
        tuple(dict.fromkeys([*assumed, *(dates.assumed if dates else ())])),
    )


def _unknown_time(sheet: Sheet, label: str | None) -> list[str]:
    """What is reported about a column that should hold dates and does not."""
    named = [name for name in sheet.header if name == label or is_named_like_time(name)]
    return (
        [f"no dates are known in {named[0]!r}, so that rows are taken as they stand"]
        if named
        else []
    )


def _refuse_dates_as_columns(sheet: Sheet) -> None:
    """Raise DataError if several columns are called by dates and none holds any."""
    header = replace(sheet, header=("date",), rows=[[n] for n in sheet.header if n[:1].isdigit()])
    if len(header.rows) >= 3 and dates_of(header, 0) is not None:
        raise DataError(
            f"{sheet.path}: has a column per date ({header.rows[0][0]}, {header.rows[1][0]}, ...); "
            "turn it, so that each date is a row"
        )


def _refuse_summaries(sheet: Sheet) -> None:
    """Raise DataError if a row summarises the others and is not an observation."""
    for number, row in enumerate(sheet.rows):
        if row[0].casefold() in SUMMARIES:
            raise DataError(
                f"{sheet.path}: {sheet.places[number]}: {row[0]!r} seems to summarise the others; "
                "leave such rows out by read: {skip_last: 1}, or call it something else"
            )


def _plain_labels(sheet: Sheet, label: str | None, names: Sequence[str]) -> tuple[str, ...]:
    """The column `label`, or the first one if it distinguishes the rows; else their numbers."""
    texts = tuple(sheet.texts(sheet.column(label) if label else 0))
    if label or (sheet.header[0] not in names and len(set(texts)) == len(texts)):
        return texts
    return tuple(str(number + 1) for number in range(len(texts)))


def _check_sizes(sheet: Sheet, name: str, values: np.ndarray) -> None:
    """Raise DataError about the first value that is not finite or too large."""
    unusable = np.flatnonzero(np.abs(values) > LARGEST_VALUE)
    if unusable.size:
        first = int(unusable[0])
        problem = "is not a finite number; every row needs one"
        if np.isfinite(values[first]):
            problem = f"{BEYOND}; give the column in larger units"
        text = reprlib.repr(sheet.rows[first][sheet.column(name)])
        raise DataError(f"{sheet.at(name, first)}: {text} {problem}")


def time_of(
    sheet: Sheet, names: Sequence[str], label: str | None, options: ReadOptions
) -> Dates | None:
    """When each row was observed: by the column `label`, or else the first other one with dates.

    Raises DataError as `dates_of` does.
    """
    if label is not None:
        return _with_parts(sheet, dates_of(sheet, sheet.column(label), options), options)
    found = []
    for place, name in enumerate(sheet.header):
        dates = None if name in names else dates_of(sheet, place, options)
        if dates is None or (dates.is_number and place > 0 and not is_named_like_time(name)):
            continue
        is_count = dates.times.dtype.kind != "M"
        if not is_count or is_named_like_time(name) or _is_mostly_even(dates.times):
            # The day of a download, the same in every row, is not when anything was observed.
            is_constant = len(dates.times) > 1 and len(np.unique(dates.times)) == 1
            found.append((is_count, is_constant, place, dates))
    first = None
    for *_, dates in sorted(found, key=lambda each: each[:3]):
        whole = _with_parts(sheet, dates, options)
        if whole is not None and len(np.unique(whole.times)) > 1:
            return whole
        first = first or whole
    return first


def _with_parts(sheet: Sheet, dates: Dates | None, options: ReadOptions) -> Dates | None:
    """Combine years or days that repeat with the months or hours beside them into dates."""
    if dates is None or dates.are_distinct:
        return dates
    whole = combined_dates(sheet, options)
    is_finer = whole is not None and len(np.unique(whole.times)) > len(np.unique(dates.times))
    return whole if is_finer else dates


def _is_mostly_even(counts: np.ndarray) -> bool:
    steps = np.diff(counts)
    usual = np.unique(steps, return_counts=True)[1].max() if len(steps) else 0
    return bool(usual > 0 and usual >= MOSTLY_EVEN * len(steps))


def panel_keys(sheet: Sheet, dates: Dates, names: Sequence[str]) -> tuple[str, ...]:
    """The columns that distinguish the series of a file in which dates repeat; () if none do.

    `names` are the columns of values. If only few dates repeat, the file is not a panel.
    """
    _, times, counts = np.unique(dates.times, return_inverse=True, return_counts=True)
    if np.mean(counts > 1) < MOSTLY_REPEATED:
        return ()
    parts = {name for names in PARTS.values() for name in names}
    texts = {}
    for place, name in enumerate(sheet.header):
        column = sheet.texts(place)
        is_other = name in names or name.casefold() in parts or column == list(dates.labels)
        if not is_other and 1 < len(set(column)) <= len(sheet.rows) / 2:
            texts[name] = column
    for size in range(1, MOST_KEYS + 1):
        for keys in combinations(list(texts)[:MOST_KEY_COLUMNS], size):
            rows = set(zip(times.tolist(), *(texts[key] for key in keys), strict=True))
            if len(rows) == len(sheet.rows):
                return keys
    return ()


def _in_order(rows: _Rows, dates: Dates, *, sort: bool) -> _Rows:
    """The rows, oldest first. Raises DataError if they are not, or if two have the same date."""
    path = rows.sheet.path
    order = np.argsort(dates.times, kind="stable")
    twice = np.flatnonzero(np.diff(dates.times[order].astype(np.int64)) == 0)
    if twice.size:
        raise DataError(_about_twice(rows, dates, order[twice[0]], order[twice[0] + 1]))
    if sort or (order[:-1] < order[1:]).all():
        is_moved = not (order[:-1] < order[1:]).all()
        ordered = rows.taken(order)
        told = ("sorted by date",) if is_moved else ()
        return replace(ordered, assumed=(*ordered.assumed, *told))
    if (order[:-1] > order[1:]).all():
        problem = f"the dates run backwards ({dates.labels[0]} first, {dates.labels[-1]} last)"
        raise DataError(f"{path}: {problem}; set sort: true, which puts the oldest first")
    first = int(np.flatnonzero(dates.times[1:] < dates.times[:-1])[0])
    raise DataError(
        f"{path}: {rows.places[first + 1]}: {dates.labels[first + 1]} comes after "
        f"{dates.labels[first]}, which is later; set sort: true if only the order is wrong"
    )


def _about_twice(rows: _Rows, dates: Dates, one: int, other: int) -> str:
    """The error text for two rows with the same date."""
    sheet, place = rows.sheet, rows.places[other]
    keys = panel_keys(sheet, dates, rows.names)
    if not keys:
        return (
            f"{sheet.path}: {place}: {dates.labels[other]} is there a second time "
            f"({rows.places[one]} has it too); keep one row per date, or set read: {{dates: text}} "
            "if these are just labels"
        )
    row = sheet.rows[one]
    chosen = ", ".join(f'{key}: "{row[sheet.column(key)]}"' for key in keys)
    number = len({tuple(row[sheet.column(key)] for key in keys) for row in sheet.rows})
    return (
        f"{sheet.path}: {place}: {dates.labels[other]} is there a second time, because the file "
        f"holds {number} series, distinguished by {' and '.join(map(repr, keys))}; give each an "
        f"entry of its own, this one with where: {{{chosen}}}, or, if they are pieces of one, name "
        "their column in pieces"
    )


def _evenly_spaced(rows: _Rows, gaps: str | None) -> tuple[_Rows, Frequency | None]:
    """The rows with none missing between them, and their frequency. Raises DataError."""
    assert rows.dates is not None
    frequency = frequency_of(rows.dates.times)
    if frequency is None:
        return rows, None
    counts = frequency.count(rows.dates.times)
    steps = np.diff(counts)
    wide = np.flatnonzero(steps != frequency.step)
    if not wide.size:
        return rows, frequency
    absent = int((steps // frequency.step - 1).clip(0).sum())
    if gaps == "ignore":
        told = counted(absent, "missing date") if absent else counted(len(wide), "uneven step")
        return replace(rows, assumed=(*rows.assumed, f"{told} ignored")), frequency
    is_whole = not (steps % frequency.step).any() and bool((steps > 0).all())
    if gaps is None or not is_whole:
        raise DataError(_about_gap(rows, frequency, int(wide[0]), absent, is_whole=is_whole))
    return _with_gaps_filled(rows, counts, frequency), frequency


def _about_gap(
    rows: _Rows, frequency: Frequency, first: int, absent: int, *, is_whole: bool
) -> str:
    """The error text for dates that are not evenly spaced."""
    assert rows.dates is not None
    count = int(frequency.count(rows.dates.times[first : first + 1])[0])
    usual = f"usually {frequency.name}" if frequency.name else f"usually {frequency.step} apart"
    expected = (
        f"without {frequency.label(count + frequency.step)} between them"
        if is_whole
        else "unevenly"
    )
    total = f", and {absent} are missing in all" if absent > 1 and is_whole else ""
    fix = "set gaps: ignore to treat the rows as consecutive"
    if is_whole:
        fix += ", or gaps: interpolate to fill each with the value before it"
    return (
        f"{rows.sheet.path}: {rows.places[first + 1]}: {rows.labels[first + 1]} follows "
        f"{rows.labels[first]} {expected}, where dates are {usual}{total}; {fix}"
    )


def _with_gaps_filled(rows: _Rows, counts: np.ndarray, frequency: Frequency) -> _Rows:
    """The rows with one for each missing date, its values still missing."""
    every = np.arange(counts[0], counts[-1] + 1, frequency.step)
    there = np.searchsorted(every, counts)
    columns = np.full((len(every), rows.columns.shape[1]), np.nan)
    columns[there] = rows.columns
    labels = [frequency.label(int(count)) for count in every]
    places = [f"the missing {label}" for label in labels]
    for number, place in enumerate(there):
        labels[place], places[place] = rows.labels[number], rows.places[number]
    columns, filled = _held(columns, np.setdiff1d(np.arange(len(every)), there))
    told = f"{counted(len(every) - len(there), 'missing date')} filled with the value before"
    return replace(
        rows, columns=columns, dates=None, labels=tuple(labels), places=tuple(places),
        filled=filled, assumed=(*rows.assumed, told),
    )  # fmt: skip


def _held(columns: np.ndarray, absent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows numbered `absent` with the values before them, and which these are.

    A network may not learn from what came later, so the value before is all that can be known.
    """
    columns, filled = columns.copy(), np.zeros(len(columns), bool)
    for row in absent:
        gone = np.isnan(columns[row])
        columns[row, gone] = columns[row - 1, gone]
        filled[row] = True
    return columns, filled


def _complete(rows: _Rows, missing: str | None) -> _Rows:
    """The rows without a missing value. Raises DataError."""
    gone = np.isnan(rows.columns)
    absent = np.flatnonzero(gone.any(axis=1))
    if not absent.size:
        return rows
    if missing is None:
        first = int(absent[0])
        name = rows.names[int(np.flatnonzero(gone[first])[0])]
        total = f", one of {absent.size}" if absent.size > 1 else ""
        raise DataError(
            f"{rows.sheet.path}: column {name!r}, {rows.places[first]}: the value is missing{total}"
            "; set missing: interpolate to fill each with the value before it, or missing: drop to "
            "leave such rows out"
        )
    if missing == "drop":
        kept = rows.taken(np.flatnonzero(~gone.any(axis=1)))
        told = f"{counted(absent.size, 'row')} without a value left out"
        return replace(kept, assumed=(*kept.assumed, told))
    complete = np.flatnonzero(~np.isnan(rows.columns).any(axis=1))
    first = int(complete[0]) if complete.size else len(rows.columns)
    begun = rows.taken(np.arange(first, len(rows.columns)))
    columns, filled = _held(begun.columns, absent[absent > first] - first)
    words = [f"{counted(int(filled.sum()), 'missing value')} filled with the value before"]
    if first:
        words.append(f"{counted(first, 'row')} before the first value left out")
    return replace(
        begun, columns=columns, filled=begun.filled | filled, assumed=(*begun.assumed, *words)
    )


def in_words(series: Series) -> str:
    """How long a series is and how often it was observed, and what was assumed, in one line."""
    span = f"{series.labels[0]} to {series.labels[-1]}"
    often = f", {series.frequency}" if series.frequency else ""
    period = f" (period {series.period})" if series.period else ""
    length = f"{len(series.values)} observations{often}{period}, {span}"
    return f"{series.name}: {'; '.join([length, *series.assumed])}"


def said_of_many(name: str, many: Sequence[Series]) -> str:
    """The same of all series of a collection together, in one line."""
    lengths = [len(series.values) for series in many]
    shortest, longest = min(lengths), max(lengths)
    length = str(shortest) if shortest == longest else f"{shortest} to {longest}"
    often = Counter(series.frequency for series in many if series.frequency)
    told = [f"{len(many)} series of {length} observations"]
    told += [f"{count} {frequency}" for frequency, count in often.items()]
    assumed = Counter(words for series in many for words in series.assumed)
    told += [f"{words} ({count} series)" for words, count in assumed.items()]
    return f"{name}: {'; '.join(told)}"
