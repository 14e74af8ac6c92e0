"""Training jobs: any list of blocks, each into a file of its own, whatever the study is."""

import pickle
from dataclasses import replace

import pytest
from pandas.testing import assert_frame_equal
from support import ROOT, shipped_study

from thousandfold import jobs
from thousandfold.data import load_series
from thousandfold.interleaving import train_interleaved
from thousandfold.jobs import job_of, run
from thousandfold.recipe import recipe
from thousandfold.records import read_block
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


def trained(study, block):
    series = load_series(study.source(block.series))
    repeats = range(block.start, block.stop)
    return train_repeats(study.scenario(block.scenario), series, study.seed, repeats)


def test_a_job_trains_its_blocks_and_prepares_each_once(study, tmp_path, monkeypatch):
    read, prepared = [], []
    make = Prepared.of
    monkeypatch.setattr(jobs, "load_series", lambda s: read.append(s.name) or load_series(s))
    monkeypatch.setattr(Prepared, "of", lambda *args: prepared.append(args) or make(*args))
    files = [tmp_path / f"{block.scenario}.parquet" for block in BLOCKS]
    recipes = [recipe(study, block) for block in BLOCKS]
    run(pickle.loads(pickle.dumps(job_of(study, BLOCKS))), PLENTY_MB, files, recipes)
    assert read == ["shampoo"]
    assert len(prepared) == 2
    monkeypatch.undo()
    monkeypatch.chdir(ROOT)
    for file, block in zip(files, BLOCKS, strict=True):
        table = read_block(file, recipe(study, block), range(block.start, block.stop), 12, 0)
        assert_frame_equal(table, trained(study, block), check_exact=True)


def test_a_job_has_only_its_own_scenarios_and_series(study):
    job = job_of(study, BLOCKS)
    assert [a.scenario.name for a in job.assignments] == ["stateless", "stateful"]
    assert [a.block for a in job.assignments] == BLOCKS
    assert not job.interleaved
    assert job_of(replace(study, interleaved=True), BLOCKS).interleaved


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
