"""Every command that README and docs give is run: here, by .ci/run, or by the test named here."""

import os
import re
import shlex
import shutil
import subprocess

import pytest
import yaml
from support import ROOT

from workflow.project import Project, merged

PAGES = [
    *ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md"), *ROOT.glob("config/*.md"), *ROOT.glob("data/*.md"),
]  # fmt: skip
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
OVERLAYS = sorted(path.relative_to(ROOT) for path in ROOT.glob("config/*.yaml"))
NEW_STUDY = "tests/workflow/test_own_studies.py::test_a_new_study_in_one_step"
OWN_TABLE = "tests/workflow/test_own_studies.py::test_the_five_lines_of_the_readme"
PLACES = "tests/workflow/test_places.py::test_a_study_in_another_folder_and_the_command_that_its_report_tells"
PLANNED = "tests/workflow/test_own_studies.py::test_a_plan_before_and_after_a_pilot"
REQUIRED = "tests/workflow/test_own_studies.py::test_verdicts_that_are_required"
REGISTERED = "tests/workflow/test_own_studies.py::test_a_preregistration_is_kept_and_linked"
PAPER = "tests/workflow/test_paper.py::test_a_paper_is_made_where_it_is_asked_for"
COMPARED = "tests/workflow/test_comparing.py::test_two_runs_side_by_side"
STARTED = "tests/unit/test_docs.py::test_every_script_can_be_started"

ELSEWHERE = {
    ".ci/run": ".ci/run",
    "make study": ".ci/run",
    "make test": ".ci/run",
    "make docs": ".ci/run",
    "make environment": ".ci/run",
    "make study PYTHON=python3.12": ".ci/run",
    "make test-slow": ".ci/run",
    "source .venv/bin/activate": ".ci/run",
    "snakemake --cores 2": "tests/workflow/test_study.py::test_the_run_leaves_what_it_promises",
    "snakemake --cores 2 report": "tests/workflow/test_reruns.py::test_the_report_is_rendered_again_without_training",
    "snakemake --report": "tests/workflow/test_study.py::test_snakemakes_own_report_shows_figures_and_tables",
    "snakemake --report own.html": "tests/workflow/test_study.py::test_snakemakes_own_report_shows_figures_and_tables",
    "snakemake --reporter fairscape": "tests/workflow/test_study.py::test_the_ro_crate_is_valid_and_leads_from_the_report_back_to_the_series",
    "snakemake --unlock": "tests/workflow/test_reruns.py::test_a_kill_in_the_middle_changes_no_result",
    "snakemake -n": "tests/workflow/test_reruns.py::test_a_finished_study_has_nothing_to_do",
    "snakemake analyse": OWN_TABLE,
    "snakemake --cores 2 plan_power": PLANNED,
    "snakemake plan_power": PLANNED,
    "snakemake --cores 2 preregister": REGISTERED,
    "snakemake --cores 2 paper": PAPER,
    "snakemake --cores 2 compare_studies --config compare='[results/before, results/after]'": COMPARED,
    "snakemake --cores 2 verdicts": REQUIRED,
    "snakemake verdicts": REQUIRED,
    "snakemake --cores 2 analyse --configfile mine.yaml": OWN_TABLE,
    "snakemake --profile profiles/slurm": "tests/cluster/test_slurm.py::test_the_smoke_study_gives_the_same_numbers_though_its_head_is_killed",
    "snakemake --profile profiles/cluster-generic": "tests/cluster/test_generic.py::test_the_study_gives_the_same_numbers",
    "python workflow/scripts/new_study.py sales.csv": NEW_STUDY,
    "python workflow/scripts/new_study.py FILE": NEW_STUDY,
    "python workflow/scripts/new_study.py --table scores.csv": "tests/unit/test_runs.py::test_a_new_study_of_a_table",
    "snakemake -n --configfile sales.yaml": NEW_STUDY,
    "snakemake --cores 2 --configfile sales.yaml": "tests/workflow/test_commands.py::test_the_tutorial",
    "snakemake --cores 2 --snakefile ../thousandfold/Snakefile --configfile mine.yaml": PLACES,
    "snakemake --cores 2 --configfile config/smoke.yaml": "tests/workflow/test_commands.py::test_every_shipped_study_is_planned",
    "python docs/layers.py": "tests/unit/test_docs.py::test_no_module_imports_from_a_layer_above_and_the_page_says_so",
    "python docs/reference.py": "tests/unit/test_docs.py::test_the_reference_is_what_the_schemas_say",
    "python docs/rulegraph.py": "tests/unit/test_docs.py::test_the_rule_graph_is_that_of_the_rules",
    "python docs/coverage.py": STARTED,
    "python docs/findings.py": STARTED,
    "python docs/findings.py readers": STARTED,
    "python docs/m3.py": STARTED,
    "python tests/workflow/kills.py --kills 30 --seed 1": "tests/workflow/test_faults.py::test_kills_at_random_moments_change_no_result",
    "make benchmark": "tests/unit/test_docs.py::test_every_way_of_training_ends_with_the_same_weights",
    "python benchmarks/speed.py --quick": "tests/unit/test_docs.py::test_every_way_of_training_ends_with_the_same_weights",
    **{
        f"python benchmarks/{name}.py --markdown benchmarks/{name}.md": STARTED
        for name in ("analysis", "growth", "jobs", "report", "scale", "series", "sizes", "study")
    },
}
"""Command -> what runs it, or the same with other numbers."""

DRY_RUN = (
    "make lock", "make torch", "make jax", "make mutation", "make quick", "make coverage",
    "make test-exhaustive",
)  # fmt: skip
"""Commands that fetch what changes by the day, or gigabytes, or run what CI runs or has no time for: only planned."""

HERE = (
    "make clean",
    "pre-commit install",
    "snakemake --cores 2 --config study='{repeats: 30}'",
    "snakemake --cores 2 --configfile mine.yaml",
    *[f"snakemake --cores 2 --configfile {overlay}" for overlay in ("config/<study>.yaml", "config/keras2017.yaml")],
)  # fmt: skip
"""Commands that the tests below run."""


def commands(page):
    """The commands on a page: lines of its shell blocks, and code in its text that starts as one."""
    text = page.read_text(encoding="utf-8")
    for language, block in FENCE.findall(text):
        for line in block.splitlines() if language == "sh" else ():
            command = re.sub(r"(^|\s+)#.*", "", line).strip()
            if command:
                yield command
    for code in re.findall(r"`([^`\n]+)`", FENCE.sub("", text)):
        if re.match(r"(make|snakemake|python|pre-commit|\.ci/run)( [^.]|$)", code):
            yield code


def tutorial():
    """What the tutorial has one type after its environment is there, and what it shows and adds."""
    page = ROOT / "docs/tutorial.md"
    blocks = FENCE.findall(page.read_text(encoding="utf-8"))
    typed = [c for c in commands(page) if re.match(r"python|snakemake", c)]
    return typed, dict(blocks)["text"].strip(), yaml.safe_load(dict(blocks)["yaml"])


def shell(folder, command, **keywords):
    path = f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["bash", "-c", command], cwd=folder, env={**os.environ, "PATH": path}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **keywords,
    )  # fmt: skip
    assert result.returncode == 0, f"{command}\n{result.stdout}"
    return result.stdout


def test_every_command_is_run_somewhere():
    given = {command for page in PAGES for command in commands(page)}
    typed, _, _ = tutorial()
    known = {*ELSEWHERE, *DRY_RUN, *HERE, *typed, "make", "snakemake", "python", "pre-commit"}
    assert given <= known
    assert known - given <= {
        "make",
        "snakemake",
        "python",
        "pre-commit",
        "python benchmarks/speed.py --quick",
    }
    for place in set(ELSEWHERE.values()):
        file, _, test = place.partition("::")
        content = (ROOT / file).read_text(encoding="utf-8")
        assert not test or f"def {test}(" in content, place


@pytest.mark.slow
def test_the_tutorial(tmp_path):
    project = Project(tmp_path / "nile")
    typed, plan, addition = tutorial()
    printed = [shell(project.folder, command) for command in typed]
    told = re.sub(r"about \d+ \w+", "", plan)
    assert any(told in re.sub(r"about \d+ \w+", "", output) for output in printed)
    assert (project.folder / "reports/nile/report.html").exists()

    file = project.folder / "nile.yaml"
    study = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump(merged(study, addition)), encoding="utf-8")
    planned = shell(project.folder, "snakemake -n --configfile nile.yaml")
    assert re.search(r"^train +1$", planned, flags=re.MULTILINE), planned


@pytest.mark.slow
def test_the_readmes_first_look_and_its_changed_study(tmp_path):
    project = Project(tmp_path / "mine")
    shell(project.folder, "snakemake --cores 2 --config study='{repeats: 30}'")
    page = (ROOT / "docs/studies.md").read_text(encoding="utf-8")
    changed = next(text for kind, text in FENCE.findall(page) if "two_units" in text)
    (project.folder / "mine.yaml").write_text(changed, encoding="utf-8")
    shell(project.folder, "snakemake --cores 2 --configfile mine.yaml")
    assert "G1" in (project.folder / "results/mine/claims.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("overlay", OVERLAYS, ids=str)
def test_every_shipped_study_is_planned(tmp_path, overlay):
    """By the command that its head gives; the copy of config.yaml has none."""
    text = (ROOT / overlay).read_text(encoding="utf-8")
    given = re.findall(r"^# +(snakemake --cores 2 --configfile .*)$", text, re.MULTILINE)
    assert len(given) == (overlay.name != "config.yaml")
    command = given[0] if given else f"snakemake --cores 2 --configfile {overlay}"
    assert shlex.split(command)[-1] == str(overlay)
    project = Project(tmp_path / "planned")
    assert "The whole study is" in shell(project.folder, f"{command} -n")


def test_commands_of_the_makefile(tmp_path):
    for command in DRY_RUN:
        assert shell(ROOT, command.replace("make", "make -n"))
    shutil.copy(ROOT / "Makefile", tmp_path)
    for folder in ("results", "reports"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "old").touch()
    shell(tmp_path, "make clean")
    assert not list(tmp_path.glob("re*/old"))


def test_hooks_can_be_installed(tmp_path):
    shutil.copy(ROOT / ".pre-commit-config.yaml", tmp_path)
    shell(tmp_path, "git init --quiet && pre-commit install")
    assert (tmp_path / ".git/hooks/pre-commit").exists()
