"""Keras on its TensorFlow backend, imported quickly and set to compute on one thread.

The other engine modules import `keras` and `tf` from here, so that no setting comes too late.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from thousandfold.engines.variables import settle

settle(os.environ)


@contextmanager
def _quick_import(*unneeded: str) -> Iterator[None]:
    """Hide optional packages that Keras would import, and pause garbage collection.

    What was imported stays, so that later collections need not walk through it.
    """
    hidden = [name for name in unneeded if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_collecting:
            gc.enable()
        for name in hidden:
            del sys.modules[name]


with _quick_import("matplotlib", "jax", "torch"):
    import keras
    import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


def compiled(function: Callable[..., Any]) -> Any:
    """A function as one XLA program. It takes loops from `loop`, not from Python.

    TensorFlow could translate Python's loops too, but that takes longer than everything else.
    """
    return tf.function(function, jit_compile=True, autograph=False)


def loop(times: Any, body: Callable[..., Sequence[Any]], *values: Any) -> list[Any]:
    """Apply body(i, *values) -> values `times` times, i from 0, as part of a compiled program."""
    _, *values_after = tf.while_loop(
        lambda i, *_: i < times, lambda i, *now: (i + 1, *body(i, *now)), (0, *values)
    )
    return values_after


__all__ = ["compiled", "keras", "loop", "tf"]
