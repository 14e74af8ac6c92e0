"""The steps from a series to the numbers that rows are made of: fitted, applied and inverted.

Always in this order: transform, deseasonalise, detrend, difference. A multiplicative season needs
positive values, so it comes before the trend is taken out; a line fits best without the season.
Each step is fitted on the training observations as the step before has changed them, and goes on
through those that follow. Scaling, which comes last, is of rows: see supervised.py.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.polynomial import Polynomial

from thousandfold.errors import PreparationError
from thousandfold.scenario import Preparation
from thousandfold.series import Series

LAMBDAS = (-1.0, 2.0)
"""Where the parameter of a Box-Cox transform is looked for, as R's forecast::BoxCox.lambda does."""

FULL_SEASONS = {"additive": 2, "multiplicative": 2, "stl": 3}
"""The fewest that each way of estimating a season takes; of two, STL leaves nothing but a line."""

FITTED_ROUNDING = 4
"""How many times further than single observations rounding may move what is fitted to many."""


class Step(ABC):
    """A fitted change of a series that can be inverted."""

    @abstractmethod
    def apply(self, values: np.ndarray) -> np.ndarray:
        """The observations, shape (observations,), changed; differences have no first ones."""

    @abstractmethod
    def invert(self, changed: np.ndarray, times: np.ndarray, given: np.ndarray) -> np.ndarray:
        """The values that these, of shape (..., origins, steps), were or will be made of.

        `given` is the series that was changed, and `times` (origins, steps) are the values' places
        in it, one after the other from each origin: no observation from the origin on is used.
        """

    def sizes(self, given: np.ndarray, changed: np.ndarray) -> np.ndarray:
        """Of what number each changed value's rounding is a share; `given`, of those before."""
        return FITTED_ROUNDING * np.maximum(given, np.abs(changed))


@dataclass(frozen=True)
class BoxCox(Step):
    """(x^λ - 1) / λ, or the logarithm where λ is 0.

    Box and Cox (1964), "An analysis of transformations", *Journal of the Royal Statistical Society*
    B 26.
    """

    lambda_: float

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Transformed."""
        from scipy.special import boxcox

        return boxcox(values, self.lambda_)

    def invert(self, changed: np.ndarray, times: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Transformed back; infinite or NaN where no number is transformed into this one."""
        from scipy.special import inv_boxcox

        return inv_boxcox(changed, self.lambda_)

    def sizes(self, given: np.ndarray, changed: np.ndarray) -> np.ndarray:
        """As λ log x, and x itself, are off by a share of themselves, so is x^λ."""
        return given**self.lambda_ * (1 + np.abs(np.log(given))) + np.abs(changed)


@dataclass(frozen=True)
class Season(Step):
    """What a season adds to each observation, or multiplies it by."""

    component: np.ndarray
    """Of each training observation, shape (training,)."""
    period: int
    is_multiplicative: bool

    def at(self, times: np.ndarray) -> np.ndarray:
        """The component at these times; after the training, that of its last season repeats."""
        after = times - len(self.component)
        in_training = self.component[np.minimum(times, len(self.component) - 1)]
        return np.where(after < 0, in_training, self.component[-self.period :][after % self.period])

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Seasonally adjusted."""
        component = self.at(np.arange(len(values)))
        return values / component if self.is_multiplicative else values - component

    def invert(self, changed: np.ndarray, times: np.ndarray, given: np.ndarray) -> np.ndarray:
        """With their season again."""
        component = self.at(times)
        return changed * component if self.is_multiplicative else changed + component


@dataclass(frozen=True)
class Trend(Step):
    """A straight line through the training observations."""

    line: Polynomial

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Their distances from the line."""
        return values - self.line(np.arange(len(values)))

    def invert(self, changed: np.ndarray, times: np.ndarray, given: np.ndarray) -> np.ndarray:
        """At these distances from the line."""
        return changed + self.line(times)


@dataclass(frozen=True)
class Difference(Step):
    """From the observation so many steps before to this one."""

    lag: int

    def apply(self, values: np.ndarray) -> np.ndarray:
        """The differences, of any number of columns; there are `lag` fewer."""
        return values[self.lag :] - values[: -self.lag]

    def invert(self, changed: np.ndarray, times: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Added up, starting from what was observed before each origin."""
        values = np.empty_like(changed)
        for place in range(min(self.lag, changed.shape[-1])):
            # Every lag-th value is made of the one before it among these.
            observed = given[times[:, place] - self.lag, np.newaxis]
            values[..., place :: self.lag] = observed + np.cumsum(
                changed[..., place :: self.lag], axis=-1
            )
        return values

    def sizes(self, given: np.ndarray, changed: np.ndarray) -> np.ndarray:
        """The larger of the two that it is a difference of."""
        return np.maximum(given[self.lag :], given[: -self.lag])


@dataclass(frozen=True)
class Pipeline:
    """The steps of a preparation, fitted to a series, and what each made of it."""

    steps: tuple[Step, ...]
    stages: tuple[np.ndarray, ...]
    """What there was first, shape (observations,) or (observations, columns), and after each step.
    """

    def followed_by(self, step: Step) -> "Pipeline":
        """The same with one more step."""
        return Pipeline((*self.steps, step), (*self.stages, step.apply(self.prepared)))

    @property
    def prepared(self) -> np.ndarray:
        """What there is after all steps; the first observations are lost to differences."""
        return self.stages[-1]

    @cached_property
    def sizes(self) -> np.ndarray:
        """Of what number each prepared value's rounding is a share, in the shape of `prepared`."""
        sizes = np.abs(self.stages[0])
        for step, changed in zip(self.steps, self.stages[1:], strict=True):
            sizes = step.sizes(sizes, changed)
        return sizes

    def invert(self, forecasts: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Forecasts of prepared values in the series' units, shape (..., origins, steps).

        `times` (origins, steps) are their places in the series, which may lie beyond its end, one
        after the other from each origin. All that was observed before an origin counts as known
        there, and the values before in the same row as forecast.
        """
        observations = len(self.stages[0])
        for step, given in zip(self.steps[::-1], self.stages[-2::-1], strict=True):
            missing = observations - len(given)
            forecasts = step.invert(forecasts, times - missing, given)
        return forecasts


def fit_pipeline(series: Series, preparation: Preparation) -> Pipeline:
    """Fit the steps of a preparation to the training observations of a series, and apply them.

    These are all observations before the test. Raises PreparationError if a step cannot be fitted
    or applied.
    """
    pipeline = Pipeline((), (series.values,))
    for fit in (_transforms, _seasons, _trends):
        for step in fit(series, preparation, pipeline.prepared[: -series.test_rows]):
            pipeline = pipeline.followed_by(step)
    return differenced(pipeline, preparation)


def differenced(pipeline: Pipeline, preparation: Preparation) -> Pipeline:
    """A pipeline followed by the differences of a preparation."""
    for lag in preparation.lags:
        pipeline = pipeline.followed_by(Difference(lag))
    return pipeline


def _transforms(series: Series, preparation: Preparation, training: np.ndarray) -> Iterator[Step]:
    if preparation.transform == "none":
        return
    if (series.values <= 0).any():
        first = int(np.argmax(series.values <= 0))
        raise PreparationError(
            "transform",
            f"series {series.name}: {preparation.transform} takes values above 0 only; "
            f"{series.labels[first]} has {series.values[first]:g}; set transform: none",
        )
    if preparation.transform == "log":
        yield BoxCox(0.0)
    elif preparation.box_cox_lambda is not None:
        yield BoxCox(preparation.box_cox_lambda)
    else:
        yield BoxCox(_likeliest_lambda(series, training))


def _likeliest_lambda(series: Series, training: np.ndarray) -> float:
    """The parameter of the Box-Cox transform with the largest likelihood, within LAMBDAS."""
    from scipy.optimize import minimize_scalar
    from scipy.stats import boxcox_normmax

    if not np.ptp(training):
        raise PreparationError(
            "transform",
            f"series {series.name}: its {len(training)} training observations are constant, which "
            "says nothing about the parameter of box_cox; set transform: none",
        )
    within = partial(minimize_scalar, bounds=LAMBDAS, method="bounded")
    return float(boxcox_normmax(training, method="mle", optimizer=within))


def _seasons(series: Series, preparation: Preparation, training: np.ndarray) -> Iterator[Step]:
    method, period = preparation.deseasonalise, series.period
    if method == "none":
        return
    _check_in_one_piece(series, "deseasonalise")
    problem = None
    if period is None:
        problem = "its period is not known; set series.<name>.period"
    elif period == 1:
        problem = "its period is 1, which is no season; leave such series out"
    elif len(training) < FULL_SEASONS[method] * period:
        problem = (
            f"its {len(training)} training observations are less than {FULL_SEASONS[method]} "
            f"seasons of its period, {period}, which {method} takes; give more observations or "
            "train_rows, or lower test_rows"
        )
    elif method == "multiplicative" and (training <= 0).any():
        problem = (
            "a multiplicative season takes training observations above 0 only; set "
            "deseasonalise: additive"
        )
    if problem or period is None:
        raise PreparationError(
            "deseasonalise", f"series {series.name}: {problem}, or deseasonalise: none"
        )
    yield Season(_component(training, method, period), period, method == "multiplicative")


def _component(training: np.ndarray, method: str, period: int) -> np.ndarray:
    """The seasonal component of training observations, shape (training,)."""
    # Not imported for all, as it takes a second of each job.
    from statsmodels.tsa.seasonal import STL, seasonal_decompose

    if method == "stl":
        return STL(training, period=period).fit().seasonal
    return seasonal_decompose(training, model=method, period=period).seasonal


def _trends(series: Series, preparation: Preparation, training: np.ndarray) -> Iterator[Step]:
    if preparation.detrend == "linear":
        _check_in_one_piece(series, "detrend")
        yield Trend(Polynomial.fit(np.arange(len(training)), training, deg=1))


def _check_in_one_piece(series: Series, key: str) -> None:
    if series.is_in_pieces:
        raise PreparationError(
            key,
            f"series {series.name}: is in {len(series.begins)} pieces, which have no time in "
            f"common; set {key}: none",
        )
