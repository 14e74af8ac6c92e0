"""An interval with the level that it reaches, and the percentile interval of resamples."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Interval:
    """A two-sided interval [low, high]."""

    low: float
    high: float
    level: float
    """The probability that it covers, at least or nominally; at most 1."""


def percentile_interval(draws: np.ndarray, alpha: float) -> Interval:
    """The percentile interval of resampled estimates (Efron and Tibshirani 1993, section 13.3)."""
    low, high = np.quantile(draws, [alpha / 2, 1 - alpha / 2], method="inverted_cdf")
    return Interval(float(low), float(high), 1 - alpha)
