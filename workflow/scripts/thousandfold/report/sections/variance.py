"""What the variance of effects comes from, and what that means for a budget of trainings."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.formatting import decimals, number, percent
from thousandfold.inference.contrasts import KINDS
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


@dataclass(frozen=True)
class Variance(Section):
    """Components of variance, and the studies that follow."""

    comparisons: Sequence[Varying]

    @classmethod
    def of(cls, run: Run) -> Self | None:
        """The components of a run, if it has repeats and claims over series."""
        population = {contrast_key(row): row for row in run.rows(PopulationRow)}
        varying = [
            _varying(run, ids, row, population[contrast_key(row)])
            for ids, row in by_comparison(run.rows(VarianceComponentRow))
        ]
        return cls(varying) if varying else None


def _varying(run: Run, ids: str, row: VarianceComponentRow, asked: PopulationRow) -> Varying:
    kind = KINDS[asked.estimand]
    digits = 3 if kind.is_ratio else decimals(asked.margin) + 1

    def shown(value: float) -> str:
        return number(value, digits)

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
        [
            _planned(one, shown)
            for one in run.rows(AllocationRow)
            if contrast_key(one) == contrast_key(row)
        ],
    )


def _planned(row: AllocationRow, shown: Callable[[float], str]) -> Planned:
    return Planned(
        percent(row.budget), f"{row.n_series:,}", f"{row.n_windows:,}", f"{row.n_repeats:,}",
        shown(row.standard_error_of_median), shown(row.standard_error_of_mean),
    )  # fmt: skip
