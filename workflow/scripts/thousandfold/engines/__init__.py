"""The engines: how a block of repeats is trained. Only modules in here import Keras."""

from collections.abc import Callable
from importlib import import_module

from thousandfold.engines.block import TrainedBlock

ENGINES = {"keras": "stock", "replicated": "replicated"}
"""Engine name in config -> module of this package that has its `train_block`."""

PROFILE_NAMES = ("keras3", "keras2017")


def train_block_with(engine: str) -> Callable[..., TrainedBlock]:
    """The `train_block(regime, data, seeds, progress)` of an engine; imports Keras."""
    module = import_module(f"thousandfold.engines.{ENGINES[engine]}")
    return module.train_block
