"""Draw docs/lineage.svg: where each sample's state comes from in a stateful network.

    python docs/lineage.py

The states are recorded in a real stateful Keras LSTM of one unit, with 4 timesteps and batches
of 3 samples, over three batches.
"""

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from thousandfold.engines.runtime import keras  # noqa: E402
from thousandfold.figures import BLUE, ORANGE, VERMILLION  # noqa: E402

BATCH_SIZE, TIMESTEPS, BATCHES = 3, 4, 3


def recorded_states() -> tuple[np.ndarray, np.ndarray]:
    """The state (h) before each sample, and after each of its timesteps.

    Shapes (samples,) and (samples, timesteps), samples in the order in which they were given.
    """
    keras.utils.set_random_seed(5)
    layer = keras.layers.LSTM(1, stateful=True, return_sequences=True)
    model = keras.Sequential([keras.Input(batch_shape=(BATCH_SIZE, TIMESTEPS, 1)), layer])
    samples = np.random.default_rng(2).normal(size=(BATCHES * BATCH_SIZE, TIMESTEPS, 1))
    before, after = [], []
    for start in range(0, len(samples), BATCH_SIZE):
        before.append(keras.ops.convert_to_numpy(layer.states[0])[:, 0].copy())
        after.append(model.predict_on_batch(samples[start : start + BATCH_SIZE])[..., 0])
    return np.concatenate(before), np.concatenate(after)


def draw(before: np.ndarray, after: np.ndarray) -> Figure:
    """A row for each place in the batch; along it the state goes from sample to sample."""
    style: Any = {"svg.fonttype": "none", "axes.spines.top": False, "axes.spines.right": False}
    with mpl.rc_context(style):
        figure = Figure(figsize=(7.6, 3.6), layout="constrained")
        rows = figure.subplots(BATCH_SIZE, sharex=True, sharey=True)
        for place, (axes, colour) in enumerate(zip(rows, (BLUE, ORANGE, VERMILLION), strict=True)):
            samples = range(place, len(before), BATCH_SIZE)
            states = np.concatenate([[before[place]], *(after[i] for i in samples)])
            axes.plot(np.arange(len(states)), states, color=colour, marker="o", markersize=3)
            for batch, sample in enumerate(samples):
                axes.set_ylim(-0.4, 0.35)
                axes.text((batch + 0.5) * TIMESTEPS, 0.22, f"sample {sample}", ha="center")
                axes.axvline(batch * TIMESTEPS, color="#888888", linestyle=":", linewidth=1)
            axes.tick_params(axis="x", length=0)
        rows[-1].set_xticks(
            [(batch + 0.5) * TIMESTEPS for batch in range(BATCHES)],
            [f"batch {batch}" for batch in range(BATCHES)],
        )
        figure.supylabel("state h before the first and after each of 4 timesteps", fontsize=9)
        return figure


if __name__ == "__main__":
    mpl.rcParams["svg.hashsalt"] = "lineage"
    draw(*recorded_states()).savefig(
        ROOT / "docs" / "lineage.svg", metadata={"Date": None}, facecolor="white"
    )
