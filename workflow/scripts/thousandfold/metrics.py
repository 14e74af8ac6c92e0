"""What is measured of each repeat. Knows NumPy only."""

import numpy as np

from thousandfold.series import Series

UNIT_OF_SERIES = None
"""Stands for the unit of the series, whatever that is."""

METRICS: dict[str, str | None] = {
    "rmse": UNIT_OF_SERIES,
    "mae": UNIT_OF_SERIES,
    "smape": "%",
    "mase": "naive errors",
    "train_loss": "scaled squared errors",
    "train_seconds": "seconds",
}
"""The metrics of a training, and the unit of each."""

METRIC_NAMES = {
    "rmse": "RMSE", "mae": "MAE", "smape": "sMAPE", "mase": "MASE",
    "train_loss": "training loss", "train_seconds": "training time",
}  # fmt: skip
"""Metrics in prose."""


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
