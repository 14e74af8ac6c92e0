"""The analyses behind the verdicts, from a table of repeats to rows, as their settings say.

Jobs and notebooks come through here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from thousandfold.inference.calibration import calibration_table, miss_rates
from thousandfold.inference.claims import claims
from thousandfold.inference.conjunctions import conjunctions
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.judging import Identities, judge_asked, study_size
from thousandfold.inference.margins import margins_over_series, margins_table
from thousandfold.inference.population.judging import (
    claims_over_series,
    effect_rows,
    judge_over_series,
)
from thousandfold.inference.population.questions import Asked, population_questions
from thousandfold.inference.population.typical import fewest_series
from thousandfold.inference.population.windows import asked_on_earlier, window_effect_rows
from thousandfold.inference.questions import Question, asked_by, questions_of
from thousandfold.inference.samples import samples_by_metric
from thousandfold.settings import CalibrationSettings, VerdictSettings
from thousandfold.study import Finding, OverSeries
from thousandfold.tables.rows import (
    CalibrationRow,
    ClaimRow,
    ConjunctionRow,
    ContrastRow,
    EffectRow,
    MarginRow,
    PopulationClaimRow,
    PopulationRow,
    WindowEffectRow,
)


@dataclass(frozen=True)
class JudgedFindings:
    """What the findings of a study came to."""

    contrasts: list[ContrastRow]
    """A row per comparison and series, with all its evidence."""
    claims: list[ClaimRow]
    """A row per claim and series, with its verdict and sentence."""
    conjunctions: list[ConjunctionRow]
    """If there are several series, a row per claim about each of them: on which it holds."""
    population: list[PopulationRow]
    """A row per comparison that is claimed over series."""
    population_claims: list[PopulationClaimRow]
    """A row per claim over series, with its verdict and sentence."""
    effects: list[EffectRow]
    """A row per such comparison and series."""
    margins: list[MarginRow]
    """A row per range of margins for which the verdict on a comparison is the same."""
    window_effects: list[WindowEffectRow]
    """A row per comparison and test window of each series that has several."""


def calibrated(repeats: pd.DataFrame, settings: CalibrationSettings) -> list[CalibrationRow]:
    """How often tests and deciding intervals err on these repeats where nothing is to be found."""
    design = DESIGNS[settings.design]
    examined = settings.examined_series
    samples = samples_by_metric(
        repeats[repeats["series"].isin(examined)],
        settings.seed, settings.metrics, settings.deterministic,
    )  # fmt: skip
    margins = {name: settings.margins[name] for name in examined}
    return calibration_table(
        samples[settings.metric],
        [pair for pair in settings.compared_pairs if pair[0] in examined],
        questions_of(settings.calibrated_contrasts, samples, margins, design),
        # As many contrasts are on each of the series that are not examined.
        settings.alpha * len(examined) / len(settings.margins),
        design,
    )


def judged(
    repeats: pd.DataFrame,
    settings: VerdictSettings,
    calibration: Iterable[CalibrationRow],
    identities: Identities,
    earlier_repeats: pd.DataFrame | None = None,
) -> JudgedFindings:
    """The verdicts on a study's findings, beside their calibration and what is identical.

    `earlier_repeats` are those on earlier test windows of the same series: claims over series are
    about the mean over all of them, claims about each series about the latest.
    """
    design, alpha, registered = DESIGNS[settings.design], settings.alpha, settings.findings
    samples = samples_by_metric(repeats, settings.seed, settings.metrics, settings.deterministic)
    asked = asked_by(registered, samples, settings.margins, design)
    # What too few series cannot decide costs nothing, and verdicts on each of them stand.
    decidable = decidable_over_series(registered, asked, alpha)
    contrasts = judge_asked(
        decidable,
        asked,
        alpha,
        design,
        identities=identities,
        miss_rates=miss_rates(calibration),
        higher_is_better=settings.directions,
    )

    def unit_of(series: str, metric: str) -> str:
        return settings.units[series, metric]

    by_series = claims(contrasts, registered, unit_of)
    on_earlier: dict[int, Asked] = {}
    if earlier_repeats is not None:
        on_earlier = asked_on_earlier(earlier_repeats, settings, design)
    over_series = population_questions(
        registered, asked, settings.directions, on_earlier.values(), settings.noun
    )
    decided = {finding.id for finding in decidable if finding.over is not None}
    # What is undecided for want of series would share alpha with the other claims as registered.
    sizes = study_size(registered, asked), study_size(decidable, asked)
    k = {finding.id: sizes[finding.id in decided] for finding in registered}
    population = judge_over_series(over_series, alpha, k, settings.seed, settings.clusters)
    return JudgedFindings(
        contrasts,
        by_series,
        conjunctions(by_series, [finding for finding in decidable if finding.over is None]),
        population,
        claims_over_series(registered, over_series, population, decided),
        effect_rows(over_series),
        [*margins_over_series(population), *margins_table(contrasts)],
        window_effect_rows(asked, on_earlier, settings.directions),
    )


def decidable_over_series(
    findings: Iterable[Finding], asked: Sequence[tuple[str, Question]], alpha: float
) -> list[Finding]:
    """The findings, without `over` where there are too few series for a median's interval."""
    registered = list(findings)
    fewest = fewest_series(alpha / study_size(registered, asked))
    n_series = len({question.series for _, question in asked})

    def is_decidable(over: OverSeries) -> bool:
        return n_series >= fewest or over.typical == "mean" or over.on_at_least is not None

    return [
        replace(finding, over=None) if finding.over and not is_decidable(finding.over) else finding
        for finding in registered
    ]
