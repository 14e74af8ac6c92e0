"""Into which blocks a study's repeats are cut."""

from dataclasses import replace
from itertools import pairwise

import pytest
from support import ROOT, shipped_config

from thousandfold.config_files import merged
from thousandfold.data import load_series
from thousandfold.loading import load_study
from thousandfold.plan import ROUND_NUMBERS, WORTH_STARTING, Plan
from thousandfold.recipe import recipe
from thousandfold.resources import Workload
from thousandfold.training import Prepared


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def plan_of(study=(), model=()):
    """The plan of the shipped study with changed keys."""
    study = load_study(merged(shipped_config(), {"study": dict(study), "model": dict(model)}), [])
    return Plan(study, lambda name: load_series(study.source(name)))


def grid(plan, scenario="stateful"):
    (blocks,) = plan.stages_of("shampoo", scenario)
    return [(block.start, block.stop) for block in blocks]


@pytest.mark.parametrize(
    ("repeats", "engine", "expected"),
    [
        (30, "replicated", [(0, 30)]), (70, "replicated", [(0, 50), (50, 70)]),
        (25, "keras", [(0, 10), (10, 20), (20, 25)]),
    ],
)  # fmt: skip
def test_blocks_are_a_fixed_grid_of_as_many_repeats_as_config_says(repeats, engine, expected):
    asked = {"repeats": repeats, "repeats_per_job": {"replicated": 50, "keras": 10}}
    assert grid(plan_of(asked, {"engine": engine})) == expected
    one_number = {**asked, "repeats_per_job": asked["repeats_per_job"][engine]}
    assert grid(plan_of(one_number, {"engine": engine})) == expected


def test_the_shipped_study_is_one_block_for_each_scenario():
    assert [(b.start, b.stop) for b in plan_of().blocks] == [(0, 1000)] * 11


def blocks_of(groups):
    return [[packed.block for packed in group.blocks] for group in groups]


def test_a_job_may_train_whatever_the_plan_itself_cuts():
    plan = plan_of()
    (group,) = plan.groups()
    assert not group.as_one
    assert blocks_of([group]) == [list(plan.blocks)]
    assert [p.recipe for p in group.blocks] == [
        recipe(plan.study, b.series, b.scenario) for b in plan.blocks
    ]


def test_repeats_per_job_that_config_gives_are_a_job_of_their_own():
    plan = plan_of({"repeats_per_job": 400})
    assert sorted(blocks_of(plan.groups()), key=str) == sorted(([b] for b in plan.blocks), key=str)
    mixed = plan_of({"repeats_per_job": {"keras": 500}})
    stock = replace(
        mixed.study.scenarios[0], regime=mixed.study.scenarios[0].regime.varied(engine="keras")
    )
    study = replace(mixed.study, scenarios=(stock, *mixed.study.scenarios[1:]))
    groups = blocks_of(Plan(study, mixed.series).groups())
    assert sorted(map(len, groups)) == [1, 1, 10]


def test_jobs_keep_within_a_stage():
    plan = plan_of({"repeats": {"min": 30, "max": 90, "half_width": 1}})
    groups = blocks_of(plan.groups())
    assert len(groups) == 3 * 11
    assert {(group[0].start, group[-1].stop) for group in groups} == {(0, 30), (30, 60), (60, 90)}


def test_trainings_that_are_timed_are_one_job():
    plan = plan_of()
    timed = replace(plan.study, interleaved=True)
    (group,) = Plan(timed, plan.series).groups()
    assert group.as_one
    assert blocks_of([group]) == [list(Plan(timed, plan.series).blocks)]


def test_the_series_of_a_scenario_follow_each_other():
    plan = plan_of()
    twice = (plan.study.series[0], replace(plan.study.series[0], name="again"))
    study = replace(plan.study, series=twice)
    (group,) = Plan(study, lambda name: plan.series("shampoo")).groups()
    order = [(p.block.scenario, p.block.series) for p in group.blocks]
    assert order == [(s.name, n) for s in study.scenarios for n in ("shampoo", "again")]


@pytest.mark.parametrize(
    "model",
    [
        {}, {"epochs": 20_000}, {"units": 64, "timesteps": 9}, {"layer": "gru", "units": 4},
        {"engine": "keras", "epochs": 10},
    ],
    ids=str,
)  # fmt: skip
def test_a_job_has_the_fewest_repeats_that_are_worth_its_start(model):
    plan = plan_of({"repeats": 100_000}, model)
    scenario = plan.study.scenario("stateless")
    prepared = Prepared.of(scenario, plan.series("shampoo"))
    chosen = plan.repeats_per_block("shampoo", "stateless")
    assert chosen in ROUND_NUMBERS
    first = plan.stages_of("shampoo", "stateless")[0][0]
    assert (first.start, first.stop) == (0, chosen)
    assert Workload.of(first, prepared).seconds >= WORTH_STARTING
    fewer = max(n for n in ROUND_NUMBERS if n < chosen)
    assert Workload.of(replace(first, stop=fewer), prepared).seconds < WORTH_STARTING


def test_where_nothing_is_worth_a_start_one_job_trains_all():
    assert grid(plan_of({"repeats": 100_000}, {"epochs": 1})) == [(0, 100_000)]


def test_not_even_long_trainings_have_a_job_each():
    assert grid(plan_of({"repeats": 20}, {"engine": "keras"})) == [(0, 10), (10, 20)]


def test_longer_trainings_make_smaller_jobs():
    sizes = [
        plan_of(model={"epochs": epochs}).repeats_per_block("shampoo", "stateful")
        for epochs in (1, 10_000, 100_000)
    ]
    assert sizes == sorted(set(sizes), reverse=True)


def test_more_repeats_keep_every_full_block():
    long = {"epochs": 100_000}
    step = plan_of(model=long).repeats_per_block("shampoo", "stateful")
    small, large = (grid(plan_of({"repeats": n}, long)) for n in (2 * step, 3 * step + 7))
    assert small == [(0, step), (step, 2 * step)]
    assert large == [*small, (2 * step, 3 * step), (3 * step, 3 * step + 7)]


def test_an_engine_that_config_leaves_out_is_planned():
    plan = plan_of({"repeats_per_job": {"keras": 7}})
    assert plan.repeats_per_block("shampoo", "stateful") == plan_of().repeats_per_block(
        "shampoo", "stateful"
    )
    assert plan_of({"repeats_per_job": {"keras": 7}}, {"engine": "keras"}).blocks[0].stop == 7


def test_a_plan_that_config_settles_reads_no_series():
    study = plan_of({"repeats_per_job": 300}).study
    blocks = Plan(study, lambda name: pytest.fail(f"read {name}")).blocks
    assert len(blocks) == 4 * 11


def test_round_numbers_are_close_together():
    assert all(1 < b / a <= 2.5 for a, b in pairwise(ROUND_NUMBERS))
    assert (ROUND_NUMBERS[0], ROUND_NUMBERS[-1]) == (10, 100_000)
