import pytest
from support import ROOT
from workflow.project import SMOKE, Project

from thousandfold.series import Series, read_series


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
