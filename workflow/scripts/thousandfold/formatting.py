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


def percent(share: float, digits: int | None = None) -> str:
    """A share in percent, with as many digits as it needs if no number of them is given.

    Only what is none at all reads as 0 %, and only what is all as 100 %.
    """
    text = f"{100 * share:g}" if digits is None else number(100 * share, digits)
    if digits is None:
        return coverage(share) if text == "100" and share < 1 else f"{text} %"
    least = 10.0**-digits
    if share > 0 and float(text) == 0:
        return f"< {least:g} %"
    if share < 1 and float(text) == 100:
        return f"> {100 - least:.{digits}f} %"
    return f"{text} %"


def coverage(share: float) -> str:
    """An interval's level in percent: two decimals, or as many as make it less than 100."""
    text = f"{100 * share:.2f} %"
    if share >= 1 or text != "100.00 %":
        return text
    digits = 1 - round(math.floor(math.log10(100 * (1 - share)) + 1e-9))
    return f"{100 * share:.{digits}f} %"


def error_rate(share: float) -> str:
    """How often something errs, in percent: two decimals, or as many as tell it from 0."""
    if share <= 0:
        return "0 %"
    if share > 0.5:
        return coverage(share)
    return f"{100 * share:.{max(2, 1 - math.floor(math.log10(100 * share) + 1e-9))}f} %"


def level(share: float) -> str:
    """The level of a test as it is usually written, such as .05."""
    return f"{share:g}".removeprefix("0")


_NUMERALS = (
    "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def spelled_out(n: int) -> str:
    """A count in prose: in letters up to twenty, and round tens below a hundred."""
    if 0 <= n < len(_NUMERALS):
        return _NUMERALS[n]
    return _TENS[n // 10 - 2] if n < 100 and n % 10 == 0 else f"{n:,}"


def counted(n: int, noun: str) -> str:
    """A count with its noun: 1 claim, 1,000 claims."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def agreeing(n: int, verb: str) -> str:
    """The form of a verb, given in the plural, that agrees with a count."""
    return _SINGULAR.get(verb, f"{verb}s") if n == 1 else verb


_SINGULAR = {"are": "is", "were": "was", "do": "does", "have": "has"}


def n_times(n: int) -> str:
    """How many times, in digits: once, 1,000 times."""
    return "once" if n == 1 else counted(n, "time")


def times(n: int) -> str:
    """How many times: twice, three times."""
    return {1: "once", 2: "twice"}.get(n, f"{spelled_out(n)} times")


def duration(seconds: float) -> str:
    """About how long something takes: in the largest unit of which there are two."""
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


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
