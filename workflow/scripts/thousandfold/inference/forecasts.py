"""Forecasts step by step: quantiles of the repeats'."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from thousandfold.tables.rows import ForecastBandRow

QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}


def forecast_bands(forecasts: Iterable[pd.DataFrame]) -> list[ForecastBandRow]:
    """The forecast_bands table, from one table of forecasts for each series and scenario.

    Forecasts that are not finite are left out, and with them steps that have no others.
    """
    return [row for table in forecasts for row in _bands(table)]


def _bands(table: pd.DataFrame) -> list[ForecastBandRow]:
    """The rows of one scenario on one series; repeats have the same steps, each in order."""
    first = table.iloc[0]
    steps = int(table["step"].max())
    forecasts = table["forecast"].to_numpy(float).reshape(-1, steps)
    actual = table["actual"].to_numpy(float)[:steps]
    finite = np.where(np.isfinite(forecasts), forecasts, np.nan)
    counts = np.isfinite(finite).sum(axis=0)
    known = np.flatnonzero(counts)
    quantiles = np.nanquantile(finite[:, known], list(QUANTILES.values()), axis=0).T
    return [
        ForecastBandRow(
            series=first["series"], scenario=first["scenario"], step=step + 1,
            actual=float(actual[step]), n=int(counts[step]),
            **dict(zip(QUANTILES, map(float, its_quantiles), strict=True)),
        )
        for step, its_quantiles in zip(known.tolist(), quantiles, strict=True)
    ]  # fmt: skip
