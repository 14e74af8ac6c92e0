"""On what share of series an effect is as claimed."""

from dataclasses import dataclass

import numpy as np
from statsmodels.stats.proportion import proportion_confint

from thousandfold.inference.draws import parts, picks_of
from thousandfold.inference.intervals import Interval, percentile_interval
from thousandfold.inference.population.between import paule_mandel, weighted_mean
from thousandfold.inference.population.typical import finite
from thousandfold.inference.resampling import draws_for
from thousandfold.inference.verdicts import Verdict


@dataclass(frozen=True)
class Share:
    """The share of series whose effect is as claimed, of the estimates and calibrated."""

    n_series: int
    n_as_claimed: int
    interval: Interval
    calibrated: float | None = None
    """The share of the calibrated effects; None where variances are not known."""
    calibrated_interval: Interval | None = None

    @property
    def share(self) -> float:
        """The share of the estimated effects."""
        return self.n_as_claimed / self.n_series


def as_claimed(effects: np.ndarray, expect: str, margin: float) -> np.ndarray:
    """Whether each effect is beyond the margin in the claim's direction, or inside for equivalence.

    `margin` is at least 0, and an effect of just that size is neither. Any shape. Raises ValueError
    for an unknown `expect`.
    """
    match expect:
        case "less" | "more_stable":
            return effects < -margin
        case "greater":
            return effects > margin
        case "different":
            return np.abs(effects) > margin
        case "equivalent":
            return np.abs(effects) < margin
    raise ValueError(f"a share of series cannot be claimed with expect: {expect!r}")


def share_interval(hits: int, n: int, alpha: float) -> Interval:
    """A share's interval, at least at its level (Clopper and Pearson 1934, *Biometrika* 26)."""
    low, high = proportion_confint(hits, n, alpha, method="beta")
    return Interval(float(low), float(high), 1 - alpha)


def share_of_series(effects: np.ndarray, expect: str, margin: float, alpha: float) -> Share:
    """The share of series, shape (series,), with its interval at 1 - alpha.

    Raises ValueError if an effect is not finite, or for an unknown `expect`.
    """
    effects = finite(effects)
    hits = int(as_claimed(effects, expect, margin).sum())
    return Share(len(effects), hits, share_interval(hits, len(effects), alpha))


def calibrated_share_of_series(
    effects: np.ndarray,
    variances: np.ndarray,
    expect: str,
    margin: float,
    alpha: float,
    rng: np.random.Generator,
) -> Share:
    """The share with that of the calibrated effects beside it; see `calibrated_effects`.

    The calibrated share's interval is the percentile interval over resampled series (Mathur and
    VanderWeele 2020, *Epidemiology* 31). That interval alone would be wrong: where all series
    agree, it is [1, 1]. Shapes (series,); variances have to be above 0.
    """
    share = share_of_series(effects, expect, margin, alpha)
    n = share.n_series

    def calibrated(picks: np.ndarray) -> np.ndarray:
        effects_drawn = calibrated_effects(effects[picks], variances[picks])
        return as_claimed(effects_drawn, expect, margin).mean(axis=-1)

    draws = draws_for(alpha, n)
    resampled = np.concatenate([calibrated(picks_of(n, rows, rng)) for rows in parts(draws, n)])
    return Share(
        n,
        share.n_as_claimed,
        share.interval,
        float(calibrated(np.arange(n))),
        percentile_interval(resampled, alpha),
    )


def calibrated_effects(effects: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Effects drawn in to the spread that true effects have, mu + (d - mu) sqrt(t² / (t² + v)).

    Mathur and VanderWeele (2019, *Statistics in Medicine* 38; 2020, *Epidemiology* 31); mu and t²,
    the variance between series, by Paule and Mandel.
    Shapes (..., series).
    """
    tau_squared = paule_mandel(effects, variances)
    mean = weighted_mean(effects, variances, tau_squared)[..., np.newaxis]
    tau_squared = tau_squared[..., np.newaxis]
    return mean + (effects - mean) * np.sqrt(tau_squared / (tau_squared + variances))


def share_verdict(share: Share, on_at_least: float) -> Verdict:
    """The verdict on a claim about at least a share `on_at_least` of series, between 0 and 1.

    Error spreads estimates, and so takes series out of a claim that holds on most: it is
    contradicted only if the calibrated share contradicts it as well, and never where there is none.
    Support is of the estimates as they are; into a claim about less than half, error brings series.
    """
    if share.interval.low >= on_at_least:
        return Verdict.SUPPORTED
    calibrated = share.calibrated_interval
    if calibrated and max(share.interval.high, calibrated.high) < on_at_least:
        return Verdict.CONTRADICTED
    return Verdict.UNDECIDED
