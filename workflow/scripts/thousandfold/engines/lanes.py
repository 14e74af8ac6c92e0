"""How the replicated engine lays repeats out, and how many it trains side by side.

A repeat's last bits depend on the layout, which follows from the network's size alone, and not on
how many repeats are trained beside it, as long as their number is a multiple of the step below.
"""

from math import ceil

from thousandfold.scenario import Regime
from thousandfold.tasks import TASKS

UNITS_OF_PRODUCTS = 16
"""From this many units on, matrix products are faster, with the repeats first."""

LANES_LAST = 8, 512
"""Repeats last: lanes are a multiple of the first (whole vectors), at least twice it, and at most
the second."""

LANES_FIRST = 5, 100
"""Repeats first: the same."""

CACHED_BYTES = 1_600_000
"""Weights and activations of all lanes are to fit a core's caches; those of wide networks exceed
them even so."""

GATES = {"lstm": 4, "gru": 3, "simple_rnn": 1, "dense": 1}
"""Times `units`: the columns of a layer's kernels."""


def weights_of(regime: Regime, features: int, targets_per_row: int = 1) -> int:
    """The weights of one network; for a user's own model, those of the layer named with it."""
    outputs = TASKS[regime.task].outputs * targets_per_row
    units, gates = regime.network.units, GATES[regime.network.layer]
    inputs = features * (1 if regime.network.is_recurrent else regime.preparation.timesteps)
    recurrent = units if regime.network.is_recurrent else 0
    above = gates * units * (units + recurrent + 1) * (regime.network.layers - 1)
    return gates * units * (inputs + recurrent + 1) + above + outputs * (units + 1)


def repeats_come_first(regime: Regime) -> bool:
    """Whether the arrays of a regime's networks have the repeats first (layout.py)."""
    return regime.network.units >= UNITS_OF_PRODUCTS


def lanes_of(regime: Regime, features: int, repeats: int, targets_per_row: int = 1) -> int:
    """How many of a block's repeats are trained side by side: the same number in each round."""
    step, most = LANES_FIRST if repeats_come_first(regime) else LANES_LAST
    steps = regime.preparation.timesteps if regime.network.is_recurrent else 1
    activations = steps * regime.training.batch_size * regime.network.units
    values = 4 * weights_of(regime, features, targets_per_row) + activations
    fitting = CACHED_BYTES // (4 * values) // step * step
    most = min(most, max(2 * step, fitting))
    rounds = ceil(repeats / most)
    return max(2 * step, ceil(repeats / rounds / step) * step)
