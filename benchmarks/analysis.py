"""Wall time and memory of everything after training: all analyses and the report, on one core.

    python benchmarks/analysis.py [--repeats 1000 10000] [--markdown benchmarks/analysis.md]

Trains the default study in a scratch copy of the project (not timed, minutes for 10,000 repeats),
then makes every table and the report again, pinned to one core.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from study import copy_project, publish


def measure(command, folder, cores):
    """Seconds of a command and bytes of its largest process, on these cores."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.sched_setaffinity(process.pid, cores)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, command
    return time.perf_counter() - started, usage.ru_maxrss * 1024


def analyse(repeats):
    """Seconds and bytes of the tables, and of tables and report, of so many repeats each."""
    with tempfile.TemporaryDirectory() as folder:
        copy_project(folder)
        run = [sys.executable, "-m", "snakemake", "--quiet", "all"]
        config = ["--config", f"study={{repeats: {repeats}}}"]
        everything = os.sched_getaffinity(0)
        measure([*run, "--cores", str(len(everything)), *config], folder, everything)
        again = [*run, "--cores", "1", "--forcerun", "collect", *config]
        first_core = {min(everything)}
        tables = measure([*again, "--omit-from", "render_report"], folder, first_core)
        return tables, measure(again, folder, first_core)


def main():
    """Measure, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--markdown", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    rows = []
    for repeats in arguments.repeats:
        (tables, _), (everything, size) = analyse(repeats)
        rows.append(f"| {repeats} | {tables:.0f} s | {everything:.0f} s | {size / 1e9:.2f} GB |\n")
    text = (
        f"# All analyses and the report of 11 scenarios, on one core\n\n"
        f"Made by `python benchmarks/analysis.py --markdown benchmarks/analysis.md` on "
        f"{platform.machine()}, Snakemake's own time included.\n\n"
        f"| repeats of each scenario | all tables | and the report | largest process |\n"
        f"|---|---|---|---|\n{''.join(rows)}"
    )
    publish(text, arguments.markdown)


if __name__ == "__main__":
    main()
