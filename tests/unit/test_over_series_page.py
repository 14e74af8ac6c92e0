"""What the page shows of claims over series, from the tables of data sets that need no training."""

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support import ROOT

from thousandfold.figures import Effect, effects_strip
from thousandfold.imported import results_of
from thousandfold.inference.analyses import judged
from thousandfold.loading import load_study
from thousandfold.report import environment_of
from thousandfold.report.run import Provenance, Run
from thousandfold.report.sections.over_series import MOST_EXTREMES, OverSeries
from thousandfold.runs import runs_of
from thousandfold.settings import VerdictSettings
from thousandfold.svg import Figures
from thousandfold.tables.rows import EffectRow, PopulationClaimRow, PopulationRow

TABLES = ROOT / "tests/cases/tables"

AHEAD = {"claim": "Ours is better.", "expect": "greater", "a": "ours", "b": "base"}


def run_of(table, findings, study=None, **of_table):
    """A run of a table given by its name or as a data frame, as far as it is about series."""
    config = {
        "study": {"seed": 1, "margin": 0.5} | (study or {}),
        "table": {"file": str(table), "metric": "accuracy", "better": "higher"} | of_table,
        "findings": {id_: AHEAD | {"over": "series"} | own for id_, own in findings.items()},
    }
    loaded = load_study(config, [])
    repeats = results_of(runs_of(loaded.table), loaded.table, loaded.design).repeats
    told = judged(repeats, VerdictSettings.of(loaded), [], {})
    tables = {
        PopulationRow: told.population,
        PopulationClaimRow: told.population_claims,
        EffectRow: told.effects,
    }
    return Run(loaded, {}, repeats, tables, {}, Provenance({}, "../results"))


def ten(findings, **more):
    return run_of(TABLES / "ten.csv", findings, **more)


def html_of(section, run):
    return section.of(run).html(environment_of(run))


def text_of(section, run):
    return " ".join(re.sub("<[^>]*>", " ", html_of(section, run)).split())


@pytest.fixture(scope="module")
def one():
    return ten({"T": {}})


def test_ten_data_sets_support_a_claim_over_data_sets(one):
    """Issued with the numbers: ahead on all ten, median within [1.01, 1.80]."""
    (row,) = one.rows(PopulationRow)
    assert (row.verdict, row.n_series, row.k) == ("supported", 10, 1)
    assert (round(row.typical_low, 2), round(row.typical_high, 2)) == (1.01, 1.80)
    text = text_of(OverSeries, one)
    assert "On series like these 10" in text
    assert "supported" in text
    assert "[1.01, 1.80]" in text
    assert "97.85 %" in text
    assert "independent of each other" in text
    assert "0 % below −0.50 100 % above 0.50" in text


def test_one_score_per_data_set_has_a_typical_effect():
    run = run_of(TABLES / "demsar.csv", {"D": {}})
    (row,) = run.rows(PopulationRow)
    table = pd.read_csv(TABLES / "demsar.csv").pivot(
        index="series", columns="scenario", values="accuracy"
    )
    assert row.median == pytest.approx((table["ours"] - table["base"]).median())
    assert row.typical_low < row.median < row.typical_high
    assert math.isnan(row.tau)
    assert "τ" not in text_of(OverSeries, run)


def test_without_claims_over_series_there_is_no_section(one):
    assert OverSeries.of(replace(one, tables={PopulationRow: [], PopulationClaimRow: []})) is None


def test_numbers_and_series_at_the_ends_are_shown(one):
    effects = sorted(row.effect for row in one.rows(EffectRow))
    view = OverSeries.of(one).claims[0].comparisons[0]
    assert len(view.lowest) == len(view.highest) == MOST_EXTREMES
    assert [extreme.effect for extreme in view.lowest] == [f"{x:.2f}" for x in effects[:5]]
    assert [extreme.effect for extreme in view.highest] == [f"{x:.2f}" for x in effects[:-6:-1]]
    names = {fact.name for fact in view.facts}
    assert {"median", "mean", "series as claimed, and beyond the margin"} <= names
    assert "with series of one of" not in str(names)


def test_a_claim_about_a_share():
    run = ten({"S": {"on_at_least": 0.6}})
    assert "at least 60 % were claimed" in text_of(OverSeries, run)
    assert "10 of 10" in text_of(OverSeries, run)


def test_groups_are_told(tmp_path):
    table = pd.read_csv(TABLES / "ten.csv")
    kinds = table["series"].str[1:].astype(int) % 3
    table.assign(kind=kinds.map({0: "x", 1: "y", 2: "z"})).to_csv(tmp_path / "t.csv", index=False)
    run = run_of(tmp_path / "t.csv", {"T": {}}, study={"cluster": "kind"}, attributes=["kind"])
    text = text_of(OverSeries, run)
    assert "with series of one of 3 groups taken as dependent" in text
    assert "independent of each other" not in text


def test_no_typical_difference_is_marked_as_no_difference(tmp_path):
    rng = np.random.default_rng(1)
    rows = [
        (f"d{i}", scenario, rng.normal(80, 0.01))
        for i in range(12)
        for scenario in ("ours", "base")
    ]
    frame = pd.DataFrame(rows, columns=["series", "scenario", "accuracy"])
    frame.to_csv(tmp_path / "t.csv", index=False)
    run = run_of(tmp_path / "t.csv", {"T": {}})
    view = OverSeries.of(run)
    assert view.claims[0].head.verdict.word == "no typical difference that matters"
    assert view.claims[0].head.verdict.tone == "same"


def test_unknown_effects_leave_an_open_interval_on_the_page(tmp_path):
    table = pd.read_csv(TABLES / "demsar.csv")
    kept = table[(table["series"] != "d3") | (table["scenario"] != "ours")]
    kept = kept[kept["series"].isin([f"d{i}" for i in range(6)])]
    kept.to_csv(tmp_path / "t.csv", index=False)
    run = run_of(tmp_path / "t.csv", {"T": {}})
    assert "[−∞, ∞]" in text_of(OverSeries, run)


def marks_of(figure):
    """The values of the points that are drawn, those inside and those at the ends."""
    (axes,) = figure.axes
    of = {mark: [] for mark in "od"}
    for line in axes.lines:
        if line.get_marker() in of:
            of[line.get_marker()] += list(line.get_ydata())
    return of["o"], of["d"], axes


def typical(estimate=0.0, low=-0.1, high=0.1, band=(-0.5, 0.5)):
    return Effect(estimate, low, high, band)


def test_a_strip_has_a_point_for_each_effect():
    effects = list(np.linspace(-1, 1, 50))
    inside, outside, axes = marks_of(effects_strip(effects, typical(), "difference", ratio=False))
    assert inside == pytest.approx(effects)
    assert not outside
    assert axes.get_ylabel() == "difference"


def test_far_outliers_are_drawn_at_the_ends():
    effects = sorted([*np.linspace(-1, 1, 50), 500.0, -40.0])
    inside, outside, axes = marks_of(effects_strip(effects, typical(), "difference", ratio=False))
    assert (len(inside), outside) == (50, [-1, 1])
    low, high = axes.get_ylim()
    assert -2 < low < -1 < 1 < high < 2


def test_the_band_and_the_interval_are_on_the_axis():
    drawn = effects_strip([0.1, 0.2, 0.3], typical(0.2, -3, 4, (-9, 9)), "difference", ratio=False)
    low, high = drawn.axes[0].get_ylim()
    assert low <= -9
    assert high >= 9


@pytest.mark.parametrize("end", [math.nan, math.inf])
def test_a_strip_without_an_interval(end):
    drawn = effects_strip([0.1, 0.2], typical(0.15, -end, end), "difference", ratio=False)
    inside, _, axes = marks_of(drawn)
    assert inside == pytest.approx([0.1, 0.2])
    low, high = axes.get_ylim()
    assert -1 < low < high < 1


def test_a_strip_of_one_series():
    inside, *_ = marks_of(effects_strip([0.3], typical(0.3, math.nan, math.nan), "x", ratio=False))
    assert inside == [0.3]


def test_ratios_have_a_logarithmic_strip():
    effects = [0.25, 0.5, 1.0, 2.0, 1e6]
    drawn = effects_strip(effects, typical(1.0, 0.5, 2.0, (0.8, 1.25)), "ratio", ratio=True)
    inside, outside, axes = marks_of(drawn)
    assert axes.get_yscale() == "log"
    assert inside == pytest.approx(effects[:-1])
    assert outside == pytest.approx([2.0])
    assert 1.0 in axes.get_yticks()


def test_a_thousand_series_are_one_small_figure():
    rng = np.random.default_rng(1)
    drawn = effects_strip(sorted(rng.lognormal(size=1000)), typical(1), "x", ratio=False)
    assert len(str(Figures().add("strip", drawn))) < 200_000
