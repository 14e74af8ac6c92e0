"""A copy of the project in a scratch folder, and Snakemake run on it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import yaml
from support import ROOT

from thousandfold.packs import finished_packs, pack_file

PARTS = (
    "Snakefile",
    "config.yaml",
    "config",
    "data",
    "envs",
    "profiles",
    "workflow",
    "requirements.lock",
    "CITATION.cff",
)

TINY = {
    "study": {
        "name": "tiny", "repeats": 5, "repeats_per_job": 3,
        "scenarios": ["stateful", "stateless", "stateless_shuffle"],
    },
    "model": {"epochs": 3},
}  # fmt: skip
"""A study of three scenarios in two blocks each, the last of them not full."""

HELD = "shampoo/stateless_shuffle/3-5"
"""The block of the tiny study that is not finished where a run is to be killed."""

HOLD = (
    "workflow/scripts/thousandfold/disk.py",
    "        os.replace(partial, path)\n",
    """        if b'"stateless_shuffle", 3, 5' in partial.read_bytes():
            __import__("time").sleep(600)
        os.replace(partial, path)
""",
)
"""A file of the project, a line of it, and what takes its place meanwhile."""

TARGETS = {"total", "all", "study", "report"}
"""Lines of Snakemake's list of jobs that stand for no work."""

SMOKE = yaml.safe_load((ROOT / "config/smoke.yaml").read_text(encoding="utf-8"))
"""The study that users try first."""


def merged(base, changes):
    result = dict(base)
    for key, value in changes.items():
        is_branch = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if is_branch else value
    return result


def wait_for(condition, seconds=120):
    """Wait until something is so, and fail if it takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Project:
    def __init__(self, folder: Path, study=TINY):
        self.folder, self.study = folder, study
        folder.mkdir()
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder / part)
        self.results = folder / "results" / study["study"]["name"]
        self.configure()

    @classmethod
    def found_in(cls, folder: Path, study):
        """The project that an earlier one, or its copy, left in a folder."""
        project = object.__new__(cls)
        project.folder, project.study = folder, study
        project.results = folder / "results" / study["study"]["name"]
        project.configure()
        return project

    def copied_to(self, folder: Path):
        """A copy of this project, Snakemake's records and file times included."""
        shutil.copytree(self.folder, folder)
        return self.found_in(folder, self.study)

    def configure(self, **changes):
        """Write the overlay that every run uses: the study with these changes."""
        self.overlay = merged(self.study, changes)
        (self.folder / "overlay.yaml").write_text(yaml.safe_dump(self.overlay), encoding="utf-8")

    def command(self, *arguments):
        snakemake = [sys.executable, "-m", "snakemake"]
        return [*snakemake, *arguments, "--configfile", "overlay.yaml"]

    def run(self, *arguments, cores=2, succeeds=True, environment=None):
        """Run Snakemake, on this machine unless `cores` is None; returns what it printed."""
        local = () if cores is None else ("--cores", str(cores))
        result = subprocess.run(
            self.command(*local, *arguments), cwd=self.folder, text=True, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        assert (result.returncode == 0) == succeeds, result.stdout
        return result.stdout

    def start(self):
        """Start Snakemake on this machine, with its jobs a group of processes of their own."""
        return subprocess.Popen(
            self.command("--cores", "2"), cwd=self.folder, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def planned(self, *arguments):
        """How many jobs of each rule a run would start."""
        lines = re.findall(r"^(\w+) +(\d+)$", self.run("-n", *arguments), flags=re.MULTILINE)
        return {rule: int(count) for rule, count in lines if rule not in TARGETS}

    def kill_while_training(self):
        """Start a run, kill it and all of its jobs outright in the middle, and unlock.

        It cannot end before: the job of `HELD` waits just before its block gets its name.
        """
        self.edit(*HOLD)
        process = self.start()
        try:
            wait_for(self.blocks)
            assert process.poll() is None
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert HELD not in self.blocks()
        file, line, held = HOLD
        self.edit(file, held, line)
        self.run("--unlock")

    def tables(self):
        """All tables as text to the last bit, but for the one that tells how long jobs took."""
        found = {file.name: file.read_text() for file in self.results.glob("*.csv")}
        found.pop("blocks.csv", None)
        for file in self.results.glob("*.parquet"):
            found[file.name] = pd.read_parquet(file).to_csv(index=False)
        return found

    def packs(self):
        """The files of the finished packs, by what is in them: "series/scenario/start-stop".

        Of a block that was trained again because something changed, the newest.
        """
        found = [
            (pack_file(self.results, name), blocks)
            for name, blocks in finished_packs(self.results).items()
        ]
        return {
            f"{b.series}/{b.scenario}/{b.start}-{b.stop}": file
            for file, blocks in sorted(found, key=lambda each: each[0].stat().st_mtime_ns)
            for b in (packed.block for packed in blocks)
        }

    def pack(self, block):
        """The file of the finished pack that holds a block."""
        return self.packs()[block]

    def planned_packs(self):
        """The files of the packs that a run would make, by what it says of them."""
        return dict(re.findall(r"Training (.+)\n.*?(\S+/packs/\w+\.parquet)", self.run("-n")))

    def blocks(self):
        """Modification times of the finished blocks' packs."""
        return {block: file.stat().st_mtime_ns for block, file in self.packs().items()}

    def forget_all(self):
        """Delete everything that is trained, and the tables."""
        for path in [*self.results.glob("packs/*"), *self.results.glob("*.*")]:
            path.unlink()

    def repeats(self):
        return pd.read_parquet(self.results / "repeats.parquet")

    def edit(self, file, old, new):
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
