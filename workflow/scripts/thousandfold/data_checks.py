"""Checks of the files that a config names: every scenario can be trained on every series."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
from pandas.api.types import is_numeric_dtype

from thousandfold.config_files import Key
from thousandfold.data import (
    PUBLISHED_COLUMNS,
    PUBLISHED_NUMBERS,
    load_published,
    load_series,
    own_model_file,
)
from thousandfold.errors import DataError, NoColumnError, PreparationError
from thousandfold.labelled import supervised
from thousandfold.reading.files import check_file
from thousandfold.scenario import Preparation, TrainedScenario
from thousandfold.schema import BadKeyError
from thousandfold.series import LabelledSequences, Series
from thousandfold.study import SeriesSource, TrainedStudy
from thousandfold.supervised import Supervised

OF_A_MEMBER = ("collection", "test_rows")
"""Keys of an entry to which errors about one series of a collection point."""


def check_data(study: TrainedStudy) -> None:
    """Read every file that the config names and check that every scenario can use it.

    Raises BadKeyError.
    """
    for scenario in study.scenarios:
        _check_model(scenario)
    for source in study.windows:
        try:
            _check_series(study, source)
        except BadKeyError as error:
            if source.cut_from:
                raise BadKeyError(
                    ("series", source.listed_as, "origins"),
                    f"{source.earlier} observations earlier: {error.problem}; or lower count or "
                    "every",
                ) from None
            if source.entry and (error.key[0] == "scenarios" or error.key[-1] in OF_A_MEMBER):
                others = _others_like(study, source, error)
                raise BadKeyError(error.key, f"{error.problem}{others}") from None
            raise


def _check_series(study: TrainedStudy, source: SeriesSource) -> None:
    """Check that every scenario can be trained on a series."""
    series = _read(source)
    there, what = len(series.values), "observations"
    if isinstance(series, LabelledSequences):
        there, what = len(series.sequences), "sequences"
    if source.test_rows >= there:
        whose = f"of {source.name} " if source.entry else ""
        raise BadKeyError(
            ("series", source.listed_as, "test_rows"),
            f"{source.test_rows} is not less than the {there} {what} {whose}there are; lower it",
        )
    if isinstance(series, LabelledSequences):
        _check_labels(study, source, series)
    prepared: dict[Preparation, Supervised] = {}
    for scenario in study.scenarios:
        _check_labels_of_steps(scenario, series)
        preparation = scenario.regime.preparation
        if preparation not in prepared:
            prepared[preparation] = _supervised(scenario, series)
        _check_parts(scenario, series, prepared[preparation])
        _check_rows(scenario, series, prepared[preparation])
        _check_refit(scenario, series, prepared[preparation])
        _check_horizon(scenario, series, ("series", source.listed_as, "horizon"))
        _check_steps_ahead(scenario, series, ("series", source.listed_as, "steps_ahead"))
    if source.published is not None:
        _check_published(source)


def _others_like(study: TrainedStudy, source: SeriesSource, error: BadKeyError) -> str:
    """How many more series of a collection have the same problem, and how to leave them out."""
    count = 0
    for other in study.series:
        if other.entry == source.entry and other.name != source.name:
            try:
                _check_series(study, other)
            except BadKeyError as its:
                count += its.key == error.key
    others = f"so it is with {count} more series of {source.entry}; " if count else ""
    return f"; {others}series.{source.entry}.collection can leave such series out"


def _read(source: SeriesSource) -> Series:
    """A series of the study. Raises BadKeyError."""
    name = source.listed_as
    try:
        return load_series(source)
    except NoColumnError as error:
        key = "inputs" if error.column in source.inputs else "value"
        if error.column == source.pieces:
            key = "pieces"
        if source.labelled is not None:
            names = {column: key for key, column in asdict(source.labelled).items()}
            key = names.get(error.column, key)
        if error.column in (source.date, *dict(source.treatment.where)):
            key = "date" if error.column == source.date else "where"
        raise BadKeyError(("series", name, key), str(error)) from None
    except DataError as error:
        if source.entry:
            problem = f"series {source.name}: {error}"
            raise BadKeyError(("series", name, "collection"), problem) from None
        raise BadKeyError(("series", name, "file"), str(error)) from None


def _check_model(scenario: TrainedScenario) -> None:
    """Check a user's own model; its file is part of the recipe."""
    model = scenario.regime.network.model
    if model is None:
        return
    try:
        check_file(Path(own_model_file(model)))
    except DataError as error:
        raise BadKeyError(("scenarios", scenario.name, "model"), str(error)) from None


def _supervised(scenario: TrainedScenario, series: Series) -> Supervised:
    """A series as a scenario sees it. Raises BadKeyError."""
    try:
        return supervised(series, scenario.regime.preparation)
    except PreparationError as error:
        raise BadKeyError(("scenarios", scenario.name, error.key), str(error)) from None
    except DataError as error:
        raise BadKeyError(("scenarios", scenario.name), str(error)) from None


def _check_rows(scenario: TrainedScenario, series: Series, data: Supervised) -> None:
    """Check that the batches of a stateful network are full."""
    regime = scenario.regime
    if not regime.state.stateful:
        return
    training = regime.training
    if series.is_in_pieces:
        _check_takes_pieces(scenario, series)
    forecast_key = "forecast_batch_size" if training.forecast_batch_size else "batch_size"
    parts = [("training", "batch_size", data.train), ("test", forecast_key, data.test)]
    if data.validation is not None:
        parts.append(("validation", "batch_size", data.validation))
    if regime.state.seed_on_train:
        parts.append(("seeding", forecast_key, data.before_test))
    for part, key, rows in parts:
        size = training.batch_size if key == "batch_size" else training.rows_per_forecast
        if len(rows) % size:
            divisors = [str(n) for n in range(1, len(rows) + 1) if len(rows) % n == 0]
            other = "test_rows" if part == "test" else "train_rows"
            if data.validation is not None and part != "test":
                other = "validation_rows or train_rows"
            raise BadKeyError(
                ("scenarios", scenario.name, key),
                f"{size} does not divide the {len(rows)} {part} rows of series {series.name}, as a "
                f"stateful network needs; take {', '.join(divisors)}, or set {other}",
            )


def _check_takes_pieces(scenario: TrainedScenario, series: Series) -> None:
    """Check that a stateful network takes a series in pieces, before each of which it forgets."""
    training = scenario.regime.training
    if training.validates:
        key = "early_stopping" if training.early_stopping else "reduce_on_plateau"
        raise BadKeyError(
            ("scenarios", scenario.name, key),
            f"series {series.name} is in pieces, of which a stateful network takes no validation "
            "rows; remove it",
        )
    for key, size in (
        ("batch_size", training.batch_size),
        ("forecast_batch_size", training.rows_per_forecast),
    ):
        if size != 1:
            raise BadKeyError(
                ("scenarios", scenario.name, key),
                f"series {series.name} is in pieces, between which a stateful network is reset, so "
                f"that it takes one row at a time; set {key}: 1",
            )


def _check_refit(scenario: TrainedScenario, series: Series, data: Supervised) -> None:
    """Check that a network is updated at all and, if it is stateful, between full batches."""
    training = scenario.regime.training
    if training.refit is None:
        return
    every, key = training.refit.every, ("scenarios", scenario.name, "refit", "every")
    if every >= len(data.test):
        raise BadKeyError(
            key,
            f"{every} is not less than the {len(data.test)} test rows of series {series.name}, so "
            "that the network would never be updated; lower it, or remove refit",
        )
    for size in (training.batch_size, training.rows_per_forecast):
        if scenario.regime.state.stateful and every % size:
            raise BadKeyError(
                key,
                f"{every} is no multiple of {size}, the rows of a batch, as a stateful network "
                f"needs; give {every + size - every % size} or another multiple",
            )


def _check_labels(study: TrainedStudy, source: SeriesSource, data: LabelledSequences) -> None:
    """Check that there are as many labels as the study says, and all of them in training."""
    asked, labels = study.scenarios[0].regime.classes, ", ".join(data.classes)
    if len(data.classes) != asked:
        raise BadKeyError(
            ("study", "classes"),
            f"{source.name} has {len(data.classes)} labels ({labels}); set classes: "
            f"{len(data.classes)}",
        )
    seen = set(data.values[: -data.test_rows])
    for number, label in enumerate(data.classes):
        if number not in seen:
            fix = "set split_seed, which draws the test sequences from all, or lower test_rows"
            raise BadKeyError(
                ("series", source.listed_as, "test_rows"),
                f"the label {label} is only in the {data.held_out} sequences of the test; {fix}",
            )


def _check_labels_of_steps(scenario: TrainedScenario, series: Series) -> None:
    """Check that a scenario learns the label of each step, if each has one, and tells it."""
    if not isinstance(series, LabelledSequences) or not series.labels_each_step:
        return
    preparation, longest = scenario.regime.preparation, max(map(len, series.sequences))
    if preparation.cut is None and preparation.timesteps < longest:
        raise BadKeyError(
            ("scenarios", scenario.name, "timesteps"),
            f"{preparation.timesteps} leave out the first steps of sequences of {series.name}, "
            f"which have labels of their own (label_each: step); set {longest}, or cut: {{form: "
            "windows}, or, of a stateful network, pieces",
        )
    if preparation.cut is not None and preparation.cut.form == "pieces_last":
        raise BadKeyError(
            ("scenarios", scenario.name, "cut", "form"),
            f"each step of {series.name} has a label of its own (label_each: step), not only the "
            "last ones; set pieces",
        )
    if not scenario.regime.network.is_recurrent and preparation.timesteps > 1:
        raise BadKeyError(
            ("scenarios", scenario.name, "layer"),
            f"a feed-forward network tells one label of a row, and each step of {series.name} has "
            "one (label_each: step); take a recurrent layer, or timesteps: 1 and cut: {form: "
            "windows}",
        )


def _check_parts(scenario: TrainedScenario, series: Series, data: Supervised) -> None:
    """Check that a network can take sequences of these lengths, so many at a time."""
    regime = scenario.regime
    if not isinstance(series, LabelledSequences):
        return
    network, training = regime.network, regime.training
    if data.train.present is not None and not network.is_recurrent:
        shortest = min(map(len, series.sequences))
        raise BadKeyError(
            ("scenarios", scenario.name, "timesteps"),
            f"a feed-forward network sees all values of a row, and {series.name} has sequences of "
            f"{shortest}; lower timesteps to at most that, or take a recurrent layer",
        )
    if data.train.present is not None and network.initial_state == "from_inputs":
        raise BadKeyError(
            ("scenarios", scenario.name, "initial_state"),
            f"takes the first timestep of each row, and sequences of {series.name} that are "
            "shorter than the longest one have none there; set learned or zero",
        )
    if data.train.begins is None:
        return
    parts = ("training", "batch_size", training.batch_size, data.train), (
        "test", "forecast_batch_size" if training.forecast_batch_size else "batch_size",
        training.rows_per_forecast, data.test,
    )  # fmt: skip
    for part, key, size, rows in parts:
        assert rows.begins is not None
        begins = np.flatnonzero(rows.begins)
        if size > 1 and (len(begins) % size or len(set(np.diff([*begins, len(rows)]))) > 1):
            raise BadKeyError(
                ("scenarios", scenario.name, key),
                f"{size} sequences go through the network side by side, so it has to divide the "
                f"{len(begins)} {part} sequences of {series.name}, and they have to have equally "
                "many pieces; change it (1 always does), test_rows or train_rows",
            )


def _check_horizon(scenario: TrainedScenario, series: Series, key: Key) -> None:
    """Check that forecasts of forecasts take one row at a time, and only the series itself."""
    regime = scenario.regime
    if not series.horizon:
        return
    if series.inputs is not None:
        raise BadKeyError(key, "the inputs beside the series are not known beyond its end; set 0")
    if regime.preparation.sequences is not None:
        raise BadKeyError(
            key, f"scenario {scenario.name} has sequences, which end with the series; set 0"
        )
    if regime.state.stateful and regime.training.rows_per_forecast > 1:
        raise BadKeyError(
            ("scenarios", scenario.name, "forecast_batch_size"),
            "forecasts over a horizon go one row at a time, whatever batch_size is; set it to 1",
        )


def _check_steps_ahead(scenario: TrainedScenario, series: Series, key: Key) -> None:
    """Check that a scenario can forecast several steps ahead in the test, and means to."""
    preparation, steps = scenario.regime.preparation, series.steps_ahead
    is_direct = preparation.strategy == "direct"
    of_scenario = ("scenarios", scenario.name, "strategy")
    if steps == 1:
        if is_direct:
            raise BadKeyError(
                of_scenario,
                f"series {series.name} is forecast one step ahead, which is the same either way; "
                "remove it, or set steps_ahead of the series",
            )
        return
    if preparation.sequences is not None:
        raise BadKeyError(
            key, f"scenario {scenario.name} has sequences, which are forecast one step ahead; set 1"
        )
    if series.inputs is not None and not is_direct:
        raise BadKeyError(
            of_scenario,
            f"the inputs beside series {series.name} are not forecast, so that no forecast can be "
            "made from others; set strategy: direct, steps_ahead: 1, or remove the inputs",
        )
    if is_direct and series.horizon not in (0, steps):
        raise BadKeyError(
            (*key[:2], "horizon"),
            f"scenario {scenario.name} forecasts {steps} steps (steps_ahead) at once, by its "
            f"strategy; set 0 or {steps}",
        )


def _check_published(source: SeriesSource) -> None:
    key = ("series", source.name, "published")
    try:
        check_file(Path(str(source.published)))
        table = load_published(str(source.published))
    except DataError as error:
        raise BadKeyError(key, str(error)) from None
    except (OSError, ValueError) as error:
        problem = f"{source.published}: cannot be read ({error}); correct it"
        raise BadKeyError(key, problem) from None
    for column in PUBLISHED_COLUMNS:
        if column not in table:
            raise BadKeyError(key, f"{source.published}: has no column {column!r}; add it")
    for column in PUBLISHED_NUMBERS:
        if not is_numeric_dtype(table[column]) or np.isinf(table[column]).any():
            problem = f"column {column!r} has a value that is not a number; correct it"
            raise BadKeyError(key, f"{source.published}: {problem}")
    if not (table["n"] >= 1).all():
        problem = "column 'n' has a row without a number of repeats; give at least 1"
        raise BadKeyError(key, f"{source.published}: {problem}")
