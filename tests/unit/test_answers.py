"""Verdicts for machines: valid by their schema, and what is required of them."""

import json
import math
import re

import jsonschema
import pytest
from support import ROOT, row_of

from thousandfold.inference.answers import RequiredVerdictsError, answers, check_required
from thousandfold.tables.rows import (
    ClaimRow,
    ContrastRow,
    PopulationClaimRow,
    PopulationRow,
    ReachRow,
)

SCHEMA = json.loads(
    (ROOT / "workflow/scripts/thousandfold/schemas/verdicts.schema.json").read_text("utf-8")
)

NAMES = {"scenario_a": "a", "scenario_b": "b", "metric": "rmse", "comparison": "a - b"}


def told(*, too_few_series=False):
    """A claim on two series, and one over series, which has verdicts on each as well."""
    claims = [
        row_of(ClaimRow, series=series, id=id_, verdict=verdict, flags="x;y" if id_ == "E" else "")
        for series, id_, verdict in [
            ("s1", "E", "supported"), ("s2", "E", "does not hold"), ("s1", "O", "contradicted"),
        ]
    ]  # fmt: skip
    contrasts = [
        row_of(
            ContrastRow, series=series, id=id_, estimand="mean", difference=number, verdict="v",
            **NAMES,
        )
        for series, id_, number in [("s1", "E", -1.5), ("s2", "E", math.nan), ("s1", "O", 0.5)]
    ]  # fmt: skip
    over = [
        row_of(
            PopulationClaimRow,
            id="O",
            verdict="no typical difference that matters",
            too_few_series=too_few_series,
        )
    ]
    rows = [row_of(PopulationRow, id="O", estimand="mean", median=0.25, **NAMES)]
    reaches = [
        row_of(ReachRow, series="s1", estimand="mean", same_sign=0.9, **NAMES),
        row_of(ReachRow, series="s1", estimand="ratio", same_sign=0.1, **NAMES),
    ]
    return answers(claims, contrasts, over, rows, reaches)


def test_an_object_for_each_claim():
    found = told()
    jsonschema.validate(found, SCHEMA)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert [(answer["id"], answer["series"]) for answer in found] == [
        ("O", None), ("E", "s1"), ("E", "s2"), ("O", "s1"),
    ]  # fmt: skip
    over, on_s1, on_s2, _ = found
    assert over["comparisons"][0]["median"] == 0.25
    (comparison,) = on_s1["comparisons"]
    assert (comparison["difference"], comparison["same_sign"]) == (-1.5, 0.9)
    assert on_s2["comparisons"][0]["difference"] is None
    assert on_s2["comparisons"][0]["same_sign"] is None
    assert [answer["decides"] for answer in found] == [True, True, True, False]
    assert (on_s1["flags"], over["flags"]) == (["x", "y"], [])


def test_a_row_with_another_word_is_not_valid():
    found = told()
    found[0]["verdict"] = "significant"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, SCHEMA)


@pytest.mark.parametrize(
    ("required", "failed"),
    [
        ({}, None),
        ({"O": "not contradicted"}, None),
        ({"O": "supported"}, "O over series: no typical difference that matters; required was supported"),
        ({"Z": "supported"}, "Z: there is no verdict; required was supported"),
        ({"E": "supported"}, "E on s2: does not hold; required was supported"),
        ({"E": "not contradicted"}, "E on s2: does not hold; required was not contradicted"),
        (
            {"E": "supported", "O": "supported"},
            "O over series: no typical difference that matters; required was supported\n"
            "E on s2: does not hold; required was supported",
        ),
    ],
)  # fmt: skip
def test_what_is_required(required, failed):
    if failed is None:
        check_required(told(), required)
        return
    with pytest.raises(RequiredVerdictsError, match=f"^{re.escape(failed)}$"):
        check_required(told(), required)


def test_with_too_few_series_the_verdicts_on_each_are_those_required():
    found = told(too_few_series=True)
    assert [answer["decides"] for answer in found] == [False, True, True, True]
    failed = "^O on s1: contradicted; required was not contradicted$"
    with pytest.raises(RequiredVerdictsError, match=failed):
        check_required(found, {"O": "not contradicted"})
