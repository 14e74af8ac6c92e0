"""Several series: on how many of them a claim holds. Their repeats are never pooled."""

from collections.abc import Iterable

import pandas as pd

from thousandfold.inference.tables import table_of
from thousandfold.inference.verdicts import Verdict
from thousandfold.names import listed
from thousandfold.study import Finding

OUTCOMES = {
    "supported_on": Verdict.SUPPORTED,
    "direction_supported_on": Verdict.DIRECTION_SUPPORTED,
    "undecided_on": Verdict.UNDECIDED,
}
"""The columns that name series, and the verdict on each of them."""


def conjunctions(
    claims: pd.DataFrame, findings: Iterable[Finding], columns: list[str]
) -> pd.DataFrame:
    """The conjunctions table of a study of several series: a row per finding.

    All verdicts, on whatever series, err together in at most a share alpha of studies. So a claim
    holds on as many series as it is supported on, at no further price.
    """
    rows = []
    for finding in findings:
        verdicts = claims[claims["id"] == finding.id]
        if len(verdicts) < 2:
            continue
        names = {
            column: list(verdicts.loc[verdicts["verdict"] == verdict, "series"])
            for column, verdict in OUTCOMES.items()
        }
        rows.append(
            {
                "id": finding.id, "claim": finding.claim, "m": len(verdicts),
                "k": len(names["supported_on"]),
                **{column: listed(found) for column, found in names.items()},
            }
        )  # fmt: skip
    return table_of(rows, columns)
