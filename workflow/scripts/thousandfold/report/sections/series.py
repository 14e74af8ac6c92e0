"""The series, and every scenario against forecasts that need no network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from markupsafe import Markup

from thousandfold import figures
from thousandfold.baselines import in_words
from thousandfold.formatting import number, percent
from thousandfold.inference.precision import SUMMARY_LEVEL
from thousandfold.metrics import metric_name
from thousandfold.report.run import SeriesRun, by
from thousandfold.report.section import Section
from thousandfold.tables.rows import BaselineRow


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
class TheSeries(Section):
    """The series, and how its baselines do."""

    anchor: str
    title: str
    test_rows: int
    figure: Markup
    metric: str
    unit: str
    mean_level: str
    baselines: Sequence[str]
    """Their names."""
    values: str
    """The metric of each."""
    scenarios: Sequence[Scenario]

    @classmethod
    def of(cls, run: SeriesRun) -> Self | None:
        """The series, if it is known."""
        series, source, digits = run.series, run.source, run.digits
        if series is None:
            return None
        rows = run.rows(BaselineRow)
        values = {row.baseline: number(row.baseline_value, digits) for row in rows}
        named = [f"{value} ({in_words(name)})" for name, value in values.items()]
        drawn = figures.series_figure(series.values, series.labels, series.test_rows, source.unit)
        return cls(
            anchor=run.anchor,
            title=source.title,
            test_rows=series.test_rows,
            figure=run.drawn("series", drawn),
            metric=metric_name(run.study.metric),
            unit=run.unit,
            mean_level=percent(SUMMARY_LEVEL),
            baselines=list(values),
            values=" and ".join([", ".join(named[:-1]), *named[-1:]]),
            scenarios=[
                Scenario(
                    run.labels[scenario],
                    [
                        AgainstBaseline(
                            number(row.difference, digits),
                            f"[{number(row.ci_low, digits)}, {number(row.ci_high, digits)}]",
                            row.result,
                        )
                        for row in against
                    ],
                )
                for scenario, against in by(rows, "scenario").items()
            ],
        )
