"""The preregistration of a study: what it claims and how that is decided, before it is run."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from thousandfold.formatting import agreeing, counted, n_times, percent
from thousandfold.metrics import metric_name
from thousandfold.recipe import registration_digest
from thousandfold.study import Finding, Stopping, Study
from thousandfold.version import VERSION

PREFIX = "preregistration-"

_WRITTEN = re.compile(r"^Written (\S+)\.$", re.MULTILINE)
_DIGEST = re.compile(r"^SHA-256 of what is registered: `([0-9a-f]{64})`", re.MULTILINE)


def file_name(study: Study) -> str:
    """The document's name: what is registered later has another, and takes the place of none."""
    return f"{PREFIX}{registration_digest(study)[:12]}.md"


def document(study: Study, written: datetime, *, has_results: bool) -> str:
    """The preregistration in Markdown."""
    digest = registration_digest(study)
    parts = [
        f"# Preregistration: {study.title}\n",
        f"Written {written.isoformat(timespec='seconds')}.",
        f"SHA-256 of what is registered: `{digest}`, by Thousandfold {VERSION}.\n",
        *(["**There were results of this study already when this was written.**\n"] * has_results),
        "## Design\n",
        *_design(study),
        "\n## Claims\n",
        *_claims(study),
    ]
    return "\n".join(parts) + "\n"


def _design(study: Study) -> Iterator[str]:
    """What is trained and what is measured, as a list."""
    labels = ", ".join(f"“{scenario.label}”" for scenario in study.scenarios)
    yield f"- {counted(len(study.scenarios), 'scenario')}: {labels}."
    yield from _series(study)
    yield f"- {_repeats(study.repeats, study.stopping)} The study's seed is {study.seed}."
    shares = "shares its random start with those of the others" if study.design == "paired" else (
        "is independent of all others"
    )  # fmt: skip
    yield f"- Each repeat of a scenario {shares}."
    better = "higher" if study.measured(study.metric).higher_is_better else "lower"
    yield f"- Measured is the {metric_name(study.metric)}; {better} is better."
    size = claimed_size(study)
    yield (
        f"- All that is claimed errs together in at most {percent(study.alpha)} of studies: "
        f"{size} {'thing' if size == 1 else 'things'} claimed {agreeing(size, 'share')} that."
    )


MOST_LISTED = 10
"""Series, beyond which only their number is told."""


def _series(study: Study) -> Iterator[str]:
    margins = sorted({f"{series.margin:g}" for series in study.series})
    titles = ", ".join(f"“{series.title}”" for series in study.series)
    named = f": {titles}" if len(study.series) <= MOST_LISTED else ""
    yield (
        f"- {len(study.series):,} series{named}. The smallest difference that matters is "
        f"{', '.join(margins)}."
    )
    steps = sorted({source.steps_ahead for source in study.sources} - {1})
    if steps:
        yield (
            f"- Tests are forecast {' or '.join(map(str, steps))} steps ahead, "
            "and metrics are over all of them."
        )
    windows = sorted({len(source.origins) for source in study.sources} - {0})
    if windows:
        ends = counted(windows[-1], "end")
        yield f"- Series are also trained and tested where they end earlier, at {ends}."


def _repeats(repeats: int, stopping: Stopping | None) -> str:
    if stopping is None:
        return f"Each scenario is trained {n_times(repeats)} on each series."
    return (
        f"Each scenario is trained in stages of {stopping.stage:,}, up to {n_times(repeats)} on "
        f"each series, until the 95 % interval of its mean reaches at most {stopping.half_width:g} "
        "to either side after two successive stages."
    )


def _claims(study: Study) -> Iterator[str]:
    labels = {scenario.name: scenario.label for scenario in study.scenarios}
    for finding in study.findings:
        yield f"**{finding.id}** {finding.claim} *({finding.source})*"
        for contrast in finding.contrasts:
            margins = [contrast.margin] if contrast.margin is not None else [
                series.margin for series in study.series
            ]  # fmt: skip
            units = {study.unit(series.name, contrast.metric) for series in study.series}
            unit = units.pop() if len(units) == 1 else "of the series' units"
            margin = f"{min(margins):g}" if min(margins) == max(margins) else None
            words = contrast.claimed(labels, min(margins), unit)
            own = "" if margin else " (on the series with the smallest margin; others have theirs)"
            yield f"- {words[0].upper()}{words[1:]}{own}."
        yield from _over_series(finding)
        yield ""


def _over_series(finding: Finding) -> Iterator[str]:
    """Of what series that is claimed."""
    if finding.over is None:
        return
    share = finding.over.on_at_least
    if share is None:
        yield f"- Of series like these: of the {finding.over.typical} of their effects."
    else:
        yield f"- Of series like these: on at least {percent(share)} of them."


def claimed_size(study: Study) -> int:
    """How many things claimed share alpha, before it is known whether any is exact."""
    # Not imported for the name of a file, which every start of Snakemake asks for.
    from thousandfold.inference.population.questions import population_size
    from thousandfold.inference.questions import family_key

    own = {
        family_key(series.name, contrast)
        for series in study.series
        for finding in study.findings
        if finding.over is None
        for contrast in finding.contrasts
    }
    return max(1, len(own) + population_size(study.findings))


@dataclass(frozen=True)
class Registered:
    """A preregistration that was found."""

    file: str
    written: datetime
    digest: str


def registrations_in(folder: Path) -> list[Registered]:
    """The preregistrations in a folder, earliest first; files that are none are left out."""
    found = []
    for path in sorted(folder.glob(f"{PREFIX}*.md")):
        text = path.read_text(encoding="utf-8", errors="replace")
        written, digest = _WRITTEN.search(text), _DIGEST.search(text)
        if written and digest:
            found.append(Registered(path.name, datetime.fromisoformat(written[1]), digest[1]))
    return sorted(found, key=lambda one: one.written)


def in_words(registered: Iterable[Registered], digest: str, first_job: str | None) -> str:
    """What the report says of its preregistrations.

    `digest` is that of the study as it is; `first_job` is when the first training job finished.
    """
    known = list(registered)
    if not known:
        return "not preregistered"
    same = [one for one in known if one.digest == digest]
    if not same:
        last = known[-1]
        when = f"{last.file}, written {last.written.isoformat()}"
        return f"{when}; what is registered has changed since"
    first = same[0]
    told = f"{first.file}, written {first.written.isoformat()}"
    if first_job is not None:
        is_late = datetime.fromisoformat(first_job) < first.written
        told += f", {'after' if is_late else 'before'} the first training job was finished"
    return f"{told}; an earlier one says otherwise" if known[0] is not first else told
