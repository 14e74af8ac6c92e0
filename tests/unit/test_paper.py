"""The files for a paper: every number is that of a table, and LaTeX takes all of it."""

import os
import re
import shutil
import subprocess
from collections import defaultdict
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support import ROOT, shipped_study
from unit.test_over_series_page import ten
from unit.test_report import HOSTILE, run_of, small_study
from unit.test_sections import assert_agrees

from thousandfold.figures import COLUMN
from thousandfold.imported import results_of
from thousandfold.inference.analyses import judged
from thousandfold.inference.contrasts import KINDS
from thousandfold.inference.precision import summarise
from thousandfold.inference.samples import samples_of
from thousandfold.inference.verdicts import Verdict, claim_verdict
from thousandfold.loading import load_study
from thousandfold.paper import paper_files
from thousandfold.paper.citing import bibliography, cited_keys, software_of
from thousandfold.paper.drawings import drawings
from thousandfold.paper.methods import methods
from thousandfold.paper.tables import paper_tables, supported_if
from thousandfold.paper.texts import (
    MOST_ON_A_PAGE,
    Column,
    PaperTable,
    latex,
    latex_table,
    markdown_table,
)
from thousandfold.report.run import Provenance, Run
from thousandfold.runs import runs_of
from thousandfold.settings import VerdictSettings
from thousandfold.study import Stopping
from thousandfold.tables.rows import (
    BaselineRow,
    ClaimRow,
    ConjunctionRow,
    ContrastRow,
    PopulationRow,
    SummaryRow,
)

CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")

TOLD = {
    "repeats": 440, "diverged_repeats": 7, "findings_sha256": "f" * 64, "commit": "c" * 40,
    "training": {"versions": ["keras 3.15.1, numpy 2.4.6, tensorflow 2.21.0"]},
    "analysis_versions": {"thousandfold": "0.2.0", "python": "3.11.7", "scipy": "1.17.1"},
}  # fmt: skip

ELSEWHERE = TOLD | {"training": {"versions": []}, "commit": None, "diverged_repeats": 0}

NUMBER = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?")


@pytest.fixture(autouse=True)
def in_project(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def run():
    os.chdir(ROOT)
    return run_of(shipped_study())


@pytest.fixture(scope="module")
def over():
    """A run of a table of ten data sets, with two claims over them."""
    os.chdir(ROOT)
    claims = {"T": {}, "S": {"on_at_least": 0.6}}
    found = ten(claims)
    return replace(found, tables=defaultdict(list, found.tables))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A run of a table of two data sets, with every kind of contrast and a run that failed."""
    rng, names = np.random.default_rng(1), ["50 % & a | b_c", "plain", "wide $x$"]
    runs = pd.DataFrame(
        {
            "series": series, "scenario": name, "seed": seed, "loss": rng.gamma(5, 0.01),
            "score": rng.normal(1000 * scale + index, 1 + index) if seed or index else np.nan,
        }
        for scale, series in enumerate(["d_1", "d_2"])
        for index, name in enumerate(names)
        for seed in range(12)
    )  # fmt: skip
    file = tmp_path_factory.mktemp("runs") / "runs.csv"
    runs.to_csv(file, index=False)
    a, b, c = names
    asked = {
        "L": {"expect": "less", "a": a, "b": b},
        "B": {"expect": "best_of", "a": c, "b": [a, b]},
        "R": {"expect": "greater", "a": a, "b": b, "metric": "loss", "ratio": True, "margin": 1.1},
        "S": {"expect": "more_stable", "a": b, "b": c},
        "P": {"expect": "precision", "a": b, "mean_of": 10, "between": [0.1, 0.9]},
        "E": {"expect": "equivalent", "a": b, "b": c, "margin": 40},
    }
    study = load_study(
        {
            "study": {"seed": 1, "margin": 0.5},
            "table": {
                "file": str(file), "metric": "score", "better": "higher",
                "metrics": {"loss": {"better": "lower"}},
            },
            "findings": {id_: {"claim": "So it is."} | own for id_, own in asked.items()},
        },
        [],
    )  # fmt: skip
    repeats = results_of(runs_of(study.table), study.table, study.design).repeats
    told = judged(repeats, VerdictSettings.of(study), [], {})
    samples = samples_of(repeats, study.seed, study.metric)
    tables = defaultdict(list) | {
        ContrastRow: told.contrasts, ClaimRow: told.claims, ConjunctionRow: told.conjunctions,
        SummaryRow: summarise(samples, study.metric, {}),
    }  # fmt: skip
    return Run(study, {}, repeats, tables, {}, Provenance({}, "../results"))


@pytest.fixture(params=["run", "elsewhere"])
def either(request):
    """A run that was trained, and one of runs that were made elsewhere."""
    return request.getfixturevalue(request.param)


def numbers(text):
    """The numbers in a text, each with half a unit of its last decimal."""
    return [
        (
            float(found.replace("−", "-").replace(",", "")),
            0.5 * 10.0 ** -len(found.partition(".")[2]),
        )
        for found in NUMBER.findall(text)
    ]


def tells(text, *values):
    """Whether a text has these numbers and no others, rounded as it has them."""
    found = numbers(text)
    return len(found) == len(values) and all(
        abs(number - value) <= 1.0001 * half
        for (number, half), value in zip(found, values, strict=True)
    )


def table(run, name) -> PaperTable:
    return next(table for table in paper_tables(run) if table.name == name)


def cells(run, name):
    """The rows of a table, their cells by the columns' names."""
    shown = table(run, name)
    names = [re.sub(r"\W+", "_", column.name.lower()) for column in shown.columns]
    return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in shown.rows]


def where(run, row):
    """The series of a row as tables of several series name it."""
    return f" ({row.series})" if len(run.study.series) > 1 else ""


def read_markdown(text):
    """The rows of a table's file, its head among them."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    rows = [re.split(r" (?<!\\)\| ", line[2:-2]) for line in lines]
    return [[cell.replace(r"\|", "|") for cell in row] for row in [rows[0], *rows[2:]]]


MEANT = {
    "$-$": "−", r"$\times$": "×", r"$\infty$": "∞", r"\textbar{}": "|", r"\textless{}": "<",
    r"\%": "%", r"\&": "&", r"\_": "_", r"\$": "$", "---": "—", "--": "–", "``": "“", "''": "”",
    "~": "\N{NO-BREAK SPACE}",
}  # fmt: skip
"""What LaTeX prints of what it reads."""


def read_latex(text):
    """The rows of a table's file as they are printed, its head among them."""
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    lines = [line.removesuffix(r" \\") for line in body.splitlines() if line.endswith(r" \\")]
    mark = re.compile("|".join(map(re.escape, MEANT)))
    rows = [
        [mark.sub(lambda found: MEANT[found[0]], cell) for cell in line.split(" & ")]
        for line in lines
    ]
    # A long table has its head once more, for its other pages.
    return rows[1:] if r"\endhead" in body else rows


@pytest.mark.parametrize("kind", ["run", "elsewhere", "over"])
def test_the_files_of_both_forms_have_every_cell(kind, request):
    shown = request.getfixturevalue(kind)
    files = paper_files(shown, TOLD if kind == "run" else ELSEWHERE, CITATION)
    tables = {name: text.decode() for name, text in files.items() if name.startswith("tables/")}
    for table in paper_tables(shown):
        expected = [[column.name for column in table.columns], *map(list, table.rows)]
        assert read_markdown(tables.pop(f"tables/{table.name}.md")) == expected
        assert read_latex(tables.pop(f"tables/{table.name}.tex")) == expected
    assert not tables


def test_runs_that_were_made_elsewhere_have_the_tables_that_need_no_training(elsewhere):
    names = [table.name for table in paper_tables(elsewhere)]
    assert names == ["claims", "results", "series", "scenarios"]
    for one, row in zip(cells(elsewhere, "results"), elsewhere.rows(ContrastRow), strict=True):
        assert one.series == row.series
    shown, rows = cells(elsewhere, "series"), elsewhere.rows(ConjunctionRow)
    assert len({row.k for row in rows}) > 1
    assert [(one.claim, one.holds_on, one.of) for one in shown] == [
        (f"{row.id} {row.claim}", str(row.k), str(row.m)) for row in rows
    ]


def test_every_number_of_the_results_is_that_of_its_contrast(either):
    shown, rows = cells(either, "results"), either.rows(ContrastRow)
    assert [one.claim for one in shown] == [row.id for row in rows]
    for one, row in zip(shown, rows, strict=True):
        kind = KINDS[row.estimand]
        estimate, low, high = (
            kind.from_zero(row, value) for value in (row.difference, row.ci_low, row.ci_high)
        )
        assert tells(one.difference, estimate), (one, row)
        assert tells(one.interval, low, high), (one, row)
        assert one.difference.startswith("×") == kind.is_ratio
        if row.estimand == "precision":
            assert tells(
                one.margin, *(kind.from_zero(row, end) for end in (-row.margin, row.margin))
            )
            assert one.p == "–"
        else:
            assert tells(one.margin, row.margin)
            assert one.p == "< 0.001" or tells(one.p, row.claim_p_family)
            assert (one.p == "< 0.001") == (row.claim_p_family < 0.001)
        assert tells(one.n.replace(", ", " "), *(n for n in (row.n_a, row.n_b) if n))
    first = rows[0]
    assert tells(table(either, "results").caption, 100 * first.interval_level, first.k)


def test_a_row_per_comparison_and_a_verdict_per_claim(either):
    shown = cells(either, "claims")
    heads = [one for one in shown if one.claim]
    assert [(one.claim, one.verdict.split("; ")[0]) for one in heads] == [
        (f"{row.id} {row.claim}{where(either, row)}", row.verdict) for row in either.rows(ClaimRow)
    ]
    assert len(shown) == len(either.rows(ContrastRow))
    for one, row in zip(shown, either.rows(ContrastRow), strict=True):
        kind = KINDS[row.estimand]
        ends = (kind.from_zero(row, x) for x in (row.difference, row.ci_low, row.ci_high))
        assert tells(one.found, *ends)
        assert all(f"“{label}”" in one.prediction for label in kind.labels(row, either.labels))
        assert bool(one.verdict) == bool(one.claim)


def test_a_verdict_has_its_caveats_beside_it():
    failed = run_of(small_study(), diverged=("stateless",))
    heads = [one for one in cells(failed, "claims") if one.claim]
    because = [row.undecided_because for row in failed.rows(ClaimRow)]
    assert any(because)
    for one, reason in zip(heads, because, strict=True):
        assert one.verdict.endswith(reason or "")
        assert ("; " in one.verdict) or not reason


ENDS = st.floats(-4, 4).map(lambda end: round(end, 3))


@given(
    expect=st.sampled_from(["less", "more_stable", "greater", "different", "equivalent"]),
    ends=st.tuples(ENDS, ENDS).map(sorted),
)
def test_what_would_support_a_claim_is_what_does(expect, ends):
    """The words, read again, against the rules of verdicts, with a margin of 1."""
    low, high = ends
    words = supported_if(expect, -1, 1).replace("−", "-")
    if found := re.fullmatch(r"between (\S+) and (\S+)", words):
        holds = float(found[1]) < low and high < float(found[2])
    else:
        sides = dict(side.split() for side in words.split(" or "))
        assert set(sides) <= {"below", "above"}
        holds = high < float(sides.get("below", "-inf")) or low > float(sides.get("above", "inf"))
    assert holds == (claim_verdict(expect, low, high, 1.0) == Verdict.SUPPORTED)


def test_the_scenarios_are_those_of_the_summary(either):
    shown, rows = cells(either, "scenarios"), either.rows(SummaryRow)
    of_metric = [row for row in rows if row.metric == either.study.metric]
    assert len(shown) == len(of_metric)
    for one, row in zip(shown, of_metric, strict=True):
        assert one.scenario == either.labels[row.scenario] + where(either, row)
        assert tells(one.mean, row.mean)
        assert tells(vars(one)["95_interval"], row.ci_low, row.ci_high)
        assert tells(one.sd, row.std)
        assert tells(one.se, row.standard_error)
        assert (one.n, one.diverged) == (f"{row.n:,}", f"{row.n_diverged:,}")


def test_the_baselines_are_the_best_ones(run):
    rows = [row for row in run.rows(BaselineRow) if row.is_best]
    shown = cells(run, "baselines")
    assert [one.scenario for one in shown] == [run.labels[row.scenario] for row in rows]
    for one, row in zip(shown, rows, strict=True):
        assert tells(one.its_value, row.baseline_value)
        assert tells(one.by, abs(row.difference))


def test_the_settings_say_where_scenarios_differ(run):
    shown = {one.scenario: one for one in cells(run, "settings")}
    for scenario in run.study.scenarios:
        state = scenario.regime.state
        one = shown[scenario.label]
        assert one.stateful == ("yes" if state.stateful else "no")
        assert one.reset_after_epoch == ("yes" if state.reset_after_epoch else "no")
        assert one.batch_size == str(scenario.regime.training.batch_size)
    caption = table(run, "settings").caption
    assert "epochs 1000, learning rate 0.001, optimizer name adam" in caption
    assert "stateful" not in caption


def test_claims_over_series_have_their_typical_effect_or_share(over):
    typical, share = over.rows(PopulationRow)
    shown = {one.claim.split()[0]: one for one in cells(over, "claims")}
    assert tells(shown["T"].found, typical.median, typical.typical_low, typical.typical_high)
    ends = 100 * share.share_low, 100 * share.share_high
    assert tells(shown["S"].found, share.n_as_claimed, share.n_series, *ends)
    assert shown["S"].prediction.endswith("on at least 60 % of series")
    assert shown["T"].supported_if_the_interval_is == "above 0.5"
    assert shown["S"].supported_if_the_interval_is == "of that share, above 60 %"
    for one, row in zip(cells(over, "over-series"), (typical, share), strict=True):
        assert tells(one.typical, row.median)
        assert tells(one.interval, row.typical_low, row.typical_high)
        assert tells(one.one_more_series, row.new_series_low, row.new_series_high)
        assert tells(one.level, 100 * row.typical_level)


def test_the_numbers_of_the_methods_are_the_studys(run):
    study, first = run.study, run.rows(ContrastRow)[0]
    text = re.sub(r"\[@[^]]*\]|“[^”]*”|[0-9a-f]{40,}|SHA-256", "", methods(run, TOLD))
    known = [
        len(study.scenarios), study.repeats, TOLD["repeats"], TOLD["diverged_repeats"], study.seed,
        study.sources[0].test_rows, 100 * first.interval_level, first.k, 100 * study.alpha,
        study.alpha, study.margin,
    ]  # fmt: skip
    own = re.sub(r"(Networks were|The study was).*", "", text)
    assert tells(own, *known), own
    software = text.removeprefix(own)
    for version in ("Keras 3.15.1", "NumPy 2.4.6", "TensorFlow 2.21.0", "Thousandfold 0.2.0"):
        assert version in software
    assert "f" * 64 in methods(run, TOLD)


def test_the_methods_of_other_designs():
    paired = run_of(replace(small_study(), design="paired"))
    text = methods(paired, TOLD)
    assert "within pairs [@student1908]" in text
    assert "welch" not in text
    assert "starts alike in all scenarios" in text
    stopped = run_of(replace(small_study(), repeats=40, stopping=Stopping(10, 0.98)))
    text = methods(stopped, TOLD | {"diverged_repeats": 0})
    assert "in stages of 10 repeats until" in text
    assert "at most 0.98 to either side, and at most 40 times each" in text
    assert "none of which diverged" in text


def test_the_methods_of_runs_that_were_made_elsewhere(over):
    text = methods(over, ELSEWHERE)
    assert "440 runs that were made elsewhere" in text
    assert "all of them have a finite value" in text
    assert "rest on the median of the effects" in text
    assert "[@clopperpearson1934]; of 2 such things" in text
    assert "trained" not in text
    assert "commit" not in text
    assert "welch" not in text


def test_the_methods_of_one_of_each(run, over):
    study = run.study
    claim = run.rows(ContrastRow)[:1]
    alone = replace(
        run,
        study=replace(study, scenarios=study.scenarios[:1], repeats=1),
        tables={**run.tables, ContrastRow: [replace(row, k=1) for row in claim]},
    )  # fmt: skip
    told = TOLD | {"repeats": 1, "diverged_repeats": 1}
    text = methods(alone, told)
    assert_agrees(text)
    assert "We trained 1 scenario (" in text
    assert "once: 1 training, of which 1 diverged and is left out of all means." in text
    assert "so that it errs in at most" in text
    stopped = replace(alone, study=replace(alone.study, stopping=Stopping(1, 0.98), repeats=40))
    assert "in stages of 1 repeat until" in methods(stopped, told)
    one = [row for row in over.study.findings if row.id == "T"]
    elsewhere = replace(over, study=replace(over.study, findings=tuple(one)))
    text = methods(elsewhere, ELSEWHERE | {"repeats": 1})
    assert_agrees(text)
    assert "by 1 run that was made elsewhere" in text
    assert "it has a finite value" in text
    assert "what is claimed so errs in at most" in text
    text = methods(elsewhere, ELSEWHERE | {"diverged_repeats": 1})
    assert "1 run has no finite value" in text


def test_tables_of_a_paper_do_not_hang_on_what_the_page_has_room_for(run, monkeypatch):
    monkeypatch.setattr("thousandfold.report.run.MOST_SHOWN", 1)
    (source,) = run.study.series
    series = (source, replace(source, name="other", title="Other"))
    both = [
        replace(row, series=name) for name in ("shampoo", "other") for row in run.rows(SummaryRow)
    ]
    two = replace(
        run, study=replace(run.study, series=series), tables={**run.tables, SummaryRow: both},
        series=dict.fromkeys(("shampoo", "other"), run.series["shampoo"]),
    )  # fmt: skip
    assert two.on_shown_series() == []
    assert len(cells(two, "scenarios")) == 2 * len(run.study.scenarios)


def test_only_what_is_cited_is_in_the_bibliography(run, over):
    software = software_of(CITATION)
    for text in (methods(run, TOLD), methods(over, ELSEWHERE)):
        keys = cited_keys(text)
        entries = re.findall(r"^@\w+\{(\w+),", bibliography(keys, software), re.MULTILINE)
        assert entries == keys
        assert "thousandfold" in keys
    with pytest.raises(KeyError):
        bibliography(["nobody1900"], software)


def test_how_to_cite_says_what_the_citation_file_says(run):
    told = yaml.safe_load(CITATION)
    files = paper_files(run, TOLD, CITATION)
    text = files["how-to-cite.md"].decode()
    assert told["title"] in text
    assert f"(version {told['version']})" in text
    for source in {finding.source for finding in run.study.findings}:
        assert f"- {source}\n" in text
    dated = told | {
        "date-released": "2026-12-01", "url": "https://example.org",
        "authors": [{"given-names": "Ada", "family-names": "Lovelace"}, {"name": "Others"}],
    }  # fmt: skip
    software = software_of(yaml.safe_dump(dated))
    entry = bibliography(["thousandfold"], software)
    assert "{{Ada Lovelace} and {Others}}" in entry
    assert "year = {2026}" in entry
    assert "url = {https://example.org}" in entry


def test_figures_are_as_wide_as_a_column_and_can_be_read(run, over):
    made = [*drawings(run), *drawings(over)]
    kinds = ["claims-shampoo", "repeats-shampoo", "over-series-1-T", "over-series-2-S"]
    assert [figure.name for figure in made] == kinds
    for figure in made:
        width = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ", figure.files["pdf"])[1]
        assert float(width) == pytest.approx(72 * COLUMN.width)
        svg = figure.files["svg"].decode()
        assert f'width="{72 * COLUMN.width:g}pt"' in svg
        sizes = [float(size) for size in re.findall(r"font(?:-size)?: ([\d.]+)px", svg)]
        assert sizes
        assert min(sizes) >= 7
    again = drawings(run)
    assert [one.files for one in again] == [one.files for one in made[:2]]


def test_the_figure_of_claims_names_every_comparison_that_has_an_interval(run):
    svg = drawings(run)[0].files["svg"].decode()
    text = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    for finding in run.study.findings:
        assert any(finding.id == line.split()[0] for line in text if line.strip()), finding.id


def test_tables_of_both_forms_have_the_same_cells():
    shown = PaperTable(
        "t", "A caption [@welch1947].", [Column("a|b", 0.2), Column("n", None, True)],
        [["50 % & a_b|c", "−1.00"]],
    )  # fmt: skip
    assert markdown_table(shown).splitlines()[2:] == [
        "| a|b | n |".replace("a|b", r"a\|b"), "| --- | ---: |", r"| 50 % & a_b\|c | −1.00 |",
    ]  # fmt: skip
    text = latex_table(shown)
    assert r"50 \% \& a\_b\textbar{}c & $-$1.00 \\" in text
    assert r"\caption{A caption \citep{welch1947}.}\label{tab:t}" in text
    assert r">{\raggedright\arraybackslash}p{0.2\textwidth}r}" in text
    for line in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert text.count(line) == 1
    long = replace(shown, rows=[["x", "1"]] * (MOST_ON_A_PAGE + 1))
    assert r"\begin{longtable}" in latex_table(long)
    assert r"\begin{longtable}" not in text


def test_no_text_is_a_command_of_latex():
    assert latex(r"\end{x} #1 ~^ $x$") == (
        r"\textbackslash{}end\{x\} \#1 \textasciitilde{}\textasciicircum{} \$x\$"
    )
    assert latex("a [@x1; @y2] b") == r"a \citep{x1,y2} b"
    assert "\u202e" not in latex(HOSTILE)


def compiled(folder):
    """What LaTeX and BibTeX say of the paper in a folder."""
    pdflatex = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"]
    for command in (pdflatex, ["bibtex", "paper"], pdflatex, pdflatex):
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout.decode(errors="replace")
    return (folder / "paper.log").read_text(errors="replace")


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs LaTeX")
@pytest.mark.parametrize("kind", ["trained", "over series", "hostile"])
def test_latex_takes_it(kind, run, over, tmp_path):
    shown, told = (over, ELSEWHERE) if kind == "over series" else (run, TOLD)
    if kind == "hostile":
        text = HOSTILE.replace("🎲", r"\input{x} 100 % ~ ^ _ {")
        study = replace(run.study, title=text, scenarios=tuple(
            replace(scenario, label=f"{text} {index}")
            for index, scenario in enumerate(run.study.scenarios)
        ))  # fmt: skip
        shown = replace(run, study=study)
        shown.__dict__.pop("labels", None)
    for name, content in paper_files(shown, told, CITATION).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    log = compiled(tmp_path)
    assert "undefined" not in log
    assert "Missing character" not in log
