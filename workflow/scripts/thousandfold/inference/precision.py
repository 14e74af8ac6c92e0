"""How well a mean is known: descriptive statistics, and the standard error against n."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

SUMMARY_LEVEL = 0.95

RESAMPLES = 1000
"""Samples drawn with replacement for each resampled standard error."""

VALUES_PER_DRAW = 5_000_000
"""Upper limit on the values held at once while resampling (40 MB)."""


def describe(rmses: np.ndarray) -> dict[str, float]:
    """The summary table's statistics of one scenario's RMSEs, NaN where a repeat diverged."""
    finite = rmses[np.isfinite(rmses)]
    n = len(finite)
    row: dict[str, float] = {"n": n, "n_diverged": len(rmses) - n}
    if n == 0:
        return row
    row |= {"mean": finite.mean(), "min": finite.min(), "max": finite.max()}
    row |= dict(zip(("q25", "median", "q75"), np.quantile(finite, [0.25, 0.5, 0.75]), strict=True))
    if n >= 2:
        std = finite.std(ddof=1)
        error = std / np.sqrt(n)
        half_width = stats.t.isf((1 - SUMMARY_LEVEL) / 2, n - 1) * error
        row |= {
            "std": std, "standard_error": error,
            "ci_low": finite.mean() - half_width, "ci_high": finite.mean() + half_width,
        }  # fmt: skip
    return row


def summarise(
    samples: Mapping[tuple[str, str], np.ndarray],
    baselines: Mapping[str, Mapping[str, float]],
    columns: list[str],
) -> pd.DataFrame:
    """The summary table: one row per series and scenario, baselines by series beside it."""
    rows = [
        {"series": series, "scenario": scenario, **describe(rmses), **baselines[series]}
        for (series, scenario), rmses in samples.items()
    ]
    return pd.DataFrame(rows, columns=columns)


def sample_sizes(n: int) -> np.ndarray:
    """Sample sizes from 2 to n: each up to 30, then about thirty to each power of ten."""
    if n < 2:
        return np.array([], int)
    spaced = np.geomspace(30, max(n, 30), num=max(2, round(30 * np.log10(max(n, 31) / 30)) + 2))
    sizes = np.unique(np.concatenate([np.arange(2, 31), spaced.round().astype(int)]))
    return np.append(sizes[sizes < n], n)


def standard_errors(rmses: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Running, resampled and theoretical standard errors of a scenario's mean against n.

    The running ones take the first n finite repeats. The resampled one is the standard deviation
    of the means of RESAMPLES samples of n, drawn with replacement from all finite repeats.
    """
    finite = rmses[np.isfinite(rmses)]
    sizes = sample_sizes(len(finite))
    if not sizes.size:
        return pd.DataFrame(columns=["n"])
    means = np.cumsum(finite)[sizes - 1] / sizes
    deviations = [finite[:n].std(ddof=1) for n in sizes]
    resampled_means = np.vstack(
        [
            np.cumsum(rng.choice(finite, size=(rows, len(finite))), axis=1)[:, sizes - 1] / sizes
            for rows in _rows_per_draw(len(finite))
        ]
    )
    return pd.DataFrame(
        {
            "n": sizes,
            "running_mean": means,
            "running_standard_error": deviations / np.sqrt(sizes),
            "resampled_standard_error": resampled_means.std(axis=0, ddof=1),
            "theory_standard_error": finite.std(ddof=1) / np.sqrt(sizes),
        }
    )


def _rows_per_draw(n: int) -> list[int]:
    """RESAMPLES cut into parts of at most VALUES_PER_DRAW values of samples of n."""
    step = max(1, VALUES_PER_DRAW // n)
    return [min(step, RESAMPLES - done) for done in range(0, RESAMPLES, step)]


def standard_error_table(
    samples: Mapping[tuple[str, str], np.ndarray],
    seeds: Mapping[tuple[str, str], int],
    columns: list[str],
) -> pd.DataFrame:
    """The standard_error table of all scenarios; each resamples with a seed of its own."""
    tables = [
        standard_errors(rmses, np.random.default_rng(seeds[key])).assign(
            series=key[0], scenario=key[1]
        )
        for key, rmses in samples.items()
    ]
    return pd.concat(tables, ignore_index=True).reindex(columns=columns)
