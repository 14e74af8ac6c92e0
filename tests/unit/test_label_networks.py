"""Networks that tell labels: both engines equal number for number, and as good as can be."""

from dataclasses import replace

import numpy as np
import pytest
from support import STATEFUL, STATELESS, last_repeat

from thousandfold.engine_choice import supports
from thousandfold.engines import replicated, stock
from thousandfold.engines.lanes import UNITS_OF_PRODUCTS
from thousandfold.engines.losses import ROW_LOSSES
from thousandfold.engines.runtime import keras
from thousandfold.labelled import supervised
from thousandfold.measuring import measured
from thousandfold.scenario import Cut, EarlyStopping, TrainedScenario
from thousandfold.sequences import made_up
from thousandfold.synthetic import Labels, Synthetic
from thousandfold.tasks import TASKS
from thousandfold.training import train_repeats

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forget_the_graphs")]

SEEDS = [5, 6]


def made(length=8, test_rows=12, **labels):
    given = {"sequences": 36, "by": "mean", "last": 4, **labels}
    return made_up("made", Synthetic(length, 1, labels=Labels(**given)), test_rows)


def telling(start=STATELESS, classes=2, **changes):
    values = {"units": 3, "timesteps": 8, "batch_size": 4, "epochs": 15, "difference": False}
    return replace(start.varied(**{**values, **changes}), task="classification", classes=classes)


def in_pieces(form="pieces", **changes):
    return telling(STATEFUL, cut=Cut(form), **{"timesteps": 4, **changes})


def train(engine, regime, data, seeds=SEEDS):
    return engine.train_block(
        regime, supervised(data, regime.preparation), list(seeds), lambda _: None
    )


EQUAL, UNEQUAL = made(), made(shortest=4)
THREE = made(classes=3, shortest=4, by="value")
STEPS, UNEQUAL_STEPS = made(each="step"), made(each="step", shortest=4)
THREE_STEPS = made(each="step", classes=3, shortest=4, by="value")

STOPPING = {
    "validation_rows": 6, "learning_rate": 0.05, "epochs": 40,
    "early_stopping": EarlyStopping(2, 0.0, restore_best_weights=True, start_from_epoch=0),
}  # fmt: skip

CASES = {
    "whole": (telling(), EQUAL),
    "whole, shuffled": (telling(shuffle=True), EQUAL),
    "masked": (telling(), UNEQUAL),
    "three labels, two features, masked": (telling(classes=3), THREE),
    "gru": (telling(layer="gru"), UNEQUAL),
    "dense": (telling(layer="dense"), EQUAL),
    "stopping early": (telling(**STOPPING), UNEQUAL),
    "windows, shuffled": (telling(timesteps=4, cut=Cut("windows", 2), shuffle=True), EQUAL),
    "windows of unequal sequences": (telling(timesteps=5, cut=Cut("windows", 1)), UNEQUAL),
    "pieces": (in_pieces(), EQUAL),
    "pieces, one sequence at a time": (in_pieces(batch_size=1, timesteps=3), UNEQUAL),
    "pieces, another batch of forecasts": (in_pieces(forecast_batch_size=6), EQUAL),
    "pieces, learning at the last": (in_pieces("pieces_last"), EQUAL),
    "pieces, learning at the last, one at a time": (
        in_pieces("pieces_last", batch_size=1, timesteps=3, classes=3), THREE,
    ),
}  # fmt: skip
CASES |= {
    f"{name}, repeats first": (CASES[name][0].varied(units=UNITS_OF_PRODUCTS), CASES[name][1])
    for name in ("whole, shuffled", "masked", "pieces", "pieces, learning at the last")
}

CASES_OF_STEPS = {
    "whole": (telling(shuffle=True), STEPS),
    "masked": (telling(shuffle=True, batch_size=5), UNEQUAL_STEPS),
    "masked, three labels": (telling(classes=3, layer="gru", layers=2, dropout=0.2), THREE_STEPS),
    "few timesteps of single rows": (
        telling(timesteps=3, batch_size=1, cut=Cut("windows", 2), layer="simple_rnn"), STEPS,
    ),
    "stopping early": (telling(**STOPPING), UNEQUAL_STEPS),
    "windows, shuffled": (telling(timesteps=4, cut=Cut("windows", 2), shuffle=True), STEPS),
    "windows of unequal sequences": (telling(timesteps=3, cut=Cut("windows")), UNEQUAL_STEPS),
    "pieces": (in_pieces(), STEPS),
    "pieces, masked, one sequence at a time": (
        in_pieces(batch_size=1, timesteps=3, classes=3), THREE_STEPS,
    ),
    "pieces, another batch of forecasts": (in_pieces(forecast_batch_size=6), STEPS),
    "single steps": (in_pieces(timesteps=1, epochs=4), STEPS),
    "single steps, one sequence at a time": (
        in_pieces(timesteps=1, epochs=4, batch_size=1), UNEQUAL_STEPS,
    ),
    "learned initial state": (telling(initial_state="learned"), UNEQUAL_STEPS),
}  # fmt: skip
CASES_OF_STEPS |= {
    f"{name}, repeats first": (
        CASES_OF_STEPS[name][0].varied(units=UNITS_OF_PRODUCTS), CASES_OF_STEPS[name][1],
    )
    for name in ("masked", "pieces")
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_engines_are_equal_number_for_number(name):
    regime, data = CASES[name]
    assert supports(regime)
    ours = last_repeat(train(replicated, regime, data))
    theirs = train(stock, regime, data, SEEDS[1:])
    assert ours.outputs.shape == theirs.outputs.shape == (1, 12, regime.classes)
    for weight, expected in theirs.weights.items():
        np.testing.assert_allclose(ours.weights[weight], expected, atol=1e-5, rtol=0)
    np.testing.assert_allclose(ours.train_loss, theirs.train_loss, rtol=2e-5)
    np.testing.assert_array_equal(ours.epochs, theirs.epochs)
    np.testing.assert_allclose(ours.outputs, theirs.outputs, atol=1e-5)
    np.testing.assert_allclose(ours.outputs.sum(axis=-1), 1, atol=1e-6)
    assert np.ptp(ours.outputs[..., 1]) > 1e-3


COMBINED = {
    "windows of unequal sequences", "pieces, another batch of forecasts", "learned initial state",
    "single steps, one sequence at a time", "pieces, repeats first",
}  # fmt: skip
"""Of these, those whose parts are in others too."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.exhaustive] * (name in COMBINED))
        for name in CASES_OF_STEPS
    ],
)
def test_engines_are_equal_where_each_step_has_a_label(name):
    regime, data = CASES_OF_STEPS[name]
    ours = last_repeat(train(replicated, regime, data))
    theirs = train(stock, regime, data, SEEDS[1:])
    for weight, expected in theirs.weights.items():
        np.testing.assert_allclose(ours.weights[weight], expected, atol=1e-5, rtol=0)
    np.testing.assert_allclose(ours.train_loss, theirs.train_loss, rtol=2e-5)
    np.testing.assert_array_equal(ours.epochs, theirs.epochs)
    told = [
        TASKS["classification"].forecasts(supervised(data, regime.preparation), block.outputs)
        for block in (ours, theirs)
    ]
    assert told[0].shape == (1, *data.forecast_shape)
    np.testing.assert_allclose(*told, atol=1e-5)
    np.testing.assert_allclose(told[0].sum(axis=-1), 1, atol=1e-6)
    assert np.ptp(told[0][..., 1]) > 1e-3


@pytest.mark.parametrize("name", ["masked", "pieces", "windows, shuffled"])
def test_a_repeats_bits_do_not_depend_on_those_beside_it(name):
    regime, data = CASES[name]
    together = train(replicated, regime, data, range(40))
    alone = train(replicated, regime, data, [7])
    np.testing.assert_array_equal(together.outputs[7], alone.outputs[0])


def test_a_hopeless_probability_has_the_loss_that_keras_gives_it():
    """Keras computes it from the outputs before the softmax, so it is neither infinite nor cut."""
    logits = np.array([[-300.0, 200.0], [3.0, 3.5], [90.0, -90.0]], np.float32)
    labels = np.array([0.0, 1.0, 1.0], np.float32)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Activation("softmax")])
    model.compile(loss="sparse_categorical_crossentropy")
    ours = ROW_LOSSES["sparse_categorical_crossentropy"](list(logits.T), labels)
    theirs = [model.test_on_batch(logits[row : row + 1], labels[row : row + 1]) for row in range(3)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    np.testing.assert_allclose(ours, [500, np.log1p(np.exp(-0.5)), 180], rtol=1e-5)


def test_forward_pieces_of_a_sequence_are_the_whole_sequence():
    """From the same weights; what differs is the gradient, which ends at each piece."""
    still = {"learning_rate": 1e-30, "epochs": 1}
    whole = train(replicated, telling(**still), UNEQUAL)
    pieces = train(
        replicated, in_pieces("pieces_last", batch_size=1, timesteps=3, **still), UNEQUAL
    )
    np.testing.assert_allclose(whole.outputs, pieces.outputs, atol=1e-6)
    np.testing.assert_allclose(whole.train_loss, pieces.train_loss, rtol=1e-5)
    abreast = train(replicated, in_pieces("pieces_last", **still), EQUAL)
    np.testing.assert_allclose(
        abreast.outputs, train(replicated, telling(**still), EQUAL).outputs, atol=1e-6
    )


# What can be known is found, and no more


def accuracies(regime, data, repeats=10):
    scenario = TrainedScenario("a", "a", regime, "a")
    table = measured(train_repeats(scenario, data, 1, range(repeats)), data, "classification")
    return table["accuracy"].to_numpy()


def test_a_network_is_as_right_as_what_it_sees_allows():
    """Of labels that the mean of the last 16 values decides."""
    data = made(length=32, test_rows=400, sequences=800, last=16)
    common = {"units": 4, "batch_size": 20, "epochs": 30, "learning_rate": 0.01, "scaling": "none"}
    seeing_all = accuracies(telling(timesteps=16, **common), data)
    seeing_four = accuracies(telling(timesteps=4, **common), data)
    in_fours = accuracies(in_pieces(timesteps=4, **common), data)
    most = 0.5 + np.arcsin(np.sqrt(4 / 16)) / np.pi
    noise = 3 * np.sqrt(most * (1 - most) / 400)
    assert most - noise < seeing_four.mean() < most + noise
    assert seeing_all.mean() > 0.9
    assert in_fours.mean() > most + noise


def test_what_was_seen_before_the_window_only_the_state_can_know():
    data = made(length=24, test_rows=200, sequences=600, by="value", last=12)
    common = {"units": 4, "batch_size": 20, "epochs": 40, "learning_rate": 0.01, "scaling": "none"}
    blind = accuracies(telling(timesteps=6, **common), data)
    remembering = accuracies(in_pieces(timesteps=6, **common), data)
    assert abs(blind.mean() - 0.5) < 3 * np.sqrt(0.25 / 200)
    assert remembering.mean() > 0.95
