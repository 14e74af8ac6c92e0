"""Scenarios against forecasts that need no network."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from thousandfold.baselines import Baseline, LeftOut, forecasts_of
from thousandfold.inference.population.typical import median_interval
from thousandfold.inference.precision import reach_of_mean
from thousandfold.inference.samples import Sample, Samples
from thousandfold.series import Series
from thousandfold.tables.rows import (
    BaselineForecastRow,
    BaselineModelRow,
    BaselineOverSeriesRow,
    BaselineRow,
)

Errors = Mapping[str, Mapping[str, float]]
"""The baselines' errors, by series and baseline."""

Baselines = Mapping[str, Mapping[str, Baseline | LeftOut]]
"""By series and name."""

BETTER, WORSE, UNDECIDED = "better", "worse", "undecided"
"""What a scenario is than a baseline, by the interval of their difference."""

BEST = "best"
"""In place of a baseline's name: on each series the one with the lowest error on its test rows."""


def best_of(errors: Mapping[str, float], *, higher_is_better: bool = False) -> str | None:
    """The baseline with the best value, of equal ones the first; None if no value is known."""
    known = {name: error for name, error in errors.items() if not math.isnan(error)}
    best = max if higher_is_better else min
    return best(known, key=known.__getitem__, default=None)


def compare_with_baselines(
    samples: Samples, errors: Errors, alpha: float, *, higher_is_better: bool = False
) -> list[BaselineRow]:
    """The baselines table: one row per series, scenario and baseline."""
    return [
        row
        for (series, _), sample in samples.items()
        for row in against_baselines(
            sample, errors.get(series, {}), alpha, higher_is_better=higher_is_better
        )
    ]


def against_baselines(
    sample: Sample,
    errors: Mapping[str, float],
    alpha: float,
    *,
    higher_is_better: bool = False,
) -> Iterator[BaselineRow]:
    """A scenario's mean minus each baseline's error, with its one-sample t interval.

    A baseline's error is one number: it has no repeats.
    """
    mean = float(sample.moments.mean) if len(sample.finite) else math.nan
    reach = reach_of_mean(sample, 1 - alpha)
    best = best_of(errors, higher_is_better=higher_is_better)
    below, above = (WORSE, BETTER) if higher_is_better else (BETTER, WORSE)
    for name, error in errors.items():
        low, high = mean - reach - error, mean + reach - error
        yield BaselineRow(
            series=sample.series,
            scenario=sample.scenario,
            baseline=name,
            baseline_value=error,
            n=len(sample.finite),
            difference=mean - error,
            ci_low=low,
            ci_high=high,
            interval_level=1 - alpha,
            result=below if high < 0 else above if low > 0 else UNDECIDED,
            is_best=name == best,
        )


def baselines_over_series(rows: Sequence[BaselineRow], alpha: float) -> list[BaselineOverSeriesRow]:
    """The baselines_over_series table: one row per scenario and baseline, and the best of them.

    From the rows of the baselines table.
    """
    groups: dict[tuple[str, str], list[BaselineRow]] = {}
    for row in rows:
        for name in (BEST, row.baseline) if row.is_best else (row.baseline,):
            groups.setdefault((row.scenario, name), []).append(row)
    return [
        BaselineOverSeriesRow(scenario=scenario, baseline=name, **_over_series(of_group, alpha))
        for (scenario, name), of_group in groups.items()
    ]


def _over_series(rows: Sequence[BaselineRow], alpha: float) -> dict[str, Any]:
    """What a scenario is against a baseline on how many series, and the median of their ratios."""
    results = Counter(row.result for row in rows)
    found = [1 + row.difference / row.baseline_value for row in rows if row.baseline_value > 0]
    ratios = np.array([ratio for ratio in found if math.isfinite(ratio)])
    interval = median_interval(ratios, alpha)
    return {
        "n_series": len(rows), "n_better": results[BETTER], "n_worse": results[WORSE],
        "n_undecided": results[UNDECIDED], "n_ratios": len(ratios),
        "median_ratio": float(np.median(ratios)) if len(ratios) else math.nan,
        "median_ratio_low": interval.low if interval else math.nan,
        "median_ratio_high": interval.high if interval else math.nan,
    }  # fmt: skip


def baseline_models_table(
    baselines: Baselines, errors: Errors, *, higher_is_better: bool = False
) -> list[BaselineModelRow]:
    """The baseline_models table: what was fitted, or why nothing was, and its error."""
    best = {
        series: best_of(of_series, higher_is_better=higher_is_better)
        for series, of_series in errors.items()
    }
    return [
        BaselineModelRow(
            series=series,
            baseline=name,
            model=baseline.model if isinstance(baseline, Baseline) else None,
            value=errors[series].get(name, math.nan),
            is_best=name == best[series],
            left_out_because=baseline.reason if isinstance(baseline, LeftOut) else None,
        )
        for series, by_name in baselines.items()
        for name, baseline in by_name.items()
    ]


def baseline_forecasts_table(
    baselines: Baselines, series: Mapping[str, Series]
) -> Iterator[BaselineForecastRow]:
    """The baseline_forecasts table: one row per series, baseline and forecast of the test.

    Those of labels are left out.
    """
    for name, by_name in baselines.items():
        for baseline, forecasts in forecasts_of(by_name).items():
            if forecasts.ndim > 1:
                continue
            for step, ahead, forecast in zip(*series[name].steps, forecasts, strict=True):
                yield BaselineForecastRow(
                    series=name, baseline=baseline, step=step, steps_ahead=ahead, forecast=forecast
                )
