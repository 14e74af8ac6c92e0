"""Where the arrays of many networks have their repeats: last, or first.

With the repeats last, each operation is a contiguous loop over them that the compiler vectorises:
fastest for small networks, whose products are too small to gain from a matrix routine. Wider
ones have the repeats first, and each repeat's products are matrix products of its own.

Letters in shapes: B rows in a batch, T timesteps, F features, U units, G columns of a kernel, O
outputs of a network, R repeats, and L lanes of an input: 1 where all repeats see the same rows, R
where each has rows of its own. Shapes are written with the repeats last; with the repeats first, R
or L stands before the letters beside it: (T, B, F, L) is (T, L, B, F).
"""

from abc import ABC, abstractmethod
from typing import Any

from thousandfold.engines.runtime import tf


class Layout(ABC):
    """One of the two orders of axes, and what is computed differently in each."""

    rows: int
    """The axis of the rows in arrays (B, ..., R)."""
    units: int
    """The axis of the units in arrays (B, U, R)."""
    picked: tuple[int, int, int, int]
    """The permutation that makes (T, B, F, L) of rows picked by their numbers, (B, L, T, F)."""

    @abstractmethod
    def placed(self, values: Any, after: int = 0) -> Any:
        """Values with their last axis, that of repeats or lanes, moved to its place.

        `after` counts the axes that stay before it.
        """

    @abstractmethod
    def repeats_last(self, values: Any, after: int = 0) -> Any:
        """The inverse of `placed`."""

    @abstractmethod
    def per_repeat(self, values: Any, like: Any) -> Any:
        """Values (R,) in a shape that broadcasts against an array that has repeats."""

    @abstractmethod
    def over_weights(self, values: Any) -> Any:
        """The sums (R,) over all weights of each repeat."""

    @abstractmethod
    def product(self, x: Any, weight: Any) -> Any:
        """The matrix product of each repeat: x (B, F, L) and weight (F, G, R) give (B, G, R)."""

    @abstractmethod
    def over_units(self, function: Any, values: Any) -> Any:
        """A function of the last axis, applied over the units of an array (B, U, R)."""

    def per_row(self, values: Any) -> Any:
        """Values (B,) in a shape that broadcasts against (B, R)."""
        return tf.expand_dims(values, 1 - self.rows)

    def for_all_rows(self, values: Any) -> Any:
        """Values (U, R) in a shape that broadcasts against (B, U, R)."""
        return tf.expand_dims(values, self.rows)

    def for_all_units(self, values: Any) -> Any:
        """Values (B, L) in a shape that broadcasts against (B, U, R)."""
        return tf.expand_dims(values, self.units)

    def timesteps_as_rows(self, values: Any) -> Any:
        """Values (T, B, ..., L) with each row's timesteps one after the other: (B * T, ..., L)."""
        by_row = _moved(values, 0, self.rows + 1)
        shape = by_row.shape.as_list()
        merged = shape[self.rows] * shape[self.rows + 1]
        return tf.reshape(by_row, [*shape[: self.rows], merged, *shape[self.rows + 2 :]])

    def split(self, values: Any, parts: int) -> Any:
        """Columns (B, G, R) cut into equal parts."""
        return tf.split(values, parts, axis=self.units)

    def split_rows(self, values: Any, parts: int) -> Any:
        """Rows (B, G, R) cut into equal parts."""
        return tf.split(values, parts, axis=self.rows)


class _RepeatsLast(Layout):
    rows, units, picked = 0, 1, (2, 0, 3, 1)

    def placed(self, values: Any, after: int = 0) -> Any:
        return values

    def repeats_last(self, values: Any, after: int = 0) -> Any:
        return values

    def per_repeat(self, values: Any, like: Any) -> Any:
        return values

    def over_weights(self, values: Any) -> Any:
        return tf.reduce_sum(values, axis=list(range(len(values.shape) - 1)))

    def over_units(self, function: Any, values: Any) -> Any:
        return tf.transpose(function(tf.transpose(values, [0, 2, 1])), [0, 2, 1])

    def product(self, x: Any, weight: Any) -> Any:
        return tf.reduce_sum(x[:, :, tf.newaxis] * weight, axis=1)


@tf.custom_gradient
def _uncompiled_with_its_loop(x: Any) -> Any:
    """The same values (R, B, F), and gradient, in a way that keeps XLA from merging the loop.

    XLA makes one function of a loop (variables.SMALL_LOOP_BYTES), in which products of several rows
    are up to six times slower. It leaves loops with a sort alone, so this one sorts two numbers.
    The condition below never holds, but the compiler cannot know that.
    """
    larger, smaller = tf.unstack(tf.math.top_k(x[0, 0, :2], 2).values)
    same = tf.where(larger < smaller, tf.zeros_like(x), x)
    return same, _uncompiled_with_its_loop


class _RepeatsFirst(Layout):
    rows, units, picked = 1, 2, (2, 0, 1, 3)

    def placed(self, values: Any, after: int = 0) -> Any:
        return _moved(values, -1, after)

    def repeats_last(self, values: Any, after: int = 0) -> Any:
        return _moved(values, after, -1)

    def per_repeat(self, values: Any, like: Any) -> Any:
        return tf.reshape(values, (-1, *[1] * (len(like.shape) - 1)))

    def over_weights(self, values: Any) -> Any:
        return tf.reduce_sum(values, axis=list(range(1, len(values.shape))))

    def over_units(self, function: Any, values: Any) -> Any:
        return function(values)

    def product(self, x: Any, weight: Any) -> Any:
        if weight.shape[2] == 1:
            return tf.reduce_sum(x * tf.transpose(weight, [0, 2, 1]), axis=2, keepdims=True)
        if x.shape[2] == 1:
            return x * weight
        if x.shape[1] > 1:
            x = _uncompiled_with_its_loop(x)
        return tf.matmul(x, weight)


def _moved(values: Any, source: int, target: int) -> Any:
    axes = list(range(len(values.shape)))
    axis = axes.pop(source)
    axes.insert(target % len(values.shape), axis)
    return tf.transpose(values, axes)


REPEATS_LAST, REPEATS_FIRST = _RepeatsLast(), _RepeatsFirst()
