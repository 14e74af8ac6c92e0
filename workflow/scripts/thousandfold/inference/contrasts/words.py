"""Numbers, units and intervals as they appear in sentences about contrasts."""

import math
from collections.abc import Callable

from thousandfold.formatting import coverage
from thousandfold.tables.rows import ContrastRow


def number(value: float, sign: str = "") -> str:
    """Two decimals, or as many as a small number needs to differ from 0; a true minus sign."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size, digits = abs(value), ".2g"
    if size >= 1e6:
        digits = ".3g"
    elif round(size, 2) >= 1 or value == 0:
        digits = ".2f"
    return f"{value:{sign}{digits}}".replace("-", "−")


def signed(value: float) -> str:
    """A number with its sign."""
    return number(value, "+")


def of_differences(unit: str) -> str:
    """The unit of a difference; that of percentages is not a percentage."""
    return "percentage points" if unit == "%" else unit


def interval(record: ContrastRow, show: Callable[[float], str]) -> str:
    """The deciding interval of a row, its ends shown by a function."""
    low, high = record.ci_low, record.ci_high
    if math.isnan(low):
        return "no interval"
    if low == high:
        return "exactly"
    return f"{coverage(record.interval_level)} interval {show(low)} to {show(high)}"
