"""What the page is made from: the tables of a run, and the labels that all its parts share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from thousandfold.inference.samples import Samples
from thousandfold.study import Study
from thousandfold.tables.rows import ClaimRow, FindingRow

Record = dict[Any, Any]


@dataclass(frozen=True)
class Tables:
    """The tables of a run that the page shows."""

    summary: pd.DataFrame
    standard_error: pd.DataFrame
    findings: Sequence[FindingRow]
    claims: Sequence[ClaimRow]
    samples: Mapping[str, Samples]
    """By metric."""
    conjunctions: pd.DataFrame
    published_results: Mapping[str, pd.DataFrame]
    """Published results by series, as their source prints them."""
    baselines: pd.DataFrame
    required_repeats: pd.DataFrame
    replication: pd.DataFrame
    calibration: pd.DataFrame
    published: pd.DataFrame
    """Published results held against ours."""
    comparisons: pd.DataFrame
    forecast_bands: pd.DataFrame
    baseline_forecasts: Mapping[str, Mapping[str, np.ndarray]]
    """Forecasts that need no network, by series and name."""
    identities: pd.DataFrame
    fidelity: pd.DataFrame
    twins: pd.DataFrame
    stopping: pd.DataFrame | None
    """None without a stopping rule, as is the next one."""
    stopping_simulation: pd.DataFrame | None


def labels_of(study: Study) -> dict[str, str]:
    """What the page calls each scenario."""
    return {scenario.name: scenario.label for scenario in study.scenarios}
