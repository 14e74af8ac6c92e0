"""Which release made a study's existing results, and which of their blocks are outdated.

A run leaves results/<study>/release/<version>; all analyses depend on it.
"""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from thousandfold.records import recipe_of
from thousandfold.study import Block
from thousandfold.version import VERSION

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
    has_results = any((results / name).exists() for name in ("blocks", "repeats.parquet"))
    return f"{FIRST} or an earlier one" if has_results else None


def note_release(note: Path) -> None:
    """Write the note of this release, and remove all others."""
    note.parent.mkdir(parents=True, exist_ok=True)
    for other in note.parent.iterdir():
        other.unlink()
    note.touch()


def foreign_blocks(
    results: Path, blocks: Mapping[Path, Block], recipe: Callable[[Block], str]
) -> list[Path]:
    """The finished blocks of another release whose recipe has changed.

    `blocks` are all that the study can have, by their files; `recipe` is the one of a block now.
    """
    if release_of(results) in (None, VERSION):
        return []
    return [
        file for file, block in blocks.items() if file.exists() and recipe_of(file) != recipe(block)
    ]


def inherited_in_words(results: Path, foreign: Collection[Path]) -> str | None:
    """What a run does about results that another release made; None if this one did."""
    release = release_of(results)
    if release in (None, VERSION):
        return None
    told = (
        f"{results}: these results were made by release {release}; this is {VERSION}. "
        "A run analyses them again"
    )
    if not foreign:
        return f"{told}; what is trained stays as it is."
    return (
        f"{told} and trains {len(foreign)} finished blocks again, whose recipe has changed "
        "(settings, series, code or versions of packages). It moves them to "
        f"{results / 'damaged'}. To keep the old results as they are, give the study another name."
    )
