"""The tasks: what a network is asked for, what its output layer is and how an error is counted.

A task says what the engines, which know no task by name, leave open. Depends on NumPy only. Which
metrics measure a task's forecasts is said in metrics.py, so that a new metric trains nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thousandfold.supervised import Rows, Supervised, future_in_units

Decoding = Callable[[Supervised, np.ndarray], np.ndarray]
"""From data and what repeats put out for them to forecasts, shape (R, rows)."""


@dataclass(frozen=True)
class Task:
    """What a network is asked for."""

    outputs: int
    """Units of the dense layer that ends the network, for each target of a row."""
    activation: str | None
    """What Keras calls that layer's; None: linear."""
    loss: str
    """What Keras calls it."""
    row_losses: Callable[[Sequence[Any], Any], Any]
    """The same loss of each row, from every output of rows, arrays or tensors of one shape, and
    their targets: of the same shape or, if there are several of a row, along one more axis."""
    forecasts: Decoding
    """Of the test, in the series' units, from outputs (R, rows, O)."""
    future: Decoding
    """Of the steps beyond the series' end, in its units, from the only output, (R, rows)."""


def _squared_errors(outputs: Sequence[Any], targets: Any) -> Any:
    if len(outputs) == 1:
        return (outputs[0] - targets) ** 2
    return sum((output - targets[..., i]) ** 2 for i, output in enumerate(outputs)) / len(outputs)


TASKS = {
    "regression": Task(
        outputs=1,
        activation=None,
        loss="mean_squared_error",
        row_losses=_squared_errors,
        forecasts=Supervised.invert,
        future=future_in_units,
    ),
}
"""Tasks by what a regime calls them."""


def outputs_of(task: str, rows: Rows) -> int:
    """Outputs of a network that does a task on rows like these."""
    return TASKS[task].outputs * rows.targets_per_row
