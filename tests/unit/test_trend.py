"""Slopes of differences: against their definition, Welch's test, and by simulation; and ratios."""

import math

import numpy as np
import pytest
from scipy import stats
from support import sample, samples

from thousandfold.inference.contrasts import MeanRatio, Trend
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.estimates import (
    linear_contrast,
    mean_difference,
    moments,
    slope_weights,
)
from thousandfold.inference.judging import judge
from thousandfold.inference.samples import divergence_matters
from thousandfold.study import Finding
from thousandfold.tables import frame_of
from thousandfold.tables.rows import ContrastRow

OVER = (0.0, 1.0, 3.5, 4.5)
PAIRS = (("a0", "b0"), ("a1", "b1"), ("a2", "b2"), ("a3", "b3"))
NAMES = [name for pair in PAIRS for name in pair]


def weights_of(over):
    return [sign * weight for weight in slope_weights(over) for sign in (1, -1)]


def test_the_slope_is_that_of_least_squares():
    rng = np.random.default_rng(3)
    values = [rng.normal(size=n) for n in (5, 6, 7, 8, 9, 10, 11, 12)]
    differences = [a.mean() - b.mean() for a, b in zip(values[::2], values[1::2], strict=True)]
    estimate = linear_contrast([moments(x) for x in values], weights_of(OVER))
    assert estimate.difference == pytest.approx(stats.linregress(OVER, differences).slope)
    assert estimate.difference == pytest.approx(estimate.estimate_a - estimate.estimate_b)


def test_of_two_samples_it_is_welch():
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=9), rng.normal(2, 5, size=14)
    assert linear_contrast([moments(a), moments(b)], [1, -1]) == mean_difference(a, b)


def test_the_interval_covers_in_simulation():
    """Eight samples of unequal size and spread; the true slope is 2."""
    rng, covered = np.random.default_rng(5), 0
    weights = weights_of(OVER)
    for _ in range(3000):
        values = [rng.normal(10 + (2 * x if end == 0 else 0), 1 + 3 * (i % 3), 4 + 3 * i)
                  for i, (x, end) in enumerate((x, end) for x in OVER for end in (0, 1))]  # fmt: skip
        low, high = linear_contrast([moments(x) for x in values], weights).interval(0.05)
        covered += low < 2 < high
    assert abs(covered / 3000 - 0.95) < 3.5 * math.sqrt(0.05 * 0.95 / 3000)


def row_of(contrast, values, design="independent"):
    finding = Finding("f", "Claim.", "test", contrast.expect, (contrast,))
    table = frame_of(ContrastRow, judge(
        {contrast.metric: samples(values)}, {"s": 5.0}, [finding], 0.05, DESIGNS[design],
    ))  # fmt: skip
    return table.iloc[0]


TREND = Trend("less", PAIRS, OVER, 0.5)


def falling(n=60, slope=-1.0, seed=6):
    rng = np.random.default_rng(seed)
    start = {name: rng.normal(10, 1, n) for name in NAMES}
    return start | {a: start[a] + slope * x for (a, _), x in zip(PAIRS, OVER, strict=True)}


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize(
    ("slope", "verdict"),
    [(-1.0, "supported"), (0.0, "no difference that matters"), (1.0, "contradicted")],
)
def test_verdicts_on_a_trend(design, slope, verdict):
    row = row_of(TREND, falling(slope=slope), design)
    assert row["estimand"] == "trend"
    assert row["verdict"] == verdict
    assert row["difference"] == pytest.approx(slope, abs=0.2)
    assert (row["claim_p"] < 0.05) == (verdict == "supported")


def test_a_paired_trend_is_a_t_test_of_the_slopes():
    values = falling()
    slopes = sum(w * values[name] for w, name in zip(weights_of(OVER), NAMES, strict=True))
    row = row_of(TREND, values, "paired")
    expected = stats.ttest_1samp(slopes, 0)
    assert row["paired_p"] == pytest.approx(expected.pvalue)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(list(expected.confidence_interval()))


def test_a_trend_of_too_few_repeats():
    row = row_of(TREND, falling() | {"a3": np.array([1.0])})
    assert (row["verdict"], row["undecided_because"]) == (
        "undecided", "fewer than 2 repeats with a value"
    )  # fmt: skip


# Ratios


def test_a_ratio_is_welch_on_logarithms():
    rng = np.random.default_rng(7)
    a, b = np.exp(rng.normal(0, 0.1, 30)), np.exp(rng.normal(1, 0.2, 40))
    row = row_of(MeanRatio("less", "a", "b", 2.0, metric="seconds"), {"a": a, "b": b})
    expected = stats.ttest_ind(np.log(a), np.log(b), equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(np.exp([interval.low, interval.high]))
    assert row["margin"] == 2
    assert "not above 0" not in row["flags"]
    assert row["verdict"] == "supported"


def test_values_that_have_no_ratio_count_as_diverged():
    contrast = MeanRatio("less", "a", "b", 2.0)
    row = row_of(contrast, {"a": np.array([0.0, 1, 1.1, 1.2]), "b": np.array([9.0, 9, 8, 8])})
    assert "not above 0" in row["flags"]
    assert row["n_diverged_a"] == 1
    assert row["verdict"] == "undecided"


@pytest.mark.parametrize(
    ("ahead", "higher_is_better", "matters"),
    [
        # Level, until the one failure tips the scales.
        (0, False, True), (0, True, True),
        # Ahead of b by half a step: worth less than a failure at the lower end, none at the upper.
        (0.5, True, True), (0.5, False, False),
        (-0.5, False, True), (-0.5, True, False),
        # Above or below all of b, whatever one of two hundred does.
        (1000, True, False), (1000, False, False),
        (-1000, True, False), (-1000, False, False),
    ],
)  # fmt: skip
def test_a_failure_ranks_worst_whichever_way_is_better(ahead, higher_is_better, matters):
    """It matters where it turns the comparison of ranks round: below all others if higher is
    better, above them if lower is."""
    values = np.arange(1.0, 201)
    a, b = sample(np.append(values + ahead, np.nan)), sample(values, "b")
    assert divergence_matters([a, b], [1, -1], higher_is_better=higher_is_better) == matters
    assert divergence_matters([b, a], [1, -1], higher_is_better=higher_is_better) == matters


@pytest.mark.parametrize(
    ("diverged", "verdict"),
    [(1, "supported"), (4, "supported"), (5, "undecided"), (40, "undecided")],
)
def test_diverged_repeats_of_a_trend_up_to_one_in_a_hundred_leave_its_verdict(diverged, verdict):
    values = falling(n=400)
    values["a0"][:diverged] = np.nan
    row = row_of(TREND, values)
    assert (row["verdict"], row["n_diverged_a"]) == (verdict, diverged)


@pytest.mark.parametrize("name", NAMES)
def test_a_diverged_repeat_is_counted_on_its_side(name):
    values = falling(n=400)
    values[name] = np.append(values[name][:-1], np.nan)
    row = row_of(TREND, values)
    assert (row["n_diverged_a"], row["n_diverged_b"]) == (name[0] == "a", name[0] == "b")
    assert (row["n_a"], row["n_b"]) == (400 - (name[0] == "a"), 400 - (name[0] == "b"))


def test_a_trend_is_named_by_its_weights():
    row = row_of(TREND, falling())
    # Least squares over 0, 1, 3.5, 4.5: weights as 2.25, 1.25, -1.25, -2.25.
    assert row["comparison"] == (
        "a0 + 0.555556 a1 - 0.555556 a2 - a3 - b0 - 0.555556 b1 + 0.555556 b2 + b3"
    )
