"""How the replicated engine lays repeats out, and how many it trains side by side.

A repeat's last bits depend on the layout, which follows from the network's size alone, and not on
how many repeats are trained beside it, as long as their number is a multiple of a step.
"""

from math import ceil
from typing import NamedTuple

from thousandfold.scenario import Regime
from thousandfold.tasks import dense_units

UNITS_OF_PRODUCTS = 16
"""From this many units on, matrix products are faster, with the repeats first."""


class Lanes(NamedTuple):
    """How many repeats may be trained side by side."""

    step: int
    """A multiple of this, and at least twice it, so that bits do not depend on their number."""
    fewest: int
    """Where even that many exceed a core's caches, it makes little difference."""
    most: int
    cached_bytes: int
    """What weights and activations of all lanes should fit into, as far as these limits allow."""


LANES_LAST = Lanes(8, 16, 512, 2_800_000)
"""Repeats last: whole vectors."""

LANES_FIRST = Lanes(5, 10, 100, 1_600_000)
"""Repeats first, and single rows: every row reads all weights."""

LANES_OF_BATCHES = Lanes(5, 25, 100, 4_000_000)
"""Repeats first, and several rows at a time, which read the weights once."""

GATES = {"lstm": 4, "gru": 3, "simple_rnn": 1, "dense": 1}
"""Times `units`: the columns of a layer's kernels."""


STATES = {"lstm": 2, "gru": 1, "simple_rnn": 1, "dense": 0}
"""Arrays that a layer carries from timestep to timestep."""


def weights_of(regime: Regime, features: int, targets_per_row: int = 1) -> int:
    """The weights of one network; for a user's own model, those of the layer named with it."""
    outputs = dense_units(regime, targets_per_row)
    units, gates = regime.network.units, GATES[regime.network.layer]
    inputs = features * (1 if regime.network.is_recurrent else regime.preparation.timesteps)
    recurrent = units if regime.network.is_recurrent else 0
    directions = 2 if regime.network.bidirectional else 1
    below = gates * units * (inputs + recurrent + 1)
    above = gates * units * (directions * units + recurrent + 1) * (regime.network.layers - 1)
    if regime.network.learns_initial_state:
        each = 1 + features * (regime.network.initial_state == "from_inputs")
        below += units * each * STATES[regime.network.layer] * regime.network.layers
    return directions * (below + above) + outputs * (directions * units + 1)


def repeats_come_first(regime: Regime) -> bool:
    """Whether the arrays of a regime's networks have the repeats first (layout.py)."""
    return regime.network.units >= UNITS_OF_PRODUCTS


def limits_of(regime: Regime) -> Lanes:
    """How many repeats of a regime may be trained side by side."""
    if not repeats_come_first(regime):
        return LANES_LAST
    return LANES_FIRST if regime.training.batch_size == 1 else LANES_OF_BATCHES


def lanes_of(regime: Regime, features: int, repeats: int, targets_per_row: int = 1) -> int:
    """How many of a block's repeats are trained side by side: the same number in each round."""
    lanes = limits_of(regime)
    steps = regime.preparation.timesteps if regime.network.is_recurrent else 1
    units = regime.network.units * regime.network.layers
    activations = steps * regime.training.batch_size * units
    values = 4 * weights_of(regime, features, targets_per_row) + activations
    fitting = lanes.cached_bytes // (4 * values) // lanes.step * lanes.step
    most = min(lanes.most, max(lanes.fewest, fitting))
    rounds = ceil(repeats / most)
    return max(2 * lanes.step, ceil(repeats / rounds / lanes.step) * lanes.step)
