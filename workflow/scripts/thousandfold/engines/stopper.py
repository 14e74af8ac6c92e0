"""Keras's EarlyStopping for every repeat at once, as part of a compiled program."""

from dataclasses import dataclass
from typing import Any

from thousandfold.engines.network import Network
from thousandfold.engines.runtime import tf
from thousandfold.scenario import EarlyStopping


@dataclass
class Stopper:
    """Keras's EarlyStopping, field by field, for every repeat at once.

    A repeat that has stopped continues to train with the others, and is put back after each epoch.
    """

    rule: EarlyStopping
    network: Network

    def fresh(self) -> tuple[Any, ...]:
        """Before the first epoch: active, wait, best, epochs run, the best weights."""
        repeats = self.network.repeats
        best_weights = [tf.zeros(v.shape) for v in self._variables] if self._restores else []
        return (
            tf.ones(repeats, tf.bool), tf.zeros(repeats, tf.int32), tf.zeros(repeats),
            tf.zeros(repeats, tf.int32), *best_weights,
        )  # fmt: skip

    @property
    def _variables(self) -> list[Any]:
        return list(self.network.weights.values())

    @property
    def _restores(self) -> bool:
        return self.rule.restore_best_weights

    def after_epoch(self, epoch: Any, current: Any, fields: tuple[Any, ...]) -> tuple[Any, ...]:
        """The fields after an epoch, numbered from 0, with the validation losses `current`."""
        active, wait, best, epochs_run, *best_weights = fields
        watched = epoch >= self.rule.start_from_epoch
        first = epoch <= self.rule.start_from_epoch
        improved = watched & (first | (current + self.rule.min_delta < best))
        takes = active & improved
        best = tf.where(takes, current, best)
        best_weights = [
            tf.where(self.network.layout.per_repeat(takes, kept), variable.value, kept)
            for variable, kept in zip(self._variables, best_weights, strict=False)
        ]
        wait = tf.where(improved, 0, tf.where(watched, wait + 1, wait))
        epochs_run = tf.where(active, epochs_run + 1, epochs_run)
        stops = watched & ~improved & (wait >= self.rule.patience) & (epoch > 0)
        return active & ~stops, wait, best, epochs_run, *best_weights

    def restore(self, fields: tuple[Any, ...]) -> None:
        """At the end, put the best weights back."""
        _, _, _, epochs_run, *best_weights = fields
        watched = epochs_run > self.rule.start_from_epoch
        for variable, kept in zip(self._variables, best_weights, strict=False):
            takes = self.network.layout.per_repeat(watched, kept)
            variable.assign(tf.where(takes, kept, variable.value))
