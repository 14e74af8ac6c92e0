"""Over several series: against worked examples, and by simulation."""

import numpy as np
import pandas as pd
import pytest

from thousandfold.inference.conjunctions import conjunctions, partial_conjunction_p
from thousandfold.records import table_columns
from thousandfold.study import Contrast, Finding


def test_by_hand():
    """Of four p values: 4 p(1), 3 p(2), 2 p(3), p(4), never falling."""
    p = partial_conjunction_p([0.03, 0.001, 0.2, 0.004])
    np.testing.assert_allclose(p, [0.004, 0.012, 0.06, 0.2])
    np.testing.assert_allclose(partial_conjunction_p([0.5, 0.02, 0.9]), [0.06, 1.0, 1.0])


def test_the_ends_are_bonferroni_and_the_largest():
    p_values = np.random.default_rng(1).uniform(size=7)
    p = partial_conjunction_p(p_values)
    assert p[0] == pytest.approx(min(1, 7 * p_values.min()))
    assert p[-1] >= p_values.max()


@pytest.mark.parametrize("true_nulls", [1, 2, 3, 4])
def test_simulation_holds_its_level(true_nulls):
    """With m - k + 1 true nulls among m, the claim of k rejects in at most alpha of studies."""
    rng, m = np.random.default_rng(true_nulls), 4
    k = m - true_nulls + 1
    rejected = 0
    for _ in range(4000):
        p_values = np.append(rng.uniform(size=true_nulls), np.zeros(m - true_nulls))
        rejected += partial_conjunction_p(p_values)[k - 1] <= 0.05
    assert rejected / 4000 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)
    assert rejected > 0


def findings_table(**p_by_series):
    return pd.DataFrame(
        [
            {"series": series, "id": "f", "claim_p": p, "verdict": "supported" if p < 0.01 else "undecided"}
            for series, values in p_by_series.items()
            for p in values
        ]
    )  # fmt: skip


FINDING = Finding("f", "Claim.", "test", "less", (Contrast("less", "a", "b", 1.0),))


def table_of(table):
    return conjunctions(table, [FINDING, FINDING], 0.05, table_columns("conjunctions"))


def test_a_claim_of_several_comparisons_has_their_largest_p():
    table = table_of(findings_table(x=[0.001, 0.002], y=[0.0001, 0.3]))
    assert list(table["p"]) == pytest.approx([0.004, 0.3] * 2)
    assert list(table["p_family"]) == pytest.approx([0.008, 0.6] * 2)
    assert list(table["holds"]) == [True, False] * 2
    assert set(table["supported_on"]) == {"x"}


@pytest.mark.parametrize("p_by_series", [{"x": [0.01]}, {"x": [0.01], "y": [np.nan]}])
def test_one_series_or_no_p_gives_no_row(p_by_series):
    assert table_of(findings_table(**p_by_series)).empty
