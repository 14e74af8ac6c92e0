"""Which release made the results that are there, and what is said of it."""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
import yaml
from support import ROOT, shipped_study

from thousandfold.recipe import recipe
from thousandfold.records import write_block
from thousandfold.releases import (
    foreign_blocks,
    inherited_in_words,
    note_release,
    release_note,
    release_of,
)
from thousandfold.study import Block
from thousandfold.version import VERSION

RELEASED = ROOT / "tests" / "cases" / "released" / "0.1.0" / "results"


@pytest.fixture(autouse=True)
def in_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def blocks_in(results):
    """The blocks of a results folder, by their files."""
    return {
        file: Block("shampoo", file.parent.name, *map(int, file.stem.split("-")))
        for file in sorted(results.glob("blocks/*/*/*.parquet"))
    }


def test_one_number_everywhere():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^version = "(.+)"', project, re.MULTILINE).group(1) == VERSION
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == VERSION


def test_a_folder_without_results_is_of_no_release(tmp_path):
    assert release_of(tmp_path / "none") is None
    assert inherited_in_words(tmp_path / "none", []) is None


def test_results_without_a_note_are_of_the_first_release_or_before():
    assert release_of(RELEASED) == "0.1.0 or an earlier one"


def test_the_note_of_this_release_takes_the_place_of_another(tmp_path):
    note = release_note(tmp_path)
    note.parent.mkdir()
    (note.parent / "0.1.9").touch()
    assert release_of(tmp_path) == "0.1.9"
    told = inherited_in_words(tmp_path, [])
    assert told == (
        f"{tmp_path}: these results were made by release 0.1.9; this is {VERSION}. "
        "A run analyses them again; what is trained stays as it is."
    )
    note_release(note)
    assert [path.name for path in note.parent.iterdir()] == [VERSION]
    assert inherited_in_words(tmp_path, []) is None


def test_blocks_of_another_recipe_are_found_and_it_is_told_where_they_go():
    study = replace(shipped_study(), name="released", repeats=4)
    blocks = blocks_in(RELEASED)
    assert len(blocks) == 4
    found = foreign_blocks(RELEASED, blocks, partial(recipe, study))
    assert found == list(blocks)
    told = inherited_in_words(RELEASED, found)
    assert "trains 4 finished blocks again" in told
    assert f"moves them to {RELEASED / 'damaged'}" in told


@pytest.mark.parametrize("damage", [b"", b"PAR1 and no more"])
def test_blocks_of_the_same_recipe_stay_and_a_damaged_one_does_not(tmp_path, damage):
    file = tmp_path / "blocks" / "shampoo" / "stateful" / "0-1.parquet"
    write_block(file, pd.DataFrame({"repeat": [0]}), "same", {})
    blocks = {file: Block("shampoo", "stateful", 0, 1), Path("missing"): None}
    assert foreign_blocks(tmp_path, blocks, lambda block: "same") == []
    file.write_bytes(damage)
    assert foreign_blocks(tmp_path, blocks, lambda block: "same") == [file]
    note_release(release_note(tmp_path))
    assert foreign_blocks(tmp_path, blocks, lambda block: "same") == []
