"""Stopping when it is enough: which stages are trained, again and in what order."""

import json

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from thousandfold.tables import TABLES
from workflow.project import merged

pytestmark = pytest.mark.slow


def rule(least, most, half_width):
    return {"study": {"repeats": {"min": least, "max": most, "half_width": half_width}}}


EASY = 1e6
"""A half width that everything reaches, after two stages."""

HOPELESS = 1e-9

SCENARIOS = ["stateful", "stateless"]


@pytest.fixture
def fresh(project):
    """Two scenarios without results; it keeps those of a fixed number of repeats for itself."""
    repeats = project.repeats()
    project.fixed = repeats[repeats["scenario"].isin(SCENARIOS)].reset_index(drop=True)
    project.study = merged(project.study, {"study": {"scenarios": SCENARIOS}})
    project.forget_all()
    return project


def stages(project):
    return {
        scenario: len([block for block in project.blocks() if f"/{scenario}/" in block])
        for scenario in SCENARIOS
    }


def test_training_stops_after_two_stages_that_are_enough(fresh):
    fresh.configure(**rule(2, 6, EASY))
    output = fresh.run("-n")
    assert "The whole study is at most 12 trainings, in 6 jobs" in output
    assert fresh.planned()["train"] == 2
    fresh.run()
    assert set(stages(fresh).values()) == {2}
    expected = fresh.fixed[fresh.fixed["repeat"] < 4].reset_index(drop=True)
    assert_frame_equal(fresh.repeats(), expected, check_exact=True)
    stopping = pd.read_csv(fresh.results / "stopping.csv")
    assert list(stopping.columns) == list(TABLES["stopping"])
    assert set(stopping["outcome"]) == {"enough"}
    assert fresh.planned() == {}

    # What max is has no say in what was trained.
    fresh.configure(**rule(2, 40, EASY))
    assert not {"train", "assess", "collect", "judge"} & set(fresh.planned())


@pytest.mark.exhaustive
def test_a_scenario_that_is_never_enough_takes_all_and_says_so(fresh):
    fresh.configure(**rule(2, 3, HOPELESS))
    fresh.run()
    assert set(stages(fresh).values()) == {2}
    simulation = pd.read_csv(fresh.results / "stopping_simulation.csv")
    assert list(simulation.columns) == list(TABLES["stopping_simulation"])
    assert (simulation.query("series == 'shampoo'")["share_unmet"] > 0.9).all()
    page = (fresh.folder / "reports/tiny/report.html").read_text(encoding="utf-8")
    assert page.count("the maximum number of repeats, and still not known precisely enough") == 2

    # Two more repeats: what was missing of the last stage, and one more.
    before = fresh.blocks()
    fresh.configure(**rule(2, 5, HOPELESS))
    fresh.run()
    after = fresh.blocks()
    assert set(before) <= set(after)
    assert {name.split("/")[-1] for name in set(after) - set(before)} == {"3-4", "4-5"}
    assert_frame_equal(fresh.repeats(), fresh.fixed, check_exact=True)


def test_scenarios_stop_each_for_itself(fresh):
    fresh.configure(**rule(2, 6, HOPELESS))
    fresh.run()
    widths = {
        name: max(json.loads((fresh.results / f"stages/shampoo/{name}/1.json").read_text())["half_widths"])
        for name in stages(fresh)
    }  # fmt: skip
    narrowest = min(widths, key=widths.get)
    fresh.configure(**rule(2, 6, min(widths.values()) * 1.0001))
    fresh.run()
    stopping = pd.read_csv(fresh.results / "stopping.csv").set_index("scenario")
    assert stopping.loc[narrowest, "n"] == 4
    assert stopping.drop(narrowest)["n"].max() == 6


def test_a_damaged_block_is_named_before_a_stage_is_assessed(fresh):
    fresh.configure(**rule(2, 6, EASY))
    fresh.run()
    expected = fresh.repeats()
    file = fresh.pack("shampoo/stateful/2-4")
    file.write_bytes(file.read_bytes()[:-50])
    stage = "results/tiny/stages/shampoo/stateful/1.json"
    (fresh.folder / stage).unlink()
    output = fresh.run()
    assert f"moved to results/tiny/damaged/{file.name}" in output
    assert output.count("(Rule: assess)") == 1
    assert_frame_equal(fresh.repeats(), expected, check_exact=True)


def test_a_fixed_number_of_repeats_has_no_checkpoints(project):
    assert "assess" not in project.run("-n", "--forceall")
