"""The metrics: what is measured of each repeat, and how to read it. Depends on NumPy only."""

from dataclasses import dataclass

import numpy as np

from thousandfold.series import Series

UNIT_OF_SERIES = None
"""Stands for the unit of the series, whatever that is."""


@dataclass(frozen=True)
class Metric:
    """What is measured of each repeat, and how to read it."""

    name: str
    """In prose."""
    unit: str | None
    """UNIT_OF_SERIES, or a unit of its own; "" has none."""
    higher_is_better: bool = False


METRICS = {
    "rmse": Metric("RMSE", UNIT_OF_SERIES),
    "mae": Metric("MAE", UNIT_OF_SERIES),
    "smape": Metric("sMAPE", "%"),
    "mase": Metric("MASE", "naive errors"),
    "train_loss": Metric("training loss", "scaled squared errors"),
    "train_seconds": Metric("training time", "seconds"),
}
"""The metrics of a training."""


def metric_name(metric: str) -> str:
    """A metric in prose; a column of a user's own table keeps its name."""
    return METRICS[metric].name if metric in METRICS else metric


def rmse(forecasts: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Root mean squared error over the last axis, in the series' units."""
    return np.sqrt(np.mean((forecasts - actual) ** 2, axis=-1))


def mae(forecasts: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Mean absolute error over the last axis, in the series' units."""
    return np.mean(np.abs(forecasts - actual), axis=-1)


def smape(forecasts: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Symmetric mean absolute percentage error over the last axis: 0 to 200 %.

    2 |f - a| / (|f| + |a|), 0 where both are 0 (Makridakis 1993).
    """
    size = np.abs(forecasts) + np.abs(actual)
    with np.errstate(invalid="ignore"):
        shares = np.where(size > 0, 2 * np.abs(forecasts - actual) / size, 0.0)
    return 100 * np.mean(shares, axis=-1)


def forecast_errors(forecasts: np.ndarray, series: Series) -> dict[str, np.ndarray]:
    """Every measure of forecasts of the test rows, shape (..., test_rows), by its name.

    mase is the mean absolute error over that of forecasting the previous observation before the
    test (Hyndman and Koehler 2006, "Another look at measures of forecast accuracy", section 3);
    NaN where that is 0.
    """
    actual = series.values[-series.test_rows :]
    naive = float(np.abs(np.diff(series.values[: -series.test_rows])).mean())
    absolute = mae(forecasts, actual)
    return {
        "rmse": rmse(forecasts, actual),
        "mae": absolute,
        "smape": smape(forecasts, actual),
        "mase": absolute / naive if naive else np.full_like(absolute, np.nan),
    }
