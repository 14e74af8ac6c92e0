"""The engines: how a block of repeats is trained. Only modules in here import Keras."""

from importlib import import_module
from typing import Protocol, cast

from thousandfold.engines.block import Progress, TrainedBlock
from thousandfold.scenario import Regime
from thousandfold.supervised import Supervised

ENGINE_MODULES = {
    "keras": "thousandfold.engines.stock",
    "replicated": "thousandfold.engines.replicated",
}
"""Engine by its name in config -> the module that has its `train_block`."""


class Engine(Protocol):
    """What a module of an engine offers."""

    def train_block(
        self, regime: Regime, data: Supervised, seeds: list[int], progress: Progress
    ) -> TrainedBlock:
        """Train one repeat per seed and forecast the test rows."""


def engine(name: str) -> Engine:
    """The engine of this name; imports Keras."""
    return cast(Engine, import_module(ENGINE_MODULES[name]))
