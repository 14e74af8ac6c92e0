"""A contrast on one series with the samples that answer it: what both judging and calibrating ask.

Each kind of contrast is estimated here, once; whether the samples are those of a study or many
resamples of them, the estimate and its interval come from the same functions.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from thousandfold.inference.designs import Design
from thousandfold.inference.estimates import (
    FEWEST_FOR_SPREAD,
    SAME,
    Deviation,
    Estimate,
    PrecisionEstimate,
    absolute_deviations,
    deviation,
    slope_weights,
)
from thousandfold.inference.resampling import parts, picks_of
from thousandfold.inference.samples import Sample, Samples, rng_of_pair
from thousandfold.study import Contrast, Finding

FamilyKey = tuple[str, str, str, tuple[tuple[str, float], ...]]
"""Series, metric, estimand (and with it the scale), and each scenario's weight."""


def weights_of(contrast: Contrast) -> list[float]:
    """The weights of the scenarios of a contrast, in their order."""
    if contrast.trend:
        return [sign * float(w) for w in slope_weights(contrast.trend.over) for sign in (1, -1)]
    return [1.0, -1.0][: len(contrast.scenarios)]


def family_key(series: str, contrast: Contrast) -> FamilyKey:
    """What makes two contrasts one: neither sign nor scale, margin nor direction counts."""
    weights = dict(zip(contrast.scenarios, weights_of(contrast), strict=True))
    largest = max(map(abs, weights.values()))
    present = sorted((name, w / largest) for name, w in weights.items() if abs(w) > SAME * largest)
    sign = math.copysign(1.0, present[0][1])
    scaled = tuple((name, round(sign * weight, 9)) for name, weight in present)
    return series, contrast.metric, contrast.estimand, scaled


def comparison_name(key: FamilyKey) -> str:
    """The weighted scenarios of a key as text, such as "stateful - stateless".

    A name that has blanks or quotation marks is quoted, so that no two keys have one text.
    """
    terms = []
    for name, weight in key[3]:
        size = "" if abs(weight) == 1 else f"{abs(weight):g} "
        shown = json.dumps(name, ensure_ascii=False) if re.search(r'[\s"]', name) else name
        terms.append(f"{'-' if weight < 0 else '+'} {size}{shown}")
    return " ".join(terms).removeprefix("+ ")


@dataclass(frozen=True, eq=False)
class Question:
    """One contrast on one series."""

    series: str
    contrast: Contrast
    samples: tuple[Sample, ...]
    """In the order of the contrast's scenarios; for a ratio, their logarithms."""
    margin: float
    """On the estimand's scale: of ratios, the logarithm."""
    design: Design
    has_lost: bool = False
    """Whether the logarithms of a ratio leave out values that have none."""

    @cached_property
    def key(self) -> FamilyKey:
        """What it counts as in the family."""
        return family_key(self.series, self.contrast)

    @cached_property
    def weights(self) -> list[float]:
        """The samples' weights."""
        return weights_of(self.contrast)

    @property
    def is_of_means(self) -> bool:
        """Whether a weighted sum of means is estimated, if only of logarithms."""
        return self.contrast.estimand in ("mean", "ratio", "trend")

    @property
    def is_exact(self) -> bool:
        """Whether all samples are constants by declaration, so that nothing has to be inferred."""
        return self.is_of_means and all(sample.is_constant for sample in self.samples)

    @cached_property
    def compared(self) -> tuple[np.ndarray, ...]:
        """The values of each sample that count: in a paired study of two, those of whole pairs."""
        if len(self.samples) == 2:
            return self.design.values(*self.samples)
        return tuple(sample.finite for sample in self.samples)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many those are."""
        return tuple(map(len, self.compared))

    @cached_property
    def estimate(self) -> Estimate | PrecisionEstimate | None:
        """The estimate that decides; None of too few repeats."""
        if self.is_of_means:
            return self.design.contrast(self.samples, self.weights)
        if min(self.sizes) < 2:
            return None
        if self.contrast.estimand == "spread":
            return self.design.spread_ratio(*self.compared)
        return self._precision(deviation(self.samples[0].finite))

    def _precision(self, found: Deviation) -> PrecisionEstimate:
        assert self.contrast.mean_of is not None
        return PrecisionEstimate(found, self.contrast.mean_of, self.contrast.middle)

    def why_no_interval(self) -> str:
        """The reason for which there is no interval, where there is none."""
        absent = [sample.scenario for sample in self.samples if not len(sample.values)]
        if absent:
            was = "was" if len(absent) == 1 else "were"
            return f"{', '.join(absent)} {was} not run on {self.series}"
        if self.estimate is None:
            return "fewer than 2 repeats with a value"
        if self.is_of_means:
            if self.design.TESTS[0] == "paired":
                return "the differences within pairs do not vary, so nothing shows how much is luck"
            who = "neither sample varies" if len(self.samples) == 2 else "no sample varies"
            return f"{who}, so nothing shows how much is luck"
        if not all(sample.varies for sample in self.samples):
            return "a sample does not vary, so its spread is not known"
        if min(self.sizes) < FEWEST_FOR_SPREAD:
            return f"fewer than {FEWEST_FOR_SPREAD} repeats, too few to know a spread"
        return "one sample is the other on another scale, so nothing shows how much is luck"

    def smallest_permutation_p(self) -> float:
        """The smallest p that a test which assumes no distribution could have; 1 for precision."""
        if self.contrast.estimand == "precision":
            return 1.0
        return self.design.smallest_permutation_p(self.samples)

    def resampled_nulls(self, draws: int, most: int) -> Iterator[Estimate | PrecisionEstimate]:
        """Estimates of resamples of the samples, moved so that there is nothing to find.

        Drawn with replacement, of the samples' own sizes (of spreads, of the smaller one's), from
        at most the first `most` values. What is true of the samples themselves is taken for the
        truth, and is moved to 0: means to a common mean, spreads to a common spread, the claimed
        range to have the true value for its middle.
        """
        samples = tuple(
            replace(s, values=s.values[:most], _resamples={}) if len(s.values) > most else s
            for s in self.samples
        )
        if self.is_of_means:
            estimate = self.design.contrast(samples, self.weights)
            assert estimate is not None
            resampled = self.design.resampled_contrast(samples, self.weights, draws)
            yield replace(resampled, difference=resampled.difference - estimate.difference)
        elif self.contrast.estimand == "spread":
            a, b = samples
            x, y = self.design.values(a, b)
            truth = math.log(absolute_deviations(x).mean() / absolute_deviations(y).mean())
            rng = rng_of_pair(a, b, "calibration of spread")
            n = min(len(x), len(y))
            for rows in parts(draws, n):
                found = self.design.spread_ratio(*self.design.draw(x, y, (rows, n), rng))
                yield replace(found, difference=found.difference - truth)
        else:
            (sample,) = samples
            values, rng = sample.finite, sample.rng("calibration of precision")
            for rows in parts(draws, len(values)):
                picks = picks_of(len(values), rows, rng)
                found_deviation = deviation(np.take(values, picks, mode="clip"))
                precision = self._precision(found_deviation)
                truth = float(values.std()) / math.sqrt(precision.mean_of)
                yield replace(precision, middle=truth)


def questions_of(
    findings: Iterable[Finding],
    samples: Mapping[str, Samples],
    margins: Mapping[str, float],
    design: Design,
) -> list[tuple[str, Question]]:
    """Every contrast of every finding on every series, with the finding's id.

    `samples` are by metric, `margins` by series, for contrasts that have none of their own.
    """
    return [
        (finding.id, _question(series, contrast, samples[contrast.metric], margins[series], design))
        for series in margins
        for finding in findings
        for contrast in finding.contrasts
    ]


def _question(
    series: str, contrast: Contrast, samples: Samples, margin: float, design: Design
) -> Question:
    taken = tuple(samples[series, name] for name in contrast.scenarios)
    if contrast.margin is not None:
        margin = contrast.margin
    if contrast.estimand in ("spread", "ratio"):
        margin = math.log(margin)
    if not contrast.is_ratio:
        return Question(series, contrast, taken, margin, design)
    has_lost = any((sample.finite <= 0).any() for sample in taken)
    return Question(
        series, contrast, tuple(map(_logarithm, taken)), margin, design, has_lost
    )  # fmt: skip


def _logarithm(sample: Sample) -> Sample:
    """The logarithms of a sample; what is not above 0 has none, and counts as diverged."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(sample.values)
    return replace(sample, values=np.where(np.isfinite(logs), logs, np.nan), _resamples={})
