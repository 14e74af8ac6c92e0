"""The mean and the median where series come in clusters, such as those of one source."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from thousandfold.inference.intervals import Interval
from thousandfold.inference.population.typical import finite


@dataclass(frozen=True)
class Clustered:
    """An estimate over series whose interval takes only the clusters as independent."""

    estimate: float
    n_clusters: int
    df: float
    """Degrees of freedom (Satterthwaite)."""
    interval: Interval | None
    """None of a single cluster; of a mean, where nothing varies; of a median, of too few."""


def clustered_mean(effects: np.ndarray, clusters: np.ndarray, alpha: float) -> Clustered:
    """The mean with its cluster-robust interval at level 1 - alpha; shapes (series,).

    The variance CR2 and its degrees of freedom: Bell and McCaffrey (2002, *Survey Methodology* 28),
    Pustejovsky and Tipton (2018, *Journal of Business & Economic Statistics* 36), for a regression
    on a constant. `clusters` has a label for each series. Raises ValueError if an effect is not
    finite.
    """
    effects = finite(effects)
    mean, (error, df, n) = float(effects.mean()), _cr2(effects, clusters)
    if not error > 0:
        return Clustered(mean, n, df, None)
    reach = float(stats.t.isf(alpha / 2, df)) * error
    return Clustered(mean, n, df, Interval(mean - reach, mean + reach, 1 - alpha))


def clustered_median(effects: np.ndarray, clusters: np.ndarray, alpha: float) -> Clustered:
    """The median with its cluster-robust interval at level 1 - alpha; shapes (series,).

    Woodruff (1952, *Journal of the American Statistical Association* 47): the quantiles at the ends
    of the interval of the share of series below the median, here with the error and the degrees of
    freedom of `clustered_mean`. With a cluster for each series it is the order-statistic interval,
    but for the normal approximation. Raises ValueError if an effect is not finite.
    """
    effects = finite(effects)
    median = float(np.median(effects))
    below = np.sign(median - effects) / 2
    error, df, n = _cr2(below, clusters)
    share = 0.5 - stats.t.isf(alpha / 2, df) * error
    if not share > 0:
        return Clustered(median, n, df, None)
    rank = math.ceil(len(effects) * share)
    ordered = np.sort(effects)
    ends = float(ordered[rank - 1]), float(ordered[-rank])
    return Clustered(median, n, df, Interval(*ends, 1 - alpha))


def _cr2(values: np.ndarray, clusters: np.ndarray) -> tuple[float, float, int]:
    """The standard error of the mean, its degrees of freedom, the number of clusters.

    NaN of a single cluster. For a constant as the only regressor, the adjustment of a cluster of
    n_g of N values is 1 / sqrt(1 - n_g / N).
    """
    _, which = np.unique(clusters, return_inverse=True)
    sizes = np.bincount(which)
    if len(sizes) < 2:
        return math.nan, math.nan, len(sizes)
    shares = sizes / len(values)
    adjustments = 1 / np.sqrt(1 - shares)
    sums = np.bincount(which, weights=values - values.mean()) * adjustments
    # The variance is a quadratic form of independent values: its eigenvalues are, up to scale,
    # those of this matrix, whose trace is 1.
    form = np.diag(shares) - np.outer(shares, shares)
    form *= np.outer(adjustments, adjustments)
    return float(math.sqrt(np.sum(sums**2)) / len(values)), float(1 / np.sum(form**2)), len(sizes)
