"""Which release made a study's existing results, and how much of them this one cannot use.

A run leaves results/<study>/release/<version>; all analyses depend on it.
"""

from collections.abc import Collection
from pathlib import Path

from thousandfold.packs import PACKS, finished_packs
from thousandfold.version import VERSION

BLOCKS = "blocks"
"""The folder in which releases up to 0.2.0 kept each block as a file of its own."""

FIRST = "0.1.0"
"""The last release that left no note of itself."""


def release_note(results: Path) -> Path:
    """The file that says by its name which release made a study's results."""
    return results / "release" / VERSION


def release_of(results: Path) -> str | None:
    """The release that made the results in a folder; None if there are none."""
    notes = sorted(path.name for path in release_note(results).parent.glob("*"))
    if notes:
        return notes[-1]
    has_results = any((results / name).exists() for name in (BLOCKS, PACKS, "repeats.parquet"))
    return f"{FIRST} or an earlier one" if has_results else None


def note_release(note: Path) -> None:
    """Write the note of this release, and remove all others."""
    note.parent.mkdir(parents=True, exist_ok=True)
    for other in note.parent.iterdir():
        other.unlink()
    note.touch()


def outdated_blocks(results: Path, wanted: Collection[str]) -> int:
    """How many finished blocks of another release have no recipe that is wanted now."""
    if release_of(results) in (None, VERSION):
        return 0
    finished = [packed for blocks in finished_packs(results).values() for packed in blocks]
    older = len(list((results / BLOCKS).glob("*/*/*.parquet")))
    return older + sum(packed.recipe not in wanted for packed in finished)


def inherited_in_words(results: Path, outdated: int) -> str | None:
    """What a run does about results that another release made; None if this one did."""
    release = release_of(results)
    if release in (None, VERSION):
        return None
    told = (
        f"{results}: these results were made by release {release}; this is {VERSION}. "
        "A run analyses them again"
    )
    if not outdated:
        return f"{told}; what is trained stays as it is."
    return (
        f"{told}. It does not use {outdated} finished blocks, whose recipe has changed (settings, "
        "series, code or versions of packages), and trains anew what is missing; they stay where "
        "they are. To keep the old results as they are, give the study another name."
    )
