"""Published tables against ours: whether samples of their size from our repeats look alike."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from thousandfold.inference.samples import Samples
from thousandfold.tables.rows import PublishedRow

STATISTICS = ("mean", "std", "min", "q25", "median", "q75", "max")
RESAMPLES = 99_999
COMPATIBLE_ABOVE = 0.05
COMPATIBLE, NOT_COMPATIBLE = "compatible", "not compatible"


def redrawn_samples(
    pool: np.ndarray, n: int, rng: np.random.Generator, resamples: int
) -> np.ndarray:
    """Samples of n, each from a pool redrawn with replacement, sorted; shape (resamples, n).

    Redrawing carries the pool's own uncertainty. Only the redrawn members that a sample picks
    are ever drawn: picks of the same member share one.
    """
    picks = np.sort(rng.integers(len(pool), size=(resamples, n)), axis=1)
    is_first = np.diff(picks, axis=1, prepend=-1) != 0
    first = np.maximum.accumulate(np.where(is_first, np.arange(n), 0), axis=1)
    members = rng.integers(len(pool), size=(resamples, n))
    return np.sort(pool[np.take_along_axis(members, first, axis=1)], axis=1)


def _quantile(ordered: np.ndarray, level: float) -> np.ndarray:
    """Type-7 quantiles of sorted rows."""
    position = level * (ordered.shape[1] - 1)
    below = int(position)
    above = min(below + 1, ordered.shape[1] - 1)
    return ordered[:, below] + (position - below) * (ordered[:, above] - ordered[:, below])


def describe_samples(ordered: np.ndarray) -> dict[str, np.ndarray]:
    """STATISTICS of many sorted samples, one per row; samples of one have no standard deviation."""
    has_spread = ordered.shape[1] > 1
    return {
        "mean": ordered.mean(axis=1),
        "std": ordered.std(axis=1, ddof=1) if has_spread else np.full(len(ordered), np.nan),
        "min": ordered[:, 0],
        "q25": _quantile(ordered, 0.25),
        "median": _quantile(ordered, 0.5),
        "q75": _quantile(ordered, 0.75),
        "max": ordered[:, -1],
    }


def compare_with_published(
    published: Mapping[Any, Any], pool: np.ndarray, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """One row per statistic of a published row; `pool` holds our finite repeats.

    None for a statistic that is not published, or that so few repeats do not have.
    """
    drawn = describe_samples(redrawn_samples(pool, int(published["n"]), rng, RESAMPLES))
    ours = describe_samples(np.sort(pool)[np.newaxis])
    rows = []
    for name in STATISTICS:
        value, draws = published[name], drawn[name]
        if np.isnan(value) or np.isnan(draws).any():
            continue
        below = (1 + np.sum(draws <= value)) / (len(draws) + 1)
        above = (1 + np.sum(draws >= value)) / (len(draws) + 1)
        low, expected, high = np.quantile(draws, [0.025, 0.5, 0.975])
        rows.append(
            {
                "n": int(published["n"]),
                "statistic": name,
                "published": value,
                "ours": float(ours[name][0]),
                "expected": expected,
                "expected_low": low,
                "expected_high": high,
                "p": min(1.0, 2 * min(below, above)),
            }
        )
    return rows


def published_table(samples: Samples, published: Mapping[str, pd.DataFrame]) -> list[PublishedRow]:
    """The published table: Holm over all rows and statistics, and a verdict for each."""
    rows: list[dict[str, Any]] = []
    for series, table in published.items():
        for record in table.to_dict("records"):
            sample = samples.get((series, record["scenario"]))
            if sample is not None and len(sample.finite) >= 2:
                rng = sample.rng(f"published {record['source']}")
                names = {key: record[key] for key in ("scenario", "source")}
                compared = compare_with_published(record, sample.finite, rng)
                rows += [{"series": series, **names, **row} for row in compared]
    adjusted = multipletests([row["p"] for row in rows], method="holm")[1] if rows else []
    return [
        PublishedRow(
            **row, p_holm=p, verdict=COMPATIBLE if p >= COMPATIBLE_ABOVE else NOT_COMPATIBLE
        )
        for row, p in zip(rows, adjusted, strict=True)
    ]
