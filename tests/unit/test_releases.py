"""Which release made the results that are there, and what is said of it."""

import re

import pandas as pd
import pytest
import yaml
from support import ROOT

from thousandfold.packs import (
    REPEAT_COLUMNS,
    FinishedBlock,
    PackedBlock,
    pack_file,
    pack_name,
    write_pack,
)
from thousandfold.releases import (
    inherited_in_words,
    note_release,
    outdated_blocks,
    release_note,
    release_of,
)
from thousandfold.study import Block
from thousandfold.version import VERSION

RELEASED = ROOT / "tests" / "cases" / "released" / "0.1.0" / "results"


@pytest.fixture(autouse=True)
def in_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_one_number_everywhere():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^version = "(.+)"', project, re.MULTILINE).group(1) == VERSION
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == VERSION
    module = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\bv(\d+\.\d+\.\d+)", module)) == {VERSION}
    newest = re.search(
        r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert newest.group(1) == VERSION


def test_a_folder_without_results_is_of_no_release(tmp_path):
    assert release_of(tmp_path / "none") is None
    assert inherited_in_words(tmp_path / "none", 0) is None


def test_results_without_a_note_are_of_the_first_release_or_before():
    assert release_of(RELEASED) == "0.1.0 or an earlier one"


def test_the_note_of_this_release_takes_the_place_of_another(tmp_path):
    note = release_note(tmp_path)
    note.parent.mkdir()
    (note.parent / "0.1.9").touch()
    assert release_of(tmp_path) == "0.1.9"
    told = inherited_in_words(tmp_path, 0)
    assert told == (
        f"{tmp_path}: these results were made by release 0.1.9; this is {VERSION}. "
        "A run analyses them again; what is trained stays as it is."
    )
    note_release(note)
    assert [path.name for path in note.parent.iterdir()] == [VERSION]
    assert inherited_in_words(tmp_path, 0) is None


def test_blocks_of_the_layout_before_packs_are_of_no_use():
    assert outdated_blocks(RELEASED, []) == 4
    told = inherited_in_words(RELEASED, 4)
    assert "does not use 4 finished blocks" in told
    assert "they stay where they are" in told


def test_blocks_of_another_recipe_are_counted_where_another_release_made_them(tmp_path):
    old, new = (PackedBlock(Block("s", "x", i, i + 1), f"recipe {i}") for i in range(2))
    table = pd.DataFrame({name: [0] for name in REPEAT_COLUMNS})
    blocks = [FinishedBlock(packed, table, {}) for packed in (old, new)]
    write_pack(pack_file(tmp_path, pack_name([old, new])), blocks)
    assert release_of(tmp_path) == "0.1.0 or an earlier one"
    assert outdated_blocks(tmp_path, [new.recipe, old.recipe]) == 0
    assert outdated_blocks(tmp_path, [new.recipe]) == 1
    assert outdated_blocks(tmp_path, []) == 2
    note_release(release_note(tmp_path))
    assert outdated_blocks(tmp_path, []) == 0
