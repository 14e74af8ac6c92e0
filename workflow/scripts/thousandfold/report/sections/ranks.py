"""How scenarios rank over series: mean ranks, and the tests that usually go with them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from thousandfold import figures
from thousandfold.formatting import decimals, level, number, p_value, percent
from thousandfold.inference.resampling import DESCRIPTIVE_ALPHA
from thousandfold.report.run import Run, by
from thousandfold.report.section import Section
from thousandfold.svg import FigureElement
from thousandfold.tables.rows import MethodPairRow, MethodRow, PerformanceProfileRow


@dataclass(frozen=True)
class Ranked:
    """A scenario and its mean rank."""

    label: str
    mean_rank: str
    middle: str


@dataclass(frozen=True)
class RankedPair:
    """Two scenarios over series."""

    who: str
    improvement: str
    wilcoxon_p: str
    wilcoxon_p_holm: str
    is_within_critical_difference: bool


@dataclass(frozen=True)
class Ranks(Section):
    """All scenarios over all series."""

    n_series: str
    metric: str
    friedman: str
    friedman_p: str
    critical_difference: str
    test_level: str
    methods: Sequence[Ranked]
    pairs: Sequence[RankedPair]
    figure: FigureElement
    profiles: FigureElement | None
    profile_level: str

    @classmethod
    def of(cls, run: Run) -> Self | None:
        """The ranks of a run that has claims over series and at least three scenarios."""
        methods = sorted(run.rows(MethodRow), key=lambda row: row.mean_rank)
        if not methods:
            return None
        pairs, digits = run.rows(MethodPairRow), decimals(run.study.margin)
        first = methods[0]
        draw = partial(
            figures.critical_difference_diagram,
            {run.labels[row.scenario]: row.mean_rank for row in methods},
            together(methods, pairs),
            first.critical_difference,
        )
        return cls(
            n_series=f"{first.n_series:,}",
            metric=run.study.measured(run.study.metric).name,
            friedman=number(first.friedman),
            friedman_p=p_value(first.friedman_p),
            critical_difference=number(first.critical_difference),
            test_level=level(DESCRIPTIVE_ALPHA),
            methods=[
                Ranked(
                    run.labels[row.scenario], number(row.mean_rank),
                    _with_ends(
                        number(row.interquartile_mean, digits),
                        number(row.interquartile_mean_low, digits),
                        number(row.interquartile_mean_high, digits),
                    ),
                )
                for row in methods
            ],
            pairs=[
                RankedPair(
                    run.versus(row.scenario_a, row.scenario_b), _improvement(row),
                    p_value(row.wilcoxon_p), p_value(row.wilcoxon_p_holm),
                    row.is_within_critical_difference,
                )
                for row in pairs
            ],
            figure=run.figures.add("ranks", draw),
            profiles=_profiles(run, [row.scenario for row in methods]),
            profile_level=percent(1 - DESCRIPTIVE_ALPHA),
        )  # fmt: skip


def _profiles(run: Run, scenarios: Sequence[str]) -> FigureElement | None:
    """The performance profiles of scenarios; None if the metric is not on one scale."""
    rows = by(run.rows(PerformanceProfileRow), "scenario")
    if not rows:
        return None
    panels = [(run.labels[name], rows[name]) for name in scenarios]
    metric = run.study.measured(run.study.metric)
    better = "above" if metric.higher_is_better else "below"
    draw = partial(figures.performance_profiles, panels, metric.name, better)
    return run.figures.add("performance-profiles", draw)


def together(
    methods: Sequence[MethodRow], pairs: Sequence[MethodPairRow]
) -> list[tuple[float, float]]:
    """The ends of each largest run of scenarios, best first, that are not told apart."""
    alike = {
        frozenset((row.scenario_a, row.scenario_b))
        for row in pairs
        if row.is_within_critical_difference
    }
    bars, reached = [], 0
    for start, method in enumerate(methods):
        end = start
        while (
            end + 1 < len(methods)
            and frozenset((method.scenario, methods[end + 1].scenario)) in alike
        ):
            end += 1
        if end > max(reached, start):
            bars.append((method.mean_rank, methods[end].mean_rank))
            reached = end
    return bars


def _improvement(row: MethodPairRow) -> str:
    if math.isnan(row.improvement_low):
        return percent(row.improvement, 0)
    low, high = percent(row.improvement_low, 0), percent(row.improvement_high, 0)
    return f"{percent(row.improvement, 0)} [{low}, {high}]"


def _with_ends(value: str, low: str, high: str) -> str:
    missing = number(None)
    return value if missing in (value, low) else f"{value} [{low}, {high}]"
