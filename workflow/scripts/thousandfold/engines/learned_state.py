"""A recurrent layer of Keras's whose initial state is trained."""

from typing import Any

from thousandfold.engines.runtime import keras

INITIAL_STATES = "initial_h", "initial_c"
"""What the initial values of a layer's state are called: its output's, and an LSTM's cell's."""


class FromLearnedState(keras.layers.Layer):
    """Starts each row of a recurrent layer from a state that is a weight, at first zero."""

    def __init__(self, layer: Any, states: int) -> None:
        super().__init__()
        self.layer, self.states = layer, states
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make the weights."""
        self.initial = [
            self.add_weight(shape=(self.layer.units,), initializer="zeros", name=name)
            for name in INITIAL_STATES[: self.states]
        ]
        self.layer.build(input_shape)

    def call(self, inputs: Any, mask: Any = None, training: bool = False) -> Any:
        """The layer's outputs for inputs (batch, timesteps, features)."""
        shape = keras.ops.shape(inputs)[0], self.layer.units
        initial = [keras.ops.broadcast_to(state, shape) for state in self.initial]
        return self.layer(inputs, initial_state=initial, mask=mask, training=training)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The layer's own."""
        return self.layer.compute_mask(inputs, previous_mask)
