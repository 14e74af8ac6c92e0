"""The chance of each verdict before a run: by simulation through what decides."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy import stats

from thousandfold.inference.draws import parts
from thousandfold.inference.questions import Question
from thousandfold.inference.samples import Sample
from thousandfold.inference.verdicts import Verdict, claim_verdict, conjunction_verdict

DRAWS = 2000
"""Simulated studies of each n: the error of a chance is at most 1.1 points."""

ASSUMED_REPEATS = 1000
"""Values that stand for an assumed distribution."""

SIDES = {"less": -1, "more_stable": -1, "equivalent": 0, "precision": 0}
"""Where the true effect lies if it is as claimed; 1 for all other claims."""


def assumed(spread: float, sample: Sample) -> Sample:
    """A pilot that stands for an assumed standard deviation, in the metric's units.

    It takes the place of `sample`, with quantiles of a normal distribution in random order, so that
    pairs of two are unrelated; a constant stays one. Shape (ASSUMED_REPEATS,).
    """
    quantiles = stats.norm.ppf((np.arange(ASSUMED_REPEATS) + 0.5) / ASSUMED_REPEATS)
    if sample.is_deterministic:
        return replace(sample, values=np.zeros(ASSUMED_REPEATS))
    shuffled = sample.rng("assumed spread").permutation(quantiles)
    return replace(sample, values=spread * shuffled / quantiles.std(ddof=1))


@dataclass(frozen=True)
class Simulation:
    """The deciding intervals of a claim's contrasts in simulated studies of n repeats of each."""

    n: int
    questions: tuple[Question, ...]
    found: tuple[float, ...]
    """The contrasts' effects where the studies are drawn from, on the scale of their estimates."""
    lows: tuple[np.ndarray, ...]
    """The intervals' lower ends of each contrast, shape (DRAWS,)."""
    highs: tuple[np.ndarray, ...]

    def chances(self, index: int, difference: float) -> dict[Verdict, float]:
        """The chance of each verdict on one of the contrasts, given its true difference.

        On the scale of the estimate. Chances of verdicts that came up; they add up to 1.
        """
        return _shares(self._verdicts(index, difference))

    def joint_chances(self, in_margins: float) -> dict[Verdict, float]:
        """The chance of each verdict on the claim that all of the contrasts make.

        All true differences lie so many margins on the claimed side; those claimed to be none are
        none, unless all are.
        """
        sides = [SIDES.get(question.contrast.expect, 1) for question in self.questions]
        if not any(sides):
            sides = [1] * len(sides)
        together = zip(
            *(
                self._verdicts(index, side * in_margins * question.margin)
                for index, (side, question) in enumerate(zip(sides, self.questions, strict=True))
            ),
            strict=True,
        )
        return _shares(map(_joint_verdict, together))

    def _verdicts(self, index: int, difference: float) -> list[Verdict]:
        contrast, found = self.questions[index].contrast, self.found[index]
        low, high = (
            contrast.moved(ends[index], found, difference) for ends in (self.lows, self.highs)
        )
        verdicts = claim_verdict(contrast.expect, low, high, self.questions[index].margin)
        return list(verdicts)


_joint_verdict = cache(conjunction_verdict)


def _shares(verdicts: Iterable[Verdict]) -> dict[Verdict, float]:
    return {verdict: found / DRAWS for verdict, found in Counter(verdicts).items()}


def simulated(
    questions: Sequence[Question], alpha: float, n: int, rng: np.random.Generator
) -> Simulation:
    """Studies of n repeats of each scenario, drawn with replacement from a pilot.

    The pilot is the questions' samples; all questions are about one series and one metric, and
    draw the same repeats of a scenario. `alpha` is the share of it that each contrast has. The
    studies inherit the pilot's uncertainty: with ten repeats its standard deviation is known to
    about a quarter.
    """
    samples = {sample.scenario: sample for question in questions for sample in question.samples}
    design = questions[0].design
    pools = {
        name: as_population(values)
        for name, values in zip(samples, design.values(*samples.values()), strict=True)
    }
    ends: list[tuple[list[np.ndarray], list[np.ndarray]]] = [([], []) for _ in questions]
    for rows in parts(DRAWS, n * len(pools)):
        drawn = dict(zip(pools, design.draw(list(pools.values()), (rows, n), rng), strict=True))
        for (lows, highs), question in zip(ends, questions, strict=True):
            own = [drawn[name] for name in question.contrast.scenarios]
            low, high = question.contrast.estimated(own, design).interval(alpha)
            lows.append(low)
            highs.append(high)
    return Simulation(
        n,
        tuple(questions),
        tuple(
            question.contrast.effect_in([pools[name] for name in question.contrast.scenarios])
            for question in questions
        ),
        *(tuple(map(np.concatenate, sides)) for sides in zip(*ends, strict=True)),
    )


def as_population(values: np.ndarray) -> np.ndarray:
    """Values of which the variance over n is that of the sample over n - 1; a single one stays."""
    centre = values.mean()
    return centre + (values - centre) * math.sqrt(len(values) / max(1, len(values) - 1))
