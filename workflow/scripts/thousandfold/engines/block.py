"""What every engine takes and gives; knows no engine and no Keras."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Progress = Callable[[float], None]
"""Called now and then with the epochs done so far; all repeats of a block have the same epochs."""


FEWEST_LANES = 64
"""The replicated engine fills fewer repeats up with copies of the first. XLA drops an axis of
length one, and compiles a loop over less than a kilobyte in another way; both round differently."""

UNROLLED_TIMESTEPS = 8
"""The replicated engine runs longer sequences in a loop of its compiled program."""


@dataclass(frozen=True)
class TrainedBlock:
    """The repeats of one block, in the order of their seeds (R of them)."""

    weights: dict[str, np.ndarray]
    """Final weights by name; Keras's shapes with R as the last axis."""
    train_loss: np.ndarray
    """Mean squared error of the last epoch as Keras's History gives it, shape (R,)."""
    scaled_forecasts: np.ndarray
    """The network's output for each test row, shape (R, test_rows)."""
