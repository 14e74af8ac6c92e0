"""Studies of one's own, end to end: other series, other networks, and tables trained elsewhere."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from support import ROOT

from workflow.project import Project

ROWS = 40

OWN_MODEL = """
import keras

def two_layers(timesteps, features, batch_size, seed):
    return keras.Sequential([
        keras.Input((timesteps, features)), keras.layers.Flatten(),
        keras.layers.Dense(3, "relu"), keras.layers.Dense(1),
    ])
"""

MIXED = {
    "standalone": True,
    "study": {
        "name": "mixed", "seed": 3, "repeats": 4, "metric": "mase", "margin": 0.05,
        "trust_models": True,
    },
    "series": {
        "shop": {"file": "shop.parquet", "value": "visits", "inputs": ["price"], "test_rows": 8},
        "nile": {"file": "statsmodels:nile", "value": "volume", "test_rows": 10},
    },
    "model": {"epochs": 3},
    "scenarios": {
        "gru": {"stateful": False, "layer": "gru", "units": 2, "timesteps": 3},
        "stops": {
            "stateful": True,
            "early_stopping": {"validation_rows": 4, "patience": 0, "restore_best_weights": True},
        },
        "own": {"stateful": False, "model": "my_models:two_layers", "timesteps": 2},
        "deep": {"stateful": False, "layers": 2},
    },
    "findings": {
        "G1": {"claim": "A GRU is better.", "expect": "less", "a": "gru", "b": "stops"},
        "G2": {
            "claim": "The same.", "expect": "equivalent", "a": "own", "b": "deep",
            "metric": "smape", "margin": 3,
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("mixed") / "project", MIXED)
    rng = np.random.default_rng(1)
    dates = pd.date_range("2024-01-01", periods=ROWS, name="week", freq="W")
    values = {"visits": 100 + rng.normal(0, 9, ROWS).cumsum(), "price": rng.uniform(1, 2, ROWS)}
    pd.DataFrame(values, index=dates).to_parquet(project.folder / "shop.parquet")
    (project.folder / "my_models.py").write_text(OWN_MODEL, encoding="utf-8")
    project.output = project.run()
    return project


def test_several_series_and_any_network(mixed):
    repeats = mixed.repeats()
    assert repeats.groupby(["series", "scenario"]).size().to_dict() == {
        (series, scenario): 4 for series in MIXED["series"] for scenario in MIXED["scenarios"]
    }
    assert np.isfinite(repeats[["rmse", "mae", "smape", "mase"]].to_numpy()).all()
    assert repeats["train_seconds"].isna().all()
    engines = repeats.groupby("scenario")["engine"].agg(set)
    assert engines.to_dict() == {
        "gru": {"replicated"}, "stops": {"replicated"}, "own": {"keras"}, "deep": {"replicated"},
    }  # fmt: skip
    assert (repeats.loc[repeats["scenario"] == "stops", "epochs"] <= 3).all()


def test_the_log_says_what_is_planned_and_what_stock_keras_trains(mixed):
    assert "The whole study is 32 trainings, in " in mixed.output
    assert "own: trained by stock Keras, because of the model my_models:two_layers" in mixed.output
    assert "gru: trained by" not in mixed.output


def test_claims_are_answered_per_series_and_over_all(mixed):
    claims = pd.read_csv(mixed.results / "claims.csv")
    answered = set(zip(claims["series"], claims["id"], strict=True))
    assert answered == {(series, id_) for series in ("shop", "nile") for id_ in ("G1", "G2")}
    sentences = claims.set_index(["series", "id"])["sentence"]
    assert "mean MASE of gru is" in sentences["nile", "G1"]
    assert re.search(r"mean sMAPE of own is [\d.]+ percentage points ", sentences["shop", "G2"])
    over_all = pd.read_csv(mixed.results / "conjunctions.csv")
    claims = pd.read_csv(mixed.results / "claims.csv")
    supported = claims[claims["verdict"] == "supported"].groupby("id").size()
    assert list(over_all["k"]) == [supported.get(id_, 0) for id_ in over_all["id"]]
    assert set(over_all["m"]) == {2}
    page = (mixed.folder / "reports/mixed/report.html").read_text(encoding="utf-8")
    assert "Over all 2 series" in page


def test_a_change_of_the_own_model_retrains_only_it(mixed):
    before = mixed.blocks()
    path = mixed.folder / "my_models.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("relu", "tanh"), encoding="utf-8")
    try:
        mixed.run()
        changed = {
            block.split("/")[1] for block, time in mixed.blocks().items() if time != before[block]
        }
        assert changed == {"own"}
    finally:
        path.write_text(text, encoding="utf-8")


AHEAD = {
    "standalone": True,
    "study": {"name": "ahead", "seed": 3, "repeats": 5, "margin": 5},
    "series": {
        "shampoo": {
            "file": "data/shampoo-sales.csv", "value": "Sales", "test_rows": 12, "horizon": 4,
        },
    },
    "model": {"epochs": 3},
    "scenarios": {"a": {"stateful": True}, "b": {"stateful": False, "batch_size": 22}},
}  # fmt: skip


@pytest.mark.slow
def test_forecasts_beyond_the_last_month(tmp_path):
    project = Project(tmp_path / "ahead", AHEAD)
    project.run()
    forecasts = pd.read_parquet(project.results / "forecasts.parquet")
    beyond = forecasts[forecasts["step"] > 12]
    assert len(beyond) == 2 * 5 * 4
    assert beyond["actual"].isna().all()
    assert np.isfinite(beyond["forecast"]).all()
    bands = pd.read_csv(project.results / "forecast_bands.csv")
    assert list(bands.loc[bands["scenario"] == "a", "step"]) == list(range(1, 17))
    page = (project.folder / "reports/ahead/report.html").read_text(encoding="utf-8")
    assert "Beyond the last observation, 4 more steps" in page


STEPS = {
    "standalone": True,
    "study": {"name": "steps", "seed": 3, "repeats": 5, "margin": 5},
    "series": {
        "shampoo": {
            "file": "data/shampoo-sales.csv", "value": "Sales", "test_rows": 12, "steps_ahead": 3,
        },
    },
    "model": {"epochs": 3},
    "scenarios": {
        "a": {"stateful": True, "refit": {"every": 4, "epochs": 2}},
        "b": {"stateful": False, "strategy": "direct"},
    },
    "findings": {"F": {"claim": "Better.", "expect": "less", "a": "a", "b": "b"}},
}  # fmt: skip


@pytest.mark.slow
def test_several_steps_ahead_and_updates_in_the_test(tmp_path):
    project = Project(tmp_path / "steps", STEPS)
    project.run()
    forecasts = pd.read_parquet(project.results / "forecasts.parquet")
    forecasts["squared"] = (forecasts["forecast"] - forecasts["actual"]) ** 2
    assert len(forecasts) == 2 * 5 * 10 * 3
    repeats = pd.read_csv(project.results / "repeats.csv").set_index(["scenario", "repeat"])
    overall = np.sqrt(forecasts.groupby(["scenario", "repeat"])["squared"].mean())
    np.testing.assert_allclose(repeats["rmse"].loc[overall.index], overall)
    of_steps = forecasts.groupby(["scenario", "repeat", "steps_ahead"])["squared"].mean()
    expected = np.sqrt(of_steps).groupby(["scenario", "steps_ahead"]).mean()
    errors = pd.read_csv(project.results / "step_errors.csv")
    found = errors.set_index(["forecaster", "steps_ahead"])["mean"]
    np.testing.assert_allclose(found.loc[expected.index], expected)
    sales = pd.read_csv(ROOT / "data/shampoo-sales.csv")["Sales"].to_numpy()
    for ahead in (1, 2, 3):
        at = 23 + ahead + np.arange(10)
        persistence = np.sqrt(((sales[at] - sales[at - ahead]) ** 2).mean())
        assert found["persistence", ahead] == pytest.approx(persistence)
    # Each test row by itself is an origin with all of its steps.
    origins = forecasts.assign(origin=forecasts["step"] - forecasts["steps_ahead"])
    losses = origins.groupby(["scenario", "origin", "repeat"])["squared"].mean().unstack("repeat")
    means = [
        np.sqrt(losses.drop(o, level="origin").groupby("scenario").mean()).mean(axis=1)
        for o in range(10)
    ]
    differences = [mean["a"] - mean["b"] for mean in means]
    (reach,) = pd.read_csv(project.results / "reach.csv").itertuples()
    assert reach.lowest_without_one == pytest.approx(min(differences))
    assert reach.highest_without_one == pytest.approx(max(differences))
    page = (project.folder / "reports/steps/report.html").read_text(encoding="utf-8")
    assert "Errors by steps ahead" in page


TIMED = {
    "standalone": True,
    "study": {
        "name": "timed", "seed": 3, "repeats": 3, "margin": 1, "metric": "train_seconds",
        "interleave": True, "spread_margin": 1.5,
    },
    "series": AHEAD["series"],
    "model": {"engine": "keras", "epochs": 2},
    "scenarios": {"short": {"stateful": False}, "long": {"stateful": False, "epochs": 60}},
    "findings": {
        "T1": {"claim": "Fewer epochs are faster.", "expect": "less", "a": "short", "b": "long",
               "ratio": True},
        "T2": {"claim": "And as good.", "expect": "equivalent", "a": "short", "b": "long",
               "metric": "rmse", "margin": 5},
    },
}  # fmt: skip


@pytest.mark.slow
def test_training_times(tmp_path):
    project = Project(tmp_path / "timed", TIMED)
    project.run()
    seconds = project.repeats().groupby("scenario")["train_seconds"]
    assert (seconds.min() > 0).all()
    blocks = pd.read_csv(project.results / "blocks.csv")
    np.testing.assert_allclose(blocks["train_seconds"].sum(), seconds.sum().sum())
    contrasts = pd.read_csv(project.results / "contrasts.csv").set_index("id")
    assert list(contrasts["estimand"]) == ["ratio", "mean"]
    assert 0 < contrasts.loc["T1", "difference"] < 1
    assert "times that of long" in pd.read_csv(project.results / "claims.csv")["sentence"][0]


# Tables of repeats that were trained elsewhere


def table_of(rng):
    rows = [
        {"scenario": name, "score": rng.normal(mean, 1), "minutes": rng.lognormal(mean, 0.2)}
        for name, mean in [("old", 10), ("new", 12), ("newer", 12)]
        for _ in range(60)
    ]
    return pd.DataFrame(rows)


ELSEWHERE = {
    "standalone": True,
    "study": {"name": "elsewhere", "seed": 1, "margin": 0.5},
    "table": {"file": "mine.csv", "metric": "score", "unit": "points", "better": "higher",
              "metrics": {"minutes": {"better": "lower", "unit": "minutes"}}},
    "findings": {
        "H1": {"claim": "New beats old.", "expect": "greater", "a": "new", "b": "old"},
        "H2": {"claim": "Newer is the best.", "expect": "best_of", "a": "newer", "b": ["old"]},
        "H3": {"claim": "New takes as long.", "expect": "equivalent", "a": "new", "b": "old",
               "metric": "minutes", "ratio": True},
    },
}  # fmt: skip


@pytest.fixture
def elsewhere(tmp_path):
    project = Project(tmp_path / "elsewhere", ELSEWHERE)
    table_of(np.random.default_rng(2)).to_csv(project.folder / "mine.csv", index=False)
    return project


def test_verdicts_without_training(elsewhere):
    output = elsewhere.run("analyse")
    assert "train" not in elsewhere.planned("--forceall", "analyse")
    assert "reports/elsewhere/report.html" in output
    claims = pd.read_csv(elsewhere.results / "claims.csv").set_index("id")
    assert list(claims["verdict"]) == ["supported", "supported", "contradicted"]
    assert "mean score of new is" in claims.loc["H1", "sentence"]
    page = (elsewhere.folder / "reports/elsewhere/report.html").read_text(encoding="utf-8")
    assert "a higher score is better" in page
    assert "Trained</dt><dd>elsewhere" in page
    assert "forecasts.parquet" not in page
    assert elsewhere.planned() == {}


def test_a_changed_table_is_judged_anew(elsewhere):
    elsewhere.run("analyse")
    table = pd.read_csv(elsewhere.folder / "mine.csv")
    table["score"] = -table["score"]
    table.to_csv(elsewhere.folder / "mine.csv", index=False)
    elsewhere.run("analyse")
    claims = pd.read_csv(elsewhere.results / "claims.csv").set_index("id")
    assert claims.loc["H1", "verdict"] == "contradicted"


def test_a_table_of_several_series_from_parquet(tmp_path):
    study = {**ELSEWHERE, "table": {**ELSEWHERE["table"], "file": "mine.parquet"}}
    project = Project(tmp_path / "several", study)
    rng = np.random.default_rng(3)
    tables = [table_of(rng).assign(series=name) for name in ("cats", "dogs", "my birds")]
    pd.concat(tables).to_parquet(project.folder / "mine.parquet")
    project.run("analyse")
    over_all = pd.read_csv(project.results / "conjunctions.csv")
    assert list(over_all.loc[over_all["id"] == "H1", "k"]) == [3]


@pytest.mark.parametrize(
    ("table", "low", "high"), [("ten", 1.01, 1.80), ("demsar", None, None)], ids=["ten", "demsar"]
)
def test_a_claim_over_data_sets(tmp_path, table, low, high):
    """Also of one score per data set and method."""
    study = {
        "standalone": True,
        "study": {"name": table, "seed": 1, "margin": 0.5},
        "table": {"file": f"{table}.csv", "metric": "accuracy", "better": "higher"},
        "findings": {
            "H": {
                "claim": "Ours is ahead.", "expect": "greater", "a": "ours", "b": "base",
                "over": "series",
            }
        },
    }  # fmt: skip
    project = Project(tmp_path / "project", study)
    shutil.copy(ROOT / "tests/cases/tables" / f"{table}.csv", project.folder)
    project.run("analyse")
    population = pd.read_csv(project.results / "population.csv").iloc[0]
    (claim,) = pd.read_csv(project.results / "population_claims.csv").to_dict("records")
    assert population["k"] == 1
    assert (project.results / "moderators.csv").exists()
    page = (project.folder / "reports" / table / "report.html").read_text(encoding="utf-8")
    assert ("Ranks over series" in page) == (table == "demsar")
    assert np.isfinite(population["median"])
    assert np.isfinite(population["typical_low"])
    if low is not None:
        assert claim["verdict"] == "supported"
        assert population["typical_low"] == pytest.approx(low, abs=0.005)
        assert population["typical_high"] == pytest.approx(high, abs=0.005)


def test_the_five_lines_of_the_readme(elsewhere):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = next(b for b in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if "table:" in b)
    assert len([line for line in block.splitlines() if not line.startswith("#")]) == 4
    table = table_of(np.random.default_rng(2)).rename(columns={"score": "accuracy"})
    table.to_csv(elsewhere.folder / "scores.csv", index=False)
    (elsewhere.folder / "overlay.yaml").write_text(block, encoding="utf-8")
    elsewhere.run("analyse")
    assert "supported" in (elsewhere.folder / "results/mine/claims.csv").read_text(encoding="utf-8")


def test_a_plan_before_and_after_a_pilot(elsewhere, tmp_path):
    """A table of runs is a pilot from the start; a study that trains has none before it ran."""
    both = [{"expect": "greater", "a": "new", "b": "old"},
            {"expect": "more_stable", "a": "new", "b": "old"}]  # fmt: skip
    elsewhere.configure(findings={"H4": {"claim": "Better and steadier.", "all_of": both}})
    elsewhere.run("analyse")
    assert not (elsewhere.results / "power.csv").exists()
    elsewhere.run("plan_power")
    power = pd.read_csv(elsewhere.results / "power.csv")
    assert set(power["pilot"]) == {60}
    figures = {path.name for path in (elsewhere.folder / "reports/elsewhere/power").iterdir()}
    assert {
        "mine-H1-new-old.svg", "mine-H3-new-old.svg", "mine-H4-new-old.svg",
        "mine-H4-new-old~.svg", "mine-H4.svg",
    } <= figures  # fmt: skip
    assert set(power["estimand"]) == {"mean", "spread", "ratio"}
    claims = pd.read_csv(elsewhere.results / "power_claims.csv")
    assert set(claims["id"]) == {"H4"}
    assert pd.read_csv(elsewhere.results / "unplanned.csv").empty
    assert elsewhere.planned("plan_power") == {}

    project = Project(tmp_path / "tiny")
    output = project.run("plan_power", succeeds=False)
    assert "set study.assumed_spread, or train a few first" in output
    project.configure(study={"assumed_spread": 8})
    project.run("plan_power")
    power = pd.read_csv(project.results / "power.csv")
    assert power["pilot"].isna().all()
    assert set(power["n"]) >= {3, 5, 1000}
    assert not project.blocks()


def test_a_preregistration_is_kept_and_linked(elsewhere):
    elsewhere.run("preregister")
    folder = elsewhere.folder / "reports" / elsewhere.study["study"]["name"]
    (first,) = folder.glob("preregistration-*.md")
    text = first.read_text(encoding="utf-8")
    assert "H1" in text
    assert elsewhere.planned("preregister") == {}
    # Nothing else is made by it, nor it by anything else.
    assert "preregister" not in elsewhere.planned("analyse")
    elsewhere.run("analyse")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert f'<a href="{first.name}">{first.name}</a>' in page

    elsewhere.configure(study={"alpha": 0.01})
    elsewhere.run("preregister")
    (second,) = set(folder.glob("preregistration-*.md")) - {first}
    assert first.read_text(encoding="utf-8") == text
    assert "There were results of this study already" in second.read_text(encoding="utf-8")


def test_verdicts_that_are_required(elsewhere):
    elsewhere.configure(study={"require": {"H1": "supported", "H3": "not contradicted"}})
    output = elsewhere.run("verdicts", succeeds=False)
    assert "H3 on mine: contradicted; required was not contradicted" in output
    assert "H1 on" not in output
    told = json.loads((elsewhere.results / "verdicts.json").read_text(encoding="utf-8"))
    assert [answer["verdict"] for answer in told] == ["supported", "supported", "contradicted"]
    elsewhere.configure(study={"require": {"H1": "supported", "H3": "supported"}})
    elsewhere.run("analyse")
    elsewhere.configure(study={"require": {"H1": "supported"}})
    elsewhere.run("verdicts")


# A config for one's own file, in one step


def new_study(folder, *arguments):
    script = folder / "workflow/scripts/new_study.py"
    return subprocess.run(
        [sys.executable, script, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_study_in_one_step(tmp_path):
    project = Project(tmp_path / "new", ELSEWHERE)
    rows = [f"{2020 + i // 12}-{i % 12 + 1},{50 + i % 7 * 3 + i / 9},word" for i in range(60)]
    file = project.folder / "my shop.csv"
    file.write_text("\n".join(["month,sold,note", *rows, ""]), encoding="utf-8")
    made = new_study(project.folder, "my shop.csv")
    assert made.returncode == 0, made.stderr
    study = yaml.safe_load((project.folder / "my shop.yaml").read_text(encoding="utf-8"))
    assert study["series"]["my_shop"]["value"] == "sold"
    assert study["series"]["my_shop"]["test_rows"] == 12
    (project.folder / "overlay.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    planned = project.run("-n")
    assert "The whole study is 400 trainings, in 1 job, about" in planned
    again = new_study(project.folder, "my shop.csv")
    assert again.returncode == 1
    assert "my shop.yaml: exists already" in again.stderr


@pytest.mark.parametrize(
    ("content", "problem"),
    [("a,b\nx,y\n", "no column has numbers to forecast"), ("", "is empty")],
)
def test_a_new_study_of_a_file_that_cannot_be_used(tmp_path, content, problem):
    project = Project(tmp_path / "new", ELSEWHERE)
    (project.folder / "bad.csv").write_text(content, encoding="utf-8")
    made = new_study(project.folder, "bad.csv")
    assert made.returncode == 1
    assert problem in made.stderr
    assert "Traceback" not in made.stderr
    assert not (project.folder / "bad.yaml").exists()
