"""Setting up: the lock, the pins for conda users, platforms that are not served, missing programs."""

import importlib.util
import os
import platform
import re
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support import ROOT

ADDRESS = re.compile(rb"https?://|--index-url|--extra-index|--find-links")


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"envs/{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "envs/build.lock", "envs/uv.lock", "envs/mutation.lock"]
)
def test_locks_pin_and_hash_everything_and_hold_no_address(lock):
    content = (ROOT / lock).read_bytes()
    assert not ADDRESS.search(content)
    entries = re.split(r"\n(?=[a-z0-9])", content.decode())
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9._-]*(\[[a-z,-]+\])?==[^ ]+ ", entry), entry[:80]
        assert "--hash=sha256:" in entry


def test_the_lock_holds_every_dependency():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["train"],
        *project["dependency-groups"]["workflow"],
        *project["dependency-groups"]["dev"],
    ]
    pinned = {
        line.split("==")[0]
        for line in (ROOT / "requirements.lock").read_text().splitlines()
        if "==" in line
    }
    assert {re.split(r"[ <>=;]", name)[0].lower() for name in names} <= pinned


def test_the_pins_for_conda_users_are_the_locks():
    result = subprocess.run(
        [sys.executable, ROOT / "envs/export.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def installed_closure(roots):
    """Names of packages and of all that they need here, as the installed ones themselves say."""
    names, found = list(roots), set()
    while names:
        name = names.pop()
        if name in found:
            continue
        try:
            needed = [Requirement(text) for text in metadata.requires(name) or ()]
        except metadata.PackageNotFoundError:
            # TensorFlow has another name on other platforms.
            continue
        found.add(name)
        names += [
            canonicalize_name(requirement.name)
            for requirement in needed
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        ]
    return found


@pytest.mark.parametrize("kind", ["train", "analysis"])
def test_the_pins_hold_what_the_rules_import_and_what_that_needs(kind):
    export = load("export")
    pins = export.read_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    pinned = {pin.name for pin in export.closure(pins, export.ROOTS[kind])}
    needed = installed_closure(export.ROOTS[kind])
    assert len(needed) > len(export.ROOTS[kind])
    assert needed <= pinned
    foreign = {
        "train": {"snakemake", "matplotlib"},
        "analysis": {"snakemake", "keras", "tensorflow-cpu"},
    }
    assert not pinned & foreign[kind]


def test_this_platform_is_served():
    load("make_environment").check_platform()


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("system", "Windows"), ("machine", "riscv64"), ("python_implementation", "PyPy")],
)
def test_other_platforms_get_one_clear_error(monkeypatch, attribute, value):
    module = load("make_environment")
    monkeypatch.setattr(platform, attribute, lambda: value)
    with pytest.raises(SystemExit, match=rf"cannot be set up with .*{value}.*needs CPython 3\.11"):
        module.check_platform()


def test_other_pythons_get_one_clear_error(monkeypatch):
    module = load("make_environment")
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    with pytest.raises(SystemExit, match=r"It needs CPython 3\.11, 3\.12 or 3\.13"):
        module.check_platform()


def test_no_index_address_in_any_tracked_file():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    hosts = re.compile(rb"pypi\.org|pythonhosted\.org|/simple/|npmjs\.org|conda\.anaconda")
    own = "tests/unit/test_environment.py"
    for name in listed.stdout.decode().split("\0"):
        if name and name != own and (ROOT / name).is_file():
            assert not hosts.search((ROOT / name).read_bytes()), name


def test_a_skipped_test_fails_where_none_may_be_skipped(tmp_path):
    """Without R on the path, the test against R is skipped."""
    against_r = [sys.executable, "-m", "pytest", "tests/unit/test_estimates.py", "-k", "r_itself"]
    environment = {**os.environ, "PATH": str(tmp_path), "PYTEST_ADDOPTS": ""}
    result = subprocess.run(
        [*against_r, "--no-skips"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert result.returncode == 1, result.stdout
    assert "--no-skips: tests were skipped" in result.stdout
    assert "R is not installed" in result.stdout
