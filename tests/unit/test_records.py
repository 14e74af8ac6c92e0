import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from thousandfold.disk import DamagedTableError, UnwritableError, written_whole
from thousandfold.records import (
    BLOCK_COLUMNS,
    DamagedFileError,
    read_block,
    read_large_table,
    sealed_writer,
    write_block,
)


def block_of(repeats, steps=2):
    rng = np.random.default_rng(0)
    n = len(repeats)
    columns = {
        "repeat": np.array(repeats), "seed": rng.integers(2**53, size=n),
        **{name: rng.normal(size=n) for name in BLOCK_COLUMNS[2:-2]},
        "epochs": np.full(n, 7), "diverged": np.arange(n) % 3 == 0,
    }  # fmt: skip
    columns["train_loss"][0] = np.nan
    return pd.DataFrame(columns | {f"forecast_{s + 1}": rng.normal(size=n) for s in range(steps)})


@pytest.fixture
def written(tmp_path):
    table, path = block_of(range(5, 25)), tmp_path / "deep/er/5-25.parquet"
    write_block(path, table, "recipe", {"train_seconds": 1.5})
    return table, path


def test_a_block_comes_back_as_written(written):
    table, path = written
    assert_frame_equal(read_block(path, "recipe", range(5, 25), 2), table, check_exact=True)
    assert os.listdir(path.parent) == ["5-25.parquet"]


def test_every_flipped_byte_is_noticed(written):
    _, path = written
    content = path.read_bytes()
    for position in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[position] ^= 0x10
        path.write_bytes(damaged)
        with pytest.raises(DamagedFileError):
            read_block(path, "recipe", range(5, 25), 2)


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_truncation_is_noticed(written, kept):
    _, path = written
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DamagedFileError, match="cannot be read"):
        read_block(path, "recipe", range(5, 25), 2)


@pytest.mark.parametrize(
    ("recipe", "repeats", "steps", "problem"),
    [
        ("other", range(5, 25), 2, "another recipe"),
        ("recipe", range(5, 26), 2, "does not hold repeats 5 to 25"),
        ("recipe", range(5, 25), 3, "has the columns"),
    ],
)
def test_what_is_not_what_it_should_be_is_noticed(written, recipe, repeats, steps, problem):
    with pytest.raises(DamagedFileError, match=problem):
        read_block(written[1], recipe, repeats, steps)


def test_files_appear_whole_or_not_at_all(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError), written_whole(path) as partial:
        partial.write_text("half", encoding="utf-8")
        raise RuntimeError
    assert path.read_text(encoding="utf-8") == "old"
    with written_whole(path) as partial:
        partial.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"
    assert path.read_text(encoding="utf-8") == "new"
    assert os.listdir(tmp_path) == ["x.txt"]


def test_every_flipped_byte_of_a_large_table_is_noticed(tmp_path):
    path = tmp_path / "large.parquet"
    table = pd.DataFrame({"series": "s", "rmse": np.random.default_rng(1).normal(size=50)})
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    with sealed_writer(path, arrow.schema) as writer:
        writer.write_table(arrow)
    pd.testing.assert_frame_equal(read_large_table(path), table, check_exact=True)
    content = path.read_bytes()
    for index in range(len(content)):
        damaged = bytearray(content)
        damaged[index] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(DamagedTableError, match=r"large\.parquet: is damaged"):
            read_large_table(path)


def test_a_file_that_cannot_be_written_is_told_with_the_mend(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        UnwritableError, match=r"cannot be written .*; free space or make the folder"
    ):
        written_whole(tmp_path / "file/below").__enter__()


def test_what_a_killed_process_left_is_removed(tmp_path):
    orphan = tmp_path / ".table.csv.1.partial"
    orphan.write_text("half")
    with written_whole(tmp_path / "table.csv") as partial:
        partial.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
