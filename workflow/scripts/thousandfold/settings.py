"""What each analysis has to know of the study: one frozen object per analysis.

A change of a setting reruns the analyses whose object has it, and no others: Snakemake compares
how the objects are written out (repr). So a field's value is always written out in the same way.
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

from thousandfold.names import Noun
from thousandfold.study import Finding, ScenarioPair, SeriesSource, Stopping, Study

if TYPE_CHECKING:
    from thousandfold.inference.contrasts import Contrast


@dataclass(frozen=True)
class Settings:
    """Of any analysis: fields are named after the attributes of a study that they are."""

    seed: int

    @classmethod
    def of(cls, study: Study) -> Self:
        """What a study sets."""
        return cls(**{field.name: getattr(study, field.name) for field in fields(cls)})


@dataclass(frozen=True)
class SummarySettings(Settings):
    """How scenarios are described."""

    sources: tuple[SeriesSource, ...]
    margins: dict[str, float]
    alpha: float
    metrics: tuple[str, ...]
    directions: dict[str, bool]
    lag_orders: tuple[int, ...]
    deterministic: tuple[str, ...]


@dataclass(frozen=True)
class StandardErrorSettings(Settings):
    """Of what the standard error is shown."""

    metric: str


@dataclass(frozen=True)
class ComparisonSettings(Settings):
    """Which scenarios are compared in pairs, and how."""

    series_names: tuple[str, ...]
    explored_pairs: tuple[tuple[str, str], ...] | None
    twins: tuple[ScenarioPair, ...]
    alpha: float
    design: str
    metric: str
    deterministic: tuple[str, ...]


@dataclass(frozen=True)
class CalibrationSettings(Settings):
    """Which comparisons are made where there is nothing to find."""

    calibrated_contrasts: "tuple[Contrast, ...]"
    margins: dict[str, float]
    examined_series: tuple[str, ...]
    alpha: float
    compared_pairs: tuple[tuple[str, str, str], ...]
    design: str
    metric: str
    metrics: tuple[str, ...]
    deterministic: tuple[str, ...]


@dataclass(frozen=True)
class VerdictSettings(Settings):
    """By what the findings are judged, and how they are worded."""

    findings: tuple[Finding, ...]
    noun: Noun
    clusters: dict[str, str] | None
    margins: dict[str, float]
    units: dict[tuple[str, str], str]
    alpha: float
    design: str
    metrics: tuple[str, ...]
    directions: dict[str, bool]
    deterministic: tuple[str, ...]


@dataclass(frozen=True)
class ReplicationSettings(Settings):
    """What is replicated with fewer repeats."""

    examined_series: tuple[str, ...]
    design: str
    metric: str


@dataclass(frozen=True)
class PowerSettings(Settings):
    """What is planned: which contrasts, at which margins, by what design."""

    findings: tuple[Finding, ...]
    margins: dict[str, float]
    repeats: int
    assumed_spread: float | None
    alpha: float
    design: str
    metric: str
    metrics: tuple[str, ...]
    deterministic: tuple[str, ...]


@dataclass(frozen=True)
class ReachSettings(Settings):
    """Which contrasts are looked at over other test rows."""

    contrasts_without_margins: "tuple[Contrast, ...]"
    examined_series: tuple[str, ...]
    series_data: tuple[SeriesSource, ...]


@dataclass(frozen=True)
class StepErrorSettings(Settings):
    """What is measured of forecasts of so many steps ahead."""

    series_data: tuple[SeriesSource, ...]
    metrics: tuple[str, ...]
    deterministic: tuple[str, ...]


@dataclass(frozen=True)
class DescriptionSettings(Settings):
    """What is told of many series beside the verdicts."""

    series_data: tuple[SeriesSource, ...]
    attributes: dict[str, dict[str, str]]
    alpha: float
    costs: dict[str, float]
    metric: str
    is_on_one_scale: bool
    directions: dict[str, bool]


@dataclass(frozen=True)
class PublishedSettings(Settings):
    """What published tables there are."""

    published: dict[str, str]


@dataclass(frozen=True)
class AssessmentSettings(Settings):
    """By what rule training stops, and of what."""

    stopping: Stopping
    metric: str


@dataclass(frozen=True)
class StoppingSettings(Settings):
    """The rule that stops training, and of what."""

    stopping: Stopping
    repeats: int
    metric: str
