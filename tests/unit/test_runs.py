"""Tables of trained runs as people have them, and what new_study.py makes of them and of series."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from support import ROOT

from thousandfold.config_files import ConfigError
from thousandfold.imported import results_of
from thousandfold.loading import load_study
from thousandfold.proposals import number, quoted
from thousandfold.proposals.series import column_to_forecast
from thousandfold.reading.files import read_sheet
from thousandfold.runs import runs_of

CASES = ROOT / "tests/cases"


@pytest.fixture(autouse=True)
def in_tables(tmp_path, monkeypatch):
    for folder in ("series", "tables"):
        shutil.copytree(CASES / folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def study_of(file, a, b, metric="accuracy", design="independent", **table):
    claim = {"claim": "c", "expect": "greater", "a": a, "b": b}
    config = {
        "study": {"seed": 1, "margin": 1, "design": design},
        "table": {"file": file, "metric": metric} | table,
        "findings": {"H": claim},
    }
    return load_study(config, [])


def repeats_of(study):
    return results_of(runs_of(study.table), study.table, study.design).repeats


def names(things):
    return [thing.name for thing in things]


# Forms


@pytest.mark.parametrize(
    ("file", "a", "b", "series", "scenarios", "rows", "assumed"),
    [
        ("demsar.csv", "ours", "base", 12, 3, 36, ()),
        ("ten.csv", "ours", "base", 10, 2, 60, ()),
        ("unequal.csv", "new", "base", 1, 2, 16, ()),
        ("folds.csv", "rf", "knn", 4, 3, 120, ("took 'method' as scenario and 'dataset' as series",)),
        ("long3.csv", "ours", "baseline", 1, 2, 6, ("took 'method' as scenario",)),
        ("pct.csv", "ours", "baseline", 1, 2, 6, ("accuracy: percentages without their sign",)),
        ("wide.csv", "ours", "baseline", 1, 2, 10, ("took the columns 'baseline', 'ours' as a scenario each",)),
    ],
)  # fmt: skip
def test_tables_as_they_are(file, a, b, series, scenarios, rows, assumed):
    study = study_of(file, a, b)
    assert (len(study.series), len(study.scenarios)) == (series, scenarios)
    assert study.table.assumed == assumed
    assert len(repeats_of(study)) == rows


def test_data_sets_are_not_pooled():
    """What a table calls dataset is a series: repeats on several are no sample of one thing."""
    repeats = repeats_of(study_of("folds.csv", "rf", "knn"))
    assert repeats.groupby(["series", "scenario"]).size().eq(10).all()
    assert set(repeats["series"]) == {"iris", "wine", "cancer", "digits"}


def test_columns_by_the_names_that_the_config_gives():
    study = study_of(
        "folds.csv", "rf", "knn", design="paired",
        columns={"scenario": "method", "series": "dataset", "repeat": "fold"},
    )  # fmt: skip
    table = pd.read_csv("folds.csv")
    pairs = repeats_of(study).pivot_table("accuracy", ["series", "repeat"], "scenario")
    truth = table.pivot_table("accuracy", ["dataset", "fold"], "method")
    np.testing.assert_array_equal(pairs.loc["wine"], truth.loc["wine"])
    assert study.table.assumed == ()


def test_what_a_wide_table_holds():
    study = study_of("wide.csv", "ours", "baseline", wide=["baseline", "ours", "ours_noaug"])
    assert names(study.scenarios) == ["baseline", "ours", "ours_noaug"]
    table = pd.read_csv("wide.csv")
    for scenario, own in repeats_of(study).groupby("scenario"):
        assert own["accuracy"].tolist() == table[scenario].tolist()
        assert own["seed"].tolist() == table["seed"].tolist()


def test_a_wide_table_of_data_sets():
    study = study_of(str(CASES / "judged/14-wide-table/t.csv"), "lstm", "rnn", metric="lstm")
    assert study.metric == "score"
    assert len(study.series) == 8
    told = study.table.assumed[0]
    assert told == "took 'dataset' as series and the columns 'rnn', 'lstm' as a scenario each"
    table = pd.read_csv(CASES / "judged/14-wide-table/t.csv").set_index("dataset")
    wide = repeats_of(study).pivot_table("score", "series", "scenario")
    np.testing.assert_array_equal(wide.loc["d3", ["rnn", "lstm"]], table.loc["d3", ["rnn", "lstm"]])


def test_pairs_of_a_wide_table_are_its_rows():
    study = study_of("wide.csv", "ours", "baseline", design="paired", columns={"repeat": "seed"})
    pairs = repeats_of(study).pivot_table("accuracy", "repeat", "scenario")
    assert pairs["ours"].tolist() == pd.read_csv("wide.csv")["ours"].tolist()


def test_an_export_of_weights_and_biases():
    columns = {"scenario": "config.model", "repeat": "config.seed"}
    state = {"column": "State", "values": ["crashed"]}
    study = study_of(
        "wandb.csv", "resnet18-ours", "resnet18-base", "test/acc", columns=columns, failed=state,
        metrics={"test/loss": {"better": "lower"}},
    )  # fmt: skip
    assert study.table.assumed == ("2 runs with State crashed counted as failed",)
    repeats = repeats_of(study)
    assert (len(repeats), repeats["test/acc"].isna().sum()) == (12, 2)
    out = study_of(
        "wandb.csv", "resnet18-ours", "resnet18-base", "test/acc", columns=columns, left_out=state
    )
    assert out.table.assumed == ("2 runs with State crashed left out",)
    assert len(repeats_of(out)) == 10


def test_a_run_that_failed_has_no_value_whatever_the_table_says():
    Path("t.csv").write_text("method,state,accuracy\na,ok,1\na,crashed,9\nb,ok,2\nb,ok,3\n")
    study = study_of("t.csv", "a", "b", failed={"column": "state", "values": ["crashed"]})
    assert repeats_of(study).query("scenario == 'a'")["accuracy"].tolist()[0] == 1
    assert np.isnan(repeats_of(study).query("scenario == 'a'")["accuracy"].tolist()[1])


def test_an_export_of_mlflow():
    study = study_of("mlflow.csv", "lstm", "transformer", "val_rmse", columns={"repeat": "seed"})
    assert names(study.scenarios) == ["lstm", "transformer"]
    assert repeats_of(study)["repeat"].tolist() == [0, 1, 2, 3, 4] * 2


def test_several_files_and_folders():
    Path("runs").mkdir()
    for name, values in {"new": (3, 4), "old": (1, 2)}.items():
        rows = [f"{seed},{value}" for seed, value in enumerate(values)]
        Path(f"runs/{name}.csv").write_text("\n".join(["seed,accuracy", *rows, ""]))
    Path("runs/.hidden.csv").write_text("not,this\n")
    Path("runs/notes.md").write_text("nor this")
    by_file = {"columns": {"scenario": "file"}}
    for file in ("runs", ["runs/new.csv", "runs/old.csv"]):
        study = study_of(file, "new", "old", **by_file)
        assert repeats_of(study)["accuracy"].tolist() == [3, 4, 1, 2]
        assert names(study.series) == ["runs"]
    Path("runs/old.csv").write_text("seed,accuracy\n0,bad\n")
    with pytest.raises(ConfigError, match=r"runs/old\.csv, line 2: 'bad' is not a number"):
        study_of("runs", "new", "old", **by_file)
    Path("empty").mkdir()
    with pytest.raises(ConfigError, match="empty: holds no table; put files there that end in"):
        study_of("empty", "new", "old")


def test_a_table_in_german_is_the_same_table():
    text = Path("long3.csv").read_text().replace(",", ";").replace(".", ",")
    Path("german.csv").write_text(text, encoding="utf-16")
    german, plain = (
        repeats_of(study_of(f, "ours", "baseline")) for f in ("german.csv", "long3.csv")
    )
    assert german["accuracy"].tolist() == plain["accuracy"].tolist()


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"columns": {"scenario": "modell"}}, "has no column 'modell'; its columns are 'Name', 'State'"),
        ({"columns": {"scenari": "x"}}, r"table\.columns\.scenari: unknown key; did you mean 'scenario'"),
        ({"wide": ["Name", "x"]}, "has no column 'x'"),
        ({"failed": {"column": "Stat", "values": ["crashed"]}}, "table.failed.column: wandb.csv: has no column 'Stat'"),
        ({"columns": {"scenario": "Name"}, "left_out": {"column": "State", "values": ["finished", "crashed"]}}, "table.left_out.values: leave no run of wandb.csv; name fewer"),
        ({"left_out": {"column": "Stat", "values": ["crashed"]}}, "table.left_out.column: wandb.csv: has no column 'Stat'"),
        ({"columns": {"scenario": "model"}}, "table.columns.scenario: wandb.csv: has no column 'model'"),
        ({"wide": ["test/acc", "val/acc"]}, "table.wide.1: wandb.csv: has no column 'val/acc'"),
        ({"pooled": ["User", "Host"]}, "table.pooled.1: wandb.csv: has no column 'Host'"),
        ({"failed": {"column": "State"}}, "the key 'values' is missing"),
        ({}, r"has no column 'scenario'; .* say which one it is by columns: \{scenario: \.\.\.\}, or .* wide"),
        ({"columns": {"scenario": "config.model", "repeat": "config.lr"}}, "has repeat 0.1 of resnet18-base on wandb more than once"),
    ],
)  # fmt: skip
def test_forms_that_are_refused(table, problem):
    with pytest.raises(ConfigError, match=problem):
        study_of("wandb.csv", "resnet18-ours", "resnet18-base", "test/acc", **table)


def test_ids_that_differ_stay_apart():
    rows = ["a,1,1", "a,01,2", "a,1.0,3", "b,1,4", "b,01,5", "b,1.0,6"]
    Path("t.csv").write_text("\n".join(["method,id,accuracy", *rows, ""]))
    study = study_of("t.csv", "a", "b", design="paired", paired_by="id")
    pairs = repeats_of(study).pivot_table("accuracy", "repeat", "scenario")
    assert (pairs["b"] - pairs["a"]).tolist() == [3, 3, 3]
    independent = study_of("t.csv", "a", "b", columns={"repeat": "id"})
    assert repeats_of(independent)["repeat"].nunique() == 3


# new_study.py


def new_study(*arguments):
    made = subprocess.run(
        [sys.executable, ROOT / "workflow/scripts/new_study.py", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in made.stderr
    return made


@pytest.mark.parametrize(
    ("file", "value", "skipped"),
    [
        ("airquality.csv", "Temp", {"Month": "is a part of dates", "Day": "is a part of dates", "Ozone": "lacks values", "Solar.R": "lacks values"}),
        ("grunfeld.csv", "capital", {"firm": "holds text", "year": "holds dates"}),
        ("presidents.csv", "x", {"": "counts the rows"}),
        ("air_pct.csv", "pax", {"date": "holds dates", "growth": "lacks values"}),
        ("air_serial.csv", "pax", {"date": "holds dates"}),
        ("umsatz_latin1.csv", "Umsätze", {"Monat": "holds dates"}),
    ],
)  # fmt: skip
def test_the_column_to_forecast(file, value, skipped):
    column = column_to_forecast(read_sheet(Path(file)))
    assert (column.name, column.skipped) == (value, skipped)


def test_constants_dates_and_counts_are_not_forecast():
    rows = [f"{2000 + i},{i * i % 7},5,{i + 1},2020-01-{i + 1:02}" for i in range(9)]
    Path("s.csv").write_text("\n".join(["year,sold,fee,row,day", *rows, ""]))
    made = new_study("s.csv")
    assert made.returncode == 0, made.stderr
    assert (
        "takes the column 'sold'; 'year' holds dates; 'fee' is constant; 'row' counts the rows; 'day' holds dates"
        in made.stdout
    )
    assert yaml.safe_load(Path("s.yaml").read_text())["series"]["s"]["value"] == "sold"


def study_in(file):
    return load_study(yaml.safe_load(Path(file).read_text(encoding="utf-8")), [file])


def test_a_panel_becomes_an_entry_each():
    assert new_study("stocks.csv").returncode == 0
    study = study_in("stocks.yaml")
    assert names(study.series) == ["MSFT", "AMZN", "IBM", "GOOG", "AAPL"]
    assert [source.test_rows for source in study.series] == [25, 25, 25, 14, 25]
    assert len({source.margin for source in study.series}) == 5


def test_what_has_to_be_decided_is_said_and_left_open():
    made = new_study("fred_UNRATE.csv")
    assert made.returncode == 0
    assert "column 'UNRATE', line 62: the value is missing; set missing" in made.stdout
    with pytest.raises(ConfigError, match="line 62: the value is missing"):
        study_in("fred_UNRATE.yaml")
    text = Path("fred_UNRATE.yaml").read_text()
    Path("fred_UNRATE.yaml").write_text(text.replace("# missing:", "missing:"))
    assert study_in("fred_UNRATE.yaml").series[0].test_rows == 29


@pytest.mark.parametrize(
    "file",
    [
        "air_desc.csv",
        "air_shuffled.csv",
        "air.csv.gz",
        "air_tiny.csv",
        "air_huge.csv",
        "umsatz_utf16.csv",
        "air_janyy.csv",
    ],
)
def test_what_is_written_is_a_study(file):
    made = new_study(file)
    assert made.returncode == 0, made.stderr
    study = study_in(file.split(".")[0] + ".yaml")
    assert study.series[0].treatment.sort == (file in ("air_desc.csv", "air_shuffled.csv"))
    assert "monthly (period 12)" in made.stdout


@pytest.mark.parametrize("stem", ["2024", "no", "1e+10", "null", "016", "~", "a: b", "x #1"])
def test_names_that_yaml_would_retype(stem):
    shutil.copy("air_tiny.csv", f"{stem}.csv")
    Path(f"{stem}.csv").write_text(Path("air_tiny.csv").read_text().replace(",x", f",{stem}"))
    made = new_study(f"{stem}.csv")
    assert made.returncode == 0, made.stderr
    study = study_in(f"{stem}.yaml")
    assert study.series[0].value == stem
    assert study.series[0].file == f"{stem}.csv"


@pytest.mark.parametrize(
    "text",
    [
        "2024",
        "no",
        "1e+10",
        "a",
        "x y",
        "",
        "größe",
        "0x1f",
        "1:30",
        "2024-01-01",
        '"',
        "a\\b",
        "=",
        "~",
        "on",
        "1_000",
    ],
)
def test_texts_stay_texts_in_yaml(text):
    assert yaml.safe_load(f"key: {quoted(text)}") == {"key": text}
    assert yaml.safe_load(f"{quoted(text)}: 1") == {text: 1}


@pytest.mark.parametrize("value", [1e-12, 2e10, 1.0, 0.0123, 123456.0, 1e-300, 3.0])
def test_numbers_stay_numbers_in_yaml(value):
    assert yaml.safe_load(number(value)) == pytest.approx(value, rel=0.05)
    assert isinstance(yaml.safe_load(number(value)), int | float)


@pytest.mark.parametrize(
    ("file", "metric", "better", "series", "scenarios", "failed"),
    [
        ("wandb.csv", "test/acc", True, 1, 2, 2), ("mlflow.csv", "val_rmse", False, 1, 2, 0),
        ("wide.csv", "score", False, 1, 3, 0), ("folds.csv", "accuracy", True, 4, 3, 0),
        ("demsar.csv", "accuracy", True, 12, 3, 0), ("pct.csv", "accuracy", True, 1, 2, 0),
        ("long3.csv", "accuracy", True, 1, 2, 0), ("ten.csv", "accuracy", True, 10, 2, 0),
        ("unequal.csv", "accuracy", True, 1, 2, 1), ("dash.csv", "accuracy", True, 1, 2, 0),
    ],
)  # fmt: skip
def test_a_new_study_of_a_table(file, metric, better, series, scenarios, failed):
    made = new_study("--table", file)
    assert made.returncode == 0, made.stderr
    # A target after --configfile is taken for a file.
    assert made.stdout.endswith(f" -n analyse --configfile {file.replace('csv', 'yaml')}\n")
    study = study_in(file.replace("csv", "yaml"))
    assert study.metric == metric
    assert study.measured(metric).higher_is_better == better
    assert (len(study.series), len(study.scenarios)) == (series, scenarios)
    assert repeats_of(study)[metric].isna().sum() == failed
    assert len(study.findings) == scenarios - 1
    for finding in study.findings:
        (contrast,) = finding.contrasts
        assert contrast.b in ("base", "baseline", "logreg", "lstm", "resnet18-base")
        assert contrast.expect == ("greater" if better else "less")
        assert (finding.over is not None) == (series >= 6)


def test_a_table_that_tells_of_no_scenario():
    Path("t.csv").write_text("seed,score\n1,2\n2,3.5\n")
    made = new_study("--table", "t.csv")
    assert made.returncode == 1
    assert "t.csv: no column says what was trained; its columns are 'seed', 'score'" in made.stderr
    assert not Path("t.yaml").exists()


# What would be pooled or lost


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("method,language,acc\na,de,1\na,en,2\nb,de,3\nb,en,4\n", r"rows of one scenario differ in 'language' \('de', 'en'\).*columns: \{series: language\}"),
        ("method,epoch,acc\na,1,1\na,2,2\nb,1,3\nb,2,4\n", "rows of one scenario differ in 'epoch'"),
        ("method,seed,fold,acc\na,0,0,1\na,0,1,2\nb,0,0,3\n", "has repeat 0 of a on t more than once; .*differ in 'fold'"),
        ("method,seed,acc\na,0,1\na,mean,2\nb,0,3\n", "line 3: 'mean' is not a whole number"),
    ],
)  # fmt: skip
def test_rows_that_are_no_repeats_of_one_thing(text, problem):
    Path("t.csv").write_text(text)
    columns = {"repeat": "seed"} if "seed" in text else {}
    with pytest.raises(ConfigError, match=problem):
        study_of("t.csv", "b", "a", "acc", columns=columns)


def test_what_may_differ_among_repeats():
    Path("t.csv").write_text("method,host,acc\na,x,1\na,y,2\nb,x,3\nb,y,4\n")
    assert len(repeats_of(study_of("t.csv", "b", "a", "acc", pooled=["host"]))) == 4
    Path("t.csv").write_text("method,game,acc\na,x,1\na,y,2\nb,x,3\nb,y,4\n")
    assert names(study_of("t.csv", "b", "a", "acc").series) == ["x", "y"]


def test_files_that_differ():
    Path("one.csv").write_text("method,acc\na,1\na,2\n")
    Path("two.csv").write_text("method,Acc\nb,1\nb,2\n")
    with pytest.raises(ConfigError, match=r"two\.csv: has no column 'acc', as other files have"):
        study_of(["one.csv", "two.csv"], "b", "a", "acc")
    Path("two.csv").write_text("method;acc\nb;1,5\nb;2,5\n")
    with pytest.raises(ConfigError, match="the files are separated in several ways"):
        study_of(["one.csv", "two.csv"], "b", "a", "acc")


def test_long_numbers_of_repeats():
    seeds = [f"{10**20 + i}" for i in range(2)]
    Path("t.csv").write_text(
        "".join(["method,seed,acc\n", *(f"{m},{s},1\n" for m in "ab" for s in seeds)])
    )
    study = study_of("t.csv", "b", "a", "acc", columns={"repeat": "seed"})
    assert repeats_of(study)["repeat"].tolist() == [0, 1, 0, 1]


def test_states_of_runs():
    rows = ["a,0,COMPLETE,1", "a,1,PRUNED,2", "b,0,COMPLETE,3", "b,1,FAIL,9"]
    Path("t.csv").write_text("\n".join(["model,seed,State,acc", *rows, ""]))
    study = study_of("t.csv", "b", "a", "acc", columns={"repeat": "seed"})
    assert "2 runs with State PRUNED, FAIL taken as any other (see failed)" in study.table.assumed
    assert new_study("--table", "t.csv").returncode == 0
    table = study_in("t.yaml").table.form
    assert (table.failed.values, table.left_out.values) == (("FAIL",), ("PRUNED",))


def test_a_cell_that_is_no_number_is_named():
    Path("s.csv").write_text("date,sales\n2020-01-01,1\n2020-01-02,#DIV/0!\n2020-01-03,3\n")
    made = new_study("s.csv")
    assert made.returncode == 1
    assert "'sales' cannot be read, line 3: '#DIV/0!' is not a number" in made.stderr
