"""Many repeats at once: one XLA program in which every array has an axis of repeats.

Keras's optimizers are elementwise, so one of them over weights stacked along the repeats equals
that many independent ones; the loss is summed over repeats, so no gradient mixes them.

The letters in shapes are those of layout.py.
"""

from time import perf_counter
from typing import Any

import numpy as np

from thousandfold.engines.block import Progress, TrainedBlock, joined, no_progress
from thousandfold.engines.cells import State
from thousandfold.engines.lanes import lanes_of
from thousandfold.engines.network import (
    Batches,
    batches_of,
    in_batches,
    initial_weights,
    of_batches,
)
from thousandfold.engines.programs import program_for
from thousandfold.engines.runtime import tf
from thousandfold.scenario import Regime
from thousandfold.seeds import epoch_orders, shuffling_generator
from thousandfold.supervised import Recursion, Rows, Supervised

ORDERS_PER_CALL = 2_000_000
"""Row numbers handed to one call of the compiled program that shuffles (8 MB)."""


class Trainer:
    """Trains a regime on data, so many repeats at a time, and lets them forecast."""

    def __init__(self, regime: Regime, data: Supervised, lanes: int) -> None:
        self.regime, self.data, self.lanes = regime, data, lanes
        self.program = program_for(regime, data.train, lanes)
        self.layout = self.program.layout
        batch_size = regime.training.batch_size
        self.validation = data.validation and Batches.of(data.validation, batch_size)
        self.walks = regime.training.walks(len(data.test))
        self.learnt = [data.train, *(data.known(walk.start) for walk in self.walks[1:])]
        """What training is on, and each update in the test."""
        self.batches = [Batches.of(rows, batch_size) for rows in self.learnt]

    def run(self, seeds: list[int], weights: dict[str, Any], progress: Progress) -> TrainedBlock:
        """Train from these weights, and forecast the test rows."""
        self.program.start(seeds, weights, self.regime.training.learning_rate)
        regime, network = self.regime, self.program.network
        generators = [shuffling_generator(seed) for seed in seeds]
        losses, state, epochs = self._train(0, regime.training.epochs, generators, progress)
        outputs = []
        for part, walk in enumerate(self.walks):
            if part and regime.training.refit:
                _, state, _ = self._train(part, regime.training.refit.epochs, generators)
            of_walk, state = self._forecast_walk(walk, state)
            outputs.append(of_walk)
        future = self._forecast_future(state)
        return TrainedBlock(
            network.trained_weights(), losses.numpy(), epochs, np.concatenate(outputs, 1), future
        )

    def _train(
        self,
        part: int,
        all_epochs: int,
        generators: list[np.random.Generator],
        progress: Progress = no_progress,
    ) -> tuple[Any, State, np.ndarray]:
        """Train for so many epochs, from zero state, on one part of what is learnt.

        Gives the last epoch's mean losses (R,), the state left, and how many epochs each had.
        """
        regime, stopper, batches = self.regime, self.program.stopper, self.batches[part]
        resets = tf.constant(regime.state.reset_after_epoch)
        lanes, rows, padded = len(generators), len(self.learnt[part]), len(batches.targets)
        longest_call, orders = all_epochs, batches.orders
        if regime.training.shuffle:
            longest_call = max(1, min(longest_call, ORDERS_PER_CALL // (padded * lanes)))
            drawn = np.zeros((lanes, longest_call, padded), np.int32)

        losses: Any = tf.zeros(lanes)
        state = self.program.network.zero_state(regime.training.batch_size)
        fields: tuple[Any, ...] = stopper.fresh() if stopper else ()
        done = 0
        per_call = self.program.epochs_per_call
        while done < all_epochs:
            wanted = per_call.setdefault(padded, 1)
            epochs = min(wanted, longest_call, all_epochs - done)
            if regime.training.shuffle:
                for lane, generator in enumerate(generators):
                    drawn[lane, :epochs, :rows] = epoch_orders(generator, epochs, rows)
                orders = tf.constant(drawn.reshape(*drawn.shape[:2], *batches.orders.shape[2:]))
            started = perf_counter()
            arguments = tf.constant(epochs), batches, orders, resets, losses, state
            if not regime.training.validates:
                losses, state = self.program.train(*arguments)
            else:
                losses, state, fields = self.program.train(
                    *arguments, self.validation, tf.constant(done), fields
                )
            losses.numpy()
            done += epochs
            if stopper and not fields[0].numpy().any():
                break
            progress(done)
            # Calls grow until they take about a second, so that even slow networks report.
            if perf_counter() - started < 0.5 and epochs == wanted:
                per_call[padded] *= 2
        progress(all_epochs)
        if stopper is None:
            return losses, state, np.full(lanes, all_epochs)
        stopper.restore(fields)
        return losses, state, fields[3].numpy()

    def _forecast_rows(
        self, rows: Rows, state: State, *, branches: bool = False
    ) -> tuple[np.ndarray, State, State]:
        """Outputs (R, rows, O) of the rows that tell forecasts; the state after; branches.

        The last two as `forecasting_program` has them.
        """
        size = self.regime.training.rows_per_forecast
        abreast = rows.side_by_side(size)
        outputs, state, own_states = self._forecast(
            abreast.inputs[..., np.newaxis], state, abreast.present, abreast.begins,
            branches=branches,
        )  # fmt: skip
        return rows.forecasts(outputs, size), state, own_states

    def _forecast(
        self,
        inputs: np.ndarray,
        state: State,
        present: np.ndarray | None = None,
        begins: np.ndarray | None = None,
        own_states: State = (),
        *,
        branches: bool = False,
        batch_size: int | None = None,
    ) -> tuple[np.ndarray, State, State]:
        """The same of inputs (rows, T, F, L)."""
        size = batch_size or self.regime.training.rows_per_forecast

        def cut(values: np.ndarray) -> Any:
            in_time = np.swapaxes(in_batches(values, size), 1, 2)
            return self.layout.placed(tf.constant(in_time), after=2)

        outputs, state, own_states = self.program.forecast(
            tf.constant(batches_of(len(inputs), size)),
            cut(inputs),
            None if present is None else cut(present[..., np.newaxis]),
            of_batches(begins, size),
            tf.constant(self.regime.state.reset_after_prediction),
            state,
            own_states,
            branches,
        )
        outputs = self.layout.repeats_last(outputs, after=1)
        told = self.program.network.timesteps_told
        flat = outputs.numpy().reshape(-1, *outputs.shape[-2:])[: len(inputs) * told]
        return flat.transpose(2, 0, 1).reshape(self.lanes, len(inputs), -1), state, own_states

    def _forecast_walk(self, walk: slice, state: State) -> tuple[np.ndarray, State]:
        """Outputs (R, rows, O) of some test rows, or several steps ahead; and the state after.

        From the state that training left. What is fed back moves a branch of the state on, which is
        not the state that the next row starts from.
        """
        data, training = self.data, self.regime.training
        if training.rows_per_forecast != training.batch_size:
            # As in Keras, where weights can move to a model of another batch size, states cannot.
            state = self.program.network.zero_state(training.rows_per_forecast)
        if self.regime.state.seed_on_train:
            _, state, _ = self._forecast_rows(data.before(walk.start), state)
        outputs, state, branches = self._forecast_rows(
            data.test.part(walk), state, branches=data.is_recursive
        )
        if not data.is_recursive:
            return outputs, state
        steps, recursion = [outputs], Recursion.after_test_rows(data, self.lanes, walk)
        for _ in range(1, data.steps_ahead):
            recursion.accept(steps[-1][..., 0])
            inputs = np.moveaxis(recursion.inputs(), 0, -1)
            outputs, _, branches = self._forecast(inputs, state, own_states=branches, branches=True)
            steps.append(outputs)
        return np.concatenate(steps, axis=-1), state

    def _forecast_future(self, state: State) -> np.ndarray:
        """Outputs beyond the end of the series, (R, horizon)."""
        data = self.data
        if not data.horizon:
            return np.zeros((self.lanes, 0), np.float32)
        if not self.regime.state.stateful:
            state = self.program.network.zero_state(1)
        elif data.after_test is not None:
            _, state, _ = self._forecast_rows(data.after_test, state)
        recursion = Recursion.beyond_end(data, self.lanes)
        steps: list[np.ndarray] = []
        for step in range(data.horizon // data.train.targets_per_row):
            if step:
                recursion.accept(steps[-1])
            inputs = np.moveaxis(recursion.inputs(), 0, -1)
            outputs, state, _ = self._forecast(inputs, state, batch_size=1)
            steps.append(outputs[:, 0])
        return np.concatenate(steps, axis=-1)


def train_block(
    regime: Regime, data: Supervised, seeds: list[int], progress: Progress
) -> TrainedBlock:
    """Train one repeat per seed, many at once, and forecast the test rows.

    A repeat's outcome is bit-identical whatever other seeds it is trained with.
    """
    lanes = lanes_of(regime, data.train.features, len(seeds), data.train.targets_per_row)
    drawn = initial_weights(regime, data.train, seeds)
    trainer, parts = Trainer(regime, data, lanes), []
    for start in range(0, len(seeds), lanes):
        here = min(lanes, len(seeds) - start)
        # What is left of the lanes trains the first repeat once more.
        repeats = [*range(start, start + here), *[start] * (lanes - here)]
        weights = {name: tf.gather(values, repeats, axis=-1) for name, values in drawn.items()}

        def progress_of_all(epochs_done: float, start: int = start, here: int = here) -> None:
            progress((start * regime.training.epochs + here * epochs_done) / len(seeds))

        trained = trainer.run([seeds[repeat] for repeat in repeats], weights, progress_of_all)
        parts.append(trained.first(here))
    return joined(parts)
