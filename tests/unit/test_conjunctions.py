"""Over several series: the count of verdicts, and what it agrees with."""

from support import row_of

from thousandfold.inference.conjunctions import conjunctions
from thousandfold.inference.contrasts import MeanDifference
from thousandfold.study import Finding
from thousandfold.tables.rows import ClaimRow

FINDING = Finding("f", "Claim.", "test", "less", (MeanDifference("less", "a", "b", 1.0),))


def over_all(*verdicts):
    claims = [
        row_of(ClaimRow, series=f"s{i}", id="f", verdict=verdict)
        for i, verdict in enumerate(verdicts)
    ]
    return conjunctions(claims, [FINDING])


def test_a_claim_holds_on_as_many_series_as_it_is_supported_on():
    (row,) = over_all("supported", "direction supported", "undecided", "supported", "contradicted")
    assert (row.k, row.m) == (2, 5)
    assert row.supported_on == "s0, s3"
    assert row.direction_supported_on == "s1"
    assert row.undecided_on == "s2"


def test_nowhere():
    (row,) = over_all("contradicted", "contradicted")
    assert (row.k, row.supported_on) == (0, "")


def test_one_series_has_its_own_verdict_only():
    assert over_all("supported") == []
