"""How often the tests, and the verdicts, err when there is nothing to find."""

from pathlib import Path

from thousandfold.inference.calibration import calibration_table
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.questions import questions_of
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import CalibrationSettings
from thousandfold.tables import write_rows
from thousandfold.tables.rows import CalibrationRow


def write_calibration(
    settings: CalibrationSettings,
    repeats: Path,
    output: Path,
) -> None:
    """Write the calibration table from the repeats table."""
    all_repeats, design = read_large_table(repeats), DESIGNS[settings.design]
    samples = {
        metric: samples_of(all_repeats, settings.seed, metric, settings.deterministic)
        for metric in settings.metrics
    }
    asked = questions_of(settings.findings, samples, settings.margins, design)
    table = calibration_table(
        samples[settings.metric],
        settings.compared_pairs,
        [question for _, question in asked],
        settings.alpha,
        design,
    )
    write_rows(CalibrationRow, table, output)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_calibration(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.input.repeats),
        output=Path(snakemake.output[0]),
    )
