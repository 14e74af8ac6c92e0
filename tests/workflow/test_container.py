"""The Containerfile without a container: its instructions, carried out in a folder of their own.

An image needs a daemon or namespaces, which few test machines grant. What can go wrong in it goes
wrong here too: a file that is not copied, a command that needs one, an entry point that does not
start. Debian's packages are left out.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from support import ROOT

CONTAINERFILE = ROOT / "Containerfile"
KNOWN = {"FROM", "RUN", "COPY", "WORKDIR", "ENV", "ENTRYPOINT", "CMD"}


def instructions():
    """Pairs of an instruction and its argument, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", CONTAINERFILE.read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(" ", 1)) for line in lines]


def copied(context, target):
    """What COPY takes of a clean checkout: what .containerignore does not name."""
    patterns = (ROOT / ".containerignore").read_text(encoding="utf-8").split()
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=context, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, tracked):
        if not any(Path(name).match(p) or Path(name).is_relative_to(p) for p in patterns):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(context / name, target / name)


def test_only_instructions_that_are_carried_out_below():
    given = instructions()
    assert {name for name, _ in given} <= KNOWN
    assert given[0][0] == "FROM"
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-\w+", given[0][1])


def test_nothing_that_a_run_left_gets_into_the_image():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    patterns = (ROOT / ".containerignore").read_text(encoding="utf-8").split()
    for left in (".venv", ".uv", ".snakemake", "docs/_build", "results", "reports"):
        assert any(left in line for line in ignored), left
        assert any(left in line for line in patterns), left


@pytest.mark.slow
def test_the_image_runs_a_study_in_a_folder_of_ones_own(tmp_path):
    """From the instructions alone: an environment from the lock, and a study planned with it."""
    root, environ = tmp_path / "root", {"PATH": os.environ["PATH"]}
    # How a package index is reached from here is no part of the image.
    environ |= {k: v for k, v in os.environ.items() if k.startswith(("PIP_", "UV_", "SSL_"))}
    folder, start = root, []
    for name, argument in instructions():
        if name == "WORKDIR":
            folder = root / argument.strip("/")
            folder.mkdir(parents=True, exist_ok=True)
        elif name == "COPY":
            source, target = argument.split()
            assert source == "."
            copied(ROOT, root / target.strip("/"))
        elif name == "RUN" and "apt-get" not in argument:
            subprocess.run(["bash", "-euc", argument], cwd=folder, env=environ, check=True)
        elif name == "ENV":
            key, _, value = argument.partition("=")
            (value,) = shlex.split(value)
            environ[key] = value.replace("$PATH", environ["PATH"]).replace("/opt/", f"{root}/opt/")
        elif name == "ENTRYPOINT":
            start = [word.replace("/opt/", f"{root}/opt/") for word in json.loads(argument)]
    (folder / "runs.csv").write_text(
        "scenario,rmse\n" + "".join(f"{s},{r + 9 * (s == 'b')}\n" for s in "ab" for r in range(5)),
        encoding="utf-8",
    )
    (folder / "mine.yaml").write_text(
        "standalone: true\nstudy: {name: mine, seed: 1, margin: 1}\n"
        "table: {file: runs.csv, metric: rmse}\n"
        "findings: {H1: {claim: a beats b., expect: less, a: a, b: b}}\n",
        encoding="utf-8",
    )
    program = shutil.which(start[0], path=environ["PATH"])
    assert program
    assert Path(program).is_relative_to(root)
    subprocess.run(
        [program, *start[1:], "--cores", "1", "--configfile", "mine.yaml"],
        cwd=folder, env=environ, check=True,
    )  # fmt: skip
    assert (folder / "reports/mine/report.html").exists()
