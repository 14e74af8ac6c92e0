"""Tests run in a forked process of their own, in a copy of the project, with a time limit."""

import contextlib
import importlib
import multiprocessing
import os
import resource
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from signal import SIGKILL

import hypothesis
import pytest

FORK = multiprocessing.get_context("fork")
IMPORTED = ("jsonschema", "pandas", "pyarrow.parquet", "scipy.stats", "statsmodels.api")
"""What takes seconds to import, imported before the forks."""
COPIED = (
    "workflow",
    "tests",
    "config",
    "config.yaml",
    "data",
    "pyproject.toml",
    "requirements.lock",
)
MEMORY = 8 * 2**30
"""What a mutant may take: some make arrays without end."""

Seconds = dict[str, float]
"""By test."""


def prepare(root: Path, copy: Path) -> None:
    """Copy the project; import what all trials need, but nothing of the project."""
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    copy.mkdir()
    for name in COPIED:
        (shutil.copytree if (root / name).is_dir() else shutil.copy2)(root / name, copy / name)
    for module in IMPORTED:
        importlib.import_module(module)
    hypothesis.settings.register_profile(
        "mutation", max_examples=25, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip


class FastestFirst:
    """A plugin of pytest: the fast tests before the slow ones; remembers what each takes."""

    def __init__(self, known: Seconds) -> None:
        self.known = known
        self.seconds: Seconds = defaultdict(float)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Most mutants end at a fast test."""
        items.sort(key=lambda item: self.known.get(item.nodeid, 0.0))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Set-up, call and teardown together."""
        self.seconds[report.nodeid] += report.duration


def run_pytest(result: Connection, copy: Path, tests: Iterable[str], known: Seconds) -> None:
    """The tests until the first one that fails; sends pytest's exit code and the seconds."""
    os.setpgid(0, 0)
    os.chdir(copy)
    output = os.open(f"{os.getpid()}.txt", os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(output, stream)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=mutation"]
    files = [f"tests/unit/{test}.py" for test in tests]
    plugin = FastestFirst(known)
    code = pytest.main([*options, f"--rootdir={copy}", *files], plugins=[plugin])
    result.send((code.name if isinstance(code, pytest.ExitCode) else str(code), plugin.seconds))


def run_tests(
    copy: Path, tests: Iterable[str], known: Seconds, limit: float
) -> tuple[str, Seconds, str]:
    """How the tests ended (pytest's word, TIME_LIMIT or CRASH), their seconds and their output."""
    receiver, sender = FORK.Pipe(duplex=False)
    process = FORK.Process(target=run_pytest, args=(sender, copy, tests, known))
    process.start()
    sender.close()
    ended, seconds = "TIME_LIMIT", Seconds()
    assert process.pid is not None
    try:
        if receiver.poll(limit):
            ended, seconds = receiver.recv()
    except EOFError:
        ended = "CRASH"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, SIGKILL)
        process.join()
    output = copy / f"{process.pid}.txt"
    return ended, seconds, output.read_text(encoding="utf-8") if output.exists() else ""


def run_unchanged(copy: Path, test: str) -> Seconds:
    """What each test of a file takes without a mutant; they must pass."""
    ended, seconds, output = run_tests(copy, [test], {}, limit=600)
    if ended != "OK":
        raise RuntimeError(f"{test} without a mutant ends with {ended}:\n{output}")
    return seconds


def run_mutant(unchanged: Path, file: str, code: str, tests: list[str], known: Seconds) -> str:
    """How the tests end with a mutant, in this process's own copy of the copy."""
    sys.dont_write_bytecode = True
    copy = unchanged.parent / str(os.getpid())
    if not copy.exists():
        shutil.copytree(unchanged, copy)
    own = {name: s for name, s in known.items() if Path(name.split("::")[0]).stem in tests}
    (copy / file).write_text(code, encoding="utf-8")
    ended, _, _ = run_tests(copy, tests, own, limit=30 + 5 * sum(own.values()))
    shutil.copy2(unchanged / file, copy / file)
    return ended
