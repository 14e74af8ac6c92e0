"""From packs to the two tables that everything else reads: repeats and forecasts.

Blocks are read a few at a time, so that memory does not grow with the number of forecasts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from thousandfold.data import load_series
from thousandfold.disk import DAMAGED, set_aside, write_own_checksum, written_whole
from thousandfold.errors import UserError
from thousandfold.imported import results_of
from thousandfold.measuring import measured
from thousandfold.packs import FinishedBlock, Pack, PackedBlock
from thousandfold.records import DamagedFileError, sealed_writer
from thousandfold.runs import runs_of
from thousandfold.series import LabelledSequences, Series
from thousandfold.study import Block, ImportedStudy, TrainedStudy
from thousandfold.tables import TABLES, write_rows
from thousandfold.tables.columns import check_frame
from thousandfold.tables.files import for_spreadsheets
from thousandfold.tables.rows import EARLIER_REPEATS, FORECASTS, REPEATS, BlockRow, columns_of_task

WRITTEN_AT_ONCE = 200_000
"""Values of blocks, about; memory does not grow with the number of blocks."""

IMPORTED = "imported"
"""The engine and the profile of repeats that were trained elsewhere."""


class DamagedResultsError(UserError):
    """Packs that were set aside; the message names each, why, and what to do."""


@dataclass(frozen=True)
class CheckedBlock:
    """A block, or a part of one, that was read, with its series and the metrics of its repeats."""

    block: Block
    series: Series
    table: pd.DataFrame
    row: BlockRow
    """Its row of the blocks table."""


def checked_blocks(
    study: TrainedStudy, files: Iterable[Path], wanted: Iterable[PackedBlock]
) -> Iterator[CheckedBlock]:
    """The wanted blocks, all of which are in these packs: checked, read and measured in turn.

    Raises DamagedResultsError if there is a damaged pack; all of them are set aside first.
    """
    packs = _opened(study, files)
    holders = defaultdict(list)
    for pack in packs:
        for packed in pack.blocks:
            holders[packed.recipe].append(pack)
    for packed in wanted:
        found = next(filter(None, (pack.read(packed) for pack in holders[packed.recipe])))
        source = load_series(study.source(packed.block.series))
        task = study.scenario(packed.block.scenario).regime.task
        table = measured(found.table, source, task)
        yield CheckedBlock(packed.block, source, table, _block_row(packed, found))


def _opened(study: TrainedStudy, files: Iterable[Path]) -> list[Pack]:
    """The packs in these files. Raises DamagedResultsError."""
    packs, problems = [], []
    for path in files:
        try:
            packs.append(Pack(path))
        except DamagedFileError as problem:
            target = set_aside(path, study.folder("results") / DAMAGED / path.name)
            problems.append(f"{path}: {problem}; moved to {target}")
    if problems:
        raise DamagedResultsError(
            *problems, "Run the same command again: it retrains these and no others."
        )
    return packs


def _block_row(packed: PackedBlock, found: FinishedBlock) -> BlockRow:
    """A block's row of the blocks table; a part of one has its share of the seconds."""
    whole = found.packed.block
    share = len(found.table) / (whole.stop - whole.start)
    facts = {
        **found.facts,
        "train_seconds": found.facts["train_seconds"] * share,
        "versions": ", ".join(f"{name} {v}" for name, v in found.facts["versions"].items()),
    }
    return BlockRow(**asdict(packed.block), recipe=packed.recipe, **facts)


def repeat_rows(study: TrainedStudy, checked: CheckedBlock) -> pd.DataFrame:
    """A block's rows of the repeats table, or of that of repeats on earlier test windows."""
    block, table = checked.block, checked.table
    execution, source = study.scenario(block.scenario).regime.execution, study.source(block.series)
    rows = table.assign(
        series=source.cut_from or source.name, scenario=block.scenario, earlier=source.earlier,
        engine=execution.engine, profile=execution.profile,
    )  # fmt: skip
    columns = EARLIER_REPEATS if source.earlier else REPEATS
    return rows[list(columns_of_task(columns, source.task))]


def forecast_rows(checked: CheckedBlock) -> pd.DataFrame:
    """A block's rows of the forecasts table; beyond the series' end there are no actual values."""
    block, series, table = checked.block, checked.series, checked.table
    forecasts = table.filter(regex=r"^(forecast|future)_\d+$").to_numpy()
    if isinstance(series, LabelledSequences):
        return _label_rows(block, series, table["repeat"].to_numpy(), forecasts)
    repeats = len(forecasts)
    (step, ahead), beyond = series.steps, 1 + np.arange(series.horizon)
    columns = {
        "step": np.append(step, series.test_rows + beyond),
        "steps_ahead": np.append(ahead, beyond),
        "actual": np.append(series.actual, np.full(series.horizon, np.nan)),
    }
    return pd.DataFrame(
        {
            "series": block.series,
            "scenario": block.scenario,
            "repeat": np.repeat(table["repeat"].to_numpy(), forecasts.shape[1]),
            "forecast": forecasts.ravel(),
            **{name: np.tile(values, repeats) for name, values in columns.items()},
        }
    )[list(columns_of_task(FORECASTS, "regression"))]


def _label_rows(
    block: Block, data: LabelledSequences, repeats: np.ndarray, forecasts: np.ndarray
) -> pd.DataFrame:
    """The same of sequences with labels: a row for each label of each test sequence."""
    labels, rows = len(data.classes), data.test_rows
    is_right = data.values[-rows:, np.newaxis] == np.arange(labels)
    return pd.DataFrame(
        {
            "series": block.series,
            "scenario": block.scenario,
            "repeat": np.repeat(repeats, rows * labels),
            "step": np.tile(np.repeat(np.arange(1, rows + 1), labels), len(repeats)),
            "steps_ahead": 1,
            "label": np.tile(np.array(data.classes, object), len(repeats) * rows),
            "forecast": forecasts.ravel(),
            "actual": np.tile(is_right.ravel().astype(float), len(repeats)),
        }
    )


def _batches(blocks: Iterable[CheckedBlock]) -> Iterator[list[CheckedBlock]]:
    """Successive blocks that are written together, because each writing takes long in itself."""
    batch: list[CheckedBlock] = []
    for checked in blocks:
        batch.append(checked)
        if sum(each.table.size for each in batch) >= WRITTEN_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _rows_of(study: TrainedStudy, batch: list[CheckedBlock]) -> dict[str, pd.DataFrame]:
    """The rows of some blocks, by table."""
    latest, earlier = (
        [checked for checked in batch if bool(study.source(checked.block.series).earlier) == cut]
        for cut in (False, True)
    )
    rows = {
        "repeats": [repeat_rows(study, checked) for checked in latest],
        "forecasts": [forecast_rows(checked) for checked in latest],
        "earlier_repeats": [repeat_rows(study, checked) for checked in earlier],
    }
    return {name: pd.concat(own, ignore_index=True) for name, own in rows.items() if own}


def collect(
    study: TrainedStudy,
    files: Iterable[Path],
    wanted: Iterable[PackedBlock],
    repeats_parquet: Path,
    repeats_csv: Path,
    forecasts_parquet: Path,
    blocks_csv: Path,
    earlier_parquet: Path | None = None,
) -> None:
    """Write the repeats, forecasts and blocks tables. Raises DamagedResultsError.

    Repeats on earlier test windows have a table of their own, and their forecasts none.
    """
    described, task = [], study.task
    with ExitStack() as stack:

        def opened(path: Path) -> Path:
            return stack.enter_context(written_whole(path))

        parquet = {"repeats": opened(repeats_parquet), "forecasts": opened(forecasts_parquet)}
        if earlier_parquet is not None:
            parquet["earlier_repeats"] = opened(earlier_parquet)
        csv = stack.enter_context(opened(repeats_csv).open("w", encoding="utf-8", newline=""))
        writers: dict[str, Any] = {}
        for batch in _batches(checked_blocks(study, files, wanted)):
            for name, rows in _rows_of(study, batch).items():
                if name == "repeats":
                    header = name not in writers
                    for_spreadsheets(rows).to_csv(csv, index=False, header=header)
                check_frame(name, columns_of_task(TABLES[name], task), rows)
                arrow = pa.Table.from_pandas(rows, preserve_index=False)
                if name not in writers:
                    writers[name] = stack.enter_context(sealed_writer(parquet[name], arrow.schema))
                writers[name].write_table(arrow)
            described += [checked.row for checked in batch]
    for path in filter(None, (repeats_parquet, repeats_csv, forecasts_parquet, earlier_parquet)):
        write_own_checksum(path)
    write_rows(BlockRow, described, blocks_csv)


def import_repeats(study: ImportedStudy, repeats_parquet: Path, repeats_csv: Path) -> None:
    """Write the repeats table of a study whose repeats were trained elsewhere."""
    table = results_of(runs_of(study.table), study.table, study.design).repeats
    origin = {"diverged": table[study.metric].isna(), "engine": IMPORTED, "profile": IMPORTED}
    table = pd.concat([table, pd.DataFrame(origin, index=table.index)], axis=1)
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    with written_whole(repeats_parquet) as partial, sealed_writer(partial, arrow.schema) as writer:
        writer.write_table(arrow)
    with written_whole(repeats_csv) as partial:
        for_spreadsheets(table).to_csv(partial, index=False)
    for path in (repeats_parquet, repeats_csv):
        write_own_checksum(path)
