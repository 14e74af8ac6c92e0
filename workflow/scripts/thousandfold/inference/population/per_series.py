"""Verdicts on single series of a study whose claims are about the population: exploratory ones.

Every word has a p of its own, of the statement that it makes, and stands only where that p is small
enough among those of the same word on all series. Where it is not, the next that stands takes its
place.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from statsmodels.stats.multitest import multipletests

from thousandfold.inference.decisions import Decision
from thousandfold.inference.estimates import Estimate
from thousandfold.inference.questions import Question
from thousandfold.inference.verdicts import DifferenceVerdict, Verdict

OPPOSITE = {"less": "greater", "more_stable": "greater", "greater": "less"}

MAY_BE_LUCK = "with so many looked at, one like this may be luck"


@dataclass(frozen=True)
class Statement:
    """What could be said of a claim on one series, in its words and in those about any contrast."""

    verdict: Verdict
    difference: DifferenceVerdict
    p: float
    """Small if the data support it."""


def exploratory_p(p: np.ndarray) -> np.ndarray:
    """The p over series × findings, adjusted for the false discovery rate.

    At most a share alpha of the statements whose adjusted p is up to alpha are expected to be
    wrong, however the p depend on each other (Benjamini and Yekutieli 2001, *Annals of Statistics*
    29, theorem 1.3). Any shape; NaN, where there is no p, stays and does not count.
    """
    adjusted = np.full(p.shape, np.nan)
    known = ~np.isnan(p)
    if known.any():
        adjusted[known] = multipletests(p[known], method="fdr_by")[1]
    return adjusted


def words(estimate: Estimate, expect: str, margin: float) -> list[Statement]:
    """The verdicts that there could be, the first that stands first, as in `claim_verdict`."""
    inside, beyond, differs = (
        estimate.p_equivalence(margin),
        estimate.p_claim("different", margin),
        estimate.p_claim("different", 0),
    )
    alike = DifferenceVerdict.EQUIVALENT
    far, unresolved = DifferenceVerdict.BEYOND_MARGIN, DifferenceVerdict.SIZE_UNRESOLVED
    if expect == "equivalent":
        return [
            Statement(Verdict.SUPPORTED, alike, inside),
            Statement(Verdict.CONTRADICTED, far, beyond),
        ]
    if expect == "different":
        return [
            Statement(Verdict.NO_DIFFERENCE, alike, inside),
            Statement(Verdict.SUPPORTED, far, beyond),
            Statement(Verdict.DIRECTION_SUPPORTED, unresolved, differs),
        ]
    against = estimate.p_claim(OPPOSITE[expect], 0)
    return [
        Statement(Verdict.NO_DIFFERENCE, alike, inside),
        Statement(Verdict.CONTRADICTED, unresolved, against),
        Statement(Verdict.SUPPORTED, far, estimate.p_claim(expect, margin)),
        Statement(Verdict.DIRECTION_SUPPORTED, unresolved, estimate.p_claim(expect, 0)),
    ]


def finer_words(estimate: Estimate, expect: str, margin: float) -> list[Statement]:
    """What more may be said of the contrast beside a verdict, at most one thing beside each."""
    differs = estimate.p_claim("different", 0)
    inside = max(differs, estimate.p_equivalence(margin))
    within = DifferenceVerdict.WITHIN_MARGIN
    if expect == "equivalent":
        return [
            Statement(Verdict.SUPPORTED, within, inside),
            Statement(Verdict.UNDECIDED, DifferenceVerdict.SIZE_UNRESOLVED, differs),
        ]
    found = [Statement(Verdict.NO_DIFFERENCE, within, inside)]
    if expect in OPPOSITE:
        p = estimate.p_claim(OPPOSITE[expect], margin)
        found.append(Statement(Verdict.CONTRADICTED, DifferenceVerdict.BEYOND_MARGIN, p))
    return found


def exploratory(
    decided: Sequence[tuple[Question, Decision]], alpha: float
) -> list[tuple[Decision, float]]:
    """The decisions on all series, each with its claim's adjusted p: up to alpha, it is supported.

    NaN, and the decision as it was, where nothing is inferred: of constants or without an interval.
    """
    told, finer = ([_stated(*own, state) for own in decided] for state in (words, finer_words))
    adjusted, finer_adjusted = _adjusted(told), _adjusted(finer)
    found = []
    for place, (_, decision) in enumerate(decided):
        if not told[place]:
            found.append((decision, math.nan))
            continue
        stands = [word for word in told[place] if adjusted[word.verdict][place] <= alpha]
        stands += [Statement(Verdict.UNDECIDED, DifferenceVerdict.INCONCLUSIVE, 1.0)]
        word = next(
            (
                more
                for more in finer[place]
                if more.verdict == stands[0].verdict
                and finer_adjusted[more.verdict][place] <= alpha
            ),
            stands[0],
        )
        p = float(adjusted[Verdict.SUPPORTED][place])
        found.append((_worded(decision, word), p))
    return found


def _stated(
    question: Question,
    decision: Decision,
    state: Callable[[Estimate, str, float], list[Statement]],
) -> list[Statement]:
    """What could be said; nothing has support where diverged repeats could change the answer."""
    estimate = question.estimate
    if not (isinstance(estimate, Estimate) and estimate.is_known):
        return []
    stated = state(estimate, question.contrast.expect, question.margin)
    return [replace(word, p=1.0) for word in stated] if decision.is_overruled else stated


def _adjusted(stated: Sequence[Sequence[Statement]]) -> dict[Verdict, np.ndarray]:
    """The adjusted p of each verdict, in the places of `stated`; NaN where it could not be told."""
    p = {verdict: np.full(len(stated), np.nan) for verdict in Verdict}
    for place, told in enumerate(stated):
        for word in told:
            p[word.verdict][place] = word.p
    return {verdict: exploratory_p(own) for verdict, own in p.items()}


def _worded(decision: Decision, word: Statement) -> Decision:
    """The decision in these words, with the reason why it is undecided if that is why."""
    if decision.is_overruled:
        return replace(decision, difference_verdict=word.difference)
    because, n_to_resolve = None, math.nan
    if word.verdict == Verdict.UNDECIDED:
        was_undecided = decision.verdict == Verdict.UNDECIDED
        because = decision.undecided_because if was_undecided else MAY_BE_LUCK
        n_to_resolve = decision.n_to_resolve
    return replace(
        decision, verdict=word.verdict, difference_verdict=word.difference,
        undecided_because=because, n_to_resolve=n_to_resolve,
    )  # fmt: skip
