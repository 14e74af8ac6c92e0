"""The study on a real Slurm: the same numbers, and nothing lost when jobs or the head are killed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support import ROOT
from workflow.project import SMOKE, Project, wait_for

from cluster.faults import FaultyProject, assert_same_block, first_packs
from cluster.local_slurm import LocalSlurm, missing_programs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(missing_programs()), reason=f"not installed: {', '.join(missing_programs())}"
    ),
]

# Each look at the jobs comes ten seconds after the last, and a failure makes the wait longer.
IMPATIENT = ("--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "10")


@pytest.fixture(scope="module")
def slurm():
    with LocalSlurm() as running:
        yield running


@pytest.fixture
def run(slurm):
    """Runs a project on Slurm; returns what Snakemake printed."""

    def run(project, *arguments, profile="profiles/slurm", **options):
        arguments = (*arguments, *IMPATIENT, "--profile", profile)
        return project.run(*arguments, cores=None, environment=slurm.environment, **options)

    return run


@pytest.fixture
def start(slurm):
    """Starts a project on Slurm."""
    return lambda project, *arguments: subprocess.Popen(
        project.command(*arguments, *IMPATIENT, "--profile", "profiles/slurm"), cwd=project.folder, env=slurm.environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def adapt_profile(project):
    """Make profiles/mysite as docs/clusters.md says; the local Slurm has that partition."""
    page = (ROOT / "docs/clusters.md").read_text(encoding="utf-8")
    added = re.search(r"cp -r profiles/slurm profiles/mysite.*?```yaml\n(.*?)```", page, re.DOTALL)
    mysite = shutil.copytree(project.folder / "profiles/slurm", project.folder / "profiles/mysite")
    with (mysite / "config.yaml").open("a", encoding="utf-8") as profile:
        profile.write(added[1])


def test_the_smoke_study_gives_the_same_numbers_though_its_head_is_killed(
    run, start, smoke, tmp_path
):
    project = Project(tmp_path / "smoke", SMOKE)
    with start(project) as head:
        wait_for(project.blocks)
        head.kill()
    assert not (project.results / "repeats.parquet").exists()
    project.run("--unlock")
    output = run(project)
    assert "has been submitted with SLURM jobid" in output
    assert output.count("(Rule: train)") < 6
    assert project.tables() == smoke.tables()
    assert (project.folder / "reports/smoke/report.html").exists()


def test_jobs_that_fail_are_tried_as_often_as_the_profile_says(run, finished, tmp_path):
    project = FaultyProject(tmp_path / "faulty")
    adapt_profile(project)
    assert "\nretries: 2\n" in (project.folder / "profiles/mysite/config.yaml").read_text()
    project.set_fault("stateful", "raise OSError('always')")
    project.set_fault("stateless", "fault.unlink(); raise OSError('once')")
    packs = first_packs(project, "stateful", "stateless")
    output = run(project, *packs, profile="profiles/mysite", succeeds=False)
    assert "No SLURM account given" not in output
    assert project.tries("stateful") == 3
    assert project.tries("stateless") == 1
    assert not (project.folder / packs[0]).exists()
    assert_same_block("stateless", project, finished)


def test_jobs_that_the_scheduler_kills_leave_no_half_file(start, run, slurm, finished, tmp_path):
    project = FaultyProject(tmp_path / "faulty")
    hang = "import time; time.sleep(600)"
    project.set_fault("stateful", f"hoard = b'x' * 6_000_000_000; {hang}")
    project.set_fault("stateless", hang)
    project.set_fault("stateless_shuffle", hang)
    scenarios = ["stateful", "stateless", "stateless_shuffle"]
    packs = first_packs(project, *scenarios)
    # A minute is the shortest limit that Slurm knows.
    options = ["--retries", "0", "--set-resources", "train:runtime=1"]
    with start(project, *packs, *options) as head:
        wait_for(lambda: project.tries("stateless_shuffle"))
        cancelled = slurm.run("squeue", "--noheader", "--format=%i %k").splitlines()
        (job,) = (line.split()[0] for line in cancelled if Path(packs[2]).stem in line)
        slurm.run("scancel", job)
        output, _ = head.communicate(timeout=300)
        assert head.returncode != 0, output
    logs = (project.folder / ".snakemake/slurm_logs").rglob("*.log")
    told = "\n".join([output, *(log.read_text() for log in logs)])
    assert "exceeded memory limit" in told
    assert "SLURM status is: 'TIMEOUT'" in told
    assert "SLURM status is: 'CANCELLED'" in told
    for scenario, pack in zip(scenarios, packs, strict=True):
        assert project.tries(scenario) == 1
        assert not (project.folder / pack).exists()
    project.remove_faults()
    run(project, *packs)
    for scenario in scenarios:
        assert_same_block(scenario, project, finished)
