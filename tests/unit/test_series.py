"""Preparation against the article's and the design's published checksums."""

import re
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import STATEFUL, STATELESS, rmse

from thousandfold.baselines import baseline_errors, baselines_of, forecasts_of
from thousandfold.engines.block import TrainedBlock
from thousandfold.errors import DataError
from thousandfold.observations import read_series, series_path
from thousandfold.scenario import Sequences, TrainedScenario
from thousandfold.series import Series
from thousandfold.supervised import MASK_VALUE, future_in_units, supervise
from thousandfold.training import train_repeats


def test_the_shipped_series_has_its_published_checksums(shampoo):
    assert len(shampoo.values) == 36
    assert shampoo.values.sum() == pytest.approx(11253.6)
    assert shampoo.labels[0] == "1-01"
    assert shampoo.labels[-1] == "3-12"


def test_baselines(shampoo):
    """136.761 is what the article prints for persistence."""
    rmses = baseline_errors(forecasts_of(baselines_of(shampoo)), shampoo, "rmse")
    assert rmses["persistence"] == pytest.approx(136.76132, abs=1e-5)
    assert rmses["drift"] == pytest.approx(135.39, abs=5e-3)
    assert rmses["ar1"] == pytest.approx(86.73, abs=5e-3)


@pytest.mark.parametrize(
    ("train_rows", "rows", "minimum", "maximum"),
    [(None, 22, -157.1, 213.6), (12, 12, -157.1, 131.7)],
)
def test_scaling_is_fitted_on_the_training_rows(shampoo, train_rows, rows, minimum, maximum):
    data = supervise(shampoo, STATELESS.varied(timesteps=1, train_rows=train_rows).preparation)
    assert data.train.inputs.shape == (rows, 1, 1)
    assert data.test.inputs.shape == (12, 1, 1)
    assert data.target_scaler.offset == pytest.approx(minimum)
    assert data.target_scaler.offset + data.target_scaler.span == pytest.approx(maximum)
    assert data.train.inputs.min() == data.train.targets.min() == -1
    assert data.train.inputs.max() == data.train.targets.max() == 1
    assert np.abs(data.test.inputs).max() > 1


def test_rows_are_successive_differences(shampoo):
    data = supervise(shampoo, STATELESS.varied(timesteps=4, train_rows=None).preparation)
    assert data.train.inputs.shape == (19, 4, 1)
    assert data.train.inputs.dtype == data.train.targets.dtype == np.float32
    # Each row is the one before, moved by one; scales differ by column, so compare where equal.
    differences = np.diff(shampoo.values)
    columns = np.array([differences[i : i + 5] for i in range(19)])
    low, high = columns.min(axis=0), columns.max(axis=0)
    expected = (columns - low) / (high - low) * 2 - 1
    np.testing.assert_allclose(data.train.inputs[:, :, 0], expected[:, :4], rtol=1e-6)
    np.testing.assert_allclose(data.train.targets, expected[:, 4], rtol=1e-6)


def test_inverting_true_differences_gives_the_observations(shampoo):
    data = supervise(shampoo, STATELESS.varied(timesteps=1, train_rows=None).preparation)
    true_differences = np.diff(shampoo.values)[-12:]
    scaled = data.target_scaler.scale(true_differences)
    forecasts = data.invert(scaled[:, np.newaxis])
    np.testing.assert_allclose(forecasts, shampoo.values[-12:])
    assert rmse(forecasts, data.actual) == pytest.approx(0, abs=1e-9)


def test_columns_may_have_spaces_and_more_columns(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("t,other,y\n1,a, 1.5\n2,b,2\n3,c,-4e1\n", encoding="utf-8")
    series = read_series("x", path, "y", 1)
    np.testing.assert_array_equal(series.values, [1.5, 2, -40])
    assert series.labels == ("1", "2", "3")


def test_errors_name_the_file(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: there is no such file"):
        read_series("x", tmp_path / "none.csv", "y", 1)


@pytest.mark.parametrize(("n", "test_rows"), [(5, 3), (16, 13), (3, 1)])
def test_too_short(n, test_rows):
    values = np.random.default_rng(0).normal(size=n)
    series = Series("x", values, tuple(map(str, range(n))), test_rows)
    with pytest.raises(DataError, match="give a longer series"):
        supervise(series, STATELESS.varied(timesteps=1, train_rows=None).preparation)


# Files of other kinds


def test_a_parquet_file_is_read_like_a_csv_file(tmp_path):
    dates = pd.date_range("2024-01-31", periods=5, freq="D", name="day")
    frame = pd.DataFrame({"y": [0.1, 1 / 3, 1e-7, 4, 5], "x": range(5)}, index=dates)
    frame.to_parquet(tmp_path / "s.parquet")
    frame.to_csv(tmp_path / "s.csv")
    ours, csv = (
        read_series("s", tmp_path / name, "y", 1, inputs=["x"]) for name in ("s.parquet", "s.csv")
    )
    np.testing.assert_array_equal(ours.values, frame["y"])
    np.testing.assert_array_equal(ours.columns, frame)
    np.testing.assert_array_equal(csv.columns, frame)
    assert [label[:10] for label in ours.labels] == list(csv.labels)


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (pd.DataFrame({"y": [1.0, None]}), "column 'y', row 2: the value is missing"),
        (pd.DataFrame({"y": ["a", "b"]}), "column 'y', row 1: 'a' is not a number"),
        (pd.DataFrame({"z": [1.0]}), "has no column 'y'; its columns are 'z'"),
        (pd.DataFrame({}), "has no columns"),
    ],
)
def test_a_parquet_file_that_cannot_be_used(tmp_path, frame, problem):
    frame.to_parquet(tmp_path / "s.parquet")
    with pytest.raises(DataError, match=re.escape(problem)):
        read_series("s", tmp_path / "s.parquet", "y", 1)


def test_a_file_that_is_no_parquet(tmp_path):
    (tmp_path / "s.parquet").write_text("day,y\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read as a Parquet file"):
        read_series("s", tmp_path / "s.parquet", "y", 1)


def test_labels_come_from_the_column_that_is_named(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("y,month\n1,Jan\n2,Feb\n", encoding="utf-8")
    assert read_series("x", path, "y", 1).labels == ("1", "2")
    assert read_series("x", path, "y", 1, label="month").labels == ("Jan", "Feb")


@pytest.mark.parametrize(
    ("dataset", "column", "rows", "mean"),
    [("nile", "volume", 100, 919.35), ("sunspots", "SUNACTIVITY", 309, 49.752), ("macrodata", "unemp", 203, 5.88473)],
)  # fmt: skip
def test_datasets_of_statsmodels(dataset, column, rows, mean):
    """Lengths and means as `statsmodels.datasets` gives them."""
    series = read_series("s", Path(series_path(f"statsmodels:{dataset}")), column, 10)
    assert len(series.values) == rows
    assert series.values.mean() == pytest.approx(mean, rel=1e-5)


@pytest.mark.parametrize("file", ["statsmodels:nil", "statmodels:nile", "statsmodels:../x"])
def test_a_dataset_that_is_not_there(file):
    if "/" in file:
        assert series_path(file) == file
    else:
        with pytest.raises(DataError, match=r"has no dataset nile?; name another file"):
            series_path(file)


# Preparation


@pytest.mark.parametrize(
    ("scaling", "low", "high"), [("symmetric", -1, 1), ("unit", 0, 1), ("standard", None, None)]
)
def test_scalings(shampoo, scaling, low, high):
    data = supervise(shampoo, STATELESS.varied(scaling=scaling).preparation)
    for values in (data.train.inputs, data.train.targets):
        if low is None:
            assert (values.mean(), values.std()) == pytest.approx((0, 1), abs=1e-6)
        else:
            assert (values.min(), values.max()) == pytest.approx((low, high))
    restored = data.target_scaler.invert(data.train.targets.astype(float))
    np.testing.assert_allclose(restored, np.diff(shampoo.values)[1:23], rtol=1e-5)


def test_without_scaling_or_differences_rows_are_the_values(shampoo):
    data = supervise(
        shampoo, STATELESS.varied(scaling="none", difference=False, timesteps=2).preparation
    )
    np.testing.assert_array_equal(data.train.inputs[0, :, 0], np.float32(shampoo.values[:2]))
    np.testing.assert_array_equal(data.train.targets[:3], np.float32(shampoo.values[2:5]))
    forecasts = data.invert(data.test.targets[:, np.newaxis])
    np.testing.assert_array_equal(forecasts, np.float32(data.actual))


def test_a_target_that_is_not_scaled(shampoo):
    data = supervise(shampoo, STATELESS.varied(scale_target=False).preparation)
    assert data.train.inputs.max() == 1
    np.testing.assert_array_equal(data.train.targets, np.float32(np.diff(shampoo.values)[1:23]))


def test_validation_rows_are_the_last_before_the_test(shampoo):
    whole = supervise(shampoo, STATELESS.preparation)
    data = supervise(shampoo, STATELESS.varied(validation_rows=5).preparation)
    assert (len(data.train), len(data.validation)) == (17, 5)
    np.testing.assert_array_equal(data.before_test.inputs, whole.train.inputs)
    np.testing.assert_array_equal(data.validation.targets, whole.train.targets[17:])


def test_further_inputs_are_differenced_and_scaled_for_themselves(shampoo):
    other = np.cumsum(np.arange(36.0))[:, np.newaxis]
    data = supervise(replace(shampoo, inputs=other), STATELESS.varied(timesteps=2).preparation)
    assert data.train.inputs.shape == (21, 2, 2)
    np.testing.assert_allclose(
        data.train.inputs[:, 0, 1], np.linspace(-1, 1, 21), rtol=1e-5, atol=1e-6
    )
    alone = supervise(shampoo, STATELESS.varied(timesteps=2).preparation)
    np.testing.assert_array_equal(data.train.inputs[:, :, 0], alone.train.inputs[:, :, 0])


def lengths_of(rows, form):
    """How many timesteps of each row, or of each sequence of a stepwise form, are real."""
    match form:
        case "zeros":
            return np.count_nonzero(rows.inputs[:, :, 0], axis=1)
        case "masking":
            return (rows.inputs[:, :, 0] != MASK_VALUE).sum(axis=1)
        case "flag":
            return rows.inputs[:, :, 1].sum(axis=1)
    begins, ends = np.flatnonzero(rows.begins), np.flatnonzero(rows.tells)
    return ends - begins + 1


@pytest.mark.parametrize("form", ["zeros", "masking", "flag", "stepwise", "stepwise_last"])
@pytest.mark.parametrize("train_rows", [None, 18, 17])
def test_the_lengths_of_sequences_go_on_through_the_test_rows(shampoo, form, train_rows):
    """2, 3, 4, 2, ... from the first training row to the last of the test."""
    start = STATEFUL if form.startswith("stepwise") else STATELESS
    regime = start.varied(sequences=Sequences(2, 4, form), train_rows=train_rows)
    # Differences that grow, so that only those beside the middle are scaled to nearly zero.
    values = np.cumsum(np.geomspace(1, 2, len(shampoo.values)))
    data = supervise(replace(shampoo, values=values), regime.preparation)
    of_train, of_test = (list(lengths_of(rows, form)) for rows in (data.train, data.test))
    assert (len(of_train), len(of_test)) == (train_rows or 19, 12)
    assert of_train + of_test == list(islice(cycle([2, 3, 4]), len(of_train) + 12))


# Forecasts beyond the end


class Oracle:
    """An engine whose networks foresee everything, but for a scale."""

    def __init__(self, test, beyond):
        self.test, self.beyond = test, beyond

    def train_block(self, regime, data, seeds, progress):
        repeats = len(seeds)
        return TrainedBlock(
            weights={}, train_loss=np.zeros(repeats, np.float32), epochs=np.ones(repeats, int),
            outputs=np.tile(self.test[:, np.newaxis], (repeats, 1, 1)), future=np.tile(self.beyond, (repeats, 1)),
        )  # fmt: skip


@pytest.mark.parametrize("difference", [True, False], ids=["of differences", "of values"])
def test_forecasts_beyond_the_end_are_in_the_units_of_the_series(shampoo, monkeypatch, difference):
    """The last four months are kept back; a network that foresees them must forecast them."""
    known = replace(
        shampoo, values=shampoo.values[:-4], labels=shampoo.labels[:-4], test_rows=8, horizon=4
    )
    learned = np.diff(shampoo.values) if difference else shampoo.values
    of_training = learned[1:-12]
    low, high = of_training.min(), of_training.max()
    scaled = (learned - low) / (high - low) * 2 - 1
    oracle = Oracle(scaled[-12:-4], scaled[-4:])
    monkeypatch.setattr("thousandfold.training.engine", lambda _: oracle)
    regime = STATELESS.varied(difference=difference)
    table = train_repeats(TrainedScenario("a", "a", regime, "a"), known, 1, range(2))
    for repeat in range(2):
        future = table.filter(like="future_").iloc[repeat]
        np.testing.assert_allclose(future, shampoo.values[-4:])
        forecasts = table.filter(like="forecast_").iloc[repeat]
        np.testing.assert_allclose(forecasts, shampoo.values[-12:-4])


# Several steps ahead

STRATEGIES = ["recursive", "direct"]


def test_origins_are_those_of_which_all_steps_lie_in_the_test(shampoo):
    series = replace(shampoo, steps_ahead=3)
    assert series.targets.tolist() == [[i, i + 1, i + 2] for i in range(24, 34)]
    np.testing.assert_array_equal(series.actual[:6], shampoo.values[[24, 25, 26, 25, 26, 27]])
    steps, ahead = series.steps
    assert steps[:6].tolist() == [1, 2, 3, 2, 3, 4]
    assert ahead[:6].tolist() == [1, 2, 3, 1, 2, 3]
    assert (steps[-1], ahead[-1]) == (12, 3)
    np.testing.assert_array_equal(shampoo.actual, shampoo.values[-12:])


def test_a_row_that_is_forecast_directly_has_a_target_for_each_step(shampoo):
    series = replace(shampoo, steps_ahead=3)
    preparation = STATELESS.varied(timesteps=2, scaling="none", strategy="direct").preparation
    data, differences = supervise(series, preparation), np.float32(np.diff(shampoo.values))
    # 23 differences before the test: two of the first row, and three targets of the last.
    assert (len(data.train), len(data.between), len(data.test)) == (19, 2, 10)
    for rows, first in ((data.train, 0), (data.between, 19), (data.test, 21)):
        for row in range(len(rows)):
            at = first + row
            np.testing.assert_array_equal(rows.inputs[row, :, 0], differences[at : at + 2])
            np.testing.assert_array_equal(rows.targets[row], differences[at + 2 : at + 5])
    assert len(data.before_test) == 21
    np.testing.assert_array_equal(
        data.after_test.inputs[:, :, 0], [differences[31:33], differences[32:34]]
    )
    np.testing.assert_array_equal(np.float32(data.last_window), differences[33:])


def test_only_the_last_of_a_few_training_rows_come_before_those_that_reach_into_the_test(shampoo):
    series = replace(shampoo, steps_ahead=4)
    regime = STATELESS.varied(train_rows=5, strategy="direct", scaling="none")
    data, differences = supervise(series, regime.preparation), np.float32(np.diff(shampoo.values))
    assert (len(data.train), len(data.between), len(data.test)) == (5, 3, 9)
    np.testing.assert_array_equal(data.train.targets[-1], differences[19:23])
    np.testing.assert_array_equal(data.test.targets[0], differences[23:27])


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("scaling", ["symmetric", "standard"])
def test_no_training_row_of_several_steps_depends_on_the_test(shampoo, strategy, scaling):
    series = replace(shampoo, steps_ahead=4)
    changed = series.values.copy()
    changed[-12:] += 1000
    regime = STATELESS.varied(strategy=strategy, timesteps=2, scaling=scaling)
    before, after = (
        supervise(replace(series, values=values), regime.preparation)
        for values in (series.values, changed)
    )
    for name in ("inputs", "targets"):
        np.testing.assert_array_equal(getattr(before.train, name), getattr(after.train, name))
    np.testing.assert_array_equal(before.test.inputs[0], after.test.inputs[0])
    outputs = np.zeros((len(before.test), 4), np.float32)
    first, same = (data.invert(outputs)[:4] for data in (before, after))
    np.testing.assert_array_equal(first, same)
    if strategy == "direct":
        np.testing.assert_array_equal(before.between.inputs, after.between.inputs)


def foreseeing(data, learned):
    """The outputs for the test, and beyond the end, of networks that foresee what they learn."""
    first = len(learned) - data.horizon - data.steps_ahead - len(data.test) + 1
    places = first + np.arange(len(data.test))[:, np.newaxis] + np.arange(data.steps_ahead)
    beyond = learned[len(learned) - data.horizon :]
    future = data.target_scaler.scale(beyond) if data.horizon else beyond
    return data.target_scaler.scale(learned[places]), future


@pytest.mark.parametrize("difference", [True, False], ids=["of differences", "of values"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_forecasts_of_several_steps_are_in_the_units_of_the_series(
    shampoo, monkeypatch, difference, strategy
):
    """The last three months are kept back; a network that foresees them must forecast them."""
    known = replace(
        shampoo, values=shampoo.values[:-3], labels=shampoo.labels[:-3], test_rows=8, horizon=3,
        steps_ahead=3,
    )  # fmt: skip
    learned = np.diff(shampoo.values) if difference else shampoo.values
    regime = STATELESS.varied(difference=difference, strategy=strategy, scaling="standard")
    data = supervise(known, regime.preparation)

    class Foreseeing:
        def train_block(self, regime, data, seeds, progress):
            outputs, future = foreseeing(data, learned)
            return TrainedBlock(
                {},
                np.zeros(1, np.float32),
                np.ones(1, int),
                outputs[np.newaxis],
                future[np.newaxis],
            )

    monkeypatch.setattr("thousandfold.training.engine", lambda _: Foreseeing())
    table = train_repeats(TrainedScenario("a", "a", regime, "a"), known, 1, range(1))
    forecasts = table.filter(like="forecast_").iloc[0]
    np.testing.assert_allclose(forecasts, data.actual)
    np.testing.assert_allclose(table.filter(like="future_").iloc[0], shampoo.values[-3:])


def test_without_a_horizon_nothing_is_forecast_beyond_the_end(shampoo):
    for strategy in STRATEGIES:
        regime = STATELESS.varied(strategy=strategy)
        data = supervise(replace(shampoo, steps_ahead=3), regime.preparation)
        assert future_in_units(data, np.zeros((4, 0), np.float32)).shape == (4, 0)


@given(
    values=st.lists(st.floats(-1e3, 1e3), min_size=30, max_size=40, unique=True),
    steps=st.integers(1, 5),
    timesteps=st.integers(1, 3),
    test_rows=st.integers(5, 9),
    strategy=st.sampled_from(STRATEGIES),
    difference=st.booleans(),
    scale_target=st.booleans(),
)
def test_preparing_and_inverting_several_steps_gives_the_series_back(
    values, steps, timesteps, test_rows, strategy, difference, scale_target
):
    values = np.round(values, 3) + 0.001 * np.arange(len(values)) ** 2
    series = Series("s", values, tuple(map(str, values)), test_rows, steps_ahead=steps)
    regime = STATELESS.varied(
        strategy=strategy, timesteps=timesteps, difference=difference, scaling="standard",
        scale_target=scale_target,
    )  # fmt: skip
    data = supervise(series, regime.preparation)
    outputs, _ = foreseeing(data, np.diff(values) if difference else values)
    np.testing.assert_allclose(data.invert(outputs), series.actual, atol=1e-8)


def test_what_is_known_are_the_rows_whose_targets_were_observed(shampoo):
    series = replace(shampoo, steps_ahead=3)
    for strategy, ahead in (("recursive", 1), ("direct", 3)):
        regime = STATELESS.varied(timesteps=2, strategy=strategy, train_rows=10, scaling="none")
        data, differences = (
            supervise(series, regime.preparation),
            np.float32(np.diff(series.values)),
        )
        for row in (0, 4):
            # The last difference that is known when the row is forecast has the index 22 + row.
            known, before = data.known(row), data.before(row)
            assert known.targets.reshape(len(known), -1)[-1, -1] == differences[22 + row]
            assert before.inputs[-1, -1, 0] == differences[21 + row]
            assert (len(known), len(before)) == (10 + row, 10 + row + ahead - 1)
            np.testing.assert_array_equal(known.inputs[:10], data.train.inputs)
    assert len(data.before(0)) == len(data.before_test)


def test_what_is_known_has_the_form_of_all_rows(shampoo):
    regime = STATELESS.varied(sequences=Sequences(2, 4, "masking"), validation_rows=3)
    data = supervise(shampoo, regime.preparation)
    known = data.known(5)
    assert len(known) == len(data.train) + 3 + 5
    np.testing.assert_array_equal(known.present[-5:], data.test.present[:5])
    np.testing.assert_array_equal(known.present[-8:-5], data.validation.present)
