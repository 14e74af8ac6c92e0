"""Planning and analysing studies of a million repeats, without training them.

    python benchmarks/scale.py [--markdown benchmarks/scale.md]

Plans 11 scenarios of 100,000 repeats and 200 of 10,000 by a dry run; then writes the first one's
blocks with made-up errors and the recipes that training would have sealed them with, and runs
everything after training. Last, makes each table of two broad tables of runs: 1000 scenarios of 2
runs, and 200 of 10 with 60 findings.
"""

import argparse
import itertools
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from study import ROOT, copy_project, publish

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from snakemake.utils import update_config

from thousandfold.config_files import read_layer
from thousandfold.data import load_series
from thousandfold.loading import load_study
from thousandfold.packing import packing
from thousandfold.packs import FinishedBlock, pack_file, write_pack
from thousandfold.plan import WORTH_STARTING, Plan
from thousandfold.recipe import versions
from thousandfold.seeds import repeat_seed

MANY = {f"scenario{i}": {"stateful": i % 2 == 0, "units": 1 + i // 2} for i in range(200)}
OVERLAYS = {
    "11 x 100,000": {"study": {"name": "deep", "repeats": 100_000}},
    "200 x 10,000": {
        "study": {"name": "broad", "repeats": 10_000, "scenarios": list(MANY)}, "scenarios": MANY,
    },
}  # fmt: skip

BROAD = {
    "1000 scenarios x 2": (1000, 2, 3),
    "200 scenarios x 10, 60 findings": (200, 10, 60),
}
"""Tables of runs: scenarios, runs of each and findings."""

TABLES = {
    "collect": "repeats.parquet", "summarise": "summary.csv", "compare": "comparisons.csv",
    "standard_error": "standard_error.csv", "calibrate": "calibration.csv",
    "judge": "contrasts.csv", "replicate": "replication.csv",
}  # fmt: skip
"""One table of each rule, in an order in which each has what it takes."""


def run(folder, *arguments):
    """Seconds of a Snakemake command and gigabytes of its largest process."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--quiet", "all", "--cores", "2", *arguments],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, arguments
    return time.perf_counter() - started, usage.ru_maxrss * 1024 / 1e9


def made_up(study, block, series):
    """A block's table with normal forecast errors whose scale varies from repeat to repeat."""
    rng = np.random.default_rng([block.start, *block.scenario.encode()])
    repeats = np.arange(block.start, block.stop)
    seeded_by = study.scenario(block.scenario).seeded_by
    scales = rng.gamma(40, 100 / 40, (len(repeats), 1))
    errors = rng.normal(size=(len(repeats), series.test_rows)) * scales
    forecasts = series.values[-series.test_rows :] + errors
    columns = {
        "repeat": repeats,
        "seed": [repeat_seed(study.seed, block.series, seeded_by, repeat) for repeat in repeats],
        "train_loss": rng.gamma(5, 0.01, len(repeats)),
        "train_seconds": np.nan,
        "epochs": study.scenario(block.scenario).regime.training.epochs,
        "diverged": False,
    }
    steps = {f"forecast_{i + 1}": forecasts[:, i] for i in range(series.test_rows)}
    return pd.DataFrame(columns | steps)


def write_packs(folder, overlay):
    """All packs of a study, made up; returns how many."""
    os.chdir(folder)
    config = read_layer("config.yaml")
    update_config(config, read_layer(overlay))
    study = load_study(config, [])
    series = {source.name: load_series(source) for source in study.series}
    facts = {
        "train_seconds": 1.0, "versions": versions(), "cpu": "made up", "host": "made up",
        "finished": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    plan = Plan(study, series.__getitem__)
    packs = packing(plan.groups(), {}, {}, plan.seconds, WORTH_STARTING).outstanding
    for name, blocks in packs.items():
        finished = [
            FinishedBlock(each, made_up(study, each.block, series[each.block.series]), facts)
            for each in blocks
        ]
        write_pack(pack_file(study.folder("results"), name), finished)
    return len(packs)


def write_broad(folder, name, scenarios, repeats, findings):
    """A config and a table of runs with random numbers, in a project's folder."""
    values = np.random.default_rng(1).normal(10, 1, (scenarios, repeats))
    table = pd.DataFrame(values).melt(ignore_index=False, var_name="repeat", value_name="score")
    table["scenario"] = [f"s{index}" for index in table.index]
    table.to_csv(folder / f"{name}.csv", index=False)
    names = [f"s{index}" for index in range(scenarios)]
    pairs = itertools.islice(itertools.combinations(names, 2), findings)
    config = {
        "standalone": True,
        "study": {"name": name, "seed": 1, "margin": 0.5},
        "table": {"file": f"{name}.csv", "metric": "score", "better": "lower"},
        "findings": {
            f"F{i}": {"claim": f"{a} is less.", "expect": "less", "a": a, "b": b}
            for i, (a, b) in enumerate(pairs)
        },
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def main():
    """Measure, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--markdown", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    markdown = arguments.markdown and arguments.markdown.resolve()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        copy_project(folder)
        for index, (name, overlay) in enumerate(OVERLAYS.items()):
            (Path(folder) / f"{index}.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
            seconds, gigabytes = run(folder, "-n", "--configfile", f"{index}.yaml")
            rows.append(f"| planning {name} | {seconds:.1f} s | {gigabytes:.2f} GB |\n")
        packs = write_packs(folder, "0.yaml")
        seconds, gigabytes = run(folder, "--configfile", "0.yaml")
        size = (Path("results/deep/repeats.parquet").stat().st_size) / 1e6
        rows.append(
            f"| all tables and the report of 11 x 100,000, {packs} packs | {seconds:.0f} s "
            f"| {gigabytes:.2f} GB |\n"
        )
        for index, (title, sizes) in enumerate(BROAD.items()):
            name = f"broad{index}"
            write_broad(Path(folder), name, *sizes)
            seconds, gigabytes = run(folder, "-n", "analyse", "--configfile", f"{name}.yaml")
            rows.append(f"| planning {title} | {seconds:.1f} s | {gigabytes:.2f} GB |\n")
            for rule, table in TABLES.items():
                target = f"results/{name}/{table}"
                seconds, gigabytes = run(folder, target, "--configfile", f"{name}.yaml")
                rows.append(f"| {rule}, {title} | {seconds:.1f} s | {gigabytes:.2f} GB |\n")
        os.chdir(ROOT)
    text = (
        "# Large studies, scenarios x repeats\n\n"
        f"Made by `python benchmarks/scale.py --markdown benchmarks/scale.md` on "
        f"{platform.machine()}, two cores; nothing is trained but the checks of the training. The "
        f"table of repeats has {size:.0f} MB.\n\n"
        f"| | time | largest process |\n|---|---|---|\n{''.join(rows)}"
    )
    publish(text, markdown)


if __name__ == "__main__":
    main()
