"""What changes no verdict: which scenario comes first, the unit, the zero, the order of anything."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support import contrast_of_two, sample, samples

from thousandfold.inference.contrasts import MeanDifference, Precision, SpreadRatio, Trend
from thousandfold.inference.decisions import decide
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.judging import judge
from thousandfold.inference.questions import questions_of
from thousandfold.study import Finding
from thousandfold.tables import frame_of
from thousandfold.tables.rows import ContrastRow

MIRRORED = {
    "less": "greater",
    "greater": "less",
    "different": "different",
    "equivalent": "equivalent",
}

hundredths = st.integers(-2000, 2000).map(lambda i: i / 100)
values = st.lists(hundredths, min_size=2, max_size=12)
failed = st.sets(st.integers(0, 11), max_size=2)
designs = st.sampled_from(list(DESIGNS))
margins = st.integers(1, 2000).map(lambda i: i / 100)


@st.composite
def pairs_of_samples(draw):
    """Two samples of one length, of which a few repeats may have diverged."""
    x = np.array(draw(values))
    y = np.array(draw(st.lists(hundredths, min_size=len(x), max_size=len(x))))
    for end in (x, y):
        end[[i for i in draw(failed) if i < len(end)]] = math.nan
    return x, y


def answer(x, y, expect, margin, design, names="ab"):
    by_name = dict(zip(names, (x, y), strict=True))
    contrast = contrast_of_two(expect, names[0], names[1], margin)
    (question,) = questions_of([contrast], {"rmse": samples(by_name)}, {"s": 5.0}, DESIGNS[design])
    decision = decide(question, 0.05)
    ends = [decision.low, decision.high]
    bounds = [0.0, question.margin, -question.margin]
    # Where floating-point numbers tie, either answer would do.
    assume(all(abs(end - bound) > 1e-4 * question.margin for end in ends for bound in bounds))
    return decision


def alike(one, other):
    return (one.verdict, one.difference_verdict, one.undecided_because is None) == (
        other.verdict, other.difference_verdict, other.undecided_because is None
    )  # fmt: skip


@given(pairs_of_samples(), st.sampled_from(list(MIRRORED)), margins, designs)
def test_which_scenario_comes_first(pair, expect, margin, design):
    x, y = pair
    one = answer(x, y, expect, margin, design)
    assert alike(one, answer(y, x, MIRRORED[expect], margin, design, names="ba"))


@given(pairs_of_samples(), st.sampled_from(list(MIRRORED)), margins, designs,
       st.sampled_from([2.0**-200, 1e-9, 3.0, 1e9, 2.0**200]))  # fmt: skip
def test_the_unit(pair, expect, margin, design, factor):
    x, y = pair
    one = answer(x, y, expect, margin, design)
    assert alike(one, answer(factor * x, factor * y, expect, factor * margin, design))


@given(pairs_of_samples(), st.sampled_from(list(MIRRORED)), margins, designs)
def test_the_zero(pair, expect, margin, design):
    x, y = pair
    one = answer(x, y, expect, margin, design)
    assert alike(one, answer(x + 1e9, y + 1e9, expect, margin, design))


@given(pairs_of_samples(), st.integers(101, 300).map(lambda i: i / 100), designs)
def test_unit_zero_and_order_of_spreads(pair, margin, design):
    x, y = pair
    one = answer(x, y, "more_stable", margin, design)
    assert alike(one, answer(7 * x, 7 * y, "more_stable", margin, design))
    # Deviations of hundredths keep seven digits at a million, where a mirror image would differ.
    assert alike(one, answer(x + 1e6, y - 1e6, "more_stable", margin, design))
    mirror = answer(y, x, "more_stable", margin, design, names="ba")
    assert mirror.low == pytest.approx(-one.high, nan_ok=True)


TREND = Trend("less", (("a", "b"), ("c", "d")), (1.0, 2.0), 1.0)
FINDINGS = [
    Finding("less", "Claim.", "test", "less", (MeanDifference("less", "a", "b", 1.0),)),
    Finding("best", "Claim.", "test", "best_of", tuple(MeanDifference("less", "c", x, 1.0) for x in "abd")),
    Finding("stable", "Claim.", "test", "more_stable", (SpreadRatio("more_stable", "a", "d", 1.25),)),
    Finding("trend", "Claim.", "test", "less", (TREND,)),
    Finding("known", "Claim.", "test", "precision", (Precision("a", 10, 0.3, 0.2),)),
]  # fmt: skip


@pytest.mark.parametrize("design", DESIGNS)
def test_the_order_of_series_scenarios_and_findings(design):
    rng = np.random.default_rng(1)
    drawn = {
        (series, name): sample(rng.normal(i, 1 + i, 14), name, series)
        for series in ("s", "t")
        for i, name in enumerate("abcd")
    }

    def judged(order, margins, findings):
        table = frame_of(
            ContrastRow, judge({"rmse": order}, margins, findings, 0.05, DESIGNS[design])
        )
        return table.sort_values(["series", "id", "scenario_b"]).reset_index(drop=True)

    one = judged(drawn, {"s": 1.0, "t": 2.0}, FINDINGS)
    turned = judged(dict(reversed(drawn.items())), {"t": 2.0, "s": 1.0}, FINDINGS[::-1])
    for column in one:
        assert one[column].tolist() == pytest.approx(turned[column].tolist(), nan_ok=True), column
    assert one["k"].eq(14).all()
