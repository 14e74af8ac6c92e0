"""What the variance of effects comes from, and what that means for a budget of trainings."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.formatting import decimals, number, percent
from thousandfold.inference.contrasts import KINDS
from thousandfold.inference.population.resolving import MOST_REPEATS
from thousandfold.report.run import Run
from thousandfold.report.section import Section
from thousandfold.report.series_effects import by_comparison
from thousandfold.tables.rows import (
    AllocationRow,
    PopulationRow,
    VarianceComponentRow,
    contrast_key,
)


@dataclass(frozen=True)
class Planned:
    """A study within a budget."""

    budget: str
    n_series: str
    n_windows: str
    n_repeats: str
    of_median: str
    of_mean: str
    width: str
    resolves: bool
    """Whether it is the smallest whose interval is narrower than the margin."""


@dataclass(frozen=True)
class Varying:
    """A comparison, and what its effect varies with."""

    ids: str
    """Those of the claims that make it."""
    who: str
    is_logarithm: bool
    n_series: str
    between_series: str
    between_windows: str | None
    """None: no series has two test windows."""
    between_repeats: str
    planned: Sequence[Planned]
    none_resolves: bool
    """Whether no study, of those that there could be, has an interval narrower than the margin."""
    fewest: str
    """Series that the claim takes to be supported; "" if it cannot be."""


@dataclass(frozen=True)
class UnitCosts:
    """What studies cost that are planned."""

    per_series: str
    per_window: str
    per_repeat: str


@dataclass(frozen=True)
class Variance(Section):
    """Components of variance, and the studies that follow."""

    costs: UnitCosts | None
    """None: trainings are all that counts."""
    most_repeats: str
    """Of each scenario in a study that is planned."""
    comparisons: Sequence[Varying]

    @classmethod
    def of(cls, run: Run) -> Self | None:
        """The components of a run, if it has repeats and claims over series."""
        population = {contrast_key(row): row for row in run.rows(PopulationRow)}
        varying = [
            _varying(run, ids, row, population[contrast_key(row)])
            for ids, row in by_comparison(run.rows(VarianceComponentRow))
        ]
        return cls(_costs(run), f"{MOST_REPEATS:,}", varying) if varying else None


def _costs(run: Run) -> UnitCosts | None:
    costs = run.study.costs
    if not (costs["series"] or costs["origin"]):
        return None
    return UnitCosts(*(f"{costs[of]:g}" for of in ("series", "origin", "repeat")))


def _varying(run: Run, ids: str, row: VarianceComponentRow, asked: PopulationRow) -> Varying:
    kind = KINDS[asked.estimand]
    digits = 3 if kind.is_ratio else decimals(asked.margin) + 1

    def shown(value: float) -> str:
        return number(value, digits)

    planned = [one for one in run.rows(AllocationRow) if contrast_key(one) == contrast_key(row)]
    return Varying(
        ids,
        run.versus(row.scenario_a, row.scenario_b),
        kind.is_ratio,
        f"{row.n_series:,}",
        f"{shown(row.between_series)} "
        f"[{shown(row.between_series_low)}, {shown(row.between_series_high)}]",
        None
        if math.isnan(row.between_windows)
        else f"{shown(row.between_windows)} "
        f"[{shown(row.between_windows_low)}, {shown(row.between_windows_high)}]",
        f"{shown(row.between_repeats)} "
        f"[{shown(row.between_repeats_low)}, {shown(row.between_repeats_high)}]",
        [_planned(one, shown) for one in planned],
        # Of a share no interval is planned, nor of a median of few repeats.
        math.isnan(asked.on_at_least)
        and any(one.interval_width > 0 for one in planned)
        and not any(one.resolves for one in planned),
        "" if row.fewest_series is None else f"{row.fewest_series:,}",
    )


def _planned(row: AllocationRow, shown: Callable[[float], str]) -> Planned:
    budget = percent(row.budget, 0 if row.budget >= 0.1 else 1)
    return Planned(
        budget, f"{row.n_series:,}", f"{row.n_windows:,}", f"{row.n_repeats:,}",
        shown(row.standard_error_of_median), shown(row.standard_error_of_mean),
        shown(row.interval_width), row.resolves,
    )  # fmt: skip
