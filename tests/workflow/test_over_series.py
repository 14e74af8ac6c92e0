"""A study that trains on several series and claims something of series like them, end to end."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from thousandfold.tables.rows import DESCRIPTION_TABLES
from workflow.project import Project

pytestmark = pytest.mark.slow

LENGTHS = {f"s{index}": 34 + 3 * index for index in range(4)}

SCENARIOS = ("short", "long", "still")

STUDY = {
    "standalone": True,
    "study": {
        "name": "several", "seed": 5, "repeats": 4, "metric": "mase", "margin": 0.05,
        "cluster": "source", "assumed_spread": 0.2,
    },
    "series": {
        name: {
            "file": f"{name}.csv", "value": "y", "test_rows": 6,
            "attributes": {"source": "even" if int(name[1:]) % 2 == 0 else "odd"},
        }
        for name in LENGTHS
    },
    "model": {"epochs": 3},
    "scenarios": {
        "short": {"stateful": False, "units": 2, "epochs": 1},
        "long": {"stateful": False, "units": 2, "epochs": 8},
        "still": {"stateful": True, "units": 1},
    },
    "findings": {
        "T": {
            "claim": "More epochs are better.", "expect": "less", "a": "long", "b": "short",
            "over": "series", "typical": "mean",
        },
        "S": {
            "claim": "On most series, too.", "expect": "less", "a": "long", "b": "short",
            "over": "series", "on_at_least": 0.5,
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("several") / "project", STUDY)
    rng = np.random.default_rng(1)
    for name, length in LENGTHS.items():
        months = pd.date_range("2010-01-01", periods=length, name="month", freq="MS")
        values = 50 + rng.normal(0, 4, length).cumsum()
        pd.DataFrame({"y": values}, index=months).to_csv(project.folder / f"{name}.csv")
    project.run()
    return project


def table(project, name):
    return pd.read_csv(project.results / f"{name}.csv")


def test_effects_are_those_of_the_repeats(several):
    repeats = several.repeats()
    assert repeats.groupby(["series", "scenario"]).size().to_dict() == {
        (series, scenario): 4 for series in LENGTHS for scenario in SCENARIOS
    }
    means = repeats.groupby(["series", "scenario"])["mase"].mean().unstack()
    effects = table(several, "effects").query("id == 'T'").set_index("series")["effect"]
    expected = means["long"] - means["short"]
    assert effects.to_dict() == pytest.approx(expected.to_dict())
    population = table(several, "population").set_index("id")
    assert population.loc["T", "mean"] == pytest.approx(expected.mean())
    assert population.loc["T", "median"] == pytest.approx(expected.median())
    assert set(population["n_series"]) == {len(LENGTHS)}
    # The mean, and the median with the share that is claimed of it.
    assert set(population["k"]) == {3}
    assert set(table(several, "population_claims")["id"]) == {"T", "S"}


def test_what_else_the_series_tell(several):
    attributes = table(several, "series_attributes")
    lengths = attributes.query("attribute == 'length'").set_index("series")["value"]
    assert lengths.astype(float).to_dict() == LENGTHS
    sources = attributes.query("attribute == 'source'").set_index("series")["value"]
    assert sources.to_dict() == {
        name: own["attributes"]["source"] for name, own in STUDY["series"].items()
    }
    moderators = table(several, "moderators")
    assert {"length", "source"} <= set(moderators["attribute"])
    assert set(moderators["id"]) == {"T", "S"}
    assert set(table(several, "variance_components")["n_series"]) == {len(LENGTHS)}
    assert (table(several, "allocations")["n_series"] <= len(LENGTHS)).all()
    repeats = several.repeats()
    ranks = repeats.groupby(["series", "scenario"])["mase"].mean().unstack().rank(axis=1).mean()
    methods = table(several, "methods").set_index("scenario")
    assert methods["mean_rank"].to_dict() == pytest.approx(ranks.to_dict())
    assert len(table(several, "method_pairs")) == 3
    profiles = table(several, "performance_profiles")
    for scenario, own in profiles.groupby("scenario"):
        values = repeats[repeats["scenario"] == scenario]
        row = own.iloc[len(own) // 2]
        below = values["mase"] < row["threshold"]
        assert row["share"] == pytest.approx(below.groupby(values["series"]).mean().mean())


def test_its_page_shows_all_of_it(several):
    page = (several.folder / "reports/several/report.html").read_text(encoding="utf-8")
    for heading in (
        "On series like these 4", "What effects go with", "Where the variance comes from",
        "Ranks over series", "Performance profiles",
    ):  # fmt: skip
        assert heading in page
    for name in DESCRIPTION_TABLES:
        assert f"{name}.csv" in page
    titles = [re.escape(name) for name in LENGTHS]
    assert all(re.search(rf"What holds: {title}<", page) for title in titles)


def test_its_answers_for_machines(several):
    several.run("verdicts")
    answers = json.loads((several.results / "verdicts.json").read_text(encoding="utf-8"))
    assert {"T", "S"} <= set(re.findall(r'"id": "(\w+)"', json.dumps(answers)))


def test_a_plan_leaves_out_what_series_decide(several):
    several.run("plan_power")
    assert table(several, "power").empty
    because = "how many series there are decides it, not repeats alone"
    left_out = table(several, "unplanned")
    assert dict(zip(left_out["id"], left_out["because"], strict=True)) == {
        "T": because, "S": because,
    }  # fmt: skip


def test_a_margin_changes_no_description_and_no_reach(several):
    assert several.planned() == {}
    several.configure(study={"margin": 0.07})
    planned = several.planned()
    assert "judge" in planned
    assert "reach" not in planned
    assert "train" not in planned
    several.configure()
