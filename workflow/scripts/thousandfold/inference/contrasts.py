"""One comparison of two samples: the estimate, the interval that decides, and its p values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Estimate:
    """An estimated contrast of samples a and b with its t (or normal) approximation.

    `difference` is estimate_a - estimate_b for means and the log of their ratio for spreads;
    intervals, margins and p values are on that scale. A standard error of 0 (both samples
    constant) gives the interval [difference, difference] and p values of 0 or 1.
    """

    estimate_a: float
    estimate_b: float
    difference: float
    standard_error: float
    df: float
    """Degrees of freedom; infinite for the normal approximation."""
    unit_variance: float
    """The variance of the estimate from samples of size n each, times n."""
    unit_df: float = math.inf
    """The degrees of freedom of the estimate from samples of size n each, over n - 1."""

    def interval(self, alpha: float) -> tuple[float, float]:
        """The two-sided interval at level 1 - alpha."""
        if self.standard_error == 0:
            return self.difference, self.difference
        half_width = stats.t.isf(alpha / 2, self.df) * self.standard_error
        return self.difference - half_width, self.difference + half_width

    def n_to_resolve(self, alpha: float, margin: float) -> int:
        """The smallest n per sample whose interval at 1 - alpha is narrower than the margin."""
        n = max(2, math.ceil((2 * stats.norm.isf(alpha / 2) / margin) ** 2 * self.unit_variance))
        # The t quantile at this n is a little larger; a step or two makes up for it.
        while True:
            quantile = stats.t.isf(alpha / 2, self.unit_df * (n - 1))
            if 2 * quantile * math.sqrt(self.unit_variance / n) < margin:
                return n
            n += 1

    def _p_above(self, bound: float) -> float:
        """One-sided p against the contrast being at most `bound`."""
        distance = self.difference - bound
        if self.standard_error == 0 or math.isinf(distance):
            return 0.0 if distance > 0 else 1.0
        return float(stats.t.sf(distance / self.standard_error, self.df))

    def _p_below(self, bound: float) -> float:
        """One-sided p against the contrast being at least `bound`."""
        distance = bound - self.difference
        if self.standard_error == 0 or math.isinf(distance):
            return 0.0 if distance > 0 else 1.0
        return float(stats.t.sf(distance / self.standard_error, self.df))

    def p_difference(self) -> float:
        """Two-sided p of no difference."""
        if self.standard_error == 0:
            return 1.0 if self.difference == 0 else 0.0
        return min(1.0, 2 * min(self._p_above(0), self._p_below(0)))

    def p_claim(self, expect: str, margin: float) -> float:
        """The p of a claim: small where the data support it, margin and all."""
        match expect:
            case "less" | "more_stable":
                return self._p_below(-margin)
            case "greater":
                return self._p_above(margin)
            case "equivalent":
                return self.p_equivalence(margin)
            case "different":
                return min(1.0, 2 * self.p_minimal_effect(margin))
        raise ValueError(f"unknown direction {expect!r}")

    def p_equivalence(self, margin: float) -> float:
        """Two one-sided tests (TOST; Schuirmann 1987) that the contrast lies within +-margin."""
        return max(self._p_above(-margin), self._p_below(margin))

    def p_minimal_effect(self, margin: float) -> float:
        """The smaller one-sided p that the contrast lies beyond margin or beyond -margin."""
        return min(self._p_above(margin), self._p_below(-margin))


def mean_difference(a: np.ndarray, b: np.ndarray) -> Estimate:
    """The difference of means with Welch's standard error and degrees of freedom (Welch 1947).

    a and b are samples of at least 2 finite values each.
    """
    variance_a, variance_b = float(a.var(ddof=1)), float(b.var(ddof=1))
    part_a, part_b = variance_a / len(a), variance_b / len(b)
    mean_a, mean_b = float(a.mean()), float(b.mean())
    return Estimate(
        mean_a,
        mean_b,
        mean_a - mean_b,
        math.sqrt(part_a + part_b),
        satterthwaite_df([part_a, part_b], [len(a), len(b)]),
        unit_variance=variance_a + variance_b,
        unit_df=satterthwaite_df([variance_a, variance_b], [2, 2]),
    )


def linear_contrast(samples: Sequence[np.ndarray], weights: Sequence[float]) -> Estimate:
    """A weighted sum of the means of independent samples, Welch-Satterthwaite.

    `estimate_a` is the part of the samples in even places (from 0), `estimate_b` minus that of
    the others, so that their difference is the sum. With two samples and weights 1 and -1 it is
    `mean_difference`.
    """
    means = [weight * float(x.mean()) for x, weight in zip(samples, weights, strict=True)]
    variances = [
        weight**2 * float(x.var(ddof=1)) for x, weight in zip(samples, weights, strict=True)
    ]
    parts = [variance / len(x) for variance, x in zip(variances, samples, strict=True)]
    return Estimate(
        sum(means[::2]),
        -sum(means[1::2]),
        sum(means),
        math.sqrt(sum(parts)),
        satterthwaite_df(parts, [len(x) for x in samples]),
        unit_variance=sum(variances),
        unit_df=satterthwaite_df(variances, [2] * len(samples)),
    )


def slope_weights(over: Sequence[float]) -> np.ndarray:
    """The weights whose sum with values at `over` is the slope of their least squares line."""
    centred = np.asarray(over, float) - np.mean(over)
    return centred / (centred**2).sum()


def satterthwaite_df(parts: Sequence[float], sizes: Sequence[int]) -> float:
    """Degrees of freedom of a sum of independent variances (Satterthwaite 1946).

    The parts come from samples of these sizes; infinite if all are 0.
    """
    total = sum(parts)
    if total == 0:
        return math.inf
    # Shares, not variances, are squared, so that tiny variances do not underflow to 0/0.
    return 1 / sum((part / total) ** 2 / (n - 1) for part, n in zip(parts, sizes, strict=True))


def welch(xs: np.ndarray, ys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differences of means, standard errors and degrees of freedom of many pairs, one a row."""
    n_x, n_y = xs.shape[1], ys.shape[1]
    part_x, part_y = xs.var(axis=1, ddof=1) / n_x, ys.var(axis=1, ddof=1) / n_y
    variance = part_x + part_y
    with np.errstate(divide="ignore", invalid="ignore"):
        df = variance**2 / (part_x**2 / (n_x - 1) + part_y**2 / (n_y - 1))
    return xs.mean(axis=1) - ys.mean(axis=1), np.sqrt(variance), df


def p_of_t(differences: np.ndarray, errors: np.ndarray, df: np.ndarray) -> np.ndarray:
    """Two-sided p of many t statistics; without error 0, or 1 where the difference is 0 too."""
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stats.t.sf(np.abs(differences) / errors, df)
    return np.where(errors > 0, p, np.where(differences == 0, 1.0, 0.0))


def absolute_deviations(values: np.ndarray) -> np.ndarray:
    """Distances from the sample's median, along the last axis."""
    return np.abs(values - np.median(values, axis=-1, keepdims=True))


def _log_spread_variance(values: np.ndarray) -> float:
    """Variance of the log of the mean absolute deviation (Bonett and Seier 2003, section 2)."""
    spread = absolute_deviations(values).mean()
    skew = (values.mean() - np.median(values)) / spread
    return (skew**2 + values.var(ddof=1) / spread**2 - 1) / len(values)


def spread_ratio(a: np.ndarray, b: np.ndarray) -> Estimate:
    """The log ratio of mean absolute deviations from the median, with a delta-method error.

    Each deviation is corrected by n / (n - 1), as Bonett and Seier (2003), "Confidence intervals
    for mean absolute deviations", The American Statistician 57(4), section 3, do. A sample
    without spread makes the ratio 0 or infinite, and equal to 1 beside another such.
    """
    spread_a, spread_b = (
        float(absolute_deviations(x).mean() * len(x) / (len(x) - 1)) for x in (a, b)
    )
    if spread_a == 0 or spread_b == 0:
        difference = 0.0 if spread_a == spread_b else math.copysign(math.inf, spread_a - spread_b)
        return Estimate(spread_a, spread_b, difference, 0.0, math.inf, 0.0)
    variance_a, variance_b = (max(0.0, _log_spread_variance(x)) for x in (a, b))
    error = math.sqrt(variance_a + variance_b)
    unit_variance = variance_a * len(a) + variance_b * len(b)
    return Estimate(
        spread_a, spread_b, math.log(spread_a / spread_b), error, math.inf, unit_variance
    )
