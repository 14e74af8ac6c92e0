"""Files as people have them: the cases, and generated ones against the clean file they say the same as."""

import gzip
import itertools
import random
import re
import zipfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from support import ROOT

from thousandfold.data import load_series
from thousandfold.errors import DataError
from thousandfold.imported import results_of
from thousandfold.loading import load_study
from thousandfold.observations import in_words, read_series, series_path
from thousandfold.reading.dates import dates_of
from thousandfold.reading.files import read_sheet
from thousandfold.reading.frequency import frequency_of
from thousandfold.reading.numbers import numbers_of
from thousandfold.reading.options import ReadOptions, Treatment
from thousandfold.reading.typed import _texts
from thousandfold.runs import runs_of

CASES = ROOT / "tests/cases/series"

AIR = pd.read_csv(CASES / "air_huge.csv")["x"].to_numpy() / 1e10
"""AirPassengers, 1949-01 to 1960-12."""

MONTHLY = ("monthly", 12)


def air(file, value="pax", **treatment):
    return read_series("air", CASES / file, value, 12, treatment=Treatment(**treatment))


def column(name, text, tmp_path, **options):
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    return numbers_of(read_sheet(path, ReadOptions(**options)), name, ReadOptions(**options))


# The cases that are read


@pytest.mark.parametrize(
    ("file", "value", "scale"),
    [
        ("air.csv.gz", "pax", 1), ("air_dmy.csv", "pax", 1), ("air_janyy.csv", "Passengers", 1),
        ("air_pct.csv", "pax", 1), ("air_serial.csv", "pax", 1), ("air_huge.csv", "x", 1e10),
        ("air_tiny.csv", "x", 1e-12), ("umsatz_utf16.csv", "Umsätze", 1),
    ],
)  # fmt: skip
def test_forms_that_say_the_same(file, value, scale):
    series = air(file, value)
    np.testing.assert_allclose(series.values, AIR * scale, rtol=1e-15)
    assert (series.frequency, series.period) == MONTHLY


def test_what_was_assumed_is_told():
    told = in_words(air("umsatz_latin1.csv", "Umsätze"))
    assert "144 observations, monthly (period 12), 01.1949 to 12.1960" in told
    for words in ("Windows-1252 (Latin-1)", "semicolons", "decimal commas"):
        assert words in told
    assert "day before month" in in_words(air("air_dmy.csv"))
    assert "commas between thousands" in in_words(air("employment_thousands.csv", "nonfarm"))


def test_percentages():
    growth = numbers_of(read_sheet(CASES / "air_pct.csv"), "growth")
    assert growth.values[1:4].tolist() == [5.4, 11.9, -2.3]
    assert growth.missing.sum() == 1
    assert growth.assumed == ("percentages without their sign",)


# The cases that are refused, and the mends


@pytest.mark.parametrize(
    ("file", "value", "problem"),
    [
        ("air_desc.csv", "pax", r"the dates run backwards \(1960-12-01 first, 1949-01-01 last\); set sort: true"),
        ("air_shuffled.csv", "pax", "line 3: 1953-05-01 comes after 1958-12-01, which is later; set sort: true"),
        ("air_dup.csv", "pax", r"line 102: 1957-04-01 is there a second time \(line 101 has it too\)"),
        ("air_gap.csv", "pax", "line 52: 1953-06-01 follows 1953-02-01 without 1953-03 between them.* 3 are missing in all; set gaps"),
        ("air_miss_NA.csv", "pax", "column 'pax', line 32: the value is missing, one of 3; set missing"),
        ("air_miss_dash.csv", "pax", "column 'pax', line 32: the value is missing, one of 3"),
        ("fred_UNRATE.csv", "UNRATE", "column 'UNRATE', line 62: the value is missing;"),
        ("presidents.csv", "x", "column 'x', line 2: the value is missing, one of 6"),
        ("umsatz_eu.csv", "Umsatz", "line 2: '1X497.44' is not a number"),
        ("panel_long.csv", "y", r"holds 2 series, distinguished by 'unique_id'.*where: \{unique_id: \"AirP\"\}"),
        ("stocks.csv", "price", r"holds 5 series, distinguished by 'symbol'.*where: \{symbol: \"MSFT\"\}"),
        ("grunfeld.csv", "invest", r"holds 11 series, distinguished by 'firm'"),
    ],
)  # fmt: skip
def test_what_is_refused_names_the_place_and_the_mend(file, value, problem):
    with pytest.raises(DataError, match=problem) as refusal:
        air(file, value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("file", ["air_desc.csv", "air_shuffled.csv"])
def test_sorted_by_date(file):
    series = air(file, sort=True)
    np.testing.assert_array_equal(series.values, AIR)
    assert series.labels[0] == "1949-01-01"
    assert "sorted by date" in in_words(series)


def test_sorting_needs_dates(tmp_path):
    (tmp_path / "s.csv").write_text("name,y\nb,1\na,2\nc,3\n", encoding="utf-8")
    with pytest.raises(DataError, match="no column holds dates to sort by"):
        read_series("s", tmp_path / "s.csv", "y", 1, treatment=Treatment(sort=True))


def test_gaps_ignored():
    series = air("air_gap.csv", gaps="ignore")
    assert len(series.values) == 141
    assert "3 missing dates ignored" in in_words(series)


def test_gaps_filled_with_what_came_before():
    series = air("air_gap.csv", gaps="interpolate")
    assert len(series.values) == 144
    absent = [i for i, label in enumerate(series.labels) if len(label) == 7]
    assert [series.labels[i] for i in absent] == ["1953-03", "1953-04", "1953-05"]
    assert set(series.values[absent]) == {series.values[absent[0] - 1]}
    there = np.delete(np.arange(144), absent)
    np.testing.assert_array_equal(series.values[there], AIR[there])


@pytest.mark.parametrize("file", ["air_miss_NA.csv", "air_miss_dash.csv"])
def test_missing_values_filled_or_dropped(file):
    filled = air(file, missing="interpolate")
    gone = np.flatnonzero(filled.values != AIR)
    assert gone.size == 3
    np.testing.assert_array_equal(filled.values[gone], filled.values[gone - 1])
    dropped = air(file, missing="drop")
    np.testing.assert_array_equal(dropped.values, np.delete(AIR, gone))


def test_a_value_that_is_missing_first_has_nothing_before_it():
    """1945Q1 is missing, and 1948Q3, 1973Q1 and so on; the last two years are complete."""
    series = read_series(
        "p", CASES / "presidents_q.csv", "approval", 1, treatment=Treatment(missing="interpolate")
    )
    assert series.labels[0] == "1945Q2"
    assert "1 row before the first value left out" in in_words(series)


def write_months(path, values, drop=()):
    months = pd.period_range("2001-01", periods=len(values), freq="M")
    rows = [
        f"{m},{v}" for i, (m, v) in enumerate(zip(months, values, strict=True)) if i not in drop
    ]
    path.write_text("\n".join(["month,y", *rows, ""]), encoding="utf-8")
    return path


@pytest.mark.parametrize("late", [24, 27, 29])
@pytest.mark.parametrize("how", ["missing", "gaps"])
def test_the_test_rows_are_never_filled(tmp_path, how, late):
    values = [str(i * i % 17) for i in range(30)]
    if how == "missing":
        values[late] = "NA"
    path = write_months(tmp_path / "s.csv", values, drop=[late] if how == "gaps" else [])
    treatment = Treatment(**{how: "interpolate"})
    if how == "gaps" and late == 29:
        return  # Nothing tells that a date after the last is missing.
    with pytest.raises(DataError, match="among the last 6 rows, which are the test"):
        read_series("s", path, "y", 6, treatment=treatment)
    assert read_series("s", path, "y", 29 - late or 1, treatment=treatment) if late < 29 else True


@pytest.mark.parametrize("seed", range(5))
def test_filling_looks_at_nothing_later(tmp_path, seed):
    """What is filled stays the same whatever comes after it."""
    generator = np.random.default_rng(seed)
    values = [f"{v:.3f}" for v in generator.normal(size=40)]
    gone = int(generator.integers(3, 20))
    changed = [*values[: gone + 1], *(f"{v:.3f}" for v in generator.normal(size=39 - gone))]
    read = []
    for content in (values, changed):
        path = write_months(tmp_path / "s.csv", [*content[:gone], "", *content[gone + 1 :]])
        read.append(read_series("s", path, "y", 5, treatment=Treatment(missing="interpolate")))
    np.testing.assert_array_equal(read[0].values[: gone + 1], read[1].values[: gone + 1])


def test_one_series_of_a_panel():
    nile = read_series(
        "n", CASES / "panel_long.csv", "y", 12, treatment=Treatment(where=(("unique_id", "Nile"),))
    )
    whole = pd.read_csv(CASES / "panel_long.csv")
    np.testing.assert_array_equal(nile.values, whole.loc[whole.unique_id == "Nile", "y"])
    with pytest.raises(DataError, match="column 'unique_id' has no 'Nil'; it has 'AirP', 'Nile'"):
        air("panel_long.csv", "y", where=(("unique_id", "Nil"),))


def test_a_panel_told_apart_by_two_columns(tmp_path):
    rows = [
        f"{country},{good},{year},{year % 7}"
        for country in "ab" for good in "xy" for year in range(2000, 2010)
    ]  # fmt: skip
    path = tmp_path / "p.csv"
    path.write_text("\n".join(["country,good,year,sold", *rows, ""]), encoding="utf-8")
    with pytest.raises(DataError, match="holds 4 series, distinguished by 'country' and 'good'"):
        read_series("p", path, "sold", 2)
    chosen = Treatment(where=(("country", "b"), ("good", "x")))
    assert len(read_series("p", path, "sold", 2, treatment=chosen).values) == 10


def test_years_and_quarters_in_two_columns_are_dates():
    series = read_series("m", Path(series_path("statsmodels:macrodata")), "unemp", 8)
    assert (series.labels[0], series.frequency, series.period) == ("1959Q1", "quarterly", 4)


# Dates


def dated(texts, tmp_path, header="date", **options):
    path = tmp_path / "d.csv"
    rows = [f'"{text}",{i * 7 % 5}' for i, text in enumerate(texts)]
    path.write_text("\n".join([f"{header},y", *rows, ""]), encoding="utf-8")
    return read_series("d", path, "y", 1, treatment=Treatment(ReadOptions(**options)))


DAYS = [date(2024, 1, 29) + timedelta(days=i) for i in range(8)]


@pytest.mark.parametrize(
    ("texts", "frequency", "period"),
    [
        ([d.isoformat() for d in DAYS], "daily", 7),
        ([f"{d:%d/%m/%Y}" for d in DAYS], "daily", 7),
        ([f"{d:%m/%d/%y}" for d in DAYS], "daily", 7),
        ([f"{d:%B %d, %Y}" for d in DAYS], "daily", 7),
        ([f"{d:%Y%m%d}" for d in DAYS], "daily", 7),
        (["2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22"], "weekly", 52),
        (["2020-W01", "2020-W02", "2020-W03"], "weekly", 52),
        (["1949M01", "1949M02", "1949M03"], "monthly", 12),
        (["194901", "194902", "194903", "194904"], "monthly", 12),
        (["Jan 1 2000", "Feb 1 2000", "Mar 1 2000"], "monthly", 12),
        (["31.01.2020", "29.02.2020", "31.03.2020"], "monthly", 12),
        (["Q1 1990", "Q2 1990", "Q3 1990", "Q4 1990", "Q1 1991"], "quarterly", 4),
        (["1990H1", "1990H2", "1991H1"], "half-yearly", 2),
        (["1998", "1999", "2000"], "yearly", 1),
        (["Oct-98", "Nov-98", "Dec-98", "Jan-99", "Feb-99"], "monthly", 12),
        (["Nov-99", "Dec-99", "Jan-00", "Feb-00"], "monthly", 12),
        (["Nov-68", "Dec-68", "Jan-69", "Feb-69"], "monthly", 12),
        (["2024-01-01 00:00", "2024-01-01 01:00", "2024-01-01 02:00"], "hourly", 24),
        (["2024-01-01T23:45Z", "2024-01-02T00:00Z", "2024-01-02T00:15Z"], "every 15 minutes", 96),
        (["2024-03-31T01:00+01:00", "2024-03-31T03:00+02:00", "2024-03-31T04:00+02:00"], "hourly", 24),
        (["2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10", "2024-01-11", "2024-01-12"], "every working day", 5),
    ],
)  # fmt: skip
def test_dates_and_how_often_they_come(tmp_path, texts, frequency, period):
    series = dated(texts, tmp_path)
    assert (series.frequency, series.period) == (frequency, period)
    assert list(series.labels) == texts
    with pytest.raises(DataError, match="run backwards"):
        dated(texts[::-1], tmp_path)
    with pytest.raises(DataError, match="is there a second time"):
        dated([*texts, texts[-1]], tmp_path)


@pytest.mark.parametrize(
    "texts", [["1-01", "1-02", "1-03"], ["a", "b", "c"], ["3.5", "1.5", "2.5"], ["5", "3", "4"]]
)
def test_labels_that_are_no_dates(tmp_path, texts):
    series = dated(texts, tmp_path, header="name")
    assert series.frequency is None
    assert list(series.labels) == texts


def test_day_and_month_are_told_apart_over_the_column(tmp_path):
    days = [f"{d:%d.%m.%Y}" for d in DAYS]
    assert dated(days, tmp_path).frequency == "daily"
    months = [(year, month) for year in (2020, 2021) for month in range(1, 13)]
    assert dated([f"01/{m:02}/{y}" for y, m in months], tmp_path).frequency == "monthly"
    assert dated([f"{m:02}/01/{y}" for y, m in months], tmp_path).frequency == "monthly"
    with pytest.raises(DataError, match="can be day/month or month/day; say which by read"):
        dated(["01/01/2020", "02/02/2020", "03/03/2020"], tmp_path)
    as_days = dated(["01/02/2020", "02/02/2020"], tmp_path, dates="day_first")
    assert "day before month" in in_words(as_days)


def test_uneven_days_and_months_are_told_apart_by_their_order(tmp_path):
    path = tmp_path / "d.csv"
    days = ["01/04", "02/05", "03/10", "06/01", "08/11", "11/01", "11/02", "12/08"]
    rows = [f"{day}/2024,{number}" for number, day in enumerate(days)]
    path.write_text("\n".join(["date,y", *rows, ""]), encoding="utf-8")
    series = read_series("d", path, "y", 1, treatment=Treatment(sort=True, gaps="ignore"))
    assert series.values.tolist() == list(range(8))
    assert "month before day" in in_words(series)


def test_a_date_that_is_none_is_named(tmp_path):
    texts = [f"2020-{m:02}-01" for m in range(1, 13)]
    with pytest.raises(DataError, match="column 'date', line 14: 'revised' is not a date"):
        dated([*texts, "revised"], tmp_path)
    with pytest.raises(DataError, match="column 'date', line 5: has no date"):
        dated([*texts[:3], "", *texts[4:]], tmp_path)
    assert dated([*texts, "revised"], tmp_path, dates="text").frequency is None


def test_uneven_dates(tmp_path):
    texts = ["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04", "2020-01-05 12:00"]
    with pytest.raises(DataError, match=r"line 6: .* unevenly, where dates are usually daily"):
        dated(texts, tmp_path)


@pytest.mark.parametrize(
    ("calendar", "name", "period"),
    [
        ("D", "daily", 7), ("W-WED", "weekly", 52), ("MS", "monthly", 12), ("ME", "monthly", 12),
        ("QS", "quarterly", 4), ("YS", "yearly", 1), ("h", "hourly", 24), ("30min", "every 30 minutes", 48),
        ("B", "every working day", 5),
    ],
)  # fmt: skip
def test_frequencies_against_pandas(calendar, name, period):
    times = pd.date_range("1999-11-30", periods=60, freq=calendar).to_numpy()
    found = frequency_of(times)
    assert (found.name, found.period) == (name, period)
    assert set(np.diff(found.count(times))) == {found.step}


def test_an_excel_day_is_the_day_that_excel_means(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("date,y\n45292,1\n45293,2\n45294,3\n", encoding="utf-8")
    times = dates_of(read_sheet(path), 0).times
    assert str(times[0])[:10] == "2024-01-01"


# Numbers


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1.497,44", "12,5", "1.000.000"], [1497.44, 12.5, 1e6]),
        (["1,497.44", "12.5", "1,000,000"], [1497.44, 12.5, 1e6]),
        (["1 497,44", "12,5"], [1497.44, 12.5]), (["1'497.44", "12.5"], [1497.44, 12.5]),
        (["1\u202f497,5", "2"], [1497.5, 2]), (["−3.5", "+2"], [-3.5, 2]),
        (["1,2e3", "5"], [1200, 5]), (["1e3", "1.5E-3"], [1000, 0.0015]),
        (["1,497", "135,450"], [1497, 135450]), (["0,497", "1,250"], [0.497, 1.25]),
        (["1.497", "2.250"], [1.497, 2.25]), ([".5", "5."], [0.5, 5]),
        (["5.4%", "3 %"], [5.4, 3]),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(tmp_path, cells, numbers):
    text = "\n".join(["n,y", *(f'a,"{cell}"' for cell in cells), ""])
    assert column("y", text, tmp_path).values.tolist() == numbers


def test_a_number_that_can_be_two_is_not_guessed(tmp_path):
    text = "n;y\na;1.497\nb;2.250\n"
    with pytest.raises(
        DataError, match=r"'1\.497' can be 1\.497 or 1497; say which by read: {decimal"
    ):
        column("y", text, tmp_path)
    assert column("y", text, tmp_path, decimal=",").values.tolist() == [1497, 2250]
    assert column("y", text, tmp_path, decimal=".").values.tolist() == [1.497, 2.25]
    with pytest.raises(DataError, match="can be"):  # Dates tell nothing of numbers.
        column("y", "month;y\n01.2020;1.497\n02.2020;2.250\n", tmp_path)
    beside = text.replace("n;y", "n;z;y").replace("a;", "a;3,5;").replace("b;", "b;4,25;")
    assert column("y", beside, tmp_path).values.tolist() == [1497, 2250]


@pytest.mark.parametrize(
    "cell", ["1,2,3", "1.2.3", "12,34,567", "0x10", "1_000", "five", "1 2", "- 5", "1e"]
)
def test_what_is_no_number(tmp_path, cell):
    with pytest.raises(DataError, match=r"column 'y', line 3: .* is not a number"):
        column("y", f'n,y\na,1.5\nb,"{cell}"\n', tmp_path)


@pytest.mark.parametrize(
    "mark", ["", "NA", "n/a", "NaN", "null", "-", "?", ".", "..", "#N/A", "None"]
)
def test_what_stands_for_a_missing_value(tmp_path, mark):
    numbers = column("y", f"n,y\na,1.5\nb,{mark}\nc,2\n", tmp_path)
    assert numbers.missing.tolist() == [False, True, False]


# Layout


def sheet_of(content, tmp_path, name="x.csv", **options):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_sheet(path, ReadOptions(**options))


@pytest.mark.parametrize(
    ("text", "rows", "words"),
    [
        ("a,b\n1,2\n3,4\n\nSource: an office\n", 2, "the last 1 line left out"),
        ("a,b\n1,2\n3,4\nSource: an office\nof 2020\n", 2, "the last 2 lines left out"),
        ("# by me\n# today\na,b\n1,2\n", 1, "the first 2 lines left out"),
        ("a;b\n1,5;2\n", 1, "separated by semicolons"), ("a\tb\n1,5\t2\n", 1, "separated by tabs"),
        ("a|b\n1|2\n", 1, "separated by bars"), ("a;b;\n1;2;\n", 1, "separated by semicolons"),
    ],
)  # fmt: skip
def test_layouts(tmp_path, text, rows, words):
    sheet = sheet_of(text, tmp_path)
    assert len(sheet.rows) == rows
    assert sheet.header[:2] == ("a", "b")
    assert words in sheet.assumed


@pytest.mark.parametrize(
    "text", ["a,b\n1,2,\n3,4,\n", "#a,b\n1,2\n3,4\n", '"a","b"\r\n"1","2"\r\n3,4']
)
def test_layouts_of_which_nothing_need_be_told(tmp_path, text):
    sheet = sheet_of(text, tmp_path)
    assert (len(sheet.rows), len(sheet.header), sheet.assumed) == (2, 2, ())


def test_lines_that_are_no_data_can_be_left_out(tmp_path):
    text = "Report, of 2020\nmade by, me, today\na,b\n1,2\n3,4\nTotal,6\n"
    with pytest.raises(DataError, match=r"line 2 has 3 fields.*read: \{skip_first: 1\}"):
        sheet_of(text, tmp_path)
    sheet = sheet_of(text, tmp_path, skip_first=2, skip_last=1)
    assert sheet.rows == [["1", "2"], ["3", "4"]]
    assert sheet.places == ["line 4", "line 5"]


def test_a_comma_that_splits_as_well_as_a_semicolon_is_a_decimal_mark(tmp_path):
    sheet = sheet_of("Größe, in cm;y\n1,5;2\n2,5;3\n", tmp_path)
    assert (sheet.header, sheet.rows[0]) == (("Größe, in cm", "y"), ["1,5", "2"])


def test_a_missing_value_in_a_file_of_one_column(tmp_path):
    sheet = sheet_of("y\n1\n\n3\n\n", tmp_path)
    assert sheet.rows == [["1"], [""], ["3"]]


def test_a_packed_file_that_is_too_large(tmp_path):
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 6_000_000))
    with pytest.raises(DataError, match="is larger than 20 MB"):
        read_sheet(tmp_path / "x.csv.gz")


@pytest.mark.parametrize(
    ("header", "row", "times", "limit"),
    [
        ([f"c{i}" for i in range(100_000)], "1,2\n", 1, "10,000 columns"),
        (["y"], "\n", 19_999_000, "2 million rows"),
        (["y"], "\u2028", 3_000_000, "2 million rows"),
        ([f"c{i}" for i in range(9000)], ",\n", 3000, "20 million cells"),
    ],
    ids=["columns", "newlines", "separators", "blank rows"],
)
def test_a_text_that_takes_more_than_it_is(tmp_path, header, row, times, limit):
    text = ",".join(header) + "\n" + row * times + "1\n"
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"x\.csv: is larger than {limit}; keep only"):
        read_sheet(tmp_path / "x.csv")


REPEATED = np.zeros(1_900_000, "int32")


@pytest.mark.parametrize(
    ("columns", "limit"),
    [
        ({f"c{i}": REPEATED for i in range(12)}, "20 million cells"),
        ({"c": pa.DictionaryArray.from_arrays(REPEATED, ["x" * 1000])}, "200 MB"),
        ({"c": pa.DictionaryArray.from_arrays(REPEATED, [b"x" * 1000])}, "200 MB"),
        ({"c": pa.array([b"x" * 100_000] * 3000, pa.binary(100_000))}, "200 MB"),
        ({"c": pa.ListArray.from_arrays([0, 21_000_000], np.zeros(21_000_000, "int8"))}, "20 million cells"),
        ({"c": np.zeros(2_100_000, "int8")}, "2 million rows"),
        ({f"c{i}": [1] for i in range(10_001)}, "10,000 columns"),
    ],
)  # fmt: skip
def test_a_small_parquet_file_that_unpacks_to_much(tmp_path, columns, limit):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table(columns), path, compression="zstd")
    assert path.stat().st_size < 4_000_000
    with pytest.raises(DataError, match=rf"x\.parquet: is larger than {limit}; keep only"):
        read_sheet(path)


def test_texts_of_fixed_length_are_refused_unread(tmp_path, monkeypatch):
    table = pa.table({"c": pa.array([b"x" * 100_000] * 3000, pa.binary(100_000))})
    pq.write_table(table, tmp_path / "x.parquet")
    monkeypatch.setattr("thousandfold.reading.typed._flat_table", pytest.fail)
    with pytest.raises(DataError, match="is larger than 200 MB"):
        read_sheet(tmp_path / "x.parquet")


def test_a_nested_column_is_left_out(tmp_path):
    table = pa.table({"a": ["x", None, "x"], "b": [[1], [2, 3], []], "c": [b"y", b"", b"z"]})
    pq.write_table(table, tmp_path / "x.parquet")
    sheet = read_sheet(tmp_path / "x.parquet")
    assert sheet.header == ("a", "c")
    assert sheet.rows == [["x", "b'y'"], ["", "b''"], ["x", "b'z'"]]
    assert sheet.assumed == ("the nested column 'b' left out",)


@pytest.mark.parametrize("rows", [0, 5000])
def test_a_parquet_file_of_no_rows_or_many_batches(tmp_path, rows):
    frame = pd.DataFrame({"name": [f"n{i % 7}" for i in range(rows)], "x": np.arange(rows) / 2})
    frame["name"] = frame["name"].astype(str)
    frame.to_parquet(tmp_path / "x.parquet")
    sheet = read_sheet(tmp_path / "x.parquet")
    assert sheet.header == ("name", "x")
    assert len(sheet.rows) == rows
    assert sheet.rows[4998:] == ([["n0", "2499"], ["n1", "2499.5"]] if rows else [])


XML = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
CELL = '<c r="{0}" t="inlineStr"><is><t>{1}</t></is></c>'


def workbook_of(path, xml):
    """A workbook whose sheet is this XML."""
    openpyxl.Workbook().save(path)
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts["xl/worksheets/sheet1.xml"] = xml.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


WIDE = f'<row r="1">{CELL.format("XFD1", "x")}{CELL.format("XFE1", "y")}</row>'


@pytest.mark.parametrize(
    ("row", "times", "limit"),
    [
        ("<row><c><v>1</v></c></row>", 8_000_000, "200 MB"),
        ('<row r="3000000"><c r="A3000000"><v>1</v></c></row>', 1, "2 million rows"),
        ('<row><c r="XFD1"><v>1</v></c></row>', 2000, "20 million cells"),
        (WIDE, 1, "10,000 columns"),
    ],
)
def test_a_small_workbook_that_unpacks_to_much(tmp_path, row, times, limit):
    path = tmp_path / "x.xlsx"
    workbook_of(path, f"{XML}<sheetData>{row * times}</sheetData></worksheet>")
    with pytest.raises(DataError, match=rf"x\.xlsx: is larger than {limit}; keep only"):
        read_sheet(path)


def test_a_long_text_in_many_cells_of_a_workbook_is_counted_as_often(tmp_path):
    rows = [["x" * 100_000]] * 2001
    with pytest.raises(DataError, match="is larger than 200 MB"):
        _texts(tmp_path / "x.xlsx", rows)


def test_a_workbook_whose_directory_lies_is_refused(tmp_path):
    path = tmp_path / "x.xlsx"
    workbook_of(path, f"{XML}<sheetData>{'<row><c><v>1</v></c></row>' * 100_000}</sheetData></worksheet>")  # fmt: skip
    content = bytearray(path.read_bytes())
    entry = content.rfind(b"PK\x01\x02", 0, content.rfind(b"xl/worksheets/sheet1.xml"))
    content[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as an Excel workbook"):
        read_sheet(path)


def test_a_workbook_that_says_to_be_larger_than_it_is(tmp_path):
    rows = "".join(f'<row r="{i}">{CELL.format(f"A{i}", i)}</row>' for i in range(2, 2001))
    content = f'<row r="1">{CELL.format("A1", "y")}</row>{rows}'
    workbook_of(tmp_path / "x.xlsx", f'{XML}<dimension ref="A1:XFD1048576"/><sheetData>{content}</sheetData></worksheet>')  # fmt: skip
    sheet = read_sheet(tmp_path / "x.xlsx")
    assert (sheet.header, sheet.rows[-1], len(sheet.rows)) == (("y",), ["2000"], 1999)


@pytest.mark.parametrize("name", ["x.csv.gz", "x.xlsx", "x.parquet"])
def test_a_file_that_is_not_what_its_name_says(tmp_path, name):
    with pytest.raises(DataError, match="cannot be read"):
        sheet_of("a,b\n1,2\n", tmp_path, name)


@pytest.mark.parametrize("encoding", ["utf-9", "rot13", "hex"])
def test_an_encoding_that_is_none(tmp_path, encoding):
    with pytest.raises(DataError, match="encoding"):
        sheet_of("a,b\n1,2\n", tmp_path, encoding=encoding)


def test_an_encoding_that_is_not_the_files(tmp_path):
    with pytest.raises(DataError, match="is not in ascii"):
        sheet_of("ä,b\n1,2\n", tmp_path, encoding="ascii")


# Workbooks


@pytest.fixture
def workbook(tmp_path):
    book = openpyxl.Workbook()
    first = book.active
    first.title = "notes"
    first.append(["nothing here"])
    sheet = book.create_sheet("sales")
    sheet.append([])
    sheet.append([None, "month", "sold"])
    for month, value in enumerate(AIR[:24], 1):
        sheet.append([None, date(2020 + (month - 1) // 12, (month - 1) % 12 + 1, 1), float(value)])
    path = tmp_path / "book.xlsx"
    book.save(path)
    return path


def test_a_sheet_of_a_workbook(workbook):
    treatment = Treatment(ReadOptions(sheet="sales"))
    series = read_series("s", workbook, "sold", 4, treatment=treatment)
    np.testing.assert_array_equal(series.values, AIR[:24])
    assert (series.labels[0], series.frequency) == ("2020-01-01", "monthly")
    with pytest.raises(DataError, match="has no sheet 'sale'; it has 'notes', 'sales'"):
        read_sheet(workbook, ReadOptions(sheet="sale"))
    assert "the sheet 'notes'" in read_sheet(workbook).assumed


def test_an_empty_cell_of_a_workbook_is_named_by_its_row(workbook):
    book = openpyxl.load_workbook(workbook)
    book["sales"]["C7"] = None
    book.save(workbook)
    with pytest.raises(DataError, match="column 'sold', row 7: the value is missing"):
        read_series("s", workbook, "sold", 4, treatment=Treatment(ReadOptions(sheet="sales")))


# Generated files: each says the same as the clean one

SEPARATORS = (",", ";", "\t", "|")
STYLES = (".", ",", ".,", ",.", ", ", ".'")
ENCODINGS = ("utf-8", "utf-8-sig", "latin-1", "utf-16")
DATE_FORMS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%b-%y",
    "%Y/%m/%d",
    "%d-%b-%Y",
    "%B %Y",
)
MARKS = ("", "NA", "-", "?", ".", "n/a")
DIRTY = 500


def written(value, style):
    """A number with its decimal mark and, if there is one, what stands between thousands."""
    decimal, group = style[0], style[1:]
    text = f"{value:,.2f}" if group else f"{value:.2f}"
    return text.replace(",", "\0").replace(".", decimal).replace("\0", group)


def dirty_files():
    """A choice of all ways to write the same file, by a seed."""
    ways = list(itertools.product(SEPARATORS, STYLES, ENCODINGS, DATE_FORMS, MARKS))
    return random.Random(14).sample(ways, DIRTY)


def test_generated_files_are_read_to_the_same_numbers(tmp_path):
    generator = np.random.default_rng(14)
    values = np.round(generator.lognormal(6, 1.5, 48), 2)
    months = pd.date_range("1997-03-01", periods=48, freq="MS")
    gone = [5, 6, 20]
    expected = read_series(
        "clean",
        write_months(tmp_path / "clean.csv", [f"{v:.2f}" for v in values], drop=gone),
        "y", 6, treatment=Treatment(gaps="ignore"),
    )  # fmt: skip
    for separator, style, encoding, form, mark in dirty_files():
        rows = [["Tag", "Größe", "y"]]
        for number, (month, value) in enumerate(zip(months, values, strict=True)):
            text = mark if number in gone else written(value, style)
            rows.append([month.strftime(form), "klein", text])
        quote = any(separator in field for row in rows for field in row)
        lines = [separator.join(f'"{f}"' if quote else f for f in row) for row in rows]
        path = tmp_path / "dirty.csv"
        path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
        series = read_series("d", path, "y", 6, treatment=Treatment(missing="drop"))
        way = (separator, style, encoding, form, mark)
        assert series.values.tolist() == expected.values.tolist(), way
        assert (series.frequency, series.period) == MONTHLY, way


# The page that tells of all this


def documented():
    """(file, what the config says of it, what docs/data.md says of the result)."""
    page = (ROOT / "docs/data.md").read_text(encoding="utf-8")
    found = re.findall(r"```text\n(.*?)```\n\n```yaml\n(.*?)```\n\n> (.*?)\n", page, re.DOTALL)
    assert len(found) == page.count("```text") == 10
    return found


@pytest.mark.parametrize(("text", "said", "told"), documented())
def test_every_example_of_the_page_is_read_as_it_says(tmp_path, monkeypatch, text, said, told):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(text, encoding="utf-8")
    fields = yaml.safe_load(said)
    if "value" in fields:
        config = {"study": {"seed": 1, "margin": 1}, "scenarios": {"a": {"stateful": False}}}
        config["series"] = {"s": {"file": "t.csv", "test_rows": 1, **fields}}
        monkeypatch.setattr("thousandfold.loading.check_data", lambda study: None)
        series = load_series(load_study(config, []).series[0])
        assert in_words(series) == f"s: {told}"
        return
    study = load_study(
        {"study": {"seed": 1, "margin": 1}, "table": {"file": "t.csv", **fields}}, []
    )
    repeats = results_of(runs_of(study.table), study.table, study.design).repeats
    scenarios, series = (" and ".join(repeats[c].unique()) for c in ("scenario", "series"))
    words = [f"{len(repeats)} runs of {scenarios} on {series}", *study.table.assumed]
    assert "; ".join(words) == told


# Forms that an earlier version read wrongly, and in silence


@pytest.mark.parametrize(
    ("texts", "frequency"),
    [
        (["Okt 2020", "Nov 2020", "Dez 2020", "Jan 2021"], "monthly"),
        (["1. März 2020", "1. April 2020", "1. Mai 2020"], "monthly"),
        (["oct.-20", "nov.-20", "déc.-20", "janv.-21"], "monthly"),
        (["Sept 2020", "Oct. 2020", "Nov 2020"], "monthly"), (["2020.10", "2020.11", "2020.12"], "monthly"),
        (["2020年11月", "2020年12月", "2021年1月"], "monthly"), (["M11 2020", "M12 2020", "M01 2021"], "monthly"),
        (["3Q20", "4Q20", "1Q21"], "quarterly"), (["2020-T3", "2020-T4", "2021-T1"], "quarterly"),
        (["Q3 FY2020", "Q4 FY2020", "Q1 FY2021"], "quarterly"), (["3. Quartal 2020", "4. Quartal 2020", "1. Quartal 2021"], "quarterly"),
        (["2018:3", "2018:4", "2019:1", "2019:2"], "quarterly"), (["2018:11", "2018:12", "2019:1"], "monthly"),
        (["2010-11", "2011-12", "2012-13"], "yearly"), (["2019/20", "2020/21", "2021/22"], "yearly"),
        (["FY2019", "FY2020", "FY2021"], "yearly"), (["98", "99", "00", "01"], "yearly"),
        (["KW 52/2020", "KW 53/2020", "KW 1/2021"], "weekly"), (["2020-W01-1", "2020-W02-1", "2020-W03-1"], "weekly"),
        (["Fri, 10 Jan 2020", "Sat, 11 Jan 2020", "Sun, 12 Jan 2020"], "daily"),
        (["10th Jan 2020", "11th Jan 2020", "12th Jan 2020"], "daily"),
        (["12/30/20 0:00", "12/31/20 0:00", "1/1/21 0:00"], "daily"), (["30.12.20 00:00", "31.12.20 00:00", "01.01.21 00:00"], "daily"),
        (["2020-12-01 00:00:00 UTC", "2020-12-01 01:00:00 UTC", "2020-12-01 02:00:00 UTC"], "hourly"),
        (["1577836800", "1577840400", "1577844000"], "hourly"), (["1577836800000", "1577836800100", "1577836800200"], "every 0.1 seconds"),
        (["43831.25", "43831.5", "43831.75"], "every 360 minutes"), (["1949.0", "1949.083", "1949.167", "1949.25"], "monthly"),
    ],
)  # fmt: skip
def test_more_spellings_of_dates(tmp_path, texts, frequency):
    assert dated(texts, tmp_path, header="year").frequency == frequency
    with pytest.raises(DataError, match="run backwards"):
        dated(texts[::-1], tmp_path, header="year")


def test_years_in_no_known_form_are_refused(tmp_path):
    for texts in (["1990", "1990 Q1", "1990 JAN"], ["Xyz 2020", "Xyy 2019", "Xyx 2018"]):
        with pytest.raises(DataError, match="are dates in an unknown form, or in several"):
            dated(texts, tmp_path)
    told = in_words(dated(["11:00", "10:00", "9:00"], tmp_path, header="time"))
    assert "no dates are known in 'time'" in told


@pytest.mark.parametrize(
    ("header", "rows", "first", "frequency"),
    [
        ("year,month,y", [f"{y},{m}" for y in (1949, 1950) for m in ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")], "1949-01", "monthly"),
        ("Year,Period,y", [f"{y},M{m:02}" for y in (1949, 1950) for m in range(1, 13)], "1949-01", "monthly"),
        ("year,quarter,y", [f"{y},Q{q}" for y in range(1949, 1953) for q in range(1, 5)], "1949Q1", "quarterly"),
        ("date,hour,y", [f"2020-01-0{d},{h}" for d in range(1, 4) for h in range(24)], "2020-01-01 0", "hourly"),
        ("Date,Time,y", [f"0{d}.01.2020,{h:02}:00" for d in range(1, 4) for h in range(24)], "01.01.2020 00:00", "hourly"),
        ("No,year,month,day,hour,y", [f"{24 * d + h},2020,1,{d + 1},{h}" for d in range(3) for h in range(24)], "2020-01-01 0", "hourly"),
    ],
)  # fmt: skip
def test_dates_in_several_columns(tmp_path, header, rows, first, frequency):
    path = tmp_path / "s.csv"
    lines = [f"{row},{i * 7 % 11}" for i, row in enumerate(rows)]
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    series = read_series("s", path, "y", 2)
    assert (series.labels[0], series.frequency) == (first, frequency)
    assert series.values.tolist() == [i * 7 % 11 for i in range(len(rows))]


def test_one_stray_time_is_no_panel(tmp_path):
    rows = [f"2020-01-01 {h:02}:00,{60 + h % 4},{h}" for h in range(12)]
    path = tmp_path / "s.csv"
    again = "2020-01-01 02:00,61,99"
    path.write_text("\n".join(["time,humidity,temp", *rows, again, ""]), encoding="utf-8")
    with pytest.raises(DataError, match=r"02:00 is there a second time .*; keep one row per date"):
        read_series("s", path, "temp", 2, treatment=Treatment(sort=True))


def test_what_is_forecast_tells_no_series_apart(tmp_path):
    rows = [f"2020-01-0{day},{value}" for day in range(1, 7) for value in (5, 8)]
    path = tmp_path / "s.csv"
    path.write_text("\n".join(["date,y", *rows, ""]), encoding="utf-8")
    with pytest.raises(DataError, match=r"line 3: 2020-01-01 is there a second time .*; keep one"):
        read_series("s", path, "y", 2)


def test_times_closer_than_a_second(tmp_path):
    path = tmp_path / "s.csv"
    rows = [f"2020-01-01 00:00:0{i / 10:.3f},{i}" for i in range(8) if i != 3]
    path.write_text("\n".join(["time,y", *rows, ""]), encoding="utf-8")
    series = read_series("s", path, "y", 2, treatment=Treatment(gaps="interpolate"))
    assert series.values.tolist() == [0, 1, 2, 2, 4, 5, 6, 7]
    assert series.frequency == "every 0.1 seconds"


@pytest.mark.parametrize(
    ("text", "header", "rows"),
    [
        ("t y\n1 112\n2 113\n", ("t", "y"), [["1", "112"], ["2", "113"]]),
        ('"year" "value"\n"1" 1949 12\n"2" 1950 13\n', ("", "year", "value"), [["1", "1949", "12"], ["2", "1950", "13"]]),
        ("model,acc,loss\nA,1,2\nB,,\n", ("model", "acc", "loss"), [["A", "1", "2"], ["B", "", ""]]),
        ('"Data Source","World Bank"\n\n"Updated","today"\n\nname,code,y\n' + "a,b,1\n" * 5, ("name", "code", "y"), [["a", "b", "1"]] * 5),
    ],
)  # fmt: skip
def test_layouts_that_were_cut_or_joined(tmp_path, text, header, rows):
    sheet = sheet_of(text, tmp_path)
    assert (sheet.header, sheet.rows) == (header, rows)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("2020-01,12\n2020-02,15\n", "has no header"), ("1\n2\n3\n", "has no header"),
        ("Month,P\nAug 2020,999\nSep 2020,1,002\n", "line 3 has 3 fields"),
        (b"PK\x03\x04\0\0", "is a workbook or an archive"), (b"\xd0\xcf\x11\xe0\0", "a workbook of an old Excel"),
    ],
)  # fmt: skip
def test_layouts_that_are_refused(tmp_path, content, problem):
    with pytest.raises(DataError, match=problem):
        sheet_of(content, tmp_path)


def test_series_that_are_refused(tmp_path):
    for text, problem in [
        ("month,y\nJan,1\nFeb,3\nMar,2\nTotal,6\n", "'Total' seems to summarise the others"),
        ("country,1990,1991,1992\nA,1,2,3\nB,2,3,5\n", "has a column per date"),
        ("n,y\na,93.1%\nb,0.9\n", "line 3: '0.9' has no percent sign, as others have"),
    ]:
        (tmp_path / "s.csv").write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=problem):
            read_series(
                "s",
                tmp_path / "s.csv",
                text.split(",")[-1][:0] or ("1992" if "1992" in text else "y"),
                1,
            )
