"""The analyses behind the verdicts, from a table of repeats to rows, as their settings say.

Jobs and notebooks come through here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from thousandfold.inference.calibration import calibration_table, miss_rates
from thousandfold.inference.claims import claims
from thousandfold.inference.conjunctions import conjunctions
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.judging import Identities, judge
from thousandfold.inference.questions import questions_of
from thousandfold.inference.samples import samples_by_metric
from thousandfold.settings import CalibrationSettings, VerdictSettings
from thousandfold.tables.rows import CalibrationRow, ClaimRow, ConjunctionRow, ContrastRow


@dataclass(frozen=True)
class JudgedFindings:
    """What the findings of a study came to."""

    contrasts: list[ContrastRow]
    """A row per comparison and series, with all its evidence."""
    claims: list[ClaimRow]
    """A row per claim and series, with its verdict and sentence."""
    conjunctions: list[ConjunctionRow]
    """If there are several series, a row per claim: on which of them it holds."""


def calibrated(repeats: pd.DataFrame, settings: CalibrationSettings) -> list[CalibrationRow]:
    """How often tests and deciding intervals err on these repeats where nothing is to be found."""
    design = DESIGNS[settings.design]
    samples = samples_by_metric(repeats, settings.seed, settings.metrics, settings.deterministic)
    return calibration_table(
        samples[settings.metric],
        settings.compared_pairs,
        questions_of(settings.contrasts, samples, settings.margins, design),
        settings.alpha,
        design,
    )


def judged(
    repeats: pd.DataFrame,
    settings: VerdictSettings,
    calibration: Iterable[CalibrationRow],
    identities: Identities,
) -> JudgedFindings:
    """The verdicts on a study's findings, beside their calibration and what is identical."""
    contrasts = judge(
        samples_by_metric(repeats, settings.seed, settings.metrics, settings.deterministic),
        settings.margins,
        settings.findings,
        settings.alpha,
        DESIGNS[settings.design],
        identities=identities,
        miss_rates=miss_rates(calibration),
        higher_is_better=settings.directions,
    )

    def unit_of(series: str, metric: str) -> str:
        return settings.units[series, metric]

    by_series = claims(contrasts, settings.findings, unit_of)
    return JudgedFindings(contrasts, by_series, conjunctions(by_series, settings.findings))
