"""Check the training: identities by construction, and the fast engine against stock Keras."""

from pathlib import Path
from typing import Any

import pandas as pd

from thousandfold.checks import check_fidelity, check_identity, checked_scenarios
from thousandfold.config import read_study
from thousandfold.data import load_series
from thousandfold.joblog import log_to
from thousandfold.machine import available_memory_mb
from thousandfold.records import table_columns, write_table
from thousandfold.resources import checking_jobs, passes


def check_training(
    config: dict[str, Any], granted_mb: float, identities: Path, fidelity: Path
) -> None:
    """Write the identities and fidelity tables. Raises TooLittleMemoryError."""
    study = read_study(config)
    series = [load_series(source) for source in study.series]
    # What does not fit is refused here, not killed half way.
    for job in checking_jobs(study, {each.name: each for each in series}.__getitem__):
        passes(job, granted_mb, available_memory_mb())
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
        granted_mb=snakemake.resources.mem_mb,
        identities=Path(snakemake.output.identities),
        fidelity=Path(snakemake.output.fidelity),
    )
