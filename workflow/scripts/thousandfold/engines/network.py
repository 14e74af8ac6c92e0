"""A network for every repeat at once: initial weights, forward pass, batches.

The letters in shapes are those of layout.py.
"""

from typing import Any

import numpy as np

from thousandfold.engines.block import loops_over_timesteps
from thousandfold.engines.cells import CELLS, State, Weights
from thousandfold.engines.lanes import GATES
from thousandfold.engines.layout import Layout
from thousandfold.engines.runtime import keras, tf
from thousandfold.scenario import Regime
from thousandfold.seeds import weight_seed
from thousandfold.supervised import Rows
from thousandfold.tasks import TASKS


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
    @tf.function(autograph=False)
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

    cell, units = CELLS[regime.network.layer], regime.network.units
    outputs = TASKS[regime.task].outputs
    glorot, orthogonal = keras.initializers.GlorotUniform(), keras.initializers.Orthogonal()
    inputs = rows.features if cell.is_recurrent else rows.timesteps * rows.features
    columns = GATES[regime.network.layer] * units
    recurrent = {}
    if cell.is_recurrent:
        drawn = _draw(orthogonal, (units, columns), seeds_of("recurrent_kernel"))
        recurrent = {"recurrent_kernel": drawn}
    return {
        "kernel": _draw(glorot, (inputs, columns), seeds_of("kernel")),
        **recurrent,
        "bias": tf.repeat(cell.bias(units)[..., tf.newaxis], len(seeds), axis=-1),
        "dense_kernel": _draw(glorot, (units, outputs), seeds_of("dense_kernel")),
        "dense_bias": tf.zeros((outputs, len(seeds))),
    }


class Network:
    """A layer and a dense output for every repeat at once."""

    def __init__(self, regime: Regime, layout: Layout, weights: dict[str, Any]) -> None:
        self.regime, self.layout, self.task = regime, layout, TASKS[regime.task]
        self.cell = CELLS[regime.network.layer]
        self.repeats = weights["dense_bias"].shape[-1]
        self.weights = {
            name: keras.Variable(layout.placed(value), name=name, dtype="float32")
            for name, value in weights.items()
        }

    def assign(self, weights: dict[str, Any]) -> None:
        """Start again from other weights, which have the repeats last."""
        for name, variable in self.weights.items():
            variable.assign(self.layout.placed(weights[name]))

    def trained_weights(self) -> dict[str, np.ndarray]:
        """The weights as they are now, with the repeats last."""
        return {
            name: np.asarray(self.layout.repeats_last(variable.value))
            for name, variable in self.weights.items()
        }

    def zero_state(self, batch_size: int) -> State:
        """The state before any timestep."""
        zeros = self.layout.placed(tf.zeros((batch_size, self.regime.network.units, self.repeats)))
        return tuple(zeros for _ in range(self.cell.states))

    def _step(self, w: Weights, x: Any, present: Any, state: State) -> State:
        """One timestep of x (B, F, L); where it is not present (B, L), the state is kept."""
        after = self.cell.step(self.regime, self.layout, w, x, state)
        if present is None:
            return after
        is_present = self.layout.for_all_units(present)
        return tuple(tf.where(is_present, new, old) for new, old in zip(after, state, strict=True))

    def __call__(self, x: Any, present: Any, state: State) -> tuple[Any, State]:
        """Outputs (B, R) and the state after the last of x's timesteps, x being (T, B, F, L)."""
        timesteps, batch_size = x.shape[0], x.shape[1 + self.layout.rows]
        # Read here: what a loop reads, its gradient keeps a copy of for every timestep.
        w = {name: tf.convert_to_tensor(variable.value) for name, variable in self.weights.items()}
        if timesteps == 1 and not self.regime.state.stateful:
            w.pop("recurrent_kernel", None)
        if not self.cell.is_recurrent:
            flat = tf.concat(tf.unstack(x), axis=self.layout.units)
            return self._output(w, self._step(w, flat, None, state)[0]), state

        def step(t: Any, state: State) -> State:
            return self._step(w, x[t], None if present is None else present[t], state)

        if not loops_over_timesteps(timesteps, batch_size):
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
        return self._output(w, state[0]), state

    def _output(self, w: Weights, h: Any) -> Any:
        outputs = self.layout.product(h, w["dense_kernel"])
        outputs += self.layout.for_all_rows(w["dense_bias"])
        activation = keras.activations.get(self.task.activation)
        return activation(tf.squeeze(outputs, self.layout.units))


class Batches:
    """Rows cut into batches of equal length, the last one padded with rows of zero weight."""

    def __init__(self, rows: int, batch_size: int) -> None:
        self.count = -(-rows // batch_size)
        self.batch_size = batch_size
        real = self.cut(np.ones((1, rows)))[0]
        self.row_weights = tf.constant(real / real.sum(axis=1, keepdims=True), tf.float32)
        """Each row's share in its batch's mean, shape (count, batch_size)."""
        self.shares = tf.constant(real.sum(axis=1) / rows, tf.float32)
        """Each batch's share in the epoch's mean, shape (count,)."""

    def cut(self, values: np.ndarray) -> np.ndarray:
        """Values (E, rows, ...) as (E, count, batch_size, ...), padded with zeros."""
        missing = self.count * self.batch_size - values.shape[1]
        filled = np.pad(values, [(0, 0), (0, missing)] + [(0, 0)] * (values.ndim - 2))
        return filled.reshape(len(values), self.count, self.batch_size, *values.shape[2:])


class Constants:
    """Rows as constants of a compiled program."""

    def __init__(self, rows: Rows, layout: Layout) -> None:
        self.layout = layout
        self.inputs, self.targets = tf.constant(rows.inputs), tf.constant(rows.targets)
        self.present = None if rows.present is None else tf.constant(rows.present)

    def pick(self, rows: Any) -> tuple[Any, Any, Any]:
        """Inputs (T, B, F, L), presence (T, B, L) and targets (B, L) of row numbers (B, L)."""
        x = tf.transpose(tf.gather(self.inputs, rows), self.layout.picked)
        present = None
        if self.present is not None:
            present = tf.transpose(tf.gather(self.present, rows), [2, 0, 1])
        return x, present, tf.gather(self.targets, rows)


def batch_losses(
    network: Network, picked: tuple[Any, Any, Any], row_weights: Any, state: State
) -> tuple[Any, State]:
    """Each repeat's mean loss (R,) on one batch, and the state after it."""
    x, present, targets = picked
    outputs, state = network(x, present, state)
    losses = network.task.row_losses(outputs, targets)
    weighted = network.layout.per_row(row_weights) * losses
    return tf.reduce_sum(weighted, axis=network.layout.rows), state


def in_order(batches: Batches, rows: int, layout: Layout) -> Any:
    """The row numbers of one epoch in their own order, cut into batches, (1, count, B, 1)."""
    numbers = np.arange(rows, dtype=np.int32)[np.newaxis, :, np.newaxis]
    return layout.placed(tf.constant(batches.cut(numbers)), after=2)
