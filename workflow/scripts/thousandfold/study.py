"""A study as plain, validated, frozen data: what config.yaml says, in the project's terms.

No file is read here and nothing is computed; config.py makes these.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thousandfold.metrics import METRICS, UNIT_OF_SERIES, Metric
from thousandfold.names import DATA_SETS, SERIES, Noun, spelled
from thousandfold.reading.options import AS_IT_IS, LabelColumns, TableForm, Treatment
from thousandfold.scenario import Scenario, TrainedScenario
from thousandfold.seeds import resampling_seed
from thousandfold.synthetic import Synthetic

if TYPE_CHECKING:
    from thousandfold.inference.contrasts import Contrast

MOST_PAIRED = 60
"""Scenarios of which all pairs are compared: 1770 of 60; of more, those that a finding names."""

MOST_EXAMINED = 10
"""Series by which a study of many checks its inference and its training."""

MOST_COMPARED = 3
"""Series on which the fast engine is compared with stock Keras, which takes seconds on each."""


@dataclass(frozen=True)
class StudySeries:
    """A series, or data set, that a study's findings are about."""

    name: str
    title: str
    unit: str
    margin: float
    """The smallest difference that matters on this series, in units of the study's metric."""
    attributes: tuple[tuple[str, str], ...] = ()
    """(name, value) pairs: what kind of series it is."""


@dataclass(frozen=True, kw_only=True)
class SeriesSource(StudySeries):
    """A series to train on: where it comes from and how it is split."""

    test_rows: int
    file: str | None = None
    """None: it is made up."""
    value: str = ""
    """The column that holds the values."""
    competitor: str | None = None
    """What it is called in the file of a forecasting competition; None: the file has columns."""
    synthetic: Synthetic | None = None
    """How it is made, if it is made up."""
    entry: str = ""
    """The entry of the config's series that it comes from, if that stands for many."""
    date: str | None = None
    """The column that labels the observations; None: the first."""
    inputs: tuple[str, ...] = ()
    """Further columns that networks see."""
    horizon: int = 0
    """How many steps beyond the last observation are forecast."""
    steps_ahead: int = 1
    """How many steps ahead of each of its origins the test forecasts."""
    origins: tuple[int, ...] = ()
    """Where it is cut as well, to be trained and tested anew: so many observations earlier."""
    earlier: int = 0
    """How many observations are cut off at its end."""
    cut_from: str = ""
    """The series that it was cut from."""
    period: int | None = None
    """Observations of a season; None: that of its dates."""
    published: str | None = None
    """A table of published results to print beside ours."""
    pieces: str | None = None
    """The column that tells its pieces apart; None: each file holds one."""
    further_files: tuple[str, ...] = ()
    """Those of its other pieces."""
    treatment: Treatment = AS_IT_IS
    """What the file's rows go through before they are a series."""
    labelled: LabelColumns | None = None
    """Of a file of sequences with labels; None: it holds a series."""
    split_seed: int | None = None
    """Of sequences with labels, the number from which follows which are the test rows; None: they
    are the last ones."""

    @property
    def task(self) -> str:
        """What can be asked of it: a key of tasks.TASKS."""
        is_made_up = self.synthetic is not None and self.synthetic.labels is not None
        return "classification" if is_made_up or self.labelled else "regression"

    @property
    def windows(self) -> "tuple[SeriesSource, ...]":
        """The series, then what it is at each of its earlier ends, as series of their own."""
        cuts = (
            replace(
                self,
                name=f"{self.name} ({earlier} earlier)",
                title=f"{self.title} ({earlier} earlier)",
                origins=(),
                earlier=earlier,
                cut_from=self.name,
                horizon=0,
                published=None,
            )
            for earlier in self.origins
        )
        return (self, *cuts)

    @property
    def files(self) -> tuple[str, ...]:
        """Those that it is read from, in the order of its pieces."""
        return () if self.file is None else (self.file, *self.further_files)

    @property
    def rows_after_training(self) -> int:
        """Observations from its earliest test row on."""
        return max(self.origins, default=0) + self.test_rows

    @property
    def listed_as(self) -> str:
        """The entry of the config's series that it comes from."""
        return self.entry or self.cut_from or self.name


@dataclass(frozen=True)
class ResultsTable:
    """A table of repeats that were trained elsewhere."""

    form: TableForm
    metrics: tuple[tuple[str, Metric], ...]
    """(column, what it measures) of every metric that the study is about."""
    paired_by: str | None = None
    """The column whose equal values make a pair; None: the column `repeat`, if there is one."""
    deterministic: tuple[str, ...] = ()
    """Scenarios of which every repeat gives the same number by construction."""
    assumed: tuple[str, ...] = ()
    """What was assumed when it was read, each in a few words."""


@dataclass(frozen=True)
class OverSeries:
    """What a claim says of series like the study's, which are taken for a sample of them."""

    typical: str = "median"
    """The typical effect that decides: median or mean."""
    on_at_least: float | None = None
    """The share of series that it is claimed for; None: the typical effect is claimed."""


@dataclass(frozen=True)
class Finding:
    """A registered claim; it holds if all of its contrasts do."""

    id: str
    claim: str
    source: str
    expect: str
    """The direction as config words it: that of its contrast, best_of or all_of."""
    contrasts: "tuple[Contrast, ...]"
    note: str = ""
    """What a reader has to know about where it comes from, in a sentence."""
    over: OverSeries | None = None
    """None: it is about each series by itself."""


@dataclass(frozen=True)
class ScenarioPair:
    """Two scenarios that should agree."""

    id: str
    a: str
    b: str


@dataclass(frozen=True)
class Experiment:
    """Scenarios that the report draws side by side."""

    title: str
    scenarios: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """The repeats start, ..., stop - 1 of one scenario on one series."""

    series: str
    scenario: str
    start: int
    stop: int


@dataclass(frozen=True)
class Stopping:
    """Train a scenario in stages until its mean is precise enough after two successive ones."""

    stage: int
    """Repeats of one stage."""
    half_width: float
    """Half the width of the 95 % interval of the mean, in units of the study's metric."""


@dataclass(frozen=True, kw_only=True)
class Study(ABC):
    """What a study asks of its repeats: a TrainedStudy or an ImportedStudy.

    All that analyses need, and most of what the report shows.
    """

    name: str
    title: str
    design: str
    """independent or paired; a key of inference.designs.DESIGNS."""
    seed: int
    repeats: int
    """Trainings of each scenario on each series; with a stopping rule, the most there can be."""
    alpha: float
    margin: float
    metric: str
    """What is measured of each repeat: a key of metrics.METRICS, or a column of the table."""
    series: tuple[StudySeries, ...]
    scenarios: tuple[Scenario, ...]
    experiments: tuple[Experiment, ...]
    twins: tuple[ScenarioPair, ...]
    """The same but for their random numbers."""
    findings: tuple[Finding, ...]
    stopping: Stopping | None = None
    """The rule by which trainings end before `repeats`; None: they do not."""
    required: tuple[tuple[str, str], ...] = ()
    """(claim, what it has to come out as): a key of inference.answers.IS_MET."""
    assumed_spread: float | None = None
    """The standard deviation that repeats are planned with while there are none."""
    costs: dict[str, float] = field(
        default_factory=lambda: {"series": 0.0, "origin": 0.0, "repeat": 1.0}
    )
    """Of each series, of each test window of one, and of each repeat on that, in any one unit."""
    cluster: str | None = None
    """The attribute by which series belong together; None: they are independent."""
    show_series: tuple[str, ...] = ()
    """The series that have sections of their own on the page even where there are many."""

    @abstractmethod
    def measured(self, metric: str) -> Metric:
        """What one of the study's metrics measures."""

    @property
    def directions(self) -> dict[str, bool]:
        """Whether a higher value is the better one, by metric."""
        return {metric: self.measured(metric).higher_is_better for metric in self.metrics}

    @property
    def units(self) -> dict[tuple[str, str], str]:
        """The unit of each metric on each series, by both; "" where it has none."""
        return {
            (series.name, metric): self.unit(series.name, metric)
            for series in self.series
            for metric in self.metrics
        }

    @property
    def margins(self) -> dict[str, float]:
        """The smallest difference that matters, by series."""
        return {series.name: series.margin for series in self.series}

    @property
    def clusters(self) -> dict[str, str] | None:
        """The groups of series that belong together, by series; None: they are independent."""
        if self.cluster is None:
            return None
        return {series.name: dict(series.attributes)[self.cluster] for series in self.series}

    @property
    def attributes(self) -> dict[str, dict[str, str]]:
        """What kind of series each is, by series and name."""
        return {series.name: dict(series.attributes) for series in self.series}

    @property
    def has_claims_over_series(self) -> bool:
        """Whether a finding is about series like the study's."""
        return any(finding.over for finding in self.findings)

    @property
    def has_origins(self) -> bool:
        """Whether some series is trained and tested at earlier ends as well."""
        return False

    @property
    def has_steps(self) -> bool:
        """Whether the test of some series is forecast several steps ahead."""
        return any(source.steps_ahead > 1 for source in self.sources)

    @property
    def noun(self) -> Noun:
        """What its series are called in prose."""
        return SERIES

    @property
    def data_noun(self) -> str:
        """The same of several of them."""
        return self.noun.many

    @property
    def is_on_one_scale(self) -> bool:
        """Whether a value of the study's metric means the same on every series."""
        return True

    @property
    def sources(self) -> tuple[SeriesSource, ...]:
        """The series that are trained on."""
        return ()

    @property
    def series_files(self) -> tuple[str, ...]:
        """The files that its series are read from, each once."""
        return tuple(dict.fromkeys(file for source in self.sources for file in source.files))

    @property
    def series_data(self) -> tuple[SeriesSource, ...]:
        """The series that are trained on, without the margins, for what does not depend on them."""
        return tuple(replace(source, margin=0.0) for source in self.sources)

    @property
    def lag_orders(self) -> tuple[int, ...]:
        """Of the autoregressions that are baselines."""
        return ()

    @property
    def published(self) -> dict[str, str]:
        """The tables of published results, by series."""
        return {source.name: source.published for source in self.sources if source.published}

    @property
    def series_names(self) -> tuple[str, ...]:
        """The names of its series."""
        return tuple(series.name for series in self.series)

    @property
    def scenario_names(self) -> tuple[str, ...]:
        """The names of its scenarios."""
        return tuple(scenario.name for scenario in self.scenarios)

    def unit(self, series: str, metric: str) -> str:
        """The unit of a metric on a series; "" where it has none."""
        unit = self.measured(metric).unit
        return unit if unit is not UNIT_OF_SERIES else self._series_by_name[series].unit

    @property
    def deterministic(self) -> tuple[str, ...]:
        """The scenarios whose repeats all give the same number by construction."""
        return tuple(sorted(scenario.name for scenario in self.scenarios if scenario.deterministic))

    @property
    def metrics(self) -> tuple[str, ...]:
        """The study's metric and all others that its findings are about."""
        return tuple(dict.fromkeys([self.metric, *(c.metric for c in self.contrasts)]))

    @property
    def contrasts(self) -> "tuple[Contrast, ...]":
        """The contrasts of its findings, in their order."""
        return tuple(contrast for finding in self.findings for contrast in finding.contrasts)

    @property
    def contrasts_without_margins(self) -> "tuple[Contrast, ...]":
        """The distinct contrasts of its findings, for what does not depend on their margins."""
        contrasts: tuple[Any, ...] = self.contrasts
        return tuple(dict.fromkeys(replace(contrast, margin=None) for contrast in contrasts))

    @property
    def trainings(self) -> int:
        """How many trainings there are; with a stopping rule, the maximum."""
        return self.repeats * len(self.series) * len(self.scenarios)

    def folder(self, parent: str) -> Path:
        """The study's folder in `parent`: that itself for the study named "default"."""
        return Path(parent) if self.name == "default" else Path(parent) / self.name

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its series and scenarios."""
        return tuple(dict.fromkeys(self.series_names + self.scenario_names))

    def name_of(self, spelling: str) -> str:
        """The series or scenario that has this spelling in file names."""
        return self._names_by_spelling[spelling]

    @cached_property
    def _names_by_spelling(self) -> dict[str, str]:
        return {spelled(name): name for name in self.names}

    @cached_property
    def _series_by_name(self) -> dict[str, StudySeries]:
        return {series.name: series for series in self.series}

    @property
    def calibrated_contrasts(self) -> "tuple[Contrast, ...]":
        """Those whose intervals are calibrated: of many series, not those of claims over series."""
        few = len(self.series) <= MOST_EXAMINED
        asked = (finding for finding in self.findings if few or finding.over is None)
        return tuple(contrast for finding in asked for contrast in finding.contrasts)

    @property
    def examined_series(self) -> tuple[str, ...]:
        """The series by which inference and training are checked: all, or some drawn by seed."""
        return self._drawn_series(MOST_EXAMINED)

    @property
    def compared_series(self) -> tuple[str, ...]:
        """The series on which the fast engine is compared with stock Keras: all, or a few."""
        return self._drawn_series(MOST_COMPARED)

    def _drawn_series(self, most: int) -> tuple[str, ...]:
        """All series, or as many drawn by seed; of more, fewer are a part."""
        if len(self.series) <= most:
            return self.series_names
        rng = np.random.default_rng(resampling_seed(self.seed, "", "", "examined series"))
        drawn = rng.permutation(len(self.series))[:most]
        return tuple(self.series_names[index] for index in sorted(drawn))

    @property
    def compares_all_pairs(self) -> bool:
        """Whether every pair of scenarios is explored; beyond MOST_PAIRED there are too many."""
        return len(self.scenarios) <= MOST_PAIRED

    @property
    def explored_pairs(self) -> tuple[tuple[str, str], ...] | None:
        """The pairs of the comparisons table, those that a finding names; None: all there are."""
        if self.compares_all_pairs:
            return None
        named = [
            pair
            for c in self.contrasts
            for pair in zip(c.scenarios[::2], c.scenarios[1::2], strict=False)
        ]
        return tuple(dict.fromkeys((min(pair), max(pair)) for pair in named))

    @property
    def compared_pairs(self) -> tuple[tuple[str, str, str], ...]:
        """(series, a, b) of every pair that a finding compares, each way round once."""
        pairs = [c.scenarios for c in self.contrasts if c.metric == self.metric]
        distinct = dict.fromkeys(
            (series.name, min(pair), max(pair))
            for series in self.series
            for pair in pairs
            if len(pair) == 2
        )
        return tuple(distinct)


@dataclass(frozen=True, kw_only=True)
class TrainedStudy(Study):
    """A study that trains its scenarios on its series."""

    series: tuple[SeriesSource, ...]
    scenarios: tuple[TrainedScenario, ...]
    repeats_per_job: tuple[tuple[str, int], ...]
    """(engine, repeats) pairs; plan.py chooses for other engines."""
    identities: tuple[ScenarioPair, ...]
    """The same thing by construction."""
    interleaved: bool = False
    """Train all repeats in one job, in random order, and time each."""

    @property
    def task(self) -> str:
        """What its networks are asked for: a key of tasks.TASKS."""
        return self.series[0].task

    @property
    def noun(self) -> Noun:
        """What its series are called in prose."""
        return SERIES if self.task == "regression" else DATA_SETS

    def measured(self, metric: str) -> Metric:
        """What one of the study's metrics measures."""
        return METRICS[metric]

    @property
    def is_on_one_scale(self) -> bool:
        """Whether a value of the study's metric means the same on every series."""
        return self.measured(self.metric).unit is not UNIT_OF_SERIES

    @cached_property
    def _scenarios(self) -> dict[str, TrainedScenario]:
        return {scenario.name: scenario for scenario in self.scenarios}

    @cached_property
    def windows(self) -> tuple[SeriesSource, ...]:
        """All that is trained on: its series, and these at earlier ends."""
        return tuple(window for source in self.series for window in source.windows)

    @property
    def window_names(self) -> tuple[str, ...]:
        """The names of its windows."""
        return tuple(window.name for window in self.windows)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its windows and scenarios."""
        return tuple(dict.fromkeys(self.window_names + self.scenario_names))

    @property
    def has_origins(self) -> bool:
        """Whether some series is trained and tested at earlier ends as well."""
        return len(self.windows) > len(self.series)

    @property
    def trainings(self) -> int:
        """How many trainings there are; with a stopping rule, the maximum."""
        return self.repeats * len(self.windows) * len(self.scenarios)

    @cached_property
    def _windows(self) -> dict[str, SeriesSource]:
        return {window.name: window for window in self.windows}

    def scenario(self, name: str) -> TrainedScenario:
        """The scenario of this name."""
        return self._scenarios[name]

    def source(self, name: str) -> SeriesSource:
        """The series, or the window of one, of this name."""
        return self._windows[name]

    def has(self, block: Block) -> bool:
        """Whether it has the scenario and the series of a block."""
        return block.scenario in self._scenarios and block.series in self._windows

    @property
    def sources(self) -> tuple[SeriesSource, ...]:
        """The series that are trained on."""
        return self.series

    @property
    def lag_orders(self) -> tuple[int, ...]:
        """1, and the numbers of lags that its scenarios see; autoregressions have as many."""
        seen = {scenario.regime.preparation.timesteps for scenario in self.scenarios}
        return tuple(sorted({1} | seen))

    def stages_of(self, series: str, scenario: str, step: int) -> list[list[Block]]:
        """A scenario's blocks of `step` repeats, by stage: one stage without a stopping rule.

        The blocks of each stage are a fixed grid from its first repeat.
        """
        stage = self.stopping.stage if self.stopping else self.repeats
        ends = [min(start + stage, self.repeats) for start in range(0, self.repeats, stage)]
        return [
            [
                Block(series, scenario, start, min(start + step, end))
                for start in range(index * stage, end, step)
            ]
            for index, end in enumerate(ends)
        ]


@dataclass(frozen=True, kw_only=True)
class ImportedStudy(Study):
    """A study of repeats that were trained elsewhere."""

    table: ResultsTable

    @property
    def noun(self) -> Noun:
        """What its series are called in prose."""
        return self.table.form.noun

    def measured(self, metric: str) -> Metric:
        """What one of the study's metrics measures."""
        return dict(self.table.metrics)[metric]
