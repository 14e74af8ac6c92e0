"""Many repeats at once: one XLA program in which every array's last axis is the repeat.

Keras's optimizers are elementwise, so one of them over weights stacked along the repeats is as
many independent ones; the loss is summed over repeats, so no gradient mixes them. With the
repeats last, each operation is a contiguous loop over them that the compiler vectorises.

The letters in shapes are those of cells.py.
"""

from time import perf_counter
from typing import Any

import numpy as np

from thousandfold.engines.block import Progress, TrainedBlock, joined
from thousandfold.engines.cells import State
from thousandfold.engines.lanes import lanes_of
from thousandfold.engines.network import (
    Batches,
    Constants,
    Network,
    batch_losses,
    in_order,
    initial_weights,
)
from thousandfold.engines.profiles import make_optimizer
from thousandfold.engines.runtime import compiled, loop, tf
from thousandfold.engines.stopper import Stopper
from thousandfold.scenario import Regime
from thousandfold.seeds import epoch_orders, shuffling_generator
from thousandfold.supervised import Future, Rows, Supervised

ORDERS_PER_CALL = 2_000_000
"""Row numbers handed to one call of the compiled program that shuffles (8 MB)."""


def _chosen(condition: Any, new: Any, old: Any) -> Any:
    """The new ones of several arrays where a condition holds, else the old ones."""
    return tuple(tf.where(condition, n, o) for n, o in zip(new, old, strict=True))


class _Epoch:
    """One epoch of training as part of a compiled program."""

    def __init__(self, network: Network, regime: Regime, rows: Rows) -> None:
        self.network, self.regime = network, regime
        self.batches = Batches(len(rows), regime.batch_size)
        self.rows = Constants(rows)
        self.variables = list(network.weights.values())
        self.optimizer = make_optimizer(regime)
        self.optimizer.build(self.variables)
        self.begins = None if rows.begins is None else tf.constant(rows.begins)
        self.learns, self.shares = None, self.batches.shares
        if rows.learns is not None:
            self.learns = tf.constant(rows.learns)
            self.shares = tf.constant(rows.learns / rows.learns.sum(), tf.float32)

    def _pass(self, rows: Any, row_weights: Any, state: State) -> tuple[Any, State]:
        return batch_losses(self.network, self.rows.pick(rows), row_weights, state)

    def _update(self, rows: Any, row_weights: Any, state: State) -> tuple[Any, State]:
        with tf.GradientTape() as tape:
            losses, state = self._pass(rows, row_weights, state)
            loss_of_all_repeats = tf.reduce_sum(losses)
        gradients = tape.gradient(loss_of_all_repeats, [v.value for v in self.variables])
        self.optimizer.apply(gradients, self.variables)
        return losses, state

    def __call__(self, orders: Any, state: State) -> tuple[Any, State]:
        """The mean losses (R,) and the state after an epoch of these rows, (count, B, L)."""
        zero = self.network.zero_state(self.regime.batch_size)

        def batch_after_batch(batch: Any, mean_losses: Any, state: State) -> tuple[Any, State]:
            if not self.regime.stateful:
                state = zero
            if self.begins is not None:
                state = _chosen(self.begins[batch], zero, state)
            step = orders[batch], self.batches.row_weights[batch], state
            if self.learns is None:
                losses, state = self._update(*step)
            else:
                losses, state = tf.cond(
                    self.learns[batch], lambda: self._update(*step), lambda: self._pass(*step)
                )
            return mean_losses + self.shares[batch] * losses, state

        losses = tf.zeros(self.network.repeats)
        mean_losses, state = loop(self.batches.count, batch_after_batch, losses, state)
        return mean_losses, state


def _training_program(network: Network, regime: Regime, run_epoch: _Epoch, stopper: Any) -> Any:
    """Compiled training: (epochs, orders, losses, state, stopper's fields) -> the last three.

    The orders are row numbers (epochs, rows, L) cut into batches; a single epoch's serve every
    epoch of a regime that does not shuffle. The losses (R,) are the last epoch's means.
    """
    variables = list(network.weights.values())
    zero = network.zero_state(regime.batch_size)

    def one_epoch(epoch: Any, orders: Any, state: State) -> tuple[Any, State]:
        start = zero if regime.reset_after_epoch else state
        return run_epoch(orders[epoch if regime.shuffle else 0], start)

    @compiled
    def train(epochs: Any, orders: Any, mean_losses: Any, state: State) -> Any:
        mean_losses, state = loop(
            epochs, lambda epoch, _, state: one_epoch(epoch, orders, state), mean_losses, state
        )
        return mean_losses, zero if regime.reset_after_epoch else state

    if stopper is None:
        return train

    @compiled
    def train_until_stopped(
        epochs: Any, orders: Any, mean_losses: Any, state: State, done: Any, fields: Any
    ) -> Any:
        def one_epoch_if_active(epoch: Any, mean_losses: Any, state: State, fields: Any) -> Any:
            before = (mean_losses, *state, *[tf.identity(v.value) for v in variables])
            losses, state = one_epoch(epoch, orders, state)
            current, state = stopper.evaluate(state)
            after = (losses, *state, *[v.value for v in variables])
            mean_losses, *rest = _chosen(fields[0], after, before)
            for variable, value in zip(variables, rest[len(state) :], strict=True):
                variable.assign(value)
            fields = stopper.after_epoch(done + epoch, current, fields)
            return mean_losses, tuple(rest[: len(state)]), fields

        mean_losses, state, fields = loop(epochs, one_epoch_if_active, mean_losses, state, fields)
        return mean_losses, zero if regime.reset_after_epoch else state, fields

    return train_until_stopped


def _forecasting_program(network: Network, regime: Regime) -> Any:
    """Compiled forecasting, batch by batch.

    (inputs (N, B, T, F, L), present (N, B, T, 1) or None, begins (N,) or None, state) -> outputs
    (N, B, R), state.
    """

    @compiled
    def forecast(inputs: Any, present: Any, begins: Any, state: State) -> Any:
        count, batch_size = inputs.shape[:2]
        zero = network.zero_state(batch_size)

        def batch_after_batch(batch: Any, outputs: Any, state: State) -> tuple[Any, State]:
            if not regime.stateful:
                state = zero
            if begins is not None:
                state = _chosen(begins[batch], zero, state)
            seen = None if present is None else present[batch]
            output, state = network(inputs[batch], seen, state)
            return outputs.write(batch, output), zero if regime.reset_after_prediction else state

        shape = (batch_size, network.repeats)
        outputs = tf.TensorArray(tf.float32, size=count, element_shape=shape)
        outputs, state = loop(count, batch_after_batch, outputs, state)
        return outputs.stack(), state

    return forecast


def _forecast_rows(
    forecast: Any, regime: Regime, rows: Rows, state: State
) -> tuple[np.ndarray, State]:
    """Outputs of rows, (R, rows), or of those that end a sequence; and the state after them."""
    batches = Batches(len(rows), regime.rows_per_forecast)

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
    forecast: Any, network: Network, regime: Regime, data: Supervised, state: State
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


class Program:
    """Compiled training and forecasting of so many repeats at once, whatever their seeds are."""

    def __init__(self, regime: Regime, data: Supervised, weights: dict[str, Any]) -> None:
        self.regime, self.data = regime, data
        self.network = Network(regime, weights)
        self.stopper = Stopper.of(self.network, regime, data)
        run_epoch = _Epoch(self.network, regime, data.train)
        self._optimizer = run_epoch.optimizer
        self._fresh_optimizer = [variable.numpy() for variable in self._optimizer.variables]
        self._train = _training_program(self.network, regime, run_epoch, self.stopper)
        self._forecast = _forecasting_program(self.network, regime)
        self._epochs_per_call = 1

    def run(self, seeds: list[int], weights: dict[str, Any], progress: Progress) -> TrainedBlock:
        """Train from these weights, and forecast the test rows."""
        self.network.assign(weights)
        for variable, value in zip(self._optimizer.variables, self._fresh_optimizer, strict=True):
            variable.assign(value)
        regime, data, network, forecast = self.regime, self.data, self.network, self._forecast
        losses, state, epochs = self._train_all_epochs(seeds, progress)
        if regime.rows_per_forecast != regime.batch_size:
            # As in Keras, where weights can move to a model of another batch size, states cannot.
            state = network.zero_state(regime.rows_per_forecast)
        if regime.seed_on_train:
            _, state = _forecast_rows(forecast, regime, data.before_test, state)
        outputs, state = _forecast_rows(forecast, regime, data.test, state)
        future = _forecast_future(forecast, network, regime, data, state)
        trained = {name: variable.numpy() for name, variable in network.weights.items()}
        return TrainedBlock(trained, losses.numpy(), epochs, outputs, future)

    def _train_all_epochs(
        self, seeds: list[int], progress: Progress
    ) -> tuple[Any, State, np.ndarray]:
        """The last epoch's mean losses (R,), the state left, and how many epochs each had."""
        regime, stopper = self.regime, self.stopper
        rows = len(self.data.train)
        batches = Batches(rows, regime.batch_size)
        if regime.shuffle:
            longest_call = max(1, min(regime.epochs, ORDERS_PER_CALL // (rows * len(seeds))))
            generators = [shuffling_generator(seed) for seed in seeds]
        else:
            longest_call = regime.epochs
            orders = in_order(batches, rows)

        losses: Any = tf.zeros(len(seeds))
        state = self.network.zero_state(regime.batch_size)
        fields: tuple[Any, ...] = stopper.fresh() if stopper else ()
        done = 0
        while done < regime.epochs:
            epochs = min(self._epochs_per_call, longest_call, regime.epochs - done)
            if regime.shuffle:
                drawn = np.zeros((longest_call, rows, len(seeds)), np.int32)
                for lane, generator in enumerate(generators):
                    drawn[:epochs, :, lane] = epoch_orders(generator, epochs, rows)
                orders = tf.constant(batches.cut(drawn))
            started = perf_counter()
            if stopper is None:
                losses, state = self._train(tf.constant(epochs), orders, losses, state)
            else:
                losses, state, fields = self._train(
                    tf.constant(epochs), orders, losses, state, tf.constant(done), fields
                )
            losses.numpy()
            done += epochs
            if stopper and not fields[0].numpy().any():
                break
            progress(done)
            # Calls grow until they take about a second, so that even slow networks report.
            if perf_counter() - started < 0.5 and epochs == self._epochs_per_call:
                self._epochs_per_call *= 2
        progress(regime.epochs)
        if stopper is None:
            return losses, state, np.full(len(seeds), regime.epochs)
        stopper.restore(fields)
        return losses, state, fields[3].numpy()


def train_block(
    regime: Regime, data: Supervised, seeds: list[int], progress: Progress
) -> TrainedBlock:
    """Train one repeat per seed, many at once, and forecast the test rows.

    A repeat's outcome is the same to the bit whatever other seeds it is trained with.
    """
    lanes = lanes_of(regime, data.train.features)
    drawn = initial_weights(regime, data.train, seeds)
    program, parts = None, []
    for start in range(0, len(seeds), lanes):
        here = min(lanes, len(seeds) - start)
        # What is left of the lanes trains the first repeat once more.
        repeats = [*range(start, start + here), *[start] * (lanes - here)]
        weights = {name: tf.gather(values, repeats, axis=-1) for name, values in drawn.items()}

        def progress_of_all(epochs_done: float, start: int = start, here: int = here) -> None:
            progress((start * regime.epochs + here * epochs_done) / len(seeds))

        program = program or Program(regime, data, weights)
        trained = program.run([seeds[repeat] for repeat in repeats], weights, progress_of_all)
        parts.append(trained.first(here))
    return joined(parts)
