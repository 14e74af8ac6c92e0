"""Sequences with labels: made up, read, cut, measured, and forecast without a network."""

import gzip
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.optimize import minimize
from scipy.special import softmax
from support import STATELESS, sample

from thousandfold.baselines import LeftOut, baseline_errors, baselines_of, forecasts_of
from thousandfold.collection import CheckedBlock, forecast_rows
from thousandfold.config import study_of
from thousandfold.config_files import ConfigError
from thousandfold.data import load_series, read_as
from thousandfold.errors import DataError
from thousandfold.inference.baselines import BETTER, WORSE, against_baselines, best_of
from thousandfold.labelled import supervise_labels
from thousandfold.loading import load_study
from thousandfold.metrics import METRICS, first_metric, forecast_errors, metrics_of
from thousandfold.reading.options import LabelColumns, ReadOptions, Treatment
from thousandfold.recipe import recipe
from thousandfold.scenario import Cut
from thousandfold.sequences import described, in_words, read_sequences
from thousandfold.series import LabelledSequences
from thousandfold.study import Block
from thousandfold.supervised import MASK_VALUE
from thousandfold.synthetic import Labels, Synthetic

MANY = 40_000


def sequences_of(lengths, labels=None, features=1, test_rows=2, classes=("no", "yes")):
    """Sequences whose values tell which step of which sequence they are: 302 is step 2 of 3."""
    labels = [number % len(classes) for number in range(len(lengths))] if labels is None else labels
    return LabelledSequences(
        "toy",
        np.array(labels, float),
        tuple(map(str, range(len(lengths)))),
        test_rows,
        sequences=tuple(
            np.repeat(100.0 * number + np.arange(length)[:, np.newaxis], features, axis=1)
            for number, length in enumerate(lengths)
        ),
        classes=tuple(classes),
    )


def rows_of(data, timesteps, cut=None, **changes):
    regime = STATELESS.varied(timesteps=timesteps, cut=cut, difference=False, scaling="none")
    return supervise_labels(data, regime.varied(**changes).preparation)


# Made up


def made(by="mean", last=20, length=60, sequences=2000, seed=1, **labels):
    sequences, numbers = Synthetic(
        length, seed, labels=Labels(sequences, by, last, **labels)
    ).labelled()
    return sequences, np.concatenate(numbers)


@pytest.mark.parametrize("seen", [5, 10, 20, 40])
def test_of_a_mean_of_values_part_tells_as_much_as_sheppard_says(seen):
    """Two normal variables of correlation r have the same sign with 1/2 + arcsin(r) / pi."""
    sequences, labels = made(sequences=MANY)
    guessed = [x[-seen:].mean() > 0 for x in sequences]
    correlation = np.sqrt(min(seen, 20) / max(seen, 20))
    expected = 0.5 + np.arcsin(correlation) / np.pi
    assert np.mean(guessed == labels) == pytest.approx(expected, abs=0.01)


def test_values_are_noise_and_labels_equally_likely():
    sequences, labels = made(classes=3, sequences=MANY, length=30)
    assert stats.kstest(np.concatenate(sequences[:1000]).ravel(), "norm").pvalue > 0.001
    assert stats.chisquare(np.bincount(labels.astype(int), minlength=3)).pvalue > 0.001
    means = np.array([x[-20:].mean() for x in sequences]) * np.sqrt(20)
    for number in range(3):
        low, high = stats.norm.ppf([number / 3, (number + 1) / 3])
        of_label = means[labels == number]
        assert low <= of_label.min()
        assert of_label.max() <= high


def test_a_marked_value_decides():
    sequences, labels = made("value", last=7, length=30, shortest=10, sequences=500)
    for sequence, label in zip(sequences, labels, strict=True):
        assert list(np.flatnonzero(sequence[:, 1])) == [len(sequence) - 7]
        assert (sequence[-7, 0] > 0) == label
    lengths = [len(x) for x in sequences]
    assert (min(lengths), max(lengths)) == (10, 30)
    assert stats.chisquare(np.bincount(lengths)[10:]).pvalue > 0.001


def test_only_the_seed_decides():
    (one, labels), (same, again), (other, _) = (made(sequences=5, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(labels, again)
    assert not np.isclose(one[0], other[0]).any()
    assert one[0][:2, 0] == pytest.approx(FIRST)


FIRST = [-0.9972153878784632, -0.8295195836750062]
"""They never change: the verdicts of a shipped study rest on them."""


# Read


LONG = """\
person,time,x,y,gait,age
ann,2,1.5,10,walk,30
ann,1,0.5,20,walk,30
bob,1,2.5,30,run,40
bob,3,4.5,50,run,40
bob,2,3.5,40,run,40
eve,1,5.5,60,walk,50
"""

COLUMNS = LabelColumns("person", "gait", "time")


def read(tmp_path, text=LONG, columns=COLUMNS, features=("x", "y"), test_rows=1, **changes):
    path = tmp_path / "gaits.csv"
    path.write_text(text, encoding="utf-8")
    return read_sequences("gaits", path, columns, features, test_rows, **changes)


def test_a_file_in_long_form(tmp_path):
    data = read(tmp_path)
    assert (data.labels, data.classes) == (("ann", "bob", "eve"), ("run", "walk"))
    np.testing.assert_array_equal(data.values, [1, 0, 1])
    np.testing.assert_array_equal(data.sequences[0], [[0.5, 20], [1.5, 10]])
    np.testing.assert_array_equal(data.sequences[1], [[2.5, 30], [3.5, 40], [4.5, 50]])
    assert described(data) == "3 sequences of 1 to 3 values of 2 features"
    assert in_words(data).endswith("; labels: run 1, walk 2")
    as_it_comes = read(tmp_path, columns=replace(COLUMNS, time=None), features=["x"])
    np.testing.assert_array_equal(as_it_comes.sequences[0], [[1.5], [0.5]])
    some = read(tmp_path, treatment=Treatment(ReadOptions(), (("gait", "walk"),)))
    assert some.labels == ("ann", "eve")


def test_rows_of_a_sequence_need_not_follow_each_other(tmp_path):
    lines = LONG.splitlines()
    mixed = "\n".join([lines[0], *lines[:0:-1]])
    data = read(tmp_path, mixed)
    assert data.labels == ("eve", "bob", "ann")
    np.testing.assert_array_equal(data.sequences[2], read(tmp_path).sequences[0])


def test_a_seed_draws_the_test_sequences(tmp_path):
    text = "id,x,label\n" + "".join(f"{i},{i},{i // 10}\n" for i in range(20))
    columns = LabelColumns("id", "label")
    in_file, drawn, again, other = (
        read(tmp_path, text, columns, ["x"], split_seed=seed) for seed in (None, 1, 1, 2)
    )
    assert in_file.labels == tuple(map(str, range(20)))
    assert sorted(drawn.labels, key=int) == list(in_file.labels)
    assert drawn.labels == again.labels != other.labels
    for name, label, values in zip(drawn.labels, drawn.values, drawn.sequences, strict=True):
        assert (int(name) // 10, float(name)) == (label, values[0, 0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("bob,3,4.5,50,run", "bob,3,4.5,50,walk"),
         r"'gait', line 5: sequence bob has the label 'walk', and 'run' in line 4; give each"),
        (("bob,2,", "bob,3,"), r"'time', line 6: 3 is there twice in one sequence \(line 5 has"),
        (("ann,2,1.5", "ann,2,"), "'x', line 2: the value is missing; correct it"),
        (("ann,2,1.5", "ann,2,1e101"), "'x', line 2: is beyond"),
        (("ann,2,1.5", "ann,2,tall"), "'x', line 2: 'tall' is not a number"),
        (("eve,1,5.5", ",1,5.5"), "'person', line 7: is empty; fill it"),
        (("60,walk", "60,"), "'gait', line 7: is empty"),
        (("gait", "gate"), "has no column 'gait'; its columns are 'person'"),
    ],
)  # fmt: skip
def test_an_error_names_the_cell_and_the_fix(tmp_path, change, words):
    with pytest.raises(DataError, match=words):
        read(tmp_path, LONG.replace(*change))


# Cut


def test_a_row_is_the_end_of_a_sequence_and_what_it_lacks_is_masked():
    data = rows_of(sequences_of([3, 5, 2, 4, 6]), timesteps=4)
    assert (len(data.train), len(data.test)) == (3, 2)
    mask = MASK_VALUE
    expected = [[mask, 0, 1, 2], [101, 102, 103, 104], [mask, mask, 200, 201]]
    np.testing.assert_array_equal(data.train.inputs[..., 0], expected)
    np.testing.assert_array_equal(data.train.present, np.array(expected) != mask)
    np.testing.assert_array_equal(data.train.targets, [0, 1, 0])
    np.testing.assert_array_equal(data.test.inputs[1, :, 0], [402, 403, 404, 405])
    np.testing.assert_array_equal(data.test.targets, [1, 0])
    np.testing.assert_array_equal(data.actual, [1, 0])
    assert data.train.begins is None
    assert rows_of(sequences_of([4, 5, 4, 6]), timesteps=4).train.present is None


def test_windows_overlap_within_a_sequence_and_end_where_it_ends():
    data = rows_of(sequences_of([6, 2, 5, 7]), 3, Cut("windows", 2))
    windows = [[1, 2, 3], [3, 4, 5], [MASK_VALUE, 100, 101]]
    np.testing.assert_array_equal(data.train.inputs[..., 0], windows)
    np.testing.assert_array_equal(data.train.targets, [0, 0, 1])
    np.testing.assert_array_equal(data.test.inputs[..., 0], [[202, 203, 204], [304, 305, 306]])
    apart = rows_of(sequences_of([6, 6, 6, 6]), 3, Cut("windows"))
    np.testing.assert_array_equal(apart.train.inputs[:2, :, 0], [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize("form", ["pieces", "pieces_last"])
def test_pieces_follow_each_other_up_to_the_end(form):
    train = rows_of(sequences_of([5, 2, 4, 4]), 2, Cut(form)).train
    pieces = [[MASK_VALUE, 0], [1, 2], [3, 4], [100, 101]]
    np.testing.assert_array_equal(train.inputs[..., 0], pieces)
    np.testing.assert_array_equal(train.present, np.array(pieces) != MASK_VALUE)
    np.testing.assert_array_equal(train.targets, [0, 0, 0, 1])
    np.testing.assert_array_equal(train.begins, [1, 0, 0, 1])
    np.testing.assert_array_equal(train.tells, [0, 0, 1, 1])
    if form == "pieces":
        assert train.learns is None
    else:
        np.testing.assert_array_equal(train.learns, train.tells)


def test_as_many_sequences_as_a_batch_go_side_by_side():
    rows = rows_of(sequences_of([6] * 6), 2, Cut("pieces_last")).train
    abreast = rows.side_by_side(2)
    np.testing.assert_array_equal(
        abreast.inputs[:, 0, 0], [0, 100, 2, 102, 4, 104, 200, 300, 202, 302, 204, 304]
    )
    np.testing.assert_array_equal(abreast.targets, [0, 1] * 6)
    np.testing.assert_array_equal(abreast.begins, [1, 1, 0, 0, 0, 0] * 2)
    np.testing.assert_array_equal(abreast.learns, [0, 0, 0, 0, 1, 1] * 2)
    assert rows.side_by_side(1) is rows


CUTS = [None, Cut("windows", 2), Cut("pieces"), Cut("pieces_last")]


@pytest.mark.parametrize("cut", CUTS)
def test_no_sequence_is_both_in_training_and_in_validation_or_test(cut):
    data = sequences_of([6] * 9, test_rows=3)
    parts = rows_of(data, 3, cut, train_rows=5, validation_rows=2)
    seen = [
        {int(value) // 100 for value in rows.inputs.ravel()}
        for rows in (parts.train, parts.validation, parts.test)
    ]
    assert seen == [{1, 2, 3}, {4, 5}, {6, 7, 8}]


@pytest.mark.parametrize("scaling", ["symmetric", "unit", "standard"])
@pytest.mark.parametrize("cut", CUTS)
def test_scaling_sees_training_sequences_only(scaling, cut):
    data = sequences_of([6] * 9, features=2)
    changed = replace(
        data, sequences=(*data.sequences[:-2], *(1e6 - 3 * x for x in data.sequences[-2:]))
    )
    before, after = (rows_of(x, 3, cut, scaling=scaling) for x in (data, changed))
    np.testing.assert_array_equal(before.train.inputs, after.train.inputs)
    assert not np.allclose(before.test.inputs, after.test.inputs)


def test_features_are_scaled_over_all_values_of_the_training_sequences():
    train = rows_of(sequences_of([6] * 9), 3, scaling="standard").train
    values = np.concatenate([100 * number + np.arange(6) for number in range(7)])
    np.testing.assert_allclose(
        train.inputs[1, :, 0], (np.array([103, 104, 105]) - values.mean()) / values.std(), rtol=1e-5
    )
    train = rows_of(sequences_of([6] * 9), 3, scaling="unit").train
    np.testing.assert_allclose(train.inputs[6, :, 0], np.array([603, 604, 605]) / 605, rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train_rows": 8}, "9 sequences leave 7 for training after 2 test_rows, where 8 are"),
        ({"validation_rows": 6}, "where 8 are needed"),
        ({"timesteps": 7}, "the longest sequence has 6 values, fewer than the 7 of a row; lower"),
    ],
)
def test_too_few_sequences_or_values(changes, words):
    with pytest.raises(DataError, match=words):
        rows_of(sequences_of([6] * 9), **{"timesteps": 3, **changes})


def test_a_feature_that_is_constant_in_training_cannot_be_scaled():
    data = sequences_of([6] * 9, features=2)
    constant = replace(
        data,
        sequences=tuple(x * [1, 0] + [0, 0.1 * (i > 6)] for i, x in enumerate(data.sequences)),
        input_names=("x", "still"),
    )
    with pytest.raises(DataError, match=r"the feature still is constant .* \(always 0, up to"):
        rows_of(constant, 3, scaling="unit")
    assert rows_of(constant, 3).train.features == 2


# Measured: the numbers are those of scikit-learn's documentation.


def told(predicted, classes):
    return np.eye(classes)[predicted]


def test_measures_are_those_of_scikit_learn():
    right = sequences_of([1] * 6, [0, 1, 0, 0, 1, 0], test_rows=6)
    errors = forecast_errors(told([0, 1, 0, 0, 0, 1], 2), right, "classification")
    assert errors["balanced_accuracy"] == pytest.approx(0.625)
    assert errors["accuracy"] == pytest.approx(4 / 6)
    right = sequences_of([1] * 6, [0, 1, 2, 0, 1, 2], test_rows=6, classes="abc")
    errors = forecast_errors(told([0, 2, 1, 0, 0, 1], 3), right, "classification")
    assert errors["macro_f1"] == pytest.approx(0.26666666)
    spam = sequences_of([1] * 4, [1, 0, 0, 1], test_rows=4)
    probabilities = np.array([[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]])
    errors = forecast_errors(probabilities, spam, "classification")
    assert errors["log_loss"] == pytest.approx(0.21616187)


def test_measures_are_about_the_test_sequences_of_each_repeat():
    data = sequences_of([1] * 5, [0, 0, 0, 1, 1], test_rows=2)
    repeats = np.array([told([1, 1], 2), told([1, 0], 2), told([0, 0], 2)])
    errors = forecast_errors(repeats, data, "classification")
    np.testing.assert_allclose(errors["accuracy"], [1, 0.5, 0])
    np.testing.assert_allclose(errors["balanced_accuracy"], [1, 0.5, 0])
    # 0 is not there: of those that are told or there, 1 has an F1 of 2/3 and 0 of 0.
    np.testing.assert_allclose(errors["macro_f1"], [1, (2 / 3 + 0) / 2, 0])
    smallest = -np.log(np.finfo(np.float32).eps)
    np.testing.assert_allclose(errors["log_loss"], [0, smallest / 2, smallest])


def test_each_measure_knows_which_way_is_better():
    better = {name: m.higher_is_better for name, m in metrics_of("classification").items()}
    assert better == {
        "log_loss": False, "accuracy": True, "balanced_accuracy": True, "macro_f1": True,
        "train_loss": False, "train_seconds": False,
    }  # fmt: skip
    assert first_metric("classification") == "log_loss"
    assert set(metrics_of("regression")) == {
        "rmse", "mae", "smape", "mase", "train_loss", "train_seconds",
    }  # fmt: skip
    assert METRICS["accuracy"].is_of_mean
    assert not METRICS["macro_f1"].is_of_mean


# Without a network


def overlapping(classes=2, sequences=400):
    """Sequences whose mean tells something of their label."""
    generator = np.random.default_rng(1)
    labels = generator.integers(0, classes, sequences)
    values = [generator.normal(label, 2, (5, 1)) for label in labels]
    data = sequences_of([5] * sequences, labels, test_rows=100, classes="abc"[:classes])
    return replace(data, sequences=tuple(values))


def test_the_majority_is_told_by_its_share_in_training():
    data = sequences_of([3] * 7, [0, 1, 1, 1, 0, 0, 0], test_rows=3)
    baseline = baselines_of(data)["majority"]
    assert baseline.model == "always yes"
    np.testing.assert_array_equal(baseline.forecasts, [[0.25, 0.75]] * 3)


def test_logistic_regression_is_that_of_other_code():
    data = overlapping()
    design = sm.add_constant([[x.mean(), x[-1, 0]] for x in data.sequences])
    fit = sm.GLM(data.values[:-100], design[:-100], sm.families.Binomial()).fit()
    ours = baselines_of(data)["logistic"].forecasts
    np.testing.assert_allclose(ours[:, 1], fit.predict(design[-100:]), atol=1e-6)


def test_of_several_labels_it_is_the_most_likely():
    data = overlapping(3)
    design = sm.add_constant([[x.mean(), x[-1, 0]] for x in data.sequences])

    def probabilities(coefficients, rows):
        scores = np.column_stack([np.zeros(len(rows)), rows @ coefficients.reshape(2, 3).T])
        return softmax(scores, axis=1)

    def surprise(coefficients):
        shares = probabilities(coefficients, design[:-100])
        return -np.log(shares[np.arange(300), data.values[:-100].astype(int)]).sum()

    best = minimize(surprise, np.zeros(6), tol=1e-9).x
    ours = baselines_of(data)["logistic"].forecasts
    np.testing.assert_allclose(ours, probabilities(best, design[-100:]), atol=1e-4)


def test_a_logistic_regression_that_does_not_exist_is_left_out():
    separated = sequences_of([3] * 40, [0] * 20 + [1] * 20, test_rows=3)
    assert "converge" in baselines_of(separated)["logistic"].reason
    few = sequences_of([3] * 6)
    assert isinstance(baselines_of(few)["logistic"], LeftOut)


def test_the_best_baseline_is_best_in_the_metrics_own_direction():
    data = overlapping()
    forecasts = forecasts_of(baselines_of(data))
    accuracies = baseline_errors(forecasts, data, "accuracy")
    assert accuracies["logistic"] > accuracies["majority"]
    assert best_of(accuracies, higher_is_better=True) == "logistic"
    assert best_of(accuracies) == "majority"


def test_a_scenario_is_better_in_the_metrics_own_direction():
    errors = {"low": 0.5, "high": 0.9}
    for higher, results in ((True, [BETTER, WORSE]), (False, [WORSE, BETTER])):
        rows = against_baselines(sample([0.8, 0.81, 0.82]), errors, 0.05, higher_is_better=higher)
        found = list(rows)
        assert [row.result for row in found] == results
        assert [row.is_best for row in found] == [not higher, higher]


# Config


def config_of(entry=None, study=None, model=None, **scenario):
    made = {"observations": 12, "seed": 1, "labels": {"sequences": 40, "by": "mean", "last": 3}}
    return {
        "study": {
            "seed": 1, "margin": 1, "task": "classification", "metric": "accuracy", **(study or {}),
        },
        "series": {"made": {"test_rows": 12, "synthetic": made, **(entry or {})}},
        "model": {"difference": False, "timesteps": 12, **(model or {})},
        "scenarios": {"a": {"stateful": False, **scenario}},
    }  # fmt: skip


def labels(**changes):
    made = {"sequences": 40, "by": "mean", "last": 3, **changes}
    return {"synthetic": {"observations": 12, "seed": 1, "labels": made}}


def test_a_study_of_labels():
    study = load_study(config_of(), [])
    regime = study.scenarios[0].regime
    assert (study.task, regime.task, regime.classes) == ("classification", "classification", 2)
    data = load_series(study.series[0])
    assert (len(data.sequences), data.test_rows, data.task) == (40, 12, "classification")
    assert read_as(study.series)[0].startswith("made: 40 sequences of 12 values of 1 feature")
    assert study.directions == {"accuracy": True}


def test_a_file_of_a_study(tmp_path):
    path = tmp_path / "gaits.csv.gz"
    path.write_bytes(gzip.compress((LONG + "zoe,1,6.5,10,run,20\n").encode()))
    entry = {
        "synthetic": None, "file": str(path), "label": "gait", "sequence": "person",
        "time": "time", "inputs": ["x", "y"], "test_rows": 1, "split_seed": 3,
    }  # fmt: skip
    study = load_study(config_of(entry, timesteps=1), [])
    data = load_series(study.series[0])
    expected = read(tmp_path, LONG + "zoe,1,6.5,10,run,20\n", split_seed=3)
    assert data.labels == expected.labels
    np.testing.assert_array_equal(data.values, expected.values)


FILE = {"synthetic": None, "file": "x.csv", "label": "l", "sequence": "s", "inputs": ["x"]}

PIECES = {"cut": {"form": "pieces"}, "timesteps": 4, "stateful": True}

REFUSED = {
    "no task": (config_of(study={"task": "regression", "metric": "rmse"}),
                r"series.made: has labels; set study.task: classification"),
    "no labels": (config_of({"synthetic": {"observations": 30, "seed": 1}}),
                  r"series.made: has no labels, which study.task: classification asks for"),
    "metric": (config_of(study={"metric": "rmse"}),
               "study.metric: rmse is not measured in a classification; take log_loss, accuracy"),
    "metric of series": (
        {**config_of({"synthetic": {"observations": 30, "seed": 1}}),
         "study": {"seed": 1, "margin": 1, "metric": "accuracy"}},
        "study.metric: accuracy is not measured in a regression; take rmse"),
    "metric of a finding": (
        config_of() | {"findings": {"F": {"claim": "c", "expect": "less", "a": "a", "b": "a",
                                          "metric": "mase"}}}, "findings.F.metric"),
    "classes of a series": (
        {**config_of({"synthetic": {"observations": 30, "seed": 1}}),
         "study": {"seed": 1, "margin": 1, "classes": 2}},
        "study.classes: a regression has none; remove it, or set task: classification"),
    "a split of a series": (
        {**config_of({"synthetic": {"observations": 30, "seed": 1}, "split_seed": 0}),
         "study": {"seed": 1, "margin": 1}},
        "made.split_seed: does not go with what is made up; remove it"),
    "classes": (config_of(labels(classes=3)),
                "study.classes: made has 3 labels \\(0, 1, 2\\); set classes: 3"),
    "differences": (config_of(difference=True), "a.difference: .*; set difference: false"),
    "steps": (config_of({"steps_ahead": 2}), "made.steps_ahead: does not go with sequences"),
    "direct": (config_of(strategy="direct"), "a.strategy: is about forecasts several steps"),
    "refit": (config_of(refit={"every": 3, "epochs": 1}), "a.refit: is about forecasts"),
    "season": (config_of(deseasonalise="stl"), "a.deseasonalise: prepares series"),
    "trend": (config_of(detrend="linear"), "a.detrend: prepares series"),
    "logarithm": (config_of(transform="log"), "a.transform: prepares series"),
    "sequences": (config_of(sequences={"shortest": 2, "longest": 3, "form": "zeros"}),
                  "a.sequences: makes sequences of a series"),
    "state goes on": (config_of(stateful=True), "a.stateful: the state of one sequence would"),
    "stateless pieces": (config_of(**PIECES | {"stateful": False}), "a.cut: pieces take stateful"),
    "dense pieces": (config_of(**PIECES, layer="dense"), "a.(stateful|cut): "),
    "every": (config_of(**PIECES | {"cut": {"form": "pieces", "every": 2}}),
              "a.cut.every: is about windows; remove it"),
    "stopping": (config_of(**PIECES, early_stopping={"validation_rows": 4}),
                 "a.early_stopping: is not made for pieces"),
    "seeding": (config_of(**PIECES, seed_on_train=True), "a.seed_on_train: each sequence begins"),
    "reset": (config_of(**PIECES, reset_after_prediction=True),
              "a.reset_after_prediction: a network would forget"),
    "a batch": (config_of(**PIECES, batch_size=8), "a.batch_size: 8 .* 28 training sequences"),
    "a test batch": (config_of(**PIECES, batch_size=7, forecast_batch_size=5),
                     "a.forecast_batch_size: 5 .* 12 test sequences"),
    "unequal pieces": (config_of(labels(shortest=6), **PIECES, batch_size=2),
                       "a.batch_size: 2 sequences go .* equally many pieces"),
    "unequal and dense": (config_of(labels(shortest=6), layer="dense"),
                          "a.timesteps: a feed-forward network .* has sequences of 6; lower"),
    "unequal and from inputs": (config_of(labels(shortest=6), initial_state="from_inputs"),
                                "a.initial_state: takes the first timestep .* sequences of made"),
    "too few sequences": (config_of(labels(sequences=12)),
                          "labels.sequences: 12 is not more than the 12 test_rows"),
    "shortest": (config_of(labels(shortest=13)), "labels.shortest: 13 is more than the 12"),
    "last": (config_of(labels(shortest=2)), "labels.last: 3 is more than the 2 values"),
    "echo": (config_of({"synthetic": labels()["synthetic"] | {"echo": {"lag": 1, "strength": 0.5}}}),
             "synthetic.echo: does not go with labels"),
    "horizon": (config_of({"horizon": 2}), "made.horizon: does not go with sequences with labels"),
    "value": (config_of(FILE | {"value": "x"}), "made.value: does not go with sequences with"),
    "files": (config_of(FILE | {"file": ["x.csv", "y.csv"]}), "made.file: .* from one file; join"),
    "pieces of a series": (config_of(FILE | {"pieces": "p"}), "made.pieces: does not go with"),
    "no sequence": (config_of(FILE | {"sequence": None}), "made: with 'label', the key 'sequence'"),
    "no inputs": (config_of(FILE | {"inputs": []}), "made: with 'label', the key 'inputs' is"),
    "label without a file": (config_of({"label": "l"}), "made.label: does not go with what is"),
    "split of what is made up": (config_of({"split_seed": 1}), "made.split_seed: does not go"),
    "a series with a sequence": (
        {**config_of({"synthetic": None, "file": "x.csv", "value": "x", "sequence": "s"})},
        "made.sequence: does not go with a series"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_go_together_is_refused_before_any_training(name):
    config, words = REFUSED[name]
    with pytest.raises(ConfigError, match=words):
        load_study(config, [])


def test_a_cut_is_of_sequences_with_labels():
    config = config_of({"synthetic": {"observations": 30, "seed": 1}}, timesteps=2)
    config["study"] = {"seed": 1, "margin": 1}
    load_study(config, [])
    config["scenarios"]["a"]["cut"] = {"form": "windows"}
    with pytest.raises(ConfigError, match=r"a.cut: is about sequences with labels"):
        load_study(config, [])


def test_a_label_of_the_test_alone_is_refused(tmp_path):
    path = tmp_path / "sorted.csv"
    path.write_text("id,x,l\n" + "".join(f"{i},{i},{i // 7}\n" for i in range(10)), "utf-8")
    entry = FILE | {"file": str(path), "label": "l", "sequence": "id", "test_rows": 3}
    words = r"made.test_rows: the label 1 is only in the 3 sequences .* split_seed"
    with pytest.raises(ConfigError, match=words):
        load_study(config_of(entry, timesteps=1), [])
    load_study(config_of(entry | {"split_seed": 2}, timesteps=1), [])


def test_a_file_with_a_mistake_is_named_with_its_key(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("id,x,l\n1,2,a\n1,3,b\n", "utf-8")
    entry = FILE | {"file": str(path), "label": "l", "sequence": "id", "test_rows": 1}
    with pytest.raises(ConfigError, match=r"series.made.file: .*two.csv.*sequence 1 has the label"):
        load_study(config_of(entry, timesteps=1), [])
    for key, column in (("label", "m"), ("sequence", "n"), ("time", "t")):
        with pytest.raises(ConfigError, match=rf"series.made.{key}: .* has no column '{column}'"):
            load_study(config_of(entry | {key: column}, timesteps=1), [])


def test_a_recipe_depends_on_every_value_and_label():
    config = config_of()
    recipes = {
        recipe(load_study(config_of(entry), []), "made", "a")
        for entry in (None, labels(last=4), labels(by="value"), {"test_rows": 11})
    }
    assert len(recipes) == 4
    assert recipe(load_study(config, []), "made", "a") in recipes
    three = study_of(config_of(labels(classes=3), study={"classes": 3}))
    assert recipe(three, "made", "a") not in recipes


def test_a_recipe_depends_on_one_value_of_one_sequence_and_on_no_other_column(tmp_path):
    entry = FILE | {"label": "gait", "sequence": "person", "test_rows": 1}
    texts = LONG, LONG.replace("3.5,40", "3.6,40"), LONG.replace("run,40", "run,41")
    recipes = []
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.csv"
        path.write_text(text, "utf-8")
        study = load_study(config_of(entry | {"file": str(path), "inputs": ["x"]}, timesteps=1), [])
        recipes.append(recipe(study, "made", "a"))
    assert recipes[0] == recipes[2] != recipes[1]


# Kept


def test_every_label_of_a_test_sequence_has_a_row():
    data = sequences_of([2] * 5, [0, 2, 1, 2, 0], classes="abc")
    table = pd.DataFrame({"repeat": [0, 1]}).join(
        pd.DataFrame([[0.1] * 5 + [0.5], [0.2] * 5 + [0.0]]).set_axis(
            [f"forecast_{i + 1}" for i in range(6)], axis=1
        )
    )
    checked = CheckedBlock(Block("toy", "s", 0, 2), data, table, None)
    rows = forecast_rows(checked)
    assert list(rows["step"]) == [1, 1, 1, 2, 2, 2] * 2
    assert list(rows["label"]) == list("abc") * 4
    assert list(rows["actual"]) == [0, 0, 1, 1, 0, 0] * 2
    assert list(rows["forecast"]) == [0.1] * 5 + [0.5] + [0.2] * 5 + [0.0]
    assert list(rows["repeat"]) == [0] * 6 + [1] * 6
