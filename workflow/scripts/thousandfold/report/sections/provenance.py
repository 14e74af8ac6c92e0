"""Where the page comes from, and the files behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.report.run import Run, files_of
from thousandfold.report.section import Section


@dataclass(frozen=True)
class ProvenanceFacts(Section):
    """The foot of the page."""

    facts: Mapping[str, str]
    files: Sequence[str]

    @classmethod
    def of(cls, run: Run) -> Self:
        """The foot of a run's page."""
        return cls(run.provenance.facts, files_of(run.study))
