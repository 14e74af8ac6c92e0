"""Forecasts step by step: quantiles of the repeats'."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from thousandfold.tables.rows import ForecastBandRow

QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}


def forecast_bands(forecasts: Iterable[pd.DataFrame]) -> list[ForecastBandRow]:
    """The forecast_bands table, from one table of forecasts for each series and scenario.

    Forecasts that are not finite are left out, and with them steps that have no others; so are
    those of labels.
    """
    return [row for table in forecasts if "label" not in table for row in _bands(table)]


def _bands(table: pd.DataFrame) -> list[ForecastBandRow]:
    """The rows of one scenario on one series; repeats have the same forecasts in the same order."""
    of_first = table[table["repeat"] == table["repeat"].iloc[0]]
    first = of_first.iloc[0]
    steps, ahead = (of_first[name].to_numpy() for name in ("step", "steps_ahead"))
    forecasts = table["forecast"].to_numpy(float).reshape(-1, len(steps))
    actual = of_first["actual"].to_numpy(float)
    finite = np.where(np.isfinite(forecasts), forecasts, np.nan)
    counts = np.isfinite(finite).sum(axis=0)
    known = np.flatnonzero(counts)
    quantiles = np.nanquantile(finite[:, known], list(QUANTILES.values()), axis=0).T
    return [
        ForecastBandRow(
            series=first["series"], scenario=first["scenario"], step=int(steps[place]),
            steps_ahead=int(ahead[place]), actual=float(actual[place]), n=int(counts[place]),
            **dict(zip(QUANTILES, map(float, its_quantiles), strict=True)),
        )
        for place, its_quantiles in zip(known.tolist(), quantiles, strict=True)
    ]  # fmt: skip
