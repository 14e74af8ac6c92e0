"""Preparation: every step there and back, against R, without a look at the test."""

from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import ROOT, STATELESS, has_r, run_r

from thousandfold.config_files import ConfigError
from thousandfold.errors import DataError, PreparationError
from thousandfold.loading import load_study
from thousandfold.pipeline import BoxCox, fit_pipeline
from thousandfold.scenario import Preparation, TrainedScenario
from thousandfold.series import Series
from thousandfold.supervised import Recursion, future_in_units, supervise
from thousandfold.training import train_repeats

PERIOD, TEST_ROWS = 4, 6

TRANSFORMS = (("none", None), ("log", None), ("box_cox", None), ("box_cox", 0.3))
SEASONS = ("none", "additive", "multiplicative", "stl")
TRENDS = ("none", "linear")
DIFFERENCES = (True, False, (4,), (1, 4), (1, 1), (5, 1, 2))


def prepared_by(transform, deseasonalise, detrend, difference, **others):
    return Preparation(
        **{"timesteps": 2, "train_rows": None, **others},
        transform=transform[0],
        box_cox_lambda=transform[1],
        deseasonalise=deseasonalise,
        detrend=detrend,
        difference=difference,
    )


ALL = [prepared_by(*each) for each in product(TRANSFORMS, SEASONS, TRENDS, DIFFERENCES)]

preparations = st.builds(
    prepared_by,
    st.sampled_from(TRANSFORMS),
    st.sampled_from(SEASONS),
    st.sampled_from(TRENDS),
    st.sampled_from(DIFFERENCES),
)


def series_of(values, test_rows=TEST_ROWS, period=PERIOD, **others):
    values = np.asarray(values, float)
    labels = tuple(f"t{place}" for place in range(len(values)))
    return Series("s", values, labels, test_rows, period=period, **others)


def noisy(observations, seed=0):
    """Positive, with a trend and a season that grows with it."""
    generator = np.random.default_rng(seed)
    time = np.arange(observations)
    level = 20 + 0.7 * time + generator.normal(size=observations).cumsum()
    level = np.maximum(level, 5)
    return level * (1.2 + 0.5 * np.sin(time * 2 * np.pi / PERIOD)) * generator.uniform(0.9, 1.1, observations)  # fmt: skip


def applied(pipeline, values):
    """The fitted steps of a pipeline applied to a longer series."""
    for step in pipeline.steps:
        values = step.apply(values)
    return values


values_above_zero = st.lists(st.floats(1, 50), min_size=30, max_size=40).map(
    # A multiplicative season of the logarithms takes values above 1.
    lambda values: np.array(values) + 2 + np.arange(len(values)) % 3
)


@settings(deadline=None, max_examples=300)
@given(values_above_zero, preparations, st.integers(1, 7))
def test_prepare_and_invert_gives_the_series_back(values, preparation, steps):
    """From every origin, over every horizon, and beyond the end of what is known."""
    beyond = 7
    series = series_of(values[:-beyond])
    if preparation.transform == "box_cox" and preparation.deseasonalise == "multiplicative":
        # What is transformed may be negative, which has no such season.
        preparation = replace(preparation, deseasonalise="stl")
    pipeline = fit_pipeline(series, preparation)
    lost = sum(preparation.lags)
    origins = np.arange(lost, len(values) - beyond + 1)
    times = origins[:, np.newaxis] + np.arange(steps)
    perfect = applied(pipeline, values)[times - lost]
    two_repeats = np.stack([perfect, perfect])
    for repeat in pipeline.invert(two_repeats, times):
        np.testing.assert_allclose(repeat, values[times], rtol=1e-7)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10_000), preparations, st.integers(1, 3), st.sampled_from([None, 15]))
def test_rows_hold_what_inverts_to_the_observations(seed, preparation, timesteps, train_rows):
    """The targets of the test, and what follows the end, are the observations themselves."""
    values, beyond = noisy(50, seed), 5
    series = series_of(values[:-beyond], horizon=beyond)
    preparation = replace(preparation, timesteps=timesteps, train_rows=train_rows, scaling="none")
    data = supervise(series, preparation)
    np.testing.assert_allclose(
        data.invert(data.test.targets[:, np.newaxis]), series.values[-TEST_ROWS:], rtol=1e-4
    )
    np.testing.assert_array_equal(data.actual, series.values[-TEST_ROWS:])
    whole = applied(data.pipeline, values[-data.observations - beyond :])
    np.testing.assert_allclose(
        future_in_units(data, np.stack([whole[-beyond:]] * 2)), [values[-beyond:]] * 2
    )
    # Rows are windows of what was prepared, and the first of the test follows the last of training.
    windows = np.concatenate([data.train.inputs, data.test.inputs])[:, :, 0]
    targets = np.concatenate([data.train.targets, data.test.targets])
    for row, (window, target) in enumerate(zip(windows, targets, strict=True)):
        expected = data.pipeline.prepared[row : row + timesteps + 1].astype(np.float32)
        np.testing.assert_array_equal(np.append(window, target), expected)
    np.testing.assert_array_equal(
        Recursion.beyond_end(data, 1).inputs()[0, 0, :, 0],
        data.pipeline.prepared[-timesteps:].astype(np.float32),
    )


def test_a_network_that_foresees_everything_forecasts_the_series(monkeypatch):
    """Through training, scaling and all; see test_series.py for the article's own preparation."""
    values, beyond = noisy(50), 5
    series = series_of(values[:-beyond], horizon=beyond)
    regime = STATELESS.varied(
        transform="box_cox", deseasonalise="stl", detrend="linear", difference=(1, 4)
    )
    data = supervise(series, regime.preparation)
    whole = data.target_scaler.scale(applied(data.pipeline, values))
    test, future = whole[-TEST_ROWS - beyond : -beyond], whole[-beyond:]

    def train_block(regime, data, seeds, progress):
        return SimpleNamespace(
            train_loss=np.zeros(1, np.float32), epochs=np.ones(1), seconds=None,
            outputs=test[np.newaxis, :, np.newaxis], future=future[np.newaxis],
        )  # fmt: skip

    monkeypatch.setattr(
        "thousandfold.training.engine", lambda _: SimpleNamespace(train_block=train_block)
    )
    table = train_repeats(TrainedScenario("a", "a", regime, "a"), series, 1, range(1))
    forecasts = table.filter(regex="^(forecast|future)_").iloc[0]
    np.testing.assert_allclose(forecasts, values[-TEST_ROWS - beyond :])


# What is taken out


def expected_by_r(file=ROOT / "tests/r/preparation_expected.csv"):
    table = pd.read_csv(file)
    return {key: rows["value"].to_numpy() for key, rows in table.groupby(["series", "way"])}


def assert_agrees_with_r(expected):
    """AirPassengers and nottem, as training observations before a test that has nothing to say."""
    samples = pd.read_csv(ROOT / "tests/r/preparation_samples.csv")
    assert len(expected) == 8
    for (name, way), values in expected.items():
        observed = samples.loc[samples["series"] == name, "value"].to_numpy()
        series = series_of(np.append(observed, np.full(24, 1e4)), test_rows=24, period=12)
        if way == "box_cox":
            (step,) = fit_pipeline(
                series, Preparation(1, None, difference=False, transform=way)
            ).steps[:1]
            assert step.lambda_ == pytest.approx(values[0], abs=1e-4)
            continue
        preparation = Preparation(1, None, difference=False, deseasonalise=way)
        season = fit_pipeline(series, preparation).steps[0]
        component = season.at(np.arange(len(series.values)))
        if way == "stl":
            np.testing.assert_allclose(component[: len(observed)], values, atol=1e-6)
            np.testing.assert_array_equal(component[-24:], np.tile(component[-36:-24], 2))
        else:
            np.testing.assert_allclose(component, np.resize(values, len(component)), rtol=1e-8)


def test_seasons_and_lambda_are_those_of_r():
    assert_agrees_with_r(expected_by_r())


@pytest.mark.skipif(not has_r(), reason="R is not installed")
def test_r_still_says_so(tmp_path):
    assert_agrees_with_r(expected_by_r(run_r("preparation", tmp_path)))


PATTERN = np.array([3.0, -1, 4, -6])


@pytest.mark.parametrize("observations", [40, 41, 42, 43])
@pytest.mark.parametrize("test_rows", [5, 6, 7, 8])
def test_a_season_goes_on_through_the_test_in_its_place(observations, test_rows):
    """Wherever in it the training ends, only the line that it was added to is left."""
    time = np.arange(observations)
    line, season = 50 + 2.0 * time, np.resize(PATTERN, observations)
    for method, values in [
        ("additive", line + season),
        ("stl", line + season),
        ("multiplicative", 50 * (1 + season / 20)),
    ]:
        series = series_of(values, test_rows)
        left = fit_pipeline(
            series, Preparation(1, None, difference=False, deseasonalise=method)
        ).prepared
        expected = np.full(observations, left[0]) if method == "multiplicative" else line
        np.testing.assert_allclose(left, expected, rtol=1e-9)
    both = Preparation(1, None, difference=False, deseasonalise="additive", detrend="linear")
    pipeline = fit_pipeline(series_of(line + season, test_rows), both)
    np.testing.assert_allclose(pipeline.prepared, 0, atol=1e-9)
    ahead = observations + np.arange(9)[np.newaxis]
    expected = 50 + 2.0 * ahead + PATTERN[ahead % 4]
    np.testing.assert_allclose(pipeline.invert(np.zeros((1, 9)), ahead), expected)


def test_a_trend_is_the_least_squares_line_of_the_training():
    """numpy.polyfit of the whole series would be another one: the test lies far above it."""
    values = np.append(noisy(40), np.full(TEST_ROWS, 1e3))
    series = series_of(values)
    prepared = fit_pipeline(
        series, Preparation(1, None, difference=False, detrend="linear")
    ).prepared
    slope, level = np.polyfit(np.arange(40), values[:40], 1)
    expected = values - level - slope * np.arange(46)
    np.testing.assert_allclose(prepared, expected, rtol=1e-9, atol=1e-9)


def test_differences_at_several_lags():
    y = noisy(40)
    prepared = fit_pipeline(series_of(y), Preparation(1, None, difference=(1, 12))).prepared
    np.testing.assert_allclose(prepared, y[13:] - y[12:-1] - y[1:-12] + y[:-13])
    first, second = (
        supervise(series_of(y), Preparation(2, None, difference=d)) for d in (True, (1,))
    )
    np.testing.assert_array_equal(first.train.inputs, second.train.inputs)
    with_inputs = series_of(y, inputs=np.stack([y**2, y], axis=1))
    data = supervise(
        with_inputs, Preparation(1, None, difference=(1, 12), scaling="none", transform="log")
    )
    for column, beside in ((1, y**2), (2, y)):
        expected = beside[13:-1] - beside[12:-2] - beside[1:-13] + beside[:-14]
        seen = np.concatenate([data.train.inputs, data.test.inputs])[:, 0, column]
        np.testing.assert_allclose(seen, expected.astype(np.float32))


def test_a_logarithm_is_the_transform_whose_lambda_is_0():
    values = noisy(40)
    logs = fit_pipeline(
        series_of(values), Preparation(1, None, difference=False, transform="log")
    ).prepared
    np.testing.assert_allclose(logs, np.log(values))
    root = Preparation(1, None, difference=False, transform="box_cox", box_cox_lambda=0.5)
    np.testing.assert_allclose(
        fit_pipeline(series_of(values), root).prepared, 2 * (np.sqrt(values) - 1)
    )


def test_a_forecast_that_no_value_has_counts_as_diverged(monkeypatch):
    """A Box-Cox transform by 0.5 is above -2, and the logarithm of no number is 1000."""
    root, times = BoxCox(0.5), np.zeros((1, 1), int)
    np.testing.assert_array_equal(np.isnan(root.invert(np.array([[-2.1, -1.9]]), times, times)), [[True, False]])  # fmt: skip
    assert BoxCox(0.0).invert(np.array([1000.0]), times, times) == np.inf


# What is known when


@pytest.mark.parametrize("validation_rows", [0, 3])
@pytest.mark.parametrize("train_rows", [None, 16])
@pytest.mark.parametrize("scaling", ["symmetric", "standard"])
def test_training_does_not_see_the_test(scaling, train_rows, validation_rows):
    """Whatever the test observations are, rows before them and how they are inverted are the same."""
    values = noisy(50)
    others = values.copy()
    others[-TEST_ROWS:] = 1 + 100 * np.random.default_rng(1).uniform(size=TEST_ROWS)
    beside = np.stack([values, others], axis=1)
    outputs = np.linspace(-1, 1, TEST_ROWS, dtype=np.float32)[:, np.newaxis]
    for preparation in ALL:
        asked = replace(
            preparation, scaling=scaling, train_rows=train_rows, validation_rows=validation_rows
        )
        one, other = (
            supervise(series_of(each, inputs=beside[:, [column]]), asked)
            for column, each in enumerate((values, others))
        )
        for part in ("train", "before_test"):
            a, b = getattr(one, part), getattr(other, part)
            np.testing.assert_array_equal(a.inputs, b.inputs)
            np.testing.assert_array_equal(a.targets, b.targets)
        np.testing.assert_array_equal(one.test.inputs[0], other.test.inputs[0])
        np.testing.assert_array_equal(one.invert(outputs)[0], other.invert(outputs)[0])
        if preparation.difference is False:
            np.testing.assert_array_equal(one.invert(outputs), other.invert(outputs))


def test_each_forecast_knows_only_what_came_before():
    """Observations from a test row on change neither its inputs nor how its forecast is inverted."""
    values = noisy(50)
    outputs = np.zeros((TEST_ROWS, 1), np.float32)
    for preparation, row in product(ALL, range(TEST_ROWS)):
        others = values.copy()
        others[len(values) - TEST_ROWS + row :] *= 1.5
        one, other = (supervise(series_of(each), preparation) for each in (values, others))
        np.testing.assert_array_equal(one.test.inputs[: row + 1], other.test.inputs[: row + 1])
        kept = one.invert(outputs) == other.invert(outputs)
        assert kept[: row + 1].all()
        # Those that follow do know it, by the shortest lag.
        if preparation.lags[:1] == (1,):
            assert not kept[row + 1 :].any()


@pytest.mark.parametrize("strategy", ["recursive", "direct"])
def test_several_steps_ahead_come_back_from_every_preparation(strategy):
    """Foreseen, they are the observations; from an origin on, no observation changes them."""
    values, steps = noisy(50), 3
    rows = TEST_ROWS - steps + 1
    for preparation in ALL:
        asked = replace(preparation, strategy=strategy, scaling="standard")
        series = replace(series_of(values), steps_ahead=steps)
        data = supervise(series, asked)
        prepared = data.pipeline.prepared[-TEST_ROWS:]
        foreseen = prepared[np.arange(rows)[:, np.newaxis] + np.arange(steps)]
        forecasts = data.invert(data.target_scaler.scale(foreseen))
        np.testing.assert_allclose(forecasts, series.actual, rtol=1e-6)
        origin, outputs = 4, np.zeros((rows, steps), np.float32)
        others = values.copy()
        others[len(values) - TEST_ROWS + origin :] *= 1.5
        other = supervise(replace(series, values=others), asked)
        kept = (data.invert(outputs) == other.invert(outputs)).reshape(rows, steps)
        assert kept[: origin + 1].all()
        np.testing.assert_array_equal(data.known(origin).targets, other.known(origin).targets)
        np.testing.assert_array_equal(data.before(origin).inputs, other.before(origin).inputs)


def test_only_the_observations_behind_training_rows_count():
    """As of a scaler: 16 rows of 2 timesteps, and their differences, are 18 or 19 observations."""
    values = noisy(50)
    for preparation in ALL:
        asked = replace(preparation, train_rows=16)
        behind = 16 + 2 + sum(preparation.lags) + TEST_ROWS
        whole, cut = (
            supervise(series_of(values), asked),
            supervise(series_of(values[-behind:]), asked),
        )
        np.testing.assert_array_equal(whole.train.inputs, cut.train.inputs)
        np.testing.assert_array_equal(whole.test.targets, cut.test.targets)
        assert whole.observations == behind


# What cannot be prepared


@pytest.mark.parametrize(
    ("changes", "series", "problem"),
    [
        ({"transform": "log"}, {"zero": -30},
         "log takes values above 0 only; t20 has 0; set transform: none"),
        ({"transform": "box_cox", "box_cox_lambda": 1.0}, {"zero": -1},
         "box_cox takes values above 0 only; t49 has 0; set transform: none"),
        ({"transform": "log", "train_rows": 16}, {"zero": -1}, "only; t49 has 0; set transform"),
        ({"deseasonalise": "multiplicative"}, {"zero": -30},
         "above 0 only; set deseasonalise: additive, or deseasonalise: none"),
        ({"deseasonalise": "additive"}, {"period": None},
         "its period is not known; set series.<name>.period, or deseasonalise: none"),
        ({"deseasonalise": "stl"}, {"period": 1},
         "its period is 1, which is no season; leave such series out, or deseasonalise: none"),
        ({"deseasonalise": "additive"}, {"period": 23},
         "its 44 training observations are less than 2 seasons of its period, 23, which additive takes; give "
         "more observations or train_rows, or lower test_rows, or deseasonalise: none"),
        ({"deseasonalise": "stl"}, {"period": 15}, "44 training observations are less than 3 sea"),
        ({"transform": "box_cox"}, {"constant": True}, "training observations are constant"),
    ],
)  # fmt: skip
def test_what_a_step_does_not_take(changes, series, problem):
    values = noisy(50)
    if "zero" in series:
        values[series["zero"]] = 0
    if "constant" in series:
        values[:] = 5
    with pytest.raises(PreparationError) as refusal:
        asked = Preparation(**{"timesteps": 2, "train_rows": None, **changes})
        supervise(series_of(values, period=series.get("period", PERIOD)), asked)
    assert problem in str(refusal.value)
    assert str(refusal.value).startswith("series s: ")
    assert refusal.value.key in changes


def test_two_or_three_seasons_are_enough_and_a_zero_in_the_test_has_a_multiplicative_season():
    values = noisy(50)
    values[-1] = 0
    for method, period in [("additive", 22), ("multiplicative", 22), ("stl", 14)]:
        asked = Preparation(2, None, deseasonalise=method)
        assert np.isfinite(supervise(series_of(values, period=period), asked).test.targets).all()


@pytest.mark.parametrize("scale", [1, 1e9, 1e-9])
@pytest.mark.parametrize(
    ("values", "changes"),
    [
        (100 + 3 * np.arange(60), {"detrend": "linear", "difference": False}),
        (7 + np.resize(PATTERN, 60), {"deseasonalise": "additive", "difference": False}),
        (7 + np.resize(PATTERN, 60), {"deseasonalise": "multiplicative", "difference": False}),
        (700 + np.resize(PATTERN, 60) / 3, {"deseasonalise": "stl", "difference": False}),
        (100 + np.arange(60) / 3 + np.resize(PATTERN, 60), {"difference": (1, 4)}),
        (100 + np.arange(60) / 3 + np.resize(PATTERN, 60),
         {"deseasonalise": "additive", "detrend": "linear", "difference": False}),
        (100 * 1.01 ** np.arange(60), {"transform": "log"}),
        ((3 + np.arange(60) / 10) ** 2, {"transform": "box_cox", "box_cox_lambda": 0.5}),
    ],
)  # fmt: skip
def test_what_varies_by_rounding_only_is_refused(values, changes, scale):
    for scaling in ("symmetric", "standard"):
        with pytest.raises(DataError, match=r"(prepared|its) \w+ are constant .* up to rounding"):
            supervise(series_of(values * scale), Preparation(1, None, scaling=scaling, **changes))


@pytest.mark.parametrize("scale", [1, 1e8, 1e-8])
def test_a_smoother_rounds_more_than_a_subtraction(scale):
    """By which amount depends on numbers; these are some that go beyond it."""
    pattern = np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8])
    series = series_of((1000 + np.resize(pattern, 60) / 3) * scale, test_rows=12, period=12)
    with pytest.raises(DataError, match="prepared values are constant"):
        supervise(series, Preparation(1, None, difference=False, deseasonalise="stl"))


def test_a_little_noise_is_not_refused():
    noise = 1 + 1e-8 * np.random.default_rng(0).normal(size=60)
    for scale, preparation in product([1e3, 1e9, 1e-9], ALL):
        if preparation.deseasonalise != "multiplicative":
            values = (100 + 3 * np.arange(60)) * noise * scale
            data = supervise(series_of(values), preparation)
            assert np.isfinite(data.train.inputs).all()


def test_an_input_with_a_season_may_have_no_seasonal_differences():
    series = series_of(noisy(50), inputs=np.resize(PATTERN, 50)[:, np.newaxis])
    with pytest.raises(DataError, match=r"of its input 1 are constant .* or set difference: false"):
        supervise(series, Preparation(1, None, difference=(4,)))


def test_differences_that_leave_too_few_rows():
    with pytest.raises(
        DataError, match="2 timesteps and 41 lost to difference, where 2 are needed"
    ):
        supervise(series_of(noisy(50)), Preparation(2, None, difference=(1, 40)))


# From the config


def study_with(tmp_path, scenario, **series):
    file = tmp_path / "s.csv"
    values = noisy(50)
    file.write_text("y\n" + "".join(f"{value!r}\n" for value in values.tolist()), encoding="utf-8")
    content = {
        "study": {"seed": 1, "margin": 1},
        "series": {"s": {"file": str(file), "value": "y", "test_rows": 6, **series}},
        "scenarios": {"a": {"stateful": False, **scenario}},
    }
    return load_study(content, [])


def test_keys_of_the_config(tmp_path):
    asked = {"transform": "box_cox", "box_cox_lambda": 0.5, "deseasonalise": "stl",
             "detrend": "linear", "difference": [1, 4]}  # fmt: skip
    study = study_with(tmp_path, asked, period=4)
    (scenario,) = study.scenarios
    assert scenario.regime.preparation == prepared_by(
        ("box_cox", 0.5), "stl", "linear", (1, 4), timesteps=1
    )
    assert study_with(tmp_path, {}).scenarios[0].regime.preparation == Preparation(1, None)


@pytest.mark.parametrize(
    ("scenario", "problem"),
    [
        ({"box_cox_lambda": 0.0}, "scenarios.a.box_cox_lambda: is of transform: box_cox only"),
        ({"box_cox_lambda": 0.5, "transform": "log"}, "box_cox_lambda: is of transform: box_cox"),
        ({"deseasonalise": "stl"}, "scenarios.a.deseasonalise: series s: its period is not known"),
        ({"difference": [0]}, "difference.0: 0 is out of range; it has to be at least 1"),
        ({"difference": []}, "difference: has 0 items; give at least 1"),
        ({"difference": "yearly"}, "difference: 'yearly' is not true or false or a list"),
    ],
)
def test_what_the_config_cannot_ask_for(tmp_path, scenario, problem):
    with pytest.raises(ConfigError) as refusal:
        study_with(tmp_path, scenario)
    assert problem in str(refusal.value)
