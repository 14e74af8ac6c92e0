"""Baselines: against published numbers and independent computations, and what they may see."""

import math
import re
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel
from support import ROOT, sample, samples

from thousandfold.baselines import (
    Baseline,
    LeftOut,
    baseline_errors,
    baselines_of,
    forecasts_of,
    in_words,
)
from thousandfold.data import load_series
from thousandfold.inference.baselines import (
    against_baselines,
    baseline_forecasts_table,
    baseline_models_table,
    baselines_over_series,
    best_of,
    compare_with_baselines,
)
from thousandfold.observations import read_series
from thousandfold.series import Series
from thousandfold.smoothing import Form, _fitted, forms
from thousandfold.study import SeriesSource
from thousandfold.tables import frame_of
from thousandfold.tables.rows import BaselineOverSeriesRow, BaselineRow

CASES = ROOT / "tests" / "cases" / "series"

AIR = read_series("air", CASES / "air.csv.gz", "pax", 29)
NOTTEM = read_series("nottem", CASES / "nottem.csv", "fahrenheit", 48)
"""Monthly temperatures at Nottingham, 1920 to 1939: R's data set of this name."""


def series_of(values, test_rows=12, period=12):
    values = np.asarray(values, float)
    return Series("s", values, tuple(map(str, range(len(values)))), test_rows, period=period)


NOISE = series_of(np.random.default_rng(5).normal(size=60))
GROWING = series_of(100 + np.cumsum(np.random.default_rng(6).normal(0.5, 1, 70)), period=None)


def fitted(series, name, orders=(1,)):
    return baselines_of(series, orders)[name]


@pytest.mark.parametrize(
    ("series", "persistence", "seasonal_naive"), [(AIR, 52.5, 46.1), (NOTTEM, 5.14, 3.10)]
)
def test_published_errors(series, persistence, seasonal_naive):
    errors = baseline_errors(forecasts_of(baselines_of(series)), series, "rmse")
    digits = 1 if series is AIR else 2
    assert round(errors["persistence"], digits) == persistence
    assert round(errors["seasonal_naive"], digits) == seasonal_naive
    assert max(errors["ets"], errors["theta"], errors["ar_aic"]) < 0.8 * seasonal_naive


@pytest.mark.parametrize("series", [replace(AIR, test_rows=60), NOISE, GROWING])
def test_no_baseline_sees_what_it_forecasts_but_all_see_what_was_before(series):
    before = forecasts_of(baselines_of(series, (1, 4)))
    for step in (0, 7):
        values = series.values.copy()
        values[len(values) - series.test_rows + step :] *= 1.3
        after = forecasts_of(baselines_of(replace(series, values=values), (1, 4)))
        assert list(after) == list(before)
        for name, forecasts in after.items():
            np.testing.assert_array_equal(forecasts[: step + 1], before[name][: step + 1], name)
            if step == 0:
                seen = slice(12, None) if name == "seasonal_naive" else slice(1, None)
                assert (forecasts[seen] != before[name][seen]).all()


@pytest.mark.parametrize("series", [replace(AIR, test_rows=60), NOISE])
def test_nothing_depends_on_the_unit(series):
    ours = baselines_of(series)
    for factor in (1e-12, 1e9):
        other = baselines_of(replace(series, values=series.values * factor))
        for name, baseline in ours.items():
            assert other[name].model == baseline.model
            np.testing.assert_allclose(other[name].forecasts / factor, baseline.forecasts, 1e-5)


FORMS = {
    "ETS(A,N,N)": ("add", None, None, 3),
    "ETS(A,Ad,N)": ("add", "add", None, 6),
    "ETS(A,N,A)": ("add", None, "add", 4 + 12),
    "ETS(A,Ad,A)": ("add", "add", "add", 7 + 12),
    "ETS(M,N,M)": ("mul", None, "mul", 4 + 12),
    "ETS(M,Ad,M)": ("mul", "add", "mul", 7 + 12),
}
"""By hand, with the number of parameters: smoothing, damping, initial states and variance."""


def fit(form, training):
    error, trend, seasonal, _ = FORMS[form]
    model = ETSModel(
        training, error=error, trend=trend, damped_trend=bool(trend), seasonal=seasonal,
        seasonal_periods=12 if seasonal else None,
    )  # fmt: skip
    return model.fit(disp=False)


def recursion(form, values, params):
    """One-step forecasts by the equations of Hyndman et al. (2008), tables 2.2 and 2.3.

    But for multiplicative seasons, which statsmodels updates by the new level, as Winters (1960)
    does, and not by the one before.
    """
    error, trend, seasonal, _ = FORMS[form]
    params = list(params)
    alpha = params.pop(0)
    beta = params.pop(0) if trend else 0.0
    gamma = params.pop(0) if seasonal else 0.0
    phi = params.pop(0) if trend else 0.0
    level = params.pop(0)
    slope = params.pop(0) if trend else 0.0
    # statsmodels lists the initial states of a season from the latest to the earliest.
    season = params[::-1] if seasonal else [1.0 if error == "mul" else 0.0]
    forecasts = []
    for value in values:
        old, before = season.pop(0), level + phi * slope
        forecasts.append(before * old if error == "mul" else before + old)
        wrong = value - forecasts[-1]
        if error == "mul":
            wrong /= forecasts[-1]
            level, slope = before * (1 + alpha * wrong), phi * slope + beta * before * wrong
            season.append(old * (1 + gamma * wrong / (1 + alpha * wrong)))
        else:
            level, slope = before + alpha * wrong, phi * slope + beta * wrong
            season.append(old + gamma * wrong)
    return np.array(forecasts)


def aicc(form, found, n):
    k = FORMS[form][3]
    return -2 * found.llf + 2 * k + 2 * k * (k + 1) / (n - k - 1)


FOR_ETS = [
    AIR,
    replace(AIR, test_rows=60),
    NOTTEM,
    GROWING,
    NOISE,
    replace(NOISE, values=NOISE.values + np.tile(np.arange(12), 5)),
    series_of(
        10 * np.cumsum(0.95 ** np.arange(90)) - 50 + 9 * np.sin(np.arange(90) * np.pi / 6)
        + np.random.default_rng(1).normal(size=90)
    ),
    series_of(np.exp(np.arange(90) / 60) + np.random.default_rng(2).normal(0, 0.02, 90)),
]  # fmt: skip


@cache
def ets_of(index):
    return fitted(FOR_ETS[index], "ets")


@pytest.mark.parametrize("index", range(len(FOR_ETS)))
def test_ets_is_the_form_of_the_lowest_aicc_carried_by_its_equations(index):
    series, ours = FOR_ETS[index], ets_of(index)
    training = series.values[: -series.test_rows]
    scale = np.abs(training).mean()
    seasonal = series.period is not None
    names = [name for name in FORMS if seasonal or name.endswith("N)")]
    names = [name for name in names if training.min() > 0 or "M" not in name]
    found = {name: fit(name, training / scale) for name in names}
    best = min(names, key=lambda name: aicc(name, found[name], len(training)))
    assert ours.model == best
    expected = scale * recursion(best, series.values / scale, found[best].params)
    np.testing.assert_allclose(ours.forecasts, expected[-series.test_rows :], rtol=1e-9)
    assert ours.forecasts[0] == pytest.approx(scale * found[best].forecast(1)[0], rel=1e-9)


def test_every_form_of_ets_is_the_best_one_somewhere():
    assert {ets_of(index).model for index in range(len(FOR_ETS))} == set(FORMS)


@pytest.mark.parametrize(
    ("values", "period", "expected"),
    [
        (np.arange(1.0, 25), 12, 6),
        (np.arange(1.0, 24), 12, 2),
        (np.arange(0.0, 24), 12, 4),
        (np.arange(1.0, 25), None, 2),
        (np.arange(1.0, 200), 24, 6),
        (np.arange(1.0, 200), 25, 2),
        (np.arange(1.0, 12), 2, 2),
        (np.arange(1.0, 13), 2, 6),
    ],
)
def test_forms_that_the_training_rows_allow(values, period, expected):
    assert len(list(forms(values, period))) == expected


def deseasonalised(values, training, multiplicative):
    """By classical decomposition of the training rows: moving averages of 2 x 12, then means."""
    weights = np.r_[0.5, np.ones(11), 0.5] / 12
    trend = np.convolve(training, weights, "valid")
    inner = training[6:-6]
    detrended = inner / trend if multiplicative else inner - trend
    by_month = np.array([detrended[(month - 6) % 12 :: 12].mean() for month in range(12)])
    by_month = by_month / by_month.mean() if multiplicative else by_month - by_month.mean()
    season = by_month[np.arange(len(values)) % 12]
    return (values / season if multiplicative else values - season), season


def smoothing(values, alpha):
    """The levels of simple exponential smoothing before each value."""
    levels = [values[0]]
    for value in values[:-1]:
        levels.append(levels[-1] + alpha * (value - levels[-1]))
    return np.array(levels)


def theta_lines(values, n, alpha):
    """Half the extrapolated trend of the first n values, half the smoothed line of twice them less it.

    Assimakopoulos and Nikolopoulos (2000), without Hyndman and Billah's short cut.
    """
    slope, intercept = np.polyfit(np.arange(n), values[:n], 1)
    line = intercept + slope * np.arange(len(values))
    return (line + smoothing(2 * values - line, alpha)) / 2


TREND = series_of(20 + 0.4 * np.arange(60) + np.random.default_rng(7).normal(0, 6, 60))
"""Of which little is learnt from one more value."""


@pytest.mark.parametrize(
    ("series", "season", "model"),
    [
        (AIR, True, "Theta, multiplicative season"),
        (NOTTEM, True, "Theta, multiplicative season"),
        (replace(NOTTEM, values=NOTTEM.values - 60), False, "Theta, additive season"),
        (GROWING, None, "Theta, no season"),
        (NOISE, None, "Theta, no season"),
        (TREND, None, "Theta, no season"),
    ],
)
def test_theta_is_half_of_each_theta_line(series, season, model):
    n = len(series.values) - series.test_rows
    adjusted, indices = series.values, 0.0
    if season is not None:
        adjusted, indices = deseasonalised(series.values, series.values[:n], season)
    scale = np.abs(series.values[:n]).mean()
    theirs = ThetaModel(series.values[:n] / scale, period=12).fit()
    alpha = theirs.params["alpha"]
    expected = theta_lines(adjusted, n, alpha)
    expected = (expected * indices if season else expected + indices)[n:]
    ours = fitted(series, "theta")
    assert ours.model == model
    np.testing.assert_allclose(ours.forecasts, expected, rtol=1e-9)
    assert ours.forecasts[0] == pytest.approx(scale * theirs.forecast(1).iloc[0], rel=1e-9)
    # It smooths as well as can be.
    squares = [
        ((adjusted[:n] - smoothing(adjusted[:n], a)) ** 2).sum() for a in np.arange(1e-4, 1, 0.01)
    ]
    assert alpha == pytest.approx(0.01 * np.argmin(squares), abs=0.011)


@pytest.mark.parametrize("series", [AIR, NOTTEM, NOISE, GROWING, series_of(NOISE.values[:27], 4)])
def test_the_order_by_aic_is_that_of_all_regressions_on_the_same_rows(series):
    training = np.diff(series.values)[: -series.test_rows]
    most = min((len(training) - 2) // 3, int(10 * math.log10(len(training))))
    target = training[most:]
    criteria = []
    for order in range(most + 1):
        lags = [training[most - lag : len(training) - lag] for lag in range(1, order + 1)]
        design = np.column_stack([np.ones(len(target)), *lags])
        residuals = target - design @ np.linalg.lstsq(design, target, rcond=None)[0]
        criteria.append(len(target) * math.log((residuals**2).mean()) + 2 * (order + 1))
    order = int(np.argmin(criteria))
    ours = baselines_of(series, (order,))
    assert ours["ar_aic"].model == f"AR({order}) of the differences"
    np.testing.assert_array_equal(ours["ar_aic"].forecasts, ours[f"ar{order}"].forecasts)


def test_differences_that_tell_nothing_of_the_next_have_their_mean_by_aic():
    walk = series_of(np.cumsum(np.random.default_rng(8).normal(size=60)), period=None)
    ours = baselines_of(walk)["ar_aic"]
    assert ours.model == "AR(0) of the differences"
    mean = np.diff(walk.values)[:-12].mean()
    np.testing.assert_allclose(ours.forecasts, walk.values[-13:-1] + mean)


LEFT_OUT = {
    "no period": (replace(NOISE, period=None), {"seasonal_naive": "the period is not known"}),
    "yearly": (replace(NOISE, period=1), {"seasonal_naive": "the period is 1"}),
    "a long period": (replace(NOISE, period=49), {"seasonal_naive": "48 training rows are less"}),
    "a whole season": (replace(NOISE, period=48), {}),
    "constant": (
        series_of(np.r_[np.ones(30), 2, 3, 4], 3),
        {"ar_aic": "the training differences are", "ets": "the training rows are constant", "theta": "the training rows"},
    ),
    "a line": (series_of(np.arange(40) * 0.1), {"ar_aic": "the training differences are constant"}),
    "short": (
        series_of([1.0, 3, 2, 5, 4, 7, 6], 2, 4),
        {"ar1": None, "ar2": "it takes 6 training differences; there are 4", "ar_aic": "4 training",
         "ets": "it takes 10 training rows; there are 5", "theta": "it takes 10 training rows"},
    ),
    "below 0 in the test": (
        series_of(np.r_[AIR.values[:100], -5, 6], 2),
        {"ets": r"a test value is not positive, as ETS\(M,.*,M\) takes it to be"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_a_series_does_not_allow_is_left_out_with_its_reason(case):
    series, expected = LEFT_OUT[case]
    found = baselines_of(series, (1, 2))
    reasons = {name: b.reason for name, b in found.items() if isinstance(b, LeftOut)}
    expected = {name: reason for name, reason in expected.items() if reason}
    assert list(reasons) == list(expected)
    for name, reason in expected.items():
        assert re.match(reason, reasons[name])
    assert set(forecasts_of(found)) == set(found) - set(reasons)
    assert all(np.isfinite(x).all() for x in forecasts_of(found).values())


def test_forecasts_that_are_not_finite_are_left_out(monkeypatch):
    monkeypatch.setattr("thousandfold.baselines.drift", lambda s: Baseline("x", np.array([np.inf])))
    assert fitted(NOISE, "drift") == LeftOut("a forecast is not finite")


def test_a_form_that_does_not_converge_is_not_taken(monkeypatch):
    monkeypatch.setattr("thousandfold.smoothing._fitted", lambda *_: None)
    assert fitted(NOISE, "ets").reason.startswith("no form of it converged")


def test_a_period_that_is_given_goes_before_that_of_the_dates():
    file = str(CASES / "nottem.csv")
    source = SeriesSource("s", "s", "", 1.0, file=file, value="fahrenheit", test_rows=5)
    assert load_series(source).period == 12
    assert load_series(replace(source, period=7)).period == 7


def test_baselines_in_words():
    names = ("drift", "ar1", "ar12", "ar_aic", "seasonal_naive", "ets", "theta")
    words = ["drift", "AR(1)", "AR(12)", "AR by AIC", "seasonal naive", "ETS", "Theta"]
    assert list(map(in_words, names)) == words


def test_the_best_is_that_of_the_lowest_known_error():
    assert best_of({"a": 3.0, "b": 2.0, "c": 2.0}) == "b"
    assert best_of({"a": math.nan, "b": 2.0}) == "b"
    assert best_of({"a": math.nan}) is None
    assert best_of({}) is None


def test_a_scenario_is_held_against_every_baseline_at_the_level_of_the_study():
    values = np.random.default_rng(4).normal(5, 1, 60)
    (low, high) = (row for row in against_baselines(sample(values), {"a": 4.8, "b": 7.0}, 0.1))
    wide, _ = against_baselines(sample(values), {"a": 4.8, "b": 7.0}, 0.001)
    assert (low.is_best, high.is_best) == (True, False)
    assert low.interval_level == pytest.approx(0.9)
    assert wide.ci_high - wide.ci_low > low.ci_high - low.ci_low
    assert low.difference == pytest.approx(values.mean() - 4.8)
    assert high.result == "better"


def test_over_series_counts_results_and_takes_the_median_ratio():
    rng = np.random.default_rng(3)
    found = {}
    for i in range(7):
        noise = rng.normal(0, 0.01, 20)
        found |= samples({"a": i + 1 + noise - noise.mean()}, series=f"s{i}")
    errors = {f"s{i}": {"x": 2.0, "y": 4.0} for i in range(6)} | {"s6": {"y": 14.0}}
    rows = compare_with_baselines(found, errors, 0.05)
    table = frame_of(BaselineOverSeriesRow, baselines_over_series(rows, 0.05)).set_index("baseline")
    assert list(table.index) == ["best", "x", "y"]
    counts = table[["n_series", "n_better", "n_undecided", "n_worse"]]
    # Means are 1, 2, ..., 7: one below 2, one equal to it, four above; 7 is below 14.
    assert counts.loc["x"].tolist() == [6, 1, 1, 4]
    assert counts.loc["y"].tolist() == [7, 4, 1, 2]
    assert counts.loc["best"].tolist() == [7, 2, 1, 4]
    assert table.loc["best", "median_ratio"] == pytest.approx(1.5)
    # Of seven ratios, the order-statistic interval is from the smallest to the largest.
    assert table.loc["best", "median_ratio_low"] == pytest.approx(0.5)
    assert table.loc["best", "median_ratio_high"] == pytest.approx(3)
    assert table.loc["best", "n_ratios"] == 7


def test_over_series_without_a_ratio():
    found = samples({"a": [1.0, 2.0]}) | samples({"a": [np.nan, np.nan]}, series="t")
    rows = compare_with_baselines(found, {"s": {"x": 0.0}, "t": {"x": 1.0}}, 0.05)
    (_, row) = baselines_over_series(rows, 0.05)
    assert (row.n_series, row.n_undecided, row.n_ratios) == (2, 2, 0)
    assert math.isnan(row.median_ratio)
    assert math.isnan(row.median_ratio_low)


def test_tables_of_models_and_forecasts():
    baselines = {"s": {"a": Baseline("A", np.array([1.0, 2.0])), "b": LeftOut("too short")}}
    one, other = baseline_models_table(baselines, {"s": {"a": 3.0}})
    assert (one.model, one.value, one.is_best, one.left_out_because) == ("A", 3.0, True, None)
    assert (other.model, other.is_best, other.left_out_because) == (None, False, "too short")
    assert math.isnan(other.value)
    series = {"s": series_of(np.arange(9.0), test_rows=2)}
    rows = [tuple(vars(row).values()) for row in baseline_forecasts_table(baselines, series)]
    assert rows == [("s", "a", 1, 1, 1.0), ("s", "a", 2, 1, 2.0)]
    ahead = {"s": replace(series["s"], steps_ahead=2)}
    rows = [tuple(vars(row).values()) for row in baseline_forecasts_table(baselines, ahead)]
    assert rows == [("s", "a", 1, 1, 1.0), ("s", "a", 2, 2, 2.0)]


# Several steps ahead

FOUR_AHEAD = [replace(s, steps_ahead=4) for s in (AIR, NOTTEM, NOISE, GROWING)]


@pytest.mark.parametrize("series", FOUR_AHEAD)
def test_the_first_of_several_steps_is_that_of_one_step(series):
    one, several = (baselines_of(s, (1, 3)) for s in (replace(series, steps_ahead=1), series))
    assert forecasts_of(several).keys() == forecasts_of(one).keys()
    for name, forecasts in forecasts_of(several).items():
        first = forecasts.reshape(-1, 4)[:, 0]
        np.testing.assert_allclose(first, one[name].forecasts[:-3], rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("series", FOUR_AHEAD)
def test_several_steps_by_hand(series):
    values, places = series.values, series.targets
    found = {n: f.reshape(-1, 4) for n, f in forecasts_of(baselines_of(series, (2,))).items()}
    differences = np.diff(values)
    training = differences[: -series.test_rows]
    mean = training[1:].mean()
    design = np.column_stack([np.ones(len(training) - 2), training[:-2], training[1:-1]])
    constant, earlier, later = np.linalg.lstsq(design, training[2:], rcond=None)[0]
    for row, at in enumerate(places[:, 0]):
        known, last = values[:at], values[at - 1]
        np.testing.assert_allclose(found["persistence"][row], [last] * 4)
        np.testing.assert_allclose(found["drift"][row], last + mean * np.arange(1, 5))
        before, forecasts = list(np.diff(known)[-2:]), [last]
        for _ in range(4):
            before.append(constant + earlier * before[-2] + later * before[-1])
            forecasts.append(forecasts[-1] + before[-1])
        np.testing.assert_allclose(found["ar2"][row], forecasts[1:])
        if series.period:
            np.testing.assert_allclose(found["seasonal_naive"][row], known[-12:-8])


def test_beyond_a_season_the_last_season_that_is_known_is_repeated():
    series = replace(series_of(np.arange(30.0), period=2), steps_ahead=5)
    forecasts = fitted(series, "seasonal_naive").forecasts.reshape(-1, 5)
    np.testing.assert_array_equal(forecasts[0], [16, 17, 16, 17, 16])
    np.testing.assert_array_equal(forecasts[-1], [23, 24, 23, 24, 23])


@pytest.mark.parametrize("series", FOUR_AHEAD)
def test_exponential_smoothing_of_several_steps_is_that_of_statsmodels_at_each_origin(series):
    """ETS by a model of what is known at the origin; Theta, which cannot be carried, at the first."""
    n = len(series.values) - series.test_rows
    scale = np.abs(series.values[:n]).mean()
    ours = baselines_of(series)
    form = ours["ets"].model
    params = fit(form, series.values[:n] / scale).params
    error, trend, seasonal, _ = FORMS[form]
    for row, at in enumerate(series.targets[:, 0]):
        known = ETSModel(
            series.values[:at] / scale, error=error, trend=trend, damped_trend=bool(trend),
            seasonal=seasonal, seasonal_periods=12 if seasonal else None,
        )  # fmt: skip
        expected = scale * known.smooth(params).forecast(4)
        np.testing.assert_allclose(ours["ets"].forecasts.reshape(-1, 4)[row], expected, rtol=1e-7)
    theirs = ThetaModel(
        series.values[:n] / scale,
        period=12 if series.period else None,
        deseasonalize=bool(series.period),
    ).fit()
    first = ours["theta"].forecasts.reshape(-1, 4)[0]
    np.testing.assert_allclose(first, scale * theirs.forecast(4), rtol=1e-9)


@pytest.mark.parametrize("series", FOUR_AHEAD[:1] + FOUR_AHEAD[3:])
def test_of_several_steps_none_sees_what_lies_after_its_origin(series):
    origin = 5
    values = series.values.copy()
    values[series.targets[origin, 0] :] *= 1.3
    before, after = (
        forecasts_of(baselines_of(s, (1, 4))) for s in (series, replace(series, values=values))
    )
    for name, forecasts in after.items():
        same, new = (x.reshape(-1, 4) for x in (before[name], forecasts))
        np.testing.assert_array_equal(new[: origin + 1], same[: origin + 1], name)
        seen = slice(origin + 12, None) if name == "seasonal_naive" else slice(origin + 1, None)
        assert (new[seen] != same[seen]).all(), name


def test_without_a_metric_of_forecasts_there_is_nothing_to_compare():
    baselines = {"s": {"a": Baseline("A", np.array([1.0, 2.0]))}}
    (row,) = baseline_models_table(baselines, {"s": {}})
    assert not row.is_best
    assert compare_with_baselines(samples({"a": [1.0, 2.0]}), {"s": {}}, 0.05) == []
    assert frame_of(BaselineRow, []).empty


def test_a_form_whose_likelihood_has_no_maximum_yet_is_not_taken(monkeypatch):
    found = SimpleNamespace(mle_retvals={"converged": False}, aicc=1.0)
    monkeypatch.setattr(Form, "model", lambda *_: SimpleNamespace(fit=lambda **_: found))
    form, training = Form("add", None, None), np.arange(12.0)
    assert _fitted(form, training, None) is None
    found.mle_retvals["converged"] = True
    assert _fitted(form, training, None) is found
