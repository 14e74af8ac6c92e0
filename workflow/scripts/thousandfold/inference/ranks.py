"""Comparisons by rank. They never decide: they say something else than the mean does."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from thousandfold.inference.contrasts import satterthwaite_df


def mann_whitney(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """U of a and the asymptotic, tie-corrected two-sided p; p = 1 where all values are equal."""
    result = stats.mannwhitneyu(a, b, alternative="two-sided", method="asymptotic")
    return float(result.statistic), 1.0 if math.isnan(result.pvalue) else float(result.pvalue)


def rank_direction(a: np.ndarray, b: np.ndarray) -> int:
    """1 if a value of a is more often above one of b than below, -1 if below, 0 if neither."""
    ranks = stats.rankdata(np.concatenate([a, b]))
    return int(np.sign(ranks[: len(a)].mean() - ranks[len(a) :].mean()))


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
            return 1.0 if self.probability == 0.5 else 0.0
        statistic = (self.probability - 0.5) / self.standard_error
        return float(2 * stats.t.sf(abs(statistic), self.df))

    def interval(self, alpha: float) -> tuple[float, float]:
        """The two-sided interval at level 1 - alpha on the logit scale, so inside (0, 1)."""
        p = self.probability
        if self.is_separated or self.standard_error == 0:
            return p, p
        half_width = stats.t.isf(alpha / 2, self.df) * self.standard_error / (p * (1 - p))
        low, high = math.log(p / (1 - p)) - half_width, math.log(p / (1 - p)) + half_width
        return 1 / (1 + math.exp(-low)), 1 / (1 + math.exp(-high))


def relative_effect(a: np.ndarray, b: np.ndarray) -> RelativeEffect:
    """Estimate P(A < B) + P(A = B) / 2 (Brunner and Munzel 2000, Biometrical Journal 42, 17-25)."""
    n_a, n_b = len(a), len(b)
    joint = stats.rankdata(np.concatenate([a, b]))
    placements_a = joint[:n_a] - stats.rankdata(a)
    placements_b = joint[n_a:] - stats.rankdata(b)
    part_a = placements_a.var(ddof=1) / (n_a * n_b**2)
    part_b = placements_b.var(ddof=1) / (n_b * n_a**2)
    df = satterthwaite_df([part_a, part_b], [n_a, n_b])
    return RelativeEffect(float(placements_b.mean() / n_a), math.sqrt(part_a + part_b), df)
