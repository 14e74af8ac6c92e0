"""A recurrent layer of Keras's whose initial state is trained."""

from typing import Any

from thousandfold.engines.lanes import STATES
from thousandfold.engines.runtime import keras
from thousandfold.scenario import Regime

INITIAL_STATES = "initial_h", "initial_c"
"""What the initial values of a layer's state are called: its output's, and an LSTM's cell's."""

FROM_INPUTS = "_kernel"
"""What the name of the weights from the first inputs to an initial value ends with."""


def initial_state_weights(regime: Regime) -> list[str]:
    """What a layer's weights for its initial state are called, in Keras's order."""
    if not regime.network.learns_initial_state:
        return []
    names = [*INITIAL_STATES[: STATES[regime.network.layer]]]
    if regime.network.initial_state == "from_inputs":
        names += [f"{name}{FROM_INPUTS}" for name in names]
    return names


class FromLearnedState(keras.layers.Layer):
    """Starts each row of a recurrent layer from a state that is trained, at first zero.

    The state is a weight or, if it comes `from_inputs`, a linear function of the first timestep's.
    """

    def __init__(self, layer: Any, regime: Regime) -> None:
        super().__init__()
        self.layer, self.names = layer, initial_state_weights(regime)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make the weights."""
        shapes = (self.layer.units,), (input_shape[-1], self.layer.units)
        self.initial, self.kernels = (
            [
                self.add_weight(shape=shape, initializer="zeros", name=name)
                for name in self.names
                if name.endswith(FROM_INPUTS) == (len(shape) == 2)
            ]
            for shape in shapes
        )
        self.layer.build(input_shape)

    def call(self, inputs: Any, mask: Any = None, training: bool = False) -> Any:
        """The layer's outputs for inputs (batch, timesteps, features)."""
        shape = keras.ops.shape(inputs)[0], self.layer.units
        initial = [keras.ops.broadcast_to(state, shape) for state in self.initial]
        if self.kernels:
            first = [keras.ops.matmul(inputs[:, 0], kernel) for kernel in self.kernels]
            initial = [state + row for state, row in zip(initial, first, strict=True)]
        return self.layer(inputs, initial_state=initial, mask=mask, training=training)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The layer's own."""
        return self.layer.compute_mask(inputs, previous_mask)
