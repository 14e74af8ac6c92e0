"""From a column's texts to numbers: decimal marks, groups of thousands, percent, missing values."""

import re
import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from thousandfold.errors import DataError
from thousandfold.reading.dates import dates_of
from thousandfold.reading.options import FOUND_OUT, ReadOptions
from thousandfold.reading.sheets import Sheet

LARGEST_VALUE = 1e100
"""So that squares and sums of values are finite."""

BEYOND = "is beyond ±1e100"
"""What an error says of a larger value."""

MISSING = frozenset(
    {
        "", "na", "n/a", "#n/a", "#na", "<na>", "n.a.", "nan", "-nan", "nat", "null", "nil",
        "none", "missing", "-", "--", "---", "–", "—", "?", ".", "..", "...", "*", ":", "1.#ind",
        "1.#qnan", "-1.#ind", "-1.#qnan", "#n/a n/a",
    }
)  # fmt: skip
"""What stands for a missing value, in small letters."""

DECIMALS = (".", ",")

GROUPS = ("", ",", ".", " ", "'")
"""What may stand between groups of three digits; " " is any blank, "'" any apostrophe."""

_SPELLINGS = str.maketrans({"\xa0": " ", "\u202f": " ", "\u2009": " ", "’": "'", "−": "-"})

CURRENCIES = ("$", "€", "£", "¥")

CURRENCY = re.compile(r"[$€£¥]\s*")

OTHER_COLUMNS_ASKED = 50
"""How many columns beside it are looked at where one could be read in two ways."""


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written."""

    decimal: str = "."
    thousands: str = ""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        point, group = re.escape(self.decimal), re.escape(self.thousands)
        whole = rf"(?:[1-9]\d{{0,2}}(?:{group}\d{{3}})+|\d+)" if group else r"\d+"
        return re.compile(
            rf"[-+]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][-+]?\d+)?|[-+]?inf(?:inity)?", re.I
        )

    def fits(self, text: str) -> bool:
        """Whether a text is a number in this format."""
        return self._pattern.fullmatch(text) is not None

    def number(self, text: str) -> float:
        """The number that a text is."""
        plain = text.replace(self.thousands, "") if self.thousands else text
        return float(plain.replace(self.decimal, "."))

    def in_words(self) -> str:
        """What is reported about it."""
        words = ["decimal commas"] if self.decimal == "," else []
        between = {",": "commas", ".": "points", " ": "blanks", "'": "apostrophes"}
        if self.thousands:
            words.append(f"{between[self.thousands]} between thousands")
        return " and ".join(words)


PLAIN = NumberFormat()


@dataclass(frozen=True)
class Numbers:
    """A column of numbers."""

    values: np.ndarray
    """NaN where one is missing."""
    assumed: tuple[str, ...]
    """What was found out about their form that the reader may want to know."""

    @property
    def missing(self) -> np.ndarray:
        """Where values are missing."""
        return np.isnan(self.values)


def is_missing(text: str) -> bool:
    """Whether a cell marks a missing value."""
    return text.strip().casefold() in MISSING


def numbers_of(sheet: Sheet, name: str, options: ReadOptions = FOUND_OUT) -> Numbers:
    """A column's numbers, all read in one format. Raises DataError that names the cell."""
    column = sheet.column(name)
    cells = sheet.texts(column)
    texts = _bare(cells)
    assumed = []
    if any(text.endswith("%") for text in texts if text is not None):
        bare = next((i for i, text in enumerate(texts) if text and not text.endswith("%")), None)
        if bare is not None:
            raise DataError(
                f"{sheet.at(name, bare)}: {cells[bare]!r} has no "
                "percent sign, as others have; write all values alike"
            )
        assumed.append("percentages without their sign")
        texts = [text and text.removesuffix("%").rstrip() for text in texts]
    if any(text.strip("-").startswith(CURRENCIES) for text in texts if text is not None):
        assumed.append("money without its sign")
        texts = [text and CURRENCY.sub("", text) for text in texts]
    present = [text for text in texts if text is not None]
    chosen = _format_of(sheet, name, column, present, options)
    if chosen is None:
        formats = _formats(options)
        chosen = max(formats, key=lambda form: sum(map(form.fits, present)))
        first = next(
            i for i, text in enumerate(texts) if text is not None and not chosen.fits(text)
        )
        raise DataError(
            f"{sheet.at(name, first)}: "
            f"{reprlib.repr(cells[first])} is not a number; correct it, or leave it empty if it is "
            "missing"
        )
    if chosen != PLAIN and chosen.in_words():
        assumed.append(chosen.in_words())
    values = [np.nan if text is None else chosen.number(text) for text in texts]
    return Numbers(np.array(values, float), tuple(assumed))


def _bare(cells: Iterable[str]) -> list[str | None]:
    """The cells without surrounding blanks, with one spelling of each mark; None if missing."""
    return [None if is_missing(cell) else cell.translate(_SPELLINGS).strip() for cell in cells]


@cache
def _formats(options: ReadOptions) -> tuple[NumberFormat, ...]:
    """The formats that the options allow, the plain one first."""
    groups = GROUPS if options.thousands is None else ("", options.thousands)
    return tuple(
        NumberFormat(decimal, group)
        for group in groups
        for decimal in DECIMALS
        if group != decimal and options.decimal in (None, decimal)
    )


def _format_of(
    sheet: Sheet, name: str, column: int, texts: Sequence[str], options: ReadOptions
) -> NumberFormat | None:
    """The format that all texts are in; None if there is none. Raises DataError if two differ."""
    fitting = _fitting(texts, options)
    if len(_readings(fitting, texts)) <= 1:
        return fitting[0] if fitting else None
    for other in range(min(len(sheet.header), OTHER_COLUMNS_ASKED)):
        if other != column and not _is_dated(sheet, other, options):
            others = [text for text in _bare(sheet.texts(other)) if text is not None]
            decided = _fitting(others, options)
            if len(_readings(decided, others)) == 1 and any(map(_has_mark, others)):
                marks = {form.decimal for form in decided}
                fitting = [form for form in fitting if form.decimal in marks] or fitting
                break
    # What separates fields is no decimal mark, and numbers that are no text have points.
    is_point = sheet.separator == "," or (
        sheet.separator is None and not any("," in t for t in texts)
    )
    if len(_readings(fitting, texts)) > 1 and is_point:
        fitting = [form for form in fitting if form.decimal == "."]
    if len(_readings(fitting, texts)) > 1:
        text = next(filter(_has_mark, texts))
        can_be = " or ".join(f"{value:.10g}" for value in sorted(_readings(fitting, texts)))
        raise DataError(
            f"{sheet.path}: column {name!r}: {text!r} can be {can_be}; say which by "
            'read: {decimal: "."} or read: {decimal: ","}, with thousands where they are grouped'
        )
    return fitting[0] if fitting else None


def _is_dated(sheet: Sheet, column: int, options: ReadOptions) -> bool:
    try:
        return dates_of(sheet, column, options) is not None
    except DataError:
        return True


def _has_mark(text: str) -> bool:
    return any(mark in text for mark in ".,")


def _fitting(texts: Sequence[str], options: ReadOptions) -> list[NumberFormat]:
    return [form for form in _formats(options) if all(map(form.fits, texts))]


def _readings(formats: Sequence[NumberFormat], texts: Sequence[str]) -> set[float]:
    """The numbers that a text with a mark can be, in these formats."""
    text = next(filter(_has_mark, texts), None)
    return {form.number(text) if text else 0.0 for form in formats}
