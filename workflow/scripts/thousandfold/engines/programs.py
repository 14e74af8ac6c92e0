"""The compiled programs of the replicated engine: training epochs, and forecasting.

The letters in shapes are those of layout.py.
"""

from typing import Any

from thousandfold.engines.cells import State
from thousandfold.engines.network import Batches, Constants, Network, batch_losses
from thousandfold.engines.profiles import make_optimizer
from thousandfold.engines.runtime import compiled, loop, tf
from thousandfold.engines.stopper import Stopper
from thousandfold.scenario import Regime
from thousandfold.supervised import Rows


def _chosen(condition: Any, new: Any, old: Any) -> Any:
    """The new values of several arrays if a condition holds, otherwise the old ones."""
    return tuple(tf.where(condition, n, o) for n, o in zip(new, old, strict=True))


class Epoch:
    """One epoch of training as part of a compiled program."""

    def __init__(self, network: Network, regime: Regime, rows: Rows) -> None:
        self.network, self.regime = network, regime
        self.batches = Batches(len(rows), regime.training.batch_size)
        self.rows = Constants(rows, network.layout)
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
        gradients = tape.gradient(
            loss_of_all_repeats,
            [variable.value for variable in self.variables],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        self.optimizer.apply(gradients, self.variables)
        return losses, state

    def __call__(self, orders: Any, state: State) -> tuple[Any, State]:
        """The mean losses (R,) and the state after an epoch of these rows, (count, B, L)."""
        zero = self.network.zero_state(self.regime.training.batch_size)

        def batch_after_batch(batch: Any, mean_losses: Any, state: State) -> tuple[Any, State]:
            if not self.regime.state.stateful:
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


def training_program(
    network: Network, regime: Regime, run_epoch: Epoch, stopper: Stopper | None
) -> Any:
    """Compiled training: (epochs, orders, losses, state, stopper's fields) -> the last three.

    The orders are row numbers (epochs, rows, L) cut into batches; a single epoch's serve every
    epoch of a regime that does not shuffle. The losses (R,) are the last epoch's means.
    """
    variables = list(network.weights.values())
    zero = network.zero_state(regime.training.batch_size)

    def one_epoch(epoch: Any, orders: Any, state: State) -> tuple[Any, State]:
        start = zero if regime.state.reset_after_epoch else state
        return run_epoch(orders[epoch if regime.training.shuffle else 0], start)

    @compiled
    def train(epochs: Any, orders: Any, mean_losses: Any, state: State) -> Any:
        mean_losses, state = loop(
            epochs, lambda epoch, _, state: one_epoch(epoch, orders, state), mean_losses, state
        )
        return mean_losses, zero if regime.state.reset_after_epoch else state

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
            mean_losses, *rest = [
                tf.where(network.layout.per_repeat(fields[0], new), new, old)
                for new, old in zip(after, before, strict=True)
            ]
            for variable, value in zip(variables, rest[len(state) :], strict=True):
                variable.assign(value)
            fields = stopper.after_epoch(done + epoch, current, fields)
            return mean_losses, tuple(rest[: len(state)]), fields

        mean_losses, state, fields = loop(epochs, one_epoch_if_active, mean_losses, state, fields)
        return mean_losses, zero if regime.state.reset_after_epoch else state, fields

    return train_until_stopped


def forecasting_program(network: Network, regime: Regime) -> Any:
    """Compiled forecasting, batch by batch.

    (inputs (N, T, B, F, L), present (N, T, B, 1) or None, begins (N,) or None, state) -> outputs
    (N, B, R), state.
    """

    @compiled
    def forecast(inputs: Any, present: Any, begins: Any, state: State) -> Any:
        count, batch_size = inputs.shape[0], inputs.shape[2 + network.layout.rows]
        zero = network.zero_state(batch_size)

        def batch_after_batch(batch: Any, outputs: Any, state: State) -> tuple[Any, State]:
            if not regime.state.stateful:
                state = zero
            if begins is not None:
                state = _chosen(begins[batch], zero, state)
            seen = None if present is None else present[batch]
            output, state = network(inputs[batch], seen, state)
            return outputs.write(
                batch, output
            ), zero if regime.state.reset_after_prediction else state

        shape = network.layout.placed(tf.zeros((batch_size, network.repeats))).shape
        outputs = tf.TensorArray(tf.float32, size=count, element_shape=shape)
        outputs, state = loop(count, batch_after_batch, outputs, state)
        return outputs.stack(), state

    return forecast
