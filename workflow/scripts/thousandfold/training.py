"""One training job's work: from a scenario, a series and a range of repeats to a table.

Knows the engines by name only; importing this module imports no Keras.
"""

import numpy as np
import pandas as pd

from thousandfold.engines import engine
from thousandfold.engines.block import Progress
from thousandfold.scenario import Scenario
from thousandfold.seeds import repeat_seed
from thousandfold.series import Series, rmse, supervise


def no_progress(epochs_done: float) -> None:
    """Report nothing."""


def train_repeats(
    scenario: Scenario,
    series: Series,
    study_seed: int,
    repeats: range,
    progress: Progress = no_progress,
) -> pd.DataFrame:
    """Train the repeats of a scenario on a series and measure each one's forecast.

    One row per repeat: repeat, seed, rmse (series' units), train_loss (mean squared error of the
    scaled differences in the last epoch), diverged, and forecast_1, forecast_2, ... (series'
    units). A repeat has diverged if its loss or a forecast is not finite; its rmse is NaN.
    """
    regime = scenario.regime
    data = supervise(series, regime.timesteps, regime.train_rows)
    seeds = [repeat_seed(study_seed, series.name, scenario.seeded_by, repeat) for repeat in repeats]
    trained = engine(regime.engine).train_block(regime, data, seeds, progress)

    forecasts = data.invert(trained.scaled_forecasts)
    finite = np.isfinite(trained.train_loss) & np.isfinite(forecasts).all(axis=1)
    columns = {
        "repeat": np.array(repeats, np.int64),
        "seed": np.array(seeds, np.int64),
        "rmse": np.where(finite, rmse(forecasts, data.actual), np.nan),
        "train_loss": trained.train_loss.astype(float),
        "diverged": ~finite,
    }
    steps = {f"forecast_{step + 1}": forecasts[:, step] for step in range(series.test_rows)}
    return pd.DataFrame(columns | steps)
