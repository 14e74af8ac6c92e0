"""Attributes of series and what goes with them, against R."""

import math

import numpy as np
import pytest
from support import cases_by_r, has_r, run_r

from thousandfold.inference.population.moderators import attributes_of, moderators


def rng(seed=1):
    return np.random.default_rng(seed)


def assert_agrees_with_r(cases):
    for _, table, r in cases:
        values, effects, attribute, group = (
            table[name].to_numpy() for name in ("value", "effect", "attribute", "group")
        )
        series = attributes_of(values, 12)
        own = series.autocorrelation, series.trend, series.season
        expected = [r[name] for name in ("autocorrelation", "trend", "season")]
        assert own == pytest.approx(expected, abs=1e-8)
        assert series.length == len(table)
        rho, h = moderators(effects, {"size": attribute, "kind": group})
        assert (rho.attribute, rho.test, h.attribute, h.test) == (
            "size",
            "spearman",
            "kind",
            "kruskal",
        )
        assert (rho.statistic, rho.p) == pytest.approx((r["rho"], r["rho_p"]), rel=1e-7)
        assert (h.statistic, h.p) == pytest.approx((r["h"], r["h_p"]), rel=1e-7)
        assert (rho.p_holm, h.p_holm) == pytest.approx((r["rho_holm"], r["h_holm"]), rel=1e-7)


def test_against_stored_values_of_r():
    cases = cases_by_r("moderators")
    assert len(cases) == 4
    assert_agrees_with_r(cases)


@pytest.mark.skipif(not has_r(), reason="R is not installed")
def test_against_r_itself(tmp_path):
    assert_agrees_with_r(cases_by_r("moderators", run_r("moderators", tmp_path)))


@pytest.mark.parametrize(
    ("values", "period"),
    [
        (rng().normal(0, 1, 50), None),
        (rng().normal(0, 1, 50), 1),
        (rng().normal(0, 1, 23), 12),
        (np.full(50, 3.0), 12),
    ],
)
def test_strengths_take_two_seasons(values, period):
    series = attributes_of(values, period)
    assert math.isnan(series.trend)
    assert math.isnan(series.season)
    assert series.length == len(values)
    assert math.isnan(series.autocorrelation) == (values[0] == 3)


def test_strengths_of_a_series_that_is_all_season():
    series = attributes_of(np.tile(np.arange(12.0), 6), 12)
    assert series.season == pytest.approx(1)
    assert not math.isnan(attributes_of(rng().normal(0, 1, 24), 12).trend)


def test_attributes_that_are_not_known_everywhere():
    effects = np.array([1.0, 2, 3, 4, 5, 100])
    size = np.array([1.0, 2, 3, 4, 5, math.nan])
    kind = np.array(["x", "x", "y", "y", None, ""], dtype=object)
    rho, h = moderators(effects, {"size": size, "kind": kind})
    assert (rho.n_series, rho.statistic) == (5, pytest.approx(1))
    assert h.n_series == 4
    assert h.statistic == pytest.approx(2.4)


def test_attributes_that_tell_nothing():
    effects = rng().normal(0, 1, 8)
    found = moderators(
        effects,
        {
            "constant": np.full(8, 2.0),
            "one kind": np.full(8, "x"),
            "known of three": np.array([1.0, 2, 3] + [math.nan] * 5),
            "kinds of three": np.array(["x", "y", "x", *[""] * 5]),
            "size": np.arange(8),
        },
    )
    assert [math.isnan(one.p) for one in found] == [True] * 4 + [False]
    assert [one.n_series for one in found] == [8, 8, 3, 3, 8]
    # The only one that counts.
    assert found[-1].p_holm == found[-1].p
    assert all(math.isnan(one.p_holm) for one in found[:4])
    assert math.isnan(moderators(np.ones(8), {"size": np.arange(8)})[0].p)
    assert math.isnan(moderators(np.ones(8), {"kind": np.array(list("xxyyxxyy"))})[0].p)
