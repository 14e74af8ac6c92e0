"""The metrics: what is measured of each repeat, and how to read it. Depends on NumPy only."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from thousandfold.series import Series

UNIT_OF_SERIES = None
"""Stands for the unit of the series, whatever that is."""

Errors = Callable[[np.ndarray, Series], np.ndarray]
"""From forecasts of the test rows, shape (..., test_rows), to one number for each, shape (...)."""


@dataclass(frozen=True)
class Metric:
    """What is measured of each repeat, and how to read it."""

    name: str
    """In prose."""
    unit: str | None
    """UNIT_OF_SERIES, or a unit of its own; "" has none."""
    description: str = ""
    """In a sentence, of those that every training has."""
    higher_is_better: bool = False
    of_forecasts: Errors | None = field(default=None, repr=False, compare=False)
    """None: it is known from training, or from a user's own table."""
    task: str = "regression"
    """The task whose forecasts it measures; a key of tasks.TASKS."""


def _actual(series: Series) -> np.ndarray:
    return series.values[-series.test_rows :]


def rmse(forecasts: np.ndarray, series: Series) -> np.ndarray:
    """Root mean squared error, in the series' units."""
    return np.sqrt(np.mean((forecasts - _actual(series)) ** 2, axis=-1))


def mae(forecasts: np.ndarray, series: Series) -> np.ndarray:
    """Mean absolute error, in the series' units."""
    return np.mean(np.abs(forecasts - _actual(series)), axis=-1)


def smape(forecasts: np.ndarray, series: Series) -> np.ndarray:
    """Symmetric mean absolute percentage error: 0 to 200 %.

    2 |f - a| / (|f| + |a|), 0 where both are 0 (Makridakis 1993).
    """
    actual = _actual(series)
    size = np.abs(forecasts) + np.abs(actual)
    with np.errstate(invalid="ignore"):
        shares = np.where(size > 0, 2 * np.abs(forecasts - actual) / size, 0.0)
    return 100 * np.mean(shares, axis=-1)


def mase(forecasts: np.ndarray, series: Series) -> np.ndarray:
    """Mean absolute error over that of forecasting the previous observation before the test.

    Hyndman and Koehler (2006), "Another look at measures of forecast accuracy", section 3. NaN
    where the latter is 0.
    """
    absolute = mae(forecasts, series)
    naive = float(np.abs(np.diff(series.values[: -series.test_rows])).mean())
    return absolute / naive if naive else np.full_like(absolute, np.nan)


METRICS = {
    "rmse": Metric(
        "RMSE",
        UNIT_OF_SERIES,
        "root mean squared error over the test rows; empty if diverged",
        of_forecasts=rmse,
    ),
    "mae": Metric(
        "MAE", UNIT_OF_SERIES, "mean absolute error; empty if diverged", of_forecasts=mae
    ),
    "smape": Metric(
        "sMAPE",
        "%",
        "symmetric mean absolute percentage error, 0 to 200; empty if diverged",
        of_forecasts=smape,
    ),
    "mase": Metric(
        "MASE",
        "naive errors",
        "mean absolute error over that of forecasting the previous observation before the test; "
        "empty if diverged",
        of_forecasts=mase,
    ),
    "train_loss": Metric(
        "training loss",
        "scaled squared errors",
        "mean squared error of the scaled targets in the last epoch",
    ),
    "train_seconds": Metric(
        "training time", "seconds", "how long its training took; only in an interleaved study"
    ),
}
"""The metrics of a training."""


def metric_name(metric: str) -> str:
    """A metric in prose; a column of a user's own table keeps its name."""
    return METRICS[metric].name if metric in METRICS else metric


def forecast_errors(
    forecasts: np.ndarray, series: Series, task: str = "regression"
) -> dict[str, np.ndarray]:
    """Every metric of a task's forecasts of the test rows, shape (..., test_rows), by its name."""
    return {
        name: metric.of_forecasts(forecasts, series)
        for name, metric in METRICS.items()
        if metric.of_forecasts is not None and metric.task == task
    }
