"""How far a verdict rests on the test rows, as the page says it, wherever it is about it."""

from collections.abc import Mapping

from thousandfold.formatting import number, percent
from thousandfold.inference.reach import STEADY
from thousandfold.report.run import SeriesRun
from thousandfold.tables.rows import ContrastRow, ReachRow

Key = tuple[str | None, ...]


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
    return f"sign flips in {percent(1 - row.same_sign, 0)}"


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
