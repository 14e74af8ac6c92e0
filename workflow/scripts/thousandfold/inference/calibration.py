"""How often the tests reject where there is no difference, on the study's own repeats.

A/A: disjoint random splits of one scenario. Unequal shapes: two scenarios moved to a common
mean, as A/A alone reassures falsely. Intervals are Monte-Carlo error, conditional on the pool.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from thousandfold.inference.designs import Design
from thousandfold.inference.samples import Samples, rng_of_pair

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


def _by_test(xs: np.ndarray, ys: np.ndarray, design: Design) -> list[dict[str, Any]]:
    """Rejection rates of both tests over many pairs of samples, one a row."""
    p_values = (design.t_test(xs, ys), design.rank_test(xs, ys))
    return [
        {"test": test, **_rejections(p)} for test, p in zip(design.TESTS, p_values, strict=True)
    ]


def calibrate_same(
    values: np.ndarray, n: int, design: Design, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Rejection rates between disjoint halves of n each; none of fewer than 2 n values."""
    pairs = len(values) // (2 * n)
    if pairs == 0:
        return []
    # One permutation of the pool gives as many disjoint pairs as it has room for.
    permutations = -(-DRAWS // pairs)
    shuffled = rng.permuted(np.tile(values, (permutations, 1)), axis=1)[:, : pairs * 2 * n]
    halves = shuffled.reshape(-1, 2, n)[:DRAWS]
    return _by_test(halves[:, 0], halves[:, 1], design)


def calibrate_shapes(
    x: np.ndarray, y: np.ndarray, n: int, design: Design, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Rejection rates between samples of n of two scenarios whose means were made equal."""
    xs, ys = design.draw(x - x.mean(), y - y.mean(), (DRAWS, n), rng)
    return _by_test(xs, ys, design)


def calibration_table(
    samples: Samples,
    pairs: Iterable[tuple[str, str, str]],
    design: Design,
    columns: list[str],
) -> pd.DataFrame:
    """The calibration table: every scenario with itself, and `pairs` of (series, a, b)."""
    rows: list[dict[str, Any]] = []
    for (series, name), sample in samples.items():
        rng = sample.rng("calibration")
        names = {"series": series, "null": "same scenario", "scenario_a": name, "scenario_b": name}
        for n in SIZES:
            rows += [
                {**names, "n": n, **row} for row in calibrate_same(sample.finite, n, design, rng)
            ]
    for series, *pair in pairs:
        a, b = (samples[series, name] for name in pair)
        x, y = design.values(a, b)
        if min(len(x), len(y)) < 2:
            continue
        rng = rng_of_pair(a, b, "calibration")
        names = {
            "series": series, "null": "equal means", "scenario_a": pair[0], "scenario_b": pair[1],
        }  # fmt: skip
        for n in SIZES:
            rows += [{**names, "n": n, **row} for row in calibrate_shapes(x, y, n, design, rng)]
    return pd.DataFrame(rows, columns=columns)
