"""The decisions in simulation: 20,000 draws with fixed seeds against rates that R found in a million.

Where theory is exact (normal, equal variances) the nominal rates are held too.
"""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.power import TTestIndPower
from support import ROOT

from thousandfold.inference.estimates import mean_difference
from thousandfold.inference.verdicts import Verdict, claim_verdict

DRAWS = 20_000
TOLERANCE = 0.005
EXPECTED = pd.read_csv(ROOT / "tests/r/simulation.csv")

DISTRIBUTIONS = {
    "normal": (lambda rng, size: rng.normal(size=size), lambda rng, size: rng.normal(size=size)),
    "skewed": (
        lambda rng, size: rng.exponential(size=size) - 1,
        lambda rng, size: rng.normal(0, 0.1, size=size),
    ),
    "heavy": (
        lambda rng, size: rng.standard_t(3, size=size) / np.sqrt(3),
        lambda rng, size: rng.standard_t(3, size=size) / np.sqrt(12),
    ),
}


def simulate(distribution, n, seed):
    rng = np.random.default_rng([seed, n])
    draw_a, draw_b = DISTRIBUTIONS[distribution]
    margin, shift = 6 / np.sqrt(n), 4 / np.sqrt(n)
    missed = equivalent = different = 0
    for _ in range(DRAWS):
        low, high = mean_difference(draw_a(rng, n), draw_b(rng, n)).interval(0.05)
        missed += not low < 0 < high
        at_margin = claim_verdict("equivalent", low + margin, high + margin, margin)
        equivalent += at_margin == Verdict.SUPPORTED
        different += low + shift > 0 or high + shift < 0
    return {
        "noncoverage": missed / DRAWS,
        "false_equivalence": equivalent / DRAWS,
        "power": different / DRAWS,
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "row", EXPECTED.to_dict("records"), ids=lambda r: f"{r['distribution']}-{r['n']}"
)
def test_rates_are_those_of_r(row):
    found = simulate(row["distribution"], row["n"], seed=1)
    for rate, value in found.items():
        # Of a power of .8 the Monte-Carlo error is .0028, so .005 would be less than two of them.
        monte_carlo_error = np.sqrt(row[rate] * (1 - row[rate]) / DRAWS)
        tolerance = max(TOLERANCE, 3.5 * monte_carlo_error)
        assert value == pytest.approx(row[rate], abs=tolerance), rate


@pytest.mark.parametrize("n", [10, 30, 100, 1000])
def test_r_holds_nominal_rates_where_theory_is_exact(n):
    """Equal-variance normal samples; Welch gives away a little at n = 10."""
    row = EXPECTED[(EXPECTED["distribution"] == "normal") & (EXPECTED["n"] == n)].iloc[0]
    assert row["noncoverage"] == pytest.approx(0.05, abs=0.002)
    assert row["false_equivalence"] == pytest.approx(0.025, abs=0.002)
    power = TTestIndPower().power(4 / np.sqrt(n), n, 0.05)
    assert row["power"] == pytest.approx(power, abs=0.005)
