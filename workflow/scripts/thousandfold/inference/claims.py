"""The claims table: each claim's verdict, and one sentence made from the row that decides it."""

import math
from collections.abc import Callable, Iterable

from thousandfold.formatting import agreeing
from thousandfold.inference.contrasts import KINDS
from thousandfold.inference.verdicts import Verdict, conjunction_verdict, rank
from thousandfold.names import listed, texts_of
from thousandfold.study import Finding
from thousandfold.tables.rows import ClaimRow, ContrastRow

UnitOf = Callable[[str, str], str]
"""(series, metric) -> unit."""


def claims(
    table: Iterable[ContrastRow], findings: Iterable[Finding], unit_of: UnitOf
) -> list[ClaimRow]:
    """The claims table: a row per series and finding, from the contrasts table alone."""
    by_id = {finding.id: finding for finding in findings}
    evidence: dict[tuple[str, str], list[ContrastRow]] = {}
    for record in table:
        evidence.setdefault((record.series, record.id), []).append(record)
    rows = []
    for (series, id_), records in evidence.items():
        finding = by_id[id_]
        verdict = conjunction_verdict(Verdict(record.verdict) for record in records)
        weakest = _weakest(records)
        because = weakest.undecided_because if verdict == Verdict.UNDECIDED else None
        rows.append(
            ClaimRow(
                series=series,
                id=id_,
                claim=finding.claim,
                source=finding.source,
                expect=finding.expect,
                verdict=str(verdict),
                undecided_because=because,
                flags=listed(_flags(records, weakest, verdict), ";"),
                sentence=_claim_sentence(records, weakest, verdict, unit_of),
            )
        )
    return rows


def _weakest(records: list[ContrastRow]) -> ContrastRow:
    """The comparison on which a claim fails, or that supports it least.

    Of those with the worst verdict, the one with the largest p of its claim; where p values are
    alike, the one that supports it by the fewest standard errors.
    """

    def strength(record: ContrastRow) -> tuple[int, float, float]:
        p = record.claim_p
        return rank(Verdict(record.verdict)), -(1.0 if math.isnan(p) else p), _distance(record)

    return min(records, key=strength)


def _distance(record: ContrastRow) -> float:
    """By how many standard errors an estimate lies on the claimed side, margin included."""
    scaled, error = KINDS[record.estimand].scaled, record.standard_error
    difference, margin = scaled(record.difference), scaled(record.margin)
    beyond = {
        "less": -margin - difference, "more_stable": -margin - difference,
        "greater": difference - margin, "different": abs(difference) - margin,
    }.get(record.expect, margin - abs(difference))  # fmt: skip
    return math.inf if math.isnan(beyond / error) else beyond / error


def _flags(records: list[ContrastRow], weakest: ContrastRow, verdict: Verdict) -> list[str]:
    """The flags of the comparisons that a verdict rests on: of all if it holds, else of one."""
    found = [record.flags for record in (records if _holds(verdict) else [weakest])]
    return list(dict.fromkeys(flag for flags in found if flags for flag in texts_of(flags, ";")))


def _holds(verdict: Verdict) -> bool:
    return rank(verdict) > rank(Verdict.UNDECIDED)


def _claim_sentence(
    records: list[ContrastRow], weakest: ContrastRow, verdict: Verdict, unit_of: UnitOf
) -> str:
    """The verdict with the numbers that decide it."""
    sentence = contrast_sentence(weakest, unit_of)
    if len(records) == 1:
        return sentence
    holding = sum(_holds(Verdict(record.verdict)) for record in records)
    fails = rank(verdict) < rank(Verdict.UNDECIDED)
    what = "The claim fails on this one" if fails else "The weakest"
    return (
        f"{holding} of {len(records)} comparisons {agreeing(holding, 'hold')}. {what}: {sentence}"
    )


def contrast_sentence(record: ContrastRow, unit_of: UnitOf) -> str:
    """One contrast in words; every number and the verdict come from its row."""
    reasons = [text for text in (record.undecided_because, record.flags) if text]
    if math.isnan(record.difference):
        about = " against ".join(filter(None, [record.scenario_a, record.scenario_b]))
        return f"{about}: {'; '.join(reasons)}, so nothing can be said."
    unit = unit_of(record.series, record.metric)
    what = KINDS[record.estimand].sentence(record, unit)
    note = f" ({'; '.join(reasons)})" if reasons else ""
    return f"{what[0].upper()}{what[1:]}: {record.difference_verdict}{note}."
