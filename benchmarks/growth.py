"""How time and memory of a training job grow with repeats, epochs, units and timesteps.

    python benchmarks/growth.py [--markdown benchmarks/growth.md]

Each size runs in a process of its own, on one core: from the call to the finished block, without
the import. Writes a table and a figure.
"""

import argparse
import json
import platform
from pathlib import Path

import matplotlib as mpl
import numpy as np
from jobs import measure_whole
from matplotlib.figure import Figure
from study import publish

CURVES = {
    "repeats": (10, 100, 512, 1000, 3000, 10_000, 30_000, 100_000),
    "epochs": (10, 100, 1000, 10_000, 30_000, 100_000),
    "units": (1, 2, 4, 8, 16, 32, 64, 128),
    "timesteps": (1, 2, 4, 8, 12, 24, 48),
}
BASE = {"repeats": 1000, "epochs": 1000, "units": 1, "timesteps": 1}
"""What the others are while one grows; units grow at fewer repeats."""
OF_UNITS = {**BASE, "repeats": 128, "epochs": 100}

REASONS = {
    "repeats": "in proportion, in passes of up to 512",
    "epochs": "compilation first, then in proportion to them",
    "units": "one unit to eight keep the processor busy for next to nothing more; then in "
    "proportion to the weights, which grow with the square of the units, and a little more where "
    "they leave the cache",
    "timesteps": "up to 4 are written out one after the other; more run in a loop that keeps "
    "what the backward pass needs",
}


def slope(values, seconds):
    """The exponent of growth between the two largest sizes."""
    return float(np.diff(np.log(seconds[-2:]))[0] / np.diff(np.log(values[-2:]))[0])


def draw(results, file):
    """Seconds and megabytes over each size."""
    mpl.rcParams["svg.hashsalt"] = "thousandfold"
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    grid = figure.subplots(2, len(results), sharex="col", sharey="row")
    for column, (name, points) in enumerate(results.items()):
        values = CURVES[name]
        for row, (label, index) in enumerate([("seconds", 1), ("MB", 0)]):
            axes = grid[row][column]
            axes.plot(values, [point[index] for point in points], "o-", color="#0072B2")
            axes.set(xscale="log", yscale="log")
            axes.grid(alpha=0.3)
            if column == 0:
                axes.set_ylabel(label)
        grid[1][column].set_xlabel(name)
    figure.savefig(file, metadata={"Date": None})


def main():
    """Measure, and print or write a table and a figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--markdown", type=Path, help="write the table here, the figure beside it")
    arguments = parser.parse_args()
    results, sections = {}, []
    for name, values in CURVES.items():
        base = OF_UNITS if name == "units" else BASE
        results[name] = [measure_whole({**base, name: value}) for value in values]
        print(name, json.dumps(results[name]), flush=True)
        fixed = {key: value for key, value in base.items() if key != name}
        rows = "".join(
            f"| {value:,} | {seconds:.3g} | {megabytes:.0f} |\n"
            for value, (megabytes, seconds) in zip(values, results[name], strict=True)
        )
        growth = slope(values, [seconds for _, seconds in results[name]])
        sections.append(
            f"## {name.capitalize()}\n\n"
            f"With {', '.join(f'{value} {key}' for key, value in fixed.items())}. Between the two "
            f"largest, time grows as {name} to the power {growth:.2f}: {REASONS[name]}.\n\n"
            f"| {name} | seconds | MB |\n|---|---|---|\n{rows}"
        )
    text = (
        "# How training jobs grow\n\n"
        f"Made by `python benchmarks/growth.py --markdown benchmarks/growth.md` on "
        f"{platform.machine()}, one core: stateful LSTM, 22 rows, batch size 1. Seconds from the "
        "call to the finished block, compilation included, import not; memory of the process.\n\n"
        f"![Time and memory over each size, on log axes](growth.svg)\n\n{chr(10).join(sections)}"
    )
    publish(text, arguments.markdown)
    if arguments.markdown:
        draw(results, arguments.markdown.with_suffix(".svg"))


if __name__ == "__main__":
    main()
