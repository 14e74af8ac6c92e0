"""Seconds, memory and size of the page of studies with many scenarios and findings.

    python benchmarks/report.py [--markdown benchmarks/report.md]

Tables of runs are made up, and everything about them but the page is not timed: 200 scenarios of
20 repeats and 60 findings, and the same 60 findings' rows again and again under other names.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import yaml
from scale import run, write_broad
from study import ROOT, copy_project, measured_apart, peak_megabytes, publish

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from thousandfold.loading import load_study
from thousandfold.report import render
from thousandfold.report.run import Provenance, csv_tables, stored_run
from thousandfold.tables import read_rows, write_rows
from thousandfold.tables.rows import ROW_TYPES

SCENARIOS, REPEATS, FINDINGS = 200, 20, 60
MANY_FINDINGS = 2000
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


def repeat_findings(folder, findings):
    """Give the study in a folder so many findings: its own, with their rows, again and again."""
    file = folder / f"{NAME}.yaml"
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    own = config["findings"]
    copies = {
        f"{finding}r{copy}": fields_of
        for copy in range(1, findings // len(own) + 1)
        for finding, fields_of in own.items()
    }
    config["findings"] = {**own, **dict(list(copies.items())[: findings - len(own)])}
    os.chdir(folder)
    study = load_study(config, [file.name])
    for table in csv_tables(study):
        row_type, path = ROW_TYPES[table], study.folder("results") / f"{table}.csv"
        if "id" not in row_type.columns:
            continue
        by_id = {}
        for row in read_rows(row_type, path):
            by_id.setdefault(row.id, []).append(row)
        told = [
            replace(row, id=finding)
            for finding in config["findings"]
            for row in by_id.get(finding.partition("r")[0], [])
        ]
        write_rows(row_type, told, path)
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


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
    cores, rows = os.cpu_count(), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_project(folder)
        write_broad(folder, NAME, SCENARIOS, REPEATS, FINDINGS)
        run(folder, "analyse", "--configfile", f"{NAME}.yaml")
        for findings in (FINDINGS, MANY_FINDINGS):
            if findings > FINDINGS:
                repeat_findings(folder, findings)
            for processes in (1, cores):
                found = measured_apart(__file__, "--measure", [name, processes])
                rows.append(
                    f"| {findings:,} | {processes} | {found['seconds']:.1f} s "
                    f"| {found['megabytes']:.1f} MB | {found['memory']:.0f} MB |\n"
                )
        os.chdir(ROOT)
    text = (
        f"# The page of {SCENARIOS} scenarios of {REPEATS} repeats\n\n"
        f"Made by `python benchmarks/report.py --markdown benchmarks/report.md` on "
        f"{platform.machine()} with {cores} cores; imports are left out.\n\n"
        "| findings | processes that draw | page | its size | memory of the process |\n"
        f"|---|---|---|---|---|\n{''.join(rows)}"
    )
    publish(text, markdown)


if __name__ == "__main__":
    main()
