import numpy as np
import pytest
from scipy import stats
from support import sample, samples

from thousandfold.inference.baselines import against_baselines
from thousandfold.inference.estimates import deviation
from thousandfold.inference.precision import (
    describe,
    required_repeats,
    required_repeats_table,
    sample_sizes,
    standard_errors,
    summarise,
)
from thousandfold.tables import frame_of
from thousandfold.tables.rows import RequiredRepeatsRow, StandardErrorRow, SummaryRow


def test_summary_of_a_known_sample():
    """n = 10 heights in inches with the mean, deviation and t interval worked by hand."""
    values = np.array([61, 64, 65, 66, 67, 68, 68, 70, 71, 75], float)
    row = describe(sample(np.append(values, np.nan)))
    assert (row["n"], row["n_diverged"], row["min"], row["max"]) == (10, 1, 61, 75)
    assert row["mean"] == pytest.approx(67.5)
    assert row["std"] == pytest.approx(np.sqrt(138.5 / 9))
    half_width = 2.2621571628 * row["std"] / np.sqrt(10)
    assert row["ci_low"] == pytest.approx(67.5 - half_width)
    assert row["ci_high"] == pytest.approx(67.5 + half_width)
    assert (row["q25"], row["median"], row["q75"]) == (65.25, 67.5, 69.5)


@pytest.mark.parametrize("values", [[np.nan, np.nan], [1.0, np.nan]])
def test_summary_of_next_to_nothing(values):
    table = frame_of(
        SummaryRow,
        summarise(
            samples({"a": values}),
            "rmse",
            {"s": {"persistence": 1, "drift": 2, "ar1": 3}},
        ),
    )
    row = table.iloc[0]
    assert row["metric"] == "rmse"
    assert row["n"] + row["n_diverged"] == 2
    assert np.isnan(row["std"])
    assert row["ar1"] == 3


@pytest.mark.parametrize("n", [0, 1, 2, 3, 29, 30, 31, 32, 100, 1000, 100_000])
def test_sample_sizes(n):
    sizes = sample_sizes(n)
    assert list(sizes) == sorted(set(sizes))
    assert len(sizes) < 150
    if n >= 2:
        assert (sizes[0], sizes[-1]) == (2, n)
        # About thirty to each power of ten.
        assert len(sizes) >= min(n - 1, 29 + 27 * np.log10(max(n, 30) / 30))
        assert set(range(2, min(n, 30))) <= set(sizes)


def test_standard_errors_agree_with_theory():
    rng = np.random.default_rng(0)
    values = rng.normal(100, 8, 2000)
    rows = standard_errors(sample(np.append(values, np.nan)))
    table = frame_of(StandardErrorRow, rows).set_index("n")
    assert table.index[-1] == 2000
    assert table.loc[2000, "running_mean"] == pytest.approx(values.mean())
    assert table.loc[2000, "running_standard_error"] == pytest.approx(
        values.std(ddof=1) / np.sqrt(2000)
    )
    assert table.loc[10, "running_mean"] == pytest.approx(values[:10].mean())
    assert table.loc[10, "theory_standard_error"] == pytest.approx(values.std(ddof=1) / np.sqrt(10))
    ratio = table["resampled_standard_error"] / table["theory_standard_error"]
    # The standard deviation of 1,000 means has a relative error of about 2.2 %.
    assert ratio.between(0.9, 1.1).all()


def test_standard_errors_of_too_few_repeats():
    assert standard_errors(sample([1.0, np.nan])) == []


@pytest.mark.parametrize(("n", "has_interval"), [(4, False), (5, True), (400, True)])
def test_required_repeats_are_the_square_of_a_ratio(n, has_interval):
    values = np.random.default_rng(3).normal(size=n)
    values = 10 * (values - values.mean()) / values.std(ddof=1)
    row = required_repeats(sample(values), target=0.5)
    assert row["n"] in (400, 401)
    if has_interval:
        low, high = deviation(values).interval(0.05)
        assert row["n_low"] == np.ceil(4 * low**2)
        assert row["n_high"] == np.ceil(4 * high**2)
    else:
        assert np.isnan([row["n_low"], row["n_high"]]).all()


def test_targets_are_shares_of_the_margin():
    values = np.random.default_rng(5).normal(0, 1, 20)
    table = frame_of(RequiredRepeatsRow, required_repeats_table(samples({"a": values}), {"s": 5.0}))
    assert table["target"].tolist() == pytest.approx([5.0, 3.0, 1.0, 0.5])


def test_a_target_that_two_repeats_reach():
    assert required_repeats(sample(np.arange(9.0)), target=1e3)["n"] == 2


def test_repeats_that_do_not_vary_promise_nothing():
    constant = samples({"a": [0.04] * 30, "b": [0.04] * 30}, deterministic="b")
    assert required_repeats_table(constant, {"s": 1.0}) == []
    table = frame_of(SummaryRow, summarise(constant, "rmse", {})).set_index("scenario")
    assert (table["std"] == 0).all()
    assert table.loc["a", ["ci_low", "ci_high", "bca_low"]].isna().all()
    assert table.loc["b", ["ci_low", "ci_high"]].tolist() == pytest.approx([0.04, 0.04])


@pytest.mark.parametrize(
    ("baseline", "result"), [(3.0, "worse"), (7.0, "better"), (5.05, "undecided")]
)
def test_a_scenario_is_better_than_a_baseline_where_its_interval_lies_below(baseline, result):
    values = np.random.default_rng(4).normal(5, 1, 60)
    (row,) = against_baselines(sample(values), {"x": baseline}, 0.05)
    assert row.result == result
    low, high = stats.ttest_1samp(values, baseline).confidence_interval(0.95)
    ends = [low - baseline, high - baseline]
    assert [row.ci_low, row.ci_high] == pytest.approx(ends)


@pytest.mark.parametrize(("values", "difference"), [([4.0] * 9, -1.0), ([4.0], -1.0), ([], np.nan)])
def test_without_an_interval_no_baseline_is_beaten(values, difference):
    (row,) = against_baselines(sample(values), {"x": 5.0}, 0.05)
    assert row.result == "undecided"
    assert row.difference == pytest.approx(difference, nan_ok=True)


@pytest.mark.parametrize(
    ("baseline", "result"), [(5.0, "better"), (4.0, "undecided"), (3.0, "worse")]
)
def test_a_constant_by_declaration_is_held_against_a_baseline_exactly(baseline, result):
    (row,) = against_baselines(sample([4.0], is_deterministic=True), {"x": baseline}, 0.05)
    assert row.result == result


@pytest.mark.parametrize("target", [1e-300, 0.0])
def test_a_target_that_no_number_of_repeats_reaches(target):
    assert required_repeats(sample([1.0, 2.0, 4.0, 7.0, 9.0]), target)["n"] == np.inf


@pytest.mark.parametrize("name", ["ci_low", "n", "max"])
def test_a_misspelt_or_missing_statistic_is_no_empty_column(name, monkeypatch):
    def misspelt(of):
        return {f"{key}_" if key == name else key: value for key, value in describe(of).items()}

    def without(of):
        return {key: value for key, value in describe(of).items() if key != name}

    for description, problem in [(misspelt, f"unexpected .*'{name}_'"), (without, f"'{name}'")]:
        monkeypatch.setattr("thousandfold.inference.precision.describe", description)
        with pytest.raises(TypeError, match=problem):
            summarise(samples({"a": [1.0, 2.0, 4.0]}), "rmse", {})
