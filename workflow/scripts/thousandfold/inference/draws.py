"""Drawing with replacement, in parts that fit into a core's cache."""

from collections.abc import Iterator

import numpy as np

VALUES_AT_ONCE = 2**17
"""Upper limit on the values held at once while resampling."""


def parts(draws: int, n: int) -> Iterator[int]:
    """Numbers of draws that add up to `draws`, each of at most VALUES_AT_ONCE values."""
    step = max(1, VALUES_AT_ONCE // n)
    yield from (min(step, draws - done) for done in range(0, draws, step))


def picks_of(n: int, rows: int, rng: np.random.Generator, size: int | None = None) -> np.ndarray:
    """Positions of resampled values among n: `rows` samples of `size`, by default of n."""
    kind = np.uint16 if n <= np.iinfo(np.uint16).max else np.int64
    return rng.integers(n, size=(rows, n if size is None else size), dtype=kind)
