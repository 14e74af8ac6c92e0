"""Where the variance of an effect comes from, and what that means for a budget of trainings.

The model: an effect is the sum of the mean, a part of the series, a part of the test window
(origin) within it, and a part of the training: initial weights and order of rows.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from thousandfold.inference.draws import parts, picks_of
from thousandfold.inference.intervals import Interval, percentile_interval
from thousandfold.inference.resampling import draws_for


@dataclass(frozen=True)
class Components:
    """Three variances, each with its interval over resampled series.

    That of origins is NaN where no series has two, and is then part of that of series.
    """

    series: float
    series_interval: Interval
    origins: float
    origins_interval: Interval | None
    repeats: float
    """Of one repeat of each scenario that the effect takes."""
    repeats_interval: Interval


def variance_components(
    effects: np.ndarray,
    repeat_variances: np.ndarray,
    n_repeats: np.ndarray,
    alpha: float,
    rng: np.random.Generator,
) -> Components:
    """The components of variance, by moments, with percentile intervals over resampled series.

    Arrays have shape (series, origins), NaN where a series does not have an origin: the mean effect
    over a cell's repeats, the variance of the effect of a single repeat (the sum of both scenarios'
    variances if they are independent), and the number of repeats. Each mean square,
    series counting equally, is equated with what is expected of it (Searle, Casella and McCulloch
    1992, *Variance Components*, chapter 5), so that cells may be of unequal size; a component that
    would be negative is 0. On balanced data this is the usual analysis of variance. Raises
    ValueError with fewer than 2 series, or for a series without a cell.
    """
    parts_of = _Parts.of(effects, repeat_variances, n_repeats)
    n = len(parts_of.means)
    if n < 2:
        raise ValueError("variance components take at least 2 series")
    estimates = parts_of.components(np.arange(n))
    draws = draws_for(alpha, n)
    drawn = [parts_of.components(picks_of(n, rows, rng)) for rows in parts(draws, n)]
    resampled = [np.concatenate(component) for component in zip(*drawn, strict=True)]
    series, origins, repeats = (float(estimate) for estimate in estimates)
    return Components(
        series,
        percentile_interval(resampled[0], alpha),
        origins,
        None if math.isnan(origins) else percentile_interval(resampled[1], alpha),
        repeats,
        percentile_interval(resampled[2], alpha),
    )


@dataclass(frozen=True)
class _Parts:
    """What the components need of each series; arrays of shape (series,)."""

    n_origins: np.ndarray
    means: np.ndarray
    squares: np.ndarray
    """The sum of squares of its origins' effects around their mean."""
    errors: np.ndarray
    """The mean over origins of the variance that repeats give a cell's effect."""
    repeat_variances: np.ndarray
    """The mean over origins of that of a single repeat."""

    @classmethod
    def of(
        cls, effects: np.ndarray, repeat_variances: np.ndarray, n_repeats: np.ndarray
    ) -> "_Parts":
        is_there = ~np.isnan(effects)
        n_origins = is_there.sum(axis=1)
        if not n_origins.all():
            raise ValueError("every series needs an effect on at least one origin")

        def mean(cells: np.ndarray) -> np.ndarray:
            return np.where(is_there, cells, 0.0).sum(axis=1) / n_origins

        means = mean(effects)
        squares = mean((effects - means[:, np.newaxis]) ** 2) * n_origins
        errors = mean(repeat_variances / np.where(is_there, n_repeats, 1))
        return cls(n_origins, means, squares, errors, mean(repeat_variances))

    def components(self, picks: np.ndarray) -> tuple[Any, Any, Any]:
        """The variances of series, origins and repeats from the series picked; (..., series)."""
        n_origins, errors = self.n_origins[picks], self.errors[picks]
        weights = n_origins / n_origins.sum(axis=-1, keepdims=True)
        repeats = np.sum(weights * self.repeat_variances[picks], axis=-1)
        df = n_origins - 1
        excess = np.sum(self.squares[picks] - df * errors, axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            origins = np.maximum(0.0, excess / df.sum(axis=-1))
        # Of single origins, what they add cannot be told from what series add.
        known = np.nan_to_num(origins)[..., np.newaxis]
        noise = np.mean((known + errors) / n_origins, axis=-1)
        series = np.maximum(0.0, self.means[picks].var(axis=-1, ddof=1) - noise)
        return series, origins, repeats


@dataclass(frozen=True)
class Costs:
    """What a study costs, in any unit: of each series, of each origin in it, of each repeat."""

    series: float
    origin: float
    repeat: float
    """Of training all scenarios that the effect takes, once."""

    def of(self, n_series: int, n_origins: int, n_repeats: int) -> float:
        """The cost of a study of this size."""
        return n_series * (self.series + n_origins * (self.origin + n_repeats * self.repeat))


@dataclass(frozen=True)
class Allocation:
    """A study that a budget allows, with the standard error of its mean effect."""

    n_series: int
    n_origins: int
    n_repeats: int
    cost: float
    standard_error: float


def variance_of_mean(
    components: Components, n_series: int, n_origins: int, n_repeats: int
) -> float:
    """The variance of the mean effect over series, each with so many origins and repeats."""
    origins = 0.0 if math.isnan(components.origins) else components.origins
    within = (origins + components.repeats / n_repeats) / n_origins
    return (components.series + within) / n_series


def allocations(
    components: Components,
    costs: Costs,
    budget: float,
    most_series: int,
    most_origins: int,
    least_series: int = 1,
) -> list[Allocation]:
    """What the budget allows, best first: for each number of series and origins all the repeats.

    At most so many series and origins as there are: with no such limits one repeat of each of as
    many series as possible is always best. Empty if the budget does not allow a single repeat on
    the least number of series.
    """
    sizes = product(range(least_series, most_series + 1), range(1, most_origins + 1))
    found = list(_affordable(components, costs, budget, sizes))
    return sorted(found, key=lambda allocation: (allocation.standard_error, allocation.cost))


def _affordable(
    components: Components, costs: Costs, budget: float, sizes: Iterable[tuple[int, int]]
) -> Iterator[Allocation]:
    for n_series, n_origins in sizes:
        spent = costs.of(n_series, n_origins, 0)
        n_repeats = int((budget - spent) / (n_series * n_origins * costs.repeat))
        if n_repeats >= 1:
            size = n_series, n_origins, n_repeats
            error = math.sqrt(variance_of_mean(components, *size))
            yield Allocation(*size, costs.of(*size), error)


def standard_error_of_median(
    true_effects: np.ndarray,
    components: Components,
    allocation: Allocation,
    draws: int,
    rng: np.random.Generator,
) -> float:
    """The standard error of the median effect in a study of this size, by simulation.

    `true_effects`, shape (series,), are what series are drawn from, with replacement: effects
    without their errors, such as `shares.calibrated_effects`. Origins and repeats add normal errors
    with their variances.
    """
    n = allocation.n_series
    within = variance_of_mean(components, 1, allocation.n_origins, allocation.n_repeats)
    error = math.sqrt(within - components.series)
    medians = [
        np.median(
            true_effects[picks_of(len(true_effects), rows, rng, n)]
            + error * rng.standard_normal((rows, n)),
            axis=1,
        )
        for rows in parts(draws, n)
    ]
    return float(np.concatenate(medians).std(ddof=1))
