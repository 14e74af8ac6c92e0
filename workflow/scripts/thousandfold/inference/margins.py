"""The margins table: the verdict on each comparison as a function of the margin."""

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

from thousandfold.inference.contrasts import KINDS
from thousandfold.inference.verdicts import Verdict, claim_verdict, margins_of_change
from thousandfold.tables.rows import ContrastRow, MarginRow, PopulationRow


def margins_table(contrasts: Iterable[ContrastRow]) -> list[MarginRow]:
    """A row for each range of margins with one verdict.

    None for a claimed range, which has no margin, for a comparison without interval, where diverged
    repeats overrule what the interval says, and of a claim over series, whose verdict on one of
    them takes the p of all.
    """
    return [
        row
        for contrast in contrasts
        if contrast.expect != "precision" and math.isnan(contrast.exploratory_p)
        for row in _rows(contrast, contrast.series, contrast.ci_low, contrast.ci_high)
    ]


def margins_over_series(population: Iterable[PopulationRow]) -> list[MarginRow]:
    """The same of each typical effect over series: none where a share of series decides."""
    return [
        row
        for contrast in population
        if math.isnan(contrast.on_at_least)
        for row in _rows(contrast, None, contrast.typical_low, contrast.typical_high)
    ]


def _rows(
    contrast: ContrastRow | PopulationRow, series: str | None, ci_low: float, ci_high: float
) -> Iterator[MarginRow]:
    kind = KINDS[contrast.estimand]
    low, high = kind.scaled(ci_low), kind.scaled(ci_high)
    if not (math.isfinite(low) and math.isfinite(high)):
        return
    if claim_verdict(contrast.expect, low, high, kind.scaled(contrast.margin)) != contrast.verdict:
        return
    for verdict, start, stop in _ranges(contrast.expect, low, high):
        yield MarginRow(
            series=series, id=contrast.id, scenario_a=contrast.scenario_a,
            scenario_b=contrast.scenario_b, metric=contrast.metric, estimand=contrast.estimand,
            above=kind.natural(start),
            up_to=kind.natural(stop) if math.isfinite(stop) else math.nan, verdict=str(verdict),
        )  # fmt: skip


def _ranges(expect: str, low: float, high: float) -> list[tuple[Verdict, float, float]]:
    """The verdict between successive margins at which it may change, from 0 to infinity."""
    equivalent_above, exceeded_below = margins_of_change(low, high)
    ranges: list[tuple[Verdict, float, float]] = []
    for start, stop in pairwise(sorted({0.0, exceeded_below, equivalent_above, math.inf})):
        within = start + 1.0 if math.isinf(stop) else (start + stop) / 2
        verdict = claim_verdict(expect, low, high, within)
        goes_on = bool(ranges) and ranges[-1][0] == verdict
        ranges.append((verdict, ranges.pop()[1] if goes_on else start, stop))
    return ranges
