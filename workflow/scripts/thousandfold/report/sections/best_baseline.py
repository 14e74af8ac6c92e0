"""Is a network needed: every scenario against the best forecast that needs none."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.baselines import in_words
from thousandfold.formatting import number, percent
from thousandfold.inference.baselines import BETTER, UNDECIDED, WORSE
from thousandfold.metrics import metric_name
from thousandfold.report.marks import Mark
from thousandfold.report.run import SeriesRun
from thousandfold.report.section import Section
from thousandfold.tables.rows import BaselineRow

MARKS = {
    BETTER: Mark("beats it by", "✔", "good"),
    WORSE: Mark("worse by", "✘", "bad"),
    UNDECIDED: Mark("undecided", "?", "open"),
}


@dataclass(frozen=True)
class AgainstBest:
    """A scenario against the best baseline."""

    label: str
    mean: str
    result: Mark
    by: str
    """By how much it is better or worse; of what is undecided, its mean minus the baseline's."""
    interval: str


@dataclass(frozen=True)
class BestBaseline(Section):
    """The scenarios against the best baseline of a series."""

    anchor: str
    title: str | None
    """The series'; None if there are no others."""
    metric: str
    unit: str
    test_rows: int
    best: str
    value: str
    level: str
    n_better: int
    n_worse: int
    scenarios: Sequence[AgainstBest]

    @classmethod
    def of(cls, run: SeriesRun) -> Self | None:
        """The best baseline of a series, if it has one."""
        rows = [row for row in run.rows(BaselineRow) if row.is_best]
        if run.series is None or not rows:
            return None
        found = Counter(row.result for row in rows)
        return cls(
            anchor=run.anchor,
            title=run.source.title if len(run.study.series) > 1 else None,
            metric=metric_name(run.study.metric),
            unit=run.unit,
            test_rows=run.series.held_out,
            best=in_words(rows[0].baseline),
            value=number(rows[0].baseline_value, run.digits),
            level=percent(rows[0].interval_level),
            n_better=found[BETTER],
            n_worse=found[WORSE],
            scenarios=[_against_best(run, row) for row in rows],
        )


def _against_best(run: SeriesRun, row: BaselineRow) -> AgainstBest:
    """A row of the baselines table about the best one."""
    ends = row.difference, row.ci_low, row.ci_high
    if row.result != UNDECIDED and row.difference < 0:
        ends = -row.difference, -row.ci_high, -row.ci_low
    by, low, high = (number(end, run.digits) for end in ends)
    interval = f"[{low}, {high}]"
    if math.isnan(row.ci_low):
        interval = "no interval"
    elif row.ci_low == row.ci_high:
        interval = "exactly"
    mean = number(row.baseline_value + row.difference, run.digits)
    return AgainstBest(run.labels[row.scenario], mean, MARKS[row.result], by, interval)
