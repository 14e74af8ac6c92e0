"""The verdicts for machines: one object per claim, as schemas/verdicts.schema.json has them."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from thousandfold.errors import UserError
from thousandfold.inference.verdicts import Verdict
from thousandfold.names import texts_of
from thousandfold.tables import AnyRow
from thousandfold.tables.rows import (
    ClaimRow,
    ContrastRow,
    PopulationClaimRow,
    PopulationRow,
    ReachRow,
)

IS_MET: Mapping[str, Callable[[str], bool]] = {
    "supported": lambda verdict: verdict == Verdict.SUPPORTED,
    "not contradicted": lambda verdict: (
        verdict not in (Verdict.CONTRADICTED, Verdict.DOES_NOT_HOLD)
    ),
}
"""What a claim can be required to come out as, and whether a verdict is that."""

OF_CONTRASTS = (
    "scenario_a", "scenario_b", "metric", "estimand", "margin", "difference", "ci_low", "ci_high",
    "interval_level", "n_a", "n_b", "verdict",
)  # fmt: skip
OF_POPULATION = (
    "scenario_a", "scenario_b", "metric", "estimand", "margin", "typical", "median", "mean",
    "typical_low", "typical_high", "typical_level", "n_series", "on_at_least", "n_as_claimed",
    "share_low", "share_high", "new_series_low", "new_series_high", "verdict",
)  # fmt: skip
"""The columns that an object of a comparison has."""


class RequiredVerdictsError(UserError):
    """A required verdict did not come out; the message names each such claim."""


def answers(
    claims: Iterable[ClaimRow],
    contrasts: Sequence[ContrastRow],
    population_claims: Iterable[PopulationClaimRow],
    population: Sequence[PopulationRow],
    reaches: Iterable[ReachRow],
) -> list[dict[str, Any]]:
    """An object for each claim, over series first, then on each series."""
    same_sign = {_key(row): row.same_sign for row in reaches}
    over = list(population_claims)
    decided = {row.id for row in over if not row.too_few_series}
    over_series = [
        _answer(
            row, None, row.id in decided,
            [_cells(p, OF_POPULATION) for p in population if p.id == row.id],
        )
        for row in over
    ]  # fmt: skip
    by_claim: dict[tuple[str, str], list[ContrastRow]] = {}
    for contrast in contrasts:
        by_claim.setdefault((contrast.series, contrast.id), []).append(contrast)
    return over_series + [
        _answer(
            row,
            row.series,
            row.id not in decided,
            [
                _cells(c, OF_CONTRASTS) | {"same_sign": same_sign.get(_key(c))}
                for c in by_claim[row.series, row.id]
            ],
        )
        for row in claims
    ]


def _key(row: ContrastRow | ReachRow) -> tuple[str | None, ...]:
    names = row.series, row.scenario_a, row.scenario_b
    return *names, row.metric, row.estimand, row.comparison


def _cells(row: AnyRow, columns: Iterable[str]) -> dict[str, Any]:
    """Some cells of a row; what is missing is null, as JSON knows no NaN."""
    found = {name: getattr(row, name) for name in columns}
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in found.items()
    }


def _answer(
    row: ClaimRow | PopulationClaimRow,
    series: str | None,
    decides: bool,
    comparisons: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "id": row.id,
        "claim": row.claim,
        "source": row.source,
        "series": series,
        "decides": decides,
        "expect": row.expect,
        "verdict": row.verdict,
        "undecided_because": row.undecided_because,
        "flags": texts_of(row.flags, ";") if row.flags else [],
        "sentence": row.sentence,
        "comparisons": comparisons,
    }


def check_required(found: Iterable[Mapping[str, Any]], required: Mapping[str, str]) -> None:
    """Check that claims came out as required, by the verdicts that decide.

    `required` has for each claim a key of IS_MET. Raises RequiredVerdictsError.
    """
    deciding = [answer for answer in found if answer["decides"]]
    failed = []
    for answer in deciding:
        id_, verdict = answer["id"], answer["verdict"]
        wanted = required.get(id_)
        if wanted is not None and not IS_MET[wanted](verdict):
            on = "over series" if answer["series"] is None else f"on {answer['series']}"
            failed.append(f"{id_} {on}: {verdict}; required was {wanted}")
    for id_ in sorted(required.keys() - {answer["id"] for answer in deciding}):
        failed.append(f"{id_}: there is no verdict; required was {required[id_]}")
    if failed:
        raise RequiredVerdictsError(*failed)
