"""Train the scenarios that are the same by construction from shared seeds, and compare them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from thousandfold.config import load_series, load_study
from thousandfold.joblog import log_to
from thousandfold.records import table_columns, write_table
from thousandfold.series import Series
from thousandfold.study import Identity, Study
from thousandfold.training import train_repeats

REPEATS = 20
TOLERANCE = 1e-3
"""In RMSE; the engines' own tolerance against each other."""


def check(study: Study, series: Series, identity: Identity) -> dict[str, Any]:
    """One identity's row."""
    # Seeds come from names, so that a shared name gives both scenarios the same weights.
    rmses = [
        train_repeats(
            replace(study.scenario(name), name=f"identity {identity.id}"),
            series,
            study.seed,
            range(REPEATS),
        )["rmse"]
        for name in (identity.a, identity.b)
    ]
    largest = float(np.max(np.abs(rmses[0] - rmses[1])))
    return {
        "series": series.name,
        "id": identity.id,
        "scenario_a": identity.a,
        "scenario_b": identity.b,
        "repeats": REPEATS,
        "largest_difference": largest,
        "holds": largest <= TOLERANCE,
    }


def check_identities(config: dict[str, Any], output: Path) -> None:
    """Write the identities table."""
    study = load_study(config, [])
    rows = [
        check(study, load_series(source), identity)
        for source in study.series
        for identity in study.identities
    ]
    write_table("identities", pd.DataFrame(rows, columns=table_columns("identities")), output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    check_identities(config=snakemake.config, output=Path(snakemake.output[0]))
