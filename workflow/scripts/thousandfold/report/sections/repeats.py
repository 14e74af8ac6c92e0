"""How many repeats are enough: standard errors, and what it takes to reach smaller ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from thousandfold import figures
from thousandfold.formatting import is_known, number, percent
from thousandfold.inference.precision import SUMMARY_LEVEL
from thousandfold.metrics import metric_name
from thousandfold.report.run import SeriesRun, by
from thousandfold.report.section import Section
from thousandfold.study import ImportedStudy
from thousandfold.svg import FigureElement
from thousandfold.tables.rows import RequiredRepeatsRow, StandardErrorRow, SummaryRow


@dataclass(frozen=True)
class Required:
    """How many repeats reach a target, with an interval; "" if there is none."""

    n: str
    interval: str


@dataclass(frozen=True)
class Known:
    """How precisely a scenario's mean is known, and what would make it more precise."""

    label: str
    n: int
    n_diverged: int
    mean: str
    interval: str
    std: str
    standard_error: str
    required: Sequence[Required]


@dataclass(frozen=True)
class Repeats(Section):
    """Standard errors against the number of repeats."""

    anchor: str
    metric: str
    unit: str
    mean_level: str
    figure: FigureElement | None
    without_value: str
    targets: Sequence[str]
    rows: Sequence[Known]

    @classmethod
    def of(cls, run: SeriesRun) -> Self:
        """The standard errors of the scenarios' means."""
        errors = by(run.rows(StandardErrorRow), "scenario")
        required = by(run.rows(RequiredRepeatsRow), "scenario")
        panels = [(label, errors[name]) for name, label in run.labels.items() if name in errors]
        targets = [row.target for row in next(iter(required.values()), [])]
        draw = partial(figures.standard_error_figure, panels, targets, run.unit)
        return cls(
            anchor=run.anchor,
            metric=metric_name(run.study.metric),
            unit=run.unit,
            mean_level=percent(SUMMARY_LEVEL),
            figure=run.add("standard-error", draw) if panels else None,
            without_value="without a value" if isinstance(run.study, ImportedStudy) else "diverged",
            targets=[f"{target:g}" for target in targets],
            rows=described(run),
        )


def described(run: SeriesRun) -> list[Known]:
    """How precisely the mean of each scenario is known."""
    required = by(run.rows(RequiredRepeatsRow), "scenario")
    return [
        _known(run, row, required.get(row.scenario, []))
        for row in run.summaries(run.study.metric).values()
    ]


def _known(run: SeriesRun, row: SummaryRow, required: Sequence[RequiredRepeatsRow]) -> Known:
    """A row of the summary table, and its scenario's rows of the required_repeats table."""
    digits = run.digits
    return Known(
        label=run.labels[row.scenario],
        n=row.n,
        n_diverged=row.n_diverged,
        mean=number(row.mean, digits),
        interval=f"{number(row.ci_low, digits)} to {number(row.ci_high, digits)}",
        std=number(row.std, digits),
        standard_error=number(row.standard_error, 3),
        required=[
            Required(
                number(target.n, 0),
                f"[{number(target.n_low, 0)}, {number(target.n_high, 0)}]"
                if is_known(target.n_low)
                else "",
            )
            for target in required
        ],
    )
