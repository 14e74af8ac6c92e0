"""Every table: its columns in order, with the type, the unit and a description of each.

Of the two tables with a row for each training or forecast, there are only the columns: they are
data frames, for there can be millions of rows.
"""

import math
from typing import Protocol

from thousandfold.metrics import CLASSIFICATIONS, METRICS, UNIT_OF_SERIES
from thousandfold.tables.columns import Column, Columns, OptionalFloat, Row, column

NAN = math.nan

SERIES = "that of the series"
METRIC = "that of the metric"
CONTRAST = "that of the metric (of a slope, per unit), or times"

_NAMES = {
    "series": Column(str, "the series' name"),
    "scenario": Column(str, "the scenario's name"),
    "repeat": Column(int, "index of the independent training, from 0"),
}

REPEATS: Columns = {
    **_NAMES,
    "seed": Column(int, "the repeat's seed, below 2**53; alone it determines the training"),
    **{
        name: Column(
            float,
            metric.description,
            SERIES if metric.unit is UNIT_OF_SERIES else metric.unit,
            is_optional=True,
            tasks=metric.tasks,
        )
        for name, metric in METRICS.items()
    },
    "epochs": Column(int, "epochs of its training"),
    "diverged": Column(bool, "whether the loss or a forecast is not finite"),
    "engine": Column(str, "how it was trained"),
    "profile": Column(str, "whose defaults applied"),
}


def columns_of_task(columns: Columns, task: str) -> Columns:
    """Those of a table that a study of a task has."""
    return {name: each for name, each in columns.items() if not each.tasks or task in each.tasks}


EARLIER_REPEATS: Columns = {
    "series": _NAMES["series"],
    "earlier": Column(int, "how many observations earlier it ended"),
    **{
        name: each
        for name, each in columns_of_task(REPEATS, "regression").items()
        if name != "series"
    },
}

_STEP = "index of the test value, from 1; after the last one, steps beyond the series' end"
_AHEAD = "how many steps ahead of the last observation that was known"

FORECASTS: Columns = {
    **_NAMES,
    "step": Column(int, _STEP),
    "steps_ahead": Column(int, _AHEAD),
    "label": Column(
        str, "a label; each test sequence has a row for every one", tasks=CLASSIFICATIONS
    ),
    "forecast": Column(
        float,
        "the forecast of that value; of a label, its probability",
        SERIES,
        is_optional=True,
    ),
    "actual": Column(
        float,
        "the observation, empty beyond the end; of a label, 1 if it is the right one, otherwise 0",
        SERIES,
        is_optional=True,
    ),
}


class BlockRow(Row, table="blocks"):
    """Repeats of a scenario on a series that were trained one after the other."""

    series: str = column("the series' name")
    scenario: str = column("the scenario's name")
    start: int = column("the block's first repeat")
    stop: int = column("the repeat after its last")
    recipe: str = column("SHA-256 of everything that its result depends on")
    train_seconds: float = column("seconds that its training took, compilation included", "seconds")
    finished: str = column("when it was finished, in UTC")
    cpu: str = column("the processor that it was trained on")
    host: str = column("system, cores and batch system of that machine")
    versions: str = column("versions of the software that trained it")


class ForecastBandRow(Row, table="forecast_bands"):
    """How a scenario's forecasts of one value are spread."""

    series: str = column("the series' name")
    scenario: str = column("the scenario's name")
    step: int = column(_STEP)
    steps_ahead: int = column(_AHEAD)
    actual: OptionalFloat = column("the observation; empty beyond the end", SERIES)
    n: int = column("repeats with a finite forecast")
    q05: float = column("5 % quantile of their forecasts", SERIES)
    q25: float = column("first quartile", SERIES)
    median: float = column("their median", SERIES)
    q75: float = column("third quartile", SERIES)
    q95: float = column("95 % quantile", SERIES)


class SummaryRow(Row, table="summary"):
    """What a scenario's repeats look like."""

    series: str = column("the series' name")
    scenario: str = column("the scenario's name")
    metric: str = column(
        "what is described, which is the study's metric, or another one that a finding is about"
    )
    n: int = column("finite repeats")
    mean: OptionalFloat = column("mean of the metric over the finite repeats", METRIC)
    std: OptionalFloat = column("their standard deviation (n - 1)", METRIC)
    standard_error: OptionalFloat = column("std / sqrt(n)", METRIC)
    ci_low: OptionalFloat = column(
        "lower end of the 95 % t interval of the mean; empty where repeats do not vary", METRIC
    )
    ci_high: OptionalFloat = column("its upper end", METRIC)
    min: OptionalFloat = column("smallest value", METRIC)
    q25: OptionalFloat = column("first quartile (linear interpolation, type 7)", METRIC)
    median: OptionalFloat = column("median", METRIC)
    q75: OptionalFloat = column("third quartile", METRIC)
    max: OptionalFloat = column("largest value", METRIC)
    n_diverged: int = column("repeats that diverged; no other column includes them")
    persistence: OptionalFloat = column(
        "the metric of forecasting the previous observation", METRIC
    )
    drift: OptionalFloat = column("the same plus the mean training difference", METRIC)
    ar1: OptionalFloat = column(
        "the metric of an ordinary least squares AR(1) of the differences", METRIC
    )
    bca_low: OptionalFloat = column(
        "lower end of the 95 % BCa bootstrap interval of the mean", METRIC
    )
    bca_high: OptionalFloat = column("its upper end", METRIC)


class StandardErrorRow(Row, table="standard_error"):
    """How well a mean of n repeats of a scenario is known."""

    series: str = column("the series' name")
    scenario: str = column("the scenario's name")
    n: int = column("number of repeats")
    running_mean: float = column("mean of the first n finite repeats", METRIC)
    running_standard_error: float = column("their standard deviation / sqrt(n)", METRIC)
    resampled_standard_error: float = column(
        "standard deviation of the means of samples of n, drawn with replacement from all finite "
        "repeats",
        METRIC,
    )
    theory_standard_error: float = column("s / sqrt(n), s from all finite repeats", METRIC)


class ComparisonRow(Row, table="comparisons"):
    """A pair of scenarios, compared without a claim."""

    series: str = column("the series' name")
    scenario_a: str = column("one scenario")
    scenario_b: str = column("the other")
    n_a: int = column("repeats of a that are compared")
    n_b: int = column("repeats of b")
    mean_a: OptionalFloat = column("mean of a", METRIC)
    mean_b: OptionalFloat = column("mean of b", METRIC)
    difference: OptionalFloat = column("difference of means, a - b", METRIC)
    ci_low: OptionalFloat = column(
        "lower end of its interval (Welch's, or that of pairs), without adjustment", METRIC
    )
    ci_high: OptionalFloat = column("its upper end", METRIC)
    interval_level: float = column("the interval's level, 1 - alpha")
    welch_t: OptionalFloat = column(
        "Welch's t (this and the following columns are empty in a paired study)", default=NAN
    )
    welch_df: OptionalFloat = column("its Welch-Satterthwaite degrees of freedom", default=NAN)
    welch_p: OptionalFloat = column("its two-sided p", default=NAN)
    welch_p_bh: OptionalFloat = column(
        "that p after Benjamini and Hochberg over all pairs of the table; with more than 60 "
        "scenarios, these are the pairs that a finding names",
        default=NAN,
    )
    mannwhitney_u: OptionalFloat = column("Mann-Whitney U of a", default=NAN)
    mannwhitney_p: OptionalFloat = column(
        "its two-sided p: exact without ties up to 20 a side, else asymptotic and corrected for "
        "ties",
        default=NAN,
    )
    mannwhitney_p_bh: OptionalFloat = column("that p after Benjamini and Hochberg", default=NAN)
    paired_t: OptionalFloat = column(
        "t of the differences within pairs (this and the following columns only in a paired study)",
        default=NAN,
    )
    paired_df: OptionalFloat = column("its degrees of freedom", default=NAN)
    paired_p: OptionalFloat = column("its two-sided p", default=NAN)
    paired_p_bh: OptionalFloat = column("that p after Benjamini and Hochberg", default=NAN)
    wilcoxon_v: OptionalFloat = column(
        "Wilcoxon's sum of the ranks of positive differences", default=NAN
    )
    wilcoxon_p: OptionalFloat = column(
        "its two-sided p: exact without ties up to 20 pairs, else asymptotic and corrected for "
        "ties",
        default=NAN,
    )
    wilcoxon_p_bh: OptionalFloat = column("that p after Benjamini and Hochberg", default=NAN)


class TwinRow(Row, table="twins"):
    """Two scenarios that differ only in their random numbers."""

    series: str = column("the series' name")
    id: str = column("the name in config")
    scenario_a: str = column("one scenario")
    scenario_b: str = column("the other, which differs only in its random numbers")
    n_a: int = column("repeats of a that are compared")
    n_b: int = column("repeats of b")
    difference: OptionalFloat = column("difference of means, a - b", METRIC)
    ci_low: OptionalFloat = column("lower end of its interval (Welch's, or that of pairs)", METRIC)
    ci_high: OptionalFloat = column("its upper end", METRIC)
    interval_level: float = column("the interval's level, 1 - alpha over the number of twins")
    differs: bool | None = column(
        "whether the interval excludes 0, which would mean a fault or bad luck; empty if repeats "
        "do not vary but differ between the two"
    )


class ContrastRow(Row, table="contrasts"):
    """A comparison that a finding makes on one series: all evidence, and its verdict."""

    series: str = column("the series' name")
    id: str = column("the finding's id")
    scenario_a: str = column("the scenario that the claim is about; for a trend, one of each pair")
    scenario_b: str | None = column("the scenario it is compared with; empty for precision")
    comparison: str = column(
        "the weighted scenarios, up to sign and scale; k counts distinct combinations of series, "
        "metric, estimand and this"
    )
    metric: str = column("what is compared")
    expect: str = column("the direction claimed")
    estimand: str = column(
        "mean: difference of means a - b; ratio: ratio of geometric means a / b; trend: slope "
        "of the pairs' differences; spread: ratio of mean absolute deviations from the median, "
        "a / b; precision: standard error of a mean of mean_of repeats of a"
    )
    mean_of: int | None = column(
        "for precision, the number of repeats that the mean is taken over", default=None
    )
    margin: float = column(
        "smallest effect that matters: a difference, or, of a ratio or spread, how many times "
        "more; for precision, half the claimed range",
        CONTRAST,
    )
    n_a: int = column("finite repeats of a (in a paired study, complete pairs)")
    n_b: int | None = column("finite repeats of b (in a paired study, complete pairs)")
    mean_a: OptionalFloat = column(
        "mean of a; for a ratio, its geometric mean", METRIC, default=NAN
    )
    mean_b: OptionalFloat = column("the same for b", METRIC, default=NAN)
    estimate_a: OptionalFloat = column(
        "what the estimand is computed from: a's mean (for a ratio, its geometric mean), its "
        "mean absolute deviation, or its standard error",
        METRIC,
        default=NAN,
    )
    estimate_b: OptionalFloat = column("the same for b", METRIC, default=NAN)
    difference: OptionalFloat = column(
        "the estimated contrast, which for a ratio or spread is a ratio a / b; for precision, "
        "estimate_a minus the middle of the claimed range",
        CONTRAST,
    )
    standard_error: OptionalFloat = column(
        "the standard error of the difference; for a ratio or spread, that of its natural "
        "logarithm, from which its interval is computed; empty for precision, and if repeats that "
        "do not vary leave it unknown",
        "that of the metric (of a slope, per unit), or none of a logarithm",
        default=NAN,
    )
    ci_low: OptionalFloat = column(
        "lower end of the deciding interval of the difference; empty if there is none", CONTRAST
    )
    ci_high: OptionalFloat = column("its upper end", CONTRAST)
    interval_level: float = column(
        "the interval's level, 1 - alpha / k; 1 - alpha of a claim over series, whose verdicts on "
        "single series are exploratory"
    )
    exploratory_p: OptionalFloat = column(
        "of a claim over series, the claim's p after Benjamini-Yekutieli over all series and "
        "findings; a claim is supported on one series exactly if it is at most alpha, and another "
        "verdict stands if the p of what it says, adjusted likewise, is",
        default=NAN,
    )
    k: int = column(
        "distinct contrasts in the family, except those between deterministic scenarios"
    )
    welch_t: OptionalFloat = column(
        "Welch's t; for spreads, that of the absolute deviations from the median (as in all the "
        "usual tests). This and the following columns are empty in a paired study",
        default=NAN,
    )
    welch_df: OptionalFloat = column("its Welch-Satterthwaite degrees of freedom", default=NAN)
    welch_p: OptionalFloat = column("its two-sided p", default=NAN)
    welch_p_holm: OptionalFloat = column("that p after Holm over the family", default=NAN)
    mannwhitney_u: OptionalFloat = column("Mann-Whitney U of a", default=NAN)
    mannwhitney_p: OptionalFloat = column(
        "its two-sided p: exact without ties up to 20 a side, else asymptotic and corrected for "
        "ties",
        default=NAN,
    )
    mannwhitney_p_holm: OptionalFloat = column("that p after Holm over the family", default=NAN)
    paired_t: OptionalFloat = column(
        "t of the differences within pairs (this and the following columns only in a paired study)",
        default=NAN,
    )
    paired_df: OptionalFloat = column("its degrees of freedom", default=NAN)
    paired_p: OptionalFloat = column("its two-sided p", default=NAN)
    paired_p_holm: OptionalFloat = column("that p after Holm over the family", default=NAN)
    wilcoxon_v: OptionalFloat = column(
        "Wilcoxon's sum of the ranks of positive differences", default=NAN
    )
    wilcoxon_p: OptionalFloat = column(
        "its two-sided p: exact without ties up to 20 pairs, else asymptotic and corrected for "
        "ties",
        default=NAN,
    )
    wilcoxon_p_holm: OptionalFloat = column("that p after Holm over the family", default=NAN)
    tost_p: OptionalFloat = column(
        "p of two one-sided tests that the contrast lies within the margin", default=NAN
    )
    claim_p_family: OptionalFloat = column(
        "min(1, 2 k claim_p), for a claim of any difference min(1, k claim_p): below alpha "
        "exactly if the claim is supported; empty for precision",
        default=NAN,
    )
    difference_p_family: OptionalFloat = column(
        "min(1, k p): below alpha exactly if the interval excludes 0 (of ratios, 1); empty for "
        "precision, like the next two",
        default=NAN,
    )
    equivalence_p_family: OptionalFloat = column(
        "min(1, 2 k tost_p): below alpha exactly if it lies within the margin", default=NAN
    )
    minimal_effect_p_family: OptionalFloat = column(
        "min(1, 2 k p) for a contrast beyond the margin: below alpha exactly if the interval lies "
        "outside it",
        default=NAN,
    )
    n_diverged_a: int = column(
        "repeats of a without a finite value, diverged or (in a table of your own) failed"
    )
    n_diverged_b: int | None = column("the same for b")
    flags: str = column("what weakens or explains the verdict, separated by semicolons")
    difference_verdict: str = column(
        "what the interval says about the contrast, or, on one series of a claim over series, what "
        "stands of it"
    )
    verdict: str = column("what that says about the claimed direction")
    undecided_because: str | None = column("why it is undecided, if it is")
    brunnermunzel_p: OptionalFloat = column(
        "two-sided Brunner-Munzel p of probability_a_less_b = 1/2; Mann-Whitney's if the samples "
        "do not overlap; empty in a paired study, like the next three",
        default=NAN,
    )
    probability_a_less_b: OptionalFloat = column("P(A < B) + P(A = B) / 2", default=NAN)
    probability_low: OptionalFloat = column(
        "lower end of its 95 % interval (logit scale); empty if the samples do not overlap",
        default=NAN,
    )
    probability_high: OptionalFloat = column("its upper end", default=NAN)
    bootstrap_t_low: OptionalFloat = column(
        "lower end of the bootstrap-t interval of the difference, at interval_level; for a "
        "ratio, of the ratio; empty for spread",
        CONTRAST,
        default=NAN,
    )
    bootstrap_t_high: OptionalFloat = column("its upper end", CONTRAST, default=NAN)
    permutation_p: OptionalFloat = column(
        "two-sided permutation p on Welch's t of the means, over 1999 permutations (fewer for "
        "more than 20,000 values, at least 199); in a paired study, with random signs",
        default=NAN,
    )
    median_difference: OptionalFloat = column(
        "difference of medians, a - b; for a ratio, that of logarithms, exponentiated",
        CONTRAST,
        default=NAN,
    )
    trimmed_mean_difference: OptionalFloat = column(
        "difference of 20 % trimmed means, a - b; for a ratio, that of logarithms, exponentiated",
        CONTRAST,
        default=NAN,
    )
    spread_ratio: OptionalFloat = column(
        "ratio of mean absolute deviations from the median, a / b; for a ratio, of those of "
        "logarithms, like the next three",
        default=NAN,
    )
    sd_ratio: OptionalFloat = column("ratio of standard deviations, a / b", default=NAN)
    sd_ratio_low: OptionalFloat = column("lower end of its 95 % bootstrap interval", default=NAN)
    sd_ratio_high: OptionalFloat = column("its upper end", default=NAN)
    brown_forsythe_p: OptionalFloat = column(
        "p of equal spreads by Brown and Forsythe; empty in a paired study", default=NAN
    )
    margin_equivalent_above: OptionalFloat = column(
        "the smallest margin at which the contrast would be equivalent", CONTRAST, default=NAN
    )
    margin_exceeded_below: OptionalFloat = column(
        "the contrast differs by more than any margin below this, which is 0 (of ratios, 1) if "
        "it may not differ at all",
        CONTRAST,
        default=NAN,
    )
    claim_p: OptionalFloat = column(
        "unadjusted p of the claim, including its margin: small if the data support it; empty for "
        "precision",
        default=NAN,
    )
    n_to_resolve: OptionalFloat = column(
        "the smallest n per scenario whose interval is narrower than the margin; given if the "
        "claim is undecided, inf beyond a billion"
    )
    diverged_rate_difference_low: OptionalFloat = column(
        "lower end of Newcombe's 95 % interval of the difference in divergence", default=NAN
    )
    diverged_rate_difference_high: OptionalFloat = column("its upper end", default=NAN)
    n_incomplete_pairs: int | None = column(
        "in a paired study, repeats left out because their partner is missing", default=None
    )
    correlation: OptionalFloat = column(
        "in a paired study, Pearson's correlation within pairs", default=NAN
    )
    variance_reduction: OptionalFloat = column(
        "in a paired study, how many times fewer repeats the difference of means takes than it "
        "would with independent repeats",
        default=NAN,
    )


class ClaimRow(Row, table="claims"):
    """A claim on one series: its verdict, in one sentence."""

    series: str = column("the series' name")
    id: str = column("the finding's id")
    claim: str = column("the claim as registered")
    source: str = column("who made it")
    expect: str = column("the direction claimed")
    verdict: str = column("what the data say about the claim")
    undecided_because: str | None = column("why it is undecided, if it is")
    flags: str = column(
        'what weakens or explains the verdict: "rests on normality" if no assumption-free test '
        "could reach the deciding level with so few repeats, and the flags of its comparisons"
    )
    sentence: str = column("the same with its numbers")


class ConjunctionRow(Row, table="conjunctions"):
    """A claim over all series of a study."""

    id: str = column("the finding's id")
    claim: str = column("the claim as registered")
    m: int = column("number of series in the study")
    k: int = column(
        "on how many of them it is supported, and so holds: all verdicts on all series together "
        "err in at most a share alpha of studies"
    )
    supported_on: str = column(
        "the series on which it is supported; a name with a comma is in quotation marks"
    )
    direction_supported_on: str = column("those on which its direction is")
    undecided_on: str = column("those on which it is undecided")


class PowerRow(Row, table="power"):
    """How likely a verdict is on one series, with so many repeats and such a true difference."""

    series: str = column("the series' name")
    id: str = column("the finding's id")
    scenario_a: str = column("as in contrasts.csv")
    scenario_b: str | None = column("the scenario it is compared with")
    metric: str = column("what is compared")
    estimand: str = column("as in contrasts.csv")
    margin: float = column("smallest effect that matters", CONTRAST)
    pilot: int | None = column(
        "repeats of each whose spread is taken; empty if it is assumed (study.assumed_spread)"
    )
    n: int = column("repeats of each")
    difference: float = column(
        "the true difference, slope or ratio; of a standard error, its distance from the middle of "
        "the claimed range",
        CONTRAST,
    )
    verdict: str = column("what the data would say")
    chance: float = column("how often they would, in simulated studies through what decides")


class PowerClaimRow(Row, table="power_claims"):
    """How likely a verdict is on a claim of several comparisons, on one series."""

    series: str = column("the series' name")
    id: str = column("the finding's id")
    n: int = column("repeats of each")
    in_margins: float = column(
        "by how many margins each true difference lies on the claimed side; where none is claimed "
        "there is none, unless none is claimed of all"
    )
    verdict: str = column("what the data would say about the claim")
    chance: float = column("how often they would, in simulated studies through what decides")


class UnplannedRow(Row, table="unplanned"):
    """A claim, or one of its comparisons, of which power.csv and power_claims.csv say nothing."""

    series: str | None = column("the series' name; empty: all", default=None)
    id: str = column("the finding's id")
    scenario_a: str | None = column(
        "as in contrasts.csv; empty: it is about the claim as a whole", default=None
    )
    scenario_b: str | None = column("the scenario it is compared with", default=None)
    because: str = column("why nothing is said")


class MarginRow(Row, table="margins"):
    """A range of margins for which the verdict on a comparison is the same.

    A claim over series has none on a single one, whose verdict takes the p of all.
    """

    series: str | None = column("the series' name; empty for the typical effect over series")
    id: str = column("the finding's id")
    scenario_a: str = column("as in contrasts.csv")
    scenario_b: str | None = column("the scenario it is compared with")
    metric: str = column("what is compared")
    estimand: str = column("as in contrasts.csv")
    above: float = column("lower end of the range", CONTRAST)
    up_to: OptionalFloat = column("its upper end; empty if there is none", CONTRAST)
    verdict: str = column("what the data say about the comparison, with such a margin")


class ReachRow(Row, table="reach"):
    """A contrast of means on one series again, over other test rows; it decides nothing."""

    series: str = column("the series' name")
    scenario_a: str = column("as in contrasts.csv")
    scenario_b: str | None = column("the scenario it is compared with")
    metric: str = column("what is compared")
    estimand: str = column("as in contrasts.csv")
    comparison: str = column("the weighted scenarios, up to sign and scale")
    block: int = column("successive test rows that are drawn together")
    same_sign: float = column(
        "the share of resamples of test rows in which the contrast has the sign of the estimate"
    )
    low: OptionalFloat = column(
        "lower end of the range that 95 % of the resamples are in", CONTRAST
    )
    high: OptionalFloat = column("its upper end", CONTRAST)
    lowest_without_one: OptionalFloat = column(
        "the lowest contrast if one of the test rows is left out", CONTRAST
    )
    highest_without_one: OptionalFloat = column("the highest", CONTRAST)


class PopulationRow(Row, table="population"):
    """A contrast of a claim over series: what a series like the study's may expect."""

    id: str = column("the finding's id")
    scenario_a: str = column("the scenario that the claim is about; for a trend, one of each pair")
    scenario_b: str | None = column("the scenario it is compared with")
    comparison: str = column("the weighted scenarios, up to sign and scale")
    metric: str = column("what is compared")
    expect: str = column("the direction claimed")
    estimand: str = column("as in contrasts.csv")
    margin: float = column("smallest effect that matters", CONTRAST)
    n_series: int = column("series in the study")
    n_unknown: int = column(
        "series on which the effect is not known: a scenario was not run, or diverged repeats "
        "could change it"
    )
    typical: str = column("the typical effect that decides: median or mean")
    on_at_least: OptionalFloat = column(
        "the share of series that it is claimed for; empty if the typical effect is claimed"
    )
    k: int = column("how many things claimed share alpha")
    typical_low: OptionalFloat = column(
        "lower end of the interval of the typical effect: for the median an order statistic, for "
        "the mean by t; empty if there is none",
        CONTRAST,
    )
    typical_high: OptionalFloat = column("its upper end", CONTRAST)
    typical_level: OptionalFloat = column(
        "its level: at least 1 - alpha / k, and for the median exactly this one"
    )
    verdict: str = column("what the data say about the claim")
    undecided_because: str | None = column("why it is undecided, if it is")
    flags: str = column("what weakens the verdict")
    median: OptionalFloat = column(
        "the median of the effects that are known, each that of one series", CONTRAST, default=NAN
    )
    mean: OptionalFloat = column("their mean", CONTRAST, default=NAN)
    mean_low: OptionalFloat = column(
        "lower end of its t interval at level 1 - alpha / k", CONTRAST, default=NAN
    )
    mean_high: OptionalFloat = column("its upper end", CONTRAST, default=NAN)
    trimmed_mean: OptionalFloat = column(
        "their mean without a fifth at each end", CONTRAST, default=NAN
    )
    trimmed_mean_low: OptionalFloat = column(
        "lower end of its interval at level 1 - alpha / k", CONTRAST, default=NAN
    )
    trimmed_mean_high: OptionalFloat = column("its upper end", CONTRAST, default=NAN)
    share_below_margin: OptionalFloat = column(
        "the share of series whose effect is below the margin's negative (or reciprocal)",
        default=NAN,
    )
    share_above_margin: OptionalFloat = column("the share whose effect is above it", default=NAN)
    n_as_claimed: int | None = column(
        "series whose effect is as claimed: beyond the margin, or inside it where that is claimed",
        default=None,
    )
    share_low: OptionalFloat = column(
        "lower end of the interval of the share of series as claimed (Clopper-Pearson), at level "
        "1 - alpha / k",
        default=NAN,
    )
    share_high: OptionalFloat = column("its upper end", default=NAN)
    calibrated_share: OptionalFloat = column(
        "that share of effects drawn in to the spread of the true ones; from 10 repeats on",
        default=NAN,
    )
    calibrated_share_low: OptionalFloat = column(
        "lower end of its interval at level 1 - alpha / k", default=NAN
    )
    calibrated_share_high: OptionalFloat = column("its upper end", default=NAN)
    new_series_low: OptionalFloat = column(
        "lower end of the range into which the effect on one more series falls",
        CONTRAST,
        default=NAN,
    )
    new_series_high: OptionalFloat = column("its upper end", CONTRAST, default=NAN)
    new_series_level: OptionalFloat = column("how often it does", default=NAN)
    tau: OptionalFloat = column(
        "standard deviation of true effects between series (Paule-Mandel); for ratios, of their "
        "logarithms; from 10 repeats on",
        "that of the metric (of a slope, per unit), or none of a logarithm",
        default=NAN,
    )
    tau_low: OptionalFloat = column("lower end of its Q-profile interval at 95 %", default=NAN)
    tau_high: OptionalFloat = column("its upper end", default=NAN)
    margin_equivalent_above: OptionalFloat = column(
        "with a margin above this, no typical difference would matter", CONTRAST, default=NAN
    )
    margin_exceeded_below: OptionalFloat = column(
        "with a margin below this, the typical effect would be beyond it", CONTRAST, default=NAN
    )
    n_clusters: int | None = column("groups that series come from", default=None)
    clustered_median_low: OptionalFloat = column(
        "lower end of the median's interval at level 1 - alpha / k, with series of one group taken "
        "as dependent",
        CONTRAST,
        default=NAN,
    )
    clustered_median_high: OptionalFloat = column("its upper end", CONTRAST, default=NAN)
    clustered_mean_low: OptionalFloat = column("the same for the mean", CONTRAST, default=NAN)
    clustered_mean_high: OptionalFloat = column("its upper end", CONTRAST, default=NAN)


class PopulationClaimRow(Row, table="population_claims"):
    """A claim over series: its verdict, in one sentence."""

    id: str = column("the finding's id")
    claim: str = column("the claim as registered")
    source: str = column("who made it")
    expect: str = column("the direction claimed")
    verdict: str = column("what the data say about the claim")
    undecided_because: str | None = column("why it is undecided, if it is")
    flags: str = column("what weakens the verdict")
    sentence: str = column("the same with its numbers")
    too_few_series: bool = column(
        "whether there are too few series to decide; the verdicts on each of them then stand",
        default=False,
    )


class EffectRow(Row, table="effects"):
    """The effect that a claim over series is about on one of them."""

    id: str = column("the finding's id")
    scenario_a: str = column("the scenario that the claim is about; for a trend, one of each pair")
    scenario_b: str | None = column("the scenario it is compared with")
    comparison: str = column("the weighted scenarios, up to sign and scale")
    metric: str = column("the metric that is compared")
    estimand: str = column("what is estimated")
    series: str = column("the series' name")
    effect: OptionalFloat = column(
        "the estimated contrast, the mean over its test windows; empty if it is not known on one",
        CONTRAST,
    )
    standard_error: OptionalFloat = column(
        "its standard error; for ratios, that of the logarithm; empty for single repeats",
        "that of the metric (of a slope, per unit), or none of a logarithm",
    )
    repeats: int = column("repeats of the scenario and test window that has the fewest")
    windows: int = column("test windows")


class Compared(Protocol):
    """A row about a comparison that a claim over series makes."""

    @property
    def id(self) -> str:
        """The finding's."""

    @property
    def comparison(self) -> str:
        """The weighted scenarios."""

    @property
    def metric(self) -> str:
        """What is compared."""

    @property
    def estimand(self) -> str:
        """What is estimated."""


def contrast_key(row: Compared) -> tuple[str, str, str, str]:
    """What identifies the comparison: a claim can make several of the same scenarios."""
    return row.id, row.comparison, row.metric, row.estimand


class WindowEffectRow(Row, table="window_effects"):
    """A comparison on one test window of a series that is also cut at earlier ends."""

    id: str = column("the finding's id")
    scenario_a: str = column("the scenario that the claim is about; for a trend, one of each pair")
    scenario_b: str | None = column("the scenario it is compared with")
    comparison: str = column("the weighted scenarios, up to sign and scale")
    metric: str = column("the metric that is compared")
    estimand: str = column("what is estimated")
    series: str = column("the series' name")
    earlier: int = column("how many observations earlier it ended; 0 of the series as it is")
    effect: OptionalFloat = column("the estimated contrast; empty if it is not known", CONTRAST)
    standard_error: OptionalFloat = column(
        "its standard error; for ratios, that of the logarithm; empty for single repeats",
        "that of the metric (of a slope, per unit), or none of a logarithm",
    )
    repeats: int = column("repeats of the scenario that has the fewest")


class SeriesAttributeRow(Row, table="series_attributes"):
    """What one series is like."""

    series: str = column("the series' name")
    attribute: str = column(
        "as the config calls it; of a series that is trained on also its length, its "
        "autocorrelation at lag 1, and the strengths of its trend and season, from 0 to 1"
    )
    value: str = column("a number or a text; empty or nan if it is not known")


class ModeratorRow(Row, table="moderators"):
    """Whether an effect goes with an attribute of the series; it decides nothing."""

    id: str = column("the finding's id")
    scenario_a: str = column("the scenario that the claim is about; for a trend, one of each pair")
    scenario_b: str | None = column("the scenario it is compared with")
    comparison: str = column("the weighted scenarios, up to sign and scale")
    metric: str = column("the metric that is compared")
    estimand: str = column("what is estimated")
    attribute: str = column("as in series_attributes.csv")
    n_series: int = column("series whose effect and attribute are known")
    test: str = column("spearman for numbers, kruskal for groups")
    statistic: OptionalFloat = column("Spearman's correlation, or Kruskal and Wallis's H")
    p: OptionalFloat = column("its p; empty if there are too few series, or nothing varies")
    p_holm: OptionalFloat = column("adjusted over the attributes (Holm)")


class VarianceComponentRow(Row, table="variance_components"):
    """How much effects differ between series, test windows of one, and single repeats."""

    id: str = column("the finding's id")
    scenario_a: str = column("the scenario that the claim is about; for a trend, one of each pair")
    scenario_b: str | None = column("the scenario it is compared with")
    comparison: str = column("the weighted scenarios, up to sign and scale")
    metric: str = column("the metric that is compared")
    estimand: str = column("what is estimated")
    n_series: int = column("series whose effect is known")
    fewest_series: int | None = column(
        "with how many series the claim can be supported; empty of one about all series, which can "
        "only be contradicted"
    )
    between_series: float = column(
        "standard deviation between series of the effect without its error; for ratios, of the "
        "logarithm",
        "that of the metric (of a slope, per unit), or none of a logarithm",
    )
    between_series_low: float = column("lower end of its interval over resampled series")
    between_series_high: float = column("its upper end")
    between_windows: OptionalFloat = column(
        "standard deviation between test windows of one series, likewise; empty if no series has "
        "two, and then part of that between series",
        "that of the metric (of a slope, per unit), or none of a logarithm",
    )
    between_windows_low: OptionalFloat = column("lower end of its interval over resampled series")
    between_windows_high: OptionalFloat = column("its upper end")
    between_repeats: float = column(
        "standard deviation that the training (initial weights, order of rows) gives the effect of "
        "a single repeat of each scenario",
        "that of the metric (of a slope, per unit), or none of a logarithm",
    )
    between_repeats_low: float = column("lower end of its interval over resampled series")
    between_repeats_high: float = column("its upper end")


class AllocationRow(Row, table="allocations"):
    """A study that is planned, of no more series and windows than there are.

    The most precise one within a budget, of as many series as a claim takes to be supported, and
    the smallest whose interval of the typical effect may be expected to be narrower than the
    margin, if there is one.
    """

    id: str = column("the finding's id")
    scenario_a: str = column("the scenario that the claim is about; for a trend, one of each pair")
    scenario_b: str | None = column("the scenario it is compared with")
    comparison: str = column("the weighted scenarios, up to sign and scale")
    metric: str = column("the metric that is compared")
    estimand: str = column("what is estimated")
    budget: float = column("what it costs (study.costs) at most, as a share of this study")
    resolves: bool = column("whether it is the smallest whose interval is narrow enough")
    n_series: int = column("series")
    n_windows: int = column("test windows of each of them")
    n_repeats: int = column("repeats of each scenario on each of these")
    standard_error_of_mean: float = column(
        "standard error of the mean effect; for ratios, of the mean logarithm",
        "that of the metric (of a slope, per unit), or none of a logarithm",
    )
    standard_error_of_median: OptionalFloat = column(
        "the same of the median, by simulation; from 10 repeats on",
        "that of the metric (of a slope, per unit), or none of a logarithm",
    )
    interval_width: OptionalFloat = column(
        "expected width of the interval of the typical effect at level 1 - alpha / k, for ratios "
        "of its logarithm; of the median from 10 repeats on",
        "that of the metric (of a slope, per unit), or none of a logarithm",
    )


class MethodRow(Row, table="methods"):
    """How a scenario ranks over series, by the study's metric; it decides nothing."""

    scenario: str = column("the scenario's name")
    n_series: int = column("series on which every scenario has a finite repeat")
    mean_rank: float = column("mean over series of the rank of its mean, 1 for the best")
    friedman: float = column("Friedman's chi-squared of all scenarios, corrected for ties")
    friedman_p: float = column("its p")
    critical_difference: float = column("of mean ranks, at .05 (Nemenyi)")
    interquartile_mean: OptionalFloat = column(
        "mean of the middle half of the repeats on all series; empty if the metric is not on one "
        "scale",
        METRIC,
        default=NAN,
    )
    interquartile_mean_low: OptionalFloat = column(
        "lower end of its interval over resampled repeats", METRIC, default=NAN
    )
    interquartile_mean_high: OptionalFloat = column("its upper end", METRIC, default=NAN)


class MethodPairRow(Row, table="method_pairs"):
    """Two scenarios over series, by the study's metric; it decides nothing."""

    scenario_a: str = column("the one")
    scenario_b: str = column("the other")
    wilcoxon_p: float = column("p of the signed-rank test on their means, over series")
    wilcoxon_p_holm: float = column("adjusted over the pairs (Holm)")
    is_within_critical_difference: bool = column("whether Nemenyi's test leaves them together")
    improvement: float = column(
        "the probability that a repeat of a is better than one of b, mean over series"
    )
    improvement_low: OptionalFloat = column("lower end of its interval over resampled repeats")
    improvement_high: OptionalFloat = column("its upper end")


class PerformanceProfileRow(Row, table="performance_profiles"):
    """How many repeats of a scenario are better than a value of the study's metric.

    It decides nothing. Empty if the metric is not on one scale.
    """

    scenario: str = column("the scenario's name")
    threshold: float = column("the value that they are better than", METRIC)
    share: float = column("the share of repeats that are, mean over series")
    share_low: OptionalFloat = column("lower end of its interval over resampled repeats")
    share_high: OptionalFloat = column("its upper end")


_BASELINE = (
    "persistence, drift, seasonal_naive, an autoregression with the given number of lags (ar1, "
    "...) or with that of the lowest AIC (ar_aic), ets or theta"
)


class BaselineRow(Row, table="baselines"):
    """A scenario next to a forecast that needs no network."""

    series: str = column("the series' name")
    scenario: str = column("the scenario's name")
    baseline: str = column(_BASELINE)
    baseline_value: OptionalFloat = column("the baseline's metric over the test rows", METRIC)
    n: int = column("finite repeats")
    difference: OptionalFloat = column("the scenario's mean minus the baseline's", METRIC)
    ci_low: OptionalFloat = column(
        "lower end of its one-sample t interval, without adjustment", METRIC
    )
    ci_high: OptionalFloat = column("its upper end", METRIC)
    interval_level: float = column("the interval's level, 1 - alpha")
    result: str = column(
        "better or worse, if the interval lies on one side of 0, by which side is better for the "
        "metric; undecided if it contains 0"
    )
    is_best: bool = column(
        "whether no other baseline has a lower value on the series' test rows, which are thus "
        "looked at before it is chosen"
    )


class BaselineOverSeriesRow(Row, table="baselines_over_series"):
    """A scenario next to a forecast that needs no network, on all series."""

    scenario: str = column("the scenario's name")
    baseline: str = column(f"best, on each series the one that is_best; or {_BASELINE}")
    n_series: int = column("series that have this baseline")
    n_better: int = column("those on which the scenario is better, by the interval of baselines")
    n_worse: int = column("those on which it is worse")
    n_undecided: int = column("the others")
    n_ratios: int = column("series that have a ratio: with a finite mean, and a baseline above 0")
    median_ratio: OptionalFloat = column(
        "the median over series of the scenario's mean over the baseline's value"
    )
    median_ratio_low: OptionalFloat = column(
        "lower end of its order-statistic interval, whose level is at least 1 - alpha; empty of "
        "few series"
    )
    median_ratio_high: OptionalFloat = column("its upper end")


class BaselineModelRow(Row, table="baseline_models"):
    """What a forecast that needs no network is on a series."""

    series: str = column("the series' name")
    baseline: str = column(_BASELINE)
    model: str | None = column("what was fitted to the training rows; empty if nothing was")
    value: OptionalFloat = column("its value of the study's metric over the test rows", METRIC)
    is_best: bool = column("whether no other baseline has a lower value")
    left_out_because: str | None = column("why the series does not have this baseline")


class BaselineForecastRow(Row, table="baseline_forecasts"):
    """A baseline's forecast of a test value."""

    series: str = column("the series' name")
    baseline: str = column(_BASELINE)
    step: int = column("index of the test value, from 1")
    steps_ahead: int = column(_AHEAD)
    forecast: float = column("the baseline's forecast of that value", SERIES)


class StepErrorRow(Row, table="step_errors"):
    """How wrong forecasts of so many steps ahead are."""

    series: str = column("the series' name")
    forecaster: str = column("the scenario's name, or that of a forecast that needs no network")
    is_baseline: bool = column("whether it needs no network")
    metric: str = column("the metric, over the forecasts of so many steps ahead")
    steps_ahead: int = column("how many steps ahead of the last observation that was known")
    origins: int = column("how many such forecasts the test has")
    n: int | None = column("repeats whose forecasts are all finite; empty of baselines")
    mean: OptionalFloat = column("mean of the metric over these repeats, or the baseline's", METRIC)
    ci_low: OptionalFloat = column(
        "lower end of the 95 % t interval of the mean; empty where repeats do not vary", METRIC
    )
    ci_high: OptionalFloat = column("its upper end", METRIC)


class RequiredRepeatsRow(Row, table="required_repeats"):
    """How many repeats of a scenario reach a standard error."""

    series: str = column("the series' name")
    scenario: str = column("the scenario's name")
    target: float = column("the standard error to reach", METRIC)
    n: float = column("repeats that reach it, (s / target) squared, rounded up, at least 2")
    n_low: OptionalFloat = column(
        "the same for the lower end of the 95 % interval of s (the union of the chi-square and "
        "Bonett's intervals); empty below 5 repeats"
    )
    n_high: OptionalFloat = column("the same for its upper end")


class ReplicationRow(Row, table="replication"):
    """What studies of n repeats would have found of a contrast."""

    series: str = column("the series' name")
    scenario_a: str = column("one scenario of a registered contrast of means")
    scenario_b: str = column("the other")
    n: int = column("repeats per scenario of the imagined studies")
    draws: int = column("imagined studies, drawn from the repeats with replacement")
    share_significant: float = column(
        "share with an unadjusted p below .05 (Welch; in a paired study, of pairs)"
    )
    wrong_direction: OptionalFloat = column(
        "of these, the share with the opposite sign; only if the deciding interval excludes 0"
    )
    median_exaggeration: OptionalFloat = column(
        "their median absolute difference divided by the true one; only if the deciding interval "
        "excludes 0"
    )


class CalibrationRow(Row, table="calibration"):
    """How often a test or an interval errs when there is nothing to find."""

    series: str = column("the series' name")
    null: str = column(
        "same scenario: disjoint random splits; equal means: two scenarios shifted to a common "
        "mean; nothing to find: pools shaped like a contrast's samples, shifted so that there is "
        "no contrast"
    )
    scenario_a: str = column("one scenario")
    scenario_b: str | None = column("the other")
    metric: str = column("for the deciding interval, what is compared", default="")
    estimand: str = column("for the deciding interval, what is estimated", default="")
    comparison: str = column(
        "for the deciding interval, the weighted scenarios that are compared", default=""
    )
    n: int = column(
        "values per sample, the smaller one if they differ; for the deciding interval, as many as "
        "there are, but at most 10,000 (fewer with very many contrasts, at least 1000)"
    )
    test: str = column(
        "welch or mannwhitney, in a paired study paired or wilcoxon, at .05; or deciding "
        "interval, at the study's own level"
    )
    draws: int = column("pairs of samples")
    level: float = column("the nominal rate of rejection")
    rejection_rate: float = column(
        "the share rejected; for the deciding interval, the share that misses the truth"
    )
    rate_low: float = column(
        "lower end of its 95 % Wilson interval (Monte-Carlo error, conditional on the repeats)"
    )
    rate_high: float = column("its upper end")
    share_beyond_margin: OptionalFloat = column(
        'share of draws with the result "differs, by more than the margin" (for a claimed range, '
        '"outside")',
        default=NAN,
    )
    share_within_margin: OptionalFloat = column(
        "with the result differs, but by less than the margin", default=NAN
    )
    share_equivalent: OptionalFloat = column(
        "with the result equivalent (for a claimed range, inside)", default=NAN
    )
    share_size_unresolved: OptionalFloat = column(
        "with the result differs, size unresolved", default=NAN
    )
    share_inconclusive: OptionalFloat = column("with the result inconclusive", default=NAN)


class ErrorRateRow(Row, table="error_rates"):
    """How often a test or an interval errs, over all scenarios or pairs that it is tried on."""

    series: str = column("the series' name")
    null: str = column("where there is nothing to find, as in the calibration table")
    test: str = column("the test, or deciding interval")
    n: int | None = column(
        "values per sample; empty for the deciding interval, of which there is one per comparison"
    )
    pairs: int = column("rows of the calibration table")
    level: float = column("their nominal rate of rejection")
    lowest: float = column("the lowest rate of rejection among them")
    highest: float = column("the highest")


class PublishedRow(Row, table="published"):
    """A published number next to ours."""

    series: str = column("the series' name")
    scenario: str = column("the scenario's name")
    source: str = column("where the number was published")
    n: int = column("repeats behind the published number")
    statistic: str = column("mean, std, min, q25, median, q75 or max")
    published: float = column("the published number", METRIC)
    ours: float = column("the same statistic of all our repeats", METRIC)
    expected: float = column(
        "the median of that statistic in samples of n from our redrawn repeats", METRIC
    )
    expected_low: float = column("the 2.5 % quantile of these", METRIC)
    expected_high: float = column("the 97.5 % quantile", METRIC)
    p: float = column("two-sided share of such samples at least as extreme as the published number")
    p_holm: float = column("that p after Holm over all rows")
    verdict: str = column(
        "compatible or not compatible, at .05; a sample of ten that is compatible has not been "
        "reproduced"
    )


class IdentityRow(Row, table="identities"):
    """Two scenarios that are the same by construction."""

    series: str = column("the series' name")
    id: str = column("the identity's name in config")
    scenario_a: str = column("one scenario")
    scenario_b: str = column("the other, the same thing by construction")
    repeats: int = column("repeats of each, trained from the same seeds")
    largest_difference: OptionalFloat = column(
        "the largest absolute difference of RMSE between their repeats", SERIES
    )
    holds: bool = column("whether it is at most 1e-5 of the largest RMSE")


class FidelityRow(Row, table="fidelity"):
    """A scenario, trained by both engines."""

    series: str = column("the series' name")
    scenario: str = column("a scenario of the fast engine")
    repeats: int = column("repeats trained by both engines from the same seeds")
    epochs: int = column("epochs of that training")
    largest_difference: OptionalFloat = column(
        "the largest absolute difference of RMSE between fast engine and stock Keras", SERIES
    )
    holds: bool = column("whether it is at most 1e-5 of the largest RMSE")


class StoppingRow(Row, table="stopping"):
    """When a scenario's training stopped."""

    series: str = column("the series' name")
    scenario: str = column("the scenario's name")
    stages: int = column("stages trained")
    n: int = column("repeats trained")
    half_width: float = column(
        "half the width of the 95 % t interval of the mean after the last stage", METRIC
    )
    wanted: float = column("the half width to reach in two successive stages", METRIC)
    outcome: str = column("enough: it was reached; not reached: no more repeats were allowed")


class StoppingSimulationRow(Row, table="stopping_simulation"):
    """Simulated studies that stop by the rule, drawn from one pool."""

    series: str = column("the series' name, or textbook for the distributions")
    pool: str = column("the scenario whose repeats are drawn with replacement, or a distribution")
    half_width: float = column("the half width to reach", METRIC)
    studies: int = column("studies simulated")
    coverage: float = column("share whose 95 % t interval after stopping holds the pool's mean")
    coverage_low: float = column(
        "lower end of its 95 % Wilson interval (Monte-Carlo error, conditional on the pool)"
    )
    coverage_high: float = column("its upper end")
    coverage_fixed: float = column(
        "the same share if all studies take the mean number of repeats without looking"
    )
    bias: float = column("mean of the means after stopping, minus the pool's mean", METRIC)
    bias_error: float = column("its Monte-Carlo standard error", METRIC)
    mean_n: float = column("mean number of repeats")
    share_unmet: float = column(
        "share that took all repeats allowed without reaching the half width"
    )


class VerdictChangeRow(Row, table="verdict_changes"):
    """A claim in two runs: its verdicts side by side."""

    series: str | None = column("the series' name; empty of a claim over series")
    id: str = column("the finding's id")
    claim: str = column("the claim as registered, in the second run if it is in both")
    verdict_one: str | None = column("what the data of the first run say; empty if it is not there")
    verdict_other: str | None = column("what those of the second say")
    is_changed: bool = column("whether these are different words")
    because: str = column("what differs between the runs that bears on it, separated by semicolons")


class EstimateChangeRow(Row, table="estimate_changes"):
    """A comparison that a claim makes in two runs: its estimates side by side."""

    series: str | None = column("the series' name; empty of a claim over series")
    id: str = column("the finding's id")
    scenario_a: str = column("as in contrasts.csv")
    scenario_b: str | None = column("the scenario it is compared with")
    metric: str = column("what is compared")
    estimand: str = column("as in contrasts.csv")
    margin_one: float = column("smallest effect that matters in the first run", CONTRAST)
    margin_other: float = column("and in the second", CONTRAST)
    estimate_one: OptionalFloat = column(
        "the estimated contrast in the first run; of a claim over series, the typical effect",
        CONTRAST,
    )
    low_one: OptionalFloat = column("lower end of its deciding interval", CONTRAST)
    high_one: OptionalFloat = column("its upper end", CONTRAST)
    estimate_other: OptionalFloat = column("the estimated contrast in the second run", CONTRAST)
    low_other: OptionalFloat = column("lower end of its deciding interval", CONTRAST)
    high_other: OptionalFloat = column("its upper end", CONTRAST)
    change: OptionalFloat = column(
        "the second estimate minus the first; of ratios, over it", CONTRAST
    )
    change_low: OptionalFloat = column(
        "lower end of its 95 % interval, without adjustment; empty if runs share seeds, and where "
        "a standard error is not known",
        CONTRAST,
    )
    change_high: OptionalFloat = column("its upper end", CONTRAST)
    luck: str = column("whether luck alone might have made the change, as far as that is known")


ROW_TYPES = {row_type.table: row_type for row_type in Row.__subclasses__()}
"""The types of rows by the name of their table."""

TABLES: dict[str, Columns] = {
    "repeats": REPEATS,
    "forecasts": FORECASTS,
    "earlier_repeats": EARLIER_REPEATS,
    **{name: row_type.columns for name, row_type in ROW_TYPES.items()},
}
"""The columns of each table that a run can leave."""

PLANNING_TABLES = ("power", "power_claims", "unplanned")
"""The tables that are only made where they are asked for."""

STEP_TABLES = ("step_errors",)
"""The tables about several steps ahead, which studies of one step do not have."""

COMPARISON_TABLES = ("verdict_changes", "estimate_changes")
"""The tables about two runs, beside no study."""

WINDOW_TABLES = ("window_effects",)
"""The tables about series that are cut at earlier ends, which other studies do not have."""

TRAINING_TABLES = ("identities", "fidelity", "forecast_bands", "reach", "blocks")
"""The tables about a training, which repeats from elsewhere do not have."""

DESCRIPTION_TABLES = (
    "series_attributes", "moderators", "variance_components", "allocations", "methods",
    "method_pairs", "performance_profiles",
)  # fmt: skip
"""The tables beside verdicts over series, which other studies do not have."""
