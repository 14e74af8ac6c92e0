import csv
import math
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thousandfold.disk import DamagedTableError, write_own_checksum
from thousandfold.metrics import METRICS
from thousandfold.tables import TABLES, Row, frame_of, read_rows, write_rows
from thousandfold.tables.columns import CellError, OptionalFloat, check_frame, column
from thousandfold.tables.files import for_spreadsheets
from thousandfold.tables.rows import (
    FORECASTS,
    REPEATS,
    ClaimRow,
    ContrastRow,
    StandardErrorRow,
    columns_of_task,
)

NAN = math.nan


class TrialRow(Row, table="trial"):
    """A row with a cell of each type, empty or not."""

    name: str = column("a name")
    note: str | None = column("a note")
    count: int = column("how many")
    others: int | None = column("how many others")
    size: float = column("how large", "m")
    error: OptionalFloat = column("how sure", "m", default=NAN)
    holds: bool = column("whether it holds")
    known: bool | None = column("whether that is known", default=None)


ROW = TrialRow(name="a", note="b", count=3, others=4, size=0.5, error=0.1, holds=True, known=False)
EMPTY = TrialRow(name="", note=None, count=-1, others=None, size=math.inf, holds=False)


def claim(**changes):
    cells = dict.fromkeys(ClaimRow.columns, "x")
    return ClaimRow(**{**cells, **changes})


def test_a_row_comes_back_with_the_types_of_its_cells(tmp_path):
    write_rows(TrialRow, [ROW, EMPTY], tmp_path / "t.csv")
    row, empty = read_rows(TrialRow, tmp_path / "t.csv")
    assert row == ROW
    assert [type(value) for value in vars(row).values()] == [
        str, str, int, int, float, float, bool, bool,
    ]  # fmt: skip
    assert math.isnan(empty.error)
    assert replace(empty, error=0.0) == replace(EMPTY, error=0.0)
    text = (tmp_path / "t.csv").read_text("utf-8")
    assert text == (
        "name,note,count,others,size,error,holds,known\n"
        "a,b,3,4,0.5,0.1,True,False\n"
        ",,-1,,inf,,False,\n"
    )


def test_a_table_without_rows_has_its_header(tmp_path):
    write_rows(ClaimRow, [], tmp_path / "t.csv")
    assert read_rows(ClaimRow, tmp_path / "t.csv") == []
    assert (tmp_path / "t.csv").read_text("utf-8") == ",".join(ClaimRow.columns) + "\n"


def test_unknown_and_missing_cells_make_no_row():
    with pytest.raises(TypeError, match="naem"):
        replace(ROW, naem="a")
    cells = vars(ROW).copy()
    del cells["others"]
    with pytest.raises(TypeError, match="others"):
        TrialRow(**cells)
    with pytest.raises(FrozenInstanceError):
        ROW.count = 4


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ({"name": None}, "column name, row 2: None in a column of type text"),
        ({"name": 1}, "column name, row 2: 1 in a column of type text"),
        ({"note": NAN}, "column note, row 2: nan in a column of type text or empty"),
        ({"note": ""}, "column note, row 2: '' where None stands for no text"),
        ({"count": None}, "column count, row 2: None in a column of type integer"),
        ({"count": 1.0}, "column count, row 2: 1.0 in a column of type integer"),
        ({"count": True}, "column count, row 2: True in a column of type integer"),
        ({"others": NAN}, "column others, row 2: nan in a column of type integer or empty"),
        ({"size": NAN}, "column size, row 2: nan in a column of type number"),
        ({"size": "0.5"}, "column size, row 2: '0.5' in a column of type number"),
        ({"size": np.ones(1)}, "column size, row 2: .* in a column of type number"),
        ({"error": None}, "column error, row 2: None in a column of type number or empty"),
        ({"error": True}, "column error, row 2: True in a column of type number or empty"),
        ({"holds": 1}, "column holds, row 2: 1 in a column of type boolean"),
        ({"holds": None}, "column holds, row 2: None in a column of type boolean"),
    ],
)
def test_a_cell_of_another_type_is_named_with_table_column_and_row(tmp_path, cell, problem):
    with pytest.raises(CellError, match=f"^table trial, {problem}"):
        write_rows(TrialRow, [ROW, replace(ROW, **cell)], tmp_path / "t.csv")
    assert not list(tmp_path.iterdir())


def test_numpy_scalars_are_written_as_numbers(tmp_path):
    row = replace(
        ROW, count=np.int64(7), size=np.float64(1e-5), error=3, holds=np.bool_(False),
        name=np.str_("x"),
    )  # fmt: skip
    write_rows(TrialRow, [row], tmp_path / "t.csv")
    (read,) = read_rows(TrialRow, tmp_path / "t.csv")
    assert read == replace(ROW, count=7, size=1e-5, error=3.0, holds=False, name="x")


def test_numbers_come_back_equal_to_the_bit(tmp_path):
    rng = np.random.default_rng(1)
    numbers = [
        name for name, declared in StandardErrorRow.columns.items() if declared.type is float
    ]
    rows = [
        StandardErrorRow(
            series="s", scenario=f"s {i}", n=2**62 + i,
            **{name: rng.normal() * 10.0 ** rng.integers(-300, 300) for name in numbers},
        )
        for i in range(50)
    ]  # fmt: skip
    write_rows(StandardErrorRow, rows, tmp_path / "t.csv")
    assert read_rows(StandardErrorRow, tmp_path / "t.csv") == rows


NAMES = ["1e-3", "016", "2024", "None", "NA", "nan", "true", "1", "01", ""]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_look_like_something_else_are_read_as_text(name, tmp_path):
    write_rows(ClaimRow, [claim(id=name)], tmp_path / "t.csv")
    assert read_rows(ClaimRow, tmp_path / "t.csv") == [claim(id=name)]


FORMULAS = st.builds(
    str.__add__, st.sampled_from([*"=+-@\t\r\n'＝＋－＠", ""]), st.text(min_size=1, max_size=9)
).filter(lambda text: "\0" not in text)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FORMULAS))
def test_no_cell_is_a_formula_and_every_text_comes_back(tmp_path, texts):
    written = [claim(id=text) for text in texts]
    write_rows(ClaimRow, written, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    place = list(ClaimRow.columns).index("id")
    assert not [row for row in rows if row[place][0] in "=+-@\t\r\n＝＋－＠"]
    assert read_rows(ClaimRow, tmp_path / "t.csv") == written


def test_a_metric_called_like_a_formula_is_none_in_a_header():
    assert list(for_spreadsheets(pd.DataFrame({"=1+1": [-1.5]}))) == ["'=1+1"]
    assert for_spreadsheets(pd.DataFrame({"=1+1": [-1.5]})).iloc[0, 0] == -1.5
    assert for_spreadsheets(pd.DataFrame({"x": ["=1", "1"]}))["x"].tolist() == ["'=1", "1"]


def test_a_changed_table_or_one_without_checksum_is_named(tmp_path):
    path = tmp_path / "t.csv"
    write_rows(ClaimRow, [], path)
    path.write_text(path.read_text("utf-8") + " ", encoding="utf-8")
    problem = r"t\.csv: is damaged: it is not as it was written\. Delete it and run the same"
    with pytest.raises(DamagedTableError, match=problem):
        read_rows(ClaimRow, path)
    write_rows(ClaimRow, [], path)
    read_rows(ClaimRow, path)
    (tmp_path / "checksums/t.csv.sha256").unlink()
    with pytest.raises(DamagedTableError, match="its checksum cannot be read"):
        read_rows(ClaimRow, path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("count", "number"), "its columns are name, note, number"),
        (("3,4", "three,4"), "column count, row 1: 'three' is not integer"),
        (("True,False", "yes,False"), "column holds, row 1: 'yes' is not boolean"),
        (("0.5", ""), "column size, row 1: '' is not number"),
        (("a,b,", "a,"), "row 1 has 7 cells"),
    ],
)
def test_a_table_of_another_version_is_told_with_what_to_do(tmp_path, change, problem):
    path = tmp_path / "t.csv"
    write_rows(TrialRow, [ROW], path)
    path.write_text(path.read_text("utf-8").replace(*change), encoding="utf-8")
    write_own_checksum(path)
    with pytest.raises(DamagedTableError, match=rf"t\.csv: was .* version: {problem}.*Delete it"):
        read_rows(TrialRow, path)


def test_every_column_is_described_and_no_table_is_twice():
    assert len({row_type.table for row_type in Row.__subclasses__()}) == len(Row.__subclasses__())
    for columns in TABLES.values():
        for declared in columns.values():
            assert declared.description
            assert not declared.unit or declared.type is float


def test_each_metric_of_a_training_is_a_column_of_its_repeats():
    assert [name for name in REPEATS if name in METRICS] == list(METRICS)
    assert REPEATS["smape"].unit == "%"
    assert REPEATS["rmse"].unit == "that of the series"


def test_rows_as_a_data_frame():
    frame = frame_of(TrialRow, [ROW, EMPTY])
    assert list(frame.columns) == list(TrialRow.columns)
    assert frame["count"].tolist() == [3, -1]
    assert list(frame_of(ContrastRow, []).columns) == list(ContrastRow.columns)


OF_SERIES = columns_of_task(FORECASTS, "regression")


def forecasts(**changes):
    cells = {
        "series": ["s", "s"], "scenario": ["a", "a"], "repeat": [0, 0], "step": [1, 2],
        "steps_ahead": [1, 1],
        "forecast": [0.5, NAN], "actual": [1.5, NAN],
    }  # fmt: skip
    return pd.DataFrame({**cells, **changes})


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (forecasts(extra=1), "table forecasts has the columns series, .*extra"),
        (forecasts()[["scenario", "series"]], "table forecasts has the columns scenario, series"),
        (forecasts(step=[1.0, 2.0]), "column step: float64, not integer"),
        (forecasts(scenario=[1, 2]), "column scenario: int64, not text"),
        (forecasts(scenario=["a", None]), "column scenario"),
        (forecasts(forecast=[1, 2]), "column forecast: int64, not number or empty"),
    ],
)
def test_a_data_frame_is_checked_against_its_columns(frame, problem):
    with pytest.raises(CellError, match=problem):
        check_frame("forecasts", OF_SERIES, frame)
    check_frame("forecasts", OF_SERIES, forecasts())
    check_frame("forecasts", OF_SERIES, forecasts().iloc[:0])


def test_a_cell_may_hold_the_names_of_thousands_of_scenarios(tmp_path):
    long = claim(sentence="x" * 200_000)
    write_rows(ClaimRow, [long], tmp_path / "t.csv")
    assert read_rows(ClaimRow, tmp_path / "t.csv") == [long]
