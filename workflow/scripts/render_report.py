"""Draw the figures and render the page."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from thousandfold.baselines import baseline_forecasts
from thousandfold.data import load_published, load_series
from thousandfold.disk import write_checksums, write_text
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.provenance import facts, provenance
from thousandfold.recipe import recipe
from thousandfold.records import read_large_table
from thousandfold.report import Provenance, csv_tables, render
from thousandfold.report.tables import Tables
from thousandfold.study import Block, Study
from thousandfold.tables import Row, frame_of, read_rows
from thousandfold.tables.files import AnyRow
from thousandfold.tables.rows import (
    BaselineRow,
    BlockRow,
    CalibrationRow,
    ClaimRow,
    ComparisonRow,
    ConjunctionRow,
    FidelityRow,
    FindingRow,
    ForecastBandRow,
    IdentityRow,
    PublishedRow,
    ReplicationRow,
    RequiredRepeatsRow,
    StandardErrorRow,
    StoppingRow,
    StoppingSimulationRow,
    SummaryRow,
    TwinRow,
)


def warnings(study: Study, repeats: pd.DataFrame, blocks: pd.DataFrame) -> Iterator[str]:
    """Warnings that a reader has to see before anything else."""
    trained = repeats.groupby(["series", "scenario"]).size()
    planned = [
        (source.name, scenario.name) for source in study.series for scenario in study.scenarios
    ]
    missing = sum(study.repeats - trained.get(key, 0) for key in planned)
    if study.table is not None:
        if missing:
            yield "The scenarios have different numbers of repeats."
        return
    if missing and study.stopping is None:
        yield f"{missing} of {study.repeats * len(planned)} planned repeats are missing."
    older = sum(
        recipe(study, Block(row["series"], row["scenario"], row["start"], row["stop"]))
        != row["recipe"]
        for row in blocks.to_dict("records")
    )
    if older:
        yield (
            f"{older} of {len(blocks)} training jobs are older than the config, the data or the "
            "code; run the study again."
        )


def write_report(
    study: Study,
    command: str,
    repeats: Path,
    tables_folder: Path,
    output: Path,
    figures: Path,
    provenance_output: Path,
    checksums: Path,
) -> None:
    """Render the page and its figures from the tables of a run, and record the provenance."""
    all_repeats = read_large_table(repeats)

    made = set(csv_tables(study))

    def rows(row_type: type[AnyRow]) -> list[AnyRow]:
        path = tables_folder / f"{row_type.table}.csv"
        return read_rows(row_type, path) if row_type.table in made else []

    def table(row_type: type[Row]) -> pd.DataFrame:
        return frame_of(row_type, rows(row_type))

    trained_on = () if study.table else study.series
    series = {source.name: load_series(source) for source in trained_on}
    samples = {
        metric: samples_of(all_repeats, study.seed, metric, study.deterministic)
        for metric in study.metrics
    }
    tables = Tables(
        summary=table(SummaryRow),
        standard_error=table(StandardErrorRow),
        findings=rows(FindingRow),
        claims=rows(ClaimRow),
        samples=samples,
        conjunctions=table(ConjunctionRow),
        published_results={
            source.name: load_published(source.published)
            for source in study.series
            if source.published
        },
        baselines=table(BaselineRow),
        required_repeats=table(RequiredRepeatsRow),
        replication=table(ReplicationRow),
        calibration=table(CalibrationRow),
        published=table(PublishedRow),
        comparisons=table(ComparisonRow),
        forecast_bands=table(ForecastBandRow),
        baseline_forecasts={
            name: baseline_forecasts(x, study.lag_orders) for name, x in series.items()
        },
        identities=table(IdentityRow),
        fidelity=table(FidelityRow),
        twins=table(TwinRow),
        stopping=table(StoppingRow) if study.stopping else None,
        stopping_simulation=table(StoppingSimulationRow) if study.stopping else None,
    )
    blocks = table(BlockRow)
    told = provenance(study, command, tables_folder / "config.yaml", all_repeats, blocks)
    origin = Provenance(
        facts(told),
        Path(os.path.relpath(tables_folder, output.parent)).as_posix(),
        list(warnings(study, all_repeats, blocks)),
    )
    page = render(study, series, tables, origin)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    texts = {figures / name: svg for name, svg in page.figures.items()} | {
        output: page.html,
        provenance_output: json.dumps({**told, "report_written": now}, indent=2),
    }
    # A report without figures has a folder for them all the same.
    figures.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        write_text(path, text)
    write_checksums(checksums, texts)


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_report(
        study=snakemake.params.study[0],
        command=snakemake.params.command,
        repeats=Path(snakemake.input.repeats),
        tables_folder=Path(snakemake.input.findings).parent,
        output=Path(snakemake.output.page),
        figures=Path(snakemake.output.figures),
        provenance_output=Path(snakemake.output.provenance),
        checksums=Path(snakemake.output.checksums[0]),
    )
