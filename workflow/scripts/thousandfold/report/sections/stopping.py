"""When training stopped, and what stopping does to intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.formatting import number, percent, spelled_out
from thousandfold.inference.precision import SUMMARY_LEVEL
from thousandfold.inference.stopping import ENOUGH, NOT_REACHED, STAGES_IN_A_ROW, TEXTBOOK_POOLS
from thousandfold.report.run import SeriesRun
from thousandfold.report.section import Section
from thousandfold.tables.rows import StoppingRow, StoppingSimulationRow

OUTCOMES = {
    ENOUGH: "enough",
    NOT_REACHED: "the maximum number of repeats, and still not known precisely enough",
}
"""How training ended, in words."""


@dataclass(frozen=True)
class Stopped:
    """When a scenario's training stopped."""

    label: str
    n: int
    half_width: str
    outcome: str


@dataclass(frozen=True)
class Simulated:
    """What stopping does to the interval of a mean of draws from a pool."""

    pool: str
    mean_n: str
    never_enough: str
    coverage: str
    coverage_interval: str
    coverage_fixed: str
    bias: str
    bias_error: str


@dataclass(frozen=True)
class Stopping(Section):
    """The stopping rule, when it stopped, and its price."""

    stage: int
    stages: str
    mean_level: str
    wanted: str
    stopped: Sequence[Stopped]
    simulated: Sequence[Simulated]

    @classmethod
    def of(cls, run: SeriesRun) -> Self | None:
        """What the rule did on a series, if there is one."""
        rule = run.study.stopping
        if rule is None:
            return None
        pools = [row for row in run.run.rows(StoppingSimulationRow) if row.series == TEXTBOOK_POOLS]
        return cls(
            stage=rule.stage,
            stages=spelled_out(STAGES_IN_A_ROW),
            mean_level=percent(SUMMARY_LEVEL),
            wanted=f"{rule.half_width:g} {run.unit}",
            stopped=[
                Stopped(
                    run.labels[row.scenario], row.n, number(row.half_width, run.digits),
                    OUTCOMES[row.outcome],
                )
                for row in run.rows(StoppingRow)
            ],
            simulated=[
                *(
                    _simulated(row, run.labels[row.pool], run.digits)
                    for row in run.rows(StoppingSimulationRow)
                ),
                *(_simulated(row, row.pool, run.digits) for row in pools),
            ],
        )  # fmt: skip


def _simulated(row: StoppingSimulationRow, pool: str, digits: int) -> Simulated:
    """A row of the stopping_simulation table."""
    return Simulated(
        pool=pool,
        mean_n=number(row.mean_n, 0),
        never_enough=percent(row.share_unmet, 0),
        coverage=percent(row.coverage, 1),
        coverage_interval=f"[{percent(row.coverage_low, 1)}, {percent(row.coverage_high, 1)}]",
        coverage_fixed=percent(row.coverage_fixed, 1),
        bias=number(row.bias, digits),
        bias_error=f"± {number(row.bias_error, digits)}",
    )
