"""The defaults of Keras that changed between the article's year and today, as profiles."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from thousandfold.engines.runtime import keras


@dataclass(frozen=True)
class Profile:
    """Which recurrent activation an LSTM has and which epsilon Adam has."""

    recurrent_activation: Callable[[Any], Any]
    adam_epsilon: float


def hard_sigmoid_2017(x: Any) -> Any:
    """Keras 2.0's hard_sigmoid; Keras 3 gives that name to clip(x / 6 + 0.5, 0, 1)."""
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)


PROFILES = {
    "keras3": Profile(keras.activations.sigmoid, adam_epsilon=1e-7),
    "keras2017": Profile(hard_sigmoid_2017, adam_epsilon=1e-8),
}
