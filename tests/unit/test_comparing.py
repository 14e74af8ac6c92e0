"""Two finished runs side by side: the change of an estimate, and what differs between them."""

import math
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape
from scipy import stats
from support import contrast_of_two, row_of, sample

from thousandfold.comparing import (
    LUCK,
    MORE_THAN_LUCK,
    SAME_REPEATS,
    SHARED_SEEDS,
    FinishedRun,
    config_differences,
    estimate_changes,
    verdict_changes,
)
from thousandfold.errors import DataError
from thousandfold.inference import independent
from thousandfold.inference.changes import MOST_DF, change_between, degrees_of_freedom
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.judging import judge
from thousandfold.report.marks import mark_of
from thousandfold.side_by_side import SideBySide
from thousandfold.study import Finding
from thousandfold.tables.rows import ClaimRow, ContrastRow, PopulationClaimRow

TOLD = {
    "commit": "c" * 40, "table_sha256": None, "analysis_versions": {"thousandfold": "0.2.0"},
    "training": {"versions": ["keras 3.15.1"]},
}  # fmt: skip


def judged(a, b, expect="less", design="independent", alpha=0.01):
    """The row of the contrasts table about two samples."""
    asked = contrast_of_two(expect, "a", "b", 1.25 if expect == "more_stable" else 1.0)
    found = {"rmse": {("s", name): sample(x, name) for name, x in (("a", a), ("b", b))}}
    finding = Finding("H", "A claim.", "a test", expect, (asked,))
    (row,) = judge(found, {"s": 1.0}, [finding], alpha, DESIGNS[design])
    return row


def drawn(seed, sizes=(8, 13), means=(3.0, 2.0), scales=(1.0, 0.4)):
    rng = np.random.default_rng(seed)
    return [rng.normal(m, s, n) for m, s, n in zip(means, scales, sizes, strict=True)]


def test_the_change_of_a_difference_has_welchs_interval_of_four_samples():
    first, second = drawn(1), drawn(2, (5, 30), (4.0, 2.0), (2.0, 0.1))
    four = [sample(x, name) for x, name in zip([*second, *first], "abcd", strict=True)]
    estimate = independent.contrast(four, [1.0, -1.0, -1.0, 1.0])
    low, high = estimate.interval(0.05)
    found = change_between(judged(*first), judged(*second))
    assert found.change == pytest.approx(float(estimate.difference))
    assert (found.low, found.high) == pytest.approx((float(low), float(high)), rel=1e-9)


@pytest.mark.parametrize("alpha", [0.05, 0.0001])
def test_degrees_of_freedom_are_found_again(alpha):
    row = judged(*drawn(3), alpha=alpha)
    assert degrees_of_freedom(row) == pytest.approx(row.welch_df, rel=1e-9)
    spread = judged(*drawn(3), "more_stable", alpha=alpha)
    assert degrees_of_freedom(spread) == pytest.approx(8 + 13 - 2, rel=1e-9)
    paired = judged(*drawn(3, (9, 9)), design="paired", alpha=alpha)
    assert degrees_of_freedom(paired) == pytest.approx(8, rel=1e-9)
    normal = replace(row, ci_low=row.difference, ci_high=row.difference)
    assert degrees_of_freedom(normal) == MOST_DF


def test_the_change_of_a_ratio_is_a_ratio():
    first, second = judged(*drawn(4), "more_stable"), judged(*drawn(5), "more_stable")
    found = change_between(first, second)
    assert found.change == pytest.approx(second.difference / first.difference)
    assert 0 < found.low < found.change < found.high
    middle = math.sqrt(found.low * found.high)
    assert middle == pytest.approx(found.change)


def by_scipy(a, b, level=0.99):
    """The same of means, as far as a change takes it, by SciPy's Welch test."""
    test = stats.ttest_ind(a, b, equal_var=False)
    low, high = test.confidence_interval(level)
    return row_of(
        ContrastRow, estimand="mean", difference=a.mean() - b.mean(), ci_low=low, ci_high=high,
        standard_error=math.hypot(*(stats.sem(values) for values in (a, b))), interval_level=level,
    )  # fmt: skip


def test_the_interval_holds_no_change_as_often_as_it_says():
    misses = 0
    for seed in range(600):
        rows = [by_scipy(*drawn(2 * seed + run, (6, 9))) for run in (0, 1)]
        found = change_between(*rows)
        misses += not found.low <= 0 <= found.high
    # Binomial, .05 of 600: 99.9 % within 14 to 50.
    assert 14 <= misses <= 50


def test_without_a_standard_error_there_is_no_interval():
    row = judged(*drawn(6))
    found = change_between(row, replace(row, standard_error=math.nan, difference=5.0))
    assert found.change == pytest.approx(5.0 - row.difference)
    assert math.isnan(found.low)


def run_of(a, b, seeds=(0, 1000), config=None, verdict="supported", **told):
    """A finished run of two scenarios."""
    rows = [
        {"series": "s", "scenario": name, "repeat": i, "seed": start + i, "rmse": value}
        for name, values, start in (("a", a, seeds[0]), ("b", b, seeds[1]))
        for i, value in enumerate(values)
    ]
    claim = row_of(ClaimRow, series="s", id="H", claim="A claim.", verdict=verdict)
    return FinishedRun(
        folder=Path("results/x"),
        config=config or {("study", "seed"): 1},
        provenance=TOLD | told,
        repeats=pd.DataFrame(rows),
        claims=[claim],
        contrasts=[judged(a, b)],
        population_claims=[],
        population=[],
        actual={"s": [5.0]},
    )


def luck(one, other):
    (row,) = estimate_changes(one, other)
    assert math.isnan(row.change_low) == (row.luck in (SAME_REPEATS, SHARED_SEEDS))
    return row.luck


def test_what_is_known_of_luck():
    first, second, far = drawn(7), drawn(8), drawn(9, means=(30.0, 2.0))
    one = run_of(*first)
    assert luck(one, run_of(*first)) == SAME_REPEATS
    assert luck(one, run_of(*second)) == SHARED_SEEDS
    close = first[0] + 0.05, first[1]
    assert luck(one, run_of(*close, seeds=(5000, 6000))) == LUCK
    assert luck(one, run_of(*far, seeds=(5000, 6000))) == MORE_THAN_LUCK
    near = first[0] - 30, first[1]
    assert luck(one, run_of(*near, seeds=(5000, 6000))) == MORE_THAN_LUCK


def test_luck_in_a_ratio_is_about_one():
    first = drawn(7)
    steady = first[0], first[1].mean() + (first[1] - first[1].mean()) * 1e-3
    runs = [
        replace(run_of(*values, seeds=seeds), contrasts=[judged(*values, "more_stable")])
        for values, seeds in [
            (first, (0, 1000)), ((first[0] + 0.05, first[1]), (5000, 6000)), (steady, (7000, 8000))
        ]
    ]  # fmt: skip
    assert luck(runs[0], runs[1]) == LUCK
    assert luck(runs[0], runs[2]) == MORE_THAN_LUCK
    assert luck(runs[2], runs[0]) == MORE_THAN_LUCK


def because(one, other):
    (row,) = verdict_changes(one, other)
    return row.because


def test_what_bears_on_a_claim():
    one = run_of(*drawn(7))
    config = {
        ("study", "seed"): 2, ("study", "title"): "T", ("findings", "H", "margin"): 3,
        ("findings", "G", "margin"): 3, ("scenarios", "a", "units"): 4,
        ("scenarios", "c", "units"): 4, ("series", "s", "file"): "x.csv",
        ("series", "t", "file"): "y.csv",
    }  # fmt: skip
    other = run_of(*drawn(8), config=config)
    told = because(one, other)
    for key in (
        "study.seed 1 → 2",
        "findings.H.margin not there → 3",
        "scenarios.a.units",
        "series.s.file",
    ):
        assert f"config: {key}" in told
    for key in ("title", "findings.G", "scenarios.c", "series.t"):
        assert key not in told
    assert ("study", "title") not in config_differences(one, other)
    assert ("findings", "G", "margin") in config_differences(one, other)

    assert because(one, run_of(*drawn(8))) == "nothing that is known"
    assert because(one, run_of(*drawn(7))) == SAME_REPEATS
    assert (
        because(one, run_of(*drawn(8), commit="d" * 40))
        == "code: commit cccccccccccc → dddddddddddd"
    )
    moved = replace(run_of(*drawn(8)), actual={"s": [6.0]})
    assert because(one, moved) == "data: its test values are others"
    elsewhere = replace(run_of(*drawn(8)), actual={"t": [6.0]})
    assert because(one, elsewhere) == "nothing that is known"
    of_both = [replace(run, actual={"s": [5.0], "t": [end]}) for run, end in ((one, 1), (other, 2))]
    assert "data" not in because(*of_both)
    tables = run_of(*drawn(8), table_sha256=["0"])
    assert because(one, tables) == "data: the table of runs is another"


def test_a_claim_of_one_run_only():
    one, other = run_of(*drawn(7)), run_of(*drawn(7))
    gone = replace(other, claims=[], contrasts=[])
    (row,) = verdict_changes(one, gone)
    assert (row.verdict_one, row.verdict_other, row.is_changed) == ("supported", None, True)
    assert row.because == "the claim is in one of them only"
    assert estimate_changes(one, gone) == []
    (row,) = verdict_changes(gone, one)
    assert (row.verdict_one, row.verdict_other) == (None, "supported")


def test_the_page_tells_both_and_marks_what_differs():
    first = drawn(7)
    one = run_of(*first)
    other = run_of(first[0] + 0.05, first[1], seeds=(5000, 6000), verdict="undecided")
    verdicts, estimates = verdict_changes(one, other), estimate_changes(one, other)
    shown = SideBySide.of(one, other, verdicts, estimates)
    page = shown.markdown()
    assert "1 of 1 verdicts are different." in page
    assert "| s | H A claim. | supported | undecided | **differs** |" in page
    row = estimates[0]
    for number in (row.estimate_one, row.low_one, row.estimate_other, row.change, row.change_high):
        assert f"{number:.2f}".replace("-", "−") in page
    assert LUCK in page


def shown_of(one, other):
    return SideBySide.of(one, other, verdict_changes(one, other), estimate_changes(one, other))


def text_of(html):
    html = re.sub(r"<(style|script).*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


def test_both_forms_of_the_page_say_the_same():
    first = drawn(7)
    one = replace(run_of(*first), folder=Path("results/before"))
    other = run_of(
        first[0] + 0.05, first[1], seeds=(5000, 6000), config={("study", "seed"): 2},
        verdict="undecided", commit="d" * 40,
    )  # fmt: skip
    other = replace(other, folder=Path("results/after"), actual={"s": [6.0]})
    shown = shown_of(one, other)
    assert shown.answer == [
        "1 of 1 verdicts are different.",
        "Known differences: one in the config, one in the code, one in the data.",
        f"Changes of estimates: {LUCK} (1).",
    ]
    html, markdown = shown.page(), shown.markdown()
    text = text_of(html)
    for sentence in (
        *shown.answer,
        shown.claims_note,
        shown.differences_note,
        shown.estimates_note,
    ):
        assert sentence in text
        assert sentence in markdown
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    cells = {cell.strip(" *") for line in lines for cell in line.strip("|").split(" | ")}
    # Claims and comparisons are headed by their ids, of which Markdown has a column.
    assert {cell for cell in cells if cell not in text} <= {"Series", "---", "---:", "--- "}
    assert "<title>results/before and results/after</title>" in html
    assert re.findall(r'<h2 id="(\w+)"', html) == ["verdicts", "differences", "estimates"]
    assert all(
        f'<li><a href="#{name}">' in html for name in ("verdicts", "differences", "estimates")
    )
    for verdict in ("supported", "undecided"):
        mark = mark_of(verdict)
        assert (
            f'<span class="verdict {mark.tone}"><span class="icon" aria-hidden="true">{mark.icon}'
            in html
        )


def test_the_page_needs_no_other_file_but_the_tables():
    html = shown_of(run_of(*drawn(7)), run_of(*drawn(8))).page()
    links = [link for link in re.findall(r'(?:href|src)="([^"]*)"', html) if link[0] != "#"]
    assert links == ["verdict_changes.csv", "estimate_changes.csv"]
    assert html.count("<script>") == 1
    assert not re.search(r"url\((?!#)|@import", html)


@pytest.mark.parametrize(("expect", "sign"), [("less", ""), ("more_stable", "× ")])
def test_estimates_stand_with_their_intervals(expect, sign):
    one, other = (
        replace(run_of(*values, seeds=seeds), contrasts=[judged(*values, expect)])
        for values, seeds in ((drawn(7), (0, 1000)), (drawn(8), (5000, 6000)))
    )
    (row,) = estimate_changes(one, other)
    numbers = [
        (row.estimate_one, row.low_one, row.high_one),
        (row.estimate_other, row.low_other, row.high_other),
        (row.change, row.change_low, row.change_high),
    ]
    texts = [[f"{value:.2f}".replace("-", "−") for value in each] for each in numbers]
    cells = [f"{sign}{value} [{low}, {high}]" for value, low, high in texts]
    shown = shown_of(one, other)
    assert f"| s | H | a against b | {' | '.join(cells)} | {row.luck} |" in shown.markdown()
    page = shown.page()
    assert f"H a against b s {' '.join(cells)} {row.luck}" in text_of(page)
    # By which the table is sorted.
    assert f'data-value="{row.change}">{cells[2].split(" [")[0]}' in page


def test_what_bears_on_a_claim_is_told_part_by_part():
    config = {("study", "seed"): 1, ("model", "a"): "x; y", ("model", "b"): [1]}
    one, other = run_of(*drawn(7)), run_of(*drawn(8), config=config, commit="d" * 40)
    parts = [
        'config: model.a not there → "x; y"',
        "config: model.b not there → [1]",
        f"code: commit {'c' * 12} → {'d' * 12}",
    ]
    shown = shown_of(one, other)
    assert shown.claims[0].because == parts
    assert f"| {'; '.join(parts)} |" in shown.markdown()
    assert all(f"<span>{escape(part)}" in shown.page() for part in parts)


def test_claims_whose_verdicts_differ_come_first():
    one, other = run_of(*drawn(7)), run_of(*drawn(7))
    claims = [replace(one.claims[0], id=id_) for id_ in "FGH"]
    one = replace(one, claims=claims)
    other = replace(other, claims=[claims[0], replace(claims[1], verdict="undecided")])
    shown = shown_of(one, other)
    told = [(each.id, each.first, each.second, each.is_changed) for each in shown.claims]
    supported, undecided = mark_of("supported"), mark_of("undecided")
    assert told == [
        ("G", supported, undecided, True), ("H", supported, None, True),
        ("F", supported, supported, False),
    ]  # fmt: skip
    html = shown.page()
    assert html.count("<strong>differs</strong>") == 2
    row = html[html.index('<span class="id">H</span> A claim.') :].partition("</tr>")[0]
    assert re.sub("<[^>]*>", " ", row).split() == (
        [
            "H",
            "A",
            "claim.",
            "s",
            "✔",
            "supported",
            "–",
            "differs",
            "the",
            "claim",
            "is",
            "in",
            "one",
            "of",
            "them",
            "only",
        ]
    )


def test_runs_in_which_nothing_differs():
    shown = shown_of(run_of(*drawn(7)), run_of(*drawn(7)))
    assert shown.answer[:2] == [
        "0 of 1 verdicts are different.",
        "Known differences: none in the config, none in the code, none in the data.",
    ]
    for form in (text_of(shown.page()), shown.markdown()):
        assert "Nothing that is known: neither config, code nor data." in form
        assert "As far as it is known" not in form
        assert "over series" not in form


def test_hostile_text_is_text():
    hostile = '<script>alert(1)</script> | & "quotes"'
    one, other = run_of(*drawn(7)), run_of(*drawn(8))
    claims = [replace(row, claim=hostile) for row in other.claims]
    other = replace(other, claims=claims, folder=Path("results/<b>"))
    html = shown_of(one, other).page()
    assert html.count("<script>") == 1
    assert "<b>" not in html
    assert hostile in text_of(html)


def test_a_claim_over_series_is_told_as_one():
    row = row_of(
        PopulationClaimRow, id="P", claim="A claim.", verdict="no typical difference that matters"
    )
    run = replace(run_of(*drawn(7)), population_claims=[row])
    shown = shown_of(run, run)
    (claim,) = (each for each in shown.claims if each.id == "P")
    assert claim.series == "over series"
    assert (claim.first.word, claim.first.tone) == (
        row.verdict,
        mark_of("no difference that matters").tone,
    )
    assert "P A claim. over series ≈ no typical difference that matters" in text_of(shown.page())


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(
        DataError, match=r"holds no finished study \(config.yaml is missing\); name"
    ):
        FinishedRun.read(tmp_path)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_change_and_its_way_back_are_mirror_images(seed, other):
    rows = by_scipy(*drawn(seed)), by_scipy(*drawn(other + 20_000))
    there, back = change_between(*rows), change_between(*reversed(rows))
    assert there.change == pytest.approx(-back.change)
    assert there.low == pytest.approx(-back.high)
