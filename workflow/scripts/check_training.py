"""Check the training: identities by construction, and the fast engine against stock Keras."""

from pathlib import Path
from typing import Any

import pandas as pd

from thousandfold.checks import check_fidelity, check_identity, checked_scenarios
from thousandfold.config import load_series, load_study
from thousandfold.joblog import log_to
from thousandfold.records import table_columns, write_table


def check_training(config: dict[str, Any], identities: Path, fidelity: Path) -> None:
    """Write the identities and fidelity tables."""
    study = load_study(config, [])
    series = [load_series(source) for source in study.series]
    rows = {
        "identities": [check_identity(study, s, i) for s in series for i in study.identities],
        "fidelity": [check_fidelity(study, s, x) for s in series for x in checked_scenarios(study)],
    }
    for name, path in [("identities", identities), ("fidelity", fidelity)]:
        write_table(name, pd.DataFrame(rows[name], columns=table_columns(name)), path)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    check_training(
        config=snakemake.config,
        identities=Path(snakemake.output.identities),
        fidelity=Path(snakemake.output.fidelity),
    )
