"""The chance of each verdict before a run: by simulation through what decides."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from thousandfold.inference.designs import Design
from thousandfold.inference.verdicts import Verdict, claim_verdict

DRAWS = 2000
"""Simulated studies of each n: the error of a chance is at most 1.1 points."""

ASSUMED_REPEATS = 1000
"""Values that stand for an assumed distribution."""


@dataclass(frozen=True)
class Chances:
    """How often each verdict comes up in studies with n repeats and this true difference."""

    n: int
    difference: float
    chances: dict[Verdict, float]
    """Of every verdict that came up; they add up to 1."""


def assumed(deviation: float) -> np.ndarray:
    """A pilot that stands for an assumed standard deviation: quantiles of a normal distribution.

    In the metric's units; shape (ASSUMED_REPEATS,).
    """
    quantiles = stats.norm.ppf((np.arange(ASSUMED_REPEATS) + 0.5) / ASSUMED_REPEATS)
    return deviation * quantiles / quantiles.std(ddof=1)


def verdict_chances(
    pilot: tuple[np.ndarray, np.ndarray],
    design: Design,
    claim: tuple[str, float, float],
    sizes: Sequence[int],
    differences: Sequence[float],
    rng: np.random.Generator,
) -> Iterator[Chances]:
    """The chance of each verdict on a mean difference, against n and the true difference.

    `pilot` are the finite repeats of a and b, shape (repeats,), or `assumed`; in a paired design
    these are pairs. `claim` is its direction, its margin and alpha, the contrast's own share of it.
    Studies are drawn from the pilot with replacement, once for each n and whatever the difference,
    by moving the means. They inherit the pilot's uncertainty: with ten repeats its standard
    deviation is known to about a quarter. Raises ValueError if a pilot has fewer than 2 values.
    """
    a, b = (_as_population(values) for values in pilot)
    expect, margin, alpha = claim
    for n in sizes:
        low, high = design.mean_difference(*design.draw(a, b, (DRAWS, n), rng)).interval(alpha)
        for difference in differences:
            verdicts = claim_verdict(expect, low + difference, high + difference, margin)
            counts = Counter(verdicts.tolist())
            chances = {verdict: found / DRAWS for verdict, found in counts.items()}
            yield Chances(n, difference, chances)


def _as_population(values: np.ndarray) -> np.ndarray:
    """Values with mean 0, of which the variance over n is that of the sample over n - 1."""
    if len(values) < 2:
        raise ValueError("a pilot needs at least 2 repeats of each scenario")
    return (values - values.mean()) * math.sqrt(len(values) / (len(values) - 1))
