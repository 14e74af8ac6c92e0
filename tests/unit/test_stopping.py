"""Stopping when it is enough: the rule, and simulation of what it does to intervals."""

import math

import numpy as np
import pytest
from scipy import stats
from support import sample, samples

from thousandfold.inference.stopping import (
    FEWEST_STUDIES,
    TEXTBOOK,
    half_width_of,
    half_widths,
    is_enough,
    simulate,
    stopping_simulation_table,
    stopping_table,
)
from thousandfold.study import Stopping
from thousandfold.tables import frame_of
from thousandfold.tables.rows import StoppingRow, StoppingSimulationRow


def rng(seed=0):
    return np.random.default_rng(seed)


def test_half_width_is_the_t_interval_of_the_finite_repeats():
    values = rng().normal(5, 2, 40)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert half_width_of(np.append(values, np.nan)) == pytest.approx((high - low) / 2)
    assert half_width_of(np.array([1.0, np.nan])) == math.inf


def test_the_rule_wants_two_successive_stages():
    assert not is_enough([0.5], 1)
    assert not is_enough([3, 0.5], 1)
    assert is_enough([3, 1, 1], 1)
    assert not is_enough([0.5, 0.5, 2], 1)


def test_half_widths_after_each_stage():
    values = rng().normal(0, 1, 25)
    assert half_widths(values, 10) == [half_width_of(values[:n]) for n in (10, 20, 25)]


def test_stopping_table():
    values = {
        "narrow": rng(1).normal(0, 1, 40),
        "wide": rng(2).normal(0, 20, 60),
        "one": [1.0] * 20,
    }
    table = frame_of(StoppingRow, stopping_table(samples(values), Stopping(20, 1.0)))
    assert list(table["stages"]) == [2, 3, 1]
    assert list(table["outcome"]) == ["enough", "not reached", "not reached"]


def plain_simulation(draw, rule, most, studies, seed):
    """The same by a loop over studies, as a reader would write it."""
    source = rng(seed)
    hits, sizes, unmet = [], [], []
    for _ in range(studies):
        values, widths = np.empty(0), []
        while len(values) < most and not is_enough(widths, rule.half_width):
            new = draw(source, (1, min(rule.stage, most - len(values))))[0]
            values = np.append(values, new)
            widths.append(half_width_of(values))
        hits.append(abs(values.mean()) <= widths[-1])
        sizes.append(len(values))
        unmet.append(not is_enough(widths, rule.half_width))
    return np.mean(hits), np.mean(sizes), np.mean(unmet)


@pytest.mark.parametrize("name", TEXTBOOK)
def test_simulation_against_a_plain_loop(name):
    """2,000 studies each: a difference of rates has an error of .008 near .93, of .016 near .5."""
    rule, draw = Stopping(20, 0.25), TEXTBOOK[name]
    row = simulate(draw, rule, 130, rng(3))
    coverage, size, unmet = plain_simulation(draw, rule, 130, 2000, seed=4)
    assert row["coverage"] == pytest.approx(coverage, abs=0.03)
    assert row["mean_n"] == pytest.approx(size, rel=0.05)
    assert row["share_unmet"] == pytest.approx(unmet, abs=0.05)


@pytest.mark.parametrize("name", TEXTBOOK)
def test_textbook_distributions_are_standardised(name):
    values = TEXTBOOK[name](rng(5), (1000, 2000))
    assert values.mean() == pytest.approx(0, abs=0.01)
    assert values.std() == pytest.approx(1, abs=0.05)


def test_without_early_stopping_coverage_is_nominal():
    row = simulate(TEXTBOOK["normal"], Stopping(50, 1e-9), 100, rng(6))
    assert row["share_unmet"] == 1
    assert row["mean_n"] == 100
    assert row["coverage_low"] < 0.95 < row["coverage_high"]


def test_skew_stops_too_early():
    """Few repeats of a skewed scenario look narrower than they are, and their mean too low."""
    row = simulate(TEXTBOOK["lognormal"], Stopping(30, 0.3), 1000, rng(7))
    assert row["coverage_high"] < 0.93
    assert row["coverage"] < row["coverage_fixed"] - 0.02
    assert row["bias"] < -4 * row["bias_error"]


def test_simulation_table_is_made_of_own_pools_and_textbook_ones():
    pools = samples({"a": rng(8).normal(5, 1, 200), "b": [np.nan] * 5, "c": [5.0, np.nan]})
    rows = stopping_simulation_table(pools, Stopping(20, 0.3), 200, 1)
    assert [row.pool for row in rows] == ["a", *TEXTBOOK]
    assert [row.series for row in rows] == ["s", *["textbook"] * len(TEXTBOOK)]
    assert stopping_simulation_table(pools, Stopping(20, 0.3), 200, 1) == rows


def test_large_studies_are_fewer():
    row = simulate(TEXTBOOK["normal"], Stopping(50_000, 1e-9), 400_000, rng(9))
    assert row["studies"] == FEWEST_STUDIES


def test_a_pools_bias_is_held_against_its_own_mean():
    pool = samples({"a": rng(10).normal(500, 1, 300)})
    table = frame_of(
        StoppingSimulationRow, stopping_simulation_table(pool, Stopping(50, 0.2), 300, 1)
    )
    assert abs(table["bias"].iloc[0]) < 5 * table["bias_error"].iloc[0]
    assert sample([1.0]).n_diverged == 0


def test_textbook_pools_reach_the_half_width_half_way():
    """A fixed sample of the geometric mean of one stage and the most repeats would."""
    rule, most = Stopping(20, 0.7), 2000
    table = frame_of(StoppingSimulationRow, stopping_simulation_table({}, rule, most, 1))
    normal = table.set_index("pool").loc["normal"]
    # The rule wants two stages in a row, so that it stops a stage or two after that.
    assert 200 <= normal["mean_n"] <= 260


def test_a_stage_that_does_not_vary_is_no_reason_to_stop():
    assert half_width_of(np.full(20, 0.04)) == math.inf
    table = frame_of(StoppingRow, stopping_table(samples({"a": [0.04] * 60}), Stopping(20, 1.0)))
    assert list(table["outcome"]) == ["not reached"]


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_unit_changes_no_simulation(scale):
    def scaled(source, shape):
        return scale * TEXTBOOK["normal"](source, shape)

    one = simulate(TEXTBOOK["normal"], Stopping(20, 0.3), 300, rng(11))
    other = simulate(scaled, Stopping(20, 0.3 * scale), 300, rng(11))
    for name in ("coverage", "mean_n", "share_unmet", "coverage_fixed"):
        assert other[name] == pytest.approx(one[name], abs=0.002)
