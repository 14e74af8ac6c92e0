"""Scenarios that are the same thing by construction: trained from shared seeds, and compared."""

from dataclasses import replace
from typing import Any

import numpy as np

from thousandfold.series import Series
from thousandfold.study import Identity, Study
from thousandfold.training import train_repeats

REPEATS = 20

TOLERANCE = 1e-3
"""In RMSE; the engines' own tolerance against each other."""


def check_identity(study: Study, series: Series, identity: Identity) -> dict[str, Any]:
    """The identities table's row of one identity on one series."""
    rmses = [
        train_repeats(
            replace(study.scenario(name), seeded_by=f"identity {identity.id}"),
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
