"""Every kind of network and training that both engines take: equal number for number."""

import re
from dataclasses import asdict, replace

import numpy as np
import pytest
from support import ROOT, STATEFUL, STATELESS, WIDE, last_repeat, rmse

from thousandfold.engine_choice import supports, unsupported
from thousandfold.engines import replicated, stock
from thousandfold.engines.dropout import uniforms
from thousandfold.engines.lanes import UNITS_OF_PRODUCTS, repeats_come_first
from thousandfold.engines.layout import REPEATS_LAST
from thousandfold.engines.losses import LOSSES
from thousandfold.engines.own_model import OwnModelError
from thousandfold.engines.plateau import LearningRates
from thousandfold.engines.runtime import compiled, keras, tf
from thousandfold.observations import read_series
from thousandfold.scenario import EarlyStopping, Optimizer, ReduceOnPlateau, Refit, Sequences
from thousandfold.supervised import MASK_VALUE, future_in_units, supervise

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forget_the_graphs")]

SHAMPOO = read_series("shampoo", ROOT / "data/shampoo-sales.csv", "Sales", test_rows=12)
SERIES = replace(SHAMPOO, period=4)
AHEAD = replace(SERIES, horizon=3)
TWO_COLUMNS = replace(SERIES, inputs=np.sin(np.arange(36.0))[:, np.newaxis])
SEEDS = [5, 6]


def train(engine, regime, series=SERIES, seeds=SEEDS):
    return engine.train_block(
        regime, supervise(series, regime.preparation), list(seeds), lambda _: None
    )


def beside_keras(regime, series=SERIES):
    """The second of two repeats that were trained at once, and the same alone by stock Keras."""
    second = last_repeat(train(replicated, regime, series))
    return second, train(stock, regime, series, SEEDS[1:])


def of_form(form, **changes):
    start = STATEFUL if form.startswith("stepwise") else STATELESS
    return start.varied(units=2, sequences=Sequences(2, 4, form), epochs=15, **changes)


def stopping(regime, learning_rate, **changes):
    rule = EarlyStopping(
        **{
            "patience": 2, "min_delta": 0.0, "restore_best_weights": True,
            "start_from_epoch": 0, **changes,
        }
    )  # fmt: skip
    return regime.varied(
        validation_rows=6, early_stopping=rule, learning_rate=learning_rate, epochs=40
    )


def plateau(regime, learning_rate, **changes):
    rule = ReduceOnPlateau(
        **{
            "factor": 0.5, "patience": 2, "min_delta": 0.001, "cooldown": 0,
            "min_learning_rate": 0.0, **changes,
        }
    )  # fmt: skip
    return regime.varied(
        validation_rows=6, reduce_on_plateau=rule, learning_rate=learning_rate, epochs=20
    )


SHORT_WIDE = WIDE.varied(epochs=15)

NETWORKS = {
    "gru": SHORT_WIDE.varied(layer="gru"),
    "gru of 2017": SHORT_WIDE.varied(layer="gru", profile="keras2017"),
    "simple rnn": SHORT_WIDE.varied(layer="simple_rnn"),
    "dense on lags": STATELESS.varied(layer="dense", units=3, timesteps=3, epochs=15),
    "dense, relu": STATELESS.varied(layer="dense", units=4, activation="relu", epochs=15),
    "lstm, sigmoid": SHORT_WIDE.varied(activation="sigmoid"),
    "matrix products": STATELESS.varied(units=32, batch_size=8, timesteps=2, epochs=15),
    "rmsprop": SHORT_WIDE.varied(optimizer=Optimizer("rmsprop")),
    "rmsprop, every option": SHORT_WIDE.varied(optimizer=Optimizer(
            "rmsprop", (("centered", True), ("epsilon", 1e-4), ("momentum", 0.5), ("rho", 0.8))
        ),
    ),
    "sgd": SHORT_WIDE.varied(optimizer=Optimizer("sgd"), learning_rate=0.01),
    "sgd, every option": SHORT_WIDE.varied(optimizer=Optimizer("sgd", (("momentum", 0.9), ("nesterov", True))),
        learning_rate=0.01,
    ),
    "adam, every option": SHORT_WIDE.varied(optimizer=Optimizer(
            "adam", (("amsgrad", True), ("beta_1", 0.8), ("beta_2", 0.9), ("clipvalue", 0.01))
        ),
    ),
    "values to [0, 1]": STATELESS.varied(difference=False, scaling="unit", epochs=15),
    "prepared in every way": STATEFUL.varied(
        transform="box_cox", deseasonalise="stl", detrend="linear", difference=(1, 4), epochs=15
    ),
    "standardised, target as it is": STATELESS.varied(scaling="standard", scale_target=False, learning_rate=0.01, epochs=15
    ),
    "filled up with zeros, shuffled": of_form("zeros", shuffle=True),
    "masking": of_form("masking", batch_size=4),
    "masking, long": of_form("masking").varied(sequences=Sequences(8, 10, "masking"), epochs=5),
    "flag": of_form("flag"),
    "stepwise": of_form("stepwise"),
    "stepwise, gru": of_form("stepwise", layer="gru"),
    "stepwise, learning at the last": of_form("stepwise_last"),
    "stopping early": stopping(STATEFUL, 0.01, min_delta=0.002),
    "stopping early, shuffled, a ragged batch": stopping(
        STATELESS.varied(shuffle=True, batch_size=5), 0.02,
        restore_best_weights=False, start_from_epoch=3,
    ),
    "stopping early, never reset": stopping(WIDE, 0.02, patience=0),
    "stopping early, state kept, seeded": stopping(
        STATEFUL.varied(reset_after_epoch=False, seed_on_train=True), 0.05,
        patience=3, restore_best_weights=False,
    ),
}  # fmt: skip
CLIPPED = SHORT_WIDE.varied(optimizer=Optimizer("sgd", (("clipnorm", 0.05),)), learning_rate=0.1)
STACKED = SHORT_WIDE.varied(layers=2)
LEARNING = STATELESS.varied(
    initial_state="learned",
    units=3,
    timesteps=4,
    batch_size=5,
    shuffle=True,
    learning_rate=0.01,
    epochs=15,
)
DROPPING = SHORT_WIDE.varied(dropout=0.4)
NETWORKS |= {
    "rmse": STATELESS.varied(loss="rmse", batch_size=5, epochs=15),
    "mae": SHORT_WIDE.varied(loss="mae"),
    "huber": STATELESS.varied(loss="huber", huber_delta=0.1, batch_size=5, epochs=15),
    "stopping early, mae": stopping(STATELESS.varied(loss="mae", shuffle=True), 0.05, patience=1),
    "clipnorm": CLIPPED,
    "global_clipnorm": CLIPPED.varied(optimizer=Optimizer("sgd", (("global_clipnorm", 0.05), ("momentum", 0.5)))),
    "clipnorm, adam": SHORT_WIDE.varied(optimizer=Optimizer("adam", (("clipnorm", 0.05),))),
    "global_clipnorm, rmsprop": SHORT_WIDE.varied(optimizer=Optimizer("rmsprop", (("global_clipnorm", 0.05),))),
    "stacked": STACKED,
    "stacked gru, three": STACKED.varied(layer="gru", layers=3),
    "stacked simple rnn, one timestep": STATELESS.varied(layer="simple_rnn", layers=2, units=2, epochs=15),
    "stacked, masking": of_form("masking", layers=2, batch_size=4),
    "stacked, stepwise": of_form("stepwise_last", layers=2),
    "stacked dense": STATELESS.varied(layer="dense", layers=3, units=3, timesteps=3, epochs=15),
    "stacked, stopping early, state kept": stopping(STACKED, 0.02),
    "plateau": plateau(STATEFUL, 0.05),
    "plateau, cooldown": plateau(SHORT_WIDE, 0.02, patience=1, cooldown=3, min_learning_rate=0.004),
    "plateau, rmsprop": plateau(
        STATELESS.varied(optimizer=Optimizer("rmsprop", (("momentum", 0.5),)), batch_size=5), 0.01, patience=0,
    ),
    "plateau, sgd, stopping early": stopping(
        plateau(STATELESS.varied(optimizer=Optimizer("sgd", (("momentum", 0.9),)), units=3), 0.02), 0.02, patience=5,
    ),
    "plateau, validating from zero": plateau(SHORT_WIDE.varied(validate_from_zero=True), 0.02),
    "stopping early, validating from zero": stopping(
        STATEFUL.varied(reset_after_epoch=False, validate_from_zero=True, layer="gru", layers=2), 0.01, patience=3,
    ),
    "learned state": LEARNING,
    "learned state, stacked gru, masking": of_form("masking", layer="gru", layers=2, batch_size=4, initial_state="learned"),
    "learned state, one timestep, dropout": STATELESS.varied(initial_state="learned", layer="simple_rnn", units=3, dropout=0.2, epochs=15),
    "state from inputs": LEARNING.varied(initial_state="from_inputs"),
    "state from inputs, gru, repeats first": LEARNING.varied(
        initial_state="from_inputs", layer="gru", units=UNITS_OF_PRODUCTS
    ),
    "dropout": DROPPING,
    "dropout, stacked gru": DROPPING.varied(layer="gru", layers=2, batch_size=3),
    "dropout, simple rnn": DROPPING.varied(layer="simple_rnn"),
    "dropout, dense": STATELESS.varied(layer="dense", layers=2, units=5, timesteps=3, dropout=0.3, epochs=15),
    "dropout, a ragged batch, shuffled": STATELESS.varied(units=3, layers=2, dropout=0.2, batch_size=5, shuffle=True, epochs=15),
    "dropout, learning at the last": of_form("stepwise_last", dropout=0.4, layers=2),
    "dropout, stopping early": stopping(STATELESS.varied(dropout=0.4, units=3, layers=2), 0.02),
    "dropout, stopping early, validating from zero": stopping(
        SHORT_WIDE.varied(dropout=0.4, validate_from_zero=True), 0.01
    ),
    "dropout, dense, stopping early": stopping(
        STATELESS.varied(dropout=0.4, layer="dense", units=4, timesteps=2), 0.02
    ),
}  # fmt: skip
NETWORKS |= {
    f"{name}, repeats first": NETWORKS[name].varied(units=UNITS_OF_PRODUCTS)
    for name in (
        "gru", "gru of 2017", "simple rnn", "dense on lags", "masking", "flag", "stepwise",
        "filled up with zeros, shuffled", "stopping early, shuffled, a ragged batch",
        "stopping early, state kept, seeded",
        "mae", "huber", "clipnorm", "global_clipnorm", "stacked", "stacked dense", "dropout, dense",
        "plateau", "plateau, sgd, stopping early", "stopping early, validating from zero",
        "learned state", "learned state, stacked gru, masking",
        "dropout, stacked gru", "dropout, a ragged batch, shuffled",
    )
} | {
    f"{layer}, one timestep, repeats first": STATELESS.varied(
        layer=layer, units=UNITS_OF_PRODUCTS, batch_size=4, epochs=15
    )
    for layer in ("lstm", "gru", "simple_rnn")
}  # fmt: skip


COMBINED = {
    "rmsprop", "sgd", "dense, relu", "stepwise, gru", "masking, long", "clipnorm, adam",
    "global_clipnorm, rmsprop", "stacked simple rnn, one timestep", "stacked, stepwise",
    "stopping early, never reset", "plateau, rmsprop", "plateau, validating from zero",
    "dropout, simple rnn", "dropout, dense", "dropout, dense, stopping early",
    "learned state, one timestep, dropout",
    *(
        f"{name}, repeats first" for name in (
            "gru of 2017", "dense on lags", "flag", "filled up with zeros, shuffled",
            "stopping early, shuffled, a ragged batch", "mae", "huber", "global_clipnorm",
            "stacked", "dropout, dense", "plateau", "stopping early, validating from zero",
            "dropout, stacked gru", "learned state", "gru, one timestep", "simple_rnn, one timestep",
        )
    ),
}  # fmt: skip
"""Networks whose parts are in others too."""


def test_some_networks_have_their_repeats_first_and_others_last():
    assert {repeats_come_first(regime) for regime in NETWORKS.values()} == {True, False}
    assert set(NETWORKS) > COMBINED


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.exhaustive] * (name in COMBINED)) for name in NETWORKS],
)
def test_engines_are_equal_number_for_number(name):
    regime = NETWORKS[name]
    assert supports(regime)
    ours, theirs = beside_keras(regime)
    assert set(ours.weights) == set(theirs.weights)
    for weight, expected in theirs.weights.items():
        np.testing.assert_allclose(ours.weights[weight], expected, atol=1e-5, rtol=0)
    np.testing.assert_allclose(ours.train_loss, theirs.train_loss, rtol=2e-5)
    np.testing.assert_array_equal(ours.epochs, theirs.epochs)
    data = supervise(SERIES, regime.preparation)
    errors = [rmse(data.invert(block.outputs), data.actual) for block in (ours, theirs)]
    np.testing.assert_allclose(*errors, atol=1e-3, rtol=0)


def test_early_stopping_stopped_repeats_at_different_epochs():
    """Otherwise the tests above would not have shown it."""
    regimes = [regime for name, regime in NETWORKS.items() if name.startswith("stopping")]
    epochs = [train(replicated, regime, seeds=range(20)).epochs for regime in regimes]
    assert all(len(set(e)) > 2 for e in epochs)
    assert any((e == 40).any() for e in epochs)


@pytest.mark.parametrize("units", [SHORT_WIDE.network.units, UNITS_OF_PRODUCTS])
def test_two_columns_of_inputs(units):
    regime = SHORT_WIDE.varied(layer="gru", units=units)
    ours, theirs = beside_keras(regime, TWO_COLUMNS)
    assert ours.weights["kernel"].shape[0] == 2
    np.testing.assert_allclose(ours.outputs, theirs.outputs, atol=1e-5)
    assert not np.allclose(ours.outputs, train(replicated, regime).outputs, atol=1e-3)


def test_a_state_comes_from_all_columns_of_the_first_timestep():
    regime = NETWORKS["state from inputs"]
    ours, theirs = beside_keras(regime, TWO_COLUMNS)
    assert ours.weights["initial_h_kernel"].shape == (2, 3, 1)
    np.testing.assert_allclose(ours.outputs, theirs.outputs, atol=1e-5)
    kernels = ours.weights["initial_h_kernel"], ours.weights["initial_c_kernel"]
    assert all(np.abs(kernel).max(axis=1).min() > 1e-3 for kernel in kernels)


@pytest.mark.parametrize(
    "regime",
    [
        SHORT_WIDE.varied(batch_size=2, forecast_batch_size=1, seed_on_train=True),
        STATELESS.varied(batch_size=22, epochs=15),
        STATEFUL.varied(difference=False, timesteps=2, epochs=15),
        NETWORKS["prepared in every way"].varied(timesteps=2),
        SHORT_WIDE.varied(
            batch_size=2, forecast_batch_size=1, seed_on_train=True, units=UNITS_OF_PRODUCTS
        ),
    ],
    ids=["moved to batches of one", "stateless", "of values", "prepared", "repeats first"],
)
def test_forecasts_beyond_the_end(regime):
    ours, theirs = beside_keras(regime, AHEAD)
    assert ours.future.shape == (1, 3)
    np.testing.assert_allclose(ours.future, theirs.future, atol=1e-4)
    np.testing.assert_allclose(ours.outputs, theirs.outputs, atol=1e-5)


def test_forecasts_beyond_the_end_take_each_other_for_what_was_observed():
    """The second step of a stateless network is what it would forecast had the first come true."""
    regime = STATELESS.varied(epochs=15)
    data, block = supervise(AHEAD, regime.preparation), train(replicated, regime, AHEAD, [5])
    first = future_in_units(data, block.future)[0, 0]
    longer = replace(SERIES, values=np.append(SERIES.values, first), test_rows=13)
    # The split and so the scaling stay as they were: 22 training rows.
    same_weights = train(replicated, regime, replace(longer, horizon=1), [5])
    np.testing.assert_allclose(same_weights.future[0, 0], block.future[0, 1], atol=1e-5)


# Several steps ahead

THREE_AHEAD = replace(SERIES, steps_ahead=3, horizon=3)
DIRECT, KEPT = {"strategy": "direct"}, {"reset_after_epoch": False}
SEVERAL_STEPS = {
    "recursive": STATELESS.varied(epochs=15),
    "recursive, values, two at a time": STATELESS.varied(
        difference=False, timesteps=3, batch_size=4, forecast_batch_size=2, epochs=15
    ),
    "recursive, dense": STATELESS.varied(layer="dense", units=3, timesteps=3, epochs=15),
    "recursive, stateful": STATEFUL.varied(units=3, epochs=15),
    "recursive, stateful, kept, seeded": STATEFUL.varied(
        layer="gru", units=3, timesteps=2, seed_on_train=True, epochs=15, **KEPT
    ),
    "recursive, stateful, reset after each prediction": STATEFUL.varied(
        units=3, reset_after_prediction=True, epochs=15, **KEPT
    ),
    "recursive, stateful, moved to batches of one": WIDE.varied(
        forecast_batch_size=1, epochs=15, seed_on_train=True
    ),
    "recursive, stateful, repeats first": STATEFUL.varied(
        units=UNITS_OF_PRODUCTS, timesteps=2, epochs=15, **KEPT
    ),
    "direct": STATELESS.varied(epochs=15, **DIRECT),
    "direct, shuffled, a ragged batch": STATELESS.varied(
        units=2, timesteps=2, batch_size=6, shuffle=True, epochs=15, **DIRECT
    ),
    "direct, stateful, kept, seeded": STATEFUL.varied(
        units=3, seed_on_train=True, epochs=15, **KEPT, **DIRECT
    ),
    "direct, target as it is": STATELESS.varied(
        scaling="standard", scale_target=False, learning_rate=0.01, epochs=15, **DIRECT
    ),
    "direct, stopping early": stopping(STATELESS.varied(**DIRECT), 0.02),
    "direct, repeats first": STATELESS.varied(
        units=UNITS_OF_PRODUCTS, batch_size=4, timesteps=2, epochs=15, **DIRECT
    ),
}


@pytest.mark.parametrize("name", SEVERAL_STEPS)
def test_engines_are_equal_several_steps_ahead(name):
    regime = SEVERAL_STEPS[name]
    assert supports(regime)
    ours, theirs = beside_keras(regime, THREE_AHEAD)
    for weight, expected in theirs.weights.items():
        np.testing.assert_allclose(ours.weights[weight], expected, atol=1e-5, rtol=0)
    assert ours.weights["dense_bias"].shape == (3 if name.startswith("direct") else 1, 1)
    np.testing.assert_allclose(ours.train_loss, theirs.train_loss, rtol=2e-5)
    np.testing.assert_array_equal(ours.epochs, theirs.epochs)
    assert ours.outputs.shape == (1, 10, 3)
    np.testing.assert_allclose(ours.outputs, theirs.outputs, atol=2e-5)
    np.testing.assert_allclose(ours.future, theirs.future, atol=1e-4)
    # Steps and origins differ, or nothing would have been shown.
    assert (np.abs(np.diff(ours.outputs, axis=2)).max(axis=1) > 1e-4).all()


def test_several_steps_ahead_in_batches_of_several_origins():
    """The states of a batch branch together."""
    regime = WIDE.varied(epochs=15)
    series = replace(SERIES, steps_ahead=3)
    ours, theirs = beside_keras(regime, series)
    np.testing.assert_allclose(ours.outputs, theirs.outputs, atol=2e-5)


@pytest.mark.parametrize("engine", [stock, replicated], ids=["stock", "replicated"])
@pytest.mark.parametrize("name", [n for n in SEVERAL_STEPS if n.startswith("recursive")])
def test_what_is_fed_back_does_not_touch_the_next_origin(engine, name):
    regime = SEVERAL_STEPS[name].varied(epochs=2)
    one, several = (
        train(engine, regime, replace(SERIES, steps_ahead=steps), [5]) for steps in (1, 3)
    )
    np.testing.assert_allclose(several.outputs[..., 0], one.outputs[:, :10, 0], atol=1e-6)
    assert one.outputs.shape == (1, 12, 1)


@pytest.mark.parametrize("engine", [stock, replicated], ids=["stock", "replicated"])
def test_a_forecast_is_made_from_those_before_as_if_they_had_come_true(engine):
    """The second step of a stateless network is its first, had the first come true."""
    regime = STATELESS.varied(epochs=5, timesteps=2)
    series = replace(SERIES, steps_ahead=2)
    data, block = supervise(series, regime.preparation), train(engine, regime, series, [5])
    first, second = data.invert(block.outputs)[0, :2]
    came_true = SERIES.values.copy()
    came_true[24] = first
    same = train(engine, regime, replace(SERIES, values=came_true), [5])
    after = supervise(replace(SERIES, values=came_true), regime.preparation)
    np.testing.assert_allclose(after.invert(same.outputs)[0, 1], second, rtol=1e-5)


# Walking forward

REFIT = {"refit": Refit(every=4, epochs=3), "epochs": 8, "learning_rate": 0.01}
UPDATED = {
    "stateless": STATELESS.varied(**REFIT),
    "stateless, shuffled, a ragged batch": STATELESS.varied(
        units=2, batch_size=5, shuffle=True, **REFIT
    ),
    "stateful": STATEFUL.varied(units=3, **REFIT),
    "stateful, kept": STATEFUL.varied(units=3, timesteps=2, **KEPT, **REFIT),
    "stateful, kept, seeded": STATEFUL.varied(
        layer="gru", units=3, seed_on_train=True, **KEPT, **REFIT
    ),
    "stateful, seeded, reset after each prediction": STATEFUL.varied(
        seed_on_train=True, reset_after_prediction=True, **REFIT
    ),
    "stateful, moved to batches of one": WIDE.varied(
        forecast_batch_size=1, seed_on_train=True, **REFIT
    ),
    "momentum": STATELESS.varied(optimizer=Optimizer("sgd", (("momentum", 0.9),)), **REFIT),
    "masking": of_form("masking", batch_size=4).varied(**REFIT),
    "repeats first": STATELESS.varied(units=UNITS_OF_PRODUCTS, batch_size=4, timesteps=2, **REFIT),
    "ahead, recursive": STATEFUL.varied(units=3, seed_on_train=True, **KEPT, **REFIT),
    "ahead, direct": STATELESS.varied(units=2, shuffle=True, **DIRECT, **REFIT),
    "ahead, direct, stateful": STATEFUL.varied(
        units=2, seed_on_train=True, **KEPT, **DIRECT, **REFIT
    ),
}  # fmt: skip


def series_for(name):
    return THREE_AHEAD if name.startswith("ahead") else AHEAD if "masking" not in name else SERIES


@pytest.mark.parametrize("name", UPDATED)
def test_engines_are_equal_where_the_network_is_updated_in_the_test(name):
    regime = UPDATED[name]
    assert supports(regime)
    ours, theirs = beside_keras(regime, series_for(name))
    for weight, expected in theirs.weights.items():
        np.testing.assert_allclose(ours.weights[weight], expected, atol=1e-5, rtol=0)
    np.testing.assert_allclose(ours.outputs, theirs.outputs, atol=2e-5)
    np.testing.assert_allclose(ours.future, theirs.future, atol=1e-4)
    np.testing.assert_allclose(ours.train_loss, theirs.train_loss, rtol=2e-5)
    np.testing.assert_array_equal(ours.epochs, [8])
    # What is forecast before the first update is as without any.
    without = train(replicated, regime.varied(refit=None), series_for(name))
    np.testing.assert_array_equal(without.outputs[1:, :4], ours.outputs[:, :4])
    assert np.abs(without.outputs[1:, 4:] - ours.outputs[:, 4:]).min(axis=(0, 2)).max() > 1e-4


@pytest.mark.parametrize("resets", [True, False])
def test_walking_forward_is_what_a_loop_over_fit_and_predict_does(resets):
    """As in the article about updating: known rows are added, and trained on for some epochs."""
    regime = STATEFUL.varied(units=2, reset_after_epoch=resets, **REFIT)
    data = supervise(SERIES, regime.preparation)
    model, rows = stock.build_model(regime, data.train, SEEDS[0], 1), len(data.train)
    inputs = np.concatenate([data.train.inputs, data.test.inputs])
    targets = np.concatenate([data.train.targets, data.test.targets])

    def fit(known, epochs):
        stock.reset_states(model)
        for _ in range(epochs):
            model.fit(
                inputs[:known], targets[:known], epochs=1, batch_size=1, shuffle=False, verbose=0
            )
            if resets:
                stock.reset_states(model)

    fit(rows, 8)
    forecasts = []
    for row in range(12):
        if row in (4, 8):
            fit(rows + row, 3)
        forecasts.append(model.predict_on_batch(data.test.inputs[row : row + 1])[0])
    for engine in (stock, replicated):
        found = train(engine, regime, seeds=SEEDS[:1])
        np.testing.assert_allclose(found.outputs[0], forecasts, atol=2e-5)


@pytest.mark.parametrize("name", ["stateless", "ahead, direct", "ahead, recursive"])
def test_no_update_sees_what_is_not_known(name):
    """A later observation changes no forecast that was made before it, but the next update."""
    series, changed = series_for(name), SERIES.values.copy()
    changed[24 + 7 :] += 50
    blocks = [
        train(replicated, UPDATED[name], replace(series, values=values))
        for values in (SERIES.values, changed)
    ]
    before, after = (block.outputs for block in blocks)
    np.testing.assert_array_equal(before[:, :8], after[:, :8])
    assert np.abs(before[:, 8] - after[:, 8]).min() > 1e-4


def test_repeats_that_are_updated_depend_on_no_others():
    regime = UPDATED["stateless, shuffled, a ragged batch"]
    alone, beside = train(replicated, regime, seeds=[6]), train(replicated, regime, seeds=range(30))
    np.testing.assert_array_equal(alone.outputs[0], beside.outputs[6])


def test_weights_move_to_another_batch_size():
    """A reader's question: train on a batch of all rows, forecast one by one."""
    together = STATEFUL.varied(batch_size=22, epochs=15, forecast_batch_size=1)
    alone = train(replicated, together)
    weights = {name: value[..., 0] for name, value in alone.weights.items()}
    model = stock.build_model(together, supervise(SERIES, together.preparation).test, 5, 1)
    model.set_weights([weights[name] for name in stock.weight_names(together)])
    rows = supervise(SERIES, together.preparation).test.inputs
    one_by_one = np.concatenate([model.predict(row[np.newaxis], verbose=0)[:, 0] for row in rows])
    np.testing.assert_allclose(alone.outputs[0, :, 0], one_by_one, atol=1e-6)


# Sequences


def test_a_sequence_in_every_form():
    forms = {
        form: supervise(SERIES, of_form(form).preparation)
        for form in ("zeros", "masking", "flag", "stepwise")
    }
    scaled = supervise(SERIES, STATELESS.varied(timesteps=4).preparation).train
    for row, length in [(0, 2), (1, 3), (2, 4), (3, 2)]:
        real = scaled.inputs[row, 4 - length :, 0]
        np.testing.assert_array_equal(
            forms["zeros"].train.inputs[row, :, 0], [0] * (4 - length) + [*real]
        )
        masked = forms["masking"].train.inputs[row, :, 0]
        np.testing.assert_array_equal(masked, [np.float32(MASK_VALUE)] * (4 - length) + [*real])
        flags = forms["flag"].train.inputs[row, :, 1]
        np.testing.assert_array_equal(flags, [0] * (4 - length) + [1] * length)
    steps = forms["stepwise"].train
    np.testing.assert_array_equal(steps.begins[:9], [1, 0, 1, 0, 0, 1, 0, 0, 0])
    np.testing.assert_array_equal(steps.tells[:9], [0, 1, 0, 0, 1, 0, 0, 0, 1])
    np.testing.assert_array_equal(steps.inputs[:2, 0, 0], scaled.inputs[0, 2:, 0])
    np.testing.assert_array_equal(steps.targets[:5], scaled.targets[[0, 0, 1, 1, 1]])


def test_forward_a_masked_and_a_stepwise_network_are_the_same_thing():
    """From the same weights; what differs between them is the gradient."""
    still = {"learning_rate": 1e-30, "epochs": 1}
    masked = train(replicated, of_form("masking").varied(**still))
    stepwise = train(replicated, of_form("stepwise_last").varied(**still))
    np.testing.assert_allclose(masked.outputs, stepwise.outputs, atol=1e-6)
    np.testing.assert_allclose(masked.train_loss, stepwise.train_loss, rtol=1e-5)


# What goes to stock Keras

STOCK_ONLY = {
    "bidirectional": STATELESS.varied(bidirectional=True, layers=2, units=2, timesteps=3, epochs=2),
    "bidirectional, gru of 2017": STATELESS.varied(
        bidirectional=True, layer="gru", profile="keras2017", dropout=0.2, timesteps=3, epochs=2
    ),
    "more than 256 units": STATELESS.varied(units=257, timesteps=2, epochs=1),
    "more than 256 units in batches": STATELESS.varied(units=257, batch_size=2, epochs=1),
}


@pytest.mark.parametrize("name", STOCK_ONLY)
def test_what_the_replicated_engine_does_not_take_is_trained_by_stock_keras(name):
    regime = STOCK_ONLY[name]
    assert re.split("[ ,]", name)[0] in str(unsupported(regime))
    once, again = (train(stock, regime, seeds=[5]) for _ in range(2))
    np.testing.assert_array_equal(once.outputs, again.outputs)
    assert np.isfinite(once.outputs).all()


def _simple_rnn(rows, kernel, recurrent_kernel, bias):
    """Its output after the last timestep of rows (rows, timesteps, features), in plain NumPy."""
    h = np.zeros((len(rows), len(recurrent_kernel)))
    for t in range(rows.shape[1]):
        h = np.tanh(rows[:, t] @ kernel + h @ recurrent_kernel + bias)
    return h


def test_a_bidirectional_network_reads_rows_from_both_ends():
    """By weights as they were drawn."""
    regime = STATELESS.varied(
        layer="simple_rnn", bidirectional=True, units=2, timesteps=3, epochs=1, learning_rate=1e-30
    )
    block, rows = train(stock, regime, seeds=[5]), supervise(SERIES, regime.preparation).test.inputs
    w = {name: value[..., 0] for name, value in block.weights.items()}
    names = "kernel", "recurrent_kernel", "bias"
    h = [
        _simple_rnn(rows, *(w[name] for name in names)),
        _simple_rnn(rows[:, ::-1], *(w[f"backward_{name}"] for name in names)),
    ]
    outputs = np.concatenate(h, axis=1) @ w["dense_kernel"] + w["dense_bias"]
    np.testing.assert_allclose(block.outputs[0], outputs, atol=1e-6)
    assert not np.allclose(w["kernel"], w["backward_kernel"], atol=1e-2)


# What each field does, so that equality shows it


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("dropout", {"dropout": 0.0}), ("dropout, dense", {"dropout": 0.0}), ("mae", {"loss": None}),
        ("huber", {"loss": None}), ("huber", {"huber_delta": 1.0}), ("stacked", {"layers": 1}),
        ("rmse", {"loss": None}),
        ("clipnorm", {"optimizer": Optimizer("sgd")}),
        ("clipnorm", {"optimizer": Optimizer("sgd", (("global_clipnorm", 0.05),))}),
        ("global_clipnorm", {"optimizer": Optimizer("sgd", (("momentum", 0.5),))}),
        ("learned state", {"initial_state": "zero"}),
        ("state from inputs", {"initial_state": "learned"}),
        ("learned state, one timestep, dropout", {"initial_state": "zero"}),
        ("plateau", {"reduce_on_plateau": None}),
        ("plateau, cooldown", {"reduce_on_plateau": None}),
        ("plateau, rmsprop", {"reduce_on_plateau": None}),
        ("plateau, sgd, stopping early", {"reduce_on_plateau": None}),
        ("stopping early, validating from zero", {"validate_from_zero": False}),
    ],
)  # fmt: skip
def test_fields_that_change_training(name, without):
    regime = NETWORKS[name]
    outputs = [train(replicated, r).outputs for r in (regime, regime.varied(**without))]
    assert np.abs(outputs[0] - outputs[1]).max() > 1e-3


def test_rmse_of_single_rows_is_mae_and_in_units_that_of_the_series():
    of_rows = [SHORT_WIDE.varied(loss=loss, batch_size=1, epochs=3) for loss in ("rmse", "mae")]
    root, absolute = (train(replicated, regime) for regime in of_rows)
    np.testing.assert_allclose(root.train_loss, absolute.train_loss, rtol=1e-4)
    np.testing.assert_allclose(root.outputs, absolute.outputs, atol=1e-4)


def test_a_root_of_no_error_has_no_gradient():
    """The targets are fitted exactly: by all weights at zero, where they are zero."""
    errors = tf.Variable([0.0, 0.0])
    with tf.GradientTape() as tape:
        loss = LOSSES["rmse"](STATELESS).of_batch(tf.reduce_mean(errors**2))
    np.testing.assert_array_equal(tape.gradient(loss, errors), [0, 0])


def test_mse_is_what_regressions_are_trained_by():
    given, default = (train(replicated, SHORT_WIDE.varied(loss=loss)) for loss in ("mse", None))
    np.testing.assert_array_equal(given.outputs, default.outputs)


@pytest.mark.parametrize(
    ("loss", "of_errors"),
    [
        ("mse", np.square), ("mae", np.abs), ("rmse", np.square),
        ("huber", lambda e: np.where(abs(e) < 0.1, e**2 / 2, 0.1 * (abs(e) - 0.05))),
    ],
)  # fmt: skip
@pytest.mark.parametrize("engine", [stock, replicated])
def test_the_loss_that_is_recorded(engine, loss, of_errors):
    """Of a network that hardly moves: stock Keras has it from its first to its last batch."""
    still = {"learning_rate": 1e-30, "epochs": 1, "batch_size": 22, "huber_delta": 0.1}
    regime = STATELESS.varied(
        loss=loss, **(still if loss == "huber" else still | {"huber_delta": 1.0})
    )
    data, block = supervise(SERIES, regime.preparation), train(engine, regime)
    at_training_rows = replace(data, test=data.train)
    outputs = engine.train_block(regime, at_training_rows, SEEDS, lambda _: None).outputs[..., 0]
    expected = of_errors(outputs.astype(float) - data.train.targets).mean(axis=1)
    if loss == "rmse":
        expected = np.sqrt(expected)
    np.testing.assert_allclose(block.train_loss, expected, rtol=1e-5)


def rates_by_keras(rule, losses):
    """The learning rate after each epoch, by Keras's own callback."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.1))
    options = asdict(rule)
    min_lr = options.pop("min_learning_rate")
    callback = keras.callbacks.ReduceLROnPlateau("val_loss", **options, min_lr=min_lr)
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        rates.append(float(model.optimizer.learning_rate))
    return rates


@pytest.mark.parametrize(
    "rule",
    [
        ReduceOnPlateau(0.5, 0, 0.0, 7, 0.0), ReduceOnPlateau(0.5, 2, 0.1, 0, 0.02),
        ReduceOnPlateau(0.9, 1, 0.05, 3, 0.0),
    ],
)  # fmt: skip
def test_learning_rates_are_those_of_keras_whatever_the_losses(rule):
    """The second time too, with what the first left behind."""
    losses = np.random.default_rng(1).uniform(0, 1, (40, 6)).astype(np.float32)
    expected = np.transpose([rates_by_keras(rule, of_repeat) for of_repeat in losses.T.tolist()])
    rates = LearningRates(rule, REPEATS_LAST, 6)
    for _ in range(2):
        rates.start(0.1)
        for epoch, row in enumerate(losses):
            rates.after_epoch(tf.constant(epoch), tf.constant(row))
            np.testing.assert_allclose(rates.rates.numpy(), expected[epoch], rtol=1e-5)
    assert (np.ptp(expected, axis=1) > 0).any()


@pytest.mark.parametrize("call", [0, 1, 123_456])
@pytest.mark.parametrize("count", [1, 4, 7, 33])
def test_random_numbers_of_masks_are_those_of_tensorflow(call, count):
    seeds = [0, 5, 447_546_763, 2**31 - 3]
    ours = compiled(lambda: uniforms(tf.constant(seeds, tf.int64), tf.constant(call), count))()
    theirs = [tf.random.stateless_uniform([count], [seed, call]) for seed in seeds]
    np.testing.assert_array_equal(ours, np.stack(theirs, axis=1))


OWN_MODEL = """
import keras
def build(timesteps, features, batch_size, seed):
    return keras.Sequential([
        keras.Input((timesteps, features)), keras.layers.Conv1D(2, 2), keras.layers.Flatten(),
        keras.layers.Dense(1),
    ])
def two_outputs(timesteps, features, batch_size, seed):
    return keras.Sequential([keras.Input((timesteps, features)), keras.layers.Flatten(), keras.layers.Dense(2)])
def nothing(**_):
    return None
"""


@pytest.fixture
def own_models(tmp_path, monkeypatch):
    (tmp_path / "my_models.py").write_text(OWN_MODEL, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("own_models")
def test_a_model_of_ones_own():
    regime = STATELESS.varied(timesteps=3, epochs=2, model="my_models:build")
    assert not supports(regime)
    once, again, other = (train(stock, regime, seeds=[seed]) for seed in (5, 5, 6))
    both = train(stock, regime, seeds=[6, 5])
    np.testing.assert_array_equal(once.outputs, again.outputs)
    np.testing.assert_array_equal(both.outputs, [other.outputs[0], once.outputs[0]])
    assert not np.allclose(once.outputs, other.outputs)
    assert once.weights["weight_0"].shape == (2, 1, 2, 1)


@pytest.mark.usefixtures("own_models")
def test_a_model_of_ones_own_may_depend_on_its_seed(monkeypatch):
    built, build = [], stock.build_own_model
    monkeypatch.setattr(
        stock, "build_own_model", lambda *args: built.append(build(*args)) or built[-1]
    )
    monkeypatch.setattr(stock, "_fit", lambda model, *_: fitted.append(model) or (0.0, 1))
    fitted = []
    regime = STATELESS.varied(epochs=1, model="my_models:build", timesteps=3)
    train(stock, regime, seeds=[5, 6])
    assert fitted == built


@pytest.mark.usefixtures("own_models")
@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ("my_models:absent", "model my_models:absent: AttributeError: .*; fix the module"),
        ("nowhere.at_all:build", "ModuleNotFoundError"),
        ("my_models:nothing", "returns a NoneType; return a Keras model"),
        ("my_models:two_outputs", "has outputs of shape .*; end it with Dense"),
    ],
)
def test_a_model_of_ones_own_that_cannot_be_used(model, problem):
    with pytest.raises(OwnModelError, match=problem):
        train(stock, STATELESS.varied(epochs=1, model=model), seeds=[5])
