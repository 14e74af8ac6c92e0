"""What trains again, and what does not."""

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

ALL_BLOCKS = 6


def same_blocks(before, after):
    """The blocks that were not written again."""
    return {name for name in before if after.get(name) == before[name]}


def test_a_finished_study_has_nothing_to_do(project):
    assert project.planned() == {}
    assert project.planned("report") == {}


@pytest.mark.slow
def test_growing_the_repeats_trains_only_what_is_new(project):
    before, repeats = project.blocks(), project.repeats()
    project.configure(study={"repeats": 8})
    project.run()
    after = project.blocks()
    assert same_blocks(before, after) == set(before)
    assert {name.split("/")[-1] for name in set(after) - set(before)} == {"5-6", "6-8"}
    grown = project.repeats()
    earlier = grown[grown["repeat"] < 5].reset_index(drop=True)
    assert_frame_equal(earlier, repeats, check_exact=True)
    assert len(grown) == 24
    project.configure()
    assert "train" not in project.planned()


@pytest.mark.slow
def test_an_added_scenario_trains_only_itself(project):
    before = project.blocks()
    project.configure(
        scenarios={"mine": {"stateful": True, "units": 2, "reset_after_epoch": False}},
        study={"scenarios": ["stateful", "stateless", "stateless_shuffle", "mine"]},
    )
    assert project.planned()["train"] == 2
    project.run()
    assert same_blocks(before, project.blocks()) == set(before)
    assert set(project.repeats()["scenario"]) == {
        "stateful",
        "stateless",
        "stateless_shuffle",
        "mine",
    }


def test_a_deleted_block_is_made_again_under_a_finished_report(project):
    block = project.pack("shampoo/stateless/3-5")
    expected = pd.read_parquet(block)
    block.unlink()
    assert project.planned()["train"] == 1
    project.run()
    assert_frame_equal(pd.read_parquet(block), expected, check_exact=True)


def test_the_report_is_rendered_again_without_training(project):
    report = project.folder / "reports/tiny/report.html"
    page = report.read_text(encoding="utf-8")
    report.unlink()
    assert project.planned("report") == {"render_report": 1}
    project.run("report")
    assert report.read_text(encoding="utf-8") == page


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("workflow/scripts/thousandfold/seeds.py", '"""', '"""Reworded. '),
        ("workflow/scripts/thousandfold/engines/replicated.py", "import numpy", "# A remark.\nimport numpy"),
        ("workflow/scripts/train.py", "import Path", "import Path  # a remark"),
        ("config.yaml", "label: stateful\n", "label: another label\n"),
        ("config.yaml", "# The study:", "# A remark. The study:"),
        ("data/shampoo-sales.csv", "Month", "Month"),
    ],
)  # fmt: skip
def test_what_changes_no_number_trains_nothing(project, file, old, new):
    project.edit(file, old, new)
    assert "train" not in project.planned()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("workflow/scripts/thousandfold/seeds.py", "2**53", "2**52"),
        ("workflow/scripts/thousandfold/engines/replicated.py", "axis=-1), state", "axis=-1) * 1.0, state"),
        ("config.yaml", "learning_rate: 0.001", "learning_rate: 0.002"),
        ("config.yaml", "seed: 20170421", "seed: 20170422"),
        ("config.yaml", "profile: keras3", "profile: keras2017"),
        ("data/shampoo-sales.csv", "266.0", "266.1"),
    ],
)  # fmt: skip
def test_what_changes_a_number_trains_everything(project, file, old, new):
    project.edit(file, old, new)
    assert project.planned()["train"] == ALL_BLOCKS


def test_a_mended_metric_is_measured_anew_and_trains_nothing(project):
    project.edit(
        "workflow/scripts/thousandfold/metrics.py", "return 100 * mean", "return 50 * mean"
    )
    planned = project.planned()
    assert "train" not in planned
    assert planned["collect"] == 1
    project.run()
    repeats = project.repeats()
    assert repeats["smape"].max() < 50
    assert project.planned() == {}


def test_one_scenarios_field_trains_that_scenario(project):
    project.configure(scenarios={"stateful": {"reset_after_epoch": False}})
    assert project.planned()["train"] == 2


def test_analyses_rerun_when_what_they_use_changes(project):
    project.configure(study={"margin": 4})
    report = {"render_report", "write_config"}
    assert set(project.planned()) == {
        "calibrate",
        "judge",
        "replicate",
        "summarise",
        "write_verdicts",
        *report,
    }
    project.configure(study={"title": "Another title"})
    assert set(project.planned()) == report
    project.configure(twins={"other": {"a": "stateful", "b": "stateless"}})
    assert set(project.planned()) == {"compare", *report}
    project.configure()
    project.edit(
        "workflow/scripts/thousandfold/inference/precision.py",
        "RESAMPLES = 1000",
        "RESAMPLES = 999",
    )
    assert set(project.planned()) == {"summarise", "standard_error", "render_report"}


@pytest.mark.slow
@pytest.mark.parametrize(("repeats_per_job", "cores"), [(5, 1), (2, 2)])
def test_blocks_and_cores_change_no_result(project, repeats_per_job, cores):
    expected = project.repeats()
    project.configure(study={"repeats_per_job": repeats_per_job})
    project.run(cores=cores)
    assert_frame_equal(project.repeats(), expected, check_exact=True)


@pytest.mark.slow
def test_a_kill_in_the_middle_changes_no_result(project):
    expected = project.repeats()
    project.forget_all()
    project.kill_while_training()
    finished_before = project.blocks()
    assert 0 < len(finished_before) < ALL_BLOCKS
    assert not (project.results / "repeats.parquet").exists()
    project.run()
    assert_frame_equal(project.repeats(), expected, check_exact=True)
    assert not list(project.results.rglob("*.partial"))


def damage_by_cutting(path):
    path.write_bytes(path.read_bytes()[:-100])


def damage_by_one_byte(path):
    content = bytearray(path.read_bytes())
    content[60] ^= 1
    path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage", [damage_by_one_byte, pytest.param(damage_by_cutting, marks=pytest.mark.exhaustive)]
)
def test_a_damaged_block_is_set_aside_named_and_trained_again(project, damage):
    expected = project.tables()
    file = project.pack("shampoo/stateful/3-5")
    sound = pd.read_parquet(file)
    damage(file)
    name = f"results/tiny/packs/{file.name}: "
    planned = project.run("-n")
    assert name in planned
    assert "the run itself trains what it held again" in planned
    assert file.exists()
    output = project.run()
    assert name in output
    assert f"moved to results/tiny/damaged/{file.name}" in output
    assert output.count("(Rule: train)") == 1
    assert_frame_equal(pd.read_parquet(file), sound, check_exact=True)
    assert project.tables() == expected


def test_a_block_that_is_damaged_meanwhile_is_set_aside_and_named(project):
    """Another target than all of the study, so that nothing is checked before."""
    file = project.pack("shampoo/stateful/3-5")
    (project.results / "repeats.parquet").unlink()
    project.edit(
        "workflow/scripts/collect.py",
        "    log_to(snakemake.log[0])\n",
        f'    log_to(snakemake.log[0])\n    __import__("os").truncate("{file}", 3000)\n',
    )
    output = project.run(succeeds=False)
    assert f"results/tiny/packs/{file.name}: cannot be read" in output
    assert f"moved to results/tiny/damaged/{file.name}" in output
    assert "Traceback" not in output
    assert not file.exists()


@pytest.mark.parametrize(("scenarios", "repeats"), [(11, 100_000), (200, 10_000)])
def test_large_studies_are_planned_as_blocks(project, scenarios, repeats):
    names = [f"scenario{index}" for index in range(scenarios)]
    project.configure(
        study={"name": "large", "repeats": repeats, "repeats_per_job": 1000, "scenarios": names},
        scenarios={
            name: {"stateful": index % 2 == 0, "units": 1 + index}
            for index, name in enumerate(names)
        },
    )
    assert project.planned()["train"] == scenarios * repeats // 1000
