"""Checks of the files that a config names: every scenario can be trained on every series."""

from pathlib import Path

import numpy as np
from pandas.api.types import is_numeric_dtype

from thousandfold.data import (
    PUBLISHED_COLUMNS,
    PUBLISHED_NUMBERS,
    load_published,
    load_series,
    own_model_file,
)
from thousandfold.errors import DataError, NoColumnError
from thousandfold.reading.files import check_file
from thousandfold.scenario import TrainedScenario
from thousandfold.schema import BadKeyError
from thousandfold.series import Series
from thousandfold.study import SeriesSource, TrainedStudy
from thousandfold.supervised import supervise


def check_data(study: TrainedStudy) -> None:
    """Read every file that the config names and check that every scenario can use it.

    Raises BadKeyError.
    """
    for scenario in study.scenarios:
        _check_model(scenario)
    for source in study.series:
        try:
            series = load_series(source)
        except NoColumnError as error:
            key = "inputs" if error.column in source.inputs else "value"
            if error.column in (source.date, *dict(source.treatment.where)):
                key = "date" if error.column == source.date else "where"
            raise BadKeyError(("series", source.name, key), str(error)) from None
        except DataError as error:
            raise BadKeyError(("series", source.name, "file"), str(error)) from None
        if series.test_rows >= len(series.values):
            raise BadKeyError(
                ("series", source.name, "test_rows"),
                f"{source.test_rows} is not less than the {len(series.values)} observations; "
                "lower it",
            )
        for scenario in study.scenarios:
            _check_rows(scenario, series)
            _check_horizon(scenario, series)
        if source.published is not None:
            _check_published(source)


def _check_model(scenario: TrainedScenario) -> None:
    """Check a user's own model; its file is part of the recipe."""
    model = scenario.regime.network.model
    if model is None:
        return
    try:
        check_file(Path(own_model_file(model)))
    except DataError as error:
        raise BadKeyError(("scenarios", scenario.name, "model"), str(error)) from None


def _check_rows(scenario: TrainedScenario, series: Series) -> None:
    regime = scenario.regime
    try:
        data = supervise(series, regime.preparation)
    except DataError as error:
        raise BadKeyError(("scenarios", scenario.name), str(error)) from None
    if not regime.state.stateful:
        return
    training = regime.training
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
            raise BadKeyError(
                ("scenarios", scenario.name, key),
                f"{size} does not divide the {len(rows)} {part} rows of series {series.name}, as a "
                f"stateful network needs; take {', '.join(divisors)}, or set {other}",
            )


def _check_horizon(scenario: TrainedScenario, series: Series) -> None:
    """Check that forecasts of forecasts take one row at a time, and only the series itself."""
    regime, key = scenario.regime, ("series", series.name, "horizon")
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
