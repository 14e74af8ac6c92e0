"""The power table: the chance of each verdict before a run, against repeats and true difference."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

import numpy as np

from thousandfold.errors import UserError
from thousandfold.inference.contrasts import Contrast, ContrastOfTwo
from thousandfold.inference.designs import Design
from thousandfold.inference.population.questions import population_size
from thousandfold.inference.power import assumed, verdict_chances
from thousandfold.inference.questions import family_key
from thousandfold.inference.samples import Samples
from thousandfold.seeds import resampling_seed
from thousandfold.study import Finding
from thousandfold.tables.rows import PowerRow

SIZES = (3, 5, 10, 30, 100, 300, 1000)

IN_MARGINS = (-3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
"""True differences, in margins."""


class NoPilotError(UserError):
    """Nothing says how much repeats vary."""


def planned_size(findings: Iterable[Finding], series: Iterable[str]) -> int:
    """How many things will share alpha, if none of the scenarios turns out to be constant."""
    registered = list(findings)
    single = [c for finding in registered if finding.over is None for c in finding.contrasts]
    keys = {family_key(name, contrast) for name, contrast in product(series, single)}
    return max(1, len(keys) + population_size(registered))


def power_table(
    findings: Sequence[Finding],
    margins: Mapping[str, float],
    samples: Mapping[str, Samples] | None,
    spread: float | None,
    alpha: float,
    design: Design,
    repeats: int,
    seed: int,
) -> Iterator[PowerRow]:
    """Rows for each contrast of two means, or ratio of them, on each series.

    `samples` of a pilot are by metric; without them repeats vary by `spread`, in the metric's
    units, and for ratios nothing is said. `alpha` is the study's. Raises NoPilotError.
    """
    if samples is None and spread is None:
        raise NoPilotError(
            "nothing is trained yet, so nothing says how much repeats vary; set "
            "study.assumed_spread, or train a few first (study.repeats: 10)"
        )
    share = alpha / planned_size(findings, margins)
    sizes = sorted({*SIZES, repeats})
    for series, finding in product(margins, findings):
        for contrast in finding.contrasts:
            pilot = _pilot(series, contrast, samples, spread)
            if pilot is None or not isinstance(contrast, ContrastOfTwo):
                continue
            natural = margins[series] if contrast.margin is None else contrast.margin
            margin = contrast.scaled(natural)
            rng = np.random.default_rng(
                resampling_seed(seed, series, contrast.a, f"power against {contrast.b}")
            )
            found = verdict_chances(
                pilot, design, (contrast.expect, margin, share), sizes,
                [margin * times for times in IN_MARGINS], rng,
            )  # fmt: skip
            for chances in found:
                for verdict, chance in chances.chances.items():
                    yield PowerRow(
                        series=series, id=finding.id, **contrast.names(), metric=contrast.metric,
                        estimand=contrast.estimand, margin=natural,
                        pilot=None if samples is None else min(map(len, pilot)), n=chances.n,
                        difference=contrast.natural(chances.difference), verdict=str(verdict),
                        chance=chance,
                    )  # fmt: skip


def _pilot(
    series: str, contrast: Contrast, samples: Mapping[str, Samples] | None, spread: float | None
) -> tuple[np.ndarray, np.ndarray] | None:
    """The values of a and b whose spread is taken; None if the contrast is not of two means."""
    if not (isinstance(contrast, ContrastOfTwo) and contrast.is_of_means):
        return None
    if samples is None:
        return None if contrast.is_ratio else (assumed(spread or 0.0), assumed(spread or 0.0))
    named = tuple(samples[contrast.metric][series, name] for name in contrast.scenarios)
    a, b = (sample.finite for sample in contrast.taken(named))
    return (a, b) if min(len(a), len(b)) >= 2 else None
