"""One job's work: the table of a block's repeats."""

from dataclasses import replace

import numpy as np
import pytest
from support import STATEFUL, STATELESS

from thousandfold.metrics import rmse
from thousandfold.scenario import Scenario
from thousandfold.seeds import repeat_seed
from thousandfold.training import train_repeats


def scenario(regime=STATEFUL, **changes):
    return Scenario("stateful", "label", replace(regime, epochs=3, **changes), "stateful")


def test_a_row_per_repeat(shampoo):
    table = train_repeats(scenario(), shampoo, 11, range(5, 9))
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
    assert not set(whole["rmse"]) & set(other["rmse"])


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
    np.testing.assert_allclose(first["rmse"], second["rmse"], rtol=1e-6)
    assert list(first["seed"]) == list(second["seed"])


@pytest.mark.parametrize("engine", ["replicated", pytest.param("keras", marks=pytest.mark.slow)])
def test_diverged_repeats_are_recorded(shampoo, engine):
    repeats = range(2)
    table = train_repeats(
        scenario(STATELESS, learning_rate=1e38, engine=engine), shampoo, 11, repeats
    )
    assert table["diverged"].all()
    assert table["rmse"].isna().all()
    assert list(table["repeat"]) == list(repeats)
