"""The interface of every kind of contrast: for config, inference, sentences and the page."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from thousandfold.formatting import number as shown_number
from thousandfold.inference.contrasts.asked import Asked
from thousandfold.inference.contrasts.words import interval
from thousandfold.inference.estimates import (
    Approximation,
    Estimate,
    PrecisionEstimate,
    ratio_of,
)
from thousandfold.inference.verdicts import difference_verdict
from thousandfold.metrics import metric_name
from thousandfold.schema import BadKeyError
from thousandfold.tables.rows import ContrastRow

if TYPE_CHECKING:
    from thousandfold.inference.designs import Design
    from thousandfold.inference.samples import Sample


class Contrast(ABC):
    """One thing that a claim says about scenarios: a compared with b, several pairs, or one alone.

    An instance is what a finding asks; the class, which a row of the contrasts table leads to by
    its estimand, shows what was found. Inference is on the kind's own scale; config, tables and
    page have natural units.
    """

    expect: str
    """less, greater, equivalent, different, more_stable or precision."""
    margin: float | None
    """None: that of the series."""
    metric: str

    estimand: ClassVar[str]
    """What is estimated, as tables have it."""
    is_of_means: ClassVar[bool] = True
    """Whether a weighted sum of means is estimated, if only of logarithms."""
    is_ratio: ClassVar[bool] = False
    """Whether it is a ratio, inferred on the scale of logarithms."""
    depends_on_level: ClassVar[bool] = False
    """Whether inference takes more than how values vary about their mean."""
    neutral: ClassVar[float] = 0.0
    """What stands for no difference."""
    quantity: ClassVar[str]
    """What is estimated, in prose."""
    figure: ClassVar[str] = "estimation"
    """The kind of figure that shows it."""

    # What a finding asks

    @classmethod
    @abstractmethod
    def is_asked(cls, asked: Asked) -> bool:
        """Whether a finding is about this kind, if about none before it in KINDS."""

    @classmethod
    @abstractmethod
    def from_config(cls, asked: Asked) -> Iterator[Self]:
        """The contrasts that a finding asks. Raises BadKeyError."""

    @property
    @abstractmethod
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios that it is about, a and b alternating."""

    def names(self) -> dict[str, Any]:
        """The scenarios as tables name them."""
        a, b = (*self.scenarios, None)[:2]
        return {"scenario_a": a, "scenario_b": b}

    def own_columns(self) -> dict[str, Any]:
        """What the contrasts table says about this kind only."""
        return {}

    # How it is inferred

    def weights(self) -> list[float]:
        """The weights of the scenarios in what is estimated."""
        return [1.0, -1.0][: len(self.scenarios)]

    @staticmethod
    def scaled(value: float) -> float:
        """A value in natural units on the scale of the estimate."""
        return value

    @staticmethod
    def natural(value: float) -> float:
        """A value on the scale of the estimate in natural units."""
        return value

    def in_natural_units(self, row: dict[str, Any]) -> dict[str, Any]:
        """Cells of the contrasts table, computed on the scale of the estimate."""
        return row

    def taken(self, samples: "tuple[Sample, ...]") -> "tuple[Sample, ...]":
        """The part of the samples that is compared."""
        return samples

    def estimate(
        self, samples: "Sequence[Sample]", compared: Sequence[np.ndarray], design: "Design"
    ) -> Estimate | PrecisionEstimate | None:
        """The estimate that decides; None with too few repeats.

        `compared` are the values of each sample that count.
        """
        return design.contrast(samples, self.weights())

    def estimated(
        self, values: Sequence[np.ndarray], design: "Design"
    ) -> Estimate | PrecisionEstimate:
        """Estimates from many samples at once, along the last axis of the scenarios' values."""
        return design.weighted_means(values, self.weights())

    def effect_in(self, pools: Sequence[np.ndarray]) -> float:
        """The true effect where samples are drawn from these values of the scenarios."""
        return float(np.dot(self.weights(), [pool.mean() for pool in pools]))

    def moved(self, end: Any, found: float, wanted: float) -> Any:
        """An end of an interval had the true effect been another one than was found."""
        return end - found + wanted

    def is_possible(self, difference: float) -> bool:
        """Whether there can be such a true effect, on the scale of the estimate."""
        return True

    def resampled_nulls(
        self, samples: "Sequence[Sample]", design: "Design", draws: int
    ) -> Iterator[Approximation | PrecisionEstimate]:
        """Estimates from resamples of the samples, shifted so that there is nothing to find.

        Drawn with replacement. What holds for the samples themselves is taken as the truth, and
        shifted to 0.
        """
        estimate = design.contrast(samples, self.weights())
        assert estimate is not None
        resampled = design.resampled_contrast(samples, self.weights(), draws)
        yield replace(resampled, difference=resampled.difference - estimate.difference)

    def why_no_interval(
        self, samples: "Sequence[Sample]", sizes: Sequence[int], design: "Design"
    ) -> str:
        """The reason why an estimate has no interval."""
        if design.TESTS[0] == "paired":
            return "the differences within pairs do not vary, so nothing shows how much is luck"
        who = "neither sample varies" if len(samples) == 2 else "no sample varies"
        return f"{who}, so nothing shows how much is luck"

    def smallest_permutation_p(self, samples: "Sequence[Sample]", design: "Design") -> float:
        """The smallest p that a distribution-free test could have."""
        return design.smallest_permutation_p(samples)

    @staticmethod
    def interval_verdict(low: Any, high: Any, margin: float) -> Any:
        """What an interval, or each of many, says regardless of any claim."""
        return difference_verdict(low, high, margin)

    # How it is worded

    @abstractmethod
    def claimed(self, labels: Mapping[str, str], margin: float, unit: str) -> str:
        """What is claimed, in words without capital letter and full stop.

        `labels` are what scenarios are called; the margin is in natural units, `unit` the metric's.
        """

    @classmethod
    @abstractmethod
    def sentence(cls, record: ContrastRow, unit: str) -> str:
        """A row of the contrasts table in words, without capital letter and full stop."""

    @staticmethod
    def band(margin: float) -> tuple[float, float]:
        """The ends of the range of differences that do not matter."""
        return -margin, margin

    @classmethod
    def from_zero(cls, record: ContrastRow, value: float) -> float:
        """A value of a row as figures draw it; only that of a claimed range is from its middle."""
        return value

    @classmethod
    def shown(cls, record: ContrastRow, value: float, digits: int) -> str:
        """A value of a row as the page prints it."""
        return shown_number(cls.from_zero(record, value), digits)

    @classmethod
    def shown_margin(cls, record: ContrastRow) -> str:
        """A row's margin as the page prints it."""
        return f"{record.margin:g}"

    @classmethod
    @abstractmethod
    def axis(cls, record: ContrastRow) -> str:
        """What the axis of a row's figure says."""

    @classmethod
    def labels(cls, record: ContrastRow, labels: Mapping[str, str]) -> list[str]:
        """What the page calls the scenarios of a row: of a, and of b if there is one."""
        names = [record.scenario_a, record.scenario_b]
        return [labels[name] for name in names if name is not None]

    @classmethod
    def who(cls, record: ContrastRow, labels: Mapping[str, str]) -> list[str]:
        """Who is compared in a row, line by line."""
        return cls.labels(record, labels)


@dataclass(frozen=True)
class ContrastOfTwo(Contrast):
    """A contrast of one scenario with another."""

    expect: str
    a: str
    b: str
    margin: float | None
    metric: str = "rmse"

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Both."""
        return self.a, self.b

    @classmethod
    @abstractmethod
    def asked_margin(cls, asked: Asked) -> float | None:
        """The margin that a finding asks for."""

    @classmethod
    def from_config(cls, asked: Asked) -> Iterator[Self]:
        """One; for a scenario claimed to be best, one with each of the others."""
        asked.check_fields(["b"], ["mean_of", "between"])
        metric, is_best = asked.metric, asked.expect == "best_of"
        a, b = asked.entry["a"], asked.entry["b"]
        asked.check_scenario(a, "a")
        if isinstance(b, list) != is_best:
            wanted = "a list of scenarios" if is_best else "one scenario"
            problem = f"expect: {asked.expect} takes {wanted}; change b or expect"
            raise BadKeyError((*asked.key, "b"), problem)
        others = b if isinstance(b, list) else [str(b)]
        for name in others:
            asked.check_scenario(name, "b")
        if a in others:
            problem = f"compares {a!r} with itself; name another scenario"
            raise BadKeyError((*asked.key, "b"), problem)
        margin = cls.asked_margin(asked)
        for other in others:
            yield cls(asked.better if is_best else asked.expect, a, other, margin, metric)

    def claimed_of(self, what: str, labels: Mapping[str, str], by: str) -> str:
        """What is claimed of two quantities, by more (or less) than so much."""
        a, b = (f"“{labels[name]}”" for name in self.scenarios)
        if self.expect in ("equivalent", "different"):
            than = "less" if self.expect == "equivalent" else "more"
            return f"{what} of {a} and that of {b} differ by {than} than {by}"
        way = "higher" if self.expect == "greater" else "lower"
        return f"{what} of {a} is {way} than that of {b} by more than {by}"

    @staticmethod
    def tested(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the usual tests compare in two samples."""
        return x, y


class LogRatio(ContrastOfTwo):
    """A ratio of two, inferred on the scale of logarithms."""

    of: ClassVar[str]
    """What the ratio is of, before the metric's name."""

    is_ratio = True
    neutral = 1.0
    logarithms: ClassVar[tuple[str, ...]] = (
        "difference", "ci_low", "ci_high", "margin_equivalent_above", "margin_exceeded_below",
    )  # fmt: skip
    """The columns of the contrasts table that are computed as logarithms."""

    def claimed(self, labels: Mapping[str, str], margin: float, unit: str) -> str:
        """By a factor."""
        what = f"the {self.of} {metric_name(self.metric)}"
        return self.claimed_of(what, labels, f"a factor of {margin:g}")

    @staticmethod
    def scaled(value: float) -> float:
        """Its logarithm; -inf of a ratio that no floating-point number can hold."""
        return math.log(value) if value else -math.inf

    @staticmethod
    def natural(value: float) -> float:
        """Its exponential."""
        return ratio_of(value)

    def in_natural_units(self, row: dict[str, Any]) -> dict[str, Any]:
        """Ratios instead of logarithms."""
        return row | {name: ratio_of(row[name]) for name in self.logarithms if name in row}

    @staticmethod
    def band(margin: float) -> tuple[float, float]:
        """As many times less and more."""
        return 1 / margin, margin

    @classmethod
    def shown(cls, record: ContrastRow, value: float, digits: int) -> str:
        """With two decimals."""
        return shown_number(value)

    @classmethod
    def shown_margin(cls, record: ContrastRow) -> str:
        """How many times."""
        return f"× {shown_number(record.margin)}"

    @classmethod
    def times(cls, record: ContrastRow, what: str) -> str:
        """How many times something of b's is that of a, in words."""

        def as_ratio(ratio: float) -> str:
            return "∞" if math.isinf(ratio) else f"{ratio:.3g}"

        return (
            f"the {what} of {record.scenario_a} is {as_ratio(record.difference)} times that "
            f"of {record.scenario_b} ({interval(record, as_ratio)}, margin "
            f"{as_ratio(record.margin)} times)"
        )
