"""The ratio of two geometric means."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from thousandfold.inference.contrasts.asked import Asked
from thousandfold.inference.contrasts.base import LogRatio
from thousandfold.metrics import metric_name
from thousandfold.tables.rows import ContrastRow

if TYPE_CHECKING:
    from thousandfold.inference.samples import Sample


class MeanRatio(LogRatio):
    """The geometric mean of a over that of b: a difference of means of logarithms."""

    estimand = "ratio"
    of = "geometric mean"
    quantity = "ratio of geometric means"
    depends_on_level = True
    logarithms = (
        *LogRatio.logarithms, "mean_a", "mean_b", "estimate_a", "estimate_b", "bootstrap_t_low",
        "bootstrap_t_high", "median_difference", "trimmed_mean_difference",
    )  # fmt: skip

    @classmethod
    def is_asked(cls, asked: Asked) -> bool:
        """By `ratio: true`, and by default for some training times."""
        return asked.wants_ratio

    @classmethod
    def asked_margin(cls, asked: Asked) -> float | None:
        """A ratio above 1."""
        unasked = "" if "ratio" in asked.entry else ", or ratio: false with a margin in seconds"
        return asked.ratio_margin(unasked)

    def taken(self, samples: "tuple[Sample, ...]") -> "tuple[Sample, ...]":
        """Logarithms; values not above 0 have none and count as diverged."""
        return tuple(map(_logarithm, samples))

    @classmethod
    def sentence(cls, record: ContrastRow, unit: str) -> str:
        """How many times that of b."""
        return cls.times(record, f"geometric mean {metric_name(record.metric)}")

    @classmethod
    def axis(cls, record: ContrastRow) -> str:
        """Of what."""
        return "times that of b"


def _logarithm(sample: "Sample") -> "Sample":
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(sample.values)
    return replace(sample, values=np.where(np.isfinite(logs), logs, np.nan), _resamples={})
