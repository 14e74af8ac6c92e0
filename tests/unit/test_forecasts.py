"""Bands of forecasts: against NumPy's quantiles, with what is not finite left out."""

import numpy as np
import pandas as pd
import pytest

from thousandfold.inference.forecasts import forecast_bands
from thousandfold.tables import frame_of
from thousandfold.tables.rows import ForecastBandRow


def forecasts(scenario, values, actual):
    """A table of one forecast a row; `values` is of shape (repeats, steps)."""
    return pd.DataFrame(
        [
            {"series": "s", "scenario": scenario, "repeat": r, "step": i + 1, "steps_ahead": 1, "forecast": value, "actual": actual[i]}
            for r, row in enumerate(values)
            for i, value in enumerate(row)
        ]
    )  # fmt: skip


def test_quantiles_of_each_step():
    values = np.random.default_rng(1).normal(size=(40, 3))
    values[0, 1] = np.inf
    # Beyond the end of the series nothing is observed.
    actual = [1.0, 2.0, np.nan]
    diverged = forecasts("b", np.full((5, 3), np.nan), actual)
    tables = [forecasts("a", values, actual), diverged, forecasts("c", values + 1, actual)]
    bands = frame_of(ForecastBandRow, forecast_bands(tables))
    assert list(bands.index) == list(range(6))
    assert list(bands["scenario"]) == ["a"] * 3 + ["c"] * 3
    assert list(bands["step"]) == [1, 2, 3] * 2
    assert list(bands["n"]) == [40, 39, 40] * 2
    assert np.isnan(bands["actual"].iloc[2])
    for step, name, level in [
        (0, "q05", 0.05),
        (2, "q25", 0.25),
        (2, "median", 0.5),
        (0, "q95", 0.95),
    ]:
        expected = np.quantile(values[:, step], level)
        assert bands[name].iloc[step] == pytest.approx(expected)
        assert bands[name].iloc[step + 3] == pytest.approx(expected + 1)


def test_forecasts_of_one_value_from_several_origins_have_bands_of_their_own():
    values = np.random.default_rng(2).normal(size=(40, 4))
    table = forecasts("a", values, [1.0, 2.0, 2.0, 3.0])
    table["step"] = [1, 2, 2, 3] * 40
    table["steps_ahead"] = [1, 2, 1, 2] * 40
    bands = frame_of(ForecastBandRow, forecast_bands([table]))
    assert list(zip(bands["step"], bands["steps_ahead"], strict=True)) == [
        (1, 1),
        (2, 2),
        (2, 1),
        (3, 2),
    ]
    np.testing.assert_allclose(bands["median"], np.median(values, axis=0))
    assert list(bands["actual"]) == [1.0, 2.0, 2.0, 3.0]


def test_nothing_finite_gives_no_bands():
    table = forecasts("b", np.full((5, 3), np.inf), [1.0, 2.0, 3.0])
    assert forecast_bands([table]) == []
