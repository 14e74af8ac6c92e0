"""The typical effect over series: the median decides, the mean and the trimmed mean stand beside.

Effects over series have heavy tails, of which the t interval of a mean misses far more often than
its level allows. The median's order-statistic interval does not, whatever the distribution.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import stats
from scipy.stats import mstats

from thousandfold.inference.estimates import moments
from thousandfold.inference.intervals import Interval
from thousandfold.inference.verdicts import Verdict, claim_verdict

TRIMMED = 0.2
"""The share of series left out at each end for the trimmed mean."""

EXTREME = 0.01
"""The share of series without which the verdict on a mean should be the same."""


@dataclass(frozen=True)
class Typical:
    """Three estimates of the typical effect; an interval is None where there is none."""

    n_series: int
    median: float
    median_interval: Interval | None
    """Its level is the one reached, at least the nominal."""
    mean: float
    mean_interval: Interval | None
    trimmed_mean: float
    trimmed_mean_interval: Interval | None


def typical_effect(effects: np.ndarray, alpha: float) -> Typical:
    """The typical effect over series, with intervals at level 1 - alpha.

    `effects` has shape (series,). Raises ValueError if it is empty or an effect is not finite.
    """
    effects = finite(effects)
    return Typical(
        len(effects),
        float(np.median(effects)),
        median_interval(effects, alpha),
        float(effects.mean()),
        mean_interval(effects, alpha),
        float(stats.trim_mean(effects, TRIMMED)),
        trimmed_mean_interval(effects, alpha),
    )


def finite(effects: np.ndarray) -> np.ndarray:
    """The effects, shape (series,). Raises ValueError if there are none, or one is not finite."""
    effects = np.asarray(effects, float)
    if not effects.size or not np.isfinite(effects).all():
        raise ValueError("needs a finite effect of at least one series, and of each one given")
    return effects


@cache
def median_rank(n: int, alpha: float) -> int:
    """The place of the interval's lower end: the largest j with 2 P(Bin(n, 1/2) < j) <= alpha."""
    return int(np.sum(2 * stats.binom.cdf(np.arange(n), n, 0.5) <= alpha))


def median_interval(effects: np.ndarray, alpha: float) -> Interval | None:
    """The order-statistic interval of the median, [d_(j), d_(S + 1 - j)], and its exact level.

    None unless 2^(1 - S) <= alpha, which takes 6 series at alpha = .05. At least at its level for
    any distribution (David and Nagaraja 2003, *Order Statistics*, section 7.1).
    """
    n = len(effects)
    j = median_rank(n, alpha)
    if j == 0:
        return None
    ordered = np.sort(effects)
    level = 1 - 2 * stats.binom.cdf(j - 1, n, 0.5)
    return Interval(float(ordered[j - 1]), float(ordered[n - j]), float(level))


def fewest_series(alpha: float) -> int:
    """How many series a median takes to have an interval at level 1 - alpha."""
    return math.ceil(1 - math.log2(alpha))


def mean_interval(effects: np.ndarray, alpha: float) -> Interval | None:
    """The t interval of the mean, S - 1 degrees of freedom; None of effects that do not vary."""
    n, of_effects = len(effects), moments(np.asarray(effects, float))
    if not of_effects.deviation:
        return None
    reach = stats.t.isf(alpha / 2, n - 1) * of_effects.deviation / math.sqrt(n)
    return Interval(float(of_effects.mean - reach), float(of_effects.mean + reach), 1 - alpha)


def trimmed_mean_interval(effects: np.ndarray, alpha: float) -> Interval | None:
    """The interval of the 20 % trimmed mean, from the winsorised variance.

    Tukey and McLaughlin (1963, *Sankhya A* 25), for one sample what Yuen (1974, *Biometrika* 61) is
    for two; the standard error as in Wilcox (2017, *Introduction to Robust Estimation and
    Hypothesis Testing*, section 3.3). None if the effects that remain do not vary.
    """
    cut = int(TRIMMED * len(effects))
    kept = np.sort(effects)[cut : len(effects) - cut]
    if not moments(kept).deviation:
        return None
    low, high = mstats.trimmed_mean_ci(effects, limits=(TRIMMED, TRIMMED), alpha=alpha)
    return Interval(float(low), float(high), 1 - alpha)


def typical_verdict(expect: str, interval: Interval | None, margin: float) -> Verdict:
    """The verdict on a claim about the typical effect: undecided without an interval.

    `expect` is as in `verdicts.claim_verdict`. "No difference that matters" is about the typical
    effect, not about each series: that takes a claim about shares.
    """
    if interval is None:
        return Verdict.UNDECIDED
    return claim_verdict(expect, interval.low, interval.high, margin)


def n_extreme(n_series: int) -> int:
    """How many series are the most extreme ones, at least one."""
    return max(1, int(EXTREME * n_series))


def mean_rests_on_extremes(effects: np.ndarray, alpha: float, expect: str, margin: float) -> bool:
    """Whether the verdict on a mean is another one without the most extreme 1 % of series.

    These are the ones farthest from the median, as many as `n_extreme` says.
    """
    distances = np.abs(effects - np.median(effects))
    n_kept = len(effects) - n_extreme(len(effects))
    kept = effects[np.argsort(distances, kind="stable")[:n_kept]]
    words = [
        typical_verdict(expect, mean_interval(part, alpha) if part.size else None, margin)
        for part in (effects, kept)
    ]
    return words[0] != words[1]
