"""Training times that can be compared: all repeats in one process, in random order."""

import gc
import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from thousandfold.series import Series
from thousandfold.study import Block, Study
from thousandfold.training import train_repeats

LOGGED_EVERY = 10
"""Trainings."""


def train_interleaved(
    study: Study, series: Mapping[str, Series], blocks: Sequence[Block]
) -> dict[Block, pd.DataFrame]:
    """Train all repeats of blocks one after the other, in random order, and time each.

    So anything that slows the machine down for a while slows every scenario alike. The first repeat
    of each scenario is also trained once beforehand, because the first one pays for the startup.
    """
    tasks = [(block, repeat) for block in blocks for repeat in range(block.start, block.stop)]
    order = np.random.default_rng([study.seed, len(tasks)]).permutation(len(tasks))
    rows: dict[tuple[Block, int], pd.DataFrame] = {}

    def train(block: Block, repeat: int) -> pd.DataFrame:
        scenario, one = study.scenario(block.scenario), range(repeat, repeat + 1)
        return train_repeats(scenario, series[block.series], study.seed, one, timed=True)

    for block in blocks:
        train(block, block.start)
    for done, place in enumerate(order):
        if done % LOGGED_EVERY == 0:
            logging.info("%d of %d trainings done", done, len(tasks))
        rows[tasks[place]] = train(*tasks[place])
        # What Keras leaves of each model would make the next ones' garbage collections longer.
        gc.collect()
        gc.freeze()
    return {
        block: pd.concat([rows[block, r] for r in range(block.start, block.stop)])
        for block in blocks
    }
