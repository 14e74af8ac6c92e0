"""The series, and every scenario against forecasts that need no network."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from thousandfold import figures
from thousandfold.baselines import in_words
from thousandfold.formatting import number, percent
from thousandfold.inference.baselines import BETTER, UNDECIDED, WORSE
from thousandfold.metrics import metric_name
from thousandfold.report.run import SeriesRun, by
from thousandfold.report.section import Section
from thousandfold.sequences import described
from thousandfold.series import LabelledSequences, Series
from thousandfold.svg import FigureElement
from thousandfold.tables.rows import BaselineModelRow, BaselineRow


@dataclass(frozen=True)
class Baseline:
    """A forecast that needs no network, and how many scenarios are better, undecided or worse."""

    name: str
    model: str
    value: str
    counts: Sequence[int]
    left_out_because: str
    """"" if it is not left out."""


@dataclass(frozen=True)
class AgainstBaseline:
    """A scenario's mean minus a baseline's value."""

    difference: str
    interval: str
    result: str


@dataclass(frozen=True)
class Scenario:
    """A scenario against each baseline."""

    label: str
    against: Sequence[AgainstBaseline]


@dataclass(frozen=True)
class Label:
    """How often a label is there."""

    name: str
    training: int
    test: int


@dataclass(frozen=True)
class TheSeries(Section):
    """The series, or the sequences with labels, and how their baselines do."""

    anchor: str
    title: str
    test_rows: int
    origins: int
    steps_ahead: int
    figure: FigureElement | None
    """Of a series."""
    described: str
    """What there is of sequences."""
    labels: Sequence[Label]
    """Those of sequences."""
    metric: str
    unit: str
    level: str
    baselines: Sequence[Baseline]
    compared: Sequence[str]
    """The names of those that are not left out."""
    scenarios: Sequence[Scenario]

    @classmethod
    def of(cls, run: SeriesRun) -> Self | None:
        """The series, if it is known."""
        series, source = run.series, run.source
        if series is None:
            return None
        rows = run.rows(BaselineRow)
        against = by(rows, "baseline")
        sequences = series if isinstance(series, LabelledSequences) else None
        return cls(
            anchor=run.anchor,
            title=source.title,
            test_rows=series.held_out,
            origins=len(series.targets),
            steps_ahead=series.steps_ahead,
            figure=_drawn(run, series) if sequences is None else None,
            described=described(sequences) if sequences is not None else "",
            labels=_labels(sequences) if sequences is not None else (),
            metric=metric_name(run.study.metric),
            unit=run.unit,
            level=percent(1 - run.study.alpha),
            baselines=[
                _baseline(run, row, against.get(row.baseline, []))
                for row in run.rows(BaselineModelRow)
            ],
            compared=[in_words(name) for name in against],
            scenarios=[
                Scenario(run.labels[scenario], [_against(run, row) for row in of_scenario])
                for scenario, of_scenario in by(rows, "scenario").items()
            ],
        )


def _drawn(run: SeriesRun, series: Series) -> FigureElement:
    draw = partial(
        figures.series_figure, series.values, series.labels, series.test_rows, run.source.unit
    )
    return run.add("series", draw)


def _labels(data: LabelledSequences) -> list[Label]:
    training, test = (
        [int((part == number).sum()) for number in range(len(data.classes))]
        for part in (data.values[: -data.test_rows], data.values[-data.test_rows :])
    )
    return [Label(*cells) for cells in zip(data.classes, training, test, strict=True)]


def _baseline(run: SeriesRun, row: BaselineModelRow, against: Sequence[BaselineRow]) -> Baseline:
    """A row of the table of models, and those of the scenarios against it."""
    found = Counter(each.result for each in against)
    return Baseline(
        name=in_words(row.baseline),
        model=row.model or "",
        value=number(row.value, run.digits),
        counts=[found[result] for result in (BETTER, UNDECIDED, WORSE)],
        left_out_because=row.left_out_because or "",
    )


def _against(run: SeriesRun, row: BaselineRow) -> AgainstBaseline:
    difference, low, high = (
        number(value, run.digits) for value in (row.difference, row.ci_low, row.ci_high)
    )
    return AgainstBaseline(difference, f"[{low}, {high}]", row.result)
