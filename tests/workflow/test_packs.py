"""Jobs that train many blocks: what is trained again, and what is kept, when a study changes."""

import os
import signal

import pandas as pd
import pytest
import yaml
from pandas.testing import assert_frame_equal

from workflow.project import Project, wait_for

pytestmark = pytest.mark.slow

REPEATS = "results/packed/repeats.parquet"
"""The target of these tests: all that is trained, and no analysis."""

SERIES = {
    name: {"file": "data/shampoo-sales.csv", "value": "Sales", "test_rows": rows}
    for name, rows in (("one", 12), ("two", 10), ("three", 8))
}

PACKED = {
    "standalone": True,
    "study": {"name": "packed", "seed": 5, "repeats": 6, "margin": 5},
    "series": {name: SERIES[name] for name in ("one", "two")},
    "model": {"epochs": 3},
    "scenarios": {"stateful": {"stateful": True}, "stateless": {"stateful": False}},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("packed") / "project", PACKED)
    project.output = project.run(REPEATS)
    return project


@pytest.fixture
def packed(trained, tmp_path):
    """A copy of a study whose four blocks are in one pack."""
    return trained.copied_to(tmp_path / "copy")


def reordered(project, **parts):
    """Write the study anew with these parts, in their order; nothing is merged."""
    content = {**project.study, **parts}
    (project.folder / "overlay.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def trained_anew(project):
    """Train and collect; returns what each training job says it trains."""
    planned = project.planned_packs()
    project.run(REPEATS, *planned.values())
    return set(planned)


def rows_of(project, **names):
    repeats = project.repeats()
    for column, name in names.items():
        repeats = repeats[repeats[column] == name]
    return repeats.reset_index(drop=True)


def test_one_job_trains_all_and_says_so(trained):
    assert trained.output.count("(Rule: train)") == 1
    assert "Training stateful, stateless on one, two, 24 repeats" in trained.output
    assert "The whole study is 24 trainings, in 1 job, about" in trained.output
    assert len(set(trained.packs().values())) == 1
    assert len(trained.packs()) == 4
    assert "24 trainings, which are finished; nothing is left to train" in trained.run("-n")


def test_a_series_that_is_added_trains_itself_and_nothing_when_it_goes(packed):
    before = packed.repeats()
    packed.configure(series={"three": SERIES["three"]})
    assert trained_anew(packed) == {"stateful, stateless on three, 12 repeats"}
    assert set(packed.repeats()["series"]) == {"one", "two", "three"}
    assert packed.planned(REPEATS) == {}
    packed.configure()
    assert trained_anew(packed) == set()
    assert_frame_equal(packed.repeats(), before, check_exact=True)


def test_origins_that_are_added_train_themselves_and_nothing_when_they_go(packed):
    before = packed.repeats()
    packed.configure(series={"two": {"origins": {"count": 1, "every": 10}}})
    assert trained_anew(packed) == {"stateful, stateless on two (10 earlier), 12 repeats"}
    assert_frame_equal(packed.repeats(), before, check_exact=True)
    earlier = pd.read_parquet(packed.results / "earlier_repeats.parquet")
    assert len(earlier) == 12
    assert set(earlier["series"]) == {"two"}
    assert packed.planned(REPEATS) == {}
    packed.configure()
    assert trained_anew(packed) == set()
    assert_frame_equal(packed.repeats(), before, check_exact=True)


def test_a_series_that_is_removed_and_comes_back_trains_nothing(packed):
    before, two = packed.repeats(), rows_of(packed, series="two")
    reordered(packed, series={"two": SERIES["two"]})
    assert trained_anew(packed) == set()
    assert_frame_equal(packed.repeats(), two, check_exact=True)
    packed.configure()
    assert trained_anew(packed) == set()
    assert_frame_equal(packed.repeats(), before, check_exact=True)


def test_the_order_of_series_and_scenarios_trains_nothing(packed):
    expected = packed.repeats()
    reordered(
        packed,
        series=dict(reversed(PACKED["series"].items())),
        scenarios=dict(reversed(PACKED["scenarios"].items())),
    )
    assert trained_anew(packed) == set()
    names = ["series", "scenario", "repeat"]
    found, wanted = (
        table.sort_values(names).reset_index(drop=True) for table in (packed.repeats(), expected)
    )
    assert list(packed.repeats()["series"].unique()) == ["two", "one"]
    assert_frame_equal(found, wanted, check_exact=True)


def test_a_changed_scenario_trains_itself_and_nothing_when_it_is_changed_back(packed):
    before = packed.repeats()
    packed.configure(scenarios={"stateful": {"units": 2}})
    assert trained_anew(packed) == {"stateful on one, two, 12 repeats"}
    packed.configure()
    assert trained_anew(packed) == set()
    assert_frame_equal(packed.repeats(), before, check_exact=True)


def test_more_repeats_train_only_these_and_fewer_train_none(packed):
    before = packed.repeats()
    packed.configure(study={"repeats": 9})
    assert trained_anew(packed) == {"stateful, stateless on one, two, 12 repeats"}
    grown = packed.repeats()
    assert len(grown) == 36
    packed.configure(study={"repeats": 6})
    assert trained_anew(packed) == set()
    assert_frame_equal(packed.repeats(), before, check_exact=True)
    blocks = pd.read_csv(packed.results / "blocks.csv")
    assert set(zip(blocks["start"], blocks["stop"], strict=True)) == {(0, 6)}


def test_a_pack_that_is_deleted_is_trained_again_to_the_bit(packed):
    before = packed.repeats()
    (file,) = set(packed.packs().values())
    file.unlink()
    assert trained_anew(packed) == {"stateful, stateless on one, two, 24 repeats"}
    assert file.exists()
    assert_frame_equal(packed.repeats(), before, check_exact=True)


def test_packs_of_any_size_give_the_same_numbers(packed):
    before = packed.repeats()
    for file in packed.packs().values():
        file.unlink(missing_ok=True)
    packed.configure(study={"repeats_per_job": 4})
    assert len(trained_anew(packed)) == 8
    assert_frame_equal(packed.repeats(), before, check_exact=True)


def test_what_cannot_be_trained_does_not_cost_what_can(tmp_path):
    project = Project(tmp_path / "project", PACKED)
    large = {"stateful": False, "units": 256, "timesteps": 9}
    project.configure(scenarios={"large": large})
    output = project.run("--set-resources", "train:mem_mb=1450", succeeds=False)
    assert "large on one: training" in output
    assert "Traceback" not in output
    assert len(project.packs()) == 4
    assert set(project.planned_packs()) == {"large on one, two, 12 repeats"}


def test_a_kill_in_the_middle_of_a_packed_job_loses_that_job_only(trained, tmp_path):
    """The next run goes on with the packs that the killed one planned."""
    project = Project(tmp_path / "project", PACKED)
    project.edit(
        "workflow/scripts/thousandfold/plan.py", "WORTH_STARTING = 30.0", "WORTH_STARTING = 1e-9"
    )
    planned = project.planned_packs()
    assert len(planned) == 4
    held = planned["stateless on two, repeats 0 to 5"]
    line = "        os.replace(partial, path)\n"
    wait = f'        if path.as_posix() == "{held}":\n            __import__("time").sleep(600)\n'
    project.edit("workflow/scripts/thousandfold/disk.py", line, wait + line)
    process = project.start()
    try:
        wait_for(lambda: len(project.packs()) == 3)
        assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    project.edit("workflow/scripts/thousandfold/disk.py", wait, "")
    project.run("--unlock")
    kept = project.blocks()
    assert project.planned_packs() == {"stateless on two, repeats 0 to 5": held}
    project.run(REPEATS)
    assert {name: project.blocks()[name] for name in kept} == kept
    assert_frame_equal(project.repeats(), trained.repeats(), check_exact=True)
    assert not list(project.results.rglob("*.partial"))
