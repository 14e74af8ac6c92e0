"""Many repeats at once: one XLA program in which every array has an axis of repeats.

Keras's optimizers are elementwise, so one of them over weights stacked along the repeats equals
that many independent ones; the loss is summed over repeats, so no gradient mixes them.

The letters in shapes are those of layout.py.
"""

from time import perf_counter
from typing import Any

import numpy as np

from thousandfold.engines.block import Progress, TrainedBlock, joined
from thousandfold.engines.cells import State
from thousandfold.engines.lanes import lanes_of, repeats_come_first
from thousandfold.engines.layout import REPEATS_FIRST, REPEATS_LAST, Layout
from thousandfold.engines.network import Batches, Network, in_order, initial_weights
from thousandfold.engines.programs import Epoch, forecasting_program, training_program
from thousandfold.engines.runtime import tf
from thousandfold.engines.stopper import Stopper
from thousandfold.scenario import Regime
from thousandfold.seeds import epoch_orders, shuffling_generator
from thousandfold.supervised import Future, Rows, Supervised

ORDERS_PER_CALL = 2_000_000
"""Row numbers handed to one call of the compiled program that shuffles (8 MB)."""


def _forecast_rows(
    forecast: Any, layout: Layout, regime: Regime, rows: Rows, state: State
) -> tuple[np.ndarray, State]:
    """Outputs of rows, (R, rows), or of those that end a sequence; and the state after them."""
    batches = Batches(len(rows), regime.training.rows_per_forecast)

    def cut(values: np.ndarray) -> Any:
        in_batches = np.swapaxes(batches.cut(values[np.newaxis])[0], 1, 2)
        return layout.placed(tf.constant(in_batches[..., np.newaxis]), after=2)

    outputs, state = forecast(
        cut(rows.inputs),
        None if rows.present is None else cut(rows.present),
        None if rows.begins is None else tf.constant(rows.begins),
        state,
    )
    outputs = layout.repeats_last(outputs, after=1)
    flat = outputs.numpy().reshape(-1, outputs.shape[-1])[: len(rows)]
    return (flat if rows.ends is None else flat[rows.ends]).T, state


def _forecast_future(
    forecast: Any, network: Network, regime: Regime, data: Supervised, state: State
) -> np.ndarray:
    """Outputs beyond the end of the series, (R, horizon), each from the ones before."""
    if not regime.state.stateful:
        state = network.zero_state(1)
    future, outputs = Future.of(data, network.repeats), []
    for _ in range(data.horizon):
        inputs = future.inputs().transpose(1, 2, 0)[np.newaxis, :, np.newaxis]
        placed = network.layout.placed(tf.constant(inputs), after=2)
        output, state = forecast(placed, None, None, state)
        outputs.append(output.numpy().reshape(-1))
        future.accept(outputs[-1])
    return np.stack(outputs, axis=1) if outputs else np.zeros((network.repeats, 0), np.float32)


class Program:
    """Compiled training and forecasting of many repeats at once, whatever their seeds are."""

    def __init__(self, regime: Regime, data: Supervised, weights: dict[str, Any]) -> None:
        self.regime, self.data = regime, data
        self.layout = REPEATS_FIRST if repeats_come_first(regime) else REPEATS_LAST
        self.network = Network(regime, self.layout, weights)
        self.stopper = Stopper.of(self.network, regime, data)
        run_epoch = Epoch(self.network, regime, data.train)
        self._optimizer = run_epoch.optimizer
        self._fresh_optimizer = [variable.numpy() for variable in self._optimizer.variables]
        self._train = training_program(self.network, regime, run_epoch, self.stopper)
        self._forecast = forecasting_program(self.network, regime)
        self._epochs_per_call = 1

    def run(self, seeds: list[int], weights: dict[str, Any], progress: Progress) -> TrainedBlock:
        """Train from these weights, and forecast the test rows."""
        self.network.assign(weights)
        for variable, value in zip(self._optimizer.variables, self._fresh_optimizer, strict=True):
            variable.assign(value)
        regime, data, network, forecast = self.regime, self.data, self.network, self._forecast
        losses, state, epochs = self._train_all_epochs(seeds, progress)
        if regime.training.rows_per_forecast != regime.training.batch_size:
            # As in Keras, where weights can move to a model of another batch size, states cannot.
            state = network.zero_state(regime.training.rows_per_forecast)
        if regime.state.seed_on_train:
            _, state = _forecast_rows(forecast, self.layout, regime, data.before_test, state)
        outputs, state = _forecast_rows(forecast, self.layout, regime, data.test, state)
        future = _forecast_future(forecast, network, regime, data, state)
        return TrainedBlock(network.trained_weights(), losses.numpy(), epochs, outputs, future)

    def _train_all_epochs(
        self, seeds: list[int], progress: Progress
    ) -> tuple[Any, State, np.ndarray]:
        """The last epoch's mean losses (R,), the state left, and how many epochs each had."""
        regime, stopper = self.regime, self.stopper
        rows = len(self.data.train)
        batches = Batches(rows, regime.training.batch_size)
        if regime.training.shuffle:
            longest_call = max(
                1, min(regime.training.epochs, ORDERS_PER_CALL // (rows * len(seeds)))
            )
            generators = [shuffling_generator(seed) for seed in seeds]
        else:
            longest_call = regime.training.epochs
            orders = in_order(batches, rows, self.layout)

        losses: Any = tf.zeros(len(seeds))
        state = self.network.zero_state(regime.training.batch_size)
        fields: tuple[Any, ...] = stopper.fresh() if stopper else ()
        done = 0
        while done < regime.training.epochs:
            epochs = min(self._epochs_per_call, longest_call, regime.training.epochs - done)
            if regime.training.shuffle:
                drawn = np.zeros((longest_call, rows, len(seeds)), np.int32)
                for lane, generator in enumerate(generators):
                    drawn[:epochs, :, lane] = epoch_orders(generator, epochs, rows)
                orders = self.layout.placed(tf.constant(batches.cut(drawn)), after=2)
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
        progress(regime.training.epochs)
        if stopper is None:
            return losses, state, np.full(len(seeds), regime.training.epochs)
        stopper.restore(fields)
        return losses, state, fields[3].numpy()


def train_block(
    regime: Regime, data: Supervised, seeds: list[int], progress: Progress
) -> TrainedBlock:
    """Train one repeat per seed, many at once, and forecast the test rows.

    A repeat's outcome is bit-identical whatever other seeds it is trained with.
    """
    lanes = lanes_of(regime, data.train.features, len(seeds))
    drawn = initial_weights(regime, data.train, seeds)
    program, parts = None, []
    for start in range(0, len(seeds), lanes):
        here = min(lanes, len(seeds) - start)
        # What is left of the lanes trains the first repeat once more.
        repeats = [*range(start, start + here), *[start] * (lanes - here)]
        weights = {name: tf.gather(values, repeats, axis=-1) for name, values in drawn.items()}

        def progress_of_all(epochs_done: float, start: int = start, here: int = here) -> None:
            progress((start * regime.training.epochs + here * epochs_done) / len(seeds))

        program = program or Program(regime, data, weights)
        trained = program.run([seeds[repeat] for repeat in repeats], weights, progress_of_all)
        parts.append(trained.first(here))
    return joined(parts)
