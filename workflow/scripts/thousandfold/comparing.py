"""Two finished runs side by side: what came out in each, and what differs between them."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from thousandfold.config_files import read_layer
from thousandfold.errors import DataError
from thousandfold.inference.changes import Change, change_between
from thousandfold.inference.contrasts import KINDS
from thousandfold.names import listed, texts_of
from thousandfold.records import read_large_table
from thousandfold.tables import AnyRow, read_rows
from thousandfold.tables.rows import (
    ClaimRow,
    ContrastRow,
    EstimateChangeRow,
    PopulationClaimRow,
    PopulationRow,
    VerdictChangeRow,
)

WORDS_ONLY = {("study", "name"), ("study", "title"), ("study", "require")}
"""Keys of the config on which no number rests."""

NO_OTHER = {"study", "model", "table"}
"""The parts of a config that bear on every claim."""

Key = tuple[str, ...]
"""Of a value in a config."""

AnyClaim = ClaimRow | PopulationClaimRow

ClaimKey = tuple[str | None, str]
"""A claim's series and id; None: it is over series."""


@dataclass(frozen=True)
class FinishedRun:
    """What a run has left in its folder of results."""

    folder: Path
    config: Mapping[Key, Any]
    """Its values by their keys."""
    provenance: Mapping[str, Any]
    repeats: pd.DataFrame
    claims: Sequence[ClaimRow]
    contrasts: Sequence[ContrastRow]
    population_claims: Sequence[PopulationClaimRow]
    population: Sequence[PopulationRow]
    actual: Mapping[str, Sequence[float]]
    """The observations of each series' test rows; none of runs from elsewhere."""

    @classmethod
    def read(cls, folder: Path) -> "FinishedRun":
        """The run whose results are in a folder. Raises DataError and DamagedTableError."""

        def rows(row_type: type[AnyRow]) -> list[AnyRow]:
            return read_rows(row_type, _there(folder, f"{row_type.table}.csv"))

        config = read_layer(str(_there(folder, "config.yaml")))
        told = json.loads(_there(folder, "provenance.json").read_text(encoding="utf-8"))
        return cls(
            folder, dict(_flat(config)), told,
            read_large_table(_there(folder, "repeats.parquet")), rows(ClaimRow),
            rows(ContrastRow), rows(PopulationClaimRow), rows(PopulationRow),
            _observations(folder / "forecasts.parquet"),
        )  # fmt: skip

    def of(self, series: str | None, scenarios: Iterable[str], metric: str) -> pd.DataFrame:
        """The seeds and values of scenarios on a series, or on all."""
        table = self.repeats[self.repeats["scenario"].isin(list(scenarios))]
        if series is not None:
            table = table[table["series"] == series]
        columns = [
            name for name in ("series", "scenario", "repeat", "seed", metric) if name in table
        ]
        return table[columns].reset_index(drop=True)


def _there(folder: Path, name: str) -> Path:
    if not (folder / name).exists():
        raise DataError(
            f"{folder}: holds no finished study ({name} is missing); name a study's folder of "
            "results, such as results/smoke, after it was run"
        )
    return folder / name


def _flat(value: Any, key: Key = ()) -> Iterator[tuple[Key, Any]]:
    """The values of a config that are no mappings, by their keys."""
    if not isinstance(value, dict):
        yield key, value
        return
    for name, below in value.items():
        yield from _flat(below, (*key, str(name)))


def _observations(file: Path) -> dict[str, list[float]]:
    if not file.exists():
        return {}
    table = read_large_table(file).dropna(subset=["actual"])
    first = table.drop_duplicates(["series", "step"]).sort_values("step", kind="stable")
    return {str(name): list(group["actual"]) for name, group in first.groupby("series")}


@dataclass(frozen=True)
class Difference:
    """A key of the config, or a fact of the provenance, that two runs do not have in common."""

    what: str
    one: str
    other: str

    def __str__(self) -> str:
        return f"{self.what} {self.one} → {self.other}"


def config_differences(one: FinishedRun, other: FinishedRun) -> dict[Key, Difference]:
    """The keys of the config whose values differ, and may matter."""
    keys = dict.fromkeys([*one.config, *other.config])
    return {
        key: Difference(".".join(key), _shown(one, key), _shown(other, key))
        for key in keys
        if key[:2] not in WORDS_ONLY and _shown(one, key) != _shown(other, key)
    }


def _shown(run: FinishedRun, key: Key) -> str:
    return json.dumps(run.config[key], ensure_ascii=False) if key in run.config else "not there"


def code_differences(one: FinishedRun, other: FinishedRun) -> list[Difference]:
    """The releases, commits and versions that differ."""
    facts: dict[str, Callable[[Mapping[str, Any]], Any]] = {
        "Thousandfold": lambda told: told["analysis_versions"]["thousandfold"],
        "commit": lambda told: (told["commit"] or "unknown")[:12],
        "trained with": lambda told: "; ".join(told["training"]["versions"]) or "not here",
    }
    found = [
        Difference(name, str(fact(one.provenance)), str(fact(other.provenance)))
        for name, fact in facts.items()
    ]
    return [difference for difference in found if difference.one != difference.other]


def data_differences(one: FinishedRun, other: FinishedRun) -> dict[str | None, str]:
    """What differs in the data, by series; None: in a table of runs from elsewhere."""
    if one.provenance["table_sha256"] != other.provenance["table_sha256"]:
        return {None: "the table of runs is another"}
    return {
        series: "its test values are others"
        for series, values in one.actual.items()
        if series in other.actual and other.actual[series] != values
    }


def verdict_changes(one: FinishedRun, other: FinishedRun) -> list[VerdictChangeRow]:
    """Every claim of either run, with its verdicts in both."""
    first, second = _by_claim(one), _by_claim(other)
    rows = []
    for key in dict.fromkeys([*first, *second]):
        series, id_ = key
        a, b = first.get(key), second.get(key)
        shown = b or a
        assert shown is not None
        rows.append(
            VerdictChangeRow(
                series=series,
                id=id_,
                claim=shown.claim,
                verdict_one=a.verdict if a else None,
                verdict_other=b.verdict if b else None,
                is_changed=(a.verdict if a else None) != (b.verdict if b else None),
                because=_because(one, other, series, id_, is_in_both=bool(a and b)),
            )
        )
    return rows


def _by_claim(run: FinishedRun) -> dict[ClaimKey, AnyClaim]:
    found: dict[ClaimKey, AnyClaim] = {(None, row.id): row for row in run.population_claims}
    for row in run.claims:
        found[row.series, row.id] = row
    return found


def _because(
    one: FinishedRun, other: FinishedRun, series: str | None, id_: str, *, is_in_both: bool
) -> str:
    """What differs between two runs that bears on a claim."""
    if not is_in_both:
        return "the claim is in one of them only"
    rows = [row for run in (one, other) for row in _compared(run, series, id_)]
    scenarios = {name for row in rows for name in _scenarios(row)}
    config = [
        difference
        for key, difference in config_differences(one, other).items()
        if key[0] in NO_OTHER
        or key[:2] == ("findings", id_)
        or (key[0] == "scenarios" and key[1] in scenarios)
        or (key[0] == "series" and series in (None, key[1]))
    ]
    told = [f"config: {difference}" for difference in config]
    is_same = (_is_same(one, other, series, _scenarios(row), row.metric) for row in rows)
    if rows and all(is_same):
        return listed([*told, SAME_REPEATS], ";")
    changed = data_differences(one, other)
    data = [text for name, text in changed.items() if name is None or series in (None, name)]
    parts = [
        *told,
        *(f"data: {text}" for text in dict.fromkeys(data)),
        *(f"code: {difference}" for difference in code_differences(one, other)),
    ]
    return listed(parts, ";") or "nothing that is known"


def _compared(
    run: FinishedRun, series: str | None, id_: str
) -> list[ContrastRow] | list[PopulationRow]:
    if series is None:
        return [row for row in run.population if row.id == id_]
    return [row for row in run.contrasts if (row.series, row.id) == (series, id_)]


def _scenarios(row: ContrastRow | PopulationRow) -> list[str]:
    """The scenarios of a row; those of a trend are lists."""
    names = [row.scenario_a, *([row.scenario_b] if row.scenario_b else [])]
    return [name for text in names for name in texts_of(text)] if row.estimand == "trend" else names


def _is_same(
    one: FinishedRun, other: FinishedRun, series: str | None, scenarios: Sequence[str], metric: str
) -> bool:
    """Whether the repeats of scenarios are the same, to the last bit."""
    return one.of(series, scenarios, metric).equals(other.of(series, scenarios, metric))


def _share_seeds(
    one: FinishedRun, other: FinishedRun, series: str | None, scenarios: Sequence[str], metric: str
) -> bool:
    """Whether some repeats of scenarios have the same seed in both runs."""
    seeds = [run.of(series, scenarios, metric) for run in (one, other)]
    if not all("seed" in table for table in seeds):
        return False
    return bool(set(seeds[0]["seed"].dropna()) & set(seeds[1]["seed"].dropna()))


def _comparisons(run: FinishedRun) -> list[ContrastRow | PopulationRow]:
    return [*run.population, *run.contrasts]


def estimate_changes(one: FinishedRun, other: FinishedRun) -> list[EstimateChangeRow]:
    """Every comparison that a claim of both runs makes, with its estimates in both."""
    found = {_key(row): row for row in _comparisons(one)}
    return [
        _estimate_change(one, other, found[_key(row)], row)
        for row in _comparisons(other)
        if _key(row) in found
    ]


def _key(row: ContrastRow | PopulationRow) -> tuple[str | None, ...]:
    series = row.series if isinstance(row, ContrastRow) else None
    return series, row.id, row.scenario_a, row.scenario_b, row.metric, row.estimand


def _estimate_change(
    one: FinishedRun,
    other: FinishedRun,
    a: ContrastRow | PopulationRow,
    b: ContrastRow | PopulationRow,
) -> EstimateChangeRow:
    series, scenarios = _key(b)[0], _scenarios(b)
    change = _change(a, b)
    if _is_same(one, other, series, scenarios, b.metric):
        change, luck = Change(change.change, math.nan, math.nan), SAME_REPEATS
    elif _share_seeds(one, other, series, scenarios, b.metric):
        change, luck = Change(change.change, math.nan, math.nan), SHARED_SEEDS
    elif math.isnan(change.low):
        luck = "not known"
    else:
        neutral = KINDS[b.estimand].neutral
        luck = LUCK if change.low <= neutral <= change.high else MORE_THAN_LUCK
    first, second = _ends(a), _ends(b)
    return EstimateChangeRow(
        series=series, id=b.id, scenario_a=b.scenario_a, scenario_b=b.scenario_b, metric=b.metric,
        estimand=b.estimand, margin_one=a.margin, margin_other=b.margin, estimate_one=first[0],
        low_one=first[1], high_one=first[2], estimate_other=second[0], low_other=second[1],
        high_other=second[2], change=change.change, change_low=change.low, change_high=change.high,
        luck=luck,
    )  # fmt: skip


SAME_REPEATS = "the repeats are the same, number for number"
SHARED_SEEDS = "repeats share seeds, so that runs are not independent"
LUCK = "within what luck alone does"
MORE_THAN_LUCK = "more than luck alone does"
"""What is known of the luck in a change."""


def _ends(row: ContrastRow | PopulationRow) -> tuple[float, float, float]:
    """A row's estimate and the ends of its deciding interval."""
    if isinstance(row, ContrastRow):
        kind = KINDS[row.estimand]
        low, high = (kind.from_zero(row, end) for end in (row.ci_low, row.ci_high))
        return kind.from_zero(row, row.difference), low, high
    return (row.median if row.typical == "median" else row.mean), row.typical_low, row.typical_high


def _change(a: ContrastRow | PopulationRow, b: ContrastRow | PopulationRow) -> Change:
    """How an estimate has changed; the error of a typical effect is not known."""
    if isinstance(a, ContrastRow) and isinstance(b, ContrastRow):
        return change_between(a, b)
    kind, before, after = KINDS[b.estimand], _ends(a)[0], _ends(b)[0]
    return Change(kind.natural(kind.scaled(after) - kind.scaled(before)), math.nan, math.nan)
