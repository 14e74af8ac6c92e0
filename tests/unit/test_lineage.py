"""Which sample's last state starts which sample: in the figure, and in both engines."""

import importlib.util

import numpy as np
import pytest
from support import ROOT, STATEFUL

from thousandfold.engines import replicated, stock
from thousandfold.series import Series
from thousandfold.supervised import supervise


def lineage():
    spec = importlib.util.spec_from_file_location("lineage", ROOT / "docs/lineage.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_last_state_of_sample_i_starts_sample_i_plus_batch_size():
    """In a stateful Keras model with 4 timesteps and batches of 3."""
    module = lineage()
    before, after = module.recorded_states()
    assert (module.TIMESTEPS, len(before)) == (4, 9)
    np.testing.assert_array_equal(before[:3], 0)
    np.testing.assert_array_equal(before[3:], after[:-3, -1])
    # No other sample's: all nine last states differ.
    assert len(set(after[:, -1])) == 9


@pytest.mark.slow
def test_both_engines_hand_the_state_on_in_this_way():
    """What a row changes in the forecasts of later ones: only each batch-size-th row after it."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=30).cumsum()
    regime = STATEFUL.varied(difference=False, scaling="none", timesteps=1, batch_size=3, units=2, epochs=1,
        learning_rate=1e-30, train_rows=6,
    )  # fmt: skip
    for engine in (replicated, stock):
        outputs = []
        for bump in (0.0, 1.0):
            changed = values.copy()
            changed[-13] += bump  # the input of the first of twelve test rows
            data = supervise(Series("s", changed, tuple("x" * 30), 12), regime.preparation)
            outputs.append(engine.train_block(regime, data, [5], lambda _: None).outputs[0, :, 0])
        touched = np.flatnonzero(np.abs(outputs[1] - outputs[0]) > 1e-7)
        assert list(touched) == [0, 3, 6, 9]
