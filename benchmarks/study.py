"""Wall time and largest job of the default study, from nothing trained to the report.

    python benchmarks/study.py [--rounds 3] [--cores 2] [--markdown benchmarks/study.md]

Each round runs `snakemake --cores N` in a scratch copy of the project; the environment is ready.
"""

import argparse
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
PARTS = (
    "Snakefile", "config.yaml", "data", "envs", "profiles", "workflow", "requirements.lock",
)  # fmt: skip


def copy_project(folder):
    """Copy what a run needs into a folder."""
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, Path(folder) / part)


def publish(text, markdown):
    """Print the figures, and write them to a file if one is named."""
    print(text)
    if markdown:
        markdown.write_text(text, encoding="utf-8")


def peak_megabytes():
    """The peak memory of this process.

    Not getrusage's, which begins at the parent's where that was larger.
    """
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(peak[1]) * 1024 / 1e6


def measured_apart(script, option, sizes):
    """What a script prints last, as JSON, when it measures these sizes in a process of its own."""
    command = [sys.executable, script, option, json.dumps(sizes)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(printed.splitlines()[-1])


def run_once(cores):
    """Seconds of one complete run, and how many had passed when each rule's last job ended."""
    with tempfile.TemporaryDirectory() as folder:
        copy_project(folder)
        started = time.time()
        command = [sys.executable, "-m", "snakemake", "--cores", str(cores)]
        printed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        elapsed = time.time() - started
        assert (Path(folder) / "reports/report.html").exists()
        ends = re.findall(r"\[(.+)\]\nFinished jobid: \d+ \(Rule: (\w+)\)", printed.stderr)
        return elapsed, {
            rule: time.mktime(time.strptime(moment)) - int(started) for moment, rule in ends
        }


def main():
    """Measure, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--markdown", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    rounds = sorted(
        (run_once(arguments.cores) for _ in range(arguments.rounds)), key=lambda found: found[0]
    )
    times, ends = [elapsed for elapsed, _ in rounds], rounds[len(rounds) // 2][1]
    kib = 1024 if platform.system() == "Linux" else 1
    gigabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * kib / 1e9
    text = (
        f"# The default study, 11 scenarios of 1000 repeats of 1000 epochs\n\n"
        f"Made by `python benchmarks/study.py --markdown benchmarks/study.md` on "
        f"{platform.machine()} with {os.cpu_count()} cores, `--cores {arguments.cores}`, "
        f"{arguments.rounds} rounds.\n\n"
        f"| | |\n|---|---|\n"
        f"| wall time, median | {median(times):.0f} s |\n"
        f"| wall time, from to | {min(times):.0f} to {max(times):.0f} s |\n"
        f"| memory of the largest process | {gigabytes:.2f} GB |\n\n"
        "When each rule ended, in seconds from the start, in the round in the middle:\n\n"
        "| rule | s |\n|---|---|\n"
        + "".join(f"| {rule} | {seconds:.0f} |\n" for rule, seconds in ends.items())
    )
    publish(text, arguments.markdown)


if __name__ == "__main__":
    main()
