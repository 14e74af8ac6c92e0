"""Estimates of contrasts: their standard errors, their intervals, and the p values that match.

Everything takes one sample or many at once: arrays whose last axis holds the values of a sample.
So a simulation of many studies goes through the same code as a study.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

SAME = 1e-12
"""Values whose range is within this share of the largest are one number, up to rounding."""

FEWEST_FOR_SPREAD = 5
"""Of fewer values neither Bonett's interval of a deviation nor that of pairs' spreads holds."""

MOST_REPEATS = 10**9
"""Beyond this many repeats nobody needs to know the exact number."""


def ratio_of(logarithm: float) -> float:
    """The ratio of a logarithm; infinite if no floating-point number can hold it."""
    with np.errstate(over="ignore", under="ignore"):
        return float(np.exp(logarithm))


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation (n - 1) of one sample of n values, or of many."""

    mean: Any
    deviation: Any
    """0 where the sample does not vary, up to rounding."""
    n: int


def moments(values: np.ndarray, largest: Any = None) -> Moments:
    """The moments of samples along the last axis; a sample of a single value does not vary.

    `largest` is the magnitude that rounding is relative to: that of the largest value, unless
    the values are differences of larger ones. Squares are of shares, so that neither huge nor
    tiny values leave the range of floating-point numbers.
    """
    n, mean = values.shape[-1], values.mean(axis=-1)
    low, high = values.min(axis=-1), values.max(axis=-1)
    if largest is None:
        largest = np.maximum(-low, high)
    reach = np.maximum(high - mean, mean - low)
    shares = values - mean[..., np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares /= reach[..., np.newaxis]
        deviation = reach * np.sqrt(np.einsum("...i,...i->...", shares, shares) / (n - 1))
    return Moments(mean, np.where(high - low > SAME * largest, deviation, 0.0)[()], n)


@dataclass(frozen=True)
class Approximation:
    """A contrast, or those of many resamples, with its t approximation.

    `difference` is that of means, or the log of a ratio for spreads; intervals, margins and p
    values are on that scale. Where the samples tell nothing of the spread between repeats, the
    standard error, and with it every interval and p, is NaN.
    """

    difference: Any
    standard_error: Any
    df: Any
    """Degrees of freedom."""

    @property
    def is_known(self) -> Any:
        """Whether there is an interval."""
        return np.isfinite(self.standard_error)

    def interval(self, alpha: float) -> tuple[Any, Any]:
        """The two-sided interval at level 1 - alpha."""
        half_width = scipy.stats.t.isf(alpha / 2, self.df) * self.standard_error
        return self.difference - half_width, self.difference + half_width

    def classified(self, alpha: float, class_of: Callable[[Any, Any], np.ndarray]) -> np.ndarray:
        """The class of each of many intervals at level 1 - alpha, from its ends.

        Most of the time would go into quantiles of t, of which each interval has its own. By those
        of the whole degrees of freedom below and above its own, an interval is wider and narrower.
        Where both are of one class, so is what lies between them, and only the others are
        computed. So no class may come back while an interval grows.
        """
        if np.ndim(self.df) == 0:
            return class_of(*self.interval(alpha))
        whole = np.nan_to_num(self.df, nan=0.0).astype(int)
        quantiles = scipy.stats.t.isf(alpha / 2, np.arange(whole.max() + 2))
        wider, narrower = (
            class_of(self.difference - reach, self.difference + reach)
            for reach in (np.take(quantiles, whole + step) * self.standard_error for step in (0, 1))
        )
        (unsure,) = np.nonzero(wider != narrower)
        parts = (part[unsure] for part in (self.difference, self.standard_error, self.df))
        wider[unsure] = class_of(*Approximation(*parts).interval(alpha))
        return wider

    def _p_above(self, bound: float) -> Any:
        """One-sided p against the contrast being at most `bound`."""
        return scipy.stats.t.sf((self.difference - bound) / self.standard_error, self.df)

    def _p_below(self, bound: float) -> Any:
        """One-sided p against the contrast being at least `bound`."""
        return scipy.stats.t.sf((bound - self.difference) / self.standard_error, self.df)

    def p_difference(self) -> Any:
        """Two-sided p of no difference."""
        return np.minimum(1.0, 2 * np.minimum(self._p_above(0), self._p_below(0)))

    def p_claim(self, expect: str, margin: float) -> Any:
        """The p of a claim, margin included: small if the data support it."""
        match expect:
            case "less" | "more_stable":
                return self._p_below(-margin)
            case "greater":
                return self._p_above(margin)
            case "equivalent":
                return self.p_equivalence(margin)
            case "different":
                return np.minimum(1.0, 2 * self.p_minimal_effect(margin))
        raise ValueError(f"unknown direction {expect!r}")

    def p_equivalence(self, margin: float) -> Any:
        """Two one-sided tests (TOST; Schuirmann 1987) that the contrast lies within +-margin."""
        return np.maximum(self._p_above(-margin), self._p_below(margin))

    def p_minimal_effect(self, margin: float) -> Any:
        """The smaller one-sided p that the contrast lies beyond margin or beyond -margin."""
        return np.minimum(self._p_above(margin), self._p_below(-margin))


@dataclass(frozen=True)
class Estimate(Approximation):
    """An estimated contrast of samples a and b: of estimate_a with estimate_b."""

    estimate_a: Any
    estimate_b: Any
    unit_deviation: Any
    """The standard error of the estimate from samples of size n each, times the root of n."""
    unit_df: Any
    """The degrees of freedom of the estimate from samples of size n each, over n - 1."""

    def n_to_resolve(self, alpha: float, margin: float) -> float:
        """The smallest n per sample whose interval at 1 - alpha is narrower than the margin.

        Infinite beyond MOST_REPEATS.
        """

        def is_narrow(n: int) -> bool:
            quantile = scipy.stats.t.isf(alpha / 2, self.unit_df * (n - 1))
            return bool(2 * quantile * self.unit_deviation / math.sqrt(n) < margin)

        if not is_narrow(MOST_REPEATS):
            return math.inf
        too_few, enough = 1, MOST_REPEATS
        while enough - too_few > 1:
            middle = (too_few + enough) // 2
            too_few, enough = (too_few, middle) if is_narrow(middle) else (middle, enough)
        return enough


def weighted_sum(samples: Sequence[Moments], weights: Sequence[float]) -> Approximation:
    """A weighted sum of the means of independent samples (Welch 1947; Satterthwaite 1946)."""
    errors = np.array(
        [
            abs(weight) * sample.deviation / np.sqrt(sample.n)
            for sample, weight in zip(samples, weights, strict=True)
        ]
    )
    return Approximation(
        sum(weight * sample.mean for sample, weight in zip(samples, weights, strict=True)),
        _root_of_squares(errors),
        satterthwaite_df(errors, [sample.n for sample in samples]),
    )


def linear_contrast(samples: Sequence[Moments], weights: Sequence[float]) -> Estimate:
    """A weighted sum of means as a contrast of two.

    `estimate_a` is the part of the samples in even places (from 0), `estimate_b` minus that of
    the others, so that their difference is the sum.
    """
    means = [weight * sample.mean for sample, weight in zip(samples, weights, strict=True)]
    deviations = np.array(
        [abs(weight) * sample.deviation for sample, weight in zip(samples, weights, strict=True)]
    )
    return Estimate(
        **vars(weighted_sum(samples, weights)),
        estimate_a=sum(means[::2]),
        estimate_b=-sum(means[1::2]),
        unit_deviation=_root_of_squares(deviations),
        unit_df=satterthwaite_df(deviations, [2] * len(samples)),
    )


def mean_difference(a: np.ndarray, b: np.ndarray) -> Estimate:
    """The difference of means with Welch's standard error and degrees of freedom (Welch 1947)."""
    return linear_contrast([moments(a), moments(b)], (1, -1))


def mean_of_differences(x: np.ndarray, y: np.ndarray) -> Estimate:
    """The mean difference within pairs (Student 1908)."""
    largest = np.maximum(np.abs(x).max(axis=-1), np.abs(y).max(axis=-1))
    within = moments(x - y, largest)
    deviation = np.where(within.deviation > 0, within.deviation, math.nan)[()]
    return Estimate(
        within.mean,
        deviation / math.sqrt(within.n),
        within.n - 1,
        estimate_a=x.mean(axis=-1),
        estimate_b=y.mean(axis=-1),
        unit_deviation=deviation,
        unit_df=1,
    )


def slope_weights(over: Sequence[float]) -> np.ndarray:
    """The weights whose sum with values at `over` is the slope of their least-squares line."""
    centred = np.asarray(over, float) - np.mean(over)
    return centred / (centred**2).sum()


def _root_of_squares(parts: np.ndarray) -> Any:
    """The root of the sum of squares over the first axis; NaN where all are 0."""
    largest = parts.max(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return largest * np.sqrt(((parts / largest) ** 2).sum(axis=0))


def satterthwaite_df(errors: np.ndarray, sizes: Sequence[int]) -> Any:
    """Degrees of freedom of a sum of independent squared errors (Satterthwaite 1946).

    The errors, along the first axis, come from samples of these sizes; NaN where all are 0.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = (errors / errors.max(axis=0)) ** 2
        shares = squares / squares.sum(axis=0)
    # A constant of one value has an error of 0, whatever it is divided by.
    return 1 / sum(share**2 / max(1, n - 1) for share, n in zip(shares, sizes, strict=True))


def absolute_deviations(values: np.ndarray) -> np.ndarray:
    """Absolute distances from the sample's median, along the last axis."""
    return np.abs(values - _median(values)[..., np.newaxis])


def _median(values: np.ndarray) -> Any:
    """The median along the last axis; faster than NumPy's, which looks for values unknown."""
    n = values.shape[-1]
    parted = np.partition(values, n // 2, axis=-1)
    upper = parted[..., n // 2]
    return upper if n % 2 else (parted[..., : n // 2].max(axis=-1) + upper) / 2


@dataclass(frozen=True)
class Spread:
    """The mean absolute deviation from the median, of one sample of n values or of many."""

    value: Any
    error: Any
    """The standard error of its logarithm; NaN where the sample does not vary."""
    n: int

    @property
    def corrected(self) -> Any:
        """The value times n / (n - 1), as Bonett and Seier correct it."""
        return self.value * self.n / max(1, self.n - 1)


def spread(values: np.ndarray) -> Spread:
    """The spread of samples along the last axis.

    By Bonett and Seier (2003), "Confidence intervals for mean absolute deviations", The American
    Statistician 57(4), sections 2 and 3.
    """
    about, median = moments(values), _median(values)
    value = np.abs(values - median[..., np.newaxis]).mean(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        skew = (about.mean - median) / value
        variance = (skew**2 + (about.deviation / value) ** 2 - 1) / about.n
    varies = about.deviation > 0
    error = np.sqrt(np.maximum(np.where(varies, variance, math.nan), 0.0))[()]
    return Spread(value, error, about.n)


def _log_ratio(a: Spread, b: Spread) -> dict[str, Any]:
    """Both spreads and the log of their ratio, as an estimate has them."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log(a.corrected / b.corrected)
    return {"difference": logarithm, "estimate_a": a.corrected, "estimate_b": b.corrected}


def spread_ratio(a: np.ndarray, b: np.ndarray) -> Estimate:
    """The log ratio of the spreads of independent samples, with a delta-method error.

    The error is Bonett and Seier's, the quantile a t's with n_a + n_b - 2 degrees of freedom in
    place of their normal one, which misses too often in small samples. Without variation in
    either sample there is no interval.
    """
    one, other = spread(a), spread(b)
    errors = np.array([one.error, other.error])
    units = np.array([one.error * math.sqrt(one.n), other.error * math.sqrt(other.n)])
    return Estimate(
        **_log_ratio(one, other),
        standard_error=_root_of_squares(errors),
        df=one.n + other.n - 2,
        unit_deviation=_root_of_squares(units),
        unit_df=2,
    )


def spread_ratio_of_pairs(x: np.ndarray, y: np.ndarray) -> Estimate:
    """The log ratio of spreads within pairs (Bonett and Seier 2003, J. Educ. Behav. Stat. 28).

    The errors of both are correlated as their absolute deviations are. The quantile is a t's with
    n - 1 degrees of freedom. No interval below FEWEST_FOR_SPREAD pairs, without variation in
    either sample, or where one sample is the other on another scale.
    """
    one, other = spread(x), spread(y)
    n = one.n
    correlation = _correlation(absolute_deviations(x), absolute_deviations(y))
    total = one.error**2 + other.error**2
    variance = total - 2 * correlation * one.error * other.error
    is_known = (n >= FEWEST_FOR_SPREAD) & (variance > SAME * total)
    error = np.sqrt(np.where(is_known, variance, math.nan))[()]
    return Estimate(
        **_log_ratio(one, other),
        standard_error=error,
        df=n - 1,
        unit_deviation=error * math.sqrt(n),
        unit_df=1,
    )


def _correlation(x: np.ndarray, y: np.ndarray) -> Any:
    """Pearson's correlation along the last axis; 0 where either is constant."""
    about_x, about_y = moments(x), moments(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        standard_x, standard_y = (
            (part - about.mean[..., np.newaxis]) / about.deviation[..., np.newaxis]
            for part, about in ((x, about_x), (y, about_y))
        )
    product = np.einsum("...i,...i->...", standard_x, standard_y) / (about_x.n - 1)
    varies = (about_x.deviation > 0) & (about_y.deviation > 0)
    return np.where(varies, product, 0.0)[()]


@dataclass(frozen=True)
class Deviation:
    """The standard deviation of a sample, with what its interval needs."""

    value: Any
    """0 where the sample does not vary."""
    kurtosis: Any
    """About the trimmed mean, as Bonett has it; NaN below FEWEST_FOR_SPREAD values."""
    n: int

    def interval(self, alpha: float) -> tuple[Any, Any]:
        """The interval at level 1 - alpha: the union of the chi-square and Bonett's intervals.

        The one is exact for normal values, the other nearly so for others in large samples
        (Bonett 2006, "Approximate confidence interval for standard deviation of nonnormal
        distributions", Computational Statistics & Data Analysis 50, 775-782). NaN where there
        is none: below FEWEST_FOR_SPREAD values or without variation.
        """
        n, s = self.n, np.where(np.asarray(self.value) > 0, self.value, math.nan)[()]
        if n < FEWEST_FOR_SPREAD:
            return math.nan * s, math.nan * s
        low, high = (
            s * math.sqrt((n - 1) / quantile)
            for quantile in scipy.stats.chi2.isf([alpha / 2, 1 - alpha / 2], n - 1)
        )
        z = scipy.stats.norm.isf(alpha / 2)
        if n <= z:
            return 0 * s, math.inf * s
        correction = n / (n - z)
        error = correction * np.sqrt(np.maximum(0, (self.kurtosis - (n - 3) / n) / (n - 1)))
        middle = s * math.sqrt(correction)
        with np.errstate(over="ignore"):
            reach = np.exp(z * error / 2)
        return np.minimum(low, middle / reach), np.maximum(high, middle * reach)


def deviation(values: np.ndarray) -> Deviation:
    """The standard deviation of samples along the last axis."""
    about = moments(values)
    n = about.n
    if n < FEWEST_FOR_SPREAD:
        return Deviation(about.deviation, math.nan, n)
    cut = int(n / (2 * math.sqrt(n - 4)))
    ordered = np.sort(values, axis=-1)
    trimmed = ordered[..., cut : n - cut].mean(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = ((ordered - trimmed[..., np.newaxis]) / about.deviation[..., np.newaxis]) ** 2
    fourths = np.einsum("...i,...i->...", squares, squares)
    return Deviation(about.deviation, n * fourths / (n - 1) ** 2, n)


@dataclass(frozen=True)
class PrecisionEstimate:
    """The standard error of a mean of `mean_of` repeats, relative to a claimed range's middle."""

    deviation: Deviation
    mean_of: int
    middle: float

    @property
    def value(self) -> Any:
        """The standard error itself."""
        return self.deviation.value / math.sqrt(self.mean_of)

    @property
    def difference(self) -> Any:
        """Its distance from the middle of the range."""
        return self.value - self.middle

    @property
    def is_known(self) -> Any:
        """Whether there is an interval."""
        return (np.asarray(self.deviation.value) > 0) & (self.deviation.n >= FEWEST_FOR_SPREAD)

    def interval(self, alpha: float) -> tuple[Any, Any]:
        """The two-sided interval of the distance at level 1 - alpha."""
        low, high = self.deviation.interval(alpha)
        root = math.sqrt(self.mean_of)
        return low / root - self.middle, high / root - self.middle

    def classified(self, alpha: float, class_of: Callable[[Any, Any], np.ndarray]) -> np.ndarray:
        """The class of each of many intervals at level 1 - alpha, from its ends."""
        return class_of(*self.interval(alpha))
