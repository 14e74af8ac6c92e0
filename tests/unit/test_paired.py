"""The paired design against R, SciPy, published examples and simulation."""

import math
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import ROOT, contrast_of_two, sample
from support import samples as samples_by_name

from thousandfold.inference import paired
from thousandfold.inference.contrasts import Trend
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.estimates import absolute_deviations
from thousandfold.inference.judging import judge
from thousandfold.inference.questions import Question
from thousandfold.study import Finding
from thousandfold.tables import frame_of
from thousandfold.tables.rows import ContrastRow

R = ROOT / "tests/r"

SLEEP_A = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SLEEP_B = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def correlated(n, seed, correlation=0.8, shift=0.3):
    rng = np.random.default_rng(seed)
    shared = rng.normal(0, 1, n)
    x, y = (
        math.sqrt(correlation) * shared + math.sqrt(1 - correlation) * rng.normal(0, 1, n)
        for _ in "ab"
    )
    return x, y + shift


def row_of(x, y, expect="less", margin=1.0):
    findings = [
        Finding("f", "Claim.", "test", expect, (contrast_of_two(expect, "a", "b", margin),))
    ]
    samples = samples_by_name({"a": x, "b": y})
    table = frame_of(
        ContrastRow,
        judge(
            {"rmse": samples},
            {"s": 5.0},
            findings,
            0.05,
            DESIGNS["paired"],
        ),
    )
    return table.iloc[0]


def test_the_sleep_data():
    """Student's sleep data as R's documentation prints its paired test."""
    row = row_of(SLEEP_A, SLEEP_B)
    assert row["paired_t"] == pytest.approx(-4.0621, abs=5e-5)
    assert row["paired_df"] == 9
    assert row["paired_p"] == pytest.approx(0.002833, abs=5e-7)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([-2.4598858, -0.7001142], abs=5e-8)


def assert_agrees_with_r(samples, expected):
    for r in expected.to_dict("records"):
        pairs = samples[samples["case"] == r["case"]]
        x, y = pairs["a"].to_numpy(), pairs["b"].to_numpy()
        tests = paired.usual_tests(x, y)
        # R is asked for the asymptotic p.
        if len(x) <= 20:
            tests["wilcoxon_p"] = stats.wilcoxon(x, y, correction=True, method="asymptotic").pvalue
        assert tests["paired_t"] == pytest.approx(r["t"], rel=1e-9)
        assert tests["paired_df"] == r["df"]
        assert tests["wilcoxon_v"] == pytest.approx(r["v"], rel=1e-9)
        low, high = paired.mean_difference(x, y).interval(0.01)
        assert [low, high] == pytest.approx([r["low"], r["high"]], rel=1e-8)
        for ours, theirs in [("paired_p", "p"), ("wilcoxon_p", "rank_p")]:
            if r[theirs] > 1e-290:
                assert tests[ours] == pytest.approx(r[theirs], rel=1e-6)


def test_against_stored_values_of_r():
    samples, expected = (pd.read_csv(R / f"paired_{x}.csv") for x in ("samples", "expected"))
    assert len(expected) == 5
    assert_agrees_with_r(samples, expected)


@pytest.mark.skipif(not shutil.which("Rscript"), reason="R is not installed")
def test_against_r_itself(tmp_path):
    cases = {
        "many": correlated(1000, 1), "few": correlated(4, 2), "far": correlated(300, 3, shift=5),
        "rounded": tuple(values.round(1) for values in correlated(200, 4)),
        "sleep": (SLEEP_A, SLEEP_B),
    }  # fmt: skip
    samples = pd.concat(
        [pd.DataFrame({"case": case, "a": x, "b": y}) for case, (x, y) in cases.items()]
    )
    files = [tmp_path / "samples.csv", tmp_path / "expected.csv"]
    samples.to_csv(files[0], index=False)
    subprocess.run(["Rscript", R / "paired.R", *files], check=True)
    assert_agrees_with_r(samples, pd.read_csv(files[1]))


def test_incomplete_pairs_are_left_out_and_counted():
    x, y = correlated(300, 5)
    complete = row_of(x, y)
    x_more, y_more = np.append(x, [np.nan, 7.0, 8.0]), np.append(y, [5.0, np.nan])
    row = row_of(x_more, y_more)
    assert row["difference"] == complete["difference"]
    assert (row["n_a"], row["n_b"], row["n_incomplete_pairs"]) == (300, 300, 3)
    assert (row["n_diverged_a"], row["n_diverged_b"]) == (1, 1)


def test_what_pairing_is_worth():
    # Two columns of mean 0 and equal length, at right angles to each other.
    u, v = np.linalg.qr(np.column_stack([np.ones(50), *correlated(50, 6)]))[0].T[1:]
    row = row_of(u, 0.8 * u + 0.6 * v)
    assert row["correlation"] == pytest.approx(0.8)
    # Var(a - b) is (1 - correlation) times what it would be of independent samples.
    assert row["variance_reduction"] == pytest.approx(5)
    assert math.isnan(row["brunnermunzel_p"])
    assert math.isnan(row["welch_p"])


def test_views_beside_the_interval_agree_where_theory_is_exact():
    x, y = correlated(500, 7, shift=0.05)
    row = row_of(x, y)
    width = row["ci_high"] - row["ci_low"]
    assert row["bootstrap_t_low"] == pytest.approx(row["ci_low"], abs=0.05 * width)
    assert row["bootstrap_t_high"] == pytest.approx(row["ci_high"], abs=0.05 * width)
    assert row["permutation_p"] == pytest.approx(row["paired_p"], abs=0.04)


def test_the_spread_interval_of_pairs_covers_as_often_as_it_says():
    """600 draws of n = 100 pairs: the Monte-Carlo error of a rate of .95 is .009."""
    hits = widths = 0
    for seed in range(600):
        x, y = correlated(100, 1000 + seed, correlation=0.9)
        low, high = paired.spread_ratio(2 * x, y).interval(0.05)
        hits += low < math.log(2) < high
        widths += high - low
    assert hits / 600 == pytest.approx(0.95, abs=0.03)
    # Unpaired, it would be this wide for normal samples: pairing has to be worth something.
    unpaired = 2 * 1.96 * math.sqrt(2 * (math.pi / 2 - 1) / 100)
    assert widths / 600 < 0.75 * unpaired


def test_a_swap_mirrors_everything():
    x, y = correlated(80, 8)
    for expect, margin, mirrored in [
        ("different", 1.0, lambda difference: -difference),
        ("more_stable", 1.25, lambda ratio: 1 / ratio),
    ]:
        one, other = row_of(x, 2 * y, expect, margin), row_of(2 * y, x, expect, margin)
        assert one["difference"] == pytest.approx(mirrored(other["difference"]))
        assert one["ci_low"] == pytest.approx(mirrored(other["ci_high"]))
        assert one["ci_high"] == pytest.approx(mirrored(other["ci_low"]))
        assert one["paired_t"] == pytest.approx(-other["paired_t"])
        assert one["wilcoxon_p"] == pytest.approx(other["wilcoxon_p"])
    assert paired.spread_ratio(x, y).interval(0.05) == pytest.approx(
        [-end for end in paired.spread_ratio(y, x).interval(0.05)][::-1]
    )


def test_a_pair_takes_both_of_its_halves():
    """Whichever is missing, the other goes too, and no value moves to another's partner."""
    first = sample([1.0, np.nan, 3.0, 4.0, 5.0, 6.0], "a")
    second = sample([10.0, 20.0, np.inf, 40.0, 50.0], "b")
    for a, b, expected in [
        (first, second, ([1, 4, 5], [10, 40, 50])), (second, first, ([10, 40, 50], [1, 4, 5])),
    ]:  # fmt: skip
        np.testing.assert_array_equal(paired.values(a, b), expected)


@pytest.mark.parametrize("shift", [0.0, 4.0])
def test_differences_that_do_not_vary_decide_nothing(shift):
    x, _ = correlated(30, 9)
    row = row_of(x + shift, x, "different")
    assert row["difference"] == pytest.approx(shift)
    assert row["verdict"] == "undecided"
    assert "do not vary" in row["undecided_because"]
    assert math.isnan(row["paired_p"])
    constant = row_of(np.ones(5), np.ones(5), "more_stable", 1.25)
    assert constant["verdict"] == "undecided"


@pytest.mark.parametrize(("n", "verdict"), [(4, "undecided"), (5, "supported")])
def test_spread_within_pairs_takes_five(n, verdict):
    x = np.array([0.0, 1.0, -1.1, 0.2, -0.1])[:n]
    y = np.array([900.0, -1000.0, 300.0, 1200.0, -1100.0])[:n]
    row = row_of(x, y, "more_stable", 1.25)
    assert row["verdict"] == verdict
    if n < 5:
        assert "fewer than 5" in row["undecided_because"]
    else:
        assert "rests on normality" in row["flags"]


def test_one_sample_on_another_scale_leaves_no_luck_to_measure():
    x, _ = correlated(30, 9)
    row = row_of(x, 2 * x, "more_stable", 1.25)
    assert row["verdict"] == "undecided"
    assert "another scale" in row["undecided_because"]


def test_pairs_needed_to_resolve():
    """From the definition: the smallest n whose t interval of the differences is narrow enough."""
    x, y = correlated(40, 12)
    x = x - (x - y).mean()
    row = row_of(x, y, "less", margin=0.12)
    assert row["verdict"] == "undecided"

    def width(n):
        return 2 * stats.t.isf(0.025, n - 1) * (x - y).std(ddof=1) / math.sqrt(n)

    n = row["n_to_resolve"]
    assert width(n) < 0.12 <= width(n - 1)


def test_too_few_pairs():
    row = row_of([1.0, np.nan, 3.0], [np.nan, 2.0, 4.0])
    assert row["verdict"] == "undecided"
    assert row["undecided_because"] == "fewer than 2 repeats with a value"


def test_usual_tests_of_spread_are_of_absolute_deviations():
    x, y = correlated(60, 10)
    row = row_of(x, 3 * y, "more_stable", 1.25)
    expected = stats.ttest_rel(absolute_deviations(x), absolute_deviations(3 * y))
    assert row["paired_p"] == pytest.approx(expected.pvalue)
    assert row["verdict"] == "supported"


@pytest.mark.parametrize(("n", "p"), [(2, 0.5), (5, 1 / 16), (9, 1 / 256)])
def test_the_smallest_p_of_random_signs(n, p):
    x, y = sample(np.arange(n + 1.0), "a"), sample(np.append(np.arange(float(n)), np.nan), "b")
    assert paired.smallest_permutation_p([x, y]) == p


def test_most_pairs_are_incomplete():
    x = np.array([1.0, 2.5, 3.0, *[np.nan] * 6])
    assert row_of(x, np.arange(9.0))["n_incomplete_pairs"] == 6


def test_resampled_pairs_without_variation_have_no_error():
    x, y = sample([1.0, 2.0], "a"), sample([0.0, 0.0], "b")
    drawn = paired.resampled_contrast([x, y], [1, -1], 200)
    assert drawn.df == 1
    is_constant = np.isin(drawn.difference, [1.0, 2.0])
    assert is_constant.any()
    np.testing.assert_array_equal(np.isnan(drawn.standard_error), is_constant)


def test_the_values_of_a_trend_that_count_are_those_of_complete_repeats():
    contrast = Trend("less", (("a", "b"), ("c", "d")), (1.0, 2.0), 1.0)
    values = np.arange(20.0).reshape(4, 5)
    values[1, 2] = values[3, 0] = np.nan
    samples = tuple(map(sample, values, "abcd"))
    question = Question("s", contrast, samples, 1.0, DESIGNS["paired"])
    assert question.sizes == (3, 3, 3, 3)
    assert list(question.compared[0]) == [1, 3, 4]
