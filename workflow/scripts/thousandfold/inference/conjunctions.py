"""Several series: on how many of them a claim holds. Their repeats are never pooled."""

from collections.abc import Iterable, Sequence

from thousandfold.inference.verdicts import Verdict
from thousandfold.names import listed
from thousandfold.study import Finding
from thousandfold.tables.rows import ClaimRow, ConjunctionRow

OUTCOMES = {
    "supported_on": Verdict.SUPPORTED,
    "direction_supported_on": Verdict.DIRECTION_SUPPORTED,
    "undecided_on": Verdict.UNDECIDED,
}
"""The columns that name series, and the verdict on each of them."""


def conjunctions(claims: Sequence[ClaimRow], findings: Iterable[Finding]) -> list[ConjunctionRow]:
    """The conjunctions table of a study of several series: a row per finding.

    All verdicts, on whatever series, err together in at most a share alpha of studies. So a claim
    holds on as many series as it is supported on, at no further price.
    """
    rows = []
    for finding in findings:
        told = [claim for claim in claims if claim.id == finding.id]
        if len(told) < 2:
            continue
        names = {
            column: [claim.series for claim in told if claim.verdict == verdict]
            for column, verdict in OUTCOMES.items()
        }
        rows.append(
            ConjunctionRow(
                id=finding.id, claim=finding.claim, m=len(told), k=len(names["supported_on"]),
                **{column: listed(found) for column, found in names.items()},
            )
        )  # fmt: skip
    return rows
