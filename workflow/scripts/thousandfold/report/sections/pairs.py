"""All pairs of scenarios, or those that a claim names: exploratory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.formatting import is_known, number, p_value, percent
from thousandfold.inference.designs import DESIGNS
from thousandfold.metrics import metric_name
from thousandfold.report.run import SeriesRun
from thousandfold.report.section import Section
from thousandfold.tables.rows import ComparisonRow

DARKEST = 45
"""The share of its colour, in percent, that the cell of the largest difference has."""


@dataclass(frozen=True)
class Cell:
    """A difference, and the colour that it is shown in."""

    difference: str
    strength: float
    """The share of its colour, in percent."""
    is_worse: bool


@dataclass(frozen=True)
class HeatRow:
    """How far a scenario's mean differs from all others; None where it is not known."""

    label: str
    cells: Sequence[Cell | None]


@dataclass(frozen=True)
class Number:
    """A number as it is printed, and as a table is sorted by it."""

    shown: str
    value: float


@dataclass(frozen=True)
class Pair:
    """Two scenarios, their difference, and its tests."""

    a: str
    b: str
    difference: Number
    interval: Number
    t_test: Number
    rank_test: Number


@dataclass(frozen=True)
class Pairs(Section):
    """The comparisons that no claim makes."""

    anchor: str
    metric: str
    unit: str
    n_scenarios: int
    heat: Sequence[HeatRow]
    """Empty if there are too many scenarios to compare all."""
    interval_level: str
    pairs: Sequence[Pair]

    @classmethod
    def of(cls, run: SeriesRun) -> Self | None:
        """The pairs on a series, if there are any."""
        rows = run.rows(ComparisonRow)
        if not rows:
            return None
        return cls(
            anchor=run.anchor,
            metric=metric_name(run.study.metric),
            unit=run.unit,
            n_scenarios=len(run.study.scenarios),
            heat=_heat_map(run, rows) if run.study.compares_all_pairs else [],
            interval_level=percent(rows[0].interval_level),
            pairs=[_pair(run, row) for row in rows],
        )


def _pair(run: SeriesRun, row: ComparisonRow) -> Pair:
    """A row of the comparisons table."""
    digits = run.digits
    p_values = [getattr(row, f"{test}_p_bh") for test in DESIGNS[run.study.design].TESTS]
    t_test, rank_test = (Number(p_value(p), p) for p in p_values)
    interval = f"{number(row.ci_low, digits)} to {number(row.ci_high, digits)}"
    return Pair(
        run.labels[row.scenario_a],
        run.labels[row.scenario_b],
        Number(number(row.difference, digits), row.difference),
        Number(interval, row.ci_low),
        t_test,
        rank_test,
    )


def _heat_map(run: SeriesRun, rows: Sequence[ComparisonRow]) -> list[HeatRow]:
    """How far each scenario's mean differs from all others, relative to the largest difference."""
    differences = {
        pair: sign * row.difference
        for row in rows
        for pair, sign in [
            ((row.scenario_a, row.scenario_b), 1),
            ((row.scenario_b, row.scenario_a), -1),
        ]
        if is_known(row.difference)
    }
    largest = max(map(abs, differences.values()), default=0.0) or 1.0
    higher_is_better = run.study.measured(run.study.metric).higher_is_better

    def cell(pair: tuple[str, str]) -> Cell | None:
        if pair not in differences:
            return None
        value = differences[pair]
        strength = round(DARKEST * abs(value / largest), 1)
        return Cell(number(value, run.digits - 1), strength, (value > 0) != higher_is_better)

    return [
        HeatRow(label, [cell((row, column)) for column in run.labels])
        for row, label in run.labels.items()
    ]
