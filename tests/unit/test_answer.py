"""The sentences at the head of the page: they say what the tables say."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import row_of

from thousandfold.inference.population.judging import NO_TYPICAL_DIFFERENCE
from thousandfold.inference.verdicts import Verdict
from thousandfold.report.answer import clearest_difference, counted_verdicts
from thousandfold.tables.rows import ContrastRow


@given(st.lists(st.sampled_from(list(Verdict)), min_size=1, max_size=40))
def test_every_verdict_is_counted_once(verdicts):
    sentence = counted_verdicts("", map(str, verdicts))
    n = len(verdicts)
    start = f"Of {n} claim{'s' * (n > 1)}: "
    assert sentence.startswith(start)
    assert sentence.endswith(".")
    told = dict(
        reversed(part.split(" ", 1)) for part in sentence.removeprefix(start)[:-1].split(", ")
    )
    assert {word: int(count) for word, count in told.items()} == {
        str(verdict): verdicts.count(verdict) for verdict in set(verdicts)
    }


def test_a_typical_difference_is_counted_as_what_it_is():
    told = counted_verdicts(" about series like these 10", [NO_TYPICAL_DIFFERENCE, "supported"])
    assert told == (
        "Of 2 claims about series like these 10: 1 supported, 1 no typical difference that matters."
    )


def contrast(difference, low, high, **cells):
    cells = {"estimand": "mean", "metric": "rmse", "margin": 5.0} | cells
    return row_of(ContrastRow, difference=difference, ci_low=low, ci_high=high, **cells)


ends = st.floats(-30, 30)


@given(st.lists(st.tuples(ends, ends, ends, st.sampled_from(["mean", "spread"])), max_size=12))
def test_the_clearest_difference_is_decided_and_the_largest_in_margins(drawn):
    rows = []
    for a, b, margin, estimand in drawn:
        low, high = sorted((a, b))
        rows.append(contrast((a + b) / 2, low, high, margin=abs(margin) + 0.1, estimand=estimand))
    found = clearest_difference(rows, "rmse")
    decided = [
        row
        for row in rows
        if row.estimand == "mean" and (row.ci_low > row.margin or row.ci_high < -row.margin)
    ]
    if not decided:
        assert found is None
        return
    assert found in decided
    assert abs(found.difference) / found.margin == pytest.approx(
        max(abs(row.difference) / row.margin for row in decided)
    )


def test_what_has_no_interval_or_another_metric_is_not_the_clearest():
    rows = [
        contrast(50.0, math.nan, math.nan),
        contrast(40.0, 30.0, 50.0, metric="mae"),
        contrast(-8.0, -10.0, -6.0),
        contrast(7.0, 4.0, 10.0),
    ]
    assert clearest_difference(rows, "rmse") is rows[2]
