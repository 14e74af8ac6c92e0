"""Several methods over many data sets, as their comparison is usual: these decide nothing.

Ranks take one score of each method on each data set; what is resampled, the scores of repeats.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

from thousandfold.inference.draws import picks_of
from thousandfold.inference.intervals import Interval, percentile_interval
from thousandfold.inference.ranks import wilcoxon

TRIMMED = 0.25
"""The share of scores that the interquartile mean leaves out at each end."""

DRAWS = 2000
"""Stratified resamples, as many as Agarwal and others took."""

FEWEST_DRAWS = 200

MOST_VALUES = 4_000_000
"""Values resampled in all: of many data sets, whose luck averages out, fewer draws will do."""


@dataclass(frozen=True)
class PairOfMethods:
    """Two methods by Wilcoxon's signed-rank test over data sets."""

    first: int
    second: int
    p: float
    p_holm: float
    is_within_critical_difference: bool


@dataclass(frozen=True)
class Ranking:
    """Mean ranks over data sets, 1 for the best, with the tests that go with them."""

    n_data_sets: int
    mean_ranks: np.ndarray
    """Shape (methods,)."""
    friedman: float
    """Chi-squared, corrected for ties."""
    friedman_p: float
    critical_difference: float
    """The difference of mean ranks that Nemenyi's test tells apart."""
    pairs: tuple[PairOfMethods, ...]
    groups: tuple[tuple[int, ...], ...]
    """Methods that the critical difference does not tell apart, best first; the diagram's bars."""


def ranking(scores: np.ndarray, alpha: float, *, higher_is_better: bool) -> Ranking:
    """Mean ranks, Friedman, Wilcoxon with Holm and the critical difference at alpha.

    Demšar (2006, *Journal of Machine Learning Research* 7), sections 3.1.3 and 3.2.2. `scores` has
    shape (data sets, methods). Raises ValueError with fewer than 3 methods or 2 data sets, or if a
    score is not finite.
    """
    n, k = scores.shape
    if n < 2 or k < 3 or not np.isfinite(scores).all():
        raise ValueError("a ranking takes finite scores of at least 3 methods on 2 data sets")
    ranks = stats.rankdata(-scores if higher_is_better else scores, axis=1)
    means = ranks.mean(axis=0)
    if (ranks == means[0]).all():
        chi_squared, p = 0.0, 1.0
    else:
        chi_squared, p = (float(value) for value in stats.friedmanchisquare(*scores.T))
    critical = critical_difference(k, n, alpha)
    return Ranking(
        n, means, chi_squared, p, critical,
        tuple(_pairs(scores, means, critical)), tuple(_groups(means, critical)),
    )  # fmt: skip


def critical_difference(n_methods: int, n_data_sets: int, alpha: float) -> float:
    """Nemenyi's critical difference of mean ranks (Demšar 2006, section 3.2.2)."""
    quantile = stats.studentized_range.isf(alpha, n_methods, np.inf) / math.sqrt(2)
    return float(quantile * math.sqrt(n_methods * (n_methods + 1) / (6 * n_data_sets)))


def _pairs(scores: np.ndarray, mean_ranks: np.ndarray, critical: float) -> list[PairOfMethods]:
    pairs = list(combinations(range(scores.shape[1]), 2))
    p = [float(wilcoxon(scores[:, a], scores[:, b])[1]) for a, b in pairs]
    adjusted = multipletests(p, method="holm")[1]
    return [
        PairOfMethods(a, b, own, float(holm), bool(abs(mean_ranks[a] - mean_ranks[b]) <= critical))
        for (a, b), own, holm in zip(pairs, p, adjusted, strict=True)
    ]


def _groups(mean_ranks: np.ndarray, critical: float) -> list[tuple[int, ...]]:
    """The largest runs of at least two methods whose ends are no further apart."""
    order = np.argsort(mean_ranks, kind="stable")
    ordered = mean_ranks[order]
    groups: list[tuple[int, ...]] = []
    reached = 0
    for start in range(len(order)):
        end = int(np.searchsorted(ordered, ordered[start] + critical, side="right"))
        if end > max(reached, start + 1):
            groups.append(tuple(order[start:end].tolist()))
            reached = end
    return groups


Strata = Sequence[np.ndarray]
"""The scores of one method's repeats on each data set, arrays of shape (repeats,)."""


@dataclass(frozen=True)
class Aggregate:
    """A number about all data sets together; no interval where repeats do not tell of luck."""

    estimate: float
    interval: Interval | None


def interquartile_mean(scores: Strata, alpha: float, rng: np.random.Generator) -> Aggregate:
    """The mean of the middle half of all scores, with its stratified bootstrap interval.

    Agarwal and others (2021, *Advances in Neural Information Processing Systems* 34). Scores have
    to be comparable between data sets.
    """
    return _aggregated(
        scores, lambda pooled, _: stats.trim_mean(pooled, TRIMMED, axis=-1), alpha, rng
    )


def probability_of_improvement(
    scores_a: Strata,
    scores_b: Strata,
    alpha: float,
    rng: np.random.Generator,
    *,
    higher_is_better: bool,
) -> Aggregate:
    """The probability that a repeat of a is better than one of b, mean over data sets, ties half.

    Agarwal and others (2021), with its stratified bootstrap interval.
    """
    sign = 1 if higher_is_better else -1
    pairs = [(sign * a, sign * b) for a, b in zip(scores_a, scores_b, strict=True)]
    once = [(np.ones((1, len(a)), int), np.ones((1, len(b)), int)) for a, b in pairs]
    estimate = float(_mean_better(pairs, once)[0])
    if min(map(len, [*scores_a, *scores_b])) < 2:
        return Aggregate(estimate, None)
    draws = _draws_for(sum(map(len, [*scores_a, *scores_b])))
    drawn_a, drawn_b = (
        [_times_drawn(len(stratum), draws, rng) for stratum in scores]
        for scores in (scores_a, scores_b)
    )
    resampled = _mean_better(pairs, zip(drawn_a, drawn_b, strict=True))
    return Aggregate(estimate, percentile_interval(resampled, alpha))


def _times_drawn(n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """How often each of n values is in each resample of them, shape (draws, n)."""
    places = picks_of(n, draws, rng) + n * np.arange(draws)[:, np.newaxis]
    counts = np.bincount(places.ravel(), minlength=n * draws)
    return counts.reshape(draws, n).astype(np.uint16)


def _mean_better(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]],
    times_drawn: Iterable[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """P(A > B) + P(A = B) / 2, mean over data sets, in each of several resamples."""
    shares = [_better(*pair, *times) for pair, times in zip(pairs, times_drawn, strict=True)]
    return np.mean(shares, axis=0)


def _better(a: np.ndarray, b: np.ndarray, times_a: np.ndarray, times_b: np.ndarray) -> np.ndarray:
    """That of one data set, whose values count as often as they were drawn, (draws, values)."""
    order = np.argsort(b)
    up_to = np.zeros((len(times_b), len(b) + 1))
    np.cumsum(times_b[:, order], axis=1, out=up_to[:, 1:])
    below, not_above = (np.searchsorted(b[order], a, side) for side in ("left", "right"))
    beaten = (up_to[:, below] + up_to[:, not_above]) / 2
    return np.einsum("di,di->d", times_a, beaten) / (len(a) * len(b))


def performance_profile(
    scores: Strata,
    thresholds: np.ndarray,
    alpha: float,
    rng: np.random.Generator,
    *,
    higher_is_better: bool,
) -> list[Aggregate]:
    """The share of scores better than each threshold, mean over data sets, with its interval.

    Agarwal and others (2021); pointwise stratified bootstrap intervals at level 1 - alpha.
    """
    sizes = np.array([len(stratum) for stratum in scores])

    def better_than(threshold: float) -> Statistic:
        def share(pooled: np.ndarray, ends: np.ndarray) -> Any:
            is_better = pooled > threshold if higher_is_better else pooled < threshold
            counts = np.add.reduceat(is_better, [0, *ends], axis=-1, dtype=int)
            return (counts / sizes).mean(axis=-1)

        return share

    return _aggregates(scores, map(better_than, thresholds.tolist()), alpha, rng)


def _draws_for(n: int) -> int:
    """How many resamples of so many values."""
    return min(DRAWS, max(FEWEST_DRAWS, MOST_VALUES // n))


Statistic = Callable[[np.ndarray, np.ndarray], Any]
"""Of the pooled scores, shape (..., scores), and of where the strata end but for the last."""


def _aggregated(
    scores: Strata, statistic: Statistic, alpha: float, rng: np.random.Generator
) -> Aggregate:
    (found,) = _aggregates(scores, [statistic], alpha, rng)
    return found


def _aggregates(
    scores: Strata, statistics: Iterable[Statistic], alpha: float, rng: np.random.Generator
) -> list[Aggregate]:
    """Statistics, all of the same resamples.

    Resampled are the repeats within each stratum (Agarwal and others 2021, section 4.1).
    """
    ends = np.cumsum([len(stratum) for stratum in scores])[:-1]
    pooled = np.concatenate(scores)
    if min(map(len, scores)) < 2:
        return [Aggregate(float(statistic(pooled, ends)), None) for statistic in statistics]
    draws = _draws_for(sum(map(len, scores)))
    drawn = np.concatenate(
        [stratum[picks_of(len(stratum), draws, rng)] for stratum in scores], axis=1
    )
    return [
        Aggregate(
            float(statistic(pooled, ends)), percentile_interval(statistic(drawn, ends), alpha)
        )
        for statistic in statistics
    ]
