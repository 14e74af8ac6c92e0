"""A study as plain, validated, frozen data: what config.yaml says, in the project's words.

No file is read here and nothing is computed; config.py makes these.
"""

from dataclasses import dataclass
from pathlib import Path

from thousandfold.scenario import Scenario


@dataclass(frozen=True)
class SeriesSource:
    """Where a series comes from and how it is split."""

    name: str
    title: str
    unit: str
    file: str
    value: str
    """The column that holds the values."""
    test_rows: int
    published: str | None
    """A table of published results to print beside ours."""


@dataclass(frozen=True)
class Contrast:
    """One comparison of scenario a with scenario b, and what a claim says of it."""

    expect: str
    """less, greater, equivalent, different or more_stable."""
    a: str
    b: str
    margin: float
    """In the estimand's own terms: a difference of means, or a ratio of spreads."""

    @property
    def estimand(self) -> str:
        """What is compared: the mean or the spread of the repeats."""
        return "spread" if self.expect == "more_stable" else "mean"


@dataclass(frozen=True)
class Finding:
    """A registered claim; it holds if all of its contrasts do."""

    id: str
    claim: str
    source: str
    expect: str
    """The direction as config words it: that of its contrast, best_of or all_of."""
    contrasts: tuple[Contrast, ...]


@dataclass(frozen=True)
class Identity:
    """Two scenarios that are the same thing by construction."""

    id: str
    a: str
    b: str


@dataclass(frozen=True)
class Experiment:
    """Scenarios that the report draws side by side."""

    title: str
    scenarios: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """The repeats start, ..., stop - 1 of one scenario on one series: one training job."""

    series: str
    scenario: str
    start: int
    stop: int


@dataclass(frozen=True)
class Study:
    """One study: everything that Snakemake plans and the report tells."""

    name: str
    title: str
    seed: int
    repeats: int
    repeats_per_job: tuple[tuple[str, int], ...]
    """(engine, repeats) pairs."""
    alpha: float
    margin: float
    series: tuple[SeriesSource, ...]
    scenarios: tuple[Scenario, ...]
    experiments: tuple[Experiment, ...]
    identities: tuple[Identity, ...]
    findings: tuple[Finding, ...]

    def folder(self, parent: str) -> Path:
        """The study's folder in `parent`: that itself for the study named "default"."""
        return Path(parent) if self.name == "default" else Path(parent) / self.name

    def scenario(self, name: str) -> Scenario:
        """The scenario of this name."""
        return next(scenario for scenario in self.scenarios if scenario.name == name)

    def source(self, name: str) -> SeriesSource:
        """The series of this name."""
        return next(source for source in self.series if source.name == name)

    def blocks_of(self, series: str, scenario: Scenario) -> list[Block]:
        """A scenario's training jobs on a series: a fixed grid from repeat 0."""
        step = dict(self.repeats_per_job)[scenario.regime.engine]
        return [
            Block(series, scenario.name, start, min(start + step, self.repeats))
            for start in range(0, self.repeats, step)
        ]

    def blocks(self) -> list[Block]:
        """All training jobs, by series, scenario and repeat."""
        return [
            block
            for source in self.series
            for scenario in self.scenarios
            for block in self.blocks_of(source.name, scenario)
        ]

    def compared_pairs(self) -> tuple[tuple[str, str, str], ...]:
        """(series, a, b) of every pair that a finding compares, each way round once."""
        pairs = [(c.a, c.b) for finding in self.findings for c in finding.contrasts]
        distinct = dict.fromkeys(
            (source.name, min(pair), max(pair)) for source in self.series for pair in pairs
        )
        return tuple(distinct)
