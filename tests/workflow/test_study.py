"""Whole runs: the shipped study against an independent simulation, stock Keras, divergence."""

import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import ROOT

from thousandfold.tables import TABLES
from thousandfold.tables.rows import columns_of_task
from workflow.project import Project

CSV_TABLES = (
    "summary", "baselines", "standard_error", "required_repeats", "comparisons", "twins", "contrasts",
    "claims", "replication", "calibration", "error_rates", "published", "identities", "fidelity", "blocks",
    "forecast_bands", "baseline_forecasts", "baseline_models", "baselines_over_series",
)  # fmt: skip

# Mean of 1000 repeats by an independent simulation, and how far a mean of ours may lie from it:
# 4 s sqrt(2 / 1000).
SIMULATED = {
    "stateful": (101.0, 1.6), "stateful2": (101.0, 1.6), "stateful_reset_test": (96.4, 1.9),
    "stateful_seed_train_resets": (96.4, 1.9), "stateful_seed_train": (99.6, 1.1),
    "stateful_noreset": (99.5, 1.2), "stateless": (95.05, 0.18), "stateless_shuffle": (95.1, 0.18),
    "stateful_batch12": (103.7, 2.0), "stateless_batch12": (103.7, 2.0),
}  # fmt: skip


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """The shipped study, run as a user would."""
    project = Project(tmp_path_factory.mktemp("shipped") / "project")
    (project.folder / "overlay.yaml").write_text("{}", encoding="utf-8")
    project.run()
    return project.folder


@pytest.mark.slow
def test_means_are_those_of_an_independent_simulation(shipped):
    summary = pd.read_csv(shipped / "results/summary.csv").set_index("scenario")
    for scenario, (mean, tolerance) in SIMULATED.items():
        assert summary.loc[scenario, "mean"] == pytest.approx(mean, abs=tolerance), scenario
    assert (summary["n"] == 1000).all()
    assert summary["persistence"].iloc[0] == pytest.approx(136.76132, abs=1e-5)


@pytest.mark.slow
def test_hidden_twins_do_not_differ(shipped):
    """Two pairs that have the same distribution by construction, and the A/A pair."""
    comparisons = pd.read_csv(shipped / "results/comparisons.csv").set_index(
        ["scenario_a", "scenario_b"]
    )
    for pair in [
        ("stateful", "stateful2"),
        ("stateful_batch12", "stateless_batch12"),
        ("stateful_reset_test", "stateful_seed_train_resets"),
    ]:
        assert comparisons.loc[pair, "welch_p"] > 0.001, pair


@pytest.mark.slow
def test_what_is_identical_by_construction_is_identical(shipped):
    identities = pd.read_csv(shipped / "results/identities.csv").set_index("id")
    assert list(identities.index) == ["one_batch", "wiped_seeding"]
    assert identities["holds"].all()
    assert (identities["largest_difference"] <= 1e-3).all()
    contrasts = pd.read_csv(shipped / "results/contrasts.csv").set_index("id")
    assert contrasts.loc["E3", "flags"].startswith("identical by construction, checked")


@pytest.mark.slow
def test_the_fast_engine_is_stock_keras(shipped):
    fidelity = pd.read_csv(shipped / "results/fidelity.csv").set_index("scenario")
    assert list(fidelity.index) == ["stateful", "stateless"]
    assert fidelity["holds"].all()


def test_snakemakes_own_report_shows_figures_and_tables(project):
    project.run("--report", "own.html")
    own = (project.folder / "own.html").read_text(encoding="utf-8")
    for shown in ("Verdicts", "Figures", "claims.csv", "shampoo-forecasts"):
        assert shown in own


def test_the_ro_crate_is_valid_and_leads_from_the_report_back_to_the_series(project):
    from fairscape_models.rocrate import ROCrateV1_2

    project.run("--reporter", "fairscape")
    written = (project.folder / "ro-crate-metadata.json").read_text(encoding="utf-8")
    ROCrateV1_2.model_validate(json.loads(written))
    entities = {entity["@id"]: entity for entity in json.loads(written)["@graph"]}
    files = {
        entity["contentUrl"]: id_ for id_, entity in entities.items() if "contentUrl" in entity
    }

    waiting, origins = [files["reports/tiny/report.html"]], set()
    while waiting:
        id_ = waiting.pop()
        if id_ not in origins:
            origins.add(id_)
            made_by = [entities[job["@id"]] for job in entities[id_].get("generatedBy", ())]
            waiting += [used["@id"] for job in made_by for used in job["usedDataset"]]

    packs = {f"results/tiny/packs/{file.name}" for file in project.packs().values()}
    assert len(packs) == 6
    for file in ("data/shampoo-sales.csv", "results/tiny/repeats.parquet", *packs):
        assert files[file] in origins
    assert (
        int(entities[files["results/tiny/claims.csv"]]["contentSize"])
        == (project.results / "claims.csv").stat().st_size
    )


@pytest.mark.slow
def test_the_run_leaves_what_it_promises(shipped):
    for name in CSV_TABLES:
        table = pd.read_csv(shipped / f"results/{name}.csv")
        assert list(table.columns) == list(TABLES[name])
    repeats = pd.read_parquet(shipped / "results/repeats.parquet")
    assert list(repeats.columns) == [*columns_of_task(TABLES["repeats"], "regression")]
    assert len(repeats) == 11_000
    assert repeats["seed"].is_unique
    assert repeats["seed"].max() < 2**53
    pd.testing.assert_frame_equal(
        pd.read_csv(shipped / "results/repeats.csv"), repeats, check_exact=True
    )
    forecasts = pd.read_parquet(shipped / "results/forecasts.parquet")
    assert list(forecasts.columns) == [*columns_of_task(TABLES["forecasts"], "regression")]
    errors = (forecasts["forecast"] - forecasts["actual"]) ** 2
    by_repeat = np.sqrt(errors.groupby([forecasts["scenario"], forecasts["repeat"]]).mean())
    expected = repeats.set_index(["scenario", "repeat"])["rmse"]
    np.testing.assert_allclose(by_repeat.reindex(expected.index), expected)
    assert len(pd.read_csv(shipped / "results/contrasts.csv")) == 20
    assert len(pd.read_csv(shipped / "results/claims.csv")) == 15
    assert (shipped / "results/config.yaml").exists()
    page = (shipped / "reports/report.html").read_text(encoding="utf-8")
    assert len(page) < 3_000_000
    told = json.loads((shipped / "results/provenance.json").read_text(encoding="utf-8"))
    assert told["repeats"] == 11_000
    assert told["study_seed"] == 20170421
    assert told["training"]["blocks"] == 11
    assert told["training"]["first_job_finished"] <= told["training"]["last_job_finished"]
    assert told["training"]["last_job_finished"] <= told["report_written"]
    assert told["config_sha256"] in page


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("Rscript"), reason="R is not installed")
def test_r_says_the_same_of_the_studys_own_repeats(shipped, tmp_path):
    contrasts = pd.read_csv(shipped / "results/contrasts.csv").query("estimand == 'mean'")
    pairs = contrasts[["scenario_a", "scenario_b", "interval_level"]].drop_duplicates()
    pairs.set_axis(["a", "b", "level"], axis=1).to_csv(tmp_path / "pairs.csv", index=False)
    files = [shipped / "results/repeats.csv", tmp_path / "pairs.csv", tmp_path / "expected.csv"]
    subprocess.run(["Rscript", ROOT / "tests/r/reference.R", *files], check=True)
    expected = pd.read_csv(files[2]).set_index(["a", "b"])
    for row in contrasts.to_dict("records"):
        r = expected.loc[row["scenario_a"], row["scenario_b"]]
        assert row["welch_t"] == pytest.approx(r["t"], rel=1e-9)
        assert row["welch_df"] == pytest.approx(r["df"], rel=1e-9)
        assert row["mannwhitney_u"] == pytest.approx(r["u"], rel=1e-9)
        assert row["ci_low"] == pytest.approx(r["low"], abs=1e-8)
        assert row["ci_high"] == pytest.approx(r["high"], abs=1e-8)
        for ours, theirs in [("welch_p", "p"), ("mannwhitney_p", "rank_p")]:
            if r[theirs] > 1e-290:
                assert row[ours] == pytest.approx(r[theirs], rel=1e-6)


@pytest.mark.slow
def test_a_study_of_stock_keras_gives_the_same_numbers(project):
    ours = project.repeats()
    only = {"repeats": 2, "scenarios": ["stateful", "stateless_shuffle"]}
    project.configure(study=only, model={"engine": "keras"})
    project.run()
    theirs = project.repeats()
    assert set(theirs["engine"]) == {"keras"}
    both = theirs.merge(ours, on=["scenario", "repeat"], suffixes=("", "_ours"))
    assert len(both) == 4
    assert (both["seed"] == both["seed_ours"]).all()
    np.testing.assert_allclose(both["rmse"], both["rmse_ours"], atol=1e-3)
    np.testing.assert_allclose(both["train_loss"], both["train_loss_ours"], rtol=1e-4)


def test_diverging_scenarios_do_not_stop_the_study(project):
    # The first overflows; the second ends in forecasts that are finite and of no use.
    project.configure(
        scenarios={"stateful": {"learning_rate": 1.0e38}, "stateless": {"learning_rate": 1000}}
    )
    project.run()
    repeats = project.repeats()
    assert repeats.loc[repeats["scenario"] == "stateful", "diverged"].all()
    summary = pd.read_csv(project.results / "summary.csv").set_index("scenario")
    assert (summary.loc["stateful", "n"], summary.loc["stateful", "n_diverged"]) == (0, 5)
    assert summary.loc["stateless", "n_diverged"] == 0
    assert summary.loc["stateless", "mean"] > 1000
    claims = pd.read_csv(project.results / "claims.csv").set_index("id")
    assert claims.loc["E1", "verdict"] == "undecided"
    page = (project.folder / "reports/tiny/report.html").read_text(encoding="utf-8")
    assert "fewer than 2 repeats with a value" in page


@pytest.mark.slow
def test_a_paired_study_shares_seeds_and_pairs_its_tests(project):
    independent = project.repeats()
    project.configure(study={"design": "paired"})
    project.run()
    repeats = project.repeats()
    seeds = repeats.pivot(index="repeat", columns="scenario", values="seed")
    assert (seeds.nunique(axis=1) == 1).all()
    assert independent.groupby("repeat")["seed"].nunique().eq(3).all()
    contrasts = pd.read_csv(project.results / "contrasts.csv").set_index("id")
    rmses = repeats.pivot(index="repeat", columns="scenario", values="rmse")
    expected = stats.ttest_rel(rmses["stateful"], rmses["stateless"])
    assert contrasts.loc["E1", "paired_t"] == pytest.approx(expected.statistic, rel=1e-9)
    assert contrasts["welch_t"].isna().all()
    assert contrasts.loc["E1", "n_incomplete_pairs"] == 0
    assert contrasts.loc["E1", "variance_reduction"] > 0
    calibration = pd.read_csv(project.results / "calibration.csv")
    assert set(calibration["test"]) <= {"paired", "wilcoxon"}


def test_two_studies_live_side_by_side(project):
    before = project.blocks()
    project.configure(study={"name": "other", "repeats": 3, "scenarios": ["stateless"]})
    project.run()
    assert (project.folder / "results/other/claims.csv").exists()
    assert (project.folder / "reports/other/report.html").exists()
    project.configure()
    assert project.blocks() == before
    assert project.planned() == {}
