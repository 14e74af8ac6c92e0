"""How to read a verdict, and how far it reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.inference.judging import RESTS_ON_NORMALITY
from thousandfold.report.marks import MEANINGS, Mark, best_first, mark_of
from thousandfold.report.run import Run
from thousandfold.report.section import Section
from thousandfold.study import ImportedStudy


@dataclass(frozen=True)
class Meaning:
    """A verdict and what it means."""

    verdict: Mark
    meaning: str


@dataclass(frozen=True)
class Reading(Section):
    """What verdicts mean."""

    verdicts: Sequence[Meaning]
    rests_on_normality: str
    is_imported: bool
    n_series: int
    notes: Sequence[str]
    """On where claims come from."""

    @classmethod
    def of(cls, run: Run) -> Self:
        """What the verdicts of a run mean."""
        return cls(
            verdicts=[Meaning(mark_of(v), MEANINGS[v]) for v in best_first()],
            rests_on_normality=RESTS_ON_NORMALITY.capitalize(),
            is_imported=isinstance(run.study, ImportedStudy),
            n_series=len(run.study.series),
            notes=list(dict.fromkeys(f.note for f in run.study.findings if f.note)),
        )
