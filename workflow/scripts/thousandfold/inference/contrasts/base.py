"""The interface of every kind of contrast: for config, inference, sentences and the page."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from thousandfold.formatting import number as shown_number
from thousandfold.inference.contrasts.asked import Asked
from thousandfold.inference.contrasts.words import Record, interval
from thousandfold.inference.estimates import Estimate, PrecisionEstimate, ratio_of
from thousandfold.inference.verdicts import difference_verdict
from thousandfold.schema import BadKeyError

if TYPE_CHECKING:
    from thousandfold.inference.designs import Design
    from thousandfold.inference.samples import Sample


class Contrast(ABC):
    """One thing that a claim says about scenarios: a compared with b, several pairs, or one alone.

    An instance is what a finding asks; the class, which a row of the findings table leads to by
    its estimand, shows what was found. Estimates and margins are on the kind's own scale.
    """

    expect: str
    """less, greater, equivalent, different, more_stable or precision."""
    margin: float | None
    """As config words it, so of ratios a ratio; None: that of the series."""
    metric: str

    estimand: ClassVar[str]
    """What is estimated, as tables have it."""
    is_of_means: ClassVar[bool] = True
    """Whether a weighted sum of means is estimated, if only of logarithms."""
    is_ratio: ClassVar[bool] = False
    """Whether the scale is that of logarithms, and what is shown a ratio."""
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

    def names(self) -> dict[str, str | None]:
        """The scenarios as tables name them."""
        a, b = (*self.scenarios, None)[:2]
        return {"scenario_a": a, "scenario_b": b}

    def own_columns(self) -> dict[str, Any]:
        """What the findings table says about this kind only."""
        return {}

    # How it is inferred

    def weights(self) -> list[float]:
        """The weights of the scenarios in what is estimated."""
        return [1.0, -1.0][: len(self.scenarios)]

    def scaled(self, margin: float) -> float:
        """A margin from the config, on the scale of the estimate."""
        return margin

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

    def resampled_nulls(
        self, samples: "Sequence[Sample]", design: "Design", draws: int
    ) -> Iterator[Estimate | PrecisionEstimate]:
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

    # How it is told

    @classmethod
    @abstractmethod
    def sentence(cls, record: Record, unit: str) -> str:
        """A row of the findings table in words, without capital letter and full stop."""

    @classmethod
    def natural(cls, record: Record, value: float) -> float:
        """A value on the scale of a row's estimate, converted to the natural scale."""
        return value

    @classmethod
    def shown(cls, record: Record, value: float, digits: int) -> str:
        """A value on the scale of a row's estimate as the page prints it."""
        return shown_number(cls.natural(record, value), digits)

    @classmethod
    def shown_margin(cls, record: Record) -> str:
        """A row's margin as the page prints it."""
        return f"{record['margin']:g}"

    @classmethod
    @abstractmethod
    def axis(cls, record: Record) -> str:
        """What the axis of a row's figure says."""

    @classmethod
    def labels(cls, record: Record, labels: Mapping[str, str]) -> list[str]:
        """What the page calls the scenarios of a row: of a, and of b if there is one."""
        names = [record["scenario_a"], record["scenario_b"]]
        return [labels[name] for name in names if isinstance(name, str) and name]

    @classmethod
    def who(cls, record: Record, labels: Mapping[str, str]) -> list[str]:
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

    @staticmethod
    def tested(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the usual tests compare in two samples."""
        return x, y


class LogRatio(ContrastOfTwo):
    """A contrast of two on the scale of logarithms."""

    is_ratio = True

    def scaled(self, margin: float) -> float:
        """Its logarithm."""
        return math.log(margin)

    @classmethod
    def natural(cls, record: Record, value: float) -> float:
        """A ratio."""
        return ratio_of(value)

    @classmethod
    def shown(cls, record: Record, value: float, digits: int) -> str:
        """A ratio, of two decimals."""
        return shown_number(cls.natural(record, value))

    @classmethod
    def shown_margin(cls, record: Record) -> str:
        """How many times."""
        return f"× {shown_number(ratio_of(record['margin']))}"

    @classmethod
    def times(cls, record: Record, what: str) -> str:
        """How many times something of b's is that of a, in words."""

        def as_ratio(logarithm: float) -> str:
            ratio = ratio_of(logarithm)
            return "∞" if math.isinf(ratio) else f"{ratio:.3g}"

        return (
            f"the {what} of {record['scenario_a']} is {as_ratio(record['difference'])} times that "
            f"of {record['scenario_b']} ({interval(record, as_ratio)}, margin "
            f"{as_ratio(record['margin'])} times)"
        )
