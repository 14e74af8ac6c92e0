"""Which files are read, and how what was changed is noticed and set aside."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from thousandfold.disk import (
    DamagedTableError,
    UnwritableError,
    check_regular,
    damaged_files,
    read_checked,
    set_aside_damaged,
    write_checksums,
    write_own_checksum,
    write_text,
)
from thousandfold.errors import DataError


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Results and reports with a table, and a page with two figures."""
    monkeypatch.chdir(tmp_path)
    results, reports = Path("results/study"), Path("reports/study")
    write_text(results / "t.csv", "a\n1\n")
    write_own_checksum(results / "t.csv")
    pages = [reports / "page.html", reports / "figures/1.svg", reports / "figures/2.svg"]
    for path in pages:
        write_text(path, path.name)
    write_checksums(results / "checksums/report.sha256", pages)
    return results, reports


def test_nothing_is_said_of_what_is_as_it_was_written(folders):
    assert set_aside_damaged(*folders) == damaged_files(*folders) == []
    assert read_checked(folders[0] / "t.csv") == b"a\n1\n"


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum")
def test_sha256sum_checks_them(folders):
    command = ["sha256sum", "--check", "--quiet", *Path().glob("results/study/checksums/*")]
    inside = [str(part).removeprefix("results/study/") for part in command]
    assert subprocess.run(inside, cwd=folders[0], check=False).returncode == 0
    (folders[1] / "figures/2.svg").write_text("other")
    assert subprocess.run(inside, cwd=folders[0], check=False).returncode == 1


def test_a_changed_file_is_set_aside_and_its_checksums_go(folders):
    results, reports = folders
    (results / "t.csv").write_text("mine")
    (told,) = set_aside_damaged(*folders)
    assert told == (
        "results/study/t.csv: is not as it was written; moved to results/study/damaged/t.csv and "
        "remade"
    )
    assert not (results / "t.csv").exists()
    assert not (results / "checksums/t.csv.sha256").exists()
    assert (results / "damaged/t.csv").read_text() == "mine"
    assert (results / "checksums/report.sha256").exists()
    assert (reports / "page.html").exists()


def test_a_second_edit_leaves_the_first_one_alone(folders):
    results, _ = folders
    for text in ("one", "two", "three"):
        write_own_checksum(results / "t.csv") if (results / "t.csv").exists() else None
        write_text(results / "t.csv", "a")
        write_own_checksum(results / "t.csv")
        (results / "t.csv").write_text(text)
        set_aside_damaged(*folders)
    found = {path.name: path.read_text() for path in (results / "damaged").iterdir()}
    assert found == {"t.csv": "one", "t~2.csv": "two", "t~3.csv": "three"}


def test_a_missing_figure_takes_the_checksums_of_the_report_with_it(folders):
    results, reports = folders
    (reports / "figures/1.svg").unlink()
    (told,) = set_aside_damaged(*folders)
    assert told == "reports/study/figures/1.svg: is missing; it is remade"
    assert not (results / "checksums/report.sha256").exists()
    assert (reports / "figures/2.svg").read_text() == "2.svg"


def test_a_look_moves_nothing(folders):
    results, reports = folders
    (results / "t.csv").write_text("mine")
    (reports / "figures/1.svg").unlink()
    told = damaged_files(*folders)
    assert [line.split(":")[0] for line in told] == [
        "reports/study/figures/1.svg", "results/study/t.csv",
    ]  # fmt: skip
    assert (results / "t.csv").read_text() == "mine"
    assert damaged_files(*folders) == told


@pytest.mark.parametrize("content", ["", "rubbish\n", "0" * 64 + " t.csv\n"])
def test_checksums_that_are_none_are_made_anew(folders, content):
    results, _ = folders
    (results / "checksums/t.csv.sha256").write_text(content)
    with pytest.raises(DamagedTableError, match="holds no checksums"):
        read_checked(results / "t.csv")
    assert "checksums/t.csv.sha256: is missing or was changed" in damaged_files(*folders)[0]
    (told,) = set_aside_damaged(*folders)
    assert "moved to results/study/damaged/t.csv.sha256 and remade" in told
    assert not (results / "checksums/t.csv.sha256").exists()
    assert (results / "t.csv").exists()


def test_checksums_lead_to_no_file_of_others(folders, tmp_path):
    results, _ = folders
    (tmp_path / "precious").write_text("mine")
    for name in (
        "../../precious",
        "../../reports/study/../../precious",
        str(tmp_path / "precious"),
    ):
        (results / "checksums/x.sha256").write_text(f"{'0' * 64}  {name}\n")
        assert set_aside_damaged(*folders) == []
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_file_that_cannot_be_set_aside_is_named(folders):
    results, _ = folders
    (results / "t.csv").write_text("mine")
    (results / "damaged").write_text("a file")
    with pytest.raises(UnwritableError, match=r"damaged/t\.csv: cannot be written"):
        set_aside_damaged(*folders)
    assert (results / "t.csv").read_text() == "mine"


def special_files(folder):
    """Files that are none, by what they are."""
    os.mkfifo(folder / "pipe")
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
    (folder / "link").symlink_to("/proc/self/mem")
    return [
        folder / "pipe", folder / "socket", folder / "link", Path("/dev/zero"), Path("/dev/stdin"),
        Path("/proc/cpuinfo"), Path("/proc/self/environ"), Path("/sys/kernel/mm"),
    ]  # fmt: skip


def test_special_files_are_refused_unread(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in special_files(tmp_path):
        with pytest.raises(DataError, match=r"is not a regular file; save|there is no such file"):
            check_regular(path)
    (tmp_path / "empty").touch()
    check_regular(tmp_path / "empty")


@pytest.mark.parametrize("name", ["absent", "x" * 300, "a\0b", "."])
def test_a_name_of_no_file_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="there is no such file; correct the path"):
        check_regular(tmp_path / name)
