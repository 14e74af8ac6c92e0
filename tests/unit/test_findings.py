"""From samples and findings to rows and claims: the family, Holm, diverged repeats, sentences."""

import math
import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import shipped_study

from thousandfold.inference.findings import claims, compare_all_pairs, judge, samples_of
from thousandfold.records import table_columns
from thousandfold.seeds import resampling_seed
from thousandfold.study import Contrast, Finding

COLUMNS = table_columns("findings")
seed_of = partial(resampling_seed, 1)


def finding(id_, *contrasts, expect=None):
    return Finding(id_, f"Claim {id_}.", "test", expect or contrasts[0].expect, contrasts)


def evidence(samples, *findings, alpha=0.05):
    by_key = {("s", name): np.array(values, float) for name, values in samples.items()}
    return judge(by_key, ["s"], findings, alpha, seed_of, {}, COLUMNS)


def rng_samples(**means):
    rng = np.random.default_rng(1)
    return {name: rng.normal(mean, 1, 50) for name, mean in means.items()}


LESS = finding("less", Contrast("less", "a", "b", 1.0))
MIRROR = finding("mirror", Contrast("equivalent", "b", "a", 1.0))
OTHER = finding("other", Contrast("less", "a", "c", 1.0))
SPREAD = finding("spread", Contrast("more_stable", "a", "b", 1.25))


def test_mirror_findings_share_a_contrast_and_spread_is_another():
    samples = rng_samples(a=0, b=0.5, c=3)
    table = evidence(samples, LESS, MIRROR, OTHER, SPREAD)
    assert set(table["k"]) == {3}
    assert table["interval_level"].to_numpy() == pytest.approx(1 - 0.05 / 3)
    less, mirror = table.iloc[0], table.iloc[1]
    assert (less["ci_low"], less["ci_high"]) == (-mirror["ci_high"], -mirror["ci_low"])
    assert less["welch_p_holm"] == mirror["welch_p_holm"]


def test_the_shipped_study_has_fifteen_distinct_contrasts():
    study = shipped_study()
    rng = np.random.default_rng(2)
    samples = {("shampoo", s.name): rng.normal(100, 5, 30) for s in study.scenarios}
    table = judge(samples, ["shampoo"], study.findings, study.alpha, seed_of, {}, COLUMNS)
    assert set(table["k"]) == {15}
    assert len(table) == 20


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


def test_family_p_values_decide_as_the_interval_does():
    rng = np.random.default_rng(3)
    for _ in range(50):
        samples = {n: rng.normal(rng.normal(0, 0.6), rng.uniform(0.5, 2), 30) for n in "abc"}
        for row in evidence(samples, LESS, OTHER, SPREAD).to_dict("records"):
            low, high, margin = row["ci_low"], row["ci_high"], row["margin"]
            assert (row["difference_p_family"] < 0.05) == (low > 0 or high < 0)
            assert (row["equivalence_p_family"] < 0.05) == (-margin < low and high < margin)
            assert (row["minimal_effect_p_family"] < 0.05) == (low > margin or high < -margin)


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


def test_spread_rows_are_log_ratios():
    rng = np.random.default_rng(4)
    samples = {"a": rng.normal(0, 1, 500), "b": rng.normal(0, 4, 500)}
    row = evidence(samples, SPREAD).iloc[0]
    assert row["margin"] == pytest.approx(math.log(1.25))
    assert math.exp(row["difference"]) == pytest.approx(0.25, rel=0.15)
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
    assert "diverged" in row["flags"]


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
    row = evidence({"a": a, "b": b}, finding("e", Contrast("equivalent", "a", "b", 1.0))).iloc[0]
    assert row["difference_verdict"] == "equivalent"
    assert row["verdict"] == "undecided"


@pytest.mark.parametrize("a", [[np.nan] * 5, [1.0] + [np.nan] * 4])
def test_fewer_than_two_finite_repeats(a):
    samples = {"a": a, "b": np.arange(5.0), "c": np.arange(1.0, 6)}
    table = evidence(samples, LESS, OTHER, finding("bc", Contrast("less", "b", "c", 1.0)))
    assert list(table["verdict"])[:2] == ["undecided", "undecided"]
    assert table["flags"].iloc[0] == "fewer than 2 finite repeats"
    assert np.isfinite(table["welch_p_holm"].iloc[2])
    sentence = claims(
        table,
        [LESS, OTHER, finding("bc", Contrast("less", "b", "c", 1.0))],
        {"s": "units"},
        table_columns("claims"),
    )["sentence"]
    assert "nothing can be said" in sentence.iloc[0]


def test_constant_samples_are_flagged():
    row = evidence({"a": [1.0] * 4, "b": [9.0] * 4}, LESS).iloc[0]
    assert (row["ci_low"], row["ci_high"], row["welch_p"]) == (-8, -8, 0)
    assert row["flags"].split("; ") == ["no variation", "samples do not overlap"]
    assert row["verdict"] == "supported"
    assert row["mannwhitney_p"] < 0.05


def test_identical_constant_samples():
    row = evidence({"a": [1.0] * 4, "b": [1.0] * 4}, LESS).iloc[0]
    assert (row["welch_p"], row["mannwhitney_p"]) == (1, 1)
    assert row["verdict"] == "no difference that matters"


def test_a_claim_is_as_good_as_its_weakest_contrast():
    samples = rng_samples(a=0, b=3, c=0)
    both = finding("both", LESS.contrasts[0], OTHER.contrasts[0], expect="all_of")
    table = evidence(samples, both)
    assert list(table["verdict"]) == ["supported", "no difference that matters"]
    claim = claims(table, [both], {"s": "units"}, table_columns("claims")).iloc[0]
    assert claim["verdict"] == "no difference that matters"
    assert claim["sentence"].startswith("1 of 2 comparisons hold. The weakest: The mean RMSE of a")


SENTENCE = re.compile(
    r"mean RMSE of \w+ is ([\d.]+) units (lower|higher) than that of \w+ "
    r"\(difference ([-+][\d.]+), 97\.50 % interval ([-+][\d.]+) to ([-+][\d.]+)"
)


def test_sentences_never_contradict_the_numbers():
    rng = np.random.default_rng(8)
    findings = [LESS, MIRROR, OTHER]
    for _ in range(40):
        samples = {n: rng.normal(rng.normal(0, 1), rng.uniform(0.5, 3), 30) for n in "abc"}
        table = evidence(samples, *findings)
        told = claims(table, findings, {"s": "units"}, table_columns("claims")).set_index("id")
        for row in table.to_dict("records"):
            sentence = told.loc[row["id"], "sentence"]
            size, direction, *numbers = SENTENCE.search(sentence).groups()
            difference = samples[row["scenario_a"]].mean() - samples[row["scenario_b"]].mean()
            assert direction == ("lower" if difference < 0 else "higher")
            expected = [abs(difference), difference, row["ci_low"], row["ci_high"]]
            assert [float(x) for x in (size, *numbers)] == pytest.approx(expected, abs=0.006)
            flags = f" ({row['flags']})" if row["flags"] else ""
            assert sentence.endswith(f": {row['difference_verdict']}{flags}.")
            assert told.loc[row["id"], "verdict"] == row["verdict"]


@pytest.mark.parametrize(("holds", "told"), [(True, "checked"), (False, "but the check failed")])
def test_identities_are_told(holds, told):
    samples = {("s", name): x for name, x in rng_samples(a=0, b=0, c=1).items()}
    identities = {("s", frozenset("ab")): holds}
    table = judge(samples, ["s"], [LESS, MIRROR, OTHER], 0.05, seed_of, identities, COLUMNS)
    for flags in table["flags"][:2]:
        assert flags.startswith(f"identical by construction, {told}")
    assert "identical" not in table["flags"].iloc[2]


def test_all_pairs():
    samples = {
        ("s", "a"): np.arange(9.0),
        ("s", "b"): np.arange(9.0) + 9,
        ("t", "a"): np.arange(9.0),
        ("t", "b"): np.arange(9.0),
    }
    table = compare_all_pairs(samples, 0.05, 1.0, table_columns("comparisons"))
    assert list(table["series"]) == ["s", "t"]
    assert set(table["k"]) == {2}
    assert list(table["verdict"]) == ["differs, by more than the margin", "inconclusive"]
    assert set(table["expect"]) == {""}


def test_samples_keep_the_order_of_the_study_and_of_the_repeats():
    table = pd.DataFrame(
        {
            "series": "s",
            "scenario": ["z", "z", "a", "a"],
            "repeat": [1, 0, 0, 1],
            "rmse": [4.0, 3, 1, 2],
        }
    )
    samples = samples_of(table)
    assert list(samples) == [("s", "z"), ("s", "a")]
    np.testing.assert_array_equal(samples["s", "z"], [3, 4])
