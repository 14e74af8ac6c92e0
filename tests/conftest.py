import pytest
from support import ROOT
from workflow.project import SMOKE, Project

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


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A tiny study that has run; tests take copies of it."""
    project = Project(tmp_path_factory.mktemp("project") / "finished")
    project.run()
    return project


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the finished tiny study."""
    return finished.copied_to(tmp_path / "copy")


@pytest.fixture(scope="session")
def smoke(tmp_path_factory):
    """The smoke study, run undisturbed on this machine."""
    project = Project(tmp_path_factory.mktemp("smoke") / "finished", SMOKE)
    project.run()
    return project
