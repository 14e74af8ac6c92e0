"""The power tables: which contrasts, at which level, from which spread, and what is left out."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support import sample

from thousandfold.inference.contrasts import (
    MeanDifference,
    MeanRatio,
    Precision,
    SpreadRatio,
    Trend,
)
from thousandfold.inference.planning import IN_MARGINS, SIZES, NoPilotError
from thousandfold.inference.planning import planned as plan_of
from thousandfold.settings import PowerSettings
from thousandfold.study import Finding, OverSeries

LESS = MeanDifference("less", "a", "b", None)
FINDING = Finding("F", "c", "s", "less", (LESS,))
BOTH = [FINDING, replace(FINDING, id="G", contrasts=(MeanDifference("greater", "b", "a", 2.0),))]


def of(*contrasts, id_="F", **more):
    return replace(FINDING, id=id_, contrasts=contrasts, **more)


def plan(findings=(FINDING,), samples=None, spread=2.0, repeats=30, margins=None, **more):
    settings = {
        "seed": 1, "findings": tuple(findings), "margins": margins or {"s": 1.0},
        "repeats": repeats, "assumed_spread": spread, "alpha": 0.05, "design": "independent",
        "metric": "rmse", "deterministic": (),
        "metrics": tuple({c.metric: 0 for f in findings for c in f.contrasts}),
    }  # fmt: skip
    return plan_of(PowerSettings(**settings | more), samples)


def planned(*findings, **more):
    return plan(*findings, **more).power


def why(*findings, **more):
    """What is left out: the reasons by claim and first scenario."""
    return {(row.id, row.scenario_a): row.because for row in plan(*findings, **more).unplanned}


def pilot_of(metric="rmse", size=20, **deviations):
    rng = np.random.default_rng(1)
    drawn = {
        ("s", name): sample(10 + rng.normal(size=size) * deviation, name)
        for name, deviation in deviations.items()
    }
    return {metric: drawn}


def chance_of(rows, n, difference, *verdicts):
    found = [
        row.chance
        for row in rows
        if row.n == n and math.isclose(row.difference, difference) and row.verdict in verdicts
    ]
    return sum(found)


def test_chances_of_an_assumed_spread_are_those_of_a_t_test():
    """Against the noncentral t distribution: an interval below 0 with 30 repeats of each."""
    rows = planned()
    assert {row.n for row in rows} == {*SIZES, 30}
    assert {row.difference for row in rows} == set(IN_MARGINS)
    for difference in (-1.0, -2.0, -3.0):
        below = sum(
            row.chance
            for row in rows
            if (row.n, row.difference) == (30, difference)
            and row.verdict in ("supported", "direction supported")
        )
        noncentrality = difference / (2.0 * np.sqrt(2 / 30))
        expected = stats.nct.cdf(stats.t.ppf(0.025, 58), 58, noncentrality)
        assert below == pytest.approx(expected, abs=0.035)
    assert {row.pilot for row in rows} == {None}


def test_all_verdicts_of_a_size_and_difference_add_up_to_one():
    totals: dict = {}
    for row in planned():
        totals[row.n, row.difference] = totals.get((row.n, row.difference), 0) + row.chance
    assert totals == pytest.approx(dict.fromkeys(totals, 1.0))


def test_a_pilot_takes_the_place_of_what_is_assumed():
    rng = np.random.default_rng(1)
    pilot = {
        "rmse": {
            ("s", "a"): sample(rng.normal(size=12) * 50, "a"),
            ("s", "b"): sample(rng.normal(size=9) * 50, "b"),
        }
    }
    rows = planned(samples=pilot, spread=None)
    assert {row.pilot for row in rows} == {9}
    undecided = [r for r in rows if (r.n, r.difference, r.verdict) == (30, -3.0, "undecided")]
    assert undecided[0].chance > 0.9


def test_both_ways_round_share_alpha_and_margins_are_their_own():
    rows = planned(BOTH)
    assert {(row.id, row.margin) for row in rows} == {("F", 1.0), ("G", 2.0)}
    assert max(row.difference for row in rows if row.id == "G") == 6.0
    # One contrast, so that the level is that of a single one.
    alone = chance_of(planned(), 30, -1.0, "undecided")
    own = [row for row in rows if row.id == "F"]
    assert chance_of(own, 30, -1.0, "undecided") == pytest.approx(alone, abs=0.03)


def power(alpha, difference=-1.5):
    """Of an interval below 0 from two samples of 30 with a spread of 2."""
    noncentrality = difference / (2.0 * np.sqrt(2 / 30))
    return stats.nct.cdf(stats.t.ppf(alpha / 2, 58), 58, noncentrality)


BELOW = "supported", "direction supported"


def test_more_claims_and_series_make_each_verdict_less_likely():
    others = [of(MeanDifference("less", "a", f"c{i}", None), id_=f"H{i}") for i in range(4)]
    rows = [row for row in planned([FINDING, *others]) if row.id == "F"]
    assert chance_of(rows, 30, -1.5, *BELOW) == pytest.approx(power(0.05 / 5), abs=0.035)
    rows = planned(margins={"s": 1.0, "t": 1.0, "u": 3.0})
    assert {row.margin for row in rows if row.series == "u"} == {3.0}
    rows = [row for row in rows if row.series == "t"]
    assert chance_of(rows, 30, -1.5, *BELOW) == pytest.approx(power(0.05 / 3), abs=0.035)


def test_constants_share_no_alpha():
    other = of(MeanDifference("less", "c", "d", None), id_="G")
    rows = planned([FINDING, other], deterministic=("c", "d"))
    assert {row.id for row in rows} == {"F"}
    assert chance_of(rows, 30, -1.5, *BELOW) == pytest.approx(power(0.05), abs=0.035)
    told = why([FINDING, other], deterministic=("c", "d"))
    assert told == {
        ("G", "c"): "its scenarios are constants, of which more repeats tell nothing new"
    }


def test_ratios_take_a_pilot_and_are_told_in_natural_units():
    ratio = [of(MeanRatio("less", "a", "b", 1.5))]
    assert planned(ratio) == []
    assert "takes a pilot" in why(ratio)["F", "a"]
    rows = planned(ratio, samples=pilot_of(a=1, b=1))
    assert max(row.difference for row in rows) == pytest.approx(1.5**3)
    assert {row.pilot for row in rows} == {20}
    assert chance_of(rows, 1000, 1.5**-3, "supported") > 0.99


def test_spreads_trends_and_precision_take_an_assumed_spread():
    trend = Trend("greater", (("a", "b"), ("c", "d")), (0.0, 1.0), 1.0)
    rows = planned(
        [
            of(SpreadRatio("more_stable", "a", "b", 1.25), id_="S"), of(trend, id_="T"),
            of(Precision("a", 10, 2.0, 1.0), id_="P"),
        ]
    )  # fmt: skip
    by_id = {id_: [row for row in rows if row.id == id_] for id_ in "STP"}
    assert max(row.difference for row in by_id["S"]) == pytest.approx(1.25**3)
    assert {row.estimand for row in rows} == {"spread", "trend", "precision"}
    # The slope is a difference of two differences, of four times the variance.
    low = stats.t.isf(0.05 / 6, 4 * 29)
    noncentrality = 3 / (2.0 * np.sqrt(4 / 30))
    expected = 1 - stats.nct.cdf(low, 4 * 29, noncentrality)
    found = chance_of(by_id["T"], 30, 3.0, *BELOW)
    assert found == pytest.approx(expected, abs=0.035)
    # A standard error of 0 is no possibility, nor is one below.
    assert min(row.difference for row in by_id["P"]) == -1.5
    assert {row.scenario_b for row in by_id["P"]} == {None}
    assert chance_of(by_id["P"], 1000, 0.0, "supported") > 0.99
    assert chance_of(by_id["P"], 1000, 2.0, "contradicted") > 0.99
    assert chance_of(by_id["S"], 3, 1.0, "undecided") > 0.9
    assert chance_of(by_id["P"], 3, 0.0, "undecided") == 1


def test_a_claim_of_several_comparisons():
    both = of(LESS, MeanDifference("greater", "c", "d", 2.0))
    told = plan([both])
    assert told.unplanned == []
    assert {row.in_margins for row in told.power_claims} == set(IN_MARGINS)
    totals: dict = {}
    for row in told.power_claims:
        key = row.series, row.id, row.n, row.in_margins
        totals[key] = totals.get(key, 0) + row.chance
    assert totals == pytest.approx({("s", "F", n, m): 1.0 for n in SIZES for m in IN_MARGINS})
    sure = [
        r for r in told.power_claims if (r.n, r.in_margins, r.verdict) == (1000, 3, "supported")
    ]
    assert sure[0].chance > 0.99
    assert plan().power_claims == []


def test_of_what_cannot_be_planned_as_a_whole_the_parts_are():
    mixed = of(LESS, MeanRatio("less", "a", "b", 1.5))
    told = plan([mixed], samples=pilot_of(a=1, b=1))
    assert {row.estimand for row in told.power} == {"mean", "ratio"}
    assert told.power_claims == []
    (row,) = told.unplanned
    assert (row.series, row.id, row.scenario_a) == ("s", "F", None)
    assert row.because == (
        "its comparisons are of several metrics or scales; each is planned by itself"
    )
    told = plan([mixed])
    assert {row.estimand for row in told.power} == {"mean"}
    assert [row.because for row in told.unplanned] == [
        "a ratio of means takes a pilot; an assumed spread says nothing about means",
        "not each of its comparisons is planned",
    ]


def test_an_assumed_spread_is_of_the_studys_metric():
    other = of(MeanDifference("less", "a", "b", 1.0, "mae"))
    assert planned([other]) == []
    assert why([other]) == {("F", "a"): "study.assumed_spread is of rmse, not of mae"}
    assert planned([other], samples=pilot_of("mae", a=1, b=1))


def test_a_pilot_that_does_not_show_how_repeats_vary():
    assert why(samples=pilot_of(a=1)) == {
        ("F", "a"): "the pilot does not show how repeats vary: b was not run on s"
    }
    assert "neither sample varies" in why(samples=pilot_of(a=0, b=0))["F", "a"]
    assert "fewer than 2 repeats" in why(samples=pilot_of(size=1, a=1, b=1))["F", "a"]
    assert "a, b were not run on s" in why(samples={})["F", "a"]
    precision = [of(Precision("a", 10, 2.0, 1.0))]
    assert "too few to know a spread" in why(precision, samples=pilot_of(size=4, a=1))["F", "a"]


def test_claims_over_series_are_told_apart():
    over = replace(FINDING, over=OverSeries())
    many = {f"s{i}": 1.0 for i in range(6)}
    told = plan([over], margins=many)
    assert told.power == []
    (row,) = told.unplanned
    assert (row.series, row.id, row.scenario_a) == (None, "F", None)
    assert row.because == "how many series there are decides it, not repeats alone"
    # Too few series decide nothing, and the verdicts on each of them stand.
    told = plan([over], margins=dict.fromkeys("stu", 1.0))
    assert {row.series for row in told.power} == set("stu")
    assert told.unplanned == []


def test_a_paired_study_draws_pairs():
    rng = np.random.default_rng(3)
    base = 10 + rng.normal(size=200) * 5
    pairs = {("s", "a"): sample(base, "a"), ("s", "b"): sample(base + rng.normal(size=200), "b")}
    found = {
        design: chance_of(planned(samples={"rmse": pairs}, design=design), 30, -1.5, "undecided")
        for design in ("paired", "independent")
    }
    assert found["paired"] < 0.1
    assert found["independent"] > 0.7


def test_without_pilot_and_assumption():
    with pytest.raises(NoPilotError, match=r"set study\.assumed_spread, or train a few first"):
        planned(spread=None)
