"""All repeats of a block at once: one XLA program in which every array's last axis is the repeat.

Adam is elementwise, so one Adam over weights stacked along the repeats is as many independent
Adams; the loss is summed over repeats, so no gradient mixes them. With the repeats last, each
operation is a contiguous loop over them that the compiler vectorises.

Letters in shapes: B rows in a batch, T timesteps, F features, U units, R repeats, and L lanes
of an input: 1 where all repeats see the same rows, R where each has an order of its own.
"""

from time import perf_counter
from typing import Any

import numpy as np

from thousandfold.engines.block import FEWEST_LANES, UNROLLED_TIMESTEPS, Progress, TrainedBlock
from thousandfold.engines.profiles import PROFILES
from thousandfold.engines.runtime import keras, tf
from thousandfold.scenario import Regime
from thousandfold.seeds import epoch_orders, shuffling_generator, weight_seed
from thousandfold.series import Supervised

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


def initial_weights(units: int, features: int, seeds: list[int]) -> dict[str, Any]:
    """The weights that stock Keras layers would start from, repeats on the last axis."""

    def seeds_of(weight: str) -> list[int]:
        return [weight_seed(seed, weight) for seed in seeds]

    glorot, orthogonal = keras.initializers.GlorotUniform(), keras.initializers.Orthogonal()
    forget_gate = tf.repeat([0.0, 1.0, 0.0, 0.0], units)
    return {
        "kernel": _draw(glorot, (features, 4 * units), seeds_of("kernel")),
        "recurrent_kernel": _draw(orthogonal, (units, 4 * units), seeds_of("recurrent_kernel")),
        "bias": tf.tile(forget_gate[:, tf.newaxis], [1, len(seeds)]),
        "dense_kernel": _draw(glorot, (units, 1), seeds_of("dense_kernel")),
        "dense_bias": tf.zeros((1, len(seeds))),
    }


class _Network:
    """An LSTM and a dense output for every repeat at once."""

    def __init__(self, regime: Regime, weights: dict[str, Any]) -> None:
        self.recurrent_activation = PROFILES[regime.profile].recurrent_activation
        self.repeats = weights["dense_bias"].shape[-1]
        self.state_shape = (regime.batch_size, regime.units, self.repeats)
        self.weights = {
            name: keras.Variable(value, name=name, dtype="float32")
            for name, value in weights.items()
        }

    def zero_state(self) -> tuple[Any, Any]:
        """The state (h, c), each (B, U, R), before any timestep."""
        return tf.zeros(self.state_shape), tf.zeros(self.state_shape)

    def _step(self, x: Any, h: Any, c: Any) -> tuple[Any, Any]:
        """One timestep: x (B, F, L), state h and c (B, U, R)."""
        w = {name: variable.value for name, variable in self.weights.items()}
        gates = (
            tf.reduce_sum(x[:, :, tf.newaxis] * w["kernel"], axis=1)
            + tf.reduce_sum(h[:, :, tf.newaxis] * w["recurrent_kernel"], axis=1)
            + w["bias"]
        )
        i, f, candidate, o = tf.split(gates, 4, axis=1)
        act = self.recurrent_activation
        c = act(f) * c + act(i) * tf.tanh(candidate)
        return act(o) * tf.tanh(c), c

    def __call__(self, x: Any, state: tuple[Any, Any]) -> tuple[Any, tuple[Any, Any]]:
        """Outputs (B, R) and the state after the last of x's timesteps, x being (B, T, F, L)."""
        h, c = state
        timesteps = x.shape[1]
        if timesteps <= UNROLLED_TIMESTEPS:
            for t in range(timesteps):
                h, c = self._step(x[:, t], h, c)
        else:
            _, h, c = tf.while_loop(
                lambda t, h, c: t < timesteps,
                lambda t, h, c: (t + 1, *self._step(x[:, t], h, c)),
                (0, h, c),
                maximum_iterations=timesteps,
            )
        w = self.weights
        output = tf.reduce_sum(h * w["dense_kernel"].value[:, 0], axis=1) + w["dense_bias"].value[0]
        return output, (h, c)


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


def _training_program(network: _Network, regime: Regime, data: Supervised) -> Any:
    """Compiled training: (epochs, row orders, h, c) -> (last epoch's mean losses, h, c).

    The orders are row numbers (epochs, rows, L) cut into batches; a single epoch's serve every
    epoch of a regime that does not shuffle.
    """
    batches = _Batches(len(data.train_inputs), regime.batch_size)
    inputs, targets = tf.constant(data.train_inputs), tf.constant(data.train_targets)
    variables = list(network.weights.values())
    optimizer = keras.optimizers.Adam(
        regime.learning_rate, epsilon=PROFILES[regime.profile].adam_epsilon
    )
    optimizer.build(variables)
    zero_h, zero_c = network.zero_state()

    def update(rows: Any, row_weights: Any, h: Any, c: Any) -> Any:
        x = tf.transpose(tf.gather(inputs, rows), [0, 2, 3, 1])
        with tf.GradientTape() as tape:
            outputs, (h, c) = network(x, (h, c))
            errors = outputs - tf.gather(targets, rows)
            losses = tf.reduce_sum(row_weights[:, tf.newaxis] * errors**2, axis=0)
            loss_of_all_repeats = tf.reduce_sum(losses)
        gradients = tape.gradient(loss_of_all_repeats, [variable.value for variable in variables])
        optimizer.apply(gradients, variables)
        return losses, h, c

    @tf.function(jit_compile=True)
    def train(epochs: Any, orders: Any, h: Any, c: Any) -> Any:
        mean_losses = tf.zeros(network.repeats)
        # Not `for epoch in tf.range(epochs)`: XLA would compile it anew for each number of epochs.
        epoch = 0
        while epoch < epochs:
            if regime.reset_after_epoch:
                h, c = zero_h, zero_c
            mean_losses = tf.zeros(network.repeats)
            for batch in tf.range(batches.count):
                if not regime.stateful:
                    h, c = zero_h, zero_c
                rows = orders[epoch if regime.shuffle else 0, batch]
                losses, h, c = update(rows, batches.row_weights[batch], h, c)
                mean_losses += batches.shares[batch] * losses
            epoch += 1
        if regime.reset_after_epoch:
            h, c = zero_h, zero_c
        return mean_losses, h, c

    return train


def _forecasting_program(network: _Network, regime: Regime) -> Any:
    """Compiled forecasting, batch by batch: (inputs (N, B, T, F), h, c) -> outputs (N, B, R)."""
    zero_h, zero_c = network.zero_state()

    @tf.function(jit_compile=True)
    def forecast(inputs: Any, h: Any, c: Any) -> Any:
        outputs = tf.TensorArray(tf.float32, size=inputs.shape[0])
        for batch in tf.range(inputs.shape[0]):
            if not regime.stateful:
                h, c = zero_h, zero_c
            output, (h, c) = network(inputs[batch][..., tf.newaxis], (h, c))
            outputs = outputs.write(batch, output)
            if regime.reset_after_prediction:
                h, c = zero_h, zero_c
        return outputs.stack()

    return forecast


def _train_all_epochs(
    network: _Network, regime: Regime, data: Supervised, seeds: list[int], progress: Progress
) -> tuple[Any, tuple[Any, Any]]:
    """The last epoch's mean losses (R,) and the state that the training leaves."""
    rows = len(data.train_inputs)
    batches = _Batches(rows, regime.batch_size)
    train = _training_program(network, regime, data)
    if regime.shuffle:
        longest_call = max(1, min(regime.epochs, ORDERS_PER_CALL // (rows * len(seeds))))
        generators = [shuffling_generator(seed) for seed in seeds]
    else:
        longest_call = regime.epochs
        orders = tf.constant(
            batches.cut(np.arange(rows, dtype=np.int32)[np.newaxis, :, np.newaxis])
        )

    losses, state = None, network.zero_state()
    done, epochs = 0, 1
    while done < regime.epochs:
        epochs = min(epochs, longest_call, regime.epochs - done)
        if regime.shuffle:
            drawn = np.zeros((longest_call, rows, len(seeds)), np.int32)
            for lane, generator in enumerate(generators):
                drawn[:epochs, :, lane] = epoch_orders(generator, epochs, rows)
            orders = tf.constant(batches.cut(drawn))
        started = perf_counter()
        losses, *state = train(tf.constant(epochs), orders, *state)
        losses.numpy()
        done += epochs
        progress(done)
        # Calls grow until they take about a second, so that even slow networks report.
        if perf_counter() - started < 0.5:
            epochs *= 2
    return losses, state


def train_block(
    regime: Regime, data: Supervised, seeds: list[int], progress: Progress
) -> TrainedBlock:
    """Train one repeat per seed, all at once, and forecast the test rows.

    A repeat's outcome is the same to the bit whatever other seeds it is trained with.
    """
    repeats = len(seeds)
    seeds = seeds + seeds[:1] * (FEWEST_LANES - repeats)
    network = _Network(regime, initial_weights(regime.units, data.train_inputs.shape[-1], seeds))
    losses, state = _train_all_epochs(network, regime, data, seeds, progress)

    forecast_rows = (
        [data.train_inputs, data.test_inputs] if regime.seed_on_train else [data.test_inputs]
    )
    cut = [
        _Batches(len(rows), regime.batch_size).cut(rows[np.newaxis])[0] for rows in forecast_rows
    ]
    outputs = _forecasting_program(network, regime)(tf.constant(np.concatenate(cut)), *state)
    test_outputs = outputs[-len(cut[-1]) :].numpy().reshape(-1, len(seeds))
    return TrainedBlock(
        weights={name: w.numpy()[..., :repeats] for name, w in network.weights.items()},
        train_loss=losses.numpy()[:repeats],
        scaled_forecasts=test_outputs[: len(data.test_inputs), :repeats].T,
    )
