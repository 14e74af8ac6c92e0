"""The page: from the tables of a run to one self-contained HTML file. Computes no statistics."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from jinja2 import Environment
from markupsafe import Markup

from thousandfold.formatting import agreeing, counted
from thousandfold.report.page import page_environment, page_of
from thousandfold.report.run import Run, SeriesRun, files_of
from thousandfold.report.section import Section
from thousandfold.report.sections.agreement import Agreement
from thousandfold.report.sections.baselines_over_series import BaselinesOverSeries
from thousandfold.report.sections.best_baseline import BestBaseline
from thousandfold.report.sections.experiments import Experiments
from thousandfold.report.sections.findings import Findings
from thousandfold.report.sections.forecasts import Forecasts
from thousandfold.report.sections.heading import Heading
from thousandfold.report.sections.moderators import Moderators
from thousandfold.report.sections.over_all import OverAll
from thousandfold.report.sections.over_series import OverSeries
from thousandfold.report.sections.pairs import Pairs
from thousandfold.report.sections.provenance import ProvenanceFacts
from thousandfold.report.sections.published import Published
from thousandfold.report.sections.ranks import Ranks
from thousandfold.report.sections.reading import Reading
from thousandfold.report.sections.repeats import Repeats
from thousandfold.report.sections.series import TheSeries
from thousandfold.report.sections.steps import Steps
from thousandfold.report.sections.stopping import Stopping
from thousandfold.report.sections.trust import Trust
from thousandfold.report.sections.variance import Variance
from thousandfold.report.sections.verdicts import Verdicts


class SectionOfRun(Protocol):
    """A class of sections about a whole run."""

    def of(self, run: Run) -> Section | None:
        """The section of a run; None if it has none."""


class SectionOfSeries(Protocol):
    """A class of sections about one series."""

    def of(self, run: SeriesRun) -> Section | None:
        """The section of a series; None if it has none."""


FIRST: tuple[SectionOfRun, ...] = (
    Heading, BaselinesOverSeries, OverSeries, Moderators, Variance, Ranks, OverAll
)  # fmt: skip
OF_EACH_SERIES: tuple[SectionOfSeries, ...] = (
    BestBaseline, Verdicts, Findings, TheSeries, Forecasts, Steps, Experiments, Repeats, Trust,
    Agreement, Stopping, Pairs, Published,
)  # fmt: skip
LAST: tuple[SectionOfRun, ...] = (Reading, ProvenanceFacts)
"""The sections of the page, in order."""


@dataclass(frozen=True)
class Page:
    """The report: one HTML file, and its figures as SVG files by name."""

    html: str
    figures: Mapping[str, str]


def render(run: Run) -> Page:
    """The page of a run and its figures."""
    environment = environment_of(run)
    # All of them first, so that their figures are drawn together.
    views = [*sections_of(run)]
    sections = [view.html(environment) for view in views]
    return Page(page_of(environment, run.study.title, sections), run.figures.files)


def sections_of(run: Run) -> Iterator[Section]:
    """The sections that a run's page has."""
    views = [
        *(kind.of(run) for kind in FIRST),
        *(kind.of(part) for part in run.on_shown_series() for kind in OF_EACH_SERIES),
        *(kind.of(run) for kind in LAST),
    ]
    return (view for view in views if view is not None)


def environment_of(run: Run) -> Environment:
    """What templates are rendered in.

    Beside a section's fields, they have links to files, and words that agree with counts.
    """
    environment = page_environment()
    files = files_of(run.study)

    def link(name: str) -> Markup:
        """A link to a file that the run leaves. Raises ValueError if it does not."""
        if name not in files:
            raise ValueError(f"this run leaves no {name}")
        return Markup('<a href="{}/{}">{}</a>').format(run.provenance.tables_folder, name, name)

    environment.globals |= {"link": link, "counted": counted, "agreeing": agreeing}
    return environment
