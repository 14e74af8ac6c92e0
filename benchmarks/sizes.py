"""The replicated engine beside a loop of stock Keras, over sizes of networks: 100 repeats.

    python benchmarks/sizes.py [--markdown benchmarks/sizes.md]

Each size and engine runs in a process of its own, on one core. Stock Keras trains one repeat,
stateless and with one `fit`, its fastest way; a hundred take a hundred times as long.
"""

import argparse
import itertools
import json
import os
import platform
import sys
import time
from pathlib import Path

from jobs import random_series
from study import ROOT, measured_apart, peak_megabytes, publish

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from thousandfold.engines import replicated, stock
from thousandfold.engines.lanes import lanes_of
from thousandfold.engines.runtime import keras
from thousandfold.engines.support import MOST_UNITS
from thousandfold.scenario import Regime
from thousandfold.supervised import supervise

REPEATS = 100
EPOCHS = 3
UNITS, TIMESTEPS, BATCHES = (1, 8, 32, 64), (1, 12, 48), (1, 16)
ROWS = (200, 2000)
BROAD = ((256, 1, 1), (256, 1, 16), (128, 12, 1), (128, 12, 16), (256, 12, 16))
"""Around the width from which stock Keras takes over."""

LONGEST_EPOCH = 20
"""Seconds; where ten times as many rows would take longer, they are left out."""


def data_of(units, timesteps, batch_size, rows):
    """A stateless LSTM of these sizes, and random rows for it."""
    regime = Regime.of(
        stateful=False, shuffle=False, reset_after_epoch=True, seed_on_train=False,
        reset_after_prediction=False, train_rows=None, timesteps=timesteps, units=units,
        batch_size=batch_size, epochs=1, learning_rate=0.001, profile="keras3", engine="replicated",
    )  # fmt: skip
    return regime, supervise(random_series(rows, timesteps), regime.preparation)


def replicated_epoch(regime, data):
    """Seconds of an epoch of all repeats, and of all else."""
    stamps, started = [], time.perf_counter()
    replicated.train_block(
        regime.varied(epochs=EPOCHS), data, list(range(REPEATS)),
        lambda done: stamps.append((done, time.perf_counter())),
    )  # fmt: skip
    total = time.perf_counter() - started
    lanes = lanes_of(regime, data.train.features)
    # From the end of the first epoch, which has the compilation in it, to that of the last, of
    # the repeats that are trained first.
    (_, first), *_, (_, last) = [x for x in stamps if x[0] <= EPOCHS * min(1, lanes / REPEATS)]
    epoch = (last - first) / (EPOCHS - 1) * -(-REPEATS // lanes)
    return epoch, total - EPOCHS * epoch


def stock_epoch(regime, data):
    """Seconds of an epoch of all repeats, and of building and tracing their models."""

    def fit(model):
        started = time.perf_counter()
        model.fit(
            data.train.inputs, data.train.targets, epochs=1, batch_size=regime.training.batch_size,
            shuffle=False, verbose=0,
        )  # fmt: skip
        return time.perf_counter() - started

    started = time.perf_counter()
    model = stock.build_model(regime, data.train, 1, regime.training.batch_size)
    built = time.perf_counter() - started
    first, second = fit(model), fit(model)
    return second * REPEATS, (built + first - second) * REPEATS


def measure_here(engine, *sizes):
    """Prints megabytes, seconds per epoch and seconds beside."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    regime, data = data_of(*sizes)
    epoch, beside = {"replicated": replicated_epoch, "keras": stock_epoch}[engine](regime, data)
    print(json.dumps([peak_megabytes(), epoch, beside]))


def measure(engine, *sizes):
    """The same in a process of its own."""
    return measured_apart(__file__, "--measure", [engine, *sizes])


def main():
    """Measure, and print or write a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    arguments = parser.parse_args()
    if arguments.measure:
        measure_here(*arguments.measure)
        return
    lines, left_out = [], []
    for sizes in [*itertools.product(UNITS, TIMESTEPS, BATCHES), *BROAD]:
        last = None
        for rows in ROWS:
            if last is not None and last * rows / ROWS[0] > LONGEST_EPOCH:
                left_out.append(sizes)
                continue
            megabytes, epoch, beside = measure("replicated", *sizes, rows)
            _, stock, stock_beside = measure("keras", *sizes, rows)
            last = max(epoch, stock / REPEATS)
            pays = max(1, -(-(beside - stock_beside) // max(stock - epoch, 1e-9)))
            lines.append(
                f"| {' | '.join(map(str, (*sizes, rows)))} | {epoch:.3g} | {stock:.3g} "
                f"| {stock / epoch:.3g} | {pays if stock > epoch else 'never'} "
                f"| {megabytes:.0f} |\n"
            )
            print(lines[-1], end="", flush=True)
    text = (
        "# The replicated engine over sizes of networks\n\n"
        f"Made by `python benchmarks/sizes.py --markdown benchmarks/sizes.md` on "
        f"{platform.machine()}, one core, Keras {keras.__version__}. Seconds that one epoch of "
        f"{REPEATS} repeats of a stateless LSTM takes: all at once, and by stock Keras one after "
        "the other. “from” is the number of epochs from which the replicated engine is faster "
        "with its compilation counted. Memory is that of its process.\n\n"
        f"Recurrent networks of more than {MOST_UNITS} units over several timesteps or rows at "
        "a time go to stock Keras by themselves.\n\n"
        "| units | timesteps | batch | rows | replicated, s | stock, s | ratio | from | MB |\n"
        f"|{'---|' * 9}\n{''.join(lines)}\n"
        f"{len(left_out)} sizes of {ROWS[1]} rows whose epoch would take longer than "
        f"{LONGEST_EPOCH} s are left out; time grows in proportion to the rows.\n"
    )
    publish(text, arguments.markdown)


if __name__ == "__main__":
    main()
