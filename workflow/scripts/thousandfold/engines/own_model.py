"""A user's own Keras model. Its module is trusted code, so the config has to allow it."""

import sys
from importlib import import_module
from typing import Any

from thousandfold.engines.runtime import keras
from thousandfold.errors import UserError


class OwnModelError(UserError):
    """A user's model that cannot be used; the message names it and the fix."""


def build_own_model(
    name: str,
    output_shape: tuple[int, ...],
    timesteps: int,
    features: int,
    batch_size: int | None,
    seed: int,
) -> Any:
    """Call the function `package.module:function`, found from the folder that Snakemake runs in.

    It is called as `function(timesteps=, features=, batch_size=, seed=)`, after Keras's, NumPy's
    and Python's global generators were seeded; `batch_size` is None for a stateless scenario. It
    returns a Keras model of inputs (batch, timesteps, features) with outputs (batch,
    *output_shape); one that is not compiled is compiled with the scenario's optimizer and the
    task's loss. Raises OwnModelError.
    """
    module, _, function = name.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")
    keras.utils.set_random_seed(seed % 2**31)
    try:
        build = getattr(import_module(module), function)
        model = build(timesteps=timesteps, features=features, batch_size=batch_size, seed=seed)
    except Exception as error:
        raise OwnModelError(
            f"model {name}: {type(error).__name__}: {error}; fix the module"
        ) from error
    if not isinstance(model, keras.Model):
        raise OwnModelError(f"model {name}: returns a {type(model).__name__}; return a Keras model")
    if model.output_shape[1:] != output_shape:
        fix = f"end it with Dense({output_shape[-1]})"
        if len(output_shape) > 1:
            fix += (
                f" for each of the {output_shape[0]} timesteps, by return_sequences=True below it"
            )
        raise OwnModelError(f"model {name}: has outputs of shape {model.output_shape}; {fix}")
    return model


def stateful_layers(model: Any) -> list[Any]:
    """A model's stateful layers, those inside other layers and models too."""
    # `model.layers` has the outermost only, and nothing public of Keras's walks on from there.
    return [layer for layer in model._flatten_layers() if getattr(layer, "stateful", False)]


def check_resets(name: str, model: Any) -> None:
    """Check that the state of each stateful layer can be reset. Raises OwnModelError."""
    for layer in stateful_layers(model):
        try:
            layer.reset_state()
        except Exception as error:
            raise OwnModelError(
                f"model {name}: the state of its layer {layer.name} cannot be reset "
                f"({type(error).__name__}: {error}); give the layer a reset_state() that zeroes it"
            ) from error


def reported_loss(name: str | None, logs: dict[str, float], key: str = "loss") -> float:
    """The loss among all that Keras reports for a batch or an epoch. Raises OwnModelError."""
    if key not in logs:
        step = "test_step" if key.startswith("val_") else "train_step"
        raise OwnModelError(f"model {name}: reports no loss; return one from its {step}, as 'loss'")
    return logs[key]
