"""The metrics: what is measured of each repeat, and how to read it. Depends on NumPy only."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from thousandfold.series import Series

UNIT_OF_SERIES = None
"""Stands for the unit of the series, whatever that is."""

REGRESSIONS = ("regression",)
"""The tasks that forecast a value of the series; keys of tasks.TASKS."""

RowErrors = Callable[[np.ndarray, Series], np.ndarray]
"""From forecasts of the test, of `Series.actual` along their last axis, to the error of each."""

OfAverage = Callable[[np.ndarray, Series], np.ndarray]
"""From the average of these errors to the metric."""


def _itself(average: np.ndarray, series: Series) -> np.ndarray:
    return average


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
    row_errors: RowErrors | None = field(default=None, repr=False, compare=False)
    """Those that it averages; None: it is known from training, or from a user's table."""
    average: Callable[..., np.ndarray] = field(default=np.mean, repr=False, compare=False)
    """NumPy's function that averages them."""
    of_average: OfAverage = field(default=_itself, repr=False, compare=False)
    """What is made of their average."""
    tasks: tuple[str, ...] = REGRESSIONS
    """The tasks whose forecasts it measures."""

    @property
    def is_of_mean(self) -> bool:
        """Whether it follows from the mean of the rows' errors."""
        return self.row_errors is not None and self.average is np.mean

    def of_forecasts(self, forecasts: np.ndarray, series: Series) -> np.ndarray:
        """The metric of forecasts of the test, shape (..., forecasts); shape (...)."""
        assert self.row_errors is not None
        return self.of_average(self.average(self.row_errors(forecasts, series), axis=-1), series)

    def of_each_step(self, forecasts: np.ndarray, series: Series) -> np.ndarray:
        """The metric of the forecasts that are 1, 2, ... steps ahead, (..., steps_ahead)."""
        assert self.row_errors is not None
        errors = self.row_errors(forecasts, series)
        by_origin = errors.reshape(*errors.shape[:-1], *series.targets.shape)
        return self.of_average(self.average(by_origin, axis=-2), series)


def _squared(forecasts: np.ndarray, series: Series) -> np.ndarray:
    return (forecasts - series.actual) ** 2


def _root(mean: np.ndarray, series: Series) -> np.ndarray:
    return np.sqrt(mean)


def _absolute(forecasts: np.ndarray, series: Series) -> np.ndarray:
    return np.abs(forecasts - series.actual)


def _shares(forecasts: np.ndarray, series: Series) -> np.ndarray:
    """2 |f - a| / (|f| + |a|), 0 where both are 0 (Makridakis 1993)."""
    actual = series.actual
    size = np.abs(forecasts) + np.abs(actual)
    with np.errstate(invalid="ignore"):
        return np.where(size > 0, 2 * np.abs(forecasts - actual) / size, 0.0)


def _percent(mean: np.ndarray, series: Series) -> np.ndarray:
    return 100 * mean


def _in_naive_errors(mean: np.ndarray, series: Series) -> np.ndarray:
    """Over the mean absolute error of forecasting the previous observation before the test.

    Hyndman and Koehler (2006), "Another look at measures of forecast accuracy", section 3. NaN
    where the latter is 0.
    """
    naive = float(np.abs(series.training_differences).mean())
    return mean / naive if naive else np.full_like(mean, np.nan)


METRICS = {
    "rmse": Metric(
        "RMSE",
        UNIT_OF_SERIES,
        "root mean squared error over the test rows; empty if diverged",
        row_errors=_squared,
        of_average=_root,
    ),
    "mae": Metric(
        "MAE", UNIT_OF_SERIES, "mean absolute error; empty if diverged", row_errors=_absolute
    ),
    "smape": Metric(
        "sMAPE",
        "%",
        "symmetric mean absolute percentage error, 0 to 200; empty if diverged",
        row_errors=_shares,
        of_average=_percent,
    ),
    "mase": Metric(
        "MASE",
        "naive errors",
        "mean absolute error over that of forecasting the previous observation before the test; "
        "empty if diverged",
        row_errors=_absolute,
        of_average=_in_naive_errors,
    ),
    "train_loss": Metric(
        "training loss",
        "",
        "what training makes small, the loss of the task on the scaled targets, in the last epoch",
    ),
    "train_seconds": Metric(
        "training time", "seconds", "how long its training took; only in an interleaved study"
    ),
}
"""The metrics of a training."""


def metric_name(metric: str) -> str:
    """A metric in prose; a column of a user's own table keeps its name."""
    return METRICS[metric].name if metric in METRICS else metric


def first_metric(task: str) -> str:
    """What a task's forecasts are compared by whatever the study's metric is."""
    return next(iter(metrics_of_forecasts(task)))


def metrics_of_forecasts(task: str = "regression") -> dict[str, Metric]:
    """Every metric of a task's forecasts by its name."""
    return {
        name: metric
        for name, metric in METRICS.items()
        if metric.row_errors is not None and task in metric.tasks
    }


def forecast_errors(
    forecasts: np.ndarray, series: Series, task: str = "regression"
) -> dict[str, np.ndarray]:
    """Every metric of a task's forecasts of the test, shape (..., forecasts), by its name."""
    return {
        name: metric.of_forecasts(forecasts, series)
        for name, metric in metrics_of_forecasts(task).items()
    }
