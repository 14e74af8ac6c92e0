"""What is said of a population of series, against R, exact theory and worked examples."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from support import ROOT, cases_by_r, has_r, run_r

from thousandfold.inference.intervals import Interval, percentile_interval
from thousandfold.inference.population.between import (
    between_series,
    paule_mandel,
    weighted_mean,
)
from thousandfold.inference.population.clusters import clustered_mean, clustered_median
from thousandfold.inference.population.new_series import new_series_interval
from thousandfold.inference.population.per_series import exploratory_p
from thousandfold.inference.population.shares import (
    Share,
    as_claimed,
    calibrated_effects,
    calibrated_share_of_series,
    share_interval,
    share_of_series,
    share_verdict,
)
from thousandfold.inference.population.typical import (
    mean_interval,
    mean_rests_on_extremes,
    median_interval,
    trimmed_mean_interval,
    typical_effect,
    typical_verdict,
)
from thousandfold.inference.verdicts import Verdict, margins_of_change


def rng(seed=1):
    return np.random.default_rng(seed)


def ends(interval):
    return (math.nan, math.nan) if interval is None else (interval.low, interval.high)


def assert_agrees_with_r(cases):
    for _, table, r in cases:
        d, v, clusters = (table[name].to_numpy() for name in ("d", "v", "cluster"))
        typical = typical_effect(d, 0.01)
        between = between_series(d, v, np.full(len(d), 10), 0.01)
        clustered = clustered_mean(d, clusters, 0.01)
        share = share_of_series(d, "greater", 0.5, 0.01)
        found = {
            "tau": (between.tau,),
            "tau_low tau_high": ends(between.tau_interval),
            "mean": (between.mean,),
            "mean_low mean_high": ends(between.mean_interval),
            "t_low t_high": ends(typical.mean_interval),
            "trimmed": (typical.trimmed_mean,),
            "trimmed_low trimmed_high": ends(typical.trimmed_mean_interval),
            "median_low median_high": ends(typical.median_interval),
            "clustered_df": (clustered.df,),
            "clustered_low clustered_high": ends(clustered.interval),
            "share_low share_high": ends(share.interval),
            "calibrated": (np.mean(calibrated_effects(d, v) > 0.5),),
        }
        for names, values in found.items():
            expected = [float(r[name]) for name in names.split()]
            # R's optimum of tau^2 is to 1e-14, of which tau is the root.
            assert values == pytest.approx(expected, rel=1e-6, abs=1e-6, nan_ok=True), names
        intervals = [
            typical.mean_interval, typical.trimmed_mean_interval, between.tau_interval,
            between.mean_interval, clustered.interval, share.interval,
        ]  # fmt: skip
        assert all(interval.level == 0.99 for interval in intervals)
        assert typical.mean == pytest.approx(d.mean())
        assert typical.median == pytest.approx(np.median(d))
        assert typical.n_series == share.n_series == len(d)
        assert clustered.n_clusters == table["cluster"].nunique()


def test_against_stored_values_of_r():
    cases = cases_by_r("population")
    assert len(cases) == 7
    assert_agrees_with_r(cases)


@pytest.mark.skipif(not has_r("metafor", "clubSandwich"), reason="R or a package is not installed")
def test_against_r_itself(tmp_path):
    assert_agrees_with_r(cases_by_r("population", run_r("population", tmp_path)))


# The typical effect


@pytest.mark.parametrize(
    ("n", "rank", "level"),
    [
        (6, 1, 0.96875), (8, 1, 0.9921875), (9, 2, 0.9609375), (10, 2, 0.978515625),
        (15, 4, 0.96484375), (20, 6, 0.9586105), (30, 10, 0.9572260), (100, 40, 0.9647998),
    ],
)  # fmt: skip
def test_the_medians_ranks_are_those_of_printed_tables(n, rank, level):
    """As in Conover's table of the binomial distribution at p = 1/2."""
    effects = rng().permutation(np.arange(1.0, n + 1))
    interval = median_interval(effects, 0.05)
    assert ends(interval) == (rank, n + 1 - rank)
    assert interval.level == pytest.approx(level, abs=1e-7)


@pytest.mark.parametrize(("n", "k"), [(6, 1), (7, 2), (10, 15), (11, 50)])
def test_a_median_has_an_interval_from_so_many_series(n, k):
    assert 2 ** (2 - n) > 0.05 / k >= 2 ** (1 - n)
    assert median_interval(np.arange(n - 1.0), 0.05 / k) is None
    assert ends(median_interval(np.arange(float(n)), 0.05 / k)) == (0, n - 1)


def test_ten_data_sets_trained_elsewhere():
    table = pd.read_csv(ROOT / "tests/cases/tables/ten.csv")
    means = table.pivot_table(index="series", columns="scenario", values="accuracy")
    effects = (means["ours"] - means["base"]).to_numpy()
    interval = typical_effect(effects, 0.05).median_interval
    assert ends(interval) == pytest.approx((1.01, 1.80), abs=0.005)
    assert typical_verdict("greater", interval, 0.5) == Verdict.SUPPORTED
    assert typical_verdict("less", interval, 0.5) == Verdict.CONTRADICTED
    assert typical_verdict("greater", interval, 1.5) == Verdict.DIRECTION_SUPPORTED
    equivalent_above, exceeded_below = margins_of_change(*ends(interval))
    assert typical_verdict("greater", interval, exceeded_below * 0.999) == Verdict.SUPPORTED
    assert typical_verdict("greater", interval, exceeded_below) != Verdict.SUPPORTED
    assert typical_verdict("greater", interval, equivalent_above) != Verdict.NO_DIFFERENCE
    assert typical_verdict("greater", interval, equivalent_above * 1.001) == Verdict.NO_DIFFERENCE


def test_without_an_interval_nothing_is_decided():
    for expect in ("less", "greater", "different", "equivalent"):
        assert typical_verdict(expect, None, 1.0) == Verdict.UNDECIDED


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60), st.sampled_from([0.05, 0.01]))
@settings(max_examples=50, deadline=None)
def test_intervals_of_the_typical_effect_are_mirrored_with_the_effects(values, alpha):
    effects = np.array(values)
    for interval_of in (median_interval, mean_interval, trimmed_mean_interval):
        low, high = ends(interval_of(effects, alpha))
        mirrored = ends(interval_of(-effects, alpha))
        assert mirrored == pytest.approx((-high, -low), rel=1e-9, abs=1e-6, nan_ok=True)


def test_effects_that_do_not_vary():
    same = np.full(8, 3.0)
    typical = typical_effect(same, 0.05)
    assert ends(typical.median_interval) == (3, 3)
    assert typical.mean_interval is None
    assert typical.trimmed_mean_interval is None
    # Of five the middle three are the same.
    assert trimmed_mean_interval(np.array([0.0, 3, 3, 3, 9]), 0.05) is None
    assert trimmed_mean_interval(np.array([0.0, 3, 3.1, 3, 9]), 0.05) is not None


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_few_series(n):
    effects = np.arange(n) + 1.0
    typical = typical_effect(effects, 0.05)
    assert typical.median_interval is None
    assert (typical.mean_interval is None) == (n == 1)
    assert typical.median == typical.mean == (n + 1) / 2


@pytest.mark.parametrize("effects", [[], [1.0, math.nan], [math.inf, 1.0]])
def test_effects_have_to_be_known(effects):
    for function in (
        lambda d: typical_effect(d, 0.05),
        new_series_interval,
        lambda d: share_of_series(d, "less", 1, 0.05),
        lambda d: clustered_mean(d, np.zeros(len(d)), 0.05),
        lambda d: clustered_median(d, np.zeros(len(d)), 0.05),
    ):
        with pytest.raises(ValueError, match="finite effect of at least one series"):
            function(np.array(effects))


def test_a_mean_that_rests_on_extremes():
    bulk = 1 + rng().normal(0, 0.1, 199)
    assert not mean_rests_on_extremes(bulk, 0.05, "greater", 0.5)
    # Two in 201 take the interval from above the margin to around it, and so does one of them.
    assert mean_rests_on_extremes(np.append(bulk, [-200.0, -150]), 0.05, "greater", 0.5)
    # With a third one left, which is more than 1 %, it stays there.
    three = np.append(bulk[:197], [-200.0, -150, -100])
    assert not mean_rests_on_extremes(three, 0.05, "greater", 0.5)
    # The one that is farthest from the median, not the largest.
    assert mean_rests_on_extremes(np.append(bulk[:20], -30), 0.05, "greater", 0.5)
    # Without one of two there is no interval.
    assert mean_rests_on_extremes(np.array([1.0, 1.001]), 0.05, "greater", 0.5)
    assert not mean_rests_on_extremes(np.array([1.0, 3.0]), 0.05, "greater", 0.5)
    assert not mean_rests_on_extremes(np.array([1.0]), 0.05, "greater", 0.5)


# A new series


@pytest.mark.parametrize(
    ("n", "rank", "level"),
    [
        (2, 1, 1 / 3), (3, 1, 1 / 2), (10, 1, 9 / 11), (38, 1, 37 / 39), (39, 1, 0.95),
        (78, 1, 77 / 79), (79, 2, 0.95), (119, 3, 0.95), (1045, 26, 994 / 1046),
    ],
)  # fmt: skip
def test_what_a_new_series_may_expect(n, rank, level):
    interval = new_series_interval(rng().permutation(np.arange(1.0, n + 1)))
    assert ends(interval) == (rank, n + 1 - rank)
    assert interval.level == pytest.approx(level, abs=1e-12)


def test_of_one_series_nothing_is_expected_of_another():
    assert new_series_interval(np.array([1.0])) is None


# Shares


def test_effects_as_claimed():
    effects = np.array([-2.0, -1, -0.5, 0, 1, 3])
    assert as_claimed(effects, "less", 1).tolist() == [True, False, False, False, False, False]
    assert as_claimed(effects, "more_stable", 0.4).sum() == 3
    assert as_claimed(effects, "greater", 1).tolist() == [False] * 5 + [True]
    assert as_claimed(effects, "different", 1).tolist() == [True, False, False, False, False, True]
    assert as_claimed(effects, "equivalent", 1).tolist() == [False, False, True, True, False, False]
    assert as_claimed(effects, "less", 0).sum() == 3
    with pytest.raises(ValueError, match="precision"):
        as_claimed(effects, "precision", 1)


def test_intervals_of_shares():
    """At 10 of 10 the lower end is (alpha / 2)^(1/10); Clopper and Pearson's own 0 of 10."""
    assert ends(share_interval(10, 10, 0.05)) == pytest.approx((0.025**0.1, 1))
    assert ends(share_interval(0, 10, 0.05)) == pytest.approx((0, 0.3085), abs=5e-5)
    assert share_interval(3, 10, 0.05).level == 0.95
    low, high = ends(share_interval(3, 10, 0.05))
    assert stats.binom.sf(2, 10, low) == pytest.approx(0.025)
    assert stats.binom.cdf(3, 10, high) == pytest.approx(0.025)


def share(low, high, calibrated=None):
    inside = None if calibrated is None else Interval(*calibrated, 0.95)
    return Share(10, 5, Interval(low, high, 0.95), None if inside is None else 0.5, inside)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (share(0.8, 0.9), "supported"),
        (share(0.8, 0.9, (0.1, 0.2)), "supported"),
        (share(0.79, 0.9, (0.9, 1)), "undecided"),
        (share(0.1, 0.79, (0.2, 0.79)), "contradicted"),
        (share(0.1, 0.8, (0.2, 0.79)), "undecided"),
        (share(0.1, 0.79, (0.2, 0.8)), "undecided"),
        (share(0.1, 0.79), "undecided"),
    ],
)
def test_verdicts_on_shares(found, verdict):
    assert share_verdict(found, 0.8) == verdict


def test_calibrated_shares_of_series_that_agree():
    """The bootstrap alone would claim [1, 1] of ten."""
    effects, variances = 2 + rng().normal(0, 0.1, 10), np.full(10, 0.01)
    found = calibrated_share_of_series(effects, variances, "greater", 1, 0.05, rng())
    assert ends(found.calibrated_interval) == (1, 1)
    assert found.share == found.calibrated == 1
    assert found.interval == share_interval(10, 10, 0.05)
    assert share_verdict(found, 0.6) == Verdict.SUPPORTED
    assert share_verdict(found, 0.8) == Verdict.UNDECIDED


def test_calibrated_effects_have_the_spread_of_true_ones():
    truth = rng(1).normal(1, 1, 200_000)
    variances = rng(2).uniform(0.2, 2, truth.size)
    estimates = truth + rng(3).normal(0, np.sqrt(variances))
    calibrated = calibrated_effects(estimates, variances)
    assert calibrated.std() == pytest.approx(1, abs=0.01)
    assert np.mean(calibrated > 2) == pytest.approx(stats.norm.sf(1), abs=0.003)
    assert np.mean(estimates > 2) > stats.norm.sf(1) + 0.03


def tau_squared_by_bisection(d, v):
    def excess(tau_squared):
        weights = 1 / (v + tau_squared)
        mean = np.average(d, weights=weights)
        return np.sum(weights * (d - mean) ** 2) - (len(d) - 1)

    return 0.0 if excess(0) <= 0 else optimize.brentq(excess, 0, 1e6, xtol=1e-12)


def test_resampled_shares_have_their_seed():
    effects, variances = rng().normal(0, 1, 40), rng(2).uniform(0.1, 1, 40)
    args = effects, variances, "less", 0.2, 0.05
    first, again, other = (calibrated_share_of_series(*args, rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first.calibrated == other.calibrated
    source, shares = rng(3), []
    for _ in range(1000):
        picks = source.integers(40, size=40)
        d, v = effects[picks], variances[picks]
        tau_squared = tau_squared_by_bisection(d, v)
        mean = np.average(d, weights=1 / (v + tau_squared))
        shrunk = mean + (d - mean) * np.sqrt(tau_squared / (tau_squared + v))
        shares.append(np.mean(shrunk < -0.2))
    expected = np.quantile(shares, [0.025, 0.975])
    assert ends(other.calibrated_interval) == pytest.approx(expected, abs=0.05)


# Between series


def test_the_model_needs_known_variances():
    effects, variances, enough = np.array([1.0, 2, 4]), np.full(3, 0.1), np.full((3, 2), 10)
    assert between_series(effects, variances, enough, 0.05) is not None
    assert between_series(effects, variances, enough + 1, 0.05) is not None
    few = enough.copy()
    few[1, 1] = 9
    assert between_series(effects, variances, few, 0.05) is None
    assert between_series(effects, np.array([0.1, 0, 0.1]), enough, 0.05) is None
    assert between_series(effects[:1], variances[:1], enough[:1], 0.05) is None
    assert between_series(effects[:2], variances[:2], enough[:2], 0.05) is not None


@given(st.integers(2, 40), st.integers(0, 10_000))
@settings(max_examples=100, deadline=None)
def test_tau_makes_q_what_is_expected(n, seed):
    source = rng(seed)
    effects = source.standard_t(1, n) * 10 ** source.uniform(-3, 3)
    variances = 10 ** source.uniform(-6, 3, n)
    tau_squared = paule_mandel(effects, variances)
    weights = 1 / (variances + tau_squared)
    mean = weighted_mean(effects, variances, tau_squared)
    assert mean == pytest.approx(np.average(effects, weights=weights))
    q = np.sum(weights * (effects - mean) ** 2)
    assert q == pytest.approx(n - 1, rel=1e-9) or (tau_squared == 0 and q < n - 1)


def test_many_samples_at_once_are_each_alone():
    effects, variances = rng().standard_t(2, (20, 15)), rng(2).exponential(0.5, (20, 15))
    alone = [paule_mandel(d, v) for d, v in zip(effects, variances, strict=True)]
    assert paule_mandel(effects, variances) == pytest.approx(alone, rel=1e-10)


def test_equal_variances_have_a_closed_form():
    effects = rng().normal(0, 1, 25)
    between = between_series(effects, np.full(25, 0.2), np.full(25, 10), 0.05)
    assert between.tau**2 == pytest.approx(effects.var(ddof=1) - 0.2, rel=1e-12)
    total = effects.var(ddof=1) * 24
    squares = [total / stats.chi2.isf(p, 24) - 0.2 for p in (0.025, 0.975)]
    assert np.square(ends(between.tau_interval)) == pytest.approx(squares, rel=1e-10)
    assert ends(between.mean_interval) == pytest.approx(ends(mean_interval(effects, 0.05)))


def test_effects_that_are_all_the_same():
    between = between_series(np.full(5, 2.0), np.full(5, 0.1), np.full(5, 10), 0.05)
    assert (between.tau, between.mean) == (0, 2)
    assert ends(between.tau_interval) == (0, 0)
    assert ends(between.mean_interval) == (2, 2)


# Clusters


def test_series_that_are_clusters_of_their_own():
    effects = rng().lognormal(0, 1, 101)
    alone = clustered_mean(effects, np.arange(101), 0.05)
    assert alone.df == pytest.approx(100)
    assert ends(alone.interval) == pytest.approx(ends(mean_interval(effects, 0.05)))
    median = clustered_median(effects, np.arange(101), 0.05)
    ordered, exact = np.sort(effects), median_interval(effects, 0.05)
    assert median.estimate == np.median(effects)
    assert median.interval.level == alone.interval.level == 0.95
    off = [
        int(np.searchsorted(ordered, got) - np.searchsorted(ordered, end))
        for got, end in zip(ends(median.interval), ends(exact), strict=True)
    ]
    assert np.abs(off).max() <= 1


def test_copies_add_nothing():
    """Clusters of identical series are worth one series each."""
    effects = rng().normal(0, 1, 30)
    copies, labels = np.repeat(effects, 4), np.repeat([f"c{i}" for i in range(30)], 4)
    assert clustered_mean(copies, labels, 0.05).df == pytest.approx(29)
    assert ends(clustered_mean(copies, labels, 0.05).interval) == pytest.approx(
        ends(mean_interval(effects, 0.05))
    )
    alone = clustered_median(effects, np.arange(30), 0.05)
    assert ends(clustered_median(copies, labels, 0.05).interval) == ends(alone.interval)
    assert mean_interval(copies, 0.05).low > mean_interval(effects, 0.05).low


def test_too_few_clusters():
    effects = rng().normal(5, 1, 20)
    one = clustered_mean(effects, np.zeros(20), 0.05)
    assert one.interval is None
    assert one.n_clusters == 1
    assert clustered_median(effects, np.zeros(20), 0.05).interval is None
    assert clustered_median(effects, np.arange(20) // 10, 0.05).interval is None
    assert clustered_mean(effects, np.arange(20) // 10, 0.05).interval is not None
    assert clustered_mean(np.full(6, 2.0), np.arange(6), 0.05).interval is None
    assert ends(clustered_median(np.full(6, 2.0), np.arange(6), 0.05).interval) == (2, 2)


def test_clustered_intervals_cover():
    """Sources of unequal size with an effect of their own: the naive median misses often."""
    draws, missed, naive, mean_missed = 600, 0, 0, 0
    sizes = np.tile([2, 3, 5, 10], 8)
    labels = np.repeat(np.arange(32), sizes)
    for seed in range(draws):
        source = rng(seed)
        effects = source.normal(0, 1, 32)[labels] + source.normal(0, 1, labels.size)
        low, high = ends(clustered_median(effects, labels, 0.05).interval)
        missed += not low <= 0 <= high
        low, high = ends(clustered_mean(effects, labels, 0.05).interval)
        mean_missed += not low <= 0 <= high
        low, high = ends(median_interval(effects, 0.05))
        naive += not low <= 0 <= high
    tolerance = 3.5 * math.sqrt(0.05 * 0.95 / draws)
    assert missed / draws < 0.05 + tolerance
    assert mean_missed / draws == pytest.approx(0.05, abs=tolerance)
    assert naive / draws > 0.15


# Single series


def test_exploratory_p_is_that_of_r():
    """R's p.adjust(..., "BY")."""
    p = np.array([[0.001, 0.008, 0.039, 0.041], [0.042, 0.06, 0.074, 0.205]])
    expected = [
        [0.02174285714, 0.08697142857, 0.18264, 0.18264],
        [0.18264, 0.21742857143, 0.22985306122, 0.55716071429],
    ]
    assert exploratory_p(p) == pytest.approx(np.array(expected), rel=1e-9)


def test_a_claim_without_p_does_not_count():
    p = np.array([0.01, math.nan, 0.02])
    assert exploratory_p(p) == pytest.approx(np.array([0.03, math.nan, 0.03]), nan_ok=True)
    assert np.isnan(exploratory_p(np.array([math.nan]))).all()


# Intervals


def test_percentile_intervals():
    draws = rng().permutation(np.arange(1.0, 1001))
    assert percentile_interval(draws, 0.05) == Interval(25, 975, 0.95)


def test_margins_of_change():
    assert margins_of_change(1, 3) == (3, 1)
    assert margins_of_change(-4, -2) == (4, 2)
    assert margins_of_change(-1, 3) == (3, 0)
