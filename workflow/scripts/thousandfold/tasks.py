"""The tasks: what a network is asked for, what its output layer is and how an error is counted.

A task says what the engines, which know no task by name, leave open. Depends on NumPy only. Which
metrics measure a task's forecasts is said in metrics.py, so that a new metric trains nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from thousandfold.scenario import Regime
from thousandfold.supervised import Supervised, future_in_units

Decoding = Callable[[Supervised, np.ndarray], np.ndarray]
"""From data and what repeats put out for them to forecasts, shape (R, rows) or, of labels, the
probability of each, (R, rows, labels)."""


@dataclass(frozen=True)
class Task:
    """What a network is asked for."""

    outputs: int
    """Units of the dense layer that ends the network, for each target of a row; of labels, as many
    as there are."""
    activation: str | None
    """What Keras calls that layer's; None: linear."""
    loss: str
    """What Keras calls it; engines/losses.py has the same of each row."""
    forecasts: Decoding
    """Of the test, in the series' units, from outputs (R, rows, O)."""
    future: Decoding
    """Of the steps beyond the series' end, in its units, from the only output, (R, rows)."""
    tells_each_timestep: bool = False
    """Of several targets of a row: whether each is of one of its timesteps, at which the dense
    layer puts it out; otherwise that layer puts out all of them after the last."""


def _probabilities(data: Supervised, outputs: np.ndarray) -> np.ndarray:
    """Those of each label of the test, shape (R, labels of the test, different labels)."""
    rows = data.test
    of_timesteps = outputs.astype(float).reshape(*outputs.shape[:2], rows.targets_per_row, -1)
    if rows.present is None or rows.targets.ndim == 1:
        return of_timesteps.reshape(len(outputs), -1, of_timesteps.shape[-1])
    return of_timesteps[:, rows.present]


TASKS = {
    "regression": Task(
        outputs=1,
        activation=None,
        loss="mean_squared_error",
        forecasts=Supervised.invert,
        future=future_in_units,
    ),
    "classification": Task(
        outputs=2,
        activation="softmax",
        loss="sparse_categorical_crossentropy",
        forecasts=_probabilities,
        future=lambda data, outputs: outputs.astype(float),
        tells_each_timestep=True,
    ),
}
"""Tasks by what a regime calls them."""


def task_of(regime: Regime) -> Task:
    """What a regime asks for, with as many outputs as there are labels."""
    task = TASKS[regime.task]
    return task if regime.classes is None else replace(task, outputs=regime.classes)


def timesteps_told(regime: Regime, targets: int) -> int:
    """After how many timesteps of a row with so many targets the dense layer is asked."""
    return targets if task_of(regime).tells_each_timestep else 1


def outputs_of(regime: Regime, targets: int) -> int:
    """Numbers that a network puts out for a row with so many targets."""
    return task_of(regime).outputs * targets


def dense_units(regime: Regime, targets: int) -> int:
    """Units of the dense layer of a network that does a regime's task on such rows."""
    return outputs_of(regime, targets) // timesteps_told(regime, targets)
