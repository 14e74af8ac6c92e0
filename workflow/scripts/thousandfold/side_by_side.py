"""Two finished runs side by side, as a page in HTML and the same in Markdown."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from thousandfold.comparing import (
    Difference,
    FinishedRun,
    code_differences,
    config_differences,
    data_differences,
)
from thousandfold.formatting import decimals, number, spelled_out
from thousandfold.inference.contrasts import KINDS
from thousandfold.names import texts_of
from thousandfold.paper.texts import Column, PaperTable, markdown_table
from thousandfold.report.marks import Mark, mark_of
from thousandfold.report.page import page_environment, page_of
from thousandfold.report.section import Section
from thousandfold.tables.rows import EstimateChangeRow, VerdictChangeRow

ALL_CLAIMS = "Every claim of either run, first those whose verdicts differ."

AS_FAR_AS_KNOWN = "As far as it is known:"

NO_DIFFERENCE = "Nothing that is known: neither config, code nor data."

LUCK_NOTE = (
    "A change is the second estimate minus the first (of ratios, over it), with its 95 % interval "
    "if repeats of one run are independent of those of the other, by Welch and Satterthwaite and "
    "without adjustment: where it holds no change (0, of ratios 1), luck alone may have made it. "
    "Runs that share seeds are not independent, so that there is no interval."
)


@dataclass(frozen=True)
class Known:
    """A difference between the runs that is known."""

    kind: str
    """Of the config, the code or the data."""
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class ClaimInBoth:
    """A claim and its verdicts; None in a run that does not have it."""

    series: str
    id: str
    claim: str
    first: Mark | None
    second: Mark | None
    is_changed: bool
    because: Sequence[str]


@dataclass(frozen=True)
class Shown:
    """An estimate or a change, with its interval; "" if there is none."""

    value: str
    interval: str

    def __str__(self) -> str:
        return f"{self.value} {self.interval}".rstrip()


@dataclass(frozen=True)
class EstimateInBoth:
    """A comparison and its estimates."""

    about: str
    """Its series."""
    of: str
    """The id of its claim."""
    compared: str
    one_estimate: Shown
    other_estimate: Shown
    change: Shown
    by: float
    """The change as a number."""
    luck: str


@dataclass(frozen=True)
class SideBySide(Section):
    """What came out in two runs, and what differs between them."""

    one: str
    """Its folder of results."""
    other: str
    answer: Sequence[str]
    """In sentences."""
    claims_note: str
    claims: Sequence[ClaimInBoth]
    differences_note: str
    differences: Sequence[Known]
    estimates_note: str
    estimates: Sequence[EstimateInBoth]

    @classmethod
    def of(
        cls,
        one: FinishedRun,
        other: FinishedRun,
        verdicts: Sequence[VerdictChangeRow],
        estimates: Sequence[EstimateChangeRow],
    ) -> Self:
        """The view of two runs, and of what the tables say about them."""
        differences = _differences(one, other)
        return cls(
            one=one.folder.as_posix(),
            other=other.folder.as_posix(),
            answer=_answer(verdicts, differences, estimates),
            claims_note=ALL_CLAIMS,
            claims=[_claim(row) for row in sorted(verdicts, key=lambda row: not row.is_changed)],
            differences_note=AS_FAR_AS_KNOWN if differences else NO_DIFFERENCE,
            differences=differences,
            estimates_note=LUCK_NOTE,
            estimates=[_estimate(row) for row in estimates],
        )

    def page(self) -> str:
        """The page in HTML."""
        environment = page_environment()
        return page_of(environment, f"{self.one} and {self.other}", [self.html(environment)])

    def markdown(self) -> str:
        """The page in Markdown."""
        runs = [Column(self.one), Column(self.other)]
        claims = [
            [
                each.series, f"{each.id} {each.claim}", *map(_word, (each.first, each.second)),
                "**differs**" if each.is_changed else "", "; ".join(each.because),
            ]
            for each in self.claims
        ]  # fmt: skip
        differences = [[each.kind, each.what, each.before, each.after] for each in self.differences]
        estimates = [
            [
                each.about, each.of, each.compared, str(each.one_estimate),
                str(each.other_estimate), str(each.change), each.luck,
            ]
            for each in self.estimates
        ]  # fmt: skip
        of_claims = [Column("Series"), Column("Claim")]
        numbers = [Column(name, is_number=True) for name in (self.one, self.other, "Change")]
        parts = [
            f"# {self.one} and {self.other}\n",
            f"{' '.join(self.answer)}\n",
            "## Verdicts\n",
            _table(
                self.claims_note,
                [*of_claims, *runs, Column("Differs?"), Column("What bears on it")],
                claims,
            ),
            "## What differs between them\n",
            _table(self.differences_note, [Column("Kind"), Column("What"), *runs], differences),
            "## Estimates\n",
            _table(
                self.estimates_note,
                [*of_claims, Column("Compared"), *numbers, Column("Luck")],
                estimates,
            ),
        ]
        return "\n".join(parts)


def _table(note: str, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    """A table below its note, or the note alone if there is no row."""
    return markdown_table(PaperTable("", note, columns, rows)) if rows else f"{note}\n"


def _word(mark: Mark | None) -> str:
    return mark.word if mark else "–"


def _answer(
    verdicts: Sequence[VerdictChangeRow],
    differences: Sequence[Known],
    estimates: Sequence[EstimateChangeRow],
) -> list[str]:
    """How many verdicts are different, what differs, and what is known of luck."""
    changed = sum(row.is_changed for row in verdicts)
    kinds = Counter(each.kind for each in differences)
    known = [f"{spelled_out(kinds[kind])} in the {kind}" for kind in ("config", "code", "data")]
    told = [
        f"{changed} of {len(verdicts)} verdicts are different.",
        f"Known differences: {', '.join(known)}.",
    ]
    if estimates:
        luck = Counter(row.luck for row in estimates).most_common()
        counts = "; ".join(f"{words} ({count})" for words, count in luck)
        told.append(f"Changes of estimates: {counts}.")
    return told


def _differences(one: FinishedRun, other: FinishedRun) -> list[Known]:
    """The config, the code and the data, as far as they differ."""
    data = [
        Difference(f"series.{series}" if series else "table", "", text)
        for series, text in data_differences(one, other).items()
    ]
    return [
        *_known("config", config_differences(one, other).values()),
        *_known("code", code_differences(one, other)),
        *_known("data", data),
    ]


def _known(kind: str, differences: Iterable[Difference]) -> list[Known]:
    return [Known(kind, each.what, each.one, each.other) for each in differences]


def _claim(row: VerdictChangeRow) -> ClaimInBoth:
    return ClaimInBoth(
        series=row.series or "over series",
        id=row.id,
        claim=row.claim,
        first=mark_of(row.verdict_one) if row.verdict_one else None,
        second=mark_of(row.verdict_other) if row.verdict_other else None,
        is_changed=row.is_changed,
        because=texts_of(row.because, ";"),
    )


def _estimate(row: EstimateChangeRow) -> EstimateInBoth:
    return EstimateInBoth(
        about=row.series or "over series",
        of=row.id,
        compared=" against ".join(filter(None, [row.scenario_a, row.scenario_b])),
        one_estimate=_shown(row, row.estimate_one, row.low_one, row.high_one),
        other_estimate=_shown(row, row.estimate_other, row.low_other, row.high_other),
        change=_shown(row, row.change, row.change_low, row.change_high),
        by=row.change,
        luck=row.luck,
    )


def _shown(row: EstimateChangeRow, estimate: float, low: float, high: float) -> Shown:
    is_ratio = KINDS[row.estimand].is_ratio
    digits = 2 if is_ratio else decimals(min(row.margin_one, row.margin_other))
    ends = "" if math.isnan(low) else f"[{number(low, digits)}, {number(high, digits)}]"
    return Shown(f"{'× ' * is_ratio}{number(estimate, digits)}", ends)
