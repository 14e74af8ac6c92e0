"""The paper of a study that was trained, and of one from a table."""

import json

import pandas as pd


def folder_of(project):
    return project.folder / "reports" / project.study["study"]["name"] / "paper"


def test_a_paper_is_made_where_it_is_asked_for(project):
    assert "paper" not in project.planned()
    assert project.planned("paper") == {"paper": 1}
    project.run("paper")
    folder = folder_of(project)
    told = json.loads((project.results / "provenance.json").read_text(encoding="utf-8"))
    methods = (folder / "methods.md").read_text(encoding="utf-8")
    assert told["findings_sha256"] in methods
    assert f"{told['repeats']} trainings, none of which diverged" in methods
    assert "preregistration: not preregistered" in methods
    scenarios = (folder / "tables/scenarios.md").read_text(encoding="utf-8")
    summary = pd.read_csv(project.results / "summary.csv")
    for mean in summary["mean"]:
        assert f"{mean:.2f}" in scenarios
    for name in ("paper.tex", "references.bib", "how-to-cite.md", "figures/repeats-shampoo.pdf"):
        assert (folder / name).exists()

    assert project.planned("paper") == {}
    (folder / "methods.md").write_text("Mine.", encoding="utf-8")
    project.configure(study={"title": "Another title"})
    project.run("paper")
    assert "Another title" in (folder / "paper.tex").read_text(encoding="utf-8")
    assert (folder / "methods.md").read_text(encoding="utf-8") != "Mine."
