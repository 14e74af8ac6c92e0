"""Preparation against the article's and the design's published checksums."""

from dataclasses import replace

import numpy as np
import pytest
from support import STATELESS

from thousandfold.baselines import baseline_errors
from thousandfold.metrics import rmse
from thousandfold.series import Series, SeriesError, read_series
from thousandfold.supervised import supervise


def test_the_shipped_series_has_its_published_checksums(shampoo):
    assert len(shampoo.values) == 36
    assert shampoo.values.sum() == pytest.approx(11253.6)
    assert shampoo.labels[0] == "1-01"
    assert shampoo.labels[-1] == "3-12"


def test_baselines(shampoo):
    """136.761 is what the article prints for persistence."""
    rmses = baseline_errors(shampoo, "rmse")
    assert rmses["persistence"] == pytest.approx(136.76132, abs=1e-5)
    assert rmses["drift"] == pytest.approx(135.39, abs=5e-3)
    assert rmses["ar1"] == pytest.approx(86.73, abs=5e-3)


@pytest.mark.parametrize(
    ("train_rows", "rows", "minimum", "maximum"),
    [(None, 22, -157.1, 213.6), (12, 12, -157.1, 131.7)],
)
def test_scaling_is_fitted_on_the_training_rows(shampoo, train_rows, rows, minimum, maximum):
    data = supervise(shampoo, replace(STATELESS, timesteps=1, train_rows=train_rows))
    assert data.train.inputs.shape == (rows, 1, 1)
    assert data.test.inputs.shape == (12, 1, 1)
    assert data.target_scaler.offset == pytest.approx(minimum)
    assert data.target_scaler.offset + data.target_scaler.span == pytest.approx(maximum)
    assert data.train.inputs.min() == data.train.targets.min() == -1
    assert data.train.inputs.max() == data.train.targets.max() == 1
    assert np.abs(data.test.inputs).max() > 1


def test_rows_are_successive_differences(shampoo):
    data = supervise(shampoo, replace(STATELESS, timesteps=4, train_rows=None))
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
    data = supervise(shampoo, replace(STATELESS, timesteps=1, train_rows=None))
    true_differences = np.diff(shampoo.values)[-12:]
    scaled = data.target_scaler.scale(true_differences)
    np.testing.assert_allclose(data.invert(scaled), shampoo.values[-12:])
    assert rmse(data.invert(scaled), data.actual) == pytest.approx(0, abs=1e-9)


def test_columns_may_have_spaces_and_more_columns(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("t,other,y\n1,a, 1.5\n2,b,2\n3,c,-4e1\n", encoding="utf-8")
    series = read_series("x", path, "y", 1)
    np.testing.assert_array_equal(series.values, [1.5, 2, -40])
    assert series.labels == ("1", "2", "3")


def test_errors_name_the_file(tmp_path):
    with pytest.raises(SeriesError, match=r"none\.csv: there is no such file"):
        read_series("x", tmp_path / "none.csv", "y", 1)


@pytest.mark.parametrize(("n", "test_rows"), [(5, 3), (16, 13), (3, 1)])
def test_too_short(n, test_rows):
    values = np.random.default_rng(0).normal(size=n)
    series = Series("x", values, tuple(map(str, range(n))), test_rows)
    with pytest.raises(SeriesError, match="give a longer series"):
        supervise(series, replace(STATELESS, timesteps=1, train_rows=None))
