"""Forecasts that need no network. Depends on NumPy only."""

from collections.abc import Iterable, Mapping

import numpy as np

from thousandfold.metrics import forecast_errors
from thousandfold.series import Series

PERSISTENCE, DRIFT, AUTOREGRESSION = "persistence", "drift", "ar"
"""The baselines' names; that of an autoregression is followed by its number of lags."""

ROWS_PER_COEFFICIENT = 2
"""The fewest training rows that an autoregression is fitted on."""


def baseline_forecasts(series: Series, orders: Iterable[int] = (1,)) -> dict[str, np.ndarray]:
    """One-step forecasts of the test rows by methods that need no network.

    persistence: the previous observation. drift: that plus the mean difference to forecast in
    the training rows. ar1, ar2, ...: that plus an ordinary least squares autoregression of the
    difference on that many before it, with intercept, fitted on the training rows; left out where
    these are too few. All see the actual previous observation.
    """
    differences = np.diff(series.values)
    previous = series.values[-series.test_rows - 1 : -1]
    drift = differences[1 : -series.test_rows].mean()
    forecasts = {PERSISTENCE: previous, DRIFT: previous + drift}
    for order in orders:
        if len(differences) - series.test_rows < ROWS_PER_COEFFICIENT * (order + 1):
            continue
        lags = np.lib.stride_tricks.sliding_window_view(differences, order)[:-1]
        design = np.column_stack([np.ones(len(lags)), lags])
        train, test = slice(None, -series.test_rows), slice(-series.test_rows, None)
        coefficients = np.linalg.lstsq(design[train], differences[order:][train], rcond=None)[0]
        forecasts[f"{AUTOREGRESSION}{order}"] = previous + design[test] @ coefficients
    return forecasts


def baseline_errors(
    forecasts: Mapping[str, np.ndarray], series: Series, metric: str
) -> dict[str, float]:
    """Each baseline's error over the test rows; none if the metric does not measure forecasts."""
    errors = {name: forecast_errors(f, series) for name, f in forecasts.items()}
    return {name: float(e[metric]) for name, e in errors.items() if metric in e}


def in_words(baseline: str) -> str:
    """A baseline in prose."""
    lags = baseline.removeprefix(AUTOREGRESSION)
    return f"AR({lags}) of the differences" if lags.isdecimal() else baseline
