"""Training: from a scenario, a series and a range of repeats to a table.

Refers to the engines by name only; importing this module does not import Keras.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from thousandfold.engines import engine
from thousandfold.engines.block import Progress, no_progress
from thousandfold.labelled import supervised
from thousandfold.scenario import TrainedScenario
from thousandfold.seeds import repeat_seed
from thousandfold.series import Series
from thousandfold.supervised import Supervised
from thousandfold.tasks import TASKS


@dataclass(frozen=True)
class Prepared:
    """A scenario with the series, and the rows made of it, that its repeats are trained on."""

    scenario: TrainedScenario
    series: Series
    data: Supervised

    @classmethod
    def of(cls, scenario: TrainedScenario, series: Series) -> "Prepared":
        """Prepare a series as a scenario says. Raises DataError."""
        return cls(scenario, series, supervised(series, scenario.regime.preparation))


def train_repeats(
    scenario: TrainedScenario, series: Series, study_seed: int, repeats: range
) -> pd.DataFrame:
    """Prepare a series for a scenario and train repeats on it, as train_prepared does."""
    return train_prepared(Prepared.of(scenario, series), study_seed, repeats)


def train_prepared(
    prepared: Prepared,
    study_seed: int,
    repeats: range,
    progress: Progress = no_progress,
    *,
    timed: bool = False,
) -> pd.DataFrame:
    """Train repeats of a scenario on a series, and let each one forecast.

    One row per repeat: repeat, seed, train_loss (the task's, of the scaled targets, in the
    last epoch), train_seconds (NaN unless `timed`), epochs, diverged, and forecast_1, forecast_2,
    ... in the order of `Series.actual`, and future_1, ... (series' units). Forecasts of labels are
    the probabilities of all labels of the first test row, then those of the second, and so on. A
    repeat has diverged if its loss or a forecast is not finite.
    """
    scenario, series, data = prepared.scenario, prepared.series, prepared.data
    regime = scenario.regime
    seeds = [repeat_seed(study_seed, series.name, scenario.seeded_by, repeat) for repeat in repeats]
    trained = engine(regime.execution.engine).train_block(regime, data, seeds, progress)

    task = TASKS[regime.task]
    forecasts, future = task.forecasts(data, trained.outputs), task.future(data, trained.future)
    forecasts = forecasts.reshape(len(seeds), -1)
    finite = np.isfinite(trained.train_loss) & np.isfinite(forecasts).all(axis=1)
    seconds = trained.seconds if timed else None
    columns = {
        "repeat": np.array(repeats, np.int64),
        "seed": np.array(seeds, np.int64),
        "train_loss": trained.train_loss.astype(float),
        "train_seconds": np.full(len(seeds), np.nan) if seconds is None else seconds,
        "epochs": trained.epochs.astype(np.int64),
        "diverged": ~finite,
    }
    steps = {f"forecast_{step + 1}": column for step, column in enumerate(forecasts.T)}
    beyond = {f"future_{step + 1}": future[:, step] for step in range(series.horizon)}
    return pd.DataFrame(columns | steps | beyond)
