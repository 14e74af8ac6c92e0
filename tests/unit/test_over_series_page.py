"""What the page shows of claims over series, from the tables of data sets that need no training."""

import math
import re
from collections import defaultdict
from dataclasses import fields, replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape
from scipy import stats
from support import ROOT, row_of

from thousandfold.figures import (
    INK,
    Attribute,
    Effect,
    bulk_ends,
    critical_difference_diagram,
    effects_strip,
    group_colours,
    moderator_figure,
    performance_profiles,
    strip_ends,
)
from thousandfold.imported import results_of
from thousandfold.inference.analyses import judged
from thousandfold.inference.population.describing import (
    PROFILED,
    THRESHOLDS,
    as_numbers,
    described,
    profiles_over_series,
    ranks_over_series,
    shared_scores,
)
from thousandfold.inference.population.moderators import attributes_of
from thousandfold.loading import load_study
from thousandfold.paper.methods import methods
from thousandfold.report import environment_of
from thousandfold.report.answer import answer
from thousandfold.report.run import Provenance, Run
from thousandfold.report.sections.moderators import Moderators
from thousandfold.report.sections.over_series import MOST_EXTREMES, OverSeries
from thousandfold.report.sections.ranks import Ranks, together
from thousandfold.report.sections.reading import Reading
from thousandfold.report.sections.variance import Variance
from thousandfold.report.sections.verdicts import Verdicts
from thousandfold.report.series_effects import groups_of, on_the_axis
from thousandfold.runs import runs_of
from thousandfold.series import Series
from thousandfold.settings import DescriptionSettings, VerdictSettings
from thousandfold.svg import Figures
from thousandfold.tables.rows import (
    AllocationRow,
    BaselineOverSeriesRow,
    ClaimRow,
    ContrastRow,
    EffectRow,
    ErrorRateRow,
    MarginRow,
    MethodPairRow,
    MethodRow,
    ModeratorRow,
    PerformanceProfileRow,
    PopulationClaimRow,
    PopulationRow,
    ReachRow,
    SeriesAttributeRow,
    VarianceComponentRow,
)

TABLES = ROOT / "tests/cases/tables"

AHEAD = {"claim": "Ours is better.", "expect": "greater", "a": "ours", "b": "base"}


def run_of(table, findings, study=None, **of_table):
    """A run of a table given by its name or as a data frame, as far as it is about series."""
    config = {
        "study": {"seed": 1, "margin": 0.5} | (study or {}),
        "table": {"file": str(table), "metric": "accuracy", "better": "higher"} | of_table,
        "findings": {
            id_: {key: value for key, value in (AHEAD | {"over": "series"} | own).items() if value}
            for id_, own in findings.items()
        },
    }
    loaded = load_study(config, [])
    repeats = results_of(runs_of(loaded.table), loaded.table, loaded.design).repeats
    told = judged(repeats, VerdictSettings.of(loaded), [], {})
    tables = {
        PopulationRow: told.population,
        PopulationClaimRow: told.population_claims,
        EffectRow: told.effects,
        MarginRow: told.margins,
        BaselineOverSeriesRow: [],
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
    assert "below −0.5 on 0 % of series" in text
    assert not re.search(r"(?<![\w.])-\d", text)


def test_the_typical_effect_has_its_verdict_by_margin(one):
    (row,) = one.rows(PopulationRow)
    (typical,) = OverSeries.of(one).claims[0].comparisons
    strip = typical.by_margin
    assert [segment.verdict.word for segment in strip.segments] == [
        "supported", "direction supported", "no typical difference that matters",
    ]  # fmt: skip
    assert [segment.words for segment in strip.segments] == [
        "0.00 to 1.01", "1.01 to 1.80", "above 1.80",
    ]  # fmt: skip
    end = 1.25 * row.typical_high
    assert strip.segments[1].start == pytest.approx(100 * row.typical_low / end)
    assert strip.registered == pytest.approx(100 * 0.5 / end)
    assert (strip.low, strip.high, strip.margin) == ("0.00", f"{end:.2f}", "0.50")
    text = text_of(OverSeries, one)
    assert "0.00 margin; the upright line marks the registered one, 0.50 2.25" in text


def test_a_share_that_decides_has_no_strip_of_margins():
    run = ten({"T": {}, "S": {"on_at_least": 0.6}})
    assert {row.id for row in run.rows(MarginRow) if row.series is None} == {"T"}
    claims = {claim.head.id: claim for claim in OverSeries.of(run).claims}
    assert claims["T"].comparisons[0].by_margin is not None
    assert claims["S"].comparisons[0].by_margin is None
    facts = {id_: str(claim.comparisons[0].facts) for id_, claim in claims.items()}
    assert "margins at which" in facts["T"]
    assert "margins at which" not in facts["S"]


def test_several_comparisons_of_a_claim_are_told_apart_at_their_strips():
    parts = [
        {"expect": "greater", "a": "ours", "b": "base"},
        {"expect": "less", "a": "base", "b": "ours"},
    ]
    run = ten({"C": {"all_of": parts, "expect": None, "a": None, "b": None}})
    strips = [each.by_margin for each in OverSeries.of(run).claims[0].comparisons]
    assert [strip.who for strip in strips] == [["ours", "base"], ["base", "ours"]]


def test_the_same_effects_are_drawn_once():
    claims = {"T": {}, "S": {"on_at_least": 0.6}, "W": {"margin": 2}}
    run = with_description(ten(claims))
    first, second, wider = (claim.comparisons[0] for claim in OverSeries.of(run).claims)
    assert first.strip is not None
    assert first.drawn_with is None
    assert second.strip is None
    assert second.drawn_with.id == "T"
    # Its margin's band is another.
    assert wider.strip is not None
    assert len(run.figures.files) == 2
    html = html_of(OverSeries, run)
    assert 'drawn with <a href="#claim-over-series.T">T</a>' in html
    assert html.count("Each point is a series") == 2


def test_what_does_not_hang_on_the_claim_is_told_once(attributed):
    study = attributed.study
    twice = replace(study, findings=(*study.findings, replace(study.findings[0], id="Z")))
    told = judged(attributed.repeats, VerdictSettings.of(twice), [], {})
    tables = {PopulationRow: told.population, EffectRow: told.effects}
    run = with_description(replace(attributed, study=twice, tables=tables))
    assert [one.ids for one in Moderators.of(run).comparisons] == ["T, Z"]
    assert [one.ids for one in Variance.of(run).comparisons] == ["T, Z"]
    assert "T, Z ours against base" in text_of(Variance, run)


def test_with_a_small_alpha_no_level_reads_as_100_percent(tmp_path):
    table = pd.read_csv(TABLES / "ten.csv")
    table[table["series"].isin(["d0", "d1"])].to_csv(tmp_path / "t.csv", index=False)
    run, texts = verdicts_on_each(
        tmp_path / "t.csv", {"U": {"over": None}}, study={"alpha": 0.0001}
    )
    assert run.rows(ContrastRow)[0].interval_level == pytest.approx(0.99995)
    assert all("at level 99.9950 %, chosen" in text for text in texts)
    assert not any("100.00 %" in text for text in texts)
    run = replace(run, tables=defaultdict(list, run.tables))
    told = {"repeats": 30, "diverged_repeats": 0, "findings_sha256": "f", "commit": None,
            "training": {"versions": []}, "analysis_versions": {}}  # fmt: skip
    assert "its level is 99.9950 %" in methods(run, told)


def test_series_that_are_few_of_many_are_rounded_to_neither_end(tmp_path):
    rng = np.random.default_rng(1)
    rows = [
        (f"d{i}", scenario, rng.normal(80, 0.01) + (scenario == "ours") * (i == 0))
        for i in range(300)
        for scenario in ("ours", "base")
    ]
    frame = pd.DataFrame(rows, columns=["series", "scenario", "accuracy"])
    frame.to_csv(tmp_path / "t.csv", index=False)
    text = text_of(OverSeries, run_of(tmp_path / "t.csv", {"T": {}}))
    assert "0 % below −0.50 &lt; 1 % above 0.50" in text
    assert "below −0.5 on 0 % of series and above 0.5 on &lt; 1 %" in text


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


def verdicts_on_each(table, findings, **more):
    """The sections of verdicts on single series, as text."""
    run = run_of(table, findings, **more)
    told = judged(run.repeats, VerdictSettings.of(run.study), [], {})
    tables = {ContrastRow: told.contrasts, ClaimRow: told.claims, ErrorRateRow: [], ReachRow: []}
    run = replace(run, tables=run.tables | tables)
    return run, [
        " ".join(re.sub("<[^>]*>", " ", Verdicts.of(part).html(environment_of(run))).split())
        for part in run.on_each_series()
    ]


def test_on_single_series_claims_over_series_are_exploratory():
    run, (text, *_) = verdicts_on_each(TABLES / "ten.csv", {"T": {}})
    assert "exploratory on a single one" in text
    assert "the 95 % interval of each comparison by itself" in text
    assert "chosen so that" not in text
    p = run.rows(ContrastRow)[0].exploratory_p
    assert p != run.rows(ContrastRow)[0].claim_p_family
    assert f" {p:.3f} " in text


def test_other_claims_beside_them_share_alpha():
    run, (text, *_) = verdicts_on_each(
        TABLES / "ten.csv", {"T": {"on_at_least": 0.5}, "U": {"over": None}}
    )
    assert "exploratory on a single one" in text
    rows = run.rows(ContrastRow)
    level = {row.id: row.interval_level for row in rows}
    assert f"at level {100 * level['U']:.2f} %, chosen so that all 12 distinct" in text
    (own,) = [row for row in rows if (row.id, row.series) == ("U", "d0")]
    assert math.isnan(own.exploratory_p)


def test_where_there_are_too_few_series_verdicts_on_each_stand(tmp_path):
    table = pd.read_csv(TABLES / "ten.csv")
    table[table["series"].isin(["d0", "d1", "d2"])].to_csv(tmp_path / "t.csv", index=False)
    text = text_of(OverSeries, run_of(tmp_path / "t.csv", {"T": {}}))
    assert "There are too few series to decide T, so the verdicts on each of them stand." in text
    assert "3 series are too few; it takes 6" in text
    assert "exploratory" not in text
    assert "claimed errs" not in text
    both = run_of(tmp_path / "t.csv", {"T": {}, "M": {"typical": "mean"}})
    text = text_of(OverSeries, both)
    assert "exploratory for the other claims" in text
    # M, and T on each of three series, share alpha; T would share it with M alone.
    assert "All 4 things claimed" in text
    assert "it takes 7" in text


def test_without_claims_over_series_there_is_no_section(one):
    assert OverSeries.of(replace(one, tables={PopulationRow: [], PopulationClaimRow: []})) is None


def test_numbers_and_series_at_the_ends_are_shown(one):
    effects = sorted(row.effect for row in one.rows(EffectRow))
    view = OverSeries.of(one).claims[0].comparisons[0]
    assert len(view.lowest) == len(view.highest) == MOST_EXTREMES
    assert [extreme.effect for extreme in view.lowest] == [f"{x:.2f}" for x in effects[:5]]
    assert [extreme.effect for extreme in view.highest] == [f"{x:.2f}" for x in effects[:-6:-1]]
    names = {fact.name for fact in view.facts}
    assert {"median", "mean, 95.00 %", "series as claimed, beyond the margin, 95.00 %"} <= names
    assert "with series of one of" not in str(names)


def test_a_claim_about_a_share():
    run = ten({"S": {"on_at_least": 0.6}})
    text = text_of(OverSeries, run)
    low = 100 * stats.beta.ppf(0.0125, 10, 1)
    shown = f"10 of 10 [{low:.1f} %, 100.0 %] as claimed, 97.50 %; at least 60 % were claimed"
    before, _, after = text.partition("More numbers")
    assert shown in before
    (row,) = run.rows(PopulationRow)
    assert row.typical_level == pytest.approx(1 - 2 * stats.binom.cdf(1, 10, 0.5))
    assert "median, 97.85 % 1.41 [1.01, 1.80]" in after
    assert "margins at which the answer changes" not in text
    assert "margins at which the answer changes" in text_of(OverSeries, ten({"T": {}}))


def test_intervals_have_the_level_of_what_shares_alpha(attributed):
    named = {
        "T": {}, "S": {"on_at_least": 0.6, "expect": "equivalent", "margin": 20.0},
        "M": {"typical": "mean", "b": "third"},
    }  # fmt: skip
    run = run_of(attributed.study.table.form.files[0], named, attributes=["size", "kind"])
    rows = run.rows(PopulationRow)
    assert {row.k for row in rows} == {3}
    effects = np.array([row.effect for row in run.rows(EffectRow) if row.id == "T"])
    low, high = stats.t.interval(1 - 0.05 / 3, 29, effects.mean(), stats.sem(effects))
    assert (rows[0].mean_low, rows[0].mean_high) == pytest.approx((low, high))
    for claim in OverSeries.of(run).claims:
        names = [fact.name for fact in claim.comparisons[0].facts]
        at = "98.33 %"
        where = "inside" if claim.head.id == "S" else "beyond"
        assert [name for name in names if name.startswith(("mean", "series", "the same"))] == [
            f"mean, {at}", f"mean without a fifth at each end, {at}",
            f"series as claimed, {where} the margin, {at}",
            f"the same of true effects (calibrated), {at}",
        ]  # fmt: skip
        (tau,) = [name for name in names if "τ" in name]
        assert tau == "standard deviation of true effects between series, τ, 95.00 %"


@pytest.mark.parametrize(
    ("column", "one", "many"),
    [
        ("dataset", "data set", "data sets"),
        ("Task", "task", "tasks"),
        ("series", "series", "series"),
    ],
)
def test_series_are_called_what_the_table_calls_them(tmp_path, column, one, many):
    table = pd.read_csv(TABLES / "ten.csv").rename(columns={"series": column})
    table.to_csv(tmp_path / "t.csv", index=False)
    run = run_of(
        tmp_path / "t.csv",
        {"T": {}, "S": {"on_at_least": 0.99}, "M": {"typical": "mean", "expect": "less"}},
    )
    text = text_of(OverSeries, run)
    assert f"On {many} like these 10" in text
    assert f"A new {one} may expect" in text
    assert f"ours against base on 10 {many}: the median" in text
    assert f"10 {many} do not settle a share of 0.99" in text
    assert f"% of {many} and above" in text
    assert answer(run)[0].startswith(f"Of 3 claims about {many} like these 10: ")
    if one != "series":
        assert "series" not in text.replace("series’", "").replace("effects.csv", "")


def test_one_of_them_is_counted_as_one(tmp_path):
    table = pd.read_csv(TABLES / "ten.csv").rename(columns={"series": "dataset"})
    table[table["dataset"] == "d0"].to_csv(tmp_path / "t.csv", index=False)
    run = run_of(tmp_path / "t.csv", {"T": {}})
    (claim,) = run.rows(PopulationClaimRow)
    assert claim.undecided_because == "1 data set is too few; it takes 6"
    told = judged(run.repeats, VerdictSettings.of(run.study), [], {})
    run = replace(run, tables=run.tables | {ClaimRow: told.claims})
    assert answer(run)[0] == "One data set is too few to decide T about data sets like it."


def test_of_many_series_those_examined_are_named(one):
    assert "drawn by the seed" not in text_of(Reading, one)
    (series,) = {type(series) for series in one.study.series}
    more = tuple(series(f"x{i}", f"title {i}", "points", 0.5) for i in range(30))
    many = replace(one, study=replace(one.study, series=(*one.study.series, *more)))
    told = text_of(Reading, many)
    assert "Calibration and replication are about 10 of them, drawn by the seed: " in told
    # Nothing is trained here.
    assert "engines" not in told
    names = many.study.examined_series
    titles = [each.title for each in many.study.series if each.name in names]
    assert ", ".join(titles) in told
    assert len(titles) == 10


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


@pytest.mark.parametrize("ratio", [False, True])
@pytest.mark.parametrize("n_beyond", [0, 1, 2])
def test_as_many_lie_beyond_the_axis_as_are_drawn_at_its_ends(n_beyond, ratio):
    effects = sorted([*np.linspace(0.5, 1.5, 50), 500.0, 90.0][: 50 + n_beyond])
    line = typical(1.0, 0.9, 1.1, (0.8, 1.25))
    _, outside, _ = marks_of(effects_strip(effects, line, "x", ratio=ratio))
    assert len(outside) == n_beyond
    told = on_the_axis(effects, strip_ends(effects, line, ratio=ratio), "as diamonds ")
    assert (
        told
        == {
            0: "All effects are on the axis.",
            1: "1 effect lies beyond the axis and is drawn as diamonds at its end.",
            2: "2 effects lie beyond the axis and are drawn as diamonds at its end.",
        }[n_beyond]
    )
    drawn = moderator_figure(effects, [Attribute("size", effects)], "x", ratio=ratio)
    heights = drawn.axes[0].lines[-1].get_ydata()
    at_end = sum(height != effect for height, effect in zip(heights, effects, strict=True))
    ends = bulk_ends(effects, ratio=ratio)
    assert on_the_axis(effects, ends, "").startswith(str(at_end) if at_end > 2 else told[:5])


def test_figures_say_what_they_show(attributed):
    run = with_description(attributed)
    text = text_of(OverSeries, run)
    assert "The blue line is the median, the blue band its interval; the grey band is" in text
    assert "All effects are on the axis." in text
    text = text_of(Moderators, run)
    assert "Each point is a series" in text
    assert "All effects are on the axis." in text
    few = run_of(TABLES / "demsar.csv", {"D": {}})
    unknown = [replace(row, typical_low=math.nan) for row in few.rows(PopulationRow)]
    told = text_of(OverSeries, replace(few, tables={**few.tables, PopulationRow: unknown}))
    assert "its interval" not in told


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
    effects = sorted(rng.lognormal(size=1000))
    draw = partial(effects_strip, effects, typical(1), "x", ratio=False)
    assert len(escape(Figures().add("strip", draw))) < 200_000


def strip_colours(groups):
    effects = list(np.linspace(-1, 1, len(groups)))
    drawn = effects_strip(effects, typical(), "x", ratio=False, groups=groups)
    points = {
        float(y): line.get_color()
        for line in drawn.axes[0].lines
        if line.get_marker() == "o"
        for y in line.get_ydata()
    }
    (legend,) = drawn.legends
    return [points[effect] for effect in effects], [text.get_text() for text in legend.get_texts()]


def test_points_are_coloured_by_group():
    groups = ["b", "a", "b", "c", "b", "a"]
    colours, names = strip_colours(groups)
    assert names == ["b", "a", "c"]
    assert len({*zip(groups, colours, strict=True)}) == len(set(colours)) == 3


def test_of_many_groups_the_largest_six_have_a_colour():
    groups = [name for size, name in enumerate("hgfedcba", 1) for _ in range(size)]
    colours, names = strip_colours(groups)
    assert names == [*"abcdef", "all others"]
    by_group = dict(zip(groups, colours, strict=True))
    assert by_group["g"] == by_group["h"] == INK
    assert len(set(by_group.values())) == 7
    # A group's colour does not hang on the order of the effects.
    assert group_colours(groups) == group_colours(groups[::-1])


def test_the_group_of_a_series_is_its_cluster_or_its_first_attribute(one):
    assert groups_of(one.study) is None
    kinds = [("kind", "x"), ("kind", ""), ("source", "y")]
    series = [
        replace(source, attributes=(("size", "1"), kind))
        for source, kind in zip(one.study.series[:3], kinds, strict=True)
    ]
    study = replace(one.study, series=tuple(series))
    assert groups_of(study) == dict.fromkeys(["d0", "d1", "d2"], "1")
    groups = groups_of(replace(study, cluster="kind"))
    assert list(groups.values()) == ["x", "not known", "not known"]


# What is told beside the verdicts


def description_of(run, series=None):
    settings = DescriptionSettings.of(run.study)
    tables = run.tables
    return described(
        run.repeats, tables[PopulationRow], tables[EffectRow], series or {}, settings
    )  # fmt: skip


def with_description(run, series=None):
    found = description_of(run, series)
    more = {
        SeriesAttributeRow: found.series_attributes, ModeratorRow: found.moderators,
        VarianceComponentRow: found.variance_components, AllocationRow: found.allocations,
        MethodRow: found.methods, MethodPairRow: found.method_pairs,
        PerformanceProfileRow: found.performance_profiles,
    }  # fmt: skip
    return replace(run, tables={**run.tables, **more}, figures=Figures())


@pytest.fixture
def attributed(tmp_path):
    """Thirty series: the effect goes with size; kinds are at random."""
    rng = np.random.default_rng(1)
    rows = []
    for index in range(30):
        level, size = rng.normal(50, 20), rng.uniform(1, 9)
        kind = "ab"[index % 2] if index else ""
        for name, effect in (("ours", size), ("base", 0.0), ("third", 0.2)):
            repeats = level + effect + rng.normal(0, 0.5, 12)
            rows += [
                (f"d{index}", name, repeat, value, f"{size:.3f}", kind)
                for repeat, value in enumerate(repeats)
            ]
    columns = ["series", "scenario", "repeat", "accuracy", "size", "kind"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "t.csv", index=False)
    return run_of(tmp_path / "t.csv", {"T": {}}, attributes=["size", "kind"])


def test_what_effects_go_with(attributed):
    found = {row.attribute: row for row in description_of(attributed).moderators}
    size, kind = found["size"], found["kind"]
    assert (size.test, size.n_series, kind.test, kind.n_series) == ("spearman", 30, "kruskal", 29)
    effects = {row.series: row.effect for row in attributed.rows(EffectRow)}
    sizes = {s.name: float(dict(s.attributes)["size"]) for s in attributed.study.series}
    rho, p = stats.spearmanr([effects[s] for s in effects], [sizes[s] for s in effects])
    assert (size.statistic, size.p) == pytest.approx((rho, p))
    assert size.p_holm == pytest.approx(2 * p)
    run = with_description(attributed)
    text = text_of(Moderators, run)
    assert "This decides nothing" in text
    assert f"rank correlation {rho:.2f} &lt; 0.001 &lt; 0.001" in text
    (name,) = run.figures.files
    assert name.startswith("moderators-T-")


def test_of_series_here_attributes_are_measured(attributed):
    values = np.arange(40.0) + np.tile([0, 3, 1, -2.0], 10)
    series = Series("d0", values, tuple(map(str, range(40))), 8, period=4)
    rows = description_of(attributed, {"d0": series}).series_attributes
    own = {row.attribute: row.value for row in rows if row.series == "d0"}
    assert list(own) == ["length", "autocorrelation", "trend", "season", "size", "kind"]
    assert own["length"] == "40"
    assert float(own["season"]) == pytest.approx(attributes_of(values, 4).season)
    assert {row.attribute for row in rows if row.series == "d1"} == {"size", "kind"}


@pytest.mark.parametrize(
    ("values", "is_numeric"),
    [(["1", "2.5", ""], True), (["1", "x", ""], False), ([3, math.nan], True)],
)
def test_an_attribute_is_numbers_if_all_known_values_are(values, is_numeric):
    found = as_numbers(values)
    assert np.issubdtype(found.dtype, np.number) == is_numeric
    assert len(found) == len(values)


def test_components_of_variance_and_what_follows(attributed):
    found = description_of(attributed)
    (row,) = found.variance_components
    effects = np.array([effect.effect for effect in attributed.rows(EffectRow)])
    errors = np.array([effect.standard_error for effect in attributed.rows(EffectRow)])
    assert row.between_repeats == pytest.approx(math.sqrt((12 * errors**2).mean()))
    assert row.between_repeats == pytest.approx(math.sqrt(0.5), rel=0.1)
    between = effects.var(ddof=1) - (errors**2).mean()
    assert row.between_series == pytest.approx(math.sqrt(between))
    assert row.between_series_low < row.between_series < row.between_series_high
    sizes = [(plan.budget, plan.n_series, plan.n_repeats) for plan in found.allocations]
    assert sizes == [(0.1, 30, 1), (0.25, 30, 3), (0.5, 30, 6), (1, 30, 12), (2, 30, 24)]
    now = found.allocations[3]
    assert now.standard_error_of_mean == pytest.approx(effects.std(ddof=1) / math.sqrt(30))
    assert 0.3 < now.standard_error_of_median < 1
    text = text_of(Variance, with_description(attributed))
    assert "10 % 30 1 " in text
    assert "its trainings alone" in text
    assert "takes at least 6 series to be supported" in text
    assert "No study of these series with up to 1,000 repeats is expected" in text
    # That of the study at hand is what it is; of a resample of its series it varies.
    (population,) = attributed.rows(PopulationRow)
    width = population.typical_high - population.typical_low
    assert now.interval_width == pytest.approx(width, rel=0.3)
    assert f"between series {row.between_series:.3f} [" in text


def test_of_few_repeats_the_median_has_no_standard_error(one):
    plans = description_of(one).allocations
    assert all(math.isnan(plan.standard_error_of_median) for plan in plans)
    # 30 trainings of each: a tenth does not allow the six series that the claim takes.
    assert [plan.budget for plan in plans] == [0.25, 0.5, 1, 2]
    assert [plan.n_repeats for plan in plans] == [1, 2, 3, 6]
    assert [plan.n_series for plan in plans] == [7, 7, 10, 10]
    assert all(math.isnan(plan.interval_width) for plan in plans)
    text = text_of(Variance, with_description(one))
    assert "to be narrower than the margin." in text
    assert "No study of these" not in text


def plans_for(run, **finding):
    """What is planned for a finding about a run's table, with the page's section."""
    of = {"attributes": ["size", "kind"]}
    run = run_of(run.study.table.form.files[0], {"T": finding}, **of)
    run = with_description(run)
    return run.rows(AllocationRow), text_of(Variance, run)


def test_the_smallest_study_with_an_interval_narrower_than_the_margin(attributed):
    """Its interval, of so many of these series with so many of their repeats, is about as wide."""
    (*budgets, found), text = plans_for(attributed, margin=4.0)
    assert [plan.resolves for plan in budgets] == [False] * 5
    assert found.resolves
    assert 6 <= found.n_series < 30
    assert found.budget == pytest.approx(found.n_series * found.n_repeats / 360)
    assert found.interval_width < 4
    effects = np.array([row.effect for row in attributed.rows(EffectRow)])
    source = np.random.default_rng(1)
    ordered = np.sort(source.choice(effects, (4000, found.n_series)), axis=1)
    j = int(stats.binom.ppf(0.025, found.n_series, 0.5))
    error = math.sqrt(0.5 / found.n_repeats)
    width = (ordered[:, found.n_series - j] - ordered[:, j - 1]).mean()
    assert width < found.interval_width < width + 2 * error
    told = f"{found.n_series} {found.n_repeats} "
    assert f"narrower than the margin {told}" in text
    assert "No study of these" not in text


def test_what_is_planned_depends_on_what_decides(attributed):
    of_mean, text = plans_for(attributed, margin=4.0, typical="mean")
    assert "takes at least 2 series" in text
    assert of_mean[-1].resolves
    half = stats.t.isf(0.025, of_mean[-1].n_series - 1) * of_mean[-1].standard_error_of_mean
    assert of_mean[-1].interval_width == pytest.approx(2 * half)
    of_share, text = plans_for(attributed, margin=4.0, on_at_least=0.8)
    # With k = 2: .0125^(1 / n) reaches .8 at 20.
    assert "takes at least 20 series to be supported" in text
    assert min(plan.n_series for plan in of_share) >= 20
    assert not any(plan.resolves for plan in of_share)
    assert "No study of these" not in text
    never, text = plans_for(attributed, margin=4.0, on_at_least=0.9)
    assert never == []
    assert "takes at least 42 series to be supported" in text
    of_all, text = plans_for(attributed, margin=4.0, on_at_least=1)
    assert len(of_all) == 5
    assert "A claim about all series can only be contradicted." in text


def test_what_series_and_repeats_cost(attributed):
    costs = {"series": 36.0, "repeat": 2.0}
    dear = replace(attributed, study=replace(attributed.study, costs=costs | {"origin": 0.0}))
    spent = 30 * (36 + 12 * 2)
    plans = description_of(dear).allocations
    assert all(one.n_series * (36 + 2 * one.n_repeats) <= one.budget * spent for one in plans)
    # A tenth, 180, allows four series only.
    assert [one.budget for one in plans] == [0.25, 0.5, 1, 2]
    assert [(one.n_series, one.n_repeats) for one in plans[2:]] == [(30, 12), (30, 42)]
    text = text_of(Variance, with_description(dear))
    assert "36 for each series, 0 for each test window of one and 2 for each repeat" in text


def test_of_single_repeats_there_are_no_components():
    run = run_of(TABLES / "demsar.csv", {"D": {}})
    found = description_of(run)
    assert (found.variance_components, found.allocations) == ([], [])
    assert Variance.of(with_description(run)) is None
    assert Moderators.of(with_description(run)) is None


def test_ranks_over_data_sets():
    """Against the numbers of tests/unit/test_data_sets.py, which are R's."""
    run = with_description(run_of(TABLES / "demsar.csv", {"D": {}}))
    table = pd.read_csv(TABLES / "demsar.csv").pivot(
        index="series", columns="scenario", values="accuracy"
    )
    ranks = (-table).rank(axis=1).mean()
    rows = {row.scenario: row for row in run.rows(MethodRow)}
    assert {name: row.mean_rank for name, row in rows.items()} == pytest.approx(dict(ranks))
    friedman = stats.friedmanchisquare(*table.to_numpy().T)
    assert rows["ours"].friedman == pytest.approx(friedman.statistic)
    pair = next(row for row in run.rows(MethodPairRow) if row.scenario_b == "base")
    better = np.mean(np.sign(table[pair.scenario_a] - table["base"]) / 2 + 0.5)
    assert pair.improvement == pytest.approx(better)
    assert math.isnan(pair.improvement_low)
    text = text_of(Ranks, run)
    assert f"χ² {friedman.statistic:.2f}" in text
    assert "they decide nothing" in text
    assert "(Nemenyi, at .05)" in text


def test_ranks_of_repeats(attributed):
    run = with_description(attributed)
    rows = {row.scenario: row for row in run.rows(MethodRow)}
    assert rows["ours"].mean_rank == 1
    assert rows["ours"].interquartile_mean > rows["base"].interquartile_mean
    row = rows["base"]
    assert row.interquartile_mean_low < row.interquartile_mean < row.interquartile_mean_high
    pair = run.rows(MethodPairRow)[0]
    assert (pair.scenario_a, pair.scenario_b) == ("ours", "base")
    assert 0.9 < pair.improvement_low < pair.improvement <= pair.improvement_high <= 1
    text = text_of(Ranks, run)
    assert "apart" in text
    assert "a repeat of a is better" in text.lower()


def repeats_table(**scenarios):
    rows = [
        {"series": f"s{index}", "scenario": name, "repeat": 0, "score": value}
        for name, values in scenarios.items()
        for index, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def test_series_without_a_score_of_each_scenario_are_left_out():
    repeats = repeats_table(a=[1, 2, 3], b=[2, 3, math.nan], c=[3, 4, 5])
    scores = shared_scores(repeats, "score")
    methods, pairs = ranks_over_series(
        scores, "score", 1, higher_is_better=False, is_on_one_scale=False
    )
    assert [row.mean_rank for row in methods] == [1, 2, 3]
    assert {row.n_series for row in methods} == {2}
    assert all(math.isnan(row.interquartile_mean) for row in methods)
    assert len(pairs) == 3
    for few in (repeats[repeats["scenario"] != "c"], repeats[repeats["series"] == "s0"]):
        assert shared_scores(few, "score") == {}
    assert ranks_over_series(
        {}, "score", 1, higher_is_better=False, is_on_one_scale=False
    ) == ([], [])  # fmt: skip
    assert profiles_over_series({}, "score", 1, higher_is_better=False) == []


def shares_of(rows, scenario):
    return {row.threshold: row.share for row in rows if row.scenario == scenario}


def test_performance_profiles_of_repeats(attributed):
    run = with_description(attributed)
    rows = run.rows(PerformanceProfileRow)
    own = attributed.repeats.query("scenario == 'ours'").groupby("series")["accuracy"]
    shares = shares_of(rows, "ours")
    assert len(shares) == THRESHOLDS
    for threshold, share in list(shares.items())[::7]:
        assert share == pytest.approx(own.apply(lambda x, t=threshold: (x > t).mean()).mean())
    low, high = np.quantile(attributed.repeats["accuracy"], PROFILED)
    assert (min(shares), max(shares)) == pytest.approx((low, high))
    assert all(row.share_low <= row.share <= row.share_high for row in rows)
    assert any(row.share_low < row.share_high for row in rows)
    html = html_of(Ranks, run)
    assert "performance_profiles.csv" in html
    assert "performance-profiles.svg" in run.figures.files
    assert "share of repeats above" in html


def test_profiles_of_errors_count_lower_values():
    scores = shared_scores(repeats_table(a=[1, 2], b=[2, 3], c=[3, 4]), "score")
    rows = profiles_over_series(scores, "score", 1, higher_is_better=False)
    a, c = shares_of(rows, "a"), shares_of(rows, "c")
    highest = max(a)
    assert (a[highest], c[highest]) == (1, 0.5)
    assert math.isnan(rows[0].share_low)


def test_a_metric_that_is_not_on_one_scale_has_no_profiles(attributed):
    class Apart(type(attributed.study)):
        is_on_one_scale = False

    study = Apart(**{f.name: getattr(attributed.study, f.name) for f in fields(attributed.study)})
    run = with_description(replace(attributed, study=study))
    assert run.rows(PerformanceProfileRow) == []
    assert "Performance profiles" not in html_of(Ranks, run)


def profile_rows(shares, **ends):
    return [
        row_of(PerformanceProfileRow, threshold=float(index), share=share, **ends)
        for index, share in enumerate(shares)
    ]


def test_profiles_are_drawn_each_before_the_others():
    panels = [
        ("first", profile_rows([1.0, 0.5], share_low=0.1, share_high=0.9)),
        ("second", profile_rows([0.9, 0.2], share_low=math.nan, share_high=math.nan)),
        ("third", profile_rows([0.8, 0.1], share_low=0.1, share_high=0.9)),
    ]
    drawn = performance_profiles(panels, "MASE", "below")
    for axes, own in zip(drawn.axes, ("first", "second", "third"), strict=False):
        assert axes.get_title(loc="left") == own
        *others, line = (list(line.get_ydata()) for line in axes.lines)
        shares = {name: [row.share for row in rows] for name, rows in panels}
        assert line == shares.pop(own)
        assert others == list(shares.values())
        assert len(axes.collections) == (own != "second")
    assert drawn.get_supylabel() == "share of repeats below"


def test_bars_are_over_scenarios_that_are_not_told_apart():
    methods = [row_of(MethodRow, scenario=name, mean_rank=rank) for name, rank in
               [("a", 1.0), ("b", 1.5), ("c", 2.5), ("d", 3.0)]]  # fmt: skip
    close = {"ab", "bc", "cd", "bd"}
    pairs = [
        row_of(
            MethodPairRow, scenario_a=b, scenario_b=a, is_within_critical_difference=a + b in close
        )
        for a in "abcd"
        for b in "abcd"
        if a < b
    ]
    assert together(methods, pairs) == [(1.0, 1.5), (1.5, 3.0)]
    drawn = critical_difference_diagram({"a": 1.0, "b": 1.5}, [(1.0, 1.5)], 0.7)
    lines = [list(line.get_xdata()) for line in drawn.axes[0].lines]
    assert lines == [[1.0, 1.5], [1.0, 1.5], [1, 1.7]]


def test_names_of_groups_that_would_overlap_are_turned():
    effects = [0.5, 1.0, 2.0, 4.0]
    drawn = {
        names: moderator_figure(effects, [Attribute("kind", list(names))], "effect", ratio=False)
        for names in (("micro", "macro", "micro", "other"), ("demographic", "finance", "x", "y"))
    }
    turned = [figure.axes[0].get_xticklabels()[0].get_rotation() for figure in drawn.values()]
    assert turned == [0, 90]
    few, many = (figure.get_figheight() for figure in drawn.values())
    assert few < many


def test_attributes_that_are_drawn():
    effects = [0.5, 1.0, 2.0, 4e6, 1.2]
    numbers = Attribute("size", [1.0, 2.0, math.nan, 4.0, 5.0])
    groups = Attribute("kind", ["x", "y", "x", "x", "not known"])
    drawn = moderator_figure(effects, [numbers, groups], "ratio", ratio=True)
    left, right, *_ = drawn.axes
    assert [axes.get_xlabel() for axes in (left, right)] == ["size", "kind"]
    assert [label.get_text() for label in right.get_xticklabels()] == ["x", "not known", "y"]
    points = right.lines[-1]
    assert np.round(points.get_xdata()) == pytest.approx([0, 2, 0, 0, 1])
    assert max(points.get_ydata()) == pytest.approx(2.0)
    assert left.get_yscale() == "log"


def test_unknown_effects_are_not_described(attributed):
    effects = attributed.rows(EffectRow)
    unknown = [replace(effects[0], effect=math.nan, standard_error=math.nan), *effects[1:]]
    found = description_of(replace(attributed, tables={**attributed.tables, EffectRow: unknown}))
    assert {row.n_series for row in found.variance_components} == {29}
    assert {row.attribute: row.n_series for row in found.moderators} == {"size": 29, "kind": 29}
    assert found.allocations[-1].n_series == 29


def of_one_pair(tmp_path):
    """A run of a claim that compares the means, and the spreads, of the same two scenarios."""
    rng, rows = np.random.default_rng(8), []
    for place in range(12):
        for repeat in range(8):
            ours, base = rng.normal(5 + place / 50, 0.2), rng.normal(3, 1)
            rows += [(f"s{place}", "ours", repeat, ours), (f"s{place}", "base", repeat, base)]
    table = pd.DataFrame(rows, columns=["series", "scenario", "seed", "accuracy"])
    table.to_csv(tmp_path / "pair.csv", index=False)
    parts = [
        {"expect": "greater", "a": "ours", "b": "base"},
        {"expect": "more_stable", "a": "ours", "b": "base"},
    ]
    finding = {"all_of": parts, "expect": None, "a": None, "b": None}
    return run_of(tmp_path / "pair.csv", {"C": finding}), table


def test_a_claim_about_means_and_spreads_of_the_same_two(tmp_path):
    run, table = of_one_pair(tmp_path)
    run = with_description(run)
    by_kind = {
        kind: {row.series: row.effect for row in run.rows(EffectRow) if row.estimand == kind}
        for kind in ("mean", "spread")
    }
    cells = table.groupby(["series", "scenario"])["accuracy"]
    means = cells.mean().unstack()
    spreads = cells.agg(lambda own: (own - own.median()).abs().mean()).unstack()
    for name in means.index:
        assert by_kind["mean"][name] == pytest.approx(means["ours"][name] - means["base"][name])
        assert by_kind["spread"][name] == pytest.approx(
            spreads["ours"][name] / spreads["base"][name], rel=0.35
        )
    assert all(0 < effect < 1 for effect in by_kind["spread"].values())
    assert [row.estimand for row in run.rows(VarianceComponentRow)] == ["mean", "spread"]
    (claim,) = run.rows(PopulationClaimRow)
    rows = {row.estimand: row for row in run.rows(PopulationRow)}
    assert {row.verdict for row in rows.values()} == {"supported"}
    # The sentence is about one of them, by its own numbers.
    told = "ratio of spreads" if "spreads" in claim.sentence else "difference of means"
    weakest = rows["spread" if "spreads" in claim.sentence else "mean"]
    assert f"{told} is {weakest.median:.2g}" in claim.sentence
    text_of(OverSeries, run)
    text = text_of(Variance, run)
    assert text.count("of logarithms") == 1
    names = [name for name in run.figures.files if name.startswith("over-series-C")]
    assert len(names) == 2
