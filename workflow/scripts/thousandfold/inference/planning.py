"""The power tables: the chance of each verdict before a run, against repeats and true difference.

Claims over series are not planned: how many series there are decides them, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from thousandfold.errors import UserError
from thousandfold.inference.analyses import decidable_over_series
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.judging import study_size
from thousandfold.inference.power import Simulation, assumed, simulated
from thousandfold.inference.questions import Question, asked_by
from thousandfold.inference.samples import Sample, Samples
from thousandfold.seeds import resampling_seed
from thousandfold.settings import PowerSettings
from thousandfold.study import Finding
from thousandfold.tables.rows import PowerClaimRow, PowerRow, UnplannedRow

SIZES = (3, 5, 10, 30, 100, 300, 1000)

IN_MARGINS = (-3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
"""True differences, in margins."""


class NoPilotError(UserError):
    """Nothing says how much repeats vary."""


@dataclass(frozen=True)
class Plan:
    """Rows of the power tables."""

    power: list[PowerRow] = field(default_factory=list)
    power_claims: list[PowerClaimRow] = field(default_factory=list)
    unplanned: list[UnplannedRow] = field(default_factory=list)


def planned(settings: PowerSettings, pilot: Mapping[str, Samples] | None) -> Plan:
    """How likely each verdict is on each series.

    `pilot` are samples by metric; without them repeats vary by the assumed spread. Raises
    NoPilotError if there is neither.
    """
    if pilot is None and settings.assumed_spread is None:
        raise NoPilotError(
            "nothing is trained yet, so nothing says how much repeats vary; set "
            "study.assumed_spread, or train a few first (study.repeats: 10)"
        )
    samples = _samples(settings, pilot)
    asked = asked_by(settings.findings, samples, settings.margins, DESIGNS[settings.design])
    findings = decidable_over_series(settings.findings, asked, settings.alpha)
    alpha = settings.alpha / study_size(findings, asked)
    plan = Plan()
    for finding in findings:
        if finding.over is not None:
            because = "how many series there are decides it, not repeats alone"
            plan.unplanned.append(UnplannedRow(id=finding.id, because=because))
            continue
        for series in settings.margins:
            own = [q for id_, q in asked if (id_, q.series) == (finding.id, series)]
            told = _plan_claim(finding, own, alpha, settings, is_assumed=pilot is None)
            plan.power.extend(told.power)
            plan.power_claims.extend(told.power_claims)
            plan.unplanned.extend(told.unplanned)
    return plan


def _samples(
    settings: PowerSettings, pilot: Mapping[str, Samples] | None
) -> dict[str, dict[tuple[str, str], Sample]]:
    """A sample of each scenario on each series, by metric; empty where a pilot has none."""
    contrasts = [contrast for finding in settings.findings for contrast in finding.contrasts]
    names = dict.fromkeys(name for contrast in contrasts for name in contrast.scenarios)

    def sample(metric: str, series: str, name: str) -> Sample:
        empty = Sample(series, name, np.empty(0), settings.seed, name in settings.deterministic)
        if pilot is None:
            return assumed(settings.assumed_spread or 0.0, empty)
        return pilot.get(metric, {}).get((series, name), empty)

    return {
        metric: {
            (series, name): sample(metric, series, name)
            for series, name in product(settings.margins, names)
        }
        for metric in settings.metrics
    }


def _plan_claim(
    finding: Finding,
    questions: Sequence[Question],
    alpha: float,
    settings: PowerSettings,
    *,
    is_assumed: bool,
) -> Plan:
    """The rows of a claim on one series: of each of its contrasts, and of the whole."""
    plan, series = Plan(), questions[0].series
    groups: dict[tuple[str, bool], list[Question]] = {}
    for question in questions:
        contrast = question.contrast
        because = _why_unplanned(question, settings.metric if is_assumed else None)
        if because is None:
            kind = contrast.metric, contrast.depends_on_level
            groups.setdefault(kind, []).append(question)
        else:
            names = contrast.names()
            plan.unplanned.append(
                UnplannedRow(series=series, id=finding.id, **names, because=because)
            )
    for (metric, _), group in groups.items():
        scenarios = dict.fromkeys(name for q in group for name in q.contrast.scenarios)
        purpose = f"power of {finding.id} by {metric} of {', '.join(scenarios)}"
        rng = np.random.default_rng(resampling_seed(settings.seed, series, "", purpose))
        for n in sorted({*SIZES, settings.repeats}):
            simulation = simulated(group, alpha, n, rng)
            plan.power.extend(_of_contrasts(simulation, finding.id, is_assumed=is_assumed))
            if len(group) == len(questions) > 1:
                plan.power_claims.extend(_of_claim(simulation, finding.id))
    if len(questions) > 1 and not plan.power_claims:
        because = (
            "not each of its comparisons is planned"
            if plan.unplanned
            else "its comparisons are of several metrics or scales; each is planned by itself"
        )
        plan.unplanned.append(UnplannedRow(series=series, id=finding.id, because=because))
    return plan


def _why_unplanned(question: Question, studied: str | None) -> str | None:
    """Why nothing is said of a contrast; `studied` is the metric that a spread is assumed of."""
    contrast = question.contrast
    if question.is_exact:
        return "its scenarios are constants, of which more repeats tell nothing new"
    if studied is not None:
        if contrast.depends_on_level:
            return "a ratio of means takes a pilot; an assumed spread says nothing about means"
        if contrast.metric != studied:
            return f"study.assumed_spread is of {studied}, not of {contrast.metric}"
    if question.estimate is None or not question.estimate.is_known:
        return f"the pilot does not show how repeats vary: {question.why_no_interval()}"
    return None


def _of_contrasts(simulation: Simulation, id_: str, *, is_assumed: bool) -> Iterator[PowerRow]:
    for index, question in enumerate(simulation.questions):
        contrast = question.contrast
        for in_margins in IN_MARGINS:
            difference = in_margins * question.margin
            if not contrast.is_possible(difference):
                continue
            for verdict, chance in simulation.chances(index, difference).items():
                yield PowerRow(
                    series=question.series, id=id_, **contrast.names(), metric=contrast.metric,
                    estimand=contrast.estimand, margin=question.natural_margin,
                    pilot=None if is_assumed else min(question.sizes), n=simulation.n,
                    difference=contrast.natural(difference), verdict=str(verdict), chance=chance,
                )  # fmt: skip


def _of_claim(simulation: Simulation, id_: str) -> Iterator[PowerClaimRow]:
    series = simulation.questions[0].series
    for in_margins in IN_MARGINS:
        for verdict, chance in simulation.joint_chances(in_margins).items():
            yield PowerClaimRow(
                series=series, id=id_, n=simulation.n, in_margins=in_margins,
                verdict=str(verdict), chance=chance,
            )  # fmt: skip
