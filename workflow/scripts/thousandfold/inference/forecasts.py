"""Forecasts step by step: quantiles of the repeats'."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from thousandfold.tables.rows import ForecastBandRow

QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}


def forecast_bands(forecasts: Iterable[pd.DataFrame]) -> list[ForecastBandRow]:
    """The forecast_bands table, from one table of forecasts for each series and scenario.

    Forecasts that are not finite are left out, and with them scenarios that have no others.
    """
    rows: list[ForecastBandRow] = []
    for table in forecasts:
        finite = table[table["forecast"].abs() < float("inf")]
        if finite.empty:
            continue
        steps = finite.groupby(["series", "scenario", "step", "actual"], dropna=False)["forecast"]
        quantiles = steps.quantile(np.array(list(QUANTILES.values()))).unstack()
        quantiles.columns = list(QUANTILES)
        bands = quantiles.assign(n=steps.size()).reset_index()
        records: Any = bands.to_dict("records")
        rows += [ForecastBandRow(**record) for record in records]
    return rows
