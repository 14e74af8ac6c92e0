"""How wrong forecasts are, step by step: metrics over the forecasts of so many steps ahead."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby

import numpy as np
import pandas as pd

from thousandfold.inference.precision import SUMMARY_LEVEL, reach_of_mean
from thousandfold.inference.samples import Sample
from thousandfold.metrics import first_metric, metrics_of_forecasts
from thousandfold.series import Series
from thousandfold.tables.rows import BaselineForecastRow, StepErrorRow


def metrics_by_step(metrics: Collection[str]) -> list[str]:
    """Those of a study's metrics that measure forecasts; if none does, the first that there is."""
    return [name for name in metrics_of_forecasts() if name in metrics] or [
        first_metric("regression")
    ]


def step_errors(
    forecasts: Iterable[pd.DataFrame],
    series: Mapping[str, Series],
    metrics: Collection[str],
    deterministic: Collection[str] = (),
) -> Iterator[StepErrorRow]:
    """The scenarios' rows of the step_errors table.

    From one table of forecasts for each series and scenario, in which each repeat has its forecasts
    of the test in the order of `Series.actual`. Repeats with a forecast that is not finite are left
    out, and scenarios that have no others.
    """
    for table in forecasts:
        name, scenario = table["series"].iloc[0], table["scenario"].iloc[0]
        one = series[name]
        of_test = table.loc[table["step"] <= one.test_rows, "forecast"].to_numpy(float)
        by_repeat = of_test.reshape(-1, one.targets.size)
        finite = by_repeat[np.isfinite(by_repeat).all(axis=1)]
        if not len(finite):
            continue
        for metric, errors in _by_step(finite, one, metrics):
            for ahead, values in enumerate(errors.T, start=1):
                # Nothing is resampled, so that the seed does not matter.
                sample = Sample(name, scenario, values, 0, scenario in deterministic)
                mean = float(values.mean())
                reach = reach_of_mean(sample, SUMMARY_LEVEL)
                yield StepErrorRow(
                    series=name, forecaster=scenario, is_baseline=False, metric=metric,
                    steps_ahead=ahead, origins=len(one.targets), n=len(values), mean=mean,
                    ci_low=mean - reach, ci_high=mean + reach,
                )  # fmt: skip


def baseline_step_errors(
    forecasts: Iterable[BaselineForecastRow],
    series: Mapping[str, Series],
    metrics: Collection[str],
) -> Iterator[StepErrorRow]:
    """The baselines' rows of the step_errors table, from those of the baseline_forecasts table."""
    for (name, baseline), rows in groupby(forecasts, key=lambda row: (row.series, row.baseline)):
        one, values = series[name], np.array([row.forecast for row in rows])
        for metric, errors in _by_step(values, one, metrics):
            for ahead, error in enumerate(errors.tolist(), start=1):
                yield StepErrorRow(
                    series=name, forecaster=baseline, is_baseline=True, metric=metric,
                    steps_ahead=ahead, origins=len(one.targets), n=None, mean=error,
                    ci_low=math.nan, ci_high=math.nan,
                )  # fmt: skip


def _by_step(
    forecasts: np.ndarray, series: Series, metrics: Collection[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """Each metric of forecasts (..., forecasts) of every step, (..., steps_ahead)."""
    for name in metrics_by_step(metrics):
        yield name, metrics_of_forecasts()[name].of_each_step(forecasts, series)
