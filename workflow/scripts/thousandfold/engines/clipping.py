"""Keras's clipping of gradients by their norm, for every repeat at once.

Keras would take the norm over the weights of all repeats together.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from thousandfold.engines.layout import Layout
from thousandfold.engines.runtime import tf
from thousandfold.scenario import Regime


def _clip_each(gradients: Sequence[Any], norm: float, layout: Layout) -> list[Any]:
    """Each weight's gradient is scaled to at most this norm."""

    def clipped(gradient: Any) -> Any:
        own = tf.sqrt(layout.over_weights(gradient**2))
        return gradient * norm / layout.per_repeat(tf.maximum(own, norm), gradient)

    return [clipped(gradient) for gradient in gradients]


def _clip_together(gradients: Sequence[Any], norm: float, layout: Layout) -> list[Any]:
    """All gradients of a repeat are scaled to at most this norm."""
    own = tf.sqrt(sum(layout.over_weights(gradient**2) for gradient in gradients))
    scale = norm * tf.minimum(1 / own, 1 / norm)
    # Not a number if a gradient is infinite, as in Keras.
    scale += own - own
    return [gradient * layout.per_repeat(scale, gradient) for gradient in gradients]


BY_NORM = {"clipnorm": _clip_each, "global_clipnorm": _clip_together}
"""Options of optimizers that are not elementwise."""


def clipped_by_norm(gradients: Sequence[Any], regime: Regime, layout: Layout) -> Sequence[Any]:
    """Gradients as a regime's optimizer clips them by norm, if it does."""
    for option, value in regime.training.optimizer.options:
        if option in BY_NORM:
            return BY_NORM[option](gradients, value, layout)
    return gradients


def without_clipping_by_norm(regime: Regime) -> Regime:
    """The same with an optimizer that is elementwise."""
    optimizer = regime.training.optimizer
    options = tuple(option for option in optimizer.options if option[0] not in BY_NORM)
    return regime.varied(optimizer=replace(optimizer, options=options))
