"""Numbers as the page prints them."""

import math
from typing import Any


def number(value: float | None, digits: int = 2) -> str:
    """A number for display: a true minus sign, and a dash if there is none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def decimals(margin: float) -> int:
    """How many decimals numbers need to be compared with a margin: at least two."""
    return max(2, math.ceil(-math.log10(margin)) + 1)


def is_known(value: Any) -> bool:
    """Whether a cell of a table holds anything."""
    return not (value is None or value == "" or (isinstance(value, float) and math.isnan(value)))


def exact(value: Any) -> str:
    """A cell of a table with all digits that matter."""
    if not is_known(value):
        return "–"
    return f"{value:.10g}".replace("-", "−") if isinstance(value, float) else str(value)


def p_value(value: float) -> str:
    """A p value for display."""
    if math.isnan(value):
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
