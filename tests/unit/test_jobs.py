"""Training jobs: any list of blocks into one pack, whatever the study is."""

import pickle
from dataclasses import replace

import pytest
import yaml
from pandas.testing import assert_frame_equal
from support import ROOT, shipped_study

from thousandfold import jobs
from thousandfold.data import load_series
from thousandfold.errors import UserError
from thousandfold.interleaving import train_interleaved
from thousandfold.jobs import ChangedStudyError, check_unchanged, in_words, job_of, run
from thousandfold.loading import load_study
from thousandfold.packs import Pack, PackedBlock, finished_packs, pack_file, pack_name
from thousandfold.recipe import recipe
from thousandfold.study import Block
from thousandfold.training import Prepared, train_repeats

PLENTY_MB = 1e6

BLOCKS = [Block("shampoo", "stateless", 2, 4), Block("shampoo", "stateful", 0, 3)]


@pytest.fixture
def study(monkeypatch):
    monkeypatch.chdir(ROOT)
    shipped = shipped_study()
    short = tuple(replace(s, regime=s.regime.varied(epochs=2)) for s in shipped.scenarios)
    return replace(shipped, scenarios=short)


def packed_of(study):
    return [PackedBlock(block, recipe(study, block.series, block.scenario)) for block in BLOCKS]


def trained(study, block):
    series = load_series(study.source(block.series))
    repeats = range(block.start, block.stop)
    return train_repeats(study.scenario(block.scenario), series, study.seed, repeats)


def test_a_job_trains_its_blocks_and_prepares_each_once(study, tmp_path, monkeypatch):
    read, prepared = [], []
    make = Prepared.of
    monkeypatch.setattr(jobs, "load_series", lambda s: read.append(s.name) or load_series(s))
    monkeypatch.setattr(Prepared, "of", lambda *args: prepared.append(args) or make(*args))
    packed = packed_of(study)
    file = pack_file(tmp_path, pack_name(packed))
    run(pickle.loads(pickle.dumps(job_of(study, packed))), PLENTY_MB, file)
    assert read == ["shampoo"]
    assert len(prepared) == 2
    monkeypatch.undo()
    monkeypatch.chdir(ROOT)
    pack = Pack(file)
    assert pack.blocks == tuple(packed)
    for place, block in enumerate(BLOCKS):
        found = pack.read(packed[place])
        assert_frame_equal(found.table, trained(study, block), check_exact=True)
        assert found.facts["train_seconds"] > 0


@pytest.mark.parametrize("problem", [UserError("too large"), KeyboardInterrupt()])
def test_what_is_finished_before_something_goes_wrong_is_kept(
    study, tmp_path, monkeypatch, problem
):
    packed = packed_of(study)
    train = jobs.train_prepared

    def fail(prepared, *args):
        if prepared.scenario.name == spoiled:
            raise problem
        return train(prepared, *args)

    monkeypatch.setattr(jobs, "train_prepared", fail)
    file = pack_file(tmp_path, pack_name(packed))
    spoiled = BLOCKS[1].scenario
    with pytest.raises(type(problem)):
        run(job_of(study, packed), PLENTY_MB, file)
    assert not file.exists()
    assert finished_packs(tmp_path) == {pack_name(packed[:1]): tuple(packed[:1])}


def test_a_block_that_cannot_be_trained_does_not_stop_those_after_it(study, tmp_path, monkeypatch):
    packed = packed_of(study)
    check = jobs.passes
    monkeypatch.setattr(
        jobs,
        "passes",
        lambda workload, *args: [] if workload.block == BLOCKS[0] else check(workload, *args),
    )
    with pytest.raises(ValueError, match="No objects to concatenate"):
        run(job_of(study, packed), PLENTY_MB, pack_file(tmp_path, "x"))
    assert list(finished_packs(tmp_path).values()) == [tuple(packed[1:])]


def test_a_job_of_a_study_that_has_changed_is_refused(study):
    packed = packed_of(study)
    for changed in (replace(study, seed=1), replace(study, scenarios=study.scenarios[:1])):
        with pytest.raises(ChangedStudyError, match="start the run again"):
            check_unchanged(changed, packed)
    check_unchanged(study, packed)


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        (BLOCKS[:1], "stateless on shampoo, repeats 2 to 3"),
        (BLOCKS, "stateless, stateful on shampoo, 5 repeats"),
        (
            [Block(f"s{i}", "a", 0, 600) for i in range(4)],
            "a on 4 series, 2,400 repeats",
        ),
        ([Block("s", f"x{i}", 0, 5) for i in range(3)], "x0, x1, x2 on s, 15 repeats"),
        ([Block("s", f"x{i}", 0, 5) for i in range(4)], "4 scenarios on s, 20 repeats"),
    ],
)
def test_what_a_job_trains_in_words(blocks, told):
    assert in_words([PackedBlock(block, "") for block in blocks]) == told


def test_a_job_has_only_its_own_scenarios_and_series(study):
    job = job_of(study, packed_of(study))
    assert [a.scenario.name for a in job.assignments] == ["stateless", "stateful"]
    assert [a.packed.block for a in job.assignments] == BLOCKS
    assert not job.interleaved
    timed = replace(study, interleaved=True)
    assert job_of(timed, packed_of(timed)).interleaved


def test_interleaved_repeats_are_timed_and_otherwise_the_same(study):
    series = load_series(study.series[0])
    stock = tuple(replace(s, regime=s.regime.varied(engine="keras")) for s in study.scenarios)
    study = replace(study, scenarios=stock)
    blocks = [replace(block, stop=block.start + 1) for block in BLOCKS]
    tables = train_interleaved(
        [(Prepared.of(study.scenario(b.scenario), series), range(b.start, b.stop)) for b in blocks],
        study.seed,
    )
    for table, block in zip(tables, blocks, strict=True):
        assert (table["train_seconds"] > 0).all()
        untimed = trained(study, block)
        assert_frame_equal(
            table.drop(columns="train_seconds"), untimed.drop(columns="train_seconds"),
            check_exact=True,
        )  # fmt: skip


@pytest.fixture
def of_m3(monkeypatch):
    """Six series of the M3 competition, of different lengths, in two scenarios of two epochs."""
    monkeypatch.chdir(ROOT)
    config = yaml.safe_load((ROOT / "config/m3_first_look.yaml").read_text(encoding="utf-8"))
    config["series"]["m3"]["collection"]["sample"]["size"] = 6
    config["model"] = {"epochs": 2}
    config["study"]["scenarios"] = ["stateful", "stateless"]
    config["findings"] = {"E1": config["findings"]["E1"]}
    return load_study(config, [])


def trained_in_one_job(study, tmp_path, repeats):
    """The tables of all series and scenarios of a study, trained in one job, by their names."""
    packed = [
        PackedBlock(Block(series, scenario.name, 0, repeats), f"{scenario.name} on {series}")
        for scenario in study.scenarios
        for series in study.series_names
    ]
    file = pack_file(tmp_path, pack_name(packed))
    run(job_of(study, packed), PLENTY_MB, file)
    pack = Pack(file)
    return {(p.block.series, p.block.scenario): pack.read(p).table for p in packed}


@pytest.mark.slow
def test_series_of_a_competition_in_one_job_are_trained_as_by_stock_keras(of_m3, tmp_path):
    tables = trained_in_one_job(of_m3, tmp_path, 2)
    lengths = {len(load_series(source).values) for source in of_m3.series}
    assert len(lengths) >= 3
    for name in of_m3.series_names[:3]:
        series = load_series(of_m3.source(name))
        for scenario in of_m3.scenarios:
            stock = replace(scenario, regime=scenario.regime.varied(engine="keras"))
            theirs = train_repeats(stock, series, of_m3.seed, range(2))
            ours = tables[name, scenario.name]
            assert_frame_equal(ours, theirs, check_exact=False, rtol=1e-5, atol=0)


def test_a_repeat_does_not_depend_on_the_series_trained_beside_it(of_m3, tmp_path):
    tables = trained_in_one_job(of_m3, tmp_path, 12)
    backwards = replace(of_m3, series=of_m3.series[:2:-1])
    again = trained_in_one_job(backwards, tmp_path, 30)
    for name in backwards.series_names:
        for scenario in of_m3.scenario_names:
            fewer = again[name, scenario][:12]
            assert_frame_equal(fewer, tables[name, scenario], check_exact=True)
