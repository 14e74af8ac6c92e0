"""A place for Snakemake's cache if the home folder cannot be written (as on some clusters)."""

import os
from collections.abc import MutableMapping
from pathlib import Path

IN_THE_PROJECT = Path(".snakemake") / "cache"


def can_be_written(folder: Path) -> bool:
    """Whether files can be written to a folder, which is created if it does not exist."""
    try:
        folder = folder.expanduser()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # The latter if nobody knows where home is.
        return False
    return os.access(folder, os.W_OK)


def ensure_writable_cache(environ: MutableMapping[str, str]) -> None:
    """Send caches into the project if their usual folder cannot be written."""
    usual = Path(environ.get("XDG_CACHE_HOME") or "~/.cache")
    if not can_be_written(usual / "snakemake"):
        environ["XDG_CACHE_HOME"] = str(IN_THE_PROJECT.absolute())
