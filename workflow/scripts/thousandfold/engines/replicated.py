"""All repeats of a block at once: one XLA program in which every array's last axis is the repeat.

Keras's optimizers are elementwise, so one of them over weights stacked along the repeats is as
many independent ones; the loss is summed over repeats, so no gradient mixes them. With the
repeats last, each operation is a contiguous loop over them that the compiler vectorises.

The letters in shapes are those of cells.py.
"""

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from thousandfold.engines.block import (
    FEWEST_LANES,
    UNROLLED_TIMESTEPS,
    Progress,
    TrainedBlock,
    joined,
)
from thousandfold.engines.cells import CELLS, State, takes_matrix_products
from thousandfold.engines.profiles import make_optimizer
from thousandfold.engines.runtime import keras, tf
from thousandfold.scenario import EarlyStopping, Regime
from thousandfold.seeds import epoch_orders, shuffling_generator, weight_seed
from thousandfold.supervised import Future, Rows, Supervised

ORDERS_PER_CALL = 2_000_000
"""Row numbers handed to one call of the compiled program that shuffles (8 MB)."""


class _LaneSeed(keras.random.SeedGenerator):
    """A seed that may be a tensor; Keras's initialisers draw with it as with the integer."""

    def __init__(self, seed: Any) -> None:
        # The base class would make a variable, which a traced function cannot.
        self._seed = seed

    def next(self, ordered: bool = True) -> Any:
        return tf.stack([self._seed, 0])


def _draw(initializer: Any, shape: tuple[int, ...], seeds: list[int]) -> Any:
    """One draw of a Keras initialiser per seed, stacked along a last axis."""

    # Not compiled by XLA, whose random numbers differ from those that stock Keras draws.
    @tf.function
    def draw_all(lane_seeds: Any) -> Any:
        def draw(lane_seed: Any) -> Any:
            initializer.seed = _LaneSeed(lane_seed)
            return initializer(shape)

        return tf.map_fn(draw, lane_seeds, fn_output_signature=tf.float32)

    draws = draw_all(tf.constant(seeds, tf.int64))
    return tf.transpose(draws, [*range(1, len(shape) + 1), 0])


def initial_weights(regime: Regime, rows: Rows, seeds: list[int]) -> dict[str, Any]:
    """The weights that stock Keras layers would start from, repeats on the last axis."""

    def seeds_of(weight: str) -> list[int]:
        return [weight_seed(seed, weight) for seed in seeds]

    cell, units = CELLS[regime.layer], regime.units
    glorot, orthogonal = keras.initializers.GlorotUniform(), keras.initializers.Orthogonal()
    inputs = rows.features if cell.is_recurrent else rows.timesteps * rows.features
    columns = cell.gates * units
    recurrent = {}
    if cell.is_recurrent:
        drawn = _draw(orthogonal, (units, columns), seeds_of("recurrent_kernel"))
        recurrent = {"recurrent_kernel": drawn}
    return {
        "kernel": _draw(glorot, (inputs, columns), seeds_of("kernel")),
        **recurrent,
        "bias": tf.repeat(cell.bias(units)[..., tf.newaxis], len(seeds), axis=-1),
        "dense_kernel": _draw(glorot, (units, 1), seeds_of("dense_kernel")),
        "dense_bias": tf.zeros((1, len(seeds))),
    }


class _Network:
    """A layer and a dense output for every repeat at once."""

    def __init__(self, regime: Regime, weights: dict[str, Any]) -> None:
        self.regime = regime
        self.cell = CELLS[regime.layer]
        self.repeats = weights["dense_bias"].shape[-1]
        self.weights = {
            name: keras.Variable(value, name=name, dtype="float32")
            for name, value in weights.items()
        }

    def zero_state(self, batch_size: int) -> State:
        """The state before any timestep."""
        shape = (batch_size, self.regime.units, self.repeats)
        return tuple(tf.zeros(shape) for _ in range(self.cell.states))

    def _step(self, x: Any, present: Any, state: State) -> State:
        """One timestep of x (B, F, L); where it is not present (B, L), the state stays."""
        w = {name: variable.value for name, variable in self.weights.items()}
        after = self.cell.step(self.regime, w, x, state)
        if present is None:
            return after
        keep = present[:, tf.newaxis]
        return tuple(tf.where(keep, new, old) for new, old in zip(after, state, strict=True))

    def __call__(self, x: Any, present: Any, state: State) -> tuple[Any, State]:
        """Outputs (B, R) and the state after the last of x's timesteps, x being (B, T, F, L)."""
        if not self.cell.is_recurrent:
            flat = tf.reshape(x, (x.shape[0], x.shape[1] * x.shape[2], -1))
            return self._output(self._step(flat, None, state)[0]), state

        def step(t: Any, state: State) -> State:
            return self._step(x[:, t], None if present is None else present[:, t], state)

        timesteps = x.shape[1]
        if timesteps <= UNROLLED_TIMESTEPS:
            for t in range(timesteps):
                state = step(t, state)
        else:
            _, *after = tf.while_loop(
                lambda t, *state: t < timesteps,
                lambda t, *state: (t + 1, *step(t, state)),
                (0, *state),
                maximum_iterations=timesteps,
            )
            state = tuple(after)
        return self._output(state[0]), state

    def _output(self, h: Any) -> Any:
        w = self.weights
        return tf.reduce_sum(h * w["dense_kernel"].value[:, 0], axis=1) + w["dense_bias"].value[0]


class _Batches:
    """Rows cut into batches of equal length, the last one filled up with rows of no weight."""

    def __init__(self, rows: int, batch_size: int) -> None:
        self.count = -(-rows // batch_size)
        self.batch_size = batch_size
        real = self.cut(np.ones((1, rows)))[0]
        self.row_weights = tf.constant(real / real.sum(axis=1, keepdims=True), tf.float32)
        """Each row's share in its batch's mean, shape (count, batch_size)."""
        self.shares = tf.constant(real.sum(axis=1) / rows, tf.float32)
        """Each batch's share in the epoch's mean, shape (count,)."""

    def cut(self, values: np.ndarray) -> np.ndarray:
        """Values (E, rows, ...) as (E, count, batch_size, ...), filled up with zeros."""
        missing = self.count * self.batch_size - values.shape[1]
        filled = np.pad(values, [(0, 0), (0, missing)] + [(0, 0)] * (values.ndim - 2))
        return filled.reshape(len(values), self.count, self.batch_size, *values.shape[2:])


class _Constants:
    """Rows as constants of a compiled program."""

    def __init__(self, rows: Rows) -> None:
        self.inputs, self.targets = tf.constant(rows.inputs), tf.constant(rows.targets)
        self.present = None if rows.present is None else tf.constant(rows.present)

    def pick(self, rows: Any) -> tuple[Any, Any, Any]:
        """Inputs (B, T, F, L), presence (B, T, L) and targets (B, L) of row numbers (B, L)."""
        x = tf.transpose(tf.gather(self.inputs, rows), [0, 2, 3, 1])
        present = None
        if self.present is not None:
            present = tf.transpose(tf.gather(self.present, rows), [0, 2, 1])
        return x, present, tf.gather(self.targets, rows)


def _batch_losses(
    network: _Network, picked: tuple[Any, Any, Any], row_weights: Any, state: State
) -> tuple[Any, State]:
    """Each repeat's mean squared error (R,) on one batch, and the state after it."""
    x, present, targets = picked
    outputs, state = network(x, present, state)
    errors = outputs - targets
    return tf.reduce_sum(row_weights[:, tf.newaxis] * errors**2, axis=0), state


def _in_order(batches: _Batches, rows: int) -> Any:
    """The row numbers of one epoch in their own order, cut into batches, (1, count, B, 1)."""
    numbers = np.arange(rows, dtype=np.int32)[np.newaxis, :, np.newaxis]
    return tf.constant(batches.cut(numbers))


class _Epoch:
    """One epoch of training as part of a compiled program."""

    def __init__(self, network: _Network, regime: Regime, rows: Rows) -> None:
        self.network, self.regime = network, regime
        self.batches = _Batches(len(rows), regime.batch_size)
        self.rows = _Constants(rows)
        self.variables = list(network.weights.values())
        self.optimizer = make_optimizer(regime)
        self.optimizer.build(self.variables)
        self.begins = None if rows.begins is None else tf.constant(rows.begins)
        self.learns, self.shares = None, self.batches.shares
        if regime.sequences and regime.sequences.form == "stepwise_last":
            assert rows.ends is not None
            self.learns = tf.constant(rows.ends)
            self.shares = tf.constant(rows.ends / rows.ends.sum(), tf.float32)

    def _update(self, rows: Any, row_weights: Any, state: State) -> tuple[Any, State]:
        picked = self.rows.pick(rows)
        with tf.GradientTape() as tape:
            losses, state = _batch_losses(self.network, picked, row_weights, state)
            loss_of_all_repeats = tf.reduce_sum(losses)
        gradients = tape.gradient(loss_of_all_repeats, [v.value for v in self.variables])
        self.optimizer.apply(gradients, self.variables)
        return losses, state

    def __call__(self, orders: Any, state: State) -> tuple[Any, State]:
        """The mean losses (R,) and the state after an epoch of these rows, (count, B, L)."""
        zero = self.network.zero_state(self.regime.batch_size)
        mean_losses = tf.zeros(self.network.repeats)
        for batch in tf.range(self.batches.count):
            if not self.regime.stateful:
                state = zero
            if self.begins is not None:
                begins = self.begins[batch]
                state = tuple(tf.where(begins, z, s) for z, s in zip(zero, state, strict=True))
            rows, row_weights = orders[batch], self.batches.row_weights[batch]
            if self.learns is None or self.learns[batch]:
                losses, state = self._update(rows, row_weights, state)
            else:
                picked = self.rows.pick(rows)
                losses, state = _batch_losses(self.network, picked, row_weights, state)
            mean_losses += self.shares[batch] * losses
        return mean_losses, state


@dataclass
class _Stopper:
    """Keras's EarlyStopping, field by field, for every repeat at once.

    A repeat that has stopped is trained on with the others, and put back after each epoch.
    """

    rule: EarlyStopping
    network: _Network
    batches: _Batches
    rows: _Constants
    orders: Any

    @classmethod
    def of(cls, network: _Network, regime: Regime, data: Supervised) -> "_Stopper | None":
        """None if the regime does not stop early."""
        if regime.early_stopping is None or data.validation is None:
            return None
        batches = _Batches(len(data.validation), regime.batch_size)
        orders = _in_order(batches, len(data.validation))[0]
        return cls(regime.early_stopping, network, batches, _Constants(data.validation), orders)

    def fresh(self) -> tuple[Any, ...]:
        """Before the first epoch: active, wait, best, epochs run, the best weights."""
        repeats = self.network.repeats
        best_weights = [tf.zeros(v.shape) for v in self._variables] if self._restores else []
        return (
            tf.ones(repeats, tf.bool), tf.zeros(repeats, tf.int32), tf.zeros(repeats),
            tf.zeros(repeats, tf.int32), *best_weights,
        )  # fmt: skip

    @property
    def _variables(self) -> list[Any]:
        return list(self.network.weights.values())

    @property
    def _restores(self) -> bool:
        return self.rule.restore_best_weights

    def evaluate(self, state: State) -> tuple[Any, State]:
        """The validation losses (R,), and the state, which moves on through the rows."""
        regime = self.network.regime
        losses = tf.zeros(self.network.repeats)
        for batch in tf.range(self.batches.count):
            if not regime.stateful:
                state = self.network.zero_state(regime.batch_size)
            picked, weights = self.rows.pick(self.orders[batch]), self.batches.row_weights[batch]
            batch_losses, state = _batch_losses(self.network, picked, weights, state)
            losses += self.batches.shares[batch] * batch_losses
        return losses, state

    def after_epoch(self, epoch: Any, current: Any, fields: tuple[Any, ...]) -> tuple[Any, ...]:
        """The fields after an epoch, numbered from 0, with the validation losses `current`."""
        active, wait, best, epochs_run, *best_weights = fields
        watched = epoch >= self.rule.start_from_epoch
        first = epoch <= self.rule.start_from_epoch
        improved = watched & (first | (current + self.rule.min_delta < best))
        takes = active & improved
        best = tf.where(takes, current, best)
        best_weights = [
            tf.where(takes, variable.value, kept)
            for variable, kept in zip(self._variables, best_weights, strict=False)
        ]
        wait = tf.where(improved, 0, tf.where(watched, wait + 1, wait))
        epochs_run = tf.where(active, epochs_run + 1, epochs_run)
        stops = watched & ~improved & (wait >= self.rule.patience) & (epoch > 0)
        return active & ~stops, wait, best, epochs_run, *best_weights

    def restore(self, fields: tuple[Any, ...]) -> None:
        """At the end, put the best weights back."""
        _, _, _, epochs_run, *best_weights = fields
        watched = epochs_run > self.rule.start_from_epoch
        for variable, kept in zip(self._variables, best_weights, strict=False):
            variable.assign(tf.where(watched, kept, variable.value))


def _training_program(network: _Network, regime: Regime, data: Supervised) -> Any:
    """Compiled training: (epochs, orders, losses, state, stopper's fields) -> the last three.

    The orders are row numbers (epochs, rows, L) cut into batches; a single epoch's serve every
    epoch of a regime that does not shuffle. The losses (R,) are the last epoch's means.
    """
    run_epoch = _Epoch(network, regime, data.train)
    variables = list(network.weights.values())
    zero = network.zero_state(regime.batch_size)

    def select(active: Any, new: Any, old: Any) -> Any:
        return tuple(tf.where(active, n, o) for n, o in zip(new, old, strict=True))

    @tf.function(jit_compile=True)
    def train(epochs: Any, orders: Any, mean_losses: Any, state: State) -> Any:
        # Not `for epoch in tf.range(epochs)`: XLA would compile it anew for each number of epochs.
        epoch = 0
        while epoch < epochs:
            if regime.reset_after_epoch:
                state = zero
            mean_losses, state = run_epoch(orders[epoch if regime.shuffle else 0], state)
            epoch += 1
        if regime.reset_after_epoch:
            state = zero
        return mean_losses, state

    stopper = _Stopper.of(network, regime, data)
    if stopper is None:
        return train, None

    @tf.function(jit_compile=True)
    def train_until_stopped(
        epochs: Any, orders: Any, mean_losses: Any, state: State, done: Any, fields: Any
    ) -> Any:
        epoch = 0
        while epoch < epochs:
            active = fields[0]
            before = (mean_losses, *state, *[tf.identity(v.value) for v in variables])
            if regime.reset_after_epoch:
                state = zero
            losses, state = run_epoch(orders[epoch if regime.shuffle else 0], state)
            current, state = stopper.evaluate(state)
            after = (losses, *state, *[v.value for v in variables])
            mean_losses, *rest = select(active, after, before)
            state = tuple(rest[: len(state)])
            for variable, value in zip(variables, rest[len(state) :], strict=True):
                variable.assign(value)
            fields = stopper.after_epoch(done + epoch, current, fields)
            epoch += 1
        if regime.reset_after_epoch:
            state = zero
        return mean_losses, state, fields

    return train_until_stopped, stopper


def _forecasting_program(network: _Network, regime: Regime) -> Any:
    """Compiled forecasting, batch by batch.

    (inputs (N, B, T, F, L), present (N, B, T, 1) or None, begins (N,) or None, state) -> outputs
    (N, B, R), state.
    """

    @tf.function(jit_compile=True)
    def forecast(inputs: Any, present: Any, begins: Any, state: State) -> Any:
        zero = network.zero_state(inputs.shape[1])
        outputs = tf.TensorArray(tf.float32, size=inputs.shape[0])
        for batch in tf.range(inputs.shape[0]):
            if not regime.stateful:
                state = zero
            if begins is not None:
                starts = begins[batch]
                state = tuple(tf.where(starts, z, s) for z, s in zip(zero, state, strict=True))
            seen = None if present is None else present[batch]
            output, state = network(inputs[batch], seen, state)
            outputs = outputs.write(batch, output)
            if regime.reset_after_prediction:
                state = zero
        return outputs.stack(), state

    return forecast


def _train_all_epochs(
    network: _Network, regime: Regime, data: Supervised, seeds: list[int], progress: Progress
) -> tuple[Any, State, np.ndarray]:
    """The last epoch's mean losses (R,), the state left, and how many epochs each repeat had."""
    rows = len(data.train)
    batches = _Batches(rows, regime.batch_size)
    train, stopper = _training_program(network, regime, data)
    if regime.shuffle:
        longest_call = max(1, min(regime.epochs, ORDERS_PER_CALL // (rows * len(seeds))))
        generators = [shuffling_generator(seed) for seed in seeds]
    else:
        longest_call = regime.epochs
        orders = _in_order(batches, rows)

    losses: Any = tf.zeros(len(seeds))
    state = network.zero_state(regime.batch_size)
    fields: tuple[Any, ...] = stopper.fresh() if stopper else ()
    done, epochs = 0, 1
    while done < regime.epochs:
        epochs = min(epochs, longest_call, regime.epochs - done)
        if regime.shuffle:
            drawn = np.zeros((longest_call, rows, len(seeds)), np.int32)
            for lane, generator in enumerate(generators):
                drawn[:epochs, :, lane] = epoch_orders(generator, epochs, rows)
            orders = tf.constant(batches.cut(drawn))
        started = perf_counter()
        if stopper is None:
            losses, state = train(tf.constant(epochs), orders, losses, state)
        else:
            losses, state, fields = train(
                tf.constant(epochs), orders, losses, state, tf.constant(done), fields
            )
        losses.numpy()
        done += epochs
        if stopper and not fields[0].numpy().any():
            break
        progress(done)
        # Calls grow until they take about a second, so that even slow networks report.
        if perf_counter() - started < 0.5:
            epochs *= 2
    progress(regime.epochs)
    if stopper is None:
        return losses, state, np.full(len(seeds), regime.epochs)
    stopper.restore(fields)
    return losses, state, fields[3].numpy()


def _forecast_rows(
    forecast: Any, regime: Regime, rows: Rows, state: State
) -> tuple[np.ndarray, State]:
    """Outputs of rows, (R, rows), or of those that end a sequence; and the state after them."""
    batches = _Batches(len(rows), regime.rows_per_forecast)

    def cut(values: np.ndarray | None) -> Any:
        return None if values is None else tf.constant(batches.cut(values[np.newaxis])[0])

    inputs, present = cut(rows.inputs), cut(rows.present)
    outputs, state = forecast(
        inputs[..., tf.newaxis],
        None if present is None else present[..., tf.newaxis],
        None if rows.begins is None else tf.constant(rows.begins),
        state,
    )
    joined = outputs.numpy().reshape(-1, outputs.shape[-1])[: len(rows)]
    return (joined if rows.ends is None else joined[rows.ends]).T, state


def _forecast_future(
    forecast: Any, network: _Network, regime: Regime, data: Supervised, state: State
) -> np.ndarray:
    """Outputs beyond the end of the series, (R, horizon), each from the ones before."""
    if not regime.stateful:
        state = network.zero_state(1)
    future, outputs = Future.of(data, network.repeats), []
    for _ in range(data.horizon):
        inputs = future.inputs().transpose(1, 2, 0)[np.newaxis, np.newaxis]
        output, state = forecast(tf.constant(inputs), None, None, state)
        outputs.append(output.numpy()[0, 0])
        future.accept(outputs[-1])
    return np.stack(outputs, axis=1) if outputs else np.zeros((network.repeats, 0), np.float32)


def train_block(
    regime: Regime, data: Supervised, seeds: list[int], progress: Progress
) -> TrainedBlock:
    """Train one repeat per seed, all at once, and forecast the test rows.

    A repeat's outcome is the same to the bit whatever other seeds it is trained with.
    """
    step = FEWEST_LANES if takes_matrix_products(regime) else len(seeds)
    parts = []
    for start in range(0, len(seeds), step):

        def progress_of_all(epochs_done: float, start: int = start) -> None:
            here = min(step, len(seeds) - start)
            progress((start * regime.epochs + here * epochs_done) / len(seeds))

        parts.append(_train_at_once(regime, data, seeds[start : start + step], progress_of_all))
    return joined(parts)


def _train_at_once(
    regime: Regime, data: Supervised, seeds: list[int], progress: Progress
) -> TrainedBlock:
    """Train one repeat per seed in one program."""
    repeats = len(seeds)
    seeds = seeds + seeds[:1] * (FEWEST_LANES - repeats)
    network = _Network(regime, initial_weights(regime, data.train, seeds))
    losses, state, epochs = _train_all_epochs(network, regime, data, seeds, progress)
    if regime.rows_per_forecast != regime.batch_size:
        # As in Keras, where weights can move to a model of another batch size, and states cannot.
        state = network.zero_state(regime.rows_per_forecast)
    forecast = _forecasting_program(network, regime)
    if regime.seed_on_train:
        _, state = _forecast_rows(forecast, regime, data.before_test, state)
    outputs, state = _forecast_rows(forecast, regime, data.test, state)
    future = _forecast_future(forecast, network, regime, data, state)
    return TrainedBlock(
        weights={name: w.numpy()[..., :repeats] for name, w in network.weights.items()},
        train_loss=losses.numpy()[:repeats],
        epochs=epochs[:repeats],
        outputs=outputs[:repeats],
        future=future[:repeats],
    )
