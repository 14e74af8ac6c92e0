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

MOST_UNITS = 128
"""Wider recurrent networks train as fast one after the other (benchmarks/sizes.py)."""


class Engine(Protocol):
    """What a module of an engine offers."""

    def train_block(
        self, regime: Regime, data: Supervised, seeds: list[int], progress: Progress
    ) -> TrainedBlock:
        """Train one repeat per seed and forecast the test rows."""


def engine(name: str) -> Engine:
    """The engine of this name; imports Keras."""
    return cast(Engine, import_module(ENGINE_MODULES[name]))


def unsupported(regime: Regime) -> str | None:
    """What in a regime the replicated engine cannot train; None if it can train all of it."""
    if regime.model is not None:
        return f"the model {regime.model}"
    if regime.layers > 1:
        return "stacked layers"
    if regime.dropout:
        return "dropout"
    for name, _ in regime.optimizer.options:
        if name in ("clipnorm", "global_clipnorm"):
            return f"gradients clipped by norm ({name})"
    at_a_time = regime.timesteps * regime.batch_size
    if regime.units > MOST_UNITS and at_a_time > 1 and regime.layer != "dense":
        return f"more than {MOST_UNITS} units and several timesteps or rows, no faster at once"
    return None


def supports(regime: Regime) -> bool:
    """Whether the replicated engine trains a regime with the same numbers as stock Keras."""
    return unsupported(regime) is None
