"""The ratio of two spreads."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from thousandfold.inference.contrasts.asked import Asked
from thousandfold.inference.contrasts.base import LogRatio
from thousandfold.inference.draws import parts
from thousandfold.inference.estimates import FEWEST_FOR_SPREAD, Estimate, absolute_deviations
from thousandfold.tables.rows import ContrastRow

if TYPE_CHECKING:
    from thousandfold.inference.designs import Design
    from thousandfold.inference.samples import Sample


class SpreadRatio(LogRatio):
    """The mean absolute deviation from the median, of a over that of b."""

    estimand = "spread"
    of = "spread of the"
    quantity = "ratio of spreads"
    is_of_means = False

    @classmethod
    def is_asked(cls, asked: Asked) -> bool:
        """By its own direction."""
        return asked.expect == "more_stable"

    @classmethod
    def asked_margin(cls, asked: Asked) -> float | None:
        """A ratio above 1."""
        return asked.ratio_margin()

    def estimate(
        self, samples: "Sequence[Sample]", compared: Sequence[np.ndarray], design: "Design"
    ) -> Estimate | None:
        """The design's log ratio of spreads."""
        return self.estimated(compared, design) if min(map(len, compared)) >= 2 else None

    def estimated(self, values: Sequence[np.ndarray], design: "Design") -> Estimate:
        """The design's log ratio of spreads."""
        x, y = values
        return design.spread_ratio(x, y)

    def effect_in(self, pools: Sequence[np.ndarray]) -> float:
        """The log ratio of their spreads."""
        x, y = (float(absolute_deviations(pool).mean()) for pool in pools)
        return math.log(x / y)

    def resampled_nulls(
        self, samples: "Sequence[Sample]", design: "Design", draws: int
    ) -> Iterator[Estimate]:
        """From samples of the smaller one's size, with their spreads moved to a common one."""
        a, b = samples
        x, y = design.values(a, b)
        truth = self.effect_in((x, y))
        rng = a.rng_with(b, "calibration of spread")
        n = min(len(x), len(y))
        for rows in parts(draws, n):
            found = self.estimated(design.draw((x, y), (rows, n), rng), design)
            yield replace(found, difference=found.difference - truth)

    def why_no_interval(
        self, samples: "Sequence[Sample]", sizes: Sequence[int], design: "Design"
    ) -> str:
        """Constants, too few repeats, or two samples that are one."""
        return (
            why_no_spread(samples, sizes)
            or "one sample is the other on another scale, so nothing shows how much is luck"
        )

    @staticmethod
    def tested(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distances from the medians."""
        return absolute_deviations(x), absolute_deviations(y)

    @classmethod
    def sentence(cls, record: ContrastRow, unit: str) -> str:
        """How many times that of b."""
        return cls.times(record, "spread")

    @classmethod
    def axis(cls, record: ContrastRow) -> str:
        """Of what."""
        return "spread, times that of b"


def why_no_spread(samples: "Sequence[Sample]", sizes: Sequence[int]) -> str | None:
    """Why a spread is not known; None if it is."""
    if not all(sample.varies for sample in samples):
        return "a sample does not vary, so its spread is not known"
    if min(sizes) < FEWEST_FOR_SPREAD:
        return f"fewer than {FEWEST_FOR_SPREAD} repeats, too few to know a spread"
    return None
