"""From blocks to the two tables that everything else reads: repeats and forecasts.

Blocks are read one at a time, so that memory does not grow with the number of forecasts.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
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
from thousandfold.recipe import recipe
from thousandfold.records import (
    DamagedFileError,
    block_facts,
    read_block,
    sealed_writer,
)
from thousandfold.runs import runs_of
from thousandfold.series import Series
from thousandfold.study import Block, ImportedStudy, TrainedStudy
from thousandfold.tables import TABLES, write_rows
from thousandfold.tables.columns import check_frame
from thousandfold.tables.files import for_spreadsheets
from thousandfold.tables.rows import REPEATS, BlockRow

IMPORTED = "imported"
"""The engine and the profile of repeats that were trained elsewhere."""


class DamagedResultsError(UserError):
    """Blocks that were set aside; the message names each, why, and what to do."""


def block_of(study: TrainedStudy, path: Path) -> Block:
    """The block in a result file, identified by its path: <series>/<scenario>/<start>-<stop>."""
    series, scenario = map(study.name_of, path.parts[-3:-1])
    start, stop = path.stem.split("-")
    return Block(series, scenario, int(start), int(stop))


def checked_blocks(
    study: TrainedStudy, files: Iterable[Path]
) -> Iterator[tuple[Block, Series, pd.DataFrame]]:
    """The blocks in these files with their series and table: read, checked, measured in turn.

    Damaged ones are set aside; once all have been read, they raise DamagedResultsError.
    """
    damaged = study.folder("results") / DAMAGED
    series = {source.name: load_series(source) for source in study.series}
    problems = []
    for path in files:
        block = block_of(study, path)
        repeats = range(block.start, block.stop)
        steps, horizon = series[block.series].test_rows, series[block.series].horizon
        try:
            table = read_block(path, recipe(study, block), repeats, steps, horizon)
        except DamagedFileError as problem:
            target = set_aside(path, damaged / Path(*path.parts[-3:]))
            problems.append(f"{path}: {problem}; moved to {target}")
        else:
            task = study.scenario(block.scenario).regime.task
            yield block, series[block.series], measured(table, series[block.series], task)
    if problems:
        raise DamagedResultsError(
            *problems, "Run the same command again: it retrains these and no others."
        )


def repeat_rows(study: TrainedStudy, block: Block, table: pd.DataFrame) -> pd.DataFrame:
    """A block's rows of the repeats table."""
    regime = study.scenario(block.scenario).regime
    names = pd.DataFrame({"series": block.series, "scenario": block.scenario}, index=table.index)
    origin = pd.DataFrame(
        {"engine": regime.execution.engine, "profile": regime.execution.profile}, index=table.index
    )
    return pd.concat([names, table, origin], axis=1)[list(REPEATS)]


def forecast_rows(block: Block, series: Series, table: pd.DataFrame) -> pd.DataFrame:
    """A block's rows of the forecasts table; beyond the series' end there are no actual values."""
    forecasts = table.filter(regex=r"^(forecast|future)_\d+$").to_numpy()
    repeats, steps = forecasts.shape
    actual = np.append(series.values[-series.test_rows :], np.full(series.horizon, np.nan))
    return pd.DataFrame(
        {
            "series": block.series,
            "scenario": block.scenario,
            "repeat": np.repeat(table["repeat"].to_numpy(), steps),
            "step": np.tile(np.arange(1, steps + 1), repeats),
            "forecast": forecasts.ravel(),
            "actual": np.tile(actual, repeats),
        }
    )


def block_row(study: TrainedStudy, path: Path) -> BlockRow:
    """A block's row of the blocks table."""
    facts = block_facts(path)
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    return BlockRow(**asdict(block_of(study, path)), **{**facts, "versions": versions})


def collect(
    study: TrainedStudy,
    files: Iterable[Path],
    repeats_parquet: Path,
    repeats_csv: Path,
    forecasts_parquet: Path,
    blocks_csv: Path,
) -> None:
    """Write the repeats, forecasts and blocks tables. Raises DamagedResultsError."""
    files = list(files)
    with ExitStack() as stack:
        repeats_file, csv_file, forecasts_file = (
            stack.enter_context(written_whole(path))
            for path in (repeats_parquet, repeats_csv, forecasts_parquet)
        )
        csv = stack.enter_context(csv_file.open("w", encoding="utf-8", newline=""))
        writers: dict[str, Any] = {}
        for block, series, table in checked_blocks(study, files):
            rows = {
                "repeats": repeat_rows(study, block, table),
                "forecasts": forecast_rows(block, series, table),
            }
            for_spreadsheets(rows["repeats"]).to_csv(csv, index=False, header=not writers)
            for name, path in [("repeats", repeats_file), ("forecasts", forecasts_file)]:
                check_frame(name, TABLES[name], rows[name])
                arrow = pa.Table.from_pandas(rows[name], preserve_index=False)
                if name not in writers:
                    writers[name] = stack.enter_context(sealed_writer(path, arrow.schema))
                writers[name].write_table(arrow)
    for path in (repeats_parquet, repeats_csv, forecasts_parquet):
        write_own_checksum(path)
    write_rows(BlockRow, [block_row(study, path) for path in files], blocks_csv)


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
