"""From an interval and a margin to a verdict: pure functions, and the only place with the rules.

They take one interval or arrays of many, so that a simulation goes through the same code as a
study. An interval of NaN is one that could not be computed, and decides nothing.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import numpy as np


class DifferenceVerdict(StrEnum):
    """What the deciding interval says about a contrast, regardless of any claim."""

    BEYOND_MARGIN = "differs, by more than the margin"
    WITHIN_MARGIN = "differs, but by less than the margin"
    EQUIVALENT = "equivalent"
    SIZE_UNRESOLVED = "differs, size unresolved"
    INCONCLUSIVE = "inconclusive"


class RangeVerdict(StrEnum):
    """What the deciding interval says about a claimed range."""

    INSIDE = "inside the claimed range"
    OUTSIDE = "outside the claimed range"
    INCONCLUSIVE = "inconclusive"


class Verdict(StrEnum):
    """What the data say about a claim, from worst to best.

    "Does not hold" applies only to claims that make several comparisons.
    """

    CONTRADICTED = "contradicted"
    DOES_NOT_HOLD = "does not hold"
    NO_DIFFERENCE = "no difference that matters"
    UNDECIDED = "undecided"
    DIRECTION_SUPPORTED = "direction supported"
    SUPPORTED = "supported"


_FROM_WORST_TO_BEST = list(Verdict)

_OF_RANGES = {
    Verdict.SUPPORTED: RangeVerdict.INSIDE,
    Verdict.CONTRADICTED: RangeVerdict.OUTSIDE,
    Verdict.UNDECIDED: RangeVerdict.INCONCLUSIVE,
}


def _select(*rules: tuple[Any, StrEnum], otherwise: StrEnum) -> Any:
    """The result of the first rule that applies: one word, or an array of them."""
    words = np.empty(len(rules) + 1, dtype=object)
    words[:] = [*(word for _, word in rules), otherwise]
    chosen = np.select([applies for applies, _ in rules], range(len(rules)), len(rules))
    return words[chosen]


def difference_verdict(low: Any, high: Any, margin: float) -> Any:
    """The verdict on a contrast whose interval is [low, high], for a margin above 0."""
    low, high = np.asarray(low), np.asarray(high)
    without_zero = (low > 0) | (high < 0)
    is_inside = (-margin < low) & (high < margin)
    return _select(
        ((low > margin) | (high < -margin), DifferenceVerdict.BEYOND_MARGIN),
        (is_inside & without_zero, DifferenceVerdict.WITHIN_MARGIN),
        (is_inside, DifferenceVerdict.EQUIVALENT),
        (without_zero, DifferenceVerdict.SIZE_UNRESOLVED),
        otherwise=DifferenceVerdict.INCONCLUSIVE,
    )


def claim_verdict(expect: str, low: Any, high: Any, margin: float) -> Any:
    """The verdict on a claim about a - b, whose interval is [low, high].

    `expect` is less, greater, different, equivalent, more_stable (less, of spreads) or precision
    (equivalent, of a quantity and the middle of the range that was claimed for it).
    """
    low, high = np.asarray(low), np.asarray(high)
    is_inside = (-margin < low) & (high < margin)
    is_below, is_above = high < -margin, low > margin
    match expect:
        case "greater":
            return claim_verdict("less", -high, -low, margin)
        case "less" | "more_stable":
            return _select(
                (is_inside, Verdict.NO_DIFFERENCE),
                (low > 0, Verdict.CONTRADICTED),
                (is_below, Verdict.SUPPORTED),
                (high < 0, Verdict.DIRECTION_SUPPORTED),
                otherwise=Verdict.UNDECIDED,
            )
        case "different":
            return _select(
                (is_inside, Verdict.NO_DIFFERENCE),
                (is_below | is_above, Verdict.SUPPORTED),
                ((low > 0) | (high < 0), Verdict.DIRECTION_SUPPORTED),
                otherwise=Verdict.UNDECIDED,
            )
        case "equivalent" | "precision":
            return _select(
                (is_inside, Verdict.SUPPORTED),
                (is_below | is_above, Verdict.CONTRADICTED),
                otherwise=Verdict.UNDECIDED,
            )
    raise ValueError(f"unknown direction {expect!r}")


def range_verdict(low: Any, high: Any, margin: float) -> Any:
    """The verdict on a quantity whose distance from a range's middle has the interval [low, high].

    The range reaches `margin` to either side.
    """
    verdicts = claim_verdict("precision", low, high, margin)
    if isinstance(verdicts, Verdict):
        return _OF_RANGES[verdicts]
    return np.array([_OF_RANGES[verdict] for verdict in verdicts], dtype=object)


def margins_of_change(low: float, high: float) -> tuple[float, float]:
    """The margins at which what the interval [low, high] says changes.

    With a margin above the first it is inside; with one below the second, outside.
    """
    return max(abs(low), abs(high)), max(0.0, low, -high)


def rank(verdict: Verdict) -> int:
    """How good a verdict is: 0 for the worst."""
    return _FROM_WORST_TO_BEST.index(verdict)


def conjunction_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a claim that needs several things to hold.

    As in three-valued logic with a value for unknown (Kleene 1952, section 64): a conjunction with
    a false part is false, whatever is unknown about its other parts.
    """
    members = list(verdicts)
    worst = min(members, key=rank)
    if worst == Verdict.NO_DIFFERENCE and len(members) > 1:
        return Verdict.DOES_NOT_HOLD
    return worst
