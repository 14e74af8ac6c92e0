"""On how many series each claim holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.formatting import is_known, percent
from thousandfold.names import texts_of
from thousandfold.report.run import Run
from thousandfold.report.section import Section
from thousandfold.tables.rows import ConjunctionRow


@dataclass(frozen=True)
class ClaimOverAll:
    """A claim, and the series on which it holds."""

    id: str
    claim: str
    k: int
    m: int
    supported_on: str
    direction_supported_on: str


@dataclass(frozen=True)
class OverAll(Section):
    """The verdicts on all series together."""

    n_series: int
    data_noun: str
    """What the series are called."""
    alpha: str
    are_told_below: bool
    """Whether all have sections of their own."""
    rows: Sequence[ClaimOverAll]

    @classmethod
    def of(cls, run: Run) -> Self | None:
        """The verdicts of a run of several series."""
        title = {series.name: series.title for series in run.study.series}

        def titles(names: str) -> str:
            found = texts_of(names) if is_known(names) else []
            return ", ".join(title[name] for name in found) or "–"

        rows = [
            ClaimOverAll(
                row.id, row.claim, row.k, row.m,
                titles(row.supported_on), titles(row.direction_supported_on),
            )
            for row in run.rows(ConjunctionRow)
        ]  # fmt: skip
        study = run.study
        if not rows:
            return None
        are_told_below = len(run.on_shown_series()) == len(study.series)
        return cls(len(study.series), study.data_noun, percent(study.alpha), are_told_below, rows)
