"""How far a contrast rests on its test rows, against enumeration and code of its own."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from support import rmse

from thousandfold.inference.contrasts import MeanDifference
from thousandfold.inference.reach import reach
from thousandfold.inference.reaches import reach_table
from thousandfold.metrics import METRICS
from thousandfold.series import Series


def rng(seed=1):
    return np.random.default_rng(seed)


def forecasts(n_repeats, n_rows, error, seed):
    return rng(seed).normal(0, error, (n_repeats, n_rows))


def of_squares(a, b, *args, **kwargs):
    """The reach of the difference in RMSE of forecasts of zeros."""
    return reach([a**2, b**2], [1, -1], *args, **kwargs)


def every_circular_resample(n, block):
    """All rows that may be drawn, each as likely."""
    for starts in itertools.product(range(n), repeat=-(-n // block)):
        yield [(start + i) % n for start in starts for i in range(block)][:n]


@pytest.mark.parametrize(("n", "block"), [(3, 1), (4, 2), (6, 2), (7, 2)])
def test_against_every_resample_there_is(n, block):
    a, b = forecasts(5, n, 1, 1), forecasts(4, n, 1.1, 2)
    actual = np.zeros(n)

    def difference(rows):
        rows = np.asarray(rows)
        return rmse(a[:, rows], actual[rows]).mean() - rmse(b[:, rows], actual[rows]).mean()

    every = np.array([difference(rows) for rows in every_circular_resample(n, block)])
    estimate = difference(range(n))
    found = of_squares(a, b, rng(), draws=40_000)
    assert found.block == block
    share = np.mean(np.sign(every) == np.sign(estimate))
    assert found.same_sign == pytest.approx(share, abs=3.5 * 0.5 / math.sqrt(40_000))
    for end, level in ((found.interval.low, 0.025), (found.interval.high, 0.975)):
        assert np.mean(every < end - 1e-9) <= level + 0.005
        assert np.mean(every <= end + 1e-9) >= level - 0.005
    assert found.interval.level == 0.95
    without = [difference([row for row in range(n) if row != out]) for out in range(n)]
    assert found.lowest_without_one == pytest.approx(min(without), rel=1e-12)
    assert found.highest_without_one == pytest.approx(max(without), rel=1e-12)


@pytest.mark.parametrize(("n", "block"), [(2, 1), (12, 2), (24, 3), (64, 4), (150, 5)])
def test_blocks(n, block):
    assert of_squares(forecasts(3, n, 1, 1), forecasts(3, n, 1, 2), rng(), draws=10).block == block


def test_blocks_keep_neighbours_together():
    """Errors that change sign from row to row cancel in blocks of two."""
    losses = np.tile([1.0, 3.0], 6)[np.newaxis]
    found = reach([losses, np.ones((1, 12))], [1, -1], rng(), finish=lambda mean: mean, draws=500)
    assert found.interval.low == found.interval.high == pytest.approx(1)


def test_metrics_that_are_means_and_contrasts_of_more_than_two():
    losses = [np.abs(forecasts(6, 9, 1 + i, i)) for i in range(4)]
    weights = [1, -1, -2, 2]
    found = reach(losses, weights, rng(), finish=lambda mean: mean, draws=3000)
    rows = sum(w * of.mean(axis=0) for w, of in zip(weights, losses, strict=True))
    without = (rows.sum() - rows) / 8
    assert found.lowest_without_one == pytest.approx(without.min())
    assert found.highest_without_one == pytest.approx(without.max())
    swapped = reach(losses, [-w for w in weights], rng(), finish=lambda mean: mean, draws=3000)
    assert swapped.same_sign == found.same_sign
    assert swapped.lowest_without_one == pytest.approx(-found.highest_without_one)


def test_all_scenarios_see_the_same_rows():
    """What only moves all errors together moves no difference."""
    rows = np.linspace(1, 5, 20)
    found = reach(
        [np.tile(rows + 0.5, (3, 1)), np.tile(rows, (2, 1))], [1, -1], rng(),
        finish=lambda mean: mean, draws=500,
    )  # fmt: skip
    assert (found.interval.low, found.interval.high) == pytest.approx((0.5, 0.5))
    assert found.same_sign == 1


def test_many_repeats_are_as_few():
    """However the resamples are cut into parts."""
    a, b = forecasts(1, 12, 1, 1), forecasts(1, 12, 1.2, 2)
    few, many = (
        of_squares(np.repeat(a, n, axis=0), np.repeat(b, n, axis=0), rng(), draws=3000)
        for n in (1, 900)
    )
    assert few.same_sign == many.same_sign
    assert few.interval.low == pytest.approx(many.interval.low)


def test_more_repeats_than_are_computed_at_once():
    a, b = forecasts(1, 12, 1, 1), forecasts(1, 12, 1.2, 2)
    few, many = (of_squares(np.repeat(a, n, axis=0), b, rng(), draws=50) for n in (1, 17_000))
    assert few.interval.high == pytest.approx(many.interval.high)


def test_the_seed():
    a, b = forecasts(10, 12, 1, 1), forecasts(10, 12, 1.2, 2)
    assert of_squares(a, b, rng(1)) == of_squares(a, b, rng(1))
    assert of_squares(a, b, rng(1)) != of_squares(a, b, rng(2))


def test_a_single_row_cannot_be_resampled():
    assert of_squares(np.ones((3, 1)), np.zeros((3, 1)), rng()) is None


@pytest.mark.parametrize(
    "b", [np.ones((3, 11)), np.full((3, 12), np.nan), np.full((3, 12), np.inf)]
)
def test_losses_have_to_be_of_the_same_rows_and_known(b):
    with pytest.raises(ValueError, match="finite losses of every scenario on the same test rows"):
        reach([np.ones((3, 12)), b], [1, -1], rng())


def test_with_nothing_to_find_a_stable_sign_is_not_rare():
    """In windows of 12 a sign that holds in 99 % of resamples comes up in about a tenth."""
    windows, stable = 600, 0
    for seed in range(windows):
        source = rng(seed)
        a, b = source.normal(0, 1, (2, 1, 12))
        stable += of_squares(a, b, source, draws=400).same_sign >= 0.99
    assert stable / windows == pytest.approx(0.1, abs=0.035)


def test_only_metrics_that_follow_from_a_mean_have_a_reach(monkeypatch):
    series = Series("toy", np.arange(9.0), tuple("abcdefghi"), test_rows=4)
    drawn = {name: forecasts(3, 4, 1, seed) for seed, name in enumerate("ab")}
    contrast = MeanDifference("less", "a", "b", 1.0, "mae")

    def rows():
        return reach_table([contrast], {"toy": series}, lambda _, name: drawn[name], seed=1)

    assert [row.metric for row in rows()] == ["mae"]
    monkeypatch.setitem(METRICS, "mae", replace(METRICS["mae"], average=np.median))
    assert rows() == []
