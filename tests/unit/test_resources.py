"""What jobs ask for, and how blocks are cut into passes that fit."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
from support import ROOT, STATEFUL, shipped_study

from thousandfold.data import load_series
from thousandfold.machine import available_memory_mb, host_kind, processor
from thousandfold.plan import Plan
from thousandfold.resources import (
    BESIDE_MB,
    PASS_MB,
    PROCESS_MB,
    SPARE,
    TooLittleMemoryError,
    Workload,
    analysis_memory_mb,
    checking_workloads,
    memory_mb,
    minutes,
    passes,
    plan_in_words,
)
from thousandfold.scenario import Refit
from thousandfold.study import Block, Stopping
from thousandfold.training import Prepared

PLENTY = 10**6


def job(repeats=1000, start=0, **changes):
    block = Block("s", "a", start, start + repeats)
    return Workload(block, STATEFUL.varied(**changes), train_rows=22, test_rows=12)


def test_larger_jobs_ask_for_more():
    for larger in [
        job(repeats=4000, units=8), job(units=16), job(timesteps=48, units=8), job(batch_size=16, units=8),
    ]:  # fmt: skip
        assert memory_mb([larger]) > memory_mb([job()])
    stacked, single = (job(engine="keras", units=300, layers=layers) for layers in (3, 1))
    # A layer above has as many inputs as units, and so twice the weights of the lowest.
    assert stacked.bytes_per_repeat > 4 * single.bytes_per_repeat
    assert memory_mb([stacked]) > memory_mb([single])
    for longer in [job(repeats=10**5), job(epochs=10**5), job(units=16), job(timesteps=12)]:
        assert longer.seconds > job().seconds
    assert minutes([job(engine="keras", epochs=1000, repeats=10)]) > minutes([job(epochs=1000)])
    assert minutes([job(epochs=10**6)] * 2) > minutes([job(epochs=10**6)])


def test_one_pass_where_there_is_room():
    assert passes(job(), PLENTY, PLENTY) == [range(1000)]
    assert passes(job(repeats=10, start=50), PLENTY, PLENTY) == [range(50, 60)]


@pytest.mark.parametrize(("granted", "free"), [(1800, PLENTY), (PLENTY, 1200)])
def test_passes_cover_the_block_and_fit(granted, free):
    wide = job(start=3, units=64, timesteps=12)
    cut = passes(wide, granted, free)
    assert [repeat for part in cut for repeat in part] == list(range(3, 1003))
    largest = max(len(part) for part in cut)
    assert wide.at_once <= largest < 1000
    assert wide.process_mb(largest) <= min(granted - BESIDE_MB, free)


def test_a_job_never_takes_much_more_than_a_pass():
    huge = job(repeats=100_000, units=32, timesteps=12)
    assert memory_mb([huge]) <= BESIDE_MB + PROCESS_MB + SPARE * PASS_MB + 1
    assert len(passes(huge, memory_mb([huge]), PLENTY)) > 1


def test_what_a_job_asks_for_is_what_its_passes_need():
    for each in [
        job(),
        job(units=300),
        job(units=64, timesteps=48),
        job(engine="keras", units=300),
    ]:
        assert passes(each, memory_mb([each]), PLENTY)


def test_stock_keras_trains_one_after_the_other():
    assert passes(job(engine="keras", units=64), 1500, PLENTY) == [range(1000)]
    few, many = (memory_mb([job(engine="keras", repeats=n)]) for n in (10, 1000))
    assert few <= many < few + 10


def test_a_network_that_does_not_fit_is_refused_with_one_that_would():
    large = job(units=3000)
    with pytest.raises(
        TooLittleMemoryError, match="scenario a on s: training 10 repeats"
    ) as refusal:
        passes(large, memory_mb([large]), 4000)
    message = str(refusal.value)
    fitting = int(message.split("set units: ")[1].split(",", maxsplit=1)[0])
    assert passes(job(units=fitting), PLENTY, 4000)
    with pytest.raises(TooLittleMemoryError):
        passes(job(units=fitting + 1), PLENTY, 4000)
    needed = int(message.split("train:mem_mb=")[1].split(",", maxsplit=1)[0])
    assert passes(large, needed, PLENTY)
    with pytest.raises(TooLittleMemoryError):
        passes(large, needed - 2, PLENTY)


def test_where_no_network_fits_none_is_proposed():
    with pytest.raises(TooLittleMemoryError) as refusal:
        passes(job(), PLENTY, 100)
    assert "would fit" not in str(refusal.value)


def test_jobs_of_the_shipped_study(monkeypatch):
    monkeypatch.chdir(ROOT)
    study = shipped_study()
    series = {source.name: load_series(source) for source in study.series}
    plan = Plan(study, series.__getitem__)
    workloads = [
        Workload.of(b, Prepared.of(study.scenario(b.scenario), series[b.series]))
        for b in plan.blocks
    ]
    assert [plan.workload(b) for b in plan.blocks] == workloads
    assert {each.train_rows for each in workloads} == {22, 12}
    assert {each.test_rows for each in workloads} == {12}
    checks = checking_workloads(study, series.__getitem__)
    assert len(checks) == 2 * len(study.identities) + 2
    assert memory_mb(checks) <= 2000


def test_what_is_left_to_train_is_told():
    study = shipped_study()
    each = job(repeats=1000)
    told = partial(plan_in_words, study)
    assert re.fullmatch(
        "The whole study is 11,000 trainings, in 2 jobs, about .+ on one core.",
        told([each] * 11, 2),
    )
    assert "trainings; left are 2,000, in 1 job, about" in told([each] * 2, 1)
    assert told([], 0).endswith("trainings, which are finished; nothing is left to train.")
    stopping = replace(study, stopping=Stopping(100, 1.0))
    assert "is at most 11,000 trainings; left are at most 1,000" in plan_in_words(
        stopping, [each], 1
    )


@pytest.mark.slow
def test_estimates_are_not_below_what_a_training_takes():
    """One small and one wide network, each in a process of its own (benchmarks/jobs.py has more)."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from jobs import measure, workload_of

    for sizes in [
        ("replicated", 1, 1, 1, 22, 5000, 4, False),
        ("replicated", 64, 12, 1, 22, 128, 2, False),
    ]:
        megabytes, _ = measure(sizes)
        assert megabytes < workload_of(*sizes).process_mb(sizes[5]) < 2.5 * megabytes


@pytest.fixture
def five_gigabytes_free(monkeypatch):
    """Whatever else runs on this machine."""
    free = SimpleNamespace(available=5_000_000_000)
    monkeypatch.setattr("thousandfold.machine.psutil.virtual_memory", lambda: free)


@pytest.mark.usefixtures("five_gigabytes_free")
def test_memory_is_limited_by_the_tightest_control_group(tmp_path):
    own = tmp_path / "own"
    group = tmp_path / "a/b"
    group.mkdir(parents=True)
    own.write_text("0::/a/b\n")
    (tmp_path / "a/memory.max").write_text("3000000000\n")
    (tmp_path / "a/memory.current").write_text("1000000000\n")
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text("5\n")
    assert available_memory_mb(tmp_path, own) == 2000
    (group / "memory.max").write_text("1000000005\n")
    assert available_memory_mb(tmp_path, own) == 1000
    for limit in (tmp_path / "a/memory.max", group / "memory.max"):
        limit.write_text("90000000000\n")
    assert available_memory_mb(tmp_path, own) == 5000


@pytest.mark.usefixtures("five_gigabytes_free")
def test_memory_is_limited_by_a_control_group_of_version_1(tmp_path):
    own = tmp_path / "own"
    own.write_text("5:cpu,cpuacct:/\n4:memory:/job\n0::/\n")
    group = tmp_path / "memory/job"
    group.mkdir(parents=True)
    (group / "memory.limit_in_bytes").write_text("700000000\n")
    (group / "memory.usage_in_bytes").write_text("100000000\n")
    assert available_memory_mb(tmp_path, own) == 600


@pytest.mark.usefixtures("five_gigabytes_free")
def test_memory_without_control_groups_is_what_is_free(tmp_path):
    assert available_memory_mb(tmp_path, tmp_path / "none") == 5000


def test_memory_is_that_of_this_machine():
    """Less than what Linux calls its memory, in the units of the other tests."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    assert 10 < available_memory_mb() <= pages * size / 1e6


def test_the_host_is_told_by_kind(monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    assert "Slurm" not in host_kind()
    assert "cores" in host_kind()
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    assert host_kind().endswith(", a job of Slurm")
    assert processor()


def test_planning_imports_no_keras():
    code = "import thousandfold.resources, sys; sys.exit('keras' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT / "workflow/scripts", check=True)


def test_updates_in_the_test_take_time():
    still, updated, often = (
        job(epochs=50_000, refit=refit)
        for refit in (None, Refit(every=4, epochs=25_000), Refit(every=2, epochs=25_000))
    )
    assert still.seconds < updated.seconds < often.seconds
    # Two updates of half the epochs, each on a few rows more than training was on.
    assert 1.9 * still.seconds < updated.seconds < 3 * still.seconds


def test_several_steps_ahead_take_memory():
    one = job()
    direct, recursive = replace(one, steps_ahead=6, targets_per_row=6), replace(one, steps_ahead=6)
    assert direct.weights == one.weights + 5 * (one.regime.network.units + 1)
    assert direct.bytes_per_repeat > recursive.bytes_per_repeat > one.bytes_per_repeat
    assert recursive.bytes_per_lane > one.bytes_per_lane


def test_labels_of_each_step_take_memory_and_no_more_weights():
    """Of each step, and of each label, a number is kept."""
    regime = replace(job().regime.varied(timesteps=50), task="classification", classes=3)
    one = replace(job(), regime=regime, test_rows=1000)
    each = replace(one, targets_per_row=50)
    assert each.weights == one.weights
    kept = each.bytes_per_repeat - one.bytes_per_repeat
    assert kept >= 4 * 1000 * 3 * 49


def test_many_findings_take_memory_up_to_a_point():
    """Calibrating 200 or 2000 findings of 20 repeats took 1.5 GB, what Snakemake takes aside."""
    study = shipped_study()
    asked = [
        analysis_memory_mb(replace(study, findings=study.findings[:1] * count))
        for count in (1, 60, 200, 2000)
    ]
    assert asked == sorted(asked)
    assert asked[0] < 2300
    assert asked[2] == asked[3] > 1500 + 1500
