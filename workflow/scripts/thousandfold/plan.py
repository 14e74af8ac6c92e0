"""A study's plan: the blocks that its repeats are cut into, and which of them one job may train.

It follows from config and series alone, so that what is finished fits wherever a study goes on.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, cached_property, partial
from itertools import chain, product

from thousandfold.labelled import supervised
from thousandfold.packing import Group
from thousandfold.packs import PackedBlock
from thousandfold.recipe import recipe
from thousandfold.resources import Workload
from thousandfold.scenario import Preparation
from thousandfold.series import Series
from thousandfold.study import Block, TrainedStudy
from thousandfold.supervised import Supervised
from thousandfold.training import Prepared

WORTH_STARTING = 30.0
"""Seconds of training; a job takes about five to start."""

ROUND_NUMBERS = (*(digit * 10**power for power in (1, 2, 3, 4) for digit in (1, 2, 5)), 100_000)
"""Of repeats in a block; rounded, so that a grid hardly ever changes when estimates of time do.

With fewer than the first, a study in stock Keras would be too many blocks to plan quickly.
"""


class Plan:
    """The blocks of a study, by stage; `series` reads one by its name."""

    def __init__(self, study: TrainedStudy, series: Callable[[str], Series]) -> None:
        self.study, self.series = study, series
        self.repeats_per_block = cache(self._repeats_per_block)
        self._supervised = cache(self._supervise)
        self._of_one_repeat = cache(self._workload_of_one_repeat)
        self._recipe = cache(partial(recipe, study))

    def _supervise(self, series: str, preparation: Preparation) -> Supervised:
        return supervised(self.series(series), preparation)

    def _workload_of_one_repeat(self, series: str, scenario: str) -> Workload:
        trained = self.study.scenario(scenario)
        data = self._supervised(series, trained.regime.preparation)
        prepared = Prepared(trained, self.series(series), data)
        return Workload.of(Block(series, scenario, 0, 1), prepared)

    def workload(self, block: Block) -> Workload:
        """The workload of a block."""
        return replace(self._of_one_repeat(block.series, block.scenario), block=block)

    def seconds(self, block: Block) -> float:
        """About how long the training of a block takes."""
        return self.workload(block).seconds

    def _asked(self, scenario: str) -> int | None:
        """How many repeats of a scenario each job is to train; None if config does not say."""
        engine = self.study.scenario(scenario).regime.execution.engine
        return dict(self.study.repeats_per_job).get(engine)

    def _repeats_per_block(self, series: str, scenario: str) -> int:
        """As the config says, or the fewest whose training is worth the start of a job."""
        asked = self._asked(scenario)
        if asked is not None:
            return asked

        def seconds(repeats: int) -> float:
            return self.seconds(Block(series, scenario, 0, repeats))

        fewest = bisect_left(ROUND_NUMBERS, WORTH_STARTING, hi=len(ROUND_NUMBERS) - 1, key=seconds)
        return ROUND_NUMBERS[fewest]

    def stages_of(self, series: str, scenario: str) -> list[list[Block]]:
        """A scenario's blocks on a series, by stage: one stage without a stopping rule."""
        step = self.repeats_per_block(series, scenario)
        return self.study.stages_of(series, scenario, step)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks that there can be, by series, scenario and repeat."""
        pairs = product(self.study.window_names, self.study.scenario_names)
        return tuple(block for pair in pairs for stage in self.stages_of(*pair) for block in stage)

    def groups(self) -> list[Group]:
        """The blocks that one job may train together, in the order that it trains them.

        By scenario, as the series of a scenario share one compiled program. A job never goes beyond
        a stage, nor beyond the repeats that config gives it.
        """
        if self.study.interleaved:
            return [Group(self._packed(self.blocks), as_one=True)]
        pairs = list(product(self.study.scenario_names, self.study.window_names))
        stages = [
            (self._asked(scenario), stage)
            for scenario, series in pairs
            for stage in self.stages_of(series, scenario)
        ]
        alone = [[block] for asked, stage in stages if asked is not None for block in stage]
        packed = [stage for asked, stage in stages if asked is None]
        together = packed if self.study.stopping else [list(chain(*packed))]
        return [Group(self._packed(blocks)) for blocks in [*alone, *together] if blocks]

    def _packed(self, blocks: Iterable[Block]) -> list[PackedBlock]:
        return [PackedBlock(block, self._recipe(block.series, block.scenario)) for block in blocks]
