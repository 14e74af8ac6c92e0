"""Whether an effect goes with attributes of the series: exploratory, with Holm's correction."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.tsa.seasonal import STL
from statsmodels.tsa.stattools import acf

FEWEST_SERIES = 4
"""Of fewer no rank correlation can be told from chance."""

PERIODS_FOR_STL = 2


@dataclass(frozen=True)
class Moderator:
    """How far an effect goes with one attribute."""

    attribute: str
    n_series: int
    """Those whose attribute is known."""
    test: str
    """spearman of numbers, kruskal of groups."""
    statistic: float
    """Spearman's correlation, or Kruskal and Wallis's H."""
    p: float
    """NaN where there are too few series, or the attribute is the same everywhere."""
    p_holm: float


def moderators(effects: np.ndarray, attributes: Mapping[str, np.ndarray]) -> list[Moderator]:
    """Each attribute's association with the effects, p adjusted by Holm (1979) over attributes.

    Arrays have shape (series,). Attributes that are numbers (NaN: unknown) are compared by ranks
    (Spearman 1904), groups (None or "": unknown) by the test of Kruskal and Wallis (1952).
    """
    found = [_associated(effects, np.asarray(values)) for values in attributes.values()]
    p = np.array([p for *_, p in found])
    adjusted, known = np.full(len(p), math.nan), ~np.isnan(p)
    if known.any():
        adjusted[known] = multipletests(p[known], method="holm")[1]
    return [
        Moderator(name, n, test, statistic, p, float(p_holm))
        for name, (n, test, statistic, p), p_holm in zip(attributes, found, adjusted, strict=True)
    ]


def _associated(effects: np.ndarray, values: np.ndarray) -> tuple[int, str, float, float]:
    """The number of series, the test, its statistic and its p."""
    if np.issubdtype(values.dtype, np.number):
        known = np.isfinite(values.astype(float))
        n, test = int(known.sum()), "spearman"
        if n < FEWEST_SERIES or np.ptp(values[known]) == 0 or np.ptp(effects[known]) == 0:
            return n, test, math.nan, math.nan
        result = stats.spearmanr(values[known], effects[known])
    else:
        known = np.array([value not in (None, "") for value in values])
        n, test = int(known.sum()), "kruskal"
        groups = [effects[known & (values == group)] for group in dict.fromkeys(values[known])]
        if n < FEWEST_SERIES or len(groups) < 2 or np.ptp(effects[known]) == 0:
            return n, test, math.nan, math.nan
        result = stats.kruskal(*groups)
    return n, test, float(result.statistic), float(result.pvalue)


@dataclass(frozen=True)
class Attributes:
    """What a series is like; NaN where that is not defined."""

    length: int
    autocorrelation: float
    """At lag 1."""
    trend: float
    """Strength, from 0 to 1."""
    season: float
    """Strength, from 0 to 1."""


def attributes_of(values: np.ndarray, period: int | None) -> Attributes:
    """The attributes of a series, shape (length,), with so many observations in a season.

    Strengths are one minus the share of the remainder's variance in that of the series without its
    season, or without its trend (Wang, Smith and Hyndman 2006, *Data Mining and Knowledge
    Discovery* 13), by STL; they take two seasons.
    """
    values = np.asarray(values, float)
    varies = np.ptp(values) > 0
    autocorrelation = float(acf(values, nlags=1)[1]) if varies else math.nan
    if not varies or period is None or period < 2 or len(values) < PERIODS_FOR_STL * period:
        return Attributes(len(values), autocorrelation, math.nan, math.nan)
    parts = STL(values, period=period).fit()
    return Attributes(
        len(values),
        autocorrelation,
        _strength(parts.trend, parts.resid),
        _strength(parts.seasonal, parts.resid),
    )


def _strength(part: np.ndarray, remainder: np.ndarray) -> float:
    """The share of the variance of both together that the remainder does not have."""
    total = (part + remainder).var()
    return max(0.0, 1 - float(remainder.var() / total)) if total > 0 else math.nan
