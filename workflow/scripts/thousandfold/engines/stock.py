"""Stock Keras, one repeat after the other, the way the article trains: the reference."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from time import perf_counter
from typing import Any

import numpy as np

from thousandfold.engines.block import Progress, TrainedBlock, no_progress
from thousandfold.engines.cells import CELLS
from thousandfold.engines.lanes import GATES
from thousandfold.engines.learned_state import FromLearnedState, initial_state_weights
from thousandfold.engines.losses import loss_of
from thousandfold.engines.own_model import (
    build_own_model,
    check_resets,
    reported_loss,
    stateful_layers,
)
from thousandfold.engines.profiles import PROFILES, make_optimizer
from thousandfold.engines.runtime import keras
from thousandfold.scenario import Regime, Training
from thousandfold.seeds import epoch_orders, layer_weight, shuffling_generator, weight_seed
from thousandfold.supervised import MASK_VALUE, Recursion, Rows, Supervised
from thousandfold.tasks import dense_units, task_of, timesteps_told

BACKWARD = "backward_"
"""What the names of weights begin with in a layer that reads rows from their end."""


def weight_names(regime: Regime) -> list[str]:
    """The weights of a network, in the order of `model.get_weights()`."""
    recurrent = ["recurrent_kernel"] if regime.network.is_recurrent else []
    names = ["kernel", *recurrent, "bias"]
    names = [*initial_state_weights(regime), *names]
    if regime.network.bidirectional:
        names += [f"{BACKWARD}{name}" for name in names]
    layers = range(regime.network.layers)
    below = [layer_weight(name, depth) for depth in layers for name in names]
    return [*below, "dense_kernel", "dense_bias"]


def _layers(regime: Regime, rows: Rows, seed: int) -> Iterator[Any]:
    """The layers before the output, each weight drawn from a seed of its own."""
    layers, initializers = keras.layers, keras.initializers
    profile, layer = PROFILES[regime.execution.profile], CELLS[regime.network.layer].keras_layer
    tells_each_timestep = timesteps_told(regime, rows.targets_per_row) > 1
    if rows.present is not None:
        yield layers.Masking(MASK_VALUE)
    if not regime.network.is_recurrent:
        yield layers.Flatten()
    for depth in range(regime.network.layers):

        def drawn(weight: str, depth: int = depth) -> int:
            return weight_seed(seed, layer_weight(weight, depth))

        if not regime.network.is_recurrent:
            glorot = initializers.GlorotUniform(drawn("kernel"))
            yield layer(regime.network.units, regime.network.activation, kernel_initializer=glorot)
            if regime.network.dropout:
                yield layers.Dropout(regime.network.dropout, seed=drawn("dropout"))
            continue
        gated = {"recurrent_activation": profile.recurrent_activation}
        options: dict[str, Any] = {
            "units": regime.network.units,
            "activation": regime.network.activation,
            "stateful": regime.state.stateful,
            "return_sequences": depth < regime.network.layers - 1 or tells_each_timestep,
            "dropout": regime.network.dropout,
            **(gated if GATES[regime.network.layer] > 1 else {}),
        }

        def random(prefix: str = "", drawn: Callable[[str], int] = drawn) -> dict[str, Any]:
            return {
                "kernel_initializer": initializers.GlorotUniform(drawn(f"{prefix}kernel")),
                "recurrent_initializer": initializers.Orthogonal(
                    seed=drawn(f"{prefix}recurrent_kernel")
                ),
                "seed": drawn(f"{prefix}dropout"),
            }

        forward = layer(**options, **random())
        if regime.network.learns_initial_state:
            yield FromLearnedState(forward, regime)
            continue
        if not regime.network.bidirectional:
            yield forward
            continue
        backward = layer(**options, **random(BACKWARD), go_backwards=True)
        yield layers.Bidirectional(forward, backward_layer=backward)


def _output_shape(regime: Regime, rows: Rows) -> tuple[int, ...]:
    """The shape of what a network puts out for one row."""
    told, units = (
        timesteps_told(regime, rows.targets_per_row),
        dense_units(regime, rows.targets_per_row),
    )
    return (told, units) if told > 1 else (units,)


def build_model(regime: Regime, rows: Rows, seed: int, batch_size: int) -> Any:
    """A compiled network for rows like these, with a fixed batch size if it is stateful."""
    task, size = task_of(regime), batch_size if regime.state.stateful else None
    units = dense_units(regime, rows.targets_per_row)
    if regime.network.model:
        model = build_own_model(
            regime.network.model, _output_shape(regime, rows), rows.timesteps, rows.features, size,
            seed,
        )  # fmt: skip
        if regime.resets_state or rows.begins is not None:
            check_resets(regime.network.model, model)
    else:
        glorot = keras.initializers.GlorotUniform(weight_seed(seed, "dense_kernel"))
        model = keras.Sequential(
            [
                keras.Input(batch_shape=(size, rows.timesteps, rows.features)),
                *_layers(regime, rows, seed),
                keras.layers.Dense(units, task.activation, kernel_initializer=glorot),
            ]
        )
    if not model.compiled:
        model.compile(loss=loss_of(regime).keras_loss, optimizer=make_optimizer(regime))
    return model


def reset_states(model: Any) -> None:
    """Zero the state of every stateful layer; Keras 3's models have no such method."""
    for layer in stateful_layers(model):
        layer.reset_state()


def _callbacks(model: Any, training: Training) -> list[Any]:
    """Keras's own, to be called after each epoch."""
    callbacks = []
    if rule := training.early_stopping:
        callbacks.append(keras.callbacks.EarlyStopping("val_loss", **asdict(rule)))
    if plateau := training.reduce_on_plateau:
        options = asdict(plateau)
        min_lr = options.pop("min_learning_rate")
        callbacks.append(keras.callbacks.ReduceLROnPlateau("val_loss", **options, min_lr=min_lr))
    for callback in callbacks:
        callback.set_model(model)
        callback.on_train_begin()
    return callbacks


def _evaluate_from_zero(model: Any, rows: Rows, batch_size: int) -> dict[str, float]:
    """What `fit` reports of validation rows, from zero state and leaving the state as it was."""
    kept = [(variable, variable.numpy()) for variable in _states(model)]
    reset_states(model)
    logs = model.evaluate(
        rows.inputs, rows.targets, batch_size=batch_size, verbose=0, return_dict=True
    )
    for variable, value in kept:
        variable.assign(value)
    return {f"val_{name}": value for name, value in logs.items()}


def _states(model: Any) -> list[Any]:
    """Where Keras's own layers keep their state; they do not count it among their variables."""
    states = [getattr(layer, "states", None) or [] for layer in stateful_layers(model)]
    return keras.tree.flatten(states)


def _fit(
    model: Any,
    regime: Regime,
    train: Rows,
    validation: Rows | None,
    epochs: int,
    generator: np.random.Generator,
    progress: Progress,
) -> tuple[float, int]:
    """Train a model on rows by its regime; the last epoch's loss and how many epochs there were."""
    train = train.side_by_side(regime.training.batch_size)
    apart = regime.state.validate_from_zero
    held_back = (validation.inputs, validation.targets) if validation and not apart else None

    def fit(rows: Any, epochs: int) -> dict[str, float]:
        history = model.fit(
            train.inputs[rows], train.targets[rows], epochs=epochs,
            batch_size=regime.training.batch_size, shuffle=False, verbose=0,
            validation_data=held_back,
        )  # fmt: skip
        return {name: values[-1] for name, values in history.history.items()}

    # A stateless network begins every row anew anyway.
    begins = train.begins if regime.state.stateful else None
    resets = regime.state.stateful and regime.state.reset_after_epoch
    if not resets and not regime.training.shuffle and validation is None and begins is None:
        loss = reported_loss(regime.network.model, fit(slice(None), epochs))
        progress(epochs)
        return float(loss), epochs

    callbacks = _callbacks(model, regime.training)
    loss, epoch = float("nan"), 0
    for epoch in range(epochs):
        # Both engines take each epoch's order from the repeat's own generator.
        rows = epoch_orders(generator, 1, len(train))[0] if regime.training.shuffle else slice(None)
        if begins is None:
            logs = fit(rows, epochs=1)
            if validation and apart:
                logs |= _evaluate_from_zero(model, validation, regime.training.batch_size)
            loss = reported_loss(regime.network.model, logs)
        else:
            loss = _epoch_with_resets(model, regime, train, begins)
        if regime.state.reset_after_epoch:
            reset_states(model)
        progress(epoch + 1)
        for callback in callbacks:
            current = reported_loss(regime.network.model, logs, "val_loss")
            callback.on_epoch_end(epoch, {"val_loss": current})
        if callbacks and model.stop_training:
            break
    for callback in callbacks:
        callback.on_train_end()
    progress(epochs)
    return float(loss), epoch + 1


def _update(
    model: Any, regime: Regime, data: Supervised, test_row: int, generator: np.random.Generator
) -> None:
    """Train a model on, from zero state, with what is known when a test row is forecast."""
    refit = regime.training.refit
    if refit is not None and test_row:
        reset_states(model)
        known = data.known(test_row)
        _fit(model, regime, known, None, refit.epochs, generator, no_progress)


def _epoch_with_resets(model: Any, regime: Regime, rows: Rows, begins: np.ndarray) -> float:
    """Batch by batch, from zero state where a piece or sequence begins; the mean loss."""
    losses, size = [], regime.training.batch_size
    for row in range(0, len(rows), size):
        if begins[row]:
            reset_states(model)
        inputs = rows.inputs[row : row + size]
        if rows.learns is None or rows.learns[row]:
            model.reset_metrics()
            # A dictionary, for a list has the model's own metrics beside the loss.
            logs = model.train_on_batch(inputs, rows.targets[row : row + size], return_dict=True)
            losses.append(reported_loss(regime.network.model, logs))
        else:
            model.predict_on_batch(inputs)
    return float(np.mean(losses))


def _predict(model: Any, regime: Regime, rows: Rows) -> np.ndarray:
    """Outputs (rows, O), batch by batch, carrying or resetting the state as the regime says."""
    outputs, size = [], regime.training.rows_per_forecast
    abreast = rows.side_by_side(size)
    for start in range(0, len(rows), size):
        if abreast.begins is not None and abreast.begins[start]:
            reset_states(model)
        batch = abreast.inputs[start : start + size]
        outputs.append(model.predict_on_batch(batch))
        if regime.state.reset_after_prediction:
            reset_states(model)
    # Of each timestep's, one after the other.
    return rows.forecasts(np.concatenate(outputs).reshape(len(rows), -1), size)


def _predict_test(model: Any, regime: Regime, data: Supervised, walk: slice) -> np.ndarray:
    """Outputs (rows, O) of some test rows, or several steps ahead: (rows, steps_ahead).

    What is fed back moves the state on, so that it is put back before the next row.
    """
    if not data.is_recursive:
        return _predict(model, regime, data.test.part(walk))
    outputs, size = [], regime.training.rows_per_forecast
    for start in range(walk.start, walk.stop, size):
        batch = slice(start, min(start + size, walk.stop))
        steps = [_predict(model, regime, data.test.part(batch))]
        # A user's own layers may keep a state in any of their variables.
        keeping = [*_states(model), *model.non_trainable_variables]
        kept = [(variable, variable.numpy()) for variable in keeping]
        recursion = Recursion.after_test_rows(data, 1, batch)
        for _ in range(1, data.steps_ahead):
            recursion.accept(steps[-1].T)
            steps.append(model.predict_on_batch(recursion.inputs()[0]))
            if regime.state.reset_after_prediction:
                reset_states(model)
        for variable, value in kept:
            variable.assign(value)
        outputs.append(np.concatenate(steps, axis=-1))
    return np.concatenate(outputs)


class _Networks:
    """The networks of one repeat after the other.

    Keras takes seconds to trace a model's functions, so that all repeats have the first one's, with
    weights, generators and optimizer of their own. A user's model may depend on its seed in other
    ways, so that each repeat has its own.
    """

    def __init__(self, regime: Regime, data: Supervised) -> None:
        self.regime, self.data = regime, data
        self.trained: Any = None
        self.forecasting: Any = None

    def start(self, seed: int) -> None:
        """Take a newly drawn network in place of the one before."""
        new = build_model(self.regime, self.data.train, seed, self.regime.training.batch_size)
        if self.trained is None or self.regime.network.model:
            self.trained, self.forecasting = new, None
            return
        new.optimizer.build(new.trainable_variables)
        for variable, value in zip(_variables(self.trained), _variables(new), strict=True):
            variable.assign(value)
        reset_states(self.trained)

    def for_forecasts(self, seed: int) -> Any:
        """The trained model, or one of the batch size of forecasts with its weights."""
        training = self.regime.training
        if not self.regime.state.stateful or training.rows_per_forecast == training.batch_size:
            return self.trained
        if self.forecasting is None:
            rows = self.data.test
            self.forecasting = build_model(self.regime, rows, seed, training.rows_per_forecast)
        self.forecasting.set_weights(self.trained.get_weights())
        reset_states(self.forecasting)
        return self.forecasting


def _variables(model: Any) -> list[Any]:
    """All that training changes: weights, random generators, and what the optimizer remembers."""
    return [*model.variables, *model.optimizer.variables]


def _predict_future(model: Any, regime: Regime, data: Supervised) -> np.ndarray:
    """Outputs beyond the end of the series, shape (horizon,)."""
    if not data.horizon:
        return np.zeros(0, np.float32)
    if data.after_test is not None and regime.state.stateful:
        _predict(model, regime, data.after_test)
    recursion = Recursion.beyond_end(data, repeats=1)
    steps: list[np.ndarray] = []
    for step in range(data.horizon // data.train.targets_per_row):
        if step:
            recursion.accept(steps[-1])
        steps.append(model.predict_on_batch(recursion.inputs()[0]))
        if regime.state.reset_after_prediction:
            reset_states(model)
    return np.concatenate(steps, axis=-1)[0]


def train_block(
    regime: Regime, data: Supervised, seeds: list[int], progress: Progress
) -> TrainedBlock:
    """Train one repeat per seed, one after the other, and forecast the test rows."""
    weights, losses, epochs, outputs, futures, seconds = [], [], [], [], [], []
    networks = _Networks(regime, data)
    for index, seed in enumerate(seeds):
        earlier = index * regime.training.epochs

        def progress_of_all(epochs_done: float, earlier: int = earlier) -> None:
            progress((earlier + epochs_done) / len(seeds))

        networks.start(seed)
        model = networks.trained
        generator, training = shuffling_generator(seed), regime.training
        started = perf_counter()
        loss, epochs_run = _fit(
            model, regime, data.train, data.validation, training.epochs, generator, progress_of_all
        )
        seconds.append(perf_counter() - started)
        losses.append(loss)
        epochs.append(epochs_run)
        walked = []
        for walk in training.walks(len(data.test)):
            _update(model, regime, data, walk.start, generator)
            forecasting = networks.for_forecasts(seed)
            if regime.state.seed_on_train:
                _predict(forecasting, regime, data.before(walk.start))
            walked.append(_predict_test(forecasting, regime, data, walk))
        outputs.append(np.concatenate(walked))
        futures.append(_predict_future(forecasting, regime, data))
        weights.append(model.get_weights())
        keras.backend.clear_session()
    names = (
        weight_names(regime)
        if regime.network.model is None
        else [f"weight_{place}" for place in range(len(weights[0]))]
    )
    return TrainedBlock(
        weights={
            name: np.stack([repeat[i] for repeat in weights], axis=-1)
            for i, name in enumerate(names)
        },
        train_loss=np.array(losses, np.float32),
        epochs=np.array(epochs),
        outputs=np.stack(outputs),
        future=np.stack(futures),
        seconds=np.array(seconds),
    )
