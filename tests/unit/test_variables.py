"""Environment variables: the same bits whatever an environment or a keras.json asks of the libraries."""

import json
import os
import platform
import subprocess
import sys
from functools import cache

import pytest
from support import ROOT

from thousandfold.engines.variables import VARIABLES, settle
from thousandfold.recipe import modules_behind

# Sizes at which oneDNN and XLA do use what a processor can do.
TRAINING = """
import hashlib, json, sys
name, units, changes, *paths = sys.argv[1:]
sys.path[:0] = paths
from dataclasses import replace
from support import ROOT, STATELESS
from thousandfold.engines import engine, variables as ours
ours.VARIABLES.update(json.loads(changes))
from thousandfold.observations import read_series
from thousandfold.supervised import supervise
series = read_series("shampoo", ROOT / "data/shampoo-sales.csv", "Sales", test_rows=12)
regime = STATELESS.varied(units=int(units), timesteps=4, batch_size=16, epochs=5)
block = engine(name).train_block(regime, supervise(series, regime.preparation), [1], lambda _: None)
for array in (*block.weights.values(), block.outputs):
    print(hashlib.sha256(array.tobytes()).hexdigest())
"""
ENGINES = [("replicated", 8), pytest.param("keras", 32, marks=pytest.mark.slow)]

NEWER = "a newer processor, another way of training"
OLDER = "an older processor, faster ways to calculate"
HOSTILE = {
    NEWER: {
        "ONEDNN_MAX_CPU_ISA": "AVX512_CORE", "XLA_FLAGS": "--xla_cpu_max_isa=AVX512",
        "KERAS_BACKEND": "jax", "KERAS_MAX_EPOCHS": "1", "TF_USE_LEGACY_KERAS": "1",
        "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit", "TF2_BEHAVIOR": "0",
    },
    OLDER: {
        "DNNL_MAX_CPU_ISA": "SSE41", "ONEDNN_MAX_CPU_ISA": "AVX", "TF_ENABLE_ONEDNN_OPTS": "1",
        "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2 --xla_cpu_enable_fast_math=true",
    },
}  # fmt: skip
KERAS_JSON = {
    "floatx": "float64", "epsilon": 0.01, "backend": "jax", "image_data_format": "channels_first",
}  # fmt: skip


def train(engine, units, environ=None, changes=None):
    """Digests of the weights and forecasts of a training in a process of its own."""
    arguments = [engine, str(units), json.dumps(changes or {})]
    result = subprocess.run(
        [sys.executable, "-c", TRAINING, *arguments, ROOT / "workflow/scripts", ROOT / "tests"],
        env=os.environ | (environ or {}), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


plainly_trained = cache(train)


@pytest.fixture
def home(tmp_path):
    """A home folder whose keras.json asks for what would change every number."""
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras/keras.json").write_text(json.dumps(KERAS_JSON), encoding="utf-8")
    return {"HOME": str(tmp_path)}


@pytest.mark.parametrize(("engine", "units"), ENGINES)
@pytest.mark.parametrize("hostile", [NEWER, pytest.param(OLDER, marks=pytest.mark.slow)])
def test_no_variable_changes_a_bit(engine, units, hostile, home):
    """Nor does keras.json."""
    changed = train(engine, units, HOSTILE[hostile] | home)
    assert changed == plainly_trained(engine, units)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="other processors are not held back")
@pytest.mark.parametrize(
    ("engine", "units", "variable", "other"),
    [
        ("replicated", 8, "XLA_FLAGS", "SSE4_2"),
        pytest.param("keras", 32, "ONEDNN_MAX_CPU_ISA", "SSE41", marks=pytest.mark.slow),
    ],
)
def test_what_a_processor_can_do_would_change_bits(engine, units, variable, other):
    """So that the test above shows something."""
    uncapped = {variable: VARIABLES[variable].replace("AVX2", other)}
    assert train(engine, units, changes=uncapped) != plainly_trained(engine, units)


def test_only_ours_are_left_and_what_is_logged():
    environ = {
        "PATH": "/bin", "TF_CPP_MAX_VLOG_LEVEL": "1", "TF_DETERMINISTIC_OPS": "1",
        "DNNL_VERBOSE": "1", "ONEDNN_DEFAULT_FPMATH_MODE": "BF16", "TF2_BEHAVIOR": "0",
        "XLA_EXTRA": "", "KERAS_NNX_ENABLED": "1", "XLA_FLAGS": "--xla_cpu_max_isa=AVX",
        "CUDA_VISIBLE_DEVICES": "0", "TFX": "stays",
    }  # fmt: skip
    settle(environ)
    left = {"PATH": "/bin", "TF_CPP_MAX_VLOG_LEVEL": "1", "TFX": "stays"}
    assert environ == left | VARIABLES | {"TF_CPP_MIN_LOG_LEVEL": "2"}


def test_how_much_is_logged_is_the_user_s():
    environ = {"TF_CPP_MIN_LOG_LEVEL": "0"}
    settle(environ)
    assert environ["TF_CPP_MIN_LOG_LEVEL"] == "0"


def test_neither_engine_s_results_outlive_a_changed_variable():
    for engine in ("stock", "replicated"):
        behind = modules_behind(f"thousandfold.engines.{engine}")
        assert "thousandfold.engines.variables" in behind


def test_an_own_model_can_still_download():
    """To a temporary folder: that is where Keras turns if its own cannot be written."""
    from thousandfold.engines.runtime import keras

    assert not os.access(keras.src.backend.config.keras_home(), os.W_OK)
