import shutil

import pytest

from workflow.project import Project


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A tiny study that has run; tests take copies of it."""
    project = Project(tmp_path_factory.mktemp("project") / "finished")
    project.run()
    return project


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the finished study, Snakemake's records and file times included."""
    copy = object.__new__(Project)
    copy.folder = tmp_path / "copy"
    shutil.copytree(finished.folder, copy.folder)
    copy.results = copy.folder / "results/tiny"
    copy.configure()
    return copy
