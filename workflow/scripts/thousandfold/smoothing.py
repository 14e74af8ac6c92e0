"""Exponential smoothing as a baseline: fitted on the training rows, carried through the test.

Carried means that states follow the observations while everything that was estimated stays as it
is, so that forecasts are made from the training rows and from what was observed up to their origin.
"""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.exponential_smoothing.ets import ETSModel, ETSResults
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing

from thousandfold.errors import NoForecastsError

FEWEST_ROWS = 10
"""That an initial state can be guessed from, see Hyndman et al. (2008), section 2.6.1."""

LONGEST_SEASON = 24
"""The longest that has states of its own, as in R's forecast::ets: longer ones leave too little
data for each."""

FULL_SEASONS = 2
"""The fewest seasons of training from which the parts of one can be told."""


@dataclass(frozen=True)
class Form:
    """A form of exponential smoothing, in the names of statsmodels."""

    error: str
    trend: str | None
    seasonal: str | None

    @property
    def name(self) -> str:
        """As the field writes it, such as ETS(A,Ad,N)."""
        letters = {"add": "A", "mul": "M", None: "N"}
        trend = "N" if self.trend is None else "Ad"
        return f"ETS({letters[self.error]},{trend},{letters[self.seasonal]})"

    def model(self, values: np.ndarray, period: int | None) -> ETSModel:
        """The form as a model of these values, its initial states among what is estimated."""
        return ETSModel(
            values,
            error=self.error,
            trend=self.trend,
            damped_trend=self.trend is not None,
            seasonal=self.seasonal,
            seasonal_periods=period if self.seasonal else None,
        )


def forms(training: np.ndarray, period: int | None) -> Iterator[Form]:
    """The forms that are tried: the seasonal ones where the training rows have two full seasons.

    Errors and seasons are additive; of a positive series, also both multiplicative. Trends are
    damped or absent, for one that is not damped is rarely the better forecast (Gardner and McKenzie
    1985, *Management Science* 31).
    """
    trends = None, "add"
    kinds: list[tuple[str, str | None]] = [("add", None)]
    if period is not None and period <= LONGEST_SEASON and _has_full_seasons(training, period):
        kinds.append(("add", "add"))
        if training.min() > 0:
            kinds.append(("mul", "mul"))
    for error, seasonal in kinds:
        for trend in trends:
            yield Form(error, trend, seasonal)


def _has_full_seasons(training: np.ndarray, period: int) -> bool:
    needed = max(FULL_SEASONS * period, FEWEST_ROWS + 2 * (period // 2))
    return len(training) >= needed


def smoothed(values: np.ndarray, targets: np.ndarray, period: int | None) -> tuple[str, np.ndarray]:
    """The form of exponential smoothing, and its forecasts of the places `targets`, flat.

    `targets` is of shape (origins, steps ahead). The form is the one with the lowest AICc on the
    training rows, with parameters and initial states by maximum likelihood: Hyndman, Koehler,
    Snyder and Grose (2002), "A state space framework for automatic forecasting using exponential
    smoothing methods", *International Journal of Forecasting* 18; Hyndman, Koehler, Ord and Snyder
    (2008), *Forecasting with Exponential Smoothing*. Theirs chooses among more forms.
    Multiplicative seasons are among those here because they halve the error of series that grow,
    such as AirPassengers, for a third of the time; multiplicative errors come with them because
    additive ones make them unstable. statsmodels updates such a season by the new level, as Winters
    (1960) does, and not by the one before. Raises NoForecastsError.
    """
    training = values[: targets[0, 0]]
    _check_rows(training)
    # The optimiser's steps have a fixed size, so that what it finds would depend on the unit.
    scale = float(np.abs(training).mean())
    best = None
    for form in forms(training, period):
        fitted = _fitted(form, training / scale, period)
        if fitted is not None and (best is None or fitted.aicc < best[1].aicc):
            best = form, fitted
    if best is None:
        raise NoForecastsError("no form of it converged to a likelihood that is finite")
    form, fitted = best
    if form.error == "mul" and values.min() <= 0:
        raise NoForecastsError(f"a test value is not positive, as {form.name} takes it to be")
    carried = form.model(values / scale, period).smooth(fitted.params)
    return form.name, scale * _forecasts(carried, targets)


def _forecasts(carried: ETSResults, targets: np.ndarray) -> np.ndarray:
    """Forecasts of the places `targets`, (origins, steps ahead), flat, by each origin's state."""
    if targets.shape[1] == 1:
        return np.asarray(carried.fittedvalues)[targets.ravel()]
    return np.concatenate(
        [carried.predict(steps[0], steps[-1], dynamic=True) for steps in targets.tolist()]
    )


def _fitted(form: Form, training: np.ndarray, period: int | None) -> ETSResults | None:
    """A form fitted by maximum likelihood; None if it did not converge, or to nothing finite."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted: Any = form.model(training, period).fit(disp=False)
    has_converged = bool(fitted.mle_retvals["converged"])
    return fitted if has_converged and math.isfinite(fitted.aicc) else None


def theta(values: np.ndarray, targets: np.ndarray, period: int | None) -> tuple[str, np.ndarray]:
    """The kind of the Theta method, and its forecasts of the places `targets`, flat.

    `targets` is of shape (origins, steps ahead).

    Assimakopoulos and Nikolopoulos (2000), *International Journal of Forecasting* 16, which won the
    M3 competition: simple exponential smoothing with half the slope of the training rows' trend as
    drift (Hyndman and Billah 2003, "Unmasking the Theta method", the same journal 19). A season
    that the training rows show at the level .1 is taken out by classical decomposition, of positive
    series a multiplicative one. Raises NoForecastsError.
    """
    training = values[: targets[0, 0]]
    _check_rows(training)
    scale = float(np.abs(training).mean())
    is_seasonal = period is not None and len(training) >= FULL_SEASONS * period
    model = ThetaModel(
        training / scale, period=period if is_seasonal else None, deseasonalize=is_seasonal
    )
    fitted = model.fit()
    slope, alpha = fitted.params
    next_season = np.asarray(fitted.forecast_components(period or 1)["seasonal"])
    since_training = np.arange(len(values)) - len(training)
    season = next_season[since_training % len(next_season)]
    is_multiplicative = model.method.startswith("mul")
    adjusted = values / scale / season if is_multiplicative else values / scale - season
    level = ExponentialSmoothing(
        adjusted, initialization_method="known", initial_level=adjusted[0]
    ).smooth([alpha])
    weights = np.cumsum((1 - alpha) ** np.arange(len(values)))
    first = targets[:, :1]
    drift = slope / 2 * (weights[first - 1] + (targets - first))
    forecasts = np.asarray(level.fittedvalues)[first] + drift
    of_test = season[targets]
    reseasoned = forecasts * of_test if is_multiplicative else forecasts + of_test
    kind = "multiplicative" if is_multiplicative else "additive"
    is_adjusted = bool(np.ptp(next_season))
    name = f"Theta, {f'{kind} season' if is_adjusted else 'no season'}"
    return name, scale * reseasoned.ravel()


def _check_rows(training: np.ndarray) -> None:
    if len(training) < FEWEST_ROWS:
        raise NoForecastsError(f"it takes {FEWEST_ROWS} training rows; there are {len(training)}")
    if not np.ptp(training):
        raise NoForecastsError("the training rows are constant")
