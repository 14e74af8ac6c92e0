"""Kill a study outright at random moments, again and again, and see that nothing is lost.

    python tests/workflow/kills.py [--kills 30] [--seed 1]

Runs the smoke study undisturbed, then kills it: a job, Snakemake, or everything. After each kill
the same command is given again; a study that comes to its end is compared and started anew.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

if __name__ == "__main__":
    tests = Path(__file__).resolve().parent.parent
    sys.path += [str(tests), str(tests.parent / "workflow/scripts")]

from workflow.project import SMOKE, Project

LONGEST_WAIT = 12.0
"""Seconds after which a run is killed at the latest; all of it takes about thirty."""


class Killer:
    """Runs a project's command and kills it."""

    def __init__(self, project, seed):
        self.project, self.random = project, random.Random(seed)
        self.kills: Counter[str] = Counter()
        self.finished_runs = 0

    def run_and_kill(self):
        """Start the study, and kill something of it unless it ends before."""
        process = self.project.start()
        victim = self.random.choice(["a job", "snakemake", "everything"])
        try:
            process.wait(self.random.uniform(0, LONGEST_WAIT))
        except subprocess.TimeoutExpired:
            self.kills[victim] += self._kill(process, victim)
            process.wait()
        # An end without a kill must be a good one.
        if process.returncode == 0:
            self.finished_runs += 1
        self.project.run("--unlock")

    def _kill(self, process, victim):
        """How many were killed: 0 if there was no job just then."""
        if victim == "everything":
            os.killpg(process.pid, signal.SIGKILL)
        elif victim == "snakemake":
            process.kill()
        else:
            jobs = psutil.Process(process.pid).children(recursive=True)
            scripts = [job for job in jobs if ".snakemake/scripts" in " ".join(job.cmdline())]
            if not scripts:
                return 0
            self.random.choice(scripts).kill()
        return 1


def kill_again_and_again(project, expected, kills, seed):
    """Kill a project this many times, whole or in parts; its tables must come out as expected.

    Returns how often each victim was killed, and how many runs finished.
    """
    killer = Killer(project, seed)
    while killer.kills.total() < kills:
        finished_before = killer.finished_runs
        killer.run_and_kill()
        if killer.finished_runs > finished_before:
            assert project.tables() == expected
            shutil.rmtree(project.results)
    project.run()
    assert project.tables() == expected
    assert not list(project.results.rglob("*.partial"))
    return killer.kills, killer.finished_runs + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = Project(Path(folder) / "undisturbed", SMOKE)
        undisturbed.run()
        killed = Project(Path(folder) / "killed", SMOKE)
        started = time.perf_counter()
        kills, finished = kill_again_and_again(
            killed, undisturbed.tables(), arguments.kills, arguments.seed
        )
        counts = ", ".join(f"{victim} {count} times" for victim, count in sorted(kills.items()))
        print(
            f"Killed: {counts} (seed {arguments.seed}), in {time.perf_counter() - started:.0f} s. "
            f"{finished} studies finished, all tables equal to the undisturbed run's."
        )


if __name__ == "__main__":
    main()
