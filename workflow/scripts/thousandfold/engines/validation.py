"""What is done with the validation rows after each epoch, as part of a compiled program."""

from typing import Any

from thousandfold.engines.cells import State
from thousandfold.engines.network import Batches, Network, batch_losses
from thousandfold.engines.runtime import loop, tf


def validate(network: Network, batches: Batches, state: State) -> tuple[Any, State]:
    """The validation losses (R,), and the state from which the next epoch goes on."""
    regime = network.regime

    def batch_after_batch(batch: Any, losses: Any, state: State) -> tuple[Any, State]:
        if not regime.state.stateful:
            state = network.zero_state(regime.training.batch_size)
        picked = batches.pick(batches.orders[:, 0, batch], network.layout)
        here, state = batch_losses(network, picked, batches.row_weights[batch], state)
        return losses + batches.shares[batch] * here, state

    start = state
    if regime.state.validate_from_zero:
        start = network.zero_state(regime.training.batch_size)
    losses, after = loop(batches.count, batch_after_batch, tf.zeros(network.repeats), start)
    return losses, state if regime.state.validate_from_zero else after
