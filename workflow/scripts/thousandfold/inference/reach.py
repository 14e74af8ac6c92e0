"""How far a mean contrast rests on the test rows that happened to be there: it decides nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from arch.bootstrap import CircularBlockBootstrap

from thousandfold.inference.intervals import Interval, percentile_interval
from thousandfold.inference.resampling import DESCRIPTIVE_ALPHA

DRAWS = 10_000

STEADY = 0.99
"""A contrast is marked unless its sign holds in this share of resamples."""

VALUES_IN_CACHE = 2**14
"""Metrics computed at once; with more it takes several times as long."""

Finish = Callable[[np.ndarray], np.ndarray]
"""From the mean loss over rows to the metric: np.sqrt for RMSE."""


@dataclass(frozen=True)
class Reach:
    """A contrast again, over other test rows; in its own units."""

    block: int
    """Consecutive rows that are drawn together."""
    same_sign: float
    """The share of resamples whose contrast has the sign of the estimate."""
    interval: Interval
    """The percentile interval over resamples."""
    lowest_without_one: float
    """The range when each row is left out in turn."""
    highest_without_one: float


def reach(
    losses: Sequence[np.ndarray],
    weights: Sequence[float],
    rng: np.random.Generator,
    finish: Finish = np.sqrt,
    draws: int = DRAWS,
    sizes: np.ndarray | None = None,
) -> Reach | None:
    """A weighted sum of mean metrics over resampled test rows; None of a single row.

    `losses` has an array for each scenario, shape (repeats, rows): for RMSE the squared errors in
    squared units, of repeats that did not diverge. All scenarios see the same rows, which are drawn
    in circular blocks of round(rows^(1/3)) (Politis and Romano 1992, in *Exploring the Limits of
    Bootstrap*), each repeat's metric is that of the rows drawn, and the repeats stay as they are.
    Rows of several forecasts, such as the steps of a sequence, are drawn as a whole, and count by
    their `sizes` (rows,). Raises ValueError if the arrays do not have the same rows, or a loss is
    not finite.
    """
    n = losses[0].shape[1]
    if any(of.shape[1] != n or not np.isfinite(of).all() for of in losses):
        raise ValueError("needs finite losses of every scenario on the same test rows")
    if n < 2:
        return None

    def contrast(row_weights: np.ndarray) -> np.ndarray:
        if sizes is not None:
            row_weights = row_weights * sizes[:, np.newaxis]
            row_weights = row_weights / row_weights.sum(axis=0)
        means = [_mean_metric(of, row_weights, finish) for of in losses]
        return np.asarray(weights) @ np.array(means)

    block = max(1, round(n ** (1 / 3)))
    estimate = contrast(np.full((n, 1), 1 / n))[0]
    resampled = contrast(_drawn_weights(n, block, draws, rng))
    without_one = contrast((1 - np.eye(n)) / (n - 1))
    return Reach(
        block,
        float(np.mean(np.sign(resampled) == np.sign(estimate))),
        percentile_interval(resampled, DESCRIPTIVE_ALPHA),
        float(without_one.min()),
        float(without_one.max()),
    )


def _drawn_weights(n: int, block: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """The share that each row has in each resample, shape (rows, draws)."""
    bootstrap = CircularBlockBootstrap(block, np.arange(n), seed=rng)
    drawn = [np.bincount(bootstrap.update_indices(), minlength=n) for _ in range(draws)]
    return np.array(drawn).T / n


def _mean_metric(losses: np.ndarray, row_weights: np.ndarray, finish: Finish) -> np.ndarray:
    """The mean over repeats of the metric of weighted rows, shape (draws,)."""
    step = max(1, VALUES_IN_CACHE // len(losses))
    starts = range(0, row_weights.shape[1], step)
    return np.concatenate(
        [finish(losses @ row_weights[:, i : i + step]).mean(axis=0) for i in starts]
    )
