"""The power table: which contrasts, at which level, from which spread."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support import sample

from thousandfold.inference.contrasts import MeanDifference, MeanRatio, SpreadRatio
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.planning import (
    IN_MARGINS,
    SIZES,
    NoPilotError,
    planned_size,
    power_table,
)
from thousandfold.study import Finding, OverSeries

LESS = MeanDifference("less", "a", "b", None)
FINDING = Finding("F", "c", "s", "less", (LESS,))
BOTH = [FINDING, replace(FINDING, id="G", contrasts=(MeanDifference("greater", "b", "a", 2.0),))]


def planned(findings=(FINDING,), samples=None, spread=2.0, repeats=30, margins=None):
    return list(
        power_table(
            findings, margins or {"s": 1.0}, samples, spread, 0.05, DESIGNS["independent"],
            repeats, 1,
        )
    )  # fmt: skip


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
    assert planned_size(BOTH, ["s"]) == 1
    assert planned_size(BOTH, ["s", "t"]) == 2
    assert planned_size([replace(FINDING, over=OverSeries())], ["s", "t", "u"]) == 1
    assert planned_size([], ["s"]) == 1
    rows = planned(BOTH)
    assert {(row.id, row.margin) for row in rows} == {("F", 1.0), ("G", 2.0)}
    assert max(row.difference for row in rows if row.id == "G") == 6.0


def test_more_claims_make_each_verdict_less_likely():
    others = [
        replace(FINDING, id=f"H{i}", contrasts=(MeanDifference("less", "a", f"c{i}", None),))
        for i in range(20)
    ]

    def chance(rows):
        return sum(
            row.chance
            for row in rows
            if (row.id, row.n, row.difference) == ("F", 30, -1.5) and row.verdict != "undecided"
        )

    assert chance(planned([FINDING, *others])) < chance(planned()) - 0.2


def test_ratios_take_a_pilot_and_are_told_in_natural_units():
    ratio = replace(FINDING, contrasts=(MeanRatio("less", "a", "b", 1.5),))
    assert planned([ratio]) == []
    rng = np.random.default_rng(1)
    pilot = {
        "rmse": {("s", name): sample(np.exp(rng.normal(size=20) / 10), name) for name in ("a", "b")}
    }
    rows = planned([ratio], samples=pilot)
    assert max(row.difference for row in rows) == pytest.approx(1.5**3)
    sure = [r for r in rows if (r.n, r.verdict) == (1000, "supported") and r.difference < 0.4]
    assert sure[0].chance > 0.99


def test_what_is_no_comparison_of_means_is_left_out():
    spread = replace(FINDING, contrasts=(SpreadRatio("more_stable", "a", "b", 1.25),))
    assert planned([spread]) == []


def test_without_pilot_and_assumption():
    with pytest.raises(NoPilotError, match=r"set study\.assumed_spread, or train a few first"):
        planned(spread=None)
