"""Results of an earlier release, copied into this one without Snakemake's own records."""

import shutil

import yaml
from support import ROOT

from thousandfold.version import VERSION
from workflow.project import Project

RELEASED = ROOT / "tests" / "cases" / "released"


def test_results_of_an_earlier_release_are_told_of_and_made_anew(tmp_path):
    study = yaml.safe_load((RELEASED / "released.yaml").read_text(encoding="utf-8"))
    project = Project(tmp_path / "upgraded", study)
    project.configure(model={"epochs": 3})  # what shapes a training is another one for certain
    shutil.copytree(RELEASED / "0.1.0" / "results", project.results)
    page = project.folder / "reports" / "released" / "report.html"
    (page.parent / "figures").mkdir(parents=True)
    page.write_text("an old page", encoding="utf-8")

    told = (
        f"results/released: these results were made by release 0.1.0 or an earlier one; this is "
        f"{VERSION}. A run analyses them again. It does not use 4 finished blocks"
    )
    assert told in project.run("-n")
    for target in ("all", "report", "analyse"):
        assert {"collect", "judge", "render_report"} <= project.planned(target).keys()

    assert told in project.run()
    assert len(list((project.results / "blocks").rglob("*.parquet"))) == 4
    assert "an old page" not in page.read_text(encoding="utf-8")
    assert "made by release" not in project.run("-n")
    assert project.planned() == {}
