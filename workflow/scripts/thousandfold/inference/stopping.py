"""Stopping when the mean is known precisely enough, and what that does to its interval.

The rule looks at the width of an interval after each stage, never at a p or a sign. A sample with
little spread by chance stops early, so its interval is too narrow; simulation shows by how much.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from thousandfold.inference.draws import parts
from thousandfold.inference.estimates import SAME, moments
from thousandfold.inference.precision import SUMMARY_LEVEL, half_width
from thousandfold.inference.samples import Samples
from thousandfold.seeds import resampling_seed
from thousandfold.study import Stopping
from thousandfold.tables.rows import StoppingRow, StoppingSimulationRow

STAGES_IN_A_ROW = 2
"""How many successive stages have to reach the half width."""

ENOUGH, NOT_REACHED = "enough", "not reached"
"""How a scenario's training ended."""

TEXTBOOK_POOLS = "textbook"
"""What stands in the place of a series' name for textbook distributions."""

STUDIES = 2000
"""Studies simulated of each pool, where they are not too large."""

VALUES_PER_POOL = 40_000_000
"""With more values, fewer studies are simulated, but at least FEWEST_STUDIES."""

FEWEST_STUDIES = 200

Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]
"""Draws values of a distribution with mean 0 in an array of a given shape."""

TEXTBOOK: Mapping[str, Draw] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "exponential": lambda rng, shape: rng.standard_exponential(shape) - 1,
    "lognormal": lambda rng, shape: (
        (rng.lognormal(0, 1, shape) - math.exp(0.5)) / math.sqrt((math.e - 1) * math.e)
    ),
    "t, 3 degrees of freedom": lambda rng, shape: rng.standard_t(3, shape) / math.sqrt(3),
}
"""Distributions with mean 0 and standard deviation 1."""


def half_width_of(values: np.ndarray) -> float:
    """Half the width of the t interval of a mean; infinite where finite values do not vary."""
    finite = values[np.isfinite(values)]
    n = len(finite)
    found = moments(finite) if n > 1 else None
    if found is None or found.deviation == 0:
        return math.inf
    return float(half_width(found.deviation / math.sqrt(n), n))


def is_enough(half_widths: Sequence[float], wanted: float) -> bool:
    """Whether the last STAGES_IN_A_ROW of the stages' half widths are what is wanted."""
    last = half_widths[-STAGES_IN_A_ROW:]
    return len(last) == STAGES_IN_A_ROW and max(last) <= wanted


def half_widths(rmses: np.ndarray, stage: int) -> list[float]:
    """The half width after each stage of a scenario's repeats."""
    ends = range(stage, len(rmses) + stage, stage)
    return [half_width_of(rmses[:end]) for end in ends]


def stopping_table(samples: Samples, rule: Stopping) -> list[StoppingRow]:
    """The stopping table: when each scenario stopped, and whether that was enough."""
    rows = []
    for (series, scenario), sample in samples.items():
        widths = half_widths(sample.values, rule.stage)
        rows.append(
            StoppingRow(
                series=series, scenario=scenario, stages=len(widths), n=len(sample.values),
                half_width=widths[-1], wanted=rule.half_width,
                outcome=ENOUGH if is_enough(widths, rule.half_width) else NOT_REACHED,
            )
        )  # fmt: skip
    return rows


def _moments(
    draw: Draw, rng: np.random.Generator, studies: int, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sums and sums of squares of n new values in each of the studies."""
    sums, squares = [np.empty(0)], [np.empty(0)]
    for rows in parts(studies, n):
        values = draw(rng, (rows, n))
        sums.append(values.sum(axis=1))
        squares.append(np.einsum("ij,ij->i", values, values))
    return np.concatenate(sums), np.concatenate(squares)


def _interval(sums: np.ndarray, squares: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Means and half widths of many samples of n; infinite where all values are one."""
    variances = np.maximum(0.0, squares - sums**2 / n) / (n - 1)
    widths = half_width(np.sqrt(variances / n), n)
    return sums / n, np.where(variances > SAME * squares / n, widths, math.inf)


def simulate(draw: Draw, rule: Stopping, most: int, rng: np.random.Generator) -> dict[str, Any]:
    """Studies that follow the rule, up to `most` repeats, on a distribution with mean 0."""
    studies = min(STUDIES, max(FEWEST_STUDIES, VALUES_PER_POOL // most))
    sums, squares = np.zeros(studies), np.zeros(studies)
    means, widths = np.zeros(studies), np.full(studies, math.inf)
    sizes, met = np.zeros(studies, int), np.zeros(studies, bool)
    running = np.arange(studies)
    for start in range(0, most, rule.stage):
        end = min(start + rule.stage, most)
        new_sums, new_squares = _moments(draw, rng, len(running), end - start)
        sums[running] += new_sums
        squares[running] += new_squares
        means[running], now = _interval(sums[running], squares[running], end)
        met[running] = np.maximum(widths[running], now) <= rule.half_width
        widths[running], sizes[running] = now, end
        running = running[~met[running]]
    n = round(sizes.mean())
    fixed_means, fixed_widths = _interval(*_moments(draw, rng, studies, n), n)
    covered = int(np.sum(np.abs(means) <= widths))
    low, high = proportion_confint(covered, studies, method="wilson")
    return {
        "half_width": rule.half_width, "studies": studies, "coverage": covered / studies,
        "coverage_low": low, "coverage_high": high,
        "coverage_fixed": np.mean(np.abs(fixed_means) <= fixed_widths),
        "bias": means.mean(), "bias_error": means.std(ddof=1) / math.sqrt(studies),
        "mean_n": sizes.mean(), "share_unmet": 1 - met.mean(),
    }  # fmt: skip


def _pools(
    samples: Samples, rule: Stopping, most: int, study_seed: int
) -> Iterator[tuple[str, str, Draw, np.random.Generator]]:
    """(series, name, distribution, generator): a study's own repeats, then textbook ones.

    Those are scaled so that a fixed sample would reach the half width half way, in the
    geometric mean, between one stage and `most`.
    """
    for (series, scenario), sample in samples.items():
        if len(sample.finite) >= 2:
            centred = sample.finite - sample.finite.mean()

            def from_pool(
                rng: np.random.Generator, shape: tuple[int, int], pool: np.ndarray = centred
            ) -> np.ndarray:
                return pool[rng.integers(len(pool), size=shape)]

            yield series, scenario, from_pool, sample.rng("stopping")
    scale = rule.half_width * (rule.stage * most) ** 0.25 / stats.norm.isf((1 - SUMMARY_LEVEL) / 2)
    for name, draw in TEXTBOOK.items():

        def scaled(
            rng: np.random.Generator, shape: tuple[int, int], draw: Draw = draw
        ) -> np.ndarray:
            return scale * draw(rng, shape)

        seed = resampling_seed(study_seed, TEXTBOOK_POOLS, name, "stopping")
        yield TEXTBOOK_POOLS, name, scaled, np.random.default_rng(seed)


def stopping_simulation_table(
    samples: Samples, rule: Stopping, most: int, study_seed: int
) -> list[StoppingSimulationRow]:
    """The stopping_simulation table: a row for each scenario's pool and textbook distribution."""
    return [
        StoppingSimulationRow(series=series, pool=name, **simulate(draw, rule, most, rng))
        for series, name, draw, rng in _pools(samples, rule, most, study_seed)
    ]
