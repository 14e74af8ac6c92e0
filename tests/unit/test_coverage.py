"""How often intervals and verdicts over series err, through the functions that decide."""

import importlib.util
import math

import numpy as np
import pytest
from scipy import stats
from support import ROOT

from thousandfold.inference.population.components import variance_components
from thousandfold.inference.population.data_sets import (
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
)
from thousandfold.inference.population.shares import calibrated_share_of_series, share_verdict
from thousandfold.inference.population.typical import typical_effect, typical_verdict
from thousandfold.inference.verdicts import Verdict

spec = importlib.util.spec_from_file_location("coverage_page", ROOT / "docs" / "coverage.py")
coverage = importlib.util.module_from_spec(spec)
spec.loader.exec_module(coverage)


def most(rate, draws):
    """The rate with its Monte-Carlo error."""
    return rate + 3.5 * math.sqrt(rate * (1 - rate) / draws)


def covers(interval, value):
    return interval.low <= value <= interval.high


def assert_nominal(name, n, studies):
    found = coverage.misses(name, n, studies, seed=2)
    assert math.isnan(found["median"]) or found["median"] <= most(0.05, studies)
    assert math.isnan(found["median"]) == (n < 6)
    assert found["share"] <= most(0.05, studies)
    may = 2 * max(1, (n + 1) // 40) / (n + 1)
    assert found["new series"] == pytest.approx(may, abs=most(may, studies) - may)
    return found


@pytest.mark.parametrize("n", [2, 3, 5, 10, 100])
@pytest.mark.parametrize("name", ["exponential", "1 % at 5"])
def test_intervals_over_series_cover(name, n):
    assert_nominal(name, n, 300)


@pytest.mark.slow
@pytest.mark.parametrize("n", coverage.SIZES)
@pytest.mark.parametrize("name", coverage.DISTRIBUTIONS)
def test_intervals_over_series_cover_in_every_case(name, n):
    studies = 1000
    found = assert_nominal(name, n, studies)
    if name == "normal":
        assert found["mean"] == pytest.approx(0.05, abs=most(0.05, studies) - 0.05)
    if name == "lognormal" and n in (10, 30):
        # Why it does not decide.
        assert found["mean"] > 0.1


@pytest.mark.parametrize("name", ["lognormal", "1 % at 5"])
@pytest.mark.parametrize("n", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_verdicts_on_typical_effects_err_no_more_often_than_they_may(name, n):
    """At the margin, where less is not true by a hair, and at 0, where the direction is not."""
    studies, margin = 1000, 0.3
    median = coverage.truth(name)["median"]
    _, estimated = coverage.effects(name, np.random.default_rng([3, n]), (studies, n))
    at_margin, at_zero = [], []
    for d in estimated - median:
        interval = typical_effect(d - margin, 0.05).median_interval
        at_margin.append(typical_verdict("less", interval, margin))
        interval = typical_effect(d, 0.05).median_interval
        at_zero.append(typical_verdict("less", interval, margin))
    assert at_margin.count(Verdict.SUPPORTED) / studies <= most(0.025, studies)
    assert at_margin.count(Verdict.NO_DIFFERENCE) / studies <= most(0.025, studies)
    wrong = sum(verdict in (Verdict.SUPPORTED, Verdict.DIRECTION_SUPPORTED) for verdict in at_zero)
    assert wrong / studies <= most(0.025, studies)
    assert at_zero.count(Verdict.CONTRADICTED) / studies <= most(0.025, studies)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "studies"), [(10, 200), (30, 200), (100, 120)])
@pytest.mark.parametrize("name", list(coverage.DISTRIBUTIONS))
def test_verdicts_on_shares_err_no_more_often_than_they_may(name, n, studies):
    """A threshold at the true share, which is more than half; errors half as large as effects."""
    rng, draw, verdicts, is_below = (
        np.random.default_rng([4, n]),
        coverage.DISTRIBUTIONS[name],
        [],
        0,
    )
    true_share = np.mean(draw(np.random.default_rng(0), (4_000_000,)) + 1 > coverage.MARGIN)
    for seed in range(studies):
        variances = 0.3 * rng.exponential(1, n) + 0.01
        d = draw(rng, (n,)) + 1 + rng.normal(0, np.sqrt(variances))
        found = calibrated_share_of_series(
            d, variances, "greater", coverage.MARGIN, 0.05, np.random.default_rng(seed)
        )
        verdicts.append(share_verdict(found, true_share))
        is_below += found.interval.high < true_share
    assert verdicts.count(Verdict.CONTRADICTED) / studies <= most(0.025, studies)
    assert verdicts.count(Verdict.SUPPORTED) / studies <= most(0.025, studies)
    if name == "exponential" and n == 100:
        # All are above the margin in truth: what the estimates alone would contradict.
        assert is_below / studies > 0.2


@pytest.mark.slow
def test_calibrated_shares_are_about_true_effects():
    """Where error hides that most series are as claimed, only the estimated share is below."""
    misses, below, true_share = 0, 0, stats.norm.cdf(1)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        true, variances = rng.normal(1, 1, 150), rng.uniform(0.5, 3, 150)
        d = true + rng.normal(0, np.sqrt(variances))
        found = calibrated_share_of_series(d, variances, "greater", 0, 0.1, rng)
        misses += not covers(found.calibrated_interval, true_share)
        below += found.interval.high < true_share
    assert misses <= 10
    assert below >= 24


@pytest.mark.slow
def test_intervals_of_variance_components_cover():
    """A bootstrap of 60 series is a little narrow."""
    missed = np.zeros(3)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        values = (
            rng.normal(0, 1, (60, 1, 1)) + rng.normal(0, 0.5, (60, 4, 1))
            + rng.normal(0, 2, (60, 4, 5))
        )  # fmt: skip
        found = variance_components(
            values.mean(axis=2), values.var(axis=2, ddof=1), np.full((60, 4), 5), 0.05, rng
        )
        intervals = found.series_interval, found.origins_interval, found.repeats_interval
        missed += [
            not covers(one, value) for one, value in zip(intervals, (1, 0.25, 4), strict=True)
        ]
    assert (missed <= 15).all()


@pytest.mark.slow
def test_stratified_intervals_cover():
    missed = np.zeros(3)
    for seed in range(150):
        rng = np.random.default_rng(seed)
        a, b = ([rng.normal(mean, 1, 25) for mean in (0, 1, 2, 3)] for _ in range(2))
        found = [
            interquartile_mean(a, 0.05, rng),
            probability_of_improvement(a, b, 0.05, rng, higher_is_better=True),
            *performance_profile(a, np.array([1.5]), 0.05, rng, higher_is_better=True),
        ]
        truth = 1.5, 0.5, 0.5
        missed += [not covers(one.interval, value) for one, value in zip(found, truth, strict=True)]
    assert (missed <= 18).all()
