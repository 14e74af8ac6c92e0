"""Over several series: on how many of them a claim holds. Repeats of different series never mix."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from thousandfold.study import Finding


def partial_conjunction_p(p_values: Iterable[float]) -> np.ndarray:
    """For each k, the p of the claim holding on fewer than k of the m places that p comes from.

    (m - k + 1) p_(k), at most 1 and never falling with k: Bonferroni's form of Benjamini and
    Heller (2008), "Screening for partial conjunction hypotheses", Biometrics 64, section 2.
    """
    ordered = np.sort(np.fromiter(p_values, float))
    m = len(ordered)
    return np.minimum(1.0, np.maximum.accumulate((m - np.arange(m)) * ordered))


def conjunctions(
    table: pd.DataFrame, findings: Iterable[Finding], alpha: float, columns: list[str]
) -> pd.DataFrame:
    """The conjunctions table: a row per finding and k, from the findings table of several series.

    A claim that makes several comparisons has the largest of their p. All findings share alpha
    (Bonferroni). A claim of precision has no p, and no rows.
    """
    findings = list(findings)
    rows = []
    for finding in findings:
        evidence = table[table["id"] == finding.id]
        by_series = evidence.groupby("series", sort=False)
        p_values = by_series["claim_p"].agg(lambda p: p.max(skipna=False))
        if len(p_values) < 2 or p_values.isna().any():
            continue
        held = by_series["verdict"].agg(lambda v: all(str(x).startswith("supported") for x in v))
        for k, p in enumerate(partial_conjunction_p(p_values), start=1):
            adjusted = min(1.0, len(findings) * p)
            rows.append(
                {
                    "id": finding.id, "claim": finding.claim, "k": k, "m": len(p_values),
                    "p": p, "p_family": adjusted, "holds": adjusted <= alpha,
                    "supported_on": ", ".join(map(str, held[held].index)),
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
