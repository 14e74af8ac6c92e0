"""Training times that can be compared: all repeats in one process, in random order."""

import gc
import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from thousandfold.training import Prepared, train_prepared

LOGGED_EVERY = 10
"""Trainings."""


def train_interleaved(
    blocks: Sequence[tuple[Prepared, range]], study_seed: int
) -> list[pd.DataFrame]:
    """Train all repeats of blocks one after the other, in random order, and time each.

    So anything that slows the machine down for a while slows every scenario alike. The first repeat
    of each block is also trained once beforehand, because the first one pays for the startup.
    """
    tasks = [(place, repeat) for place, (_, repeats) in enumerate(blocks) for repeat in repeats]
    order = np.random.default_rng([study_seed, len(tasks)]).permutation(len(tasks))
    rows: dict[tuple[int, int], pd.DataFrame] = {}

    def train(place: int, repeat: int) -> pd.DataFrame:
        return train_prepared(blocks[place][0], study_seed, range(repeat, repeat + 1), timed=True)

    for place, (_, repeats) in enumerate(blocks):
        train(place, repeats.start)
    for done, task in enumerate(order):
        if done % LOGGED_EVERY == 0:
            logging.info("%d of %d trainings done", done, len(tasks))
        rows[tasks[task]] = train(*tasks[task])
        # What Keras leaves of each model would make the next ones' garbage collections longer.
        gc.collect()
        gc.freeze()
    return [
        pd.concat([rows[place, repeat] for repeat in repeats])
        for place, (_, repeats) in enumerate(blocks)
    ]
