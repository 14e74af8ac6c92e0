"""Tables of repeats that were trained elsewhere: what a config says of them, and what is refused."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from support import ROOT
from workflow.project import merged

from thousandfold.config_files import ConfigError
from thousandfold.imported import results_of
from thousandfold.loading import load_study
from thousandfold.runs import runs_of

JUDGED = ROOT / "tests/cases/judged"


@pytest.fixture
def study_of(tmp_path, monkeypatch):
    """The study of a table given as text; what is said of the table goes beside file and metric."""
    monkeypatch.chdir(tmp_path)

    def load(text, findings=None, study=None, **table):
        if isinstance(text, str):
            Path("mine.csv").write_text(text, encoding="utf-8")
        else:
            text.to_parquet("mine.parquet")
        file = "mine.csv" if isinstance(text, str) else "mine.parquet"
        claim = {"claim": "c", "expect": "greater", "a": "new", "b": "old"}
        return load_study(
            {
                "study": {"seed": 1, "margin": 1} | (study or {}),
                "table": {"file": file, "metric": "score"} | table,
                "findings": {
                    name: claim | fields for name, fields in (findings or {"G": {}}).items()
                },
            },
            [],
        )

    return load


def repeats_of(study):
    return results_of(runs_of(study.table), study.table, study.design).repeats


GOOD = "scenario,score,note\nnew,3,x\nnew,4,y\nold,1,z\nold,,z\n"


def test_a_table_of_repeats(study_of):
    study = study_of(GOOD, better="higher", unit="points")
    assert [s.name for s in study.scenarios] == ["new", "old"]
    assert [s.name for s in study.series] == ["mine"]
    assert (study.repeats, study.metric, study.measured("score").higher_is_better) == (
        2,
        "score",
        True,
    )
    assert study.unit("mine", "score") == "points"
    assert study.findings[0].contrasts[0].metric == "score"
    assert study.deterministic == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "table.file: mine.csv: is empty"),
        ("scenario,points\na,1\n", "table.metric: .* has no column 'score'; its columns are 'scenario', 'points'"),
        ("name,score\na,1\n", "table.file: .* has no column 'scenario'"),
        ("scenario,score\n", "has no rows"),
        ("scenario,score\na,1\na,good\n", "column 'score', line 3: 'good' is not a number; correct it, or leave it empty"),
        ("scenario,score\nold,1\n\n ,1\n", "column 'scenario', line 4: '' is not a usable name"),
        (f"scenario,score\n{'x' * 101},1\n", "column 'scenario', line 2: 'xxx.* is not a usable name; take 1 to 100"),
        ('scenario,score\n"a\nb",1\n', r"'a\\nb' is not a usable name"),
        ("scenario,gr\u00f6ße,gro\u0308ße,score\na,1,2,3\n", "has the column 'größe' more than once"),
        ("scenario,score\nnew,1\nthe old,2\nold!,2\n", "there is no 'old'; did you mean 'old!'?"),
        ("scenario,repeat,score\na,1,1\na,1,2\n", "line 3: has repeat 1 of a on mine more than once"),
        ("scenario,repeat,score\na,x,1\n", "column 'repeat', line 2: 'x' is not a whole number"),
        ("scenario,repeat,score\na,,1\na,1,1\n", "column 'repeat', line 2: '' is not a whole number"),
        ("scenario,score\nnew,1\nolder,2\n", "findings.G.b: there is no 'old'"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used(study_of, text, problem):
    with pytest.raises(ConfigError, match=problem):
        study_of(text)


def test_a_name_is_the_text_of_the_table(study_of):
    """Blanks at its ends and how an accent was typed make no other name."""
    text = "series,scenario,gro\u0308ße\na/b, new ,1\na/b,new,2\nc.d,o\u0308ld,2\na/b,b_c,1\na/b,b c,1\n"
    finding = {"G": {"b": "öld"}, "größe": {"b": "b c"}}
    study = study_of(text, finding, metric="gr\u00f6ße", deterministic=["o\u0308ld"])
    assert [s.name for s in study.scenarios] == ["new", "öld", "b_c", "b c"]
    assert [s.label for s in study.scenarios] == ["new", "öld", "b_c", "b c"]
    assert [(s.name, s.title) for s in study.series] == [("a/b", "a/b"), ("c.d", "c.d")]
    assert study.metrics == ("größe",)
    assert study.deterministic == ("öld",)
    assert [finding.id for finding in study.findings] == ["G", "größe"]


def test_a_name_as_older_releases_spelled_it(study_of):
    with pytest.raises(ConfigError, match=r"there is no 'my_model'; did you mean 'my model'\?"):
        study_of("scenario,score\nmy model,1\nold,2\n", {"G": {"a": "my_model"}})


def test_an_error_names_the_line_as_an_editor_counts(study_of):
    """Blank lines are passed over, and a quoted field may hold a line's end."""
    text = 'scenario,score,note\n\nnew,3,"x\ny"\n   \nold,bad,z\n'
    with pytest.raises(ConfigError, match="line 6: 'bad' is not a number"):
        study_of(text)


def test_a_column_of_parquet_that_has_no_numbers(study_of):
    rows = pd.DataFrame({"scenario": ["new", "old"], "score": ["1", "x"]})
    with pytest.raises(ConfigError, match="column 'score', row 2: 'x' is not a number"):
        study_of(rows)
    assert repeats_of(study_of(rows.assign(score=["1", "2"])))["score"].tolist() == [1, 2]


# Metrics

SCORES = "scenario,score,loss,mae,mase,note\nnew,3,0.1,5,1,x\nold,1,0.2,6,1,z\n"


def test_each_metric_has_its_own_direction_and_unit(study_of):
    about = {name: {"metric": name, "margin": 1} for name in ("loss", "mae", "mase")}
    declared = {"loss": {"better": "lower", "unit": "nats"}}
    study = study_of(SCORES, about, better="higher", unit="points", metrics=declared)
    assert study.metrics == ("score", "loss", "mae", "mase")
    assert [study.measured(m).higher_is_better for m in study.metrics] == [
        True,
        False,
        False,
        False,
    ]
    assert [study.unit("mine", m) for m in study.metrics] == ["points", "nats", "", "naive errors"]


@pytest.mark.parametrize(
    ("metric", "unit", "units"),
    [
        ("rmse", {"unit": "cm"}, {"rmse": "cm", "mae": "cm", "smape": "%"}),
        ("rmse", {}, {"rmse": "units", "mae": "units"}),
        ("smape", {}, {"smape": "%", "mae": ""}),
        ("train_seconds", {}, {"train_seconds": "seconds"}),
        ("train_seconds", {"unit": "s"}, {"train_seconds": "s"}),
        ("score", {}, {"score": "units"}),
    ],
)
def test_units_that_are_known(study_of, metric, unit, units):
    columns = ",".join(units)
    text = f"scenario,{columns}\nnew{',1' * len(units)}\nold{',1' * len(units)}\n"
    about = {name: {"metric": name, "margin": 1} for name in units}
    study = study_of(text, about, metric=metric, **unit)
    assert {name: study.unit("mine", name) for name in study.metrics} == units
    assert not any(study.directions.values())


def test_what_is_declared_of_a_known_metric_counts(study_of):
    about = {"G": {"metric": "mae", "margin": 1}}
    study = study_of(SCORES, about, metrics={"mae": {"better": "higher", "unit": "cm"}})
    assert (study.measured("mae").higher_is_better, study.unit("mine", "mae")) == (True, "cm")


def test_a_metric_in_the_unit_of_the_margin_needs_none_of_its_own(study_of):
    text = "scenario,rmse,mae\nnew,1,2\nold,1,2\n"
    study = study_of(text, {"G": {"metric": "mae"}}, metric="rmse")
    assert study.findings[0].contrasts[0].margin is None
    with pytest.raises(ConfigError, match=r"findings\.G: study\.margin is of rmse, not of mae"):
        study_of(
            text, {"G": {"metric": "mae"}}, metric="rmse",
            metrics={"mae": {"better": "lower", "unit": "log cm"}},
        )  # fmt: skip


@pytest.mark.parametrize(("better", "direction"), [("lower", "less"), ("higher", "greater")])
def test_the_best_is_so_by_its_own_metric(study_of, better, direction):
    best = {"expect": "best_of", "b": ["old"]}
    about = {"A": best, "L": best | {"metric": "loss", "margin": 1}}
    study = study_of(SCORES, about, better="higher", metrics={"loss": {"better": better}})
    assert [f.contrasts[0].expect for f in study.findings] == ["greater", direction]


@pytest.mark.parametrize(
    ("findings", "table", "problem"),
    [
        ({"G": {"metric": "loss", "margin": 1}}, {}, r"findings\.G\.metric: nothing says whether a lower or a higher loss is better; add table\.metrics\.loss: {better: lower}, or higher"),
        ({"G": {"metric": "los", "margin": 1}}, {}, r"findings\.G\.metric: mine\.csv: has no column 'los'"),
        ({"G": {"metric": "rmse", "margin": 1}}, {}, r"findings\.G\.metric: mine\.csv: has no column 'rmse'"),
        (None, {"metrics": {"los": {"better": "lower"}}}, r"table\.metrics\.los: mine\.csv: has no column 'los'; its columns are 'scenario', 'score', 'loss'"),
        (None, {"metrics": {"note": {"better": "lower"}}}, r"column 'note', line 2: 'x' is not a number"),
        (None, {"metrics": {"loss": {}}}, r"table\.metrics\.loss: the key 'better' is missing"),
        (None, {"metrics": {"loss": {"better": "less"}}}, r"table\.metrics\.loss\.better: unknown value 'less'"),
        (None, {"metrics": {"score": {"better": "lower"}}}, r"table\.metrics\.score: is the table's own metric"),
        (None, {"metrics": {" loss": {"better": "lower"}}}, r"' loss' is not a usable name"),
    ],
)  # fmt: skip
def test_metrics_that_are_refused(study_of, findings, table, problem):
    with pytest.raises(ConfigError, match=problem):
        study_of(SCORES, findings, **table)


def test_a_metric_within_a_conjunction_is_declared_too(study_of):
    part = {"expect": "less", "a": "new", "b": "old"}
    parts = [part, part | {"metric": "loss", "margin": 1}]
    Path("mine.csv").write_text(SCORES, encoding="utf-8")
    config = {
        "study": {"seed": 1, "margin": 1},
        "table": {"file": "mine.csv", "metric": "score"},
        "findings": {"G": {"claim": "c", "all_of": parts}},
    }
    with pytest.raises(ConfigError, match=r"findings\.G\.all_of\.1\.metric: nothing says"):
        load_study(config, [])


def test_times_in_a_table_are_compared_as_the_config_says(study_of):
    text = "scenario,score,train_seconds\nnew,1,2\nold,1,2\n"
    times = {"metric": "train_seconds"}
    study = study_of(text, {"D": times | {"margin": 0.5}, "R": times | {"ratio": True}})
    contrasts = [f.contrasts[0] for f in study.findings]
    assert [(c.estimand, c.margin) for c in contrasts] == [("mean", 0.5), ("ratio", 1.25)]


# Sizes


@pytest.mark.parametrize("value", ["2e100", "-2e100", "1e300"])
def test_values_that_are_too_large(study_of, value):
    text = f"scenario,score,loss,other\nnew,1,1,1\nold,1,{value},{value}\n"
    assert study_of(text)
    for table, findings in [
        ({"metric": "loss"}, None),
        ({"metrics": {"loss": {"better": "lower"}}}, None),
        ({"metrics": {}}, {"G": {"metric": "mae", "margin": 1}}),
    ]:
        with pytest.raises(ConfigError, match=r"line 3: -?[12]e\d+ is beyond ±1e100; give the col"):
            study_of(text if findings is None else text.replace("loss", "mae"), findings, **table)


def test_infinite_values_are_failed_trainings(study_of):
    study = study_of("scenario,score\nnew,1e100\nold,inf\nold,-inf\nold,1e999\nold,3\n")
    values = repeats_of(study).set_index("scenario")["score"]
    assert values.isna().sum() == 3
    assert values["new"] == 1e100


# Pairs

PAIRED = {"design": "paired"}


def pairs_of(study):
    """The scores of each repeat, in its order."""
    return repeats_of(study).pivot_table("score", "repeat", "scenario").to_numpy().tolist()


@pytest.mark.parametrize(
    "rows",
    [
        ["new,9,1", "new,70,2", "old,9,3", "old,70,4"],
        ["new,70,2", "old,9,3", "old,70,4", "new,9,1"],
    ],
)
def test_pairs_are_told_by_value_and_not_by_order(study_of, rows):
    text = "\n".join(["scenario,seed,score", *rows])
    assert pairs_of(study_of(text, study=PAIRED, paired_by="seed")) == [[1, 3], [2, 4]]


def test_pairs_may_be_told_by_text(study_of):
    text = "scenario,fold,score\nnew,b,2\nnew,a,1\nold,a,3\nold,b,4\n"
    assert pairs_of(study_of(text, study=PAIRED, paired_by="fold")) == [[1, 3], [2, 4]]
    mixed = pd.DataFrame({
        "scenario": ["new", "new", "old", "old"], "score": [2.0, 1, 3, 4],
        "fold": pd.Series([b"b", b"a", b"a", b"b"], dtype=object),
    })  # fmt: skip
    assert pairs_of(study_of(mixed, study=PAIRED, paired_by="fold")) == [[1, 3], [2, 4]]


def test_pairs_are_told_by_repeat_unless_the_config_says_otherwise(study_of):
    text = "scenario,repeat,seed,score\nnew,5,1,1\nnew,3,2,2\nold,3,1,3\nold,5,2,4\n"
    assert pairs_of(study_of(text, study=PAIRED)) == [[2, 3], [1, 4]]
    assert pairs_of(study_of(text, study=PAIRED, paired_by="seed")) == [[1, 3], [2, 4]]


def test_a_failed_training_keeps_its_pair(study_of):
    text = "scenario,repeat,score\nnew,1,1\nnew,2,2\nold,1,1\n"
    with pytest.raises(
        ConfigError, match="have different values of 'repeat', so they are not pairs"
    ):
        study_of(text, study=PAIRED)
    assert study_of(f"{text}old,2,\n", study=PAIRED).repeats == 2


SEEDS = "scenario,seed,run,score\nnew,1,a,1\nnew,2,b,2\nold,1,b,3\nold,2,a,4\n"


@pytest.mark.parametrize(
    ("text", "study", "table", "problem"),
    [
        (SEEDS, PAIRED, {}, r"table\.paired_by: a paired study needs the column whose equal values make a pair; .* \(can be: seed, run\)"),
        ("scenario,score\nnew,1\nold,2\n", PAIRED, {}, r"table\.paired_by: .* mine\.csv has none with every value once in each scenario"),
        (SEEDS, {}, {"paired_by": "seed"}, r"table\.paired_by: only a paired study has pairs"),
        (SEEDS, PAIRED, {"paired_by": "sed"}, r"table\.paired_by: mine\.csv: has no column 'sed'; its columns are 'scenario', 'seed'"),
        (SEEDS.replace("old,1", "old,"), PAIRED, {"paired_by": "seed"}, r"table\.paired_by: mine\.csv: column 'seed', line 4 is empty"),
        (SEEDS.replace("old,1", "old,2"), PAIRED, {"paired_by": "seed"}, r"table\.paired_by: mine\.csv: column 'seed', line 5: old on mine has '2' a second time"),
        (SEEDS.replace("old,1", "old,3"), PAIRED, {"paired_by": "seed"}, r"table\.paired_by: mine\.csv: the scenarios on mine have different values of 'seed'"),
        (SEEDS.replace("run", "repeat").replace("old,2,a", "old,2,b"), PAIRED, {}, r"table\.file: mine\.csv: column 'repeat', line 5: old on mine has 'b' a second time"),
    ],
)  # fmt: skip
def test_pairs_that_are_refused(study_of, text, study, table, problem):
    with pytest.raises(ConfigError, match=problem):
        study_of(text, study=study, **table)


def test_pairs_are_those_of_one_series(study_of):
    rows = ["a,new,1,1", "a,old,1,2", "b,new,2,3", "b,old,2,4"]
    study = study_of(
        "\n".join(["series,scenario,seed,score", *rows]), study=PAIRED, paired_by="seed"
    )
    assert repeats_of(study)["repeat"].tolist() == [0, 0, 1, 1]


# Deterministic scenarios

CONSTANT = (
    "series,scenario,score,loss\na,new,3,1\na,new,3,1\nb,new,4,1\na,old,1,2\na,old,2,3\nb,old,1,1\n"
)


def test_a_deterministic_scenario_has_one_value_on_each_series(study_of):
    study = study_of(CONSTANT, deterministic=["new"])
    assert study.deterministic == ("new",)
    assert study_of(
        CONSTANT.replace("new,3,1\na,new,3", "new,3,1\na,new,3.000000000001"), deterministic=["new"]
    )


@pytest.mark.parametrize(
    ("text", "table", "problem"),
    [
        (CONSTANT, {"deterministic": ["old"]}, r"table\.deterministic\.0: old was declared deterministic, but in mine\.csv its values differ: score on a is 1.0 in line 5 and 2.0 in line 6"),
        (CONSTANT, {"deterministic": ["new", "odl"]}, r"table\.deterministic\.1: there is no 'odl'; did you mean 'old'"),
        (CONSTANT.replace("3,1\na,new,3", "3,1\na,new,3.00000000001"), {"deterministic": ["new"]}, r"score on a is 3.0 in line 2 and 3.00000000001 in line 3"),
        (CONSTANT.replace("3,1\na", "3,9\na"), {"deterministic": ["new"], "metrics": {"loss": {"better": "lower"}}}, r"loss on a is 1.0 in line 3 and 9.0 in line 2"),
    ],
)  # fmt: skip
def test_a_scenario_that_is_not_deterministic(study_of, text, table, problem):
    with pytest.raises(ConfigError, match=problem):
        study_of(text, **table)


def test_a_column_that_is_not_used_may_vary(study_of):
    assert study_of(CONSTANT.replace("3,1\na", "3,9\na"), deterministic=["new"])


def test_one_row_of_a_deterministic_scenario_is_enough(study_of):
    rows = ["old,7,1", "old,5,2", "other,5,3", "other,7,4", "new,,9"]
    text = "\n".join(["scenario,seed,score", *rows])
    study = study_of(text, study=PAIRED, paired_by="seed", deterministic=["new"])
    assert repeats_of(study)["repeat"].tolist() == [1, 0, 0, 1, 0]
    assert study.repeats == 2


def test_times_of_a_deterministic_scenario_vary(study_of):
    text = "scenario,train_seconds\nnew,1\nold,2\n"
    with pytest.raises(
        ConfigError, match=r"table\.deterministic\.0: the study compares train_seconds"
    ):
        study_of(text, metric="train_seconds", deterministic=["new"])


# Whole cases


@pytest.fixture
def case(monkeypatch):
    """The config of a case, in whose folder the test then is."""

    def enter(name):
        monkeypatch.chdir(JUDGED / name)
        return yaml.safe_load(Path("c.yaml").read_text(encoding="utf-8"))

    return enter


def test_best_of_a_loss_beside_an_accuracy(case):
    config = case("01-best-of-loss")
    with pytest.raises(ConfigError, match=r"^c\.yaml: findings\.L\.metric: nothing says whether"):
        load_study(config, ["c.yaml"])
    declared = merged(config, {"table": {"metrics": {"loss": {"better": "lower"}}}})
    study = load_study(declared, ["c.yaml"])
    directions = {f.id: {c.expect for c in f.contrasts} for f in study.findings}
    assert directions == {"A": {"greater"}, "L": {"less"}, "W": {"less"}}
    assert [study.measured(metric).higher_is_better for metric in ("accuracy", "loss")] == [
        True,
        False,
    ]


def test_pairs_by_seed(case):
    config = case("12-paired-by-seed")
    with pytest.raises(ConfigError, match=r"^c\.yaml: table\.paired_by: .* \(can be: seed\)"):
        load_study(config, ["c.yaml"])
    study = load_study(merged(config, {"table": {"paired_by": "seed"}}), ["c.yaml"])
    pairs = repeats_of(study).pivot_table("rmse", "repeat", "scenario")
    differences = pairs["lstm"] - pairs["gru"]
    assert differences.mean() == pytest.approx(-2, abs=0.5)
    assert differences.std() < 1


def test_times_held_against_the_studys_margin(case):
    study = load_study(case("19-train-seconds"), ["c.yaml"])
    (contrast,) = study.findings[0].contrasts
    assert (contrast.estimand, contrast.margin, study.series[0].margin) == ("mean", None, 5)
    assert study.unit("t", "train_seconds") == "s"


def test_what_is_not_trained_here_cannot_be_the_same_by_construction(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.csv").write_text(SCORES, encoding="utf-8")
    config = {
        "study": {"seed": 1, "margin": 1},
        "table": {"file": "mine.csv", "metric": "score", "better": "lower"},
        "identities": {"I": {"a": "new", "b": "old"}},
    }
    problem = "identities: only what is trained here can be checked to be the same; remove this"
    with pytest.raises(ConfigError, match=problem):
        load_study(config, [])


OF_SERIES = (
    "series,scenario,score,kind,source\n"
    "s,new,3,big,x\ns,old,1,big,x\nt,new,4,small,x\nt,old,2,small,x\n"
)


def test_attributes_of_series_are_columns(study_of):
    study = study_of(OF_SERIES, better="higher", attributes=["source", "kind"])
    assert [series.attributes for series in study.series] == [
        (("source", "x"), ("kind", "big")),
        (("source", "x"), ("kind", "small")),
    ]
    assert study.clusters is None
    study = study_of(
        OF_SERIES, better="higher", attributes=["kind"], study={"cluster": "kind", "margin": 1}
    )
    assert study.clusters == {"s": "big", "t": "small"}


@pytest.mark.parametrize(
    ("study", "attributes", "problem"),
    [
        ({}, ["size"], r"table\.attributes\.0: .*'size'.*kind"),
        (
            {},
            ["kind", "score"],
            r"table\.attributes\.1: mine\.csv: column 'score' has '3' and '1' on series s; an attri",
        ),
        (
            {"cluster": "source"},
            ["kind"],
            r"study\.cluster: 'source' is not an attribute; add it to table\.attributes",
        ),
    ],
)
def test_attributes_that_are_refused(study_of, study, attributes, problem):
    with pytest.raises(ConfigError, match=problem):
        study_of(OF_SERIES, better="higher", attributes=attributes, study={"margin": 1} | study)
