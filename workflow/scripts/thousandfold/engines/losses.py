"""What training makes small: the losses of rows, and what Keras calls them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from thousandfold.engines.runtime import keras, tf
from thousandfold.scenario import Regime
from thousandfold.tasks import TASKS

RowLosses = Callable[[Sequence[Any], Any], Any]
"""The loss of each row, from every output of rows and their targets, as of `Task.row_losses`."""


class Loss(NamedTuple):
    """One loss, as each engine takes it."""

    keras_loss: Any
    """What Keras's `compile` takes."""
    of_rows: RowLosses


def _mean_over_outputs(of_errors: Callable[[Any], Any]) -> RowLosses:
    def of_rows(outputs: Sequence[Any], targets: Any) -> Any:
        if len(outputs) == 1:
            return of_errors(outputs[0] - targets)
        losses = [of_errors(output - targets[..., i]) for i, output in enumerate(outputs)]
        return sum(losses) / len(losses)

    return of_rows


def _mse(_: Regime) -> Loss:
    task = TASKS["regression"]
    return Loss(task.loss, task.row_losses)


def _mae(_: Regime) -> Loss:
    return Loss("mean_absolute_error", _mean_over_outputs(tf.abs))


def _huber(regime: Regime) -> Loss:
    delta = regime.training.huber_delta

    def of_errors(error: Any) -> Any:
        size = tf.abs(error)
        return tf.where(size <= delta, size**2 / 2, delta * (size - delta / 2))

    return Loss(keras.losses.Huber(delta), _mean_over_outputs(of_errors))


LOSSES: dict[str, Callable[[Regime], Loss]] = {"mse": _mse, "mae": _mae, "huber": _huber}
"""Losses of forecasts by what a regime calls them."""


def loss_of(regime: Regime) -> Loss:
    """The loss that a regime's networks are trained by."""
    if regime.training.loss is not None:
        return LOSSES[regime.training.loss](regime)
    task = TASKS[regime.task]
    return Loss(task.loss, task.row_losses)
