"""A study is run, and planned, in whatever folder a user is."""

import shutil
import subprocess
import sys

import pytest
import yaml
from support import ROOT

from workflow.project import TINY, Project

TABLE = """
standalone: true
study: {name: judged, seed: 1, margin: 1}
table: {file: "runs 1.csv", metric: rmse}
findings: {F1: {claim: a beats b., expect: less, a: a, b: b}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("places") / "project")


@pytest.fixture
def folder(tmp_path):
    """A user's folder with a blank in its name, a table of runs and a config in it."""
    folder = tmp_path / "my studies"
    folder.mkdir()
    rows = [f"{name},{i + 5 * (name == 'b')}" for name in "ab" for i in range(6)]
    (folder / "runs 1.csv").write_text("\n".join(["scenario,rmse", *rows, ""]), encoding="utf-8")
    (folder / "my study.yaml").write_text(TABLE, encoding="utf-8")
    return folder


def snakemake(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments], cwd=folder, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_study_in_another_folder_and_the_command_that_its_report_tells(project, folder):
    snakefile = project.folder / "Snakefile"
    code, output = snakemake(
        folder, "--cores", "1", "--snakefile", snakefile, "--configfile", "my study.yaml"
    )
    assert code == 0, output
    assert (folder / "results/judged/claims.csv").exists()
    told = yaml.safe_load((folder / "results/judged/provenance.json").read_text())["command"]
    assert told.endswith("--configfile 'my study.yaml'")
    again = subprocess.run(
        told.replace("snakemake", f"{sys.executable} -m snakemake", 1) + " -n",
        shell=True, cwd=folder, text=True, capture_output=True, check=True,
    )  # fmt: skip
    assert "Nothing to be done" in again.stderr + again.stdout


def test_the_projects_own_study_from_another_folder(project, folder):
    overlay = folder / "tiny.yaml"
    overlay.write_text(yaml.safe_dump(TINY), encoding="utf-8")
    for place in (
        (folder, "--snakefile", project.folder / "Snakefile", "--configfile", "tiny.yaml"),
        (project.folder, "--directory", folder, "--configfile", overlay),
    ):
        code, output = snakemake(place[0], "-n", *place[1:])
        assert code == 0, output
        assert "The whole study is 15 trainings" in output
    assert not (project.folder / "results").exists()


def test_a_config_yaml_of_the_folder_takes_the_place_of_the_projects(project, folder):
    (folder / "my study.yaml").rename(folder / "config.yaml")
    code, output = snakemake(folder, "-n", "--snakefile", project.folder / "Snakefile")
    assert code == 0, output
    assert "import_repeats" in output or "collect" in output
    assert "train" not in output.split("Job stats:")[1].split("total")[0]


def test_a_study_that_stands_alone_needs_no_config_yaml(tmp_path, folder):
    project = Project(tmp_path / "bare")
    (project.folder / "config.yaml").unlink()
    for file in folder.iterdir():
        shutil.copy(file, project.folder)
    code, output = snakemake(project.folder, "-n", "--configfile", "my study.yaml")
    assert code == 0, output
    code, output = snakemake(project.folder, "-n")
    assert code == 1
    assert "config.yaml: there is no such file; restore it" in output


@pytest.mark.parametrize("given", [["--snakefile"], ["-s"]])
def test_overlays_are_checked_from_another_folder(project, folder, given):
    (folder / "tab.yaml").write_text("study:\n\tname: x\n", encoding="utf-8")
    code, output = snakemake(
        folder, "-n", *given, project.folder / "Snakefile", "--configfile", "tab.yaml"
    )
    assert code == 1
    assert "tab.yaml, line 2: begins with a tab; indent with spaces" in output


def test_the_command_that_new_study_prints_runs_in_the_users_folder(project, folder):
    shutil.copy(ROOT / "data/shampoo-sales.csv", folder / "my sales.csv")
    script = project.folder / "workflow/scripts/new_study.py"
    made = subprocess.run(
        [sys.executable, script, "my sales.csv"],
        cwd=folder, text=True, capture_output=True, check=True,
    )  # fmt: skip
    command = made.stdout.splitlines()[-1]
    planned = subprocess.run(
        command.replace("snakemake", f"{sys.executable} -m snakemake", 1),
        shell=True, cwd=folder, text=True, capture_output=True, check=True,
    )  # fmt: skip
    assert "The whole study is 400 trainings" in planned.stderr + planned.stdout
