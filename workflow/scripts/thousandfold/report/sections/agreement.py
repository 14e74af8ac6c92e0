"""What should agree: scenarios that are the same by construction, engines, and twins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.formatting import counted, is_known, number
from thousandfold.report.run import SeriesRun
from thousandfold.report.section import Section
from thousandfold.tables.rows import FidelityRow, IdentityRow, TwinRow


@dataclass(frozen=True)
class Check:
    """Two things that should agree, and whether they do."""

    what: str
    checked: str
    difference: str
    interval: str
    result: str


@dataclass(frozen=True)
class Agreement(Section):
    """The checks of the study outside the family of claims."""

    checks: Sequence[Check]

    @classmethod
    def of(cls, run: SeriesRun) -> Self | None:
        """The checks on a series, if there are any."""
        checks = [
            *(_identity(run, row) for row in run.rows(IdentityRow)),
            *(_fidelity(run, row) for row in run.rows(FidelityRow)),
            *(_twins(run, row) for row in run.rows(TwinRow)),
        ]
        return cls(checks) if checks else None


def _identity(run: SeriesRun, row: IdentityRow) -> Check:
    return Check(
        f"{run.labels[row.scenario_a]} and {run.labels[row.scenario_b]}",
        f"the same by construction: {counted(row.repeats, 'training')} each from shared seeds",
        f"at most {row.largest_difference:.1g}",
        "",
        "identical" if row.holds else "NOT identical: look for a fault",
    )


def _fidelity(run: SeriesRun, row: FidelityRow) -> Check:
    return Check(
        f"{run.labels[row.scenario]}, fast engine and stock Keras",
        f"{counted(row.repeats, 'training')} each of {counted(row.epochs, 'epoch')} "
        "from shared seeds; the tests compare "
        "every scenario",
        f"at most {row.largest_difference:.1g}",
        "",
        "the same" if row.holds else "NOT the same: look for a fault",
    )


def _twins(run: SeriesRun, row: TwinRow) -> Check:
    digits = run.digits
    if is_known(row.differs):
        result = "DIFFERENT: look for a fault" if row.differs else "no difference seen"
    elif is_known(row.difference):
        result = "repeats do not vary, so nothing can be said"
    else:
        result = "too few repeats"
    return Check(
        f"{run.labels[row.scenario_a]} and {run.labels[row.scenario_b]}",
        f"the same except for their random numbers: {row.n_a} and {row.n_b} trainings",
        number(row.difference, digits),
        f"[{number(row.ci_low, digits)}, {number(row.ci_high, digits)}]",
        result,
    )
