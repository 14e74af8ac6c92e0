"""What else repeats on many series tell: these tables decide nothing.

With what the effects of claims over series go, what their variance comes from, what that means for
a budget of trainings, and how scenarios rank.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from thousandfold.inference.contrasts import KINDS
from thousandfold.inference.intervals import Interval
from thousandfold.inference.population.between import has_known_variances
from thousandfold.inference.population.components import (
    Allocation,
    Costs,
    allocations,
    standard_error_of_median,
    variance_components,
)
from thousandfold.inference.population.data_sets import (
    Ranking,
    Strata,
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
    ranking,
)
from thousandfold.inference.population.moderators import attributes_of, moderators
from thousandfold.inference.population.resolving import Planned, fewest_to_decide
from thousandfold.inference.population.shares import calibrated_effects
from thousandfold.inference.resampling import DESCRIPTIVE_ALPHA
from thousandfold.seeds import resampling_seed
from thousandfold.series import Series
from thousandfold.settings import DescriptionSettings
from thousandfold.tables.rows import (
    AllocationRow,
    EffectRow,
    MethodPairRow,
    MethodRow,
    ModeratorRow,
    PerformanceProfileRow,
    PopulationRow,
    SeriesAttributeRow,
    VarianceComponentRow,
    WindowEffectRow,
    contrast_key,
)

BUDGETS = (0.1, 0.25, 0.5, 1, 2)
"""Budgets of trainings for which a study is planned, as shares of the one at hand."""

MEDIAN_DRAWS = 2000

ROUNDING = 1e-9

THRESHOLDS = 50
"""Places of performance profiles."""

PROFILED = (0.01, 0.99)
"""Between these quantiles of all repeats."""

FEWEST_METHODS = 3
"""Two need no ranks."""


@dataclass(frozen=True)
class Description:
    """Rows of the tables that describe a study of many series."""

    series_attributes: list[SeriesAttributeRow] = field(default_factory=list)
    moderators: list[ModeratorRow] = field(default_factory=list)
    variance_components: list[VarianceComponentRow] = field(default_factory=list)
    allocations: list[AllocationRow] = field(default_factory=list)
    methods: list[MethodRow] = field(default_factory=list)
    method_pairs: list[MethodPairRow] = field(default_factory=list)
    performance_profiles: list[PerformanceProfileRow] = field(default_factory=list)


def described(
    repeats: pd.DataFrame,
    population: Iterable[PopulationRow],
    effects: Iterable[EffectRow],
    series: Mapping[str, Series],
    settings: DescriptionSettings,
    window_effects: Iterable[WindowEffectRow] = (),
) -> Description:
    """All of these tables from the repeats, the tables of claims over series, and the series."""
    attributes = series_attributes(settings.attributes, series)
    by_contrast = _known_by_contrast(effects)
    on_windows = _known_by_contrast(window_effects)
    found = Description(
        series_attributes=[
            SeriesAttributeRow(series=name, attribute=attribute, value=str(value))
            for name, own in attributes.items()
            for attribute, value in own.items()
        ]
    )
    for row in population:
        own = by_contrast.get(contrast_key(row), [])
        if len(own) < 2:
            continue
        found.moderators.extend(_moderators(row, own, attributes))
        windows = on_windows.get(contrast_key(row), [])
        components, planned = _variance(row, _cells(own, windows), settings)
        found.variance_components.extend(components)
        found.allocations.extend(planned)
    scores = shared_scores(repeats, settings.metric)
    higher_is_better = settings.directions[settings.metric]
    methods, pairs = ranks_over_series(
        scores, settings.metric, settings.seed, higher_is_better=higher_is_better,
        is_on_one_scale=settings.is_on_one_scale,
    )  # fmt: skip
    found.methods.extend(methods)
    found.method_pairs.extend(pairs)
    if settings.is_on_one_scale:
        profiles = profiles_over_series(
            scores, settings.metric, settings.seed, higher_is_better=higher_is_better
        )
        found.performance_profiles.extend(profiles)
    return found


AnyEffect = TypeVar("AnyEffect", EffectRow, WindowEffectRow)


def _known_by_contrast(rows: Iterable[AnyEffect]) -> dict[tuple[str, ...], list[AnyEffect]]:
    """The effects that are known, by comparison."""
    found: dict[tuple[str, ...], list[AnyEffect]] = {}
    for row in rows:
        if not math.isnan(row.effect):
            found.setdefault(contrast_key(row), []).append(row)
    return found


def _cells(
    effects: Sequence[EffectRow], windows: Sequence[WindowEffectRow]
) -> list[list[EffectRow | WindowEffectRow]]:
    """The effects of each series whose effect is known, one for each of its test windows."""
    cells: dict[str, list[EffectRow | WindowEffectRow]] = {row.series: [] for row in effects}
    for window in windows:
        if window.series in cells:
            cells[window.series].append(window)
    return [cells[row.series] or [row] for row in effects]


def series_attributes(
    declared: Mapping[str, Mapping[str, str]], series: Mapping[str, Series]
) -> dict[str, dict[str, Any]]:
    """What each series is like, by name: what the config says and, of series here, measures."""
    measured = {name: asdict(attributes_of(one.values, one.period)) for name, one in series.items()}
    return {name: {**measured.get(name, {}), **own} for name, own in declared.items()}


def _contrast(row: PopulationRow) -> dict[str, Any]:
    """Which contrast a row is about."""
    return {
        "id": row.id, "scenario_a": row.scenario_a, "scenario_b": row.scenario_b,
        "comparison": row.comparison, "metric": row.metric, "estimand": row.estimand,
    }  # fmt: skip


def _moderators(
    row: PopulationRow, effects: Sequence[EffectRow], attributes: Mapping[str, Mapping[str, Any]]
) -> list[ModeratorRow]:
    names = dict.fromkeys(name for own in attributes.values() for name in own)
    columns = {
        name: as_numbers([attributes[effect.series].get(name, "") for effect in effects])
        for name in names
    }
    found = moderators(np.array([effect.effect for effect in effects]), columns)
    return [ModeratorRow(**_contrast(row), **asdict(moderator)) for moderator in found]


def as_numbers(values: Sequence[Any]) -> np.ndarray:
    """Values of an attribute: numbers (NaN: unknown) if all known ones are, else texts."""
    texts = [str(value) for value in values]
    try:
        return np.array([float(text) if text else math.nan for text in texts])
    except ValueError:
        return np.array(texts, dtype=object)


def _variance(
    row: PopulationRow,
    cells: Sequence[Sequence[EffectRow | WindowEffectRow]],
    settings: DescriptionSettings,
) -> tuple[list[VarianceComponentRow], list[AllocationRow]]:
    """Where the variance of an effect comes from, and what follows; nothing of single repeats.

    `cells` are the effects on the test windows of each series.
    """
    kind = KINDS[row.estimand]
    shape = len(cells), max(map(len, cells))
    effects, variances, n_repeats = np.full((3, *shape), math.nan)
    for place, own in enumerate(cells):
        effects[place, : len(own)] = [kind.scaled(cell.effect) for cell in own]
        variances[place, : len(own)] = [cell.standard_error**2 for cell in own]
        n_repeats[place, : len(own)] = [cell.repeats for cell in own]
    is_there = ~np.isnan(n_repeats)
    if not np.isfinite([effects[is_there], variances[is_there]]).all():
        return [], []
    rng = np.random.default_rng(
        resampling_seed(settings.seed, "", row.comparison, f"variance components of {row.id}")
    )
    found = variance_components(effects, variances * n_repeats, n_repeats, DESCRIPTIVE_ALPHA, rng)
    component = VarianceComponentRow(
        **_contrast(row), n_series=len(cells),
        fewest_series=fewest_to_decide(row.typical, row.on_at_least, settings.alpha / row.k),
        between_series=math.sqrt(found.series),
        **_roots("between_series", found.series_interval),
        between_windows=math.sqrt(found.origins),
        **_roots("between_windows", found.origins_interval),
        between_repeats=math.sqrt(found.repeats),
        **_roots("between_repeats", found.repeats_interval),
    )  # fmt: skip
    n_windows = is_there.sum(axis=1)
    means = np.nanmean(effects, axis=1)
    errors = np.nansum(variances, axis=1) / n_windows**2
    true_effects = None
    if has_known_variances(errors, np.nanmin(n_repeats, axis=1)):
        true_effects = calibrated_effects(means, errors)
    costs = Costs(**settings.costs)
    spent = (
        costs.series * len(cells)
        + costs.origin * int(n_windows.sum())
        + costs.repeat * int(n_repeats[is_there].sum())
    )
    plan = Planned(found, settings.alpha / row.k, row.typical, true_effects)
    # A claim that can only be contradicted takes no certain number, and a variance two.
    fewest = component.fewest_series or 2
    return [component], list(_planned(row, plan, costs, spent, (fewest, *shape), rng))


def _roots(name: str, interval: Interval | None) -> dict[str, Any]:
    if interval is None:
        return _ends(name, None)
    return {f"{name}_low": math.sqrt(interval.low), f"{name}_high": math.sqrt(interval.high)}


def _planned(
    row: PopulationRow,
    plan: Planned,
    costs: Costs,
    spent: float,
    limits: tuple[int, int, int],
    rng: np.random.Generator,
) -> Iterator[AllocationRow]:
    """The best study within each budget, then the smallest whose interval is narrow enough.

    `limits` are the fewest series, and the most series and windows of each that there are. A budget
    is a share of what was `spent` here.
    """
    fewest, most_series, most_windows = limits
    for share in BUDGETS:
        options = allocations(
            plan.components, costs, share * spent, most_series, most_windows, fewest
        )
        if options:
            # Where series do not seem to differ, any number of them is as good; more are safer.
            least = options[0].standard_error * (1 + ROUNDING)
            best = max(
                (option for option in options if option.standard_error <= least),
                key=lambda option: (option.n_series, option.n_origins),
            )
            yield _allocation(row, plan, best, share, rng)
    if math.isnan(row.on_at_least):
        margin = KINDS[row.estimand].scaled(row.margin)
        smallest = plan.smallest(costs, margin, *limits)
        if smallest is not None:
            yield _allocation(row, plan, smallest, smallest.cost / spent, rng, resolves=True)


def _allocation(
    row: PopulationRow,
    plan: Planned,
    one: Allocation,
    budget: float,
    rng: np.random.Generator,
    *,
    resolves: bool = False,
) -> AllocationRow:
    """A study that is planned, with what is expected of it."""
    widths = plan.widths(np.array([one.n_series]), one.n_origins, one.n_repeats)
    of_median = math.nan
    if plan.true_effects is not None:
        of_median = standard_error_of_median(
            plan.true_effects, plan.components, one, MEDIAN_DRAWS, rng
        )
    return AllocationRow(
        **_contrast(row), budget=budget, resolves=resolves, n_series=one.n_series,
        n_windows=one.n_origins, n_repeats=one.n_repeats,
        standard_error_of_mean=one.standard_error, standard_error_of_median=of_median,
        interval_width=math.nan if widths is None else float(widths[0]),
    )  # fmt: skip


def shared_scores(repeats: pd.DataFrame, metric: str) -> dict[str, Strata]:
    """The finite values of each scenario on each series on which all have some.

    Empty of fewer than three scenarios or two series, of which nothing is compared.
    """
    finite = repeats[np.isfinite(repeats[metric].to_numpy(float))]
    scores = {
        key: own.to_numpy(float)
        for key, own in finite.groupby(["series", "scenario"], sort=False)[metric]
    }
    methods = list(dict.fromkeys(repeats["scenario"]))
    shared = [
        name
        for name in dict.fromkeys(repeats["series"])
        if all((name, method) in scores for method in methods)
    ]
    if len(methods) < FEWEST_METHODS or len(shared) < 2:
        return {}
    return {method: [scores[name, method] for name in shared] for method in methods}


def ranks_over_series(
    strata: Mapping[str, Strata],
    metric: str,
    seed: int,
    *,
    higher_is_better: bool,
    is_on_one_scale: bool,
) -> tuple[list[MethodRow], list[MethodPairRow]]:
    """Scenarios ranked by their mean on each series, and in pairs.

    `strata` are shared scores. Interquartile means need a metric that is on one scale on all
    series.
    """
    if not strata:
        return [], []
    methods = list(strata)
    means = np.array([[own.mean() for own in strata[method]] for method in methods]).T
    found = ranking(means, DESCRIPTIVE_ALPHA, higher_is_better=higher_is_better)
    rng = np.random.default_rng(resampling_seed(seed, "", "", f"ranks of {metric}"))
    rows = [
        _method(found, index, method, strata[method] if is_on_one_scale else None, rng)
        for index, method in enumerate(methods)
    ]
    pairs = []
    for pair in found.pairs:
        a, b = methods[pair.first], methods[pair.second]
        better = probability_of_improvement(
            strata[a], strata[b], DESCRIPTIVE_ALPHA, rng, higher_is_better=higher_is_better
        )
        pairs.append(
            MethodPairRow(
                scenario_a=a, scenario_b=b, wilcoxon_p=pair.p, wilcoxon_p_holm=pair.p_holm,
                is_within_critical_difference=pair.is_within_critical_difference,
                improvement=better.estimate, **_ends("improvement", better.interval),
            )
        )  # fmt: skip
    return rows, pairs


def profiles_over_series(
    strata: Mapping[str, Strata], metric: str, seed: int, *, higher_is_better: bool
) -> list[PerformanceProfileRow]:
    """How many repeats of each scenario are better than each of some values of the metric.

    These are quantiles of all repeats. `strata` are shared scores, on one scale on all series.
    """
    if not strata:
        return []
    pooled = np.concatenate([own for scores in strata.values() for own in scores])
    thresholds = np.unique(np.quantile(pooled, np.linspace(*PROFILED, THRESHOLDS)))
    rows = []
    for method, scores in strata.items():
        purpose = f"performance profile of {metric}"
        rng = np.random.default_rng(resampling_seed(seed, "", method, purpose))
        shares = performance_profile(
            scores, thresholds, DESCRIPTIVE_ALPHA, rng, higher_is_better=higher_is_better
        )
        rows += [
            PerformanceProfileRow(
                scenario=method, threshold=float(threshold), share=share.estimate,
                **_ends("share", share.interval),
            )
            for threshold, share in zip(thresholds, shares, strict=True)
        ]  # fmt: skip
    return rows


def _method(
    found: Ranking,
    index: int,
    method: str,
    scores: Sequence[np.ndarray] | None,
    rng: np.random.Generator,
) -> MethodRow:
    row: dict[str, Any] = {
        "scenario": method, "n_series": found.n_data_sets,
        "mean_rank": float(found.mean_ranks[index]), "friedman": found.friedman,
        "friedman_p": found.friedman_p, "critical_difference": found.critical_difference,
    }  # fmt: skip
    if scores is not None:
        middle = interquartile_mean(scores, DESCRIPTIVE_ALPHA, rng)
        row |= {"interquartile_mean": middle.estimate}
        row |= _ends("interquartile_mean", middle.interval)
    return MethodRow(**row)


def _ends(name: str, interval: Interval | None) -> dict[str, float]:
    low, high = (interval.low, interval.high) if interval else (math.nan, math.nan)
    return {f"{name}_low": low, f"{name}_high": high}
