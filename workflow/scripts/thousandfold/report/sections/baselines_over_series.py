"""Is a network needed: on how many series each scenario beats the forecasts that need none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.baselines import in_words
from thousandfold.formatting import number, percent
from thousandfold.inference.baselines import BEST
from thousandfold.metrics import metric_name
from thousandfold.report.run import Run, by
from thousandfold.report.section import Section
from thousandfold.tables.rows import BaselineModelRow, BaselineOverSeriesRow


@dataclass(frozen=True)
class Count:
    """A number of series, and its share of those that there are."""

    n: str
    share: str


@dataclass(frozen=True)
class ScenarioOverSeries:
    """A scenario against the best baseline of each series, and against each baseline."""

    label: str
    better: Count
    undecided: Count
    worse: Count
    ratio: str
    interval: str
    better_than: Sequence[str]
    """The share of series, by baseline."""


@dataclass(frozen=True)
class BaselineOverSeries:
    """A baseline: on how many series it is the best, and on how many there is none."""

    name: str
    best: Count
    n_left_out: str
    reason: str
    """The most common one; "" if it is not left out."""


@dataclass(frozen=True)
class BaselinesOverSeries(Section):
    """The scenarios against baselines, over all series."""

    n_series: str
    metric: str
    level: str
    names: Sequence[str]
    scenarios: Sequence[ScenarioOverSeries]
    baselines: Sequence[BaselineOverSeries]

    @classmethod
    def of(cls, run: Run) -> Self | None:
        """The baselines of a run on several series, if they have any."""
        rows = by(run.rows(BaselineOverSeriesRow), "scenario")
        if len(run.study.series) < 2 or not rows:
            return None
        models = by(run.rows(BaselineModelRow), "baseline")
        names = [name for name, of_name in models.items() if any(x.model for x in of_name)]
        return cls(
            n_series=f"{len(run.study.series):,}",
            metric=metric_name(run.study.metric),
            level=percent(1 - run.study.alpha),
            names=[in_words(name) for name in names],
            scenarios=[
                _scenario(label, {row.baseline: row for row in rows[name]}, names)
                for name, label in run.labels.items()
                if name in rows
            ],
            baselines=[_baseline(in_words(name), of_name) for name, of_name in models.items()],
        )


def _count(n: int, of: int) -> Count:
    return Count(f"{n:,}", _share(n, of))


def _share(n: int, of: int) -> str:
    return percent(n / of, 0)


def _scenario(
    label: str, against: Mapping[str, BaselineOverSeriesRow], names: Sequence[str]
) -> ScenarioOverSeries:
    """A scenario's rows of the table, by baseline."""
    best = against[BEST]
    low, high = number(best.median_ratio_low), number(best.median_ratio_high)
    return ScenarioOverSeries(
        label=label,
        better=_count(best.n_better, best.n_series),
        undecided=_count(best.n_undecided, best.n_series),
        worse=_count(best.n_worse, best.n_series),
        ratio=number(best.median_ratio),
        interval=f"[{low}, {high}]",
        better_than=[_share(against[name].n_better, against[name].n_series) for name in names],
    )


def _baseline(name: str, rows: Sequence[BaselineModelRow]) -> BaselineOverSeries:
    """A baseline's rows of the table of models."""
    reasons = Counter(row.left_out_because for row in rows if row.left_out_because)
    return BaselineOverSeries(
        name=name,
        best=_count(sum(row.is_best for row in rows), len(rows)),
        n_left_out=f"{reasons.total():,}",
        reason=reasons.most_common(1)[0][0] if reasons else "",
    )
