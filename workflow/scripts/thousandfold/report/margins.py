"""A comparison's verdict as a function of the margin, as a strip with the registered one marked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from thousandfold.formatting import number
from thousandfold.inference.contrasts import KINDS
from thousandfold.inference.verdicts import Verdict, claim_verdict, margins_of_change
from thousandfold.report.marks import Mark, mark_of
from thousandfold.tables.rows import ContrastRow

ROOM = 1.25
"""The strip reaches so many times as far as the last change, or the registered margin."""


@dataclass(frozen=True)
class Segment:
    """A range of margins with one verdict; places are shares of the strip, in percent."""

    start: float
    width: float
    verdict: Mark
    words: str


@dataclass(frozen=True)
class MarginStrip:
    """The verdicts on a comparison by margin."""

    who: Sequence[str]
    segments: Sequence[Segment]
    registered: float
    """Where the registered margin is."""


def margin_strip(row: ContrastRow, who: Sequence[str], digits: int) -> MarginStrip | None:
    """The strip of a row of the contrasts table; None of a claimed range, or without interval."""
    kind = KINDS[row.estimand]
    low, high = kind.scaled(row.ci_low), kind.scaled(row.ci_high)
    if row.expect == "precision" or not (math.isfinite(low) and math.isfinite(high)):
        return None
    margin = kind.scaled(row.margin)
    equivalent_above, exceeded_below = margins_of_change(low, high)
    if claim_verdict(row.expect, low, high, margin) != row.verdict:
        # Diverged repeats, or other series, have overruled it.
        return None
    end = ROOM * max(equivalent_above, margin)
    changes = sorted({0.0, exceeded_below, equivalent_above, end})
    ranges: list[tuple[Verdict, float, float]] = []
    for start, stop in pairwise(changes):
        verdict = claim_verdict(row.expect, low, high, (start + stop) / 2)
        goes_on = bool(ranges) and ranges[-1][0] == verdict
        ranges.append((verdict, ranges.pop()[1] if goes_on else start, stop))

    def shown(margin: float) -> str:
        return number(kind.natural(margin), digits)

    segments = [
        Segment(
            100 * start / end,
            100 * (stop - start) / end,
            mark_of(verdict),
            f"above {shown(start)}" if stop == end else f"{shown(start)} to {shown(stop)}",
        )
        for verdict, start, stop in ranges
    ]
    return MarginStrip(who, segments, 100 * margin / end)
