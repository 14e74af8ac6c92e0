"""From samples and findings to rows and claims: the family, Holm, diverged repeats, sentences."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from support import contrast_of_two, row_of, rows_of, sample, shipped_study
from support import samples as samples_by_name

from thousandfold.inference.claims import _distance as distance_beyond_margin
from thousandfold.inference.claims import claims
from thousandfold.inference.contrasts import (
    KINDS,
    MeanDifference,
    MeanRatio,
    Precision,
    SpreadRatio,
)
from thousandfold.inference.contrasts.words import number as number_in_words
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.estimates import Estimate
from thousandfold.inference.judging import MissRate, family_p_values, judge
from thousandfold.inference.judging import _disagreements as disagreements
from thousandfold.inference.pairs import check_twins, compare_pairs
from thousandfold.inference.questions import questions_of
from thousandfold.inference.samples import samples_of
from thousandfold.inference.verdicts import Verdict, claim_verdict
from thousandfold.study import Finding, ScenarioPair
from thousandfold.tables import frame_of
from thousandfold.tables.rows import ClaimRow, ComparisonRow, ContrastRow, TwinRow

INDEPENDENT = DESIGNS["independent"]


def finding(id_, *contrasts, expect=None):
    return Finding(id_, f"Claim {id_}.", "test", expect or contrasts[0].expect, contrasts)


def evidence(samples, *findings, alpha=0.05, design="independent", deterministic=(), **more):
    rows = judge(
        {"rmse": samples_by_name(samples, deterministic=deterministic)},
        {"s": 5.0},
        findings,
        alpha,
        DESIGNS[design],
        **more,
    )
    return frame_of(ContrastRow, rows)


def rng_samples(**means):
    rng = np.random.default_rng(1)
    return {name: rng.normal(mean, 1, 50) for name, mean in means.items()}


LESS = finding("less", MeanDifference("less", "a", "b", 1.0))
MIRROR = finding("mirror", MeanDifference("equivalent", "b", "a", 1.0))
OTHER = finding("other", MeanDifference("less", "a", "c", 1.0))
SPREAD = finding("spread", SpreadRatio("more_stable", "a", "b", 1.25))


def test_mirror_findings_share_a_contrast_and_spread_is_another():
    samples = rng_samples(a=0, b=0.5, c=3)
    table = evidence(samples, LESS, MIRROR, OTHER, SPREAD)
    assert set(table["k"]) == {3}
    assert table["interval_level"].to_numpy() == pytest.approx(1 - 0.05 / 3)
    less, mirror = table.iloc[0], table.iloc[1]
    assert (less["ci_low"], less["ci_high"]) == (-mirror["ci_high"], -mirror["ci_low"])
    assert less["welch_p_holm"] == mirror["welch_p_holm"]


def test_a_mean_whose_direction_the_other_averages_contradict_is_flagged():
    few_large = np.where(np.arange(400) % 10 == 0, 100.0, np.linspace(-0.5, 0.5, 400))
    samples = {"a": few_large, "b": np.linspace(0.9, 1.1, 400)}
    row = evidence(samples, finding("F", MeanDifference("greater", "a", "b", 1.0))).iloc[0]
    assert row["difference"] > 0 > row["median_difference"]
    assert "direction differs by median, trimmed mean, ranks" in row["flags"]
    swapped = {"a": samples["b"] + 20, "b": samples["b"]}
    same = evidence(swapped, finding("F", MeanDifference("greater", "a", "b", 1.0))).iloc[0]
    assert "direction differs" not in same["flags"]


def test_an_unknown_direction_is_refused_rather_than_tested():
    estimate = Estimate(0.5, 0.1, 10.0, 1.0, 0.5, 1.0, 1.0)
    with pytest.raises(ValueError, match="unknown direction 'lower'"):
        estimate.p_claim("lower", 0.1)


def test_the_shipped_study_has_fifteen_distinct_contrasts():
    study = shipped_study()
    rng = np.random.default_rng(2)
    values = {s.name: rng.normal(100, 5, 30) for s in study.scenarios}
    samples = samples_by_name(values, "shampoo")
    rows = judge({"rmse": samples}, {"shampoo": 5.0}, study.findings, study.alpha, INDEPENDENT)
    assert {row.k for row in rows} == {15}
    assert len(rows) == 20


def test_holm_by_hand():
    samples = rng_samples(a=0, b=0.5, c=3)
    table = evidence(samples, LESS, MIRROR, OTHER, SPREAD)
    distinct = table[table["id"] != "mirror"].set_index("id")
    ordered = distinct["welch_p"].sort_values()
    expected, running = {}, 0.0
    for rank, (id_, p) in enumerate(ordered.items()):
        running = max(running, min(1.0, (len(ordered) - rank) * p))
        expected[id_] = running
    for id_, value in expected.items():
        assert distinct.loc[id_, "welch_p_holm"] == pytest.approx(value)


def test_a_finding_changes_no_other_ones_evidence_but_through_k():
    samples = rng_samples(a=0, b=0.5, c=3)
    alone, together = evidence(samples, LESS), evidence(samples, LESS, MIRROR)
    pd.testing.assert_series_equal(alone.iloc[0], together.iloc[0])


@pytest.mark.slow
def test_family_p_values_decide_as_the_interval_does():
    rng = np.random.default_rng(3)
    for _ in range(50):
        samples = {n: rng.normal(rng.normal(0, 0.6), rng.uniform(0.5, 2), 30) for n in "abc"}
        for row in evidence(samples, LESS, OTHER, SPREAD).to_dict("records"):
            scaled = KINDS[row["estimand"]].scaled
            low, high, margin = (scaled(row[name]) for name in ("ci_low", "ci_high", "margin"))
            assert (row["difference_p_family"] < 0.05) == (low > 0 or high < 0)
            assert (row["equivalence_p_family"] < 0.05) == (-margin < low and high < margin)
            assert (row["minimal_effect_p_family"] < 0.05) == (low > margin or high < -margin)


def test_diverged_repeats_are_ranked_worst_by_the_direction_of_their_metric():
    """Of 22,500 pairs a is less in 148 more; its one failure makes 150 on one side or the other."""
    a = np.arange(0.0, 300, 2)
    values = {"a": np.append(a, np.nan), "b": np.append(a[1:] + 1, -1)}
    samples = {metric: samples_by_name(values) for metric in ("loss", "score")}
    findings = [finding(m, MeanDifference("less", "a", "b", 1.0, metric=m)) for m in samples]

    def flagged(**directions):
        arguments = (samples, {"s": 5.0}, findings, 0.05, INDEPENDENT)
        rows = judge(*arguments, **directions)
        return ["finite value" in (row.undecided_because or "") for row in rows]

    assert flagged() == [True, True]
    assert flagged(higher_is_better={"loss": False, "score": True}) == [True, False]


@given(
    st.floats(-50, 50), st.floats(0.01, 30), st.sampled_from([3.0, 17.5, 998.0, math.inf]),
    st.floats(0.1, 20), st.integers(1, 30), st.sampled_from([0.01, 0.05, 0.2]),
    st.sampled_from(["less", "greater", "different", "equivalent"]),
)  # fmt: skip
def test_family_p_values_decide_as_the_interval_does_whatever_the_numbers(
    difference, error, df, margin, k, alpha, expect
):
    estimate = Estimate(difference, error, df, 0, 0, 1, 1)
    low, high = estimate.interval(alpha / k)
    # At a tie of floating-point numbers either answer would do.
    assume(min(abs(x - y) for x in (low, high) for y in (0, margin, -margin)) > 1e-6)
    p = family_p_values(estimate, expect, margin, k)
    assert max(p.values()) <= 1
    is_supported = claim_verdict(expect, low, high, margin) == Verdict.SUPPORTED
    assert (p["claim_p_family"] < alpha) == is_supported
    assert (p["difference_p_family"] < alpha) == (low > 0 or high < 0)
    assert (p["equivalence_p_family"] < alpha) == (-margin < low and high < margin)
    assert (p["minimal_effect_p_family"] < alpha) == (low > margin or high < -margin)


def test_columns_of_the_usual_tests():
    samples = rng_samples(a=0, b=0.5)
    row = evidence(samples, LESS).iloc[0]
    welch = stats.ttest_ind(samples["a"], samples["b"], equal_var=False)
    rank = stats.mannwhitneyu(samples["a"], samples["b"], method="asymptotic")
    assert row["welch_t"] == pytest.approx(welch.statistic)
    assert row["welch_df"] == pytest.approx(welch.df)
    assert row["welch_p"] == pytest.approx(welch.pvalue)
    assert row["mannwhitney_u"] == rank.statistic
    assert row["mannwhitney_p"] == pytest.approx(rank.pvalue)


def test_spread_rows_are_ratios():
    rng = np.random.default_rng(4)
    samples = {"a": rng.normal(0, 1, 500), "b": rng.normal(0, 4, 500)}
    row = evidence(samples, SPREAD).iloc[0]
    assert row["margin"] == 1.25
    assert row["difference"] == pytest.approx(0.25, rel=0.15)
    assert row["difference"] == row["spread_ratio"]
    assert row["margin_exceeded_below"] == pytest.approx(1 / row["ci_high"])
    assert row["margin_equivalent_above"] == pytest.approx(1 / row["ci_low"])
    assert row["verdict"] == "supported"
    assert row["mean_a"] == pytest.approx(samples["a"].mean())


def test_diverged_repeats_are_counted_and_left_out():
    samples = rng_samples(a=0, b=3)
    with_nan = {"a": np.append(samples["a"], [np.nan] * 0), "b": np.append(samples["b"], np.nan)}
    table = evidence(with_nan, LESS)
    row, sound = table.iloc[0], evidence(samples, LESS).iloc[0]
    assert (row["n_b"], row["n_diverged_b"], row["n_diverged_a"]) == (50, 1, 0)
    assert row["difference"] == sound["difference"]
    # One in 51 is more than 1 %: the mean over the others decides nothing.
    assert sound["verdict"] == "supported"
    assert row["verdict"] == "undecided"
    assert "finite value" in row["undecided_because"]
    assert (row["claim_p"], row["claim_p_family"]) == (1, 1)
    assert sound["claim_p_family"] < 0.05


def test_few_diverged_repeats_change_nothing():
    rng = np.random.default_rng(5)
    samples = {"a": np.append(rng.normal(0, 1, 999), np.nan), "b": rng.normal(3, 1, 1000)}
    row = evidence(samples, LESS).iloc[0]
    assert row["verdict"] == "supported"
    assert row["n_diverged_a"] == 1


def test_diverged_repeats_that_turn_the_ranks_round():
    """1 % diverged, and the medians so close that ranking them worst changes the sign."""
    rng = np.random.default_rng(6)
    b = rng.normal(0, 1, 1000)
    a = np.append(b[:995] - 1e-4, [np.nan] * 5)
    row = evidence(
        {"a": a, "b": b}, finding("e", MeanDifference("equivalent", "a", "b", 1.0))
    ).iloc[0]
    assert row["difference_verdict"] == "equivalent"
    assert row["verdict"] == "undecided"


@pytest.mark.parametrize("a", [[np.nan] * 5, [1.0] + [np.nan] * 4])
def test_fewer_than_two_finite_repeats(a):
    samples = {"a": a, "b": np.arange(5.0), "c": np.arange(1.0, 6)}
    table = evidence(samples, LESS, OTHER, finding("bc", MeanDifference("less", "b", "c", 1.0)))
    assert list(table["verdict"])[:2] == ["undecided", "undecided"]
    assert table["undecided_because"].iloc[0] == "fewer than 2 repeats with a value"
    assert np.isfinite(table["welch_p_holm"].iloc[2])
    sentence = frame_of(
        ClaimRow,
        claims(
            rows_of(ContrastRow, table),
            [LESS, OTHER, finding("bc", MeanDifference("less", "b", "c", 1.0))],
            lambda *_: "units",
        ),
    )["sentence"]
    assert "nothing can be said" in sentence.iloc[0]


@pytest.mark.parametrize("far", [1.0, 1e9, 1e-9])
def test_two_samples_that_do_not_vary_decide_nothing(far):
    """Two models at 99 % on a hundred items: their difference may be luck, and nothing tells."""
    table = evidence({"a": [1.0 * far] * 4, "b": [9.0 * far] * 4}, LESS, SPREAD)
    assert list(table["verdict"]) == ["undecided"] * 2
    assert table[["ci_low", "ci_high", "welch_p", "claim_p"]].isna().all(axis=None)
    assert "neither sample varies" in table["undecided_because"].iloc[0]
    assert "does not vary" in table["undecided_because"].iloc[1]
    assert table["difference"].iloc[0] == pytest.approx(-8 * far)


def test_ten_and_thirty_times_the_same_are_one_constant():
    """Their means differ by rounding."""
    samples = {"a": [0.04] * 10, "b": [0.04] * 30}
    table = evidence(samples, LESS, MIRROR, SPREAD)
    assert set(table["verdict"]) == {"undecided"}
    twins = frame_of(TwinRow, check_twins(
        samples_by_name(samples), ["s"], [ScenarioPair("t", "a", "b")], INDEPENDENT, 0.05,
    ))  # fmt: skip
    assert list(twins["differs"]) == [False]
    other = frame_of(TwinRow, check_twins(
        samples_by_name({"a": [0.04] * 10, "b": [0.05] * 10}), ["s"], [ScenarioPair("t", "a", "b")],
        INDEPENDENT, 0.05,
    ))  # fmt: skip
    assert other["differs"].isna().all()


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize(
    ("b", "verdicts"),
    [
        (9.0, ["supported", "contradicted"]),
        (5.5, ["no difference that matters", "supported"]),
        (5.0, ["no difference that matters", "supported"]),
        (6.0, ["direction supported", "undecided"]),
    ],
)
def test_constants_by_declaration_are_told_without_inference(b, verdicts, design):
    samples = {"a": [5.0] * 3, "b": [b] * 3}
    table = evidence(samples, LESS, MIRROR, deterministic="ab", design=design)
    assert list(table["verdict"]) == verdicts
    assert list(table["ci_low"]) == [5 - b, b - 5]
    assert table["claim_p"].isna().all()
    assert "deterministic" in table["flags"].iloc[0]


def test_constants_take_no_share_of_alpha():
    rng = np.random.default_rng(1)
    samples = {"a": [5.0], "b": [9.0], "c": rng.normal(0, 1, 30)}
    table = evidence(samples, LESS, OTHER, deterministic="ab")
    assert set(table["k"]) == {1}
    assert list(table["verdict"]) == ["supported", "contradicted"]
    # Beside one constant, Welch's interval is the one-sample t interval.
    low, high = stats.ttest_1samp(samples["c"], 5).confidence_interval(0.95)
    assert table.loc[1, ["ci_low", "ci_high"]].tolist() == pytest.approx([5 - high, 5 - low])


def test_a_scenario_that_is_not_as_deterministic_as_declared():
    row = evidence({"a": [5.0] * 3, "b": [9.0, 9.1, 9.0]}, LESS, deterministic="ab").iloc[0]
    assert "b is declared deterministic, but its repeats differ" in row["flags"]
    assert "a is declared" not in row["flags"]
    constant = evidence({"a": [5.0] * 3, "b": [9.0] * 3}, LESS, deterministic="a").iloc[0]
    assert constant["verdict"] == "undecided"


def test_two_repeats_each():
    row = evidence({"a": [1.0, 2.0], "b": [4.0, 5.5]}, LESS).iloc[0]
    welch = stats.ttest_ind([1, 2], [4, 5.5], equal_var=False).confidence_interval(0.95)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(list(welch))
    assert row["verdict"] == "undecided"
    # Of the six ways to divide four values into twos, two are as far apart as this.
    assert row["permutation_p"] == pytest.approx(1 / 3, abs=0.035)


def test_the_spread_of_two_repeats_each():
    """Deviations .5 and .75 from the medians, times 2; the squared error of either log is .5."""
    row = evidence({"a": [1.0, 2.0], "b": [4.0, 5.5]}, SPREAD).iloc[0]
    assert (row["estimate_a"], row["estimate_b"]) == pytest.approx((1.0, 1.5))
    half_width = stats.t.isf(0.025, 2)
    ends = [math.exp(-half_width) / 1.5, math.exp(half_width) / 1.5]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(ends)


def test_one_sample_without_variation():
    row = evidence({"a": [1.0] * 6, "b": np.arange(6.0) + 9}, LESS).iloc[0]
    welch = stats.ttest_ind([1.0] * 6, np.arange(6.0) + 9, equal_var=False)
    low, high = welch.confidence_interval(0.95)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([low, high])
    assert row["verdict"] == "supported"
    assert np.isnan([row["sd_ratio"], row["spread_ratio"]]).all()
    spread = evidence({"a": [1.0] * 6, "b": np.arange(6.0) + 9}, SPREAD).iloc[0]
    assert math.isnan(spread["ci_low"])
    assert spread["verdict"] == "undecided"


def test_identical_samples():
    values = np.random.default_rng(12).normal(0, 0.1, 50)
    row = evidence({"a": values, "b": values.copy()}, MIRROR).iloc[0]
    assert (row["difference"], row["welch_p"], row["probability_a_less_b"]) == (0, 1, 0.5)
    assert row["mannwhitney_p"] == pytest.approx(1)
    assert row["permutation_p"] == 1
    assert row["verdict"] == "supported"


def test_ties_everywhere():
    rng = np.random.default_rng(13)
    a, b = rng.integers(0, 3, 60).astype(float), rng.integers(1, 4, 60).astype(float)
    row = evidence({"a": a, "b": b}, LESS).iloc[0]
    below = (a[:, None] < b).mean() + (a[:, None] == b).mean() / 2
    assert row["probability_a_less_b"] == pytest.approx(below)
    expected = stats.brunnermunzel(a, b).pvalue
    assert row["brunnermunzel_p"] == pytest.approx(expected)
    assert row["mannwhitney_p"] == pytest.approx(
        stats.mannwhitneyu(a, b, method="asymptotic").pvalue
    )


def test_one_percent_diverged_is_not_yet_too_many():
    rng = np.random.default_rng(14)
    a, b = rng.normal(0, 1, 1000), rng.normal(3, 1, 1000)
    for diverged, verdict in [(10, "supported"), (11, "undecided")]:
        failing = a.copy()
        failing[:diverged] = np.nan
        assert evidence({"a": failing, "b": b}, LESS).iloc[0]["verdict"] == verdict


@pytest.mark.parametrize(
    ("means", "verdicts", "whole"),
    [
        ({"b": 3, "c": 0}, ["supported", "no difference that matters"], "does not hold"),
        ({"b": 3, "c": 3}, ["supported", "supported"], "supported"),
        ({"b": 0, "c": -3}, ["no difference that matters", "contradicted"], "contradicted"),
    ],
)
def test_a_claim_is_as_good_as_its_weakest_contrast(means, verdicts, whole):
    samples = rng_samples(a=0, **means)
    both = finding("both", LESS.contrasts[0], OTHER.contrasts[0], expect="all_of")
    table = evidence(samples, both)
    assert list(table["verdict"]) == verdicts
    claim = told(table, both).iloc[0]
    assert claim["verdict"] == whole
    if whole == "does not hold":
        start = "1 of 2 comparisons holds. The claim fails on this one: The mean RMSE of a"
        assert claim["sentence"].startswith(start)
        assert "than that of c" in claim["sentence"]


def told(table, *findings, unit="units"):
    return frame_of(ClaimRow, claims(rows_of(ContrastRow, table), findings, lambda *_: unit))


def test_false_beats_unknown_in_a_conjunction():
    """Whatever more repeats of a against b would tell, a is not better than c."""
    rng = np.random.default_rng(3)
    samples = {"a": rng.normal(0, 1, 50), "b": rng.normal(0, 20, 50), "c": rng.normal(0, 1, 50)}
    both = finding("both", LESS.contrasts[0], OTHER.contrasts[0], expect="all_of")
    table = evidence(samples, both)
    assert list(table["verdict"]) == ["undecided", "no difference that matters"]
    claim = told(table, both).iloc[0]
    assert claim["verdict"] == "does not hold"
    assert not isinstance(claim["undecided_because"], str)


def test_the_weakest_has_the_largest_p_of_its_claim():
    """Wherever it stands; the difference itself would be the wrong measure."""
    z = stats.zscore(np.random.default_rng(4).normal(size=(3, 50)), axis=1, ddof=1)
    samples = {"a": z[0], "b": 7 + 20 * z[1], "c": 0.8 + z[2]}
    contrasts = [MeanDifference("less", "a", name, 0.5) for name in "bc"]
    for ordered in (contrasts, contrasts[::-1]):
        table = evidence(samples, finding("all", *ordered, expect="all_of"))
        assert set(table["verdict"]) == {"direction supported"}
        weakest = table.loc[table["claim_p"].idxmax(), "scenario_b"]
        claim = told(table, finding("all", *ordered, expect="all_of")).iloc[0]
        assert "The weakest: The mean RMSE of a is" in claim["sentence"]
        assert f"than that of {weakest} " in claim["sentence"]


def test_of_few_repeats_more_standard_errors_may_support_less():
    """Three of them, of three repeats, give a larger p than two of fifty."""
    z = stats.zscore(np.random.default_rng(6).normal(size=(2, 50)), axis=1, ddof=1)
    samples = {
        "a": z[0] / 100,
        "b": 3 + math.sqrt(3) * np.array([-1, 0, 1]),
        "c": 2 + z[1] * math.sqrt(50),
    }
    tests = [
        stats.ttest_ind(samples["a"], samples[name], equal_var=False, alternative="less")
        for name in "bc"
    ]
    assert tests[0].statistic < tests[1].statistic
    assert tests[0].pvalue > tests[1].pvalue
    both = finding(
        "both", *(MeanDifference("less", "a", name, 0.0) for name in "bc"), expect="all_of"
    )
    table = evidence(samples, both)
    assert set(table["verdict"]) == {"undecided"}
    assert "than that of b (" in told(table, both).iloc[0]["sentence"]


def test_where_p_is_alike_the_weakest_has_the_fewest_standard_errors():
    """Both p underflow to 0."""
    rng = np.random.default_rng(5)
    samples = {
        "a": rng.normal(0, 1, 900), "b": rng.normal(1000, 1, 900), "c": rng.normal(900, 1, 900),
    }  # fmt: skip
    both = finding("both", LESS.contrasts[0], OTHER.contrasts[0], expect="best_of")
    table = evidence(samples, both)
    assert set(table["claim_p"]) == {0}
    assert "than that of c (" in told(table, both).iloc[0]["sentence"]


SENTENCE = re.compile(
    r"mean RMSE of \w+ is ([\d.]+) units (lower|higher) than that of \w+ "
    r"\(difference ([−+][\d.]+), 97\.50 % interval ([−+][\d.]+) to ([−+][\d.]+)"
)


def test_sentences_never_contradict_the_numbers():
    rng = np.random.default_rng(8)
    findings = [LESS, MIRROR, OTHER]
    for _ in range(40):
        samples = {n: rng.normal(rng.normal(0, 1), rng.uniform(0.5, 3), 30) for n in "abc"}
        table = evidence(samples, *findings)
        by_id = told(table, *findings).set_index("id")
        for row in table.to_dict("records"):
            sentence = by_id.loc[row["id"], "sentence"]
            size, direction, *numbers = SENTENCE.search(sentence).groups()
            difference = samples[row["scenario_a"]].mean() - samples[row["scenario_b"]].mean()
            assert direction == ("lower" if difference < 0 else "higher")
            expected = [abs(difference), difference, row["ci_low"], row["ci_high"]]
            shown = [float(x.replace("−", "-")) for x in (size, *numbers)]
            assert shown == pytest.approx(expected, abs=0.006)
            notes = [
                row[x] for x in ("undecided_because", "flags") if isinstance(row[x], str) and row[x]
            ]
            note = f" ({'; '.join(notes)})" if notes else ""
            assert sentence.endswith(f": {row['difference_verdict']}{note}.")
            assert by_id.loc[row["id"], "verdict"] == row["verdict"]


@pytest.mark.parametrize(("holds", "told"), [(True, "checked"), (False, "but the check failed")])
def test_identities_are_told(holds, told):
    identities = {("s", frozenset("ab")): holds}
    samples = rng_samples(a=0, b=0, c=1)
    table = evidence(samples, LESS, MIRROR, OTHER, identities=identities)
    for flags in table["flags"][:2]:
        assert flags.startswith(f"identical by construction, {told}")
    assert "identical" not in table["flags"].iloc[2]


def test_all_pairs():
    samples = samples_by_name({"a": np.arange(9.0), "b": np.arange(9.0) + 9})
    samples |= samples_by_name({"a": np.arange(9.0), "b": np.arange(9.0), "c": [np.nan] * 3}, "t")
    table = frame_of(ComparisonRow, compare_pairs(samples, INDEPENDENT, 0.05))
    assert list(table["series"]) == ["s", "t", "t", "t"]
    assert set(table["interval_level"]) == {0.95}
    first = stats.ttest_ind(np.arange(9), np.arange(9) + 9, equal_var=False)
    low, high = first.confidence_interval(0.95)
    assert table.loc[0, ["ci_low", "ci_high"]].tolist() == pytest.approx([low, high])
    assert table.loc[0, "welch_p"] == pytest.approx(first.pvalue)
    # Benjamini and Hochberg by hand: two p, the larger of them 1.
    assert table.loc[0, "welch_p_bh"] == pytest.approx(2 * first.pvalue)
    assert table.loc[1, "welch_p_bh"] == 1
    assert table.loc[2:, "welch_p"].isna().all()
    assert table.loc[2:, "welch_p_bh"].isna().all()


def test_chosen_pairs_are_those_of_all_either_way_round():
    values = {name: np.arange(9.0) ** place for place, name in enumerate("cab", 1)}
    samples = samples_by_name(values) | samples_by_name(values, "t")
    every = frame_of(ComparisonRow, compare_pairs(samples, INDEPENDENT, 0.05))
    chosen = compare_pairs(samples, INDEPENDENT, 0.05, [("b", "c"), ("a", "b")])
    some = frame_of(ComparisonRow, chosen)
    names = ["series", "scenario_a", "scenario_b"]
    assert some[names].to_numpy().tolist() == [
        ["s", "c", "b"], ["s", "a", "b"], ["t", "c", "b"], ["t", "a", "b"],
    ]  # fmt: skip
    kept = every.merge(some[names], on=names)
    assert kept.drop(columns=["welch_p_bh", "mannwhitney_p_bh"]).equals(
        some.drop(columns=["welch_p_bh", "mannwhitney_p_bh"])
    )


def test_twins():
    rng = np.random.default_rng(9)
    values = {"a": rng.normal(0, 1, 90), "b": rng.normal(0, 1, 90), "c": rng.normal(2, 1, 90)}
    twins = [ScenarioPair("same", "a", "b"), ScenarioPair("other", "a", "c")]
    samples = samples_by_name(values)
    table = frame_of(TwinRow, check_twins(samples, ["s"], twins, INDEPENDENT, 0.05))
    assert list(table["differs"]) == [False, True]
    assert set(table["interval_level"]) == {0.975}


PRECISION = finding("precision", Precision("a", 10, 3.0, 1.0))


@pytest.mark.parametrize(
    ("error", "verdict", "said"),
    [
        (3, "supported", "inside"), (1, "contradicted", "outside"),
        (6, "contradicted", "outside"), (4, "undecided", "inconclusive"),
    ],
)  # fmt: skip
def test_claims_of_precision(error, verdict, said):
    """Standard errors of means of ten, claimed between 2 and 4."""
    values = np.random.default_rng(10).normal(100, 1, 500)
    values *= error * math.sqrt(10) / values.std(ddof=1)
    row = evidence({"a": values}, PRECISION).iloc[0]
    assert row["estimate_a"] == pytest.approx(error)
    assert row["difference"] == pytest.approx(error - 3)
    # For normal values a standard deviation's error is about s / sqrt(2 n).
    half_width = stats.norm.isf(0.025) * error / math.sqrt(2 * 500)
    ends = [error - 3 - half_width, error - 3 + half_width]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(ends, abs=0.25 * half_width)
    assert "rests on normality" in row["flags"] or row["verdict"] == "undecided"
    assert row["verdict"] == verdict
    assert row["difference_verdict"].startswith(said)
    sentence = frame_of(
        ClaimRow, claims(rows_of(ContrastRow, pd.DataFrame([row])), [PRECISION], lambda *_: "units")
    )["sentence"].iloc[0]
    assert f"mean of 10 repeats of a has a standard error of {error:.2f} units" in sentence
    assert "claimed 2 to 4" in sentence


def test_precision_of_too_few_and_of_diverged_repeats():
    assert evidence({"a": [1, np.nan]}, PRECISION).iloc[0]["verdict"] == "undecided"
    values = np.random.default_rng(11).normal(0, 3 * math.sqrt(10), 500)
    assert evidence({"a": values}, PRECISION).iloc[0]["verdict"] == "supported"
    values[:10] = np.nan
    row = evidence({"a": values}, PRECISION).iloc[0]
    assert (row["verdict"], row["n_a"], row["n_diverged_a"]) == ("undecided", 490, 10)


def test_precision_counts_in_the_family():
    samples = rng_samples(a=0, b=1)
    assert set(evidence(samples, LESS, PRECISION)["k"]) == {2}


def test_samples_keep_the_order_of_the_study_and_of_the_repeats():
    table = pd.DataFrame(
        {
            "series": "s",
            "scenario": ["z", "z", "a", "a"],
            "repeat": [1, 0, 0, 1],
            "rmse": [4.0, 3, 1, 2],
        }
    )
    samples = samples_of(table, study_seed=1)
    assert list(samples) == [("s", "z"), ("s", "a")]
    np.testing.assert_array_equal(samples["s", "z"].values, [3, 4])


@pytest.mark.parametrize("sign", [1, -1])
def test_the_margins_at_which_the_answer_changes(sign):
    rng = np.random.default_rng(15)
    row = evidence({"a": sign * rng.normal(3, 1, 40), "b": rng.normal(0, 1, 40)}, LESS).iloc[0]
    ends = sorted(abs(row[end]) for end in ("ci_low", "ci_high"))
    assert [row["margin_exceeded_below"], row["margin_equivalent_above"]] == pytest.approx(ends)
    around = evidence({"a": rng.normal(0, 1, 40), "b": rng.normal(0, 1, 40)}, LESS).iloc[0]
    assert around["margin_exceeded_below"] == 0


@pytest.mark.parametrize(
    ("unit", "shift", "said"),
    [
        ("%", 0.97, "is 0.97 percentage points higher than"),
        ("s", -1.5, "is 1.50 s lower than"),
        ("%", 0.0, "is the same as that of b"),
    ],
)
def test_a_difference_in_words(unit, shift, said):
    values = np.random.default_rng(16).normal(90, 1, 30)
    table = evidence({"a": values + shift, "b": values}, LESS)
    assert said in told(table, LESS, unit=unit).iloc[0]["sentence"]


def test_a_ratio_in_words_is_a_ratio():
    rng = np.random.default_rng(17)
    samples = {"a": np.exp(rng.normal(0, 0.1, 40)), "b": np.exp(rng.normal(1, 0.1, 40))}
    ratio = finding("ratio", MeanRatio("less", "a", "b", 2.0))
    table = evidence(samples, ratio)
    sentence = told(table, ratio).iloc[0]["sentence"]
    means = [stats.gmean(samples[name]) for name in "ab"]
    row, logarithms = table.iloc[0], [np.log(samples[name]) for name in "ab"]
    assert [row["mean_a"], row["mean_b"]] == pytest.approx(means)
    assert [row["estimate_a"], row["estimate_b"]] == pytest.approx(means)
    for column, of in [
        ("median_difference", np.median),
        ("trimmed_mean_difference", lambda x: stats.trim_mean(x, 0.2)),
    ]:
        assert row[column] == pytest.approx(math.exp(of(logarithms[0]) - of(logarithms[1])))
    assert row["bootstrap_t_low"] == pytest.approx(row["ci_low"], rel=0.05)
    assert row["bootstrap_t_high"] == pytest.approx(row["ci_high"], rel=0.05)
    assert f"is {means[0] / means[1]:.3g} times that of b" in sentence
    low, high = (table[end].iloc[0] for end in ("ci_low", "ci_high"))
    assert f"interval {low:.3g} to {high:.3g}, margin 2 times" in sentence


@pytest.mark.parametrize(
    ("n_a", "n_b", "rests"),
    # 2 / C(8, 4) is .029, 2 / C(7, 3) is .057; at alpha = .05.
    [(3, 4, True), (4, 4, False), (2, 8, False), (2, 7, True), (30, 30, False)],
)
def test_what_rests_on_normality(n_a, n_b, rests):
    rng = np.random.default_rng(18)
    samples = {"a": rng.normal(0, 0.01, n_a), "b": rng.normal(9, 0.01, n_b)}
    table = evidence(samples, LESS)
    assert table["verdict"].iloc[0] == "supported"
    assert ("rests on normality" in table["flags"].iloc[0]) == rests
    assert ("rests on normality" in told(table, LESS)["flags"].iloc[0]) == rests


@pytest.mark.parametrize(("n", "rests"), [(5, True), (6, False)])
def test_what_rests_on_normality_of_pairs(n, rests):
    """2^(1 - n) of n pairs: .0625, .031."""
    rng = np.random.default_rng(19)
    x = rng.normal(0, 1, n)
    table = evidence({"a": x, "b": x + 9 + rng.normal(0, 0.01, n)}, LESS, design="paired")
    assert table["verdict"].iloc[0] == "supported"
    assert ("rests on normality" in table["flags"].iloc[0]) == rests


def test_an_undecided_verdict_rests_on_nothing():
    row = evidence({"a": [1.0, 2.0], "b": [1.5, 2.5]}, LESS).iloc[0]
    assert row["verdict"] == "undecided"
    assert "normality" not in row["flags"]


@pytest.mark.parametrize(
    ("expect", "shift", "reason"),
    [
        ("equivalent", 0.0, "would settle it"), ("equivalent", 0.6, "close to the margin"),
        ("equivalent", 1.01, "close to the margin"), ("equivalent", -0.6, "close to the margin"),
        ("equivalent", -1.6, "would settle it"),
        ("less", -1.0, "would settle it"), ("different", 1.0, "would settle it"),
    ],
)  # fmt: skip
def test_why_undecided(expect, shift, reason):
    z = stats.zscore(np.random.default_rng(20).normal(size=(2, 40)), axis=1, ddof=1)
    claim = finding("f", contrast_of_two(expect, "a", "b", 1.0))
    row = evidence({"a": shift + 5 * z[0], "b": 5 * z[1]}, claim).iloc[0]
    assert row["verdict"] == "undecided"
    assert reason in row["undecided_because"]
    assert f"{int(row['n_to_resolve']):,} repeats" in row["undecided_because"]


@pytest.mark.parametrize(
    ("expect", "difference", "distance"),
    [
        ("less", -5.0, 2.0), ("more_stable", -5.0, 2.0), ("less", 5.0, -3.0), ("greater", 5.0, 2.0),
        ("greater", -1.0, -1.0), ("different", -5.0, 2.0), ("different", 0.0, -0.5),
        ("equivalent", 0.5, 0.25), ("equivalent", -3.0, -1.0),
    ],
)  # fmt: skip
def test_how_far_a_claim_is_supported(expect, difference, distance):
    """In standard errors of 2, from the margin of 1."""
    cells = {"expect": expect, "difference": difference, "margin": 1.0, "standard_error": 2.0}
    assert distance_beyond_margin(row_of(ContrastRow, estimand="mean", **cells)) == distance
    if expect == "more_stable":
        ratios = {**cells, "difference": math.exp(difference), "margin": math.exp(1.0)}
        row = row_of(ContrastRow, estimand="spread", **ratios)
        assert distance_beyond_margin(row) == pytest.approx(distance)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0.00"), (0.00123, "0.0012"), (-0.00123, "−0.0012"), (0.999, "1.00"), (12.345, "12.35"), (3.2e7, "3.2e+07"),
        (math.inf, "∞"), (-math.inf, "−∞"), (0.05, "0.05"),
    ],
)  # fmt: skip
def test_numbers_in_sentences(value, said):
    assert number_in_words(value) == said


def test_a_miss_rate_that_is_too_high_is_told():
    rates = {("s", "rmse", "mean", "a - b"): MissRate(50, 0.07, is_too_high=True)}
    samples = rng_samples(a=0, b=3, c=3)
    table = evidence(samples, LESS, OTHER, miss_rates=rates)
    assert (
        "on samples of 50 like these the interval misses 7.00 %, not 2.50 %"
        in table["flags"].iloc[0]
    )
    assert "misses" not in table["flags"].iloc[1]
    assert "misses 7.00 %" in told(table, LESS, OTHER)["flags"].iloc[0]
    harmless = {("s", "rmse", "mean", "a - b"): MissRate(50, 0.03, is_too_high=False)}
    assert "misses" not in evidence(samples, LESS, miss_rates=harmless)["flags"].iloc[0]


@pytest.mark.parametrize(("shift", "apart"), [(9.0, True), (-9.0, True), (0.2, False)])
def test_samples_that_do_not_overlap_are_told(shift, apart):
    rng = np.random.default_rng(21)
    row = evidence({"a": rng.normal(0, 1, 20), "b": rng.normal(shift, 1, 20)}, LESS).iloc[0]
    assert ("samples do not overlap" in row["flags"]) == apart
    if apart:
        assert row["brunnermunzel_p"] == row["mannwhitney_p"]
        assert math.isnan(row["probability_low"])


@pytest.mark.parametrize(
    ("ends", "said"),
    [((-9.0, -2.0), "supported"), ((-9.0, 1.0), "undecided"), ((-9.0, -0.5), None)],
)
def test_a_bootstrap_that_would_say_something_else_is_told(ends, said):
    """Whether better or worse; the deciding interval says "direction supported"."""
    row = {
        "difference_p_family": 0.01, "difference": -3.0, "median_difference": -3.0,
        "trimmed_mean_difference": -3.0, "probability_a_less_b": 0.8, "ci_low": -5.0,
        "ci_high": -0.5, "margin": 1.0, "bootstrap_t_low": ends[0], "bootstrap_t_high": ends[1],
    }  # fmt: skip
    samples = samples_by_name(rng_samples(a=0, b=3))
    (question,) = questions_of(LESS.contrasts, {"rmse": samples}, {"s": 5.0}, INDEPENDENT)
    assert disagreements(row, question, 0.05) == (
        [f"bootstrap-t would say: {said}"] if said else []
    )


@pytest.mark.parametrize("scale", [0.01, 1.0])
def test_other_measures_of_two_samples(scale):
    rng = np.random.default_rng(22)
    a, b = scale * rng.normal(0, 1, 400), scale * rng.normal(0.3, 2, 300)
    row = evidence({"a": a, "b": b}, LESS).iloc[0]
    assert row["sd_ratio"] == pytest.approx(a.std(ddof=1) / b.std(ddof=1))
    tau = [np.abs(x - np.median(x)).mean() * len(x) / (len(x) - 1) for x in (a, b)]
    assert row["spread_ratio"] == pytest.approx(tau[0] / tau[1])
    assert row["median_difference"] == pytest.approx(np.median(a) - np.median(b))
    assert row["brown_forsythe_p"] == pytest.approx(stats.levene(a, b, center="median").pvalue)
    width = row["ci_high"] - row["ci_low"]
    assert row["bootstrap_t_low"] == pytest.approx(row["ci_low"], abs=0.05 * width)
    assert row["bootstrap_t_high"] == pytest.approx(row["ci_high"], abs=0.05 * width)


def test_the_smallest_p_of_permutations():
    """Of two samples 2 / C(7, 3); of two pairs that are permuted each for itself, their product."""
    sizes = {"a": 3, "b": 4, "c": 2, "d": 5}
    made = [sample(np.arange(float(n)), name) for name, n in sizes.items()]
    assert INDEPENDENT.smallest_permutation_p(made[:2]) == pytest.approx(2 / 35)
    assert INDEPENDENT.smallest_permutation_p(made) == pytest.approx(2 / (35 * 21))


def test_twins_of_tiny_numbers():
    for values, differs in [((1e-9, 2e-9), None), ((1e-9, 1e-9), False), ((0.0, 0.0), False)]:
        twins = frame_of(TwinRow, check_twins(
            samples_by_name({"a": [values[0]] * 5, "b": [values[1]] * 5}), ["s"],
            [ScenarioPair("t", "a", "b")], INDEPENDENT, 0.05,
        ))  # fmt: skip
        assert list(twins["differs"]) == [differs]


@pytest.mark.parametrize("shift", [0.5, -0.5])
def test_twins_that_differ_either_way(shift):
    rng = np.random.default_rng(23)
    values = {"a": rng.normal(shift, 0.1, 30), "b": rng.normal(0, 0.1, 30)}
    twins = frame_of(TwinRow, check_twins(
        samples_by_name(values), ["s"], [ScenarioPair("t", "a", "b")], INDEPENDENT, 0.05,
    ))  # fmt: skip
    assert list(twins["differs"]) == [True]


def test_a_single_repeat_that_diverged_is_all_of_them():
    assert sample([math.nan]).diverged_rate == 1
    assert sample([]).diverged_rate == 0


def test_brown_and_forsythe_of_few():
    rng = np.random.default_rng(24)
    a, b = rng.normal(50, 1, 12), rng.normal(55, 1.5, 12)
    row = evidence({"a": a, "b": b}, LESS).iloc[0]
    expected = stats.levene(a, b, center="median").pvalue
    assert 0.01 < expected < 0.9
    assert row["brown_forsythe_p"] == pytest.approx(expected)


def test_nothing_that_is_declared_constant_is_no_constant():
    assert not sample([], is_deterministic=True).is_constant
    assert sample([4.0, math.nan], is_deterministic=True).is_constant
    assert not sample([4.0]).is_constant
    assert sample([1.0, 2.0]).varies
    assert not sample([1.0, 1.0]).varies


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_constants_that_differ_by_rounding_are_the_same(scale):
    samples = {"a": [scale * (0.1 + 0.2)], "b": [scale * 0.3]}
    row = evidence(samples, LESS, deterministic="ab").iloc[0]
    assert (row["difference"], row["ci_low"], row["ci_high"]) == (0, 0, 0)


@pytest.mark.parametrize("design", DESIGNS)
def test_of_thirty_repeats_only_precision_rests_on_normality(design):
    rng = np.random.default_rng(25)
    samples = {"a": np.exp(rng.normal(0, 0.1, 30)), "b": np.exp(rng.normal(1, 0.5, 30))}
    claims_made = [
        LESS, SPREAD, finding("ratio", MeanRatio("less", "a", "b", 1.5)),
        finding("known", Precision("a", 10, 1.0, 0.9)),
    ]  # fmt: skip
    table = evidence(samples, *claims_made, design=design).set_index("id")
    assert (table["verdict"] != "undecided").all()
    rests = table["flags"].str.contains("rests on normality")
    assert list(rests) == [False, False, False, True]
