"""Components of variance and what they say of a budget, against R's analysis of variance and simulation."""

import math

import numpy as np
import pytest
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
