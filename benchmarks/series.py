"""Wall time and memory of studies of many series: of a table of them, and of training on them.

    python benchmarks/series.py [--series 1045] [--markdown benchmarks/series.md]

The table is made: 4 scenarios, 30 repeats of each on each series, effects with a heavy tail, and
claims over series; everything about it runs on one core. The study that is trained is
config/m3.yaml, or so many of its series drawn by a seed, on all cores; of all 1045 it takes about
half an hour.
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from analysis import measure
from study import ROOT, copy_project, publish

REPEATS = 30
SCENARIOS = ("a", "b", "c", "d")

STUDY = {
    "standalone": True,
    "study": {"name": "series", "seed": 1, "margin": 0.05, "cluster": "kind"},
    "table": {"file": "series.csv", "metric": "mase", "attributes": ["kind"]},
    "findings": {
        "A": {"claim": "b is worse.", "expect": "greater", "a": "b", "b": "a", "over": "series"},
        "B": {
            "claim": "c is worse on most.", "expect": "greater", "a": "c", "b": "a",
            "over": "series", "on_at_least": 0.5,
        },
        "C": {
            "claim": "d is the worst.", "over": "series",
            "all_of": [
                {"expect": "greater", "a": "d", "b": "a"},
                {"expect": "greater", "a": "d", "b": "c"},
            ],
        },
    },
}  # fmt: skip


def table_of(n_series):
    """A row per training: levels and effects differ between series, effects log-normally."""
    rng = np.random.default_rng(1)
    effects, levels = rng.lognormal(-2.5, 1, n_series), rng.gamma(4, 0.3, n_series)
    names = np.repeat([f"N{index}" for index in range(n_series)], REPEATS)
    kinds = np.repeat(np.where(np.arange(n_series) % 5 == 0, "micro", "other"), REPEATS)
    parts = []
    for place, scenario in enumerate(SCENARIOS):
        noise = 0.1 * levels[:, np.newaxis] * rng.normal(size=(n_series, REPEATS))
        values = (levels + place * effects / 2)[:, np.newaxis] + noise
        parts.append(
            pd.DataFrame(
                {
                    "series": names, "kind": kinds, "scenario": scenario,
                    "repeat": np.tile(range(REPEATS), n_series), "mase": values.ravel(),
                }
            )
        )  # fmt: skip
    return pd.concat(parts)


def analyse(n_series):
    """Seconds and bytes of the tables, those of the report, and the size of its page."""
    with tempfile.TemporaryDirectory() as folder:
        copy_project(folder)
        table_of(n_series).to_csv(Path(folder) / "series.csv", index=False)
        (Path(folder) / "series.yaml").write_text(yaml.safe_dump(STUDY), encoding="utf-8")
        run = [
            sys.executable, "-m", "snakemake", "--quiet", "all", "--cores", "1",
            "analyse", "--configfile", "series.yaml",
        ]  # fmt: skip
        core = {min(os.sched_getaffinity(0))}
        tables = measure([*run, "--omit-from", "render_report"], folder, core)
        report = measure(run, folder, core)
        page = Path(folder) / "reports/series/report.html"
        return tables, report, page.stat().st_size


STEPS = {
    "dry run": ["-n"],
    "training": ["--until", "collect"],
    "tables": ["--omit-from", "render_report"],
    "report": [],
}
"""What is run one after the other, each from where the one before ended."""


def train(n_series):
    """Seconds and bytes of each step of the study of M3, and the size of its page."""
    with tempfile.TemporaryDirectory() as folder:
        copy_project(folder)
        shutil.copytree(ROOT / "config", Path(folder) / "config", dirs_exist_ok=True)
        drawn = {"series": {"m3": {"collection": {"sample": {"size": n_series, "seed": 1}}}}}
        (Path(folder) / "drawn.yaml").write_text(yaml.safe_dump(drawn), encoding="utf-8")
        cores = os.sched_getaffinity(0)
        run = [
            sys.executable, "-m", "snakemake", "--quiet", "all", "--cores", str(len(cores)),
            "--configfile", "config/m3.yaml", "drawn.yaml",
        ]  # fmt: skip
        steps = [measure([*run, *step], folder, cores) for step in STEPS.values()]
        page = Path(folder) / "reports/m3/report.html"
        return steps, page.stat().st_size


def of_tables(n_series):
    """A line about a table of so many series."""
    (tables, large), (report, larger), page = analyse(n_series)
    return (
        f"| {n_series:,} | {tables:.0f} s | {report:.0f} s | {page / 1e6:.2f} MB "
        f"| {max(large, larger) / 1e9:.2f} GB |\n"
    )


def of_training(n_series):
    """A line about a study that trains on so many series."""
    steps, page = train(n_series)
    seconds = " | ".join(f"{seconds:.0f} s" for seconds, _ in steps)
    largest = max(size for _, size in steps)
    return f"| {n_series:,} | {seconds} | {page / 1e6:.2f} MB | {largest / 1e9:.2f} GB |\n"


def main():
    """Measure, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, nargs="+", default=[10, 100, 1045])
    parser.add_argument("--markdown", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    text = (
        f"# Studies of many series\n\n"
        f"Made by `python benchmarks/series.py --markdown benchmarks/series.md` on "
        f"{platform.machine()}. Snakemake's own time is included.\n\n"
        f"## A table of many series: all analyses and the report, on one core\n\n"
        f"{len(SCENARIOS)} scenarios, {REPEATS} repeats of each on each series, three claims over "
        f"series.\n\n"
        f"| series | all tables | then the report | its page | largest process |\n"
        f"|---|---|---|---|---|\n{''.join(map(of_tables, arguments.series))}\n"
        f"## Trained here: `config/m3.yaml`, on {len(os.sched_getaffinity(0))} cores\n\n"
        f"11 scenarios, 100 repeats of each on each series, fourteen claims over series.\n\n"
        f"| series | dry run | training | all tables | the report | its page | largest process |\n"
        f"|---|---|---|---|---|---|---|\n{''.join(map(of_training, arguments.series))}"
    )
    publish(text, arguments.markdown)


if __name__ == "__main__":
    main()
