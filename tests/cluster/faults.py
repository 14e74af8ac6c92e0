"""A project whose training jobs fail on demand, in the middle of writing a block."""

import pandas as pd
from pandas.testing import assert_frame_equal
from workflow.project import Project

FAULT = """
        fault = Path("faults") / f"{path.parent.name}.py"
        if fault.exists():
            with fault.with_suffix(".tries").open("a") as tries:
                tries.write("x")
            exec(fault.read_text())
"""
"""Stands in the copy of the project just before a block gets its name."""


class FaultyProject(Project):
    """The tiny study, not run yet; what `set_fault` says happens in a scenario's jobs."""

    def __init__(self, folder):
        super().__init__(folder)
        line = "        os.replace(partial, path)\n"
        self.edit("workflow/scripts/thousandfold/disk.py", line, f"{FAULT}{line}")
        (self.folder / "faults").mkdir()

    def set_fault(self, scenario, code):
        """What happens once a block of the scenario is written and has no name yet."""
        (self.folder / f"faults/{scenario}.py").write_text(code)

    def remove_faults(self):
        for fault in (self.folder / "faults").glob("*.py"):
            fault.unlink()

    def tries(self, scenario):
        """How many jobs came as far as the fault."""
        file = self.folder / f"faults/{scenario}.tries"
        return len(file.read_text()) if file.exists() else 0


def first_block(scenario):
    return f"results/tiny/blocks/shampoo/{scenario}/0-3.parquet"


def assert_same_block(scenario, project, expected):
    """A scenario's first block is there, whole and the same, with nothing half beside it."""
    folders = project.folder, expected.folder
    found, wanted = (pd.read_parquet(folder / first_block(scenario)) for folder in folders)
    assert_frame_equal(found, wanted, check_exact=True)
    assert not list(project.results.rglob("*.partial"))
