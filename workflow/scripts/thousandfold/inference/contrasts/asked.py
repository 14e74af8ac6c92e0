"""A finding, or one of its comparisons, as the config states it: fields, defaults, checks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from thousandfold.config_files import Key
from thousandfold.metrics import UNIT_OF_SERIES, Metric
from thousandfold.schema import BadKeyError, unknown_name


@dataclass(frozen=True)
class Asked:
    """A finding's entry, its place in the config, and everything that it may name.

    Anything wrong in the entry raises BadKeyError.
    """

    key: Key
    entry: Mapping[str, Any]
    config: Mapping[str, Any]
    metrics: Mapping[str, Metric]

    @property
    def expect(self) -> str:
        """The direction, as the config words it."""
        return str(self.entry["expect"])

    @property
    def better(self) -> str:
        """The direction in which the metric is better."""
        return "greater" if self.metrics[self.metric].higher_is_better else "less"

    def check_fields(self, needed: Iterable[str], useless: Iterable[str]) -> None:
        """Check that some keys are present and others are not."""
        for name in needed:
            if name not in self.entry:
                raise BadKeyError(self.key, f"expect: {self.expect} needs the key {name!r}; add it")
        for name in useless:
            if name in self.entry:
                problem = f"expect: {self.expect} has no use for it; remove it"
                raise BadKeyError((*self.key, name), problem)

    def check_scenario(self, name: str, *place: str | int) -> None:
        """Check that there is a scenario of this name, which is at `place` in the entry."""
        if name not in self.config["scenarios"]:
            raise BadKeyError((*self.key, *place), unknown_name(name, self.config["scenarios"]))

    @cached_property
    def metric(self) -> str:
        """The metric that is asked about."""
        metric = self.entry.get("metric", self.config["study"]["metric"])
        if metric not in self.metrics:
            raise BadKeyError((*self.key, "metric"), unknown_name(metric, self.metrics))
        alone = self.config["study"]["interleave"] or "table" in self.config
        if metric == "train_seconds" and not alone:
            raise BadKeyError(
                (*self.key, "metric"),
                "times can be compared only where nothing else runs; set study.interleave: true",
            )
        return str(metric)

    @property
    def wants_ratio(self) -> bool:
        """Whether a ratio is asked for.

        By default, times are compared this way if study.margin is about another metric.
        """
        about_times = "table" in self.config or self.config["study"]["metric"] == "train_seconds"
        unasked = self.metric == "train_seconds" and not about_times
        return bool(self.entry.get("ratio", unasked))

    def margin(self) -> float | None:
        """The margin of a difference; None for that of the series."""
        if "margin" in self.entry:
            return float(self.entry["margin"])
        studied = self.config["study"]["metric"]
        units = {self.metrics[name].unit for name in (self.metric, studied)}
        if self.metric == studied or units == {UNIT_OF_SERIES}:
            return None
        raise BadKeyError(
            self.key,
            f"study.margin is of {studied}, not of {self.metric}; add the key 'margin', "
            "in its units",
        )

    def ratio_margin(self, otherwise: str = "") -> float:
        """The margin of a ratio; `otherwise` is what else the config could ask for instead."""
        margin = float(self.entry.get("margin", self.config["study"]["spread_margin"]))
        if margin > 1:
            return margin
        fix = f"here it is a ratio; give one above 1{otherwise}"
        raise BadKeyError((*self.key, "margin"), fix)
