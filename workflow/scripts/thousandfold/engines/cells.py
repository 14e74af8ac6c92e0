"""Keras's layers for many networks at once.

The letters in shapes are those of layout.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from thousandfold.engines.lanes import STATES
from thousandfold.engines.layout import Layout
from thousandfold.engines.profiles import PROFILES
from thousandfold.engines.runtime import keras, tf
from thousandfold.scenario import Regime

Weights = dict[str, Any]
State = tuple[Any, ...]
"""What a layer carries from timestep to timestep, each (B, U, R); its output comes first."""


@dataclass(frozen=True)
class Cell:
    """One kind of layer: its state, its timestep; lanes.py has the sizes of its weights."""

    keras_layer: Any
    """Keras's class, which stock Keras trains."""
    states: int
    """Arrays of its state."""
    bias: Callable[[int], Any]
    """The initial bias of a layer of this many units."""
    step: Callable[[Regime, Layout, Weights, Any, State], State]
    """The state after one timestep: of a regime, its layout, weights, x (B, F, L) and the state
    before."""


def _from_input(layout: Layout, w: Weights, x: Any) -> Any:
    return layout.product(x, w["kernel"]) + layout.for_all_rows(w["bias"])


def _from_state(layout: Layout, w: Weights, h: Any) -> Any:
    """Nothing, if the weights are without a recurrent kernel: of a state that is always zero."""
    return layout.product(h, w["recurrent_kernel"]) if "recurrent_kernel" in w else 0.0


def _lstm(regime: Regime, layout: Layout, w: Weights, x: Any, state: State) -> State:
    h, c = state
    gates = _from_input(layout, w, x) + _from_state(layout, w, h)
    i, f, candidate, o = layout.split(gates, 4)
    gate = PROFILES[regime.execution.profile].recurrent_activation
    activation = keras.activations.get(regime.network.activation)
    c = gate(f) * c + gate(i) * activation(candidate)
    return gate(o) * activation(c), c


def _gru(regime: Regime, layout: Layout, w: Weights, x: Any, state: State) -> State:
    """Keras's default form, which resets after the recurrent product (reset_after=True)."""
    (h,) = state
    input_bias, state_bias = layout.split_rows(w["bias"], 2)
    from_input = layout.product(x, w["kernel"]) + input_bias
    from_state = _from_state(layout, w, h) + state_bias
    input_z, input_r, input_h = layout.split(from_input, 3)
    state_z, state_r, state_h = layout.split(from_state, 3)
    gate = PROFILES[regime.execution.profile].recurrent_activation
    z = gate(input_z + state_z)
    r = gate(input_r + state_r)
    candidate = keras.activations.get(regime.network.activation)(input_h + r * state_h)
    return (z * h + (1 - z) * candidate,)


def _simple_rnn(regime: Regime, layout: Layout, w: Weights, x: Any, state: State) -> State:
    (h,) = state
    gates = _from_input(layout, w, x) + _from_state(layout, w, h)
    return (keras.activations.get(regime.network.activation)(gates),)


def _dense(regime: Regime, layout: Layout, w: Weights, x: Any, _: State) -> State:
    return (keras.activations.get(regime.network.activation)(_from_input(layout, w, x)),)


CELLS = {
    "lstm": Cell(
        keras.layers.LSTM,
        STATES["lstm"],
        lambda units: tf.repeat([0.0, 1.0, 0.0, 0.0], units),
        _lstm,
    ),
    "gru": Cell(keras.layers.GRU, STATES["gru"], lambda units: tf.zeros((2, 3 * units)), _gru),
    "simple_rnn": Cell(keras.layers.SimpleRNN, STATES["simple_rnn"], tf.zeros, _simple_rnn),
    "dense": Cell(keras.layers.Dense, STATES["dense"], tf.zeros, _dense),
}
"""Cells by what a regime calls them."""
