"""The report in a real browser: headless Chromium, no network, axe-core's rules."""

import re
import shutil
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from unit.test_over_series_page import run_of, with_description

from thousandfold.comparing import FinishedRun, estimate_changes, verdict_changes
from thousandfold.inference.analyses import judged
from thousandfold.inference.precision import summarise
from thousandfold.inference.samples import samples_by_metric
from thousandfold.report import render
from thousandfold.settings import VerdictSettings
from thousandfold.side_by_side import SideBySide
from thousandfold.tables.rows import ClaimRow, ContrastRow, SummaryRow
from workflow.project import Project

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")

PHONE = {"width": 360, "height": 800}
DESK = {"width": 1280, "height": 900}
WIDE = {"width": 1680, "height": 900}

HOSTILE = "<script>alert(1)</script> & \"quotes\" 'x' \u202eleft\u202c 🎲 " + "long" * 60


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study with every finding of the shipped one, of few repeats and epochs."""
    project = Project(tmp_path_factory.mktemp("browser") / "project")
    project.configure(study={"scenarios": None, "repeats": 30, "repeats_per_job": 30})
    project.run()
    return project


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def over_series(tmp_path_factory):
    """The page of a study with claims over series, from a table."""
    rng = np.random.default_rng(1)
    rows = [
        (f"data set {i}", scenario, value, kind)
        for i in range(30)
        for kind in ["micro" if i % 3 else "macro"]
        for scenario, level in (("ours", 2 + i / 10), ("base", 0), ("third", 1))
        for value in rng.normal(level, 0.5, 12)
    ]
    table = pd.DataFrame(rows, columns=["series", "scenario", "accuracy", "kind"])
    folder = tmp_path_factory.mktemp("over")
    table.to_csv(folder / "t.csv", index=False)
    claims = {"T": {}, "S": {"on_at_least": 0.6}, "U": {"expect": "less", "margin": 0.1}}
    run = with_description(
        run_of(folder / "t.csv", claims, study={"show_series": ["data set 3"]}, attributes=["kind"])
    )
    told = judged(run.repeats, VerdictSettings.of(run.study), [], {})
    study = run.study
    samples = samples_by_metric(run.repeats, study.seed, study.metrics, study.deterministic)
    tables = {
        ContrastRow: told.contrasts, ClaimRow: told.claims,
        SummaryRow: summarise(samples["accuracy"], "accuracy", {}),
    }  # fmt: skip
    page = render(replace(run, tables=defaultdict(list, {**run.tables, **tables})))
    (folder / "report.html").write_text(page.html, encoding="utf-8")
    return folder / "report.html"


class Visit:
    """A page that is open, with all that it asked for and complained of."""

    def __init__(self, browser, file, viewport, **context):
        self.requests, self.complaints = [], []
        self.page = browser.new_context(viewport=viewport, **context).new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.url = file.as_uri()
        self.page.goto(self.url)


def visit(browser, study, viewport=DESK, **context):
    return Visit(browser, study.folder / "reports/tiny/report.html", viewport, **context)


def cells(page, selector):
    return [" ".join(text.split()) for text in page.locator(selector).all_inner_texts()]


def test_no_complaint_and_no_request_but_the_page_itself(browser, study):
    opened = visit(browser, study)
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith("data:")] == [opened.url]


def test_the_verdict_table_agrees_with_the_tables(browser, study):
    page = visit(browser, study).page
    claims = pd.read_csv(study.results / "claims.csv")
    contrasts = pd.read_csv(study.results / "contrasts.csv")
    bodies = page.locator("table.verdicts tbody")
    assert bodies.count() == len(claims) == 15
    assert page.locator("table.verdicts tbody tr").count() == len(contrasts) == 20
    for index, claim in enumerate(claims.to_dict("records")):
        body = bodies.nth(index)
        heading = " ".join(body.locator("th").inner_text().split())
        assert heading == f"{claim['id']} {claim['claim']} {claim['source']}"
        assert body.locator(".verdict").inner_text().split(maxsplit=1)[1] == claim["verdict"]
        rows = contrasts[contrasts["id"] == claim["id"]].to_dict("records")
        for number, row in enumerate(rows):
            shown = body.locator("tr").nth(number).inner_text().replace("−", "-")
            assert str(row["n_a"]) in shown
            if row["estimand"] == "mean":
                for column in ("difference", "ci_low", "ci_high"):
                    assert f"{row[column]:.2f}" in shown
                p = row["claim_p_family"]
                assert ("< 0.001" if p < 0.001 else f"{p:.3f}") in shown


def test_links_and_downloads_work(browser, study):
    opened = visit(browser, study)
    folder = study.folder / "reports/tiny"
    links = opened.page.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert len(links) > 40
    for link in set(links):
        if link.startswith("#"):
            assert opened.page.locator(f"[id='{link[1:]}']").count() == 1
        elif not link.startswith("data:"):
            assert (folder / link).resolve().is_file(), link
    linked = {link.rsplit("/", 1)[-1] for link in links if not link.startswith(("#", "data:"))}
    left = {path.name for path in study.results.glob("*.*")}
    assert linked == left


@pytest.mark.parametrize("viewport", [PHONE, DESK, WIDE], ids=["phone", "desk", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, study, viewport, scheme):
    page = visit(browser, study, viewport, color_scheme=scheme, bypass_csp=True).page
    for fold in page.locator("details").all():
        fold.evaluate("fold => { fold.open = true; }")
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, results.generate_report()


@pytest.fixture(scope="module")
def comparison(study, tmp_path_factory):
    """The page of two runs of which one has another claim and another verdict."""
    one = FinishedRun.read(study.results)
    claims = [replace(one.claims[0], verdict="supported"), *one.claims[2:]]
    other = replace(one, folder=study.results.parent / "other", claims=claims)
    tables = verdict_changes(one, other), estimate_changes(one, other)
    file = tmp_path_factory.mktemp("comparison") / "comparison.html"
    file.write_text(SideBySide.of(one, other, *tables).page(), encoding="utf-8")
    return file


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "dark"), (DESK, "light")])
def test_the_page_of_two_runs(browser, comparison, viewport, scheme):
    opened = Visit(browser, comparison, viewport, color_scheme=scheme, bypass_csp=True)
    assert_fits(opened.page)
    opened.page.get_by_label("Filter by claim, verdict, what bears on it").fill(
        "in one of them only"
    )
    assert opened.page.locator("table.verdicts tbody tr:visible").count() == 1
    results = Axe().run(opened.page, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, results.generate_report()
    assert opened.complaints == []
    assert opened.requests == [opened.url]


def assert_fits(page):
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]


def test_a_phone_does_not_scroll_sideways(browser, study):
    page = visit(browser, study, PHONE).page
    assert_fits(page)
    for fold in page.locator("details").all():
        fold.evaluate("fold => { fold.open = true; }")
    assert_fits(page)


def unfolded(browser, file, viewport, **context):
    page = Visit(browser, file, viewport, **context).page
    for fold in page.locator("details").all():
        fold.evaluate("fold => { fold.open = true; }")
    return page


def test_on_a_phone_numbers_over_series_wrap(browser, over_series):
    page = unfolded(browser, over_series, PHONE)
    assert_fits(page)
    ends = page.locator(".wraps td").evaluate_all(
        "all => all.map(cell => cell.getBoundingClientRect().right)"
    )
    assert len(ends) > 10
    assert max(ends) <= PHONE["width"]
    # No percent sign is alone in a line, and neither end of a scale is broken.
    assert "\N{NO-BREAK SPACE}%" in " ".join(page.locator(".wraps td").all_text_contents())
    lines = page.locator(".scale span:nth-child(odd)").evaluate_all(
        """all => all.map(end => {
          const text = document.createRange();
          text.selectNodeContents(end);
          return text.getClientRects().length;
        })"""
    )
    assert len(lines) >= 4
    assert set(lines) == {1}


def test_what_is_wider_than_a_phone_has_a_shade_at_its_edge(browser, over_series):
    page = unfolded(browser, over_series, PHONE)
    shaded = page.locator(".drawing, .scroll").evaluate_all(
        """all => all.filter(box => box.scrollWidth > box.clientWidth)
          .map(box => getComputedStyle(box).backgroundImage.split("linear-gradient").length - 1)"""
    )
    assert len(shaded) > 6
    assert set(shaded) == {4}


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_over_series(browser, over_series, viewport, scheme):
    page = unfolded(browser, over_series, viewport, color_scheme=scheme, bypass_csp=True)
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, results.generate_report()


def test_links_on_the_page_over_series_lead_somewhere(browser, over_series):
    page = Visit(browser, over_series, DESK).page
    links = page.locator("a[href^='#']").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert {"#claim-over-series.T"} <= set(links)
    for link in set(links):
        assert page.locator(f"[id='{link[1:]}']").count() == 1, link


def test_every_figure_says_its_result(browser, study):
    page = visit(browser, study).page
    labels = page.locator("figure [role=img]").evaluate_all(
        "all => all.map(drawing => drawing.getAttribute('aria-label'))"
    )
    assert len(labels) >= 20
    assert all(len(label) > 40 for label in labels)
    # An estimation plot's label holds its numbers.
    assert sum("interval" in label for label in labels) >= 15


@pytest.mark.parametrize("javascript", [True, False])
def test_the_numbers_of_a_figure_are_saved_by_keyboard(browser, study, javascript, tmp_path):
    opened = visit(browser, study, java_script_enabled=javascript)
    drawing = opened.page.locator("#figure-shampoo-series")
    name = drawing.get_attribute("aria-label")
    assert name.endswith("the last 12 values held out as the test.")
    link = opened.page.get_by_role("link", name=f"CSV {name}", exact=True)
    drawing.focus()
    opened.page.keyboard.press("Tab")
    assert link.evaluate("link => link === document.activeElement")
    with opened.page.expect_download() as saving:
        opened.page.keyboard.press("Enter")
    assert saving.value.suggested_filename == "shampoo-series.csv"
    saving.value.save_as(tmp_path / "saved.csv")
    saved = pd.read_csv(tmp_path / "saved.csv")
    assert list(saved.columns) == ["time", "part", "value"]
    assert saved["value"].iloc[[0, -1]].tolist() == [266.0, 646.9]
    assert opened.complaints == []
    opened.page.emulate_media(media="print")
    assert not link.is_visible()


def test_print_opens_every_fold(browser, study):
    page = visit(browser, study).page
    hidden = "all => all.filter(fold => fold.getBoundingClientRect().height < 60).length"
    assert page.locator("main details").evaluate_all(hidden) > 0
    page.emulate_media(media="print")
    assert page.locator("main details").evaluate_all(hidden) == 0
    assert not page.locator(".contents").is_visible()


def in_view(page, anchor):
    """Whether a place is on the screen, and nothing lies over it."""
    return page.evaluate(
        """anchor => {
          const place = document.getElementById(decodeURIComponent(anchor)), box = place.getBoundingClientRect();
          const seen = document.elementFromPoint(box.left + 5, box.top + 5);
          return place === seen || place.contains(seen);
        }""",
        anchor,
    )


@pytest.mark.parametrize("javascript", [True, False])
def test_contents_stay_in_view_where_there_is_room(browser, study, javascript):
    page = visit(browser, study, WIDE, java_script_enabled=javascript).page
    contents = page.locator(".contents a")
    assert contents.count() > 20
    headings = page.locator("main h2[id]").count()
    assert page.locator(".contents ol > li > a").count() == headings
    for link in (contents.nth(3), contents.last, contents.first):
        link.scroll_into_view_if_needed()
        link.click()
        assert link.is_visible()
        anchor = link.get_attribute("href")[1:]
        if javascript:
            assert in_view(page, anchor)


def test_contents_fold_on_a_phone(browser, study):
    page = visit(browser, study, PHONE).page
    links = page.locator(".contents a")
    assert not links.first.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert links.first.is_visible()
    links.last.click()
    assert not links.first.is_visible()
    page.locator(".contents summary").click()
    links.nth(4).click()
    anchor = links.nth(4).get_attribute("href")[1:]
    page.wait_for_timeout(100)
    assert in_view(page, anchor)


def test_a_table_is_sorted_by_its_headings(browser, study):
    page = visit(browser, study).page
    page.locator("summary", has_text="The table of all pairs").click()
    heading = page.locator("table.sortable th", has_text=re.compile("^difference$"))
    for order in (sorted, lambda values: sorted(values, reverse=True)):
        heading.locator("button").click()
        shown = cells(page, "table.sortable tbody tr td:nth-of-type(2)")
        values = [float(text.replace("−", "-")) for text in shown]
        assert values == order(values)
    assert heading.get_attribute("aria-sort") == "descending"


def claims_shown(page):
    return page.locator("table.verdicts tbody:visible").count()


def test_the_first_table_is_sorted_claim_by_claim(browser, study):
    page = visit(browser, study).page
    bodies = page.locator("table.verdicts tbody")
    rows = [body.locator("tr").count() for body in bodies.all()]
    heading = page.locator("table.verdicts th", has_text=re.compile("^Difference$"))
    for order in (sorted, lambda values: sorted(values, reverse=True)):
        heading.locator("button").click()
        values = [
            float(
                body.locator("tr").first.locator("[data-value]").first.get_attribute("data-value")
            )
            for body in bodies.all()
        ]
        assert values == order(values)
    # A claim's comparisons stay together.
    assert sorted(body.locator("tr").count() for body in bodies.all()) == sorted(rows)
    page.locator("table.verdicts th", has_text=re.compile("^Verdict$")).locator("button").click()
    words = [body.locator(".verdict").inner_text() for body in bodies.all()]
    assert words == sorted(words, key=str.casefold)


def test_the_first_table_is_filtered(browser, study):
    page = visit(browser, study).page
    claims = pd.read_csv(study.results / "claims.csv")
    assert claims_shown(page) == len(claims)
    field = page.get_by_label("Filter by claim, verdict, source, scenario")
    for words, column in (("concluded article", "source"), ("undecided", "verdict")):
        field.fill(words)
        wanted = [row for row in claims[column] if all(w in row for w in words.split())]
        assert claims_shown(page) >= len(wanted) > 0
        shown = page.locator("table.verdicts tbody:visible").all_inner_texts()
        assert all(word in text.lower() for text in shown for word in words.split())
        assert page.locator(".tools output").first.inner_text() == f"{len(shown)} of {len(claims)}"
    field.fill("there is no such claim")
    assert claims_shown(page) == 0
    field.fill("")
    assert claims_shown(page) == len(claims)


def test_numbers_are_copied_as_a_table(browser, study):
    page = visit(browser, study, permissions=["clipboard-read", "clipboard-write"]).page
    contrasts = pd.read_csv(study.results / "contrasts.csv")
    page.get_by_role("button", name="Copy the numbers").first.focus()
    tools = page.locator(".tools", has=page.get_by_label("Filter by claim"))
    tools.get_by_role("button").click()
    tools.get_by_role("button", name="Copied").wait_for()
    lines = page.evaluate("navigator.clipboard.readText()").split("\n")
    cells_of = [line.split("\t") for line in lines]
    assert len(lines) == 1 + len(contrasts)
    assert {len(cells) for cells in cells_of} == {8}
    # What spans a claim's rows is in each of them.
    assert [cells[0].split()[0] for cells in cells_of[1:]] == contrasts["id"].tolist()


def test_a_claim_and_its_row_lead_to_each_other(browser, study):
    page = visit(browser, study).page
    page.get_by_label("Back to F2 in the table").click()
    assert in_view(page, page.url.partition("#")[2])
    page.locator("table.verdicts a", has_text=re.compile("^F2 ")).click()
    assert in_view(page, page.url.partition("#")[2])


def test_without_javascript_all_is_there(browser, study):
    page = visit(browser, study, java_script_enabled=False).page
    assert page.locator("table.verdicts tbody").count() == 15
    assert page.locator("figure svg").count() >= 20
    assert page.locator(".tools").count() == 0


def test_hostile_text_is_text_and_breaks_no_layout(browser, study):
    study.configure(
        study={"scenarios": ["stateful", "stateless"], "repeats": 30, "repeats_per_job": 30, "title": HOSTILE},
        scenarios={"stateful": {"label": HOSTILE}},
        findings={"E1": {"claim": HOSTILE, "source": HOSTILE}},
        series={"shampoo": {"title": HOSTILE, "unit": HOSTILE}},
        experiments={"a_vs_a": {"title": HOSTILE}},
    )  # fmt: skip
    study.run()
    for viewport in (PHONE, DESK, WIDE):
        opened = visit(browser, study, viewport)
        assert opened.complaints == []
        assert HOSTILE.split("🎲")[1].strip() in opened.page.locator("h1").inner_text()
        assert opened.page.locator("script").count() == 1
        assert_fits(opened.page)
