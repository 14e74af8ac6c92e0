"""How likely each verdict is, against the number of repeats and the true difference."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from thousandfold.disk import write_text
from thousandfold.figures import Chance, power_figure
from thousandfold.inference.contrasts import KINDS
from thousandfold.inference.planning import Plan, planned
from thousandfold.inference.samples import samples_by_metric
from thousandfold.joblog import log_to
from thousandfold.names import spelled
from thousandfold.records import read_large_table
from thousandfold.settings import PowerSettings
from thousandfold.svg import Figures
from thousandfold.tables import write_rows
from thousandfold.tables.rows import ROW_TYPES


def write_power(
    settings: PowerSettings, repeats: Path, outputs: Mapping[str, Path], figures: Path
) -> None:
    """Write the power tables to `outputs`, by their names, and figures. Raises NoPilotError."""
    pilot = None
    if repeats.exists():
        finished = read_large_table(repeats)
        measured = [metric for metric in settings.metrics if metric in finished]
        pilot = samples_by_metric(finished, settings.seed, measured, settings.deterministic)
    plan = planned(settings, pilot)
    for table, rows in vars(plan).items():
        write_rows(ROW_TYPES[table], rows, outputs[table])
    figures.mkdir(parents=True, exist_ok=True)
    for name, svg in drawn(plan).files.items():
        write_text(figures / name, svg)


def drawn(plan: Plan) -> Figures:
    """A figure of each comparison, and of each claim of several."""
    chances: dict[tuple[str, ...], list[Chance]] = {}
    for row in plan.power:
        names = [row.series, row.id, row.scenario_a, *filter(None, [row.scenario_b])]
        about = row.metric, f"true {KINDS[row.estimand].quantity}"
        shown = Chance(row.n, row.difference, row.verdict, row.chance)
        chances.setdefault((_file_name(names), *about), []).append(shown)
    for claim in plan.power_claims:
        about = "", "true differences, in margins on the claimed side"
        shown = Chance(claim.n, claim.in_margins, claim.verdict, claim.chance)
        chances.setdefault((_file_name([claim.series, claim.id]), *about), []).append(shown)
    figures = Figures()
    for (name, _, axis), of_one in chances.items():
        figures.add(name, partial(power_figure, of_one, axis))
    return figures


def _file_name(names: Iterable[str]) -> str:
    return "-".join(map(spelled, names))


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_power(
        settings=snakemake.params.settings[0],
        repeats=Path(snakemake.params.repeats),
        outputs={name: Path(file) for name, file in snakemake.output.items() if name in ROW_TYPES},
        figures=Path(snakemake.output.figures),
    )
