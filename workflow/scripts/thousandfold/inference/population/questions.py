"""A contrast on every series: the question whether a claim holds over series like the study's.

Each series has one effect, estimated from its own repeats; repeats are never pooled over series.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from thousandfold.inference.contrasts import Contrast
from thousandfold.inference.estimates import Estimate
from thousandfold.inference.questions import Question, comparison_name, family_key
from thousandfold.inference.samples import divergence_matters
from thousandfold.names import SERIES, Noun
from thousandfold.study import Finding, OverSeries

ALL = ""
"""Stands for all series in the key of a contrast."""


Asked = Sequence[tuple[str, Question]]
"""Questions with the ids of their findings."""


@dataclass(frozen=True)
class Effect:
    """A contrast on one series, on the scale of its estimate; NaN if it is not known.

    Of a series with several test windows, it is their mean.
    """

    series: str
    value: float
    variance: float
    """Of the estimate, from the repeats; NaN of single repeats."""
    fewest_repeats: int
    """Of the smallest of its samples."""
    windows: int = 1
    """How many test windows it is the mean of."""


def effect_of(question: Question, *, higher_is_better: bool = False) -> Effect:
    """The effect on one series; single repeats will do for means.

    It is not known where a scenario was not run, or where diverged repeats could change it.
    """
    fewest = min(question.sizes, default=0)
    unknown = Effect(question.series, np.nan, np.nan, fewest)
    if fewest == 0 or divergence_matters(
        question.samples, question.weights, higher_is_better=higher_is_better
    ):
        return unknown
    estimate = question.estimate
    if isinstance(estimate, Estimate) and np.isfinite(estimate.difference):
        variance = float(estimate.standard_error) ** 2
        return Effect(question.series, float(estimate.difference), variance, fewest)
    if estimate is None and question.contrast.is_of_means:
        means = [values.mean() for values in question.compared]
        return Effect(question.series, float(np.dot(question.weights, means)), np.nan, fewest)
    return unknown


def mean_effect(effects: Sequence[Effect]) -> Effect:
    """The mean of the effects on a series' test windows, whose repeats are independent.

    It is not known if one of them is not.
    """
    n = len(effects)
    return Effect(
        effects[0].series,
        float(np.mean([effect.value for effect in effects])),
        float(np.sum([effect.variance for effect in effects])) / n**2,
        min(effect.fewest_repeats for effect in effects),
        n,
    )


@dataclass(frozen=True, eq=False)
class PopulationQuestion:
    """A contrast of a finding, with its effect on every series."""

    id: str
    contrast: Contrast
    over: OverSeries
    margin: float
    """On the scale of the estimate."""
    natural_margin: float
    effects: tuple[Effect, ...]
    noun: Noun = SERIES
    """What its series are called."""

    @property
    def comparison(self) -> str:
        """The weighted scenarios as tables name them."""
        return comparison_name(family_key(ALL, self.contrast))

    @property
    def metric(self) -> str:
        """What is compared."""
        return self.contrast.metric

    @property
    def estimand(self) -> str:
        """What is estimated."""
        return self.contrast.estimand

    @cached_property
    def known(self) -> tuple[Effect, ...]:
        """The effects that are known."""
        return tuple(effect for effect in self.effects if np.isfinite(effect.value))

    @property
    def n_unknown(self) -> int:
        """On how many series the effect is not known."""
        return len(self.effects) - len(self.known)

    @cached_property
    def values(self) -> np.ndarray:
        """The known effects, shape (series,)."""
        return np.array([effect.value for effect in self.known])

    @cached_property
    def variances(self) -> np.ndarray:
        """Their variances, shape (series,)."""
        return np.array([effect.variance for effect in self.known])

    @cached_property
    def n_repeats(self) -> np.ndarray:
        """The repeats of the smallest sample of each, shape (series,)."""
        return np.array([effect.fewest_repeats for effect in self.known])

    def filled(self, value: float) -> np.ndarray:
        """All effects, with those that are not known taken for this value."""
        return np.append(self.values, np.full(self.n_unknown, value))


def population_questions(
    findings: Iterable[Finding],
    asked: Asked,
    directions: Mapping[str, bool],
    on_earlier: Iterable[Asked] = (),
    noun: Noun = SERIES,
) -> list[PopulationQuestion]:
    """What the findings over series ask.

    `asked` are the questions of all findings on all series, `on_earlier` the same on each of their
    earlier test windows, and `directions` says of each metric whether a higher value is the better
    one. `noun` is what series are called.
    """
    windows = [asked, *on_earlier]
    found = []
    for finding in findings:
        if finding.over is None:
            continue
        for contrast in finding.contrasts:
            better = directions.get(contrast.metric, False)
            own = [
                question
                for window in windows
                for id_, question in window
                if id_ == finding.id and question.contrast is contrast
            ]
            on_series: dict[str, list[Effect]] = {}
            for question in own:
                effect = effect_of(question, higher_is_better=better)
                on_series.setdefault(question.series, []).append(effect)
            found.append(
                PopulationQuestion(
                    finding.id,
                    contrast,
                    finding.over,
                    own[0].margin,
                    own[0].natural_margin,
                    tuple(mean_effect(effects) for effects in on_series.values()),
                    noun,
                )
            )
    return found


def population_size(findings: Iterable[Finding]) -> int:
    """How many things claimed over series share alpha.

    Distinct typical effects, claims about shares, and claims that need several contrasts at once.
    """
    contrasts: set[Hashable] = set()
    shares: set[Hashable] = set()
    conjunctions = 0
    for finding in findings:
        if finding.over is None:
            continue
        keys = [family_key(ALL, contrast) for contrast in finding.contrasts]
        contrasts.update((key, finding.over.typical) for key in keys)
        if finding.over.on_at_least is not None:
            asked = (finding.over.on_at_least, finding.contrasts[0].margin)
            shares.update((key, finding.expect, *asked) for key in keys)
        conjunctions += len(keys) > 1
    return len(contrasts) + len(shares) + conjunctions
