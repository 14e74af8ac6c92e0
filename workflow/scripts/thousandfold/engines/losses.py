"""What training makes small: the losses of rows, and what Keras calls them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from thousandfold.engines.runtime import keras, tf
from thousandfold.scenario import Regime
from thousandfold.tasks import task_of

RowLosses = Callable[[Sequence[Any], Any], Any]
"""From every output of rows before its activation, each (B, R), to the losses (B, R); targets are
(B, L) or, if there are several of a row, have them along one more axis."""


def _itself(mean: Any) -> Any:
    return mean


class Loss(NamedTuple):
    """One loss, as each engine takes it."""

    keras_loss: Any
    """What Keras's `compile` takes."""
    of_rows: RowLosses
    of_batch: Callable[[Any], Any] = _itself
    """What is made of the mean of the rows' losses, (R,)."""


def _mean_over_outputs(of_errors: Callable[[Any], Any]) -> RowLosses:
    def of_rows(outputs: Sequence[Any], targets: Any) -> Any:
        if len(outputs) == 1:
            return of_errors(outputs[0] - targets)
        losses = [of_errors(output - targets[..., i]) for i, output in enumerate(outputs)]
        return sum(losses) / len(losses)

    return of_rows


def _squared(error: Any) -> Any:
    return error**2


def _cross_entropies(outputs: Sequence[Any], targets: Any) -> Any:
    """Minus the logarithm of the softmax of the target's output.

    Keras computes it from the outputs before the softmax, too, as small probabilities vanish.
    """
    chosen = sum(tf.where(targets == place, x, 0.0) for place, x in enumerate(outputs))
    return tf.reduce_logsumexp(tf.stack(outputs), axis=0) - chosen


ROW_LOSSES: dict[str, RowLosses] = {
    "mean_squared_error": _mean_over_outputs(_squared),
    "sparse_categorical_crossentropy": _cross_entropies,
}
"""Those of the tasks by what Keras calls them."""


def _mse(_: Regime) -> Loss:
    return Loss("mean_squared_error", ROW_LOSSES["mean_squared_error"])


def _mae(_: Regime) -> Loss:
    return Loss("mean_absolute_error", _mean_over_outputs(tf.abs))


def _huber(regime: Regime) -> Loss:
    delta = regime.training.huber_delta

    def of_errors(error: Any) -> Any:
        size = tf.abs(error)
        return tf.where(size <= delta, size**2 / 2, delta * (size - delta / 2))

    return Loss(keras.losses.Huber(delta), _mean_over_outputs(of_errors))


SMALLEST_MEAN_SQUARE = 1e-14
"""Of a batch; below it the root's gradient, which has no limit, is none."""


def _root(mean_square: Any) -> Any:
    return tf.sqrt(tf.maximum(mean_square, SMALLEST_MEAN_SQUARE))


def _root_mean_squared_error(targets: Any, outputs: Any) -> Any:
    return _root(tf.reduce_mean((outputs - targets) ** 2))


def _rmse(_: Regime) -> Loss:
    return Loss(_root_mean_squared_error, _mean_over_outputs(_squared), _root)


LOSSES: dict[str, Callable[[Regime], Loss]] = {
    "mse": _mse,
    "rmse": _rmse,
    "mae": _mae,
    "huber": _huber,
}
"""Losses of forecasts by what a regime calls them."""


def loss_of(regime: Regime) -> Loss:
    """The loss that a regime's networks are trained by."""
    if regime.training.loss is not None:
        return LOSSES[regime.training.loss](regime)
    task = task_of(regime)
    return Loss(task.loss, ROW_LOSSES[task.loss])
