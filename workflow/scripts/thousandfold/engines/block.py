"""What every engine takes and returns; depends on no engine and not on Keras."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Progress = Callable[[float], None]
"""Called now and then with the epochs done so far; all repeats of a block have the same epochs."""


def no_progress(epochs_done: float) -> None:
    """Report nothing."""


UNROLLED_TIMESTEPS = 4


def loops_over_timesteps(timesteps: int, batch_size: int) -> bool:
    """Whether the replicated engine runs timesteps in a loop of its compiled program.

    Unrolling is faster only for a few timesteps of single rows (benchmarks/NOTES.md).
    """
    return timesteps > 1 and (batch_size > 1 or timesteps > UNROLLED_TIMESTEPS)


@dataclass(frozen=True)
class TrainedBlock:
    """The repeats of one block, in the order of their seeds (R of them)."""

    weights: dict[str, np.ndarray]
    """Final weights by name; Keras's shapes with R as the last axis."""
    train_loss: np.ndarray
    """Mean loss of the last epoch as Keras's History gives it, shape (R,)."""
    epochs: np.ndarray
    """How many epochs each was trained, shape (R,)."""
    outputs: np.ndarray
    """The network's outputs for each test row, shape (R, test_rows, O), O being the steps ahead
    where a value is forecast."""
    future: np.ndarray
    """Its output at each step beyond the end of the series, shape (R, horizon)."""
    seconds: np.ndarray | None = None
    """How long each took to train, shape (R,); None where repeats are trained at once."""

    def first(self, repeats: int) -> "TrainedBlock":
        """The first repeats of a block that was trained at once, as many as given."""
        return TrainedBlock(
            {name: values[..., :repeats] for name, values in self.weights.items()},
            self.train_loss[:repeats],
            self.epochs[:repeats],
            self.outputs[:repeats],
            self.future[:repeats],
        )


def joined(parts: Sequence[TrainedBlock]) -> TrainedBlock:
    """Joins several blocks that were trained at once into one."""
    if len(parts) == 1:
        return parts[0]

    def stacked(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in parts])

    return TrainedBlock(
        weights={
            name: np.concatenate([part.weights[name] for part in parts], axis=-1)
            for name in parts[0].weights
        },
        train_loss=stacked("train_loss"),
        epochs=stacked("epochs"),
        outputs=stacked("outputs"),
        future=stacked("future"),
    )
