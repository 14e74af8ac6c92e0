"""Faults of machines and users: reported by name, repaired by the same command, nothing lost."""

import os
import re
import shutil
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from unit.test_fuzz import configs

from thousandfold.packs import FinishedBlock, Pack, write_pack
from workflow.kills import kill_again_and_again
from workflow.project import SMOKE, TINY, Project, merged, wait_for

pytestmark = pytest.mark.slow


def test_kills_at_random_moments_change_no_result(smoke, tmp_path):
    project = Project(tmp_path / "killed", SMOKE)
    kills, _ = kill_again_and_again(project, smoke.tables(), kills=6, seed=20261121)
    assert kills.total() == 6
    assert len(kills) == 3


@contextmanager
def mounted(folder, options):
    """A file system of its own on a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def remount(folder, options):
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


NAMED_FULL_DISK = re.compile(
    r"results/tiny/\S+: cannot be written \(No space left on device\); free space"
)

may_mount = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")


@may_mount
def test_a_full_disk_is_named_and_the_next_run_carries_on(finished, tmp_path):
    """How many bytes there are decides what meets the end of the disk: a block, or only a log."""
    project = Project(tmp_path / "full")
    for kilobytes in (220, 160, 250, 130):
        with mounted(project.results, f"size={kilobytes}k"):
            output = project.run(succeeds=False)
            assert "No space left on device" in output
            if not NAMED_FULL_DISK.search(output):
                continue
            assert "Traceback" not in output
            for file in project.packs().values():
                assert len(pd.read_parquet(file)) > 0
            remount(project.results, "size=100m")
            project.run()
            assert project.tables() == finished.tables()
            return
    pytest.fail("no result file met the end of the disk")


@may_mount
def test_an_unwritable_folder_is_refused_before_training(tmp_path):
    project = Project(tmp_path / "readonly")
    with mounted(project.results, "size=10m,ro"):
        output = project.run(succeeds=False)
        assert "results/tiny: cannot be written; make it a folder of yours" in output
        assert "Traceback" not in output
        remount(project.results, "rw")


def test_results_that_are_a_file_are_refused(tmp_path):
    project = Project(tmp_path / "file")
    (project.folder / "results").write_text("not a folder")
    assert "results: cannot be written; make it a folder" in project.run(succeeds=False)


BLOCK = "shampoo/stateful/3-5"


def from_another_config(project):
    """The pack as another seed trains it, under this one's name."""
    other = project.copied_to(project.folder.with_name("other"))
    other.configure(study={"seed": 7})
    file = other.planned_packs()["stateful on shampoo, repeats 3 to 4"]
    other.run(file)
    shutil.copy(other.folder / file, project.pack(BLOCK))


def from_another_version(project):
    """The pack as another version of the code or of Keras would have sealed it."""
    file = project.pack(BLOCK)
    pack = Pack(file)
    found = pack.read(pack.blocks[0])
    other = replace(found.packed, recipe="0" * 64)
    write_pack(file, [FinishedBlock(other, found.table, found.facts)])


def from_another_scenario(project):
    shutil.copy(project.pack("shampoo/stateless/3-5"), project.pack(BLOCK))


@pytest.mark.parametrize(
    "mix_in",
    [
        from_another_version,
        pytest.param(from_another_config, marks=pytest.mark.exhaustive),
        pytest.param(from_another_scenario, marks=pytest.mark.exhaustive),
    ],
)
def test_a_foreign_pack_is_set_aside_named_and_trained_again(project, mix_in):
    expected = project.tables()
    before, file = project.blocks(), project.pack(BLOCK)
    mix_in(project)
    output = project.run()
    assert f"packs/{file.name}: holds other blocks, or other recipes, than its name says" in output
    assert f"moved to results/tiny/damaged/{file.name}" in output
    assert "Traceback" not in output
    assert project.tables() == expected
    after = project.blocks()
    assert {name for name in before if after[name] != before[name]} == {BLOCK}


def test_a_damaged_table_is_named(project):
    expected = project.tables()
    table = project.results / "repeats.parquet"
    stamp = table.stat()
    content = bytearray(table.read_bytes())
    content[len(content) // 4] ^= 1
    table.write_bytes(content)
    os.utime(table, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    project.configure(study={"margin": 4})
    output = project.run("results/tiny/summary.csv", succeeds=False)
    assert "results/tiny/repeats.parquet: is damaged" in output
    assert "Delete it and run the same command again" in output
    assert "Traceback" not in output
    project.configure()
    project.run()
    assert project.tables() == expected


def deleted(path):
    path.unlink()


def edited(path):
    path.write_bytes(path.read_bytes() + b" ")


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


DAMAGES = [deleted, edited, cut]

PLANS = 8


def outputs(project):
    """All that a finished study leaves but its blocks and logs."""
    reports = project.folder / "reports" / project.results.name
    tables = [path for path in project.results.iterdir() if path.is_file()]
    figures = reports.glob("figures/*.svg")
    return sorted([*tables, *figures, reports / "report.html", *sums_of(project)])


def sums_of(project):
    return list(project.results.glob("checksums/*"))


def contents(project):
    """The content of all outputs but for those that hold the time."""
    return {
        path.relative_to(project.folder): path.read_bytes()
        for path in outputs(project)
        if path.name not in ("provenance.json", "report.sha256")
    }


def has_sound_checksums(project):
    command = ["sha256sum", "--check", "--quiet", *sums_of(project)]
    return subprocess.run(command, cwd=project.results, check=False).returncode == 0


@pytest.mark.parametrize(
    "damage",
    [edited, *(pytest.param(d, marks=pytest.mark.exhaustive) for d in DAMAGES if d is not edited)],
)
def test_all_outputs_are_made_anew_by_the_same_command(project, damage):
    expected, trained = contents(project), project.blocks()
    assert len(expected) > 50
    damaged = [path for path in outputs(project) if path.parent.name != "checksums"]
    for path in damaged:
        damage(path)
    project.run("report")
    assert contents(project) == expected
    assert has_sound_checksums(project)
    assert project.blocks() == trained
    assert project.planned() == {}
    kept = {path.name for path in project.results.glob("damaged/*")}
    assert kept == (set() if damage is deleted else {path.name for path in damaged})


def test_each_damaged_output_is_noticed_though_its_time_is_that_of_before(project):
    figures = list(project.folder.glob("reports/tiny/figures/*.svg"))
    # What holds of one figure and one checksum holds of the others.
    others = {*figures[1:], *sums_of(project)[1:]}
    paths = [path for path in outputs(project) if path not in others]
    # A plan takes seconds, so each is of several files, which it has to name one by one.
    for number in range(PLANS):
        damaged = paths[number::PLANS]
        before = {path: (path.read_bytes(), path.stat()) for path in damaged}
        for index, (path, (_, stamp)) in enumerate(before.items()):
            DAMAGES[(number + index) % len(DAMAGES)](path)
            if path.exists():
                os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        plan = project.run("-n", ["analyse", "report", "all"][number % 3])
        for path in damaged:
            name = path.relative_to(project.folder).as_posix()
            is_told = f"{name}: is missing or was changed" in plan
            assert is_told or (not path.exists() and name in plan), path
        for path, (content, stamp) in before.items():
            path.write_bytes(content)
            os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert project.planned() == {}


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("results/tiny/conjunctions.csv", "all"),
        ("results/tiny/provenance.json", "analyse"),
        ("reports/tiny/figures/shampoo-series.svg", "all"),
    ],
)
def test_an_edit_of_what_nothing_reads_is_set_aside_and_told(project, name, target):
    expected, path = contents(project), project.folder / name
    content, stamp = path.read_bytes(), path.stat()
    edited(path)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    output = project.run(target)
    aside = project.results / "damaged" / path.name
    place = aside.relative_to(project.folder)
    assert f"{name}: is not as it was written; moved to {place} and remade" in output
    assert aside.read_bytes() == content + b" "
    assert contents(project) == expected
    assert has_sound_checksums(project)
    assert project.planned() == {}


def test_an_edited_table_is_not_read(project):
    """Another target than the study's own does not look at all tables, but at what it reads."""
    edited(project.results / "contrasts.csv")
    output = project.run("results/tiny/replication.csv", succeeds=False)
    assert "results/tiny/contrasts.csv: is damaged: it is not as it was written" in output
    assert "Delete it and run the same command again" in output
    assert "Traceback" not in output


@may_mount
def test_a_full_disk_while_figures_are_drawn_is_named(project):
    reports = project.folder / "reports"
    shutil.rmtree(reports)
    with mounted(reports, "size=60k"):
        output = project.run("report", succeeds=False)
        named = r"reports/tiny/figures/\S+\.svg: cannot be written \(No space left on device\)"
        assert re.search(named, output), output
        assert "Traceback" not in output
        remount(reports, "size=100m")
        project.run("report")
        assert has_sound_checksums(project)


def test_a_second_snakemake_on_the_same_folder_is_refused(tmp_path):
    project = Project(tmp_path / "twice")
    first = project.start()
    try:
        wait_for(lambda: list((project.folder / ".snakemake/locks").glob("*")))
        output = project.run(succeeds=False)
        assert "Directory cannot be locked" in output
        assert "no other Snakemake process is trying to create the same files" in output
        assert first.poll() is None
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()


def test_little_memory_cuts_a_block_into_passes_and_changes_no_number(finished, tmp_path):
    wide = {"scenarios": {"stateful": {"units": 128, "timesteps": 9}}, "study": {"repeats": 150, "repeats_per_job": 150, "scenarios": ["stateful"]}}  # fmt: skip
    tables, logs = [], []
    for name, resources in [("plenty", []), ("little", ["--set-resources", "train:mem_mb=1530"])]:
        project = Project(tmp_path / name, merged(TINY, wide))
        (file,) = project.planned_packs().values()
        project.run(file, *resources)
        tables.append(pd.read_parquet(project.folder / file))
        log = project.results / f"logs/train/{Path(file).stem}.log"
        logs.append(len(set(re.findall(r"repeats \d+ to \d+", log.read_text()))))
    assert logs[0] == 1
    assert logs[1] > 1
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_a_network_too_large_for_the_memory_is_refused_with_what_would_fit(tmp_path):
    project = Project(tmp_path / "large")
    project.configure(scenarios={"stateful": {"units": 256, "timesteps": 9}})
    little = ("--set-resources", "train:mem_mb=1450")
    file = project.planned_packs()["stateful on shampoo, repeats 0 to 2"]
    output = project.run(file, *little, succeeds=False)
    told = re.search(r"takes about (\d+) MB; .* set units: (\d+), which would fit", output)
    assert told, output
    assert "Traceback" not in output
    project.configure(scenarios={"stateful": {"units": int(told[2]), "timesteps": 9}})
    project.run(project.planned_packs()["stateful on shampoo, repeats 0 to 2"], *little)


def test_hostile_configs_on_the_command_line(tmp_path):
    """Each plans, or exits with one error that is ours; nothing is run, nothing is left outside."""
    project = Project(tmp_path / "fuzzed")
    around = sorted(path.name for path in tmp_path.iterdir())

    @settings(
        max_examples=10, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(configs())
    def plan(config):
        (project.folder / "config.yaml").write_text(
            yaml.safe_dump(config, allow_unicode=True), encoding="utf-8"
        )
        result = subprocess.run(
            [*project.command("-n", "--quiet")[:-2]], cwd=project.folder, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert "Traceback" not in result.stdout
        if result.returncode:
            errors = re.findall(
                r"^WorkflowError in file \S+config\.smk", result.stdout, re.MULTILINE
            )
            assert len(errors) == 1, result.stdout
            assert "config.yaml" in result.stdout

    plan()
    assert sorted(path.name for path in tmp_path.iterdir()) == around
    assert not list(tmp_path.rglob("pwned"))


def test_a_template_in_the_config_is_not_run(tmp_path):
    project = Project(tmp_path / "template")
    hostile = "__use_yte__: true\n?__import__('os').system('touch pwned'):\n  study: {}\n"
    (project.folder / "config.yaml").write_text(hostile, encoding="utf-8")
    output = project.run(succeeds=False)
    assert "config.yaml: __use_yte__: makes the config a program" in output
    assert not (project.folder / "pwned").exists()
