"""The reach table: each mean contrast again over other test rows. It decides nothing."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from thousandfold.inference.contrasts import Contrast
from thousandfold.inference.estimates import ratio_of
from thousandfold.inference.questions import comparison_name, family_key
from thousandfold.inference.reach import Reach, reach
from thousandfold.metrics import METRICS, Metric
from thousandfold.seeds import resampling_seed
from thousandfold.series import Series
from thousandfold.tables.rows import ReachRow

Forecasts = Callable[[str, str], np.ndarray]
"""(series, scenario) -> forecasts of the test, of `Series.actual`, shape (repeats, forecasts), or
of labels, (repeats, test_rows, labels)."""


def reach_table(
    contrasts: Iterable[Contrast], series: Mapping[str, Series], forecasts: Forecasts, seed: int
) -> list[ReachRow]:
    """A row for each distinct contrast of means on each series, of metrics that follow from a mean.

    Repeats whose forecasts are not finite are left out.
    """
    distinct = {
        (family_key("", contrast), *contrast.names().values()): contrast
        for contrast in contrasts
        if contrast.is_of_means and METRICS[contrast.metric].is_of_mean
    }
    rows = []
    for name, one in series.items():
        for (key, *_), contrast in distinct.items():
            metric, comparison = METRICS[contrast.metric], comparison_name(key)
            losses = [_row_errors(forecasts(name, s), one, metric) for s in contrast.scenarios]
            if not all(map(len, losses)):
                continue

            def finish(
                mean: np.ndarray,
                one: Series = one,
                metric: Metric = metric,
                is_ratio: bool = contrast.is_ratio,
            ) -> np.ndarray:
                found = metric.of_average(mean, one)
                return np.log(found) if is_ratio else found  # fmt: skip

            rng = np.random.default_rng(
                resampling_seed(seed, name, comparison, f"test rows of {contrast.metric}")
            )
            sizes = one.forecasts_per_row
            found = reach(
                losses, contrast.weights(), rng, finish,
                sizes=sizes if np.ptp(sizes) else None,
            )  # fmt: skip
            if found is not None:
                natural = ratio_of if contrast.is_ratio else float
                names = contrast.names() | {"metric": contrast.metric}
                rows.append(_row(name, comparison, contrast.estimand, names, found, natural))
    return rows


def _row_errors(forecasts: np.ndarray, series: Series, metric: Metric) -> np.ndarray:
    """The errors of each repeat's test rows, of the repeats whose forecasts are finite.

    That of a row is the mean over its forecasts.
    """
    assert metric.row_errors is not None
    is_finite = np.isfinite(forecasts).reshape(len(forecasts), -1).all(axis=1)
    errors = metric.row_errors(forecasts[is_finite], series)
    sizes = series.forecasts_per_row
    if not np.ptp(sizes):
        return errors.reshape(len(errors), len(sizes), sizes[0]).mean(axis=-1)
    starts = np.cumsum(sizes) - sizes
    return np.add.reduceat(errors, starts, axis=-1) / sizes


def _row(
    series: str,
    comparison: str,
    estimand: str,
    names: dict[str, str],
    found: Reach,
    natural: Callable[[float], float],
) -> ReachRow:
    return ReachRow(
        series=series, **names, estimand=estimand, comparison=comparison, block=found.block,
        same_sign=found.same_sign,
        low=natural(found.interval.low), high=natural(found.interval.high),
        lowest_without_one=natural(found.lowest_without_one),
        highest_without_one=natural(found.highest_without_one),
    )  # fmt: skip
