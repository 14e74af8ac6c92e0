"""The numbers that a figure draws, as a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from thousandfold.tables.files import csv_text, guarded

DIGITS = 6
"""Significant digits of a number: more than can be seen; the results' tables have all of them."""


@dataclass(frozen=True)
class Numbers:
    """A table of what a figure draws: texts, numbers, and NaN or None where there is none."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    @property
    def csv(self) -> str:
        """The table as a CSV file has it."""
        return csv_text([list(map(_cell, line)) for line in (self.columns, *self.rows)])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.{DIGITS}g}"
    return str(guarded(value))
