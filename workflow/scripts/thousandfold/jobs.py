"""Training jobs: each trains the blocks that it is given, and writes one file for each.

A job gets what it needs of the study and no more, so that its start does not grow with the study.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pandas as pd

from thousandfold.data import load_series
from thousandfold.interleaving import train_interleaved
from thousandfold.joblog import ProgressLog
from thousandfold.machine import available_memory_mb
from thousandfold.provenance import training_facts
from thousandfold.records import write_block
from thousandfold.resources import Workload, passes
from thousandfold.scenario import TrainedScenario
from thousandfold.study import Block, SeriesSource, TrainedStudy
from thousandfold.training import Prepared, train_prepared


@dataclass(frozen=True)
class Assignment:
    """A block, and what it takes to train it."""

    block: Block
    scenario: TrainedScenario
    source: SeriesSource


@dataclass(frozen=True)
class Job:
    """The blocks that one job trains."""

    assignments: tuple[Assignment, ...]
    study_seed: int
    interleaved: bool
    """Train their repeats in random order, and time each."""


def job_of(study: TrainedStudy, blocks: Sequence[Block]) -> Job:
    """The job that trains these blocks of a study."""
    assignments = tuple(
        Assignment(block, study.scenario(block.scenario), study.source(block.series))
        for block in blocks
    )
    return Job(assignments, study.seed, study.interleaved)


def _prepared(job: Job) -> Iterator[tuple[Block, Prepared]]:
    """The job's blocks, with what they are trained on; each series is read once."""
    sources = {a.source for a in job.assignments}
    series = {source.name: load_series(source) for source in sources}
    for a in job.assignments:
        yield a.block, Prepared.of(a.scenario, series[a.source.name])


def run(job: Job, granted_mb: float, files: Sequence[Path], recipes: Sequence[str]) -> None:
    """Train a job's blocks, each in as many passes as the memory requires, into these files.

    Each file keeps the recipe of its block. Raises TooLittleMemoryError. How a block is cut into
    passes changes no number.
    """
    tables = _interleaved(job) if job.interleaved else _one_by_one(job, granted_mb)
    for file, its_recipe, (table, seconds) in zip(files, recipes, tables, strict=True):
        write_block(file, table, its_recipe, training_facts(seconds))


def _one_by_one(job: Job, granted_mb: float) -> Iterator[tuple[pd.DataFrame, float]]:
    """Each block's table and the seconds that it took."""
    started = perf_counter()
    for block, prepared in _prepared(job):
        epochs = prepared.scenario.regime.training.epochs
        cut = passes(Workload.of(block, prepared), granted_mb, available_memory_mb())
        parts = [
            train_prepared(prepared, job.study_seed, repeats, ProgressLog(epochs, repeats))
            for repeats in cut
        ]
        finished = perf_counter()
        yield pd.concat(parts, ignore_index=True), finished - started
        started = finished


def _interleaved(job: Job) -> Iterator[tuple[pd.DataFrame, float]]:
    """Each block's table and the seconds of its trainings."""
    blocks = [(prepared, range(block.start, block.stop)) for block, prepared in _prepared(job)]
    for table in train_interleaved(blocks, job.study_seed):
        yield table, float(table["train_seconds"].sum())
