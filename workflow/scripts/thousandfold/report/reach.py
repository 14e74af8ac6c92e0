"""How far a verdict rests on the test rows, as the page says it, wherever it is about it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thousandfold.formatting import decimals, number, percent
from thousandfold.inference.contrasts import KINDS
from thousandfold.inference.reach import STEADY
from thousandfold.report.run import SeriesRun
from thousandfold.tables.rows import ContrastRow, ReachRow

Key = tuple[str | None, ...]


@dataclass(frozen=True)
class ReachPlot:
    """A comparison over other test rows, in words and as a small figure over the margin.

    Places are shares of the figure's width, in percent.
    """

    sentence: str
    band: float
    band_width: float
    zero: float
    low: float
    """The ends of the range over resampled test rows."""
    high: float
    estimate: float
    decided: tuple[float, float] | None
    """The ends of the interval that decides."""


def key_of(row: ContrastRow | ReachRow) -> Key:
    """What identifies a contrast on one series."""
    return row.metric, row.estimand, row.comparison, row.scenario_a, row.scenario_b


def reaches_of(run: SeriesRun) -> Mapping[Key, ReachRow]:
    """The rows of the reach table about a series, by contrast."""
    return {key_of(row): row for row in run.rows(ReachRow)}


def mark_of_reach(row: ReachRow | None) -> str:
    """What the first table says where other test rows might change the sign; "" elsewhere."""
    if row is None or row.same_sign >= STEADY:
        return ""
    share = percent(1 - row.same_sign, 0).replace(" ", "\N{NO-BREAK SPACE}")
    return f"sign flips in {share}"


def reach_plots(run: SeriesRun, contrasts: Sequence[ContrastRow]) -> list[ReachPlot]:
    """A plot for each of a claim's comparisons that has one."""
    reaches, series = reaches_of(run), run.series
    if series is None:
        return []
    plots = []
    for row in contrasts:
        found = reaches.get(key_of(row))
        if found is not None:
            labels = KINDS[row.estimand].labels(row, run.labels) if len(contrasts) > 1 else []
            plots.append(_plot(row, found, len(series.forecasts_per_row), ", ".join(labels)))
    return plots


def _plot(row: ContrastRow, found: ReachRow, test_rows: int, who: str) -> ReachPlot:
    kind = KINDS[row.estimand]
    digits = 2 if kind.is_ratio else decimals(row.margin)
    low, high, estimate = map(kind.scaled, (found.low, found.high, row.difference))
    ends = kind.scaled(row.ci_low), kind.scaled(row.ci_high)
    band = tuple(map(kind.scaled, kind.band(row.margin)))
    sizes = map(abs, (low, high, estimate, *ends, *band))
    reach = 1.05 * max(filter(math.isfinite, sizes), default=1.0)

    def place(value: float) -> float:
        return 50 + 50 * max(-reach, min(reach, value)) / reach

    sentence = sentence_of_reach(found, test_rows, digits)
    return ReachPlot(
        sentence=f"{who}: {sentence}" if who else sentence,
        band=place(band[0]),
        band_width=place(band[1]) - place(band[0]),
        zero=place(0.0),
        low=place(low),
        high=place(high),
        estimate=place(estimate),
        decided=(place(ends[0]), place(ends[1])) if math.isfinite(ends[0]) else None,
    )


def sentence_of_reach(row: ReachRow, test_rows: int, digits: int) -> str:
    """How far a contrast rests on the test rows."""
    ends = f"[{number(row.low, digits)}, {number(row.high, digits)}]"
    without = (
        f"{number(row.lowest_without_one, digits)} to {number(row.highest_without_one, digits)}"
    )
    return (
        f"Over resampled test rows ({test_rows} of them, in blocks of {row.block}) 95 % of the "
        f"estimates are in {ends} and {percent(row.same_sign, 1)} have the same sign; with each "
        f"row left out in turn it is {without}."
    )
