"""A network for every repeat at once: initial weights, forward pass, batches.

The letters in shapes are those of layout.py.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from thousandfold.engines.block import loops_over_timesteps
from thousandfold.engines.cells import CELLS, State, Weights
from thousandfold.engines.dropout import Dropout
from thousandfold.engines.lanes import GATES
from thousandfold.engines.layout import Layout
from thousandfold.engines.learned_state import FROM_INPUTS, INITIAL_STATES, initial_state_weights
from thousandfold.engines.losses import loss_of
from thousandfold.engines.runtime import keras, tf
from thousandfold.scenario import Regime
from thousandfold.seeds import layer_weight, weight_seed
from thousandfold.supervised import Rows
from thousandfold.tasks import dense_units, task_of, timesteps_told

INITIALIZERS = {
    "kernel": keras.initializers.GlorotUniform,
    "recurrent_kernel": keras.initializers.Orthogonal,
    "dense_kernel": keras.initializers.GlorotUniform,
}
"""What Keras draws a weight by, in layers at every depth; others do not depend on a seed."""


class _LaneSeed(keras.random.SeedGenerator):
    """A seed that may be a tensor; Keras's initialisers draw with it as with the integer."""

    def __init__(self, seed: Any) -> None:
        # The base class would make a variable, which a traced function cannot.
        self._seed = seed

    def next(self, ordered: bool = True) -> Any:
        return tf.stack([self._seed, 0])


@cache
def _drawing(initializer: Callable[[], Any], shape: tuple[int, ...]) -> Any:
    """A function of seeds: one draw of a Keras initialiser for each, stacked along a last axis."""

    # Not compiled by XLA, whose random numbers differ from those that stock Keras draws.
    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.int64)])
    def draw_all(lane_seeds: Any) -> Any:
        drawn = initializer()

        def draw(lane_seed: Any) -> Any:
            drawn.seed = _LaneSeed(lane_seed)
            return drawn(shape)

        draws = tf.map_fn(draw, lane_seeds, fn_output_signature=tf.float32)
        return tf.transpose(draws, [*range(1, len(shape) + 1), 0])

    return draw_all


def weight_shapes(
    regime: Regime, timesteps: int, features: int, outputs: int
) -> dict[str, tuple[int, ...]]:
    """The shapes of one network's weights for rows of such inputs, in Keras's order.

    `outputs` are the dense layer's.
    """
    cell, units = CELLS[regime.network.layer], regime.network.units
    columns = GATES[regime.network.layer] * units
    inputs = features if regime.network.is_recurrent else timesteps * features
    shapes: dict[str, tuple[int, ...]] = {}
    for depth in range(regime.network.layers):
        layer = {
            **{
                name: (features, units) if name.endswith(FROM_INPUTS) else (units,)
                for name in initial_state_weights(regime)
            },
            "kernel": (units if depth else inputs, columns),
            **({"recurrent_kernel": (units, columns)} if regime.network.is_recurrent else {}),
            "bias": tuple(cell.bias(units).shape),
        }
        shapes |= {layer_weight(name, depth): shape for name, shape in layer.items()}
    return {**shapes, "dense_kernel": (units, outputs), "dense_bias": (outputs,)}


def initial_weights(regime: Regime, rows: Rows, seeds: list[int]) -> dict[str, Any]:
    """The weights that stock Keras layers would start from, repeats on the last axis."""

    def initial(name: str, shape: tuple[int, ...]) -> Any:
        kind = name.split(maxsplit=1)[0]
        if kind in INITIALIZERS:
            weight_seeds = tf.constant([weight_seed(seed, name) for seed in seeds], tf.int64)
            return _drawing(INITIALIZERS[kind], shape)(weight_seeds)
        if kind == "bias":
            bias = np.asarray(CELLS[regime.network.layer].bias(regime.network.units))
            return tf.constant(np.repeat(bias[..., np.newaxis], len(seeds), axis=-1))
        return tf.zeros((*shape, len(seeds)))

    outputs = dense_units(regime, rows.targets_per_row)
    shapes = weight_shapes(regime, rows.timesteps, rows.features, outputs)
    return {name: initial(name, shape) for name, shape in shapes.items()}


class Network:
    """Layers and a dense output for every repeat at once."""

    def __init__(
        self, regime: Regime, layout: Layout, features: int, targets: int, repeats: int
    ) -> None:
        self.regime, self.layout, self.task = regime, layout, task_of(regime)
        self.cell, self.repeats = CELLS[regime.network.layer], repeats
        self.timesteps_told = timesteps_told(regime, targets)
        self.outputs = dense_units(regime, targets)
        self.loss = loss_of(regime)
        self.dropout = Dropout(regime, layout, repeats) if regime.network.dropout else None
        shapes = weight_shapes(regime, regime.preparation.timesteps, features, self.outputs)
        self.weights = {
            name: keras.Variable(layout.placed(tf.zeros((*shape, repeats))), name=name)
            for name, shape in shapes.items()
        }

    def start(self, seeds: list[int], weights: dict[str, Any]) -> None:
        """Be the networks of these seeds, with these weights, which have the repeats last."""
        if self.dropout:
            self.dropout.start(seeds)
        for name, variable in self.weights.items():
            variable.assign(self.layout.placed(weights[name]))

    def trained_weights(self) -> dict[str, np.ndarray]:
        """The weights as they are now, with the repeats last."""
        return {
            name: np.asarray(self.layout.repeats_last(variable.value))
            for name, variable in self.weights.items()
        }

    def zero_state(self, batch_size: int) -> State:
        """The states of all layers before any timestep, those of the first layer first."""
        zeros = self.layout.placed(tf.zeros((batch_size, self.regime.network.units, self.repeats)))
        return tuple(zeros for _ in range(self.regime.network.layers * self.cell.states))

    def _of_each_layer(self, w: Weights) -> list[Weights]:
        names = ("kernel", "recurrent_kernel", "bias", *initial_state_weights(self.regime))
        return [
            {name: w[own] for name in names if (own := layer_weight(name, depth)) in w}
            for depth in range(self.regime.network.layers)
        ]

    def _learned_state(self, layers: list[Weights], first: Any, zero: State) -> State:
        """The states of all layers before the first timestep (B, F, L) of a row."""
        names = INITIAL_STATES[: self.cell.states]
        state = [self.layout.for_all_rows(w[name]) for w in layers for name in names]
        if self.regime.network.initial_state == "from_inputs":
            kernels = [w[f"{name}{FROM_INPUTS}"] for w in layers for name in names]
            rows = [self.layout.product(first, kernel) for kernel in kernels]
            state = [weight + row for weight, row in zip(state, rows, strict=True)]
        return tuple(weight + zeros for weight, zeros in zip(state, zero, strict=True))

    def _step(self, layers: list[Weights], masks: Any, x: Any, present: Any, state: State) -> State:
        """The layers' states after one timestep of x (B, F, L), which goes through all of them.

        Where it is not present (B, L), states are kept.
        """
        after: State = ()
        for depth, w in enumerate(layers):
            before = state[depth * self.cell.states : (depth + 1) * self.cell.states]
            seen = x if masks is None else x * masks[depth]
            own = self.cell.step(self.regime, self.layout, w, seen, before)
            if present is not None:
                is_present = self.layout.for_all_units(present)
                own = tuple(
                    tf.where(is_present, new, old) for new, old in zip(own, before, strict=True)
                )
            after, x = (*after, *own), own[0]
        return after

    def _feed_forward(self, layers: list[Weights], masks: Any, x: Any) -> Any:
        """The last layer's outputs (B, U, R) of x (B, T * F, L)."""
        for depth, w in enumerate(layers):
            (x,) = self.cell.step(self.regime, self.layout, w, x, ())
            if masks is not None:
                x *= masks[depth]
        return x

    def __call__(
        self, x: Any, present: Any, state: State, *, training: bool = False
    ) -> tuple[Any, State]:
        """Outputs (B, O, R), before their activation, and the state after x (T, B, F, L).

        If each timestep is told, it counts as a row of outputs. Only in training inputs are
        dropped.
        """
        timesteps, batch_size = x.shape[0], x.shape[1 + self.layout.rows]
        masks = None
        if self.dropout:
            if training:
                masks = self.dropout.masks(batch_size, x.shape[1 + self.layout.units])
            self.dropout.count_call(training=training)
        # Read here: what a loop reads, its gradient keeps a copy of for every timestep.
        w = {name: tf.convert_to_tensor(variable.value) for name, variable in self.weights.items()}
        learned = self.regime.network.learns_initial_state
        if timesteps == 1 and not self.regime.state.stateful and not learned:
            w = {name: weight for name, weight in w.items() if "recurrent_kernel" not in name}
        layers = self._of_each_layer(w)
        if learned:
            state = self._learned_state(layers, x[0], state)
        if not self.regime.network.is_recurrent:
            flat = tf.concat(tf.unstack(x), axis=self.layout.units)
            return self._output(w, self._feed_forward(layers, masks, flat)), state

        def step(t: Any, state: State) -> State:
            return self._step(layers, masks, x[t], None if present is None else present[t], state)

        told: tuple[Any, ...] = ()
        if self.timesteps_told > 1:
            one = self.layout.placed(tf.zeros((batch_size, self.outputs, self.repeats)))
            told = (tf.TensorArray(tf.float32, size=timesteps, element_shape=one.shape),)

        def after_timestep(t: Any, told: Any, state: State) -> Any:
            state = step(t, state)
            told = tuple(each.write(t, self._output(w, state[-self.cell.states])) for each in told)
            return t + 1, told, state

        if not loops_over_timesteps(timesteps, batch_size):
            for t in range(timesteps):
                _, told, state = after_timestep(t, told, state)
        else:
            _, told, state = tf.while_loop(
                lambda t, *_: t < timesteps,
                after_timestep,
                (0, told, state),
                maximum_iterations=timesteps,
            )
        if told:
            return self.layout.timesteps_as_rows(told[0].stack()), state
        return self._output(w, state[-self.cell.states]), state

    def _output(self, w: Weights, h: Any) -> Any:
        outputs = self.layout.product(h, w["dense_kernel"])
        return outputs + self.layout.for_all_rows(w["dense_bias"])

    def activated(self, outputs: Any) -> Any:
        """The outputs (B, O, R) after their activation."""
        if self.task.activation is None:
            return outputs
        activation = keras.activations.get(self.task.activation)
        return self.layout.over_units(activation, outputs)


def batches_of(rows: int, batch_size: int) -> int:
    """How many batches so many rows make; the last one may be shorter."""
    return -(-rows // batch_size)


def room(batches: int) -> int:
    """The next power of two, so that one compiled program takes series of many lengths."""
    return 1 << (batches - 1).bit_length()


def in_batches(values: np.ndarray, batch_size: int) -> np.ndarray:
    """Values (rows, ...) cut into batches (N, batch_size, ...), padded with zeros to `room`."""
    count = room(batches_of(len(values), batch_size))
    missing = count * batch_size - len(values)
    filled = np.pad(values, [(0, missing)] + [(0, 0)] * (values.ndim - 1))
    return filled.reshape(count, batch_size, *values.shape[1:])


def of_batches(values: np.ndarray | None, batch_size: int) -> Any:
    """What all rows of a batch have in common, shape (N,), from values (rows,)."""
    return None if values is None else tf.constant(in_batches(values, batch_size)[:, 0])


class Batches(NamedTuple):
    """Rows cut into N batches of B, as arguments of a compiled program; `count` of them count."""

    count: Any
    inputs: Any
    """Shape (N * B, T, F)."""
    targets: Any
    """Shape (N * B,) or, if there are several of a row, (N * B, targets)."""
    present: Any
    """Shape (N * B, T), or None."""
    begins: Any
    """Shape (N,), or None."""
    learns: Any
    """Shape (N,), or None."""
    orders: Any
    """The rows' numbers in their own order, shape (L=1, E=1, N, B)."""
    row_weights: Any
    """Each row's share in its batch's mean, shape (N, B)."""
    shares: Any
    """Each batch's share in the epoch's mean, shape (N,)."""

    @classmethod
    def of(cls, rows: Rows, batch_size: int) -> "Batches":
        """Rows cut into batches of equal length, the last one padded with rows of zero weight."""
        rows = rows.side_by_side(batch_size)
        real = in_batches(np.ones(len(rows)), batch_size)
        sizes = real.sum(axis=1)
        shares = sizes / len(rows)
        if rows.learns is not None:
            shares = in_batches(rows.learns / rows.learns.sum(), batch_size).sum(axis=1)
        numbers = in_batches(np.arange(len(rows), dtype=np.int32), batch_size)

        def padded(values: np.ndarray | None) -> Any:
            if values is None:
                return None
            cut = in_batches(values, batch_size)
            return tf.constant(cut.reshape(-1, *values.shape[1:]))

        return cls(
            count=tf.constant(batches_of(len(rows), batch_size)),
            inputs=padded(rows.inputs),
            targets=padded(rows.targets),
            present=padded(rows.present),
            begins=of_batches(rows.begins, batch_size),
            learns=of_batches(rows.learns, batch_size),
            orders=tf.constant(numbers[np.newaxis, np.newaxis]),
            row_weights=tf.constant(real / np.maximum(sizes, 1)[:, np.newaxis], tf.float32),
            shares=tf.constant(shares, tf.float32),
        )

    def pick(self, rows: Any, layout: Layout) -> tuple[Any, Any, Any]:
        """Inputs (T, B, F, L), presence (T, B, L) and targets (B, L) of row numbers (L, B).

        If there are several targets of a row, they have one more axis, the last.
        """
        rows = layout.placed(tf.transpose(rows))
        x = tf.transpose(tf.gather(self.inputs, rows), layout.picked)
        present = None
        if self.present is not None:
            present = tf.transpose(tf.gather(self.present, rows), [2, 0, 1])
        return x, present, tf.gather(self.targets, rows)


def batch_losses(
    network: Network,
    picked: tuple[Any, Any, Any],
    row_weights: Any,
    state: State,
    *,
    training: bool = False,
) -> tuple[Any, State]:
    """Each repeat's mean loss (R,) on one batch, and the state after it."""
    x, present, targets = picked
    outputs, state = network(x, present, state, training=training)
    weights = network.layout.per_row(row_weights)
    if network.timesteps_told > 1:
        targets, weights = _of_timesteps(network.layout, targets, present, row_weights)
    losses = network.loss.of_rows(tf.unstack(outputs, axis=network.layout.units), targets)
    means = tf.reduce_sum(weights * losses, axis=network.layout.rows)
    return network.loss.of_batch(means), state


def _of_timesteps(layout: Layout, targets: Any, present: Any, row_weights: Any) -> tuple[Any, Any]:
    """Targets (B * T, L) of each timestep, and its share in the batch's mean.

    That is over all that are present, as in Keras.
    """
    timesteps = targets.shape[-1]
    targets = layout.timesteps_as_rows(tf.stack(tf.unstack(targets, axis=-1)))
    if present is None:
        return targets, layout.per_row(tf.repeat(row_weights / timesteps, timesteps))
    is_row = layout.per_row(tf.repeat(tf.sign(row_weights), timesteps))
    counts = is_row * tf.cast(layout.timesteps_as_rows(present), tf.float32)
    return targets, counts / tf.reduce_sum(counts, axis=layout.rows, keepdims=True)
