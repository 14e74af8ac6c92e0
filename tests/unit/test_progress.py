"""What a run says of how far its training is."""

import os

import pytest

from thousandfold.packs import PLANS, PackedBlock, forget_plans, pack_file, pack_name, write_plan
from thousandfold.progress import STARTED, note_start, progress_in_words
from thousandfold.study import Block


def planned(results, *blocks):
    """The name of a pack that a run is to train, of these blocks."""
    packed = [PackedBlock(block, f"recipe of {block.scenario}") for block in blocks]
    write_plan(results, pack_name(packed), packed)
    return pack_name(packed)


@pytest.fixture
def packs(tmp_path):
    """A run that started at second 1000, with two packs to be trained."""
    one = planned(tmp_path, Block("s", "a", 0, 600), Block("s", "b", 0, 400))
    two = planned(tmp_path, Block("s", "c", 0, 3000))
    note_start(tmp_path)
    os.utime(tmp_path / PLANS / STARTED, (1000, 1000))
    return one, two


def finish(results, name):
    pack_file(results, name).parent.mkdir(exist_ok=True)
    pack_file(results, name).touch()


def test_rate_and_time_left_are_those_measured_in_this_run(tmp_path, packs):
    one, two = packs
    assert progress_in_words(tmp_path, 1001) == "0 of 4,000 trainings done"
    finish(tmp_path, one)
    told = "1,000 of 4,000 trainings done, 20 a second, about 2 minutes left"
    assert progress_in_words(tmp_path, 1050) == told
    finish(tmp_path, two)
    assert progress_in_words(tmp_path, 1100) == "4,000 of 4,000 trainings done, 40 a second"


def test_what_was_finished_before_the_run_does_not_count(tmp_path, packs):
    """Neither as planned nor as done: it says nothing about how fast this run is."""
    one, two = packs
    finish(tmp_path, one)
    forget_plans(tmp_path, {two})
    note_start(tmp_path)
    os.utime(tmp_path / PLANS / STARTED, (2000, 2000))
    assert progress_in_words(tmp_path, 2010) == "0 of 3,000 trainings done"


def test_without_a_start_or_with_one_to_come_there_is_no_rate(tmp_path, packs):
    finish(tmp_path, packs[0])
    assert progress_in_words(tmp_path, 990) == "1,000 of 4,000 trainings done"
    (tmp_path / PLANS / STARTED).unlink()
    assert progress_in_words(tmp_path, 1050) == "1,000 of 4,000 trainings done"
