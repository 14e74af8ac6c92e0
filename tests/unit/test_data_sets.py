"""Ranks over data sets and what goes with them, against R, Demsar 2006 and simulation."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import ROOT, cases_by_r, has_r, run_r

from thousandfold.inference.population.data_sets import (
    critical_difference,
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
    ranking,
)
from thousandfold.inference.population.typical import median_interval, typical_verdict
from thousandfold.inference.verdicts import Verdict

# Table 6 of Demsar (2006): the AUC of C4.5, with -m, with -cf, with both. Of 0.975 twice, as it
# prints, the former has the better rank.
DEMSAR = np.array([
    [0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967],
    [0.628, 0.661, 0.654, 0.657], [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931],
    [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625], [0.775, 0.838, 0.866, 0.875],
    [1.000, 1.000, 1.000, 1.000], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
    [0.972, 0.981, 0.9751, 0.975], [0.957, 0.978, 0.946, 0.970],
])  # fmt: skip


def rng(seed=1):
    return np.random.default_rng(seed)


def assert_agrees_with_r(cases):
    for _, table, r in cases:
        found = ranking(table[["a", "b", "c"]].to_numpy(), 0.05, higher_is_better=True)
        assert found.mean_ranks == pytest.approx(list(r[["rank_a", "rank_b", "rank_c"]]))
        assert (found.friedman, found.friedman_p) == pytest.approx((r["chi_squared"], r["p"]))
        holm = [pair.p_holm for pair in found.pairs]
        assert holm == pytest.approx(list(r[["holm_ab", "holm_ac", "holm_bc"]]), rel=1e-9)
        assert found.critical_difference == pytest.approx(r["critical"], rel=1e-6)
        assert found.n_data_sets == len(table)


def test_against_stored_values_of_r():
    cases = cases_by_r("data_sets")
    assert len(cases) == 4
    assert_agrees_with_r(cases)


@pytest.mark.skipif(not has_r(), reason="R is not installed")
def test_against_r_itself(tmp_path):
    assert_agrees_with_r(cases_by_r("data_sets", run_r("data_sets", tmp_path)))


def test_the_example_of_demsar():
    """Section 3.2.2: ranks, Friedman's statistic, the critical differences at .05 and .10."""
    found = ranking(DEMSAR, 0.10, higher_is_better=True)
    assert found.mean_ranks == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    n, k = DEMSAR.shape
    # His chi-squared has no correction for ties.
    plain = 12 * n / (k * (k + 1)) * (np.sum(found.mean_ranks**2) - k * (k + 1) ** 2 / 4)
    assert plain == pytest.approx(9.28, abs=0.01)
    assert found.friedman > plain
    assert found.friedman_p < stats.chi2.sf(plain, k - 1)
    assert critical_difference(4, 14, 0.05) == pytest.approx(1.25, abs=0.005)
    assert found.critical_difference == pytest.approx(1.12, abs=0.005)
    # "At p = .10 ... C4.5 is significantly worse than C4.5+m and C4.5+m+cf", C4.5+cf neither way.
    different = [(p.first, p.second) for p in found.pairs if not p.is_within_critical_difference]
    assert different == [(0, 1), (0, 3)]
    assert found.groups == ((3, 1, 2), (2, 0))


@pytest.mark.parametrize(
    ("k", "alpha", "q"),
    [(2, 0.05, 1.960), (4, 0.05, 2.569), (10, 0.05, 3.164), (2, 0.10, 1.645), (10, 0.10, 2.920)],
)
def test_the_table_of_critical_values(k, alpha, q):
    """Demsar's table 5a."""
    assert critical_difference(k, 1, alpha) / math.sqrt(k * (k + 1) / 6) == pytest.approx(
        q, abs=1e-3
    )


def test_one_score_per_data_set():
    table = pd.read_csv(ROOT / "tests/cases/tables/demsar.csv")
    scores = table.pivot_table(index="series", columns="scenario", values="accuracy")
    found = ranking(scores[["ours", "base", "svm"]].to_numpy(), 0.05, higher_is_better=True)
    assert found.n_data_sets == 12
    # By hand: ours is first on eleven, second on d10.
    assert found.mean_ranks[0] == pytest.approx(13 / 12)
    assert found.groups == ((1, 2),)
    effects = (scores["ours"] - scores["base"]).to_numpy()
    interval = median_interval(effects, 0.05)
    ordered = np.sort(effects)
    assert (interval.low, interval.high) == (ordered[2], ordered[9])
    assert typical_verdict("greater", interval, 0.1) == Verdict.SUPPORTED


def test_ranks_of_errors_are_the_other_way_round():
    scores = rng().normal(0, 1, (12, 4))
    higher = ranking(scores, 0.05, higher_is_better=True)
    lower = ranking(-scores, 0.05, higher_is_better=False)
    assert (higher.mean_ranks == lower.mean_ranks).all()
    assert [pair.p for pair in higher.pairs] == [pair.p for pair in lower.pairs]
    reverse = ranking(scores, 0.05, higher_is_better=False)
    assert reverse.mean_ranks == pytest.approx(5 - higher.mean_ranks)


def test_methods_that_are_all_the_same():
    found = ranking(np.ones((5, 3)), 0.05, higher_is_better=True)
    assert (found.friedman, found.friedman_p) == (0, 1)
    assert found.groups == ((0, 1, 2),)
    assert all(pair.p == 1 for pair in found.pairs)


def test_methods_that_are_all_apart():
    found = ranking(np.tile([3.0, 1, 2], (60, 1)), 0.05, higher_is_better=True)
    assert found.groups == ()
    assert found.mean_ranks.tolist() == [1, 3, 2]
    assert not any(pair.is_within_critical_difference for pair in found.pairs)


@pytest.mark.parametrize("scores", [np.ones((5, 2)), np.ones((1, 3)), np.full((5, 3), np.nan)])
def test_what_a_ranking_needs(scores):
    with pytest.raises(ValueError, match="at least 3 methods"):
        ranking(scores, 0.05, higher_is_better=True)


# Over repeats


def test_the_interquartile_mean():
    scores = [np.arange(8.0), np.arange(8.0) + 100]
    # Of sixteen the middle eight: 4 to 7 and 100 to 103.
    found = interquartile_mean(scores, 0.05, rng())
    assert found.estimate == (4 + 5 + 6 + 7 + 100 + 101 + 102 + 103) / 8
    assert found.interval.low < found.estimate < found.interval.high
    assert found == interquartile_mean(scores, 0.05, rng())
    assert found != interquartile_mean(scores, 0.05, rng(2))


def test_single_repeats_tell_nothing_of_luck():
    scores = [np.array([1.0]), np.array([2.0, 3.0])]
    assert interquartile_mean(scores, 0.05, rng()).interval is None
    assert interquartile_mean(scores, 0.05, rng()).estimate == 2


def test_resampling_stays_within_data_sets():
    """Data sets whose repeats agree leave nothing to luck, however far apart these are."""
    found = interquartile_mean([np.full(5, 1.0), np.full(5, 100.0)], 0.05, rng())
    assert found.interval.low == found.interval.high == found.estimate


def test_the_probability_of_improvement():
    a, b = [np.array([3.0, 4]), np.array([1.0, 1, 5])], [np.array([1.0, 2]), np.array([1.0, 6])]
    # 4 of 4 pairs; of 6 pairs 1 won, 2 tied.
    expected = (1 + (1 + 2 / 2) / 6) / 2
    found = probability_of_improvement(a, b, 0.05, rng(), higher_is_better=True)
    assert found.estimate == pytest.approx(expected)
    lower = probability_of_improvement(a, b, 0.05, rng(), higher_is_better=False)
    assert lower.estimate == pytest.approx(1 - expected)
    assert found.interval.low < expected < found.interval.high
    assert found.interval.high - found.interval.low < 1
    same = probability_of_improvement(a, a, 0.05, rng(), higher_is_better=True)
    assert same.estimate == 0.5


def test_performance_profiles():
    scores = [np.array([1.0, 2, 3, 4]), np.array([3.0, 9])]
    places = np.array([0.0, 2, 3, 10])
    found = performance_profile(scores, places, 0.05, rng(), higher_is_better=True)
    # The share of each data set, each counting as much.
    assert [at.estimate for at in found] == [1, (0.5 + 1) / 2, (0.25 + 0.5) / 2, 0]
    lows, highs = zip(*[(at.interval.low, at.interval.high) for at in found], strict=True)
    assert list(lows) == sorted(lows, reverse=True)
    assert list(highs) == sorted(highs, reverse=True)
    assert (lows[0], highs[0]) == (1, 1)


def test_performance_profiles_of_errors_count_what_is_below():
    scores, places = [np.array([1.0, 2, 3, 4]), np.array([3.0, 9])], np.array([1.0, 3, 9.5])
    found = performance_profile(scores, places, 0.05, rng(), higher_is_better=False)
    assert [at.estimate for at in found] == [0, (0.5 + 0) / 2, 1]
    mirrored = performance_profile(
        [-stratum for stratum in scores], -places, 0.05, rng(), higher_is_better=True
    )
    assert found == mirrored


def test_bands_of_performance_profiles_are_those_of_binomials():
    """The number of resampled repeats beyond a threshold is binomial on each data set."""
    scores = [rng(1).normal(size=40), rng(2).normal(1, 1, size=25)]
    (found,) = performance_profile(scores, np.array([0.3]), 0.05, rng(), higher_is_better=True)
    drawn = [
        rng(3 + index).binomial(len(own), (own > 0.3).mean(), 100_000) / len(own)
        for index, own in enumerate(scores)
    ]
    low, high = np.quantile(np.mean(drawn, axis=0), [0.025, 0.975])
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=0.02)
    assert found.interval.level == 0.95


def test_bands_of_performance_profiles_are_those_of_scipy():
    """One data set, so that the stratified bootstrap is the usual one."""
    own = rng(4).exponential(size=60)
    (found,) = performance_profile([own], np.array([0.7]), 0.1, rng(), higher_is_better=True)
    r = stats.bootstrap(
        (own,), lambda x, axis: (x > 0.7).mean(axis=axis), confidence_level=0.9,
        method="percentile", n_resamples=9999, rng=rng(5),
    ).confidence_interval  # fmt: skip
    assert (found.interval.low, found.interval.high) == pytest.approx((r.low, r.high), abs=0.02)


def test_single_scores_have_profiles_without_bands():
    scores = [np.array([1.0]), np.array([3.0])]
    found = performance_profile(scores, np.array([2.0]), 0.05, rng(), higher_is_better=True)
    assert found == [type(found[0])(0.5, None)]
