"""How much effects differ between series, beyond what the error of each explains.

The random-effects model: d_s is the sum of the mean mu, a part of the series with variance tau^2,
and an error of known variance v_s. There is no I^2, as it grows with the number of repeats.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from thousandfold.inference.intervals import Interval
from thousandfold.inference.population.typical import finite

FEWEST_REPEATS = 10
"""Of fewer repeats in a cell v_s is too uncertain to be taken as known."""

CONVERGED = 1e-12
MOST_STEPS = 200


@dataclass(frozen=True)
class BetweenSeries:
    """The parameters of the random-effects model."""

    tau: float
    """The standard deviation of true effects between series."""
    tau_interval: Interval
    mean: float
    mean_interval: Interval


def has_known_variances(variances: np.ndarray, n_repeats: np.ndarray) -> bool:
    """Whether the model applies: 2 series, 10 repeats in every cell, every variance above 0.

    Both arrays have a first axis of series; `n_repeats` may have more of cells.
    """
    return (
        len(variances) >= 2
        and bool(np.all(np.asarray(n_repeats) >= FEWEST_REPEATS))
        and bool(np.all(np.asarray(variances) > 0))
    )


def between_series(
    effects: np.ndarray, variances: np.ndarray, n_repeats: np.ndarray, alpha: float
) -> BetweenSeries | None:
    """Tau (Paule and Mandel 1982) with its Q-profile interval, the mean by Knapp and Hartung.

    `effects` and `variances` have shape (series,), `n_repeats` a first axis of series. None where
    `has_known_variances` says no. Raises ValueError if an effect is not finite.

    Q profile: Viechtbauer (2007, *Statistics in Medicine* 26), [0, 0] where there is less
    variation than even tau = 0 leaves room for; mean: Knapp and Hartung (2003, *Statistics in
    Medicine* 22), t with S - 1 degrees of freedom.
    """
    if not has_known_variances(variances, n_repeats):
        return None
    effects, df = finite(effects), len(effects) - 1
    low, high = (
        float(np.sqrt(_tau_squared(effects, variances, stats.chi2.isf(p, df))))
        for p in (alpha / 2, 1 - alpha / 2)
    )
    tau_squared = paule_mandel(effects, variances)
    mean = weighted_mean(effects, variances, tau_squared)
    total = float(np.sum(1 / (variances + tau_squared)))
    q, _ = _q(effects, variances, tau_squared)
    reach = stats.t.isf(alpha / 2, df) * math.sqrt(q / (df * total))
    return BetweenSeries(
        float(np.sqrt(tau_squared)),
        Interval(low, high, 1 - alpha),
        float(mean),
        Interval(float(mean - reach), float(mean + reach), 1 - alpha),
    )


def weighted_mean(effects: np.ndarray, variances: np.ndarray, tau_squared: Any) -> Any:
    """Means over the last axis, weights 1 / (v + tau^2); shapes (..., series) and (...)."""
    weights = 1 / (variances + np.asarray(tau_squared)[..., np.newaxis])
    return np.sum(weights * effects, axis=-1) / np.sum(weights, axis=-1)


def _q(effects: np.ndarray, variances: np.ndarray, tau_squared: Any) -> tuple[Any, Any]:
    """The weighted sum of squares around the weighted mean, and minus its slope in tau^2."""
    weights = 1 / (variances + np.asarray(tau_squared)[..., np.newaxis])
    means = np.sum(weights * effects, axis=-1, keepdims=True) / weights.sum(axis=-1, keepdims=True)
    squares = weights * (effects - means) ** 2
    return squares.sum(axis=-1), np.sum(weights * squares, axis=-1)


def paule_mandel(effects: np.ndarray, variances: np.ndarray) -> Any:
    """Tau^2 at which Q is what is expected, S - 1; 0 if it is less even there.

    Shapes (..., series); the result has shape (...).
    """
    return _tau_squared(effects, variances, effects.shape[-1] - 1)


def _tau_squared(effects: np.ndarray, variances: np.ndarray, target: float) -> Any:
    """Tau^2 at which Q equals the target, by Newton's steps on 1 / Q, which is nearly linear."""
    # Around 0, so that a large mean costs no digits.
    effects = effects - effects.mean(axis=-1, keepdims=True)
    tau_squared, least = np.zeros(effects.shape[:-1]), variances.min(axis=-1)
    for _ in range(MOST_STEPS):
        q, slope = _q(effects, variances, tau_squared)
        # Effects that are all the same have neither.
        step = (q / target - 1) * q / np.where(slope > 0, slope, 1)
        last, tau_squared = tau_squared, np.maximum(0.0, tau_squared + step)
        if np.all(np.abs(tau_squared - last) <= CONVERGED * (tau_squared + least)):
            return tau_squared
    raise ArithmeticError(f"tau^2 did not settle within {MOST_STEPS} steps")
