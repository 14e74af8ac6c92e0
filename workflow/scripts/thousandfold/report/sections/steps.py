"""How wrong forecasts are, by how many steps ahead they are made."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np

from thousandfold import figures
from thousandfold.baselines import PERSISTENCE, in_words
from thousandfold.formatting import number, percent
from thousandfold.inference.precision import SUMMARY_LEVEL
from thousandfold.metrics import metric_name
from thousandfold.report.run import SeriesRun, by
from thousandfold.report.section import Section
from thousandfold.svg import FigureElement
from thousandfold.tables.rows import BaselineRow, StepErrorRow

MOST_COLUMNS = 8
"""Steps in the table; of more, some in equal distances."""


@dataclass(frozen=True)
class Forecaster:
    """A scenario, or a forecast that needs no network, and its errors."""

    label: str
    cells: Sequence[str]
    """For each step that is shown."""


@dataclass(frozen=True)
class Steps(Section):
    """The error at each of several steps ahead."""

    anchor: str
    steps_ahead: int
    origins: int
    metric: str
    unit: str
    level: str
    best: str
    """Which scenario has the lowest error at the first step and at the last."""
    shown: Sequence[int]
    scenarios: Sequence[Forecaster]
    baselines: Sequence[Forecaster]
    figure: FigureElement

    @classmethod
    def of(cls, run: SeriesRun) -> Self | None:
        """The errors by step of a series that is forecast several steps ahead."""
        series, rows = run.series, run.rows(StepErrorRow)
        if series is None or series.steps_ahead == 1 or not rows:
            return None
        metric = run.study.metric
        if metric not in {row.metric for row in rows}:
            metric = rows[0].metric
        of_metric = [row for row in rows if row.metric == metric]
        scenarios = by([row for row in of_metric if not row.is_baseline], "forecaster")
        baselines = by([row for row in of_metric if row.is_baseline], "forecaster")
        # Whether the best baseline of the study's metric is so by this one does not matter here.
        drawn = {PERSISTENCE, *(row.baseline for row in run.rows(BaselineRow) if row.is_best)}
        shown = np.unique(np.linspace(1, series.steps_ahead, MOST_COLUMNS).round().astype(int))
        unit = run.study.unit(run.source.name, metric)
        draw = partial(
            figures.errors_by_step,
            [(run.labels[name], of_one) for name, of_one in scenarios.items()],
            {
                in_words(name): [row.mean for row in of_one]
                for name, of_one in baselines.items()
                if name in drawn
            },
            " ".join(filter(None, (metric_name(metric), unit and f"in {unit}"))),
        )

        def forecaster(label: str, of_one: Sequence[StepErrorRow]) -> Forecaster:
            cells = [number(of_one[step - 1].mean, run.digits) for step in shown]
            return Forecaster(label, cells)

        return cls(
            anchor=run.anchor,
            steps_ahead=series.steps_ahead,
            origins=rows[0].origins,
            metric=metric_name(metric),
            unit=unit,
            level=percent(SUMMARY_LEVEL),
            best=_best({run.labels[name]: of_one for name, of_one in scenarios.items()}),
            shown=shown.tolist(),
            scenarios=[forecaster(run.labels[name], of_one) for name, of_one in scenarios.items()],
            baselines=[forecaster(in_words(name), of_one) for name, of_one in baselines.items()],
            figure=run.add("steps", draw),
        )


def _best(scenarios: dict[str, list[StepErrorRow]]) -> str:
    """In a sentence, which scenarios have the lowest errors; "" of a single one."""
    if len(scenarios) < 2:
        return ""
    first, last = (
        min(scenarios, key=lambda label: scenarios[label][place].mean) for place in (0, -1)
    )
    if first == last:
        return f"{first} has the lowest mean at the first step and at the last."
    return f"{first} has the lowest mean at the first step, {last} at the last."
