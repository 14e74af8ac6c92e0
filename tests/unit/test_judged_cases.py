"""Tables on which an earlier release went wrong: the verdicts that are right, and one page of each."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from support import ROOT

from thousandfold.config_files import ConfigError
from thousandfold.imported import results_of
from thousandfold.inference.claims import claims
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.judging import judge
from thousandfold.inference.pairs import check_twins
from thousandfold.inference.samples import samples_of
from thousandfold.loading import load_study
from thousandfold.runs import runs_of
from thousandfold.tables import frame_of
from thousandfold.tables.rows import ClaimRow, ContrastRow, TwinRow

CASES = ROOT / "tests/cases/judged"


def load(case, monkeypatch):
    monkeypatch.chdir(CASES / case)
    return load_study(yaml.safe_load(Path("c.yaml").read_text(encoding="utf-8")), [])


@pytest.fixture
def judged(monkeypatch):
    """Of a case: its contrasts by id, its claims by id, and the samples."""

    def judged(case):
        study = load(case, monkeypatch)
        repeats = results_of(runs_of(study.table), study.table, study.design).repeats
        samples = {metric: samples_of(repeats, 1, metric) for metric in study.metrics}
        margins = {source.name: source.margin for source in study.series}
        rows = judge(samples, margins, study.findings, study.alpha, DESIGNS[study.design])
        contrasts = frame_of(ContrastRow, rows).set_index("id")
        told = frame_of(ClaimRow, claims(rows, study.findings, study.unit)).set_index("id")
        return contrasts, told, samples, study

    return judged


def test_ten_and_thirty_times_one_constant(judged):
    _, told, samples, study = judged("03-constant-004")
    assert set(told["verdict"]) == {"undecided"}
    twins = frame_of(TwinRow, check_twins(
        samples[study.metric], ["t"], study.twins, DESIGNS["independent"], 0.05,
    ))  # fmt: skip
    assert list(twins["differs"]) == [False]


def test_values_too_large(monkeypatch):
    with pytest.raises(ConfigError, match="1e100"):
        load("04-overflow", monkeypatch)


def test_a_ratio_beyond_all_numbers(judged):
    contrasts, told, *_ = judged("34-ratio-two-runs")
    assert set(told["verdict"]) == {"undecided"}
    assert "∞" in told["sentence"].iloc[0]
    assert np.isinf(contrasts["ci_high"]).any()


def test_four_runs_say_nothing_of_precision(judged):
    contrasts, told, *_ = judged("36-precision-four-runs")
    assert told.loc["P", "verdict"] == "undecided"
    assert "fewer than 5" in told.loc["P", "undecided_because"]
    assert contrasts.loc["P", "estimate_a"] == pytest.approx(0.869 / math.sqrt(10), rel=1e-3)


def test_a_loss_that_exploded(judged):
    contrasts, told, *_ = judged("37-exploded-loss")
    assert told.loc["H", "verdict"] == "undecided"
    assert contrasts.loc["H", "n_to_resolve"] == math.inf
    assert "10⁹" in told.loc["H", "undecided_because"]


def test_samples_that_do_not_vary(judged):
    _, told, *_ = judged("50-two-constant-samples")
    assert list(told["verdict"][:2]) == ["undecided", "undecided"]
    assert "percentage points higher" in told.loc["H1", "sentence"]


def test_mirror_claims_get_mirror_verdicts_where_half_diverged(judged):
    _, told, *_ = judged("51-half-diverged")
    assert list(told["verdict"]) == ["undecided", "undecided"]


def test_three_trends_are_three(judged):
    contrasts, *_ = judged("52-trend-keys")
    assert set(contrasts["k"]) == {3}
    assert contrasts["comparison"].nunique() == 3
    # The middle pair has no weight in the slope.
    assert contrasts.loc["T1", "comparison"] == "a1 - a3 - b1 + b3"


def test_a_trend_with_one_diverged_repeat(judged):
    contrasts, told, *_ = judged("53-trend-one-diverged")
    assert len(told) == 3
    assert contrasts["n_diverged_a"].eq(1).all()
    assert np.isfinite(contrasts["ci_low"]).all()


def test_keys_forget_margin_direction_sign_and_scale(judged):
    from thousandfold.inference.questions import family_key

    *_, study = judged("52-trend-keys")
    trend = study.findings[0].contrasts[0]
    key = family_key("t", trend)
    over = trend.over
    for same in (
        replace(trend, margin=9.0, expect="greater"),
        replace(trend, over=tuple(10 * x + 3 for x in over)),
        replace(trend, over=tuple(-x for x in over)),
    ):
        assert family_key("t", same) == key
    assert family_key("u", trend) != key
    assert family_key("t", replace(trend, metric="other")) != key


# Names, and tables as they are


@pytest.mark.parametrize(
    ("case", "scenarios"),
    [
        ("02-diverged-column", {"lstm", "gru"}), ("06-scenario-None", {"None", "dropout"}),
        ("09-unicode-names", {"有状态", "无状态"}), ("10-numeric-names", {"16", "032"}),
        ("15-semicolon-table", {"lstm", "gru"}), ("39-file-2024", {"old", "new"}),
    ],
)  # fmt: skip
def test_names_stay_what_they_are(judged, case, scenarios):
    contrasts, told, samples, study = judged(case)
    assert {scenario.name for scenario in study.scenarios} == scenarios
    assert told["verdict"].isin(["supported", "direction supported", "undecided"]).all()
    assert len(contrasts) == 1
    assert {type(name) for key in samples[study.metric] for name in key} == {str}


def test_a_scenario_that_was_not_run_on_one_series(judged):
    _, told, *_ = judged("07-missing-cell")
    by_series = told.set_index("series")
    assert by_series.loc["gas", "verdict"] == "undecided"
    assert by_series.loc["gas", "undecided_because"] == "gru was not run on gas"
    assert by_series.loc["gas", "sentence"].endswith(
        "gru was not run on gas, so nothing can be said."
    )
    assert set(by_series.drop("gas")["verdict"]) <= {
        "supported",
        "undecided",
        "direction supported",
    }
    assert by_series.drop("gas")["undecided_because"].str.contains("not run").sum() == 0


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("11-bool-names", "put it in quotes"),
        ("17-failed-text", "column 'rmse', line 3: 'failed' is not a number"),
        ("18-dup-header", "has the column 'rmse' more than once"),
    ],
)
def test_one_error_that_says_what_to_mend(case, said, monkeypatch):
    with pytest.raises(ConfigError, match=said):
        load(case, monkeypatch)
