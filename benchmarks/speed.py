"""One training of the scenario `stateful` in every way there is, side by side.

    make benchmark                                     # all of it, about three minutes
    python benchmarks/speed.py --quick                 # a look: few epochs, one round

Every way trains from the same initial weights on the same 22 rows, on one core, and has to end
with the same weights. The ways take turns, round by round; slow ones train fewer epochs, and
their time is scaled up. Writes a table and a figure. PyTorch is measured if `make torch` has set
it up, the C program if there is a compiler.
"""

import argparse
import ctypes
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl
import numpy as np
import yaml
from study import ROOT, publish

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from matplotlib.figure import Figure

from thousandfold.data import load_series
from thousandfold.engines import replicated, stock
from thousandfold.engines.lanes import lanes_of
from thousandfold.engines.network import initial_weights
from thousandfold.loading import load_study
from thousandfold.machine import processor
from thousandfold.recipe import versions
from thousandfold.scenario import Optimizer
from thousandfold.seeds import repeat_seed
from thousandfold.supervised import supervise

PEERS = ROOT / "benchmarks" / "peers"
TORCH = ROOT / ".venv-torch" / "bin" / "python"

WEIGHTS = ("kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias")
TOLERANCE = 1e-4
"""How far weights may lie from stock Keras's after the epochs that slow ways train.

They are compared with next to no epsilon in Adam: PyTorch adds it after the bias correction,
Keras before, which moves weights by more than this.
"""
EPSILON, NO_EPSILON = 1e-7, 1e-20

EPOCHS, ROUNDS = 1000, 5
REPEATS = (1, 10, 100, 1000, 10_000)


@dataclass(frozen=True)
class Task:
    """What every way trains: regime, rows, and the seeds of as many repeats as are asked for."""

    regime: Any
    data: Any

    def seeds(self, repeats):
        """The seeds of the first repeats."""
        return [repeat_seed(1, "benchmark", "benchmark", repeat) for repeat in range(repeats)]

    def weights(self, repeats):
        """Their initial weights by name, Keras's shapes with the repeats last."""
        drawn = initial_weights(self.regime, self.data.train, self.seeds(repeats))
        return {name: drawn[name].numpy() for name in WEIGHTS}

    def of(self, epochs, epsilon=EPSILON):
        """The same with other epochs, and another epsilon in Adam."""
        adam = Optimizer("adam", (("epsilon", epsilon),))
        return replace(self, regime=self.regime.varied(epochs=epochs, optimizer=adam))

    @property
    def epochs(self):
        """How many it trains."""
        return self.regime.training.epochs

    @property
    def epsilon(self):
        """Adam's."""
        return dict(self.regime.training.optimizer.options)["epsilon"]


def shipped_task():
    """The shipped study's scenario `stateful`."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    study = load_study(config, [])
    regime = study.scenario("stateful").regime
    return Task(regime, supervise(load_series(study.series[0]), regime.preparation))


def one_by_name(arrays):
    """Weights of one network by name, flat."""
    return {name: np.ravel(values) for name, values in zip(WEIGHTS, arrays, strict=True)}


class KerasFit:
    """Stock Keras, `fit` for each epoch and a reset after it: the article's loop."""

    name, repeats = "stock Keras, `fit` per epoch (the article's loop)", 1

    def train(self, task):
        """Seconds, and the first network's weights."""
        train, regime = task.data.train, task.regime
        model = stock.build_model(regime, train, task.seeds(1)[0], regime.training.batch_size)
        initial = model.get_weights()
        self._epoch(model, train)
        model.set_weights(initial)
        stock.reset_states(model)
        for variable in model.optimizer.variables:
            if variable.name != "learning_rate":
                variable.assign(np.zeros(variable.shape))
        started = time.perf_counter()
        for _ in range(regime.training.epochs):
            self._epoch(model, train)
            stock.reset_states(model)
        return time.perf_counter() - started, one_by_name(model.get_weights())

    def _epoch(self, model, train):
        model.fit(train.inputs, train.targets, epochs=1, batch_size=1, shuffle=False, verbose=0)


class KerasTrainOnBatch(KerasFit):
    """Stock Keras, `train_on_batch` for each row."""

    name = "stock Keras, `train_on_batch`"

    def _epoch(self, model, train):
        for x, y in zip(train.inputs, train.targets, strict=True):
            model.train_on_batch(x[np.newaxis], y[np.newaxis])


class KerasEngine:
    """Our reference engine, which forecasts the test rows as well."""

    name, repeats = "engine `keras`, 1 repeat", 1

    def train(self, task):
        """Seconds of training alone, and the first network's weights."""
        # The difference leaves out what Keras takes to trace its functions.
        blocks = [
            stock.train_block(part.regime, part.data, part.seeds(1), lambda _: None)
            for part in (task, task.of(2 * task.epochs, task.epsilon))
        ]
        weights = [blocks[0].weights[name][..., 0] for name in WEIGHTS]
        return float(blocks[1].seconds[0] - blocks[0].seconds[0]), one_by_name(weights)


class Torch:
    """An eager PyTorch loop in an environment of its own."""

    name, repeats = "PyTorch, eager loop", 1

    def train(self, task):
        """Seconds, and the network's weights."""
        with tempfile.NamedTemporaryFile(suffix=".npz") as file:
            train = task.data.train
            np.savez(
                file.name,
                inputs=train.inputs,
                targets=train.targets,
                learning_rate=task.regime.training.learning_rate,
                epsilon=task.epsilon,
                **{name: values[..., 0] for name, values in task.weights(1).items()},
            )
            command = [TORCH, PEERS / "torch_loop.py", file.name, str(task.regime.training.epochs)]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        result = json.loads(printed)
        self.version = result["version"]
        return result["seconds"], one_by_name([result["weights"][name] for name in WEIGHTS])


class Replicated:
    """Our engine, so many repeats at once; compiled before, forecasts included."""

    def __init__(self, repeats):
        self.repeats = repeats
        self.name = f"engine `replicated`, {repeats:,} repeat{'s' * (repeats > 1)}"

    def train(self, task):
        """Seconds, and the first network's weights."""
        lanes = lanes_of(task.regime, task.data.train.features, self.repeats)
        filled = -(-self.repeats // lanes) * lanes
        seeds, drawn = task.seeds(filled), task.weights(filled)

        def part(start):
            here = slice(start, start + lanes)
            return seeds[here], {name: values[..., here] for name, values in drawn.items()}

        passes = [part(start) for start in range(0, filled, lanes)]
        trainer = replicated.Trainer(task.regime, task.data, lanes)
        trainer.run(*passes[0], lambda _: None)
        started = time.perf_counter()
        first, *_ = [trainer.run(*each, lambda _: None) for each in passes]
        seconds = time.perf_counter() - started
        return seconds, one_by_name([first.weights[name][..., 0] for name in WEIGHTS])


class Limit:
    """The C program, 1024 repeats at once."""

    repeats = 1024

    def __init__(self, flags):
        self.name = f"C, {flags}, {self.repeats:,} repeats"
        folder = Path(tempfile.mkdtemp())
        library = folder / "limit.so"
        command = ["cc", "-O3", *flags.split(), "-shared", "-fPIC", PEERS / "limit.c", "-lm"]
        subprocess.run([*command, "-o", library], check=True)
        self.library = ctypes.CDLL(str(library))
        shutil.rmtree(folder)

    def train(self, task):
        """Seconds, and the first network's weights."""
        drawn = task.weights(self.repeats)
        shapes = [drawn[name].shape[:-1] for name in WEIGHTS]
        weights = np.concatenate([drawn[name].reshape(-1, self.repeats) for name in WEIGHTS])
        inputs, targets = task.data.train.inputs.ravel(), task.data.train.targets

        def pointer(array):
            return np.ascontiguousarray(array).ctypes.data_as(ctypes.POINTER(ctypes.c_float))

        options = [
            ctypes.c_float(value) for value in (task.regime.training.learning_rate, task.epsilon)
        ]
        started = time.perf_counter()
        self.library.train(
            pointer(weights), self.repeats, pointer(inputs), pointer(targets), len(targets),
            task.epochs, *options,
        )  # fmt: skip
        seconds = time.perf_counter() - started
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
        return seconds, one_by_name(np.split(weights[:, 0], ends))


C_FLAGS = "-march=native -ffast-math"


def ways():
    """Every way that can be measured here, slow ones first, and what had to be left out."""
    found, missing = [KerasFit(), KerasTrainOnBatch(), KerasEngine()], []
    if TORCH.exists():
        found.append(Torch())
    else:
        missing.append("PyTorch (`make torch` sets it up)")
    found += [Replicated(repeats) for repeats in REPEATS]
    if shutil.which("cc"):
        found.append(Limit(C_FLAGS))
    else:
        missing.append("the C program (there is no compiler `cc`)")
    return found, missing


def check_same_work(task, found):
    """Raise if a way does not end with stock Keras's weights."""
    _, expected = found[0].train(task)
    for way in found[1:]:
        _, weights = way.train(task)
        apart = max(np.abs(weights[name] - expected[name]).max() for name in WEIGHTS)
        print(f"{way.name}: weights within {apart:.1g} of stock Keras", flush=True)
        assert apart < TOLERANCE, way.name


def measure(task, found, rounds, slow_epochs):
    """Seconds per training of EPOCHS epochs, of each way the median over the rounds."""
    times = {way.name: [] for way in found}
    for _ in range(rounds):
        for way in found:
            epochs = slow_epochs if way.repeats == 1 and not isinstance(way, Replicated) else EPOCHS
            seconds, _ = way.train(task.of(epochs))
            times[way.name].append(seconds * EPOCHS / epochs / way.repeats)
            print(f"{way.name}: {times[way.name][-1]:.3g} s", flush=True)
    return {name: median(values) for name, values in times.items()}


def draw(seconds, file):
    """Seconds per training as bars on a log axis."""
    mpl.rcParams["svg.hashsalt"] = "thousandfold"
    figure = Figure(figsize=(8, 0.38 * len(seconds) + 1), layout="constrained")
    axes = figure.add_subplot()
    names = [name.replace("`", "") for name in seconds]
    colors = ["#E69F00" if name.startswith("engine replicated") else "#888888" for name in names]
    bars = axes.barh(names, list(seconds.values()), color=colors)
    axes.bar_label(bars, [f" {value:.2g} s" for value in seconds.values()])
    axes.set(xscale="log", xlabel="seconds per training of 1000 epochs, one core")
    axes.set_xlim(right=max(seconds.values()) * 8)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, metadata={"Date": None})


def table(seconds, missing, found, rounds):
    """The results as a page."""
    slowest = next(iter(seconds.values()))
    limit = next((value for name, value in seconds.items() if name.startswith("C,")), None)

    def times(ratio):
        return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2f}"

    lines = [
        f"| {name} | {value:.3g} | {times(slowest / value)} "
        f"| {times(value / limit) if limit else ''} |"
        for name, value in seconds.items()
    ]
    software = [f"{package} {version}" for package, version in versions().items()]
    software += [f"torch {way.version}" for way in found if isinstance(way, Torch)]
    left_out = f"\nLeft out here: {', '.join(missing)}.\n" if missing else ""
    return (
        "# One training of 1000 epochs, in every way\n\n"
        f"Made by `make benchmark` on {processor()} ({platform.machine()}), one core; "
        f"{', '.join(software)}. Scenario `stateful`: 22 updates per epoch. All ways start from "
        "the same weights and end with the same (checked); medians of "
        f"{rounds} rounds in which they take turns. Compilation is left out (about a second, "
        "once per job), drawing of initial weights too.\n\n"
        "| way | seconds per training | times faster than the article's loop | times the C "
        f"program's |\n|---|---|---|---|\n{chr(10).join(lines)}\n{left_out}\n"
        "![The same as bars](results.svg)\n\n"
        "[The C program](peers/limit.c) knows this one network and keeps 64 of them in the "
        "processor's first cache for all epochs: the practical limit of a core.\n"
    )


def main():
    """Check, measure, and write the table and the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few epochs, one round")
    parser.add_argument("--markdown", type=Path, help="write the table here, the figure beside it")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rounds, slow_epochs = (1, 3) if arguments.quick else (ROUNDS, 20)
    task = shipped_task()
    found, missing = ways()
    check_same_work(task.of(slow_epochs, NO_EPSILON), found)
    seconds = measure(task, found, rounds, slow_epochs)
    publish(table(seconds, missing, found, rounds), arguments.markdown)
    if arguments.markdown:
        draw(seconds, arguments.markdown.with_suffix(".svg"))


if __name__ == "__main__":
    main()
