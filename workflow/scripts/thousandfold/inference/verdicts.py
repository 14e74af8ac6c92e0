"""From an interval and a margin to a verdict: pure functions, and the only place that decides."""

from collections.abc import Iterable
from enum import StrEnum


class DifferenceVerdict(StrEnum):
    """What the deciding interval says of a contrast, whatever anybody claimed."""

    BEYOND_MARGIN = "differs, by more than the margin"
    WITHIN_MARGIN = "differs, but by less than the margin"
    EQUIVALENT = "equivalent"
    SIZE_UNRESOLVED = "differs, size unresolved"
    INCONCLUSIVE = "inconclusive"


class RangeVerdict(StrEnum):
    """What the deciding interval says of a claimed range."""

    INSIDE = "inside the claimed range"
    OUTSIDE = "outside the claimed range"
    INCONCLUSIVE = "inconclusive"


class Verdict(StrEnum):
    """What the data say of a claim, from worst to best."""

    CONTRADICTED = "contradicted"
    UNDECIDED = "undecided"
    NO_DIFFERENCE = "no difference that matters"
    SUPPORTED_SIZE_UNRESOLVED = "supported, size unresolved"
    SUPPORTED = "supported"


_FROM_WORST_TO_BEST = list(Verdict)


def difference_verdict(low: float, high: float, margin: float) -> DifferenceVerdict:
    """The verdict on a contrast whose interval is [low, high], for a margin above 0."""
    without_zero = low > 0 or high < 0
    if low > margin or high < -margin:
        return DifferenceVerdict.BEYOND_MARGIN
    if -margin < low and high < margin:
        return DifferenceVerdict.WITHIN_MARGIN if without_zero else DifferenceVerdict.EQUIVALENT
    return DifferenceVerdict.SIZE_UNRESOLVED if without_zero else DifferenceVerdict.INCONCLUSIVE


def range_verdict(low: float, high: float, margin: float) -> RangeVerdict:
    """The verdict on a quantity whose distance from a range's middle has the interval [low, high].

    The range reaches `margin` to either side.
    """
    match claim_verdict("equivalent", low, high, margin):
        case Verdict.SUPPORTED:
            return RangeVerdict.INSIDE
        case Verdict.CONTRADICTED:
            return RangeVerdict.OUTSIDE
        case _:
            return RangeVerdict.INCONCLUSIVE


def claim_verdict(expect: str, low: float, high: float, margin: float) -> Verdict:
    """The verdict on a claim about a - b, whose interval is [low, high].

    `expect` is less, greater, different, equivalent, more_stable (less, of spreads) or precision
    (equivalent, of a quantity and the middle of the range that was claimed for it).
    """
    if expect == "greater":
        return claim_verdict("less", -high, -low, margin)
    if expect == "precision":
        return claim_verdict("equivalent", low, high, margin)
    match expect, difference_verdict(low, high, margin):
        case "equivalent", DifferenceVerdict.EQUIVALENT | DifferenceVerdict.WITHIN_MARGIN:
            return Verdict.SUPPORTED
        case "equivalent", DifferenceVerdict.BEYOND_MARGIN:
            return Verdict.CONTRADICTED
        case "equivalent", _:
            return Verdict.UNDECIDED
        case _, DifferenceVerdict.EQUIVALENT | DifferenceVerdict.WITHIN_MARGIN:
            return Verdict.NO_DIFFERENCE
        case _, DifferenceVerdict.INCONCLUSIVE:
            return Verdict.UNDECIDED
        case "less" | "more_stable", _ if low > 0:
            return Verdict.CONTRADICTED
        case "less" | "more_stable" | "different", DifferenceVerdict.BEYOND_MARGIN:
            return Verdict.SUPPORTED
        case "less" | "more_stable" | "different", DifferenceVerdict.SIZE_UNRESOLVED:
            return Verdict.SUPPORTED_SIZE_UNRESOLVED
    raise ValueError(f"unknown direction {expect!r}")


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a claim that needs several things to hold."""
    return min(verdicts, key=_FROM_WORST_TO_BEST.index)
