"""How far an estimate has changed from one run to another, and whether luck alone does that."""

import math
from dataclasses import dataclass

from scipy import optimize, stats

from thousandfold.inference.contrasts import KINDS
from thousandfold.tables.rows import ContrastRow

ALPHA = 0.05
"""The interval of a change has level 1 - ALPHA."""

MOST_DF = 1e9
"""Beyond so many degrees of freedom, t is normal."""


@dataclass(frozen=True)
class Change:
    """The second estimate minus the first, of ratios over it, with its interval; NaN: not known."""

    change: float
    low: float
    high: float


def change_between(one: ContrastRow, other: ContrastRow) -> Change:
    """The change of an estimate between runs whose repeats are independent.

    The variances of both estimates are added, with the degrees of freedom of Satterthwaite (1946).
    For differences of means that is Welch's interval of four samples.
    """
    kind = KINDS[one.estimand]
    before, after = (kind.scaled(kind.from_zero(row, row.difference)) for row in (one, other))
    change = after - before
    variances = [row.standard_error**2 for row in (one, other)]
    total = sum(variances)
    if math.isnan(total) or total == 0:
        return Change(kind.natural(change), math.nan, math.nan)
    df = total**2 / sum(
        variance**2 / degrees_of_freedom(row)
        for variance, row in zip(variances, (one, other), strict=True)
    )
    half = float(stats.t.ppf(1 - ALPHA / 2, df)) * math.sqrt(total)
    return Change(*(kind.natural(end) for end in (change, change - half, change + half)))


def degrees_of_freedom(row: ContrastRow) -> float:
    """Those of the t quantile that a row's deciding interval reaches to, in standard errors."""
    kind, tail = KINDS[row.estimand], (1 - row.interval_level) / 2
    quantile = (kind.scaled(row.ci_high) - kind.scaled(row.ci_low)) / 2 / row.standard_error

    def excess(log_df: float) -> float:
        return float(stats.t.isf(tail, math.exp(log_df))) - quantile

    most = math.log(MOST_DF)
    if excess(most) >= 0:
        return MOST_DF
    return math.exp(optimize.brentq(excess, math.log(0.5), most, xtol=1e-13))
