"""What decides a contrast: its interval, the resulting verdict, or the reason why there is none.

Judging a study and simulating one both come through `decide`.
"""

import math
from dataclasses import dataclass, replace

from thousandfold.inference.estimates import SAME, Estimate, PrecisionEstimate
from thousandfold.inference.questions import Question
from thousandfold.inference.samples import divergence_matters
from thousandfold.inference.verdicts import (
    DifferenceVerdict,
    RangeVerdict,
    Verdict,
    claim_verdict,
    difference_verdict,
)


@dataclass(frozen=True)
class Decision:
    """The answer to a question."""

    difference: float
    """The estimated contrast; NaN of too few repeats."""
    low: float
    """The interval's lower end; NaN where there is no interval."""
    high: float
    difference_verdict: DifferenceVerdict | RangeVerdict
    verdict: Verdict
    undecided_because: str | None = None
    n_to_resolve: float = math.nan
    """Repeats of each that would make the interval narrower than the margin; NaN if decided."""
    is_overruled: bool = False
    """Whether diverged repeats could change the answer."""


def decide(question: Question, alpha: float, *, higher_is_better: bool = False) -> Decision:
    """The answer at level 1 - alpha, which is the share of alpha of this one contrast."""
    estimate = question.estimate
    if question.is_exact:
        decision = _exact(question)
    elif estimate is None or not estimate.is_known:
        return _without_interval(question)
    else:
        decision = _by_interval(question, estimate, alpha)
    if not divergence_matters(
        question.samples, question.weights, higher_is_better=higher_is_better
    ):
        return decision
    # Neither yes nor no, so that a claim and its mirror image have the same answer.
    return replace(
        decision,
        verdict=Verdict.UNDECIDED,
        undecided_because="repeats without a finite value could change the answer",
        is_overruled=True,
    )


def _exact(question: Question) -> Decision:
    """The verdict on constants: they differ exactly, or they are the same."""
    parts = [
        weight * float(sample.moments.mean)
        for sample, weight in zip(question.samples, question.weights, strict=True)
    ]
    difference = sum(parts)
    if abs(difference) <= SAME * max(map(abs, parts)):
        difference = 0.0
    return Decision(
        difference,
        difference,
        difference,
        difference_verdict(difference, difference, question.margin),
        claim_verdict(question.contrast.expect, difference, difference, question.margin),
    )


def _without_interval(question: Question) -> Decision:
    estimate = question.estimate
    difference = math.nan if estimate is None else float(estimate.difference)
    return Decision(
        difference if math.isfinite(difference) else math.nan,
        math.nan,
        math.nan,
        DifferenceVerdict.INCONCLUSIVE,
        Verdict.UNDECIDED,
        question.why_no_interval(),
    )


def _by_interval(
    question: Question, estimate: Estimate | PrecisionEstimate, alpha: float
) -> Decision:
    low, high = (float(end) for end in estimate.interval(alpha))
    margin, expect = question.margin, question.contrast.expect
    say = question.contrast.interval_verdict
    decision = Decision(
        float(estimate.difference), low, high, say(low, high, margin),
        claim_verdict(expect, low, high, margin),
    )  # fmt: skip
    if decision.verdict != Verdict.UNDECIDED:
        return decision
    if isinstance(estimate, PrecisionEstimate):
        because = "the interval reaches over an end of the claimed range"
        return replace(decision, undecided_because=because)
    n = estimate.n_to_resolve(alpha, margin)
    return replace(
        decision, n_to_resolve=n, undecided_because=_too_wide(decision, expect, margin, n)
    )


def _too_wide(decision: Decision, expect: str, margin: float, n: float) -> str:
    """Whether `n` repeats, which make the interval as wide as the margin, would settle it."""
    if math.isinf(n):
        return "the interval is too wide, and would still be with 10⁹ repeats"
    ends = decision.difference - margin / 2, decision.difference + margin / 2
    if claim_verdict(expect, *ends, margin) == Verdict.UNDECIDED:
        return (
            f"the estimate lies so close to the margin that {n:,} repeats of each may not settle it"
        )
    return f"the interval is too wide; about {n:,} repeats of each would settle it"
