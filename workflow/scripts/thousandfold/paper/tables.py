"""The tables of a paper: the claims as a registered report has them, results, scenarios."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from thousandfold.formatting import percent
from thousandfold.inference.contrasts import KINDS, Contrast
from thousandfold.paper.texts import Column, PaperTable
from thousandfold.report.claims import Claim
from thousandfold.report.run import Run, SeriesRun
from thousandfold.report.sections.baselines_over_series import BaselinesOverSeries
from thousandfold.report.sections.best_baseline import BestBaseline
from thousandfold.report.sections.over_series import (
    ClaimOverSeries,
    OverSeries,
    Typical,
)
from thousandfold.report.sections.repeats import described
from thousandfold.report.sections.verdicts import Comparison, Verdicts, exploratory_claims
from thousandfold.scenario import PARTS, Regime
from thousandfold.study import TrainedStudy
from thousandfold.tables.rows import ConjunctionRow, ContrastRow, PopulationRow


def paper_tables(run: Run) -> list[PaperTable]:
    """The tables that a run has something for."""
    over, verdicts = _claims_over_series(run), _verdicts(run)
    made = [
        _claims(run, over, verdicts), _results(run, verdicts), _over_series(run, over),
        _conjunctions(run), _scenarios(run), _baselines(run), _baselines_over_series(run),
        _settings(run),
    ]  # fmt: skip
    return [table for table in made if table.rows]


Over = Sequence[tuple[ClaimOverSeries, list[PopulationRow]]]
"""The claims over series as the page shows them, each with its rows."""

OnSeries = Sequence[tuple[SeriesRun, Verdicts]]
"""The series that the page shows, with the verdicts on each."""


def _claims(run: Run, over: Over, verdicts: OnSeries) -> PaperTable:
    """The claims as a registered report has them: what was predicted and what came out."""
    columns = [
        Column("Claim", 0.2), Column("Prediction", 0.31),
        Column("Supported if the interval is", 0.15), Column("Found", 0.12),
        Column("Verdict", 0.12),
    ]  # fmt: skip
    rows = [
        [
            text if index == 0 else "", prediction, criterion, found,
            _verdict(head) if index == 0 else "",
        ]
        for text, head, comparisons in _registered(run, over, verdicts)
        for index, (prediction, criterion, found) in enumerate(comparisons)
    ]  # fmt: skip
    caption = (
        "The claims, each with what it predicts, what would support it, what was found and the "
        "verdict."
    )
    return PaperTable("claims", caption, columns, rows)


def _registered(
    run: Run, over: Over, on_series: OnSeries
) -> Iterator[tuple[str, Claim, list[tuple[str, str, str]]]]:
    """Each claim's text and head, and of its comparisons the prediction, criterion and finding."""
    for claim, rows in over:
        asked = _asked(run, claim.head.id)
        typical = [
            (*_claimed_over_series(run, contrast, row), _found_over_series(row, shown))
            for contrast, row, shown in zip(asked, rows, claim.comparisons, strict=True)
        ]
        yield f"{claim.head.id} {claim.head.claim}", claim.head, typical
    for part, verdicts in on_series:
        for verdict in verdicts.claims:
            found = [row for row in part.rows(ContrastRow) if row.id == verdict.head.id]
            where = f" ({part.source.title})" if verdicts.title else ""
            asked = _asked(run, verdict.head.id)
            own = [
                (
                    _predicted(run, contrast, row.margin, part.source.name),
                    _criterion(row),
                    f"{shown.estimate} {shown.interval}".strip(),
                )
                for contrast, row, shown in zip(asked, found, verdict.comparisons, strict=True)
            ]
            yield f"{verdict.head.id} {verdict.head.claim}{where}", verdict.head, own


def _verdicts(run: Run) -> OnSeries:
    """Without those that are exploratory."""
    exploratory = exploratory_claims(run.rows(ContrastRow))
    shown = [(part, Verdicts.of(part)) for part in run.on_few_series()]
    return [
        (part, replace(own, claims=[one for one in own.claims if one.head.id not in exploratory]))
        for part, own in shown
    ]


def _claims_over_series(run: Run) -> Over:
    section = OverSeries.of(run)
    rows = run.rows(PopulationRow)
    claims = section.claims if section else []
    return [(claim, [row for row in rows if row.id == claim.head.id]) for claim in claims]


def _criterion(row: ContrastRow) -> str:
    """What would support a claim on one series."""
    kind = KINDS[row.estimand]
    low, high = (kind.from_zero(row, end) for end in kind.band(row.margin))
    return supported_if(row.expect, low, high)


def _claimed_over_series(run: Run, contrast: Contrast, row: PopulationRow) -> tuple[str, str]:
    """What a claim over series predicts, and what would support it."""
    predicted = _predicted(run, contrast, row.margin, run.study.series[0].name)
    if math.isnan(row.on_at_least):
        ends = KINDS[row.estimand].band(row.margin)
        return f"{predicted}, typically", supported_if(row.expect, *ends)
    share = percent(row.on_at_least)
    return f"{predicted}, on at least {share} of series", f"of that share, above {share}"


def _found_over_series(row: PopulationRow, shown: Typical) -> str:
    """What decides such a claim: the typical effect, or a share, with its interval."""
    if math.isnan(row.on_at_least):
        return f"{shown.typical} {shown.interval}"
    return f"{shown.share} {shown.share_interval}"


def _asked(run: Run, id_: str) -> "Sequence[Contrast]":
    """The contrasts that a finding asks for."""
    return next(finding.contrasts for finding in run.study.findings if finding.id == id_)


def _predicted(run: Run, contrast: Contrast, margin: float, series: str) -> str:
    return contrast.claimed(run.labels, margin, run.study.unit(series, contrast.metric))


def _verdict(head: Claim) -> str:
    return "; ".join([head.verdict.word, *head.caveats])


def supported_if(expect: str, lowest: float, highest: float) -> str:
    """Where the deciding interval has to lie for a claim to be supported.

    What does not matter lies between `lowest` and `highest`.
    """
    low, high = (f"{end:.6g}".replace("-", "−") for end in (lowest, highest))
    match expect:
        case "less" | "more_stable":
            return f"below {low}"
        case "greater":
            return f"above {high}"
        case "different":
            return f"below {low} or above {high}"
    return f"between {low} and {high}"


def _results(run: Run, shown: OnSeries) -> PaperTable:
    """Every comparison with its interval and its p."""
    columns = [
        Column("Claim"), Column("Compared", 0.27), Column("Difference", None, True),
        Column("Interval", None, True), Column("Margin", None, True), Column("p", None, True),
        Column("n", None, True),
    ]  # fmt: skip
    rows = [
        [
            verdict.head.id, _who(comparison), comparison.estimate, comparison.interval,
            comparison.margin, comparison.p, ", ".join(f"{n:,}" for n in comparison.sizes),
        ]
        for _, verdicts in shown
        for verdict in verdicts.claims
        for comparison in verdict.comparisons
    ]  # fmt: skip
    first = shown[0][1] if shown else None
    caption = (
        f"What decides: differences of mean {first.metric} in {first.unit}, a − b, unless another "
        f"metric is named; × marks ratios. The intervals are at level {first.level}, p is that of "
        f"the claim, adjusted for {first.k} comparisons."
        if first
        else ""
    )
    columns, rows = _with_series(run, columns, rows, shown)
    return PaperTable("results", caption, columns, rows)


def _with_series(
    run: Run, columns: list[Column], rows: list[list[str]], shown: Sequence[tuple[SeriesRun, Any]]
) -> tuple[list[Column], list[list[str]]]:
    """The same with the series in front, if there are several."""
    if len(run.study.series) == 1:
        return columns, rows
    titles = [
        part.source.title
        for part, verdicts in shown
        for verdict in verdicts.claims
        for _ in verdict.comparisons
    ]
    return [Column("Series"), *columns], [
        [title, *row] for title, row in zip(titles, rows, strict=True)
    ]


def _who(comparison: Comparison) -> str:
    metric = f" ({comparison.metric})" if comparison.metric else ""
    return f"{'; '.join(comparison.who)}{metric}"


def _over_series(run: Run, over: Over) -> PaperTable:
    """The comparisons of claims over series."""
    columns = [
        Column("Claim"), Column("Compared", 0.25), Column("Quantity", 0.15),
        Column("Typical", None, True), Column("Interval", None, True), Column("Level", None, True),
        Column("Margin", None, True), Column("One more series", None, True),
    ]  # fmt: skip
    rows = [
        [
            claim.head.id, "; ".join(one.who), one.quantity, one.typical, one.interval, one.level,
            one.margin, one.new_series,
        ]
        for claim, _ in over
        for one in claim.comparisons
    ]  # fmt: skip
    levels = sorted({one.new_series_level for claim, _ in over for one in claim.comparisons})
    caption = (
        f"Over {len(run.study.series):,} series: the typical effect with the interval that "
        "decides, and the range into which the effect on one more series falls "
        f"({', '.join(levels)} of the time)."
    )
    return PaperTable("over-series", caption, columns, rows)


def _conjunctions(run: Run) -> PaperTable:
    """On how many series each claim holds, if there are several."""
    columns = [Column("Claim", 0.6), Column("Holds on", None, True), Column("of", None, True)]
    rows = [
        [f"{row.id} {row.claim}", f"{row.k:,}", f"{row.m:,}"] for row in run.rows(ConjunctionRow)
    ]
    return PaperTable("series", "On how many series each claim is supported.", columns, rows)


def _scenarios(run: Run) -> PaperTable:
    """The repeats of each scenario in numbers."""
    parts = run.on_few_series()
    columns = [
        Column("Scenario", 0.3), Column("n", None, True), Column("Diverged", None, True),
        Column("Mean", None, True), Column("95 % interval", None, True), Column("SD", None, True),
        Column("SE", None, True),
    ]  # fmt: skip
    rows = []
    for part in parts:
        where = f" ({part.source.title})" if len(run.study.series) > 1 else ""
        for known in described(part):
            rows.append([
                f"{known.label}{where}", f"{known.n:,}", f"{known.n_diverged:,}", known.mean,
                known.interval, known.std, known.standard_error,
            ])  # fmt: skip
    return PaperTable("scenarios", "The repeats of each scenario.", columns, rows)


def _baselines(run: Run) -> PaperTable:
    """Each scenario next to the best forecast that needs no network."""
    columns = [
        Column("Scenario", 0.3), Column("Mean", None, True), Column("Best baseline"),
        Column("Its value", None, True), Column("Result"), Column("By", None, True),
        Column("Interval", None, True),
    ]  # fmt: skip
    rows = []
    for part in run.on_few_series():
        best = BestBaseline.of(part)
        where = f" ({part.source.title})" if len(run.study.series) > 1 else ""
        if best is None:
            continue
        for one in best.scenarios:
            rows.append([
                f"{one.label}{where}", one.mean, best.best, best.value, one.result.word, one.by,
                one.interval,
            ])  # fmt: skip
    caption = (
        "Each scenario next to the forecast without a network that does best on the test rows."
    )
    return PaperTable("baselines", caption, columns, rows)


def _baselines_over_series(run: Run) -> PaperTable:
    """On how many series each scenario beats the best baseline."""
    section = BaselinesOverSeries.of(run)
    columns = [
        Column("Scenario", 0.3), Column("Better on", None, True), Column("Undecided", None, True),
        Column("Worse", None, True), Column("Median ratio", None, True),
        Column("Interval", None, True),
    ]  # fmt: skip
    rows = [
        [one.label, one.better.n, one.undecided.n, one.worse.n, one.ratio, one.interval]
        for one in (section.scenarios if section else ())
    ]
    caption = "On how many series each scenario beats the best forecast without a network."
    return PaperTable("baselines-over-series", caption, columns, rows)


def _settings(run: Run) -> PaperTable:
    """Where the regimes of scenarios differ, and in the caption what they share."""
    if not isinstance(run.study, TrainedStudy):
        return PaperTable("settings", "", [], [])
    regimes = {scenario.label: _flat(scenario.regime) for scenario in run.study.scenarios}
    names = list(next(iter(regimes.values())))
    shared = [name for name in names if len({regime[name] for regime in regimes.values()}) == 1]
    differing = [name for name in names if name not in shared]
    first = next(iter(regimes.values()))
    caption = "How the scenarios are trained. All of them have " + ", ".join(
        f"{name} {first[name]}" for name in shared
    )
    columns = [Column("Scenario", 0.3), *(Column(name, 0.6 / len(differing)) for name in differing)]
    rows = [[label, *(regime[name] for name in differing)] for label, regime in regimes.items()]
    return PaperTable("settings", f"{caption}.", columns, rows)


def _flat(regime: Regime) -> dict[str, str]:
    """A regime's fields, which are the config's keys, as texts."""
    return {
        field.name.replace("_", " "): _told(getattr(getattr(regime, part), field.name))
        for part, kind in PARTS.items()
        for field in fields(kind)
    }


def _told(value: Any) -> str:
    """A setting as a text."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "__dataclass_fields__"):
        own = (
            (field.name.replace("_", " "), getattr(value, field.name)) for field in fields(value)
        )
        return ", ".join(f"{name} {_told(of_field)}" for name, of_field in own if of_field != ())
    if isinstance(value, tuple):
        return ", ".join(
            _told(one) if not isinstance(one, tuple) else " ".join(map(_told, one)) for one in value
        )
    return f"{value:g}" if isinstance(value, float) else str(value)
