"""From trained repeats to their metrics: after training, so that a new metric trains nothing."""

import math

import numpy as np
import pandas as pd

from thousandfold.metrics import forecast_errors
from thousandfold.series import Series


def forecasts_of(table: pd.DataFrame, series: Series) -> np.ndarray:
    """The forecasts of the test in a table of trained repeats, shape (repeats, forecasts).

    Of labels the probability of each, shape (repeats, test_rows, labels). Row by row in memory, so
    that a repeat's sums do not depend on how many repeats there are.
    """
    shape = series.forecast_shape
    steps = [f"forecast_{step + 1}" for step in range(math.prod(shape))]
    return np.ascontiguousarray(table[steps].to_numpy()).reshape(-1, *shape)


def measured(table: pd.DataFrame, series: Series, task: str) -> pd.DataFrame:
    """A table of repeats trained for a task with their metrics, NaN of those that diverged."""
    diverged = table["diverged"].to_numpy()
    with np.errstate(invalid="ignore", over="ignore"):
        errors = forecast_errors(forecasts_of(table, series), series, task)
    return table.assign(**{name: np.where(diverged, np.nan, e) for name, e in errors.items()})
