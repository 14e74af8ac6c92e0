"""What the page says of its own making: warnings, facts, the bands of the forecasts."""

import subprocess
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support import ROOT, shipped_study

from thousandfold import checks
from thousandfold.checks import check_fidelity, checked_scenarios
from thousandfold.data import load_series
from thousandfold.inference.forecasts import forecast_bands
from thousandfold.provenance import commit, facts, provenance, warnings
from thousandfold.recipe import recipe, registration_digest
from thousandfold.scenario import Refit
from thousandfold.series import Series
from thousandfold.study import Stopping
from thousandfold.tables import frame_of
from thousandfold.tables.rows import BlockRow, ForecastBandRow


@pytest.fixture(autouse=True)
def in_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def study_of(repeats=4):
    study = shipped_study()
    return replace(study, scenarios=study.scenarios[:2], repeats=repeats)


def repeats_of(study, n):
    rows = [("shampoo", s.name, i) for s in study.scenarios for i in range(n)]
    table = pd.DataFrame(rows, columns=["series", "scenario", "repeat"])
    return table.assign(diverged=False, engine="replicated", profile="keras3")


def blocks_of(study):
    return [
        BlockRow(
            **vars(block), recipe=recipe(study, block.series, block.scenario), train_seconds=1.5, cpu="a", host="b",
            versions="keras 3", finished="2026-01-02T03:04:05+00:00",
        )
        for series in study.series_names
        for scenario in study.scenario_names
        for (block,) in study.stages_of(series, scenario, study.repeats)
    ]  # fmt: skip


def test_a_whole_and_fresh_run_has_no_warnings():
    study = study_of()
    assert list(warnings(study, repeats_of(study, 4), blocks_of(study))) == []


def test_missing_repeats_are_told():
    study = study_of()
    told = list(warnings(study, repeats_of(study, 3), blocks_of(study)))
    assert told == ["2 of 8 planned repeats are missing."]
    one_left_out = repeats_of(study, 4).iloc[1:]
    (told,) = warnings(study, one_left_out, blocks_of(study))
    assert told == "1 of 8 planned repeats is missing."
    stopped = replace(study, stopping=Stopping(2, 1.0))
    assert list(warnings(stopped, repeats_of(study, 2), blocks_of(study))) == []


def test_results_older_than_the_config_are_told():
    study = study_of()
    changed = replace(study, seed=study.seed + 1)
    (told,) = warnings(changed, repeats_of(study, 4), blocks_of(study))
    assert told.startswith("2 of 2 blocks of repeats are older than the config")


def sha256_of(file):
    """As another program computes it."""
    printed = subprocess.run(["sha256sum", file], capture_output=True, text=True, check=True)
    return printed.stdout.split()[0]


def test_a_checkout_with_changes_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert commit(tmp_path) == (None, None)

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        command = ["git", *identity, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    git("init")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "-m", "first")
    assert commit(tmp_path) == (git("rev-parse", "HEAD"), False)
    (tmp_path / "file").write_text("two")
    assert commit(tmp_path) == (git("rev-parse", "HEAD"), True)


def test_facts(tmp_path):
    study = study_of()
    config = tmp_path / "config.yaml"
    config.write_text("a: 1\n", encoding="utf-8")
    told = facts(
        provenance(study, "snakemake --cores 2", config, repeats_of(study, 4), blocks_of(study))
    )
    assert told["Made by"] == "snakemake --cores 2"
    # The SHA-256 of "a: 1\n", as sha256sum prints it.
    assert told["Config (SHA-256)"].startswith("37b128c5")
    assert told["Registered findings (SHA-256)"] == registration_digest(study)
    assert told["Locked environment (SHA-256)"] == sha256_of("requirements.lock")
    assert told["Hosts"] == "b"
    assert told["Trained until"] == "2026-01-02T03:04:05+00:00"
    assert told["Training took"] == "3 s"
    assert told["Repeats"] == "8, of which 0 diverged"
    assert told["Data read as"].startswith("shampoo: 36 observations, 1-01 to 3-12; no dates")
    assert "statsmodels" in told["Analysed with"]


def test_bands_are_quantiles_of_the_finite_forecasts():
    rng = np.random.default_rng(1)
    values = rng.normal(100, 5, (50, 3))
    values[7, 1] = np.nan
    values[8, 2] = np.inf
    table = pd.DataFrame(
        {
            "series": "s", "scenario": "a", "repeat": np.repeat(np.arange(50), 3),
            "step": np.tile([1, 2, 3], 50), "steps_ahead": 1, "forecast": values.ravel(), "actual": np.tile([9.0, 8.0, 7.0], 50),
        }
    )  # fmt: skip
    bands = frame_of(ForecastBandRow, forecast_bands([table]))
    assert list(bands["n"]) == [50, 49, 49]
    assert list(bands["actual"]) == [9, 8, 7]
    for step in range(3):
        finite = values[np.isfinite(values[:, step]), step]
        expected = np.quantile(finite, [0.05, 0.25, 0.5, 0.75, 0.95])
        assert bands.loc[step, ["q05", "q25", "median", "q75", "q95"]].tolist() == pytest.approx(
            list(expected)
        )


def test_a_scenario_without_finite_forecasts_has_no_bands():
    table = pd.DataFrame(
        {
            "series": "s",
            "scenario": "a",
            "repeat": 0,
            "step": [1, 2],
            "steps_ahead": 1,
            "forecast": [np.nan, np.inf],
            "actual": 1.0,
        }
    )
    assert forecast_bands([table]) == []


def test_fidelity_is_checked_for_a_stateful_and_a_stateless_scenario_of_the_fast_engine():
    study = shipped_study()
    assert [s.name for s in checked_scenarios(study)] == ["stateful", "stateless"]
    stock = replace(
        study,
        scenarios=tuple(
            replace(s, regime=s.regime.varied(engine="keras")) for s in study.scenarios
        ),
    )
    assert list(checked_scenarios(stock)) == []


def test_fidelity_is_checked_of_each_way_to_forecast_and_of_one_update(monkeypatch):
    study = shipped_study()
    first, *_ = [s for s in study.scenarios if not s.regime.state.stateful]
    changes = [{"strategy": "direct"}, {"refit": Refit(every=1, epochs=100)}]
    scenarios = [first, *(replace(first, regime=first.regime.varied(**c)) for c in changes)]
    assert list(checked_scenarios(replace(study, scenarios=tuple(scenarios)))) == scenarios
    trained = []
    monkeypatch.setattr(
        checks, "_errors", lambda _, __, each, ___: trained.append(each.regime) or np.ones(2)
    )
    series = load_series(study.series[0])
    check_fidelity(study, series, scenarios[0])
    check_fidelity(study, series, scenarios[2])
    assert [regime.training.refit for regime in trained] == [None] * 2 + [Refit(6, 5)] * 2


@pytest.mark.parametrize(("rows", "every"), [(12, 1), (12, 4), (12, 7), (12, 11), (9, 4), (3, 2)])
def test_the_update_of_a_check_is_within_the_test(rows, every):
    series = Series("s", np.arange(rows + 5.0), (), rows)
    short = checks._of_one_update(Refit(every, 9), series)
    assert short.every % every == 0
    assert rows / 2 <= short.every < rows


def test_fidelity_is_checked_in_both_layouts_of_the_fast_engine():
    study = shipped_study()
    first, second, *_ = [s for s in study.scenarios if not s.regime.state.stateful]
    wide = replace(second, regime=second.regime.varied(units=64))
    both = replace(study, scenarios=(first, wide))
    assert list(checked_scenarios(both)) == [first, wide]
