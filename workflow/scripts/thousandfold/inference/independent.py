"""Independent samples: Welch, Mann-Whitney, Brunner-Munzel. A design; see designs.Design."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from thousandfold.inference import contrasts
from thousandfold.inference.contrasts import Estimate, p_of_t, welch
from thousandfold.inference.ranks import mann_whitney, relative_effect
from thousandfold.inference.resampling import (
    DESCRIPTIVE_ALPHA,
    bootstrap_t_interval,
    permutation_p,
    sd_ratio_interval,
)
from thousandfold.inference.samples import Sample

TESTS = ("welch", "mannwhitney")


def values(a: Sample, b: Sample) -> tuple[np.ndarray, np.ndarray]:
    """All finite repeats of both."""
    return a.finite, b.finite


def mean_difference(x: np.ndarray, y: np.ndarray) -> Estimate:
    """The difference of means (Welch 1947)."""
    return contrasts.mean_difference(x, y)


def spread_ratio(x: np.ndarray, y: np.ndarray, _: np.random.Generator) -> Estimate:
    """The log ratio of spreads with its delta-method error (Bonett and Seier 2003)."""
    return contrasts.spread_ratio(x, y)


def trend(samples: Sequence[Sample], weights: Sequence[float]) -> Estimate | None:
    """A weighted sum of means (Satterthwaite 1946)."""
    if min(len(sample.finite) for sample in samples) < 2:
        return None
    return contrasts.linear_contrast([sample.finite for sample in samples], weights)


def usual_tests(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Welch's t test and the Mann-Whitney test."""
    estimate = mean_difference(x, y)
    error = estimate.standard_error
    u, p = mann_whitney(x, y)
    return {
        "welch_t": estimate.difference / error if error else math.nan,
        "welch_df": estimate.df if error else math.nan,
        "welch_p": estimate.p_difference(),
        "mannwhitney_u": u,
        "mannwhitney_p": p,
    }


def other_views(a: Sample, b: Sample, rng: np.random.Generator, alpha: float) -> dict[str, Any]:
    """Brunner-Munzel, bootstrap-t, permutations of Welch's t, the ratio of deviations."""
    x, y = a.finite, b.finite
    effect = relative_effect(x, y)
    probability_low, probability_high = effect.interval(DESCRIPTIVE_ALPHA)
    differences = a.draws.means - b.draws.means
    errors = np.sqrt(a.draws.variances / len(x) + b.draws.variances / len(y))
    t_low, t_high = bootstrap_t_interval(mean_difference(x, y), differences, errors, alpha)
    sd_low, sd_high = sd_ratio_interval(a.draws, b.draws, DESCRIPTIVE_ALPHA)
    return {
        "brunnermunzel_p": mann_whitney(x, y)[1] if effect.is_separated else effect.p_value,
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
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(stats.levene(x, y, center="median").pvalue)


def draw(
    x: np.ndarray, y: np.ndarray, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Samples of both, each drawn for itself."""
    return x[rng.integers(len(x), size=shape)], y[rng.integers(len(y), size=shape)]


def t_test(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """Welch's two-sided p, row by row."""
    return p_of_t(*welch(xs, ys))


def rank_test(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """The two-sided Mann-Whitney p (asymptotic, tie-corrected), row by row."""
    p = stats.mannwhitneyu(xs, ys, axis=1, method="asymptotic").pvalue
    return np.nan_to_num(p, nan=1.0)
