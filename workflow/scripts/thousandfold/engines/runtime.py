"""Keras on its TensorFlow backend, imported quickly and set to compute on one thread.

The other engine modules take `keras` and `tf` from here, so that no setting can come too late.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

# The JAX backend's `fit` and `predict` silently never carry a stateful layer's state.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# A loop that touches less than this becomes one function; larger ones call one per operation,
# which costs small networks most of their time. (benchmarks/NOTES.md; results of stock Keras are
# the same to the bit with and without.)
SMALL_LOOP_BYTES = 2_000_000
os.environ["XLA_FLAGS"] = (
    f"--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold={SMALL_LOOP_BYTES} "
    f"--xla_cpu_prefer_vector_width=512 {os.environ.get('XLA_FLAGS', '')}"
)


@contextmanager
def _quick_import(*unneeded: str) -> Iterator[None]:
    """Hide optional packages that Keras would import, and pause garbage collection."""
    hidden = [name for name in unneeded if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
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

    TensorFlow would translate Python's loops as well, for longer than all else takes.
    """
    return tf.function(function, jit_compile=True, autograph=False)


def loop(times: Any, body: Callable[..., Sequence[Any]], *values: Any) -> list[Any]:
    """So often body(i, *values) -> values, i from 0, as part of a compiled program."""
    _, *values_after = tf.while_loop(
        lambda i, *_: i < times, lambda i, *now: (i + 1, *body(i, *now)), (0, *values)
    )
    return values_after


__all__ = ["compiled", "keras", "loop", "tf"]
