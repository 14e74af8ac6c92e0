"""Write docs/findings.md and docs/readers.md from the tables of the studies they are about.

    snakemake --cores 2 --configfile config/STUDY.yaml
    python docs/findings.py findings
    python docs/findings.py readers

with each STUDY that docs/findings.yaml or docs/readers.yaml names. Claims, verdicts and numbers
come from the tables; the remarks from the YAML file of the same name.
"""

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from thousandfold.formatting import percent  # noqa: E402
from thousandfold.inference.contrasts import KINDS  # noqa: E402
from thousandfold.tables import read_rows  # noqa: E402
from thousandfold.tables.rows import (  # noqa: E402
    ClaimRow,
    ConjunctionRow,
    ContrastRow,
    PopulationClaimRow,
    PopulationRow,
)

PAGES = ("findings", "readers")


def short(value: float) -> str:
    """A number for a table."""
    return f"{value:+.2f}" if abs(value) >= 1 else f"{value:+.2g}"


def numbers(record: ContrastRow) -> str:
    """A contrast's estimate with its interval."""
    kind = KINDS[record.estimand]
    cells = record.difference, record.ci_low, record.ci_high
    values = [kind.from_zero(record, cell) for cell in cells]
    if kind.is_ratio:
        return "× {:.3g} [{:.3g}, {:.3g}]".format(*values)
    return "{} [{}, {}]".format(*map(short, values))


def of_one_series(study: str, remarks: dict[str, str]) -> str:
    """A row per claim."""
    folder = ROOT / "results" / study
    claims = read_rows(ClaimRow, folder / "claims.csv")
    contrasts = read_rows(ContrastRow, folder / "contrasts.csv")
    lines = [
        "| | claim | verdict | a − b [interval] | margin | n | |",
        "|---|---|---|---|---|---|---|",
    ]
    for claim in claims:
        own = [contrast for contrast in contrasts if contrast.id == claim.id]
        told = "<br>".join(map(numbers, own))
        first = own[0]
        margin = KINDS[first.estimand].shown_margin(first)
        lines.append(
            f"| {claim.id} | {claim.claim} | {claim.verdict} | {told} | {margin} | {first.n_a} "
            f"| {remarks[claim.id]} |"
        )
    return "\n".join(lines)


def of_several_series(study: str, remarks: dict[str, str]) -> str:
    """A row per claim, with its verdict on each series and the count over all series."""
    folder = ROOT / "results" / study
    claims = read_rows(ClaimRow, folder / "claims.csv")
    contrasts = {(c.series, c.id): c for c in read_rows(ContrastRow, folder / "contrasts.csv")}
    series = list(dict.fromkeys(claim.series for claim in claims))
    verdicts = {(claim.series, claim.id): claim.verdict for claim in claims}
    lines = [
        f"| | claim | {' | '.join(series)} | holds on | |",
        f"|{'---|' * (len(series) + 4)}",
    ]
    for row in read_rows(ConjunctionRow, folder / "conjunctions.csv"):
        told = [
            f"{verdicts[name, row.id]}<br>{numbers(contrasts[name, row.id])}" for name in series
        ]
        lines.append(
            f"| {row.id} | {row.claim} | {' | '.join(told)} | {row.k} of {row.m} "
            f"| {remarks[row.id]} |"
        )
    return "\n".join(lines)


def over_series(study: str, remarks: dict[str, str]) -> str:
    """A row per claim over series: what it comes to on a typical one, and on how many."""
    folder = ROOT / "results" / study
    compared = {row.id: row for row in read_rows(PopulationRow, folder / "population.csv")}
    lines = [
        "| | claim | verdict | a − b on a typical series | below, above the margin | series | |",
        "|---|---|---|---|---|---|---|",
    ]
    for claim in read_rows(PopulationClaimRow, folder / "population_claims.csv"):
        row = compared[claim.id]
        ends = ", ".join(map(short, (row.typical_low, row.typical_high)))
        shares = f"{percent(row.share_below_margin, 0)}, {percent(row.share_above_margin, 0)}"
        lines.append(
            f"| {claim.id} | {claim.claim} | {claim.verdict} | {short(row.median)} [{ends}] "
            f"| {shares} | {row.n_series} | {remarks[claim.id]} |"
        )
    return "\n".join(lines)


def table(study: str, remarks: dict[str, str]) -> str:
    """The claims of a study, as its kind shows them."""
    folder = ROOT / "results" / study
    if read_rows(PopulationClaimRow, folder / "population_claims.csv"):
        return over_series(study, remarks)
    if read_rows(ConjunctionRow, folder / "conjunctions.csv"):
        return of_several_series(study, remarks)
    return of_one_series(study, remarks)


def write(page: str) -> None:
    """Write a page."""
    file = ROOT / "docs" / f"{page}.md"
    texts = yaml.safe_load(file.with_suffix(".yaml").read_text(encoding="utf-8"))
    parts = [texts["head"]]
    for study, text in texts["studies"].items():
        about = f"`config/{study}.yaml`. {text['about']}"
        parts.append(f"## {text['heading']}\n\n{about}\n\n{table(study, text['remarks'])}\n")
    if "tail" in texts:
        parts.append(texts["tail"])
    file.write_text("\n".join(parts), encoding="utf-8")


def main() -> None:
    """Write the pages that are named, or all."""
    for page in sys.argv[1:] or PAGES:
        write(page)


if __name__ == "__main__":
    main()
