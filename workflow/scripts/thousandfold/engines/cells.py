"""Keras's layers for many networks at once: every array's last axis is the repeat.

Letters in shapes: B rows in a batch, T timesteps, F features, U units, R repeats, and L lanes
of an input: 1 where all repeats see the same rows, R where each has rows of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from thousandfold.engines.profiles import PROFILES
from thousandfold.engines.runtime import keras, tf
from thousandfold.scenario import Regime

Weights = dict[str, Any]
State = tuple[Any, ...]
"""What a layer carries from timestep to timestep, each (B, U, R); its output comes first."""


MATRIX_ROWS, MATRIX_UNITS = 8, 32
"""From so many rows in a batch and units on, matrix products are faster (benchmarks/sizes.py)."""


def takes_matrix_products(regime: Regime) -> bool:
    """Whether products are computed as matrix products, repeat by repeat.

    Their last bits depend on how many repeats there are, which therefore has to be constant.
    """
    return regime.training.batch_size >= MATRIX_ROWS and regime.network.units >= MATRIX_UNITS


def product(regime: Regime, x: Any, weight: Any) -> Any:
    """The matrix product of each repeat: x (B, F, L) and weight (F, G, R) give (B, G, R)."""
    _, inputs, lanes = x.shape
    if takes_matrix_products(regime) and inputs >= MATRIX_UNITS and lanes != 1:
        return tf.einsum("bfr,fgr->bgr", x, weight)
    return tf.reduce_sum(x[:, :, tf.newaxis] * weight, axis=1)


@dataclass(frozen=True)
class Cell:
    """One kind of layer: its state, its timestep; lanes.py has the sizes of its weights."""

    states: int
    """Arrays of its state."""
    bias: Callable[[int], Any]
    """The initial bias of a layer of so many units."""
    step: Callable[[Regime, Weights, Any, State], State]
    """The state after one timestep: of a regime, weights, x (B, F, L) and the state before."""

    @property
    def is_recurrent(self) -> bool:
        """Whether it carries a state."""
        return self.states > 0


def _lstm(regime: Regime, w: Weights, x: Any, state: State) -> State:
    h, c = state
    gates = product(regime, x, w["kernel"]) + product(regime, h, w["recurrent_kernel"]) + w["bias"]
    i, f, candidate, o = tf.split(gates, 4, axis=1)
    gate = PROFILES[regime.execution.profile].recurrent_activation
    activation = keras.activations.get(regime.network.activation)
    c = gate(f) * c + gate(i) * activation(candidate)
    return gate(o) * activation(c), c


def _gru(regime: Regime, w: Weights, x: Any, state: State) -> State:
    """Keras's default form, which resets after the recurrent product (reset_after=True)."""
    (h,) = state
    from_input = product(regime, x, w["kernel"]) + w["bias"][0]
    from_state = product(regime, h, w["recurrent_kernel"]) + w["bias"][1]
    input_z, input_r, input_h = tf.split(from_input, 3, axis=1)
    state_z, state_r, state_h = tf.split(from_state, 3, axis=1)
    gate = PROFILES[regime.execution.profile].recurrent_activation
    z = gate(input_z + state_z)
    r = gate(input_r + state_r)
    candidate = keras.activations.get(regime.network.activation)(input_h + r * state_h)
    return (z * h + (1 - z) * candidate,)


def _simple_rnn(regime: Regime, w: Weights, x: Any, state: State) -> State:
    (h,) = state
    gates = product(regime, x, w["kernel"]) + w["bias"] + product(regime, h, w["recurrent_kernel"])
    return (keras.activations.get(regime.network.activation)(gates),)


def _dense(regime: Regime, w: Weights, x: Any, _: State) -> State:
    outputs = product(regime, x, w["kernel"]) + w["bias"]
    return (keras.activations.get(regime.network.activation)(outputs),)


CELLS = {
    "lstm": Cell(2, lambda units: tf.repeat([0.0, 1.0, 0.0, 0.0], units), _lstm),
    "gru": Cell(1, lambda units: tf.zeros((2, 3 * units)), _gru),
    "simple_rnn": Cell(1, tf.zeros, _simple_rnn),
    "dense": Cell(0, tf.zeros, _dense),
}
"""Cells by what a regime calls them."""
