"""What a new series may expect."""

import numpy as np

from thousandfold.inference.intervals import Interval
from thousandfold.inference.population.typical import finite

OUTSIDE_EACH_END = 40
"""One of so many new effects may lie below the interval, and one above."""


def new_series_interval(effects: np.ndarray) -> Interval | None:
    """The interval that the effect on one more series falls into; None of fewer than 2 series.

    [d_(j), d_(S + 1 - j)] with j = max(1, floor(.025 (S + 1))). Its level (S + 1 - 2j) / (S + 1)
    is exact if the series are exchangeable, whatever the distribution (Wilks 1941, *Annals of
    Mathematical Statistics* 12); below 39 series it is less than .95. It is about an estimate like
    those given, with their error, not about a true effect.

    `effects` has shape (series,). Raises ValueError if it is empty or an effect is not finite.
    """
    ordered = np.sort(finite(effects))
    n = len(ordered)
    if n < 2:
        return None
    j = max(1, (n + 1) // OUTSIDE_EACH_END)
    return Interval(float(ordered[j - 1]), float(ordered[n - j]), (n + 1 - 2 * j) / (n + 1))
