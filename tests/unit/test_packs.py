"""Packs: what comes back of them, what is noticed, and into which ones what is missing goes."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from thousandfold.packing import Group, Piece, packing
from thousandfold.packs import (
    FinishedBlock,
    Pack,
    PackedBlock,
    damaged_packs,
    finished_packs,
    forget_plans,
    pack_file,
    pack_name,
    read_plan,
    read_plans,
    set_aside_damaged_packs,
    write_pack,
    write_plan,
)
from thousandfold.records import DamagedFileError
from thousandfold.study import Block


def table_of(repeats, steps=2, horizon=0):
    rng = np.random.default_rng(0)
    n = len(repeats)
    columns = {
        "repeat": np.array(repeats), "seed": rng.integers(2**53, size=n),
        "train_loss": rng.normal(size=n), "train_seconds": np.full(n, np.nan),
        "epochs": np.full(n, 7), "diverged": np.arange(n) % 3 == 0,
    }  # fmt: skip
    columns["train_loss"][0] = np.nan
    forecasts = {f"forecast_{s + 1}": rng.normal(size=n) for s in range(steps)}
    beyond = {f"future_{s + 1}": rng.normal(size=n) for s in range(horizon)}
    return pd.DataFrame(columns | forecasts | beyond)


def finished(scenario, repeats, recipe=None, **sizes):
    block = Block("shampoo", scenario, repeats.start, repeats.stop)
    packed = PackedBlock(block, recipe or f"recipe of {scenario}")
    return FinishedBlock(packed, table_of(repeats, **sizes), {"train_seconds": 1.5})


BLOCKS = [
    finished("a", range(5, 25)),
    finished("b", range(1), steps=12, horizon=3),
    finished("c", range(2, 6), steps=0),
]


@pytest.fixture
def written(tmp_path):
    file = pack_file(tmp_path, pack_name(block.packed for block in BLOCKS))
    write_pack(file, BLOCKS)
    return file


def test_blocks_come_back_as_written(written):
    pack = Pack(written)
    assert pack.blocks == tuple(block.packed for block in BLOCKS)
    for block in BLOCKS:
        found = pack.read(block.packed)
        assert (found.packed, found.facts) == (block.packed, block.facts)
        assert_frame_equal(found.table, block.table, check_exact=True)
    assert [file.name for file in written.parent.iterdir()] == [written.name]


def test_some_repeats_of_a_block_come_back_and_no_others(written):
    whole = BLOCKS[0]
    pack, part = Pack(written), replace(whole.packed.block, start=7, stop=9)
    found = pack.read(replace(whole.packed, block=part))
    assert (found.packed, found.facts) == (whole.packed, whole.facts)
    assert_frame_equal(found.table, whole.table[2:4].reset_index(drop=True), check_exact=True)
    for start, stop in ((4, 6), (24, 26)):
        beyond = replace(whole.packed, block=replace(part, start=start, stop=stop))
        assert pack.read(beyond) is None
    assert pack.read(replace(whole.packed, recipe="another")) is None


def test_every_flipped_byte_is_noticed(written):
    content = written.read_bytes()
    for position in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[position] ^= 0x10
        written.write_bytes(damaged)
        with pytest.raises(DamagedFileError):
            Pack(written)


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_truncation_is_noticed(written, kept):
    written.write_bytes(written.read_bytes()[:kept])
    with pytest.raises(DamagedFileError, match="cannot be read"):
        Pack(written)


def test_a_pack_under_another_ones_name_is_noticed(written):
    other = written.with_name(f"{'0' * 32}.parquet")
    written.rename(other)
    with pytest.raises(DamagedFileError, match="holds other blocks, or other recipes"):
        Pack(other)
    write_pack(written, [*BLOCKS[:2], finished("c", range(2, 6), recipe="another", steps=0)])
    with pytest.raises(DamagedFileError, match="holds other blocks, or other recipes"):
        Pack(written)
    with pytest.raises(DamagedFileError, match="cannot be read"):
        Pack(written.with_name("none.parquet"))


def test_the_order_of_blocks_does_not_change_the_name():
    packed = [block.packed for block in BLOCKS]
    assert pack_name(packed) == pack_name(packed[::-1])
    assert pack_name(packed) != pack_name(packed[:2])
    parts = [repeats(0, 10), repeats(10, 20), repeats(10, 30)]
    assert pack_name(parts[:2]) == pack_name(parts[1::-1])
    assert len({pack_name([part]) for part in parts}) == 3


def test_damaged_packs_are_told_of_and_set_aside_and_count_as_missing(written, tmp_path):
    assert finished_packs(tmp_path) == {written.stem: tuple(block.packed for block in BLOCKS)}
    assert damaged_packs(tmp_path) == set_aside_damaged_packs(tmp_path) == []
    written.write_bytes(b"no pack")
    assert finished_packs(tmp_path) == {}
    (told,) = damaged_packs(tmp_path)
    assert told.startswith(f"{written}: cannot be read")
    assert written.exists()
    (told,) = set_aside_damaged_packs(tmp_path)
    assert f"moved to {tmp_path / 'damaged' / written.name}" in told
    assert (tmp_path / "damaged" / written.name).read_bytes() == b"no pack"
    assert damaged_packs(tmp_path) == []


def packed_blocks(count, recipe="r"):
    return [PackedBlock(Block("s", f"x{i}", 0, 10), f"{recipe}{i}") for i in range(count)]


def named(*packs):
    return {pack_name(pack): tuple(pack) for pack in packs}


def test_plans_come_back_and_those_no_longer_wanted_go(tmp_path):
    one, two, three = packed_blocks(3)
    plans = named([one], [two, three])
    for name, blocks in plans.items():
        write_plan(tmp_path, name, blocks)
    assert read_plans(tmp_path) == plans
    assert read_plan(tmp_path, pack_name([two, three])) == (two, three)
    forget_plans(tmp_path, {pack_name([one])})
    assert read_plans(tmp_path) == named([one])


@pytest.mark.parametrize("content", ["", "[1", "[[1]]", "{}", '[["s", "x0", 0, 10, "r1"]]'])
def test_a_damaged_plan_is_no_plan(tmp_path, content):
    blocks = packed_blocks(1)
    write_plan(tmp_path, pack_name(blocks), blocks)
    (tmp_path / "plan" / f"{pack_name(blocks)}.json").write_text(content)
    assert read_plans(tmp_path) == {}


def cut(blocks, finished=(), planned=(), seconds=1.0, worth=3.0, as_one=False):
    """What is packed how: (pack of each block, packs to train), blocks as their numbers."""
    groups = [Group(blocks, as_one)]
    return packing(groups, named(*finished), named(*planned), lambda block: seconds, worth)


def test_what_is_missing_is_cut_into_packs_worth_a_start():
    blocks = packed_blocks(8)
    result = cut(blocks)
    assert result.outstanding == named(blocks[:3], blocks[3:6], blocks[6:])
    assert result.pieces == {
        packed.block: [Piece(packed, name)]
        for name, pack in result.outstanding.items()
        for packed in pack
    }
    assert cut(blocks, seconds=5.0).outstanding == named(*([each] for each in blocks))


def test_finished_blocks_stay_in_their_packs_whatever_else_those_hold():
    blocks, gone = packed_blocks(6), packed_blocks(2, "gone")
    held = [gone[0], blocks[1], blocks[4]]
    result = cut(blocks, finished=[held])
    for index in (1, 4):
        assert result.pieces[blocks[index].block] == [Piece(blocks[index], pack_name(held))]
    assert result.outstanding == named([blocks[0], blocks[2], blocks[3]], [blocks[5]])


def ranges(pieces):
    return [(piece.packed.block.start, piece.packed.block.stop) for piece in pieces]


def repeats(start, stop):
    return PackedBlock(Block("s", "x", start, stop), "r")


@pytest.mark.parametrize(
    ("held", "wanted", "parts", "missing"),
    [
        ([(0, 30)], (0, 100), [(0, 30), (30, 100)], [(30, 100)]),
        ([(0, 100)], (0, 30), [(0, 30)], []),
        ([(0, 100)], (40, 60), [(40, 60)], []),
        ([(10, 20), (30, 40)], (0, 50), [(0, 10), (10, 20), (20, 30), (30, 40), (40, 50)], [(0, 10), (20, 30), (40, 50)]),
        ([(0, 20), (10, 30), (0, 25)], (0, 30), [(0, 25), (25, 30)], []),
        ([(50, 60)], (0, 50), [(0, 50)], [(0, 50)]),
    ],
)  # fmt: skip
def test_repeats_that_are_finished_are_not_trained_again(held, wanted, parts, missing):
    packs = [[repeats(*each)] for each in held]
    result = cut([repeats(*wanted)], finished=packs, worth=1000)
    pieces = result.pieces[Block("s", "x", *wanted)]
    assert ranges(pieces) == parts
    trained = [packed for pack in result.outstanding.values() for packed in pack]
    assert trained == [repeats(*each) for each in missing]
    known = named(*packs) | result.outstanding
    for piece in pieces:
        part = piece.packed.block
        assert any(
            b.block.start <= part.start < part.stop <= b.block.stop for b in known[piece.pack]
        )


def test_another_recipe_is_another_block():
    blocks = packed_blocks(2)
    assert cut(blocks, finished=[packed_blocks(2, "other")]).outstanding == named(blocks)


def test_planned_packs_stay_unless_a_part_of_them_is_no_longer_wanted_or_is_finished():
    blocks = packed_blocks(7)
    planned = [
        [blocks[1], blocks[6]],
        [blocks[0], blocks[2]],
        [blocks[3], *packed_blocks(1, "gone")],
    ]
    result = cut(blocks, finished=[[blocks[0]]], planned=planned)
    assert result.outstanding == named(
        [blocks[1], blocks[6]], [blocks[2], blocks[3], blocks[4]], [blocks[5]]
    )


def test_planned_packs_that_overlap_train_no_block_twice():
    blocks = packed_blocks(3)
    result = cut(blocks, planned=[blocks[:2], blocks[1:]])
    trained = [packed for pack in result.outstanding.values() for packed in pack]
    assert sorted(packed.recipe for packed in trained) == ["r0", "r1", "r2"]


def test_blocks_whose_times_are_compared_are_in_one_pack_or_trained_again():
    blocks, more = packed_blocks(4), packed_blocks(2, "more")
    assert cut(blocks, as_one=True).outstanding == named(blocks)
    parts = cut(blocks, finished=[blocks[:2], blocks[2:]], as_one=True)
    assert parts.outstanding == named(blocks)
    whole = cut(blocks, finished=[blocks + more], as_one=True)
    assert whole.outstanding == {}
    assert whole.files([b.block for b in blocks]) == [pack_name(blocks + more)]


@given(
    st.integers(0, 12), st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)),
    st.integers(1, 5),
)  # fmt: skip
def test_every_block_is_in_one_pack_that_is_finished_or_to_be_trained(count, done, plan, worth):
    blocks = packed_blocks(12)
    held = [blocks[i] for i in sorted(done)]
    finished = [held] if held else []
    planned = [[blocks[i] for i in sorted(plan)]] if plan else []
    result = cut(blocks[:count], finished=finished, planned=planned, worth=worth)
    known = named(*finished) | result.outstanding
    assert set(result.pieces) == {packed.block for packed in blocks[:count]}
    for packed in blocks[:count]:
        (piece,) = result.pieces[packed.block]
        assert piece.packed == packed
        assert packed in known[piece.pack]
    trained = [packed for pack in result.outstanding.values() for packed in pack]
    assert len(trained) == len(set(trained)) == len(set(blocks[:count]) - set(held))
    # The next run, with the same finished and what this one planned, goes on with the same packs.
    again = cut(blocks[:count], finished=finished, planned=result.outstanding.values(), worth=worth)
    assert again.outstanding == result.outstanding


def test_plans_are_plain_json(tmp_path):
    write_plan(tmp_path, "name", packed_blocks(1))
    (file,) = (tmp_path / "plan").iterdir()
    assert json.loads(file.read_text()) == [["s", "x0", 0, 10, "r0"]]
