"""A study of sequences with labels, end to end: from a file to the page."""

import re

import numpy as np
import pandas as pd
import pytest

from workflow.project import Project

pytestmark = pytest.mark.slow

LABELS = ("down", "flat", "up")

STUDY = {
    "standalone": True,
    "study": {
        "name": "drifts", "seed": 1, "repeats": 10, "task": "classification", "classes": 3,
        "metric": "accuracy", "margin": 0.1,
    },
    "series": {
        "drifts": {
            "title": "Drifts", "file": "drifts.csv", "label": "kind", "sequence": "id",
            "time": "t", "inputs": ["x", "noise"], "test_rows": 60, "split_seed": 1,
        },
    },
    "model": {
        "difference": False, "scaling": "standard", "units": 4, "batch_size": 1, "epochs": 40,
        "timesteps": 4, "learning_rate": 0.002,
    },
    "scenarios": {
        "beginning": {"stateful": False, "timesteps": 8},
        "end": {"stateful": False, "layer": "dense", "timesteps": 1},
        "windows": {"stateful": False, "cut": {"form": "windows", "every": 2}, "shuffle": True},
        "pieces": {"stateful": True, "cut": {"form": "pieces"}},
    },
    "findings": {
        "L1": {"claim": "More is more.", "expect": "greater", "a": "beginning", "b": "end"},
        "L2": {"claim": "The best.", "expect": "best_of", "a": "end", "b": ["beginning", "pieces"]},
        "L3": {
            "claim": "Less loss.", "expect": "less", "a": "beginning", "b": "end",
            "metric": "log_loss", "margin": 0.1,
        },
    },
}  # fmt: skip


def drifts():
    """Sequences of 6 to 9 values that begin at the label, which later values do not know."""
    generator = np.random.default_rng(1)
    for number in range(200):
        kind = number * 3 // 200
        for t in range(generator.integers(6, 10)):
            x = generator.normal(3 * (kind - 1) if t == 0 else 0)
            yield number, LABELS[kind], t, x, generator.normal()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("labels") / "drifts", STUDY)
    rows = pd.DataFrame(drifts(), columns=["id", "kind", "t", "x", "noise"])
    rows.sample(frac=1, random_state=1).to_csv(project.folder / "drifts.csv", index=False)
    project.run()
    return project


def table(project, name):
    return pd.read_csv(project.folder / f"results/drifts/{name}.csv")


def test_verdicts_follow_each_metrics_direction(project):
    claims = table(project, "claims").set_index("id")["verdict"]
    assert dict(claims) == {"L1": "supported", "L2": "contradicted", "L3": "supported"}


def test_repeats_have_the_metrics_of_labels_and_forecasts_a_row_for_each(project):
    repeats = table(project, "repeats")
    assert {"log_loss", "accuracy", "balanced_accuracy", "macro_f1"} < set(repeats)
    assert "rmse" not in repeats
    forecasts = pd.read_parquet(project.folder / "results/drifts/forecasts.parquet")
    assert len(forecasts) == 4 * 10 * 60 * 3
    of_row = forecasts.groupby(["scenario", "repeat", "step"])
    np.testing.assert_allclose(of_row["forecast"].sum(), 1, atol=1e-6)
    assert (of_row["actual"].sum() == 1).all()
    told = forecasts.loc[of_row["forecast"].idxmax()]
    accuracies = told.groupby(["scenario", "repeat"])["actual"].mean()
    expected = repeats.set_index(["scenario", "repeat"])["accuracy"].sort_index()
    np.testing.assert_allclose(accuracies.sort_index(), expected)


def test_scenarios_are_better_than_a_baseline_if_they_are_more_often_right(project):
    rows = table(project, "baselines").set_index(["scenario", "baseline"])
    assert rows.loc[("beginning", "majority"), "result"] == "better"
    assert rows.loc[("beginning", "majority"), "difference"] > 0
    assert set(rows.index.get_level_values("baseline")) == {"majority", "logistic"}
    assert rows.groupby("baseline")["is_best"].all()["logistic"]


def test_claims_are_looked_at_over_other_test_sequences(project):
    rows = table(project, "reach")
    assert set(rows["metric"]) == {"accuracy", "log_loss"}
    assert (rows["low"] < rows["high"]).all()


def test_engines_agree_on_the_log_loss(project):
    assert table(project, "fidelity")["holds"].all()


def test_the_page_speaks_of_sequences_and_labels(project):
    page = (project.folder / "reports/drifts/report.html").read_text(encoding="utf-8")
    text = " ".join(re.sub(r"<(svg|style|script).*?</\1>|<[^>]*>", " ", page, flags=re.S).split())
    assert "The sequences: Drifts" in text
    assert "200 sequences of 6 to 9 values of 2 features" in text
    assert re.search(r"Label training test down \d+ \d+ flat \d+ \d+ up \d+ \d+", text)
    assert "a higher accuracy is better" in text
    assert "Differences are of mean accuracy (or of the metric named" in text
    assert re.search(r"pieces 0\.\d+ ✔ beats it by 0\.\d+", text)
    assert "these sequences, this split and these test sequences" in text
    for word in ("one step ahead", "The series:", "observation before", "in ,"):
        assert word not in text


EACH_STEP = {
    "standalone": True,
    "study": {
        "name": "steps", "seed": 1, "repeats": 5, "task": "classification",
        "metric": "accuracy", "margin": 0.01,
    },
    "series": {
        "echo": {
            "synthetic": {
                "observations": 9, "seed": 1,
                "labels": {"sequences": 80, "by": "value", "last": 4, "each": "step", "shortest": 5},
            },
            "test_rows": 30,
        },
    },
    "model": {
        "difference": False, "scaling": "none", "layer": "gru", "units": 4, "batch_size": 1,
        "epochs": 40, "timesteps": 3, "learning_rate": 0.01,
    },
    "scenarios": {
        "windows": {"stateful": False, "cut": {"form": "windows"}},
        "pieces": {"stateful": True, "cut": {"form": "pieces"}},
    },
    "findings": {"S1": {"claim": "It remembers.", "expect": "greater", "a": "pieces", "b": "windows"}},
}  # fmt: skip


def test_labels_at_each_step_from_config_to_page(tmp_path):
    project = Project(tmp_path / "steps", EACH_STEP)
    project.run()
    results = project.folder / "results/steps"
    assert pd.read_csv(results / "claims.csv").loc[0, "verdict"] == "supported"
    assert pd.read_csv(results / "fidelity.csv")["holds"].all()
    forecasts = pd.read_parquet(results / "forecasts.parquet")
    steps = forecasts["step"].max()
    assert 30 * 5 < steps < 30 * 9
    assert len(forecasts) == 2 * 5 * steps * 2
    told = forecasts.loc[forecasts.groupby(["scenario", "repeat", "step"])["forecast"].idxmax()]
    accuracies = told.groupby(["scenario", "repeat"])["actual"].mean()
    repeats = pd.read_csv(results / "repeats.csv").set_index(["scenario", "repeat"])
    np.testing.assert_allclose(accuracies, repeats["accuracy"].sort_index())
    # Sequences are drawn, in blocks of round(30^(1/3)).
    assert set(pd.read_csv(results / "reach.csv")["block"]) == {3}
    page = (project.folder / "reports/steps/report.html").read_text(encoding="utf-8")
    assert "80 sequences of 5 to 9 values of 1 feature, each with a label" in page
    assert "The labels of the last 30 are told" in page
