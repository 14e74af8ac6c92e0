"""The compiled programs of the replicated engine: training epochs, and forecasting.

The letters in shapes are those of layout.py.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Any

from thousandfold.engines.cells import State
from thousandfold.engines.clipping import clipped_by_norm, without_clipping_by_norm
from thousandfold.engines.lanes import repeats_come_first
from thousandfold.engines.layout import REPEATS_FIRST, REPEATS_LAST
from thousandfold.engines.network import Batches, Network, batch_losses
from thousandfold.engines.plateau import LearningRates
from thousandfold.engines.profiles import make_optimizer
from thousandfold.engines.runtime import compiled, loop, tf
from thousandfold.engines.stopper import Stopper
from thousandfold.engines.validation import validate
from thousandfold.scenario import Preparation, Regime, Statefulness
from thousandfold.supervised import Rows

PROGRAMS_KEPT = 8
"""In one process; each holds the weights of its lanes, and code."""


def _chosen(condition: Any, new: Any, old: Any) -> Any:
    """The new values of several arrays if a condition holds, otherwise the old ones."""
    return tuple(tf.where(condition, n, o) for n, o in zip(new, old, strict=True))


def _reset(network: Network, resets: Any, zero: State, state: State) -> State:
    """The state, or zero if `resets` holds; of a stateless network always zero."""
    return _chosen(resets, zero, state) if network.regime.state.stateful else zero


class Epoch:
    """One epoch of training as part of a compiled program."""

    def __init__(self, network: Network, optimizer: Any) -> None:
        self.network, self.optimizer = network, optimizer
        self.variables = list(network.weights.values())

    def _pass(
        self, batches: Batches, batch: Any, rows: Any, state: State, *, training: bool = False
    ) -> tuple[Any, State]:
        picked = batches.pick(rows, self.network.layout)
        weights = batches.row_weights[batch]
        return batch_losses(self.network, picked, weights, state, training=training)

    def _update(self, batches: Batches, batch: Any, rows: Any, state: State) -> tuple[Any, State]:
        with tf.GradientTape() as tape:
            losses, state = self._pass(batches, batch, rows, state, training=True)
            loss_of_all_repeats = tf.reduce_sum(losses)
        gradients = tape.gradient(
            loss_of_all_repeats,
            [variable.value for variable in self.variables],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        clipped = clipped_by_norm(gradients, self.network.regime, self.network.layout)
        self.optimizer.apply(clipped, self.variables)
        return losses, state

    def __call__(self, batches: Batches, orders: Any, state: State) -> tuple[Any, State]:
        """The mean losses (R,) and the state after an epoch of rows in this order, (L, N, B)."""
        regime = self.network.regime
        zero = self.network.zero_state(regime.training.batch_size)

        def batch_after_batch(batch: Any, mean_losses: Any, state: State) -> tuple[Any, State]:
            if not regime.state.stateful:
                state = zero
            if batches.begins is not None:
                state = _chosen(batches.begins[batch], zero, state)
            step = batches, batch, orders[:, batch], state
            if batches.learns is None:
                losses, state = self._update(*step)
            else:
                losses, state = tf.cond(
                    batches.learns[batch], lambda: self._update(*step), lambda: self._pass(*step)
                )
            return mean_losses + batches.shares[batch] * losses, state

        losses = tf.zeros(self.network.repeats)
        mean_losses, state = loop(batches.count, batch_after_batch, losses, state)
        return mean_losses, state


def training_program(
    network: Network, run_epoch: Epoch, stopper: Stopper | None, rates: LearningRates | None
) -> Any:
    """Compiled training: (epochs, batches, orders, resets, losses, state) -> the last two.

    The orders are row numbers (L, E, N, B), of which epochs take the E in turn: all or, where rows
    keep their order, the only one. `resets` says whether each epoch starts from zero state; the
    losses (R,) are the last epoch's means. To validate, it also takes and gives the stopper's
    fields, if there is one, and takes the validation batches and how many epochs are done.
    """
    variables = list(network.weights.values())
    zero = network.zero_state(network.regime.training.batch_size)

    def one_epoch(
        epoch: Any, batches: Batches, orders: Any, resets: Any, state: State
    ) -> tuple[Any, State]:
        start = _reset(network, resets, zero, state)
        return run_epoch(batches, orders[:, epoch % orders.shape[1]], start)

    @compiled
    def train(
        epochs: Any, batches: Batches, orders: Any, resets: Any, mean_losses: Any, state: State
    ) -> Any:
        mean_losses, state = loop(
            epochs,
            lambda epoch, _, state: one_epoch(epoch, batches, orders, resets, state),
            mean_losses,
            state,
        )
        return mean_losses, _reset(network, resets, zero, state)

    if stopper is None and rates is None:
        return train

    @compiled
    def train_and_validate(
        epochs: Any, batches: Batches, orders: Any, resets: Any, mean_losses: Any, state: State,
        validation: Batches, done: Any, fields: Any,
    ) -> Any:  # fmt: skip
        def one_validated_epoch(epoch: Any, mean_losses: Any, state: State, fields: Any) -> Any:
            before = (mean_losses, *state, *[tf.identity(v.value) for v in variables])
            losses, state = one_epoch(epoch, batches, orders, resets, state)
            current, state = validate(network, validation, state)
            if rates:
                rates.after_epoch(done + epoch, current)
            if not stopper:
                return losses, state, fields
            after = (losses, *state, *[v.value for v in variables])
            mean_losses, *rest = [
                tf.where(network.layout.per_repeat(fields[0], new), new, old)
                for new, old in zip(after, before, strict=True)
            ]
            for variable, value in zip(variables, rest[len(state) :], strict=True):
                variable.assign(value)
            fields = stopper.after_epoch(done + epoch, current, fields)
            return mean_losses, tuple(rest[: len(state)]), fields

        mean_losses, state, fields = loop(epochs, one_validated_epoch, mean_losses, state, fields)
        return mean_losses, _reset(network, resets, zero, state), fields

    return train_and_validate


def forecasting_program(network: Network) -> Any:
    """Compiled forecasting, batch by batch.

    (count, inputs (N, T, B, F, L), present (N, T, B, 1) or None, begins (N,) or None, resets,
    state) -> outputs (N, B, O, R), state, branches. Each timestep that is told counts as a row of
    outputs. Only `count` of the N batches are there;
    `resets` says whether the state is zeroed after each. If it `branches`, it also gives the states
    of a stateful network after each batch, shape (N, B, U, R) each; given these, each batch starts
    from its own.
    """
    stateful = network.regime.state.stateful

    @compiled
    def forecast(
        count: Any, inputs: Any, present: Any, begins: Any, resets: Any, state: State,
        own_states: State = (), branches: bool = False,
    ) -> Any:  # fmt: skip
        batches, batch_size = inputs.shape[0], inputs.shape[2 + network.layout.rows]
        zero = network.zero_state(batch_size)

        def room(like: Any) -> Any:
            return tf.TensorArray(tf.float32, size=batches, element_shape=like.shape)

        def batch_after_batch(batch: Any, outputs: Any, after: Any, state: State) -> Any:
            if not stateful:
                state = zero
            elif own_states:
                state = tuple(states[batch] for states in own_states)
            if begins is not None:
                state = _chosen(begins[batch], zero, state)
            seen = None if present is None else present[batch]
            output, state = network(inputs[batch], seen, state)
            state = _chosen(resets, zero, state)
            after = tuple(s.write(batch, now) for s, now in zip(after, state, strict=False))
            return outputs.write(batch, network.activated(output)), after, state

        rows = batch_size * network.timesteps_told
        one = network.layout.placed(tf.zeros((rows, network.outputs, network.repeats)))
        after = tuple(room(each) for each in zero) if branches and stateful else ()
        outputs, after, state = loop(count, batch_after_batch, room(one), after, state)
        return outputs.stack(), state, tuple(states.stack() for states in after)

    return forecast


class Program:
    """Compiled training and forecasting of so many repeats at once, whatever rows and seeds."""

    def __init__(self, regime: Regime, features: int, targets: int, lanes: int) -> None:
        self.layout = REPEATS_FIRST if repeats_come_first(regime) else REPEATS_LAST
        self.network = Network(regime, self.layout, features, targets, lanes)
        rule = regime.training.early_stopping
        self.stopper = Stopper(rule, self.network) if rule else None
        plateau = regime.training.reduce_on_plateau
        self.rates = LearningRates(plateau, self.layout, lanes) if plateau else None
        self._optimizer = make_optimizer(without_clipping_by_norm(regime))
        self._optimizer.build(list(self.network.weights.values()))
        self._fresh_optimizer = [variable.numpy() for variable in self._optimizer.variables]
        if self.rates:
            self.rates.apply_to(self._optimizer)
        run_epoch = Epoch(self.network, self._optimizer)
        self.train = training_program(self.network, run_epoch, self.stopper, self.rates)
        self.forecast = forecasting_program(self.network)
        self.epochs_per_call: dict[int, int] = {}
        """How many epochs of so many rows, padding included, one call of `train` should do."""

    def start(self, seeds: list[int], weights: dict[str, Any], learning_rate: float) -> None:
        """Prepare to train the repeats of these seeds from weights that have the repeats last."""
        self.network.start(seeds, weights)
        for variable, value in zip(self._optimizer.variables, self._fresh_optimizer, strict=True):
            variable.assign(value)
        self._optimizer.learning_rate = learning_rate
        if self.rates:
            self.rates.start(learning_rate)


_program = lru_cache(maxsize=PROGRAMS_KEPT)(Program)


def program_for(regime: Regime, rows: Rows, lanes: int) -> Program:
    """The program that trains a regime on rows like these, compiled once in a process.

    Regimes share it that differ in what it takes as arguments, and series of whatever length.
    """
    shaping = replace(
        regime,
        preparation=Preparation(rows.timesteps, train_rows=None),
        training=replace(
            regime.training,
            epochs=0,
            learning_rate=0.0,
            shuffle=False,
            forecast_batch_size=None,
            refit=None,
        ),
        state=Statefulness(
            regime.state.stateful,
            reset_after_epoch=False,
            seed_on_train=False,
            reset_after_prediction=False,
            validate_from_zero=regime.state.validate_from_zero,
        ),
    )
    return _program(shaping, rows.features, rows.targets_per_row, lanes)
