"""The documentation and the scripts beside the workflow: up to date, and able to run."""

import ast
import importlib.util
import re
import runpy
import subprocess
import sys
import tomllib

import pytest
import yaml
from support import ROOT

SCRIPTS = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("docs/*.py"), *ROOT.glob("benchmarks/*.py")])  # fmt: skip


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_pages_are_built_and_no_link_is_dead(tmp_path):
    build = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
    result = subprocess.run(
        [*build, "--conf-dir", ROOT / "docs", ROOT, tmp_path], capture_output=True, text=True, check=False
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "Verdicts without training" in (tmp_path / "README.html").read_text(encoding="utf-8")


def test_the_news_can_be_gathered_and_their_links_lead_somewhere():
    build = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "next"]
    result = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    gathered = " ".join(result.stdout.split())
    for entry in ROOT.glob("changes/*.md"):
        text = entry.read_text(encoding="utf-8")
        assert " ".join(text.split()) in gathered, entry
        for link in re.findall(r"\]\(([^):#]+)", text):
            assert (ROOT / link).exists(), f"{entry}: {link}"


def test_the_reference_is_what_the_schemas_say():
    check = [sys.executable, ROOT / "docs/reference.py", "--check"]
    result = subprocess.run(check, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_no_module_imports_from_a_layer_above_and_the_page_says_so():
    check = [sys.executable, ROOT / "docs/layers.py", "--check"]
    checked = subprocess.run(check, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_the_reference_has_every_key():
    schema = yaml.safe_load(
        (ROOT / "workflow/scripts/thousandfold/schemas/config.schema.yaml").read_text("utf-8")
    )
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    keys = set(schema["$defs"]["network"]) | set(schema["properties"])
    keys |= {"half_width", "clipnorm", "validation_rows", "all_of", "over"}
    assert {key for key in keys if f"| `{key}`" not in page} == set()


def test_the_rule_graph_is_that_of_the_rules():
    rulegraph = load(ROOT / "docs/rulegraph.py")
    now = {
        pair for pair in rulegraph.edges(rulegraph.rule_graph()) if pair[1] not in rulegraph.ENDS
    }
    drawn = (ROOT / "docs/rulegraph.svg").read_text(encoding="utf-8")
    assert set(re.findall(r"<title>(\w+)&#45;&gt;(\w+)</title>", drawn)) == now


def test_every_direct_dependency_is_accounted_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lists = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    names = {re.split(r"[ <>=;]", entry)[0] for entries in lists for entry in entries}
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    first_cells = "\n".join(re.findall(r"^\| (.*?) \|", page, flags=re.MULTILINE))
    assert names == set(re.findall(r"`([^`]+)`", first_cells))


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_every_script_can_be_started(script, monkeypatch):
    """Its imports hold, and it says what it is; what it measures takes minutes."""
    tree = ast.parse((ROOT / script).read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    monkeypatch.setattr(sys, "path", [str(ROOT / script.parent), *sys.path])
    monkeypatch.setattr(sys, "argv", [str(script)])
    runpy.run_path(str(ROOT / script), run_name="started")


@pytest.mark.slow
def test_every_way_of_training_ends_with_the_same_weights():
    """Stock Keras, our engines, the C program: benchmarks/speed.py compares them before it measures."""
    command = [sys.executable, ROOT / "benchmarks/speed.py", "--quick"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "engine `replicated`, 1,000 repeats: weights within" in result.stdout
    assert "C, " in result.stdout, "the C program was left out: there is no compiler"
