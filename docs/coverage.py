"""Write docs/coverage.md: how often intervals over series miss, by simulation.

python docs/coverage.py        # some minutes

Tests run the same simulation with other seeds.
"""

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "coverage.md"

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from thousandfold.inference.population.new_series import new_series_interval  # noqa: E402
from thousandfold.inference.population.shares import share_of_series  # noqa: E402
from thousandfold.inference.population.typical import typical_effect  # noqa: E402

SIZES = (2, 3, 5, 10, 30, 100, 1000)
STUDIES = 10_000
ALPHA = 0.05
MARGIN = 0.5
SPREAD_OF_ERRORS = 0.3
"""The root of the mean variance of errors, where true effects have a deviation of about 1."""

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def _outliers(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.where(rng.random(shape) < 0.01, 5.0, rng.normal(0, 1, shape))


DISTRIBUTIONS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.normal(0, 1, shape),
    "exponential": lambda rng, shape: rng.exponential(1, shape),
    "lognormal": lambda rng, shape: rng.lognormal(0, 1, shape),
    "1 % at 5": _outliers,
}
"""The distributions of true effects over series."""


def effects(
    name: str, rng: np.random.Generator, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """True effects, and estimates of them whose errors are of unequal size."""
    true = DISTRIBUTIONS[name](rng, shape)
    variances = SPREAD_OF_ERRORS**2 * rng.exponential(1, shape)
    return true, true + rng.normal(0, np.sqrt(variances))


@cache
def truth(name: str) -> dict[str, float]:
    """What the intervals are about, from four million series."""
    true, estimated = effects(name, np.random.default_rng(0), (4_000_000,))
    return {
        "median": float(np.median(estimated)),
        "median of true effects": float(np.median(true)),
        "mean": float(true.mean()),
        "share": float(np.mean(estimated > MARGIN)),
        "share of true effects": float(np.mean(true > MARGIN)),
    }


def misses(name: str, n: int, studies: int, seed: int) -> dict[str, float]:
    """The share of studies of n series whose interval misses; NaN where there is no interval."""
    rng = np.random.default_rng([seed, n, list(DISTRIBUTIONS).index(name)])
    of, missed = truth(name), dict.fromkeys([*truth(name), "new series"], 0.0)
    _, estimated = effects(name, rng, (studies, n + 1))
    for d in estimated:
        typical = typical_effect(d[:n], ALPHA)
        intervals = {
            "median": typical.median_interval,
            "median of true effects": typical.median_interval,
            "mean": typical.mean_interval,
            "share": (share := share_of_series(d[:n], "greater", MARGIN, ALPHA).interval),
            "share of true effects": share,
            "new series": new_series_interval(d[:n]),
        }
        for what, interval in intervals.items():
            value = of.get(what, d[n])
            missed[what] += (
                np.nan if interval is None else not interval.low <= value <= interval.high
            )
    return {what: count / studies for what, count in missed.items()}


HEAD = f"""\
# How often intervals over series miss

By simulation, through the functions that judge a study: {STUDIES:,} studies of each kind, intervals
at 95 %, so that 5 % may miss; of a new series, what the level that is printed leaves. True effects
have a standard deviation of about 1 (lognormal: 2.2). Their estimates have errors of unequal
size, with a root mean square of {SPREAD_OF_ERRORS:g}. The share is that of series above
{MARGIN:g}. `python docs/coverage.py` writes this page.

The **median** of estimated effects, **shares** of them and the interval for a **new series** never
miss more often than they may, beyond the error of the simulation (0.4 points around 5 %). The
**mean** does where tails are heavy; so it decides only in a study that asks for it.

Errors spread estimates, which moves their shares and, where the distribution is skewed, their
median. So an interval about estimates misses the share or the median of *true* effects more often
the more series there are. More repeats help, more series do not.

| true effects | series | median | share | new series (may) | mean | true median | true share |
|---|---|---|---|---|---|---|---|
"""


def row(name: str, n: int) -> str:
    """One row of the table."""
    found = {what: shown(rate) for what, rate in misses(name, n, STUDIES, seed=1).items()}
    may = shown(2 * max(1, (n + 1) // 40) / (n + 1))
    cells = [
        name, str(n), found["median"], found["share"], f"{found['new series']} ({may})",
        found["mean"], found["median of true effects"], found["share of true effects"],
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |\n"


def shown(rate: float) -> str:
    """A rate for the table."""
    return "–" if np.isnan(rate) else f"{100 * rate:.1f} %"


def rows() -> Iterator[str]:
    """The table."""
    return (row(name, n) for name in DISTRIBUTIONS for n in SIZES)


if __name__ == "__main__":
    PAGE.write_text(HEAD + "".join(rows()), encoding="utf-8")
