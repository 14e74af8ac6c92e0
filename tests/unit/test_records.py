import csv
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from thousandfold.disk import DamagedTableError, UnwritableError, written_whole
from thousandfold.records import (
    BLOCK_COLUMNS,
    TEXT_COLUMNS,
    DamagedFileError,
    all_tables,
    for_spreadsheets,
    read_block,
    read_large_table,
    read_table,
    sealed_writer,
    table_columns,
    write_block,
    write_table,
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


def test_tables_come_back_equal_to_the_bit(tmp_path):
    rng = np.random.default_rng(1)
    columns = table_columns("standard_error")
    table = pd.DataFrame(
        {name: rng.normal(size=50) * 10.0 ** rng.integers(-300, 300, 50) for name in columns}
    )
    table.loc[3, columns[2]] = np.nan
    for name in ("series", "scenario"):
        table[name] = pd.Series([f"{name} {i}" for i in range(50)], dtype="str")
    write_table("standard_error", table, tmp_path / "t.csv")
    assert_frame_equal(read_table(tmp_path / "t.csv"), table, check_exact=True)


def test_a_table_with_other_columns_is_refused(tmp_path):
    with pytest.raises(ValueError, match="claims has the columns"):
        write_table("claims", pd.DataFrame({"x": [1]}), tmp_path / "t.csv")


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


def test_a_changed_table_or_one_without_checksum_is_named(tmp_path):
    path, table = tmp_path / "t.csv", pd.DataFrame(columns=table_columns("claims"))
    write_table("claims", table, path)
    path.write_text(path.read_text("utf-8") + " ", encoding="utf-8")
    problem = r"t\.csv: is damaged: it is not as it was written\. Delete it and run the same"
    with pytest.raises(DamagedTableError, match=problem):
        read_table(path)
    write_table("claims", table, path)
    read_table(path)
    (tmp_path / "checksums/t.csv.sha256").unlink()
    with pytest.raises(DamagedTableError, match="its checksum cannot be read"):
        read_table(path)


FORMULAS = st.builds(
    str.__add__, st.sampled_from([*"=+-@\t\r\n'＝＋－＠", ""]), st.text(min_size=1, max_size=9)
).filter(lambda text: "\0" not in text)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FORMULAS))
def test_no_cell_is_a_formula_and_every_text_comes_back(tmp_path, texts):
    table = pd.DataFrame({"id": texts}, dtype=str).reindex(columns=table_columns("claims"))
    write_table("claims", table, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    place = table_columns("claims").index("id")
    assert not [row for row in rows if row[place][0] in "=+-@\t\r\n＝＋－＠"]
    assert read_table(tmp_path / "t.csv")["id"].tolist() == texts


def test_a_metric_called_like_a_formula_is_none_in_a_header():
    assert list(for_spreadsheets(pd.DataFrame({"=1+1": [-1.5]}))) == ["'=1+1"]
    assert for_spreadsheets(pd.DataFrame({"=1+1": [-1.5]})).iloc[0, 0] == -1.5


NAMES = ["1e-3", "016", "2024", "None", "NA", "true", "1", "01"]


@pytest.mark.parametrize("table", ["claims", "findings", "comparisons", "calibration", "summary"])
def test_names_that_look_like_something_else_are_read_as_text(table, tmp_path):
    columns = [name for name in table_columns(table) if name in TEXT_COLUMNS]
    written = pd.DataFrame(dict.fromkeys(columns, NAMES), columns=table_columns(table))
    write_table(table, written, tmp_path / "table.csv")
    read = read_table(tmp_path / "table.csv")
    for column in columns:
        assert read[column].tolist() == NAMES


def test_text_columns_are_those_of_some_table():
    assert {name for table in all_tables() for name in table_columns(table)} >= TEXT_COLUMNS
