"""The designs of a study: how the repeats of two scenarios are compared."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from thousandfold.inference import independent, paired
from thousandfold.inference.estimates import Approximation, Estimate
from thousandfold.inference.samples import Sample


class Design(Protocol):
    """The interface of a design's module.

    Samples are those of a study, and x and y arrays of their finite values, as `values` gives
    them; the last axis of an array is that of the repeats, so that many samples go at once.
    """

    TESTS: tuple[str, str]
    """The names of its t test and its rank test, as columns and tables have them."""

    def values(self, *samples: Sample) -> tuple[np.ndarray, ...]:
        """The values of samples that can be compared."""

    def contrast(self, samples: Sequence[Sample], weights: Sequence[float]) -> Estimate | None:
        """A weighted sum of means, weights of a and b alternating; None with too few repeats."""

    def mean_difference(self, x: np.ndarray, y: np.ndarray) -> Estimate:
        """The difference of means."""

    def weighted_means(self, values: Sequence[np.ndarray], weights: Sequence[float]) -> Estimate:
        """A weighted sum of means, weights of a and b alternating."""

    def spread_ratio(self, x: np.ndarray, y: np.ndarray) -> Estimate:
        """The log ratio of mean absolute deviations from the median."""

    def resampled_contrast(
        self, samples: Sequence[Sample], weights: Sequence[float], draws: int
    ) -> Approximation:
        """The contrasts of many resamples, of the samples' own sizes, drawn with replacement."""

    def smallest_permutation_p(self, samples: Sequence[Sample]) -> float:
        """The smallest two-sided p that permutations of samples of these sizes can have."""

    def usual_tests(self, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
        """The t and the rank test: the columns named after them."""

    def other_views(
        self, a: Sample, b: Sample, rng: np.random.Generator, alpha: float
    ) -> dict[str, Any]:
        """Further statistics that decide nothing; `alpha` is the deciding interval's."""

    def draw(
        self, values: Sequence[np.ndarray], shape: tuple[int, int], rng: np.random.Generator
    ) -> tuple[np.ndarray, ...]:
        """Many samples of each, drawn with replacement; `shape` is (samples, n)."""

    def rank_test(self, x: np.ndarray, y: np.ndarray) -> tuple[Any, Any]:
        """The rank test's statistic and its two-sided p."""


TEST_NAMES = {
    "welch": "Welch", "mannwhitney": "Mann-Whitney", "paired": "paired t", "wilcoxon": "Wilcoxon",
}  # fmt: skip
"""The designs' tests in prose."""

DESIGNS: dict[str, Design] = {"independent": independent, "paired": paired}
"""Design by its name in config."""
