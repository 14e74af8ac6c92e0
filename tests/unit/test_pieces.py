"""Series in pieces: rows, differences and states end where a piece does."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import STATEFUL, STATELESS

from thousandfold.baselines import Baseline, LeftOut, baselines_of
from thousandfold.config_files import ConfigError
from thousandfold.data import load_series
from thousandfold.engines import engine
from thousandfold.errors import DataError
from thousandfold.loading import load_study
from thousandfold.metrics import METRICS
from thousandfold.observations import in_words
from thousandfold.recipe import recipe
from thousandfold.scenario import EarlyStopping, Preparation, Refit, Sequences
from thousandfold.series import Series
from thousandfold.supervised import future_in_units, supervise

TEST_ROWS = 4
LENGTHS = (9, 12, 4, 16)


def values_of(seed=0, lengths=LENGTHS):
    """Pieces at levels of their own, far from each other."""
    generator = np.random.default_rng(seed)
    return [
        100 * (1 + 3 * number) + generator.normal(size=length).cumsum()
        for number, length in enumerate(lengths)
    ]


def series_of(pieces, test_rows=TEST_ROWS, **others):
    values = np.concatenate(pieces)
    begins = tuple(np.cumsum([0, *map(len, pieces[:-1])]).tolist())
    return Series(
        "s", values, tuple(map(str, range(len(values)))), test_rows, begins=begins, **others
    )


PREPARATIONS = [
    Preparation(timesteps, None, difference=difference, scaling="none", transform=transform)
    for timesteps, difference, transform in product(
        (1, 3), (True, False, (2,), (1, 2)), ("none", "log")
    )
]


@pytest.mark.parametrize("preparation", PREPARATIONS)
def test_rows_are_those_of_each_piece_by_itself(preparation):
    pieces = values_of()
    inputs = [np.sin(piece)[:, np.newaxis] for piece in pieces]
    data = supervise(series_of(pieces, inputs=np.concatenate(inputs)), preparation)
    windows, targets, begins = [], [], []
    for piece, beside in zip(pieces, inputs, strict=True):
        changed = np.log(piece) if preparation.transform == "log" else piece
        columns = np.column_stack([changed, beside])
        for lag in preparation.lags:
            columns = columns[lag:] - columns[:-lag]
        count = max(len(columns) - preparation.timesteps, 0)
        windows += [columns[row : row + preparation.timesteps] for row in range(count)]
        targets += columns[preparation.timesteps :, 0].tolist()
        begins += [row == 0 for row in range(count)]
    for ours, expected in [
        (np.concatenate([data.train.inputs, data.test.inputs]), windows),
        (np.concatenate([data.train.targets, data.test.targets]), targets),
    ]:
        np.testing.assert_array_equal(ours, np.float32(expected))
    assert [*data.train.begins, *data.test.begins] == begins
    assert len(data.test) == TEST_ROWS


@settings(deadline=None, max_examples=100)
@given(
    st.integers(0, 10_000),
    st.lists(st.integers(1, 12), min_size=1, max_size=4),
    st.sampled_from(PREPARATIONS),
    st.sampled_from(["symmetric", "standard"]),
)
def test_forecasts_go_back_to_the_last_piece(seed, lengths, preparation, scaling):
    beyond, least = 5, TEST_ROWS + 8
    pieces = values_of(seed, (9, *lengths, least + beyond))
    last = pieces[-1]
    pieces[-1] = last[:-beyond]
    data = supervise(series_of(pieces, horizon=beyond), replace(preparation, scaling=scaling))
    np.testing.assert_allclose(
        data.invert(data.test.targets[:, np.newaxis]), last[least - TEST_ROWS : least], rtol=1e-5
    )
    whole = np.concatenate([*pieces[:-1], last])[-data.observations - beyond :]
    for step in data.pipeline.steps:
        whole = step.apply(whole)
    scaled = data.target_scaler.scale(whole[-beyond:])[np.newaxis]
    np.testing.assert_allclose(future_in_units(data, scaled)[0], last[-beyond:])


def test_scaling_is_over_all_training_pieces():
    pieces = values_of()
    data = supervise(series_of(pieces), Preparation(1, None, difference=False))
    known = np.concatenate([piece[1:] for piece in [*pieces[:-1], pieces[-1][:-TEST_ROWS]]])
    assert data.target_scaler.offset == known.min()
    assert data.target_scaler.offset + data.target_scaler.span == known.max()
    other = [*pieces[:-1], np.append(pieces[-1][:-TEST_ROWS], np.full(TEST_ROWS, 1e4))]
    changed = supervise(series_of(other), Preparation(1, None, difference=False))
    np.testing.assert_array_equal(data.train.inputs, changed.train.inputs)


def test_train_rows_are_the_last_whole_ones():
    pieces = values_of()
    whole = supervise(series_of(pieces), Preparation(2, None, scaling="none"))
    for wanted in range(2, len(whole.train) + 1):
        data = supervise(series_of(pieces), Preparation(2, wanted, scaling="none"))
        np.testing.assert_array_equal(data.train.inputs, whole.train.inputs[-wanted:])
        # A piece that is not whole any more begins all the same.
        assert data.train.begins[0]
        np.testing.assert_array_equal(data.train.begins[1:], whole.train.begins[-wanted:][1:])


def test_the_test_begins_anew_only_where_its_piece_does():
    """Of the last piece, 16 observations give 14 rows of one timestep of differences."""
    for test_rows in range(1, 15):
        data = supervise(series_of(values_of(), test_rows), Preparation(1, None))
        assert list(data.test.begins) == [test_rows == 14] + [False] * (test_rows - 1)
    with pytest.raises(DataError, match="its last piece has 16 observations, where 17 are needed"):
        supervise(series_of(values_of(), 15), Preparation(1, None))


def test_pieces_that_are_too_short_have_no_rows_and_too_few_rows_are_refused():
    with pytest.raises(DataError, match="2 timesteps in each piece, where 2 are needed"):
        supervise(series_of([np.arange(3.0)] * 9 + [np.arange(8.0) ** 2]), Preparation(2, None))


@pytest.mark.parametrize("changes", [{"deseasonalise": "stl"}, {"detrend": "linear"}])
def test_seasons_and_trends_take_one_piece(changes):
    with pytest.raises(DataError, match="is in 4 pieces, which have no time in common; set de"):
        supervise(series_of(values_of(), period=2), Preparation(1, None, **changes))


def test_cutting_a_series_cuts_its_pieces():
    series = series_of(values_of())
    assert series.begins == (0, 9, 21, 25)
    assert series.without_last(15).begins == (0, 9, 21, 25)
    assert series.without_last(16).begins == (0, 9, 21)
    assert series.without_first(8).begins == (0, 1, 13, 17)
    assert series.without_first(9).begins == (0, 12, 16)
    assert series.without_first(10).begins == (0, 11, 15)
    assert list(series.without_first(23).pieces) == [0] * 2 + [1] * 16


# Baselines and metrics


def test_baselines_learn_from_each_piece_by_itself():
    pieces = values_of()
    found = baselines_of(series_of(pieces, period=3), orders=(2,))
    training = [np.diff(piece) for piece in [*pieces[:-1], pieces[-1][:-TEST_ROWS]]]
    last = pieces[-1]
    previous = last[-TEST_ROWS - 1 : -1]
    # The first difference of all is left out, as the article does.
    drift = np.concatenate(training)[1:].mean()
    np.testing.assert_allclose(found["drift"].forecasts, previous + drift)
    np.testing.assert_allclose(found["seasonal_naive"].forecasts, last[-TEST_ROWS - 3 : -3])
    design = np.concatenate([np.stack([d[:-2], d[1:-1]], axis=1) for d in training])
    design = np.column_stack([np.ones(len(design)), design])
    targets = np.concatenate([d[2:] for d in training])
    assert len(design) == 6 + 9 + 1 + 9
    intercept, two_before, before = np.linalg.lstsq(design, targets, rcond=None)[0]
    steps = np.diff(last)
    ahead = intercept + two_before * steps[-6:-2] + before * steps[-5:-1]
    np.testing.assert_allclose(found["ar2"].forecasts, previous + ahead)
    for name in ("ar_aic", "ets", "theta"):
        assert found[name] == LeftOut("the series is in pieces")


def test_baselines_that_the_last_piece_is_too_short_for_are_left_out():
    pieces = [*values_of(), np.arange(TEST_ROWS + 2.0)]
    found = baselines_of(series_of(pieces, period=3), orders=(1, 2))
    assert found["seasonal_naive"].reason == "the last piece has less than a season before the test"
    assert found["ar2"].reason == "the last piece has no 2 differences before the test"
    assert isinstance(found["ar1"], Baseline)
    just = baselines_of(
        series_of([*values_of(), np.arange(TEST_ROWS + 3.0)], period=3), orders=(2,)
    )
    np.testing.assert_array_equal(just["seasonal_naive"].forecasts, np.arange(TEST_ROWS))
    assert isinstance(just["ar2"], Baseline)


def test_naive_errors_are_of_steps_within_pieces():
    pieces = values_of()
    series = series_of(pieces)
    training = [*pieces[:-1], pieces[-1][:-TEST_ROWS]]
    naive = np.concatenate([np.abs(np.diff(piece)) for piece in training]).mean()
    off_by_one = pieces[-1][-TEST_ROWS:] + 1
    assert METRICS["mase"].of_forecasts(off_by_one, series) == pytest.approx(1 / naive)


# Files


def file_of(tmp_path, pieces):
    """Dates run anew in each piece, and one has a gap."""
    rows = ["machine,day,wear,load"]
    for name, piece in zip("bacd", pieces, strict=True):
        for day, wear in enumerate(piece.tolist()):
            rows.append(f"{name},2024-01-{day + 1:02d},{wear!r},{day % 3}")
    path = tmp_path / "machines.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def study_of(path, scenario=None, **series):
    content = {
        "study": {"seed": 1, "margin": 1, "metric": "rmse"},
        "series": {"s": {"file": path if isinstance(path, list) else str(path), "value": "wear", "pieces": "machine", "inputs": ["load"],
                         "test_rows": TEST_ROWS, **series}},
        "scenarios": {"a": {"stateful": True, **(scenario or {})}},
    }  # fmt: skip
    return load_study(content, [])


def test_a_column_tells_pieces_apart(tmp_path):
    pieces = values_of()
    study = study_of(file_of(tmp_path, pieces))
    series = load_series(study.series[0])
    np.testing.assert_array_equal(series.values, np.concatenate(pieces))
    assert series.begins == (0, 9, 21, 25)
    np.testing.assert_array_equal(series.inputs[21:26, 0], [0, 1, 2, 0, 0])
    assert series.labels[25] == "2024-01-01"
    assert in_words(series) == (
        "s: 41 observations, daily (period 7), 2024-01-01 to 2024-01-16; 4 pieces of 4 to 16 "
        "observations"
    )


def test_a_file_for_each_piece(tmp_path):
    """The same series as from one file with a column."""
    pieces = values_of()
    whole = load_series(study_of(file_of(tmp_path, pieces)).series[0])
    lines = (tmp_path / "machines.csv").read_text(encoding="utf-8").splitlines()
    files = []
    for name in "bacd":
        rows = [line for line in lines[1:] if line.startswith(name)]
        files.append(str(tmp_path / f"{name}.csv"))
        (tmp_path / f"{name}.csv").write_text("\n".join([lines[0], *rows]), encoding="utf-8")
    study = study_of(files, pieces=None)
    series = load_series(study.series[0])
    assert study.series_files == tuple(files)
    for attribute in ("values", "inputs", "labels", "begins", "period", "assumed", "test_rows"):
        np.testing.assert_array_equal(getattr(series, attribute), getattr(whole, attribute))
    assert load_series(study_of(files).series[0]).begins == series.begins
    (tmp_path / "c.csv").unlink()
    with pytest.raises(ConfigError, match=r"series\.s\.file: .*c\.csv: there is no such file"):
        study_of(files, pieces=None)


def test_each_series_of_a_collection_may_come_in_pieces(tmp_path):
    rows = ["plant,machine,wear"]
    for plant, machine, length in [("x", "a", 5), ("y", "a", 7), ("x", "b", 9), ("y", "c", 11)]:
        rows += [f"{plant},{machine},{number**2 % 13}" for number in range(length)]
    file = tmp_path / "plants.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    collection = {"from": str(file), "series": "plant"}
    series = {"collection": collection, "value": "wear", "pieces": "machine", "test_rows": 3}
    content = {
        "study": {"seed": 1, "margin": 1},
        "series": {"plants": series},
        "scenarios": {"a": {"stateful": True}},
    }
    found = {source.name: load_series(source) for source in load_study(content, []).series}
    assert {name: (each.begins, len(each.values)) for name, each in found.items()} == {
        "x": ((0, 5), 14),
        "y": ((0, 7), 18),
    }


def test_each_piece_is_checked_for_itself(tmp_path):
    path = file_of(tmp_path, values_of())
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(lines[:5] + lines[6:]) + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"line 6: 2024-01-06 follows 2024-01-04"):
        study_of(path)
    # Filled among the last rows of a piece, but that is not the test.
    path.write_text("\n".join(lines[:7] + lines[8:]) + "\n", encoding="utf-8")
    filled = study_of(path, gaps="interpolate")
    assert load_series(filled.series[0]).values[6] == values_of()[0][5]
    path.write_text("\n".join(lines[:-2] + lines[-1:]) + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="is missing among the last 4 rows, which are the test"):
        study_of(path, gaps="interpolate")


@pytest.mark.parametrize(
    ("scenario", "series", "problem"),
    [
        ({}, {"pieces": "maschine"}, "series.s.pieces: .* has no column 'maschine'"),
        ({}, {"file": {"a": 1}}, "series.s.file: is neither a file nor a list of files; give one"),
        ({"batch_size": 2}, {}, "scenarios.a.batch_size: .* one row at a time; set batch_size: 1"),
        ({"forecast_batch_size": 2}, {}, "scenarios.a.forecast_batch_size: .* set forecast_batch_size: 1"),
        ({"early_stopping": {"validation_rows": 3}}, {},
         "scenarios.a.early_stopping: series s is in pieces, of which"),
        ({"detrend": "linear"}, {}, "scenarios.a.detrend: series s: is in 4 pieces"),
        ({}, {"file": None, "pieces": "machine", "synthetic": {"observations": 30, "seed": 1},
              "value": None, "inputs": []}, "series.s.pieces: does not go with what is made up"),
    ],
)  # fmt: skip
def test_what_pieces_do_not_go_with(tmp_path, scenario, series, problem):
    path = file_of(tmp_path, values_of())
    with pytest.raises(ConfigError, match=problem):
        if "synthetic" in series:
            content = {"synthetic": series["synthetic"], "pieces": "machine", "test_rows": 4}
            load_study(
                {
                    "study": {"seed": 1, "margin": 1},
                    "series": {"s": content},
                    "scenarios": {"a": {"stateful": True}},
                },
                [],
            )
        study_of(path, scenario, **series)


def test_a_stateless_network_takes_batches_and_validation_rows_of_pieces(tmp_path):
    stateless = {"stateful": False, "batch_size": 3, "early_stopping": {"validation_rows": 3}}
    study_of(file_of(tmp_path, values_of()), stateless)


def test_where_pieces_begin_is_part_of_the_recipe(tmp_path):
    path = file_of(tmp_path, values_of())
    before = recipe(study_of(path), "s", "a")
    moved = path.read_text(encoding="utf-8").replace("a,2024-01-12", "c,2023-12-31")
    (tmp_path / "moved.csv").write_text(moved, encoding="utf-8")
    series = [load_series(study_of(file).series[0]) for file in (path, tmp_path / "moved.csv")]
    np.testing.assert_array_equal(series[0].columns, series[1].columns)
    assert series[0].begins != series[1].begins
    assert recipe(study_of(tmp_path / "moved.csv"), "s", "a") != before


# Both engines


ENGINES = ("replicated", "keras")


def trained(name, regime, series, seeds=(5, 6)):
    return engine(name).train_block(
        regime, supervise(series, regime.preparation), list(seeds), lambda _: None
    )


REGIMES = {
    "stateful": STATEFUL,
    "never reset": STATEFUL.varied(reset_after_epoch=False, units=2),
    "seeded": STATEFUL.varied(seed_on_train=True, timesteps=3, layer="gru"),
    "reset after each prediction": STATEFUL.varied(reset_after_prediction=True, units=16),
    "stateless": STATELESS.varied(batch_size=3, shuffle=True, timesteps=2),
    "stateless, stopping early": STATELESS.varied(
        validation_rows=4, early_stopping=EarlyStopping(2, 0.0, True, 0), learning_rate=0.02
    ),
    "stateless, stepwise": STATEFUL.varied(sequences=Sequences(1, 2, "stepwise")),
    "zeros": STATEFUL.varied(sequences=Sequences(1, 2, "zeros")),
    "updated in the test": STATEFUL.varied(refit=Refit(2, 3), seed_on_train=True),
    "two steps ahead, directly": STATEFUL.varied(strategy="direct", seed_on_train=True),
    "two steps ahead, by feeding back": STATEFUL.varied(timesteps=2, reset_after_epoch=False),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REGIMES)
def test_engines_are_equal_number_for_number(name):
    regime = REGIMES[name].varied(epochs=12)
    steps_ahead = 2 if name.startswith("two steps") else 1
    horizon = 0 if regime.preparation.sequences or steps_ahead > 1 else 3
    series = series_of(values_of(), horizon=horizon, steps_ahead=steps_ahead)
    ours, theirs = (trained(each, regime, series) for each in ENGINES)
    for weight, expected in theirs.weights.items():
        np.testing.assert_allclose(ours.weights[weight], expected, atol=1e-5, rtol=0)
    np.testing.assert_allclose(ours.train_loss, theirs.train_loss, rtol=2e-5)
    np.testing.assert_allclose(ours.outputs, theirs.outputs, atol=1e-5)
    np.testing.assert_allclose(ours.future, theirs.future, atol=1e-5)
    np.testing.assert_array_equal(ours.epochs, theirs.epochs)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
def test_nothing_is_remembered_from_one_piece_to_the_next(name):
    """Without learning, forecasts of the last piece are the same whatever came before it."""
    regime = STATEFUL.varied(
        epochs=1, learning_rate=1e-30, scaling="none", difference=False, units=2,
        seed_on_train=True,
    )  # fmt: skip
    last = np.sin(np.arange(16.0))
    outputs = [
        trained(name, regime, series_of([before, last])).outputs
        for before in (np.cos(np.arange(9.0)), np.cos(np.arange(9.0)) / 2)
    ]
    np.testing.assert_array_equal(*outputs)
    alone = trained(name, regime, series_of([last])).outputs
    joined = trained(name, regime, series_of([np.append(np.cos(np.arange(9.0)), last)])).outputs
    np.testing.assert_allclose(outputs[0], alone, atol=1e-6)
    assert np.abs(joined - alone).max() > 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
def test_a_state_that_is_not_reset_goes_on_from_training_to_the_test_of_the_same_piece(name):
    """As it does for a series in one piece: the last piece alone, seen last in training."""
    regime = STATEFUL.varied(
        epochs=2, learning_rate=1e-30, scaling="none", difference=False, units=2,
        reset_after_epoch=False,
    )  # fmt: skip
    pieces = [np.cos(np.arange(9.0)), np.sin(np.arange(16.0))]
    kept = trained(name, regime, series_of(pieces)).outputs
    seeded = trained(
        name, regime.varied(reset_after_epoch=True, seed_on_train=True), series_of(pieces)
    )
    fresh = trained(name, regime.varied(reset_after_epoch=True), series_of(pieces)).outputs
    np.testing.assert_allclose(kept, seeded.outputs, atol=1e-6)
    assert np.abs(kept - fresh).max() > 1e-4
