"""Each kind of contrast by itself: how it is shown, and what the usual tests compare."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support import row_of, samples

from thousandfold.inference.contrasts import KINDS, MeanDifference, SpreadRatio
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.judging import judge
from thousandfold.study import Finding
from thousandfold.tables import frame_of
from thousandfold.tables.rows import ContrastRow

LABELS = {"a": "one", "b": "two", "c": "three", "d": "four, too"}

ROW = row_of(
    ContrastRow, series="s", metric="rmse", interval_level=0.95, scenario_a="a", scenario_b="b",
    difference=2.0, ci_low=1.5, ci_high=3.0, margin=1.25,
)  # fmt: skip

PRECISION = replace(
    ROW, scenario_b=None, estimate_a=1.25, difference=-0.25, ci_low=-0.5, ci_high=0.75, margin=0.5,
    mean_of=10,
)  # fmt: skip
"""A standard error of 1.25, where 1 to 2 is claimed."""

TREND = replace(ROW, scenario_a='a, "d, e"', scenario_b="b, c", difference=-0.5, margin=0.1)


def shown(kind, row):
    return [kind.shown(row, value, 5) for value in (row.difference, row.ci_low, row.ci_high)]


@pytest.mark.parametrize("kind", ["ratio", "spread"])
def test_ratios_are_shown_as_ratios(kind):
    assert shown(KINDS[kind], ROW) == ["2.00", "1.50", "3.00"]
    assert KINDS[kind].shown_margin(ROW) == "× 1.25"
    assert KINDS[kind].who(ROW, LABELS) == KINDS[kind].labels(ROW, LABELS) == ["one", "two"]
    assert KINDS[kind].is_ratio
    assert "is 2 times that of b (95.00 % interval 1.5 to 3, margin 1.25 times)" in KINDS[
        kind
    ].sentence(ROW, "points")


def test_a_difference_of_constants_is_known_exactly():
    sentence = MeanDifference.sentence(replace(ROW, ci_low=2.0, ci_high=2.0), "points")
    assert "+2.00, exactly, margin 1.25" in sentence


def test_a_difference_is_shown_with_the_digits_that_its_margin_asks_for():
    row = replace(ROW, difference=-1.23456, margin=0.001)
    assert MeanDifference.shown(row, row.difference, 4) == "−1.2346"
    assert MeanDifference.shown_margin(row) == "0.001"
    assert not MeanDifference.is_ratio


def test_a_precision_is_shown_from_zero_beside_the_claimed_range():
    kind = KINDS["precision"]
    assert shown(kind, PRECISION) == ["1.25", "1.00", "2.25"]
    assert kind.shown_margin(PRECISION) == "1 to 2"
    assert kind.shown_margin(replace(PRECISION, difference=math.nan)) == "0.5"
    assert kind.who(PRECISION, LABELS) == ["one, mean of 10"]
    assert kind.labels(PRECISION, LABELS) == ["one"]
    assert kind.axis(PRECISION) == "standard error of a mean of 10"
    assert "of 1.25 points (95.00 % interval 1.00 to 2.25, claimed 1 to 2)" in kind.sentence(
        PRECISION, "points"
    )


def test_a_trend_is_shown_by_its_ends():
    kind = KINDS["trend"]
    assert kind.labels(TREND, {**LABELS, "d, e": "four"}) == ["one, four", "two, three"]
    assert kind.who(TREND, LABELS) == ["slope of the differences of 2 pairs"]
    assert "changes by −0.5 percentage points per unit" in kind.sentence(TREND, "%")


@pytest.mark.parametrize(
    ("kind", "tested"),
    [
        (MeanDifference, lambda x: x),
        (SpreadRatio, lambda x: np.abs(x - np.median(x))),
    ],
)
def test_the_usual_tests_are_of_what_is_compared(kind, tested):
    rng = np.random.default_rng(4)
    x, y = rng.normal(0, 1, 20), rng.normal(0.4, 3, 25)
    expect = "more_stable" if kind is SpreadRatio else "less"
    finding = Finding("f", "Claim.", "test", expect, (kind(expect, "a", "b", 1.25),))
    row = frame_of(ContrastRow, judge(
        {"rmse": samples({"a": x, "b": y})}, {"s": 1.0}, [finding], 0.05, DESIGNS["independent"],
    )).iloc[0]  # fmt: skip
    welch = stats.ttest_ind(tested(x), tested(y), equal_var=False)
    ranks = stats.mannwhitneyu(tested(x), tested(y))
    assert row["welch_p"] == pytest.approx(welch.pvalue)
    assert row["mannwhitney_p"] == pytest.approx(ranks.pvalue)


def test_every_kind_says_what_its_axis_is():
    axes = [kind.axis(PRECISION) for kind in KINDS.values()]
    assert len(set(axes)) == len(KINDS) == 5


@pytest.mark.parametrize("kind", KINDS.values())
def test_the_band_of_a_margin_is_as_wide_either_way(kind):
    low, high = kind.band(1.25)
    assert high == 1.25
    assert low < kind.neutral < high
    assert kind.scaled(low) == pytest.approx(-kind.scaled(high))
    assert kind.scaled(kind.neutral) == 0


@pytest.mark.parametrize("kind", ["ratio", "spread"])
def test_ratios_that_no_number_can_hold_are_beyond_all_others(kind):
    assert KINDS[kind].scaled(0.0) == -math.inf
    assert KINDS[kind].scaled(math.inf) == math.inf
    assert math.isnan(KINDS[kind].scaled(math.nan))
