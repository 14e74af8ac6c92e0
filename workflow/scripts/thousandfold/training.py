"""One training job's work: from a scenario, a series and a range of repeats to a table.

Refers to the engines by name only; importing this module does not import Keras.
"""

import numpy as np
import pandas as pd

from thousandfold.engines import engine
from thousandfold.engines.block import Progress
from thousandfold.scenario import Scenario
from thousandfold.seeds import repeat_seed
from thousandfold.series import Series
from thousandfold.supervised import supervise
from thousandfold.tasks import TASKS


def no_progress(epochs_done: float) -> None:
    """Report nothing."""


def train_repeats(
    scenario: Scenario,
    series: Series,
    study_seed: int,
    repeats: range,
    progress: Progress = no_progress,
    *,
    timed: bool = False,
) -> pd.DataFrame:
    """Train the repeats of a scenario on a series, and let each one forecast.

    One row per repeat: repeat, seed, train_loss (the task's, of the scaled targets, in the
    last epoch), train_seconds (NaN unless `timed`), epochs, diverged, and forecast_1, forecast_2,
    ... and future_1, ... (series' units). A repeat has diverged if its loss or a forecast is not
    finite.
    """
    regime = scenario.regime
    data = supervise(series, regime.preparation)
    seeds = [repeat_seed(study_seed, series.name, scenario.seeded_by, repeat) for repeat in repeats]
    trained = engine(regime.execution.engine).train_block(regime, data, seeds, progress)

    task = TASKS[regime.task]
    forecasts, future = task.forecasts(data, trained.outputs), task.future(data, trained.future)
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
    steps = {f"forecast_{step + 1}": forecasts[:, step] for step in range(series.test_rows)}
    beyond = {f"future_{step + 1}": future[:, step] for step in range(series.horizon)}
    return pd.DataFrame(columns | steps | beyond)
