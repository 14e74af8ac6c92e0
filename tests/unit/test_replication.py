"""Replication, calibration and published tables against theory and by construction."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower
from support import row_of, samples

from thousandfold.inference.calibration import (
    DECIDING,
    WORDS,
    calibrate_same,
    calibrate_shapes,
    calibrate_verdicts,
    calibration_table,
    draws_of,
    error_rates_table,
    miss_rates,
    most_resampled,
)
from thousandfold.inference.contrasts import (
    MeanDifference,
    MeanRatio,
    Precision,
    SpreadRatio,
    Trend,
)
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.judging import judge
from thousandfold.inference.published import (
    STATISTICS,
    describe_samples,
    published_table,
    redrawn_samples,
)
from thousandfold.inference.questions import questions_of
from thousandfold.inference.replication import SIZES, replicate, replication_table
from thousandfold.study import Finding
from thousandfold.tables import frame_of
from thousandfold.tables.rows import CalibrationRow, ContrastRow, PublishedRow, ReplicationRow

INDEPENDENT, PAIRED = DESIGNS["independent"], DESIGNS["paired"]


def finding(id_, contrast):
    return Finding(id_, "Claim.", "test", contrast.expect, (contrast,))


def rng(seed=0):
    return np.random.default_rng(seed)


def normal_pool(n, mean, seed):
    """Values whose mean and spread are exactly those of a normal distribution, nearly."""
    return (
        mean + stats.norm.ppf((np.arange(n) + 0.5) / n)
        if seed is None
        else rng(seed).normal(mean, 1, n)
    )


def test_many_welch_tests_at_once_against_scipy():
    a, b = rng(1).normal(0, 1, (50, 7)), rng(2).normal(0.5, 3, (50, 12))
    expected = stats.ttest_ind(a, b, equal_var=False, axis=1)
    ours = INDEPENDENT.mean_difference(a, b).p_difference()
    np.testing.assert_allclose(ours, expected.pvalue, rtol=1e-9)


def test_many_paired_tests_at_once_against_scipy():
    a, b = rng(1).normal(0, 1, (50, 9)), rng(2).normal(0.5, 3, (50, 9))
    ours = PAIRED.mean_difference(a, b).p_difference()
    np.testing.assert_allclose(ours, stats.ttest_rel(a, b, axis=1).pvalue, rtol=1e-9)


def test_pairs_stay_pairs_when_drawn():
    xs, ys = PAIRED.draw((np.arange(20.0), np.arange(20.0) + 100), (30, 5), rng())
    assert (ys - xs == 100).all()
    xs, ys = INDEPENDENT.draw((np.arange(20.0), np.arange(20.0) + 100), (30, 5), rng())
    assert not (ys - xs == 100).all()


def test_samples_without_variation_are_not_significant():
    a, b = np.ones((1, 3)), np.full((1, 3), 2.0)
    assert np.isnan(INDEPENDENT.mean_difference(a, b).p_difference()).all()
    row = replicate(np.ones(20), np.full(20, 2.0), 5, INDEPENDENT, rng(), differ=False)
    assert row["share_significant"] == 0


@pytest.mark.parametrize(("n", "d"), [(10, 0.8), (30, 0.5), (100, 0.4)])
def test_the_share_significant_is_the_power_of_the_test(n, d):
    """5,000 draws: a share has a Monte-Carlo error of at most .007."""
    pools = normal_pool(20_000, d, None), normal_pool(20_000, 0, None)
    share = replicate(*pools, n, INDEPENDENT, rng(3), differ=True)["share_significant"]
    assert share == pytest.approx(TTestIndPower().power(d, n, 0.05), abs=0.025)


@pytest.mark.parametrize(("n", "studies"), [(10, 100_000), (300, 5_000)])
def test_small_studies_of_small_effects_exaggerate(n, studies):
    """As often and as far as significant ones of SciPy's Welch tests of normal samples do."""
    d, draw = 0.2, rng(40)
    a, b = draw.normal(d, 1, (studies, n)), draw.normal(0, 1, (studies, n))
    significant = stats.ttest_ind(a, b, equal_var=False, axis=1).pvalue < 0.05
    found = (a.mean(axis=1) - b.mean(axis=1))[significant]
    pools = normal_pool(20_000, d, None), normal_pool(20_000, 0, None)
    row = replicate(*pools, n, INDEPENDENT, rng(4), differ=True)
    # Of 5,000 draws at n = 10 about 350 are significant: a share of .12 of them has an error of .017.
    assert row["wrong_direction"] == pytest.approx(np.mean(found < 0), abs=0.06)
    exaggeration = np.median(np.abs(found)) / d
    assert row["median_exaggeration"] == pytest.approx(exaggeration, rel=0.06)
    mirrored = replicate(*pools[::-1], n, INDEPENDENT, rng(4), differ=True)
    assert mirrored["wrong_direction"] == pytest.approx(np.mean(found < 0), abs=0.06)
    unknown = replicate(*pools, n, INDEPENDENT, rng(4), differ=False)
    assert math.isnan(unknown["wrong_direction"])
    assert math.isnan(unknown["median_exaggeration"])


def judged(a, b, **cells):
    """A row of the contrasts table."""
    usual = {"estimand": "mean", "metric": "rmse", "ci_low": -3.0, "ci_high": -1.0}
    return row_of(ContrastRow, series="s", scenario_a=a, scenario_b=b, **{**usual, **cells})


def test_replication_table_takes_each_pair_once():
    pools = samples({"a": rng(1).normal(0, 1, 100), "b": rng(2).normal(2, 1, 100)})
    findings = [judged("a", "b"), judged("b", "a"), judged("a", "b", estimand="spread")]
    table = frame_of(ReplicationRow, replication_table(pools, findings, INDEPENDENT, "rmse"))
    assert list(table["n"]) == [n for n in SIZES if n <= 100]
    assert table["share_significant"].is_monotonic_increasing


def test_welch_between_halves_of_a_normal_pool_holds_its_level():
    """2,000 draws: a rate of .05 has a Monte-Carlo error of .005."""
    rows = calibrate_same(rng(5).normal(0, 1, 4000), 10, INDEPENDENT, rng(6))
    assert [row["test"] for row in rows] == ["welch", "mannwhitney"]
    for row in rows:
        assert row["draws"] == 2000
        assert row["rejection_rate"] == pytest.approx(0.05, abs=0.015)
        rejected = round(2000 * row["rejection_rate"])
        interval = stats.binomtest(rejected, 2000).proportion_ci(0.95, method="wilson")
        assert [row["rate_low"], row["rate_high"]] == pytest.approx([interval.low, interval.high])


def test_halves_are_disjoint(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "thousandfold.inference.calibration._by_test", lambda a, b, _: seen.append((a, b)) or []
    )
    calibrate_same(np.arange(65.0), 10, INDEPENDENT, rng(0))
    for a, b in zip(*seen[0], strict=True):
        assert len(set(a) | set(b)) == 20


def test_too_small_a_pool_is_not_split():
    assert calibrate_same(np.arange(19.0), 10, INDEPENDENT, rng(0)) == []


def test_equal_means_of_unequal_shapes_mislead_welch():
    """A skewed and wide-spread pool against a narrow one, at n = 10: as often as SciPy's rejects."""
    skewed, narrow = rng(7).lognormal(0, 1, 2000), rng(8).normal(50, 0.1, 2000)
    welch = calibrate_shapes(skewed, narrow, 10, INDEPENDENT, rng(9))[0]
    assert welch["test"] == "welch"
    draw = rng(10)
    a, b = (draw.choice(pool - pool.mean(), (50_000, 10)) for pool in (skewed, narrow))
    expected = np.mean(stats.ttest_ind(a, b, equal_var=False, axis=1).pvalue < 0.05)
    assert expected > 0.09
    # 2,000 draws: a rate of .16 has a Monte-Carlo error of .008.
    assert welch["rejection_rate"] == pytest.approx(expected, abs=0.025)


@pytest.mark.parametrize("design", [INDEPENDENT, PAIRED])
def test_calibration_table(design):
    pools = samples({name: rng(i).normal(i, 1 + i, 300) for i, name in enumerate("abc")})
    pairs = [("s", "a", "b")]
    findings = [
        finding("less", MeanDifference("less", "a", "b", 1.0)),
        finding("mirror", MeanDifference("greater", "b", "a", 2.0)),
        finding("spread", SpreadRatio("more_stable", "a", "c", 1.25)),
        finding("precision", Precision("a", 10, 0.3, 0.1)),
    ]
    asked = questions_of(
        [c for f in findings for c in f.contrasts], {"rmse": pools}, {"s": 1.0}, design
    )
    table = frame_of(CalibrationRow, calibration_table(pools, pairs, asked, 0.05, design))
    deciding = table[table["test"] == DECIDING]
    assert set(table["test"]) == {*design.TESTS, DECIDING}
    assert len(table) == 3 * 3 * 2 + 3 * 2 + 3
    assert list(deciding["comparison"]) == ["a - b", "a - c", "a"]
    assert set(deciding["n"]) == {300}
    assert (deciding["level"] == 0.05 / 3).all()
    assert (deciding["draws"] == 12_000).all()
    # Of normal pools the intervals keep their level, nearly.
    assert deciding["rejection_rate"].between(0.5 * 0.05 / 3, 1.5 * 0.05 / 3).all()
    shares = deciding[[name for name in table if name.startswith("share_")]].sum(axis=1)
    assert shares.to_numpy() == pytest.approx(1)
    # Of means and spreads an interval misses exactly where the word says that they differ.
    differs = ["share_beyond_margin", "share_within_margin", "share_size_unresolved"]
    of_two = deciding[deciding["estimand"] != "precision"]
    assert of_two[differs].sum(axis=1).tolist() == pytest.approx(of_two["rejection_rate"].tolist())


def test_a_skewed_pool_beside_a_narrow_one_is_flagged():
    """Of n = 30 lognormal values Welch's interval misses far more often than it may."""
    skewed = np.exp(stats.norm.ppf((np.arange(30) + 0.5) / 30))
    pools = samples({"a": skewed, "b": rng(8).normal(2, 0.1, 30), "c": normal_pool(30, 0, None)})
    findings = [
        finding("ab", MeanDifference("less", "a", "b", 1.0)),
        finding("cb", MeanDifference("less", "c", "b", 1.0)),
    ]
    asked = questions_of(
        [c for f in findings for c in f.contrasts], {"rmse": pools}, {"s": 1.0}, INDEPENDENT
    )
    rates = miss_rates(calibration_table(pools, [], asked, 0.05, INDEPENDENT))
    assert rates["s", "rmse", "mean", "a - b"].is_too_high
    assert not rates["s", "rmse", "mean", "b - c"].is_too_high
    rows = judge({"rmse": pools}, {"s": 1.0}, findings, 0.05, INDEPENDENT, miss_rates=rates)
    table = frame_of(ContrastRow, rows)
    decided = table[table["verdict"] != "undecided"]
    assert set(decided["id"]) >= {"cb"}
    flagged = table[table["flags"].str.contains("interval misses")]
    assert set(flagged["id"]) == set(decided["id"]) & {"ab"}


def test_error_rates_are_those_of_rows_alike():
    """By series, null, test and size; deciding intervals are taken together, whatever their n."""
    usual = row_of(
        CalibrationRow, series="s", null="equal means", test="welch", n=10, level=0.05,
        rejection_rate=0.04,
    )  # fmt: skip
    deciding = replace(usual, null="nothing to find", test="deciding interval", level=0.01)
    rows = [
        replace(usual, rejection_rate=0.06), usual, replace(usual, rejection_rate=0.05),
        replace(usual, n=30), replace(usual, series="t"), replace(usual, null="same scenario"),
        replace(usual, test="mannwhitney"),
        deciding, replace(deciding, n=99, rejection_rate=0.02),
    ]  # fmt: skip
    found = [tuple(vars(row).values()) for row in error_rates_table(rows)]
    assert found == [
        ("s", "equal means", "welch", 10, 3, 0.05, 0.04, 0.06),
        ("s", "equal means", "welch", 30, 1, 0.05, 0.04, 0.04),
        ("t", "equal means", "welch", 10, 1, 0.05, 0.04, 0.04),
        ("s", "same scenario", "welch", 10, 1, 0.05, 0.04, 0.04),
        ("s", "equal means", "mannwhitney", 10, 1, 0.05, 0.04, 0.04),
        ("s", "nothing to find", "deciding interval", None, 2, 0.01, 0.02, 0.04),
    ]


@pytest.mark.parametrize("n", [9, 10, 29])
def test_resampling_says_nothing_that_the_sample_cannot(n):
    pools = samples({"a": rng(1).normal(0, 1, n), "b": rng(2).normal(2, 1, n)})
    less = finding("less", MeanDifference("less", "a", "b", 1.0))
    asked = questions_of(less.contrasts, {"rmse": pools}, {"s": 1.0}, INDEPENDENT)
    calibrated = calibration_table(pools, [("s", "a", "b")], asked, 0.05, INDEPENDENT)
    assert all(row.n <= n for row in calibrated)
    assert bool(calibrated) == (n >= 10)
    rows = judge({"rmse": pools}, {"s": 1.0}, [less], 0.05, INDEPENDENT)
    replicated = replication_table(pools, rows, INDEPENDENT, "rmse")
    assert all(row.n <= n for row in replicated)
    assert bool(replicated) == (n >= 10)
    assert not any(rate.is_too_high for rate in miss_rates(calibrated).values())


def test_redrawing_a_pool_adds_its_own_uncertainty():
    """Of a pool of N, the mean of n has variance s^2 (1/n + 1/N - 1/(n N))."""
    pool = rng(1).normal(0, 1, 20)
    drawn = redrawn_samples(pool, 10, rng(2), 99_999)
    expected = pool.var() * (1 / 10 + 1 / 20 - 1 / 200)
    assert drawn.mean(axis=1).var() == pytest.approx(expected, rel=0.02)
    assert (np.diff(drawn, axis=1) >= 0).all()


def test_descriptions_are_numpys():
    drawn = np.sort(rng(3).normal(0, 1, (5, 11)), axis=1)
    ours = describe_samples(drawn)
    assert tuple(ours) == STATISTICS
    for name, level in [("q25", 0.25), ("median", 0.5), ("q75", 0.75)]:
        np.testing.assert_allclose(ours[name], np.quantile(drawn, level, axis=1))
    np.testing.assert_allclose(ours["std"], drawn.std(axis=1, ddof=1))
    for name in ("min", "max", "mean"):
        np.testing.assert_array_equal(ours[name], getattr(drawn, name)(axis=1))


def test_published_numbers_from_our_pool_are_compatible_and_others_not():
    pool = rng(4).normal(100, 8, 1000)
    sample = np.sort(rng(5).choice(pool, 10))[np.newaxis]
    ours = {name: value[0] for name, value in describe_samples(sample).items()}
    far = {name: value + 60 for name, value in ours.items()}
    records = [
        {"scenario": "a", "source": s, "n": 10, **x} for s, x in [("us", ours), ("far", far)]
    ]
    unknown = [{"scenario": "z", "source": "us", "n": 10, **ours}]
    published = {"s": pd.DataFrame(records + unknown)}
    table = frame_of(PublishedRow, published_table(samples({"a": pool}), published))
    assert len(table) == 14
    by_source = table.set_index(["source", "statistic"])["verdict"]
    assert set(by_source["us"]) == {"compatible"}
    assert by_source["far", "mean"] == "not compatible"
    assert (table["p"] >= 2 / 100_000).all()


def test_a_published_number_that_every_sample_has():
    """All draws equal it: they are as far out on both sides, so that p is 1."""
    pool = samples({"a": np.full(50, 3.0)})
    ours = {name: 0.0 if name == "std" else 3.0 for name in STATISTICS}
    published = {"s": pd.DataFrame([{"scenario": "a", "source": "us", "n": 10, **ours}])}
    table = frame_of(PublishedRow, published_table(pool, published))
    assert (table["p"] == 1).all()
    assert set(table["verdict"]) == {"compatible"}


def test_a_published_number_is_held_against_both_tails():
    pool = samples({"a": np.arange(1000.0)})
    for value, p in [(-1.0, 2 / 100_000), (1000.0, 2 / 100_000)]:
        ours = dict.fromkeys(STATISTICS, value)
        published = {"s": pd.DataFrame([{"scenario": "a", "source": "us", "n": 5, **ours}])}
        table = frame_of(PublishedRow, published_table(pool, published))
        assert table.set_index("statistic").loc["median", "p"] == pytest.approx(p)


def test_what_was_not_published_is_not_compared():
    pool = samples({"a": np.arange(1000.0)})
    ours = dict.fromkeys(STATISTICS, 500.0)
    records = [
        {"scenario": "a", "source": "no spread", "n": 5, **ours, "std": np.nan},
        {"scenario": "a", "source": "a single run", "n": 1, **ours},
    ]
    rows = published_table(pool, {"s": pd.DataFrame(records)})
    compared = [[row.statistic for row in rows if row.source == x["source"]] for x in records]
    assert compared == [[name for name in STATISTICS if name != "std"]] * 2


def test_shapes_are_compared_at_equal_means():
    drawn = []

    class Recorded:
        TESTS = ("t", "rank")
        mean_difference = staticmethod(INDEPENDENT.mean_difference)
        rank_test = staticmethod(INDEPENDENT.rank_test)

        @staticmethod
        def draw(values, shape, source):
            drawn.extend(values)
            return INDEPENDENT.draw(values, shape, source)

    calibrate_shapes(rng(1).normal(3, 1, 50), rng(2).normal(7, 2, 50), 10, Recorded(), rng(3))
    assert [values.mean() for values in drawn] == pytest.approx([0, 0], abs=1e-12)
    assert [values.std() for values in drawn] == pytest.approx([1, 2], rel=0.3)


def test_a_pair_of_too_few_repeats_hides_no_other():
    pools = samples({"a": rng(1).normal(0, 1, 5), **{x: rng(2).normal(0, 1, 30) for x in "bc"}})
    pairs = [("s", "a", "b"), ("s", "b", "c")]
    table = frame_of(CalibrationRow, calibration_table(pools, pairs, [], 0.05, INDEPENDENT))
    shapes = table[table["null"] == "equal means"]
    assert set(shapes["scenario_a"] + shapes["scenario_b"]) == {"bc"}
    halves = table[table["null"] == "same scenario"]
    assert set(halves["scenario_a"]) == {"b", "c"}


@pytest.mark.parametrize(("most", "df"), [(20, 19), (40, 39), (100, 39)])
def test_studies_that_are_drawn_have_at_most_so_many_repeats(most, df):
    pools = samples({"a": rng(1).normal(0, 1, 40), "b": rng(2).normal(2, 1, 40)})
    less = finding("less", MeanDifference("less", "a", "b", 1.0))
    (question,) = questions_of(less.contrasts, {"rmse": pools}, {"s": 1.0}, PAIRED)
    (drawn,) = question.resampled_nulls(50, most)
    assert drawn.df == df
    assert len(drawn.difference) == 50


@pytest.mark.parametrize(
    ("low", "high", "known"), [(0.5, 2, True), (-2, -0.5, True), (-1, 1, False)]
)
def test_a_direction_is_wrong_only_where_the_right_one_is_known(low, high, known):
    pools = samples({"a": rng(1).normal(0, 1, 60), "b": rng(2).normal(0.3, 1, 60)})
    findings = [judged("a", "b", ci_low=low, ci_high=high)]
    table = frame_of(ReplicationRow, replication_table(pools, findings, INDEPENDENT, "rmse"))
    assert table["wrong_direction"].notna().all() == known


@pytest.mark.parametrize(
    ("n", "low", "flagged"),
    [
        (30, 0.021, True),
        (29, 0.9, False),
        (31, 0.019, False),
        (1000, 0.021, True),
        (30, 0.02, False),
    ],
)
def test_a_contrast_is_flagged_from_thirty_repeats_and_twice_the_level_on(n, low, flagged):
    row = {
        "series": "s", "metric": "rmse", "estimand": "mean", "comparison": "a - b", "n": n,
        "test": DECIDING, "level": 0.01, "rejection_rate": 0.03, "rate_low": low,
    }  # fmt: skip
    table = [row_of(CalibrationRow, **row), row_of(CalibrationRow, **{**row, "test": "welch"})]
    rates = miss_rates(table)
    assert list(rates) == [("s", "rmse", "mean", "a - b")]
    assert rates["s", "rmse", "mean", "a - b"].rate == 0.03
    assert rates["s", "rmse", "mean", "a - b"].is_too_high == flagged


def test_a_contrast_of_too_few_repeats_hides_no_other():
    pools = samples({"a": rng(1).normal(0, 1, 5), **{x: rng(2).normal(0, 1, 30) for x in "bc"}})
    findings = [judged(a, b, ci_low=-1.0, ci_high=1.0) for a, b in ("ab", "bc")]
    table = frame_of(ReplicationRow, replication_table(pools, findings, INDEPENDENT, "rmse"))
    assert set(table["scenario_a"]) == {"b"}


def test_only_means_of_the_studys_metric_are_replicated():
    pools = samples({"a": rng(1).normal(0, 1, 30), "b": rng(2).normal(2, 1, 30)})
    findings = [judged("a", "b", estimand="spread"), judged("a", "b", metric="mae")]
    assert replication_table(pools, findings, INDEPENDENT, "rmse") == []


@pytest.mark.parametrize(
    ("contrasts", "draws", "n"),
    [
        (1, 4000, 10_000),
        (15, 60_000, 10_000),
        (80, 320_000, 3125),
        (100, 400_000, 2500),
        (101, 400_000, 2500),
        (10**6, 400_000, 2500),
    ],
)
def test_many_contrasts_are_calibrated_on_fewer_and_smaller_studies(contrasts, draws, n):
    assert draws_of(0.05 / contrasts) == draws
    assert most_resampled(0.05 / contrasts) == n


def test_the_table_has_the_draws_there_were(monkeypatch):
    monkeypatch.setattr("thousandfold.inference.calibration.MOST_DRAWS", 3000)
    pools = samples({name: rng(i).normal(0, 1, 12) for i, name in enumerate("ab")})
    asked = questions_of(
        [MeanDifference("less", "a", "b", 1.0)], {"rmse": pools}, {"s": 1.0}, INDEPENDENT
    )
    (row,) = calibration_table({}, [], asked, 0.05, INDEPENDENT)
    assert row.draws == 3000
    assert row.rejection_rate == pytest.approx(0.05, abs=0.03)
    shares = [getattr(row, column) for column in dict.fromkeys(WORDS.values())]
    assert sum(shares) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("design", [INDEPENDENT, PAIRED])
@pytest.mark.parametrize(
    "contrast",
    [
        MeanDifference("less", "a", "b", 0.8),
        MeanDifference("less", "a", "b", 3.0),
        MeanRatio("less", "a", "b", 1.1),
        SpreadRatio("more_stable", "a", "b", 1.9),
        Precision("a", 10, 1.0, 0.2),
        Trend("less", (("a", "b"), ("c", "d")), (1.0, 2.0), 1.5),
    ],
    ids=lambda contrast: f"{contrast.estimand} {contrast.margin}",
)
def test_words_are_counted_as_they_are_of_each_interval(contrast, design):
    """What every interval says, asked one by one."""
    pools = samples({name: rng(i).exponential(i + 1, 14) + 9 for i, name in enumerate("abcd")})
    metric = {contrast.metric: pools}
    (question,) = questions_of([contrast], metric, {"s": 1.0}, design)
    alpha = 0.02
    found = calibrate_verdicts(question, alpha)
    draws, counted, missed = draws_of(alpha), Counter(), 0
    for estimate in question.resampled_nulls(draws, 10_000):
        low, high = estimate.interval(alpha)
        counted.update(contrast.interval_verdict(low, high, question.margin).tolist())
        missed += int(((low > 0) | (high < 0)).sum())
    assert found["rejection_rate"] == missed / draws
    shares = {column: found[column] * draws for column in WORDS.values() if found[column]}
    assert shares == pytest.approx({WORDS[word]: count for word, count in counted.items()})
    assert len(shares) > 1


def test_the_table_tells_how_many_repeats_were_drawn(monkeypatch):
    """Two contrasts at .025 take 200 / .025 draws each, of 16,000,000 values together."""
    monkeypatch.setattr("thousandfold.inference.calibration.RESAMPLED_VALUES", 16_000_000)
    pools = samples({name: rng(i).normal(i, 1, 3000) for i, name in enumerate("abc")})
    findings = [finding(x, MeanDifference("less", "a", x, 1.0)) for x in "bc"]
    asked = questions_of(
        [c for f in findings for c in f.contrasts], {"rmse": pools}, {"s": 1.0}, INDEPENDENT
    )
    table = frame_of(CalibrationRow, calibration_table({}, [], asked, 0.05, INDEPENDENT))
    assert list(table["draws"]) == [8000, 8000]
    assert list(table["n"]) == [2000, 2000]
