"""Paired samples: repeat i of both scenarios started from the same seed. See designs.Design."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from thousandfold.inference import estimates, ranks
from thousandfold.inference.draws import picks_of
from thousandfold.inference.estimates import (
    Approximation,
    Estimate,
    Moments,
    mean_of_differences,
)
from thousandfold.inference.resampling import (
    DESCRIPTIVE_ALPHA,
    MOST_DRAWS,
    bootstrap_t_interval,
    draws_for,
    resampled_moments,
    sd_ratio_interval,
    sign_flip_p,
)
from thousandfold.inference.samples import Sample

TESTS = ("paired", "wilcoxon")

mean_difference = estimates.mean_of_differences
spread_ratio = estimates.spread_ratio_of_pairs
rank_test = ranks.wilcoxon


def _complete(samples: Sequence[Sample]) -> np.ndarray:
    """The repeats that neither diverged in any sample nor were left untrained by a stopping rule.

    Shape (samples, repeats).
    """
    n = min(len(sample.values) for sample in samples)
    table = np.array([sample.values[:n] for sample in samples])
    return table[:, np.isfinite(table).all(axis=0)]


def values(*samples: Sample) -> tuple[np.ndarray, ...]:
    """The repeats that are complete."""
    return tuple(_complete(samples))


def _sides(values: Sequence[np.ndarray], weights: Sequence[float]) -> tuple[Any, Any]:
    """The weighted sums of all a and of all b within each repeat."""
    weighted = [weight * own for weight, own in zip(weights, values, strict=True)]
    return sum(weighted[::2]), -sum(weighted[1::2])


def contrast(samples: Sequence[Sample], weights: Sequence[float]) -> Estimate | None:
    """The mean of the weighted sums within the repeats that are complete."""
    complete = values(*samples)
    return weighted_means(complete, weights) if len(complete[0]) >= 2 else None


def weighted_means(values: Sequence[np.ndarray], weights: Sequence[float]) -> Estimate:
    """The mean of the weighted sums within repeats."""
    return mean_of_differences(*_sides(values, weights))


def resampled_contrast(
    samples: Sequence[Sample], weights: Sequence[float], draws: int
) -> Approximation:
    """Whole repeats drawn."""
    x, y = _sides(values(*samples), weights)
    return _resampled_mean(x, y, samples[0].rng("bootstrap"), draws)


def _resampled_mean(
    x: np.ndarray, y: np.ndarray, rng: np.random.Generator, draws: int
) -> Approximation:
    """The mean differences of resampled pairs."""
    within = resampled_moments(x - y, rng, draws)
    deviation = np.where(within.deviation > 0, within.deviation, math.nan)
    return Approximation(within.mean, deviation / math.sqrt(within.n), within.n - 1)


def smallest_permutation_p(samples: Sequence[Sample]) -> float:
    """The p if all signs agree: 2^(1 - n) for n complete repeats."""
    return 2.0 ** (1 - _complete(samples).shape[1])


def usual_tests(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """The paired t test and Wilcoxon's signed-rank test."""
    estimate = mean_difference(x, y)
    v, p = ranks.wilcoxon(x, y)
    return {
        "paired_t": estimate.difference / estimate.standard_error,
        "paired_df": estimate.df,
        "paired_p": estimate.p_difference(),
        "wilcoxon_v": v,
        "wilcoxon_p": p,
    }


def other_views(a: Sample, b: Sample, rng: np.random.Generator, alpha: float) -> dict[str, Any]:
    """Bootstrap-t and sign flips of the differences; what pairing gained."""
    x, y = values(a, b)
    estimate, draws = mean_difference(x, y), min(MOST_DRAWS, draws_for(alpha, len(x)))
    # One seed for all draws, so that they are of whole pairs.
    seed = int(rng.integers(2**32))

    def resampled(sample: np.ndarray) -> Moments:
        return resampled_moments(sample, np.random.default_rng(seed), draws)

    t_low, t_high = bootstrap_t_interval(
        estimate, _resampled_mean(x, y, np.random.default_rng(seed), draws), alpha
    )
    sd_low, sd_high = sd_ratio_interval(resampled(x), resampled(y), DESCRIPTIVE_ALPHA)
    deviations = [estimates.moments(sample).deviation for sample in (x, y)]
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = float(np.corrcoef(x, y)[0, 1])
        reduction = float((np.hypot(*deviations) / estimate.unit_deviation) ** 2)
    return {
        "bootstrap_t_low": t_low,
        "bootstrap_t_high": t_high,
        "permutation_p": sign_flip_p(x - y, rng),
        "sd_ratio_low": sd_low,
        "sd_ratio_high": sd_high,
        "n_incomplete_pairs": max(len(a.values), len(b.values)) - len(x),
        "correlation": correlation,
        "variance_reduction": reduction,
    }


def draw(
    values: Sequence[np.ndarray], shape: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Samples of whole repeats."""
    rows, n = shape
    picks = picks_of(len(values[0]), rows, rng, n)
    return tuple(np.take(pool, picks, mode="clip") for pool in values)
