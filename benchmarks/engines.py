"""Training time of the replicated engine beside stock Keras, in one run on one core.

    python benchmarks/engines.py [--epochs 50] [--markdown benchmarks/results.md]

Stock Keras trains one repeat for some epochs; the replicated engine trains 1, 100 and 1000
repeats for the scenario's full number, once to compile and then three times. Figures are
seconds per training of all epochs.
"""

import argparse
import os
import platform
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from thousandfold.config import load_study  # noqa: E402
from thousandfold.data import load_series  # noqa: E402
from thousandfold.engines import engine  # noqa: E402
from thousandfold.recipe import versions  # noqa: E402
from thousandfold.seeds import repeat_seed  # noqa: E402
from thousandfold.supervised import supervise  # noqa: E402

SCENARIOS = ("stateful", "stateless", "stateless_shuffle", "stateful_batch12")
REPEATS = (1, 100, 1000)
ROUNDS = 3


def seconds(engine_name, regime, data, repeats):
    """Wall time from the first epoch's end to the last's, so that compilation does not count."""
    seeds = [repeat_seed(1, "benchmark", "benchmark", repeat) for repeat in range(repeats)]
    stamps = []
    engine(engine_name).train_block(
        regime, data, seeds, lambda done: stamps.append((done, time.perf_counter()))
    )
    (first_epochs, first), (last_epochs, last) = stamps[0], stamps[-1]
    return (last - first) / (last_epochs - first_epochs)


def main():
    """Measure, and print or write a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=50, help="epochs of stock Keras")
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    arguments = parser.parse_args()

    os.chdir(ROOT)
    study = load_study(yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8")), [])
    series = load_series(study.series[0])
    header = ["scenario", "stock Keras", *(f"replicated, {n}" for n in REPEATS), "ratio at 1000"]
    lines = [f"| {' | '.join(header)} |", f"|---|{'---|' * (len(header) - 1)}"]
    for name in SCENARIOS:
        regime = study.scenario(name).regime
        data = supervise(series, regime)
        # Shuffling makes stock Keras report after each epoch; a plain stateless fit does not.
        short = replace(regime, epochs=arguments.epochs)
        stock = stock_seconds(short, data) * regime.epochs
        ours = [
            median(seconds("replicated", regime, data, n) for _ in range(ROUNDS))
            * regime.epochs
            / n
            for n in REPEATS
        ]
        cells = [f"{stock:.1f} s", *(f"{x:.2g} s" for x in ours), f"{stock / ours[-1]:,.0f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, one used; " + ", ".join(
        f"{package} {version}" for package, version in versions().items()
    )
    table = "\n".join(lines)
    print(f"\n{table}\n\n{machine}")
    if arguments.markdown:
        arguments.markdown.write_text(
            "# Seconds per training of 1000 epochs\n\nMade by `python benchmarks/engines.py "
            f"--markdown benchmarks/results.md` on {machine}.\n\n{table}\n",
            encoding="utf-8",
        )


def stock_seconds(regime, data):
    """Seconds per epoch of stock Keras: the difference of a longer and a shorter training."""

    def total(epochs):
        started = time.perf_counter()
        engine("keras").train_block(replace(regime, epochs=epochs), data, [1], lambda _: None)
        return time.perf_counter() - started

    return (total(regime.epochs + 10) - total(10)) / regime.epochs


if __name__ == "__main__":
    main()
