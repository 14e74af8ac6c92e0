"""Users' tables of trained runs, in one common form: a row per training.

This works whatever the columns are called, whether scenarios are in rows or side by side, in one
file or in many.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from thousandfold.errors import DataError
from thousandfold.reading.files import read_sheet
from thousandfold.reading.options import FOUND_OUT, SERIES_COLUMNS, ReadOptions, RowsWith, TableForm
from thousandfold.reading.sheets import Sheet, counted, stem_of
from thousandfold.study import ResultsTable

USUAL_NAMES = {
    "scenario": ("method", "model", "algorithm", "algo", "variant", "approach"),
    "series": tuple(SERIES_COLUMNS),
}
"""What tables call these columns where they call them something else, in small letters."""

REPEAT_NAMES = ("repeat", "seed", "fold", "run", "trial", "replicate", "rep")
"""Columns that number the trainings of a scenario."""

SUFFIXES = (".csv", ".tsv", ".txt", ".gz", ".parquet", ".xlsx")
"""What is read of a folder."""

FILE = "file"
"""The column that tells which of several files a row is from, by its name without the end."""

SCORE = "score"
"""What the values of a wide table are called that has no name for them."""


STATE_NAMES = ("state", "status", "outcome")

FINISHED_STATES = frozenset(
    {"finished", "complete", "completed", "success", "succeeded", "done", "ok", "terminated"}
)

FAILED_STATES = frozenset(
    {
        "crashed", "failed", "fail", "failure", "error", "errored", "killed", "diverged", "oom",
        "out_of_memory", "timeout", "timed out", "aborted",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Runs:
    """A table of runs in one form."""

    sheet: Sheet
    """A row per training: scenario, perhaps series and repeat, and everything else."""
    failed: tuple[bool, ...]
    """Which of the runs failed, by what the table says of their state."""


def files_of(setting: str | Sequence[str]) -> tuple[str, ...]:
    """The files that a config names: one, several, or all tables in a folder.

    Raises DataError if a folder holds none.
    """
    if not isinstance(setting, str):
        return tuple(setting)
    if not Path(setting).is_dir():
        return (setting,)
    found = sorted(
        str(path) for path in Path(setting).iterdir()
        if path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )  # fmt: skip
    if not found:
        raise DataError(
            f"{setting}: holds no table; put files there that end in {', '.join(SUFFIXES)}"
        )
    return tuple(found)


def read_tables(files: Sequence[str], options: ReadOptions = FOUND_OUT) -> Sheet:
    """The rows of all files, concatenated. Raises DataError."""
    sheets = [read_sheet(Path(file), options) for file in files]
    for sheet in sheets:
        twice = next((name for name in sheet.header if name and sheet.header.count(name) > 1), None)
        if twice is not None:
            raise DataError(f"{sheet.path}: has the column {twice!r} more than once; rename one")
    if len(sheets) == 1:
        return sheets[0]
    if len({sheet.separator for sheet in sheets}) > 1:
        ways = ", ".join(f"{sheet.path} by {sheet.separator!r}" for sheet in sheets[:3])
        raise DataError(f"the files are separated in several ways ({ways}); write them alike")
    header = list(dict.fromkeys(name for sheet in sheets for name in sheet.header))
    lacking = {
        name: str(sheet.path) for sheet in sheets for name in header if name not in sheet.header
    }
    rows, places = [], []
    for sheet in sheets:
        stem = stem_of(sheet.path)
        for row, place in zip(sheet.rows, sheet.places, strict=True):
            cells = dict(zip(sheet.header, row, strict=True))
            rows.append([*(cells.get(name, "") for name in header), stem])
            places.append(f"{sheet.path}, {place}")
    if FILE in header:
        rows = [row[:-1] for row in rows]
    else:
        header.append(FILE)
    assumed = dict.fromkeys(words for sheet in sheets for words in sheet.assumed)
    return Sheet(
        Path(TableForm(tuple(files)).name), tuple(header), rows, places,
        sheets[0].separator, tuple(assumed), tuple(lacking.items()),
    )  # fmt: skip


def recognised(form: TableForm, sheet: Sheet, claimed: frozenset[str]) -> TableForm:
    """The form, completed with what the config leaves to be inferred.

    A column called method, dataset or the like is scenario or series; and without either, columns
    that have the names of all `claimed` scenarios are scenarios.
    """
    columns = dict(form.columns)
    for role, usual in USUAL_NAMES.items():
        if role in columns or role in sheet.header or (role == "scenario" and form.wide):
            continue
        named = [name for name in sheet.header if name.casefold() in usual]
        if len(named) == 1:
            columns[role] = named[0]
    wide = form.wide
    is_told = wide or "scenario" in {*columns, *sheet.header}
    if not is_told and claimed and claimed <= set(sheet.header):
        wide = tuple(name for name in sheet.header if name in claimed)
    return replace(form, columns=tuple(columns.items()), wide=wide)


def state_column(sheet: Sheet) -> str | None:
    """The column that says how runs ended, if its values are known states."""
    for name in sheet.header:
        if name.casefold() in STATE_NAMES and sheet.header.count(name) == 1:
            states = {text.casefold() for text in sheet.texts(sheet.column(name))}
            if states & (FINISHED_STATES | FAILED_STATES):
                return name
    return None


def unlike_finished(form: TableForm, sheet: Sheet) -> list[str]:
    """What is reported about unfinished runs that the form does not mention."""
    name = state_column(sheet)
    if name is None or form.failed or form.left_out:
        return []
    states = [text for text in sheet.texts(sheet.column(name)) if text]
    others = [text for text in states if text.casefold() not in FINISHED_STATES]
    if not others:
        return []
    shown = ", ".join(dict.fromkeys(others))
    return [f"{counted(len(others), 'run')} with {name} {shown} taken as any other (see failed)"]


def in_words(form: TableForm, explicit: TableForm) -> list[str]:
    """What was recognised that the config does not say."""
    known = dict(explicit.columns)
    words = [f"{name!r} as {role}" for role, name in form.columns if role not in known]
    if form.wide and not explicit.wide:
        words.append(f"the columns {', '.join(map(repr, form.wide))} as a scenario each")
    return words


def in_one_form(sheet: Sheet, form: TableForm, metric: str) -> Runs:
    """A row per training, with the columns scenario and, where they are known, series and repeat.

    Raises DataError if a column that the form names is missing.
    """
    for name in form.pooled:
        # That some of several files lack it does not matter.
        if name not in sheet.header:
            sheet.column(name)
    kept = _rows_with(sheet, form.left_out)
    sheet = replace(
        sheet,
        rows=[row for row, out in zip(sheet.rows, kept, strict=True) if not out],
        places=[place for place, out in zip(sheet.places, kept, strict=True) if not out],
        assumed=(*sheet.assumed, *_counted(form.left_out, sum(kept), "left out")),
    )
    failed = _rows_with(sheet, form.failed)
    sheet = replace(
        sheet, assumed=(*sheet.assumed, *_counted(form.failed, sum(failed), "counted as failed"))
    )
    for role, name in form.columns:
        place = sheet.column(name)
        header = [
            f"{old} " if old == role and i != place else old for i, old in enumerate(sheet.header)
        ]
        header[place] = role
        sheet = replace(sheet, header=tuple(header))
    if form.wide:
        sheet, failed = _melted(sheet, form.wide, metric, failed)
    return Runs(sheet, tuple(failed))


def runs_of(table: ResultsTable) -> Runs:
    """The runs of a table whose form is known. Raises DataError."""
    form = table.form
    return in_one_form(read_tables(form.files, form.read), form, table.metrics[0][0])


def _rows_with(sheet: Sheet, rows: RowsWith | None) -> list[bool]:
    """Which rows are meant."""
    if rows is None:
        return [False] * len(sheet.rows)
    place = sheet.column(rows.column)
    return [row[place] in rows.values for row in sheet.rows]


def _counted(rows: RowsWith | None, number: int, what: str) -> list[str]:
    if rows is None:
        return []
    return [f"{counted(number, 'run')} with {rows.column} {' or '.join(rows.values)} {what}"]


def _melted(
    sheet: Sheet, wide: Sequence[str], metric: str, failed: list[bool]
) -> tuple[Sheet, list[bool]]:
    """A row for each of the columns `wide`: the scenario in one column, its value in another."""
    taken = [sheet.column(name) for name in wide]
    others = [place for place in range(len(sheet.header)) if place not in taken]
    header = (*(sheet.header[place] for place in others), "scenario", metric)
    rows, places, states = [], [], []
    for row, place, state in zip(sheet.rows, sheet.places, failed, strict=True):
        shared = [row[i] for i in others]
        rows += [[*shared, name, row[i]] for name, i in zip(wide, taken, strict=True)]
        places += [f"{place}, column {name!r}" for name in wide]
        states += [state] * len(wide)
    return replace(sheet, header=header, rows=rows, places=places), states
