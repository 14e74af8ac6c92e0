"""A study's plan: the blocks that its repeats are cut into, each of which one job trains.

It follows from config and series alone, so that what is finished fits wherever a study goes on.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import chain, product

from thousandfold.resources import Workload
from thousandfold.series import Series
from thousandfold.study import Block, TrainedStudy
from thousandfold.training import Prepared

WORTH_STARTING = 20.0
"""Seconds of training; a job takes about five to start."""

ROUND_NUMBERS = (*(digit * 10**power for power in (1, 2, 3, 4) for digit in (1, 2, 5)), 100_000)
"""Of repeats in a job; rounded, so that a grid hardly ever changes when estimates of time do.

With fewer than the first, a study in stock Keras would be too many jobs to plan quickly.
"""


class Plan:
    """The blocks of a study, by stage; `series` reads one by its name."""

    def __init__(self, study: TrainedStudy, series: Callable[[str], Series]) -> None:
        self.study, self.series = study, series
        self.repeats_per_job = cache(self._repeats_per_job)

    def _workload(self, block: Block) -> Workload:
        scenario = self.study.scenario(block.scenario)
        return Workload.of(block, Prepared.of(scenario, self.series(block.series)))

    def _repeats_per_job(self, series: str, scenario: str) -> int:
        """As the config says, or the fewest whose training is worth the start of a job."""
        asked = dict(self.study.repeats_per_job)
        engine = self.study.scenario(scenario).regime.execution.engine
        if engine in asked:
            return asked[engine]
        workload = self._workload(Block(series, scenario, 0, 1))

        def seconds(repeats: int) -> float:
            return replace(workload, block=Block(series, scenario, 0, repeats)).seconds

        worth = (repeats for repeats in ROUND_NUMBERS if seconds(repeats) >= WORTH_STARTING)
        return next(worth, ROUND_NUMBERS[-1])

    def stages_of(self, series: str, scenario: str) -> list[list[Block]]:
        """A scenario's blocks on a series, by stage: one stage without a stopping rule."""
        step = self.repeats_per_job(series, scenario)
        return self.study.stages_of(series, scenario, step)

    def blocks(self) -> list[Block]:
        """All blocks that there can be, by series, scenario and repeat."""
        pairs = product(self.study.series_names, self.study.scenario_names)
        return [block for pair in pairs for stage in self.stages_of(*pair) for block in stage]

    def workloads(self) -> list[Workload]:
        """The workload of every block that there can be."""
        workloads = []
        for pair in product(self.study.series_names, self.study.scenario_names):
            first, *others = chain(*self.stages_of(*pair))
            workload = self._workload(first)
            workloads += [workload, *(replace(workload, block=block) for block in others)]
        return workloads
