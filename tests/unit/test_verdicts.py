"""The decision rules: total, one verdict, coherent. Expected words are the rules' own table."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thousandfold.inference.verdicts import (
    DifferenceVerdict,
    Verdict,
    claim_verdict,
    conjunction_verdict,
    difference_verdict,
    range_verdict,
)

DIRECTIONS = ("less", "greater", "different", "equivalent", "more_stable")
RANKED = list(Verdict)

# Without numbers so small that one of them, rescaled, would be 0.
ends = st.floats(-100, 100).filter(lambda end: end == 0 or abs(end) > 1e-300)
margins = st.floats(0.01, 50)


@st.composite
def intervals(draw):
    return tuple(sorted((draw(ends), draw(ends))))


# Interval, margin 5 -> verdict on the difference, on less, greater, different, equivalent.
S, U, N, O, C = (
    Verdict.SUPPORTED, Verdict.DIRECTION_SUPPORTED, Verdict.NO_DIFFERENCE,
    Verdict.UNDECIDED, Verdict.CONTRADICTED,
)  # fmt: skip
TABLE = [
    ((6, 9), "differs, by more than the margin", C, S, S, C),
    ((-9, -6), "differs, by more than the margin", S, C, S, C),
    ((1, 3), "differs, but by less than the margin", N, N, N, S),
    ((-3, -1), "differs, but by less than the margin", N, N, N, S),
    ((-2, 3), "equivalent", N, N, N, S),
    ((3, 7), "differs, size unresolved", C, U, U, O),
    ((0.5, 7), "differs, size unresolved", C, U, U, O),
    ((-7, -0.5), "differs, size unresolved", U, C, U, O),
    ((-7, -3), "differs, size unresolved", U, C, U, O),
    ((-2, 7), "inconclusive", O, O, O, O),
    ((-7, 2), "inconclusive", O, O, O, O),
    ((-9, 9), "inconclusive", O, O, O, O),
    # Ends that touch: an interval up to the margin is not inside it, one from the margin on is
    # not beyond it, and one that starts at 0 holds 0.
    ((-2, 5), "inconclusive", O, O, O, O),
    ((5, 7), "differs, size unresolved", C, U, U, O),
    ((0, 3), "equivalent", N, N, N, S),
    ((0, 7), "inconclusive", O, O, O, O),
    ((0, 0), "equivalent", N, N, N, S),
]


@pytest.mark.parametrize(
    ("interval", "difference", "less", "greater", "different", "equivalent"), TABLE
)
def test_the_table(interval, difference, less, greater, different, equivalent):
    assert difference_verdict(*interval, 5) == difference
    assert claim_verdict("less", *interval, 5) == less
    assert claim_verdict("more_stable", *interval, 5) == less
    assert claim_verdict("greater", *interval, 5) == greater
    assert claim_verdict("different", *interval, 5) == different
    assert claim_verdict("equivalent", *interval, 5) == equivalent


@given(intervals(), margins, st.sampled_from(DIRECTIONS))
def test_total(interval, margin, expect):
    assert difference_verdict(*interval, margin) in DifferenceVerdict
    assert claim_verdict(expect, *interval, margin) in Verdict


@given(intervals(), margins)
def test_mirrored_by_a_swap(interval, margin):
    low, high = interval
    assert difference_verdict(low, high, margin) == difference_verdict(-high, -low, margin)
    assert claim_verdict("less", low, high, margin) == claim_verdict("greater", -high, -low, margin)
    for expect in ("different", "equivalent"):
        assert claim_verdict(expect, low, high, margin) == claim_verdict(
            expect, -high, -low, margin
        )


@given(
    intervals(),
    margins,
    st.sampled_from([2.0**k for k in range(-8, 9)]),
    st.sampled_from(DIRECTIONS),
)
def test_unchanged_by_a_common_rescaling(interval, margin, factor, expect):
    scaled = [factor * x for x in (*interval, margin)]
    assert claim_verdict(expect, *interval, margin) == claim_verdict(expect, *scaled)


shares = st.floats(-0.999, 0.999)


@given(shares, shares, margins, st.floats(1, 10))
def test_a_larger_margin_never_breaks_equivalent(one_end, other_end, margin, factor):
    low, high = sorted((margin * one_end, margin * other_end))
    for at_least in (margin, margin * factor):
        assert claim_verdict("equivalent", low, high, at_least) == Verdict.SUPPORTED


@given(intervals(), margins)
def test_opposite_claims_are_never_both_supported(interval, margin):
    supported = {Verdict.SUPPORTED, Verdict.DIRECTION_SUPPORTED}
    verdicts = [
        claim_verdict(expect, *interval, margin) for expect in ("less", "greater", "equivalent")
    ]
    assert sum(verdict in supported for verdict in verdicts) <= 1


def test_an_interval_that_is_not_known_decides_nothing():
    nan = float("nan")
    assert difference_verdict(nan, nan, 1) == "inconclusive"
    assert {claim_verdict(expect, nan, nan, 1) for expect in DIRECTIONS} == {Verdict.UNDECIDED}
    assert range_verdict(nan, nan, 1) == "inconclusive"


@given(st.lists(intervals(), min_size=1, max_size=20), margins, st.sampled_from(DIRECTIONS))
def test_many_at_once_are_each_for_itself(many, margin, expect):
    low, high = np.array(many).T
    for rule in (difference_verdict, lambda *x: claim_verdict(expect, *x), range_verdict):
        assert list(rule(low, high, margin)) == [rule(*one, margin) for one in many]


D = Verdict.DOES_NOT_HOLD
# Two members -> the verdict on both: false (C, N) beats unknown (O), unknown beats true (U, S).
BOTH = {
    (S, S): S, (S, U): U, (S, O): O, (S, N): D, (S, C): C,
    (U, U): U, (U, O): O, (U, N): D, (U, C): C,
    (O, O): O, (O, N): D, (O, C): C,
    (N, N): D, (N, C): C,
    (C, C): C,
}  # fmt: skip


@pytest.mark.parametrize(("members", "both"), BOTH.items())
def test_a_conjunction_of_two(members, both):
    """Strong Kleene conjunction (1952, section 64), row by row."""
    assert conjunction_verdict(members) == conjunction_verdict(members[::-1]) == both


def both(a, b):
    return BOTH.get((a, b)) or BOTH[b, a]


def test_a_conjunction_of_three():
    """That of two, and the third; "does not hold" is false as N is."""
    for a, b, c in product((S, U, O, N, C), repeat=3):
        first = both(a, b)
        assert conjunction_verdict([a, b, c]) == both(N if first == D else first, c)


def test_a_conjunction_of_one_is_that_one():
    assert [conjunction_verdict([verdict]) for verdict in (S, U, O, N, C)] == [S, U, O, N, C]


def test_the_words():
    assert [str(verdict) for verdict in RANKED] == [
        "contradicted", "does not hold", "no difference that matters", "undecided",
        "direction supported", "supported",
    ]  # fmt: skip


def test_unknown_directions_are_refused():
    with pytest.raises(ValueError, match="unknown direction"):
        claim_verdict("better", 6, 9, 5)
