"""Stock Keras's dropout masks for every repeat at once, equal to the bit.

Keras draws them from TensorFlow's stateless random numbers, of which XLA has other ones. So their
generator is written out here: Philox 4x32-10 (Salmon, Moraes, Dror and Shaw 2011, Parallel random
numbers: as easy as 1, 2, 3), with the key that TensorFlow derives from a seed and a count of calls.

The letters in shapes are those of layout.py.
"""

from math import prod
from typing import Any

from thousandfold.engines.layout import Layout
from thousandfold.engines.runtime import keras, tf
from thousandfold.scenario import Regime
from thousandfold.seeds import layer_weight, weight_seed

MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
KEY_STEPS = 0x9E3779B9, 0xBB67AE85
ROUNDS = 10

KEY_OF_SEEDS = 0x3EC8F720, 0x02461E29
"""By which TensorFlow scrambles seeds."""

FLOAT_BITS = 23
"""Of a random number, those that make a float."""

Words = tuple[Any, ...]
"""Numbers below 2**32, in tensors of uint64, so that their products fit."""


def _word(value: Any) -> Any:
    return tf.cast(value, tf.uint64)


def _low(value: Any) -> Any:
    return tf.bitwise.bitwise_and(value, _word(0xFFFFFFFF))


def _high(value: Any) -> Any:
    return tf.bitwise.right_shift(value, _word(32))


def _xor(*values: Any) -> Any:
    first, *others = values
    for value in others:
        first = tf.bitwise.bitwise_xor(first, value)
    return first


def _philox(counter: Words, key: Words) -> Words:
    """Four random words of a counter of four words and a key of two."""
    a, b, c, d = counter
    for _ in range(ROUNDS):
        product_a, product_c = (x * _word(m) for x, m in zip((a, c), MULTIPLIERS, strict=True))
        a, b = _xor(_high(product_c), b, key[0]), _low(product_c)
        c, d = _xor(_high(product_a), d, key[1]), _low(product_a)
        key = tuple(_low(k + _word(step)) for k, step in zip(key, KEY_STEPS, strict=True))
    return a, b, c, d


def uniforms(seeds: Any, call: Any, count: int) -> Any:
    """So many numbers in [0, 1) of each seed, shape (count, R).

    They are those of `tf.random.stateless_uniform(seed=[seed, call])` that XLA has no part in, for
    seeds (R,) below 2**31 - 2 and a scalar call.
    """
    seeds, zeros = _word(seeds), tf.zeros_like(seeds, tf.uint64)
    key = tuple(map(_word, KEY_OF_SEEDS))
    *mixed, low, high = _philox((seeds, zeros, zeros + _word(call), zeros), key)
    groups = _word(tf.range(-(-count // 4)))[:, tf.newaxis]
    words = tf.stack(_philox((groups + zeros, zeros, low, high), tuple(mixed)), axis=1)
    bits = tf.bitwise.bitwise_and(words, _word(2**FLOAT_BITS - 1))
    numbers = tf.cast(bits, tf.float32) * 2.0**-FLOAT_BITS
    return tf.reshape(numbers, (-1, numbers.shape[-1]))[:count]


class Dropout:
    """The masks of all repeats, layers and calls."""

    def __init__(self, regime: Regime, layout: Layout, repeats: int) -> None:
        self.network, self.layout = regime.network, layout
        self.seeds = keras.Variable(
            tf.zeros((regime.network.layers, repeats), tf.int64), dtype="int64"
        )
        self.calls = keras.Variable(0, dtype="int64")

    def start(self, seeds: list[int]) -> None:
        """Draw from now on as networks that were just made with these seeds."""
        layers = range(self.network.layers)
        self.seeds.assign(
            [
                [weight_seed(seed, layer_weight("dropout", depth)) for seed in seeds]
                for depth in layers
            ]
        )
        self.calls.assign(0)

    def masks(self, batch_size: int, features: int) -> list[Any]:
        """What multiplies each layer's inputs (B, F, R) in this call, or a dense one's outputs."""
        rate, units, masks = self.network.dropout, self.network.units, []
        for depth, seeds in enumerate(tf.unstack(self.seeds.value)):
            shape = batch_size, units if depth or not self.network.is_recurrent else features
            drawn = tf.reshape(uniforms(seeds, self.calls.value, prod(shape)), (*shape, -1))
            masks.append(self.layout.placed(tf.where(drawn >= rate, 1 / (1 - rate), 0.0)))
        return masks

    def count_call(self, *, training: bool) -> None:
        """After a call of the networks; Keras's recurrent layers draw masks in every one."""
        if training or self.network.is_recurrent:
            self.calls.assign_add(1)
