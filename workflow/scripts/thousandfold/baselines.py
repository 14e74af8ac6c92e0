"""Forecasts that need no network, at the origins and of the steps that networks forecast.

Each is fitted once, on the training rows only, and sees the actual observations up to the origin
of its forecast: what the networks see.

statsmodels' models are imported where they are fitted; most jobs want no more than names.
"""

import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from thousandfold.errors import NoForecastsError
from thousandfold.metrics import forecast_errors
from thousandfold.series import LabelledSequences, Series

PERSISTENCE, DRIFT, SEASONAL_NAIVE = "persistence", "drift", "seasonal_naive"
AUTOREGRESSION, AUTOREGRESSION_BY_AIC = "ar", "ar_aic"
ETS, THETA = "ets", "theta"
MAJORITY, LOGISTIC = "majority", "logistic"
"""The baselines' names; that of an autoregression is followed by its number of lags."""

WORDS = {
    SEASONAL_NAIVE: "seasonal naive", AUTOREGRESSION_BY_AIC: "AR by AIC", ETS: "ETS",
    THETA: "Theta", LOGISTIC: "logistic regression",
}  # fmt: skip
"""Those that prose calls otherwise."""

ROWS_PER_COEFFICIENT = 2
"""The fewest training rows that an autoregression is fitted on."""


@dataclass(frozen=True)
class Baseline:
    """A way to forecast that needs no network, fitted to a series."""

    model: str
    """What was fitted, such as ETS(A,Ad,N)."""
    forecasts: np.ndarray
    """Of `Series.actual`, in its order, in the series' own units; of labels the probability of
    each, shape (test_rows, labels)."""


@dataclass(frozen=True)
class LeftOut:
    """A way to forecast that a series does not allow."""

    reason: str


Way = Callable[[Series], Baseline]
"""From a series to its forecasts. Raises NoForecastsError."""


def baselines_of(series: Series, orders: Iterable[int] = (1,)) -> dict[str, Baseline | LeftOut]:
    """Every baseline of a series by name; autoregressions have these numbers of lags."""
    if isinstance(series, LabelledSequences):
        return {name: _tried(partial(way, series)) for name, way in OF_LABELS.items()}
    ways: dict[str, Way] = {
        PERSISTENCE: persistence,
        DRIFT: drift,
        SEASONAL_NAIVE: seasonal_naive,
        **{f"{AUTOREGRESSION}{order}": partial(autoregression, order=order) for order in orders},
        AUTOREGRESSION_BY_AIC: autoregression_by_aic,
        ETS: ets,
        THETA: theta,
    }
    return {name: _tried(partial(way, series)) for name, way in ways.items()}


def _tried(way: Callable[[], Baseline]) -> Baseline | LeftOut:
    try:
        baseline = way()
    except NoForecastsError as error:
        return LeftOut(str(error))
    if not np.isfinite(baseline.forecasts).all():
        return LeftOut("a forecast is not finite")
    return baseline


def forecasts_of(baselines: Mapping[str, Baseline | LeftOut]) -> dict[str, np.ndarray]:
    """The forecasts of those baselines that are not left out, by name."""
    return {name: b.forecasts for name, b in baselines.items() if isinstance(b, Baseline)}


def persistence(series: Series) -> Baseline:
    """The last observation that is known."""
    forecasts = np.broadcast_to(_last_known(series), series.targets.shape)
    return Baseline("the observation before", forecasts.ravel())


def drift(series: Series) -> Baseline:
    """The last known observation plus, for each step, the mean difference of the training rows."""
    mean = series.training_differences[1:].mean()
    forecasts = _last_known(series) + mean * _steps(series)
    return Baseline("persistence plus the mean training difference", forecasts.ravel())


def seasonal_naive(series: Series) -> Baseline:
    """The observation one season before, or as many as it takes for it to be known."""
    period, training = _season(series), len(series.values) - series.test_rows
    if period is None:
        known = "not known; series.<name>.period sets it" if series.period is None else "1"
        raise NoForecastsError(f"the period is {known}")
    if period > training:
        raise NoForecastsError(f"{training} training rows are less than a season of {period}")
    if training - period < series.begins[-1]:
        raise NoForecastsError("the last piece has less than a season before the test")
    seasons = 1 + (_steps(series) - 1) // period
    before = series.values[series.targets - period * seasons]
    return Baseline(f"the observation {period} before", before.ravel())


def autoregression(series: Series, order: int) -> Baseline:
    """The last known observation plus a regression of the difference on that many before it.

    By ordinary least squares with an intercept; further steps from the differences before.
    """
    test_rows, needed = series.test_rows, ROWS_PER_COEFFICIENT * (order + 1)
    differences, scale = _scaled_differences(series)
    found = len(series.training_differences)
    if found < needed:
        raise NoForecastsError(f"it takes {needed} training differences; there are {found}")
    rows = series.stretches(order + 2)
    if rows[-test_rows] != len(differences) - order - test_rows:
        raise NoForecastsError(f"the last piece has no {order} differences before the test")
    lags = np.lib.stride_tricks.sliding_window_view(differences, order)[: len(differences) - order]
    design = np.column_stack([np.ones(len(lags)), lags])
    train, test = rows[:-test_rows], rows[-test_rows:]
    coefficients = np.linalg.lstsq(design[train], differences[order:][train], rcond=None)[0]
    known, steps = lags[test][: len(series.targets)], []
    for _ in range(series.steps_ahead):
        steps.append(np.column_stack([np.ones(len(known)), known]) @ coefficients)
        known = np.column_stack([known, steps[-1]])[:, 1:]
    forecasts = _last_known(series) + scale * np.cumsum(np.column_stack(steps), axis=1)
    return Baseline(f"AR({order}) of the differences", forecasts.ravel())


def autoregression_by_aic(series: Series) -> Baseline:
    """The autoregression whose number of lags has the lowest AIC.

    Akaike (1974), *IEEE Transactions on Automatic Control* 19; compared on the same rows. At most
    10 log10(n) lags, as in R's ar.
    """
    _check_in_one_piece(series)
    training = _scaled_differences(series)[0][: -series.test_rows]
    rows_for_all = len(training) - ROWS_PER_COEFFICIENT
    most = rows_for_all // (ROWS_PER_COEFFICIENT + 1)
    if most < 1:
        raise NoForecastsError(f"{len(training)} training differences are too few to choose by")
    if np.allclose(training, training[0]):
        raise NoForecastsError("the training differences are constant")
    longest = min(most, int(10 * math.log10(len(training))))
    from statsmodels.tools.sm_exceptions import ModelWarning
    from statsmodels.tsa.ar_model import ar_select_order

    with warnings.catch_warnings():
        # Of lags that follow from each other; the regression then has its shortest solution.
        warnings.simplefilter("ignore", ModelWarning)
        chosen = ar_select_order(training, longest, ic="aic").ar_lags
    return autoregression(series, len(chosen) if chosen else 0)


def ets(series: Series) -> Baseline:
    """Exponential smoothing, its form by AICc."""
    _check_in_one_piece(series)
    from thousandfold import smoothing

    return Baseline(*smoothing.smoothed(series.values, series.targets, _season(series)))


def theta(series: Series) -> Baseline:
    """The Theta method."""
    _check_in_one_piece(series)
    from thousandfold import smoothing

    return Baseline(*smoothing.theta(series.values, series.targets, _season(series)))


def majority(data: LabelledSequences) -> Baseline:
    """The most frequent label, by the share of the training labels that each has."""
    labels = data.values.astype(int)[: -data.test_rows]
    shares = np.bincount(labels, minlength=len(data.classes)) / len(labels)
    most = data.classes[int(shares.argmax())]
    return Baseline(f"always {most}", np.tile(shares, (data.test_rows, 1)))


def logistic(data: LabelledSequences) -> Baseline:
    """A logistic regression on the mean and the last value of each feature, by maximum likelihood.

    Of each step, the last one is its own and the mean that of the values up to it. With more labels
    than two a multinomial one. (statsmodels' MNLogit)
    """
    seen = np.concatenate([_means_and_last(data, sequence) for sequence in data.sequences])
    train = slice(None, -data.test_rows)
    seen = seen[:, np.ptp(seen[train], axis=0) > 0]
    center, spread = seen[train].mean(axis=0), seen[train].std(axis=0)
    design = np.column_stack([np.ones(len(seen)), (seen - center) / spread])
    if ROWS_PER_COEFFICIENT * design.shape[1] > len(design[train]):
        needed = ROWS_PER_COEFFICIENT * design.shape[1]
        raise NoForecastsError(f"it takes {needed} training labels")
    from statsmodels.discrete.discrete_model import MNLogit

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fit = MNLogit(data.values[train], design[train]).fit(disp=False, maxiter=1000)
        except np.linalg.LinAlgError:
            raise NoForecastsError("its features depend on each other") from None
    if not (fit.mle_retvals["converged"] and np.isfinite(fit.params).all()):
        raise NoForecastsError("it does not converge, as where a feature separates the labels")
    what = "the mean and the last value of each feature"
    return Baseline(f"logistic regression on {what}", fit.predict(design[-data.test_rows :]))


def _means_and_last(data: LabelledSequences, sequence: np.ndarray) -> np.ndarray:
    """What the regression sees of each label of a sequence, shape (labels, 2 * features)."""
    if not data.labels_each_step:
        return np.append(sequence.mean(axis=0), sequence[-1])[np.newaxis]
    counts = np.arange(1, len(sequence) + 1)[:, np.newaxis]
    return np.hstack([sequence.cumsum(axis=0) / counts, sequence])


OF_LABELS = {MAJORITY: majority, LOGISTIC: logistic}
"""The baselines of sequences with labels."""


def _scaled_differences(series: Series) -> tuple[np.ndarray, float]:
    """All differences over the mean size of the training ones, shape (observations - 1,), and that.

    Regressions of them do not depend on the series' unit, however small or large.
    """
    differences = np.diff(series.values)
    scale = float(np.abs(series.training_differences).mean()) or 1.0
    return differences / scale, scale


def _check_in_one_piece(series: Series) -> None:
    if series.is_in_pieces:
        raise NoForecastsError("the series is in pieces")


def _season(series: Series) -> int | None:
    """The observations of a season; None if it is not known, or a single one."""
    return None if series.period == 1 else series.period


def _last_known(series: Series) -> np.ndarray:
    """The observation at each origin, shape (origins, 1)."""
    return series.values[series.targets[:, :1] - 1]


def _steps(series: Series) -> np.ndarray:
    """1, 2, ...: how many steps ahead, shape (steps_ahead,)."""
    return 1 + np.arange(series.steps_ahead)


def baseline_errors(
    forecasts: Mapping[str, np.ndarray], series: Series, metric: str
) -> dict[str, float]:
    """Each baseline's error over the test; none if the metric does not measure forecasts."""
    errors = {name: forecast_errors(f, series, series.task) for name, f in forecasts.items()}
    return {name: float(e[metric]) for name, e in errors.items() if metric in e}


def in_words(baseline: str) -> str:
    """A baseline in prose."""
    lags = baseline.removeprefix(AUTOREGRESSION)
    return f"AR({lags})" if lags.isdecimal() else WORDS.get(baseline, baseline)
