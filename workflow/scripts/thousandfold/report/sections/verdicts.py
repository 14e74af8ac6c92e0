"""What holds: every claim with its verdict, and the comparisons that it rests on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from thousandfold.formatting import decimals, is_known, number, p_value, percent, spelled_out
from thousandfold.inference.calibration import DECIDING
from thousandfold.inference.contrasts import KINDS
from thousandfold.inference.replication import FEWEST_REPEATS
from thousandfold.metrics import metric_name
from thousandfold.report.claims import Claim, claim_of
from thousandfold.report.marks import Mark, best_first, mark_of
from thousandfold.report.run import Row, SeriesRun
from thousandfold.report.section import Section


@dataclass(frozen=True)
class Axis:
    """A common horizontal axis of small plots: the values at its ends."""

    low: float
    high: float

    def position(self, value: float) -> float:
        """The position of a value, from 0 to 100; values outside are put at the ends."""
        share = (value - self.low) / (self.high - self.low)
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
    interval: str
    forest: Forest
    margin: str
    p: str
    sizes: Sequence[int]


@dataclass(frozen=True)
class Verdict:
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
    alpha: str
    p_below: str
    misses: Misses | None
    fewest: str
    counts: Sequence[Count]
    claims: Sequence[Verdict]

    @classmethod
    def of(cls, run: SeriesRun) -> Self:
        """The verdicts on a series."""
        study, claims, findings = run.study, run.rows("claims"), run.rows("findings")
        found = [row.verdict for row in claims]
        axes = {
            estimand: _axis([row for row in findings if row.estimand == estimand])
            for estimand in KINDS
        }

        def comparison(row: Row) -> Comparison:
            return _comparison(run, row, axes[row.estimand])

        return cls(
            anchor=run.anchor,
            title=run.source.title if len(study.series) > 1 else None,
            metric=metric_name(study.metric),
            unit=run.unit,
            has_other_metrics=len(study.metrics) > 1,
            better="higher" if study.higher_is_better(study.metric) else "lower",
            level=percent(findings[0].interval_level, 2) if findings else "",
            k=findings[0].k if findings else 0,
            alpha=percent(study.alpha),
            p_below=f"{study.alpha:g}",
            misses=misses_of(run),
            fewest=spelled_out(FEWEST_REPEATS),
            counts=[Count(found.count(verdict), mark_of(verdict)) for verdict in best_first()],
            claims=[
                Verdict(claim_of(row), [comparison(c) for c in findings if c.id == row.id])
                for row in claims
            ],
        )


def misses_of(run: SeriesRun) -> Misses | None:
    """How often the deciding intervals miss; None if there is nothing to judge by."""
    deciding = [row for row in run.rows("calibration") if row.test == DECIDING]
    if not deciding:
        return None
    rates = [row.rejection_rate for row in deciding]
    return Misses(number(100 * min(rates)), percent(max(rates), 2), percent(deciding[0].level, 2))


def _axis(findings: Sequence[Row]) -> Axis:
    """A symmetric axis that shows every interval and margin."""
    ends = np.array([[row.ci_low, row.ci_high, row.margin] for row in findings], float)
    finite = np.abs(ends[np.isfinite(ends)])
    reach = 1.05 * float(finite.max()) if finite.size else 1.0
    return Axis(-reach, reach)


def _comparison(run: SeriesRun, row: Row, axis: Axis) -> Comparison:
    """A row of the findings table as the page prints it."""
    kind, record = KINDS[row.estimand], vars(row)
    digits = 2 if kind.is_ratio else decimals(row.margin)
    estimate, low, high = (
        kind.shown(record, value, digits) for value in (row.difference, row.ci_low, row.ci_high)
    )
    interval = f"[{low}, {high}]"
    if math.isnan(row.ci_low):
        interval = "no interval"
    elif row.ci_low == row.ci_high:
        interval = "exactly"
    is_estimated = not math.isnan(row.difference)
    return Comparison(
        who=kind.who(record, run.labels),
        metric=None if row.metric == run.study.metric else metric_name(row.metric),
        estimate=f"{'× ' * kind.is_ratio}{estimate}" if is_estimated else "–",
        interval=interval if is_estimated else "",
        forest=_forest(row, axis),
        margin=kind.shown_margin(record),
        p=p_value(row.claim_p_family),
        sizes=[int(n) for n in (row.n_a, row.n_b) if is_known(n)],
    )


def _forest(row: Row, axis: Axis) -> Forest:
    band = axis.position(-row.margin)
    shown = [
        None if math.isnan(row.ci_low) else axis.position(value)
        for value in (row.ci_low, row.ci_high, row.difference)
    ]
    return Forest(band, axis.position(row.margin) - band, axis.position(0), *shown)
