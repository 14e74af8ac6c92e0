"""Bootstrap and permutation against SciPy, theory and simulation with fixed seeds."""

import itertools

import numpy as np
import pytest
from scipy import stats

from thousandfold.inference.contrasts import mean_difference
from thousandfold.inference.resampling import (
    bootstrap_t_interval,
    draw_means,
    mean_interval,
    parts,
    permutation_p,
    sd_interval,
    sd_ratio_interval,
    sign_flip_p,
)


def bootstrap_t(a, b, draws_a, draws_b):
    errors = np.sqrt(draws_a.variances / len(a) + draws_b.variances / len(b))
    differences = draws_a.means - draws_b.means
    return bootstrap_t_interval(mean_difference(a, b), differences, errors, 0.05)


def rng(seed):
    return np.random.default_rng(seed)


def test_draws_have_the_moments_of_resampling():
    values = rng(1).lognormal(0, 1, 200)
    draws = draw_means(values, rng(2))
    assert draws.means.mean() == pytest.approx(
        values.mean(), abs=4 * values.std() / np.sqrt(200 * 9999)
    )
    assert draws.means.std() == pytest.approx(values.std() / np.sqrt(200), rel=0.03)
    assert draws.variances.mean() == pytest.approx(values.var(), rel=0.01)


def test_parts_add_up():
    for draws, n in [(9999, 10), (9999, 10**7), (1, 5), (1999, 2000)]:
        sizes = list(parts(draws, n))
        assert sum(sizes) == draws
        assert max(sizes) * n <= max(4_000_000, n)


@pytest.mark.parametrize("seed", range(3))
def test_bca_against_scipy(seed):
    values = rng(seed).lognormal(0, 0.8, 60)
    ours = mean_interval(values, draw_means(values, rng(seed + 10), draws=40_000), 0.05)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=40_000, method="BCa", rng=rng(seed + 20)
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours == pytest.approx(tuple(theirs), abs=0.03 * width)


def test_bca_of_a_constant():
    values = np.full(9, 4.0)
    assert mean_interval(values, draw_means(values, rng(0)), 0.05) == (4, 4)


def test_bootstrap_t_is_welch_where_theory_is_exact():
    a, b = rng(1).normal(0, 1, 400), rng(2).normal(1, 3, 300)
    draws = draw_means(a, rng(3)), draw_means(b, rng(4))
    ours = bootstrap_t(a, b, *draws)
    welch = mean_difference(a, b).interval(0.05)
    assert ours == pytest.approx(welch, abs=0.05 * (welch[1] - welch[0]))


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
    low, high = sd_interval(a, draw_means(a, rng(3)), 0.05)
    assert low < a.std(ddof=1) < high
    # For a normal sample the standard error of s is s / sqrt(2 n).
    assert high - low == pytest.approx(2 * 1.96 * a.std() / np.sqrt(1000), rel=0.15)
    low, high = sd_ratio_interval(draw_means(a, rng(3)), draw_means(b, rng(4)), 0.05)
    assert low < a.std() / b.std() < high


@pytest.mark.parametrize("seed", range(3))
def test_bca_of_a_deviation_against_scipy(seed):
    values = rng(seed).lognormal(0, 0.5, 80)
    ours = sd_interval(values, draw_means(values, rng(seed + 10), draws=40_000), 0.05)
    theirs = stats.bootstrap(
        (values,), lambda x, axis: x.std(ddof=1, axis=axis), n_resamples=40_000, method="BCa",
        rng=rng(seed + 20), vectorized=True,
    ).confidence_interval  # fmt: skip
    width = theirs.high - theirs.low
    # SciPy jackknifes the deviation itself, we take the influence on the variance.
    assert ours == pytest.approx(tuple(theirs), abs=0.06 * width)


def test_sign_flips_against_all_signs():
    differences = np.array([0.6, -0.2, 1.3, 0.9, -0.4, 2.2, 0.1])
    signs = np.array(list(itertools.product([-1, 1], repeat=7)))
    exact = np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9)
    assert sign_flip_p(differences, rng(0)) == pytest.approx(exact, abs=0.035)
    assert sign_flip_p(np.zeros(4), rng(0)) == 1


def test_permutation_p_against_all_permutations():
    a, b = np.array([1.0, 2.5, 4.1, 7.3]), np.array([3.2, 5.9, 8.8, 9.4])
    exact = stats.permutation_test(
        (a, b),
        lambda x, y, axis: np.abs(stats.ttest_ind(x, y, equal_var=False, axis=axis).statistic),
        n_resamples=np.inf, alternative="greater", vectorized=True,
    ).pvalue  # fmt: skip
    assert permutation_p(a, b, rng(0)) == pytest.approx(exact, abs=0.035)


def test_permutation_p_without_variation():
    assert permutation_p(np.ones(4), np.ones(5), rng(0)) == 1
