"""How many repeats the replicated engine trains side by side: depends only on the network's size.

A repeat's last bits depend on how many are trained beside it, because the compiler sees the
number. So it is the same for a block of 30 and of 100,000; short blocks are padded, long ones cut.
"""

from thousandfold.scenario import Regime
from thousandfold.tasks import TASKS

FEWEST_LANES, MOST_LANES = 64, 512

CACHED_BYTES = 200_000
"""Weights and activations of all lanes are to fit a core's own cache; wide networks' do not."""

GATES = {"lstm": 4, "gru": 3, "simple_rnn": 1, "dense": 1}
"""Times `units`: the columns of a layer's kernels."""


def weights_of(regime: Regime, features: int) -> int:
    """The weights of one network; for a user's own model, those of the layer named with it."""
    units, gates = regime.network.units, GATES[regime.network.layer]
    inputs = features * (regime.preparation.timesteps if regime.network.layer == "dense" else 1)
    outputs = TASKS[regime.task].outputs
    recurrent = 0 if regime.network.layer == "dense" else units
    above = gates * units * (units + recurrent + 1) * (regime.network.layers - 1)
    return gates * units * (inputs + recurrent + 1) + above + outputs * (units + 1)


def lanes_of(regime: Regime, features: int) -> int:
    """How many repeats of a regime are trained side by side, a power of two."""
    values = (
        weights_of(regime, features)
        + regime.preparation.timesteps * regime.training.batch_size * regime.network.units
    )
    lanes = MOST_LANES
    while lanes > FEWEST_LANES and 4 * values * lanes > CACHED_BYTES:
        lanes //= 2
    return lanes
