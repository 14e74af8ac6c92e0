"""Estimates, intervals and tests against R, statsmodels, published examples and their definition."""

import itertools
import math
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW, ttost_ind
from support import ROOT, sample

from thousandfold.inference.estimates import (
    Approximation,
    PrecisionEstimate,
    deviation,
    mean_difference,
    mean_of_differences,
    moments,
    spread_ratio,
    spread_ratio_of_pairs,
)
from thousandfold.inference.precision import describe
from thousandfold.inference.ranks import mann_whitney

R = ROOT / "tests/r"
LEAST_COMPARABLE_P = 1e-290


def close(ours, theirs, relative):
    return ours == pytest.approx(theirs, rel=relative, abs=0)


def assert_agrees_with_r(samples, expected):
    for row in expected.to_dict("records"):
        a, b = (samples.loc[samples["scenario"] == row[x], "rmse"].to_numpy() for x in "ab")
        estimate = mean_difference(a, b)
        assert close(estimate.difference / estimate.standard_error, row["t"], 1e-9)
        assert close(estimate.df, row["df"], 1e-9)
        low, high = estimate.interval(1 - row["level"])
        scale = max(abs(row["low"]), abs(row["high"]))
        assert low == pytest.approx(row["low"], abs=1e-8 * scale)
        assert high == pytest.approx(row["high"], abs=1e-8 * scale)
        # R is asked for the asymptotic p.
        result = stats.mannwhitneyu(a, b, method="asymptotic")
        u, rank_p = result.statistic, result.pvalue
        if len(np.unique([*a, *b])) < len([*a, *b]) or max(len(a), len(b)) > 20:
            assert mann_whitney(a, b) == pytest.approx((u, rank_p))
        assert close(u, row["u"], 1e-9)
        for ours, theirs in [(estimate.p_difference(), row["p"]), (rank_p, row["rank_p"])]:
            if theirs > LEAST_COMPARABLE_P:
                assert close(ours, theirs, 1e-6)
        ours = describe(sample(a))
        for name in ("std", "q25", "median"):
            assert close(ours[name], row[{"std": "sd_a"}.get(name, f"{name}_a")], 1e-9)


def test_against_stored_values_of_r():
    assert_agrees_with_r(pd.read_csv(R / "samples.csv"), pd.read_csv(R / "expected.csv"))


@pytest.mark.skipif(not shutil.which("Rscript"), reason="R is not installed")
def test_against_r_itself(tmp_path):
    rng = np.random.default_rng(1)
    draws = {
        "normal": rng.normal(100, 8, 1000), "narrow": rng.normal(95, 1, 1000),
        "skewed": rng.lognormal(4.6, 0.1, 300), "heavy": 100 + rng.standard_t(3, 1000),
        "few": rng.normal(100, 8, 3), "rounded": rng.normal(100, 8, 200).round(),
    }  # fmt: skip
    samples = pd.DataFrame(
        [(name, value) for name, values in draws.items() for value in values],
        columns=["scenario", "rmse"],
    )
    pairs = [(a, b, 0.99) for a, b in itertools.permutations(draws, 2)]
    samples.to_csv(tmp_path / "samples.csv", index=False)
    pd.DataFrame(pairs, columns=["a", "b", "level"]).to_csv(tmp_path / "pairs.csv", index=False)
    files = [tmp_path / name for name in ("samples.csv", "pairs.csv", "expected.csv")]
    subprocess.run(["Rscript", R / "reference.R", *files], check=True)
    assert_agrees_with_r(samples, pd.read_csv(files[2]))


def test_the_sleep_data():
    """Student's sleep data as R's documentation prints its Welch test."""
    a = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    b = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    estimate = mean_difference(a, b)
    assert estimate.difference / estimate.standard_error == pytest.approx(-1.8608, abs=5e-5)
    assert estimate.df == pytest.approx(17.776, abs=5e-4)
    assert estimate.p_difference() == pytest.approx(0.07939, abs=5e-6)
    assert estimate.interval(0.05) == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)


@pytest.mark.parametrize("seed", range(5))
def test_equivalence_against_statsmodels(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0, 1, 40), rng.normal(0.2, 3, 70)
    p, _, _ = ttost_ind(a, b, -1, 1, usevar="unequal")
    assert close(mean_difference(a, b).p_equivalence(1), p, 1e-9)
    comparison = CompareMeans(DescrStatsW(a), DescrStatsW(b))
    interval = comparison.tconfint_diff(0.01, usevar="unequal")
    assert mean_difference(a, b).interval(0.01) == pytest.approx(interval, rel=1e-9)


def test_minimal_effect_p_is_the_one_sided_test_of_a_shifted_sample():
    rng = np.random.default_rng(3)
    a, b = rng.normal(3, 1, 40), rng.normal(0, 2, 50)
    expected = stats.ttest_ind(a - 2, b, equal_var=False, alternative="greater").pvalue
    assert close(mean_difference(a, b).p_minimal_effect(2), expected, 1e-9)
    assert close(mean_difference(b, a).p_minimal_effect(2), expected, 1e-9)


def test_decisions_by_interval_and_by_p_agree():
    rng = np.random.default_rng(4)
    for _ in range(500):
        a, b = rng.normal(rng.normal(), 1, 20), rng.normal(0, 2, 15)
        estimate, margin, alpha = mean_difference(a, b), rng.uniform(0.2, 3), 0.05
        low, high = estimate.interval(alpha)
        assert (estimate.p_difference() < alpha) == (low > 0 or high < 0)
        assert (2 * estimate.p_equivalence(margin) < alpha) == (-margin < low and high < margin)
        assert (2 * estimate.p_minimal_effect(margin) < alpha) == (low > margin or high < -margin)


def test_spread_of_normal_samples_has_its_known_error():
    """For a normal sample, var(log mean absolute deviation) is about (pi/2 - 1) / n."""
    rng = np.random.default_rng(5)
    estimate = spread_ratio(rng.normal(0, 2, 200_000), rng.normal(7, 1, 100_000))
    assert math.exp(estimate.difference) == pytest.approx(2, rel=0.01)
    assert estimate.estimate_a == pytest.approx(2 * math.sqrt(2 / math.pi), rel=0.01)
    expected = math.sqrt((math.pi / 2 - 1) * (1 / 200_000 + 1 / 100_000))
    assert estimate.standard_error == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("draw", ["normal", "exponential", "laplace"])
def test_the_spread_interval_covers_as_often_as_it_says(draw):
    """2,000 draws of n = 100: the Monte-Carlo error of a rate of .95 is .005."""
    rng = np.random.default_rng(6)
    sample = getattr(rng, draw)
    hits = 0
    for _ in range(2000):
        low, high = spread_ratio(sample(size=100), 3 * sample(size=100)).interval(0.05)
        hits += low < math.log(1 / 3) < high
    assert hits / 2000 == pytest.approx(0.95, abs=0.02)


def test_a_swap_mirrors_everything():
    rng = np.random.default_rng(7)
    a, b = rng.normal(0, 1, 30), rng.normal(1, 2, 40)
    for compare in (mean_difference, spread_ratio):
        one, other = compare(a, b), compare(b, a)
        assert one.interval(0.05) == pytest.approx([-x for x in other.interval(0.05)][::-1])
        assert one.p_difference() == pytest.approx(other.p_difference())


@pytest.mark.parametrize("d", [0, 2, 7])
def test_samples_that_do_not_vary_have_no_interval(d):
    estimate = mean_difference(np.full(5, 100.0 + d), np.full(8, 100.0))
    assert estimate.difference == d
    assert not estimate.is_known
    assert np.isnan(estimate.interval(0.05)).all()
    assert np.isnan([estimate.p_difference(), estimate.p_equivalence(5)]).all()


def test_without_variation_in_either_there_is_no_ratio_of_spreads():
    constant, varied = np.full(5, 3.0), np.arange(5.0)
    for a, b in [(constant, constant), (constant, varied), (varied, constant)]:
        assert np.isnan(spread_ratio(a, b).interval(0.05)).all()


def test_one_constant_sample():
    estimate = mean_difference(np.full(5, 3.0), np.arange(5.0))
    assert estimate.df == pytest.approx(4)
    assert np.isfinite(estimate.interval(0.05)).all()


SAMPLES = {
    name: values.to_numpy()
    for name, values in pd.read_csv(R / "precision_samples.csv").groupby("sample")["value"]
}


@pytest.mark.parametrize("row", pd.read_csv(R / "precision_expected.csv").to_dict("records"),
                         ids=lambda row: f"{row['sample']}-{row['alpha']:.2g}")  # fmt: skip
def test_the_interval_of_a_deviation_against_r(row):
    found = deviation(SAMPLES[row["sample"]])
    assert close(found.value, row["sd"], 1e-12)
    low, high = found.interval(row["alpha"])
    assert close(low, row["low"], 1e-9)
    assert close(high, row["high"], 1e-9)


SPREADS = pd.read_csv(R / "spread_expected.csv")


@pytest.mark.parametrize(
    ("form", "compare"),
    [("independent", spread_ratio), ("bonett_seier", spread_ratio_of_pairs)],
)
def test_the_ratio_of_spreads_against_r(form, compare):
    rows = SPREADS[SPREADS["form"] == form].to_dict("records")
    assert len(rows) == 16
    for row in rows:
        a, b = (SAMPLES[row[end]][: row["n"]] for end in "ab")
        estimate = compare(a, b)
        assert close(estimate.difference, row["log_ratio"], 1e-9)
        assert close(estimate.standard_error, row["se"], 1e-9)
        assert estimate.df == row["df"]
        low, high = estimate.interval(row["alpha"])
        assert close(low, row["low"], 1e-9)
        assert close(high, row["high"], 1e-9)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_four_values_have_no_interval_of_their_deviation(n):
    values = np.random.default_rng(n).normal(size=n)
    assert np.isnan(deviation(values).interval(0.05)).all()
    assert np.isfinite(deviation(values).value)


def test_a_level_that_five_values_cannot_reach():
    """Bonett's correction n / (n - z) is then none."""
    assert deviation(np.arange(5.0)).interval(1e-7) == (0, math.inf)


@pytest.mark.parametrize("scale", [1e-160, 1e-90, 1.0, 1e99])
def test_huge_and_tiny_values_lose_nothing(scale):
    rng = np.random.default_rng(8)
    a, b = rng.normal(1, 1, 30), rng.normal(0, 2, 20)
    for compare in (mean_difference, spread_ratio):
        one, other = compare(a, b), compare(scale * a, scale * b)
        factor = scale if compare is mean_difference else 1.0
        assert close(other.difference, factor * one.difference, 1e-9)
        assert close(other.standard_error, factor * one.standard_error, 1e-9)
        assert close(other.df, one.df, 1e-9)
    low, high = deviation(a).interval(0.05)
    assert deviation(scale * a).interval(0.05) == pytest.approx(
        (scale * low, scale * high), rel=1e-9, abs=0
    )


@pytest.mark.parametrize(("n_a", "n_b", "margin"), [(30, 30, 0.9), (10, 25, 0.2), (5, 5, 0.01)])
def test_the_n_that_resolves_is_the_smallest(n_a, n_b, margin):
    rng = np.random.default_rng(9)
    a, b = rng.normal(0, 1, n_a), rng.normal(0, 2, n_b)
    var_a, var_b = a.var(ddof=1), b.var(ddof=1)

    def width(n):
        df = (var_a + var_b) ** 2 / (var_a**2 + var_b**2) * (n - 1)
        return 2 * stats.t.isf(0.005, df) * math.sqrt((var_a + var_b) / n)

    n = mean_difference(a, b).n_to_resolve(0.01, margin)
    assert width(n) < margin <= width(n - 1)


def test_beyond_a_billion_repeats_nobody_counts():
    a, b = np.array([0.4, 0.5, 5e19]), np.array([0.4, 0.5, 0.6])
    assert mean_difference(a, b).n_to_resolve(0.05, 0.01) == math.inf


@pytest.mark.parametrize(
    ("values", "varies"),
    [
        ([1.0, 1.0 + 1e-13], False), ([1.0, 1.0 + 1e-11], True), ([0.1 + 0.2, 0.3], False),
        ([1e9, 1e9 + 1], True), ([-5.0, -5.0], False), ([-1.0, -1.0 - 1e-13], False), ([-1.0, -1.0 - 1e-11], True),
        ([0.0, 1e-300], True), ([7.0], False),
    ],
)  # fmt: skip
def test_what_varies(values, varies):
    assert (moments(np.array(values)).deviation > 0) == varies


def test_moments_of_many_are_those_of_each():
    many = np.random.default_rng(1).normal(5, 2, (7, 12))
    many[3] = 4.0
    found = moments(many)
    np.testing.assert_allclose(found.mean, many.mean(axis=1))
    np.testing.assert_allclose(found.deviation, many.std(axis=1, ddof=1), atol=1e-15)
    assert found.deviation[3] == 0


N = 12


@pytest.mark.parametrize(
    ("compare", "df"),
    [(mean_of_differences, 1), (spread_ratio, 2), (spread_ratio_of_pairs, 1)],
)
def test_the_few_repeats_that_resolve(compare, df):
    """At five to fifteen the t quantile decides: t with df (n - 1) degrees of freedom."""
    rng = np.random.default_rng(10)
    a, b = rng.normal(5, 1, N), rng.normal(0, 2, N)
    estimate = compare(a, b)
    deviation_of_one = estimate.standard_error * math.sqrt(N)
    for margin in (1.1 * deviation_of_one, 1.8 * deviation_of_one):
        n = estimate.n_to_resolve(0.05, margin)
        widths = [
            2 * stats.t.isf(0.025, df * (m - 1)) * deviation_of_one / math.sqrt(m)
            for m in (n - 1, n)
        ]
        assert widths[1] < margin <= widths[0]
        assert n < 20


@pytest.mark.parametrize(("needed", "given"), [(5e8, True), (2e9, False)])
def test_up_to_a_billion_repeats_are_counted(needed, given):
    estimate = mean_difference(np.arange(5.0), np.arange(5.0))
    margin = 2 * stats.norm.isf(0.025) * estimate.unit_deviation / math.sqrt(needed)
    n = estimate.n_to_resolve(0.05, margin)
    assert n == (pytest.approx(needed, rel=1e-6) if given else math.inf)


@pytest.mark.parametrize("shift", [0.0, 2.0, -3.0])
def test_p_of_any_difference_beyond_the_margin(shift):
    rng = np.random.default_rng(11)
    a, b = rng.normal(shift, 1, 15), rng.normal(0, 1, 15)
    one_sided = [
        stats.ttest_ind(a + 1, b, equal_var=False, alternative="less").pvalue,
        stats.ttest_ind(a - 1, b, equal_var=False, alternative="greater").pvalue,
    ]
    expected = min(1.0, 2 * min(one_sided))
    assert mean_difference(a, b).p_claim("different", 1.0) == pytest.approx(expected)


def test_a_spread_is_corrected_as_bonett_and_seier_correct_it():
    a, b = np.array([1.0, 2.0, 4.0, 9.0]), np.array([0.0, 1.0, 5.0])
    estimate = spread_ratio(a, b)
    # Medians 3 and 1; deviations 2, 1, 1, 6 and 1, 0, 4.
    assert estimate.estimate_a == pytest.approx(10 / 3)
    assert estimate.estimate_b == pytest.approx(5 / 2)
    assert estimate.difference == pytest.approx(math.log((10 / 3) / (5 / 2)))


def test_nearly_the_same_on_another_scale_is_known():
    rng = np.random.default_rng(12)
    x = rng.normal(0, 1, 40)
    y = 2 * x * (1 + 1e-6 * rng.normal(0, 1, 40))
    estimate = spread_ratio_of_pairs(x, y)
    assert estimate.is_known
    assert estimate.standard_error < 1e-5


def test_the_precision_of_a_mean():
    values = np.random.default_rng(13).normal(0, 9, 30)
    estimate = PrecisionEstimate(deviation(values), mean_of=9, middle=2.5)
    s = values.std(ddof=1)
    low, high = deviation(values).interval(0.05)
    assert estimate.value == pytest.approx(s / 3)
    assert estimate.difference == pytest.approx(s / 3 - 2.5)
    assert estimate.interval(0.05) == pytest.approx((low / 3 - 2.5, high / 3 - 2.5))


def test_the_precision_of_what_does_not_vary_is_not_known():
    assert not PrecisionEstimate(deviation(np.full(30, 4.0)), mean_of=9, middle=2.5).is_known


def test_what_deviates_by_one_number_goes_with_nothing():
    """Two values, as often each: their spread errs as if it were that of an independent sample."""
    two, y = np.tile([-1.0, 1.0], 10), np.random.default_rng(16).lognormal(0, 1, 20)
    for pair in ((two, y), (y, two)):
        expected = spread_ratio(*pair).standard_error
        assert spread_ratio_of_pairs(*pair).standard_error == pytest.approx(expected)


@pytest.mark.parametrize("n", [5, 6, 15])
def test_many_at_once_are_each_for_itself(n):
    rng = np.random.default_rng(14)
    xs, ys = rng.lognormal(0, 1, (6, n)), rng.normal(0, 2, (6, n))
    for compare in (mean_difference, mean_of_differences, spread_ratio, spread_ratio_of_pairs):
        low, high = compare(xs, ys).interval(0.05)
        each = [compare(x, y).interval(0.05) for x, y in zip(xs, ys, strict=True)]
        np.testing.assert_allclose(np.transpose([low, high]), each, rtol=1e-12)
    low, high = deviation(xs).interval(0.05)
    each = [deviation(x).interval(0.05) for x in xs]
    np.testing.assert_allclose(np.transpose([low, high]), each, rtol=1e-12)


def test_one_sample_on_another_scale_leaves_no_luck_to_measure():
    x = np.random.default_rng(15).normal(0, 1, 30)
    assert not spread_ratio_of_pairs(x, 2 * x).is_known
    assert not spread_ratio_of_pairs(x, -3 * x).is_known


def test_of_flat_tails_the_chi_square_interval_is_the_wider():
    """Two values, as often each: Bonett's error is next to nothing."""
    values = np.tile([-1.0, 1.0], 10)
    sd, chi_square = values.std(ddof=1), stats.chi2(19)
    expected = [sd * math.sqrt(19 / chi_square.ppf(p)) for p in (0.975, 0.025)]
    assert deviation(values).interval(0.05) == pytest.approx(expected)


@pytest.mark.parametrize("alpha", [0.05, 0.000025])
@pytest.mark.parametrize("df", [1, 19, 4000])
def test_classes_of_many_intervals_are_those_of_each(df, alpha, monkeypatch):
    """With bounds that are hit often, and few quantiles of each interval's own."""
    rng, n = np.random.default_rng(1), 20_000
    error = rng.gamma(20, 1 / 20, n)
    error[::500] = np.nan
    degrees = df * rng.uniform(1, 2, n)
    degrees[::250], degrees[::500] = df, np.nan
    many = Approximation(rng.normal(0, 3, n), error, degrees)
    bounds = stats.t.isf(alpha / 2, 1.5 * df) * np.linspace(-3, 3, 7)

    def class_of(low, high):
        looked_at.append(len(low))
        return sum(low > b for b in bounds) * 8 + sum(high < b for b in bounds)

    looked_at = []
    expected = class_of(*many.interval(alpha))
    looked_at.clear()
    np.testing.assert_array_equal(many.classified(alpha, class_of), expected)
    assert len(np.unique(expected)) > 5
    assert looked_at[:2] == [n, n]
    assert sum(looked_at[2:]) < (n if df == 1 else n / 10)


def test_intervals_of_one_quantile_are_looked_at_once():
    """Those of pairs have the same degrees of freedom."""
    looked_at = []

    def class_of(low, high):
        looked_at.append(len(low))
        return (low > 0) * 2 + (high < 0)

    many = Approximation(np.array([-1.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.1, 0.1, np.nan]), 9)
    np.testing.assert_array_equal(many.classified(0.05, class_of), [1, 0, 2, 0])
    assert looked_at == [4]
