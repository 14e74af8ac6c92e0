"""Bootstrap and permutation: how far the normal approximations can be trusted.

Each scenario is resampled once, and contrasts are made of the draws of two scenarios, as these
are independent. That makes all contrasts of a study cost no more than its scenarios.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from thousandfold.inference.contrasts import mean_difference

DRAWS = 9999
"""Bootstrap draws of each scenario."""

PERMUTATIONS = 1999

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


def bca_interval(values: np.ndarray, draws: MeanDraws, alpha: float) -> tuple[float, float]:
    """The BCa interval of a mean (Efron 1987), its acceleration in closed form.

    For a mean, the jackknife's acceleration is sum(d^3) / (6 sum(d^2)^(3/2)), d = x - mean.
    """
    deviations = values - values.mean()
    total = np.sum(deviations**2)
    if total == 0:
        return float(values.mean()), float(values.mean())
    acceleration = np.sum(deviations**3) / (6 * total**1.5)
    below = np.mean(draws.means < values.mean()) + np.mean(draws.means == values.mean()) / 2
    least = 1 / (2 * len(draws.means))
    bias = stats.norm.ppf(np.clip(below, least, 1 - least))
    z = bias + stats.norm.ppf([alpha / 2, 1 - alpha / 2])
    levels = stats.norm.cdf(bias + z / (1 - acceleration * z))
    low, high = np.quantile(draws.means, levels)
    return float(low), float(high)


def bootstrap_t_interval(
    a: np.ndarray, b: np.ndarray, draws_a: MeanDraws, draws_b: MeanDraws, alpha: float
) -> tuple[float, float]:
    """The bootstrap-t interval of the difference of means (Efron and Tibshirani 1993, 12.5)."""
    estimate = mean_difference(a, b)
    errors = np.sqrt(draws_a.variances / draws_a.n + draws_b.variances / draws_b.n)
    differences = draws_a.means - draws_b.means - estimate.difference
    # A resample without variation has an infinite t, unless its difference is the sample's.
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.nan_to_num(differences / errors, nan=0.0, posinf=np.inf, neginf=-np.inf)
    low, high = np.quantile(t, [alpha / 2, 1 - alpha / 2], method="median_unbiased")
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
    low, high = np.quantile(ratios, [alpha / 2, 1 - alpha / 2])
    return float(low), float(high)


def sd_interval(draws: MeanDraws, alpha: float) -> tuple[float, float]:
    """The percentile interval of a standard deviation."""
    low, high = np.quantile(np.sqrt(draws.variances), [alpha / 2, 1 - alpha / 2])
    return float(low), float(high)


def permutation_p(a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> float:
    """Two-sided permutation p on Welch's statistic (Janssen 1997), (1 + hits) / (1 + draws)."""
    pooled = np.concatenate([a, b])
    pooled = pooled - pooled.mean()
    n_a, n_b = len(a), len(b)

    def statistics(group_a: np.ndarray, group_b: np.ndarray) -> np.ndarray:
        error = np.sqrt(group_a.var(axis=1, ddof=1) / n_a + group_b.var(axis=1, ddof=1) / n_b)
        difference = group_a.mean(axis=1) - group_b.mean(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.abs(np.nan_to_num(difference / error, nan=0.0, posinf=np.inf, neginf=-np.inf))

    observed = statistics(pooled[np.newaxis, :n_a], pooled[np.newaxis, n_a:])[0]
    hits = 0
    for rows in parts(PERMUTATIONS, len(pooled)):
        shuffled = rng.permuted(np.tile(pooled, (rows, 1)), axis=1)
        # Rounding must not tell an arrangement from its equal.
        hits += int(
            np.sum(statistics(shuffled[:, :n_a], shuffled[:, n_a:]) >= observed * (1 - 1e-12))
        )
    return (1 + hits) / (1 + PERMUTATIONS)
