"""Several steps ahead: errors by step, against computations of their own, and how they are shown."""

import math
import os
import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import ROOT, rmse, shipped_config
from unit.test_report import again, run_of

from thousandfold import figures
from thousandfold.baselines import baselines_of
from thousandfold.collection import CheckedBlock, forecast_rows
from thousandfold.inference.baselines import baseline_forecasts_table
from thousandfold.inference.reaches import reach_table
from thousandfold.inference.steps import baseline_step_errors, metrics_by_step, step_errors
from thousandfold.loading import load_study
from thousandfold.measuring import forecasts_of
from thousandfold.metrics import METRICS, forecast_errors
from thousandfold.observations import read_series
from thousandfold.preregistration import document
from thousandfold.recipe import recipe, registration_digest
from thousandfold.report import environment_of
from thousandfold.report.run import csv_tables, files_of
from thousandfold.report.sections.forecasts import Forecasts
from thousandfold.report.sections.series import TheSeries
from thousandfold.report.sections.steps import Steps
from thousandfold.series import Series
from thousandfold.study import Block
from thousandfold.tables.rows import StepErrorRow

SALES = read_series("shampoo", ROOT / "data/shampoo-sales.csv", "Sales", test_rows=12)
AHEAD = replace(SALES, steps_ahead=3)
REPEATS = 6


@pytest.fixture(autouse=True)
def in_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def some_forecasts(seed=1):
    """Shape (repeats, origins, steps)."""
    rng = np.random.default_rng(seed)
    return SALES.values[AHEAD.targets] + rng.normal(3, [10, 20, 30], (REPEATS, 10, 3))


def block_of(values, horizon=0):
    """A block of repeats that forecast these values, as it comes from a pack."""
    flat = values.reshape(REPEATS, -1)
    columns = {f"forecast_{i + 1}": column for i, column in enumerate(flat.T)}
    beyond = {f"future_{i + 1}": np.full(REPEATS, float(i)) for i in range(horizon)}
    table = pd.DataFrame({"repeat": range(REPEATS), **columns, **beyond})
    return CheckedBlock(
        Block("shampoo", "a", 0, REPEATS), replace(AHEAD, horizon=horizon), table, None
    )


def rows_of(values, metrics=("rmse",), **options):
    table = forecast_rows(block_of(values, horizon=2))
    return list(step_errors([table], {"shampoo": AHEAD}, metrics, **options))


# Metrics


def test_a_metric_is_over_all_steps_of_all_origins():
    values = some_forecasts()
    actual = SALES.values[AHEAD.targets]
    errors = forecast_errors(values.reshape(REPEATS, -1), AHEAD)
    np.testing.assert_allclose(errors["rmse"], np.sqrt(((values - actual) ** 2).mean(axis=(1, 2))))
    np.testing.assert_allclose(errors["mae"], np.abs(values - actual).mean(axis=(1, 2)))
    naive = np.abs(np.diff(SALES.values[:24])).mean()
    np.testing.assert_allclose(errors["mase"], errors["mae"] / naive)


@pytest.mark.parametrize("metric", ["rmse", "mae", "smape", "mase"])
def test_a_metric_of_each_step_is_that_of_its_forecasts_alone(metric):
    values = some_forecasts()
    found = METRICS[metric].of_each_step(values.reshape(REPEATS, -1), AHEAD)
    assert found.shape == (REPEATS, 3)
    for step in range(3):
        # As if only these had been forecast: the observations that lie so far after the origins.
        alone = replace(AHEAD, values=SALES.values[: 24 + step + 10], test_rows=10, steps_ahead=1)
        expected = METRICS[metric].of_forecasts(values[..., step], alone)
        if metric == "mase":
            naive = [np.abs(np.diff(s.values[: -s.test_rows])).mean() for s in (alone, AHEAD)]
            expected = expected * naive[0] / naive[1]
        np.testing.assert_allclose(found[:, step], expected)


def test_a_table_of_trained_repeats_gives_the_forecasts_of_all_steps():
    values = some_forecasts()
    np.testing.assert_array_equal(
        forecasts_of(block_of(values).table, AHEAD), values.reshape(REPEATS, -1)
    )


# The tables


def test_the_forecasts_table_says_how_many_steps_ahead_each_is():
    values = some_forecasts()
    table = forecast_rows(block_of(values, horizon=2))
    assert len(table) == REPEATS * (30 + 2)
    for repeat, origin, ahead in ((0, 0, 1), (5, 9, 3), (3, 4, 2)):
        (row,) = table[
            (table["repeat"] == repeat)
            & (table["step"] == origin + ahead)
            & (table["steps_ahead"] == ahead)
        ].itertuples()
        assert row.forecast == values[repeat, origin, ahead - 1]
        assert row.actual == SALES.values[24 + origin + ahead - 1]
    beyond = table[(table["repeat"] == 0) & (table["step"] > 12)]
    assert beyond[["step", "steps_ahead", "forecast"]].to_numpy().tolist() == [
        [13, 1, 0],
        [14, 2, 1],
    ]
    assert beyond["actual"].isna().all()


def test_errors_by_step_are_means_of_repeats_with_their_t_interval():
    values = some_forecasts()
    rows = rows_of(values)
    assert [(row.steps_ahead, row.metric, row.n, row.origins) for row in rows] == [
        (1, "rmse", REPEATS, 10), (2, "rmse", REPEATS, 10), (3, "rmse", REPEATS, 10),
    ]  # fmt: skip
    for step, row in enumerate(rows):
        of_repeats = rmse(values[..., step], SALES.values[AHEAD.targets[:, step]])
        assert row.mean == pytest.approx(of_repeats.mean())
        interval = stats.t.interval(0.95, REPEATS - 1, of_repeats.mean(), stats.sem(of_repeats))
        assert (row.ci_low, row.ci_high) == pytest.approx(interval)
        assert (row.series, row.forecaster, row.is_baseline) == ("shampoo", "a", False)


def test_repeats_that_diverged_have_no_errors_by_step():
    values = some_forecasts()
    expected = rows_of(values)
    values[0, 3, 2] = np.inf
    rows = rows_of(values)
    assert [row.n for row in rows] == [REPEATS - 1] * 3
    assert rows[0].mean != pytest.approx(expected[0].mean)
    assert np.isfinite([row.mean for row in rows]).all()
    assert rows_of(values * np.nan) == []


def test_of_a_deterministic_scenario_the_interval_is_the_mean_itself():
    values = np.tile(some_forecasts()[:1], (REPEATS, 1, 1))
    (row, *_) = rows_of(values, deterministic=["a"])
    assert row.ci_low == row.ci_high == row.mean
    (row, *_) = rows_of(values)
    assert math.isnan(row.ci_low)


def test_baselines_have_their_errors_at_the_same_steps():
    baselines = {"shampoo": baselines_of(AHEAD)}
    forecasts = list(baseline_forecasts_table(baselines, {"shampoo": AHEAD}))
    rows = list(baseline_step_errors(forecasts, {"shampoo": AHEAD}, ["mae", "rmse"]))
    found = {(row.forecaster, row.metric, row.steps_ahead): row.mean for row in rows}
    for ahead in (1, 2, 3):
        at = AHEAD.targets[:, ahead - 1]
        wrong = SALES.values[at] - SALES.values[at - ahead]
        assert found["persistence", "mae", ahead] == pytest.approx(np.abs(wrong).mean())
        assert found["persistence", "rmse", ahead] == pytest.approx(np.sqrt((wrong**2).mean()))
    assert all(row.is_baseline and row.n is None and math.isnan(row.ci_low) for row in rows)
    assert {row.forecaster for row in rows} >= {"persistence", "drift", "ar1", "ets", "theta"}


def test_the_metrics_by_step_are_those_of_the_study_that_measure_forecasts():
    assert metrics_by_step(["mase", "rmse", "train_loss"]) == ["rmse", "mase"]
    assert metrics_by_step(["train_seconds"]) == ["rmse"]


def test_other_test_rows_are_other_origins():
    """The loss of one is the mean over its steps."""
    values = {name: some_forecasts(seed) for seed, name in enumerate("ab")}
    study = study_of_steps()
    (row,) = reach_table(
        study.contrasts[:1], {"shampoo": AHEAD},
        lambda _, scenario: values["ab"["direct" in scenario]].reshape(REPEATS, -1), 1,
    )  # fmt: skip
    actual = SALES.values[AHEAD.targets]

    def contrast(kept):
        one, other = (
            rmse(values[n][:, kept].reshape(REPEATS, -1), actual[kept].ravel()).mean() for n in "ab"
        )
        return other - one

    found = [contrast([o for o in range(10) if o != out]) for out in range(10)]
    assert row.lowest_without_one == pytest.approx(min(found))
    assert row.highest_without_one == pytest.approx(max(found))


# The study and its page


def study_of_steps(**fields):
    config = shipped_config()
    config["study"] |= {"scenarios": ["recursive", "direct"]}
    config["series"]["shampoo"] |= {"steps_ahead": 3, "published": None, **fields}
    config["scenarios"] = {
        "recursive": {"label": "Recursive", "stateful": False},
        "direct": {"label": "Direct", "stateful": False, "strategy": "direct"},
    }
    config["experiments"], config["identities"], config["twins"] = {}, {}, {}
    config["findings"] = {
        "D": {"claim": "Direct is better.", "expect": "less", "a": "direct", "b": "recursive"}
    }
    return load_study(config, [])


@pytest.fixture(scope="module")
def run():
    os.chdir(ROOT)
    study = study_of_steps()
    run = run_of(study)
    series = run.series["shampoo"]
    scenarios = [
        replace(row, forecaster=name, ci_low=row.mean - 1, ci_high=row.mean + 1, mean=row.mean + shift[row.steps_ahead - 1])
        for name, shift in (("recursive", (0, 0, 9)), ("direct", (5, 5, 0)))
        for row in rows_of(some_forecasts())
    ]  # fmt: skip
    forecasts = baseline_forecasts_table({"shampoo": baselines_of(series)}, run.series)
    rows = [*scenarios, *baseline_step_errors(forecasts, run.series, ["rmse"])]
    return again(run, {StepErrorRow: rows})


def text_of(section, run):
    html = section.of(run.on_each_series()[0]).html(environment_of(run))
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def test_the_page_shows_every_scenario_and_baseline_at_every_step(run):
    view, text = Steps.of(run.on_each_series()[0]), text_of(Steps, run)
    assert view.shown == [1, 2, 3]
    by_name = {row.forecaster: [] for row in run.rows(StepErrorRow)}
    for row in run.rows(StepErrorRow):
        by_name[row.forecaster].append(f"{row.mean:.2f}")
    for label, name in (("Recursive", "recursive"), ("Direct", "direct"), ("AR(1)", "ar1")):
        assert f"{label} {' '.join(by_name[name])}" in text
    assert "Recursive has the lowest mean at the first step, Direct at the last." in text
    assert "over 10 origins each" in text
    assert "over all 3 steps together" in text
    assert "step_errors.csv" in text


def test_of_many_steps_some_are_shown(run):
    row = run.rows(StepErrorRow)[0]
    rows = [replace(row, steps_ahead=step, mean=float(step)) for step in range(1, 19)]
    series = replace(SALES, values=np.tile(SALES.values, 2), test_rows=30, steps_ahead=18)
    many = replace(again(run, {StepErrorRow: rows}), series={"shampoo": series})
    view = Steps.of(many.on_each_series()[0])
    assert view.shown[0] == 1
    assert view.shown[-1] == 18
    assert len(view.shown) == 8
    assert list(view.scenarios[0].cells) == [f"{step:.2f}" for step in view.shown]
    assert view.best == ""


def test_the_scenario_that_is_best_throughout_is_named_once(run):
    rows = [
        replace(row, mean=row.mean + (100 if row.forecaster == "direct" else 0))
        for row in run.rows(StepErrorRow)
    ]
    view = Steps.of(again(run, {StepErrorRow: rows}).on_each_series()[0])
    assert view.best == "Recursive has the lowest mean at the first step and at the last."


def test_the_figure_draws_means_intervals_and_two_baselines(run, monkeypatch):
    drawn, draw = [], figures.errors_by_step
    monkeypatch.setattr(
        figures, "errors_by_step", lambda *args: drawn.append(draw(*args)) or drawn[-1]
    )
    (part,) = again(run, {}).on_each_series()
    assert Steps.of(part) is not None
    assert part.run.figures.files
    axes = drawn[0].axes[0]
    mean, *baselines = axes.lines
    of_recursive = [r for r in run.rows(StepErrorRow) if r.forecaster == "recursive"]
    np.testing.assert_allclose(mean.get_ydata(), [row.mean for row in of_recursive])
    np.testing.assert_array_equal(mean.get_xdata(), [1, 2, 3])
    assert [line.get_label() for line in baselines] == ["persistence", "AR(1)"] or len(
        baselines
    ) == 2
    assert len(axes.collections) == 1
    assert drawn[0].get_supxlabel() == "steps ahead"
    numbers = drawn[0].numbers
    names = [line.get_label() for line in baselines]
    assert numbers.columns == ("scenario", "steps_ahead", "mean", "ci_low", "ci_high", *names)
    first = of_recursive[0]
    ends = [line.get_ydata()[0] for line in baselines]
    assert numbers.rows[0] == ("Recursive", 1, first.mean, first.ci_low, first.ci_high, *ends)


def test_other_sections_say_how_far_ahead(run):
    assert "are forecast 3 steps ahead from each of 10 origins" in text_of(TheSeries, run)
    assert "as few steps ahead as it is (one, but for the last 2)" in text_of(Forecasts, run)


def test_the_fan_shows_each_value_from_its_latest_origin(run, monkeypatch):
    shown, draw = [], figures.forecast_fans
    monkeypatch.setattr(
        figures, "forecast_fans", lambda *args: shown.append(args[1]) or draw(*args)
    )
    (part,) = again(run, {}).on_each_series()
    Forecasts.of(part)
    assert part.run.figures.files
    # Of the last two months, the last origin's forecasts.
    last_known = [*SALES.values[23:33], SALES.values[32], SALES.values[32]]
    np.testing.assert_allclose(shown[0]["persistence"], last_known)


def test_one_step_ahead_has_no_errors_by_step(run):
    one = replace(again(run, {}), series={"shampoo": SALES})
    assert Steps.of(one.on_each_series()[0]) is None
    study = load_study(shipped_config(), [])
    assert not study.has_steps
    assert "step_errors" not in csv_tables(study)


def test_several_steps_are_part_of_the_recipe_and_of_what_is_registered():
    study = study_of_steps()
    assert study.has_steps
    assert "step_errors.csv" in files_of(study)
    (source,) = study.series
    other = replace(study, series=(replace(source, steps_ahead=2),))
    for scenario in ("recursive", "direct"):
        assert recipe(study, "shampoo", scenario) != recipe(other, "shampoo", scenario)
    assert registration_digest(study) != registration_digest(other)


def test_a_preregistration_says_how_far_ahead():
    now = datetime(2026, 11, 29, tzinfo=UTC)
    text = document(study_of_steps(), now, has_results=False)
    assert "Tests are forecast 3 steps ahead, and metrics are over all of them." in text
    assert "steps ahead" not in document(load_study(shipped_config(), []), now, has_results=False)


def test_steps_of_a_series_that_ends_earlier_are_as_many():
    (source,) = study_of_steps(origins={"count": 1, "every": 12}, test_rows=6).series
    assert [window.steps_ahead for window in source.windows] == [3, 3]


def test_origins_of_a_short_series():
    series = Series("s", np.arange(9.0), tuple("abcdefghi"), 2, steps_ahead=2)
    assert series.targets.tolist() == [[7, 8]]
