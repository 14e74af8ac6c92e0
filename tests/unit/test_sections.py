"""The sections of the page: each shows its view and nothing else, and computes nothing."""

import ast
import csv
import inspect
import io
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import get_args, get_type_hints
from urllib.parse import unquote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import meta, nodes
from markupsafe import escape
from support import ROOT, shipped_study
from unit.test_report import again, run_of

from thousandfold import figures
from thousandfold.formatting import (
    agreeing,
    counted,
    coverage,
    error_rate,
    level,
    n_times,
    percent,
    spelled_out,
    times,
)
from thousandfold.inference import baselines, calibration, precision, replication, stopping
from thousandfold.inference.contrasts import MeanDifference
from thousandfold.inference.population.judging import NO_TYPICAL_DIFFERENCE
from thousandfold.inference.published import COMPATIBLE, NOT_COMPATIBLE
from thousandfold.inference.verdicts import Verdict
from thousandfold.metrics import METRICS
from thousandfold.numbers import Numbers
from thousandfold.report import FIRST, LAST, OF_EACH_SERIES, environment_of, render
from thousandfold.report.marks import MEANINGS, mark_of
from thousandfold.report.page import TEMPLATES
from thousandfold.report.run import files_of
from thousandfold.report.sections import findings
from thousandfold.report.sections.agreement import Agreement
from thousandfold.report.sections.baselines_over_series import BaselinesOverSeries
from thousandfold.report.sections.best_baseline import BestBaseline
from thousandfold.report.sections.experiments import Experiments
from thousandfold.report.sections.findings import Findings
from thousandfold.report.sections.forecasts import Forecasts
from thousandfold.report.sections.heading import Heading
from thousandfold.report.sections.over_all import OverAll
from thousandfold.report.sections.pairs import Pairs
from thousandfold.report.sections.published import Published
from thousandfold.report.sections.reading import Reading
from thousandfold.report.sections.repeats import Repeats
from thousandfold.report.sections.series import TheSeries
from thousandfold.report.sections.stopping import OUTCOMES
from thousandfold.report.sections.stopping import Stopping as StoppingSection
from thousandfold.report.sections.trust import NULLS, Trust
from thousandfold.report.sections.verdicts import Verdicts
from thousandfold.side_by_side import SideBySide
from thousandfold.study import Experiment, Finding, Stopping, TrainedStudy
from thousandfold.svg import Figures, palette_css
from thousandfold.tables import TABLES
from thousandfold.tables.rows import (
    COMPARISON_TABLES,
    PLANNING_TABLES,
    BaselineModelRow,
    BaselineOverSeriesRow,
    BaselineRow,
    CalibrationRow,
    ClaimRow,
    ComparisonRow,
    ConjunctionRow,
    ContrastRow,
    ErrorRateRow,
    FidelityRow,
    IdentityRow,
    PerformanceProfileRow,
    PublishedRow,
    ReplicationRow,
    RequiredRepeatsRow,
    StandardErrorRow,
    StoppingRow,
    StoppingSimulationRow,
    TwinRow,
)

SECTIONS = [*FIRST, *OF_EACH_SERIES, *LAST, SideBySide]

SHARED = {"report.html", "macros.html"}
"""The templates that are no section's."""


@pytest.fixture(scope="module")
def run():
    os.chdir(ROOT)
    return run_of(shipped_study())


@pytest.fixture(scope="module")
def small():
    """A run of three scenarios and as many claims."""
    os.chdir(ROOT)
    study = shipped_study()
    names = ["stateful", "stateless", "stateless_shuffle"]
    return run_of(
        replace(
            study, twins=(), scenarios=tuple(map(study.scenario, names)),
            findings=tuple(f for f in study.findings if f.id in ("E2", "F3", "F4")),
            experiments=(Experiment("All", tuple(names)),),
        )
    )  # fmt: skip


def html_of(section, run, tables=()):
    """A section of a run, or of its first series, with other tables."""
    changed = again(run, dict(tables))
    part = changed if section in (*FIRST, *LAST) else changed.on_each_series()[0]
    return section.of(part).html(environment_of(changed))


def text_of(section, run, tables=()):
    """Its text."""
    return " ".join(re.sub("<[^>]*>", " ", html_of(section, run, tables)).split())


@pytest.fixture(autouse=True)
def in_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def views_in(view) -> Iterator[type]:
    """A view's class and those of the views that it has for fields."""
    yield view
    for hint in get_type_hints(view).values():
        waiting = [hint]
        while waiting:
            part = waiting.pop()
            waiting += get_args(part)
            if isinstance(part, type) and is_dataclass(part):
                yield from views_in(part)


def syntax_of(environment, name):
    return environment.parse((TEMPLATES / name).read_text(encoding="utf-8"))


def attributes_in(tree):
    """The attributes that a template asks of anything but its loops."""
    asked = tree.find_all(nodes.Getattr)
    return {x.attr for x in asked if not (isinstance(x.node, nodes.Name) and x.node.name == "loop")}


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_a_template_shows_the_fields_of_its_view_and_nothing_else(run, section):
    environment = environment_of(run)
    tree = syntax_of(environment, section.template())
    shown = meta.find_undeclared_variables(tree) - set(environment.globals)
    assert shown == {field.name for field in fields(section)}
    inner = {f.name for view in list(views_in(section))[1:] for f in fields(view)}
    shared = attributes_in(syntax_of(environment, "macros.html")) & inner
    assert attributes_in(tree) | shared == inner


def test_every_template_is_that_of_a_section():
    names = {path.name for path in TEMPLATES.glob("*.html")}
    assert names == SHARED | {section.template() for section in SECTIONS}


class Watched(dict):
    """Tables that note which of them are asked for."""

    def __init__(self, tables):
        super().__init__(tables)
        self.asked = set()

    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)


def test_the_page_asks_for_every_table_and_names_one_that_is_missing(small):
    watched = Watched(small.tables)
    render(replace(again(small), tables=watched))
    elsewhere = {
        "repeats",
        "earlier_repeats",
        "forecasts",
        "blocks",
        "stopping",
        "stopping_simulation",
    }
    elsewhere |= {*PLANNING_TABLES, *COMPARISON_TABLES}
    # Asked for with others.
    elsewhere |= {"effects", "series_attributes", "allocations", "method_pairs"}
    elsewhere |= {"performance_profiles"}
    assert {row_type.table for row_type in watched.asked} == set(TABLES) - elsewhere
    without = again(small)
    without.tables.pop(ReplicationRow)
    with pytest.raises(KeyError, match="ReplicationRow"):
        render(without)


def test_a_section_without_rows_is_left_out(run):
    (part,) = again(run, {PublishedRow: []}).on_each_series()
    assert Published.of(part) is None


def test_a_link_to_a_file_that_the_run_does_not_leave_is_refused(run):
    template = environment_of(run).from_string("{{ link(name) }}")
    folder = run.provenance.tables_folder
    for name in files_of(run.study):
        assert template.render(name=name) == f'<a href="{folder}/{name}">{name}</a>'
    with pytest.raises(ValueError, match=r"leaves no stopping\.csv"):
        template.render(name="stopping.csv")


def test_the_page_takes_no_function_of_the_analysis_but_words():
    """What is imported from inference/ are names of things and thresholds, not what computes."""
    files = [
        *(TEMPLATES.parent / "report").rglob("*.py"),
        ROOT / "workflow/scripts/render_report.py",
    ]
    taken = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                ("thousandfold.inference", "thousandfold.baselines")
            ):
                module = import_module(node.module)
                taken |= {a.name for a in node.names if inspect.isfunction(getattr(module, a.name))}
    assert taken == {"contrast_sentence", "in_words", "of_differences"}


def test_the_page_computes_no_statistics():
    statistics = {"mean", "std", "var", "median", "quantile", "percentile", "sem", "ppf", "isf"}
    for file in (TEMPLATES.parent / "report").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert not statistics & {f.attr for f in called if isinstance(f, ast.Attribute)}, file


def test_every_verdict_is_marked_and_explained():
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    assert set(MEANINGS) == set(Verdict)
    for verdict in Verdict:
        mark = mark_of(str(verdict))
        assert mark.word == verdict
        assert f".{mark.tone} {{ color: var(--{mark.tone}); }}" in css
    over_series, like = mark_of(NO_TYPICAL_DIFFERENCE), mark_of(Verdict.NO_DIFFERENCE)
    assert over_series == replace(like, word="no typical difference that matters")


def test_every_outcome_and_null_has_words():
    assert set(OUTCOMES) == {stopping.ENOUGH, stopping.NOT_REACHED}
    assert set(NULLS) == {calibration.SAME_SCENARIO, calibration.EQUAL_MEANS}


def test_each_note_on_a_claim_is_given_once(run):
    note = "The claims that the article concluded come from its own ten repeats and were"
    assert text_of(Reading, run).count(note) == 1
    study = replace(run.study, findings=run.study.findings[:6])
    assert note not in text_of(Reading, replace(run, study=study))


def told(**changes):
    row = {
        "scenario_a": "a", "scenario_b": "b", "n": 10, "share_significant": 0.5,
        "median_exaggeration": 1.0, "wrong_direction": 0.0,
    }  # fmt: skip
    return SimpleNamespace(**row | changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"median_exaggeration": replication.NOTABLE_EXAGGERATION}, ""),
        ({"median_exaggeration": 1.3}, ", exaggerated 1.3 times in the median"),
        ({"wrong_direction": 0.0099}, ""),
        ({"wrong_direction": 0.01}, ", 1 % of them in the wrong direction"),
        ({"median_exaggeration": np.nan, "wrong_direction": np.nan}, ""),
    ],
)
def test_what_few_repeats_would_have_shown_in_words(changes, words):
    sentence = findings.few_repeats([told(**changes)], {})
    begin = "Ten repeats of each would have found a “significant” difference in 50 % of studies"
    assert sentence == f"{begin}{words}."


def test_few_repeats_of_several_pairs_are_one_sentence():
    assert findings.few_repeats([], {}) == ""
    labels = {"a": "One", "b": "Two", "c": "Three"}
    sentence = findings.few_repeats([told(), told(scenario_a="c", share_significant=1)], labels)
    assert sentence.endswith(
        "in 50 % of studies; of Three and Two would have found a “significant” difference in "
        "100 % of studies."
    )


def test_thresholds_that_move_are_told_as_they_are(small, monkeypatch):
    def page():
        return " ".join(text_of(section, small) for section in (Findings, Experiments, Trust))

    before = page()
    for text in (
        "the first 200 of them as points", "reach at most 1.5 times the inter",
        "From thirty repeats on", "more than twice as often", "t test at .05:",
        "usual tests reject, at .05,", "Ten repeats of each",
    ):  # fmt: skip
        assert text in before, text
    monkeypatch.setattr(figures, "POINTS_SHOWN", 7)
    monkeypatch.setattr(figures, "WHISKERS", 3)
    for name, value in [("FEWEST_TO_FLAG", 40), ("TIMES_TO_FLAG", 3), ("LEVEL", 0.01)]:
        monkeypatch.setattr(f"thousandfold.report.sections.trust.{name}", value)
    monkeypatch.setattr(findings, "NAIVE_ALPHA", 0.1)
    monkeypatch.setattr(findings, "FEW_REPEATS", 20)
    after = page()
    for text in (
        "the first 7 of them as points", "reach at most 3 times the inter",
        "From forty repeats on", "more than three times as often", "t test at .1:",
        "usual tests reject, at .01,", "Twenty repeats of each",
    ):  # fmt: skip
        assert text in after, text


def test_as_many_points_are_drawn_as_the_page_says(monkeypatch):
    monkeypatch.setattr(figures, "POINTS_SHOWN", 7)
    summary = figures.Summary("a", np.arange(30.0), 14.5, 12, 17)
    effect = figures.Effect(1, 0, 2, (-1, 1))
    drawn = figures.estimation_plot([summary], {0: effect}, "x", "y", ratio=False)
    assert 7 in [len(line.get_xdata()) for line in drawn.axes[0].lines]


def test_means_of_another_metric_come_from_its_summary():
    study = shipped_study()
    a, b = (scenario.name for scenario in study.scenarios[:2])
    contrast = MeanDifference("less", a, b, 5.0, "mae")
    study = replace(
        study, twins=(), scenarios=study.scenarios[:2], experiments=(),
        findings=(Finding("A1", "By MAE.", "test", "less", (contrast,)),),
    )  # fmt: skip
    run = run_of(study)
    seen = []
    patch = pytest.MonkeyPatch()
    draw = figures.estimation_plot
    patch.setattr(figures, "estimation_plot", lambda *a, **k: seen.append(a[0]) or draw(*a, **k))
    render(run)
    patch.undo()
    for summary, scenario in zip(seen[0], (a, b), strict=True):
        repeats = run.repeats
        values = repeats[repeats["scenario"] == scenario]["mae"].to_numpy()
        assert summary.mean == pytest.approx(values.mean())
        half_width = precision.half_width(values.std(ddof=1) / np.sqrt(len(values)), len(values))
        assert summary.high - summary.mean == pytest.approx(half_width)
        np.testing.assert_array_equal(summary.values, values)
    (part,) = run.on_each_series()
    assert {row.metric for row in part.summaries("rmse").values()} == {"rmse"}


def drawn(**style):
    figure = figures.Plot(6.4, 4.8, Numbers(["x"], []))
    figure.subplots().set_axis_off()
    figure.text(0.5, 0.5, "stroke: #c0ffee", **{"color": figures.INK} | style)
    return figure


def test_a_hard_wired_colour_is_refused():
    with pytest.raises(ValueError, match=r"colour #c0ffee; take one of figures\.PALETTE"):
        _ = Figures().add("a", partial(drawn, color="#c0ffee")).__html__()


def test_colours_in_the_page_are_its_own_and_those_of_a_file_are_fixed():
    kept = Figures()
    inline = escape(kept.add("a", drawn))
    assert "fill: var(--ink)" in inline
    assert re.findall("#[0-9a-f]{6}", inline) == ["#c0ffee"]
    (file,) = kept.files.values()
    assert f"fill: {figures.INK}" in file
    assert "var(" not in file


def test_several_processes_draw_what_one_draws():
    pages = []
    for processes in (1, 2):
        kept = Figures(processes)
        elements = [kept.add("same", partial(drawn, fontsize=8 + size)) for size in range(5)]
        pages.append(([escape(element) for element in elements], kept.files))
    assert pages[0] == pages[1]
    assert [*kept.files] == ["same.svg", *(f"same{'~' * n}.svg" for n in range(1, 5))]
    assert len(set(pages[0][0])) == 5


def with_the_process_in_it():
    figure = drawn()
    figure.text(0.5, 0.7, f"process {os.getpid()}", color=figures.INK)
    return figure


@pytest.mark.skipif(sys.platform != "linux", reason="only there processes are forked")
def test_other_processes_draw():
    kept = Figures(2)
    for name in "abcd":
        kept.add(name, with_the_process_in_it)
    told = {re.search(r"process (\d+)", file)[1] for file in kept.files.values()}
    assert 1 <= len(told) <= 2
    assert str(os.getpid()) not in told


def test_names_that_differ_in_case_only_have_files_that_differ():
    kept = Figures()
    for name in ("same", "Same", "Other", "other"):
        kept.add(name, drawn)
    assert [*kept.files] == ["same.svg", "Same~.svg", "Other.svg", "other~.svg"]


def test_paths_have_hundredths_of_points():
    values, kept = np.array([0.0, 1 / 3, 1, 1 / 7, 5, 2]), Figures()
    kept.add("line", partial(figures.series_figure, values, list("abcdef"), 2, "sales"))
    paths = re.findall(r' d="([^"]*)"', kept.files["line.svg"])
    decimals = [len(digits) for path in paths for digits in re.findall(r"\.(\d+)", path)]
    assert max(decimals) == 2
    assert decimals.count(2) > len(decimals) / 2


def test_points_beyond_the_whiskers_are_drawn_in_their_rows():
    """The quartiles are 3.5 and 8.5, so that whiskers end at 16 and at -4."""
    values = np.array([*range(1, 10), 15.0, 17.0])
    boxes = [figures.Box(name, sign * values, 0.0, []) for name, sign in (("a", 1), ("b", -1))]
    (axes,) = figures.box_plots(boxes, "RMSE", (-20, 20)).axes
    (points,) = (line for line in axes.lines if line.get_marker() == ".")
    assert points.get_xydata().tolist() == [[17.0, 0.0], [-17.0, 1.0]]


def test_the_numbers_of_a_box_are_what_is_drawn_of_it():
    values = np.array([*range(1, 10), 15.0, 17.0])
    boxes = [figures.Box("a", values, 6.0, [7.0]), figures.Box("b", -values, -6.0, [])]
    numbers = figures.box_plots(boxes, "RMSE", (-20, 20)).numbers
    assert numbers.columns == ("scenario", "what", "value")
    assert numbers.rows == [
        ("a", "lower whisker", 1), ("a", "first quartile", 3.5), ("a", "median", 6),
        ("a", "third quartile", 8.5), ("a", "upper whisker", 15), ("a", "mean", 6),
        ("a", "point beyond", 17), ("a", "published mean", 7),
        ("b", "lower whisker", -15), ("b", "first quartile", -8.5), ("b", "median", -6),
        ("b", "third quartile", -3.5), ("b", "upper whisker", -1), ("b", "mean", -6),
        ("b", "point beyond", -17),
    ]  # fmt: skip


def test_the_numbers_of_effects_have_intervals_and_margins():
    summaries = [figures.Summary(name, np.arange(30.0), 14.5, 12, 17) for name in "ab"]
    effect = figures.Effect(1, 0, 2, (-5, 5))
    drawn = figures.estimation_plot(summaries, {1: effect}, "RMSE", "a − b", ratio=False)
    assert drawn.numbers.columns == (
        "axis", "scenario", "estimate", "low", "high", "margin_low", "margin_high"
    )  # fmt: skip
    assert drawn.numbers.rows == [
        ("RMSE", "a", 14.5, 12, 17, None, None), ("RMSE", "b", 14.5, 12, 17, None, None),
        ("a − b", "b", 1, 0, 2, -5, 5),
    ]  # fmt: skip
    drawn = figures.intervals_figure({"a − b": [("H1", effect)]}, ratios=())
    assert drawn.numbers.rows == [("a − b", "H1", 1, 0, 2, -5, 5)]


def test_the_numbers_of_a_trend_have_its_line():
    effects = {x: figures.Effect(y, y - 1, y + 2, (0, 0)) for x, y in ((1.0, 4), (3.0, 10))}
    plot = figures.trend_plot(effects, 3.0, "difference")
    assert plot.numbers.columns == ("over", "difference", "low", "high", "line")
    assert plot.numbers.rows == [(1, 4, 3, 6, 4), (3, 10, 9, 12, 10)]


def test_the_numbers_of_effects_on_series():
    typical = figures.Effect(2, 1, 3, (-1, 1))
    drawn = figures.effects_strip([1.0, 2, 90], typical, "x", ratio=False, groups=["g", "h", "g"])
    assert drawn.numbers.columns[:4] == ("what", "rank", "group", "estimate")
    assert drawn.numbers.rows[0] == ("typical", None, None, 2, 1, 3, -1, 1)
    # What is drawn at the axis's end has its own value here.
    assert [row[:4] for row in drawn.numbers.rows[1:]] == [
        ("a series", 1, "g", 1), ("a series", 2, "h", 2), ("a series", 3, "g", 90)
    ]  # fmt: skip
    alone = figures.effects_strip([1.0, 2], typical, "x", ratio=False)
    assert {row[2] for row in alone.numbers.rows} == {None}
    attributes = [figures.Attribute("length", [4.0, 9.0]), figures.Attribute("kind", ["c", "d"])]
    assert figures.moderator_figure([1.0, 2], attributes, "x", ratio=False).numbers.rows == [
        ("length", 4, 1), ("length", 9, 2), ("kind", "c", 1), ("kind", "d", 2)
    ]  # fmt: skip


def test_the_numbers_of_ranks():
    numbers = figures.critical_difference_diagram({"a": 1.2, "b": 1.8}, [(1.2, 1.8)], 0.7).numbers
    assert numbers.columns == ("what", "scenario", "value", "low", "high")
    assert numbers.rows == [
        ("mean rank", "a", 1.2, None, None), ("mean rank", "b", 1.8, None, None),
        ("not told apart", None, None, 1.2, 1.8),
        ("critical difference", None, 0.7, None, None),
    ]  # fmt: skip
    rows = [
        PerformanceProfileRow(scenario="x", threshold=t, share=s, share_low=0.0, share_high=1.0)
        for t, s in ((1.0, 0.2), (2.0, 0.9))
    ]
    numbers = figures.performance_profiles([("a", rows)], "accuracy", "above").numbers
    assert numbers.columns == ("scenario", "threshold", "share", "share_low", "share_high")
    assert numbers.rows == [("a", 1, 0.2, 0, 1), ("a", 2, 0.9, 0, 1)]


def test_the_numbers_of_a_figure_as_a_file():
    rows = [("a, <b> & #5 %", 1 / 3, None), ("=1+1", float("nan"), 7), ("x\ry", 1234567.0, "é")]
    text = Numbers(("who", "x", "y"), rows).csv
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["who", "x", "y"], ["a, <b> & #5 %", "0.333333", ""], ["'=1+1", "", "7"], ["x\ry", "1.23457e+06", "é"]
    ]  # fmt: skip
    kept = Figures()
    address = kept.add("a", partial(plot_of, rows)).drawn.csv
    head, _, content = address.partition(",")
    assert head == "data:text/csv;charset=utf-8"
    assert unquote(content) == text
    # Nothing that HTML, or a browser that reads an address, takes for its own.
    assert not re.search(r"""[\s"'<>&#?]""", address)


def plot_of(rows):
    figure = figures.Plot(3, 2, Numbers(("who", "x", "y"), rows))
    figure.subplots().set_axis_off()
    return figure


def test_too_many_numbers_stay_in_their_table(small, monkeypatch):
    html = html_of(Repeats, small)
    assert 'download="shampoo-standard-error.csv"' in html
    n_rows = len(small.rows(StandardErrorRow))
    for most, is_there in ((n_rows, True), (n_rows - 1, False)):
        monkeypatch.setattr("thousandfold.svg.MOST_ROWS", most)
        html = html_of(Repeats, small)
        assert ("download=" in html) == is_there
        told = f"The {n_rows:,} rows of numbers behind this figure are too many for the page: "
        link = '<a href="../results/standard_error.csv">standard_error.csv</a>.'
        assert (f"{told}{link}</figcaption>" in html) == (not is_there)
    monkeypatch.setattr("thousandfold.svg.MOST_ROWS", 1)
    assert 'config.yaml">config.yaml</a> says where they come from.' in html_of(TheSeries, small)


def test_what_goes_wrong_in_a_process_that_draws_is_told():
    kept = Figures(2)
    for colour in (figures.INK, "#c0ffee"):
        kept.add(colour, partial(drawn, color=colour))
    with pytest.raises(ValueError, match="colour #c0ffee"):
        _ = kept.files


@pytest.mark.parametrize(("panels", "left_out"), [(24, None), (25, 2), (1030, 1007)])
def test_small_multiples_end_where_there_are_too_many(panels, left_out):
    chances = [figures.Chance(n, 0.0, "supported", 0.5) for n in range(2, 2 + panels)]
    figure = figures.power_figure(chances, "true difference")
    (*drawn, last) = figure.axes
    assert len(figure.numbers.rows) == (24 if left_out is None else 23)
    assert figure.numbers.columns == ("panel", "place", "verdict", "chance")
    assert figure.numbers.rows[0] == ("2 repeats of each", 0, "supported", 0.5)
    assert [axes.get_title(loc="left") for axes in drawn] == [
        f"{n} repeats of each" for n in range(2, 25)
    ]
    assert [text.get_text() for text in last.texts] == (
        [f"… and {left_out:,} more"] if left_out else []
    )
    assert last.axison == (left_out is None)


def test_all_figures_of_the_page_have_text_of_one_size(small):
    run = again(small)
    render(run)
    for name, file in run.figures.files.items():
        assert re.search(r'viewBox="0 0 547\.2 ', file), name
        sizes = {float(size) for size in re.findall(r"font-size: ([\d.]+)px", file)}
        assert sizes == {10.0}, name


def test_a_page_has_room_for_so_many_figures_of_claims(small, monkeypatch):
    (part,) = again(small).on_each_series()
    assert Findings.of(part).most_figures is None
    n_figures = part.run.figures.count
    monkeypatch.setattr(findings, "MOST_FIGURES", n_figures - 1)
    (part,) = again(small).on_each_series()
    view = Findings.of(part)
    assert part.run.figures.count == view.most_figures == n_figures - 1
    assert view.findings[0].figures
    assert not view.findings[-1].figures
    text = text_of(Findings, small)
    assert f"The page has {n_figures - 1} figures; claims beyond have their numbers only" in text


def test_figures_are_drawn_once_and_later_ones_are_drawn_too():
    kept, calls = Figures(), []
    first = kept.add("first", lambda: calls.append(1) or drawn())
    assert not calls
    assert escape(first) == escape(first)
    kept.add("second", lambda: calls.append(2) or drawn())
    assert [*kept.files] == ["first.svg", "second.svg"]
    assert calls == [1, 2]


def test_every_figure_of_a_page_takes_its_colours_from_the_page(small):
    html = render(again(small)).html
    svgs = re.findall(r"<svg aria-hidden.*?</svg>", html, flags=re.DOTALL)
    assert len(svgs) == html.count("<figure") == 7
    for svg in svgs:
        assert "var(--ink)" in svg
        assert not re.search(r": #[0-9a-fA-F]{3}|: (black|white|red|blue|gr[ae]y)\b", svg)
    assert palette_css() in html


def test_the_dark_scheme_changes_ink_and_grid():
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    dark = css[css.index("prefers-color-scheme: dark") :]
    for name in ("ink", "grid"):
        assert f"--{name}: {figures.PALETTE[name]};" in palette_css()
        assert re.search(rf"--{name}: #[0-9a-f]{{6}};", dark)
        assert figures.PALETTE[name] not in css


@pytest.mark.parametrize(
    ("n", "words"), [(0, "none"), (2, "two"), (19, "nineteen"), (30, "thirty"), (31, "31"),
                     (90, "ninety"), (100, "100"), (1000, "1,000")],
)  # fmt: skip
def test_counts_in_prose(n, words):
    assert spelled_out(n) == words


def test_shares_levels_and_times_in_prose():
    assert [percent(0.95), percent(0.051, 1), percent(0.001)] == ["95 %", "5.1 %", "0.1 %"]
    assert [level(0.05), level(0.01), level(0.1)] == [".05", ".01", ".1"]
    assert [times(1), times(2), times(3)] == ["once", "twice", "three times"]


@given(
    st.one_of(st.floats(0, 1), st.floats(0, 1).map(lambda share: 1 - share**9)),
    st.sampled_from([None, 0, 1, 2, 3]),
)
def test_only_none_reads_as_none_and_only_all_as_all(share, digits):
    told = [percent(share, digits), error_rate(share)]
    if share < 1:
        told.append(coverage(share))
    for text in told:
        number = text.removesuffix(" %")
        is_bound = number.startswith(("<", ">"))
        assert text.endswith(" %")
        if not is_bound and float(number) == 0:
            assert share == 0 or text == coverage(share)
        if not is_bound and float(number) == 100:
            assert share == 1
    value = percent(share, 0 if digits is None else digits).removesuffix(" %")
    exact, least = 100 * share, 10.0 ** -(digits or 0)
    if value.startswith("<"):
        assert exact < least
    elif value.startswith(">"):
        assert exact > 100 - least
    else:
        assert float(value) == pytest.approx(exact, abs=0.5 * least + 1e-9)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"), (1, "100 %"), (1 / 1045, "< 1 %"), (1044 / 1045, "> 99 %"), (0.996, "> 99 %"),
        (0.9999, "> 99 %"), (0.5, "50 %"), (0.0049, "< 1 %"), (0.0051, "1 %"),
    ],
)  # fmt: skip
def test_shares_of_series(share, text):
    assert percent(share, 0) == text


def test_bounds_of_shares_have_the_digits_asked_for():
    assert [percent(0.9999, digits) for digits in (1, 2)] == ["> 99.9 %", "99.99 %"]
    assert percent(0.99999, 2) == "> 99.99 %"
    assert [percent(1e-5, digits) for digits in (0, 1, 2)] == ["< 1 %", "< 0.1 %", "< 0.01 %"]


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0, "0 %"), (5e-5, "0.0050 %"), (0.0005, "0.050 %"), (0.05, "5.00 %"), (1, "100.00 %")],
)
def test_error_rates_have_digits_that_count(rate, text):
    assert error_rate(rate) == text


@pytest.mark.parametrize(
    ("n", "told"), [(0, "0 claims are"), (1, "1 claim is"), (2, "2 claims are"), (1000, "1,000 claims are")],
)  # fmt: skip
def test_words_agree_with_counts(n, told):
    assert f"{counted(n, 'claim')} {agreeing(n, 'are')}" == told


def test_ticks_have_a_true_minus():
    chances = [figures.Chance(10, place, "supported", 0.5) for place in (-3.0, 0.0, 3.0)]
    drawn = figures.power_figure(chances, "margins")
    shown = drawn.axes[0].xaxis.get_major_formatter()
    assert shown(-2.0, 0) == "−2"
    effects = {place: figures.Effect(0.0, -1.0, 1.0, (0.0, 0.0)) for place in (-1.5, 2.0)}
    ticks = figures.trend_plot(effects, 0.1, "x").axes[0].get_xticklabels()
    assert [tick.get_text() for tick in ticks] == ["−1.5", "2"]


def test_verbs_and_times():
    verbs = ("hold", "do", "have", "were", "are", "beat")
    assert [agreeing(1, verb) for verb in verbs] == ["holds", "does", "has", "was", "is", "beats"]
    assert [agreeing(2, verb) for verb in verbs] == list(verbs)
    assert [n_times(n) for n in (1, 2, 1000)] == ["once", "2 times", "1,000 times"]


SEVERAL_OF_ONE = re.compile(
    r"(?<![\d,.−(] )(?<![\d,.−\w])1 (?!is|was|has|does|series|less|loss|plus|minus)[a-z]+s\b"
)
"""A plural after 1."""


def assert_agrees(text):
    assert SEVERAL_OF_ONE.findall(text) == [], text
    assert not re.search(r"\b1 (are|were|have|do)\b|\b1 times\b", text), text


def test_counts_of_one(small):
    assert SEVERAL_OF_ONE.search("and 1 claims were")
    study = small.study
    one = replace(
        study, scenarios=study.scenarios[:1], repeats=1, findings=study.findings[:1], twins=(),
    )  # fmt: skip
    head = text_of(Heading, replace(small, study=one))
    assert "1 scenario was trained once, each time" in head
    assert "and 1 claim was put to the test" in head
    assert "3 scenarios were trained 1,000 times each," in text_of(Heading, small)
    assert "3 claims were put to the test" in text_of(Heading, small)
    rows = [row for row in small.rows(BaselineRow) if row.scenario == "stateful"]
    assert_agrees(text_of(BestBaseline, small, {BaselineRow: rows}))
    assert_agrees(text_of(Forecasts, small, {BaselineRow: rows}))
    (source,) = small.series.values()
    short = replace(source, test_rows=1)
    run = replace(small, series={"shampoo": short})
    for section in (BestBaseline, TheSeries, Forecasts):
        assert_agrees(text_of(section, run))
    assert "The last value is forecast one step ahead" in text_of(TheSeries, run)


def pair(row, a, b, difference):
    return replace(
        row, scenario_a=a, scenario_b=b, difference=difference, ci_low=difference - 1,
        ci_high=difference + 1,
    )  # fmt: skip


def test_a_cell_of_all_pairs_is_as_dark_as_its_difference_is_large(small):
    row = small.rows(ComparisonRow)[0]
    a, b, c = (scenario.name for scenario in small.study.scenarios)
    rows = [pair(row, a, b, 10.0), pair(row, a, c, -5.0)]
    (part,) = again(small, {ComparisonRow: rows}).on_each_series()
    first, second, third = (line.cells for line in Pairs.of(part).heat)
    assert [first[0], second[1], second[2]] == [None, None, None]
    shown = [(cell.difference, cell.strength, cell.is_worse) for cell in (*first[1:], second[0])]
    assert shown == [("10.0", 45.0, True), ("−5.0", 22.5, False), ("−10.0", 45.0, False)]
    assert third[0].is_worse


def test_a_higher_value_is_better_where_the_metric_says_so(small, monkeypatch):
    higher = replace(METRICS["rmse"], higher_is_better=True)
    monkeypatch.setattr(TrainedStudy, "measured", lambda *_: higher)
    row = small.rows(ComparisonRow)[0]
    a, b, _ = (scenario.name for scenario in small.study.scenarios)
    (part,) = again(small, {ComparisonRow: [pair(row, a, b, 10.0)]}).on_each_series()
    first, second, _ = (line.cells for line in Pairs.of(part).heat)
    assert (first[1].is_worse, second[0].is_worse) == (False, True)
    assert "a higher RMSE is better" in text_of(Verdicts, small)


def test_how_often_deciding_intervals_miss(small):
    row = next(row for row in small.rows(CalibrationRow) if row.test == calibration.DECIDING)
    shares = {
        "share_beyond_margin": 0.11, "share_within_margin": 0.12, "share_size_unresolved": 0.13,
        "share_equivalent": 0.14, "share_inconclusive": 0.5,
    }  # fmt: skip
    rows = [replace(row, rejection_rate=rate, level=0.01, **shares) for rate in (0.02, 0.004, 0.01)]
    tables = {CalibrationRow: rows, ErrorRateRow: calibration.error_rates_table(rows)}
    text = text_of(Trust, small, tables)
    assert "the intervals missed in 0.40 % to 2.00 % of draws, where 1.00 % is allowed" in text
    assert "11.00 % 12.00 % 13.00 % 14.00 % 50.00 %" in text
    assert "with fewer than ten repeats" in text
    assert "misses 0.40 % to 2.00 % of the time" in text_of(Verdicts, small, tables)
    assert "fewer than ten repeats cannot show" in text_of(Verdicts, small, {ErrorRateRow: []})


def test_the_range_of_rejection_rates_is_over_pairs(small):
    row = next(row for row in small.rows(CalibrationRow) if row.test == "welch")
    same = replace(row, null=calibration.SAME_SCENARIO, n=30)
    rows = [replace(same, rejection_rate=rate) for rate in (0.06, 0.04, 0.05)]
    rows.append(replace(same, null=calibration.EQUAL_MEANS, test="mannwhitney", rejection_rate=0.2))
    text = text_of(Trust, small, {ErrorRateRow: calibration.error_rates_table(rows)})
    assert "halves of the same scenario Welch 30 3 4.0 % 6.0 %" in text
    assert "scenarios of equal mean Mann-Whitney 30 1 20.0 % 20.0 %" in text


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({"differs": True}, "DIFFERENT: look for a fault"),
        ({"differs": False}, "no difference seen"),
        ({"differs": None}, "repeats do not vary, so nothing can be said"),
        ({"differs": None, "difference": np.nan}, "too few repeats"),
    ],
)
def test_twins_that_agree_or_do_not(run, changes, result):
    row = replace(run.rows(TwinRow)[0], **changes)
    assert text_of(Agreement, run, {TwinRow: [row]}).endswith(result)


@pytest.mark.parametrize("row_type", [IdentityRow, FidelityRow])
def test_a_check_that_fails_is_loud(run, row_type):
    row = run.rows(row_type)[0]
    tables = {IdentityRow: [], FidelityRow: [], TwinRow: []}
    assert "look for a fault" not in text_of(Agreement, run, tables | {row_type: [row]})
    failed = replace(row, holds=False)
    assert re.search(
        "NOT .*: look for a fault$", text_of(Agreement, run, tables | {row_type: [failed]})
    )
    (part,) = again(run, tables).on_each_series()
    assert Agreement.of(part) is None


def test_intervals_that_are_points_or_missing(small):
    claim, finding = small.rows(ClaimRow)[0], small.rows(ContrastRow)[0]
    changes = [
        {"ci_low": finding.difference, "ci_high": finding.difference},
        {"ci_low": np.nan, "ci_high": np.nan},
        {"difference": np.nan, "ci_low": np.nan, "ci_high": np.nan},
        {"ci_low": -np.inf, "ci_high": np.inf},
    ]
    rows = [replace(finding, **change) for change in changes]
    (part,) = again(small, {ClaimRow: [claim], ContrastRow: rows}).on_each_series()
    shown = Verdicts.of(part).claims[0].comparisons
    assert [x.interval for x in shown] == ["exactly", "no interval", "", "[−∞, ∞]"]
    assert [x.estimate == "–" for x in shown] == [False, False, True, False]
    assert [x.forest.estimate is None for x in shown] == [False, True, True, False]
    assert (shown[3].forest.low, shown[3].forest.high) == (0, 100)
    assert shown[0].forest.low == shown[0].forest.high == shown[0].forest.estimate


def test_verdicts_are_counted_and_their_caveats_shown(small):
    row = small.rows(ClaimRow)[0]
    rows = [
        replace(row, id="1", verdict="undecided", undecided_because="too few", flags=""),
        replace(row, id="2", verdict="supported", undecided_because=None,
                flags="samples do not overlap; rests on normality"),
        replace(row, id="3", verdict="supported", undecided_because=None, flags=""),
    ]  # fmt: skip
    (part,) = again(small, {ClaimRow: rows}).on_each_series()
    view = Verdicts.of(part)
    counts = {count.verdict.word: count.n for count in view.counts}
    assert list(counts) == list(map(str, reversed(Verdict)))
    assert (counts["supported"], counts["undecided"], sum(counts.values())) == (2, 1, 3)
    assert [claim.head.caveats for claim in view.claims] == [
        ["too few"],
        ["rests on normality"],
        [],
    ]


def test_the_series_on_which_engines_were_compared_are_named(small):
    assert "examined" not in text_of(Reading, small)
    (source,) = small.study.series
    series = tuple(replace(source, name=x, title=x.upper()) for x in "uvwxyz")
    study = replace(small.study, series=series)
    titles = ", ".join(name.upper() for name in study.compared_series)
    told = text_of(Reading, replace(small, study=study))
    assert f"Not all series were examined alike. The two engines were compared on {titles}." in told
    assert "Calibration" not in told
    more = tuple(replace(source, name=f"s{i}", title=f"S{i}") for i in range(12))
    told = text_of(Reading, replace(small, study=replace(small.study, series=more)))
    assert "the checks of the training and the reach over test rows are about 10 of them" in told


def test_on_which_series_a_claim_holds(small):
    study = replace(
        small.study,
        series=tuple(replace(small.study.series[0], name=x, title=x.upper()) for x in "xyz"),
    )
    row = ConjunctionRow(
        id="C", claim="A claim.", m=3, k=2, supported_on="x, z", direction_supported_on="y",
        undecided_on=None,
    )  # fmt: skip
    text = text_of(OverAll, replace(small, study=study), {ConjunctionRow: [row]})
    assert text.endswith("C A claim. 2 of 3 X, Z Y conjunctions.csv")
    assert "Over all 3 series" in text


def test_targets_are_those_of_the_table(small, monkeypatch):
    drawn, draw = [], figures.standard_error_figure
    monkeypatch.setattr(
        figures, "standard_error_figure", lambda *args: drawn.append(args[1]) or draw(*args)
    )
    rows = [row for row in small.rows(RequiredRepeatsRow) if row.scenario == "stateful"]
    rows = [replace(row, target=row.target + 1) for row in rows]
    (part,) = again(small, {RequiredRepeatsRow: rows}).on_each_series()
    assert list(Repeats.of(part).targets) == ["6", "4", "2", "1.5"]
    assert part.run.figures.files
    assert drawn == [[row.target for row in rows]]


def test_published_numbers_that_are_compatible_are_counted(run):
    row = run.rows(PublishedRow)[0]
    verdicts = [COMPATIBLE, NOT_COMPATIBLE, COMPATIBLE]
    rows = [replace(row, verdict=verdict) for verdict in verdicts]
    assert "2 of 3 published numbers are compatible" in text_of(
        Published, run, {PublishedRow: rows}
    )


RESULTS = [baselines.BETTER, baselines.BETTER, baselines.WORSE, baselines.UNDECIDED]


def test_how_many_scenarios_beat_the_best_baseline(small):
    row = replace(small.rows(BaselineRow)[0], baseline="ets", is_best=True)
    rows = [replace(row, scenario=str(i), result=result) for i, result in enumerate(RESULTS)]
    rows.append(replace(row, baseline="drift", is_best=False))
    (part,) = again(small, {BaselineRow: rows}).on_each_series()
    beaten = Forecasts.of(part).beaten
    assert beaten.startswith(
        "Of 4 scenarios, 2 do better and 1 worse than the best of these, ETS ("
    )
    assert "(95 % intervals of the mean RMSE)" in beaten


def test_the_figure_of_forecasts_shows_persistence_and_the_best_baseline(small, monkeypatch):
    shown, draw = [], figures.forecast_fans
    monkeypatch.setattr(
        figures, "forecast_fans", lambda *args: shown.append(list(args[1])) or draw(*args)
    )
    (part,) = again(small).on_each_series()
    assert Forecasts.of(part) is not None
    assert part.run.figures.files
    assert shown == [["persistence", "AR(1)"]]


def against_best(small, **cells):
    row = replace(small.rows(BaselineRow)[0], baseline="ets", is_best=True, **cells)
    other = replace(row, baseline="drift", is_best=False, scenario="stateless")
    return text_of(BestBaseline, small, {BaselineRow: [row, other]})


def test_a_scenario_is_held_against_the_best_baseline_in_words(small):
    found = {"baseline_value": 90.0, "interval_level": 0.9}
    better = {"difference": -3.1, "ci_low": -3.7, "ci_high": -2.5, "result": baselines.BETTER}
    worse = {"difference": 3.1, "ci_low": 2.5, "ci_high": 3.7, "result": baselines.WORSE}
    open_ = {"difference": -0.3, "ci_low": -1.0, "ci_high": 0.4, "result": baselines.UNDECIDED}
    text = against_best(small, **found, **better)
    assert "ETS does best on the 12 test rows, with RMSE 90.00 monthly sales" in text
    assert "Of 1 scenario, 1 beats it and 0 do worse" in text
    assert "86.90 ✔ beats it by 3.10 [2.50, 3.70]" in text
    assert "90 % interval" in text
    text = against_best(small, **found, **worse)
    assert "93.10 ✘ worse by 3.10 [2.50, 3.70]" in text
    assert "0 beat it and 1 does worse" in text
    assert "89.70 ? undecided −0.30 [−1.00, 0.40]" in against_best(small, **found, **open_)
    exact = better | {"ci_low": -3.1, "ci_high": -3.1}
    assert "beats it by 3.10 exactly" in against_best(small, **found, **exact)
    unknown = open_ | {"ci_low": np.nan, "ci_high": np.nan}
    assert "undecided −0.30 no interval" in against_best(small, **found, **unknown)


def test_by_how_much_is_positive_whichever_way_is_better(small):
    higher = {"difference": 3.1, "ci_low": 2.5, "ci_high": 3.7, "result": baselines.BETTER}
    lower = {"difference": -3.1, "ci_low": -3.7, "ci_high": -2.5, "result": baselines.WORSE}
    assert "beats it by 3.10 [2.50, 3.70]" in against_best(small, **higher)
    assert "worse by 3.10 [2.50, 3.70]" in against_best(small, **lower)


def test_without_a_best_baseline_none_is_held_against(small):
    (part,) = again(small, {BaselineRow: []}).on_each_series()
    assert BestBaseline.of(part) is None


def test_the_series_lists_every_baseline_and_why_one_is_left_out(small):
    text = text_of(TheSeries, small)
    assert "seasonal naive left out: the period is not known; series.<name>.period sets it" in (
        text.replace("&lt;", "<").replace("&gt;", ">")
    )
    rows = small.rows(BaselineRow)
    for name, words in (("ar1", "AR(1) AR(1) of the differences 86.73"), ("drift", "drift persis")):
        assert words in text
        results = [row.result for row in rows if row.baseline == name]
        counts = [
            results.count(r) for r in (baselines.BETTER, baselines.UNDECIDED, baselines.WORSE)
        ]
        assert " ".join(map(str, counts)) in text[text.index(words) :][:90]


def test_over_several_series_shares_are_shown(small):
    study = small.study
    source = study.series[0]
    study = replace(
        study, series=tuple(replace(source, name=f"s{i}", title=f"S{i}") for i in range(40))
    )
    row = BaselineOverSeriesRow(
        scenario="stateful", baseline="best", n_series=40, n_better=10, n_worse=26, n_undecided=4,
        n_ratios=40, median_ratio=1.234, median_ratio_low=1.1, median_ratio_high=1.35,
    )  # fmt: skip
    rows = [
        row,
        replace(row, baseline="drift", n_better=20),
        replace(row, baseline="ets", n_better=9, n_series=36),
    ]
    model = BaselineModelRow(
        series="s0", baseline="drift", model="M", value=1.0, is_best=False, left_out_because=None
    )
    left_out = replace(model, baseline="ets", model=None, left_out_because="too short")
    fitted = [replace(model, baseline="ets", is_best=i < 30) for i in range(36)]
    never = [replace(left_out, baseline="theta") for _ in range(40)]
    models = [
        *[model] * 40,
        *fitted,
        *[left_out] * 3,
        replace(left_out, left_out_because="x"),
        *never,
    ]
    tables = {BaselineOverSeriesRow: rows, BaselineModelRow: models}
    text = text_of(BaselinesOverSeries, replace(small, study=study), tables)
    label = small.labels["stateful"]
    assert f"{label} 25 % 10 10 % 4 65 % 26 1.23 [1.10, 1.35] 50 % 25 %" in text
    assert "beats drift beats ETS" in text
    assert "beats Theta" not in text
    assert "ETS 30 75 % 4 too short" in text
    assert "drift 0 0 % 0" in text
    assert BaselinesOverSeries.of(again(small, tables)) is None
    assert (
        BaselinesOverSeries.of(again(replace(small, study=study), {BaselineOverSeriesRow: []}))
        is None
    )


def test_a_metric_that_measures_no_forecasts_is_held_against_no_baseline(small):
    (part,) = again(small, {BaselineRow: []}).on_each_series()
    assert Forecasts.of(part).beaten == ""
    assert text_of(Forecasts, small).endswith("forecast_bands.csv , baselines.csv")
    assert text_of(Forecasts, small, {BaselineRow: []}).endswith("forecast_bands.csv")


def test_values_are_finite_and_in_repeat_order(small):
    repeats = small.repeats.copy()
    repeats.loc[repeats["repeat"] == 3, "rmse"] = np.inf
    shuffled = replace(again(small), repeats=repeats.sample(frac=1, random_state=1))
    expected = small.values["rmse", "shampoo", "stateless"]
    (part,) = shuffled.on_each_series()
    np.testing.assert_array_equal(part.values("rmse", "stateless"), np.delete(expected, 3))
    assert len(part.values("rmse", "unknown")) == 0


def test_a_pair_of_a_trend_is_drawn_the_way_the_claim_has_it(small):
    row = replace(small.rows(ComparisonRow)[0], difference=2.0, ci_low=1.0, ci_high=4.0)
    both = findings._differences([row])
    there, back = both[row.scenario_a, row.scenario_b], both[row.scenario_b, row.scenario_a]
    assert (there.estimate, there.low, there.high) == (2.0, 1.0, 4.0)
    assert (back.estimate, back.low, back.high) == (-2.0, -4.0, -1.0)


def test_what_stopping_did(small):
    rule = Stopping(10, 0.98)
    study = replace(small.study, repeats=40, stopping=rule)
    stopped = StoppingRow(
        series="shampoo", scenario="stateless", stages=2, n=20, half_width=0.9, wanted=0.98,
        outcome=stopping.ENOUGH,
    )  # fmt: skip
    pool = StoppingSimulationRow(
        series="shampoo", pool="stateless", half_width=0.98, studies=2000, coverage=0.94,
        coverage_low=0.93, coverage_high=0.95, coverage_fixed=0.951, bias=0.01, bias_error=0.002,
        mean_n=21.4, share_unmet=0.25,
    )  # fmt: skip
    textbook = replace(pool, series=stopping.TEXTBOOK_POOLS, pool="normal")
    other = replace(pool, series="other", pool="not shown")
    tables = {StoppingRow: [stopped], StoppingSimulationRow: [pool, textbook, other]}
    text = text_of(StoppingSection, replace(small, study=study), tables)
    assert "after two successive stages" in text
    assert "at most 0.98 monthly sales to either side" in text
    numbers = "21 25 % 94.0 % [93.0 %, 95.0 %] 95.1 % 0.01 ± 0.00"
    assert f"stateless {numbers} normal {numbers}" in text
    assert "not shown" not in text
    (part,) = again(small).on_each_series()
    assert StoppingSection.of(part) is None
