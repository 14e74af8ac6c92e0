"""How often the tests reject where there is no difference, on the study's own repeats.

A/A: disjoint random splits of one scenario. Unequal shapes: two scenarios moved to a common
mean, as A/A alone reassures falsely. Intervals are Monte-Carlo error, conditional on the pool.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from thousandfold.inference.replication import welch_p_values

SIZES = (10, 30, 100)
DRAWS = 2000
LEVEL = 0.05


def _rejections(p_values: np.ndarray) -> dict[str, float]:
    rejected = int(np.sum(p_values < LEVEL))
    low, high = proportion_confint(rejected, len(p_values), method="wilson")
    return {
        "draws": len(p_values), "level": LEVEL, "rejection_rate": rejected / len(p_values),
        "rate_low": low, "rate_high": high,
    }  # fmt: skip


def _by_test(a: np.ndarray, b: np.ndarray) -> list[dict[str, Any]]:
    """Rejection rates of both tests over many pairs of samples, one a row."""
    ranks = stats.mannwhitneyu(a, b, axis=1, method="asymptotic").pvalue
    return [
        {"test": "welch", **_rejections(welch_p_values(a, b)[1])},
        {"test": "mannwhitney", **_rejections(np.nan_to_num(ranks, nan=1.0))},
    ]


def calibrate_same(values: np.ndarray, n: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Rejection rates between disjoint halves of n each; none of fewer than 2 n values."""
    pairs = len(values) // (2 * n)
    if pairs == 0:
        return []
    # One permutation of the pool gives as many disjoint pairs as it has room for.
    permutations = -(-DRAWS // pairs)
    shuffled = rng.permuted(np.tile(values, (permutations, 1)), axis=1)[:, : pairs * 2 * n]
    halves = shuffled.reshape(-1, 2, n)[:DRAWS]
    return _by_test(halves[:, 0], halves[:, 1])


def calibrate_shapes(
    a: np.ndarray, b: np.ndarray, n: int, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Rejection rates between samples of n of two scenarios whose means were made equal."""
    samples = [(x - x.mean())[rng.integers(len(x), size=(DRAWS, n))] for x in (a, b)]
    return _by_test(*samples)


def calibration_table(
    samples: Mapping[tuple[str, str], np.ndarray],
    pairs: Iterable[tuple[str, str, str]],
    seed_of: Callable[[str, str, str], int],
    columns: list[str],
) -> pd.DataFrame:
    """The calibration table: every scenario with itself, and `pairs` of (series, a, b)."""
    finite = {key: x[np.isfinite(x)] for key, x in samples.items()}
    rows: list[dict[str, Any]] = []
    for (series, name), values in finite.items():
        rng = np.random.default_rng(seed_of(series, name, "calibration"))
        names = {"series": series, "null": "same scenario", "scenario_a": name, "scenario_b": name}
        for n in SIZES:
            rows += [{**names, "n": n, **row} for row in calibrate_same(values, n, rng)]
    for series, a, b in pairs:
        if min(len(finite[series, a]), len(finite[series, b])) < 2:
            continue
        rng = np.random.default_rng(seed_of(series, a, f"calibration against {b}"))
        names = {"series": series, "null": "equal means", "scenario_a": a, "scenario_b": b}
        for n in SIZES:
            shapes = calibrate_shapes(finite[series, a], finite[series, b], n, rng)
            rows += [{**names, "n": n, **row} for row in shapes]
    return pd.DataFrame(rows, columns=columns)
