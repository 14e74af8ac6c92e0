"""What jobs need: memory and time, from the sizes of blocks and networks.

The figures were measured (benchmarks/jobs.py compares them with real jobs). They shape requests
to a scheduler and how a block is cut into passes, never a result; nothing here imports Keras.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from thousandfold.checks import IDENTITY_REPEATS, checked_scenarios
from thousandfold.engines.lanes import lanes_of, repeats_come_first, weights_of
from thousandfold.errors import UserError
from thousandfold.formatting import duration
from thousandfold.scenario import Regime
from thousandfold.series import Series
from thousandfold.study import Block, Study, TrainedStudy
from thousandfold.tasks import outputs_of
from thousandfold.training import Prepared

PROCESS_MB = 800
"""A training process without its repeats; nearly all of it is TensorFlow."""

BESIDE_MB = 600
"""What a scheduler counts beside it: up to two Snakemakes start each job on a cluster."""

FINDING_MB, FINDINGS_OF_MOST_DRAWS = 15, 100
"""What the draws for one finding take (inference/calibration.py), and up to how many."""

PASS_MB = 1000
"""A block that needs more than this is trained in several passes."""

SPARE = 1.5
"""Requests are this much larger than what was measured."""

SECONDS_PER_WEIGHT = 3e-10
"""Of one row and timestep, for one weight of one repeat: forward and backward. A third of it for
wide networks in batches."""

SECONDS_PER_UPDATED_WEIGHT = 5e-10
"""Of one update, for one weight of one repeat: the optimizer."""

SECONDS_PER_SHUFFLED_ROW = 2.5e-8

SECONDS_PER_STEP = {False: 3e-7, True: 6e-6}
"""Of one timestep of one update, whatever the number of repeats; by whether these come first."""

SECONDS_PER_REPEAT = 2e-4
"""For its initial weights and its forecasts."""

STOCK_SECONDS_PER_EPOCH, STOCK_SECONDS_PER_UPDATE, STOCK_SECONDS_PER_STEP = 0.04, 0.004, 0.0004

SECONDS_TO_START = 5
"""Of a training job: Python, TensorFlow, compilation."""

SHORTEST_MINUTES = 10
"""Nodes differ, file systems are slow, and TensorFlow may take a minute to import."""


@dataclass(frozen=True)
class Workload:
    """The sizes that determine what it takes to train a block."""

    block: Block
    regime: Regime
    train_rows: int
    test_rows: int
    features: int = 1
    targets_per_row: int = 1
    steps_ahead: int = 1

    @classmethod
    def of(cls, block: Block, prepared: Prepared) -> Self:
        """That of a block, with what it is trained on."""
        data, regime = prepared.data, prepared.scenario.regime
        rows = len(data.train), len(data.test) + data.horizon
        sizes = data.train.features, data.train.targets_per_row, data.steps_ahead
        return cls(block, regime, *rows, *sizes)

    @property
    def repeats(self) -> int:
        """How many trainings it is."""
        return self.block.stop - self.block.start

    @property
    def is_replicated(self) -> bool:
        """Whether its repeats are trained at once."""
        return self.regime.execution.engine == "replicated"

    @property
    def weights(self) -> int:
        """The weights of one network."""
        return weights_of(self.regime, self.features, self.targets_per_row)

    @property
    def at_once(self) -> int:
        """How many repeats are trained side by side; stock Keras trains one after the other."""
        if not self.is_replicated:
            return 1
        return lanes_of(self.regime, self.features, self.repeats, self.targets_per_row)

    @property
    def is_recursive(self) -> bool:
        """Whether forecasts of the test are made from others."""
        return self.steps_ahead > self.targets_per_row

    @property
    def bytes_per_lane(self) -> int:
        """What the training of one repeat takes."""
        training, timesteps = self.regime.training, self.regime.preparation.timesteps
        units = self.regime.network.units * self.regime.network.layers
        values = (
            # The weight, its gradient, Adam's two moments, and one of them under way; to stop
            # early, the best weights and those before the epoch.
            (7 if training.early_stopping else 5) * self.weights
            + 14 * timesteps * training.batch_size * units
            # Inputs in the repeat's own order.
            + (2 * training.batch_size * timesteps if training.shuffle else 0)
            # Forecasts made from others: what each row takes for known, and its states.
            + (self.test_rows * (6 * timesteps + 4 * units) if self.is_recursive else 0)
        )
        floats, generator = 4, 3000 if training.shuffle else 500
        return floats * values + generator

    @property
    def bytes_per_repeat(self) -> int:
        """What is kept of each repeat of a pass: initial and final weights, and forecasts."""
        seeding = self.train_rows if self.regime.state.seed_on_train else 0
        of_row = outputs_of(self.regime, self.targets_per_row)
        outputs = self.test_rows * max(self.steps_ahead, of_row) + seeding * of_row
        return 4 * (4 * self.weights + 10 * outputs) + 500

    def process_mb(self, repeats: int) -> int:
        """The memory of the process that trains a number of repeats in one pass."""
        values = self.at_once * self.bytes_per_lane + repeats * self.bytes_per_repeat
        return math.ceil(PROCESS_MB + SPARE * values / 1e6)

    def repeats_per_pass(self, process_mb: float = math.inf) -> int:
        """How many repeats one pass trains, in a process with at most this much memory.

        0 if not even the smallest pass fits.
        """
        fewest = min(self.at_once, self.repeats)
        if self.process_mb(fewest) > process_mb:
            return 0
        if not self.is_replicated:
            return self.repeats
        room = min(PASS_MB, (process_mb - PROCESS_MB) / SPARE) * 1e6
        left = room - self.at_once * self.bytes_per_lane
        return min(self.repeats, max(fewest, int(left // self.bytes_per_repeat)))

    def _passes(self) -> Iterator[tuple[int, int]]:
        """The rows that training, and each update in the test, is on; and for how many epochs."""
        training = self.regime.training
        yield self.train_rows, training.epochs
        if training.refit:
            for walk in training.walks(self.test_rows)[1:]:
                yield self.train_rows + walk.start, training.refit.epochs

    @property
    def seconds(self) -> float:
        """About how long the training takes on one core, start and compilation left out."""
        training, timesteps = self.regime.training, self.regime.preparation.timesteps
        rows, updates = 0, 0
        for learnt, epochs in self._passes():
            rows += learnt * epochs
            updates += -(-learnt // training.batch_size) * epochs
        times = -(-self.repeats // self.at_once)
        trained = times * self.at_once
        work = (
            trained
            * self.weights
            * (rows * timesteps * SECONDS_PER_WEIGHT + updates * SECONDS_PER_UPDATED_WEIGHT)
        )
        if self.is_replicated:
            per_step = SECONDS_PER_STEP[repeats_come_first(self.regime)]
            shuffling = trained * rows * SECONDS_PER_SHUFFLED_ROW if training.shuffle else 0
            steps = updates * timesteps * self.regime.network.layers
            around = trained * SECONDS_PER_REPEAT + times * steps * per_step
            return work + shuffling + around
        epoch_by_epoch = self.regime.state.stateful or training.shuffle or training.validates
        fits = sum(epochs if epoch_by_epoch else 1 for _, epochs in self._passes())
        return work + self.repeats * (
            fits * STOCK_SECONDS_PER_EPOCH
            + updates * (STOCK_SECONDS_PER_UPDATE + timesteps * STOCK_SECONDS_PER_STEP)
        )


class TooLittleMemoryError(UserError):
    """Not even the smallest pass fits; the message says how much is needed and what would fit."""


def passes(workload: Workload, granted_mb: float, free_mb: float) -> list[range]:
    """A block's repeats, cut into passes that fit what its job was granted and what is free.

    Raises TooLittleMemoryError.
    """
    most_mb = min(granted_mb - BESIDE_MB, free_mb)
    step = workload.repeats_per_pass(most_mb)
    if step == 0:
        raise TooLittleMemoryError(_too_little(workload, granted_mb, free_mb, most_mb))
    start, stop = workload.block.start, workload.block.stop
    return [range(first, min(first + step, stop)) for first in range(start, stop, step)]


def _too_little(workload: Workload, granted_mb: float, free_mb: float, most_mb: float) -> str:
    fewest = min(workload.at_once, workload.repeats)
    block, units = workload.block, workload.regime.network.units
    while units and _with_units(workload, units).repeats_per_pass(most_mb) == 0:
        units -= 1
    fix = f"set units: {units}, which would fit, or " if units else ""
    needed_mb = workload.process_mb(fewest)
    return (
        f"scenario {block.scenario} on {block.series}: training {fewest} repeats at "
        f"once, the fewest, takes about {needed_mb} MB; {free_mb:.0f} MB are free here and "
        f"the job asked for {granted_mb:.0f}. Give it more (--set-resources "
        f"train:mem_mb={BESIDE_MB + needed_mb}, on a machine that has it), {fix}take "
        "fewer timesteps or a smaller batch_size."
    )


def _with_units(workload: Workload, units: int) -> Workload:
    return replace(workload, regime=workload.regime.varied(units=units))


def checking_workloads(study: TrainedStudy, series: Callable[[str], Series]) -> list[Workload]:
    """What the checks of the training train, apart from a few epochs by stock Keras."""
    pairs = [name for identity in study.identities for name in (identity.a, identity.b)]
    checked = [study.scenario(name) for name in pairs] + list(checked_scenarios(study))
    return [
        Workload.of(
            Block(source.name, x.name, 0, IDENTITY_REPEATS), Prepared.of(x, series(source.name))
        )
        for source in map(study.source, study.examined_series)
        for x in checked
    ]


def memory_mb(workloads: Iterable[Workload]) -> int:
    """The memory to request if these are trained one after the other."""
    needed = (workload.process_mb(workload.repeats_per_pass()) for workload in workloads)
    return BESIDE_MB + max(needed, default=PROCESS_MB)


def minutes(workloads: Iterable[Workload]) -> int:
    """The time limit to ask for: three times what the training should take."""
    return SHORTEST_MINUTES + round(3 * sum(workload.seconds for workload in workloads) / 60)


def plan_in_words(study: TrainedStudy, left: Sequence[Workload], jobs: int) -> str:
    """How many trainings a study is, how many are left and how long they take, for the log."""
    most = "at most " if study.stopping else ""
    whole = f"The whole study is {most}{study.trainings:,} trainings"
    repeats = sum(workload.repeats for workload in left)
    if not repeats:
        return f"{whole}, which are finished; nothing is left to train."
    together = jobs * SECONDS_TO_START + sum(workload.seconds for workload in left)
    share = "" if repeats == study.trainings else f"; left are {most}{repeats:,}"
    return (
        f"{whole}{share}, in {jobs:,} {'job' if jobs == 1 else 'jobs'}, about "
        f"{duration(together)} on one core."
    )


def analysis_memory_mb(study: Study) -> int:
    """The memory that an analysis requests: what 11 to 1,100,000 trainings took, plus half.

    The draws that calibrate findings grow with their number until there are MOST_DRAWS.
    """
    drawn = FINDING_MB * min(len(study.findings), FINDINGS_OF_MOST_DRAWS)
    return BESIDE_MB + 900 + study.trainings // 1500 + drawn


def analysis_time_minutes(study: Study) -> int:
    """The time limit that an analysis asks for."""
    return SHORTEST_MINUTES + study.trainings // 100_000
