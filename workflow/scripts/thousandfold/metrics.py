"""The metrics: what is measured of each repeat, and how to read it. Depends on NumPy only."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from thousandfold.series import LabelledSequences, Series

UNIT_OF_SERIES = None
"""Stands for the unit of the series, whatever that is."""

REGRESSIONS = ("regression",)
"""The tasks that forecast a value of the series; keys of tasks.TASKS."""

CLASSIFICATIONS = ("classification",)
"""The tasks that forecast the probability of each label."""

SMALLEST = float(np.finfo(np.float32).eps)
"""The probability that a smaller one of the right label counts as, so that no error is infinite."""

RowErrors = Callable[[np.ndarray, Any], np.ndarray]
"""From forecasts of the test, of `Series.actual` along their last axis, to the error of each. Those
of a label are the probabilities of all, shape (..., test_rows, labels)."""

OfAll = Callable[[np.ndarray, LabelledSequences], np.ndarray]
"""From such probabilities to the metric, shape (...)."""

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
    """Those that it averages; None: it is no average, or not of forecasts."""
    average: Callable[..., np.ndarray] = field(default=np.mean, repr=False, compare=False)
    """NumPy's function that averages them."""
    of_average: OfAverage = field(default=_itself, repr=False, compare=False)
    """What is made of their average."""
    of_all: OfAll | None = field(default=None, repr=False, compare=False)
    """How it follows from all forecasts, if it is no average."""
    tasks: tuple[str, ...] = REGRESSIONS
    """The tasks whose forecasts it measures."""

    @property
    def is_of_forecasts(self) -> bool:
        """Whether it follows from forecasts; not if it is known from training or a user's table."""
        return self.row_errors is not None or self.of_all is not None

    @property
    def is_of_mean(self) -> bool:
        """Whether it follows from the mean of the rows' errors."""
        return self.row_errors is not None and self.average is np.mean

    def of_forecasts(self, forecasts: np.ndarray, series: Series) -> np.ndarray:
        """The metric, shape (...), of forecasts of the test, (..., forecasts[, labels])."""
        if self.of_all is not None:
            assert isinstance(series, LabelledSequences)
            return self.of_all(forecasts, series)
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


def _hits(probabilities: np.ndarray, data: LabelledSequences) -> np.ndarray:
    """Whether the most probable label, of equal ones the first, is the right one."""
    return (probabilities.argmax(axis=-1) == data.actual).astype(float)


def _surprises(probabilities: np.ndarray, data: LabelledSequences) -> np.ndarray:
    """Minus the logarithm of the right label's probability, which counts as SMALLEST at least."""
    right = data.actual.astype(int)[:, np.newaxis]
    of_right = np.take_along_axis(
        probabilities, np.broadcast_to(right, (*probabilities.shape[:-1], 1)), axis=-1
    )[..., 0]
    return -np.log(np.maximum(of_right, SMALLEST))


def _counts(
    probabilities: np.ndarray, data: LabelledSequences
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How often each label was told rightly, was told, and is there, each (..., labels)."""
    labels = np.arange(len(data.classes))
    told = probabilities.argmax(axis=-1)[..., np.newaxis] == labels
    there = data.actual[:, np.newaxis] == labels
    return (told & there).sum(axis=-2), told.sum(axis=-2), there.sum(axis=0)


def _balanced(probabilities: np.ndarray, data: LabelledSequences) -> np.ndarray:
    right, _, there = _counts(probabilities, data)
    return (right[..., there > 0] / there[there > 0]).mean(axis=-1)


def _macro_f1(probabilities: np.ndarray, data: LabelledSequences) -> np.ndarray:
    """The mean over labels of 2 right / (told + there); of labels that are told or there."""
    right, told, there = _counts(probabilities, data)
    size = told + there
    f1 = np.where(size > 0, 2 * right / np.maximum(size, 1), np.nan)
    return np.nanmean(f1, axis=-1)


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
    "log_loss": Metric(
        "log loss",
        "",
        "mean of minus the natural logarithm of the right label's probability, which counts as "
        "1.2e-7 at least; empty if diverged",
        row_errors=_surprises,
        tasks=CLASSIFICATIONS,
    ),
    "accuracy": Metric(
        "accuracy",
        "",
        "share of the test's labels that are the most probable ones; empty if diverged",
        higher_is_better=True,
        row_errors=_hits,
        tasks=CLASSIFICATIONS,
    ),
    "balanced_accuracy": Metric(
        "balanced accuracy",
        "",
        "that share of each label in the test, on average over labels; empty if diverged",
        higher_is_better=True,
        of_all=_balanced,
        tasks=CLASSIFICATIONS,
    ),
    "macro_f1": Metric(
        "macro-F1",
        "",
        "harmonic mean of precision and recall of each label, on average over labels that are "
        "there or told; empty if diverged",
        higher_is_better=True,
        of_all=_macro_f1,
        tasks=CLASSIFICATIONS,
    ),
    "train_loss": Metric(
        "training loss",
        "",
        "what training makes small, the loss of the task on the scaled targets, in the last epoch",
        tasks=(*REGRESSIONS, *CLASSIFICATIONS),
    ),
    "train_seconds": Metric(
        "training time",
        "seconds",
        "how long its training took; only in an interleaved study",
        tasks=(*REGRESSIONS, *CLASSIFICATIONS),
    ),
}
"""The metrics of a training."""


def metric_name(metric: str) -> str:
    """A metric in prose; a column of a user's own table keeps its name."""
    return METRICS[metric].name if metric in METRICS else metric


def first_metric(task: str) -> str:
    """What a task's forecasts are compared by whatever the study's metric is."""
    return next(iter(metrics_of_forecasts(task)))


def metrics_of(task: str) -> dict[str, Metric]:
    """What is measured of a training for a task, by name."""
    return {name: metric for name, metric in METRICS.items() if task in metric.tasks}


def metrics_of_forecasts(task: str = "regression") -> dict[str, Metric]:
    """Every metric of a task's forecasts by its name."""
    return {name: metric for name, metric in metrics_of(task).items() if metric.is_of_forecasts}


def forecast_errors(
    forecasts: np.ndarray, series: Series, task: str = "regression"
) -> dict[str, np.ndarray]:
    """Every metric of a task's forecasts of the test, shape (..., forecasts), by its name.

    Those of labels are probabilities, shape (..., test_rows, labels).
    """
    return {
        name: metric.of_forecasts(forecasts, series)
        for name, metric in metrics_of_forecasts(task).items()
    }
