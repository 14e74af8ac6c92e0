"""The designs of a study: how the repeats of two scenarios are compared."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from thousandfold.inference import independent, paired
from thousandfold.inference.contrasts import Estimate
from thousandfold.inference.samples import Sample


class Design(Protocol):
    """What a module of a design offers.

    x and y are arrays of finite values, as `values` gives them; xs and ys hold many samples,
    one a row.
    """

    TESTS: tuple[str, str]
    """The names of its t test and its rank test, as columns and tables have them."""

    def values(self, a: Sample, b: Sample) -> tuple[np.ndarray, np.ndarray]:
        """The values of two samples that can be compared."""

    def mean_difference(self, x: np.ndarray, y: np.ndarray) -> Estimate:
        """The difference of means."""

    def spread_ratio(self, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Estimate:
        """The log ratio of mean absolute deviations from the median."""

    def trend(self, samples: Sequence[Sample], weights: Sequence[float]) -> Estimate | None:
        """A weighted sum of means; None of too few repeats."""

    def usual_tests(self, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
        """The t and the rank test: the columns named after them."""

    def other_views(
        self, a: Sample, b: Sample, rng: np.random.Generator, alpha: float
    ) -> dict[str, Any]:
        """What decides nothing; `alpha` is the deciding interval's."""

    def draw(
        self, x: np.ndarray, y: np.ndarray, shape: tuple[int, int], rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Many samples of both, drawn with replacement; `shape` is (samples, n)."""

    def t_test(self, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        """Two-sided p of the t test, row by row."""

    def rank_test(self, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        """Two-sided p of the rank test, row by row."""


DESIGNS: dict[str, Design] = {"independent": independent, "paired": paired}
"""Design by its name in config."""
