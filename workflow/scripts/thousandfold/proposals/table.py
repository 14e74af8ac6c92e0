"""The section `table` of a new study, and the claims that its scenarios suggest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from thousandfold.errors import DataError
from thousandfold.proposals import number, quoted, text_of, words_of
from thousandfold.proposals.series import reason_against
from thousandfold.reading.numbers import numbers_of
from thousandfold.reading.options import FOUND_OUT, RowsWith, TableForm
from thousandfold.reading.sheets import Sheet
from thousandfold.runs import (
    FAILED_STATES,
    FINISHED_STATES,
    REPEAT_NAMES,
    SCORE,
    USUAL_NAMES,
    files_of,
    in_one_form,
    read_tables,
    state_column,
)

MARGIN_SHARE = 0.01
"""Of the mean of the metric: a start, not an answer."""

MOST_FINDINGS = 10

HIGHER_IS_BETTER = frozenset(
    {
        "acc", "accuracy", "auc", "auroc", "f1", "score", "reward", "return", "bleu", "rouge",
        "r2", "precision", "recall", "iou", "map", "dice", "success", "win",
    }
)  # fmt: skip

LOWER_IS_BETTER = frozenset(
    {
        "loss", "error", "err", "rmse", "mse", "mae", "mape", "smape", "mase", "perplexity",
        "ppl", "wer", "cer", "regret", "nll", "crps",
    }
)  # fmt: skip

SETTINGS = ("config", "params", "tags")
"""What the names of columns begin with that were set and not measured."""

NO_METRICS = ("runtime", "duration", "time", "seconds", "lr", "epoch", "epochs", "step", "steps")
"""Numbers that runs come with and that are seldom what is compared."""

ENOUGH_SERIES = 6
"""From so many on, the claims proposed are about series like those in the table."""

BASELINES = ("baseline", "base", "control", "default", "old", "reference", "vanilla")

SUMMARY_WORDS = frozenset({"mean", "avg", "average", "std", "rank", "median", "min", "max", "n"})
"""In the names of columns that sum up others and are no scenario."""


@dataclass(frozen=True)
class TableProposal:
    """What a table seems to hold."""

    form: TableForm
    metric: str
    better: str | None
    """lower or higher; None: its name does not tell."""
    margin: float
    scenarios: tuple[str, ...]
    n_series: int
    told: tuple[str, ...]
    """What was recognised, each in a few words."""


def propose_table(file: str, value: str | None) -> TableProposal:
    """What a table of trained runs seems to hold; `value` is its metric. Raises DataError."""
    files = files_of(file)
    sheet = read_tables(files)
    columns = _roles(sheet)
    numeric = _measured(sheet, columns)
    wide: tuple[str, ...] = ()
    if "scenario" not in columns:
        wide = tuple(name for name in numeric if SUMMARY_WORDS.isdisjoint(words_of(name)))
        if len(wide) < 2:
            raise DataError(
                f"{sheet.path}: no column says what was trained; {sheet.columns_in_words()}; call "
                "it scenario"
            )
    metric = value or (SCORE if wide else _metric(sheet, numeric))
    renamed = tuple((role, name) for role, name in columns.items() if role != name)
    form = TableForm(files, FOUND_OUT, renamed, wide, *_states(sheet))
    runs = in_one_form(sheet, form, metric)
    values = numbers_of(runs.sheet, metric).values
    known = np.abs(values[np.isfinite(values)])
    told = [f"{name!r} is the {role}" for role, name in columns.items()]
    if wide:
        told.append(f"each of {', '.join(map(repr, wide))} is a scenario")
    else:
        others = ", ".join(repr(name) for name in numeric if name != metric)
        told.append(f"{metric!r} is what is compared" + (f" (and not {others})" if others else ""))
    return TableProposal(
        form,
        metric,
        None if metric == SCORE else _better(metric),
        float(known.mean()) * MARGIN_SHARE if known.size else 1.0,
        tuple(dict.fromkeys(runs.sheet.texts(runs.sheet.column("scenario")))),
        len(set(runs.sheet.texts(runs.sheet.column("series")))) if "series" in columns else 1,
        (*told, *runs.sheet.assumed),
    )


def _roles(sheet: Sheet) -> dict[str, str]:
    """The columns that say what was trained, on what data, and which repeat, by their names."""
    found = {}
    for role, usual in (*USUAL_NAMES.items(), ("repeat", REPEAT_NAMES)):
        order = [role, *(name for name in usual if name != role)]
        last_words = {name: "".join(words_of(name)[-1:]) for name in sheet.header}
        named = [name for name, word in last_words.items() if word in order]
        if named:
            found[role] = min(named, key=lambda name: order.index(last_words[name]))
    return found


def _measured(sheet: Sheet, columns: Mapping[str, str]) -> list[str]:
    """The columns of numbers that vary and are not a setting, a time or a run's number."""
    found = []
    for place, name in enumerate(sheet.header):
        words = words_of(name)
        is_other = (
            name in columns.values() or not words or words[0] in SETTINGS
            or words[-1] in (*NO_METRICS, *REPEAT_NAMES)
        )  # fmt: skip
        if not is_other and reason_against(sheet, place) is None:
            found.append(name)
    return found


def _metric(sheet: Sheet, numeric: Sequence[str]) -> str:
    """The column whose name is that of a metric, preferably on the test data; or else the last."""
    if not numeric:
        raise DataError(f"{sheet.path}: no column has numbers that vary; name one by --value")

    def rank(name: str) -> tuple[bool, bool, bool, bool, int]:
        words = set(words_of(name))
        is_known = bool(words & (HIGHER_IS_BETTER | LOWER_IS_BETTER))
        is_test, is_train, is_loss = (word in words for word in ("test", "train", "loss"))
        return is_known, is_test, not is_train, not is_loss, numeric.index(name)

    return max(numeric, key=rank)


def _better(metric: str) -> str | None:
    words = set(words_of(metric))
    is_higher, is_lower = bool(words & HIGHER_IS_BETTER), bool(words & LOWER_IS_BETTER)
    return None if is_higher == is_lower else "higher" if is_higher else "lower"


def _states(sheet: Sheet) -> tuple[RowsWith | None, RowsWith | None]:
    """The runs that failed, and those that were stopped or are not known to have ended."""
    name = state_column(sheet)
    if name is None:
        return None, None
    states = dict.fromkeys(sheet.texts(sheet.column(name)))
    failed = tuple(state for state in states if state.casefold() in FAILED_STATES)
    ended = FINISHED_STATES | FAILED_STATES
    others = tuple(state for state in states if state and state.casefold() not in ended)
    return (
        RowsWith(name, failed) if failed else None,
        RowsWith(name, others) if others else None,
    )


def table_parts(proposal: TableProposal) -> dict[str, str]:
    """The parts of a config of a study of a table, by their names in its template."""
    form = proposal.form
    lines = []
    if form.columns:
        pairs = ", ".join(f"{role}: {quoted(name)}" for role, name in form.columns)
        lines.append(f"  columns: {{{pairs}}}")
    if form.wide:
        lines.append(f"  wide: [{', '.join(map(quoted, form.wide))}] # a scenario each")
    for key, rows, words in (
        ("failed", form.failed, "count as failed trainings"),
        ("left_out", form.left_out, "are not looked at, but counted; or failed"),
    ):
        if rows is not None:
            values = ", ".join(map(quoted, rows.values))
            which = f"{{column: {quoted(rows.column)}, values: [{values}]}}"
            lines.append(f"  {key}: {which} # --> {words}")
    return {
        "metric": quoted(proposal.metric),
        "metric_words": proposal.metric,
        "better": proposal.better or "lower # --> or higher",
        "margin": number(proposal.margin or 1.0),
        "form": "".join(f"{line}\n" for line in lines),
        "findings": _findings(proposal),
    }


def _findings(proposal: TableProposal) -> str:
    """A claim comparing every scenario with the one called a baseline, or with the first."""
    names = proposal.scenarios
    base = next((n for word in BASELINES for n in names if word in words_of(n)), names[0])
    expect = "greater" if proposal.better == "higher" else "less"
    lines = []
    for index, name in enumerate([n for n in names if n != base][:MOST_FINDINGS], 1):
        claim = f"{name} does better than {base}."
        lines += [
            f"  H{index}:", f"    claim: {text_of(claim)}", f"    expect: {expect}",
            f"    a: {quoted(name)}", f"    b: {quoted(base)}",
        ]  # fmt: skip
        if proposal.n_series >= ENOUGH_SERIES:
            lines.append(
                "    over: series # --> on series like these; without it, on each by itself"
            )
    return "\n".join(lines)
