"""What training jobs need, beside what they ask for: memory and time over sizes of networks.

    python benchmarks/jobs.py [--markdown benchmarks/jobs.md]

Each job runs in a process of its own for a few epochs, on one core.
"""

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

import numpy as np
from study import ROOT, measured_apart, peak_megabytes, publish

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from thousandfold.engines import engine
from thousandfold.resources import BESIDE_MB, Workload, memory_mb
from thousandfold.scenario import Regime, TrainedScenario
from thousandfold.series import Series
from thousandfold.study import Block
from thousandfold.training import Prepared, train_prepared

TEST_ROWS = 12

FIELDS = ("engine", "units", "timesteps", "batch_size", "rows", "repeats", "epochs", "shuffle")
JOBS = (
    ("replicated", 1, 1, 1, 22, 64, 200, False),
    ("replicated", 1, 1, 1, 22, 1000, 1000, False),
    ("replicated", 1, 1, 1, 22, 1000, 200, True),
    ("replicated", 1, 1, 1, 22, 100_000, 20, False),
    ("replicated", 1, 1, 1, 22, 100_000, 4, True),
    ("replicated", 8, 1, 1, 22, 1000, 40, False),
    ("replicated", 8, 12, 16, 32, 1000, 8, False),
    ("replicated", 8, 48, 16, 32, 1000, 8, False),
    ("replicated", 8, 1, 16, 2000, 1000, 8, True),
    ("replicated", 32, 1, 1, 22, 1000, 8, False),
    ("replicated", 64, 1, 1, 22, 1000, 4, False),
    ("replicated", 64, 12, 1, 22, 256, 4, False),
    ("replicated", 64, 48, 16, 32, 160, 4, False),
    ("keras", 1, 1, 1, 22, 2, 20, False),
    ("keras", 64, 1, 1, 22, 2, 20, False),
    ("keras", 64, 48, 4, 32, 2, 20, False),
)  # fmt: skip


def workload_of(engine, units, timesteps, batch_size, rows, repeats, epochs, shuffle):
    """The workload of these sizes; stateful unless it shuffles."""
    regime = Regime.of(
        stateful=not shuffle, shuffle=shuffle, reset_after_epoch=True, seed_on_train=False,
        reset_after_prediction=False, train_rows=None, timesteps=timesteps, units=units,
        batch_size=batch_size, epochs=epochs, learning_rate=0.001, profile="keras3", engine=engine,
    )  # fmt: skip
    return Workload(Block("series", "job", 0, repeats), regime, rows, TEST_ROWS)


def random_series(rows, timesteps):
    """A random walk that leaves so many training rows of so many timesteps."""
    observations = rows + TEST_ROWS + timesteps + 1
    values = np.cumsum(np.random.default_rng(1).normal(size=observations))
    return Series("random", values, tuple(map(str, range(observations))), TEST_ROWS)


def train(sizes):
    """Train one job here; prints megabytes, and the seconds per epoch after the first ones."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    job = workload_of(*sizes)
    series = random_series(job.train_rows, job.regime.preparation.timesteps)
    engine(job.regime.execution.engine)  # Imports Keras.
    stamps, started = [], time.perf_counter()
    scenario = TrainedScenario("job", "job", job.regime, "job")
    train_prepared(
        Prepared.of(scenario, series), 1, range(job.repeats),
        lambda done: stamps.append((done, time.perf_counter())),
    )  # fmt: skip
    whole = time.perf_counter() - started
    (first_epochs, first), (last_epochs, last) = stamps[0], stamps[-1]
    print(json.dumps([peak_megabytes(), (last - first) / (last_epochs - first_epochs), whole]))


def measure(sizes):
    """Megabytes, and seconds per epoch, of one job in a process of its own."""
    megabytes, seconds, _ = measured_apart(__file__, "--train", sizes)
    return megabytes, seconds


def measure_whole(sizes):
    """Megabytes and seconds of a stateful job of these sizes by name, batch size 1, 22 rows."""
    job = ("replicated", sizes["units"], sizes["timesteps"], 1, 22)
    job = (*job, sizes["repeats"], sizes["epochs"], False)
    megabytes, _, whole = measured_apart(__file__, "--train", job)
    return megabytes, whole


def main():
    """Measure, and print or write a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    arguments = parser.parse_args()
    if arguments.train:
        train(arguments.train)
        return
    rows = []
    for sizes in JOBS:
        job = workload_of(*sizes)
        megabytes, seconds = measure(sizes)
        expected = job.seconds / job.regime.training.epochs
        rows.append(
            f"| {' | '.join(map(str, sizes))} | {megabytes:.0f} | {memory_mb([job])} "
            f"| {seconds * 1000:.3g} | {expected * 1000:.3g} | {expected / seconds:.2f} |\n"
        )
    text = (
        "# What training jobs take, and what they ask for\n\n"
        f"Made by `python benchmarks/jobs.py --markdown benchmarks/jobs.md` on "
        f"{platform.machine()}, one core. Memory is that of the training process; a job asks for "
        f"{BESIDE_MB} MB above that, because on a cluster two Snakemakes run beside it. Times are "
        "per epoch of the whole job; the time limit is three times what is expected.\n\n"
        f"| {' | '.join(FIELDS)} | MB | MB asked for | ms | ms expected | expected / measured |\n"
        f"|{'---|' * (len(FIELDS) + 5)}\n{''.join(rows)}"
    )
    publish(text, arguments.markdown)


if __name__ == "__main__":
    main()
