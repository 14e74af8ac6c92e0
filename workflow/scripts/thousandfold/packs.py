"""Packs: the result files of training jobs, each with all blocks that one job trained.

A pack is named after its content, the repeats and recipes of its blocks. So a file of that name is
what is wanted, or damaged; and what a study no longer wants does no harm.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from thousandfold.disk import DAMAGED, set_aside, write_text, written_whole
from thousandfold.records import DamagedFileError, open_sealed, sealed_writer
from thousandfold.study import Block

PACKS = "packs"
"""The folder, beside the tables, of all packs."""

PLANS = "plan"
"""The folder, beside the tables, that says what is in the packs that are not finished."""

REPEAT_COLUMNS = ("repeat", "seed", "train_loss", "train_seconds", "epochs", "diverged")
"""The columns of a block's table before its forecasts."""

FORECAST_COLUMNS = {"forecasts": "forecast", "future": "future"}
"""Columns of lists in a pack -> what their values' columns begin with in a block's table."""


@dataclass(frozen=True)
class PackedBlock:
    """A block and the recipe that it is, or is to be, trained by."""

    block: Block
    recipe: str


@dataclass(frozen=True)
class FinishedBlock:
    """A block with the table of its repeats (`train_prepared`), and facts of its training."""

    packed: PackedBlock
    table: pd.DataFrame
    facts: dict[str, Any]


def pack_name(blocks: Iterable[PackedBlock]) -> str:
    """The name of the pack that holds these blocks, in whatever order."""
    content = sorted(f"{each.recipe} {each.block.start} {each.block.stop}" for each in blocks)
    return hashlib.sha256("\n".join(content).encode()).hexdigest()[:20]


def pack_file(results: Path, name: str) -> Path:
    """The file of a pack."""
    return results / PACKS / f"{name}.parquet"


def write_pack(path: Path, finished: Sequence[FinishedBlock]) -> None:
    """Write blocks into a pack's file, each as a row group of its own."""
    tables = [_with_lists(block.table) for block in finished]
    seal = {
        "blocks": [_as_list(block.packed) for block in finished],
        "facts": [block.facts for block in finished],
    }
    with (
        written_whole(path) as partial,
        sealed_writer(partial, tables[0].schema, **seal) as writer,
    ):
        for table in tables:
            writer.write_table(table, row_group_size=max(1, len(table)))


class Pack:
    """A pack's file, checked to be complete and to hold what its name says."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises DamagedFileError."""
        self._file, seal = open_sealed(path)
        self.blocks = _blocks_in(seal, path)
        self._places = defaultdict[str, list[int]](list)
        for place, packed in enumerate(self.blocks):
            self._places[packed.recipe].append(place)
        self._facts: list[dict[str, Any]] = seal["facts"]

    def read(self, part: PackedBlock) -> FinishedBlock | None:
        """A block of it, with only those repeats that are asked for; None if it has them not."""
        start, stop = part.block.start, part.block.stop
        for place in self._places[part.recipe]:
            held = self.blocks[place]
            if held.block.start <= start and stop <= held.block.stop:
                table = _with_columns(self._file.read_row_group(place))
                wanted = table["repeat"].between(start, stop - 1)
                return FinishedBlock(held, table[wanted].reset_index(drop=True), self._facts[place])
        return None


def finished_packs(results: Path) -> dict[str, tuple[PackedBlock, ...]]:
    """What is in the packs that a study has, by their names; damaged ones are left out."""
    return {path.stem: pack.blocks for path, pack in _packs_in(results) if isinstance(pack, Pack)}


def set_aside_damaged_packs(results: Path) -> list[str]:
    """Move damaged packs to the folder `damaged` of the results; returns a line on each."""
    return [
        f"{path}: {problem}; moved to {set_aside(path, results / DAMAGED / path.name)}, and what "
        "it held is trained again"
        for path, problem in _packs_in(results)
        if isinstance(problem, DamagedFileError)
    ]


def damaged_packs(results: Path) -> list[str]:
    """A line on each pack that `set_aside_damaged_packs` would report."""
    return [
        f"{path}: {problem}; the run itself trains what it held again"
        for path, problem in _packs_in(results)
        if isinstance(problem, DamagedFileError)
    ]


def _packs_in(results: Path) -> Iterator[tuple[Path, Pack | DamagedFileError]]:
    for path in sorted((results / PACKS).glob("*.parquet")):
        try:
            yield path, Pack(path)
        except DamagedFileError as problem:
            yield path, problem


def write_plan(results: Path, name: str, blocks: Sequence[PackedBlock]) -> None:
    """Say what is to be in a pack, for jobs elsewhere and for the next run."""
    file = results / PLANS / f"{name}.json"
    if not file.exists():
        write_text(file, json.dumps([_as_list(packed) for packed in blocks]))


def forget_plans(results: Path, wanted: Container[str]) -> None:
    """Remove what was said of all other packs than these."""
    for file in (results / PLANS).glob("*.json"):
        if file.stem not in wanted:
            file.unlink(missing_ok=True)


def read_plan(results: Path, name: str) -> tuple[PackedBlock, ...]:
    """What is to be in a pack. Raises OSError, ValueError."""
    return tuple(map(_from_list, json.loads((results / PLANS / f"{name}.json").read_text("utf-8"))))


def read_plans(results: Path) -> dict[str, tuple[PackedBlock, ...]]:
    """What is to be in the packs that an earlier run planned and did not finish, by their names."""
    plans = {}
    for file in sorted((results / PLANS).glob("*.json")):
        try:
            blocks = read_plan(results, file.stem)
        except (OSError, ValueError, TypeError):
            continue
        if pack_name(blocks) == file.stem:
            plans[file.stem] = blocks
    return plans


def _as_list(packed: PackedBlock) -> list[Any]:
    return [*astuple(packed.block), packed.recipe]


def _from_list(values: Sequence[Any]) -> PackedBlock:
    return PackedBlock(Block(*values[:-1]), values[-1])


def _blocks_in(seal: dict[str, Any], path: Path) -> tuple[PackedBlock, ...]:
    try:
        blocks = tuple(map(_from_list, seal["blocks"]))
    except (KeyError, TypeError) as error:
        raise DamagedFileError("is no pack") from error
    if pack_name(blocks) != path.stem:
        raise DamagedFileError("holds other blocks, or other recipes, than its name says")
    return blocks


def _with_lists(table: pd.DataFrame) -> pa.Table:
    """A block's table with one column of lists for its forecasts and one for those beyond."""
    arrays = {name: pa.array(table[name]) for name in REPEAT_COLUMNS}
    for name, prefix in FORECAST_COLUMNS.items():
        values = table.filter(regex=rf"^{prefix}_\d+$").to_numpy(float)
        ends = np.arange(len(values) + 1, dtype=np.int32) * values.shape[1]
        arrays[name] = pa.ListArray.from_arrays(ends, values.ravel())
    return pa.table(arrays)


def _with_columns(table: pa.Table) -> pd.DataFrame:
    """The inverse of `_with_lists`; the repeats of a block have equally many forecasts."""
    frame: pd.DataFrame = table.select(list(REPEAT_COLUMNS)).to_pandas()
    columns: dict[str, np.ndarray] = {}
    for name, prefix in FORECAST_COLUMNS.items():
        values = table[name].combine_chunks().flatten().to_numpy()
        steps = values.reshape(len(frame), -1) if len(values) else np.empty((len(frame), 0))
        columns |= {f"{prefix}_{step + 1}": steps[:, step] for step in range(steps.shape[1])}
    return frame.join(pd.DataFrame(columns, index=frame.index))
