"""The sections of the page: each shows its view and nothing else, and computes nothing."""

import ast
import inspect
import os
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from importlib import import_module
from types import SimpleNamespace
from typing import get_args, get_type_hints

import numpy as np
import pytest
from jinja2 import meta, nodes
from matplotlib.figure import Figure
from support import ROOT, shipped_study
from unit.test_report import again, run_of

from thousandfold import figures
from thousandfold.formatting import level, percent, spelled_out, times
from thousandfold.inference import calibration, precision, replication, stopping
from thousandfold.inference.contrasts import MeanDifference
from thousandfold.inference.verdicts import Verdict
from thousandfold.report import FIRST, LAST, OF_EACH_SERIES, TEMPLATES, environment_of, render
from thousandfold.report.marks import MEANINGS, mark_of
from thousandfold.report.run import files_of
from thousandfold.report.sections import findings
from thousandfold.report.sections.stopping import OUTCOMES
from thousandfold.report.sections.trust import NULLS
from thousandfold.study import Finding
from thousandfold.svg import Figures, palette_css
from thousandfold.tables import TABLES
from thousandfold.tables.rows import PublishedRow, ReplicationRow

SECTIONS = [*FIRST, *OF_EACH_SERIES, *LAST]

SHARED = {"report.html", "macros.html"}
"""The templates that are no section's."""


@pytest.fixture(scope="module")
def run():
    os.chdir(ROOT)
    return run_of(shipped_study())


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


def test_the_page_asks_for_every_table_and_names_one_that_is_missing(run):
    watched = Watched(run.tables)
    render(replace(again(run), tables=watched))
    elsewhere = {"repeats", "forecasts", "blocks", "stopping", "stopping_simulation"}
    assert {row_type.table for row_type in watched.asked} == set(TABLES) - elsewhere
    without = again(run)
    without.tables.pop(ReplicationRow)
    with pytest.raises(KeyError, match="ReplicationRow"):
        render(without)


def test_a_section_without_rows_is_left_out(run):
    html = render(again(run, {PublishedRow: []})).html
    assert "The published tables" not in html
    assert "All pairs" in html


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
    assert taken == {"contrast_sentence", "in_words"}


def test_every_verdict_is_marked_and_explained():
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    assert set(MEANINGS) == set(Verdict)
    for verdict in Verdict:
        mark = mark_of(str(verdict))
        assert mark.word == verdict
        assert f".{mark.tone} {{ color: var(--{mark.tone}); }}" in css


def test_every_outcome_and_null_has_words():
    assert set(OUTCOMES) == {stopping.ENOUGH, stopping.NOT_REACHED}
    assert set(NULLS) == {calibration.SAME_SCENARIO, calibration.EQUAL_MEANS}


def test_each_note_on_a_claim_is_given_once(run):
    text = " ".join(render(again(run)).html.split())
    note = "The claims that the article concluded come from its own ten repeats and were"
    assert text.count(note) == 1
    study = replace(run.study, findings=run.study.findings[:6])
    assert note not in render(replace(again(run), study=study)).html


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
    sentence = findings.few_repeats([told(**changes)])
    begin = "Ten repeats of each would have found a “significant” difference in 50 % of studies"
    assert sentence == f"{begin}{words}."


def test_few_repeats_of_several_pairs_are_one_sentence():
    assert findings.few_repeats([]) == ""
    sentence = findings.few_repeats([told(), told(scenario_a="c", share_significant=1)])
    assert sentence.endswith(
        "in 50 % of studies; of c and b would have found a “significant” difference in 100 % of "
        "studies."
    )


def test_thresholds_that_move_are_told_as_they_are(run, monkeypatch):
    def page(of=run):
        return " ".join(render(again(of)).html.split())

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


def drawn(**style):
    figure = Figure()
    figure.subplots().set_axis_off()
    figure.text(0.5, 0.5, "stroke: #c0ffee", **{"color": figures.INK} | style)
    return figure


def test_a_hard_wired_colour_is_refused():
    with pytest.raises(ValueError, match=r"colour #c0ffee; take one of figures\.PALETTE"):
        Figures().add("a", drawn(color="#c0ffee"))


def test_colours_in_the_page_are_its_own_and_those_of_a_file_are_fixed():
    kept = Figures()
    inline = kept.add("a", drawn())
    assert "fill: var(--ink)" in inline
    assert re.findall("#[0-9a-f]{6}", inline) == ["#c0ffee"]
    (file,) = kept.files.values()
    assert f"fill: {figures.INK}" in file
    assert "var(" not in file


def test_every_figure_of_a_page_takes_its_colours_from_the_page(run):
    html = render(again(run)).html
    svgs = re.findall(r"<svg aria-hidden.*?</svg>", html, flags=re.DOTALL)
    assert len(svgs) == html.count("<figure") > 20
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
