"""What both engines derive from a regime: a Keras version's defaults, and the optimizer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from thousandfold.engines.runtime import keras
from thousandfold.scenario import Regime


@dataclass(frozen=True)
class Profile:
    """Which recurrent activation an LSTM or GRU has and which epsilon Adam has."""

    recurrent_activation: Callable[[Any], Any]
    adam_epsilon: float


# Keras copies the layer that it makes bidirectional by what it calls the layer's functions.
@keras.saving.register_keras_serializable("thousandfold")
def hard_sigmoid_2017(x: Any) -> Any:
    """Keras 2.0's hard_sigmoid; Keras 3 gives that name to clip(x / 6 + 0.5, 0, 1)."""
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)


PROFILES = {
    "keras3": Profile(keras.activations.sigmoid, adam_epsilon=1e-7),
    "keras2017": Profile(hard_sigmoid_2017, adam_epsilon=1e-8),
}

OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


def make_optimizer(regime: Regime) -> Any:
    """A regime's optimizer."""
    options = dict(regime.training.optimizer.options)
    if regime.training.optimizer.name == "adam":
        options.setdefault("epsilon", PROFILES[regime.execution.profile].adam_epsilon)
    return OPTIMIZERS[regime.training.optimizer.name](regime.training.learning_rate, **options)
