"""Sequences with a label at each step: made up, read, cut, checked, told and measured."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from support import STATELESS

from thousandfold.baselines import baselines_of
from thousandfold.collection import CheckedBlock, forecast_rows
from thousandfold.config_files import ConfigError
from thousandfold.data import load_series
from thousandfold.inference.contrasts import MeanDifference
from thousandfold.inference.reaches import reach_table
from thousandfold.labelled import supervise_labels
from thousandfold.loading import load_study
from thousandfold.metrics import forecast_errors
from thousandfold.reading.options import LabelColumns
from thousandfold.recipe import recipe
from thousandfold.scenario import Cut
from thousandfold.sequences import described, made_up, read_sequences
from thousandfold.study import Block
from thousandfold.supervised import MASK_VALUE
from thousandfold.synthetic import Labels, Synthetic
from thousandfold.tasks import TASKS

LONG = """\
person,time,x,gait
ann,2,1.5,run
ann,1,0.5,walk
bob,1,2.5,run
bob,3,4.5,walk
bob,2,3.5,run
eve,1,5.5,walk
eve,2,6.5,run
"""

COLUMNS = LabelColumns("person", "gait", "time", each_step=True)


def read(tmp_path, text=LONG, columns=COLUMNS, test_rows=1, **changes):
    path = tmp_path / "gaits.csv"
    path.write_text(text, encoding="utf-8")
    return read_sequences("gaits", path, columns, ["x"], test_rows, **changes)


def steps_of(lengths, test_rows=2, **labels):
    """Made-up sequences of these lengths, whose values tell which step of which they are."""
    made = made_up(
        "made",
        Synthetic(max(lengths), 1, labels=Labels(len(lengths), "mean", 2, each="step", **labels)),
        test_rows,
    )
    data = replace(
        made,
        values=np.arange(sum(lengths)) % 2.0,
        labels=tuple(map(str, range(sum(lengths)))),
        test_rows=int(sum(lengths[-test_rows:])),
        sequences=tuple(
            100.0 * number + np.arange(length)[:, np.newaxis]
            for number, length in enumerate(lengths)
        ),
    )
    assert data.held_out == test_rows
    return data


def rows_of(data, timesteps, cut=None):
    regime = STATELESS.varied(timesteps=timesteps, cut=cut, difference=False, scaling="none")
    return supervise_labels(data, regime.preparation)


# Made up, and read


@pytest.mark.parametrize("by", ["mean", "value"])
def test_the_values_up_to_a_step_decide_its_label(by):
    labels = Labels(300, by, 4, classes=3, shortest=6, each="step")
    sequences, numbers = Synthetic(12, 1, labels=labels).labelled()
    for values, own in zip(sequences, numbers, strict=True):
        assert values.shape == (len(own), 1)
        for step, number in enumerate(own):
            known = values[max(0, step - 3) : step + 1, 0]
            deciding = known.sum() / len(known) ** 0.5 if by == "mean" else known[0]
            assert number == int(stats.norm.cdf(deciding) * 3)
    counts = np.bincount(np.concatenate(numbers).astype(int))
    assert counts.min() > 0.9 * counts.max()


def held_out_do_not_depend_on_what_has_a_label():
    each, one = (
        Synthetic(9, 1, labels=Labels(5, "mean", 4, each=each)).labelled()
        for each in ("step", "sequence")
    )
    np.testing.assert_array_equal(each[0], one[0])
    assert [own[-1] for own in each[1]] == [own[0] for own in one[1]]


def test_each_row_of_a_file_has_a_label(tmp_path):
    data = read(tmp_path)
    np.testing.assert_array_equal(data.values, [1, 0, 0, 0, 1, 1, 0])
    assert data.labels == (
        "ann at 1", "ann at 2", "bob at 1", "bob at 2", "bob at 3", "eve at 1", "eve at 2",
    )  # fmt: skip
    assert (data.test_rows, data.held_out) == (2, 1)
    np.testing.assert_array_equal(data.actual, [1, 0])
    np.testing.assert_array_equal(data.labels_of(1), [0, 0, 1])
    assert described(data) == "3 sequences of 2 to 3 values of 1 feature, each with a label"
    two = read(tmp_path, test_rows=2)
    assert (two.test_rows, two.held_out) == (5, 2)
    np.testing.assert_array_equal(two.forecasts_per_row, [3, 2])


def test_a_seed_draws_sequences_with_their_labels(tmp_path):
    text = "id,x,label\n" + "".join(f"{i // 3},{i},{i % 3}\n" for i in range(30))
    drawn = read(tmp_path, text, LabelColumns("id", "label", each_step=True), split_seed=1)
    order = [int(values[0, 0]) // 3 for values in drawn.sequences]
    assert order != sorted(order) == list(range(10))
    np.testing.assert_array_equal(drawn.values, [0, 1, 2] * 10)
    assert drawn.labels[:3] == tuple(f"{order[0]} at {step}" for step in (1, 2, 3))


# Cut


def test_whole_sequences():
    data = rows_of(steps_of([3, 4, 2, 4]), timesteps=4)
    mask = MASK_VALUE
    np.testing.assert_array_equal(data.train.inputs[..., 0], [[mask, 0, 1, 2], range(100, 104)])
    np.testing.assert_array_equal(data.train.targets, [[0, 0, 1, 0], [1, 0, 1, 0]])
    np.testing.assert_array_equal(data.test.present, [[0, 0, 1, 1], [1] * 4])
    np.testing.assert_array_equal(data.test.targets[data.test.present], data.actual)


def test_windows_are_learnt_where_they_overlap_and_told_once_each():
    data = rows_of(steps_of([6, 2, 5, 7]), 3, Cut("windows", 2))
    windows = [[1, 2, 3], [3, 4, 5], [MASK_VALUE, 100, 101]]
    np.testing.assert_array_equal(data.train.inputs[..., 0], windows)
    np.testing.assert_array_equal(data.train.targets, [[1, 0, 1], [1, 0, 1], [0, 0, 1]])
    told = data.test.inputs[data.test.present][:, 0]
    np.testing.assert_array_equal(told, [*range(200, 205), *range(300, 307)])
    assert data.test.begins is None


@pytest.mark.parametrize("batch_size", [1, 2, 4])
@pytest.mark.parametrize("timesteps", [1, 2, 3])
def test_every_step_of_the_test_is_told_once_and_in_order(timesteps, batch_size):
    rows = rows_of(steps_of([6] * 8, test_rows=4), timesteps, Cut("pieces")).test
    outputs = rows.side_by_side(batch_size).inputs[..., 0]
    told = rows.forecasts(outputs, batch_size)
    expected = [100 * number + step for number in range(4, 8) for step in range(6)]
    np.testing.assert_array_equal(told.ravel(), expected)
    assert rows.targets.shape == ((24,) if timesteps == 1 else (24 // timesteps, timesteps))


@pytest.mark.parametrize("lengths", [[6] * 4, [3, 4, 5, 6]])
@pytest.mark.parametrize(("timesteps", "cut"), [(6, None), (4, Cut("windows")), (1, Cut("pieces"))])
def test_a_step_has_the_probabilities_of_its_own_outputs(lengths, timesteps, cut):
    data = steps_of(lengths)
    prepared = rows_of(data, timesteps, cut)
    targets = prepared.test.targets.reshape(len(prepared.test), -1, 1)
    outputs = np.concatenate([1 - targets, targets], axis=-1).reshape(1, len(targets), -1)
    told = TASKS["classification"].forecasts(prepared, outputs)
    assert told.shape == (1, *data.forecast_shape)
    np.testing.assert_array_equal(told[0, :, 1], data.actual)
    assert forecast_errors(told, data, "classification")["accuracy"] == [1]


# Without a network


def test_logistic_regression_is_about_the_values_up_to_each_step():
    labels = Labels(120, "mean", 3, shortest=4, each="step")
    data = made_up("made", Synthetic(8, 1, labels=labels), 30)
    seen = [
        [sequence[: step + 1].mean(), sequence[step, 0]]
        for sequence in data.sequences
        for step in range(len(sequence))
    ]
    design, training = sm.add_constant(np.array(seen)), slice(-data.test_rows)
    fit = sm.GLM(data.values[training], design[training], sm.families.Binomial()).fit()
    ours = baselines_of(data)
    np.testing.assert_allclose(
        ours["logistic"].forecasts[:, 1], fit.predict(design[-data.test_rows :]), atol=1e-6
    )
    share = data.values[training].mean()
    np.testing.assert_allclose(ours["majority"].forecasts, [[1 - share, share]] * data.test_rows)


# Kept


def test_every_label_of_a_test_step_has_a_row(tmp_path):
    data = read(tmp_path, test_rows=2)
    values = pd.DataFrame([np.arange(10) / 10], columns=[f"forecast_{i + 1}" for i in range(10)])
    table = pd.DataFrame({"repeat": [0]}).join(values)
    rows = forecast_rows(CheckedBlock(Block("gaits", "s", 0, 1), data, table, None))
    assert list(rows["step"]) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert list(rows["label"]) == ["run", "walk"] * 5
    assert list(rows["actual"]) == [1, 0, 1, 0, 0, 1, 0, 1, 1, 0]


def test_over_other_test_rows_the_steps_of_a_sequence_stay_together():
    """With two sequences, those drawn are both, or one of them twice."""
    data = steps_of([6, 6, 2, 6])
    right = np.eye(2)[data.actual.astype(int)]
    wrong = 1 - right
    told = {"a": [right], "b": [np.concatenate([wrong[:2], right[2:]])]}
    contrast = MeanDifference("greater", "a", "b", 0.1, metric="accuracy")
    (row,) = reach_table([contrast], {"made": data}, lambda _, s: np.array(told[s]), 1)
    assert (row.lowest_without_one, row.highest_without_one) == (0, 1)
    assert (row.low, row.high) == pytest.approx((0, 1))
    assert row.same_sign == pytest.approx(0.75, abs=0.02)
    assert row.block == 1
    three = steps_of([6, 2, 6, 4], test_rows=3)
    right = np.eye(2)[three.actual.astype(int)]
    told = {"a": [right], "b": [np.concatenate([1 - right[:2], right[2:]])]}
    (row,) = reach_table([contrast], {"made": three}, lambda _, s: np.array(told[s]), 1)
    assert row.lowest_without_one == 0
    assert row.highest_without_one == pytest.approx(2 / 6)


# Config


def config_of(labels=None, study=None, **scenario):
    made = {
        "observations": 12,
        "seed": 1,
        "labels": {"sequences": 40, "by": "mean", "last": 3, "each": "step", **(labels or {})},
    }
    return {
        "study": {
            "seed": 1, "margin": 1, "task": "classification", "metric": "accuracy", **(study or {}),
        },
        "series": {"made": {"test_rows": 12, "synthetic": made}},
        "model": {"difference": False, "timesteps": 12},
        "scenarios": {"a": {"stateful": False, **scenario}},
    }  # fmt: skip


def test_a_study_of_steps():
    study = load_study(config_of(labels={"shortest": 5}), [])
    data = load_series(study.series[0])
    assert data.labels_each_step
    assert data.held_out == 12
    assert data.test_rows == sum(map(len, data.sequences[-12:]))
    recipes = {
        recipe(load_study(config, []), "made", "a")
        for config in (config_of(), config_of({"each": "sequence"}), config_of({"shortest": 5}))
    }
    assert len(recipes) == 3


def config_of_a_file(tmp_path, test_rows):
    path = tmp_path / "gaits.csv"
    path.write_text(LONG, encoding="utf-8")
    config = config_of(timesteps=3)
    config["series"]["made"] = {
        "file": str(path), "label": "gait", "label_each": "step", "sequence": "person",
        "time": "time", "inputs": ["x"], "test_rows": test_rows,
    }  # fmt: skip
    return config


def test_a_file_of_a_study_of_steps(tmp_path):
    config = config_of_a_file(tmp_path, test_rows=1)
    (source,) = load_study(config, []).series
    np.testing.assert_array_equal(load_series(source).values, read(tmp_path).values)
    del config["series"]["made"]["label_each"]
    with pytest.raises(ConfigError, match=r"ann has the label 'walk', .* or set label_each: step"):
        load_study(config, [])


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (config_of(timesteps=11), r"a.timesteps: 11 leave out the first steps .* set 12, or cut"),
        (config_of(timesteps=4, stateful=True, cut={"form": "pieces_last"}),
         r"a.cut.form: each step of made has a label .* set pieces"),
        (config_of(layer="dense"), r"a.layer: a feed-forward network tells one label of a row"),
        (config_of(labels={"sequences": 12}), r"labels.sequences: 12 is not more than the 12"),
    ],
)  # fmt: skip
def test_what_cannot_tell_each_step_is_refused(config, words):
    with pytest.raises(ConfigError, match=words):
        load_study(config, [])
    if "layer" in words:
        dense = config_of(layer="dense", timesteps=1, cut={"form": "windows"})
        assert load_study(dense, []).scenarios[0].regime.network.layer == "dense"


def test_too_many_held_out(tmp_path):
    config = config_of_a_file(tmp_path, test_rows=3)
    with pytest.raises(ConfigError, match=r"made.test_rows: 3 is not less than the 3 sequences"):
        load_study(config, [])
