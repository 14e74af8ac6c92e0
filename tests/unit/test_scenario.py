"""Regimes: from a config's keys to parts, and the tasks that engines ask."""

from dataclasses import fields, replace

import numpy as np
import pytest
from support import ROOT, STATEFUL, STATELESS

from thousandfold.engines.lanes import weights_of
from thousandfold.metrics import METRICS, forecast_errors
from thousandfold.observations import read_series
from thousandfold.scenario import PARTS, Architecture, Regime
from thousandfold.supervised import supervise
from thousandfold.tasks import TASKS


def test_a_fields_name_says_its_part():
    names = [field.name for part in PARTS.values() for field in fields(part)]
    assert len(names) == len(set(names))
    assert [field.name for field in fields(Regime)] == [*PARTS, "task", "classes"]


def test_a_regime_of_config_keys():
    assert STATEFUL.network == Architecture(units=1)
    assert (STATEFUL.preparation.timesteps, STATEFUL.execution.engine) == (1, "replicated")


def test_a_varied_regime_differs_in_that_alone():
    wider = STATEFUL.varied(units=3, stateful=False)
    assert wider.network == Architecture(units=3)
    assert wider.varied(units=1) == STATELESS
    assert replace(STATEFUL, task="other").varied(units=3).task == "other"
    with pytest.raises(TypeError, match="no field width"):
        STATEFUL.varied(width=3)


def test_a_state_is_reset_where_the_regime_says():
    never = STATEFUL.varied(reset_after_epoch=False)
    assert STATEFUL.resets_state
    assert not never.resets_state
    assert never.varied(reset_after_prediction=True).resets_state
    assert not STATELESS.resets_state


# Tasks


def test_engines_and_metrics_ask_the_task(monkeypatch):
    monkeypatch.setitem(TASKS, "pairs", replace(TASKS["regression"], outputs=2))
    assert weights_of(replace(STATEFUL, task="pairs"), 1) == weights_of(STATEFUL, 1) + 2
    measured = {task for metric in METRICS.values() for task in metric.tasks}
    assert measured <= set(TASKS)
    series = read_series("shampoo", ROOT / "data/shampoo-sales.csv", "Sales", test_rows=12)
    assert set(forecast_errors(np.zeros(12), series)) == {"rmse", "mae", "smape", "mase"}
    assert forecast_errors(np.zeros(12), series, "pairs") == {}


def test_regression_decodes_its_targets_to_the_observations():
    series = read_series("shampoo", ROOT / "data/shampoo-sales.csv", "Sales", test_rows=12)
    data = supervise(series, STATEFUL.preparation)
    forecasts = TASKS["regression"].forecasts(data, data.test.targets[np.newaxis, :, np.newaxis])
    np.testing.assert_allclose(forecasts[0], series.values[-12:], rtol=1e-6)
