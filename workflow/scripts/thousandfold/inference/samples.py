"""Samples: the repeats of one scenario on one series, and what resampling them takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from thousandfold.inference.ranks import rank_direction
from thousandfold.inference.resampling import MeanDraws, draw_means
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

    @cached_property
    def finite(self) -> np.ndarray:
        """The values of the repeats that did not diverge."""
        return self.values[np.isfinite(self.values)]

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

    @cached_property
    def draws(self) -> MeanDraws:
        """Bootstrap means of the finite repeats, of which there have to be at least 2."""
        return draw_means(self.finite, self.rng("bootstrap"))


Samples = Mapping[tuple[str, str], Sample]
"""A study's samples by (series, scenario)."""


def samples_of(
    repeats: pd.DataFrame, study_seed: int, metric: str = "rmse"
) -> dict[tuple[str, str], Sample]:
    """The samples of a metric in the repeats table, in its order of scenarios."""
    ordered = repeats.sort_values("repeat", kind="stable")
    return {
        (str(series), str(scenario)): Sample(
            str(series), str(scenario), group[metric].to_numpy(float), study_seed
        )
        for (series, scenario), group in ordered.groupby(["series", "scenario"], sort=False)
    }


def rng_of_pair(a: Sample, b: Sample, purpose: str) -> np.random.Generator:
    """The generator of an analysis of two samples, the same whichever comes first."""
    first, second = sorted((a, b), key=lambda sample: sample.scenario)
    return first.rng(f"{purpose} against {second.scenario}")


def divergence_matters(*samples: Sample, higher_is_better: bool = False) -> bool:
    """Whether diverged repeats are many, or would turn a comparison round if ranked worst."""
    if max(sample.diverged_rate for sample in samples) > MOST_DIVERGED:
        return True
    if len(samples) < 2 or not any(sample.n_diverged for sample in samples):
        return False
    failure = -np.inf if higher_is_better else np.inf
    with_failures = [np.append(s.finite, np.full(s.n_diverged, failure)) for s in samples]
    return rank_direction(*(s.finite for s in samples)) != rank_direction(*with_failures)
