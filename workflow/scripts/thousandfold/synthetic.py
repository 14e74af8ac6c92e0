"""Series that are made up, by a seed, so that what can be known of their future is known."""

from dataclasses import dataclass

import numpy as np

from thousandfold.seeds import data_generator

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
class Synthetic:
    """How a series is made; without an echo its values are independent."""

    observations: int
    seed: int
    echo: Echo | None = None

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
