"""Studies with which an earlier release trained something wrong, or blamed the wrong thing."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from support import ROOT, STATELESS

from thousandfold.config_files import ConfigError
from thousandfold.data import load_series
from thousandfold.engines import stock
from thousandfold.engines.own_model import OwnModelError
from thousandfold.errors import DataError
from thousandfold.loading import load_study
from thousandfold.observations import read_series
from thousandfold.scenario import EarlyStopping, Sequences
from thousandfold.series import Series
from thousandfold.supervised import supervise
from thousandfold.training import train_repeats

CASES = ROOT / "tests/cases/trained"


def load(case, monkeypatch, **changes):
    """A case's study; `changes` are keys of its `model`."""
    monkeypatch.chdir(CASES / case)
    config = yaml.safe_load(Path("c.yaml").read_text(encoding="utf-8"))
    config["model"] |= changes
    return load_study(config, [])


def training(case, monkeypatch):
    """Of a case: a function that trains a scenario by name, with a changed regime if asked."""
    study = load(case, monkeypatch)
    series = load_series(study.series[0])

    def train(name, model=None, **changes):
        scenario = study.scenario(name)
        regime = scenario.regime.varied(model=model or scenario.regime.network.model, **changes)
        # Whatever its name, with the same seeds.
        scenario = replace(scenario, seeded_by="all", regime=regime)
        return train_repeats(scenario, series, study.seed, range(1))

    return train


# What is read


def test_dates_that_run_backwards(monkeypatch):
    with pytest.raises(
        ConfigError,
        match=r"series\.shampoo\.file: s\.csv: the dates run backwards \(2022-12-01 first",
    ):
        load("22-newest-first", monkeypatch)


def test_the_mend_of_a_number_that_yaml_takes_for_text_works(monkeypatch):
    with pytest.raises(ConfigError, match=r"study\.repeats: .* write it as 1000") as refusal:
        load("24-int-sci", monkeypatch)
    config = yaml.safe_load(Path("c.yaml").read_text(encoding="utf-8"))
    config["study"]["repeats"] = int(str(refusal.value).split()[-1])
    monkeypatch.chdir(ROOT)
    assert load_study(config, []).repeats == 1000


def test_semicolons_and_decimal_commas(monkeypatch, shampoo):
    series = load_series(load("25-european-series", monkeypatch).series[0])
    np.testing.assert_array_equal(series.values, shampoo.values)
    assert series.assumed == ("separated by semicolons", "decimal commas")


# What may be scaled


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("21-near-constant", "series s: its differences are constant over the 22 training rows "
         "(all 0.1, up to rounding), so they cannot be scaled; give a series that varies"),
        ("23-linear-input", "series shampoo: the differences of its input t are constant over the "
         "22 training rows (all 1, up to rounding), so they cannot be scaled; remove t from "
         "inputs or set difference: false"),
    ],
)  # fmt: skip
def test_one_error_that_blames_what_is_constant(case, said, monkeypatch):
    with pytest.raises(ConfigError, match=re.escape(said)):
        load(case, monkeypatch)


def test_the_mend_of_a_linear_input_mends_it(monkeypatch):
    assert load("23-linear-input", monkeypatch, difference=False)


def series_of(values, inputs=None, names=()):
    values = np.asarray(values, float)
    labels = tuple(map(str, range(len(values))))
    return Series("s", values, labels, 4, inputs, input_names=names)


LINE = 0.1 * np.arange(36)
SINE = np.sin(np.arange(36.0))
SCALINGS = ("symmetric", "unit", "standard")


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("timesteps", [1, 3])
@pytest.mark.parametrize(
    ("values", "difference", "each"),
    [
        (100 + LINE, True, "0.1"), (np.round(1e5 - 7 * LINE, 1), True, "-0.7"),
        (1e10 * (100 + LINE), True, "1e+09"), (1e-12 * (100 + LINE), True, "1e-13"),
        (np.cumsum(np.full(36, 0.1)), True, "0.1"), (np.full(36, 5.0), True, "0"),
        (np.full(36, 0.1), False, "0.1"), (np.full(36, -7e50), False, "-7e+50"),
        (np.where(np.arange(36) % 2, 0.3, 0.1 + 0.2), False, "0.3"),
        (np.where(np.arange(36) < 9, 0.3, 0.1 + 0.2), True, "0"), (np.zeros(36), False, "0"),
    ],
)  # fmt: skip
def test_what_varies_by_rounding_only_is_constant(values, difference, each, timesteps, scaling):
    regime = STATELESS.varied(difference=difference, timesteps=timesteps, scaling=scaling)
    kind = "differences" if difference else "values"
    said = re.escape(f"its {kind} are constant over the {36 - difference - timesteps - 4}")
    with pytest.raises(DataError, match=f"{said}.*{re.escape(f'(all {each}, up')}"):
        supervise(series_of(values), regime.preparation)
    varying = series_of(SINE, np.stack([SINE, values], axis=1), ("fine", "dull"))
    with pytest.raises(DataError, match=f"the {kind} of its input dull are constant") as refusal:
        supervise(varying, regime.preparation)
    assert ("set difference: false" in str(refusal.value)) == (difference and each != "0")


AIR_PASSENGERS = [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135]
NOISE = np.random.default_rng(0).normal(size=36)


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("difference", [True, False])
@pytest.mark.parametrize(
    "values",
    [
        np.multiply(AIR_PASSENGERS, 1e10), np.multiply(AIR_PASSENGERS, 1e-12),
        np.multiply(AIR_PASSENGERS, 1e90), np.multiply(AIR_PASSENGERS, 1e-90),
        1e6 + 1e-3 * NOISE, 1e6 + 1e-7 * NOISE, -1e6 + 1e-3 * NOISE, 1e-3 * NOISE,
        # A last value of another size, which no training row sees.
        np.append(NOISE, 1e30), np.append(1e30, NOISE),
    ],
)  # fmt: skip
def test_what_varies_is_not_refused(values, difference, scaling):
    regime = STATELESS.varied(difference=difference, scaling=scaling)
    data = supervise(series_of(values), regime.preparation)
    assert np.isfinite(data.train.inputs).all()
    assert np.ptp(data.train.targets) > 0


def test_the_target_and_what_is_not_scaled():
    """The target is the series' last step alone; nothing else of a row's last step is used."""
    jump = np.where(np.arange(36) == 0, 3.0, 5.0)
    values = STATELESS.varied(difference=False, timesteps=1)
    with pytest.raises(DataError, match="its values are constant"):
        supervise(series_of(jump), values.preparation)
    supervise(series_of(jump), values.varied(scale_target=False).preparation)
    supervise(series_of(SINE, jump[:, np.newaxis]), values.preparation)
    supervise(series_of(np.full(36, 5e20)), values.varied(scaling="none").preparation)


def test_only_the_training_rows_count():
    """Here the last eight before the test, which are constant whatever comes before and after."""
    values = np.concatenate([SINE[:20], np.full(12, 0.3), SINE[:4]])
    regime = STATELESS.varied(difference=False, train_rows=8)
    with pytest.raises(
        DataError, match=r"its values are constant over the 8 training rows \(all 0\.3,"
    ):
        supervise(series_of(values), regime.preparation)


def test_inputs_without_names_are_numbered_and_read_ones_have_theirs(tmp_path):
    with pytest.raises(DataError, match="its input 1 are"):
        supervise(series_of(SINE, LINE[:, np.newaxis]), STATELESS.preparation)
    (tmp_path / "x.csv").write_text("t,y,a,b\n1,1,1,1\n2,2,2,2\n", encoding="utf-8")
    assert read_series("x", tmp_path / "x.csv", "y", 1, inputs=["b", "a"]).input_names == ("b", "a")


# A state wherever it is


@pytest.mark.slow
@pytest.mark.usefixtures("forget_the_graphs")
def test_a_state_is_reset_however_deep_it_is(monkeypatch):
    train = training("20-nested-state", monkeypatch)
    flat, never = train("flat_reset"), train("flat_never")
    forecasts = [f"forecast_{step}" for step in range(1, 13)]
    assert not np.allclose(flat[forecasts], never[forecasts], rtol=1e-3)
    for same, as_this in [("nested_reset", flat), ("wrapped_reset", flat), ("nested_never", never)]:
        np.testing.assert_array_equal(train(same)[forecasts], as_this[forecasts], same)
    both_ways = train("both_ways_reset")
    np.testing.assert_allclose(
        both_ways[forecasts], train("side_by_side_reset")[forecasts], rtol=1e-5
    )
    assert not np.allclose(both_ways[forecasts], train("both_ways_never")[forecasts], rtol=1e-3)


@pytest.mark.slow
@pytest.mark.usefixtures("forget_the_graphs")
def test_a_state_is_reset_after_each_forecast(monkeypatch):
    train = training("20-nested-state", monkeypatch)
    once = {"epochs": 1, "reset_after_prediction": True}
    forecasts = [f"forecast_{step}" for step in range(1, 13)]
    flat, nested = (train(name, **once)[forecasts] for name in ("flat_reset", "nested_reset"))
    np.testing.assert_array_equal(flat, nested)
    kept = train("nested_reset", epochs=1)[forecasts]
    assert not np.allclose(nested, kept, rtol=1e-4)


@pytest.mark.usefixtures("forget_the_graphs")
@pytest.mark.parametrize(
    ("scenario", "changes", "layer"),
    [
        ("stacked_cells_reset", {}, "stacked_cells: the state of its layer two_cells"),
        ("no_way_to_reset", {}, "no_way_to_reset: the state of its layer counting"),
        ("stacked_cells_never", {"sequences": Sequences(2, 4, "stepwise")}, "layer two_cells"),
    ],
    ids=["after each epoch", "after each forecast", "before each sequence"],
)
def test_a_state_that_cannot_be_reset_is_told_before_training(
    scenario, changes, layer, monkeypatch
):
    monkeypatch.setattr(stock, "_fit", lambda *_: pytest.fail("was trained"))
    with pytest.raises(OwnModelError, match=f"{layer} cannot be reset .AttributeError") as refusal:
        training("20-nested-state", monkeypatch)(scenario, **changes)
    assert str(refusal.value).startswith("model nested_state:")
    assert str(refusal.value).endswith("; give the layer a reset_state() that zeroes it")
    assert "\n" not in str(refusal.value)


@pytest.mark.slow
@pytest.mark.usefixtures("forget_the_graphs")
def test_a_state_that_is_never_reset_need_not_be_resettable(monkeypatch):
    result = training("20-nested-state", monkeypatch)("stacked_cells_never", epochs=1)
    assert not result["diverged"].any()


# Metrics beside the loss

STOPPING = {"validation_rows": 6, "early_stopping": EarlyStopping(1, 0.0, True, 0)}


@pytest.mark.slow
@pytest.mark.usefixtures("forget_the_graphs")
@pytest.mark.parametrize(
    "changes",
    [
        {}, {"sequences": None}, {"sequences": None, "reset_after_epoch": False},
        {"sequences": None, **STOPPING, "epochs": 30},
    ],
    ids=["stepwise", "epoch by epoch", "at once", "stopping early"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("plain", "metric"),
    [("without_metric", "with_metric"), ("weighted", "weighted_with_metrics")],
)
def test_a_metric_that_is_only_reported_changes_nothing(plain, metric, changes, monkeypatch):
    train = training("38-own-metrics", monkeypatch)
    one, other = (
        train(name, f"own_metrics:{model}", **changes)
        for name, model in (("plain", plain), ("metric", metric))
    )
    measured = one.columns.drop("train_seconds")
    np.testing.assert_array_equal(one[measured], other[measured])
    if "early_stopping" in changes:
        assert one["epochs"].max() < changes["epochs"]


@pytest.mark.slow
@pytest.mark.usefixtures("forget_the_graphs")
@pytest.mark.parametrize(
    ("model", "changes", "step"),
    [
        ("silent", {}, "train_step"), ("silent", {"sequences": None}, "train_step"),
        ("silent", {"sequences": None, "reset_after_epoch": False}, "train_step"),
        ("silent_test", {"sequences": None, **STOPPING}, "test_step"),
    ],
)  # fmt: skip
def test_a_model_that_reports_no_loss(model, changes, step, monkeypatch):
    train = training("38-own-metrics", monkeypatch)
    said = f"model own_metrics:{model}: reports no loss; return one from its {step}, as 'loss'"
    with pytest.raises(OwnModelError, match=said):
        train("plain", f"own_metrics:{model}", **changes)
