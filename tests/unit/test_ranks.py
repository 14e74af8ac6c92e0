"""Rank statistics against published examples, SciPy and their definition."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import logit

from thousandfold.inference.ranks import mann_whitney, rank_direction, relative_effect, wilcoxon

# Pain scores under two treatments, the example of Brunner and Munzel (2000).
PAIN_A = np.array([1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1], float)
PAIN_B = np.array([3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4], float)


def test_the_published_example():
    """As R's lawstat prints it: statistic 3.1375, df 17.683, p .005786, estimate .788961."""
    effect = relative_effect(PAIN_A, PAIN_B)
    assert effect.probability == pytest.approx(0.788961, abs=5e-7)
    assert (effect.probability - 0.5) / effect.standard_error == pytest.approx(3.1375, abs=5e-5)
    assert effect.df == pytest.approx(17.683, abs=5e-4)
    assert effect.p_value == pytest.approx(0.005786, abs=5e-7)
    # Its interval without logit is [.5952169, .9827052].
    half_width = stats.t.isf(0.025, effect.df) * effect.standard_error
    assert effect.probability - half_width == pytest.approx(0.5952169, abs=5e-8)


@pytest.mark.parametrize("seed", range(5))
def test_against_scipy_and_by_counting(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0, 1, 30).round(1), rng.normal(0.3, 2, 45).round(1)
    effect = relative_effect(a, b)
    expected = stats.brunnermunzel(a, b, alternative="two-sided", distribution="t")
    assert effect.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    below = (a[:, None] < b).mean() + (a[:, None] == b).mean() / 2
    assert effect.probability == pytest.approx(below)
    assert rank_direction([a, b], [1, -1]) == np.sign(0.5 - below)


def test_the_interval_stays_inside_and_holds_the_estimate():
    rng = np.random.default_rng(9)
    for _ in range(100):
        effect = relative_effect(rng.normal(0, 1, 8), rng.normal(rng.normal(0, 2), 1, 6))
        if effect.is_separated:
            continue
        low, high = effect.interval(0.05)
        assert 0 <= low <= effect.probability <= high <= 1


def test_samples_that_do_not_overlap():
    effect = relative_effect(np.arange(5.0), np.arange(5.0) + 10)
    assert effect.probability == 1
    assert effect.is_separated
    assert math.isnan(effect.p_value)
    assert np.isnan(effect.interval(0.05)).all()


def test_constant_samples():
    effect = relative_effect(np.ones(4), np.ones(6))
    assert (effect.probability, effect.p_value) == (0.5, 1.0)


@pytest.mark.parametrize(("n", "ties", "method"), [
    (20, False, "exact"), (3, False, "exact"), (21, False, "asymptotic"), (20, True, "asymptotic"),
])  # fmt: skip
def test_small_samples_without_ties_are_tested_exactly(n, ties, method):
    rng = np.random.default_rng(n)
    a, b = rng.normal(0, 1, n), rng.normal(0.5, 1, n)
    if ties:
        b[0] = a[0]
    expected = stats.mannwhitneyu(a, b, method=method)
    assert mann_whitney(a, b) == pytest.approx((expected.statistic, expected.pvalue))
    if ties:
        b[1], b[0] = a[1] + 1, a[0] + 1
    expected = stats.wilcoxon(a, b, correction=method == "asymptotic", method=method)
    assert wilcoxon(a, b)[1] == pytest.approx(expected.pvalue)


def test_three_against_three_that_do_not_overlap():
    """One arrangement of twenty, either way."""
    assert mann_whitney(np.arange(3.0), np.arange(3.0) + 9)[1] == pytest.approx(0.1)


def test_the_direction_of_a_trend_of_ranks():
    weights = [1, -1, -1, 1]
    assert rank_direction([[9.0], [1.0], [2.0], [2.0]], weights) == 1
    assert rank_direction([[1.0], [9.0], [2.0], [2.0]], weights) == -1
    assert rank_direction([[1.0], [1.0], [2.0], [2.0]], weights) == 0


def test_the_interval_is_symmetric_on_the_logit_scale():
    """By the delta method: the error of logit(p) is that of p over p (1 - p)."""
    effect = relative_effect(PAIN_A, PAIN_B)
    p = effect.probability
    reach = stats.t.isf(0.025, effect.df) * effect.standard_error / (p * (1 - p))
    ends = logit(effect.interval(0.05)) - logit(p)
    assert ends.tolist() == pytest.approx([-reach, reach])


@pytest.mark.parametrize("digits", [0, 9])
@pytest.mark.parametrize("test", [mann_whitney, wilcoxon])
def test_many_at_once_are_each_for_itself(test, digits):
    rng = np.random.default_rng(12)
    xs, ys = rng.normal(0, 2, (5, 9)).round(digits), rng.normal(0, 2, (5, 9)).round(digits)
    statistics, p = test(xs, ys)
    for i, (x, y) in enumerate(zip(xs, ys, strict=True)):
        assert test(x, y)[0] == statistics[i]
        if digits:
            assert test(x, y)[1] == pytest.approx(p[i])


def test_the_sum_of_the_ranks_of_positive_differences():
    x, y = np.array([5.0, 1.0, 4.0, 7.0]), np.array([2.0, 2.0, 2.0, 7.0])
    # Differences 3, -1, 2 and 0, which is left out: ranks 3, 1, 2.
    assert wilcoxon(x, y)[0] == 5


def test_one_tie_among_many_leaves_no_exact_test():
    rng = np.random.default_rng(13)
    xs, ys = rng.normal(0, 2, (5, 9)), rng.normal(0, 2, (5, 9))
    ys[3, 1] = xs[3, 0]
    expected = stats.mannwhitneyu(xs, ys, axis=1, method="asymptotic").pvalue
    np.testing.assert_allclose(mann_whitney(xs, ys)[1], expected)
