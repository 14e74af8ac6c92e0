"""Two runs side by side."""

import shutil

import pandas as pd


def test_two_runs_side_by_side(project):
    before = project.folder / "results/before"
    shutil.copytree(project.results, before)
    output = project.run("compare_studies", succeeds=False)
    assert "compare_studies takes two folders of results" in output
    wanted = ["--config", "compare=[results/before, results/nothing]"]
    assert "'results/nothing' holds no finished study" in project.run(
        "compare_studies", *wanted, succeeds=False
    )

    wanted = ["--config", f"compare=[results/before, results/{project.results.name}]"]
    project.run("compare_studies", *wanted)
    folder = project.folder / "reports/compare" / f"before-{project.results.name}"
    page = (folder / "comparison.md").read_text(encoding="utf-8")
    assert "Nothing that is known: neither config, code nor data." in page
    html = (folder / "comparison.html").read_text(encoding="utf-8")
    assert f"<h1>results/before and results/{project.results.name}</h1>" in html
    assert "Nothing that is known: neither config, code nor data." in html
    changes = pd.read_csv(folder / "estimate_changes.csv")
    assert len(changes)
    assert set(changes["luck"]) == {"the repeats are the same, number for number"}
    assert (changes["change"].isin([0, 1])).all()

    # Neither is the study changed by being compared, nor is it brought up to date for it.
    assert project.planned() == {}
    assert project.planned("compare_studies", *wanted) == {}
    project.configure(study={"seed": 7})
    project.run()
    assert set(project.planned("compare_studies", *wanted)) == {"compare_studies"}
    project.run("compare_studies", *wanted)
    changes = pd.read_csv(folder / "estimate_changes.csv")
    verdicts = pd.read_csv(folder / "verdict_changes.csv")
    assert verdicts["because"].str.contains("config: study.seed 20170421 → 7").all()
    known = changes[changes["estimand"] == "mean"]
    assert set(known["luck"]) <= {"within what luck alone does", "more than luck alone does"}
    assert (known["change_low"] < known["change"]).all()
