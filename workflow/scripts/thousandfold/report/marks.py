"""How the page marks each verdict: by icon and colour, and what it means."""

from dataclasses import dataclass

from thousandfold.inference.population.judging import NO_TYPICAL_DIFFERENCE
from thousandfold.inference.verdicts import Verdict


@dataclass(frozen=True)
class Mark:
    """A verdict as the page marks it."""

    word: str
    icon: str
    tone: str
    """The class that style.css gives its colour."""


_LOOKS = {
    Verdict.SUPPORTED: ("✔", "good"),
    Verdict.DIRECTION_SUPPORTED: ("◕", "fair"),
    Verdict.UNDECIDED: ("?", "open"),
    Verdict.NO_DIFFERENCE: ("≈", "same"),
    Verdict.DOES_NOT_HOLD: ("⊘", "bad"),
    Verdict.CONTRADICTED: ("✘", "bad"),
}

_OVER_SERIES = {NO_TYPICAL_DIFFERENCE: Verdict.NO_DIFFERENCE}
"""What a verdict over series looks like whose words are its own."""

MEANINGS = {
    Verdict.SUPPORTED: "The whole interval lies where the claim says, beyond the margin (for "
    "“equivalent”: inside it).",
    Verdict.DIRECTION_SUPPORTED: "The difference has the claimed sign; whether it is larger than "
    "the margin is open.",
    Verdict.UNDECIDED: "The data do not settle it. Each such claim gives the reason: the interval "
    "is too wide (and how many repeats would settle it), the estimate lies too close to the "
    "margin, repeats are too few or do not vary, or some have no finite value and could change the "
    "answer.",
    Verdict.NO_DIFFERENCE: "The whole interval lies inside the margin: whatever difference there "
    "is, it is too small to matter.",
    Verdict.DOES_NOT_HOLD: "One of the several comparisons that the claim makes shows no "
    "difference that matters, so the claim as a whole is false; the other comparisons may still "
    "differ.",
    Verdict.CONTRADICTED: "The difference has the opposite sign (for “equivalent”: lies beyond the "
    "margin).",
}
"""What each verdict means, in a sentence or two."""


def mark_of(verdict: str) -> Mark:
    """The mark of a verdict, on a series or over series."""
    return Mark(verdict, *_LOOKS[Verdict(_OVER_SERIES.get(verdict, verdict))])


def best_first() -> list[Verdict]:
    """All verdicts, from best to worst."""
    return list(reversed(Verdict))
