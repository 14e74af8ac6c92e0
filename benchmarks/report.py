"""Seconds and memory of the tables and the page of studies with many scenarios and findings.

    python benchmarks/report.py [--markdown benchmarks/report.md]

Tables of runs are made up: 200 scenarios of 20 repeats, with 60 findings and with 2000. All their
tables are made on one core, Snakemake's own time included.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import yaml
from scale import TABLES, run, write_broad
from study import ROOT, copy_project, measured_apart, peak_megabytes, publish

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from thousandfold.loading import load_study
from thousandfold.report import render
from thousandfold.report.run import Provenance, stored_run

SCENARIOS, REPEATS = 200, 20
FINDINGS = (60, 2000)
NAME = "broad"


def measure_here(folder, processes):
    """Print what the page of the study in a folder takes in this process and those it starts."""
    os.chdir(folder)
    file = f"{NAME}.yaml"
    study = load_study(yaml.safe_load(Path(file).read_text(encoding="utf-8")), [file])
    started = time.perf_counter()
    run_of_study = stored_run(study, study.folder("results"), Provenance({}, "."), processes)
    page = render(run_of_study)
    seconds = time.perf_counter() - started
    size = len(page.html.encode()) / 1e6
    print(json.dumps({"seconds": seconds, "megabytes": size, "memory": peak_megabytes()}))


def main():
    """Measure, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--markdown", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    if arguments.measure:
        measure_here(*arguments.measure)
        return
    markdown = arguments.markdown and arguments.markdown.resolve()
    cores, load, tables, pages = os.cpu_count(), os.getloadavg()[0], [], []
    for findings in FINDINGS:
        with tempfile.TemporaryDirectory() as name:
            copy_project(name)
            write_broad(Path(name), NAME, SCENARIOS, REPEATS, findings)
            wanted = [f"results/{NAME}/{table}" for table in TABLES.values()]
            options = ("--cores", "1", "--configfile", f"{NAME}.yaml")
            before = os.times()
            seconds, gigabytes = run(name, *wanted, *options)
            processor = sum(os.times()[2:4]) - sum(before[2:4])
            tables.append(
                f"| {findings:,} | {seconds:.0f} s | {processor:.0f} s "
                f"| {1000 * gigabytes:.0f} MB |\n"
            )
            run(name, "analyse", *options)
            for processes in (1, cores):
                found = measured_apart(__file__, "--measure", [name, processes])
                pages.append(
                    f"| {findings:,} | {processes} | {found['seconds']:.1f} s "
                    f"| {found['megabytes']:.1f} MB | {found['memory']:.0f} MB |\n"
                )
    text = (
        f"# Tables and page of {SCENARIOS} scenarios of {REPEATS} repeats\n\n"
        f"Made by `python benchmarks/report.py --markdown benchmarks/report.md` on "
        f"{platform.machine()} with {cores} cores, on which other work was a load of {load:.1f} "
        "before.\n\n"
        "All tables, on one core, Snakemake's own time included:\n\n"
        "| findings | tables | processor time | largest process |\n"
        f"|---|---|---|---|\n{''.join(tables)}\n"
        "The page, imports left out:\n\n"
        "| findings | processes that draw | page | its size | memory of the process |\n"
        f"|---|---|---|---|---|\n{''.join(pages)}"
    )
    publish(text, markdown)


if __name__ == "__main__":
    main()
