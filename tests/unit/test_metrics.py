"""Measures against scikit-learn's and published definitions; autoregressions against statsmodels."""

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.tsa.ar_model import AutoReg

from thousandfold.baselines import baseline_errors, baselines_of, forecasts_of
from thousandfold.metrics import METRICS, first_metric, forecast_errors
from thousandfold.series import Series

# Hyndman and Athanasopoulos (2021), "Forecasting: Principles and Practice", section 5.8, defines
# these; the numbers are worked by hand.
TOY = Series("toy", np.array([1.0, 3, 2, 6, 4, 8]), tuple("abcdef"), test_rows=2)
"""Before the test the absolute changes are 2, 1 and 4, on average 7/3."""


def test_errors_by_hand():
    errors = forecast_errors(np.array([[5.0, 6.0], [4.0, 8.0]]), TOY)
    np.testing.assert_allclose(errors["rmse"], [np.sqrt(2.5), 0])
    np.testing.assert_allclose(errors["mae"], [1.5, 0])
    np.testing.assert_allclose(errors["mase"], [1.5 / (7 / 3), 0])
    np.testing.assert_allclose(errors["smape"], [100 * (2 / 9 + 4 / 14) / 2, 0])


def test_a_tasks_forecasts_are_compared_by_its_own_metric(monkeypatch):
    assert first_metric("regression") == "rmse"
    hits = replace(METRICS["mae"], tasks=("labels",))
    monkeypatch.setitem(METRICS, "hits", hits)
    assert first_metric("labels") == "hits"


def test_errors_without_a_scale():
    flat = replace(TOY, values=np.array([0.0, 0, 0, 0, 0, 0]))
    errors = forecast_errors(np.zeros(2), flat)
    assert (errors["rmse"], errors["smape"]) == (0, 0)
    assert np.isnan(errors["mase"])


def test_a_metric_may_average_rows_by_their_median():
    forecasts = np.array([[5.0, 6.0], [5.0, 0.0], [4.0, 8.0]]).T
    actual = replace(TOY, values=np.array([1.0, 3, 2, 4, 4, 4]), test_rows=3)
    median = replace(METRICS["mae"], average=np.median)
    np.testing.assert_allclose(median.of_forecasts(forecasts, actual), [1, 4])
    assert METRICS["mae"].is_of_mean
    assert not median.is_of_mean
    assert not METRICS["train_loss"].is_of_mean


@pytest.mark.parametrize("order", [1, 2, 4])
def test_autoregressions_are_those_of_statsmodels(shampoo, order):
    differences = np.diff(shampoo.values)
    fitted = AutoReg(differences[:-12], lags=order, trend="c").fit()
    lags = np.array(
        [differences[i - order : i][::-1] for i in range(len(differences) - 12, len(differences))]
    )
    expected = shampoo.values[-13:-1] + fitted.params[0] + lags @ fitted.params[1:]
    ours = forecasts_of(baselines_of(shampoo, [order]))[f"ar{order}"]
    np.testing.assert_allclose(ours, expected)


def test_autoregressions_that_the_series_is_too_short_for_are_left_out(shampoo):
    forecasts = forecasts_of(baselines_of(shampoo, [1, 10, 11]))
    assert list(baseline_errors(forecasts, shampoo, "mae")) == [
        "persistence", "drift", "ar1", "ar10", "ar_aic", "ets", "theta",
    ]  # fmt: skip


def test_no_baseline_has_a_training_loss(shampoo):
    assert baseline_errors(forecasts_of(baselines_of(shampoo)), shampoo, "train_loss") == {}
