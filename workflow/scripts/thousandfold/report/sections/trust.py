"""Can the tests be trusted: how often they err where there is nothing to find."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.formatting import error_rate, level, percent, spelled_out, times
from thousandfold.inference.calibration import (
    DECIDING,
    EQUAL_MEANS,
    FEWEST_TO_FLAG,
    LEVEL,
    SAME_SCENARIO,
    TIMES_TO_FLAG,
)
from thousandfold.inference.designs import TEST_NAMES
from thousandfold.inference.replication import FEWEST_REPEATS
from thousandfold.metrics import metric_name
from thousandfold.report.run import SeriesRun, csv_tables
from thousandfold.report.section import Section
from thousandfold.report.sections.verdicts import Misses, misses_of
from thousandfold.tables.rows import CalibrationRow, ErrorRateRow

NULLS = {
    SAME_SCENARIO: "halves of the same scenario",
    EQUAL_MEANS: "scenarios of equal mean",
}
"""Between what there is nothing to find, in words."""


CHECKS = ("identities", "fidelity", "twins")


@dataclass(frozen=True)
class Deciding:
    """How often a deciding interval misses, and what its verdicts are."""

    comparison: str
    of: str
    n: int
    misses: str
    interval: str
    allowed: str
    shares: Sequence[str]
    """Of each verdict, in the order of the table's head."""


@dataclass(frozen=True)
class Rates:
    """The smallest and the largest rejection rate of a test on samples of n."""

    null: str
    test: str
    n: int
    n_pairs: int
    lowest: str
    highest: str


@dataclass(frozen=True)
class Trust(Section):
    """How often deciding intervals miss, and usual tests reject."""

    anchor: str
    misses: Misses | None
    fewest_to_flag: str
    times_to_flag: str
    deciding: Sequence[Deciding]
    test_level: str
    rates: Sequence[Rates]
    checks: Sequence[str]
    """The tables of what should agree."""
    fewest: str

    @classmethod
    def of(cls, run: SeriesRun) -> Self:
        """What the tables of calibration say about a series."""
        return cls(
            anchor=run.anchor,
            misses=misses_of(run),
            fewest_to_flag=spelled_out(FEWEST_TO_FLAG),
            times_to_flag=times(TIMES_TO_FLAG),
            deciding=[
                _deciding(run, row) for row in run.rows(CalibrationRow) if row.test == DECIDING
            ],
            test_level=level(LEVEL),
            rates=[_rates(row) for row in run.rows(ErrorRateRow) if row.test != DECIDING],
            checks=[name for name in CHECKS if name in csv_tables(run.study)],
            fewest=spelled_out(FEWEST_REPEATS),
        )


def _deciding(run: SeriesRun, row: CalibrationRow) -> Deciding:
    """A row about a deciding interval."""
    is_other = row.metric != run.study.metric
    shares = (
        row.share_beyond_margin, row.share_within_margin, row.share_size_unresolved,
        row.share_equivalent, row.share_inconclusive,
    )  # fmt: skip
    return Deciding(
        comparison=row.comparison,
        of=f"{row.estimand}, {metric_name(row.metric)}" if is_other else row.estimand,
        n=row.n,
        misses=error_rate(row.rejection_rate),
        interval=f"[{error_rate(row.rate_low)}, {error_rate(row.rate_high)}]",
        allowed=error_rate(row.level),
        shares=[percent(share, 2) for share in shares],
    )


def _rates(row: ErrorRateRow) -> Rates:
    """A row about a usual test."""
    assert row.n is not None
    lowest, highest = percent(row.lowest, 1), percent(row.highest, 1)
    return Rates(NULLS[row.null], TEST_NAMES[row.test], row.n, row.pairs, lowest, highest)
