"""How large a study has to be for the interval of its typical effect to be narrow enough.

What is found on a series is its true effect plus a normal error, from its test windows and repeats;
the true effects on other series are taken to be spread as those here are.
"""

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product

import numpy as np
from scipy import special, stats

from thousandfold.inference.population.components import (
    Allocation,
    Components,
    Costs,
    variance_of_mean,
)
from thousandfold.inference.population.typical import fewest_series, median_rank

MOST_REPEATS = 1000
"""Of each scenario in a study that is planned."""

TRIED = 40
"""Numbers of series, and of repeats, that are tried at most, evenly spaced by their logarithms."""

VALUES = 3000
"""At least as many stand for the effects that may be found on a series."""

ERRORS = 31
"""At least as many stand for the error of one effect."""


def fewest_to_decide(typical: str, on_at_least: float, alpha: float) -> int | None:
    """With how many series a claim can be supported; `on_at_least` is NaN of a typical effect.

    None of a claim about all series: one more may always be another.
    """
    if math.isnan(on_at_least):
        return 2 if typical == "mean" else fewest_series(alpha)
    if on_at_least == 1:
        return None
    # Clopper and Pearson's lower end with all n as claimed is (alpha / 2)^(1 / n).
    return max(2, math.ceil(math.log(alpha / 2) / math.log(on_at_least)))


@dataclass(frozen=True)
class Planned:
    """What is planned: the interval at 1 - alpha of a typical effect with these components."""

    components: Components
    alpha: float
    typical: str
    """median or mean."""
    true_effects: np.ndarray | None
    """Effects without their errors, shape (series,), which a median takes; None: not known."""

    def widths(self, n_series: np.ndarray, n_origins: int, n_repeats: int) -> np.ndarray | None:
        """The expected width of the interval for each of some numbers of series, same shape.

        None if it is not known; infinite where there is no interval.
        """
        if self.typical == "mean":
            variances = [
                variance_of_mean(self.components, int(n), n_origins, n_repeats) for n in n_series
            ]
            return 2 * stats.t.isf(self.alpha / 2, n_series - 1) * np.sqrt(variances)
        if self.true_effects is None:
            return None
        within = variance_of_mean(self.components, 1, n_origins, n_repeats)
        error = math.sqrt(max(0.0, within - self.components.series))
        errors = error * _normal(max(ERRORS, math.ceil(VALUES / len(self.true_effects))))
        effects = np.sort(np.add.outer(self.true_effects, errors), axis=None)
        return np.array([_expected_width(int(n), self.alpha, effects) for n in n_series])

    def smallest(
        self, costs: Costs, margin: float, least_series: int, most_series: int, most_origins: int
    ) -> Allocation | None:
        """The cheapest study whose interval is narrower than the margin; None if none is.

        Of many series, it is the cheapest of as many as are tried.
        """
        found = []
        sizes = _spaced(least_series, most_series)
        for n_origins, n_repeats in product(range(1, most_origins + 1), _spaced(1, MOST_REPEATS)):
            widths = self.widths(sizes, n_origins, int(n_repeats))
            if widths is None or not np.any(widths < margin):
                continue
            size = int(sizes[widths < margin].min()), n_origins, int(n_repeats)
            error = math.sqrt(variance_of_mean(self.components, *size))
            found.append(Allocation(*size, costs.of(*size), error))
        if not found:
            return None
        return self._with_fewer_repeats(min(found, key=lambda one: one.cost), costs, margin)

    def _with_fewer_repeats(self, one: Allocation, costs: Costs, margin: float) -> Allocation:
        """As few as will do on these series and origins, between the numbers that were tried."""
        n, n_origins, n_repeats = one.n_series, one.n_origins, one.n_repeats
        while n_repeats > 1:
            widths = self.widths(np.array([n]), n_origins, n_repeats - 1)
            if widths is None or widths[0] >= margin:
                break
            n_repeats -= 1
        size = n, n_origins, n_repeats
        error = math.sqrt(variance_of_mean(self.components, *size))
        return Allocation(*size, costs.of(*size), error)


@cache
def _normal(n: int) -> np.ndarray:
    """Values that stand for a standard normal variate."""
    found: np.ndarray = stats.norm.ppf((np.arange(n) + 0.5) / n)
    return found


def _spaced(low: int, high: int) -> np.ndarray:
    """All whole numbers from `low` to `high`, or TRIED of them if there are more."""
    if high - low < TRIED:
        return np.arange(low, high + 1)
    return np.unique(np.geomspace(low, high, TRIED).round().astype(int))


def _expected_width(n: int, alpha: float, ordered: np.ndarray) -> float:
    """That of the interval of the median of n draws from ascending values, all as likely."""
    if median_rank(n, alpha) == 0:
        return math.inf
    # Of so many values, a product of vectors is handed to threads, which wait for each other.
    return float(np.sum(_width_weights(n, alpha, len(ordered)) * ordered))


@lru_cache(maxsize=4 * TRIED)
def _width_weights(n: int, alpha: float, n_values: int) -> np.ndarray:
    """The weights of ascending values in the expected width of the interval of n draws from them.

    The j-th draw in order is at most the i-th value with the probability that a beta variate with
    parameters j and n + 1 - j is at most i / n_values (David and Nagaraja 2003, *Order Statistics*,
    section 2.1).
    """
    j = median_rank(n, alpha)
    ends = special.betainc(j, n + 1 - j, np.arange(n_values + 1) / n_values)
    lower = np.diff(ends)
    return lower[::-1] - lower
