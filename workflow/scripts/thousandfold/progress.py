"""How far the training of a whole run is: measured, and told after each of its jobs."""

from collections.abc import Sequence
from pathlib import Path

from thousandfold.disk import write_text
from thousandfold.formatting import duration
from thousandfold.packs import PLANS, PackedBlock, pack_file, read_plans

STARTED = "started"
"""The file, beside the plans of a run's packs, whose time is that of the run's start."""


def note_start(results: Path) -> None:
    """Say that a run starts now, once its plans are all that there are."""
    write_text(results / PLANS / STARTED, "")


def progress_in_words(results: Path, now: float) -> str:
    """How many of a run's trainings are done, how fast that went, and how long the others take.

    `now` is in seconds, as the times of files are. A run of single files has noted no start.
    """
    trainings = {name: _repeats(blocks) for name, blocks in read_plans(results).items()}
    finished = [name for name in trainings if pack_file(results, name).exists()]
    done, planned = sum(trainings[name] for name in finished), sum(trainings.values())
    told = f"{done:,} of {planned:,} trainings done"
    start = results / PLANS / STARTED
    seconds = now - start.stat().st_mtime if start.exists() else 0.0
    if not done or seconds <= 0:
        return told
    left = "" if done == planned else f", about {duration(seconds * (planned - done) / done)} left"
    return f"{told}, {done / seconds:,.0f} a second{left}"


def _repeats(blocks: Sequence[PackedBlock]) -> int:
    return sum(packed.block.stop - packed.block.start for packed in blocks)
