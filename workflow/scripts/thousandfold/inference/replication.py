"""What fewer repeats would have shown: samples of n drawn from a study's own repeats.

Everything here is conditional on the pool of repeats, which stands for the truth.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from thousandfold.inference.contrasts import MeanDifference
from thousandfold.inference.designs import Design
from thousandfold.inference.samples import Samples
from thousandfold.tables.rows import ContrastRow, ReplicationRow

FEW_REPEATS = 10
"""What the article took; the page says what that many would have shown."""

SIZES = (5, FEW_REPEATS, 20, 30, 50, 100, 300)
"""Repeats per scenario of the studies that are imagined; never more than there are."""

FEWEST_REPEATS = 10
"""Of fewer, resampling shows the sample and nothing of what it came from."""

NOTABLE_EXAGGERATION = 1.25
"""Above this median the page says by how much fewer repeats exaggerate."""

NOTABLE_WRONG_DIRECTION = 0.01
"""From this share on the page says how often fewer repeats have the sign wrong."""

DRAWS = 5000

NAIVE_ALPHA = 0.05
"""What a reader of the article would test at, without adjustment."""


def replicate(
    x: np.ndarray,
    y: np.ndarray,
    n: int,
    design: Design,
    rng: np.random.Generator,
    differ: bool,
) -> dict[str, Any]:
    """How studies of n repeats each would have turned out, by the design's t test at .05.

    Direction and exaggeration are given only if the pools are known to `differ`.
    """
    xs, ys = design.draw((x, y), (DRAWS, n), rng)
    significant = design.mean_difference(xs, ys).p_difference() < NAIVE_ALPHA
    wrong_direction, median_exaggeration = math.nan, math.nan
    if differ and significant.any():
        truth = x.mean() - y.mean()
        found = (xs.mean(axis=1) - ys.mean(axis=1))[significant]
        wrong_direction = float(np.mean(np.sign(found) != np.sign(truth)))
        median_exaggeration = float(np.median(np.abs(found)) / abs(truth))
    return {
        "n": n, "draws": DRAWS, "share_significant": significant.mean(),
        "wrong_direction": wrong_direction, "median_exaggeration": median_exaggeration,
    }  # fmt: skip


def replication_table(
    samples: Samples, contrasts: Iterable[ContrastRow], design: Design, metric: str
) -> list[ReplicationRow]:
    """The replication table: a row per size for each distinct contrast of means in `contrasts`.

    `samples` are of `metric`; contrasts of other metrics are left out.
    """
    rows: list[ReplicationRow] = []
    seen = set()
    for contrast in contrasts:
        if contrast.estimand != MeanDifference.estimand or contrast.metric != metric:
            continue
        names = {key: getattr(contrast, key) for key in ("series", "scenario_a", "scenario_b")}
        series, *pair = names.values()
        a, b = (samples[series, name] for name in pair)
        x, y = design.values(a, b)
        most = min(len(x), len(y))
        if (series, frozenset(pair)) in seen or most < FEWEST_REPEATS:
            continue
        seen.add((series, frozenset(pair)))
        rng = a.rng_with(b, "replication")
        differ = contrast.ci_low > 0 or contrast.ci_high < 0
        rows += [
            ReplicationRow(**names, **replicate(x, y, n, design, rng, differ))
            for n in SIZES
            if n <= most
        ]
    return rows
