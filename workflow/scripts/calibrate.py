"""How often the tests, and the verdicts, err when there is nothing to find."""

from pathlib import Path

from thousandfold.inference.calibration import calibration_table
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.questions import questions_of
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.study import Finding
from thousandfold.tables import write_rows
from thousandfold.tables.rows import CalibrationRow


def write_calibration(
    registered: tuple[Finding, ...],
    margins: dict[str, float],
    alpha: float,
    pairs: tuple[tuple[str, str, str], ...],
    design: str,
    metric: str,
    metrics: tuple[str, ...],
    deterministic: frozenset[str],
    study_seed: int,
    repeats: Path,
    output: Path,
) -> None:
    """Write the calibration table from the repeats table; margins are by series."""
    all_repeats = read_large_table(repeats)
    samples = {name: samples_of(all_repeats, study_seed, name, deterministic) for name in metrics}
    asked = questions_of(registered, samples, margins, DESIGNS[design])
    table = calibration_table(
        samples[metric],
        pairs,
        [question for _, question in asked],
        alpha,
        DESIGNS[design],
    )
    write_rows(CalibrationRow, table, output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_calibration(
        registered=snakemake.params.findings,
        margins=snakemake.params.margins,
        alpha=snakemake.params.alpha,
        pairs=snakemake.params.pairs,
        design=snakemake.params.design,
        metric=snakemake.params.metric,
        metrics=snakemake.params.metrics,
        deterministic=snakemake.params.deterministic,
        study_seed=snakemake.params.study_seed,
        repeats=Path(snakemake.input.repeats),
        output=Path(snakemake.output[0]),
    )
