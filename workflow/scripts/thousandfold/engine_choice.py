"""What the replicated engine takes; the rest is trained by stock Keras."""

from thousandfold.scenario import Regime

MOST_UNITS = 256
"""Wider recurrent networks train as fast one after the other (benchmarks/sizes.py)."""


def unsupported(regime: Regime) -> str | None:
    """The part of a regime that the replicated engine does not take; None if it takes all."""
    if regime.network.model is not None:
        return f"the model {regime.network.model}"
    if regime.network.dropout and regime.training.refit is not None:
        return "dropout in networks that are updated in the test"
    if regime.network.bidirectional:
        return "bidirectional layers"
    at_a_time = regime.preparation.timesteps * regime.training.batch_size
    if regime.network.units > MOST_UNITS and at_a_time > 1 and regime.network.is_recurrent:
        return f"more than {MOST_UNITS} units and several timesteps or rows, no faster at once"
    return None


def supports(regime: Regime) -> bool:
    """Whether the replicated engine trains a regime, number for number as stock Keras does."""
    return unsupported(regime) is None
