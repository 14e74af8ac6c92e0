"""Setting up, fault by fault: in checkouts of its own, by a uv that only notes what it is asked."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys

import pytest
from support import ROOT

from writable_cache import ensure_writable_cache

# It makes a folder with a python in it, as `uv venv` does.
UV = f"""#!{sys.executable} -S
import json, os, sys
from pathlib import Path
if sys.argv[1] != "--version":
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(json.dumps([sys.argv[1:], dict(os.environ)]) + "\\n")
if sys.argv[1] == os.environ.get("FAILS_AT"):
    sys.exit(1)
if sys.argv[1] == "venv":
    folder = Path(sys.argv[-1])
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    (folder / "bin/python").touch()
"""


def make_program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


class Checkout:
    """What setting up reads of a checkout, and a uv on the PATH."""

    def __init__(self, folder, programs):
        self.folder, self.programs = folder, programs
        self.notes = programs / "notes"
        shutil.copytree(ROOT / "envs", folder / "envs")
        shutil.copy(ROOT / "requirements.lock", folder)
        make_program(programs / "uv", UV)

    def set_up(self, name="main", **variables):
        """The finished process, and what uv was asked: arguments and variables, call by call."""
        self.notes.write_text("")
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        process = subprocess.run(
            [sys.executable, "-E", self.folder / "envs/make_environment.py", name],
            env=plain | {"PATH": path, "NOTES": str(self.notes)} | variables,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return process, [json.loads(line) for line in self.notes.read_text().splitlines()]


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path / "checkout", tmp_path / "programs")


@pytest.fixture
def module(checkout, monkeypatch):
    """make_environment.py of the checkout, with no uv on the PATH."""
    file = checkout.folder / "envs/make_environment.py"
    spec = importlib.util.spec_from_file_location("make_environment_of_a_checkout", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setenv("NOTES", str(checkout.notes))
    return module


def steps(calls):
    return [arguments[0] for arguments, _ in calls]


def test_it_is_done_once(checkout):
    process, calls = checkout.set_up()
    assert process.returncode == 0, process.stderr
    assert steps(calls) == ["venv", "pip"]
    process, calls = checkout.set_up()
    assert (process.stdout, calls) == ("", [])


@pytest.mark.parametrize("character", " \t\n'\"\\`$&;|<>()*?[{}:")
def test_a_path_that_breaks_runs_is_refused_before_anything_is_installed(character, tmp_path):
    checkout = Checkout(tmp_path / f"a{character}b", tmp_path / "programs")
    process, calls = checkout.set_up()
    assert process.returncode == 1
    assert repr(str(checkout.folder)) in process.stderr
    assert f"has {character!r} in it. Move the checkout" in process.stderr
    assert calls == []


def test_other_characters_in_a_path_are_none_of_its_business(tmp_path):
    checkout = Checkout(tmp_path / "a#%~!@=,^+]é有-_.b", tmp_path / "programs")
    assert checkout.set_up()[0].returncode == 0


def test_a_checkout_that_was_moved_is_set_up_anew(checkout, tmp_path):
    checkout.set_up()
    checkout.folder = checkout.folder.rename(tmp_path / "elsewhere")
    _, calls = checkout.set_up()
    assert steps(calls) == ["venv", "pip"]
    assert str(tmp_path / "elsewhere/.venv") in calls[0][0]
    assert checkout.set_up()[1] == []


def test_an_environment_that_is_linked_stays_where_it_is(checkout, tmp_path):
    """Its programs name that place."""
    (tmp_path / "shared").mkdir()
    (checkout.folder / ".venv").symlink_to(tmp_path / "shared")
    checkout.set_up()
    other = Checkout(tmp_path / "other", tmp_path / "more programs")
    (other.folder / ".venv").symlink_to(tmp_path / "shared")
    assert other.set_up()[1] == []


def test_an_environment_whose_python_is_gone_is_built_anew(checkout):
    checkout.set_up()
    (checkout.folder / ".venv/bin/python").unlink()
    assert steps(checkout.set_up()[1]) == ["venv", "pip"]


@pytest.mark.parametrize("step", ["venv", "pip"])
def test_after_a_failure_the_same_command_begins_anew(checkout, step):
    """A full disk, or a kill: what was finished before does not count either."""
    checkout.set_up()
    lock = checkout.folder / "requirements.lock"
    finished_for = lock.read_text(encoding="utf-8")
    lock.write_text(finished_for + "# changed\n", encoding="utf-8")
    process, _ = checkout.set_up(FAILS_AT=step)
    assert process.returncode == 1
    assert "Run the same command again to start over" in process.stderr
    lock.write_text(finished_for, encoding="utf-8")
    assert steps(checkout.set_up()[1]) == ["venv", "pip"]


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 1\n", "not a program", "#!/nowhere\n"])
def test_a_uv_on_the_path_that_does_not_run_is_passed_over(checkout, text):
    make_program(checkout.folder / ".uv/bin/uv", UV)
    make_program(checkout.programs / "uv", text)
    process, calls = checkout.set_up()
    assert process.returncode == 0, process.stderr
    assert steps(calls) == ["venv", "pip"]


def pip_that_fetches(module, monkeypatch, text=UV, is_killed=False):
    """In place of commands, one that puts a uv where pip was to; what is there it leaves, as pip does."""

    def run(*command, folder):
        if not (folder / "bin/uv").exists():
            make_program(folder / "bin/uv", text)
        if is_killed:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "run", run)
    monkeypatch.setattr(module, "python_with_pip", lambda: sys.executable)


def test_a_kill_while_uv_is_fetched_leaves_no_broken_one(module, monkeypatch):
    pip_that_fetches(module, monkeypatch, "half of it", is_killed=True)
    with pytest.raises(KeyboardInterrupt):
        module.find_uv()
    assert not module.UV_FOLDER.exists()
    pip_that_fetches(module, monkeypatch)
    assert module.works(module.find_uv(), "--version")
    assert [path.name for path in module.ROOT.glob(".uv*")] == [".uv"]


def test_a_broken_uv_is_fetched_anew(module, monkeypatch):
    make_program(module.UV_FOLDER / "bin/uv", "half of it")
    (module.UV_FOLDER / "leftover").touch()
    pip_that_fetches(module, monkeypatch)
    assert module.works(module.find_uv(), "--version")
    assert not (module.UV_FOLDER / "leftover").exists()


def test_a_whole_uv_is_not_fetched_again(module, monkeypatch):
    make_program(module.UV_FOLDER / "bin/uv", UV)
    monkeypatch.setattr(module, "run", None)
    assert module.find_uv() == module.UV_FOLDER / "bin/uv"


def test_a_uv_that_was_fetched_and_does_not_run_is_told(module, monkeypatch):
    pip_that_fetches(module, monkeypatch, "for another machine")
    with pytest.raises(SystemExit, match="does not run here; install uv yourself"):
        module.find_uv()
    assert not module.UV_FOLDER.exists()


def test_an_environment_without_pip_takes_the_one_of_its_base(module, monkeypatch, tmp_path):
    make_program(tmp_path / "without", "#!/bin/sh\nexit 1\n")
    make_program(tmp_path / "base", "#!/bin/sh\nexit 0\n")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "without"))
    monkeypatch.setattr(module, "BASE_PYTHON", str(tmp_path / "base"))
    assert module.python_with_pip() == str(tmp_path / "base")
    monkeypatch.setattr(module, "BASE_PYTHON", str(tmp_path / "without"))
    with pytest.raises(SystemExit, match="without has no pip, which fetches uv"):
        module.python_with_pip()


def test_the_environment_is_made_from_the_base_of_an_active_one(checkout):
    _, calls = checkout.set_up()
    python = calls[0][0][calls[0][0].index("--python") + 1]
    assert python == sys._base_executable


def test_no_inherited_variable_changes_what_is_installed(checkout):
    changing = {
        "PIP_TARGET": "/nowhere", "PIP_USER": "1", "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_NO_BINARY": ":all:", "UV_SYSTEM_PYTHON": "1", "UV_PYTHON": "3.9",
        "UV_NO_BINARY": "1", "UV_EXCLUDE_NEWER": "2020-01-01", "UV_PYTHON_DOWNLOADS": "automatic",
        "PYTHONPATH": "/nowhere", "PYTHONHOME": "",
    }  # fmt: skip
    reaching = {
        "PIP_INDEX_URL": "x", "PIP_EXTRA_INDEX_URL": "x", "PIP_FIND_LINKS": "x", "PIP_CERT": "x",
        "PIP_CLIENT_CERT": "x", "PIP_TRUSTED_HOST": "x", "PIP_PROXY": "x", "PIP_RETRIES": "1",
        "PIP_DEFAULT_TIMEOUT": "1", "PIP_CONFIG_FILE": "x", "UV_INDEX": "x",
        "UV_DEFAULT_INDEX": "x", "UV_INDEX_MIRROR_PASSWORD": "x", "UV_HTTP_TIMEOUT": "1",
        "UV_NATIVE_TLS": "1", "UV_INSECURE_HOST": "x", "UV_CACHE_DIR": "x", "HTTPS_PROXY": "x",
    }  # fmt: skip
    process, calls = checkout.set_up(**changing, **reaching)
    assert process.returncode == 0, process.stderr
    ours = {"UV_PYTHON_DOWNLOADS": "never", "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    for _, environ in calls:
        assert {k: environ[k] for k in changing if k in environ} == ours
        assert environ | reaching == environ


@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONHOME", "SNAKEMAKE_PROFILE"])
def test_a_variable_that_changes_runs_is_told_in_a_line_each_time(checkout, name):
    checkout.set_up()
    process, _ = checkout.set_up(**{name: "/nowhere"})
    assert process.stdout.startswith(f"{name} is set: ")
    assert process.stdout.endswith(f"unset {name}\n")
    assert process.stdout.count("\n") == 1


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_sets_up_whatever_lies_on_pythonpath(checkout, tmp_path):
    shutil.copy(ROOT / "Makefile", checkout.folder)
    (tmp_path / "hashlib.py").write_text("raise SystemExit('not the one of Python')")
    process = subprocess.run(
        ["make", "environment", f"PYTHON={sys.executable}"],
        cwd=checkout.folder, capture_output=True, text=True, check=False,
        env=os.environ | {
            "PATH": f"{checkout.programs}{os.pathsep}{os.environ['PATH']}",
            "NOTES": str(checkout.notes), "PYTHONPATH": str(tmp_path),
        },
    )  # fmt: skip
    assert process.returncode == 0, process.stderr


def test_without_a_home_uv_keeps_its_cache_in_the_checkout(checkout, tmp_path):
    (tmp_path / "home").touch()
    _, calls = checkout.set_up(HOME=str(tmp_path / "home"), XDG_CACHE_HOME="")
    assert calls[0][1]["UV_CACHE_DIR"] == str(checkout.folder / ".uv-cache")
    _, calls = checkout.set_up("torch", HOME=str(tmp_path), XDG_CACHE_HOME="")
    assert "UV_CACHE_DIR" not in calls[0][1]
    own = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": "", "UV_CACHE_DIR": str(tmp_path)}
    _, calls = checkout.set_up("mutation", **own)
    assert calls[0][1]["UV_CACHE_DIR"] == str(tmp_path)


@pytest.mark.parametrize("usual", ["", "~nobody-by-that-name/cache", "/dev/null/cache"])
def test_without_a_home_snakemake_keeps_its_cache_in_the_project(usual, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/dev/null")
    environ = {"XDG_CACHE_HOME": usual}
    ensure_writable_cache(environ)
    assert environ == {"XDG_CACHE_HOME": str(tmp_path / ".snakemake/cache")}


def test_a_cache_that_can_be_written_stays(tmp_path, monkeypatch):
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    ensure_writable_cache(environ)
    assert environ == {"XDG_CACHE_HOME": str(tmp_path)}
    # Root, as whom tests may run, may write everywhere.
    monkeypatch.setattr(os, "access", lambda *_: False)
    ensure_writable_cache(environ)
    assert environ["XDG_CACHE_HOME"] != str(tmp_path)


def test_snakemake_runs_without_a_home():
    process = subprocess.run(
        [sys.executable, "-m", "snakemake", "-n", "-q", "all", "--nolock", "--configfile", "config/smoke.yaml"],
        cwd=ROOT, env=os.environ | {"HOME": "/dev/null", "XDG_CACHE_HOME": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
