"""Environment variables: fixed values for those that Keras, TensorFlow, oneDNN and XLA read.

Their variables change the last bits of a training, and some change what is trained at all.
"""

import os
import platform
from collections.abc import MutableMapping

# A loop that touches less than this becomes one function; larger ones call one per operation,
# which costs small networks most of their time. (benchmarks/NOTES.md; results of stock Keras are
# the same to the bit with and without.)
SMALL_LOOP_BYTES = 32_000_000

XLA_FLAGS = [
    f"--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold={SMALL_LOOP_BYTES}",
    "--xla_cpu_prefer_vector_width=512",
    # YNNPACK is to multiply matrices only: its reductions cannot be part of such a function.
    "--xla_cpu_experimental_ynn_fusion_type=individual_dot",
]

# What newer processors can do beyond it would change the last bits, and makes nothing faster.
INSTRUCTION_SET = "AVX2"
if platform.machine() == "x86_64":
    XLA_FLAGS.append(f"--xla_cpu_max_isa={INSTRUCTION_SET}")

VARIABLES = {
    # The JAX backend's `fit` and `predict` silently never carry a stateful layer's state.
    "KERAS_BACKEND": "tensorflow",
    # No folder can be below a file, so there is no keras.json with another precision in it.
    "KERAS_HOME": f"{os.devnull}/keras",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    # Without its operations, TensorFlow still multiplies matrices by oneDNN.
    "ONEDNN_MAX_CPU_ISA": INSTRUCTION_SET,
    "CUDA_VISIBLE_DEVICES": "-1",
    "XLA_FLAGS": " ".join(XLA_FLAGS),
}

FOREIGN = ("DNNL_", "KERAS_", "ONEDNN_", "TF2_", "TF_", "XLA_")
LOGGING = "TF_CPP_"


def settle(environ: MutableMapping[str, str]) -> None:
    """Remove the libraries' variables from an environment, except logging ones, and set ours."""
    for name in list(environ):
        if name.startswith(FOREIGN) and not name.startswith(LOGGING):
            del environ[name]
    environ.update(VARIABLES)
    environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
