"""Bootstrap and permutation: how far the normal approximations can be trusted.

Each scenario is resampled once, and contrasts combine the draws of two scenarios, because these
are independent. So all contrasts of a study cost no more than its scenarios.
"""

import math

import numpy as np
from scipy import stats

from thousandfold.inference.draws import parts, picks_of
from thousandfold.inference.estimates import SAME, Approximation, Estimate, Moments

FEWEST_DRAWS = 9999
"""Bootstrap draws of each scenario, at least."""

MOST_DRAWS = 200_000
"""Bootstrap draws of each scenario, at most, for what decides nothing: as many as 111 contrasts at
.05 ask for. With 2000 contrasts, an end of a normal interval then varies by 1.6 % of the width."""

MOST_PERMUTATIONS, FEWEST_PERMUTATIONS = 1999, 199

PERMUTED_VALUES = 40_000_000
"""A permutation p shuffles about this many values: fewer permutations of more than 20,000."""

RESAMPLED_VALUES = 500_000_000
"""A bootstrap draws at most this many values of a scenario, or FEWEST_DRAWS samples."""

DESCRIPTIVE_ALPHA = 0.05
"""Intervals that stand beside the deciding one are at 95 %, unadjusted."""


def draws_for(alpha: float, n: int) -> int:
    """How many draws of a sample of n the ends of an interval at 1 - alpha need.

    With this many, the standard deviation of an end is below 1 % of the width at every level: of a
    normal distribution 0.7 % at .05, 0.98 % at .009, where it is largest, and 0.5 % at .0001.
    Samples of very many values are drawn less often, as their intervals are the normal ones.
    """
    return max(FEWEST_DRAWS, min(math.ceil(90 / alpha), RESAMPLED_VALUES // n))


def resampled_moments(values: np.ndarray, rng: np.random.Generator, draws: int) -> Moments:
    """Moments of resamples, drawn with replacement, of a sample of at least 2 finite values."""
    n, centre = len(values), values.mean()
    pool = values - centre
    reach = np.abs(pool).max() or 1.0
    pool /= reach
    means, squares = [], []
    for rows in parts(draws, n):
        resample = np.take(pool, picks_of(n, rows, rng), mode="clip")
        mean = resample.mean(axis=1)
        resample -= mean[:, np.newaxis]
        means.append(mean)
        squares.append(np.einsum("ij,ij->i", resample, resample))
    deviation = reach * np.sqrt(np.concatenate(squares) / (n - 1))
    deviation[deviation <= SAME * np.abs(values).max()] = 0.0
    return Moments(centre + reach * np.concatenate(means), deviation, n)


def _bca_interval(
    estimate: float, draws: np.ndarray, influence: np.ndarray, alpha: float
) -> tuple[float, float]:
    """The BCa interval (Efron 1987), its acceleration from the values' influence u.

    The jackknife's acceleration is sum(u^3) / (6 sum(u^2)^(3/2)) (Efron and Tibshirani 1993, 14.3).
    """
    # On another scale, so that no power of a huge or tiny value is lost.
    influence = influence / np.abs(influence).max()
    acceleration = np.sum(influence**3) / (6 * np.sum(influence**2) ** 1.5)
    below = np.mean(draws < estimate) + np.mean(draws == estimate) / 2
    least = 1 / (2 * len(draws))
    bias = stats.norm.ppf(np.clip(below, least, 1 - least))
    z = bias + stats.norm.ppf([alpha / 2, 1 - alpha / 2])
    levels = stats.norm.cdf(bias + z / (1 - acceleration * z))
    low, high = np.quantile(draws, levels)
    return float(low), float(high)


def mean_interval(values: np.ndarray, draws: Moments, alpha: float) -> tuple[float, float]:
    """The BCa interval of a mean of values that vary."""
    mean = float(values.mean())
    return _bca_interval(mean, draws.mean, values - mean, alpha)


def bootstrap_t_interval(
    estimate: Estimate, resampled: Approximation, alpha: float
) -> tuple[float, float]:
    """The bootstrap-t interval of a difference of means (Efron and Tibshirani 1993, 12.5)."""
    errors = np.nan_to_num(resampled.standard_error, nan=0.0)
    # A resample without variation has an infinite t, unless its difference is the sample's.
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (resampled.difference - estimate.difference) / errors
    t = np.nan_to_num(t, nan=0.0, posinf=np.inf, neginf=-np.inf)
    low, high = np.quantile(t, [alpha / 2, 1 - alpha / 2], method="inverted_cdf")
    return (
        estimate.difference - high * estimate.standard_error,
        estimate.difference - low * estimate.standard_error,
    )


def sd_ratio_interval(draws_a: Moments, draws_b: Moments, alpha: float) -> tuple[float, float]:
    """The percentile interval of the ratio of standard deviations; NaN where neither varies."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = draws_a.deviation / draws_b.deviation
    ratios = ratios[~np.isnan(ratios)]
    if not ratios.size:
        return math.nan, math.nan
    low, high = np.quantile(ratios, [alpha / 2, 1 - alpha / 2], method="inverted_cdf")
    return float(low), float(high)


def permutations_of(n: int) -> int:
    """How many permutations of n values are drawn; fewer for large n, where Welch's t suffices."""
    return max(FEWEST_PERMUTATIONS, min(MOST_PERMUTATIONS, PERMUTED_VALUES // n))


_SAME = 1 - 1e-9
"""Rounding must not tell an arrangement from its equal."""


def permutation_p(a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> float:
    """Two-sided permutation p on Welch's statistic (Janssen 1997), (1 + hits) / (1 + draws)."""
    pooled = np.concatenate([a, b])
    pooled = pooled - pooled.mean()
    pooled /= np.abs(pooled).max() or 1.0
    n_a, n_b = len(a), len(b)
    total = pooled @ pooled

    def statistics(groups_a: np.ndarray) -> np.ndarray:
        # The pool sums to 0, so that the sums of one group are those of both.
        sums, squares = groups_a.sum(axis=1), np.einsum("ij,ij->i", groups_a, groups_a)
        variances_a = np.maximum(0.0, squares - sums**2 / n_a) / (n_a - 1)
        variances_b = np.maximum(0.0, total - squares - sums**2 / n_b) / (n_b - 1)
        differences = sums / n_a + sums / n_b
        with np.errstate(divide="ignore", invalid="ignore"):
            t = differences / np.sqrt(variances_a / n_a + variances_b / n_b)
        return np.abs(np.nan_to_num(t, nan=0.0, posinf=np.inf, neginf=-np.inf))

    observed = statistics(pooled[np.newaxis, :n_a])[0]
    hits, permutations = 0, permutations_of(len(pooled))
    for rows in parts(permutations, len(pooled)):
        shuffled = rng.permuted(np.tile(pooled, (rows, 1)), axis=1)
        hits += int(np.sum(statistics(shuffled[:, :n_a]) >= observed * _SAME))
    return (1 + hits) / (1 + permutations)


def sign_flip_p(differences: np.ndarray, rng: np.random.Generator) -> float:
    """Two-sided p of a mean difference within pairs, over random signs (Fisher 1935).

    The signs leave the sum of squares alone, so that ordering by t is ordering by the sum.
    """
    observed = abs(differences.sum())
    hits, permutations = 0, permutations_of(len(differences))
    for rows in parts(permutations, len(differences)):
        signs = rng.integers(2, size=(rows, len(differences)), dtype=np.int8) * 2 - 1
        hits += int(np.sum(np.abs(signs @ differences) >= observed * _SAME))
    return (1 + hits) / (1 + permutations)
