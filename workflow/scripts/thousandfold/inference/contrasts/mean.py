"""The difference of two means."""

from collections.abc import Mapping

from thousandfold.inference.contrasts.asked import Asked
from thousandfold.inference.contrasts.base import ContrastOfTwo
from thousandfold.inference.contrasts.words import (
    interval,
    number,
    of_differences,
    signed,
)
from thousandfold.metrics import metric_name
from thousandfold.tables.rows import ContrastRow


class MeanDifference(ContrastOfTwo):
    """The mean of a minus that of b, in units of the metric."""

    estimand = "mean"
    quantity = "difference of means"

    @classmethod
    def is_asked(cls, asked: Asked) -> bool:
        """Where nothing else is."""
        return True

    @classmethod
    def asked_margin(cls, asked: Asked) -> float | None:
        """A difference."""
        return asked.margin()

    def claimed(self, labels: Mapping[str, str], margin: float, unit: str) -> str:
        """By a difference."""
        by = f"{margin:g} {of_differences(unit)}".rstrip()
        return self.claimed_of(f"the mean {metric_name(self.metric)}", labels, by)

    @classmethod
    def sentence(cls, record: ContrastRow, unit: str) -> str:
        """By how much the mean of a is lower or higher."""
        difference = record.difference
        held = f"{interval(record, signed)}, margin {record.margin:g}"
        names = f"the mean {metric_name(record.metric)} of {record.scenario_a}"
        if difference == 0:
            return f"{names} is the same as that of {record.scenario_b} ({held})"
        by = f"{number(abs(difference))} {of_differences(unit)}".rstrip()
        direction = "lower" if difference < 0 else "higher"
        return (
            f"{names} is {by} {direction} than that of {record.scenario_b} "
            f"(difference {signed(difference)}, {held})"
        )

    @classmethod
    def axis(cls, record: ContrastRow) -> str:
        """Which way round."""
        return "difference of means, a − b"
