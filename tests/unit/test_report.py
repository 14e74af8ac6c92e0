"""The page: every claim, no network, hostile text as text, few or no findings."""

import io
import os
import re
from collections import Counter
from dataclasses import replace
from functools import partial
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from support import ROOT, row_of, shipped_config, shipped_study
from support import samples as samples_by_name

from thousandfold.baselines import baseline_errors, baselines_of, forecasts_of
from thousandfold.data import load_published, load_series
from thousandfold.figures import ratio_ticks
from thousandfold.formatting import coverage, exact, number, p_value, percent
from thousandfold.inference.baselines import (
    baseline_forecasts_table,
    baseline_models_table,
    baselines_over_series,
    compare_with_baselines,
)
from thousandfold.inference.calibration import calibration_table, error_rates_table
from thousandfold.inference.claims import claims
from thousandfold.inference.conjunctions import conjunctions
from thousandfold.inference.contrasts import MeanDifference, MeanRatio, SpreadRatio
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.judging import judge
from thousandfold.inference.margins import margins_table
from thousandfold.inference.pairs import check_twins, compare_pairs
from thousandfold.inference.precision import (
    required_repeats_table,
    standard_error_table,
    summarise,
)
from thousandfold.inference.published import published_table
from thousandfold.inference.questions import questions_of
from thousandfold.inference.replication import replication_table
from thousandfold.inference.stopping import stopping_simulation_table, stopping_table
from thousandfold.loading import load_study
from thousandfold.report import render
from thousandfold.report.run import Provenance, Run
from thousandfold.report.sections.findings import effect_of
from thousandfold.report.sections.verdicts import Axis, _axis, _forest
from thousandfold.study import Experiment, Finding, Stopping
from thousandfold.svg import Figures
from thousandfold.tables.rows import (
    AllocationRow,
    BaselineForecastRow,
    BaselineModelRow,
    BaselineOverSeriesRow,
    BaselineRow,
    CalibrationRow,
    ClaimRow,
    ComparisonRow,
    ConjunctionRow,
    ContrastRow,
    EffectRow,
    ErrorRateRow,
    FidelityRow,
    ForecastBandRow,
    IdentityRow,
    MarginRow,
    MethodPairRow,
    MethodRow,
    ModeratorRow,
    PerformanceProfileRow,
    PopulationClaimRow,
    PopulationRow,
    PublishedRow,
    ReachRow,
    ReplicationRow,
    RequiredRepeatsRow,
    SeriesAttributeRow,
    StandardErrorRow,
    StepErrorRow,
    StoppingRow,
    StoppingSimulationRow,
    SummaryRow,
    TwinRow,
    VarianceComponentRow,
    WindowEffectRow,
)

HOSTILE = "<script>alert(\"x\")</script> & 'quoted' \u202eright to left 🎲 " + "long" * 60


def small_study():
    """Three of the shipped scenarios, and the four claims that can be made of them."""
    config = shipped_config()
    config["study"]["scenarios"] = ["stateful", "stateful2", "stateless"]
    return load_study(config, [])


@pytest.fixture(autouse=True)
def in_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def bands_of(study, scenario):
    steps = range(1, 13)
    return [
        ForecastBandRow(
            series="shampoo", scenario=scenario, step=step, steps_ahead=1, actual=300.0 + step, n=40,
            q05=250.0, q25=280.0, median=300.0, q75=320.0, q95=350.0,
        )
        for step in steps
    ]  # fmt: skip


def repeats_of(samples):
    """The repeats table that samples come from, which are by metric."""
    rows = [
        {"series": s.series, "scenario": s.scenario, "repeat": index, metric: value}
        for metric, of_metric in samples.items()
        for s in of_metric.values()
        for index, value in enumerate(s.values)
    ]
    return (
        pd.DataFrame(rows)
        .groupby(["series", "scenario", "repeat"], sort=False)
        .first()
        .reset_index()
    )


OVER_SERIES_ROWS = (
    PopulationRow, PopulationClaimRow, EffectRow, SeriesAttributeRow, ModeratorRow,
    VarianceComponentRow, AllocationRow, MethodRow, MethodPairRow, PerformanceProfileRow,
    WindowEffectRow, StepErrorRow,
)  # fmt: skip
"""Of tables that are empty where no claim is over series, no series cut at earlier ends, and all
are forecast one step ahead."""

FEW_DRAWS = {
    "calibration.DRAWS": 200,
    "calibration.MISSES": 20,
    "precision.RESAMPLES": 100,
    "published.RESAMPLES": 999,
    "replication.DRAWS": 200,
    "stopping.STUDIES": 200,
}
"""Enough for a page, whatever the numbers on it are."""


def run_of(study, diverged=(), warnings=()):
    """A run of the study on repeats that were never trained."""
    with pytest.MonkeyPatch.context() as patch:
        for name, draws in FEW_DRAWS.items():
            patch.setattr(f"thousandfold.inference.{name}", draws)
        return analysed(study, diverged, warnings)


def analysed(study, diverged, warnings):
    rng = np.random.default_rng(1)
    by_name = {}
    for index, scenario in enumerate(study.scenarios):
        values = rng.normal(95 + 2 * index, 3, 40)
        by_name[scenario.name] = values * np.nan if scenario.name in diverged else values
    of_metric = {
        metric: samples_by_name({name: x * (index + 1) for name, x in by_name.items()}, "shampoo")
        for index, metric in enumerate(study.metrics)
    }
    samples = of_metric[study.metric]
    design, names = DESIGNS[study.design], [source.name for source in study.series]
    identity = IdentityRow(
        series="shampoo", id="i", scenario_a=study.scenarios[0].name,
        scenario_b=study.scenarios[0].name, repeats=20, largest_difference=1e-5, holds=True,
    )  # fmt: skip
    series = {source.name: load_series(source) for source in study.series}
    baselines = {name: baselines_of(x) for name, x in series.items()}
    errors = {
        name: baseline_errors(forecasts_of(baselines[name]), x, "rmse")
        for name, x in series.items()
    }
    against_baselines = compare_with_baselines(samples, errors, study.alpha)
    fidelity = FidelityRow(
        series="shampoo", scenario=study.scenarios[0].name, repeats=2, epochs=5,
        largest_difference=2e-6, holds=True,
    )  # fmt: skip
    margins = {s.name: s.margin for s in study.series}
    contrasts = judge(of_metric, margins, study.findings, study.alpha, design)
    verdicts = claims(contrasts, study.findings, study.unit)
    asked = questions_of(study.contrasts, of_metric, margins, design)
    published = {s.name: load_published(s.published) for s in study.series if s.published}
    pairs, rule = study.compared_pairs, study.stopping
    calibration = calibration_table(samples, pairs, asked, study.alpha, design)
    tables = {
        StoppingRow: [],
        StoppingSimulationRow: [],
        SummaryRow: [
            row for metric in study.metrics for row in summarise(of_metric[metric], metric, errors)
        ],
        StandardErrorRow: standard_error_table(samples),
        ContrastRow: contrasts,
        ClaimRow: verdicts,
        ConjunctionRow: conjunctions(verdicts, study.findings),
        BaselineRow: against_baselines,
        BaselineOverSeriesRow: baselines_over_series(against_baselines, study.alpha),
        BaselineModelRow: baseline_models_table(baselines, errors),
        BaselineForecastRow: list(baseline_forecasts_table(baselines, series)),
        RequiredRepeatsRow: required_repeats_table(samples, margins),
        ReplicationRow: replication_table(samples, contrasts, design, study.metric),
        CalibrationRow: calibration,
        ErrorRateRow: error_rates_table(calibration),
        PublishedRow: published_table(samples, published),
        ComparisonRow: compare_pairs(samples, design, study.alpha, study.explored_pairs),
        ForecastBandRow: [row for name in by_name for row in bands_of(study, name)],
        FidelityRow: [fidelity],
        IdentityRow: [identity],
        TwinRow: check_twins(samples, names, study.twins, design, study.alpha),
        MarginRow: margins_table(contrasts),
        ReachRow: [],
        **{row_type: [] for row_type in OVER_SERIES_ROWS},
    }
    if rule is not None:
        tables[StoppingRow] = stopping_table(samples, rule)
        tables[StoppingSimulationRow] = stopping_simulation_table(samples, rule, study.repeats, 1)
    provenance = Provenance({"Study seed": "1"}, "../results", tuple(warnings))
    return Run(study, series, repeats_of(of_metric), tables, published, provenance)


def page_of(study, diverged=(), warnings=()):
    run = run_of(study, diverged, warnings)
    return run.tables, render(run).html


@pytest.fixture(scope="module")
def shipped_run():
    os.chdir(ROOT)
    return run_of(shipped_study())


@pytest.fixture(scope="module")
def shipped_page(shipped_run):
    return shipped_run.tables, render(shipped_run).html


def again(run, changes=None):
    """The run with other tables, as if nothing had been drawn or read of it."""
    return replace(run, tables={**run.tables, **(changes or {})}, figures=Figures())


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *attr) for attr in attrs]

    def handle_data(self, data):
        self.text.append(data)


def read(page):
    reader = Reader()
    reader.feed(page)
    return reader


def test_every_claim_is_told_with_its_verdict_and_sentence(shipped_page):
    tables, page = shipped_page
    text = " ".join(" ".join(read(page).text).split())
    for claim in tables[ClaimRow]:
        # In the contents, in the first table, and where it is told.
        assert text.count(f"{claim.id} {claim.claim}") == 3
        assert claim.sentence in text
    for verdict, count in Counter(claim.verdict for claim in tables[ClaimRow]).items():
        assert re.search(rf"\b{count} \S {verdict}", text)


def tables_of(page):
    return re.findall("<table.*?</table>", page, re.DOTALL)


def test_the_first_table_holds_every_scenario_against_the_best_baseline(shipped_page):
    tables, page = shipped_page
    first = tables_of(page)[0]
    best = [row for row in tables[BaselineRow] if row.is_best]
    assert first.count("<tr>") == 1 + len(best)
    assert {row.baseline for row in best} == {"ar1"}
    assert "against AR(1)" in first
    for row in best:
        assert number(row.baseline_value + row.difference) in first


def test_the_table_of_verdicts_comes_next_and_has_a_row_per_contrast(shipped_page):
    tables, page = shipped_page
    first = tables_of(page)[1]
    assert first.count("<tr>") == 1 + len(tables[ContrastRow])
    for row in tables[ContrastRow]:
        if row.estimand == "mean":
            assert f"[{number(row.ci_low)}, {number(row.ci_high)}]" in first


def test_nothing_is_fetched(shipped_page):
    reader = read(shipped_page[1])
    assert not {"link", "iframe", "object", "img"} & set(reader.tags)
    assert reader.tags.count("script") == 1
    loading = {"src", "href", "xlink:href", "srcset", "data", "action"}
    for tag, name, value in reader.attributes:
        if name in loading and tag != "a":
            assert value.startswith(("#", "data:image/png;base64,")), (tag, name, value[:60])
    assert not re.search(r"url\((?!#)|@import", shipped_page[1])


def test_ids_are_unique_and_figures_have_alternative_text(shipped_page):
    tables, page = shipped_page
    reader = read(page)
    ids = [value for _, name, value in reader.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    labels = re.findall('<figure>\n<div [^>]*role="img"[^>]* aria-label="([^"]*)"', page)
    # Series, forecasts, standard error, four experiments; fifteen findings, one of two estimands.
    assert len(labels) == reader.tags.count("figure") == 7 + 16
    assert all(labels)
    for claim in tables[ClaimRow]:
        assert claim.sentence.split(": ")[-2].split(". ")[-1] in " ".join(labels)


def links_to_numbers(page):
    """The attributes of every link to the numbers of a figure."""
    links = (
        dict(re.findall(r'([\w-]+)="([^"]*)"', link)) for link in re.findall("<a [^>]*>", page)
    )
    return [link for link in links if link["href"].startswith("data:text/csv;charset=utf-8,")]


def numbers_of_figures(page):
    """What a browser saves from each of these links, by the name of the file."""
    saved = {
        link["download"]: unescape(unquote(link["href"].partition(",")[2]))
        for link in links_to_numbers(page)
    }
    return {name: pd.read_csv(io.StringIO(text)) for name, text in saved.items()}


def test_every_figure_has_a_link_to_its_numbers_that_names_it(shipped_run, shipped_page):
    page = shipped_page[1]
    links = links_to_numbers(page)
    # As the files beside the page are called, in which the same is drawn.
    drawn = [name.removesuffix(".svg") for name in shipped_run.figures.files]
    assert sorted(link["download"] for link in links) == sorted(f"{name}.csv" for name in drawn)
    for link in links:
        own, figure = link["aria-labelledby"].split()
        assert own == link["id"]
        (label,) = re.findall(f'aria-label="([^"]*)" id="{re.escape(figure)}"', page)
        assert figure == f"figure-{link['download'].removesuffix('.csv')}"
        assert label


def test_the_numbers_of_figures_are_those_of_the_tables(shipped_run, shipped_page):
    tables, page = shipped_page
    numbers, labels = numbers_of_figures(page), shipped_run.labels
    close = partial(np.testing.assert_allclose, rtol=1e-5)

    errors, rows = numbers["shampoo-standard-error.csv"], tables[StandardErrorRow]
    assert list(errors["scenario"]) == [labels[row.scenario] for row in rows]
    for name in (
        "n",
        "running_standard_error",
        "resampled_standard_error",
        "theory_standard_error",
    ):
        close(errors[name], [getattr(row, name) for row in rows])
    targets = {row.target for row in tables[RequiredRepeatsRow]}
    assert {float(name.removeprefix("to_reach_")) for name in errors.columns[5:]} == targets
    assert (errors["to_reach_0.5"] == 0.5).all()

    bands, rows = numbers["shampoo-forecasts.csv"], tables[ForecastBandRow]
    for name in ("step", "q05", "q25", "median", "q75", "q95", "actual"):
        close(bands[name], [getattr(row, name) for row in rows])
    assert list(bands["time"][:2]) == ["3-01", "3-02"]
    forecasts = [row.forecast for row in tables[BaselineForecastRow] if row.baseline == "ar1"]
    close(bands["AR(1)"][:12], forecasts)

    series, values = numbers["shampoo-series.csv"], shipped_run.series["shampoo"].values
    close(series["value"], values)
    assert (series["part"] == "test").sum() == 12
    assert (series["part"][-12:] == "test").all()

    (row,) = (row for row in tables[ContrastRow] if row.id == "F2")
    described = [
        next(r for r in tables[SummaryRow] if (r.scenario, r.metric) == (name, "rmse"))
        for name in (row.scenario_a, row.scenario_b)
    ]
    found = numbers["shampoo-F2-0.csv"]
    names = [labels[name] for name in (row.scenario_a, row.scenario_b, row.scenario_b)]
    assert list(found["scenario"]) == names
    close(found.iloc[:2, 2:5], [(each.mean, each.ci_low, each.ci_high) for each in described])
    close(
        found.iloc[2, 2:].astype(float),
        [row.difference, row.ci_low, row.ci_high, -row.margin, row.margin],
    )

    boxes = numbers["shampoo-experiment-0.csv"]
    median = boxes[(boxes["what"] == "median") & (boxes["scenario"] == labels["stateful"])]
    close(median["value"], np.median(shipped_run.values["rmse", "shampoo", "stateful"]))


def test_the_published_numbers_stand_beside_ours(shipped_page):
    text = " ".join(" ".join(read(shipped_page[1]).text).split())
    assert "article 2017-04-21 10 103.14 7.11 94.05 96.77 104.38 107.75 114.96" in text
    assert "100 107.05 17.69" in text


def test_rendering_is_reproducible(shipped_run, shipped_page):
    assert render(again(shipped_run)).html == shipped_page[1]


def test_hostile_text_is_text():
    study = small_study()
    study = replace(
        study,
        title=HOSTILE,
        findings=tuple(replace(f, claim=HOSTILE, source=HOSTILE) for f in study.findings),
        scenarios=tuple(replace(s, label=HOSTILE + s.name) for s in study.scenarios),
        experiments=tuple(replace(e, title=HOSTILE) for e in study.experiments),
        series=(replace(study.series[0], unit=HOSTILE, title=HOSTILE),),
    )
    page = page_of(study)[1]
    reader = read(page)
    assert reader.tags.count("script") == 1
    assert HOSTILE in "".join(reader.text)
    assert "$" not in HOSTILE  # matplotlib would read it as mathematics; see the test below


def test_text_that_matplotlib_would_read_as_mathematics():
    study = small_study()
    scenarios = tuple(replace(s, label=r"$\frac{$ 5 $ and $" + s.name) for s in study.scenarios)
    source = replace(study.series[0], unit="$ per $month")
    text = "".join(read(page_of(replace(study, scenarios=scenarios, series=(source,)))[1]).text)
    assert "RMSE, $ per $month" in text


def test_a_study_without_findings_and_with_one_scenario():
    study = small_study()
    alone = replace(
        study, findings=(), twins=(), scenarios=study.scenarios[:1],
        experiments=(Experiment("Alone", ("stateful",)),),
    )  # fmt: skip
    page = page_of(alone)[1]
    assert "No findings are registered" in page


def test_scenarios_that_diverged():
    study = small_study()
    everything = [scenario.name for scenario in study.scenarios]
    _, some = page_of(study, diverged=["stateful", "stateful_batch12", "stateless_batch12"])
    assert "fewer than 2 repeats with a value" in some
    assert "No repeat has a finite value." in some
    assert page_of(study, diverged=everything)[1].count("No repeat has a finite value.") == 3


def test_a_paired_study():
    page = page_of(replace(small_study(), design="paired"))[1]
    text = " ".join(" ".join(read(page).text).split())
    assert "each time from a different random start, which all scenarios share" in text
    assert "Wilcoxon" in text
    assert "Mann-Whitney 10" not in text


def test_when_training_stopped():
    study = replace(small_study(), repeats=40, stopping=Stopping(10, 0.98))
    tables, page = page_of(study)
    assert {row.outcome for row in tables[StoppingRow]} == {"enough", "not reached"}
    text = " ".join(" ".join(read(page).text).split())
    assert "the maximum number of repeats, and still not known precisely enough" in text
    assert "at most 0.98 monthly sales to either side" in text
    for row in tables[StoppingSimulationRow]:
        assert percent(row.coverage, 1) in text


def test_checks_that_fail_are_told_loudly(shipped_page):
    text = " ".join(" ".join(read(shipped_page[1]).text).split())
    # In these samples every scenario has a mean of its own.
    assert "DIFFERENT: look for a fault" in text
    assert "at most 1e-05 identical" in text


def test_every_link_inside_the_page_leads_somewhere(shipped_page):
    reader = read(shipped_page[1])
    ids = {value for _, name, value in reader.attributes if name == "id"}
    links = [value for tag, name, value in reader.attributes if (tag, name) == ("a", "href")]
    inside = {link[1:] for link in links if link.startswith("#")}
    assert inside <= ids
    claims = [f"shampoo.{row.id}" for row in shipped_page[0][ClaimRow]]
    of_claims = {f"{kind}-{claim}" for kind in ("finding", "claim", "row") for claim in claims}
    headings = {
        value for tag, name, value in reader.attributes if (tag, name) == ("h2", "id")
    }  # fmt: skip
    assert inside == of_claims | headings
    numbers = [link["href"] for link in links_to_numbers(shipped_page[1])]
    others = [link for link in links if not link.startswith("#") and link not in numbers]
    assert len(others) + len(numbers) + sum(link.startswith("#") for link in links) == len(links)
    assert all(link.startswith("../results/") for link in others)


def test_every_number_of_a_finding_is_there_to_be_read(shipped_page):
    tables, page = shipped_page
    text = " ".join(" ".join(read(page).text).split())
    for row in tables[ContrastRow]:
        for column in ("difference", "welch_p", "mannwhitney_p_holm", "permutation_p", "tost_p"):
            assert exact(getattr(row, column)) in text


def test_warnings_stand_before_everything_else():
    page = page_of(small_study(), warnings=["3 of 9 planned repeats are missing."])[1]
    main = page[page.index("<main>") :]
    assert main.index("3 of 9 planned repeats are missing.") < main.index("<h2")


@pytest.mark.slow
def test_a_large_study_stays_small():
    """30 scenarios and 60 findings: under 6 MB."""
    study = shipped_study()
    first = study.scenarios[0]
    scenarios = tuple(replace(first, name=f"s{i}", label=f"scenario {i}") for i in range(30))
    contrasts = [MeanDifference("less", f"s{i}", f"s{(i + 1) % 30}", 5.0) for i in range(30)] * 2
    findings = tuple(
        Finding(f"G{i}", f"Claim {i}.", "test", "less", (contrast,))
        for i, contrast in enumerate(contrasts)
    )
    experiments = (Experiment("All", tuple(s.name for s in scenarios)),)
    large = replace(
        study, scenarios=scenarios, findings=findings, experiments=experiments, twins=()
    )
    assert len(page_of(large)[1]) < 6_000_000


def test_of_many_scenarios_only_pairs_that_a_claim_names_are_shown(monkeypatch):
    study = small_study()
    monkeypatch.setattr("thousandfold.study.MOST_PAIRED", len(study.scenarios) - 1)
    tables, html = page_of(study)
    assert len(tables[ComparisonRow]) == len(study.explored_pairs)
    assert 'class="heat"' not in html
    assert "Pairs that a claim names" in html
    assert f"With {len(study.scenarios)} scenarios, the number of pairs is too large" in html


def test_numbers_for_reading():
    assert [number(x) for x in (-1.234, 0, -0.004, float("nan"), float("inf"), -float("inf"))] == [
        "−1.23",
        "0.00",
        "0.00",
        "–",
        "∞",
        "−∞",
    ]
    assert [p_value(x) for x in (0.5, 0.00099, float("nan"))] == ["0.500", "< 0.001", "–"]


@pytest.mark.parametrize(
    ("level", "text"),
    [
        (0.95, "95.00 %"), (0.96875, "96.88 %"), (0.9999, "99.99 %"), (0.99999, "99.9990 %"),
        (1 - 2e-9, "99.99999980 %"), (0.5, "50.00 %"), (1.0, "100.00 %"),
    ],
)  # fmt: skip
def test_a_level_below_one_never_reads_as_one(level, text):
    assert coverage(level) == text


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.77, 1.25, [0.8, 0.9, 1, 1.1, 1.25]),
        (0.14, 1.25, [0.2, 0.5, 1]),
        (0.8, 8, [1, 2, 5]),
        (0.02, 40, [0.1, 1, 10]),
    ],
)
def test_ticks_of_ratios_are_few_and_round(low, high, ticks):
    assert ratio_ticks(low, high) == pytest.approx(ticks)


def test_positions_on_an_axis():
    axis = Axis(MeanDifference, -10, 10)
    assert [axis.position(x) for x in (-10, 0, 5, 10, 99, -float("inf"))] == [
        0,
        50,
        75,
        100,
        100,
        0,
    ]


@pytest.mark.parametrize("kind", [MeanRatio, SpreadRatio])
def test_ratios_have_a_logarithmic_axis_and_a_band_as_wide_either_way(kind):
    row = row_of(
        ContrastRow, estimand=kind.estimand, ci_low=0.5, ci_high=1.0, difference=0.5**0.5,
        margin=2**0.5,
    )  # fmt: skip
    other = row_of(ContrastRow, estimand="mean", ci_low=-99.0, ci_high=99.0, margin=99.0)
    forest = _forest(row, _axis(kind, [other, row]))
    step = 50 / 1.05
    shown = [forest.low, forest.estimate, forest.zero, forest.high]
    assert shown == pytest.approx([50 - step, 50 - step / 2, 50, 50], abs=0.01)
    assert [forest.band, forest.band_width] == pytest.approx([50 - step / 2, step], abs=0.01)
    assert effect_of(row).band == pytest.approx((0.5**0.5, 2**0.5))
