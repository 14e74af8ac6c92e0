"""Keras's ReduceLROnPlateau for every repeat at once, as part of a compiled program."""

from typing import Any

from thousandfold.engines.layout import Layout
from thousandfold.engines.runtime import keras, tf
from thousandfold.scenario import ReduceOnPlateau


class LearningRates:
    """Each repeat's learning rate, which falls where the validation loss no longer does."""

    def __init__(self, rule: ReduceOnPlateau, layout: Layout, repeats: int) -> None:
        self.rule, self.layout = rule, layout
        self.rates, self.best = (keras.Variable(tf.zeros(repeats)) for _ in range(2))
        self.wait, self.cooldown = (
            keras.Variable(tf.zeros(repeats, tf.int32), dtype="int32") for _ in range(2)
        )

    def apply_to(self, optimizer: Any) -> None:
        """Let an optimizer of Keras's take these rates instead of its one."""
        update_step = optimizer.update_step

        def update_step_of_all_repeats(gradient: Any, variable: Any, _: Any) -> None:
            rates = self.layout.per_repeat(self.rates.value, variable)
            update_step(gradient, variable, rates)

        optimizer.update_step = update_step_of_all_repeats

    def start(self, learning_rate: float) -> None:
        """Before the first epoch, all repeats have this rate."""
        self.rates.assign(tf.fill(self.rates.shape, learning_rate))
        # The first epoch is an improvement, which sets the other two.
        self.cooldown.assign(tf.zeros_like(self.cooldown.value))

    def after_epoch(self, epoch: Any, current: Any) -> None:
        """Adapt the rates after an epoch, from 0, with the validation losses `current` (R,)."""
        rule, rates = self.rule, self.rates.value
        cooldown = tf.maximum(self.cooldown.value - 1, 0)
        improved = (epoch == 0) | (current + rule.min_delta < self.best.value)
        waits = ~improved & (cooldown == 0)
        had_cooldown = self.cooldown.value > 0
        wait = tf.where(improved | had_cooldown, 0, self.wait.value) + tf.cast(waits, tf.int32)
        reduces = waits & (wait >= rule.patience) & (rates > rule.min_learning_rate)
        lower = tf.maximum(rates * rule.factor, rule.min_learning_rate)
        self.best.assign(tf.where(improved, current, self.best.value))
        self.rates.assign(tf.where(reduces, lower, rates))
        self.cooldown.assign(tf.where(reduces, rule.cooldown, cooldown))
        self.wait.assign(tf.where(reduces, 0, wait))
