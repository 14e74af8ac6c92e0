"""What a study came to, in a few sentences that are made from its tables."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from thousandfold.baselines import in_words
from thousandfold.formatting import agreeing, counted, number, spelled_out
from thousandfold.inference.baselines import BETTER
from thousandfold.inference.contrasts import MeanDifference
from thousandfold.inference.contrasts.words import of_differences
from thousandfold.inference.population.judging import NO_TYPICAL_DIFFERENCE
from thousandfold.inference.reach import STEADY
from thousandfold.metrics import metric_name
from thousandfold.names import listed
from thousandfold.report.marks import best_first
from thousandfold.report.reach import key_of, reaches_of
from thousandfold.report.run import Run, SeriesRun
from thousandfold.tables.rows import (
    BaselineOverSeriesRow,
    BaselineRow,
    ClaimRow,
    ConjunctionRow,
    ContrastRow,
    PopulationClaimRow,
)

BEST = "best"
"""What the table of baselines over series calls the best one on each series."""

MOST_TOLD_APART = 3
"""Claims that have a sentence each where there are too few series for them; more are counted."""


def answer(run: Run) -> list[str]:
    """The answer of a study: how its claims came out, the clearest difference, what limits it."""
    if run.rows(PopulationClaimRow):
        return [*_over_series(run)]
    if len(run.study.series) == 1:
        return [*_on_one_series(SeriesRun(run, run.study.series[0]))]
    return [*_on_several_series(run)]


def _on_one_series(run: SeriesRun) -> Iterator[str]:
    claims, contrasts = run.rows(ClaimRow), run.rows(ContrastRow)
    if claims:
        yield counted_verdicts("", [row.verdict for row in claims])
    clearest = clearest_difference(contrasts, run.study.metric)
    if clearest is not None:
        yield _difference(run, clearest)
    best = [row for row in run.rows(BaselineRow) if row.is_best]
    if best:
        better = sum(row.result == BETTER for row in best)
        yield _against(better, len(best), f"{in_words(best[0].baseline)}, which needs no network")
    reaches = reaches_of(run)
    known = {row.id for row in contrasts if key_of(row) in reaches}
    unsteady = {
        row.id
        for row in contrasts
        if key_of(row) in reaches and reaches[key_of(row)].same_sign < STEADY
    }
    if known:
        yield _on_other_rows(len(unsteady), len(known))


def _difference(run: SeriesRun, row: ContrastRow) -> str:
    """A difference that is decided, with the interval that decides it, both without their sign."""
    ends = sorted(map(abs, (row.ci_low, row.ci_high)))
    by, low, high = (number(size, run.digits) for size in (abs(row.difference), *ends))
    a, b = (run.labels[str(name)] for name in (row.scenario_a, row.scenario_b))
    way = "lower" if row.difference < 0 else "higher"
    size = f"{by} [{low}, {high}] {of_differences(run.unit)}".rstrip()
    return (
        f"The largest difference: the mean {metric_name(row.metric)} of “{a}” is {size} {way} than "
        f"that of “{b}”."
    )


def _on_several_series(run: Run) -> Iterator[str]:
    yield from _held_on_all(run)
    yield from _baselines_over_series(run)


def _held_on_all(run: Run) -> Iterator[str]:
    """How many claims hold on every series."""
    rows, n_series = run.rows(ConjunctionRow), len(run.study.series)
    if rows:
        everywhere = [row.id for row in rows if row.k == row.m]
        somewhere = sum(0 < row.k < row.m for row in rows)
        series = f"{spelled_out(n_series)} {run.study.data_noun}"
        yield _on_how_many(everywhere, somewhere, len(rows), series)


def _over_series(run: Run) -> Iterator[str]:
    claims, n_series = run.rows(PopulationClaimRow), len(run.study.series)
    noun = run.study.noun
    verdicts = [row.verdict for row in claims if not row.too_few_series]
    if verdicts:
        yield counted_verdicts(f" about {noun.many} like these {n_series:,}", verdicts)
    undecidable = [claim.id for claim in claims if claim.too_few_series]
    if undecidable:
        are = f"one {noun.one} is" if n_series == 1 else f"{spelled_out(n_series)} {noun.many} are"
        yield (
            f"{are.capitalize()} too few to decide {_named(undecidable)} about {noun.many} like "
            f"{'it' if n_series == 1 else 'them'}."
        )
        if len(undecidable) > MOST_TOLD_APART:
            yield from _held_on_all(run)
        else:
            yield from (_on_each(run, id_) for id_ in undecidable)
    yield from _baselines_over_series(run)


def _named(ids: Sequence[str]) -> str:
    return f"{len(ids)} claims" if len(ids) > MOST_TOLD_APART else listed(ids)


def _on_each(run: Run, id_: str) -> str:
    """The verdicts on each series, best first."""
    counts = Counter(row.verdict for row in run.rows(ClaimRow) if row.id == id_)
    n = counts.total()
    everywhere = {1: "that one", 2: "both"}.get(n, f"all {spelled_out(n)}")
    parts = [
        f"{word} on {everywhere if counts[word] == n else spelled_out(counts[word])}"
        for word in best_first()
        if counts[word]
    ]
    return f"{id_} is {listed(parts)}."


def _baselines_over_series(run: Run) -> Iterator[str]:
    """How the scenario that does best against the baselines fares."""
    rows = [row for row in run.rows(BaselineOverSeriesRow) if row.baseline == BEST]
    if not rows:
        return
    best = max(rows, key=lambda row: (row.n_better, -row.n_worse))
    yield (
        f"“{run.labels[best.scenario]}” beats the best forecast without a network on "
        f"{best.n_better:,} of {best.n_series:,} {run.study.data_noun} and does worse on "
        f"{best.n_worse:,}; no other scenario beats it on more."
    )


def counted_verdicts(about: str, verdicts: Iterable[str]) -> str:
    """How many claims have each verdict, best first."""
    counts = Counter(verdicts)
    n = counts.total()
    words = [*map(str, best_first()), NO_TYPICAL_DIFFERENCE]
    parts = [f"{counts[word]} {word}" for word in words if counts[word]]
    return f"Of {counted(n, 'claim')}{about}: {listed(parts)}."


def clearest_difference(contrasts: Sequence[ContrastRow], metric: str) -> ContrastRow | None:
    """The difference of means, by the study's metric, that is the most margins wide.

    Only where the interval that decides lies beyond the margin.
    """
    beyond = [
        row
        for row in contrasts
        if (row.estimand, row.metric) == (MeanDifference.estimand, metric)
        and not math.isnan(row.ci_low)
        and (row.ci_low > row.margin or row.ci_high < -row.margin)
    ]
    return max(beyond, key=lambda row: abs(row.difference) / row.margin, default=None)


def _on_how_many(everywhere: Sequence[str], somewhere: int, n: int, series: str) -> str:
    """On how many series n claims hold: the ids of those that do on all, how many do on some."""
    n_everywhere = len(everywhere)
    named = f" ({listed(everywhere)})" if everywhere else ""
    if n == 1:
        where = "all" if everywhere else "some of the" if somewhere else "none of the"
        return f"The one claim holds on {where} {series}{named}."
    if not everywhere and not somewhere:
        return f"None of {n} claims holds on any of the {series}."
    told = f"{_of(n_everywhere, n, 'claim').capitalize()} {_verb(n_everywhere, 'hold')} on all "
    told += f"{series}{named}"
    if somewhere:
        told += f"; {spelled_out(somewhere)} {_verb(somewhere, 'hold')} on some of them"
    return f"{told}."


def _on_other_rows(unsteady: int, n: int) -> str:
    """Of how many of n claims other test rows might change the sign."""
    if not unsteady:
        whose = "the one claim" if n == 1 else f"all {n} claims"
        return f"Over resampled test rows the sign of {whose} is steady."
    return f"On other test rows the sign of {_of(unsteady, n, 'claim')} might well be another."


def _against(better: int, n: int, baseline: str) -> str:
    """How many of n scenarios do better than a baseline."""
    if n == 1 and not better:
        return f"The one scenario does not do better than {baseline}."
    who = _of(better, n, "scenario")
    return f"{who.capitalize()} {_verb(better, 'do')} better than {baseline}."


def _verb(n: int, plural: str) -> str:
    """A verb that agrees with so many, or none, of several."""
    return agreeing(max(1, n), plural)


def _of(count: int, n: int, noun: str) -> str:
    """Such as: none of 11 scenarios, 2 of 15 claims, the one claim."""
    if n == 1:
        return f"the one {noun}"
    return f"{'none' if count == 0 else count} of {n} {noun}s"
