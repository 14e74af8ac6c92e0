"""The package in a notebook, as it is installed, and beside it runs that are not to use that one."""

import os
import re
import shutil
import subprocess
import sys
import zipfile

import nbformat
import numpy as np
import pandas as pd
import pytest
from support import ROOT

from workflow.project import Project

NOT_INSTALLED = ("snakemake", "tensorflow", "keras", "matplotlib", "seaborn", "jinja2", "psutil")
"""What `pip install .` does not bring, and this environment has."""

SAME = """
from thousandfold.tables.rows import ClaimRow, ConjunctionRow, ContrastRow

for rows, row_type, number in [
    (verdicts.contrasts, ContrastRow, 2),
    (verdicts.claims, ClaimRow, 2),
    (verdicts.conjunctions, ConjunctionRow, 1),
]:
    assert len(rows) == number
    read = read_table(results, row_type)
    pd.testing.assert_frame_equal(frame_of(row_type, rows), frame_of(row_type, read), check_exact=True)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the package as its wheel has it."""
    source, wheels = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheels")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(
        ROOT / "workflow", source / "workflow", ignore=shutil.ignore_patterns("__pycache__")
    )
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(wheels)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=source, capture_output=True, check=True)
    folder = tmp_path_factory.mktemp("installed")
    zipfile.ZipFile(next(wheels.glob("*.whl"))).extractall(folder)
    return folder


def python(folder, code, path):
    """What Python prints, run in a folder with a package there first on its path."""
    blocked = f"import sys; sys.modules |= dict.fromkeys({NOT_INSTALLED})\n"
    environment = {**os.environ, "PYTHONPATH": str(path)}
    result = subprocess.run(
        [sys.executable, "-c", blocked + code], cwd=folder, env=environment, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    """The study of the README's table, run while a package of the same name is installed."""
    project = Project(tmp_path_factory.mktemp("analysed") / "project")
    rng = np.random.default_rng(2)
    rows = [
        {"series": series, "scenario": scenario, "accuracy": value}
        for series in ("digits", "letters")
        for scenario, mean in [("old", 90), ("new", 92)]
        for value in rng.normal(mean, 1, 20)
    ]
    pd.DataFrame(rows).to_csv(project.folder / "scores.csv", index=False)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    study = next(b for b in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if "table:" in b)
    for name in ("overlay.yaml", "mine.yaml"):
        (project.folder / name).write_text(study, encoding="utf-8")
    other = tmp_path_factory.mktemp("other")
    (other / "thousandfold").mkdir()
    (other / "thousandfold/__init__.py").write_text("raise ImportError('the installed copy')")
    project.run("analyse", environment={**os.environ, "PYTHONPATH": str(other)})
    return project.folder


def test_rules_use_the_checkouts_copy_whatever_is_installed(analysed):
    assert (analysed / "reports/mine/report.html").exists()


def test_the_page_gives_what_the_run_gave(installed, analysed):
    page = (ROOT / "docs/notebooks.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    printed = python(analysed, "\n".join([*blocks, SAME]), installed)
    assert "supported" in printed
    assert "20.0" in printed


def test_the_example_notebook_runs_on_results(installed, analysed, tmp_path):
    notebook = nbformat.read(ROOT / "examples/results.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.get("outputs") for cell in notebook.cells)
    shutil.copytree(analysed / "results/mine", tmp_path / "results")
    # As a notebook shows them, the values that cells end with.
    shown = [re.sub(r"^(?=\S.*\Z)", "shown = ", cell, flags=re.MULTILINE) for cell in code]
    printed = python(tmp_path, "\n".join(f"{cell}\nprint(shown)" for cell in shown), installed)
    claims = pd.read_csv(analysed / "results/mine/claims.csv")
    for verdict in claims["verdict"]:
        assert verdict in printed
    assert "required_repeats" in printed


def test_what_is_installed_is_the_wheels(installed, tmp_path):
    printed = python(tmp_path, "import thousandfold; print(thousandfold.__file__)", installed)
    assert printed.strip() == str(installed / "thousandfold/__init__.py")


def test_a_table_that_is_not_there_and_one_that_was_changed(installed, analysed, tmp_path):
    code = (
        "from thousandfold.errors import UserError\n"
        "from thousandfold.notebook import read_table\n"
        "from thousandfold.tables.rows import ClaimRow\n"
        "try: read_table({!r}, ClaimRow)\n"
        "except UserError as error: print(error)"
    )
    assert "claims.csv: there is no such table; run the study" in python(
        tmp_path, code.format(str(tmp_path)), installed
    )
    changed = tmp_path / "results"
    shutil.copytree(analysed / "results/mine", changed)
    (changed / "claims.csv").write_text("id\nH1\n", encoding="utf-8")
    assert "claims.csv: is damaged" in python(tmp_path, code.format(str(changed)), installed)
