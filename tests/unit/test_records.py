import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from thousandfold.disk import DamagedTableError, UnwritableError, written_whole
from thousandfold.records import read_in_parts, read_large_table, sealed_writer


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


def test_rows_of_a_key_come_together_however_they_were_written(tmp_path):
    path = tmp_path / "long.parquet"
    keys = ["a"] * 5 + ["b"] * 1 + ["c"] * 4
    table = pd.DataFrame({"series": keys, "scenario": "x", "value": np.arange(10.0)})
    table.loc[3:4, "scenario"] = "y"
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    with sealed_writer(path, arrow.schema) as writer:
        for part in (arrow[:2], arrow[2:7], arrow[7:]):
            writer.write_table(part)
    parts = list(read_in_parts(path, by=("series", "scenario")))
    assert [list(part["value"]) for part in parts] == [[0, 1, 2], [3, 4], [5], [6, 7, 8, 9]]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), table, check_exact=True)
    path.write_bytes(b"no table")
    with pytest.raises(DamagedTableError):
        next(read_in_parts(path, by=("series",)))
