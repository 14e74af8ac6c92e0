"""Components of variance and what they say of a budget, against R's analysis of variance and simulation."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from support import cases_by_r, has_r, run_r

from thousandfold.inference.population.components import (
    Allocation,
    Components,
    Costs,
    allocations,
    standard_error_of_median,
    variance_components,
    variance_of_mean,
)
from thousandfold.inference.population.resolving import Planned, fewest_to_decide


def rng(seed=1):
    return np.random.default_rng(seed)


def trained(n, deviations, seed=1):
    """Effects of single repeats, shape n = (series, origins, repeats)."""
    source = rng(seed)
    return sum(
        source.normal(0, deviation, shape)
        for deviation, shape in zip(deviations, ((n[0], 1, 1), (*n[:2], 1), n), strict=True)
    )


def components_of(values, alpha=0.05, seed=1):
    cells = values.shape[:2]
    repeats = np.full(cells, values.shape[2])
    return variance_components(
        values.mean(axis=2), values.var(axis=2, ddof=1), repeats, alpha, rng(seed)
    )


def assert_agrees_with_r(cases):
    for _, table, r in cases:
        shape = [table[name].nunique() for name in ("series", "origin")]
        found = components_of(table["value"].to_numpy().reshape(*shape, -1))
        components = found.series, found.origins, found.repeats
        expected = r[["series", "origins", "repeats"]].astype(float)
        assert components == pytest.approx(tuple(expected), rel=1e-9, nan_ok=True)


def test_against_stored_values_of_r():
    cases = cases_by_r("components")
    assert len(cases) == 4
    assert_agrees_with_r(cases)


@pytest.mark.skipif(not has_r(), reason="R is not installed")
def test_against_r_itself(tmp_path):
    assert_agrees_with_r(cases_by_r("components", run_r("components", tmp_path)))


def test_unequal_cells_are_unbiased():
    """Series with 1 to 4 origins, cells with 2 to 9 repeats: on average the truth."""
    found = []
    for seed in range(60):
        source = rng([7, seed])
        values = trained((60, 4, 9), (1.0, 0.7, 2.0), seed)
        n_origins = np.arange(60) % 4 + 1
        n_repeats = source.integers(2, 10, (60, 4))
        taken = np.where(np.arange(9) < n_repeats[..., None], values, np.nan)
        effects, variances = np.nanmean(taken, axis=2), np.nanvar(taken, axis=2, ddof=1)
        absent = np.arange(4) >= n_origins[:, None]
        for cells in (effects, variances):
            cells[absent] = np.nan
        got = variance_components(effects, variances, n_repeats, 0.9, source)
        found.append((got.series, got.origins, got.repeats))
    error = np.std(found, axis=0) / math.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - (1.0, 0.49, 4.0)) < 3.5 * error).all()


def test_components_are_not_negative_and_say_what_they_are_of():
    found = components_of(trained((8, 3, 4), (0, 0, 1), seed=2))
    assert min(found.series, found.origins) == 0
    assert found.series_interval.low == 0
    single = components_of(trained((30, 1, 5), (1, 1, 1)))
    assert math.isnan(single.origins)
    assert single.origins_interval is None
    assert single.series > 1


def test_intervals_of_components_have_their_seed_and_level():
    values = trained((60, 4, 5), (1, 0.5, 2))
    found = components_of(values)
    assert found == components_of(values)
    assert found != components_of(values, seed=2)
    for estimate, interval in (
        (found.series, found.series_interval), (found.origins, found.origins_interval),
        (found.repeats, found.repeats_interval),
    ):  # fmt: skip
        assert interval.low < estimate < interval.high
        assert interval.level == 0.95
    # Of a mean square with 960 degrees of freedom.
    width = found.repeats_interval.high - found.repeats_interval.low
    assert width == pytest.approx(2 * 1.96 * found.repeats * math.sqrt(2 / 960), rel=0.3)


def test_what_components_need():
    with pytest.raises(ValueError, match="at least 2 series"):
        components_of(trained((1, 3, 4), (1, 1, 1)))
    values = trained((3, 2, 4), (1, 1, 1))
    values[1] = np.nan
    with pytest.raises(ValueError, match="at least one origin"):
        components_of(values)


# Budgets

INTERVAL = None
SOME = Components(1.0, INTERVAL, 0.5, INTERVAL, 8.0, INTERVAL)


def test_the_variance_of_a_mean():
    assert variance_of_mean(SOME, 10, 2, 4) == pytest.approx(1 / 10 + 0.5 / 20 + 8 / 80)
    single = Components(1.0, INTERVAL, math.nan, None, 8.0, INTERVAL)
    assert variance_of_mean(single, 10, 1, 4) == pytest.approx(1 / 10 + 8 / 40)


def test_the_variance_of_a_mean_is_that_of_simulated_studies():
    means = [trained((6, 3, 4), (1, math.sqrt(0.5), math.sqrt(8)), s).mean() for s in range(4000)]
    assert np.var(means) == pytest.approx(variance_of_mean(SOME, 6, 3, 4), rel=0.08)


def test_with_series_without_end_one_repeat_is_best():
    best = allocations(SOME, Costs(0, 0, 1), 100, most_series=200, most_origins=10)[0]
    assert (best.n_series, best.n_origins, best.n_repeats, best.cost) == (100, 1, 1, 100)
    assert best.standard_error == pytest.approx(math.sqrt(9.5 / 100))


def test_within_the_series_there_are_the_rest_goes_into_origins_and_repeats():
    found = allocations(SOME, Costs(0, 0, 1), 90, most_series=10, most_origins=3)
    best = found[0]
    assert (best.n_series, best.n_origins, best.n_repeats) == (10, 3, 3)
    errors = [allocation.standard_error for allocation in found]
    assert errors == sorted(errors)
    assert all(allocation.cost <= 90 for allocation in found)
    assert len(found) == 30


def test_what_a_series_and_an_origin_cost():
    costs = Costs(series=10, origin=5, repeat=2)
    assert costs.of(3, 2, 4) == 3 * (10 + 2 * (5 + 4 * 2))
    found = allocations(SOME, costs, 100, most_series=50, most_origins=1)
    # A series takes at least 17, and the third best spends 96 of 100 on 4 series.
    assert {allocation.n_series for allocation in found} == {1, 2, 3, 4, 5}
    four = next(allocation for allocation in found if allocation.n_series == 4)
    assert (four.n_repeats, four.cost) == (5, 100)
    assert allocations(SOME, costs, 16, most_series=5, most_origins=5) == []


def test_budgets_against_every_study_there_is():
    costs, budget = Costs(3, 1, 0.5), 60.0
    best = allocations(SOME, costs, budget, most_series=8, most_origins=4)[0]
    every = [
        variance_of_mean(SOME, s, o, r)
        for s in range(1, 9)
        for o in range(1, 5)
        for r in range(1, 200)
        if costs.of(s, o, r) <= budget
    ]
    assert best.standard_error**2 == pytest.approx(min(every))


def test_a_budget_goes_to_no_fewer_series_than_there_have_to_be():
    dear = Costs(series=100, origin=0, repeat=1)
    limits = {"most_series": 20, "most_origins": 1}
    assert allocations(SOME, dear, 450, **limits)[0].n_series == 4
    assert {one.n_series for one in allocations(SOME, dear, 450, **limits, least_series=3)} == {
        3,
        4,
    }
    assert allocations(SOME, dear, 450, **limits, least_series=5) == []


# How large a study has to be


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 15])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.6, 0.8, 0.95])
def test_with_how_many_series_a_share_can_be_supported(share, alpha):
    fewest = fewest_to_decide("median", share, alpha)
    ends = [proportion_confint(n, n, alpha, method="beta")[0] for n in (fewest - 1, fewest)]
    assert ends[1] >= share
    assert fewest == 2 or ends[0] < share


def test_with_how_many_series_a_typical_effect_can_be_supported():
    assert [fewest_to_decide("median", math.nan, 0.05 / k) for k in (1, 15)] == [6, 10]
    assert fewest_to_decide("mean", math.nan, 0.05) == 2
    assert fewest_to_decide("median", 1.0, 0.05) is None


def simulated_width(truth, within, n, alpha, studies=4000):
    """The mean width of the median's interval, of effects drawn from the true ones with errors."""
    source = rng(n)
    drawn = source.choice(truth, (studies, n)) + source.normal(0, math.sqrt(within), (studies, n))
    ordered = np.sort(drawn, axis=1)
    j = max(j for j in range(n // 2 + 1) if 2 * stats.binom.cdf(j - 1, n, 0.5) <= alpha)
    return (ordered[:, n - j] - ordered[:, j - 1]).mean()


@pytest.mark.parametrize("n", [6, 7, 25, 200])
def test_the_expected_width_of_a_medians_interval(n):
    truth = rng(3).lognormal(size=80)
    components = Components(truth.var(), INTERVAL, 0.2, INTERVAL, 1.0, INTERVAL)
    planned = Planned(components, 0.05, "median", truth)
    (width,) = planned.widths(np.array([n]), 2, 5)
    assert width == pytest.approx(simulated_width(truth, (0.2 + 1 / 5) / 2, n, 0.05), rel=0.04)


@pytest.mark.parametrize("n", [10, 200])
def test_the_expected_width_where_all_is_error(n):
    """That of normal values, of which a few stand for many where there are many series."""
    same = Components(0.0, INTERVAL, math.nan, None, 1.0, INTERVAL)
    (width,) = Planned(same, 0.05, "median", np.zeros(500)).widths(np.array([n]), 1, 1)
    assert width == pytest.approx(simulated_width(np.zeros(1), 1.0, n, 0.05, 20_000), rel=0.01)


@pytest.mark.parametrize("noise", [100.0, 1000.0])
def test_as_few_repeats_as_will_do(noise):
    """Between 85 and 1000 repeats, only some numbers are tried at first."""
    noisy = Components(0.1, INTERVAL, math.nan, None, noise, INTERVAL)
    found = Planned(noisy, 0.05, "mean", None).smallest(Costs(50, 0, 1), 1.4, 2, 20, 1)
    enough = [
        (s * (50 + r), s, r)
        for s in range(2, 21)
        for r in range(1, 1001)
        if 2 * stats.t.isf(0.025, s - 1) * math.sqrt((0.1 + noise / r) / s) < 1.4
    ]
    fewest = min(r for _, s, r in enough if s == found.n_series)
    assert found.n_repeats == fewest
    assert found.cost <= 1.01 * min(enough)[0]


def test_the_width_of_an_interval_that_there_is_not():
    truth = rng().normal(size=30)
    widths = Planned(SOME, 0.05, "median", truth).widths(np.array([5, 6]), 1, 1)
    assert widths[0] == math.inf > widths[1]
    assert Planned(SOME, 0.05, "median", None).widths(np.array([6]), 1, 1) is None
    assert Planned(SOME, 0.05, "median", None).smallest(Costs(0, 0, 1), 9, 6, 20, 1) is None


def test_the_expected_width_of_a_means_interval():
    (width,) = Planned(SOME, 0.01, "mean", None).widths(np.array([12]), 3, 4)
    error = math.sqrt((1.0 + (0.5 + 8 / 4) / 3) / 12)
    low, high = stats.t.interval(0.99, 11, 0, error)
    assert width == pytest.approx(high - low)


@pytest.mark.parametrize("costs", [Costs(0, 0, 1), Costs(60, 3, 0.5)])
def test_the_smallest_study_against_every_study_there_is(costs):
    margin, alpha = 1.5, 0.05
    enough = [
        (costs.of(s, o, r), s, o, r)
        for s in range(2, 31)
        for o in range(1, 4)
        for r in range(1, 400)
        if 2 * stats.t.isf(alpha / 2, s - 1) * math.sqrt((1 + (0.5 + 8 / r) / o) / s) < margin
    ]
    found = Planned(SOME, alpha, "mean", None).smallest(costs, margin, 2, 30, 3)
    assert found.cost == pytest.approx(min(enough)[0], rel=0.02)
    assert (found.cost, found.n_series, found.n_origins, found.n_repeats) in enough
    assert found.standard_error**2 == pytest.approx(
        (1 + (0.5 + 8 / found.n_repeats) / found.n_origins) / found.n_series
    )


def test_the_smallest_study_of_a_median_by_simulation():
    truth = rng(5).standard_t(3, 300)
    components = Components(truth.var(), INTERVAL, math.nan, None, 4.0, INTERVAL)
    planned = Planned(components, 0.05, "median", truth)
    found = planned.smallest(Costs(0, 0, 1), 0.8, 6, 120, 1)
    n, repeats = found.n_series, found.n_repeats
    assert simulated_width(truth, 4 / repeats, n, 0.05) < 0.8
    assert repeats > 1
    assert simulated_width(truth, 4 / (repeats - 1), n, 0.05) > 0.8
    assert planned.smallest(Costs(0, 0, 1), 0.8, n + 5, 200, 1).n_series >= n + 5
    # More series than there are would do, and more repeats on these would not.
    assert planned.smallest(Costs(0, 0, 1), 0.3, 6, 120, 1) is None
    assert planned.smallest(Costs(0, 0, 1), 0.3, 6, 900, 1) is not None
    assert planned.smallest(Costs(0, 0, 1), 0.8, 6, 5, 1) is None


def test_the_error_of_a_median_of_normal_effects():
    """pi / 2 times the variance of the mean, of many series."""
    truth = rng().normal(0, 1, 20_000)
    study = Allocation(101, 2, 4, 0, 0)
    error = standard_error_of_median(truth, SOME, study, 4000, rng())
    expected = math.sqrt(math.pi / 2 * variance_of_mean(SOME, 101, 2, 4))
    assert error == pytest.approx(expected, rel=0.04)
    assert error == standard_error_of_median(truth, SOME, study, 4000, rng())


def test_the_error_of_a_median_of_heavy_tails_is_smaller_than_that_of_the_mean():
    truth = rng().standard_t(2, 2000)
    components = Components(truth.var(), INTERVAL, 0.0, INTERVAL, 0.01, INTERVAL)
    error = standard_error_of_median(truth, components, Allocation(50, 1, 1, 0, 0), 2000, rng())
    assert error < 0.7 * math.sqrt(variance_of_mean(components, 50, 1, 1))
