"""What the study asks, and what a reader has to know first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.formatting import n_times
from thousandfold.report.answer import answer
from thousandfold.report.run import Run
from thousandfold.report.section import Section
from thousandfold.study import ImportedStudy


@dataclass(frozen=True)
class Heading(Section):
    """The head of the page."""

    title: str
    n_scenarios: int
    n_repeats: str
    """How many times, at most."""
    n_series: str | None
    """None: there is one."""
    data_noun: str
    """What they are called."""
    n_claims: int
    stops: bool
    """Whether the number of repeats is a maximum."""
    is_imported: bool
    is_paired: bool
    answer: Sequence[str]
    """What it came to, in sentences."""
    shown: Sequence[str] | None
    """The series with sections of their own; None: all."""
    warnings: Sequence[str]

    @classmethod
    def of(cls, run: Run) -> Self:
        """The head of a run's page."""
        study, shown = run.study, run.on_shown_series()
        return cls(
            title=study.title,
            n_scenarios=len(study.scenarios),
            n_repeats=n_times(study.repeats),
            n_series=f"{len(study.series):,}" if len(study.series) > 1 else None,
            data_noun=study.data_noun,
            n_claims=len(study.findings),
            stops=study.stopping is not None,
            is_imported=isinstance(study, ImportedStudy),
            is_paired=study.design == "paired",
            answer=answer(run),
            shown=None if len(shown) == len(study.series) else [s.source.title for s in shown],
            warnings=run.provenance.warnings,
        )
