"""The study through profiles/cluster-generic, its scheduler played by pbs.py."""

import os
import sys
from pathlib import Path

import pytest
from workflow.project import Project

from cluster.faults import FaultyProject, assert_same_block, first_packs

pytestmark = pytest.mark.slow

PBS = Path(__file__).with_name("pbs.py")

THROUGH_PBS = (
    "--profile", "profiles/cluster-generic", "--latency-wait", "10", "--jobs", "3",
    "--seconds-between-status-checks", "1", "--max-status-checks-per-second", "10",
)  # fmt: skip


@pytest.fixture
def run(tmp_path):
    """Runs a project through the profile; returns what Snakemake printed."""
    programs, home = tmp_path / "bin", tmp_path / "pbs"
    programs.mkdir()
    home.mkdir()
    for name in ("qsub", "qstat", "qdel"):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {PBS} {name} "$@"\n')
        program.chmod(0o755)
    environment = {
        **os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PBS_HOME": str(home),
    }  # fmt: skip
    return lambda project, *arguments, **options: project.run(
        *arguments, *THROUGH_PBS, cores=None, environment=environment, **options
    )


def test_the_study_gives_the_same_numbers(run, finished, tmp_path):
    project = Project(tmp_path / "study")
    project.configure(study={"repeats_per_job": 5})
    output = run(project)
    assert "with external jobid '1.pbs'" in output
    assert project.tables() == finished.tables()


def test_jobs_that_fail_or_are_killed_are_tried_as_often_as_the_profile_says(
    run, finished, tmp_path
):
    project = FaultyProject(tmp_path / "faulty")
    project.set_fault("stateful", "raise OSError('always')")
    project.set_fault("stateless", "fault.unlink(); import signal; os.killpg(0, signal.SIGKILL)")
    packs = first_packs(project, "stateful", "stateless")
    run(project, *packs, succeeds=False)
    assert project.tries("stateful") == 3
    assert project.tries("stateless") == 1
    assert not (project.folder / packs[0]).exists()
    assert_same_block("stateless", project, finished)
