"""The forecasts of every scenario, next to those that need no network."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from markupsafe import Markup

from thousandfold import figures
from thousandfold.formatting import percent
from thousandfold.inference.precision import BETTER, SUMMARY_LEVEL, WORSE
from thousandfold.metrics import metric_name
from thousandfold.report.run import SeriesRun, by
from thousandfold.report.section import Section
from thousandfold.tables.rows import BaselineForecastRow, BaselineRow, ForecastBandRow


@dataclass(frozen=True)
class Forecasts(Section):
    """The bands of the forecasts, and how many scenarios beat the baselines."""

    anchor: str
    test_rows: int
    horizon: int
    beaten: str
    """How many scenarios do better than the baselines; "" if there are none."""
    figure: Markup

    @classmethod
    def of(cls, run: SeriesRun) -> Self | None:
        """The forecasts of a series, if there are any."""
        series, bands = run.series, by(run.rows(ForecastBandRow), "scenario")
        if series is None or not bands:
            return None
        baselines = by(run.rows(BaselineForecastRow), "baseline")
        drawn = figures.forecast_fans(
            [(label, bands[name]) for name, label in run.labels.items() if name in bands],
            {name: [row.forecast for row in rows] for name, rows in baselines.items()},
            series.labels[-series.test_rows :],
            run.source.unit,
        )
        return cls(
            anchor=run.anchor,
            test_rows=series.test_rows,
            horizon=series.horizon,
            beaten=_against_baselines(run.rows(BaselineRow), metric_name(run.study.metric)),
            figure=run.drawn("forecasts", drawn),
        )


def _against_baselines(rows: Sequence[BaselineRow], metric: str) -> str:
    """In a sentence, how many scenarios do better than each forecast that needs no network.

    Nothing where the metric does not measure forecasts.
    """
    if not rows:
        return ""
    parts = []
    for name, against in by(list(rows), "baseline").items():
        results = Counter(row.result for row in against)
        parts.append(f"{results[BETTER]} better and {results[WORSE]} worse than {name}")
    scenarios = len({row.scenario for row in rows})
    return (
        f"Of {scenarios} scenarios, {'; '.join(parts)} "
        f"({percent(SUMMARY_LEVEL)} intervals of the mean {metric})."
    )
