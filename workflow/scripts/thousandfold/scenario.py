"""The regimes: what is stateful, shuffled, reset and seeded, and in which steps.

Pure descriptions; nothing here knows Keras or a file.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Regime:
    """Everything that shapes a scenario's training and forecast, apart from series and seed."""

    stateful: bool
    """Carry the network's state from batch to batch; a stateless network starts each at zero."""
    shuffle: bool
    """Reorder the training rows in every epoch."""
    reset_after_epoch: bool
    """Zero a stateful network's state after each training epoch."""
    seed_on_train: bool
    """Forecast the training rows before the test, to bring a stateful network into its state."""
    reset_after_prediction: bool
    """Zero a stateful network's state after each predicted batch."""
    train_rows: int | None
    """Use only so many rows just before the test (None: all)."""
    timesteps: int
    units: int
    batch_size: int
    """Rows per update in training and per call in forecasting."""
    epochs: int
    learning_rate: float
    profile: str
    """Which Keras's defaults apply; a key of engines.profiles.PROFILES."""
    engine: str
    """How repeats are trained; a key of engines.ENGINES."""


@dataclass(frozen=True)
class Scenario:
    """A named regime."""

    name: str
    label: str
    regime: Regime
    seeded_by: str
    """The name that its repeats' seeds come from: scenarios that share it are paired."""
