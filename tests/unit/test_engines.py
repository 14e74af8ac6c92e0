"""The engines: equal number for number, state carried and reset, repeats independent to the bit."""

import json
import subprocess
import sys
from dataclasses import replace
from functools import cache, lru_cache

import numpy as np
import pytest
from support import ROOT, STATEFUL, STATELESS, WIDE, rmse, shipped_regimes

from thousandfold.engine_choice import supports, unsupported
from thousandfold.engines import network, programs, replicated, stock
from thousandfold.engines.lanes import (
    LANES_FIRST,
    LANES_LAST,
    LANES_OF_BATCHES,
    UNITS_OF_PRODUCTS,
    lanes_of,
    limits_of,
    weights_of,
)
from thousandfold.engines.profiles import PROFILES
from thousandfold.engines.runtime import keras
from thousandfold.observations import read_series
from thousandfold.scenario import EarlyStopping, Optimizer, ReduceOnPlateau
from thousandfold.seeds import repeat_seed
from thousandfold.supervised import Rows, supervise

SERIES = read_series("shampoo", ROOT / "data/shampoo-sales.csv", "Sales", test_rows=12)
SEEDS = [repeat_seed(7, "shampoo", "a", repeat) for repeat in range(400)]


@pytest.fixture(autouse=True, scope="module")
def forget_the_trained(forget_the_graphs):
    """Before the graphs that they hold."""
    yield
    trained.cache_clear()


def data_for(regime):
    return supervise(SERIES, regime.preparation)


@cache
def trained(engine, regime, seeds=tuple(SEEDS[:2])):
    return engine.train_block(regime, data_for(regime), list(seeds), lambda _: None)


def rmses(regime, block):
    data = data_for(regime)
    return rmse(data.invert(block.outputs), data.actual)


EQUAL_REGIMES = {
    **shipped_regimes(epochs=50),
    "units 3, timesteps 4, batch size 2": WIDE,
    "stateless, ragged last batch, shuffled": STATELESS.varied(units=2, batch_size=5, shuffle=True),
    "keras2017": STATEFUL.varied(profile="keras2017"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EQUAL_REGIMES)
def test_engines_are_equal_number_for_number(name):
    regime = EQUAL_REGIMES[name]
    seeds = tuple(SEEDS[:1])
    ours, theirs = trained(replicated, regime, seeds), trained(stock, regime, seeds)
    for weight, expected in theirs.weights.items():
        np.testing.assert_allclose(ours.weights[weight], expected, atol=1e-5, rtol=0)
    np.testing.assert_allclose(rmses(regime, ours), rmses(regime, theirs), atol=1e-3, rtol=0)
    np.testing.assert_allclose(ours.train_loss, theirs.train_loss, rtol=1e-5)


@pytest.mark.parametrize(("units", "layers", "features"), [(1, 1, 1), (3, 1, 1), (8, 3, 2)])
def test_initial_weights_are_those_of_stock_keras(units, layers, features):
    regime = STATEFUL.varied(units=units, layers=layers)
    rows = Rows(np.zeros((1, 1, features), np.float32), np.zeros(1, np.float32))
    ours = replicated.initial_weights(regime, rows, SEEDS[:5])
    for lane, seed in enumerate(SEEDS[:5]):
        weights = stock.build_model(regime, rows, seed, 1).get_weights()
        for name, expected in zip(stock.weight_names(regime), weights, strict=True):
            np.testing.assert_array_equal(ours[name][..., lane], expected)


# State: an LSTM in plain NumPy tells what the forecasts and the loss are if the state is carried
# and reset as the regime says. With a vanishing learning rate the weights stay as they were drawn,
# so the last epoch's loss shows the state in training too.


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class NumpyLstm:
    def __init__(self, weights, regime):
        self.w = {name: value[..., 0].astype(float) for name, value in weights.items()}
        self.regime = regime
        self.reset()

    def reset(self):
        self.h = self.c = np.zeros((self.regime.training.batch_size, self.regime.network.units))

    def run(self, inputs, reset_after_batch):
        """Outputs of all rows, batch by batch."""
        outputs, size = [], self.regime.training.batch_size
        for start in range(0, len(inputs), size):
            if not self.regime.state.stateful:
                self.reset()
            for t in range(inputs.shape[1]):
                x = inputs[start : start + size, t]
                gates = x @ self.w["kernel"] + self.h @ self.w["recurrent_kernel"] + self.w["bias"]
                i, f, g, o = np.split(gates, 4, axis=1)
                self.c = sigmoid(f) * self.c + sigmoid(i) * np.tanh(g)
                self.h = sigmoid(o) * np.tanh(self.c)
            outputs.append((self.h @ self.w["dense_kernel"] + self.w["dense_bias"])[:, 0])
            if reset_after_batch:
                self.reset()
        return np.concatenate(outputs)


# Four training rows, two batches, because the states of longer passes converge, whatever they start from.
FROZEN = WIDE.varied(epochs=2, learning_rate=1e-30, train_rows=4)
STATE_REGIMES = {
    "reset after each epoch": FROZEN.varied(reset_after_epoch=True),
    "never reset": FROZEN,
    "reset after each prediction": FROZEN.varied(reset_after_prediction=True),
    "seeded": FROZEN.varied(reset_after_epoch=True, seed_on_train=True),
    "seeded, never reset": FROZEN.varied(seed_on_train=True),
    "stateless": FROZEN.varied(stateful=False),
}


@pytest.mark.slow
@pytest.mark.parametrize("engine", [stock, replicated], ids=["stock", "replicated"])
@pytest.mark.parametrize("name", STATE_REGIMES)
def test_state_is_carried_and_reset_as_the_regime_says(engine, name):
    regime = STATE_REGIMES[name]
    data, block = data_for(regime), trained(engine, regime, tuple(SEEDS[:1]))
    lstm = NumpyLstm(block.weights, regime)
    for _ in range(regime.training.epochs):
        train_outputs = lstm.run(data.train.inputs, reset_after_batch=False)
        if regime.state.reset_after_epoch:
            lstm.reset()
    if regime.state.seed_on_train:
        lstm.run(data.train.inputs, regime.state.reset_after_prediction)
    test_outputs = lstm.run(data.test.inputs, regime.state.reset_after_prediction)

    loss = np.mean((train_outputs - data.train.targets) ** 2)
    np.testing.assert_allclose(block.train_loss[0], loss, rtol=1e-5)
    np.testing.assert_allclose(block.outputs[0, :, 0], test_outputs, atol=1e-6)


def test_the_numpy_network_tells_carried_from_reset_states():
    """Otherwise the test above could not fail."""
    outcomes = {name: trained(replicated, regime) for name, regime in STATE_REGIMES.items()}
    forecasts = [block.outputs[0] for block in outcomes.values()]
    for i, a in enumerate(forecasts):
        for b in forecasts[:i]:
            assert np.abs(a - b).max() > 2e-5


BEYOND = {
    "kept": STATEFUL.varied(units=3, timesteps=2, train_rows=4, epochs=1, learning_rate=1e-30,
        reset_after_epoch=False,
    ),
}  # fmt: skip
BEYOND["reset after each prediction"] = BEYOND["kept"].varied(reset_after_prediction=True)
BEYOND["stateless"] = BEYOND["kept"].varied(stateful=False)


def expected_future(lstm, data, steps, *, resets):
    """The differences that a network forecasts from what it forecast before, as it sees them."""
    window, outputs = list(np.diff(SERIES.values)[-2:]), []
    for _ in range(steps):
        inputs = data.input_scaler.scale(np.array(window)[np.newaxis, :, np.newaxis])
        outputs.append(lstm.run(inputs, resets)[0])
        window = [window[1], data.target_scaler.invert(outputs[-1])]
    return np.array(outputs)


@pytest.mark.parametrize("engine", [stock, replicated], ids=["stock", "replicated"])
@pytest.mark.parametrize("name", BEYOND)
def test_beyond_the_end_the_state_is_carried_and_reset_as_the_regime_says(
    engine, name, monkeypatch
):
    """By networks as they were drawn: stock Keras trains nothing here."""
    monkeypatch.setattr(stock, "_fit", lambda *_: (0.0, 1))
    regime, steps = BEYOND[name], 4
    data = supervise(replace(SERIES, horizon=steps), regime.preparation)
    block = engine.train_block(regime, data, SEEDS[:1], lambda _: None)

    def expected(regime):
        lstm = NumpyLstm(block.weights, regime)
        if engine is replicated:
            lstm.run(data.train.inputs, reset_after_batch=False)
        lstm.run(data.test.inputs, regime.state.reset_after_prediction)
        return expected_future(lstm, data, steps, resets=regime.state.reset_after_prediction)

    np.testing.assert_allclose(block.future[0], expected(regime), atol=1e-6)
    # Carrying and resetting are not the same thing, or the line above could not fail.
    other = BEYOND["kept" if name != "kept" else "stateless"]
    assert np.abs(expected(other) - expected(regime)).min() > 1e-4


AHEAD = {
    **BEYOND,
    "kept, two rows at a time": BEYOND["kept"].varied(batch_size=2),
}


@pytest.mark.parametrize("engine", [stock, replicated], ids=["stock", "replicated"])
@pytest.mark.parametrize("name", AHEAD)
def test_each_origin_starts_from_the_state_that_the_rows_before_it_left(engine, name, monkeypatch):
    """Several steps ahead, what is fed back moves a copy of the state on."""
    monkeypatch.setattr(stock, "_fit", lambda *_: (0.0, 1))
    regime, steps = AHEAD[name], 3
    data = supervise(replace(SERIES, steps_ahead=steps), regime.preparation)
    block = engine.train_block(regime, data, SEEDS[:1], lambda _: None)
    size, resets = regime.training.batch_size, regime.state.reset_after_prediction

    def expected(*, puts_back):
        lstm = NumpyLstm(block.weights, regime)
        if engine is replicated:
            lstm.run(data.train.inputs, reset_after_batch=False)
        outputs = []
        for start in range(0, len(data.test), size):
            outputs.append([lstm.run(data.test.inputs[start : start + size], resets)])
            kept = lstm.h, lstm.c
            windows = data.test_windows[start : start + size]
            for _ in range(1, steps):
                value = data.target_scaler.invert(outputs[-1][-1])
                windows = np.column_stack([windows, value])[:, 1:]
                inputs = data.input_scaler.scale(windows[..., np.newaxis])
                outputs[-1].append(lstm.run(inputs, resets))
            if puts_back:
                lstm.h, lstm.c = kept
        return np.concatenate([np.transpose(each) for each in outputs])

    np.testing.assert_allclose(block.outputs[0], expected(puts_back=True), atol=1e-6)
    # Putting the state back is not the same thing as leaving it, or the line above could not fail.
    differs = np.abs(expected(puts_back=True) - expected(puts_back=False)).max()
    assert (differs > 1e-4) == name.startswith("kept")


# Each regime field alone.


def assert_same(regime_a, regime_b, *, weights=True, forecasts=True):
    a, b = trained(replicated, regime_a), trained(replicated, regime_b)
    same_weights = all(np.array_equal(a.weights[name], b.weights[name]) for name in a.weights)
    assert same_weights == weights
    assert np.allclose(a.outputs, b.outputs, atol=1e-6) == forecasts


@pytest.mark.parametrize(
    "change",
    [
        {"stateful": False}, {"reset_after_epoch": False}, {"train_rows": 12}, {"epochs": 40},
        {"batch_size": 2}, {"learning_rate": 2e-3}, {"profile": "keras2017"},
    ],
    ids=str,
)  # fmt: skip
def test_fields_that_change_training(change):
    assert_same(STATEFUL, STATEFUL.varied(**change), weights=False, forecasts=False)


def test_shuffling_changes_training():
    shuffled = STATELESS.varied(shuffle=True)
    assert_same(STATELESS, shuffled, weights=False, forecasts=False)


@pytest.mark.parametrize("change", [{"units": 2}, {"timesteps": 2}], ids=str)
def test_fields_that_change_the_network(change):
    a, b = trained(replicated, STATEFUL), trained(replicated, STATEFUL.varied(**change))
    assert not np.allclose(a.outputs, b.outputs, atol=1e-4)


@pytest.mark.parametrize(
    "change", [{"seed_on_train": True}, {"reset_after_prediction": True}], ids=str
)
def test_fields_that_change_only_the_forecast(change):
    assert_same(STATEFUL, STATEFUL.varied(**change), forecasts=False)


def test_resetting_after_predictions_leaves_the_first_forecast_alone():
    a = trained(replicated, STATEFUL)
    b = trained(replicated, STATEFUL.varied(reset_after_prediction=True))
    np.testing.assert_allclose(a.outputs[:, 0], b.outputs[:, 0], atol=1e-7)


def test_resetting_after_predictions_wipes_the_seeding():
    resets = STATEFUL.varied(reset_after_prediction=True)
    assert_same(resets, resets.varied(seed_on_train=True))


def test_one_batch_of_all_rows_makes_stateful_and_stateless_the_same():
    one_batch = STATEFUL.varied(batch_size=12, train_rows=12)
    assert_same(one_batch, one_batch.varied(stateful=False))


@pytest.mark.parametrize("field", ["reset_after_epoch", "seed_on_train", "reset_after_prediction"])
def test_resets_and_seeding_mean_nothing_to_a_stateless_network(field):
    assert_same(STATELESS, STATELESS.varied(**{field: not getattr(STATELESS.state, field)}))


# Independence of the repeats, to the bit.

CLIPPING = {
    option: Optimizer("adam", ((option, 0.05),)) for option in ("clipnorm", "global_clipnorm")
}
BIT_REGIMES = {
    "stateful": STATEFUL.varied(seed_on_train=True),
    "shuffled": STATELESS.varied(shuffle=True),
    "one batch": STATEFUL.varied(batch_size=12, train_rows=12),
    "wide": WIDE,
    "wider, long": STATELESS.varied(units=16, timesteps=12, batch_size=4, epochs=5),
    "keras2017": WIDE.varied(profile="keras2017"),
    "matrix products": STATELESS.varied(units=32, timesteps=3, batch_size=8, epochs=5),
    "single rows, repeats first": STATELESS.varied(units=16, timesteps=6, epochs=5),
    "shuffled, repeats first": STATELESS.varied(units=64, batch_size=4, shuffle=True, epochs=5),
    "gru": WIDE.varied(layer="gru"),
    "dense": STATELESS.varied(layer="dense", timesteps=3, units=4),
    "stopped early": STATEFUL.varied(
        epochs=30,
        learning_rate=0.02,
        validation_rows=6,
        early_stopping=EarlyStopping(2, 0.0, True, 0),
    ),
    "stacked": WIDE.varied(layers=2, epochs=10),
    "stacked, repeats first": WIDE.varied(layers=2, units=16, epochs=3),
    "dropout": WIDE.varied(layers=2, dropout=0.4, epochs=10),
    "dropout, repeats first": WIDE.varied(units=16, dropout=0.4, epochs=3),
    "plateau": STATEFUL.varied(
        epochs=30,
        learning_rate=0.05,
        validation_rows=6,
        reduce_on_plateau=ReduceOnPlateau(0.5, 0, 0.001, 5, 0.0),
    ),
    "clipped": WIDE.varied(optimizer=CLIPPING["clipnorm"], epochs=10),
    "clipped, repeats first": WIDE.varied(
        units=16, optimizer=CLIPPING["global_clipnorm"], epochs=3
    ),
}


def assert_bits(whole, part, lanes):
    for name, value in part.weights.items():
        np.testing.assert_array_equal(value, whole.weights[name][..., lanes])
    np.testing.assert_array_equal(part.train_loss, whole.train_loss[lanes])
    np.testing.assert_array_equal(part.outputs, whole.outputs[lanes])


@pytest.mark.slow
@pytest.mark.parametrize("name", BIT_REGIMES)
def test_a_repeat_is_equal_to_the_bit_in_any_block(name):
    regime = BIT_REGIMES[name]
    whole = trained(replicated, regime, tuple(SEEDS))
    for lanes in ([0], [399], [3, 1], [5, 7, 6], list(range(100, 167)), list(range(128, 257))):
        assert_bits(whole, trained(replicated, regime, tuple(SEEDS[i] for i in lanes)), lanes)


@pytest.mark.slow
def test_a_repeat_is_equal_to_the_bit_in_any_pass():
    regime = STATELESS.varied(epochs=5, shuffle=True)
    seeds = tuple(range(1000, 1000 + LANES_LAST.most + 3))
    lanes = lanes_of(regime, 1, len(seeds))
    assert lanes < LANES_LAST.most
    whole = trained(replicated, regime, seeds)
    for some in ([0, lanes], [lanes + 2, lanes - 1]):
        assert_bits(whole, trained(replicated, regime, tuple(seeds[i] for i in some)), some)


@pytest.mark.parametrize("repeats", [1, 2, 30, 100, 512, 513, 1000, 100_000])
@pytest.mark.parametrize("units", [1, 8, 16, 64, 128])
@pytest.mark.parametrize("batch_size", [1, 16])
def test_passes_are_as_large_as_each_other_and_hardly_larger_than_they_need_to_be(
    units, batch_size, repeats
):
    regime = STATEFUL.varied(units=units, batch_size=batch_size)
    limits = limits_of(regime)
    step = limits.step
    lanes = lanes_of(regime, 1, repeats)
    assert lanes % step == 0
    assert 2 * step <= lanes <= limits.most
    passes = -(-repeats // lanes)
    assert passes * lanes - repeats < max(2 * step, passes * step)


def test_all_repeats_that_fit_are_trained_in_one_round():
    assert lanes_of(STATELESS, 1, LANES_LAST.most) == LANES_LAST.most


def test_batches_have_more_lanes_than_single_rows():
    """Their rows read the weights once."""
    wide = STATELESS.varied(units=64, timesteps=12)
    single, batch = lanes_of(wide, 1, 100), lanes_of(wide.varied(batch_size=16), 1, 100)
    assert single == LANES_FIRST.fewest < batch == LANES_OF_BATCHES.fewest


def test_timesteps_of_a_feed_forward_network_are_no_loop():
    """They are inputs: only the first layer's weights grow with them, not the activations."""
    dense = STATELESS.varied(layer="dense", units=64, timesteps=12, batch_size=16)
    assert lanes_of(dense, 1, 100) == LANES_OF_BATCHES.most
    assert lanes_of(dense.varied(layer="lstm"), 1, 100) < LANES_OF_BATCHES.most


def test_larger_networks_have_fewer_lanes():
    lanes = [lanes_of(STATEFUL.varied(units=units), 1, 10_000) for units in (1, 12)]
    assert lanes == sorted(set(lanes), reverse=True)
    lanes = [lanes_of(STATEFUL.varied(units=units), 1, 10_000) for units in (16, 32, 64)]
    assert lanes == sorted(set(lanes), reverse=True)


@pytest.mark.parametrize("layer", ["lstm", "gru", "simple_rnn", "dense"])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize(("units", "timesteps", "features"), [(1, 1, 1), (5, 3, 2)])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_weights_are_as_many_as_keras_has(layer, layers, units, timesteps, features, bidirectional):
    regime = STATELESS.varied(
        layer=layer, layers=layers, units=units, timesteps=timesteps,
        bidirectional=bidirectional and layer != "dense",
    )  # fmt: skip
    rows = Rows(np.zeros((2, timesteps, features), np.float32), np.zeros(2, np.float32))
    in_keras = stock.build_model(regime, rows, SEEDS[0], 1).count_params()
    # Keras's GRU has two biases; the estimate counts one.
    biases = 6 * units * layers if bidirectional else 3 * units * layers
    second_biases = biases if layer == "gru" else 0
    assert weights_of(regime, features) == in_keras - second_biases


@pytest.mark.parametrize(
    ("layer", "layers", "initial_state"),
    [("lstm", 2, "learned"), ("gru", 2, "learned"), ("lstm", 1, "from_inputs")],
)
def test_initial_states_are_weights_too(layer, layers, initial_state):
    zero = STATELESS.varied(layer=layer, layers=layers, units=3)
    learned = zero.varied(initial_state=initial_state)
    rows = Rows(np.zeros((2, 1, 2), np.float32), np.zeros(2, np.float32))
    in_keras = [stock.build_model(r, rows, SEEDS[0], 1).count_params() for r in (zero, learned)]
    assert weights_of(learned, 2) - weights_of(zero, 2) == in_keras[1] - in_keras[0]


def test_more_weights_mean_fewer_lanes():
    """Of one size but for the layers; stacked ones hold several times the weights."""
    single = STATEFUL.varied(units=12)
    assert lanes_of(single.varied(layers=3), 1, 10_000) < lanes_of(single, 1, 10_000)


@pytest.mark.parametrize(
    ("units", "sizes", "is_supported"),
    [
        (256, {"timesteps": 2}, True), (256, {"batch_size": 2}, True),
        (257, {"timesteps": 2}, False), (257, {"batch_size": 2}, False),
        (257, {}, True), (257, {"timesteps": 2, "layer": "dense"}, True),
    ],
)  # fmt: skip
def test_more_than_256_units_over_several_timesteps_or_rows_go_to_stock_keras(
    units, sizes, is_supported
):
    """The limit as docs/networks.md tells it."""
    regime = STATELESS.varied(units=units, **sizes)
    assert supports(regime) == is_supported
    assert ("more than 256 units" in str(unsupported(regime))) != is_supported


def test_calls_of_the_compiled_program_leave_no_mark(monkeypatch):
    regime = STATELESS.varied(shuffle=True, dropout=0.2, units=2)
    whole = trained(replicated, regime)
    monkeypatch.setattr(replicated, "ORDERS_PER_CALL", 22 * 2 * 3)
    part = replicated.train_block(regime, data_for(regime), SEEDS[:2], lambda _: None)
    assert_bits(whole, part, [0, 1])


def test_a_loop_over_timesteps_is_the_same_as_writing_them_out(monkeypatch):
    blocks = []
    for is_looped in (True, False):
        monkeypatch.setattr(
            network, "loops_over_timesteps", lambda *_, is_looped=is_looped: is_looped
        )
        monkeypatch.setattr(programs, "_program", programs.Program)
        blocks.append(replicated.train_block(WIDE, data_for(WIDE), SEEDS[:2], lambda _: None))
    looped, written_out = blocks
    np.testing.assert_allclose(looped.outputs, written_out.outputs, atol=1e-5)


STOCK_REGIMES = {
    "moved to single rows": WIDE.varied(forecast_batch_size=1, epochs=2),
    "dropout": STATELESS.varied(dropout=0.5, units=4, epochs=2),
    "stopped early": BIT_REGIMES["stopped early"].varied(epochs=4),
}


@pytest.mark.parametrize("name", STOCK_REGIMES)
def test_a_repeat_of_stock_keras_is_equal_to_the_bit_in_any_block(name):
    regime = STOCK_REGIMES[name]
    whole = stock.train_block(regime, data_for(regime), SEEDS[:2], lambda _: None)
    part = stock.train_block(regime, data_for(regime), SEEDS[1:2], lambda _: None)
    assert_bits(whole, part, [1])


# Programs that several regimes and series share.

SHARING = [
    STATEFUL,
    STATEFUL.varied(reset_after_epoch=False),
    STATEFUL.varied(reset_after_prediction=True),
    STATEFUL.varied(seed_on_train=True, learning_rate=0.01, epochs=7),
    STATEFUL.varied(train_rows=17, difference=False, scaling="standard"),
]


def test_a_program_is_compiled_once_for_regimes_and_rows_that_can_share_it(monkeypatch):
    fresh = lru_cache(programs.Program)
    monkeypatch.setattr(programs, "_program", fresh)
    for regime in SHARING:
        replicated.train_block(regime, data_for(regime), SEEDS[:2], lambda _: None)
    program = programs.program_for(STATEFUL, data_for(STATEFUL).train, lanes_of(STATEFUL, 1, 2))
    assert fresh.cache_info().currsize == 1
    assert program.train.experimental_get_tracing_count() == 1
    # One for the 12 test rows, and one for the 22 that seed the state.
    assert program.forecast.experimental_get_tracing_count() == 2


@pytest.mark.parametrize("regime", SHARING, ids=range(len(SHARING)))
def test_a_shared_program_keeps_nothing_of_what_it_trained_before(regime, monkeypatch):
    after_others = [
        replicated.train_block(each, data_for(each), SEEDS[:2], lambda _: None)
        for each in (*SHARING, regime)
    ]
    monkeypatch.setattr(programs, "_program", programs.Program)
    alone = replicated.train_block(regime, data_for(regime), SEEDS[:2], lambda _: None)
    assert_bits(alone, after_others[-1], [0, 1])


@pytest.mark.parametrize(
    "change",
    [
        {"units": 2}, {"layer": "gru"}, {"activation": "sigmoid"}, {"timesteps": 2},
        {"batch_size": 2}, {"stateful": False}, {"profile": "keras2017"},
        {"optimizer": Optimizer("sgd")}, {"optimizer": Optimizer("adam", (("beta_1", 0.5),))},
        {"early_stopping": EarlyStopping(2, 0.0, True, 0)}, {"layers": 2}, {"dropout": 0.1},
        {"stateful": False, "initial_state": "learned"},
        {"stateful": False, "initial_state": "from_inputs"},
        {"reduce_on_plateau": ReduceOnPlateau(0.5, 2, 0.001, 1, 0.0)}, {"validate_from_zero": True},
        {"loss": "mae"}, {"loss": "rmse"}, {"loss": "huber", "huber_delta": 0.5}, {"optimizer": CLIPPING["clipnorm"]},
    ],
    ids=str,
)  # fmt: skip
def test_what_shapes_a_program_is_not_shared(change):
    def program(regime):
        return programs.program_for(regime, data_for(regime).train, 32)

    assert program(STATEFUL) is program(STATEFUL.varied(epochs=3))
    assert program(STATEFUL) is not program(STATEFUL.varied(**change))


@pytest.mark.parametrize(("rows", "batch_size"), [(4, 4), (16, 1), (17, 1), (32, 2)])
def test_rows_that_fill_up_a_program_change_no_bit(rows, batch_size, monkeypatch):
    """Programs have room for 1, 2, 4, ... batches; more room is as good."""
    regime = WIDE.varied(train_rows=rows, batch_size=batch_size, epochs=5, seed_on_train=True)
    data = supervise(replace(SERIES, values=np.sin(np.arange(60.0) ** 2)), regime.preparation)
    tight = replicated.train_block(regime, data, SEEDS[:2], lambda _: None)
    monkeypatch.setattr(network, "room", lambda batches: 64)
    monkeypatch.setattr(programs, "_program", programs.Program)
    roomy = replicated.train_block(regime, data, SEEDS[:2], lambda _: None)
    assert_bits(tight, roomy, [0, 1])


@pytest.mark.parametrize("diverged", [0, 1])
@pytest.mark.parametrize("units", [1, UNITS_OF_PRODUCTS])
@pytest.mark.parametrize("optimizer", [Optimizer(), *CLIPPING.values()], ids=str)
def test_a_diverged_repeat_leaves_the_others_alone(optimizer, units, diverged, monkeypatch):
    regime = STATELESS.varied(units=units, timesteps=2, batch_size=4, epochs=5, optimizer=optimizer)
    sound = trained(replicated, regime, tuple(SEEDS[:3]))
    draw = replicated.initial_weights

    def poisoned(*args):
        weights = draw(*args)
        kernel = weights["kernel"].numpy()
        kernel[..., diverged] = np.nan
        return {**weights, "kernel": kernel}

    monkeypatch.setattr(replicated, "initial_weights", poisoned)
    block = replicated.train_block(regime, data_for(regime), SEEDS[:3], lambda _: None)
    assert np.isnan(block.outputs[diverged]).all()
    assert np.isnan(block.train_loss[diverged])
    lanes = [lane for lane in range(3) if lane != diverged]
    np.testing.assert_array_equal(block.outputs[lanes], sound.outputs[lanes])


@pytest.mark.slow
def test_progress_reaches_the_last_epoch():
    shuffled = STATELESS.varied(epochs=7, shuffle=True)
    in_two_rounds = shuffled.varied(units=64)
    assert lanes_of(in_two_rounds, 1, 12) < 12
    for engine, regime, seeds in (
        (stock, shuffled, SEEDS[:2]), (replicated, shuffled, SEEDS[:2]),
        (replicated, in_two_rounds, SEEDS[:12]),
    ):  # fmt: skip
        seen = []
        engine.train_block(regime, data_for(regime), seeds, seen.append)
        assert seen == sorted(seen)
        assert seen[-1] == 7


def test_the_profile_of_2017_is_not_what_keras_3_calls_hard_sigmoid():
    x = np.array([-3.0, -1.0, 0.0, 1.0, 2.5, 3.0], np.float32)
    ours = keras.ops.convert_to_numpy(PROFILES["keras2017"].recurrent_activation(x))
    np.testing.assert_allclose(ours, [0, 0.3, 0.5, 0.7, 1, 1], atol=1e-7)
    assert not np.allclose(ours, keras.ops.convert_to_numpy(keras.activations.hard_sigmoid(x)))


OTHER_PROCESSOR = """
import json, sys
instruction_set, *paths = sys.argv[1:]
sys.path[:0] = paths
from thousandfold.engines.variables import VARIABLES
VARIABLES["XLA_FLAGS"] += f" --xla_cpu_max_isa={instruction_set}"
from dataclasses import replace
from support import rmse, shipped_study
from thousandfold.data import load_series
from thousandfold.training import train_repeats
study = shipped_study()
rmses = {}
actual = load_series(study.series[0]).values[-12:]
for name in ("stateful", "stateful_batch12"):
    scenario = study.scenario(name)
    regime = scenario.regime.varied(epochs=300)
    scenario = replace(scenario, regime=regime)
    table = train_repeats(scenario, load_series(study.series[0]), study.seed, range(20))
    rmses[name] = list(rmse(table.filter(like="forecast_"), actual))
print(json.dumps(rmses))
"""


def rmses_with(instruction_set):
    paths = [ROOT / "workflow/scripts", ROOT / "tests"]
    result = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESSOR, instruction_set, *paths],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return json.loads(result.stdout)


@pytest.mark.slow
def test_older_processors_give_nearly_the_same():
    """They can do less than the settings allow."""
    modern, old = rmses_with("AVX2"), rmses_with("SSE4_2")
    assert modern != old
    for name, values in modern.items():
        np.testing.assert_allclose(old[name], values, atol=1e-3, rtol=0)
