"""Names of any text, end to end: in a study that trains, and in a table of repeats."""

import re
import unicodedata

import numpy as np
import pandas as pd
import pytest
import yaml
from support import ROOT

from workflow.project import Project

NAMES = ["有状态/α", "a b.c", "50 % $x_1$ <b>&", "{wildcards}", 'x,y;z "q"', "größe" * 20]

TRAINED = {
    "standalone": True,
    "study": {"name": "names", "seed": 3, "repeats": 3, "margin": 5, "repeats_per_job": 3},
    "series": {
        "../Verkäufe, {series} 100%": {
            "file": "data/shampoo-sales.csv", "value": "Sales", "test_rows": 12,
        },
    },
    "model": {"epochs": 2},
    "scenarios": {
        name: {"stateful": False, "learning_rate": 0.001 * (1 + i)} for i, name in enumerate(NAMES)
    },
    "experiments": {"{all}": {"title": "All of them", "scenarios": NAMES}},
    "twins": {"a/a": {"a": NAMES[0], "b": NAMES[1]}},
    "identities": {"-": {"a": NAMES[2], "b": NAMES[2] + "!"}},
    "findings": {
        "H.1": {"claim": "One is better.", "expect": "less", "a": NAMES[0], "b": NAMES[1]},
        "h 2 {x}": {"claim": "Best.", "expect": "best_of", "a": NAMES[2], "b": NAMES[3:]},
        "%": {
            "claim": "It grows.", "expect": "greater", "margin": 1,
            "trend": {"pairs": [[NAMES[3], NAMES[4]], [NAMES[5], NAMES[0]]], "over": [1, 2]},
        },
    },
}  # fmt: skip
TRAINED["scenarios"][NAMES[2] + "!"] = TRAINED["scenarios"][NAMES[2]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("names") / "project", TRAINED)
    project.output = project.run()
    return project


def test_names_are_told_as_typed(trained):
    assert set(trained.repeats()["scenario"]) == set(TRAINED["scenarios"])
    assert set(trained.repeats()["series"]) == set(TRAINED["series"])
    for table in ("summary", "blocks", "forecast_bands"):
        read = pd.read_csv(trained.results / f"{table}.csv", dtype={"scenario": str})
        assert set(read["scenario"]) == set(TRAINED["scenarios"]), table
    claims = pd.read_csv(trained.results / "claims.csv")
    assert set(claims["id"]) == set(TRAINED["findings"])
    assert "of 有状态/α is" in " ".join(claims["sentence"])
    page = (trained.folder / "reports/names/report.html").read_text(encoding="utf-8")
    assert "50 % $x_1$ &lt;b&gt;&amp;" in page
    assert "<b>" not in page
    assert "有状态/α: in file names and below, name~" in trained.output


def test_files_have_safe_names_in_their_folders(trained):
    files = [path.relative_to(trained.folder) for path in trained.folder.rglob("*")]
    made = [file for file in files if file.parts[0] in ("results", "reports")]
    assert len([file for file in made if file.suffix == ".parquet"]) == 7 + 2
    for file in made:
        assert re.fullmatch(r"[A-Za-z0-9_./~-]+", file.as_posix()), file
    assert len(trained.blocks()) == 7


def test_a_second_run_trains_nothing(trained):
    before = trained.blocks()
    assert trained.planned() == {}
    trained.run()
    assert trained.blocks() == before
    trained.configure(study={"repeats": 6})
    assert trained.planned()["train"] == 7


def test_a_name_typed_with_other_accents_is_the_same(trained):
    text = yaml.safe_dump(TRAINED, allow_unicode=True)
    apart = unicodedata.normalize("NFD", text)
    assert apart != text
    (trained.folder / "overlay.yaml").write_text(apart, encoding="utf-8")
    assert "train" not in trained.planned()


def test_rates_as_names(tmp_path):
    study = yaml.safe_load((ROOT / "tests/cases/trained/29-lr-names/c.yaml").read_text("utf-8"))
    project = Project(tmp_path / "rates", study)
    project.run()
    assert set(project.repeats()["scenario"]) == {"1e-3", "1e-2"}
    assert (project.folder / "reports/c29/report.html").is_file()


TABLE = {
    "standalone": True,
    "study": {"name": "table", "seed": 1, "margin": 0.5},
    "table": {"file": "mine.csv", "metric": "test/acc {x}", "better": "higher",
              "metrics": {"config.lr=0.1": {"better": "lower"}}},
    "findings": {
        "größe, |": {"claim": "New beats old.", "expect": "greater", "a": "lstm (64 units)", "b": ".5"},
        "%": {"claim": "As fast.", "expect": "equivalent", "a": "lstm (64 units)", "b": "-",
              "metric": "config.lr=0.1", "margin": 3},
    },
}  # fmt: skip


def test_a_table_is_judged_by_its_own_names(tmp_path):
    project = Project(tmp_path / "table", TABLE)
    rng = np.random.default_rng(2)
    rows = [
        {"series": series, "scenario": f" {name} ", "test/acc {x}": rng.normal(mean, 1), "config.lr=0.1": rng.normal(5, 1)}
        for series in ("a, b", 'c "d"', "e")
        for name, mean in [("lstm (64 units)", 12), (".5", 10), ("-", 11)]
        for _ in range(30)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(project.folder / "mine.csv", index=False)
    project.run("analyse")
    claims = pd.read_csv(project.results / "claims.csv").set_index("id")
    assert set(claims["verdict"]) == {"supported"}
    assert "test/acc {x} of lstm (64 units) is" in claims.loc["größe, |", "sentence"].iloc[0]
    over_all = pd.read_csv(project.results / "conjunctions.csv").set_index("id")
    assert over_all.loc["größe, |", "supported_on"] == '"a, b", "c ""d""", e'
    page = (project.folder / "reports/table/report.html").read_text(encoding="utf-8")
    assert "<td>a, b, c &#34;d&#34;, e</td>" in page
    assert project.planned("analyse") == {}
    # Snakemake notices another metric, though params are functions that hide braces from it.
    about = {**TABLE["table"], "metric": "config.lr=0.1", "better": "lower", "metrics": {}}
    project.study = {**TABLE, "table": about, "findings": {}}
    project.configure()
    assert project.planned("analyse")["summarise"] == 1
