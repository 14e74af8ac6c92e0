"""Where the page comes from, and the files behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.report.run import Run, files_of
from thousandfold.report.section import Section


@dataclass(frozen=True)
class Fact:
    """One line about where the page comes from."""

    name: str
    text: str


@dataclass(frozen=True)
class ProvenanceFacts(Section):
    """The foot of the page."""

    facts: Sequence[Fact]
    files: Sequence[str]

    @classmethod
    def of(cls, run: Run) -> Self:
        """The foot of a run's page."""
        return cls([Fact(*fact) for fact in run.provenance.facts.items()], files_of(run.study))
