"""Samples: the repeats of one scenario on one series, and what resampling them needs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd

from thousandfold.inference.estimates import Moments, moments
from thousandfold.inference.ranks import rank_direction
from thousandfold.inference.resampling import resampled_moments
from thousandfold.seeds import resampling_seed

MOST_DIVERGED = 0.01
"""Above this share of diverged repeats a mean over the others decides nothing."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One metric of one scenario's repeats on one series, in repeat order."""

    series: str
    scenario: str
    values: np.ndarray
    """NaN where a repeat diverged."""
    study_seed: int
    is_deterministic: bool = False
    """Whether the study declares that all repeats are the same number by construction."""
    _resamples: dict[int, Moments] = field(default_factory=dict, repr=False)

    @cached_property
    def finite(self) -> np.ndarray:
        """The values of the repeats that did not diverge."""
        return self.values[np.isfinite(self.values)]

    @cached_property
    def moments(self) -> Moments:
        """Mean and deviation of the finite repeats; at least one is needed."""
        return moments(self.finite)

    @cached_property
    def varies(self) -> bool:
        """Whether the finite repeats differ by more than rounding."""
        return len(self.finite) > 1 and bool(self.moments.deviation > 0)

    @property
    def is_constant(self) -> bool:
        """Whether it is one number, by declaration and in fact."""
        return self.is_deterministic and len(self.finite) > 0 and not self.varies

    @property
    def has_enough(self) -> bool:
        """Whether there are enough repeats for an estimate: 2, or 1 for a constant."""
        return len(self.finite) >= (1 if self.is_constant else 2)

    @property
    def n_diverged(self) -> int:
        """How many repeats diverged."""
        return len(self.values) - len(self.finite)

    @property
    def diverged_rate(self) -> float:
        """The share of repeats that diverged."""
        return self.n_diverged / max(1, len(self.values))

    def rng(self, purpose: str) -> np.random.Generator:
        """The generator of an analysis that resamples this sample; one for each purpose."""
        seed = resampling_seed(self.study_seed, self.series, self.scenario, purpose)
        return np.random.default_rng(seed)

    def rng_with(self, other: "Sample", purpose: str) -> np.random.Generator:
        """The generator of an analysis of two samples, the same in either order."""
        first, second = sorted((self, other), key=lambda sample: sample.scenario)
        return first.rng(f"{purpose} against {second.scenario}")

    def resampled(self, draws: int) -> Moments:
        """Moments of many resamples of the finite repeats; at least one repeat is needed."""
        if draws not in self._resamples:
            drawn = resampled_moments(self.finite, self.rng("bootstrap"), draws)
            self._resamples[draws] = drawn
        return self._resamples[draws]


Samples = Mapping[tuple[str, str], Sample]
"""A study's samples by (series, scenario)."""


def samples_of(
    repeats: pd.DataFrame,
    study_seed: int,
    metric: str = "rmse",
    deterministic: Collection[str] = (),
) -> dict[tuple[str, str], Sample]:
    """The samples of a metric in the repeats table, in its order of scenarios.

    Every scenario has one on every series, empty where it was not run. `deterministic` names the
    scenarios that are declared to be.
    """
    ordered = repeats.sort_values("repeat", kind="stable")
    found = {
        (str(series), str(scenario)): group[metric].to_numpy(float)
        for (series, scenario), group in ordered.groupby(["series", "scenario"], sort=False)
    }
    everywhere = product(
        dict.fromkeys(series for series, _ in found), dict.fromkeys(name for _, name in found)
    )
    return {
        (series, scenario): Sample(
            series,
            scenario,
            found.get((series, scenario), np.empty(0)),
            study_seed,
            scenario in deterministic,
        )
        for series, scenario in dict.fromkeys([*found, *everywhere])
    }


def samples_by_metric(
    repeats: pd.DataFrame, study_seed: int, metrics: Iterable[str], deterministic: Collection[str]
) -> dict[str, Samples]:
    """The samples of several metrics in the repeats table."""
    return {metric: samples_of(repeats, study_seed, metric, deterministic) for metric in metrics}


def divergence_matters(
    samples: Sequence[Sample], weights: Sequence[float], *, higher_is_better: bool = False
) -> bool:
    """Whether diverged repeats are many, or would reverse a contrast if ranked worst.

    The contrast is the weighted sum of the samples' mean ranks; a single sample has none.
    """
    if max(sample.diverged_rate for sample in samples) > MOST_DIVERGED:
        return True
    if len(samples) < 2 or not any(sample.n_diverged for sample in samples):
        return False
    failure = -np.inf if higher_is_better else np.inf
    with_failures = [np.append(s.finite, np.full(s.n_diverged, failure)) for s in samples]
    finite = [sample.finite for sample in samples]
    return rank_direction(finite, weights) != rank_direction(with_failures, weights)
