"""Other workflows take this one as a module: with prefixed rules, and as snakedeploy lays it out."""

import shutil
import subprocess
import sys

import pytest
import yaml
from support import ROOT, shipped_config

from workflow.project import SMOKE, Project, merged

FEW = merged(SMOKE, {"study": {"repeats": 4, "scenarios": ["stateful", "stateless"]}})
"""The smoke study, small enough to be run once per way of use."""

PREFIXED = """
configfile: "mine.yaml"

module thousandfold:
    snakefile: "{snakefile}"
    config: config["forecasts"]

use rule * from thousandfold as tf_*

rule mine:
    default_target: True
    input: rules.tf_all.input
    output: "results/mine.txt"
    shell: "touch {{output}}"
"""

DEPLOYED = """
configfile: "config/config.yaml"

module thousandfold:
    snakefile: "{snakefile}"
    config: config

use rule * from thousandfold
"""
"""What snakedeploy writes into workflow/Snakefile."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("modules") / "project")


def run(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments], cwd=folder, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def write(file, content):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")


def test_a_module_with_prefixed_rules_beside_rules_of_ones_own(project, tmp_path):
    snakefile = project.folder / "workflow" / "Snakefile"
    write(tmp_path / "Snakefile", PREFIXED.format(snakefile=snakefile))
    config = {"forecasts": merged(shipped_config(), FEW), "other": 1}
    write(tmp_path / "mine.yaml", yaml.safe_dump(config))
    printed = run(tmp_path, "--cores", "2")
    assert "(Rule: tf_train)" in printed
    assert (tmp_path / "results/mine.txt").exists()
    assert (tmp_path / "reports/smoke/report.html").exists()
    assert "Nothing to be done" in run(tmp_path, "-n", "tf_all")


def test_the_layout_that_snakedeploy_makes(project, tmp_path):
    snakefile = project.folder / "workflow" / "Snakefile"
    write(tmp_path / "workflow" / "Snakefile", DEPLOYED.format(snakefile=snakefile))
    for folder in ("config", "profiles"):
        shutil.copytree(project.folder / folder, tmp_path / folder)
    write(tmp_path / "few.yaml", yaml.safe_dump(FEW))
    run(tmp_path, "--cores", "2", "--configfile", "few.yaml")
    assert (tmp_path / "results/smoke/claims.csv").exists()
    assert "Nothing to be done" in run(tmp_path, "-n", "--configfile", "few.yaml")


def test_the_config_that_is_deployed_is_the_projects():
    deployed = (ROOT / "config/config.yaml").read_text(encoding="utf-8")
    assert deployed == (ROOT / "config.yaml").read_text(encoding="utf-8")
