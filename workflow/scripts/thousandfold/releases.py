"""Which release made the results that a study already has, and what a run does about them.

A run leaves results/<study>/release/<version>; all analysis hangs on it.
"""

from collections.abc import Callable, Mapping
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
    """Leave the note of this release, and no other."""
    note.parent.mkdir(parents=True, exist_ok=True)
    for other in note.parent.iterdir():
        other.unlink()
    note.touch()


def inherited_in_words(
    results: Path, blocks: Mapping[Path, Block], recipe: Callable[[Block], str]
) -> str | None:
    """What a run does about results that another release made; None if this one did.

    `blocks` are all that the study can have, by their files; `recipe` is the one of a block now.
    """
    release = release_of(results)
    if release in (None, VERSION):
        return None
    told = (
        f"{results}: these results were made by release {release}; this is {VERSION}. "
        "A run analyses them again"
    )
    finished = {file: block for file, block in blocks.items() if file.exists()}
    foreign = sum(recipe_of(file) != recipe(block) for file, block in finished.items())
    if foreign:
        told += (
            f" and trains {foreign} of {len(finished)} finished blocks again, whose recipe is "
            "another one now (settings, series, code or versions of packages). To keep the old "
            f"results, give the study another name or move {results} away first"
        )
    elif finished:
        told += "; what is trained stays as it is"
    return f"{told}."
