"""Draw the figures and render the page."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from thousandfold.disk import write_checksums, write_text
from thousandfold.joblog import log_to
from thousandfold.preregistration import Registered, in_words, registrations_in
from thousandfold.provenance import facts, provenance, warnings
from thousandfold.records import read_large_table
from thousandfold.report import render
from thousandfold.report.run import Provenance, StoredTables, stored_run
from thousandfold.study import ImportedStudy, TrainedStudy
from thousandfold.tables.rows import BlockRow


def registration_fact(registered: Sequence[Registered], told: Mapping[str, Any]) -> str:
    """What the page says of the preregistrations beside it, with a link to each."""
    first_job = told["training"]["first_job_finished"]
    text = str(escape(in_words(registered, told["findings_sha256"], first_job)))
    for one in registered:
        text = text.replace(one.file, f'<a href="{one.file}">{one.file}</a>')
    return Markup(text)


def write_report(
    study: TrainedStudy | ImportedStudy,
    command: str,
    repeats_file: Path,
    tables_folder: Path,
    output: Path,
    figures: Path,
    provenance_output: Path,
    checksums: Path,
    processes: int = 1,
) -> None:
    """Render the page and its figures from the tables of a run, and record the provenance.

    So many processes draw.
    """
    tables = StoredTables(study, tables_folder)
    repeats, blocks = read_large_table(repeats_file), tables[BlockRow]
    told = provenance(study, command, tables_folder / "config.yaml", repeats, blocks)
    registered = registrations_in(output.parent)
    shown = Provenance(
        facts(told) | {"Preregistration": registration_fact(registered, told)},
        Path(os.path.relpath(tables_folder, output.parent)).as_posix(),
        tuple(warnings(study, repeats, blocks)),
    )
    page = render(stored_run(study, tables_folder, shown, processes))
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
        repeats_file=Path(snakemake.input.repeats),
        tables_folder=Path(snakemake.input.contrasts).parent,
        output=Path(snakemake.output.page),
        figures=Path(snakemake.output.figures),
        provenance_output=Path(snakemake.output.provenance),
        checksums=Path(snakemake.output.checksums[0]),
        processes=snakemake.threads,
    )
