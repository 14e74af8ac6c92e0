"""How likely each verdict is, against the number of repeats and the true difference."""

from pathlib import Path

from thousandfold.disk import write_text
from thousandfold.figures import power_figure
from thousandfold.inference.designs import DESIGNS
from thousandfold.inference.planning import power_table
from thousandfold.inference.samples import samples_by_metric
from thousandfold.joblog import log_to
from thousandfold.records import read_large_table
from thousandfold.settings import PowerSettings
from thousandfold.svg import Figures
from thousandfold.tables import write_rows
from thousandfold.tables.rows import PowerRow


def write_power(settings: PowerSettings, repeats: Path, output: Path, figures: Path) -> None:
    """Write the power table, and a figure of each claim. Raises NoPilotError."""
    samples = None
    if repeats.exists():
        finished = read_large_table(repeats)
        samples = samples_by_metric(
            finished, settings.seed, settings.metrics, settings.deterministic
        )
    rows = list(
        power_table(
            settings.findings, settings.margins, samples, settings.assumed_spread,
            settings.alpha, DESIGNS[settings.design], settings.repeats, settings.seed,
        )
    )  # fmt: skip
    write_rows(PowerRow, rows, output)
    drawn = Figures()
    groups: dict[tuple[str, str, str, str | None], list[PowerRow]] = {}
    for row in rows:
        groups.setdefault((row.series, row.id, row.scenario_a, row.scenario_b), []).append(row)
    for names, group in groups.items():
        drawn.add("-".join(filter(None, names)), power_figure(group))
    figures.mkdir(parents=True, exist_ok=True)
    for name, svg in drawn.files.items():
        write_text(figures / name, svg)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_power(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.params.repeats),
        output=Path(snakemake.output.table),
        figures=Path(snakemake.output.figures),
    )
