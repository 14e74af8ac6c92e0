"""The tasks: what a network is asked for, what its output layer is and how an error is counted.

A task says what the engines, which know no task by name, leave open. Depends on NumPy only. Which
metrics measure a task's forecasts is said in metrics.py, so that a new metric trains nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from thousandfold.scenario import Regime
from thousandfold.supervised import Rows, Supervised, future_in_units

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


def _probabilities(data: Supervised, outputs: np.ndarray) -> np.ndarray:
    return outputs.astype(float)


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
        future=_probabilities,
    ),
}
"""Tasks by what a regime calls them."""


def task_of(regime: Regime) -> Task:
    """What a regime asks for, with as many outputs as there are labels."""
    task = TASKS[regime.task]
    return task if regime.classes is None else replace(task, outputs=regime.classes)


def outputs_of(regime: Regime, rows: Rows) -> int:
    """Outputs of a network that does a regime's task on rows like these."""
    return task_of(regime).outputs * rows.targets_per_row
