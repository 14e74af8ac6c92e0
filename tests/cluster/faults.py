"""A project whose training jobs fail on demand, in the middle of writing a pack."""

import pandas as pd
from pandas.testing import assert_frame_equal
from workflow.project import Project

FAULT = """
        for fault in Path("faults").glob("*.py") if path.parent.name == "packs" else ():
            if f'"{fault.stem}"'.encode() not in partial.read_bytes():
                continue
            with fault.with_suffix(".tries").open("a") as tries:
                tries.write("x")
            exec(fault.read_text())
"""
"""Stands in the copy of the project just before a pack gets its name."""


class FaultyProject(Project):
    """The tiny study, not run yet; what `set_fault` says happens in a scenario's jobs."""

    def __init__(self, folder):
        super().__init__(folder)
        line = "        os.replace(partial, path)\n"
        self.edit("workflow/scripts/thousandfold/disk.py", line, f"{FAULT}{line}")
        (self.folder / "faults").mkdir()

    def set_fault(self, scenario, code):
        """What happens once a pack of the scenario is written and has no name yet."""
        (self.folder / f"faults/{scenario}.py").write_text(code)

    def remove_faults(self):
        for fault in (self.folder / "faults").glob("*.py"):
            fault.unlink()

    def tries(self, scenario):
        """How many jobs came as far as the fault."""
        file = self.folder / f"faults/{scenario}.tries"
        return len(file.read_text()) if file.exists() else 0


def first_packs(project, *scenarios):
    """The files of the packs that these scenarios' first repeats are to be trained into."""
    planned = project.planned_packs()
    return [planned[f"{scenario} on shampoo, repeats 0 to 2"] for scenario in scenarios]


def assert_same_block(scenario, project, expected):
    """A scenario's first block is there, whole and the same, with nothing half beside it."""
    block = f"shampoo/{scenario}/0-3"
    found, wanted = (pd.read_parquet(each.pack(block)) for each in (project, expected))
    assert_frame_equal(found, wanted, check_exact=True)
    assert not list(project.results.rglob("*.partial"))
