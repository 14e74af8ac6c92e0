"""What holds: every claim with its verdict, and the comparisons that it rests on."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.formatting import (
    coverage,
    decimals,
    error_rate,
    p_value,
    percent,
    spelled_out,
)
from thousandfold.inference.calibration import DECIDING
from thousandfold.inference.contrasts import KINDS, Contrast
from thousandfold.inference.replication import FEWEST_REPEATS
from thousandfold.metrics import metric_name
from thousandfold.report.claims import Claim, claim_of
from thousandfold.report.marks import Mark, best_first, mark_of
from thousandfold.report.reach import key_of, mark_of_reach, reaches_of
from thousandfold.report.run import SeriesRun
from thousandfold.report.section import Section
from thousandfold.tables.rows import ClaimRow, ContrastRow, ErrorRateRow, ReachRow


@dataclass(frozen=True)
class Axis:
    """A common horizontal axis of small plots, on the scale of a kind of contrast."""

    kind: type[Contrast]
    low: float
    """The value at its left end, on that scale."""
    high: float

    def position(self, value: float) -> float:
        """The position of a value, from 0 to 100; values outside are put at the ends."""
        share = (self.kind.scaled(value) - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)


@dataclass(frozen=True)
class Forest:
    """One interval on the common axis, over the band of differences that do not matter."""

    band: float
    band_width: float
    zero: float
    low: float | None
    """None if there is no interval, like the next two."""
    high: float | None
    estimate: float | None


@dataclass(frozen=True)
class Comparison:
    """One comparison that a claim makes."""

    who: Sequence[str]
    """Line by line."""
    metric: str | None
    """None if it is that of the study."""
    estimate: str
    difference: float
    interval: str
    forest: Forest
    margin: str
    p: str
    p_value: float
    sizes: Sequence[int]
    reach: str
    """What other test rows might change; "" if nothing."""


@dataclass(frozen=True)
class ClaimVerdict:
    """A claim with its verdict and its comparisons."""

    head: Claim
    comparisons: Sequence[Comparison]


@dataclass(frozen=True)
class Count:
    """How many claims have a verdict."""

    n: int
    verdict: Mark


@dataclass(frozen=True)
class Misses:
    """How often the deciding intervals miss, at least and at most, and how often they may."""

    lowest: str
    highest: str
    allowed: str


@dataclass(frozen=True)
class Verdicts(Section):
    """The table of verdicts, with what its numbers mean."""

    anchor: str
    title: str | None
    """The series'; None if there are no others."""
    metric: str
    unit: str
    has_other_metrics: bool
    better: str
    level: str
    k: int
    """Comparisons that share alpha; 0 if all claims are over series."""
    exploratory_level: str | None
    """That of intervals of claims over series; None if there are none."""
    alpha: str
    p_below: str
    misses: Misses | None
    fewest: str
    counts: Sequence[Count]
    claims: Sequence[ClaimVerdict]
    test_rows: int
    """Of the series; 0 if nothing is known about other test rows."""

    @classmethod
    def of(cls, run: SeriesRun) -> Self:
        """The verdicts on a series."""
        study, claims, contrasts = run.study, run.rows(ClaimRow), run.rows(ContrastRow)
        found = [row.verdict for row in claims]
        reaches = reaches_of(run)
        exploratory = exploratory_claims(run.run.rows(ContrastRow))
        registered = [row for row in contrasts if row.id not in exploratory]
        axes = {estimand: _axis(kind, contrasts) for estimand, kind in KINDS.items()}

        def comparison(row: ContrastRow) -> Comparison:
            p = row.exploratory_p if row.id in exploratory else row.claim_p_family
            return _comparison(run, row, axes[row.estimand], p, reaches.get(key_of(row)))

        return cls(
            anchor=run.anchor,
            title=run.source.title if len(study.series) > 1 else None,
            metric=metric_name(study.metric),
            unit=run.unit,
            has_other_metrics=len(study.metrics) > 1,
            better="higher" if study.measured(study.metric).higher_is_better else "lower",
            level=coverage(registered[0].interval_level) if registered else "",
            k=registered[0].k if registered else 0,
            exploratory_level=percent(1 - study.alpha) if exploratory else None,
            alpha=percent(study.alpha),
            p_below=f"{study.alpha:g}",
            misses=misses_of(run),
            fewest=spelled_out(FEWEST_REPEATS),
            counts=[Count(found.count(verdict), mark_of(verdict)) for verdict in best_first()],
            claims=[
                ClaimVerdict(claim_of(row), [comparison(c) for c in contrasts if c.id == row.id])
                for row in claims
            ],
            test_rows=len(run.series.forecasts_per_row) if reaches and run.series else 0,
        )


def exploratory_claims(rows: Iterable[ContrastRow]) -> set[str]:
    """The ids of claims over series, whose verdicts on single series are exploratory."""
    return {row.id for row in rows if not math.isnan(row.exploratory_p)}


def misses_of(run: SeriesRun) -> Misses | None:
    """How often the deciding intervals miss; None if there is nothing to judge by."""
    for row in run.rows(ErrorRateRow):
        if row.test == DECIDING:
            return Misses(*map(error_rate, (row.lowest, row.highest, row.level)))
    return None


def _axis(kind: type[Contrast], contrasts: Sequence[ContrastRow]) -> Axis:
    """An axis that shows every interval and margin of a kind, with no difference in its middle."""
    shown = [row for row in contrasts if row.estimand == kind.estimand]
    ends = [end for row in shown for end in (row.ci_low, row.ci_high, row.margin)]
    sizes = [abs(kind.scaled(end)) for end in ends]
    reach = 1.05 * max(filter(math.isfinite, sizes), default=0.0) or 1.0
    return Axis(kind, -reach, reach)


def _comparison(
    run: SeriesRun, row: ContrastRow, axis: Axis, p: float, reach: ReachRow | None
) -> Comparison:
    """A row of the contrasts table as the page prints it."""
    kind = KINDS[row.estimand]
    digits = 2 if kind.is_ratio else decimals(row.margin)
    estimate, low, high = (
        kind.shown(row, value, digits) for value in (row.difference, row.ci_low, row.ci_high)
    )
    interval = f"[{low}, {high}]"
    if math.isnan(row.ci_low):
        interval = "no interval"
    elif row.ci_low == row.ci_high:
        interval = "exactly"
    is_estimated = not math.isnan(row.difference)
    return Comparison(
        who=kind.who(row, run.labels),
        metric=None if row.metric == run.study.metric else metric_name(row.metric),
        estimate=f"{'× ' * kind.is_ratio}{estimate}" if is_estimated else "–",
        difference=row.difference,
        interval=interval if is_estimated else "",
        forest=_forest(row, axis),
        margin=kind.shown_margin(row),
        p=p_value(p),
        p_value=p,
        sizes=[n for n in (row.n_a, row.n_b) if n is not None],
        reach=mark_of_reach(reach),
    )


def _forest(row: ContrastRow, axis: Axis) -> Forest:
    low, high = map(axis.position, axis.kind.band(row.margin))
    shown = [
        None if math.isnan(row.ci_low) else axis.position(value)
        for value in (row.ci_low, row.ci_high, row.difference)
    ]
    return Forest(low, high - low, axis.position(axis.kind.neutral), *shown)
