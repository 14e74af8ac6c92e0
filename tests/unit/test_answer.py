"""The sentences at the head of the page: they say what the tables say."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import row_of

from thousandfold.config import study_of
from thousandfold.inference.population.judging import NO_TYPICAL_DIFFERENCE
from thousandfold.inference.verdicts import Verdict
from thousandfold.report.answer import answer, clearest_difference, counted_verdicts
from thousandfold.report.run import Provenance, Run
from thousandfold.tables.rows import (
    BaselineOverSeriesRow,
    BaselineRow,
    ClaimRow,
    ConjunctionRow,
    ContrastRow,
    PopulationClaimRow,
    ReachRow,
)


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


class Tables(dict):
    """Tables of which those that are not given are empty."""

    def __missing__(self, row_type):
        return []


def run_of(series, *rows):
    """A run of a study of two scenarios on these series, with these rows of its tables."""
    entry = {"file": "data/shampoo-sales.csv", "value": "Sales", "test_rows": 12, "unit": "sales"}
    config = {
        "study": {"seed": 1, "margin": 5.0},
        "series": dict.fromkeys(series, entry),
        "scenarios": {"a": {"stateful": True, "label": "A!"}, "b": {"stateful": False}},
    }
    tables = Tables()
    for row in rows:
        tables.setdefault(type(row), []).append(row)
    return Run(study_of(config), {}, pd.DataFrame(), tables, {}, Provenance({}, "."))


def claim(id_, verdict, series="s"):
    return row_of(ClaimRow, series=series, id=id_, verdict=verdict)


def compared(id_, difference, low, high, **cells):
    names = {"scenario_a": "a", "scenario_b": "b", "comparison": f"a - b {id_}"}
    return contrast(difference, low, high, series="s", id=id_, interval_level=0.95, **names | cells)


def reached(row, same_sign):
    key = {name: getattr(row, name) for name in (
        "series", "metric", "estimand", "comparison", "scenario_a", "scenario_b",
    )}  # fmt: skip
    return row_of(ReachRow, same_sign=same_sign, **key)


def against_best(result, **cells):
    return row_of(
        BaselineRow, series="s", baseline="ar1", is_best=True, result=result, **cells
    )  # fmt: skip


def test_the_answer_on_one_series():
    rows = [
        compared("E1", -8.0, -10.0, -6.0), compared("E2", 1.0, -2.0, 4.0),
        compared("E3", 0.5, -2.0, 3.0),
    ]  # fmt: skip
    run = run_of(
        ["s"],
        claim("E1", "supported"), claim("E2", "undecided"), claim("E3", "undecided"), *rows,
        against_best("better"), against_best("worse"), against_best("undecided"),
        row_of(BaselineRow, series="s", baseline="drift", result="better"),
        reached(rows[0], 1.0), reached(rows[1], 0.9), reached(rows[2], 0.6),
    )  # fmt: skip
    assert answer(run) == [
        "Of 3 claims: 1 supported, 2 undecided.",
        "The largest difference: the mean RMSE of “A!” is 8.00 [6.00, 10.00] sales lower than that "
        "of “b”.",
        "1 of 3 scenarios does better than AR(1), which needs no network.",
        "On other test rows the sign of 2 of 3 claims might well be another.",
    ]


def test_what_a_study_lacks_is_not_told():
    assert answer(run_of(["s"])) == []
    assert answer(run_of(["s"], claim("E1", "undecided"))) == ["Of 1 claim: 1 undecided."]
    assert answer(run_of(["s"], *[against_best("worse")] * 4)) == [
        "None of 4 scenarios does better than AR(1), which needs no network."
    ]
    assert answer(run_of(["s", "t"])) == []


def test_the_answer_on_several_series():
    def on(id_, k, m=3):
        return row_of(ConjunctionRow, id=id_, k=k, m=m)

    run = run_of(["s", "t", "u"], on("E1", 3), on("E2", 1), on("E3", 0), on("E4", 3))
    assert answer(run) == [
        "2 of 4 claims hold on all three series (E1, E4); one holds on some of them."
    ]
    assert answer(run_of(["s", "t", "u"], on("E1", 0), on("E2", 0))) == [
        "None of 2 claims holds on any of the three series."
    ]


@pytest.mark.parametrize(
    ("holding", "sentence"),
    [
        ([3], "The one claim holds on all three series (E0)."),
        ([1], "The one claim holds on some of the three series."),
        ([0], "The one claim holds on none of the three series."),
        ([3, 3], "2 of 2 claims hold on all three series (E0, E1)."),
        ([3, 0], "1 of 2 claims holds on all three series (E0)."),
        ([3, 2], "1 of 2 claims holds on all three series (E0); one holds on some of them."),
        ([2, 1, 0], "None of 3 claims holds on all three series; two hold on some of them."),
        ([0, 0, 0], "None of 3 claims holds on any of the three series."),
    ],
)
def test_on_how_many_series_claims_hold(holding, sentence):
    rows = [row_of(ConjunctionRow, id=f"E{i}", k=k, m=3) for i, k in enumerate(holding)]
    assert answer(run_of(["s", "t", "u"], *rows)) == [sentence]


@pytest.mark.parametrize(
    ("signs", "sentence"),
    [
        ([1.0], "Over resampled test rows the sign of the one claim is steady."),
        ([1.0, 0.99], "Over resampled test rows the sign of all 2 claims is steady."),
        ([0.5], "On other test rows the sign of the one claim might well be another."),
        ([0.5, 1.0], "On other test rows the sign of 1 of 2 claims might well be another."),
    ],
)
def test_how_many_signs_other_rows_might_change(signs, sentence):
    rows = [compared(f"E{i}", 1.0, -2.0, 4.0) for i in range(len(signs))]
    reaches = [reached(row, sign) for row, sign in zip(rows, signs, strict=True)]
    assert answer(run_of(["s"], *rows, *reaches)) == [sentence]


@pytest.mark.parametrize(
    ("results", "told"),
    [
        (["better"], "The one scenario does better than"),
        (["worse"], "The one scenario does not do better than"),
        (["better", "better"], "2 of 2 scenarios do better than"),
    ],
)
def test_how_many_scenarios_do_better(results, told):
    (sentence,) = answer(run_of(["s"], *map(against_best, results)))
    assert sentence == f"{told} AR(1), which needs no network."


def test_the_answer_over_series():
    def over(scenario, better, worse, baseline="best"):
        return row_of(
            BaselineOverSeriesRow, scenario=scenario, baseline=baseline, n_series=9,
            n_better=better, n_worse=worse,
        )  # fmt: skip

    run = run_of(
        [f"s{i}" for i in range(9)],
        row_of(PopulationClaimRow, id="E1", verdict="supported"),
        over("b", 3, 2), over("a", 3, 1), over("b", 8, 0, "drift"),
    )  # fmt: skip
    assert answer(run) == [
        "Of 1 claim about series like these 9: 1 supported.",
        "“A!” beats the best forecast without a network on 3 of 9 series and does worse on 1; no "
        "other scenario beats it on more.",
    ]


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (["contradicted"] * 3, "H is contradicted on all three."),
        (["undecided", "supported", "undecided"], "H is supported on one, undecided on two."),
        (["supported", "supported"], "H is supported on both."),
        (["undecided"], "H is undecided on that one."),
    ],
)
def test_the_answer_where_there_are_too_few_series(verdicts, said):
    names = [f"s{i}" for i in range(len(verdicts))]
    few = row_of(PopulationClaimRow, id="H", verdict="undecided", too_few_series=True)
    on_each = [claim("H", verdict, name) for name, verdict in zip(names, verdicts, strict=True)]
    others = [claim("X", "supported", name) for name in names]
    first, second = answer(run_of(names, few, *on_each, *others))
    n = {3: "Three series are", 2: "Two series are", 1: "One series is"}[len(names)]
    them = "it" if len(names) == 1 else "them"
    assert first == f"{n} too few to decide H about series like {them}."
    assert second == said
    decided = row_of(PopulationClaimRow, id="M", verdict="supported")
    told = answer(run_of(names, few, decided, *on_each))
    assert told[0] == f"Of 1 claim about series like these {len(names)}: 1 supported."
    assert told[1:] == [first, second]


def test_of_many_claims_for_which_there_are_too_few_series_some_are_counted():
    few = [
        row_of(PopulationClaimRow, id=id_, verdict="undecided", too_few_series=True)
        for id_ in "ABCD"
    ]
    held = [row_of(ConjunctionRow, id=id_, k=3 * (id_ == "A"), m=3) for id_ in "ABCD"]
    assert answer(run_of(["s", "t", "u"], *few, *held)) == [
        "Three series are too few to decide 4 claims about series like them.",
        "1 of 4 claims holds on all three series (A).",
    ]
