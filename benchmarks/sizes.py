"""The replicated engine beside `jax.vmap` and stock Keras, over sizes of networks: 100 repeats.

    python benchmarks/sizes.py [--json FILE] [--markdown benchmarks/sizes.md] [--layer lstm]
                               [--only UNITS,TIMESTEPS,BATCH,ROWS] [--rounds 1]

Each size and way runs in a process of its own, on one core, and all of a size one after the
other. Networks are stateless. JAX (benchmarks/peers/jax_vmap.py; `make jax` builds its
environment) starts from the same weights and has to end with the same losses; it trains all
repeats at once, and in groups of a few sizes. Stock Keras trains one repeat with one `fit`, its
fastest way; a hundred take a hundred times as long. The limit is what the core reaches in
matrix products of these sizes, by OpenBLAS. The engine and JAX take turns, and each has its best
run.
"""

import argparse
import itertools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jobs import random_series
from study import ROOT, measured_apart, peak_megabytes, publish

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from thousandfold.engine_choice import MOST_UNITS
from thousandfold.engines import replicated, stock
from thousandfold.engines.lanes import GATES, lanes_of
from thousandfold.engines.network import initial_weights
from thousandfold.engines.runtime import keras
from thousandfold.scenario import Regime
from thousandfold.supervised import supervise

REPEATS = 100
GROUPS = (50, 25, 10)
"""How many repeats JAX trains at a time, beside all."""
SIZES = (
    (1, 1, 1, 200), (1, 12, 16, 208), (8, 1, 16, 208), (8, 12, 1, 200), (8, 12, 16, 208),
    (16, 12, 1, 200), (16, 12, 16, 208), (32, 12, 1, 200), (32, 12, 16, 208), (64, 1, 16, 208),
    (64, 12, 1, 200), (64, 12, 16, 208), (64, 48, 16, 208), (128, 12, 1, 200), (128, 12, 16, 208),
    (256, 12, 16, 208),
)  # fmt: skip
PEER = ROOT / "benchmarks" / "peers" / "jax_vmap.py"
JAX_PYTHON = ROOT / ".venv-jax" / "bin" / "python"


def regime_of(layer, units, timesteps, batch_size, epochs):
    """A stateless network of these sizes."""
    return Regime.of(
        stateful=False, shuffle=False, reset_after_epoch=True, seed_on_train=False,
        reset_after_prediction=False, train_rows=None, timesteps=timesteps, units=units,
        batch_size=batch_size, epochs=epochs, learning_rate=0.001, profile="keras3",
        engine="replicated", layer=layer,
    )  # fmt: skip


def data_of(layer, units, timesteps, batch_size, rows):
    """A regime of these sizes that trains as many epochs as take about a second, and its rows."""
    work = units * units * timesteps * rows * REPEATS
    epochs = max(3, min(64, round(1e9 / work)))
    regime = regime_of(layer, units, timesteps, batch_size, epochs)
    return regime, supervise(random_series(rows, timesteps), regime.preparation)


def gigaflops(layer, units, timesteps, batch_size, rows, seconds):
    """Useful products of an epoch per second: forward, backward and of the weights' gradients.

    That of a state with the recurrent kernel is left out where the state is always zero.
    """
    recurrent = 0 if layer == "dense" or timesteps == 1 else timesteps * units
    inputs = timesteps
    products = 3 * 2 * rows * GATES[layer] * units * (recurrent + inputs)
    return REPEATS * products / seconds / 1e9


def ours(*sizes):
    """Seconds of an epoch of all repeats, megabytes, and each repeat's last loss."""
    regime, data = data_of(*sizes)
    stamps = []
    trained = replicated.train_block(
        regime, data, list(range(REPEATS)), lambda done: stamps.append((done, time.perf_counter()))
    )
    # The first pass, after the first call, which has the compilation in it.
    lanes = lanes_of(regime, data.train.features, REPEATS)
    share, epochs = min(1, lanes / REPEATS), regime.training.epochs
    first = [stamp for stamp in stamps if stamp[0] <= epochs * share * 1.001]
    calls = [(a, b) for a, b in itertools.pairwise(first) if b[0] > a[0]]
    best = min((b[1] - a[1]) / (b[0] - a[0]) for a, b in calls)
    seconds = best * share * -(-REPEATS // lanes)
    return {
        "seconds": seconds, "megabytes": peak_megabytes(), "losses": trained.train_loss.tolist()
    }  # fmt: skip


def in_stock_keras(*sizes):
    """Seconds of an epoch of all repeats, one after the other."""
    regime, data = data_of(*sizes)
    model = stock.build_model(regime, data.train, 1, regime.training.batch_size)

    def fit():
        started = time.perf_counter()
        model.fit(
            data.train.inputs, data.train.targets, epochs=1,
            batch_size=regime.training.batch_size, shuffle=False, verbose=0,
        )  # fmt: skip
        return time.perf_counter() - started

    fit()
    return {"seconds": min(fit(), fit()) * REPEATS}


def limit(layer, units, timesteps, batch_size, rows):
    """GFLOP/s of products of a state of each of 64 networks with its recurrent kernel."""
    rng = np.random.default_rng(1)
    x = rng.random((64, batch_size, units), np.float32)
    kernel = rng.random((64, units, GATES[layer] * units), np.float32)
    out, seconds = np.empty((64, batch_size, GATES[layer] * units), np.float32), []
    for _ in range(20):
        started = time.perf_counter()
        np.matmul(x, kernel, out=out)
        seconds.append(time.perf_counter() - started)
    return {"gigaflops": 2 * out.size * units / min(seconds) / 1e9}


HERE = {"ours": ours, "stock Keras": in_stock_keras, "product limit": limit}


def measure_here(way, *sizes):
    """Measures in this process, on one core, and prints JSON."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(json.dumps(HERE[way](*sizes)))


@contextmanager
def written_for_jax(*sizes):
    """A file with the rows and the initial weights of all repeats."""
    regime, data = data_of(*sizes)
    drawn = initial_weights(regime, data.train, list(range(REPEATS)))
    batch_size = regime.training.batch_size
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        np.savez(
            file,
            inputs=data.train.inputs.reshape(-1, batch_size, *data.train.inputs.shape[1:]),
            targets=data.train.targets.reshape(-1, batch_size),
            **{name: np.moveaxis(np.asarray(values), -1, 0) for name, values in drawn.items()},
        )
        file.flush()
        yield file.name, regime.training.epochs


def in_jax(file, layer, epochs, group):
    """What JAX takes with so many repeats at a time."""
    command = [str(word) for word in (JAX_PYTHON, PEER, file, layer, epochs, group)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {"group": group} | json.loads(printed.splitlines()[-1])


def in_turns(*sizes):
    """The engine and JAX with each size of groups, one after the other: machines change pace.

    Returns the engine's best figures, those of JAX with all at once, and those of its best group.
    """
    engine, jax = [], []
    with written_for_jax(*sizes) as (file, epochs):
        for group in (REPEATS, *GROUPS, REPEATS):
            engine.append(measured_apart(__file__, "--measure", ["ours", *sizes]))
            jax.append(in_jax(file, sizes[0], epochs, group))
    np.testing.assert_allclose(jax[0]["losses"], engine[0]["losses"], rtol=1e-3)
    return fastest(engine), fastest([jax[0], jax[-1]]), fastest(jax)


def fastest(runs):
    """The run that took the least."""
    return min(runs, key=lambda figures: figures["seconds"])


def rows_of(*sizes):
    """One row for each way of training networks of these sizes, the layer first."""
    found = {
        way: measured_apart(__file__, "--measure", [way, *sizes]) for way in HERE if way != "ours"
    }
    if JAX_PYTHON.exists():
        found["ours"], found["jax.vmap"], found["jax.vmap, best group"] = in_turns(*sizes)
    else:
        found["ours"] = measured_apart(__file__, "--measure", ["ours", *sizes])
    names = dict(zip(("layer", "units", "timesteps", "batch", "rows"), sizes, strict=True))
    rows = []
    for way, figures in found.items():
        told = {name: value for name, value in figures.items() if name != "losses"}
        if "seconds" in told:
            told["gigaflops"] = gigaflops(*sizes, told["seconds"])
        rows.append({**names, "way": way, **told})
    return rows


def best_of(rounds):
    """Each way's best row of several rounds."""
    return [max(rows, key=lambda row: row["gigaflops"]) for rows in zip(*rounds, strict=True)]


def in_markdown(measured, rounds):
    """The rows as a table, one line for each size."""
    lines = []
    for rows in measured:
        way = {row["way"]: row for row in rows}
        us = way["ours"]

        def ratio(name, way=way, us=us):
            return f"{way[name]['seconds'] / us['seconds']:.3g}" if name in way else ""

        head = [str(us[name]) for name in ("layer", "units", "timesteps", "batch", "rows")]
        cells = [
            f"{us['seconds']:.3g}", ratio("jax.vmap"), ratio("jax.vmap, best group"),
            ratio("stock Keras"), f"{us['gigaflops']:.2g}",
            f"{way['product limit']['gigaflops']:.2g}", f"{us['megabytes']:.0f}",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(head + cells)} |\n")
    return (
        "# The replicated engine over sizes of networks\n\n"
        "Made by `python benchmarks/sizes.py --markdown benchmarks/sizes.md` (after `make jax`; "
        "`--layer` and `--only` choose the rows) on "
        f"{platform.machine()}, one core, Keras {keras.__version__}, with nothing else running. "
        f"Seconds that one epoch of {REPEATS} repeats of a stateless network takes (the best of "
        f"{rounds * (len(GROUPS) + 2)} runs, in turns with JAX), and how many "
        "times as long it takes in JAX (a plain program with `vmap`: all repeats at once, or in "
        f"groups of {', '.join(map(str, GROUPS))} or {REPEATS}, whichever is fastest) and in a "
        "loop of stock Keras. GFLOP/s are of useful matrix products; the limit is the core's, in "
        "products of the same sizes. Memory is that of the process. Compilation is left out.\n\n"
        f"Recurrent networks of more than {MOST_UNITS} units over several timesteps or rows at "
        "a time go to stock Keras by themselves.\n\n"
        "| layer | units | timesteps | batch | rows | seconds | jax.vmap, times | best group, "
        f"times | stock Keras, times | GFLOP/s | limit | MB |\n|{'---|' * 12}\n{''.join(lines)}"
    )


def main():
    """Measure, and print or write tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    parser.add_argument("--layer", action="append", choices=GATES, help="instead of all")
    parser.add_argument(
        "--only", action="append", help="UNITS,TIMESTEPS,BATCH,ROWS: this size instead of all"
    )
    parser.add_argument("--rounds", type=int, default=1, help="of each size; default: 1")
    arguments = parser.parse_args()
    if arguments.measure:
        measure_here(*arguments.measure)
        return
    sizes = [tuple(map(int, only.split(","))) for only in arguments.only or ()] or SIZES
    measured = []
    for layer in arguments.layer or GATES:
        for size in sizes:
            rounds = [rows_of(layer, *size) for _ in range(arguments.rounds)]
            measured.append(best_of(rounds))
            print(json.dumps(measured[-1]), flush=True)
    if arguments.json:
        arguments.json.write_text(
            json.dumps([*itertools.chain(*measured)], indent=1), encoding="utf-8"
        )
    publish(in_markdown(measured, arguments.rounds), arguments.markdown)


if __name__ == "__main__":
    main()
