"""How often the functions that decide err, against rates that R found by code of its own.

tests/r/verdict_rates.R has at least 100,000 draws of each rate; here are fewer, through the same
functions that judge a study.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import ROOT, sample

from thousandfold.inference.contrasts import MeanDifference
from thousandfold.inference.decisions import decide
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.estimates import (
    deviation,
    mean_difference,
    mean_of_differences,
    spread_ratio,
    spread_ratio_of_pairs,
)
from thousandfold.inference.questions import Question
from thousandfold.inference.verdicts import claim_verdict, conjunction_verdict

pytestmark = pytest.mark.slow

EXPECTED = pd.read_csv(ROOT / "tests/r/verdict_rates.csv")

SIZES = (2, 3, 5, 10, 30, 1000)

DISTRIBUTIONS = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "exponential": lambda rng, shape: rng.standard_exponential(shape) - 1,
    "lognormal": lambda rng, shape: (
        (rng.lognormal(0, 1, shape) - np.exp(0.5)) / np.sqrt((np.e - 1) * np.e)
    ),
    "t3": lambda rng, shape: rng.standard_t(3, shape) / np.sqrt(3),
    "rounded01": lambda rng, shape: rng.normal(0, 0.1, shape).round(1),
    "rounded001": lambda rng, shape: rng.normal(0, 0.1, shape).round(2),
}


def draws_of(n):
    return 20_000 if n <= 30 else 2_000


def narrow(rng, shape, distribution):
    return rng.normal(0, 0.01 if distribution.startswith("rounded") else 0.1, shape)


def true_deviation(distribution, values):
    """That of rounded values is computed; the others' is 1."""
    if not distribution.startswith("rounded"):
        return 1.0
    step = 0.1 if distribution == "rounded01" else 0.01
    grid = np.arange(-1.0, 1.0 + step / 2, step).round(3)
    p = np.diff(stats.norm.cdf(np.append(grid - step / 2, 1 + step / 2), 0, 0.1))
    return float(np.sqrt((p * grid**2).sum() - (p * grid).sum() ** 2))


RULES = {
    "mean_same": lambda a, b, _: mean_difference(a, b),
    "mean_narrow": lambda a, _, c: mean_difference(a, c),
    "mean_constant": lambda a, b, _: mean_difference(a, np.zeros_like(b)),
    "spread": lambda a, b, _: spread_ratio(a, b),
}


def rates(estimate, level):
    low, high = estimate.interval(level)
    return {"miss": np.mean((low > 0) | (high < 0)), "no_interval": np.mean(np.isnan(low))}


def assert_agrees(found, rule, distribution, n, level, names=("miss", "no_interval")):
    rows = EXPECTED[
        (EXPECTED["rule"] == rule)
        & (EXPECTED["distribution"] == distribution)
        & (EXPECTED["n"] == n)
        & np.isclose(EXPECTED["level"], level)
    ].set_index("quantity")
    for ours, theirs in zip(found.values(), names, strict=True):
        rate, draws = rows.loc[theirs, "rate"], draws_of(n)
        # Both have Monte-Carlo error; one event in each is no disagreement.
        spread = np.sqrt(rate * (1 - rate) * (1 / draws + 1 / rows.loc[theirs, "draws"]))
        assert ours == pytest.approx(rate, abs=4 * spread + 1.5 / draws), (rule, theirs)


@pytest.mark.parametrize("level", [0.05, 0.05 / 15])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_rates_are_those_of_r(distribution, n, level):
    rng = np.random.default_rng([n, len(distribution)])
    shape = (draws_of(n), n)
    draw = DISTRIBUTIONS[distribution]
    a, b, c = draw(rng, shape), draw(rng, shape), narrow(rng, shape, distribution)
    for rule, estimate in RULES.items():
        assert_agrees(rates(estimate(a, b, c), level), rule, distribution, n, level)


@pytest.mark.parametrize("level", [0.05, 0.05 / 15])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_rates_of_pairs_and_of_precision_are_those_of_r(distribution, n, level):
    rng = np.random.default_rng([n, len(distribution), 3])
    shape = (draws_of(n), n)
    draw = DISTRIBUTIONS[distribution]
    if distribution.startswith("rounded"):
        parts = [rng.normal(0, 0.1, shape) for _ in "uvw"]
        digits = 1 if distribution == "rounded01" else 2
        x, y = (((parts[0] + part) / np.sqrt(2)).round(digits) for part in parts[1:])
    else:
        u, v, w = (draw(rng, shape) for _ in "uvw")
        x, y = (u + v) / np.sqrt(2), (u + w) / np.sqrt(2)
    assert_agrees(rates(mean_of_differences(x, y), level), "mean_paired", distribution, n, level)
    if n == 5 and distribution == "rounded01":
        # R counts intervals without width as misses; here they are none, and decide nothing.
        assert rates(spread_ratio_of_pairs(x, y), level)["miss"] <= level
    elif n >= 5:
        found = {"miss": rates(spread_ratio_of_pairs(x, y), level)["miss"]}
        assert_agrees(found, "spread_paired", distribution, n, level, ["miss_bonett_seier"])
    else:
        assert np.isnan(spread_ratio_of_pairs(x, y).interval(level)).all()
    a = draw(rng, shape)
    low, high = deviation(a).interval(level)
    truth = true_deviation(distribution, a)
    found = {
        "miss": np.mean((low > truth) | (high < truth)),
        "miss_low": np.mean(low > truth),
        "no_interval": np.mean(np.isnan(low)),
    }
    assert_agrees(found, "precision", distribution, n, level, list(found))


def rates_of_words(words, prefix="word: "):
    found, counts = np.unique(np.asarray(words).astype(str), return_counts=True)
    return {
        f"{prefix}{word}": count / len(words) for word, count in zip(found, counts, strict=True)
    }


def margin_of(distribution):
    return 0.1 if distribution.startswith("rounded") else 1.0


def assert_words_agree(words, rule, distribution, n, level):
    found = rates_of_words(words)
    rows = EXPECTED[
        (EXPECTED["rule"] == rule)
        & (EXPECTED["distribution"] == distribution)
        & (EXPECTED["n"] == n)
        & np.isclose(EXPECTED["level"], level)
        & EXPECTED["quantity"].str.startswith("word: ")
    ]
    assert set(found) <= set(rows["quantity"])
    for row in rows.to_dict("records"):
        rate, draws = row["rate"], len(words)
        spread = np.sqrt(rate * (1 - rate) * (1 / draws + 1 / row["draws"]))
        ours = found.get(row["quantity"], 0.0)
        assert ours == pytest.approx(rate, abs=4 * spread + 2.5 / draws), row["quantity"]


@pytest.mark.parametrize("level", [0.05, 0.05 / 15])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_words_are_as_frequent_as_in_r(distribution, n, level):
    rng = np.random.default_rng([n, len(distribution), 4])
    shape, margin = (draws_of(n), n), margin_of(distribution)
    draw = DISTRIBUTIONS[distribution]
    a = draw(rng, shape)
    low, high = mean_difference(a, draw(rng, shape)).interval(level)
    words = claim_verdict("less", low, high, margin)
    assert_words_agree(words, "mean_same", distribution, n, level)
    # A claim of three comparisons: true of the first, at its margin, and false.
    members = []
    for shift in (3, 1, 0):
        b = draw(rng, shape) + shift * margin
        low, high = mean_difference(a, b).interval(level)
        members.append(claim_verdict("less", low, high, margin))
    whole = [conjunction_verdict(words) for words in zip(*members, strict=True)]
    assert_words_agree(whole, "conjunction", distribution, n, level)


LESS = MeanDifference("less", "a", "b", 1.0)

QUANTILE = {
    "normal": stats.norm.isf(0.1),
    "exponential": -np.log(0.1) - 1,
    "lognormal": (np.exp(stats.norm.isf(0.1)) - np.exp(0.5)) / np.sqrt((np.e - 1) * np.e),
    "t3": stats.t.isf(0.1, 3) / np.sqrt(3),
}


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("distribution", QUANTILE)
def test_words_where_the_worst_tenth_diverges_are_as_frequent_as_in_r(distribution, n):
    rng = np.random.default_rng([n, len(distribution), 5])
    draw = DISTRIBUTIONS[distribution]
    values = draw(rng, (3000 if n <= 30 else 100, 2, n))
    a, b = values[:, 0], values[:, 1]
    a = np.where(a > QUANTILE[distribution], np.nan, a)
    design = DESIGNS["independent"]
    words = [
        decide(Question("s", LESS, (sample(x), sample(y, "b")), 1.0, design), 0.05).verdict
        for x, y in zip(a, b, strict=True)
    ]
    assert_words_agree(words, "diverged", distribution, n, 0.05)
