"""Bootstrap and permutation against SciPy, theory and simulation with fixed seeds."""

import itertools

import numpy as np
import pytest
from scipy import stats
from support import sample

from thousandfold.inference import independent, paired
from thousandfold.inference.draws import VALUES_AT_ONCE, parts
from thousandfold.inference.estimates import (
    Approximation,
    Estimate,
    Moments,
    linear_contrast,
    mean_difference,
)
from thousandfold.inference.resampling import (
    bootstrap_t_interval,
    draws_for,
    mean_interval,
    permutation_p,
    resampled_moments,
    sd_ratio_interval,
    sign_flip_p,
)


def bootstrap_t(a, b, draws_a, draws_b):
    resampled = linear_contrast([draws_a, draws_b], [1, -1])
    return bootstrap_t_interval(mean_difference(a, b), resampled, 0.05)


def draw_means(values, source, draws=9999):
    return resampled_moments(values, source, draws)


def rng(seed):
    return np.random.default_rng(seed)


def test_draws_have_the_moments_of_resampling():
    values = rng(1).lognormal(0, 1, 200)
    draws = draw_means(values, rng(2))
    assert draws.mean.mean() == pytest.approx(
        values.mean(), abs=4 * values.std() / np.sqrt(200 * 9999)
    )
    assert draws.mean.std() == pytest.approx(values.std() / np.sqrt(200), rel=0.03)
    assert (draws.deviation**2).mean() == pytest.approx(values.var(), rel=0.01)


def test_parts_add_up():
    for draws, n in [(9999, 10), (9999, 10**7), (1, 5), (1999, 2000)]:
        sizes = list(parts(draws, n))
        assert sum(sizes) == draws
        assert max(sizes) * n <= max(VALUES_AT_ONCE, n)


@pytest.mark.parametrize("seed", range(3))
def test_bca_against_scipy(seed):
    values = rng(seed).lognormal(0, 0.8, 60)
    ours = mean_interval(values, draw_means(values, rng(seed + 10), draws=40_000), 0.05)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=40_000, method="BCa", rng=rng(seed + 20)
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours == pytest.approx(tuple(theirs), abs=0.03 * width)


def test_bootstrap_t_is_welch_where_theory_is_exact():
    a, b = rng(1).normal(0, 1, 400), rng(2).normal(1, 3, 300)
    draws = draw_means(a, rng(3), 40_000), draw_means(b, rng(4), 40_000)
    ours = bootstrap_t(a, b, *draws)
    welch = mean_difference(a, b).interval(0.05)
    assert ours == pytest.approx(welch, abs=0.025 * (welch[1] - welch[0]))


def test_bootstrap_t_covers_skewed_data_better_than_welch():
    """400 pairs of n = 20, one lognormal; the Monte-Carlo error of a rate of .95 is .011."""
    true = np.exp(0.5)
    hits = {"welch": 0, "bootstrap": 0}
    source = rng(5)
    for _ in range(400):
        a, b = source.lognormal(0, 1, 20), source.normal(0, 0.1, 20)
        draws = draw_means(a, source, draws=999), draw_means(b, source, draws=999)
        intervals = {
            "welch": mean_difference(a, b).interval(0.05),
            "bootstrap": bootstrap_t(a, b, *draws),
        }
        for name, (low, high) in intervals.items():
            hits[name] += low < true < high
    assert hits["bootstrap"] > hits["welch"] + 8
    assert hits["bootstrap"] / 400 > 0.91


def test_intervals_of_spread_hold_the_truth():
    a, b = rng(1).normal(0, 2, 500), rng(2).normal(0, 1, 500)
    low, high = sd_ratio_interval(draw_means(a, rng(3)), draw_means(b, rng(4)), 0.05)
    ratio, error = a.std(ddof=1) / b.std(ddof=1), np.sqrt(2 / (2 * 500))
    assert np.log([low / ratio, high / ratio]) == pytest.approx(
        [-1.96 * error, 1.96 * error], abs=0.01
    )


def test_sign_flips_against_all_signs():
    differences = np.array([0.6, -0.2, 1.3, 0.9, -0.4, 2.2, 0.1])
    signs = np.array(list(itertools.product([-1, 1], repeat=7)))
    exact = np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9)
    assert sign_flip_p(differences, rng(0)) == pytest.approx(exact, abs=0.035)
    assert sign_flip_p(np.zeros(4), rng(0)) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([1.0, 2.5, 4.1, 7.3], [3.2, 5.9, 8.8, 9.4]),
        ([11.0, 4.0, 10.0, 3.0, 12.0, 9.0], [2.0, 1.0]),
        ([2.0, 1.0], [11.0, 4.0, 10.0, 3.0, 12.0, 9.0]),
    ],
)
def test_permutation_p_against_all_permutations(a, b):
    exact = stats.permutation_test(
        (a, b),
        lambda x, y, axis: np.abs(stats.ttest_ind(x, y, equal_var=False, axis=axis).statistic),
        n_resamples=np.inf, alternative="greater", vectorized=True,
    ).pvalue  # fmt: skip
    assert permutation_p(np.array(a), np.array(b), rng(0)) == pytest.approx(exact, abs=0.035)


def test_permutation_p_without_variation():
    with np.errstate(all="raise"):
        assert permutation_p(np.ones(4), np.ones(5), rng(0)) == 1


@pytest.mark.parametrize("alpha", [0.05, 0.009, 0.0033, 0.00025])
def test_draws_are_many_enough_for_the_ends_of_an_interval(alpha):
    """The error of a normal quantile from so many draws, over the width of the interval."""
    draws, p = draws_for(alpha, 1000), alpha / 2
    z = stats.norm.isf(p)
    error = np.sqrt(p * (1 - p) / draws) / stats.norm.pdf(z)
    assert error / (2 * z) < 0.01
    assert draws >= 9999
    assert draws_for(alpha, 100_000) == 9999


@pytest.mark.parametrize("design", [independent, paired])
@pytest.mark.parametrize(("contrasts", "draws"), [(100, 180_000), (2000, 200_000)])
def test_of_many_contrasts_samples_are_drawn_no_more_often(design, contrasts, draws, monkeypatch):
    drawn = []

    def recorded(values, rng, draws):
        drawn.append(draws)
        return resampled_moments(values, rng, draws)

    for module in ("samples", "paired"):
        monkeypatch.setattr(f"thousandfold.inference.{module}.resampled_moments", recorded)
    a, b = sample([1.0, 2.0, 4.0], "a"), sample([3.0, 2.0, 5.0], "b")
    views = design.other_views(a, b, rng(1), 0.05 / contrasts)
    assert set(drawn) == {draws}
    assert views["sd_ratio_low"] < views["sd_ratio_high"]


@pytest.mark.parametrize(
    ("n_a", "n_b", "scale"), [(4, 4, 1.0), (3, 6, 4.0), (6, 3, 4.0), (5, 4, 0.2)]
)
def test_permutation_p_against_all_permutations_of_many_samples(n_a, n_b, scale):
    """The mean of twenty p values, each with a Monte-Carlo error of at most .011."""
    source, ours, exact = rng(n_a), [], []
    for _ in range(20):
        a, b = source.normal(0, 1, n_a), source.normal(0.7, scale, n_b)
        pooled, size = np.concatenate([a, b]), n_a + n_b
        t = []
        for first in itertools.combinations(range(size), n_a):
            x, y = pooled[list(first)], np.delete(pooled, first)
            error = np.sqrt(x.var(ddof=1) / n_a + y.var(ddof=1) / n_b)
            t.append(abs(x.mean() - y.mean()) / error)
        exact.append(np.mean(np.array(t) >= t[0] * (1 - 1e-9)))
        ours.append(permutation_p(a, b, source))
    assert np.mean(ours) == pytest.approx(np.mean(exact), abs=0.01)
    assert ours == pytest.approx(exact, abs=0.05)


def test_resamples_without_variation_have_an_infinite_t_or_none():
    """Of five resamples four have no error: two equal the sample, one lies below, one above."""
    estimate = Estimate(2.0, 0.5, 9, 0, 0, 1, 1)
    difference = np.array([2.0, 2.0, 1.0, 3.0, 3.0])
    error = np.array([np.nan, np.nan, np.nan, np.nan, 1.0])
    resampled = Approximation(difference, error, 9)
    # Quantiles of t = 0, 0, -inf, inf, 1, in order -inf, 0, 0, 1, inf.
    assert bootstrap_t_interval(estimate, resampled, 0.8) == (2 - 0.5 * 0, 2 - 0.5 * 0)
    assert bootstrap_t_interval(estimate, resampled, 0.5) == (2 - 0.5 * 1, 2 - 0.5 * 0)
    assert bootstrap_t_interval(estimate, resampled, 0.1) == (-np.inf, np.inf)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e9, 1e99])
def test_what_rounding_alone_tells_apart_does_not_vary(scale):
    drawn = resampled_moments(scale * np.array([0.3, 0.1 + 0.2, 5.0]), rng(1), 500)
    assert (drawn.deviation == 0).any()
    assert drawn.deviation[drawn.deviation > 0].min() > scale


def test_bca_of_tied_values_against_scipy():
    values = np.array([0.0] * 14 + [1.0] * 6)
    ours = mean_interval(values, draw_means(values, rng(1), draws=40_000), 0.05)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=40_000, method="BCa", rng=rng(2)
    ).confidence_interval
    assert ours == pytest.approx(tuple(theirs), abs=1e-9)


def test_bca_where_all_draws_lie_on_one_side():
    values = np.array([0.0, 1.0, 2.0])
    for end in (5.0, -5.0):
        draws = Moments(np.full(99, end), np.ones(99), 3)
        assert mean_interval(values, draws, 0.05) == (end, end)


def test_the_deviations_of_all_resamples_of_three():
    drawn = resampled_moments(np.array([0.0, 1.0, 3.0]), rng(1), 3000)
    triples = itertools.product([0.0, 1.0, 3.0], repeat=3)
    possible = sorted({round(float(np.std(triple, ddof=1)), 9) for triple in triples})
    assert sorted(set(drawn.deviation.round(9))) == possible


def test_bca_by_a_jackknife():
    """The acceleration from leaving each value out (Efron and Tibshirani 1993, 14.15)."""
    values = rng(3).lognormal(0, 1.5, 15)
    draws = draw_means(values, rng(4))
    left_out = np.array([np.delete(values, i).mean() for i in range(15)])
    u = left_out.mean() - left_out
    acceleration = (u**3).sum() / (6 * (u**2).sum() ** 1.5)
    bias = stats.norm.ppf((draws.mean < values.mean()).mean())
    z = bias + stats.norm.ppf([0.025, 0.975])
    levels = stats.norm.cdf(bias + z / (1 - acceleration * z))
    expected = np.quantile(draws.mean, levels)
    assert mean_interval(values, draws, 0.05) == pytest.approx(tuple(expected), rel=1e-9)
