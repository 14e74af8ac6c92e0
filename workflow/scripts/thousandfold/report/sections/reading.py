"""How to read a verdict, and how far it reaches."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.inference.judging import RESTS_ON_NORMALITY
from thousandfold.report.marks import MEANINGS, Mark, best_first, mark_of
from thousandfold.report.run import Run
from thousandfold.report.section import Section
from thousandfold.series import LabelledSequences
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
    data: str
    """What the networks were trained on, and tested by."""
    others: str
    """Of what nothing is claimed."""
    examined: Sequence[str]
    """The series by which inference and training are checked; none: by all."""
    compared: Sequence[str]
    """Those of them on which both engines are compared."""
    data_noun: str
    """What the series are called."""
    notes: Sequence[str]
    """On where claims come from."""

    @classmethod
    def of(cls, run: Run) -> Self:
        """What the verdicts of a run mean."""
        data, others = _scope(run)
        is_imported = isinstance(run.study, ImportedStudy)
        return cls(
            verdicts=[Meaning(mark_of(v), MEANINGS[v]) for v in best_first()],
            rests_on_normality=RESTS_ON_NORMALITY.capitalize(),
            is_imported=is_imported,
            data=data,
            others=others,
            examined=_titles(run, run.study.examined_series),
            compared=[] if is_imported else _titles(run, run.study.compared_series),
            data_noun=run.study.data_noun,
            notes=list(dict.fromkeys(f.note for f in run.study.findings if f.note)),
        )


def _titles(run: Run, names: Collection[str]) -> list[str]:
    """The titles of some series; none if those are all."""
    all_of_them = run.study.series
    return [s.title for s in all_of_them if s.name in names and len(names) < len(all_of_them)]


def _scope(run: Run) -> tuple[str, str]:
    """What the inference is about, and what it is not."""
    if any(isinstance(data, LabelledSequences) for data in run.series.values()):
        if len(run.study.series) > 1:
            data = "these sets of sequences, these splits and their test sequences"
        else:
            data = "these sequences, this split and these test sequences"
        return data, "sequences"
    if len(run.study.series) > 1:
        data = "these series, these splits and their test points"
    else:
        data = "this series, this split and these test points"
    return data, "series, or about other test points of the same series"
