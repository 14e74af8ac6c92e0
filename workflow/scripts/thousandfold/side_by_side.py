"""Two finished runs side by side, as a page in Markdown."""

import math
from collections.abc import Iterable, Sequence

from thousandfold.comparing import (
    Difference,
    FinishedRun,
    code_differences,
    config_differences,
    data_differences,
)
from thousandfold.formatting import decimals, number
from thousandfold.inference.contrasts import KINDS
from thousandfold.paper.texts import Column, PaperTable, markdown_table
from thousandfold.tables.rows import EstimateChangeRow, VerdictChangeRow

LUCK_NOTE = (
    "A change is the second estimate minus the first (of ratios, over it), with its 95 % interval "
    "if repeats of one run are independent of those of the other, by Welch and Satterthwaite and "
    "without adjustment: where it holds no change (0, of ratios 1), luck alone may have made it. "
    "Runs that share seeds are not independent, so that there is no interval."
)


def comparison_page(
    one: FinishedRun,
    other: FinishedRun,
    verdicts: Sequence[VerdictChangeRow],
    estimates: Sequence[EstimateChangeRow],
) -> str:
    """The page: what differs between the runs, every verdict, every estimate."""
    changed = sum(row.is_changed for row in verdicts)
    parts = [
        f"# {one.folder.as_posix()} and {other.folder.as_posix()}\n",
        f"{changed} of {len(verdicts)} verdicts are different.\n",
        "## What differs between them\n",
        _differences(one, other),
        "\n## Verdicts\n",
        markdown_table(_verdicts(one, other, verdicts)),
        "\n## Estimates\n",
        markdown_table(_estimates(one, other, estimates)),
    ]
    return "\n".join(parts)


def _differences(one: FinishedRun, other: FinishedRun) -> str:
    """The config, the code and the data, as far as they differ."""
    names = one.folder.as_posix(), other.folder.as_posix()
    data = [
        Difference(f"series.{series}" if series else "table", "", text)
        for series, text in data_differences(one, other).items()
    ]
    rows = [
        *_rows("config", config_differences(one, other).values()),
        *_rows("code", code_differences(one, other)),
        *_rows("data", data),
    ]
    if not rows:
        return "Nothing that is known: neither config, code nor data.\n"
    columns = [Column("Kind"), Column("What"), *map(Column, names)]
    return markdown_table(PaperTable("differences", "As far as it is known:", columns, rows))


def _rows(kind: str, differences: Iterable[Difference]) -> list[list[str]]:
    return [[kind, each.what, each.one, each.other] for each in differences]


def _verdicts(one: FinishedRun, other: FinishedRun, rows: Sequence[VerdictChangeRow]) -> PaperTable:
    columns = [
        Column("Series"), Column("Claim"), Column(one.folder.as_posix()),
        Column(other.folder.as_posix()), Column("Differs?"), Column("What bears on it"),
    ]  # fmt: skip
    cells = [
        [
            row.series or "over series", f"{row.id} {row.claim}", row.verdict_one or "–",
            row.verdict_other or "–", "**differs**" if row.is_changed else "", row.because,
        ]
        for row in rows
    ]  # fmt: skip
    return PaperTable("verdicts", "Every claim of either run.", columns, cells)


def _estimates(
    one: FinishedRun, other: FinishedRun, rows: Sequence[EstimateChangeRow]
) -> PaperTable:
    columns = [
        Column("Series"), Column("Claim"), Column("Compared"),
        Column(one.folder.as_posix(), is_number=True),
        Column(other.folder.as_posix(), is_number=True), Column("Change", is_number=True),
        Column("Luck"),
    ]  # fmt: skip
    cells = [
        [
            row.series or "over series", row.id,
            " against ".join(filter(None, [row.scenario_a, row.scenario_b])),
            _shown(row, row.estimate_one, row.low_one, row.high_one),
            _shown(row, row.estimate_other, row.low_other, row.high_other),
            _shown(row, row.change, row.change_low, row.change_high), row.luck,
        ]
        for row in rows
    ]  # fmt: skip
    return PaperTable("estimates", LUCK_NOTE, columns, cells)


def _shown(row: EstimateChangeRow, estimate: float, low: float, high: float) -> str:
    """An estimate with its interval, if it has one."""
    is_ratio = KINDS[row.estimand].is_ratio
    digits = 2 if is_ratio else decimals(min(row.margin_one, row.margin_other))
    ends = "" if math.isnan(low) else f" [{number(low, digits)}, {number(high, digits)}]"
    return f"{'× ' * is_ratio}{number(estimate, digits)}{ends}"
