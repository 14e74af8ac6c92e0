"""A file with a header and rows, every cell as text, whatever its format."""

import reprlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from thousandfold.errors import DataError, NoColumnError

LARGEST_TEXT, LARGEST_UNPACKED = 20_000_000, 200_000_000
"""In bytes: of text in columns, unpacked; and of what Parquet and workbooks, which are of the first
size at most, unpack to. Every job reads the data, and a network's training rows are far fewer."""

MOST_COLUMNS, MOST_ROWS, MOST_CELLS = 10_000, 2_000_000, 20_000_000

MOST_COLUMNS_NAMED = 20


@dataclass(frozen=True)
class Sheet:
    """A file's content, all cells as text, rows of one length."""

    path: Path
    header: tuple[str, ...]
    rows: list[list[str]]
    places: list[str]
    """What an error calls each row, such as "line 7"."""
    separator: str | None = None
    """Between its fields, if it is plain text."""
    assumed: tuple[str, ...] = ()
    """What was found out about its form that the reader may want to know."""
    lacking: tuple[tuple[str, str], ...] = ()
    """Of several files, (column, the file that does not have it)."""

    def texts(self, column: int) -> list[str]:
        """A column's cells."""
        return [row[column] for row in self.rows]

    def column(self, name: str) -> int:
        """The position of a column that exists exactly once. Raises NoColumnError."""
        if name in dict(self.lacking):
            raise NoColumnError(
                f"{dict(self.lacking)[name]}: has no column {name!r}, as other files have; add it",
                name,
            )
        if self.header.count(name) == 1:
            return self.header.index(name)
        problem = f"has the column {name!r} more than once; rename one"
        if name not in self.header:
            problem = f"has no column {name!r}; {self.columns_in_words()}"
        raise NoColumnError(f"{self.path}: {problem}", name)

    def at(self, column: str, row: int) -> str:
        """What an error calls a cell, by its column's name and its row's number."""
        return f"{self.path}: column {column!r}, {self.places[row]}"

    def columns_in_words(self) -> str:
        """The existing columns, for an error message."""
        shown = ", ".join(map(reprlib.repr, self.header[:MOST_COLUMNS_NAMED]))
        more = f" and {n} more" if (n := len(self.header) - MOST_COLUMNS_NAMED) > 0 else ""
        return f"its columns are {shown}{more}"

    def where(self, conditions: Iterable[tuple[str, str]]) -> "Sheet":
        """The rows that have these texts in these columns. Raises DataError if there is none."""
        found = self
        for name, wanted in conditions:
            numbers = found._numbers_by_text(found.column(name))
            kept = numbers.get(wanted)
            if kept is None:
                shown = ", ".join(map(reprlib.repr, list(numbers)[:MOST_COLUMNS_NAMED]))
                raise DataError(
                    f"{self.path}: column {name!r} has no {wanted!r}; it has {shown or 'no rows'}"
                )
            rows, places = [found.rows[i] for i in kept], [found.places[i] for i in kept]
            found = replace(found, rows=rows, places=places)
        return found

    def _numbers_by_text(self, column: int) -> dict[str, list[int]]:
        """The numbers of the rows that have each text in a column.

        Kept, as each of a thousand series in one file asks for its own.
        """
        if column not in self._numbers:
            numbers: dict[str, list[int]] = {}
            for number, row in enumerate(self.rows):
                numbers.setdefault(row[column], []).append(number)
            self._numbers[column] = numbers
        return self._numbers[column]

    @cached_property
    def _numbers(self) -> dict[int, dict[str, list[int]]]:
        return {}


def stem_of(path: Path) -> str:
    """A file's name without its ending: that of a.b.csv.gz is a.b."""
    return Path(path.name.removesuffix(".gz")).stem or path.name


def counted(number: int, noun: str) -> str:
    """A count with its noun, singular or plural."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def check_size(
    path: Path,
    size: float = 0,
    largest: int = LARGEST_TEXT,
    *,
    columns: int = 0,
    rows: int = 0,
    cells: int = 0,
) -> None:
    """Raise DataError if a file's content, as far as known, is too large."""
    for found, most, limit in [
        (size, largest, f"{largest // 10**6} MB"),
        (columns, MOST_COLUMNS, f"{MOST_COLUMNS:,} columns"),
        (rows, MOST_ROWS, f"{MOST_ROWS // 10**6} million rows"),
        (cells, MOST_CELLS, f"{MOST_CELLS // 10**6} million cells"),
    ]:
        if found > most:
            raise DataError(
                f"{path}: is larger than {limit}; keep only the columns and rows that the study "
                "uses"
            )
