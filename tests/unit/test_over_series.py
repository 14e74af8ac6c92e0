"""Claims over series: from repeats to the verdict on series like the study's, and its words."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from support import ROOT

from thousandfold.inference.analyses import judged
from thousandfold.inference.contrasts import MeanDifference, MeanRatio, SpreadRatio
from thousandfold.inference.decisions import Decision
from thousandfold.inference.estimates import Estimate
from thousandfold.inference.population.judging import decide_over_series
from thousandfold.inference.population.per_series import MAY_BE_LUCK, exploratory
from thousandfold.inference.population.questions import (
    Effect,
    PopulationQuestion,
    population_size,
)
from thousandfold.inference.population.typical import fewest_series
from thousandfold.inference.verdicts import Verdict, claim_verdict, difference_verdict
from thousandfold.names import SERIES
from thousandfold.settings import VerdictSettings
from thousandfold.study import Finding, OverSeries

TABLES = ROOT / "tests/cases/tables"

MEDIAN, MEAN = OverSeries(), OverSeries("mean")


def less(margin=1.0, a="a", b="b", expect="less"):
    return MeanDifference(expect, a, b, margin, "score")


def asked(values, expect="less", over=MEDIAN, margin=1.0, variances=math.nan, repeats=1):
    """A question with these effects."""
    variances = np.broadcast_to(variances, len(values))
    effects = tuple(
        Effect(f"s{index}", float(value), float(variance), repeats)
        for index, (value, variance) in enumerate(zip(values, variances, strict=True))
    )
    return PopulationQuestion("A", less(margin, expect=expect), over, margin, margin, effects)


def decision(values, alpha=0.05, **question):
    return decide_over_series(asked(values, **question), alpha)


def finding(*contrasts, id_="A", over=MEDIAN, expect=None):
    expect = expect or ("all_of" if len(contrasts) > 1 else contrasts[0].expect)
    return Finding(id_, f"Claim {id_}.", "test", expect, contrasts, over=over)


def study_of(findings, series, **changes):
    """The settings of a study of these series, whose metric has no unit."""
    found = VerdictSettings(
        seed=1, findings=tuple(findings), noun=SERIES, clusters=None, margins=dict.fromkeys(series, 1.0),
        units={(name, "score"): "" for name in series}, alpha=0.05, design="independent",
        metrics=("score",), directions={"score": False}, deterministic=(),
    )  # fmt: skip
    return replace(found, **changes)


def repeats_of(**scenarios):
    """A table of repeats from arrays of shape (series, repeats)."""
    rows = [
        (f"s{series}", scenario, repeat, value)
        for scenario, values in scenarios.items()
        for series, own in enumerate(values)
        for repeat, value in enumerate(own)
    ]
    return pd.DataFrame(rows, columns=["series", "scenario", "repeat", "score"])


def told(repeats, *findings, **changes):
    return judged(repeats, study_of(findings, repeats["series"].unique(), **changes), [], {})


def drawn(n_series, n_repeats=5, shift=-3.0, seed=1, spread=0.5):
    """Repeats of a and b on so many series; a is lower by `shift`, more or less."""
    rng = np.random.default_rng(seed)
    level = rng.normal(50, 10, (n_series, 1))
    effects = shift + rng.normal(0, spread, (n_series, 1))
    noise = rng.normal(0, 0.1, (2, n_series, n_repeats))
    return {"a": level + effects + noise[0], "b": level + noise[1]}


@pytest.mark.parametrize(
    ("expect", "values", "verdict"),
    [
        ("less", np.arange(-20.0, -2), Verdict.SUPPORTED),
        ("greater", np.arange(-20.0, -2), Verdict.CONTRADICTED),
        ("less", np.linspace(-0.5, 0.5, 30), Verdict.NO_DIFFERENCE),
        ("less", np.linspace(-5, 5, 30), Verdict.UNDECIDED),
    ],
)  # fmt: skip
def test_the_typical_effect_decides(expect, values, verdict):
    assert decision(values, expect=expect).verdict == verdict


@pytest.mark.parametrize(("k", "fewest"), [(1, 6), (15, 10)])
def test_a_median_takes_as_many_series_as_its_level_does(k, fewest):
    assert fewest_series(0.05 / k) == fewest
    assert 2.0 ** (1 - fewest) <= 0.05 / k < 2.0 ** (2 - fewest)
    enough, too_few = (decision(np.full(n, -9.0), 0.05 / k) for n in (fewest, fewest - 1))
    assert enough.verdict == Verdict.SUPPORTED
    assert enough.undecided_because is None
    assert too_few.interval is None
    assert too_few.undecided_because == f"{fewest - 1} series are too few; it takes {fewest}"


def test_an_unknown_effect_may_be_anything():
    """The median's interval covers the ones with the effect at either extreme."""
    values = np.append(np.linspace(-9, -3, 19), [math.nan] * 2)
    found = decision(values).interval
    ordered = [np.sort(np.append(values[:19], [end] * 2)) for end in (-math.inf, math.inf)]
    # The order statistics of 21: 2 P(Bin(21, 1/2) < 6) is .0266, and .0784 of 7.
    assert (found.low, found.high) == (ordered[0][5], ordered[1][15])
    assert found.level == pytest.approx(1 - 2 * stats.binom.cdf(5, 21, 0.5))
    known = decision(values[:19]).interval
    assert found.low < known.low
    assert found.high > known.high


def test_unknown_effects_can_make_a_claim_undecided():
    values = np.append(np.full(9, -3.0), [math.nan])
    assert decision(values).verdict == Verdict.SUPPORTED
    values = np.append(np.full(6, -3.0), [math.nan] * 4)
    found = decision(values)
    assert found.verdict == Verdict.UNDECIDED
    assert "the effect on 4 is not known" in found.undecided_because
    found = decision(values, over=MEAN)
    assert found.interval is None
    assert found.undecided_because == "the effect on 4 of 10 series is not known"


def test_an_unknown_effect_is_no_series_as_claimed_and_none_that_is_not():
    values = np.append(np.full(18, -3.0), [math.nan] * 2)
    found = decision(values, over=OverSeries(on_at_least=0.5)).share
    low = proportion_confint(18, 20, 0.05, method="beta")[0]
    assert (found.n_as_claimed, found.n_series) == (18, 20)
    assert (found.interval.low, found.interval.high) == pytest.approx((low, 1.0))


def test_the_flag_names_how_many_series_were_left_out():
    """Of 250 series 1 % are two."""
    steady = np.append(np.tile([-0.2, -0.1], 124), [30.0, 30.0])[:, None]
    repeats = repeats_of(a=50.0 + steady, b=np.full((250, 1), 50.0))
    (row,) = told(repeats, finding(less(0.05), over=MEAN)).population
    kept = steady[:248, 0]
    _, high = stats.t.interval(0.95, 247, kept.mean(), stats.sem(kept))
    assert high < -0.05
    assert row.mean_high > -0.05
    assert row.flags == "without the 2 most extreme of 250 series the answer is another"


@pytest.mark.parametrize(
    ("hits", "at_least", "verdict"),
    [(20, 0.8, Verdict.SUPPORTED), (20, 0.9, Verdict.UNDECIDED), (13, 0.8, Verdict.UNDECIDED)],
)
def test_a_share_of_single_repeats_can_support_and_not_contradict(hits, at_least, verdict):
    values = np.append(np.full(hits, -3.0), np.zeros(20 - hits))
    found = decision(values, over=OverSeries(on_at_least=at_least))
    assert found.verdict == verdict
    if verdict == Verdict.UNDECIDED:
        assert found.undecided_because == f"20 series do not settle a share of {at_least:g}"


@pytest.mark.parametrize(
    ("values", "variances", "repeats", "because"),
    [
        (np.zeros(10), math.nan, 1, "contradicting a share takes 10 repeats of each scenario on each series"),
        (np.zeros(10), 0.01, 9, "contradicting a share takes 10 repeats of each scenario on each series"),
        (np.zeros(10), 0.0, 10, "contradicting a share takes repeats that vary on each series, and on several"),
        (
            np.append(np.zeros(12), math.nan), 0.01, 10,
            "contradicting a share takes the effect on each series, and that on 1 of 13 is not known",
        ),
        (np.array([-3.0] * 6 + [0] * 4), 0.01, 9, "10 series do not settle a share of 0.6"),
    ],
)  # fmt: skip
def test_why_a_share_is_undecided(values, variances, repeats, because):
    """Issued with the numbers: 0 of 10, [0, 30.8] %, do settle a share of 0.6."""
    found = decision(values, over=OverSeries(on_at_least=0.6), variances=variances, repeats=repeats)
    hits, n = int(np.sum(values < -1)), len(values)
    high = proportion_confint(hits + np.isnan(values).sum(), n, 0.05, method="beta")[1]
    assert (high < 0.6) == ("settle" not in because)
    assert (found.verdict, found.undecided_because) == (Verdict.UNDECIDED, because)


def test_a_calibrated_share_that_may_be_as_claimed_leaves_it_undecided():
    """Effects whose errors are as large as their spread: calibrated, nearly all are as claimed."""
    values = -1.3 + 0.5 * stats.norm.ppf((np.arange(60) + 0.5) / 60)
    found = decision(values, over=OverSeries(on_at_least=0.9), variances=0.24, repeats=10)
    assert found.share.interval.high < 0.9 <= found.share.calibrated_interval.high
    assert found.undecided_because == "the share of true effects (calibrated) may still be 0.9"


def test_a_share_that_is_known_on_no_series():
    found = decision(np.full(8, math.nan), over=OverSeries(on_at_least=0.6))
    assert found.undecided_because == "the effect is not known on any series"


def test_a_share_is_contradicted_by_the_calibrated_one_as_well():
    rng = np.random.default_rng(1)
    values = rng.normal(0, 3, 60)
    over = OverSeries(on_at_least=0.8)
    found = decision(values, over=over, variances=0.01, repeats=10)
    assert found.share.calibrated == pytest.approx(found.share.share, abs=0.05)
    assert found.verdict == Verdict.CONTRADICTED
    assert decision(values, over=over, variances=0.01, repeats=9).verdict == Verdict.UNDECIDED


def test_the_share_inside_the_margin_is_what_equivalence_claims():
    values = np.linspace(-0.9, 0.9, 40)
    over = OverSeries(on_at_least=0.9)
    assert decision(values, expect="equivalent", over=over).verdict == Verdict.SUPPORTED
    assert decision(3 + values, expect="equivalent", over=over).share.n_as_claimed == 0


def test_a_mean_that_rests_on_a_few_series_is_flagged():
    steady = np.append(np.tile([-0.2, -0.1], 60), [30.0])
    repeats = repeats_of(a=np.full((121, 1), 50.0) + steady[:, None], b=np.full((121, 1), 50.0))
    row, plain = (
        told(repeats, finding(less(0.05), over=over)).population[0] for over in (MEAN, MEDIAN)
    )
    assert row.flags == "without the most extreme of 121 series the answer is another"
    assert plain.typical == "median"
    assert (row.verdict, plain.verdict, plain.flags) == ("undecided", "supported", "")


def test_what_shares_alpha():
    a, b = less(), less(a="c")
    share = OverSeries(on_at_least=0.8)
    assert population_size([finding(a, over=None)]) == 0
    assert population_size([finding(a)]) == 1
    # The same typical effect, either way round and by any margin, is one.
    assert population_size([finding(a), finding(less(9.0, "b", "a", "greater"))]) == 1
    assert population_size([finding(a), finding(a, over=MEAN)]) == 2
    assert population_size([finding(a), finding(a, over=share)]) == 2
    assert (
        population_size([finding(a, over=share), finding(a, over=OverSeries("median", 0.9))]) == 3
    )
    assert population_size([finding(a, b)]) == 3
    assert population_size([finding(a, b), finding(b)]) == 3
    assert population_size([finding(a, b, over=share)]) == 5


def test_k_counts_no_series():
    repeats = repeats_of(**drawn(20), c=drawn(20, seed=2)["b"])
    own = finding(less(), id_="B", over=None)
    population = told(repeats, finding(less()), finding(less(a="c"), id_="C")).population
    assert [row.k for row in population] == [2, 2]
    found = told(repeats, finding(less()), own)
    assert found.population[0].k == 21  # the one, and B on each of 20 series
    assert {row.k for row in found.contrasts if row.id == "B"} == {21}
    assert found.population[0].typical_level >= 1 - 0.05 / 21


@pytest.mark.parametrize(("n_series", "over_series"), [(5, False), (6, True)])
def test_verdicts_on_each_series_stand_where_there_are_too_few(n_series, over_series):
    found = told(repeats_of(**drawn(n_series)), finding(less()))
    (row,), (claim,) = found.population, found.population_claims
    assert row.verdict == claim.verdict == ("supported" if over_series else "undecided")
    assert len(found.conjunctions) == (not over_series)
    assert claim.too_few_series == (not over_series)
    assert row.k == 1
    fewest = None if over_series else "5 series are too few; it takes 6"
    assert (row.undecided_because, claim.undecided_because) == (fewest, fewest)
    assert [row.k for row in found.contrasts] == [1 if over_series else 5] * n_series
    p = {math.isnan(row.exploratory_p) for row in found.contrasts}
    assert p == {not over_series}
    assert [row.verdict for row in found.contrasts] == ["supported"] * n_series


def test_of_fifteen_things_claimed_ten_series_are_enough():
    rng = np.random.default_rng(1)
    names = [f"m{index}" for index in range(15)]
    claims = [finding(less(a=name), id_=name) for name in names]
    for n, is_decided in [(9, False), (10, True)]:
        samples = {name: rng.normal(10, 0.1, (n, 1)) for name in names} | {
            "b": rng.normal(20, 0.1, (n, 1))
        }
        found = told(repeats_of(**samples), *claims)
        assert {row.verdict for row in found.population} == {
            "supported" if is_decided else "undecided"
        }


def test_a_claim_about_a_share_or_a_mean_takes_no_six_series():
    repeats = repeats_of(**drawn(4))
    for over in (MEAN, OverSeries(on_at_least=0.1)):
        found = told(repeats, finding(less(), over=over))
        assert found.population[0].k == (1 if over == MEAN else 2)
        assert found.conjunctions == []
    assert told(repeats, finding(less(), over=MEAN)).population[0].verdict == "supported"


def test_verdicts_on_single_series_are_held_against_all_of_them():
    """Benjamini and Yekutieli over series and findings, of claims over series only."""
    rng = np.random.default_rng(3)
    shift = np.linspace(-4, 0, 30)[:, None]
    repeats = repeats_of(a=10 + shift + rng.normal(0, 1, (30, 4)), b=10 + rng.normal(0, 1, (30, 4)))
    own = finding(less(), id_="B", over=None)
    rows = told(repeats, finding(less()), own).contrasts
    exploratory = [row for row in rows if row.id == "A"]
    adjusted = multipletests([row.claim_p for row in exploratory], method="fdr_by")[1]
    assert [row.exploratory_p for row in exploratory] == pytest.approx(list(adjusted))
    assert all(math.isnan(row.exploratory_p) for row in rows if row.id == "B")
    supported = [row.exploratory_p for row in exploratory if row.verdict == "supported"]
    others = [row for row in exploratory if row.verdict != "supported"]
    assert supported
    assert max(supported) <= 0.05
    assert min(row.exploratory_p for row in others) > 0.05
    # Of each by itself the interval at 95 % would have been enough.
    lowered = [row for row in others if row.ci_high < -1]
    assert {row.verdict for row in lowered} == {"direction supported", "undecided"}
    luck = [row for row in exploratory if row.undecided_because == MAY_BE_LUCK]
    assert {row.verdict for row in luck} == {"undecided"}
    assert {row.difference_verdict for row in luck} == {"inconclusive"}
    assert all(row.ci_high < 0 or row.ci_low > 0 for row in luck)


def test_the_better_evidence_has_no_worse_word():
    """Issued with the numbers: of d2, [1.01, 2.00], and d8, [0.15, 1.95], at a margin of 0.5."""
    table = pd.read_csv(TABLES / "ten.csv").rename(columns={"accuracy": "score"})
    claim = finding(less(0.5, "ours", "base", "greater"))
    found = told(table, claim)
    rows = {row.series: row for row in found.contrasts}
    d2, d8 = rows["d2"], rows["d8"]
    assert (round(d2.ci_low, 2), round(d2.ci_high, 2)) == (1.01, 2.00)
    assert (round(d8.ci_low, 2), round(d8.ci_high, 2)) == (0.15, 1.95)
    cells = {key: own["score"].to_numpy() for key, own in table.groupby(["series", "scenario"])}
    p = {
        shift: multipletests(
            [
                stats.ttest_ind(
                    cells[name, "ours"] - shift, cells[name, "base"], equal_var=False,
                    alternative="greater",
                ).pvalue
                for name in rows
            ],
            method="fdr_by",
        )[1]
        for shift in (0.5, 0.0)
    }  # fmt: skip
    for name, claimed, direction in zip(rows, p[0.5], p[0.0], strict=True):
        word = "direction supported" if direction <= 0.05 else "undecided"
        word = "supported" if claimed <= 0.05 else word
        assert rows[name].verdict == word
        assert rows[name].exploratory_p == pytest.approx(claimed)
    assert round(d2.exploratory_p, 3) == 0.071
    assert (d2.verdict, d2.difference_verdict) == (
        "direction supported",
        "differs, size unresolved",
    )
    assert (d8.verdict, d8.difference_verdict) == ("undecided", "inconclusive")
    sentences = {row.series: row.sentence for row in found.claims}
    assert ": differs, size unresolved (" in sentences["d2"]
    assert f": inconclusive ({MAY_BE_LUCK}" in sentences["d8"]
    assert {row.series for row in found.margins} == {None}


MARGIN, DF = 1.0, 9

estimated = st.lists(
    st.tuples(
        st.sampled_from(["less", "greater", "different", "equivalent"]),
        st.floats(-3, 3), st.floats(0.05, 1),
    ),
    min_size=4, max_size=40,
)  # fmt: skip


def by_themselves(drawn):
    """Questions with these estimates, and what each by itself comes to."""
    for expect, difference, error in drawn:
        estimate = Estimate(difference, error, DF, difference, 0.0, math.nan, 1)
        low, high = estimate.interval(0.05)
        decision = Decision(
            difference, low, high, difference_verdict(low, high, MARGIN),
            claim_verdict(expect, low, high, MARGIN), "too wide", 99,
        )  # fmt: skip
        yield SimpleNamespace(
            estimate=estimate, is_exact=False, margin=MARGIN,
            contrast=SimpleNamespace(expect=expect),
        ), decision  # fmt: skip


def p_of_words(drawn):
    """The p of every word of each, of the statement that it makes, before and after adjustment."""
    raw = []
    for expect, difference, error in drawn:
        sign = 1 if expect == "greater" else -1

        def above(bound, at=sign * difference / error, error=error):
            return stats.t.sf(at - bound / error, DF)

        def below(bound, at=sign * difference / error, error=error):
            return stats.t.cdf(at - bound / error, DF)

        inside = max(above(-MARGIN), below(MARGIN))
        beyond = min(1, 2 * min(above(MARGIN), below(-MARGIN)))
        raw.append({
            "equivalent": {"supported": inside, "contradicted": beyond},
            "different": {
                "no difference that matters": inside, "supported": beyond,
                "direction supported": 2 * min(above(0), below(0)),
            },
        }.get(expect, {
            "no difference that matters": inside, "contradicted": below(0),
            "supported": above(MARGIN), "direction supported": above(0),
        }))  # fmt: skip
    adjusted = [dict(own) for own in raw]
    for word in {word for own in raw for word in own}:
        places = [place for place, own in enumerate(raw) if word in own]
        found = multipletests([raw[place][word] for place in places], method="fdr_by")[1]
        for place, p in zip(places, found, strict=True):
            adjusted[place][word] = p
    return raw, adjusted


@given(estimated)
@settings(max_examples=60, deadline=None)
def test_every_exploratory_word_stands_by_its_own_p(drawn):
    raw, adjusted = p_of_words(drawn)
    assume(all(abs(p - 0.05) > 1e-9 for own in adjusted for p in own.values()))
    found = exploratory(list(by_themselves(drawn)), 0.05)
    supporting = ["undecided", "direction supported", "supported"]
    for (decision, p), own in zip(found, adjusted, strict=True):
        standing = [word for word in own if own[word] <= 0.05]
        assert decision.verdict == (standing[0] if standing else "undecided")
        assert (decision.verdict == "supported") == (p <= 0.05)
        assert p == pytest.approx(own["supported"], rel=1e-6)
        assert (decision.undecided_because is None) == (decision.verdict != "undecided")
    for one, (expect, _, _), (told_of_one, _) in zip(raw, drawn, found, strict=True):
        for other, (its, _, _), (told_of_other, _) in zip(raw, drawn, found, strict=True):
            both = [str(told_of_one.verdict), str(told_of_other.verdict)]
            better = all(one[word] <= other.get(word, -1) for word in supporting[1:] if word in one)
            if its == expect and better and {*both} <= {*supporting}:
                assert supporting.index(both[0]) >= supporting.index(both[1])


SAYS = {
    "supported": {"differs, by more than the margin"},
    "direction supported": {"differs, size unresolved"},
    "contradicted": {"differs, by more than the margin", "differs, size unresolved"},
    "no difference that matters": {"equivalent", "differs, but by less than the margin"},
    "undecided": {"inconclusive"},
}  # fmt: skip
"""What a sentence may say about the contrast beside each word on a claim."""
OF_EQUIVALENCE = {
    "supported": SAYS["no difference that matters"],
    "contradicted": {"differs, by more than the margin"},
    "undecided": {"inconclusive", "differs, size unresolved"},
}


@given(estimated)
@settings(max_examples=60, deadline=None)
def test_the_sentence_agrees_with_the_word_on_a_claim(drawn):
    raw, _ = p_of_words(drawn)
    found = exploratory(list(by_themselves(drawn)), 0.05)
    for (decision, _), (expect, difference, error), own in zip(found, drawn, raw, strict=True):
        says = OF_EQUIVALENCE if expect == "equivalent" else SAYS
        assert decision.difference_verdict in says[decision.verdict]
        at = abs(difference) / error
        if decision.difference_verdict == "differs, but by less than the margin":
            assert 2 * stats.t.sf(at, DF) <= 0.05
        if decision.difference_verdict == "differs, by more than the margin":
            assert stats.t.sf(at - MARGIN / error, DF) <= 0.05
        assert set(own) <= set(says)


def test_what_more_is_said_of_a_clear_case():
    drawn = [
        ("less", 3.0, 0.05), ("less", 0.3, 0.05), ("less", 0.0, 0.05), ("equivalent", 0.3, 0.05),
        ("equivalent", 1.0, 0.05), ("different", 0.3, 0.05), ("greater", -3.0, 0.05),
    ]  # fmt: skip
    found = [
        (str(decision.verdict), str(decision.difference_verdict))
        for decision, _ in exploratory(list(by_themselves(drawn)), 0.05)
    ]
    within, beyond = "differs, but by less than the margin", "differs, by more than the margin"
    assert found == [
        ("contradicted", beyond), ("no difference that matters", within),
        ("no difference that matters", "equivalent"), ("supported", within),
        ("undecided", "differs, size unresolved"), ("no difference that matters", within),
        ("contradicted", beyond),
    ]  # fmt: skip


def test_constants_are_no_luck_and_diverged_repeats_are_no_evidence():
    values = drawn(8, spread=0.1)
    exact = {"a": np.full((8, 3), 40.0), "b": np.full((8, 3), 50.0)}
    found = told(repeats_of(**exact), finding(less()), deterministic=("a", "b")).contrasts
    assert {row.verdict for row in found} == {"supported"}
    assert all(math.isnan(row.exploratory_p) for row in found)
    values["a"][0, :3] = math.nan
    rows = told(repeats_of(**values), finding(less())).contrasts
    first, *others = rows
    assert (first.verdict, first.exploratory_p) == ("undecided", 1.0)
    assert first.difference_verdict == "inconclusive"
    assert "finite value" in first.undecided_because
    adjusted = multipletests([row.claim_p for row in rows], method="fdr_by")[1]
    assert [row.exploratory_p for row in rows] == pytest.approx(list(adjusted))
    assert {row.verdict for row in others} == {"supported"}


def test_a_ratio_is_told_as_one():
    rng = np.random.default_rng(1)
    level = np.exp(rng.normal(3, 1, (12, 1)))
    noise = np.exp(rng.normal(0, 0.01, (2, 12, 12)))
    ratios = 0.5 * np.exp(rng.normal(0, 0.1, (12, 1)))
    values = {"a": level * ratios * noise[0], "b": level * noise[1]}
    contrast = MeanRatio("less", "a", "b", 1.25, "score")
    found = told(repeats_of(**values), finding(contrast))
    (row,) = found.population
    logs = np.log(values["a"]).mean(axis=1) - np.log(values["b"]).mean(axis=1)
    ordered = np.exp(np.sort(logs))
    assert row.verdict == "supported"
    assert row.median == pytest.approx(math.exp(np.median(logs)))
    assert row.mean == pytest.approx(math.exp(logs.mean()))
    assert (row.typical_low, row.typical_high) == pytest.approx((ordered[2], ordered[9]))
    assert (row.new_series_low, row.new_series_high) == pytest.approx((ordered[0], ordered[-1]))
    assert (row.share_below_margin, row.share_above_margin) == (1, 0)
    assert row.margin_equivalent_above == pytest.approx(1 / ordered[2])
    assert row.margin_exceeded_below == pytest.approx(1 / ordered[9])
    assert [effect.effect for effect in found.effects] == pytest.approx(list(np.exp(logs)))
    assert 0.05 < row.tau < 0.2  # of logarithms
    assert "below 0.8" in found.population_claims[0].sentence


def test_the_spread_of_repeats_over_series():
    rng = np.random.default_rng(1)
    values = {"a": rng.normal(50, 1, (9, 40)), "b": rng.normal(50, 3, (9, 40))}
    contrast = SpreadRatio("more_stable", "a", "b", 1.25, "score")
    (row,) = told(repeats_of(**values), finding(contrast)).population
    assert (row.verdict, row.share_below_margin, row.n_as_claimed) == ("supported", 1, 9)
    assert 0.2 < row.median < 0.5
    single = {name: of[:, :1] for name, of in values.items()}
    (row,) = told(repeats_of(**single), finding(contrast)).population
    assert (row.n_unknown, row.verdict) == (9, "undecided")
    assert math.isnan(row.median)


def test_single_repeats_have_effects_without_errors():
    values = drawn(8, n_repeats=1)
    found = told(repeats_of(**values), finding(less()))
    effects = (values["a"] - values["b"])[:, 0]
    assert [row.effect for row in found.effects] == pytest.approx(list(effects))
    assert all(math.isnan(row.standard_error) for row in found.effects)
    (row,) = found.population
    assert row.median == pytest.approx(np.median(effects))
    assert row.verdict == "supported"
    assert math.isnan(row.tau)
    assert row.calibrated_share != row.calibrated_share


def test_pairs_on_each_series_have_the_errors_of_their_differences():
    rng = np.random.default_rng(1)
    shared = rng.normal(50, 10, (7, 12))
    values = {"a": shared - 2 + rng.normal(0, 0.1, (7, 12)), "b": shared}
    for design in ("paired", "independent"):
        found = told(repeats_of(**values), finding(less()), design=design)
        errors = [row.standard_error for row in found.effects]
        if design == "paired":
            differences = values["a"] - values["b"]
            assert errors == pytest.approx(list(stats.sem(differences, axis=1)))
        else:
            assert min(errors) > 1
        assert found.population[0].verdict == "supported"


def test_a_scenario_that_was_not_run_on_a_series_is_told():
    repeats = repeats_of(**drawn(12))
    repeats = repeats[(repeats["series"] != "s3") | (repeats["scenario"] != "a")]
    (row,) = told(repeats, finding(less())).population
    assert (row.n_series, row.n_unknown, row.verdict) == (12, 1, "supported")
    effects = told(repeats, finding(less())).effects
    assert [row.series for row in effects if math.isnan(row.effect)] == ["s3"]


@pytest.mark.parametrize(("n_diverged", "is_unknown"), [(0, False), (3, True)])
def test_an_effect_that_diverged_repeats_could_change_is_not_known(n_diverged, is_unknown):
    values = drawn(12)
    values["a"][3, :n_diverged] = math.nan
    (row,) = told(repeats_of(**values), finding(less())).population
    assert row.n_unknown == is_unknown


def test_nothing_is_said_where_no_effect_is_known():
    values = drawn(7)
    values["a"][:] = math.nan
    found = told(repeats_of(**values), finding(less()))
    (row,), (claim,) = found.population, found.population_claims
    assert (row.n_unknown, claim.verdict) == (7, "undecided")
    assert claim.sentence.endswith("known on no series, so nothing can be said.")


def test_an_interval_without_an_end_is_told_as_one():
    values = np.append(np.full(6, -3.0), math.nan)
    effects = np.where(np.isnan(values), np.nan, values)[:, None]
    base = np.full((7, 1), 50.0)
    (row,) = told(repeats_of(a=base + effects, b=base), finding(less())).population
    assert (row.typical_low, row.typical_high) == (-math.inf, math.inf)
    assert row.verdict == "undecided"


def test_series_of_one_group_are_taken_as_dependent():
    values = drawn(12, spread=1)
    clusters = {f"s{index}": "east" if index < 6 else "west" for index in range(12)}
    row, plain = (
        told(repeats_of(**values), finding(less()), clusters=groups).population[0]
        for groups in (clusters, None)
    )
    assert (row.n_clusters, plain.n_clusters) == (2, None)
    assert math.isnan(plain.clustered_mean_low)
    assert row.clustered_mean_low < row.mean_low
    assert row.clustered_mean_high > row.mean_high
    assert replace(row, n_clusters=None) != plain


@pytest.mark.parametrize(
    ("shift", "over", "said"),
    [
        (-3.0, MEDIAN, "a against b on 12 series: the median difference of means is −3"),
        (
            -3.0,
            MEDIAN,
            "at 96.14 %, margin 1), below −1.00 on 100 % of series and above 1.00 on 0 %",
        ),
        (0.0, MEDIAN, ": no typical difference that matters."),
        (
            -3.0,
            OverSeries(on_at_least=0.7),
            "It is as claimed on 12 of 12 series, 100.0 % [69.4 %, 100.0 %]",
        ),
        (-3.0, OverSeries(on_at_least=0.6), "100.0 %], and at least 60 % were claimed: supported."),
        (-1.0, OverSeries(on_at_least=0.7), "undecided (12 series do not settle a share of 0.7)."),
    ],
)
def test_a_claim_over_series_in_words(shift, over, said):
    values = drawn(12, shift=shift, spread=0.2)
    (claim,) = told(repeats_of(**values), finding(less(), over=over)).population_claims
    assert said in claim.sentence


def test_a_claim_of_several_comparisons_is_as_good_as_its_weakest():
    rng = np.random.default_rng(1)
    repeats = repeats_of(**drawn(12), c=rng.normal(50, 10, (12, 5)))
    found = told(repeats, finding(less(), less(b="c")))
    (claim,) = found.population_claims
    assert [row.verdict for row in found.population] == ["supported", "undecided"]
    assert (claim.verdict, claim.expect) == ("undecided", "all_of")
    assert claim.sentence.startswith("1 of 2 comparisons holds. The weakest: a against c")
    assert claim.undecided_because == found.population[1].undecided_because
    assert len(told(repeats, finding(less(), over=None)).population_claims) == 0


DISTRIBUTIONS = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "exponential": lambda rng, shape: rng.exponential(size=shape) - math.log(2),
    "lognormal": lambda rng, shape: rng.lognormal(size=shape) - 1,
    "one in a hundred": lambda rng, shape: np.where(
        rng.random(shape) < 0.01, 5.0, rng.normal(0, 0.1, shape)
    ),
}
"""Of true effects; all but the last have the median 0, and its is next to it."""


@pytest.mark.slow
@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize(
    ("n_series", "studies"), [(3, 500), (5, 500), (10, 2000), (30, 2000), (100, 1000), (1000, 300)]
)
def test_verdicts_over_series_err_as_seldom_as_they_should(name, n_series, studies):
    """The true median lies on the margin: support would be wrong, and so would contradiction."""
    rng = np.random.default_rng([n_series, len(name)])
    median = stats.norm.ppf(0.5 / 0.99) * 0.1 if name == "one in a hundred" else 0.0
    errors = np.repeat([0.02, 0.1, 0.05], math.ceil(n_series / 3))[:n_series]
    wrong = missed = 0
    for _ in range(studies):
        true = DISTRIBUTIONS[name](rng, n_series) - median
        # Errors that are symmetric move the median where effects are skewed, but by little.
        effects = true + rng.normal(0, 0.1 * errors)
        found = decision(effects - 1)
        missed += found.interval is not None and not found.interval.low <= -1 <= found.interval.high
        wrong += found.verdict in (Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.NO_DIFFERENCE)
        assert found.interval is not None or n_series < 6
    most = stats.binom.isf(1e-3, studies, 0.05)
    assert missed <= most
    assert wrong <= most
    assert n_series >= 6 or not wrong


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 0.8])
@pytest.mark.parametrize("n_series", [3, 5, 10, 30, 100, 1000])
def test_shares_are_claimed_wrongly_as_seldom_as_they_should(share, n_series):
    """The true share is the one claimed: support errs, and so does contradiction.

    Of many series effects have no errors here, without which nothing is contradicted: calibrated
    shares take long.
    """
    rng = np.random.default_rng(n_series)
    studies, repeats = 400, 10 if n_series <= 30 else 1
    over = OverSeries(on_at_least=share)
    verdicts = []
    for _ in range(studies):
        true = np.where(rng.random(n_series) < share, -2.0, 0.0)
        effects = true + rng.normal(0, 0.05, n_series)
        verdicts.append(decision(effects, over=over, variances=0.0025, repeats=repeats).verdict)
    most = stats.binom.isf(1e-3, studies, 0.05)
    assert verdicts.count(Verdict.SUPPORTED) + verdicts.count(Verdict.CONTRADICTED) <= most
