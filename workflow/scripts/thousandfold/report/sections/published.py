"""The published tables, held against samples of their size from our repeats."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.formatting import number, p_value
from thousandfold.inference.published import COMPATIBLE
from thousandfold.report.run import SeriesRun
from thousandfold.report.section import Section
from thousandfold.tables.rows import PublishedRow


@dataclass(frozen=True)
class PublishedNumber:
    """A published number, and what our repeats would have given in its place."""

    label: str
    source: str
    n: int
    statistic: str
    published: str
    expected: str
    interval: str
    p: str
    verdict: str


@dataclass(frozen=True)
class Published(Section):
    """The published numbers."""

    anchor: str
    n_compatible: int
    n_numbers: int
    rows: Sequence[PublishedNumber]

    @classmethod
    def of(cls, run: SeriesRun) -> Self | None:
        """Those about a series, if there are any."""
        rows, digits = run.rows(PublishedRow), run.digits
        if not rows:
            return None
        return cls(
            anchor=run.anchor,
            n_compatible=sum(row.verdict == COMPATIBLE for row in rows),
            n_numbers=len(rows),
            rows=[
                PublishedNumber(
                    label=run.labels[row.scenario],
                    source=row.source,
                    n=row.n,
                    statistic=row.statistic,
                    published=number(row.published, digits),
                    expected=number(row.expected, digits),
                    interval=f"[{number(row.expected_low, digits)}, "
                    f"{number(row.expected_high, digits)}]",
                    p=p_value(row.p_holm),
                    verdict=row.verdict,
                )
                for row in rows
            ],
        )
