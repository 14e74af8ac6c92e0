"""The chance of each verdict before a run, against theory and studies judged one by one."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower, TTestPower
from support import sample

from thousandfold.inference.contrasts import (
    MeanDifference,
    MeanRatio,
    Precision,
    SpreadRatio,
    Trend,
)
from thousandfold.inference.decisions import decide
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.power import DRAWS, as_population, assumed, simulated
from thousandfold.inference.questions import Question
from thousandfold.inference.verdicts import Verdict, conjunction_verdict

INDEPENDENT, PAIRED = DESIGNS["independent"], DESIGNS["paired"]


def rng(seed=1):
    return np.random.default_rng(seed)


def normal(spread=1.0, name="a"):
    return assumed(spread, sample([], name)).values


def question_of(contrast, pools, design=INDEPENDENT):
    samples = tuple(sample(pools[name], name) for name in contrast.scenarios)
    margin = contrast.scaled(contrast.margin)
    return Question("s", contrast, contrast.taken(samples), contrast.natural(margin), design)


def simulation(contrast, pools, n, alpha=0.05, design=INDEPENDENT, seed=1):
    return simulated([question_of(contrast, pools, design)], alpha, n, rng(seed))


def chances(pilot, claim, n, difference, design=INDEPENDENT, seed=1):
    expect, margin, alpha = claim
    contrast = MeanDifference(expect, "a", "b", margin)
    pools = dict(zip("ab", pilot, strict=True))
    found = simulation(contrast, pools, n, alpha, design, seed).chances(0, difference)
    assert sum(found.values()) == pytest.approx(1)
    return found


def test_an_assumed_spread():
    values = normal(3.0)
    assert values.std(ddof=1) == pytest.approx(3)
    assert values.mean() == pytest.approx(0, abs=1e-12)
    assert stats.kstest(values, "norm", (0, 3)).statistic < 0.005
    assert not assumed(3.0, sample([], is_deterministic=True)).varies


def test_assumed_pairs_are_unrelated():
    """So that a paired t test of them has a difference of twice the variance."""
    pilot = normal(1, "a"), normal(1, "b")
    assert abs(np.corrcoef(*pilot)[0, 1]) < 0.1
    found = chances(pilot, ("greater", 1e-9, 0.05), 30, 0.8, PAIRED)
    power = TTestPower().power(0.8 / math.sqrt(2), 30, 0.05)
    assert found[Verdict.SUPPORTED] == pytest.approx(power, abs=0.05)


@pytest.mark.parametrize(("n", "difference"), [(10, 1.2), (30, 0.8), (100, 0.3)])
def test_the_chance_of_a_direction_is_the_power_of_the_t_test(n, difference):
    found = chances((normal(), normal()), ("less", 1e-9, 0.05), n, -difference)
    power = TTestIndPower().power(difference, n, 0.05)
    assert found[Verdict.SUPPORTED] == pytest.approx(power, abs=0.03)


def test_with_nothing_to_find_either_word_is_as_rare_as_alpha_says():
    found = chances((normal(), normal(2)), ("less", 0.01, 0.05), 30, 0.0)
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
    contrast, pools = MeanDifference("less", "a", "b", 0.2), {"a": normal(), "b": normal()}
    found = [simulation(contrast, pools, n) for n in (10, 50, 250)]
    assert [one.n for one in found] == [10, 50, 250]
    supported = np.array(
        [[one.chances(0, d).get(Verdict.SUPPORTED, 0) for d in (0.0, -0.4, -0.8)] for one in found]
    )
    assert (np.diff(supported[:, 1:], axis=0) > 0).all()
    assert (np.diff(supported, axis=1) >= 0).all()
    # Half the interval's width is 0.176 of the margin's 0.2.
    inside = 2 * stats.norm.cdf(0.024 / math.sqrt(2 / 250)) - 1
    assert found[2].chances(0, 0.0)[Verdict.NO_DIFFERENCE] == pytest.approx(inside, abs=0.035)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_few_repeats(n):
    found = chances((normal(), normal()), ("less", 0.1, 0.05), n, 0.0)
    assert found[Verdict.UNDECIDED] > 0.9


def test_a_pilot_without_variation_decides_nothing():
    found = chances((np.ones(5), np.ones(5)), ("less", 0.1, 0.05), 5, -1.0)
    assert found == {Verdict.UNDECIDED: 1}


def test_a_population_has_the_variance_of_its_sample_and_its_mean():
    values = np.array([1.0, 2, 4, 9])
    drawn = as_population(values)
    assert (drawn.mean(), drawn.var()) == pytest.approx((4, values.var(ddof=1)))
    assert as_population(np.array([3.0])) == 3


TRENDED = ("a", "b", "c", "d", "e", "f")

KINDS_OF_CLAIMS = [
    (MeanRatio("less", "a", "b", 1.2), lambda x, t: x * np.exp(t)),
    (SpreadRatio("more_stable", "a", "b", 1.5), lambda x, t: np.median(x) + np.exp(t) * (x - np.median(x))),
    (Trend("greater", (("a", "b"), ("c", "d"), ("e", "f")), (1.0, 2.0, 4.0), 0.3), None),
]  # fmt: skip


def pool_of(name):
    """Skewed values above 0, of every scenario another spread."""
    scale = 1 + "abcdef".index(name) / 4
    return 5 + scale * rng(ord(name)).gamma(2.0, 0.5, 400)


def size_of(contrast, pool):
    """What the contrast is a ratio of: the geometric mean, or the distance from the median."""
    is_mean = isinstance(contrast, MeanRatio)
    return stats.gmean(pool) if is_mean else np.abs(pool - np.median(pool)).mean()


def judged_one_by_one(contrast, pools, n, alpha, design, studies=600):
    """The words of studies that are drawn here, and judged through `decide`."""
    source, words = rng(7), []
    for _ in range(studies):
        picks = {name: source.integers(400, size=n) for name in contrast.scenarios}
        if design is PAIRED:
            picks = dict.fromkeys(picks, source.integers(400, size=n))
        drawn = {name: pools[name][picks[name]] for name in contrast.scenarios}
        words.append(decide(question_of(contrast, drawn, design), alpha).verdict)
    return {verdict: words.count(verdict) / studies for verdict in Verdict}


@pytest.mark.parametrize("design", [INDEPENDENT, PAIRED])
@pytest.mark.parametrize(("contrast", "changed"), KINDS_OF_CLAIMS)
@pytest.mark.parametrize("in_margins", [0.0, -1.6, 2.0])
def test_every_kind_as_studies_judged_one_by_one(contrast, changed, in_margins, design):
    """The effect is put into the values here, and into the ends of intervals there."""
    pools = {name: pool_of(name) for name in contrast.scenarios}
    found = simulation(contrast, pools, 40, 0.02, design)
    difference = in_margins * contrast.scaled(contrast.margin)
    wanted = dict(pools)
    if changed is None:
        middles = {name: pools[name].mean() for name in pools}
        places = zip(contrast.pairs, contrast.over, strict=True)
        for (a, b), place in places:
            wanted[a] = pools[a] - middles[a] + difference * place
            wanted[b] = pools[b] - middles[b]
    else:
        a, b = (size_of(contrast, pools[name]) for name in "ab")
        wanted["a"] = changed(pools["a"], difference - math.log(a / b))
    expected = judged_one_by_one(contrast, wanted, 40, 0.02, design)
    told = found.chances(0, difference)
    for verdict in Verdict:
        assert told.get(verdict, 0) == pytest.approx(expected[verdict], abs=0.07), verdict


@pytest.mark.parametrize("true_error", [0.9, 1.2, 1.9])
def test_precision_as_studies_judged_one_by_one(true_error):
    contrast = Precision("a", 4, 1.5, 0.5)
    pool = pool_of("c")
    found = simulation(contrast, {"a": pool}, 60).chances(0, true_error - contrast.middle)
    scaled = pool * true_error * 2 / pool.std()
    expected = judged_one_by_one(contrast, {"a": scaled}, 60, 0.05, INDEPENDENT)
    for verdict in Verdict:
        assert found.get(verdict, 0) == pytest.approx(expected[verdict], abs=0.07), verdict


def test_precision_of_normal_repeats_is_that_of_the_chi_square_distribution():
    """The interval that decides is never inside the chi-square one, so that this is the most."""
    contrast = Precision("a", 1, 1.5, 0.5)
    found = simulation(contrast, {"a": normal()}, 200).chances(0, 0.0)
    low, high = stats.chi2.isf([0.025, 0.975], 199)
    most = stats.chi2.cdf(4 * high / 2.25, 199) - stats.chi2.cdf(low / 2.25, 199)
    assert most - 0.1 < found[Verdict.SUPPORTED] < most + 0.035


def test_a_standard_error_below_zero_is_impossible():
    contrast = Precision("a", 1, 1.5, 0.5)
    assert contrast.is_possible(-1.49)
    assert not contrast.is_possible(-1.5)
    assert SpreadRatio("more_stable", "a", "b", 1.5).is_possible(-9.0)


def best_of(*others, expects=None, pools=None, n=20):
    pools = pools or {name: normal(1, name) for name in ("a", *others)}
    expects = expects or ["less"] * len(others)
    asked = [
        question_of(MeanDifference(expect, "a", other, 0.5), pools)
        for expect, other in zip(expects, others, strict=True)
    ]
    return simulated(asked, 0.05 / len(others), n, rng())


def test_a_claim_of_several_is_judged_as_a_whole():
    """Comparisons of one scenario with others share its repeats, so they are not independent."""
    found = best_of("b", "c", "d")
    source, words, shared = rng(9), [], []
    for _ in range(1500):
        a, *others = source.normal(size=(4, 20)) + np.array([[-1.0], [0], [0], [0]])
        told = [
            decide(
                question_of(MeanDifference("less", "a", "b", 0.5), {"a": a, "b": b}), 0.05 / 3
            ).verdict
            for b in others
        ]
        words.append(conjunction_verdict(told))
        shared.append(told[0])
    told = found.joint_chances(2.0)
    assert sum(told.values()) == pytest.approx(1)
    for verdict in Verdict:
        assert told.get(verdict, 0) == pytest.approx(words.count(verdict) / 1500, abs=0.05), verdict
    alone = found.chances(1, -1.0)[Verdict.SUPPORTED]
    assert alone == pytest.approx(shared.count(Verdict.SUPPORTED) / 1500, abs=0.05)
    assert alone**3 + 0.03 < told[Verdict.SUPPORTED] < alone


def test_each_difference_lies_on_its_claimed_side():
    found = best_of("b", "c", expects=["less", "greater"], n=200)
    assert found.joint_chances(3.0) == {Verdict.SUPPORTED: 1}
    assert found.joint_chances(-3.0) == {Verdict.CONTRADICTED: 1}


def test_where_no_difference_is_claimed_there_is_none_unless_that_is_all_that_is_claimed():
    found = best_of("b", "c", expects=["less", "equivalent"], n=2000)
    assert found.joint_chances(3.0) == {Verdict.SUPPORTED: 1}
    assert found.joint_chances(0.0) == {Verdict.DOES_NOT_HOLD: 1}
    found = best_of("b", "c", expects=["equivalent", "equivalent"], n=2000)
    assert found.joint_chances(0.0) == {Verdict.SUPPORTED: 1}
    assert found.joint_chances(-3.0) == {Verdict.CONTRADICTED: 1}


def test_margins_count_on_the_scale_of_the_estimate():
    """So many times a spread's margin are its powers."""
    pools = {name: normal(1, name) for name in "abc"}
    asked = [
        question_of(SpreadRatio("more_stable", "a", other, 1.5), pools) for other in ("b", "c")
    ]
    found = simulated(asked, 0.05, 1000, rng())
    assert found.joint_chances(2.0) == {Verdict.SUPPORTED: 1}
    told = found.chances(0, math.log(1 / 1.5))
    assert told[Verdict.DIRECTION_SUPPORTED] == pytest.approx(0.975, abs=0.02)


def test_all_studies_are_counted():
    found = best_of("b", "c")
    assert {len(ends) for ends in (*found.lows, *found.highs)} == {DRAWS}


def test_other_seeds_draw_others():
    one, same, other = (
        simulated([question_of(MeanDifference("less", "a", "b", 1.0), {"a": normal(), "b": normal()})],
                  0.05, 5, rng(seed)).lows[0]
        for seed in (1, 1, 2)
    )  # fmt: skip
    assert (one == same).all()
    assert (one != other).any()


def test_a_constant_beside_one_that_varies():
    """Its one value stands for all repeats."""
    asked = replace(
        question_of(MeanDifference("less", "a", "b", 0.5), {"a": normal(), "b": [0.0]}),
        samples=(sample(normal(), "a"), sample([0.0], "b", is_deterministic=True)),
    )
    found = simulated([asked], 0.05, 30, rng()).chances(0, -0.8)
    below = found.get(Verdict.SUPPORTED, 0) + found.get(Verdict.DIRECTION_SUPPORTED, 0)
    assert below == pytest.approx(TTestPower().power(0.8, 30, 0.05), abs=0.03)
