"""How precisely the mean of a given number of repeats is known."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from thousandfold.inference.contrasts.asked import Asked
from thousandfold.inference.contrasts.base import Contrast
from thousandfold.inference.contrasts.spread import why_no_spread
from thousandfold.inference.contrasts.words import interval, number, of_differences
from thousandfold.inference.draws import parts, picks_of
from thousandfold.inference.estimates import PrecisionEstimate, deviation
from thousandfold.inference.verdicts import range_verdict
from thousandfold.metrics import metric_name
from thousandfold.schema import BadKeyError
from thousandfold.tables.rows import ContrastRow

if TYPE_CHECKING:
    from thousandfold.inference.designs import Design
    from thousandfold.inference.samples import Sample


@dataclass(frozen=True)
class Precision(Contrast):
    """The standard error of a mean, relative to the middle of the range that is claimed for it."""

    a: str
    mean_of: int
    """The number of repeats that the mean is taken over."""
    middle: float
    """Of the claimed range."""
    margin: float | None
    """Half the width of the claimed range."""
    metric: str = "rmse"
    expect: str = "precision"

    estimand = "precision"
    quantity = "distance of the standard error from the middle of the claimed range"
    is_of_means = False

    @classmethod
    def is_asked(cls, asked: Asked) -> bool:
        """By its own direction."""
        return asked.expect == "precision"

    @classmethod
    def from_config(cls, asked: Asked) -> Iterator[Self]:
        """The one."""
        asked.check_fields(["mean_of", "between"], ["b", "margin", "ratio", "trend"])
        low, high = asked.entry["between"]
        if low >= high:
            problem = f"{low} is not below {high}; give the lower one first"
            raise BadKeyError((*asked.key, "between"), problem)
        metric, a = asked.metric, asked.entry["a"]
        asked.check_scenario(a, "a")
        middle, margin = (low + high) / 2, (high - low) / 2
        yield cls(a, asked.entry["mean_of"], middle, margin, metric)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """One."""
        return (self.a,)

    def own_columns(self) -> dict[str, Any]:
        """The number of repeats that the mean is taken over."""
        return {"mean_of": self.mean_of}

    def estimate(
        self, samples: "Sequence[Sample]", compared: Sequence[np.ndarray], design: "Design"
    ) -> PrecisionEstimate | None:
        """From the repeats' standard deviation."""
        (values,) = compared
        return self.estimated(compared, design) if len(values) >= 2 else None

    def estimated(self, values: Sequence[np.ndarray], design: "Design") -> PrecisionEstimate:
        """From the standard deviations."""
        (own,) = values
        return PrecisionEstimate(deviation(own), self.mean_of, self.middle)

    def effect_in(self, pools: Sequence[np.ndarray]) -> float:
        """How far the standard error is from the middle of the claimed range."""
        (pool,) = pools
        return float(pool.std()) / math.sqrt(self.mean_of) - self.middle

    def moved(self, end: Any, found: float, wanted: float) -> Any:
        """On another scale, so that the standard error is as far from the middle as is wanted."""
        return (end + self.middle) * (wanted + self.middle) / (found + self.middle) - self.middle

    def is_possible(self, difference: float) -> bool:
        """Only a standard error above 0 is."""
        return self.middle + difference > 0

    def resampled_nulls(
        self, samples: "Sequence[Sample]", design: "Design", draws: int
    ) -> Iterator[PrecisionEstimate]:
        """As if the claimed range had the true value for its middle."""
        (sample,) = samples
        values, rng = sample.finite, sample.rng("calibration of precision")
        truth = self.effect_in((values,)) + self.middle
        for rows in parts(draws, len(values)):
            picks = picks_of(len(values), rows, rng)
            drawn = np.take(values, picks, mode="clip")
            yield replace(self.estimated((drawn,), design), middle=truth)

    def why_no_interval(
        self, samples: "Sequence[Sample]", sizes: Sequence[int], design: "Design"
    ) -> str:
        """A constant, or too few repeats."""
        return str(why_no_spread(samples, sizes))

    def smallest_permutation_p(self, samples: "Sequence[Sample]", design: "Design") -> float:
        """There is no such test."""
        return 1.0

    @staticmethod
    def interval_verdict(low: Any, high: Any, margin: float) -> Any:
        """Whether it lies in the claimed range."""
        return range_verdict(low, high, margin)

    def claimed(self, labels: Mapping[str, str], margin: float, unit: str) -> str:
        """A range."""
        ends = f"{self.middle - margin:g} and {self.middle + margin:g} {of_differences(unit)}"
        return (
            f"the mean {metric_name(self.metric)} of {self.mean_of} repeats of “{labels[self.a]}” "
            f"has a standard error between {ends}".rstrip()
        )

    @classmethod
    def sentence(cls, record: ContrastRow, unit: str) -> str:
        """The standard error, with the claimed range."""
        error, margin, middle = record.estimate_a, record.margin, _middle(record)

        def shown(value: float) -> str:
            return number(value + middle)

        size = f"{number(abs(error))} {of_differences(unit)}".rstrip()
        return (
            f"the mean of {record.mean_of} repeats of {record.scenario_a} has a standard "
            f"error of {size} ({interval(record, shown)}, claimed {middle - margin:g} to "
            f"{middle + margin:g})"
        )

    @classmethod
    def from_zero(cls, record: ContrastRow, value: float) -> float:
        """The standard error itself."""
        return value + _middle(record)

    @classmethod
    def shown(cls, record: ContrastRow, value: float, digits: int) -> str:
        """Of two decimals."""
        return super().shown(record, value, 2)

    @classmethod
    def shown_margin(cls, record: ContrastRow) -> str:
        """The claimed range."""
        if math.isnan(record.difference):
            return super().shown_margin(record)
        middle, margin = _middle(record), record.margin
        return f"{middle - margin:g} to {middle + margin:g}"

    @classmethod
    def axis(cls, record: ContrastRow) -> str:
        """Of which mean."""
        return f"standard error of a mean of {record.mean_of}"

    @classmethod
    def who(cls, record: ContrastRow, labels: Mapping[str, str]) -> list[str]:
        """And of how many repeats."""
        (label,) = cls.labels(record, labels)
        return [f"{label}, mean of {record.mean_of}"]


def _middle(record: ContrastRow) -> float:
    """The middle of the claimed range."""
    return float(record.estimate_a - record.difference)
