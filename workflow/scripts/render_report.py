"""Draw the figures and render the page."""

from pathlib import Path

import pandas as pd

from thousandfold.config import load_published, load_series
from thousandfold.inference.samples import samples_of
from thousandfold.joblog import log_to
from thousandfold.recipe import registration_digest, versions
from thousandfold.records import read_table, written_whole
from thousandfold.report import Tables, render
from thousandfold.study import Study


def provenance(study: Study, repeats: pd.DataFrame) -> dict[str, str]:
    """What the footer tells, line by line."""
    return {
        "Study seed": str(study.seed),
        "Design": study.design,
        "Registered findings (SHA-256)": registration_digest(study),
        "Versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
        "Engines": ", ".join(sorted(repeats["engine"].unique())),
        "Profiles": ", ".join(sorted(repeats["profile"].unique())),
        "Repeats that diverged": f"{int(repeats['diverged'].sum())} of {len(repeats)}",
        "Tables": f"{study.folder('results')}/",
    }


def write_report(
    study: Study,
    repeats: Path,
    tables_folder: Path,
    output: Path,
) -> None:
    """Render the page from the tables of a run."""
    all_repeats = pd.read_parquet(repeats)

    def table(name: str) -> pd.DataFrame:
        return read_table(tables_folder / f"{name}.csv")

    tables = Tables(
        summary=table("summary"),
        standard_error=table("standard_error"),
        findings=table("findings"),
        claims=table("claims"),
        samples=samples_of(all_repeats, study.seed),
        published_results={source.name: load_published(source) for source in study.series},
        baselines=table("baselines"),
        required_repeats=table("required_repeats"),
        replication=table("replication"),
        calibration=table("calibration"),
        published=table("published"),
        identities=table("identities"),
        twins=table("twins"),
        stopping=table("stopping") if study.stopping else None,
        stopping_simulation=table("stopping_simulation") if study.stopping else None,
    )
    series = {source.name: load_series(source) for source in study.series}
    html = render(study, series, tables, provenance(study, all_repeats))
    with written_whole(output) as partial:
        partial.write_text(html, encoding="utf-8")


if __name__ == "__main__":
    log_to(snakemake.log[0])
    write_report(
        study=snakemake.params.study[0],
        repeats=Path(snakemake.input.repeats),
        tables_folder=Path(snakemake.input.findings).parent,
        output=Path(snakemake.output[0]),
    )
