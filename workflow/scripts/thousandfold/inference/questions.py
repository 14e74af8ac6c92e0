"""A contrast on one series with its samples: the question that judging and calibrating share.

Whether the samples are those of a study or many resamples of them, the estimate and its interval
come from the same functions: those of the kind of contrast.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np

from thousandfold.inference.contrasts import Contrast
from thousandfold.inference.designs import Design
from thousandfold.inference.estimates import SAME, Approximation, Estimate, PrecisionEstimate
from thousandfold.inference.samples import Sample, Samples
from thousandfold.study import Finding

FamilyKey = tuple[str, str, str, tuple[tuple[str, float], ...]]
"""Series, metric, estimand (and with it the scale), and each scenario's weight."""


def family_key(series: str, contrast: Contrast) -> FamilyKey:
    """What identifies a contrast: neither sign nor scale, margin nor direction counts."""
    weights = dict(zip(contrast.scenarios, contrast.weights(), strict=True))
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
    """In the order of the contrast's scenarios, reduced to what is compared."""
    natural_margin: float
    """In natural units."""
    design: Design
    has_lost: bool = False
    """Whether the kind of contrast leaves out values that a repeat has."""

    @cached_property
    def key(self) -> FamilyKey:
        """What it counts as in the family."""
        return family_key(self.series, self.contrast)

    @cached_property
    def margin(self) -> float:
        """The margin on the scale of the estimate."""
        return self.contrast.scaled(self.natural_margin)

    @cached_property
    def weights(self) -> list[float]:
        """The samples' weights."""
        return self.contrast.weights()

    @property
    def is_exact(self) -> bool:
        """Whether all samples are constants by declaration, so that nothing has to be inferred."""
        return self.contrast.is_of_means and all(sample.is_constant for sample in self.samples)

    @cached_property
    def compared(self) -> tuple[np.ndarray, ...]:
        """The values of each sample that count: in a paired study those of complete repeats."""
        return self.design.values(*self.samples)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many of these there are."""
        return tuple(map(len, self.compared))

    @cached_property
    def estimate(self) -> Estimate | PrecisionEstimate | None:
        """The estimate that decides; None with too few repeats."""
        return self.contrast.estimate(self.samples, self.compared, self.design)

    def why_no_interval(self) -> str:
        """The reason why there is no interval, if there is none."""
        absent = [sample.scenario for sample in self.samples if not len(sample.values)]
        if absent:
            was = "was" if len(absent) == 1 else "were"
            return f"{', '.join(absent)} {was} not run on {self.series}"
        if self.estimate is None:
            return "fewer than 2 repeats with a value"
        return self.contrast.why_no_interval(self.samples, self.sizes, self.design)

    def smallest_permutation_p(self) -> float:
        """The smallest p that a distribution-free test could have."""
        return self.contrast.smallest_permutation_p(self.samples, self.design)

    def resampled_nulls(self, draws: int, most: int) -> Iterator[Approximation | PrecisionEstimate]:
        """Estimates from resamples with nothing to find in them, from at most `most` values."""
        samples = tuple(
            replace(s, values=s.values[:most], _resamples={}) if len(s.values) > most else s
            for s in self.samples
        )
        return self.contrast.resampled_nulls(samples, self.design, draws)


def questions_of(
    contrasts: Iterable[Contrast],
    samples: Mapping[str, Samples],
    margins: Mapping[str, float],
    design: Design,
) -> list[Question]:
    """Every contrast on every series, series by series.

    `samples` are by metric, `margins` by series, for contrasts that have none of their own.
    """
    return [
        _question(series, contrast, samples[contrast.metric], margins[series], design)
        for series, contrast in product(margins, contrasts)
    ]


def asked_by(
    findings: Iterable[Finding],
    samples: Mapping[str, Samples],
    margins: Mapping[str, float],
    design: Design,
) -> list[tuple[str, Question]]:
    """Every contrast of every finding on every series, with the finding's id; as questions_of."""
    asked = [(finding.id, contrast) for finding in findings for contrast in finding.contrasts]
    questions = questions_of([contrast for _, contrast in asked], samples, margins, design)
    ids = [id_ for _ in margins for id_, _ in asked]
    return list(zip(ids, questions, strict=True))


def _question(
    series: str, contrast: Contrast, samples: Samples, margin: float, design: Design
) -> Question:
    named = tuple(samples[series, name] for name in contrast.scenarios)
    taken = contrast.taken(named)
    margin = float(margin if contrast.margin is None else contrast.margin)
    has_lost = any(t.n_diverged > s.n_diverged for t, s in zip(taken, named, strict=True))
    return Question(series, contrast, taken, margin, design, has_lost)
