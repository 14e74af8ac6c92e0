"""Check the training: identities by construction, and the fast engine against stock Keras."""

from pathlib import Path

from thousandfold.checks import check_fidelity, check_identity, checked_scenarios
from thousandfold.data import load_series
from thousandfold.joblog import log_to
from thousandfold.machine import available_memory_mb
from thousandfold.resources import checking_workloads, passes
from thousandfold.study import TrainedStudy
from thousandfold.tables import write_rows
from thousandfold.tables.rows import FidelityRow, IdentityRow


def check_training(
    study: TrainedStudy, granted_mb: float, identities: Path, fidelity: Path
) -> None:
    """Write the identities and fidelity tables. Raises TooLittleMemoryError."""
    series = {name: load_series(study.source(name)) for name in study.examined_series}
    # What does not fit is refused here, not killed half way.
    for workload in checking_workloads(study, series.__getitem__):
        passes(workload, granted_mb, available_memory_mb())
    checked = [check_identity(study, s, i) for s in series.values() for i in study.identities]
    write_rows(IdentityRow, checked, identities)
    compared = [
        check_fidelity(study, series[name], scenario)
        for name in study.compared_series
        for scenario in checked_scenarios(study)
    ]
    write_rows(FidelityRow, compared, fidelity)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    check_training(
        study=snakemake.params.study,
        granted_mb=snakemake.resources.mem_mb,
        identities=Path(snakemake.output.identities),
        fidelity=Path(snakemake.output.fidelity),
    )
