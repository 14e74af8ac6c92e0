"""The verdicts on a comparison by margin, as a strip with the registered margin marked."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from thousandfold.formatting import decimals, number
from thousandfold.inference.contrasts import KINDS
from thousandfold.inference.population.judging import in_words
from thousandfold.inference.verdicts import Verdict
from thousandfold.report.marks import Mark, mark_of
from thousandfold.report.run import Run, SeriesRun
from thousandfold.tables.rows import ContrastRow, MarginRow, PopulationRow

Judged = ContrastRow | PopulationRow

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
    low: str
    """The margins at its ends."""
    high: str
    registered: float
    """Where the registered margin is."""
    margin: str
    """The registered margin."""


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


def strip_over_series(run: Run, row: PopulationRow, who: Sequence[str]) -> MarginStrip | None:
    """The strip of a typical effect over series, if it decides."""
    ranges = [r for r in run.rows(MarginRow) if r.series is None and _key(r) == _key(row)]
    return _strip(row, who, ranges, _mark_over_series) if ranges else None


def _mark_over_series(verdict: str) -> Mark:
    return mark_of(in_words(Verdict(verdict)))


def _key(row: Judged | MarginRow) -> tuple[str | None, ...]:
    return row.id, row.scenario_a, row.scenario_b, row.metric, row.estimand


def _strip(
    row: Judged,
    who: Sequence[str],
    ranges: Sequence[MarginRow],
    mark: Callable[[str], Mark] = mark_of,
) -> MarginStrip:
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
            Segment(100 * start / end, 100 * (stop - start) / end, mark(each.verdict), words)
        )
    low, high, registered = (
        number(value, digits) for value in (ranges[0].above, kind.natural(end), row.margin)
    )
    return MarginStrip(who, segments, low, high, 100 * margin / end, registered)
