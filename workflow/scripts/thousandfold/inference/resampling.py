"""Bootstrap and permutation: how far the normal approximations can be trusted.

Each scenario is resampled once, and contrasts are made of the draws of two scenarios, as these
are independent. That makes all contrasts of a study cost no more than its scenarios.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from thousandfold.inference.contrasts import Estimate

DRAWS = 9999
"""Bootstrap draws of each scenario."""

MOST_PERMUTATIONS, FEWEST_PERMUTATIONS = 1999, 199

PERMUTED_VALUES = 40_000_000
"""A permutation p shuffles about this many values: fewer permutations of more than 20,000."""

DESCRIPTIVE_ALPHA = 0.05
"""Intervals that stand beside the deciding one are at 95 %, unadjusted."""

VALUES_AT_ONCE = 4_000_000
"""Upper limit on the values held at once while resampling (32 MB)."""


@dataclass(frozen=True)
class MeanDraws:
    """Means and variances (n - 1) of DRAWS resamples of a sample, drawn with replacement."""

    means: np.ndarray
    variances: np.ndarray
    n: int


def parts(draws: int, n: int) -> Iterator[int]:
    """Numbers of draws that add up to `draws`, each of at most VALUES_AT_ONCE values."""
    step = max(1, VALUES_AT_ONCE // n)
    yield from (min(step, draws - done) for done in range(0, draws, step))


def draw_means(values: np.ndarray, rng: np.random.Generator, draws: int = DRAWS) -> MeanDraws:
    """Resample a sample of at least 2 finite values."""
    n = len(values)
    # Centred, so that the variance by way of squares loses no digits.
    centred = values - values.mean()
    means, squares = [], []
    for rows in parts(draws, n):
        resample = centred[rng.integers(n, size=(rows, n), dtype=np.int32)]
        means.append(resample.mean(axis=1))
        squares.append(np.einsum("ij,ij->i", resample, resample))
    mean = np.concatenate(means)
    variance = np.maximum(0.0, np.concatenate(squares) - n * mean**2) / (n - 1)
    return MeanDraws(mean + values.mean(), variance, n)


def _bca_interval(
    estimate: float, draws: np.ndarray, influence: np.ndarray, alpha: float
) -> tuple[float, float]:
    """The BCa interval (Efron 1987), its acceleration from the values' influence u.

    The jackknife's acceleration is sum(u^3) / (6 sum(u^2)^(3/2)) (Efron and Tibshirani 1993, 14.3).
    """
    total = np.sum(influence**2)
    if total == 0:
        return estimate, estimate
    acceleration = np.sum(influence**3) / (6 * total**1.5)
    below = np.mean(draws < estimate) + np.mean(draws == estimate) / 2
    least = 1 / (2 * len(draws))
    bias = stats.norm.ppf(np.clip(below, least, 1 - least))
    z = bias + stats.norm.ppf([alpha / 2, 1 - alpha / 2])
    levels = stats.norm.cdf(bias + z / (1 - acceleration * z))
    low, high = np.quantile(draws, levels)
    return float(low), float(high)


def mean_interval(values: np.ndarray, draws: MeanDraws, alpha: float) -> tuple[float, float]:
    """The BCa interval of a mean."""
    mean = float(values.mean())
    return _bca_interval(mean, draws.means, values - mean, alpha)


def sd_interval(values: np.ndarray, draws: MeanDraws, alpha: float) -> tuple[float, float]:
    """The BCa interval of a standard deviation."""
    variance = float(values.var(ddof=1))
    influence = (values - values.mean()) ** 2 - values.var()
    low, high = _bca_interval(variance, draws.variances, influence, alpha)
    return math.sqrt(low), math.sqrt(high)


def bootstrap_t_interval(
    estimate: Estimate, draws: np.ndarray, errors: np.ndarray, alpha: float
) -> tuple[float, float]:
    """The bootstrap-t interval of a difference of means (Efron and Tibshirani 1993, 12.5).

    `draws` are the differences of resamples, `errors` their standard errors.
    """
    # A resample without variation has an infinite t, unless its difference is the sample's.
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.nan_to_num(
            (draws - estimate.difference) / errors, nan=0.0, posinf=np.inf, neginf=-np.inf
        )
    low, high = np.quantile(t, [alpha / 2, 1 - alpha / 2], method="inverted_cdf")
    return (
        estimate.difference - high * estimate.standard_error,
        estimate.difference - low * estimate.standard_error,
    )


def sd_ratio_interval(draws_a: MeanDraws, draws_b: MeanDraws, alpha: float) -> tuple[float, float]:
    """The percentile interval of the ratio of standard deviations; NaN where neither varies."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.sqrt(draws_a.variances / draws_b.variances)
    ratios = ratios[~np.isnan(ratios)]
    if not ratios.size:
        return math.nan, math.nan
    low, high = np.quantile(ratios, [alpha / 2, 1 - alpha / 2], method="inverted_cdf")
    return float(low), float(high)


def permutations_of(n: int) -> int:
    """How many permutations of n values are drawn; a large pool's say what Welch's t says."""
    return max(FEWEST_PERMUTATIONS, min(MOST_PERMUTATIONS, PERMUTED_VALUES // n))


_SAME = 1 - 1e-9
"""Rounding must not tell an arrangement from its equal."""


def permutation_p(a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> float:
    """Two-sided permutation p on Welch's statistic (Janssen 1997), (1 + hits) / (1 + draws)."""
    pooled = np.concatenate([a, b])
    pooled = pooled - pooled.mean()
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
