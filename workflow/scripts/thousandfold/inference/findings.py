"""From repeats and registered findings to rows of evidence, and from those to claims.

All findings of a study are one family: the deciding interval of each contrast has the level
1 - alpha / k, k being the number of distinct contrasts. Two findings about the same pair, series
and estimand, whichever way round, share one contrast.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from thousandfold.inference.contrasts import (
    Estimate,
    absolute_deviations,
    mean_difference,
    spread_ratio,
)
from thousandfold.inference.ranks import mann_whitney, rank_direction
from thousandfold.inference.verdicts import Verdict, claim_verdict, difference_verdict, worst
from thousandfold.study import Contrast, Finding

MOST_DIVERGED = 0.01
"""Above this share of diverged repeats a mean over the others decides nothing."""

Samples = Mapping[tuple[str, str], np.ndarray]
"""RMSE of every repeat by (series, scenario); NaN where it diverged."""


def samples_of(repeats: pd.DataFrame) -> dict[tuple[str, str], np.ndarray]:
    """The RMSEs of the repeats table by series and scenario, in repeat order."""
    ordered = repeats.sort_values("repeat", kind="stable")
    return {
        (str(series), str(scenario)): group["rmse"].to_numpy(float)
        for (series, scenario), group in ordered.groupby(["series", "scenario"], sort=False)
    }


@dataclass(frozen=True)
class Pair:
    """Two samples without their diverged repeats."""

    a: np.ndarray
    b: np.ndarray
    diverged_a: int
    diverged_b: int

    @classmethod
    def of(cls, a: np.ndarray, b: np.ndarray) -> "Pair":
        finite_a, finite_b = a[np.isfinite(a)], b[np.isfinite(b)]
        return cls(finite_a, finite_b, len(a) - len(finite_a), len(b) - len(finite_b))

    @property
    def too_small(self) -> bool:
        return min(len(self.a), len(self.b)) < 2

    @property
    def divergence_matters(self) -> bool:
        """Whether diverged repeats are many, or would turn the comparison round if ranked worst."""
        if not self.diverged_a + self.diverged_b:
            return False
        rates = (
            self.diverged_a / (self.diverged_a + len(self.a)),
            self.diverged_b / (self.diverged_b + len(self.b)),
        )
        with_failures = [
            np.append(x, np.full(failures, np.inf))
            for x, failures in [(self.a, self.diverged_a), (self.b, self.diverged_b)]
        ]
        return max(rates) > MOST_DIVERGED or rank_direction(self.a, self.b) != rank_direction(
            *with_failures
        )


def _holm(p_values: Mapping[Any, float]) -> dict[Any, float]:
    """Holm's adjustment over the contrasts that have a p; NaN for the others."""
    known = {key: p for key, p in p_values.items() if not math.isnan(p)}
    adjusted = multipletests(list(known.values()), method="holm")[1] if known else []
    return dict.fromkeys(p_values, math.nan) | dict(zip(known, adjusted, strict=True))


def _family_key(series: str, contrast: Contrast) -> tuple[Any, ...]:
    """The same for both ways round of a contrast."""
    return series, frozenset((contrast.a, contrast.b)), contrast.estimand


def _evidence(
    series: str, id_: str, contrast: Contrast, samples: Samples, alpha: float, k: int
) -> dict[str, Any]:
    """One contrast's row, all but what depends on the other contrasts."""
    pair = Pair.of(samples[series, contrast.a], samples[series, contrast.b])
    is_spread = contrast.estimand == "spread"
    margin = math.log(contrast.margin) if is_spread else contrast.margin
    row: dict[str, Any] = {
        "series": series, "id": id_, "scenario_a": contrast.a, "scenario_b": contrast.b,
        "expect": contrast.expect, "estimand": contrast.estimand, "margin": margin,
        "n_a": len(pair.a), "n_b": len(pair.b),
        "n_diverged_a": pair.diverged_a, "n_diverged_b": pair.diverged_b,
        "interval_level": 1 - alpha / k, "k": k,
    }  # fmt: skip
    if pair.too_small:
        return row | {
            "flags": "fewer than 2 finite repeats",
            "difference_verdict": "inconclusive",
            "verdict": str(Verdict.UNDECIDED),
        }
    estimate = (spread_ratio if is_spread else mean_difference)(pair.a, pair.b)
    low, high = estimate.interval(alpha / k)
    verdict = claim_verdict(contrast.expect, low, high, margin)
    flags = []
    if estimate.standard_error == 0:
        flags.append("no variation")
    if pair.divergence_matters:
        flags.append("diverged repeats could change the answer")
        verdict = worst([verdict, Verdict.UNDECIDED])
    return row | _tests(pair, is_spread) | {
        "mean_a": pair.a.mean(), "mean_b": pair.b.mean(),
        "estimate_a": estimate.estimate_a, "estimate_b": estimate.estimate_b,
        "difference": estimate.difference, "ci_low": low, "ci_high": high,
        **_family_p_values(estimate, margin, k),
        "flags": "; ".join(flags),
        "difference_verdict": str(difference_verdict(low, high, margin)),
        "verdict": str(verdict),
    }  # fmt: skip


def _tests(pair: Pair, is_spread: bool) -> dict[str, float]:
    """The field's usual tests, which decide nothing; for spreads, of the absolute deviations."""
    a, b = pair.a, pair.b
    if is_spread:
        a, b = absolute_deviations(a), absolute_deviations(b)
    welch = mean_difference(a, b)
    error = welch.standard_error
    u, mann_whitney_p = mann_whitney(a, b)
    return {
        "welch_t": welch.difference / error if error else math.nan,
        "welch_df": welch.df if error else math.nan,
        "welch_p": welch.p_difference(),
        "mannwhitney_u": u,
        "mannwhitney_p": mann_whitney_p,
    }


def _family_p_values(estimate: Estimate, margin: float, k: int) -> dict[str, float]:
    """The p values that decide, against alpha, exactly as the interval does."""
    tost_p = estimate.p_equivalence(margin)
    return {
        "tost_p": tost_p,
        "difference_p_family": min(1.0, k * estimate.p_difference()),
        "equivalence_p_family": min(1.0, 2 * k * tost_p),
        "minimal_effect_p_family": min(1.0, 2 * k * estimate.p_minimal_effect(margin)),
    }


def _rows(
    contrasts: Iterable[tuple[str, str, Contrast]],
    samples: Samples,
    alpha: float,
    columns: list[str],
) -> pd.DataFrame:
    """The evidence on (series, id, contrast) triples as one family."""
    listed = list(contrasts)
    keys = [_family_key(series, contrast) for series, _, contrast in listed]
    k = len(set(keys))
    table = pd.DataFrame(
        [_evidence(series, id_, c, samples, alpha, k) for series, id_, c in listed], columns=columns
    )
    for test in ("welch", "mannwhitney"):
        # Both ways round of a contrast have one p and count once.
        adjusted = _holm(dict(zip(keys, table[f"{test}_p"].astype(float), strict=True)))
        table[f"{test}_p_holm"] = [adjusted[key] for key in keys]
    return table


def judge(
    samples: Samples,
    series: Iterable[str],
    findings: Iterable[Finding],
    alpha: float,
    columns: list[str],
) -> pd.DataFrame:
    """The findings table: one row per series, finding and contrast."""
    findings = list(findings)
    contrasts = ((s, f.id, c) for s in series for f in findings for c in f.contrasts)
    return _rows(contrasts, samples, alpha, columns)


def compare_all_pairs(
    samples: Samples, alpha: float, margin: float, columns: list[str]
) -> pd.DataFrame:
    """The comparisons table: every pair of scenarios, explored as a family of its own."""
    pairs = [
        (series, f"{a}-{b}", Contrast("different", a, b, margin))
        for (series, a), (other_series, b) in combinations(samples, 2)
        if series == other_series
    ]
    table = _rows(pairs, samples, alpha, columns)
    return table.assign(expect="", verdict=table["difference_verdict"])


def claims(
    table: pd.DataFrame, findings: Iterable[Finding], units: Mapping[str, str], columns: list[str]
) -> pd.DataFrame:
    """The claims table: one row per series and finding, from the findings table alone."""
    by_id = {finding.id: finding for finding in findings}
    rows = []
    for (series, id_), evidence in table.groupby(["series", "id"], sort=False):
        finding = by_id[str(id_)]
        verdict = worst(Verdict(v) for v in evidence["verdict"])
        rows.append(
            {
                "series": series,
                "id": id_,
                "claim": finding.claim,
                "source": finding.source,
                "expect": finding.expect,
                "verdict": str(verdict),
                "sentence": _claim_sentence(evidence, verdict, units[str(series)]),
            }
        )
    return pd.DataFrame(rows, columns=columns)


def _claim_sentence(evidence: pd.DataFrame, verdict: Verdict, unit: str) -> str:
    """The verdict with the numbers that decide it."""
    records = evidence.to_dict("records")
    if len(records) == 1:
        return contrast_sentence(records[0], unit)
    deciding = next(record for record in records if record["verdict"] == verdict)
    holding = sum(str(record["verdict"]).startswith("supported") for record in records)
    weakest = contrast_sentence(deciding, unit)
    return f"{holding} of {len(records)} comparisons hold. The weakest: {weakest}"


def contrast_sentence(record: Mapping[Any, Any], unit: str) -> str:
    """One contrast in words; every number and the verdict come from its row."""
    a, b = record["scenario_a"], record["scenario_b"]
    if math.isnan(record["difference"]):
        return f"{a} against {b}: {record['flags']}, so nothing can be said."
    level = f"{100 * record['interval_level']:.2f} %"
    low, high, d, margin = (record[key] for key in ("ci_low", "ci_high", "difference", "margin"))
    if record["estimand"] == "spread":
        what = (
            f"the spread of {a} is {math.exp(d):.3g} times that of {b} ({level} interval "
            f"{math.exp(low):.3g} to {math.exp(high):.3g}, margin {math.exp(margin):.3g} times)"
        )
    else:
        direction = "lower" if d < 0 else "higher"
        what = (
            f"the mean RMSE of {a} is {abs(d):.2f} {unit} {direction} than that of {b} "
            f"(difference {d:+.2f}, {level} interval {low:+.2f} to {high:+.2f}, margin {margin:g})"
        )
    flags = f" ({record['flags']})" if record["flags"] else ""
    return f"{what[0].upper()}{what[1:]}: {record['difference_verdict']}{flags}."
