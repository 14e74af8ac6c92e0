"""The kinds of contrast: one module each, and the list of all of them."""

from thousandfold.inference.contrasts.asked import Asked
from thousandfold.inference.contrasts.base import Contrast, ContrastOfTwo
from thousandfold.inference.contrasts.mean import MeanDifference
from thousandfold.inference.contrasts.precision import Precision
from thousandfold.inference.contrasts.ratio import MeanRatio
from thousandfold.inference.contrasts.spread import SpreadRatio
from thousandfold.inference.contrasts.trend import Trend

KINDS: dict[str, type[Contrast]] = {
    kind.estimand: kind for kind in (Precision, Trend, SpreadRatio, MeanRatio, MeanDifference)
}
"""By estimand; a finding is about the first kind that it asks for."""

__all__ = [
    "KINDS", "Asked", "Contrast", "ContrastOfTwo", "MeanDifference", "MeanRatio", "Precision",
    "SpreadRatio", "Trend",
]  # fmt: skip
