"""Independent samples: Welch, Mann-Whitney, Brunner-Munzel. A design; see designs.Design."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import gammaln

from thousandfold.inference import estimates, ranks
from thousandfold.inference.draws import picks_of
from thousandfold.inference.estimates import (
    Approximation,
    Estimate,
    linear_contrast,
    moments,
    weighted_sum,
)
from thousandfold.inference.resampling import (
    DESCRIPTIVE_ALPHA,
    MOST_DRAWS,
    bootstrap_t_interval,
    draws_for,
    permutation_p,
    sd_ratio_interval,
)
from thousandfold.inference.samples import Sample

TESTS = ("welch", "mannwhitney")

mean_difference = estimates.mean_difference
spread_ratio = estimates.spread_ratio
rank_test = ranks.mann_whitney


def values(*samples: Sample) -> tuple[np.ndarray, ...]:
    """All finite repeats of each."""
    return tuple(sample.finite for sample in samples)


def contrast(samples: Sequence[Sample], weights: Sequence[float]) -> Estimate | None:
    """A weighted sum of means (Satterthwaite 1946)."""
    if not all(sample.has_enough for sample in samples):
        return None
    return linear_contrast([sample.moments for sample in samples], weights)


def weighted_means(values: Sequence[np.ndarray], weights: Sequence[float]) -> Estimate:
    """A weighted sum of means (Satterthwaite 1946)."""
    return linear_contrast([moments(drawn) for drawn in values], weights)


def resampled_contrast(
    samples: Sequence[Sample], weights: Sequence[float], draws: int
) -> Approximation:
    """Each sample drawn separately, once for all contrasts that it takes part in."""
    return weighted_sum([sample.resampled(draws) for sample in samples], weights)


def smallest_permutation_p(samples: Sequence[Sample]) -> float:
    """2 / C(n_a + n_b, n_a); of several pairs, the product of those."""
    sizes = [len(sample.finite) for sample in samples]
    logs = [
        gammaln(n_a + n_b + 1) - gammaln(n_a + 1) - gammaln(n_b + 1)
        for n_a, n_b in zip(sizes[::2], sizes[1::2], strict=True)
    ]
    return min(1.0, 2 * math.exp(-sum(logs)))


def usual_tests(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Welch's t test and the Mann-Whitney test."""
    estimate = mean_difference(x, y)
    u, p = ranks.mann_whitney(x, y)
    return {
        "welch_t": estimate.difference / estimate.standard_error,
        "welch_df": estimate.df,
        "welch_p": estimate.p_difference(),
        "mannwhitney_u": u,
        "mannwhitney_p": p,
    }


def other_views(a: Sample, b: Sample, rng: np.random.Generator, alpha: float) -> dict[str, Any]:
    """Brunner-Munzel, bootstrap-t, permutations of Welch's t, the ratio of deviations."""
    x, y = a.finite, b.finite
    effect = ranks.relative_effect(x, y)
    probability_low, probability_high = effect.interval(DESCRIPTIVE_ALPHA)
    draws = min(MOST_DRAWS, draws_for(alpha, max(len(x), len(y))))
    resampled = resampled_contrast((a, b), (1, -1), draws)
    t_low, t_high = bootstrap_t_interval(mean_difference(x, y), resampled, alpha)
    sd_low, sd_high = sd_ratio_interval(a.resampled(draws), b.resampled(draws), DESCRIPTIVE_ALPHA)
    return {
        "brunnermunzel_p": ranks.mann_whitney(x, y)[1] if effect.is_separated else effect.p_value,
        "probability_a_less_b": effect.probability,
        "probability_low": probability_low,
        "probability_high": probability_high,
        "bootstrap_t_low": t_low,
        "bootstrap_t_high": t_high,
        "permutation_p": permutation_p(x, y, rng),
        "sd_ratio_low": sd_low,
        "sd_ratio_high": sd_high,
        "brown_forsythe_p": brown_forsythe_p(x, y),
    }


def brown_forsythe_p(x: np.ndarray, y: np.ndarray) -> float:
    """Levene's test around the medians (Brown and Forsythe 1974); NaN without variation."""
    scale = max(np.abs(x).max(), np.abs(y).max()) or 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(stats.levene(x / scale, y / scale, center="median").pvalue)


def draw(
    values: Sequence[np.ndarray], shape: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Samples of each, drawn separately."""
    rows, n = shape
    return tuple(np.take(pool, picks_of(len(pool), rows, rng, n), mode="clip") for pool in values)
