"""How far a contrast rests on its test rows, against enumeration and code of its own."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from support import rmse

from thousandfold.inference.contrasts import MeanDifference, MeanRatio, SpreadRatio
from thousandfold.inference.reach import reach
from thousandfold.inference.reaches import reach_table
from thousandfold.metrics import METRICS
from thousandfold.seeds import resampling_seed
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


SHORT = Series(
    "s", np.linspace(10, 50, 40) + np.sin(np.arange(40.0)), tuple(map(str, range(40))), 9
)


def table_of(*contrasts, n=6, diverged=()):
    """The reach table of three scenarios on a short series, and their forecasts."""
    actual = SHORT.values[-9:]
    of = {name: actual + rng(seed).normal(0, 2, (n, 9)) for seed, name in enumerate("abc")}
    for name in diverged:
        of[name][0] = np.nan
    return reach_table(contrasts, {"s": SHORT}, lambda _, scenario: of[scenario], 1), of


def difference(a="a", b="b", metric="rmse"):
    return MeanDifference("less", a, b, 1.0, metric)


def rmse_of(forecasts, rows):
    return np.sqrt(((forecasts - SHORT.values[-9:])[:, rows] ** 2).mean(axis=1))


def without_each(contrast):
    """The contrast of the rows that remain when each is left out in turn."""
    return [contrast([row for row in range(9) if row != out]) for out in range(9)]


def test_the_table_of_reaches_against_code_of_its_own():
    (row,), of = table_of(difference())
    found = without_each(lambda rows: rmse_of(of["a"], rows).mean() - rmse_of(of["b"], rows).mean())
    assert row.lowest_without_one == pytest.approx(min(found))
    assert row.highest_without_one == pytest.approx(max(found))
    assert (row.block, row.metric, row.estimand, row.scenario_a) == (2, "rmse", "mean", "a")
    generator = rng(resampling_seed(1, "s", "a - b", "test rows of rmse"))
    losses = [(of[name] - SHORT.values[-9:]) ** 2 for name in "ab"]
    drawn = reach(losses, [1, -1], generator)
    assert (row.low, row.high, row.same_sign) == (
        drawn.interval.low,
        drawn.interval.high,
        drawn.same_sign,
    )


def test_a_ratio_and_other_metrics_over_test_rows():
    ratio = MeanRatio("less", "a", "b", 1.25, "rmse")
    (row, absolute), of = table_of(ratio, difference(metric="mae"))

    def geometric(name, rows):
        return math.exp(np.log(rmse_of(of[name], rows)).mean())

    found = without_each(lambda rows: geometric("a", rows) / geometric("b", rows))
    assert row.lowest_without_one == pytest.approx(min(found))
    assert row.highest_without_one == pytest.approx(max(found))
    assert 0 < row.low < row.high
    errors = {name: np.abs(of[name] - SHORT.values[-9:]) for name in "ab"}
    found = without_each(lambda rows: errors["a"][:, rows].mean() - errors["b"][:, rows].mean())
    assert absolute.highest_without_one == pytest.approx(max(found))


def test_each_way_round_has_its_row_and_the_same_twice_has_one():
    rows, _ = table_of(difference(), difference("b", "a"), difference())
    assert [(row.scenario_a, row.scenario_b) for row in rows] == [("a", "b"), ("b", "a")]
    one, other = rows
    assert one.comparison == other.comparison
    assert one.same_sign == other.same_sign
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.lowest_without_one == pytest.approx(-other.highest_without_one)


def test_what_is_not_of_forecasts_has_no_reach():
    spread = SpreadRatio("more_stable", "a", "b", 1.25, "rmse")
    assert table_of(spread, difference(metric="train_seconds"))[0] == []


def test_what_is_of_no_mean_over_rows_has_no_reach(monkeypatch):
    monkeypatch.setitem(METRICS, "mae", replace(METRICS["mae"], average=np.median))
    assert table_of(difference(metric="mae"))[0] == []


def test_repeats_that_diverged_are_left_out():
    (row,), of = table_of(difference(), diverged="a")
    found = without_each(
        lambda rows: rmse_of(of["a"][1:], rows).mean() - rmse_of(of["b"], rows).mean()
    )
    assert row.lowest_without_one == pytest.approx(min(found))
    assert table_of(difference(), n=1, diverged="a")[0] == []
