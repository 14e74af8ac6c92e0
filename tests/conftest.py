import fcntl
import gc
import os
import shutil

import pytest
from support import ROOT
from workflow.project import SMOKE, TINY, Project

from thousandfold.observations import read_series
from thousandfold.series import Series


def pytest_addoption(parser):
    parser.addoption("--no-skips", action="store_true", help="fail if a test was skipped")


def pytest_sessionfinish(session):
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("no_skips") and terminal and terminal.stats.get("skipped"):
        terminal.write_line("\n--no-skips: tests were skipped, see why below", red=True)
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def shampoo() -> Series:
    return read_series("shampoo", ROOT / "data/shampoo-sales.csv", "Sales", test_rows=12)


@pytest.fixture(scope="module")
def forget_the_graphs():
    """Afterwards; every later garbage collection would walk through them for seconds."""
    yield
    # Only tests that train have it imported.
    from thousandfold.engines.runtime import keras

    keras.backend.clear_session()
    gc.collect()
    gc.freeze()


def run_once(tmp_path_factory, study) -> Project:
    """A finished study, run by the first of all test processes that needs it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    done = folder / study["study"]["name"]
    unfinished = done.with_suffix(".unfinished")
    with done.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(unfinished, ignore_errors=True)
            Project(unfinished, study).run()
            unfinished.rename(done)
    return Project.found_in(done, study)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A tiny study that has run; tests take copies of it."""
    return run_once(tmp_path_factory, TINY)


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the finished tiny study."""
    return finished.copied_to(tmp_path / "copy")


@pytest.fixture(scope="session")
def smoke(tmp_path_factory):
    """The smoke study, run undisturbed on this machine."""
    return run_once(tmp_path_factory, SMOKE)
