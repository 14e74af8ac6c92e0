"""How the difference of two means changes along a quantity."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

from thousandfold.inference.contrasts.asked import Asked
from thousandfold.inference.contrasts.base import Contrast
from thousandfold.inference.contrasts.words import interval, of_differences, signed
from thousandfold.inference.estimates import slope_weights
from thousandfold.metrics import metric_name
from thousandfold.names import listed, texts_of
from thousandfold.schema import BadKeyError
from thousandfold.tables.rows import ContrastRow


@dataclass(frozen=True)
class Trend(Contrast):
    """The slope of the differences of pairs over a quantity, in units of the metric per unit."""

    expect: str
    pairs: tuple[tuple[str, str], ...]
    over: tuple[float, ...]
    """Where each pair lies."""
    margin: float | None
    metric: str = "rmse"

    estimand = "trend"
    quantity = "slope of the difference"
    figure = "trend"

    @classmethod
    def is_asked(cls, asked: Asked) -> bool:
        """By its own key."""
        return "trend" in asked.entry

    @classmethod
    def from_config(cls, asked: Asked) -> Iterator[Self]:
        """The one."""
        asked.check_fields([], ["mean_of", "between"])
        if asked.expect in ("more_stable", "best_of"):
            problem = f"{asked.expect} does not apply to a trend; use less or greater"
            raise BadKeyError((*asked.key, "expect"), problem)
        metric = asked.metric
        pairs, over = asked.entry["trend"]["pairs"], asked.entry["trend"]["over"]
        for index, pair in enumerate(pairs):
            for end, name in enumerate(pair):
                asked.check_scenario(name, "trend", "pairs", index, end)
        names = list(chain(*pairs))
        if len(set(names)) < len(names):
            problem = "names a scenario twice; name others"
            raise BadKeyError((*asked.key, "trend", "pairs"), problem)
        if len(over) != len(pairs):
            problem = f"has {len(over)} values for {len(pairs)} pairs; give one for each"
            raise BadKeyError((*asked.key, "trend", "over"), problem)
        if len(set(over)) < 2:
            problem = "is constant; give values that differ"
            raise BadKeyError((*asked.key, "trend", "over"), problem)
        if "margin" not in asked.entry:
            problem = "a trend needs the key 'margin', a difference per unit of over"
            raise BadKeyError(asked.key, problem)
        yield cls(
            asked.expect, tuple((a, b) for a, b in pairs), tuple(map(float, over)),
            float(asked.entry["margin"]), metric,
        )  # fmt: skip

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Those of each pair in turn."""
        return tuple(chain(*self.pairs))

    def names(self) -> dict[str, Any]:
        """Lists, of all a and of all b."""
        a, b = zip(*self.pairs, strict=True)
        return {"scenario_a": listed(a), "scenario_b": listed(b)}

    def weights(self) -> list[float]:
        """Whose sum is the slope of the least squares line."""
        return [sign * float(weight) for weight in slope_weights(self.over) for sign in (1, -1)]

    def claimed(self, labels: Mapping[str, str], margin: float, unit: str) -> str:
        """Which way the differences go."""
        pairs = ", ".join(f"“{labels[a]}” − “{labels[b]}”" for a, b in self.pairs)
        over = ", ".join(f"{value:g}" for value in self.over)
        by = f"{margin:g} {of_differences(unit)}".rstrip()
        ways = {
            "less": f"falls by more than {by}", "greater": f"rises by more than {by}",
            "different": f"changes by more than {by}", "equivalent": f"changes by less than {by}",
        }  # fmt: skip
        return (
            f"the difference of the mean {metric_name(self.metric)} ({pairs}; at {over}) "
            f"{ways[self.expect]} per unit"
        )

    @classmethod
    def sentence(cls, record: ContrastRow, unit: str) -> str:
        """By how much the difference changes per unit."""
        slope = f"{signed(record.difference)} {of_differences(unit)}".rstrip()
        return (
            f"the difference in mean {metric_name(record.metric)} between "
            f"{record.scenario_a} and {record.scenario_b} changes by {slope} per unit "
            f"({interval(record, signed)}, margin {record.margin:g})"
        )

    @classmethod
    def axis(cls, record: ContrastRow) -> str:
        """Which way round."""
        return "a − b"

    @classmethod
    def labels(cls, record: ContrastRow, labels: Mapping[str, str]) -> list[str]:
        """All of each end."""
        ends = [record.scenario_a, str(record.scenario_b)]
        return [", ".join(labels[name] for name in texts_of(end)) for end in ends]

    @classmethod
    def who(cls, record: ContrastRow, labels: Mapping[str, str]) -> list[str]:
        """How many pairs."""
        return [f"slope of the differences of {len(texts_of(record.scenario_a))} pairs"]
