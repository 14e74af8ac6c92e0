"""Studies of many series: which of them are examined, at what level, and what the page leaves out."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support import ROOT, row_of

from thousandfold.inference.analyses import calibrated
from thousandfold.inference.calibration import DECIDING
from thousandfold.inference.contrasts import MeanDifference
from thousandfold.loading import load_study
from thousandfold.report import environment_of
from thousandfold.report.margins import margin_strips
from thousandfold.report.reach import mark_of_reach, reach_plots, sentence_of_reach
from thousandfold.report.run import MOST_SHOWN, Provenance, Run
from thousandfold.report.sections.heading import Heading
from thousandfold.report.sections.over_all import OverAll
from thousandfold.schema import config_schema
from thousandfold.series import Series
from thousandfold.settings import CalibrationSettings
from thousandfold.study import MOST_COMPARED, MOST_EXAMINED, Finding, OverSeries, StudySeries
from thousandfold.tables.rows import ConjunctionRow, ContrastRow, MarginRow, ReachRow

OF_ONE = Finding("E", "c", "s", "less", (MeanDifference("less", "a", "b", 1.0, "score"),))
OVER = replace(OF_ONE, id="O", over=OverSeries())


def study_of(n_series, *findings, **changes):
    """A study of imported repeats of a and b on series s0, s1, ..."""
    rng = np.random.default_rng(1)
    rows = [
        (f"s{i}", scenario, value)
        for i in range(n_series)
        for scenario in "ab"
        for value in rng.normal(size=12)
    ]
    table = pd.DataFrame(rows, columns=["series", "scenario", "score"])
    table.to_csv("mine.csv", index=False)
    study = load_study(
        {
            "study": {"seed": 1, "margin": 1},
            "table": {"file": "mine.csv", "metric": "score"},
            "findings": {"X": {"claim": "c", "expect": "less", "a": "a", "b": "b"}},
        },
        [],
    )
    repeats = table.assign(repeat=table.groupby(["series", "scenario"]).cumcount())
    return replace(study, findings=findings or study.findings, **changes), repeats


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_of_many_series_some_are_drawn_by_the_seed():
    few, _ = study_of(MOST_EXAMINED)
    assert few.examined_series == few.series_names
    many, _ = study_of(40)
    drawn = many.examined_series
    assert len(drawn) == len(set(drawn)) == MOST_EXAMINED
    assert list(drawn) == [name for name in many.series_names if name in drawn]
    assert many.examined_series == drawn
    assert replace(many, seed=2).examined_series != drawn
    assert len(many.compared_series) == MOST_COMPARED
    assert set(many.compared_series) < set(drawn)
    assert study_of(MOST_COMPARED)[0].compared_series == study_of(MOST_COMPARED)[0].series_names


def test_claims_over_many_series_are_not_calibrated_on_each():
    many, _ = study_of(40, OF_ONE, OVER)
    assert many.calibrated_contrasts == OF_ONE.contrasts
    few, _ = study_of(8, OF_ONE, OVER)
    assert few.calibrated_contrasts == OF_ONE.contrasts + OVER.contrasts


@pytest.mark.parametrize("n_series", [4, 20])
def test_the_level_of_calibration_is_that_of_all_series(n_series):
    study, repeats = study_of(n_series, OF_ONE)
    rows = calibrated(repeats, CalibrationSettings.of(study))
    deciding = [row for row in rows if row.test == DECIDING]
    assert {row.series for row in rows} == set(study.examined_series)
    assert deciding
    assert [row.level for row in deciding] == pytest.approx([0.05 / n_series] * len(deciding))


def test_a_required_claim_has_to_be_tested():
    with pytest.raises(
        Exception,
        match=r"study\.require\.Z: is none of the findings that are tested; there is no 'Z'",
    ):
        load_study(
            {
                "study": {"seed": 1, "margin": 1, "require": {"Z": "supported"}},
                "table": {"file": write_table(), "metric": "score"},
                "findings": {"X": {"claim": "c", "expect": "less", "a": "a", "b": "b"}},
            },
            [],
        )


def write_table():
    pd.DataFrame({"scenario": list("aabb"), "score": [1.0, 2, 3, 4]}).to_csv("t.csv", index=False)
    return "t.csv"


def run_of(study, tables):
    return Run(study, {}, pd.DataFrame(), tables, {}, Provenance({}, "x"))


def test_series_have_sections_unless_there_are_many():
    study, _ = study_of(1)
    source, (finding,) = study.series[0], study.findings
    scenarios = tuple(replace(study.scenarios[0], name=f"x{i}") for i in range(MOST_SHOWN))

    def shown(n_series, n_scenarios=2, n_findings=1):
        series = tuple(replace(source, name=f"s{i}") for i in range(n_series))
        other = replace(
            study, series=series, scenarios=scenarios[:n_scenarios],
            findings=(finding,) * n_findings,
        )  # fmt: skip
        return len(run_of(other, {}).on_shown_series())

    assert [shown(n) for n in (20, 21, 500)] == [20, 0, 0]
    # Ten series of eleven scenarios and fifteen claims made a page of 9 MB.
    assert (shown(10, 11, 15), shown(2, 11, 15), shown(3, 11, 15)) == (0, 2, 0)
    # That of one series is always shown.
    assert shown(1, MOST_SHOWN, 5) == 1


def test_the_docs_say_with_how_many_series_have_sections():
    described = config_schema()["properties"]["study"]["properties"]["show_series"]["description"]
    told = " ".join((ROOT / "docs/over-series.md").read_text(encoding="utf-8").split())
    for text in (described, told):
        assert f"there are at most {MOST_SHOWN} scenarios and findings, each counted once" in text


def test_single_series_are_shown_on_request():
    study, _ = study_of(40)
    asked = replace(study, show_series=("s7", "s3"))
    assert [part.source.name for part in run_of(asked, {}).on_shown_series()] == ["s3", "s7"]
    few, _ = study_of(3)
    (part,) = run_of(replace(few, show_series=("s1",)), {}).on_shown_series()
    assert part.source.name == "s1"
    assert len(run_of(few, {}).on_few_series()) == 3


class Nothing(dict):
    """Tables without rows."""

    def __missing__(self, row_type):
        return []


def text_of(section, run):
    html = section.of(run).html(environment_of(run))
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def test_where_there_are_sections_of_single_series_and_where_their_numbers_are():
    many, _ = study_of(40)
    row = row_of(ConjunctionRow, id="X", claim="c", k=1, m=40, supported_on="s1")
    tables = Nothing({ConjunctionRow: [row]})
    files = "What is known of each: claims.csv , contrasts.csv , summary.csv ."

    def told(*names):
        run = run_of(replace(many, show_series=names), tables)
        return text_of(Heading, run), text_of(OverAll, run)

    head, over_all = told()
    assert "The 40 series have no sections of their own on this page, as it would be" in head
    assert files in head
    assert "below" not in over_all
    assert "Each has its own verdict ( claims.csv )" in over_all
    assert "keep their level ( error_rates.csv )" in over_all
    head, over_all = told("s2")
    assert f"Of the 40 series, s2 has sections of its own on this page. {files}" in head
    assert "below" not in over_all
    assert "s2, s3 have sections of their own on" in told("s2", "s3")[0]
    few, _ = study_of(3)
    run = run_of(few, tables)
    assert "sections" not in text_of(Heading, run)
    assert text_of(OverAll, run).count("(below)") == 2


def test_a_series_that_is_to_be_shown_has_to_be_there():
    with pytest.raises(Exception, match=r"study\.show_series\.0: there is no 's9'"):
        load_study(
            {
                "study": {"seed": 1, "margin": 1, "show_series": ["s9"]},
                "table": {"file": write_table(), "metric": "score"},
                "findings": {"X": {"claim": "c", "expect": "less", "a": "a", "b": "b"}},
            },
            [],
        )


def test_where_other_test_rows_might_change_the_sign():
    row = row_of(ReachRow, same_sign=0.79, low=-5.0, high=14.5, block=2, lowest_without_one=0.4)
    assert mark_of_reach(row) == "sign flips in 21\N{NO-BREAK SPACE}%"
    assert mark_of_reach(replace(row, same_sign=0.99)) == ""
    assert mark_of_reach(None) == ""
    told = sentence_of_reach(row, 12, 1)
    assert "(12 of them, in blocks of 2) 95 % of the estimates are in [−5.0, 14.5]" in told
    assert "79 % have the same sign" in told or "79.0 % have the same sign" in told


def test_a_strip_has_its_ranges_side_by_side_and_the_registered_margin_marked():
    study, _ = study_of(1)
    contrast = row_of(
        ContrastRow, series="s0", id="F", estimand="mean", scenario_a="a",
        scenario_b="b", metric="rmse", margin=5.0,
    )  # fmt: skip
    ranges = [
        row_of(
            MarginRow, series="s0", id="F", estimand="mean", scenario_a="a",
            scenario_b="b", metric="rmse", above=above, up_to=up_to, verdict=verdict,
        )
        for above, up_to, verdict in [
            (0.0, 4.0, "supported"), (4.0, 8.0, "direction supported"),
            (8.0, np.nan, "no difference that matters"),
        ]
    ]  # fmt: skip
    others = [replace(row, id="G") for row in ranges[:1]]
    (part,) = run_of(study, {MarginRow: [*others, *ranges]}).on_each_series()
    (strip,) = margin_strips(part, [contrast])
    assert [(s.start, s.width) for s in strip.segments] == [(0, 40), (40, 40), (80, 20)]
    assert (strip.registered, strip.margin) == (50, "5.00")
    assert (strip.low, strip.high) == ("0.00", "10.00")
    assert [s.words for s in strip.segments] == ["0.00 to 4.00", "4.00 to 8.00", "above 8.00"]
    assert strip.who == []
    assert margin_strips(part, [replace(contrast, id="H")]) == []


def test_attributes_make_the_groups_of_series():
    study, _ = study_of(3)
    assert study.clusters is None
    series = tuple(
        StudySeries(f"s{i}", f"s{i}", "", 1.0, (("kind", "even" if i % 2 == 0 else "odd"),))
        for i in range(3)
    )
    grouped = replace(study, series=series, cluster="kind")
    assert grouped.clusters == {"s0": "even", "s1": "odd", "s2": "even"}


def test_the_small_figure_of_other_test_rows_is_to_scale():
    names = {
        "series": "s0", "estimand": "mean", "scenario_a": "a", "scenario_b": "b", "metric": "score",
    }  # fmt: skip
    contrast = row_of(ContrastRow, difference=5.0, ci_low=2.5, ci_high=7.5, margin=2.5, **names)
    reach = row_of(ReachRow, low=-5.0, high=10.0, same_sign=1.0, **names)
    study, _ = study_of(1)
    values = np.arange(20.0)
    series = Series("s0", values, tuple(map(str, values)), 4)
    run = replace(run_of(study, {ReachRow: [reach]}), series={"s0": series})
    (plot,) = reach_plots(run.on_each_series()[0], [contrast])
    unit = 50 / 10.5
    assert (plot.zero, plot.estimate) == pytest.approx((50, 50 + 5 * unit))
    assert (plot.low, plot.high) == pytest.approx((50 - 5 * unit, 50 + 10 * unit))
    assert plot.decided == pytest.approx((50 + 2.5 * unit, 50 + 7.5 * unit))
    assert (plot.band, plot.band_width) == pytest.approx((50 - 2.5 * unit, 5 * unit))
    assert "(4 of them" in plot.sentence
