"""Write docs/m3.md from the tables of the study of M3, beside those of the article's.

    snakemake --cores 2
    snakemake --cores 2 --configfile config/m3.yaml
    snakemake --cores 2 --configfile config/m3.yaml config/m3_origins.yaml
    python docs/m3.py

Claims, verdicts and numbers come from the tables; the remarks from docs/m3.yaml.
"""

import shutil
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from thousandfold.baselines import in_words  # noqa: E402
from thousandfold.formatting import number, percent  # noqa: E402
from thousandfold.inference.contrasts import KINDS  # noqa: E402
from thousandfold.tables import read_rows  # noqa: E402
from thousandfold.tables.rows import (  # noqa: E402
    BaselineOverSeriesRow,
    ClaimRow,
    PopulationClaimRow,
    PopulationRow,
    VarianceComponentRow,
)

TEXTS = yaml.safe_load((ROOT / "docs" / "m3.yaml").read_text(encoding="utf-8"))
DIGITS = 3


def interval(estimate: float, low: float, high: float) -> str:
    """An estimate with its interval."""
    return f"{number(estimate, DIGITS)} [{number(low, DIGITS)}, {number(high, DIGITS)}]"


def claims_table(results: Path, article: Path) -> str:
    """A row per claim: its verdict on the article's series and on series like these."""
    before = {row.id: row.verdict for row in read_rows(ClaimRow, article / "claims.csv")}
    compared: dict[str, list[PopulationRow]] = {}
    for row in read_rows(PopulationRow, results / "population.csv"):
        compared.setdefault(row.id, []).append(row)
    lines = [
        "| | claim | on Shampoo Sales | on series like these | a − b on a typical series | "
        "below, above the margin | a new series may expect | |",
        f"|{'---|' * 8}",
    ]
    for claim in read_rows(PopulationClaimRow, results / "population_claims.csv"):
        rows = compared[claim.id]
        told = [
            ("× " * KINDS[row.estimand].is_ratio)
            + interval(row.median, row.typical_low, row.typical_high)
            for row in rows
        ]
        shares = [
            f"{percent(row.share_below_margin, 0)}, {percent(row.share_above_margin, 0)}"
            for row in rows
        ]
        new = [
            f"{number(row.new_series_low, 2)} to {number(row.new_series_high, 2)}" for row in rows
        ]
        cells = [
            claim.id, claim.claim, before[claim.id], claim.verdict,
            *("<br>".join(each) for each in (told, shares, new)), TEXTS["remarks"][claim.id],
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def baselines_table(results: Path) -> str:
    """A row per scenario: on how many series it beats each baseline."""
    rows = read_rows(BaselineOverSeriesRow, results / "baselines_over_series.csv")
    names = list(dict.fromkeys(row.baseline for row in rows))
    titles = ["the best" if name == "best" else in_words(name) for name in names]
    lines = [
        f"| beats | {' | '.join(titles)} | median ratio to the best |",
        f"|---|{'---|' * (len(names) + 1)}",
    ]
    for scenario in dict.fromkeys(row.scenario for row in rows):
        own = {row.baseline: row for row in rows if row.scenario == scenario}
        shares = [percent(own[name].n_better / own[name].n_series, 0) for name in names]
        best = own["best"]
        ratio = interval(best.median_ratio, best.median_ratio_low, best.median_ratio_high)
        lines.append(f"| {scenario} | {' | '.join(shares)} | {ratio} |")
    return "\n".join(lines)


def windows_table(results: Path) -> str:
    """A row per comparison that the article expects: what makes its difference vary."""
    lines = [
        "| | between series | between test windows | between repeats | verdict on these windows |",
        "|---|---|---|---|---|",
    ]
    verdicts = {
        row.id: row.verdict
        for row in read_rows(PopulationClaimRow, results / "population_claims.csv")
    }
    for row in read_rows(VarianceComponentRow, results / "variance_components.csv"):
        if row.id.startswith("E") and row.estimand == "mean":
            cells = [
                interval(
                    getattr(row, part), getattr(row, f"{part}_low"), getattr(row, f"{part}_high")
                )
                for part in ("between_series", "between_windows", "between_repeats")
            ]
            lines.append(f"| {row.id} | {' | '.join(cells)} | {verdicts[row.id]} |")
    return "\n".join(lines)


def main(results: Path = ROOT / "results", reports: Path = ROOT / "reports") -> None:
    """Write the page and its figure."""
    texts = {
        "claims": claims_table(results / "m3", results),
        "baselines": baselines_table(results / "m3"),
        "windows": windows_table(results / "m3_origins"),
    }
    page = ROOT / "docs" / "m3.md"
    page.write_text("\n".join(part.format(**texts) for part in TEXTS["page"]), encoding="utf-8")
    for name, figure in TEXTS["figures"].items():
        shutil.copy(reports / "m3" / "figures" / figure, page.with_name(name))


if __name__ == "__main__":
    main()
