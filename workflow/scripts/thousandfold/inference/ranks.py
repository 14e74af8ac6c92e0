"""Comparisons by rank. They never decide: they answer a different question than the mean."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit, logit

from thousandfold.inference.estimates import satterthwaite_df

MOST_FOR_EXACT = 20
"""Up to this many values a side, and without ties, rank tests take the exact distribution."""


def _method(sizes: Sequence[int], ranked: np.ndarray) -> str:
    """How SciPy is to compute the p of rank tests of the values in the last axis."""
    ordered = np.sort(ranked, axis=-1)
    has_ties = bool((np.diff(ordered, axis=-1) == 0).any())
    return "asymptotic" if has_ties or max(sizes) > MOST_FOR_EXACT else "exact"


def mann_whitney(a: np.ndarray, b: np.ndarray) -> tuple[Any, Any]:
    """U of a and the two-sided p along the last axis; p = 1 where all values are equal.

    Exact in small samples without ties (of all that are given), else asymptotic and corrected
    for ties and continuity.
    """
    pooled = np.concatenate([a, b], axis=-1)
    method = _method([a.shape[-1], b.shape[-1]], pooled)
    result = stats.mannwhitneyu(a, b, alternative="two-sided", axis=-1, method=method)
    return result.statistic, np.where(np.isnan(result.pvalue), 1.0, result.pvalue)[()]


def wilcoxon(x: np.ndarray, y: np.ndarray) -> tuple[Any, Any]:
    """The sum of the ranks of positive differences and its two-sided p along the last axis.

    Differences of 0 are left out (Wilcoxon 1945). Exact in small samples without ties or such
    differences (of all that are given), else asymptotic and corrected for ties and continuity.
    """
    differences = x - y
    sizes = np.where(differences == 0, np.nan, np.abs(differences))
    ranks = stats.rankdata(sizes, axis=-1, nan_policy="omit")
    v = np.where(differences > 0, ranks, 0.0).sum(axis=-1)
    is_exact = not (differences == 0).any()
    method = _method([x.shape[-1]], sizes) if is_exact else "asymptotic"
    with np.errstate(divide="ignore", invalid="ignore"):
        p = stats.wilcoxon(
            x, y, axis=-1, zero_method="wilcox", correction=method == "asymptotic", method=method
        ).pvalue
    return v, np.where(np.isnan(p), 1.0, p)[()]


def rank_direction(samples: Sequence[np.ndarray], weights: Sequence[float]) -> int:
    """The sign of the weighted sum of the samples' mean ranks among all values.

    For two samples with weights 1 and -1: 1 if a value of a is more often above one of b than
    below.
    """
    ranks = stats.rankdata(np.concatenate(samples))
    ends = np.cumsum([len(sample) for sample in samples])[:-1]
    means = [part.mean() for part in np.split(ranks, ends)]
    total = float(np.dot(weights, means))
    # Mean ranks are of the size of their number; less than rounding is no direction.
    return 0 if abs(total) <= 1e-9 * len(ranks) * max(map(abs, weights)) else int(np.sign(total))


@dataclass(frozen=True)
class RelativeEffect:
    """P(A < B) + P(A = B) / 2 and the Brunner-Munzel test of its being one half."""

    probability: float
    standard_error: float
    df: float

    @property
    def is_separated(self) -> bool:
        """Whether every value of one sample lies below every value of the other."""
        return self.probability in (0.0, 1.0)

    @property
    def p_value(self) -> float:
        """Two-sided p; NaN under complete separation, where the test is not defined."""
        if self.is_separated:
            return math.nan
        if self.standard_error == 0:
            return 1.0
        statistic = (self.probability - 0.5) / self.standard_error
        return float(2 * stats.t.sf(abs(statistic), self.df))

    def interval(self, alpha: float) -> tuple[float, float]:
        """The two-sided interval at level 1 - alpha on the logit scale, so inside (0, 1).

        NaN under complete separation, or where ranks do not vary: there is none.
        """
        p = self.probability
        if self.is_separated:
            return math.nan, math.nan
        half_width = stats.t.isf(alpha / 2, self.df) * self.standard_error / (p * (1 - p))
        return float(expit(logit(p) - half_width)), float(expit(logit(p) + half_width))


def relative_effect(a: np.ndarray, b: np.ndarray) -> RelativeEffect:
    """Estimate P(A < B) + P(A = B) / 2 (Brunner and Munzel 2000, Biometrical Journal 42, 17-25)."""
    n_a, n_b = len(a), len(b)
    joint = stats.rankdata(np.concatenate([a, b]))
    placements_a = joint[:n_a] - stats.rankdata(a)
    placements_b = joint[n_a:] - stats.rankdata(b)
    part_a = placements_a.var(ddof=1) / (n_a * n_b**2)
    part_b = placements_b.var(ddof=1) / (n_b * n_a**2)
    df = float(satterthwaite_df(np.sqrt([part_a, part_b]), [n_a, n_b]))
    return RelativeEffect(float(placements_b.mean() / n_a), math.sqrt(part_a + part_b), df)
