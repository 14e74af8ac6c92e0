"""The experiments: box plots of scenarios side by side, and published next to our results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np

from thousandfold import figures
from thousandfold.formatting import number
from thousandfold.metrics import metric_name
from thousandfold.report.run import SeriesRun
from thousandfold.report.section import Section
from thousandfold.study import Experiment
from thousandfold.svg import FigureElement

DESCRIPTION = ("n", "mean", "std", "min", "q25", "median", "q75", "max")
"""The columns of the descriptive tables, as the article prints them."""


@dataclass(frozen=True)
class Description:
    """A scenario's repeats in numbers, ours or published ones."""

    label: str
    source: str
    is_published: bool
    values: Sequence[str]


@dataclass(frozen=True)
class Shown:
    """One experiment."""

    title: str
    figure: FigureElement | None
    """None if no repeat has a finite value."""
    alt: str
    rows: Sequence[Description]


@dataclass(frozen=True)
class Experiments(Section):
    """The experiments that the study draws."""

    anchor: str
    whiskers: float
    columns: Sequence[str]
    experiments: Sequence[Shown]

    @classmethod
    def of(cls, run: SeriesRun) -> Self:
        """The experiments on a series."""
        metric = run.study.metric
        limits = _common_limits([run.values(metric, name) for name in run.summaries(metric)])
        return cls(
            anchor=run.anchor,
            whiskers=figures.WHISKERS,
            columns=DESCRIPTION,
            experiments=[
                _shown(run, index, experiment, limits)
                for index, experiment in enumerate(run.study.experiments)
            ],
        )


def _shown(
    run: SeriesRun, index: int, experiment: Experiment, limits: tuple[float, float]
) -> Shown:
    """One experiment on axes of these limits."""
    metric = run.study.metric
    described, measure = run.summaries(metric), metric_name(metric)
    names = [name for name in experiment.scenarios if name in described]
    published = {name: _published(run, name) for name in names}
    boxes = [
        figures.Box(
            run.labels[name], run.values(metric, name), described[name].mean,
            [row["mean"] for row in published[name]],
        )
        for name in names
        if described[name].n
    ]  # fmt: skip
    means = ", ".join(f"{box.label} {number(box.mean)}" for box in boxes)
    draw = partial(figures.box_plots, boxes, f"{measure}, {run.unit}", limits)
    return Shown(
        title=experiment.title,
        figure=run.add(f"experiment-{index}", draw) if boxes else None,
        alt=f"Box plots of the {measure}. Means in {run.unit}: {means}.",
        rows=[
            row
            for name in names
            for row in [
                Description(
                    run.labels[name], "this run", False, _values(vars(described[name]), run.digits)
                ),
                *(
                    Description(run.labels[name], row["source"], True, _values(row, run.digits))
                    for row in published[name]
                ),
            ]
        ],
    )


def _published(run: SeriesRun, scenario: str) -> list[dict[Any, Any]]:
    """The published rows about a scenario."""
    table = run.run.published.get(run.source.name)
    return [] if table is None else table[table["scenario"] == scenario].to_dict("records")


def _values(row: Mapping[Any, Any], digits: int) -> list[str]:
    """A row of numbers as the descriptive tables print it."""
    return [number(row[column], 0 if column == "n" else digits) for column in DESCRIPTION]


def _common_limits(samples: Sequence[np.ndarray]) -> tuple[float, float]:
    """Axis limits that show all values of all samples."""
    values = np.concatenate([*samples, *([[0.0, 1.0]] if not any(map(len, samples)) else [])])
    padding = 0.03 * (values.max() - values.min()) or 1.0
    return float(values.min() - padding), float(values.max() + padding)
