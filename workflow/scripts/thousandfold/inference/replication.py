"""What fewer repeats would have told: samples of n drawn from a study's own repeats.

Everything here is conditional on the pool of repeats, which stands for the truth.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

SIZES = (5, 10, 20, 30, 50, 100, 300)
"""Repeats per scenario of the studies that are imagined."""

DRAWS = 5000

NAIVE_ALPHA = 0.05
"""What a reader of the article would test at, without adjustment."""


def welch_p_values(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Differences of means and two-sided Welch p of many pairs of samples, one a row."""
    n_a, n_b = a.shape[1], b.shape[1]
    part_a, part_b = a.var(axis=1, ddof=1) / n_a, b.var(axis=1, ddof=1) / n_b
    variance = part_a + part_b
    differences = a.mean(axis=1) - b.mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = variance**2 / (part_a**2 / (n_a - 1) + part_b**2 / (n_b - 1))
        p = 2 * stats.t.sf(np.abs(differences) / np.sqrt(variance), df)
    # Without variation: p = 0, or 1 where there is no difference either.
    return differences, np.where(variance > 0, p, np.where(differences == 0, 1.0, 0.0))


def replicate(
    a: np.ndarray, b: np.ndarray, n: int, rng: np.random.Generator, differ: bool
) -> dict[str, Any]:
    """How studies of n repeats each would have come out, testing by Welch at .05.

    Direction and exaggeration are told only where the pools are known to `differ`.
    """
    differences, p = welch_p_values(
        a[rng.integers(len(a), size=(DRAWS, n))], b[rng.integers(len(b), size=(DRAWS, n))]
    )
    significant = p < NAIVE_ALPHA
    row: dict[str, Any] = {"n": n, "draws": DRAWS, "share_significant": significant.mean()}
    if differ and significant.any():
        truth = a.mean() - b.mean()
        found = differences[significant]
        row["wrong_direction"] = np.mean(np.sign(found) != np.sign(truth))
        row["median_exaggeration"] = np.median(np.abs(found)) / abs(truth)
    return row


def replication_table(
    samples: Mapping[tuple[str, str], np.ndarray],
    findings: pd.DataFrame,
    seed_of: Callable[[str, str, str], int],
    columns: list[str],
) -> pd.DataFrame:
    """The replication table: a row per size for each distinct contrast of means in `findings`."""
    rows: list[dict[str, Any]] = []
    seen = set()
    for evidence in findings[findings["estimand"] == "mean"].to_dict("records"):
        series, *pair = (str(evidence[key]) for key in ("series", "scenario_a", "scenario_b"))
        a, b = (x[np.isfinite(x)] for x in (samples[series, name] for name in pair))
        key = (series, frozenset(pair))
        if key in seen or min(len(a), len(b)) < 2:
            continue
        seen.add(key)
        rng = np.random.default_rng(seed_of(series, pair[0], f"replication against {pair[1]}"))
        differ = evidence["ci_low"] > 0 or evidence["ci_high"] < 0
        names = {"series": series, "scenario_a": pair[0], "scenario_b": pair[1]}
        rows += [{**names, **replicate(a, b, n, rng, differ)} for n in SIZES]
    return pd.DataFrame(rows, columns=columns)
