"""Write docs/findings.md from the tables of the studies that ship beside the article's.

    for study in batch_size padding padding_speed architectures preprocessing series; do
        snakemake --cores 2 --configfile config/$study.yaml
    done
    python docs/findings.py

Claims, verdicts and numbers come from the tables; the remarks from docs/findings.yaml.
"""

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parent.parent

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from thousandfold.inference.contrasts import KINDS  # noqa: E402

TEXTS = yaml.safe_load((ROOT / "docs" / "findings.yaml").read_text(encoding="utf-8"))


def short(value: float) -> str:
    """A number for a table."""
    return f"{value:+.2f}" if abs(value) >= 1 else f"{value:+.2g}"


def numbers(record: dict[Any, Any]) -> str:
    """A contrast's estimate with its interval."""
    kind = KINDS[record["estimand"]]
    values = [kind.natural(record, record[key]) for key in ("difference", "ci_low", "ci_high")]
    if kind.is_ratio:
        return "× {:.3g} [{:.3g}, {:.3g}]".format(*values)
    return "{} [{}, {}]".format(*map(short, values))


def of_one_series(study: str, remarks: dict[str, str]) -> str:
    """A row per claim."""
    folder = ROOT / "results" / study
    claims, findings = (pd.read_csv(folder / f"{name}.csv") for name in ("claims", "findings"))
    lines = [
        "| | claim | verdict | a − b [interval] | margin | n | |",
        "|---|---|---|---|---|---|---|",
    ]
    for claim in claims.to_dict("records"):
        contrasts = findings[findings["id"] == claim["id"]].to_dict("records")
        told = "<br>".join(numbers(contrast) for contrast in contrasts)
        first = contrasts[0]
        margin = KINDS[first["estimand"]].shown_margin(first)
        lines.append(
            f"| {claim['id']} | {claim['claim']} | {claim['verdict']} | {told} | {margin} "
            f"| {first['n_a']} | {remarks[claim['id']]} |"
        )
    return "\n".join(lines)


def of_several_series(study: str, remarks: dict[str, str]) -> str:
    """A row per claim, with its verdict on each series and the count over all series."""
    folder = ROOT / "results" / study
    claims, findings, over_all = (
        pd.read_csv(folder / f"{name}.csv") for name in ("claims", "findings", "conjunctions")
    )
    series = list(dict.fromkeys(claims["series"]))
    lines = [
        f"| | claim | {' | '.join(series)} | holds on | |",
        f"|{'---|' * (len(series) + 4)}",
    ]
    for id_ in dict.fromkeys(claims["id"]):
        rows = claims[claims["id"] == id_].set_index("series")
        contrasts = findings[findings["id"] == id_].set_index("series").to_dict("index")
        told = [f"{rows.loc[name, 'verdict']}<br>{numbers(contrasts[name])}" for name in series]
        holds_on = int(over_all.loc[over_all["id"] == id_, "k"].iloc[0])
        lines.append(
            f"| {id_} | {rows['claim'].iloc[0]} | {' | '.join(told)} | {holds_on} of {len(series)} "
            f"| {remarks[id_]} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Write the page."""
    parts = [TEXTS["head"]]
    for study, text in TEXTS["studies"].items():
        table = of_several_series if study == "series" else of_one_series
        about = f"`config/{study}.yaml`. {text['about']}"
        parts.append(f"## {text['heading']}\n\n{about}\n\n{table(study, text['remarks'])}\n")
    (ROOT / "docs" / "findings.md").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
