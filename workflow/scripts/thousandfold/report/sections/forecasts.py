"""The forecasts of every scenario, next to those that need no network."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self, TypeVar

from thousandfold import figures
from thousandfold.baselines import PERSISTENCE, in_words
from thousandfold.formatting import agreeing, counted, percent
from thousandfold.inference.baselines import BETTER, WORSE
from thousandfold.metrics import metric_name
from thousandfold.report.run import SeriesRun, by
from thousandfold.report.section import Section
from thousandfold.svg import FigureElement
from thousandfold.tables.rows import BaselineForecastRow, BaselineRow, ForecastBandRow


@dataclass(frozen=True)
class Forecasts(Section):
    """The bands of the forecasts, and how many scenarios beat the best baseline."""

    anchor: str
    test_rows: int
    horizon: int
    steps_ahead: int
    beaten: str
    """How many scenarios do better than the best baseline; "" if there is none."""
    figure: FigureElement

    @classmethod
    def of(cls, run: SeriesRun) -> Self | None:
        """The forecasts of a series, if there are any."""
        series, bands = run.series, by(run.rows(ForecastBandRow), "scenario")
        if series is None or not bands:
            return None
        against_best = [row for row in run.rows(BaselineRow) if row.is_best]
        shown = {PERSISTENCE, *(row.baseline for row in against_best)}
        baselines = by(run.rows(BaselineForecastRow), "baseline")
        draw = partial(
            figures.forecast_fans,
            [(label, _latest(bands[name])) for name, label in run.labels.items() if name in bands],
            {
                in_words(name): [row.forecast for row in _latest(rows)]
                for name, rows in baselines.items()
                if name in shown
            },
            series.labels[-series.test_rows :],
            run.source.unit,
        )
        return cls(
            anchor=run.anchor,
            test_rows=series.test_rows,
            horizon=series.horizon,
            steps_ahead=series.steps_ahead,
            beaten=_against_best(against_best, metric_name(run.study.metric)),
            figure=run.add("forecasts", draw),
        )


OfAStep = TypeVar("OfAStep", ForecastBandRow, BaselineForecastRow)


def _latest(rows: Sequence[OfAStep]) -> list[OfAStep]:
    """Of each value that is forecast, the row of the fewest steps ahead."""
    return [min(of_step, key=lambda row: row.steps_ahead) for of_step in by(rows, "step").values()]


def _against_best(rows: Sequence[BaselineRow], metric: str) -> str:
    """In a sentence, how many scenarios do better than the best forecast that needs no network.

    Nothing where the metric does not measure forecasts.
    """
    if not rows:
        return ""
    results = Counter(row.result for row in rows)
    return (
        f"Of {counted(len(rows), 'scenario')}, {results[BETTER]} "
        f"{agreeing(results[BETTER], 'do')} better and {results[WORSE]} worse than "
        f"the best of these, {in_words(rows[0].baseline)} ({percent(rows[0].interval_level)} "
        f"intervals of the mean {metric})."
    )
