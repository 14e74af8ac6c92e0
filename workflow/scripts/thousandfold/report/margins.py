"""The verdicts on a comparison by margin, as a strip with the registered margin marked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from thousandfold.formatting import decimals, number
from thousandfold.inference.contrasts import KINDS
from thousandfold.report.marks import Mark, mark_of
from thousandfold.report.run import SeriesRun
from thousandfold.tables.rows import ContrastRow, MarginRow

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


def margin_strips(run: SeriesRun, contrasts: Sequence[ContrastRow]) -> list[MarginStrip]:
    """A strip for each of a claim's comparisons that has one."""
    ids = {row.id for row in contrasts}
    rows = {
        key: list(group)
        for key, group in groupby((r for r in run.rows(MarginRow) if r.id in ids), _key)
    }
    return [
        _strip(
            row,
            KINDS[row.estimand].labels(row, run.labels) if len(contrasts) > 1 else [],
            rows[_key(row)],
        )
        for row in contrasts
        if _key(row) in rows
    ]


def _key(row: ContrastRow | MarginRow) -> tuple[str | None, ...]:
    return row.id, row.scenario_a, row.scenario_b, row.metric, row.estimand


def _strip(row: ContrastRow, who: Sequence[str], ranges: Sequence[MarginRow]) -> MarginStrip:
    kind = KINDS[row.estimand]
    digits = 2 if kind.is_ratio else decimals(row.margin)
    margin = kind.scaled(row.margin)
    starts = [kind.scaled(each.above) for each in ranges]
    end = ROOM * max(*starts, margin)
    segments = []
    for each, start in zip(ranges, starts, strict=True):
        is_last = math.isnan(each.up_to)
        stop = end if is_last else kind.scaled(each.up_to)
        above, up_to = number(each.above, digits), number(each.up_to, digits)
        words = f"above {above}" if is_last else f"{above} to {up_to}"
        segments.append(
            Segment(100 * start / end, 100 * (stop - start) / end, mark_of(each.verdict), words)
        )
    return MarginStrip(who, segments, 100 * margin / end)
