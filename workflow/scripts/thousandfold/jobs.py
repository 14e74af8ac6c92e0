"""Training jobs: each trains the blocks that it is given, and writes them into one pack.

A job gets what it needs of the study and no more, so that its start does not grow with the study.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import perf_counter

import pandas as pd

from thousandfold.data import load_series
from thousandfold.errors import UserError
from thousandfold.interleaving import train_interleaved
from thousandfold.joblog import ProgressLog
from thousandfold.machine import available_memory_mb
from thousandfold.names import listed
from thousandfold.packs import FinishedBlock, PackedBlock, pack_name, write_pack
from thousandfold.provenance import training_facts
from thousandfold.recipe import recipe
from thousandfold.resources import Workload, passes
from thousandfold.scenario import TrainedScenario
from thousandfold.study import SeriesSource, TrainedStudy
from thousandfold.training import Prepared, train_prepared

MOST_NAMED = 3
"""Scenarios, or series, that are listed by name where a job is described."""


@dataclass(frozen=True)
class Assignment:
    """A block, and what it takes to train it."""

    packed: PackedBlock
    scenario: TrainedScenario
    source: SeriesSource


@dataclass(frozen=True)
class Job:
    """The blocks that one job trains."""

    assignments: tuple[Assignment, ...]
    study_seed: int
    interleaved: bool
    """Train their repeats in random order, and time each."""


class ChangedStudyError(UserError):
    """A job that was planned for another config, other series or another version."""


def job_of(study: TrainedStudy, blocks: Sequence[PackedBlock]) -> Job:
    """The job that trains these blocks of a study."""
    assignments = tuple(
        Assignment(packed, study.scenario(packed.block.scenario), study.source(packed.block.series))
        for packed in blocks
    )
    return Job(assignments, study.seed, study.interleaved)


def check_unchanged(study: TrainedStudy, blocks: Sequence[PackedBlock]) -> None:
    """Raise ChangedStudyError unless a study has these blocks, with the same recipes."""
    for packed in blocks:
        block = packed.block
        if not study.has(block) or recipe(study, block.series, block.scenario) != packed.recipe:
            raise ChangedStudyError(
                f"{block.scenario} on {block.series}: the config, the series or this program has "
                "changed since the run started that this job belongs to; start the run again"
            )


def in_words(blocks: Sequence[PackedBlock]) -> str:
    """What a job trains, for the log."""
    scenarios = _named("scenarios", [packed.block.scenario for packed in blocks])
    series = _named("series", [packed.block.series for packed in blocks])
    if len(blocks) == 1:
        block = blocks[0].block
        return f"{scenarios} on {series}, repeats {block.start} to {block.stop - 1}"
    repeats = sum(packed.block.stop - packed.block.start for packed in blocks)
    return f"{scenarios} on {series}, {repeats:,} repeats"


def _named(kind: str, names: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(names))
    return listed(distinct) if len(distinct) <= MOST_NAMED else f"{len(distinct)} {kind}"


def run(job: Job, granted_mb: float, file: Path) -> None:
    """Train a job's blocks, each in as many passes as the memory requires, and write their pack.

    If some cannot be trained, or the job is interrupted, what is finished makes a pack of its own
    beside this file, so that the next run has it. How a block is cut into passes changes no number.
    Raises TooLittleMemoryError.
    """
    finished: list[FinishedBlock] = []
    try:
        if job.interleaved:
            finished += _interleaved(job)
        else:
            _one_by_one(job, granted_mb, finished.append)
    except BaseException:
        if finished:
            name = pack_name(block.packed for block in finished)
            write_pack(file.with_stem(name), finished)
        raise
    write_pack(file, finished)


def _prepared(job: Job) -> Iterator[tuple[Assignment, Prepared]]:
    """The job's blocks, with what they are trained on; each series is read once."""
    series = cache(load_series)
    for a in job.assignments:
        yield a, Prepared.of(a.scenario, series(a.source))


def _one_by_one(job: Job, granted_mb: float, finish: Callable[[FinishedBlock], None]) -> None:
    """Train block after block. One that cannot be trained does not stop the others.

    Raises what stopped the first of those.
    """
    problems = []
    for a, prepared in _prepared(job):
        started = perf_counter()
        try:
            table = _trained(a, prepared, job.study_seed, granted_mb)
        except Exception as problem:
            logging.error("%s", problem)
            problems.append(problem)
        else:
            finish(FinishedBlock(a.packed, table, training_facts(perf_counter() - started)))
    if problems:
        raise problems[0]


def _trained(a: Assignment, prepared: Prepared, study_seed: int, granted_mb: float) -> pd.DataFrame:
    epochs = prepared.scenario.regime.training.epochs
    workload = Workload.of(a.packed.block, prepared)
    parts = [
        train_prepared(prepared, study_seed, repeats, ProgressLog(epochs, repeats))
        for repeats in passes(workload, granted_mb, available_memory_mb())
    ]
    return pd.concat(parts, ignore_index=True)


def _interleaved(job: Job) -> Iterator[FinishedBlock]:
    """The job's blocks, with the seconds of their trainings."""
    prepared = [
        (prepared, range(a.packed.block.start, a.packed.block.stop))
        for a, prepared in _prepared(job)
    ]
    tables = train_interleaved(prepared, job.study_seed)
    for a, table in zip(job.assignments, tables, strict=True):
        seconds = float(table["train_seconds"].sum())
        yield FinishedBlock(a.packed, table, training_facts(seconds))
