"""One job's work: the table of a block's repeats."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support import STATEFUL, STATELESS, rmse

from thousandfold.measuring import measured
from thousandfold.scenario import TrainedScenario
from thousandfold.seeds import repeat_seed
from thousandfold.training import train_repeats


def scenario(regime=STATEFUL, **changes):
    return TrainedScenario("stateful", "label", regime.varied(epochs=3, **changes), "stateful")


def test_a_row_per_repeat(shampoo):
    table = measured(train_repeats(scenario(), shampoo, 11, range(5, 9)), shampoo, "regression")
    assert list(table["repeat"]) == [5, 6, 7, 8]
    assert list(table["seed"]) == [repeat_seed(11, "shampoo", "stateful", r) for r in range(5, 9)]
    forecasts = table.filter(like="forecast_").to_numpy()
    assert forecasts.shape == (4, 12)
    np.testing.assert_allclose(table["rmse"], rmse(forecasts, shampoo.values[-12:]))
    assert not table["diverged"].any()
    assert table["rmse"].nunique() == 4


def test_the_same_repeat_anywhere_but_not_in_another_scenario(shampoo):
    whole = train_repeats(scenario(), shampoo, 11, range(6))
    part = train_repeats(scenario(), shampoo, 11, range(3, 6)).set_index(whole.index[3:])
    assert whole.iloc[3:].equals(part)
    twin = replace(scenario(), seeded_by="stateful2")
    other = train_repeats(twin, shampoo, 11, range(6))
    assert not set(whole["forecast_1"]) & set(other["forecast_1"])


def test_scenarios_of_one_stream_start_from_the_same_weights(shampoo):
    """After one epoch at a learning rate of next to nothing the weights are the initial ones."""
    still = {"learning_rate": 1e-30, "seed_on_train": False}
    first = train_repeats(
        replace(scenario(STATELESS, **still), seeded_by="stream 0"), shampoo, 11, range(3)
    )
    second = train_repeats(
        replace(scenario(STATELESS, shuffle=True, **still), name="other", seeded_by="stream 0"),
        shampoo, 11, range(3),
    )  # fmt: skip
    np.testing.assert_allclose(first.filter(like="cast_"), second.filter(like="cast_"), rtol=1e-6)
    assert list(first["seed"]) == list(second["seed"])


@pytest.mark.parametrize("engine", ["replicated", pytest.param("keras", marks=pytest.mark.slow)])
def test_diverged_repeats_are_recorded(shampoo, engine):
    repeats = range(2)
    table = train_repeats(
        scenario(STATELESS, learning_rate=1e38, engine=engine), shampoo, 11, repeats
    )
    assert table["diverged"].all()
    metrics = measured(table, shampoo, "regression")[["rmse", "mae", "smape", "mase"]]
    assert metrics.isna().all(axis=None)
    assert list(table["repeat"]) == list(repeats)


def test_metrics_are_of_the_forecasts_alone_and_the_same_in_any_block(shampoo):
    """So a metric that is added or mended needs no training."""
    rng = np.random.default_rng(2)
    columns = {f"forecast_{i + 1}": rng.normal(300, 50, 100) for i in range(12)}
    table = pd.DataFrame({"repeat": range(100), "diverged": [False] * 99 + [True], **columns})
    whole = measured(table, shampoo, "regression")
    alone = pd.concat([measured(table.iloc[[i]], shampoo, "regression") for i in range(100)])
    pd.testing.assert_frame_equal(whole, alone, check_exact=True)
    forecasts, actual = table.filter(like="cast_").to_numpy()[:99], shampoo.values[-12:]
    np.testing.assert_allclose(whole["mae"][:99], np.abs(forecasts - actual).mean(axis=1))
    naive = np.abs(np.diff(shampoo.values[:-12])).mean()
    np.testing.assert_allclose(whole["mase"], whole["mae"] / naive)
    assert whole.loc[99, ["rmse", "mae", "smape", "mase"]].isna().all()
