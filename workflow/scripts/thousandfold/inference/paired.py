"""Paired samples: repeat i of both scenarios started from the same seed. See designs.Design."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from thousandfold.inference import contrasts
from thousandfold.inference.contrasts import Estimate, absolute_deviations, p_of_t
from thousandfold.inference.resampling import (
    DESCRIPTIVE_ALPHA,
    bootstrap_t_interval,
    draw_means,
    parts,
    sd_ratio_interval,
    sign_flip_p,
)
from thousandfold.inference.samples import Sample

TESTS = ("paired", "wilcoxon")

SPREAD_DRAWS = 1999
"""Bootstrap draws of pairs for the error of a ratio of spreads."""


def values(a: Sample, b: Sample) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of which neither repeat diverged, nor was left untrained by a stopping rule."""
    n = min(len(a.values), len(b.values))
    x, y = a.values[:n], b.values[:n]
    complete = np.isfinite(x) & np.isfinite(y)
    return x[complete], y[complete]


def mean_difference(x: np.ndarray, y: np.ndarray) -> Estimate:
    """The mean of the differences within pairs (Student 1908)."""
    differences = x - y
    n, variance = len(x), float(differences.var(ddof=1))
    return Estimate(
        float(x.mean()),
        float(y.mean()),
        float(differences.mean()),
        math.sqrt(variance / n),
        df=n - 1,
        unit_variance=variance,
        unit_df=1,
    )


def spread_ratio(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Estimate:
    """The log ratio of spreads; its error is the deviation of it over resampled pairs."""
    estimate = contrasts.spread_ratio(x, y)
    if estimate.standard_error == 0:
        return estimate
    n, ratios = len(x), []
    for rows in parts(SPREAD_DRAWS, n):
        picks = rng.integers(n, size=(rows, n))
        spreads = [absolute_deviations(values[picks]).mean(axis=1) for values in (x, y)]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios.append(np.log(spreads[0] / spreads[1]))
    drawn = np.concatenate(ratios)
    error = float(drawn[np.isfinite(drawn)].std(ddof=1))
    return replace(estimate, standard_error=error, unit_variance=error**2 * n)


def trend(samples: Sequence[Sample], weights: Sequence[float]) -> Estimate | None:
    """The mean of the weighted sums within the repeats that are complete."""
    n = min(len(sample.values) for sample in samples)
    table = np.array([sample.values[:n] for sample in samples])
    complete = table[:, np.isfinite(table).all(axis=0)]
    if complete.shape[1] < 2:
        return None
    weighted = complete * np.asarray(weights)[:, np.newaxis]
    return mean_difference(weighted[::2].sum(axis=0), -weighted[1::2].sum(axis=0))


def usual_tests(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """The paired t test and Wilcoxon's signed-rank test."""
    estimate = mean_difference(x, y)
    error = estimate.standard_error
    differences = x - y
    signed_ranks = stats.rankdata(np.abs(differences[differences != 0]))
    return {
        "paired_t": estimate.difference / error if error else math.nan,
        "paired_df": estimate.df if error else math.nan,
        "paired_p": estimate.p_difference(),
        "wilcoxon_v": float(signed_ranks[differences[differences != 0] > 0].sum()),
        "wilcoxon_p": float(rank_test(x[np.newaxis], y[np.newaxis])[0]),
    }


def other_views(a: Sample, b: Sample, rng: np.random.Generator, alpha: float) -> dict[str, Any]:
    """Bootstrap-t and sign flips of the differences; what pairing was worth."""
    x, y = values(a, b)
    estimate = mean_difference(x, y)
    draws = draw_means(x - y, rng)
    errors = np.sqrt(draws.variances / draws.n)
    t_low, t_high = bootstrap_t_interval(estimate, draws.means, errors, alpha)
    # The same seed for both draws whole pairs.
    seed = int(rng.integers(2**32))
    draws_x, draws_y = (draw_means(sample, np.random.default_rng(seed)) for sample in (x, y))
    sd_low, sd_high = sd_ratio_interval(draws_x, draws_y, DESCRIPTIVE_ALPHA)
    variance = float(x.var(ddof=1) + y.var(ddof=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = float(np.corrcoef(x, y)[0, 1])
    return {
        "bootstrap_t_low": t_low,
        "bootstrap_t_high": t_high,
        "permutation_p": sign_flip_p(x - y, rng),
        "sd_ratio_low": sd_low,
        "sd_ratio_high": sd_high,
        "n_incomplete_pairs": max(len(a.values), len(b.values)) - len(x),
        "correlation": correlation,
        "variance_reduction": variance / estimate.unit_variance
        if estimate.unit_variance
        else math.nan,
    }


def draw(
    x: np.ndarray, y: np.ndarray, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Samples of whole pairs."""
    picks = rng.integers(len(x), size=shape)
    return x[picks], y[picks]


def t_test(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """The two-sided p of the paired t test, row by row."""
    differences = xs - ys
    n = differences.shape[1]
    errors = differences.std(axis=1, ddof=1) / math.sqrt(n)
    return p_of_t(differences.mean(axis=1), errors, np.full(len(xs), n - 1))


def rank_test(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """Wilcoxon's two-sided p (asymptotic, tie- and continuity-corrected), row by row."""
    with np.errstate(divide="ignore", invalid="ignore"):
        p = stats.wilcoxon(
            xs, ys, axis=1, zero_method="wilcox", correction=True, method="asymptotic"
        ).pvalue
    return np.nan_to_num(p, nan=1.0)
