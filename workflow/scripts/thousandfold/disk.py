"""Files on disk: which may be read, how they are written completely, checked and set aside.

A file of checksums is named after what it covers, is in the folder `checksums` of the study's
results, and has the format of `sha256sum --check`, to be run in the results folder.
"""

import hashlib
import os
import platform
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from thousandfold.errors import DataError, UserError

CHECKSUMS = "checksums"
"""The folder, beside the tables, of their checksums."""

DAMAGED = "damaged"
"""The folder, beside the tables, of files that were set aside."""

KERNEL_FOLDERS = ("/proc", "/sys")
"""What lies there looks like a file and is none: it has no size, and reading it may never end."""


class UnwritableError(UserError):
    """A file that cannot be written: the disk is full, or its folder is not writable."""


class DamagedTableError(UserError):
    """A table that was changed after it was written, or cannot be read."""


def is_file(path: Path) -> bool:
    """Whether this is a regular file; a name that is too long is not one."""
    try:
        return path.is_file()
    except OSError:
        return False


def check_regular(path: Path) -> None:
    """Raise DataError unless this is a regular file on a disk.

    Devices, pipes, sockets and the kernel's virtual files may never end.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        mode = stat.S_IFDIR
    if stat.S_ISDIR(mode):
        raise DataError(f"{path}: there is no such file; correct the path")
    resolved = path.resolve()
    in_kernel = any(resolved.is_relative_to(folder) for folder in KERNEL_FOLDERS)
    if in_kernel or not stat.S_ISREG(mode):
        raise DataError(f"{path}: is not a regular file; save its content to one")


def check_writable(folder: Path) -> None:
    """Raise UnwritableError unless files can be created in a folder, which need not exist yet."""
    existing = next(place for place in [folder, *folder.parents] if os.path.lexists(place))
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        raise UnwritableError(
            f"{existing}: cannot be written; make it a folder of yours, or run in a copy of the "
            "project on another disk"
        )


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write to; the file moves to `path` once complete, or leaves no trace.

    Partial files of processes that were killed are removed when the file is complete.
    Raises UnwritableError.
    """
    # Host and process keep an orphan of a killed run from writing into another's file.
    partial = path.with_name(f".{path.name}.{platform.node()}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with partial.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(partial, path)
        for orphan in path.parent.glob(f".{path.name}.*.partial"):
            orphan.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text completely or not at all. Raises UnwritableError."""
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def checksums_of(path: Path) -> Path:
    """The file with the checksum of a table of its own name."""
    return path.parent / CHECKSUMS / f"{path.name}.sha256"


def write_checksums(output: Path, files: Iterable[Path]) -> None:
    """Write the checksums of files, with paths relative to the folder above that of `output`.

    Raises UnwritableError.
    """
    folder = output.parent.parent
    lines = [
        f"{_digest(path)}  {Path(os.path.relpath(path, folder)).as_posix()}\n" for path in files
    ]
    write_text(output, "".join(lines))


def write_own_checksum(path: Path) -> None:
    """Write the checksum of a file where `read_checked` looks for it."""
    write_checksums(checksums_of(path), [path])


def read_checked(path: Path) -> bytes:
    """The content of a file that has its own checksum. Raises DamagedTableError."""
    try:
        content = path.read_bytes()
        expected = _expected(checksums_of(path))
    except OSError as error:
        raise _damaged(path, f"or its checksum cannot be read ({error.strerror})") from error
    if expected.get(Path(os.path.normpath(path))) != hashlib.sha256(content).hexdigest():
        raise _damaged(path, "is not as it was written")
    return content


def set_aside(path: Path, target: Path) -> Path:
    """Move a file to a path, or a free name next to it; returns where. Raises UnwritableError."""
    target = _free_name(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)
    except OSError as error:
        raise _unwritable(target, error) from error
    return target


def set_aside_damaged(results: Path, reports: Path) -> list[str]:
    """Move files that were changed to the folder `damaged` of the results; returns a line on each.

    Checksum files that do not match are removed: they are outputs of the jobs that made what they
    cover, so Snakemake remakes all of it. Files without a checksum are left alone: a job may be
    writing them.
    """
    told = []
    for checksums, missing, changed in _damage(results, reports):
        told += [f"{path}: is missing; it is remade" for path in missing]
        for path in changed:
            target = set_aside(path, results / DAMAGED / path.name)
            told.append(f"{path}: is not as it was written; moved to {target} and remade")
        checksums.unlink(missing_ok=True)
    return told


def damaged_files(results: Path, reports: Path) -> list[str]:
    """A line on each file that `set_aside_damaged` would report."""
    return [
        f"{path}: is missing or was changed; the run itself remakes it"
        for _, missing, changed in _damage(results, reports)
        for path in (*missing, *changed)
    ]


def _damage(results: Path, reports: Path) -> Iterator[tuple[Path, list[Path], list[Path]]]:
    """The checksum files that do not match, with what is missing and what was changed."""
    for checksums in sorted((results / CHECKSUMS).glob("*.sha256")):
        try:
            expected = _expected(checksums)
        except DamagedTableError:
            yield checksums, [], [checksums]
            continue
        # A file of checksums from elsewhere may not lead to files of others.
        ours = [p for p in expected if p.is_relative_to(results) or p.is_relative_to(reports)]
        missing = [path for path in ours if not os.path.lexists(path)]
        there = [path for path in ours if path not in missing]
        changed = [path for path in there if not _is_sound(path, expected[path])]
        if missing or changed:
            yield checksums, missing, changed


def _is_sound(path: Path, digest: str) -> bool:
    try:
        return _digest(path) == digest
    except OSError:
        return False


def _expected(checksums: Path) -> Mapping[Path, str]:
    """The checksums in a file, by path from the working directory. Raises DamagedTableError."""
    lines = checksums.read_bytes().decode("utf-8", "replace").splitlines()
    found = [re.fullmatch(r"([0-9a-f]{64})  (.+)", line) for line in lines]
    if not lines or not all(found):
        raise _damaged(checksums, "holds no checksums")
    folder = checksums.parent.parent
    return {Path(os.path.normpath(folder / m[2])): m[1] for m in found if m}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _free_name(path: Path) -> Path:
    """This path or, if it is taken, one with a number."""
    number, free = 1, path
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.stem}~{number}{path.suffix}")
    return free


def _damaged(path: Path, problem: str) -> DamagedTableError:
    return DamagedTableError(
        f"{path}: is damaged: it {problem}. Delete it and run the same command again, which "
        "remakes it"
    )


def _unwritable(path: Path, error: OSError) -> UnwritableError:
    return UnwritableError(
        f"{path}: cannot be written ({error.strerror or error}); free space or make the folder "
        "writable, then run the same command again: it keeps what is finished"
    )
