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
from snakemake.cli import get_argument_parser
from support import ROOT

CONTAINERFILE = ROOT / "Containerfile"
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PLACE = "/opt/thousandfold"
"""Where the checkout is in the image."""

KNOWN = {"FROM", "RUN", "COPY", "WORKDIR", "ENV", "ENTRYPOINT", "CMD"}


def instructions():
    """Pairs of an instruction and its argument, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", CONTAINERFILE.read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(" ", 1)) for line in lines]


def arguments(instruction):
    """All arguments of an instruction, in their order."""
    return [argument for name, argument in instructions() if name == instruction]


def tracked():
    """The files of a clean checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return set(filter(None, listed.split("\0")))


def copied():
    """What COPY takes of a clean checkout: what .containerignore does not name."""
    patterns = (ROOT / ".containerignore").read_text(encoding="utf-8").split()
    return {name for name in tracked() if not any(is_ignored(name, p) for p in patterns)}


def is_ignored(name, pattern):
    """As builders have it: from the top folder on, and with all that is in a folder."""
    assert re.fullmatch(r"[\w./*]+", pattern), "of patterns that are told apart here"
    shape = {"**/": "(.*/)?", "*": "[^/]*"}
    parts = re.split(r"(\*\*/|\*)", pattern)
    matched = re.compile("".join(shape.get(part, re.escape(part)) for part in parts))
    return any(matched.fullmatch(str(folder)) for folder in (Path(name), *Path(name).parents))


def test_only_instructions_that_are_carried_out_below():
    given = instructions()
    assert {name for name, _ in given} <= KNOWN
    assert given[0][0] == "FROM"


def test_its_python_is_the_one_that_is_locked():
    (version,) = re.findall(r"--python-version (\S+)", MAKEFILE)
    (base,) = arguments("FROM")
    # Of Debian, whose C library the locked wheels are built for.
    assert re.fullmatch(rf"docker\.io/library/python:{re.escape(version)}-slim-\w+", base)


def test_the_whole_checkout_gets_into_the_image():
    assert tracked() - copied() == {"results/.gitkeep", "reports/.gitkeep"}
    (argument,) = arguments("COPY")
    assert argument == f". {PLACE}"


def test_the_environment_is_the_locked_one():
    """`make environment`, in the copy, by a `make` that the image has been given."""
    names = [name for name, _ in instructions()]
    packages, built = arguments("RUN")
    assert "make" in re.split(r"[\s;&]+", packages)
    assert built == "make environment"
    assert names.index("COPY") < names.index("WORKDIR") < len(names) - names[::-1].index("RUN")
    assert arguments("WORKDIR")[0] == PLACE
    (programs,) = re.findall(r"^BIN := (\S+)$", MAKEFILE, re.MULTILINE)
    assert f'PATH="{PLACE}/{programs}:$PATH"' in arguments("ENV")


def test_it_starts_the_studys_snakefile_in_the_folder_that_is_mounted():
    """With words that Snakemake understands, as a user who may write nowhere but there and /tmp."""
    entry, given = (json.loads(arguments(name)[0]) for name in ("ENTRYPOINT", "CMD"))
    assert entry[0] == "snakemake"
    asked = get_argument_parser(profiles=[]).parse_args([*entry[1:], *given])
    snakefile = Path(asked.snakefile).relative_to(PLACE)
    assert str(snakefile) in copied()
    assert snakefile.name == "Snakefile"
    assert snakefile.parent == Path()
    assert asked.cores
    assert "HOME=/tmp" in arguments("ENV")
    told = CONTAINERFILE.read_text(encoding="utf-8")
    (mounted,) = re.findall(r'--volume "\$PWD:(\S+)"', told)
    assert arguments("WORKDIR")[-1] == mounted
    assert f'--volume "$PWD:{mounted}"' in (ROOT / "docs/studies.md").read_text(encoding="utf-8")


def test_nothing_that_a_run_left_gets_into_the_image():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    patterns = (ROOT / ".containerignore").read_text(encoding="utf-8").split()
    for left in (".venv", ".uv", ".snakemake", "docs/_build", "results", "reports"):
        assert any(left in line for line in ignored), left
        assert any(left in line for line in patterns), left
    assert ".git" in patterns, "a repository is large, and no part of a run"


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
            for file in copied():
                copy = root / target.strip("/") / file
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, copy)
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
