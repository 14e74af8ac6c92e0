"""Series, and sequences with labels, that are made up by a seed: what can be known is known."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from thousandfold.seeds import data_generator

MOST_VALUES = 1_000_000
"""Of all sequences together."""

SETTLING = 500
"""Values that are made before the first one that counts."""


@dataclass(frozen=True)
class Echo:
    """What a value keeps of an earlier one."""

    lag: int
    """How many steps earlier that was."""
    strength: float
    """The share of it that returns, between 0 and 1."""


@dataclass(frozen=True)
class Labels:
    """How sequences get their labels."""

    sequences: int
    """How many there are."""
    by: str
    """mean: of the last `last` values. value: that `last` steps before the end, counted from 1,
    which a second feature marks."""
    last: int
    classes: int = 2
    """How many labels there are, equally likely."""
    shortest: int | None = None
    """Lengths are drawn from here on; None: all have the same."""
    each: str = "sequence"
    """What has a label: each sequence, or each step, by the values up to it."""


@dataclass(frozen=True)
class Synthetic:
    """How a series is made; without an echo its values are independent."""

    observations: int
    """Of a series, or of the longest sequence."""
    seed: int
    echo: Echo | None = None
    labels: Labels | None = None
    """None: it is a series."""

    def values(self) -> np.ndarray:
        """Its values, shape (observations,), of mean 0 and standard deviation 1.

        With an echo they are the seasonal autoregression y[t] = strength * y[t - lag] + noise, so
        that the best forecast errs by a standard deviation of sqrt(1 - strength**2), and one that
        does not know y[t - lag] by 1.
        """
        generator = data_generator(self.seed, "synthetic series")
        noise = generator.standard_normal(SETTLING + self.observations)
        if self.echo is None:
            return noise[SETTLING:]
        lag, strength = self.echo.lag, self.echo.strength
        values = noise.copy()
        for t in range(lag, len(values)):
            values[t] = strength * values[t - lag] + np.sqrt(1 - strength**2) * noise[t]
        return values[SETTLING:]

    def labelled(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Sequences, each of shape (length, features), and the numbers of their labels.

        Those of each have shape (1,) or, if each step has one, (length,).

        All values are independent and standard normal. What decides has a normal distribution, and
        the label says in which of `classes` equally likely parts of it that lies. By the mean of
        the last k values, a network that sees only the last w < k of them, in two classes, is right
        with a probability of at most 1/2 + arcsin(sqrt(w / k)) / pi: that two normal variables of
        correlation sqrt(w / k) have the same sign (Sheppard 1899). At each step it is the same of
        the last values up to there, and nothing is marked; of the first steps, which have not as
        many before them, it is the mean of all, or the first value.
        """
        assert self.labels is not None
        labels, generator = self.labels, data_generator(self.seed, "sequences with labels")
        shortest = self.observations if labels.shortest is None else labels.shortest
        lengths = generator.integers(shortest, self.observations + 1, labels.sequences)
        sequences = [generator.standard_normal((length, 1)) for length in lengths]
        numbers = []
        for x in sequences:
            stops = np.arange(1, len(x) + 1) if labels.each == "step" else np.array([len(x)])
            starts = np.maximum(stops - labels.last, 0)
            deciding = x[starts, 0]
            if labels.by == "mean":
                sums = [x[start:stop].sum() for start, stop in zip(starts, stops, strict=True)]
                deciding = np.array(sums) / np.sqrt(stops - starts)
            numbers.append(np.floor(ndtr(deciding) * labels.classes))
        if labels.by == "value" and labels.each == "sequence":
            sequences = [np.hstack([x, _mark(len(x), labels.last)]) for x in sequences]
        return sequences, numbers


def _mark(length: int, last: int) -> np.ndarray:
    """1 at the value so many steps before the end, otherwise 0, shape (length, 1)."""
    mark = np.zeros((length, 1))
    mark[-last] = 1
    return mark
