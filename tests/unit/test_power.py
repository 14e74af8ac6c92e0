"""The chance of each verdict before a run, against theory and studies judged one by one."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower, TTestPower
from support import sample

from thousandfold.inference.contrasts import MeanDifference
from thousandfold.inference.decisions import decide
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.power import assumed, verdict_chances
from thousandfold.inference.questions import Question
from thousandfold.inference.verdicts import Verdict

INDEPENDENT, PAIRED = DESIGNS["independent"], DESIGNS["paired"]


def rng(seed=1):
    return np.random.default_rng(seed)


def chances(pilot, claim, n, difference, design=INDEPENDENT, seed=1):
    (found,) = verdict_chances(pilot, design, claim, [n], [difference], rng(seed))
    assert (found.n, found.difference) == (n, difference)
    assert sum(found.chances.values()) == pytest.approx(1)
    return found.chances


def test_an_assumed_spread():
    values = assumed(3.0)
    assert values.std(ddof=1) == pytest.approx(3)
    assert values.mean() == pytest.approx(0, abs=1e-12)
    assert stats.kstest(values, "norm", (0, 3)).statistic < 0.005


@pytest.mark.parametrize(("n", "difference"), [(10, 1.2), (30, 0.8), (100, 0.3)])
def test_the_chance_of_a_direction_is_the_power_of_the_t_test(n, difference):
    found = chances((assumed(1), assumed(1)), ("less", 1e-9, 0.05), n, -difference)
    power = TTestIndPower().power(difference, n, 0.05)
    assert found[Verdict.SUPPORTED] == pytest.approx(power, abs=0.03)


def test_with_nothing_to_find_either_word_is_as_rare_as_alpha_says():
    found = chances((assumed(1), assumed(2)), ("less", 0.01, 0.05), 30, 0.0)
    wrong = found.get(Verdict.DIRECTION_SUPPORTED, 0) + found.get(Verdict.SUPPORTED, 0)
    assert wrong == pytest.approx(0.025, abs=0.013)
    assert found[Verdict.CONTRADICTED] == pytest.approx(0.025, abs=0.013)


def test_a_paired_design_draws_pairs():
    source = rng()
    a = source.normal(0, 5, 4000)
    b = a + source.normal(0, 1, 4000)
    found = chances((a, b), ("greater", 1e-9, 0.05), 20, 0.7, PAIRED)
    assert found[Verdict.SUPPORTED] == pytest.approx(TTestPower().power(0.7, 20, 0.05), abs=0.03)
    alone = chances((a, b), ("greater", 1e-9, 0.05), 20, 0.7)
    assert alone.get(Verdict.SUPPORTED, 0) < 0.15


def test_pilots_of_few_repeats_keep_their_variance():
    """A resampled pilot of four varies by 3 / 4 of what its repeats do."""
    pilot = np.array([0.0, 1, 2, 5]), np.array([10.0, 11, 12, 15])
    found = chances(pilot, ("different", 1e-9, 0.05), 400, 0.43)
    power = TTestIndPower().power(0.43 / pilot[0].std(ddof=1), 400, 0.05)
    assert found[Verdict.SUPPORTED] == pytest.approx(power, abs=0.03)


@pytest.mark.parametrize("expect", ["less", "greater", "different", "equivalent"])
def test_as_studies_judged_one_by_one(expect):
    """Through `decide`, from samples drawn here."""
    source, words = rng(5), []
    pool_a, pool_b = rng(2).exponential(1, 300), rng(3).normal(0, 0.5, 300)
    contrast = MeanDifference(expect, "a", "b", 0.4)
    for _ in range(1000):
        samples = tuple(
            sample(pool[source.integers(300, size=25)] - pool.mean() + shift, name)
            for pool, shift, name in ((pool_a, -0.5, "a"), (pool_b, 0.0, "b"))
        )
        question = Question("s", contrast, samples, 0.4, INDEPENDENT)
        words.append(decide(question, 0.05 / 3).verdict)
    found = chances((pool_a, pool_b), (expect, 0.4, 0.05 / 3), 25, -0.5)
    for verdict in Verdict:
        expected = words.count(verdict) / len(words)
        assert found.get(verdict, 0) == pytest.approx(expected, abs=0.06), verdict


def test_more_repeats_and_larger_differences_decide_more():
    found = list(
        verdict_chances(
            (assumed(1), assumed(1)), INDEPENDENT, ("less", 0.2, 0.05),
            [10, 50, 250], [0.0, -0.4, -0.8], rng(),
        )
    )  # fmt: skip
    assert [(one.n, one.difference) for one in found][:4] == [
        (10, 0.0), (10, -0.4), (10, -0.8), (50, 0.0),
    ]  # fmt: skip
    supported = np.array([one.chances.get(Verdict.SUPPORTED, 0) for one in found]).reshape(3, 3)
    assert (np.diff(supported[:, 1:], axis=0) > 0).all()
    assert (np.diff(supported, axis=1) >= 0).all()
    # Half the interval's width is 0.176 of the margin's 0.2.
    inside = 2 * stats.norm.cdf(0.024 / math.sqrt(2 / 250)) - 1
    assert found[6].chances[Verdict.NO_DIFFERENCE] == pytest.approx(inside, abs=0.035)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_few_repeats(n):
    found = chances((assumed(1), assumed(1)), ("less", 0.1, 0.05), n, 0.0)
    assert found[Verdict.UNDECIDED] > 0.9


def test_a_pilot_of_one_says_nothing():
    with pytest.raises(ValueError, match="at least 2 repeats"):
        chances((np.array([1.0]), assumed(1)), ("less", 0.1, 0.05), 5, 0.0)


def test_a_pilot_without_variation_decides_nothing():
    found = chances((np.ones(5), np.ones(5)), ("less", 0.1, 0.05), 5, -1.0)
    assert found == {Verdict.UNDECIDED: 1}
