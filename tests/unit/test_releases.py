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
from thousandfold.releases import inherited_in_words, note_release, release_note, release_of
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
    assert inherited_in_words(tmp_path / "none", {}, str) is None


def test_results_without_a_note_are_of_the_first_release_or_before():
    assert release_of(RELEASED) == "0.1.0 or an earlier one"


def test_the_note_of_this_release_takes_the_place_of_another(tmp_path):
    note = release_note(tmp_path)
    note.parent.mkdir()
    (note.parent / "0.1.9").touch()
    assert release_of(tmp_path) == "0.1.9"
    told = inherited_in_words(tmp_path, {}, str)
    assert f"made by release 0.1.9; this is {VERSION}. A run analyses them again." in told
    note_release(note)
    assert [path.name for path in note.parent.iterdir()] == [VERSION]
    assert inherited_in_words(tmp_path, {}, str) is None


def test_blocks_of_another_recipe_are_counted_and_what_is_kept_is_told(tmp_path):
    study = replace(shipped_study(), name="released", repeats=4)
    assert len(blocks_in(RELEASED)) == 4
    told = inherited_in_words(RELEASED, blocks_in(RELEASED), partial(recipe, study))
    assert "trains 4 of 4 finished blocks again" in told
    assert "move" in told


@pytest.mark.parametrize("damage", [b"", b"PAR1 and no more"])
def test_blocks_of_the_same_recipe_stay_and_a_damaged_one_does_not(tmp_path, damage):
    table = pd.DataFrame({"repeat": [0]})
    file = tmp_path / "blocks" / "shampoo" / "stateful" / "0-1.parquet"
    write_block(file, table, "same", {})
    blocks = {file: Block("shampoo", "stateful", 0, 1), Path("missing"): None}
    told = inherited_in_words(tmp_path, blocks, lambda block: "same")
    assert told.endswith("analyses them again; what is trained stays as it is.")
    file.write_bytes(damage)
    told = inherited_in_words(tmp_path, blocks, lambda block: "same")
    assert "trains 1 of 1 finished blocks again" in told
