"""A claim as the page heads it, wherever it is about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from thousandfold.inference.judging import RESTS_ON_NORMALITY
from thousandfold.names import spelled, texts_of
from thousandfold.report.marks import Mark, mark_of
from thousandfold.tables.rows import ClaimRow


@dataclass(frozen=True)
class Claim:
    """A claim with its verdict."""

    id: str
    claim: str
    source: str
    anchor: str
    verdict: Mark
    caveats: Sequence[str]
    """What a reader must see beside the word of the verdict."""


def claim_of(row: ClaimRow) -> Claim:
    """The claim of a row of the claims table."""
    caveats = [RESTS_ON_NORMALITY] * (RESTS_ON_NORMALITY in texts_of(row.flags, ";"))
    caveats += filter(None, [row.undecided_because])
    anchor = f"{spelled(row.series)}.{spelled(row.id)}"
    return Claim(row.id, row.claim, row.source, anchor, mark_of(row.verdict), caveats)
