"""Numbers, units and intervals as they appear in sentences about contrasts."""

import math
from collections.abc import Callable

from thousandfold.formatting import coverage
from thousandfold.tables.rows import ContrastRow


def number(value: float, sign: str = "") -> str:
    """Two decimals, or as many as a small number needs to differ from 0."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size >= 1e6:
        return f"{value:{sign}.3g}"
    return f"{value:{sign}.2f}" if round(size, 2) >= 1 or value == 0 else f"{value:{sign}.2g}"


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
