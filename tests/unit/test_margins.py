"""The verdict as a function of the margin: against a scan of margins, one by one."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from support import row_of

from thousandfold.inference.margins import margins_over_series, margins_table
from thousandfold.inference.verdicts import claim_verdict
from thousandfold.tables.rows import ContrastRow, PopulationRow


def contrast(expect, low, high, margin=1.0, estimand="mean", verdict=None):
    scale = math.log if estimand in ("ratio", "spread") else float
    decided = claim_verdict(expect, scale(low), scale(high), scale(margin))
    return row_of(
        ContrastRow, series="s", id="F", scenario_a="a", scenario_b="b", metric="rmse",
        estimand=estimand, expect=expect, ci_low=low, ci_high=high, margin=margin,
        verdict=verdict or str(decided),
    )  # fmt: skip


@pytest.mark.parametrize("expect", ["less", "greater", "different", "equivalent"])
@pytest.mark.parametrize(
    ("low", "high"), [(-6.3, -4.8), (-1.0, 2.0), (0.5, 3.0), (-3.0, 0.5), (-2.0, 2.0), (0.0, 1.5)]
)
def test_every_margin_has_the_verdict_of_its_range(expect, low, high):
    rows = margins_table([contrast(expect, low, high)])
    assert rows[0].above == 0
    assert math.isnan(rows[-1].up_to)
    assert [row.up_to for row in rows[:-1]] == [row.above for row in rows[1:]]
    assert all(one.verdict != other.verdict for one, other in pairwise(rows))
    for margin in np.linspace(0.013, 12, 400):
        (row,) = [r for r in rows if r.above < margin and not margin >= r.up_to]
        assert row.verdict == claim_verdict(expect, low, high, margin)


def test_margins_of_a_ratio_are_ratios():
    rows = margins_table([contrast("less", 0.5, 0.8, margin=1.1, estimand="ratio")])
    assert rows[0].above == 1
    told = [(row.verdict, row.up_to) for row in rows[:-1]]
    assert told == [
        ("supported", pytest.approx(1.25)), ("direction supported", pytest.approx(2.0)),
    ]  # fmt: skip
    assert rows[-1].verdict == "no difference that matters"


def over_series(expect, low, high, **cells):
    row = contrast(expect, low, high)
    names = {name: getattr(row, name) for name in (
        "id", "scenario_a", "scenario_b", "metric", "estimand", "expect", "margin", "verdict",
    )}  # fmt: skip
    return row_of(PopulationRow, typical_low=low, typical_high=high, **names | cells)


@pytest.mark.parametrize(("low", "high"), [(-6.3, -4.8), (-1.0, 2.0), (0.5, 3.0)])
def test_typical_effects_have_the_ranges_of_their_interval(low, high):
    row = over_series("less", low, high, on_at_least=math.nan)
    found = margins_over_series([row])
    alike = margins_table([contrast("less", low, high)])
    assert found == [replace(each, series=None) for each in alike]
    assert margins_over_series([replace(row, on_at_least=0.8)]) == []
    assert margins_over_series([replace(row, typical_high=math.inf)]) == []
    assert margins_over_series([replace(row, typical_low=math.nan)]) == []


@pytest.mark.parametrize(
    "row",
    [
        contrast("less", math.nan, math.nan, verdict="undecided"),
        contrast("precision", -1.0, 1.0),
        contrast("less", -3.0, -2.0, verdict="undecided"),
        replace(contrast("less", -3.0, -2.0), exploratory_p=0.01),
    ],
    ids=["no interval", "a claimed range", "overruled", "of a claim over series"],
)
def test_comparisons_without_a_strip(row):
    assert margins_table([row]) == []
