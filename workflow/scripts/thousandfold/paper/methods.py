"""The methods of a study as a paper tells them: its design, its inference and its software."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

from jinja2 import Environment, StrictUndefined

from thousandfold.formatting import agreeing, counted, coverage, is_known, n_times, percent
from thousandfold.inference.population.questions import population_size
from thousandfold.metrics import metric_name
from thousandfold.paper.citing import OWN_KEY
from thousandfold.paper.texts import TEMPLATES
from thousandfold.preregistration import MOST_LISTED
from thousandfold.report.run import Run
from thousandfold.report.sections.verdicts import exploratory_claims
from thousandfold.scenario import Regime
from thousandfold.study import ImportedStudy, TrainedStudy
from thousandfold.tables.rows import ContrastRow, PopulationRow

PACKAGES = {
    "keras": ("Keras", "chollet2015"), "tensorflow": ("TensorFlow", "abadi2016"),
    "numpy": ("NumPy", "harris2020"), "thousandfold": ("Thousandfold", OWN_KEY),
    "python": ("Python", None), "snakemake": ("Snakemake", "molder2021"),
    "pandas": ("pandas", "mckinney2010"), "scipy": ("SciPy", "virtanen2020"),
    "statsmodels": ("statsmodels", "seabold2010"), "seaborn": ("seaborn", "waskom2021"),
}  # fmt: skip
"""What each package is called in prose, and what it is cited by."""

LAYERS = {
    "lstm": ("LSTM", "hochreiter1997"), "gru": ("GRU", "cho2014"),
    "simple_rnn": ("simple recurrent", None), "dense": ("dense", None),
}  # fmt: skip
"""The same for what networks are made of."""

OPTIMIZERS = {"adam": ("Adam", "kingma2015"), "rmsprop": ("RMSprop", None), "sgd": ("SGD", None)}


@dataclass(frozen=True)
class Methods:
    """What the methods say: the fields of their template."""

    scenarios: str
    n_scenarios: int
    series: str
    n_series: int
    repeats: int
    stages: int | None
    """The repeats of one stage, if training stops by a rule; else None."""
    half_width: str
    n_trainings: int
    n_diverged: int
    seed: int
    is_paired: bool
    is_imported: bool
    origins: int
    """Ends at which series are cut and trained on anew; 0: none."""
    test_rows: str
    layers: str
    optimizers: str
    metric: str
    metric_citation: str
    better: str
    margins: str
    unit: str
    k: int | None
    """Comparisons that share alpha; None if there are no claims on single series."""
    level: str
    alpha: str
    alpha_value: str
    estimands: Sequence[str]
    """Those that claims are about, as tables name them."""
    population: int
    """Things claimed over series."""
    typical: str
    has_shares: bool
    findings: str
    """The digest of what is registered."""
    preregistration: str
    commit: str
    training_software: str
    analysis_software: str

    @classmethod
    def of(cls, run: Run, told: Mapping[str, Any]) -> Self:
        """The methods of a run with this provenance."""
        study, training = run.study, told["training"]
        exploratory = exploratory_claims(run.rows(ContrastRow))
        own = [row for row in run.rows(ContrastRow) if row.id not in exploratory]
        over = run.rows(PopulationRow)
        rule = study.stopping
        regimes = _regimes(run)
        units = {series.unit for series in study.series}
        return cls(
            scenarios=", ".join(f"“{scenario.label}”" for scenario in study.scenarios),
            n_scenarios=len(study.scenarios),
            series=_titles(run),
            n_series=len(study.series),
            repeats=study.repeats,
            stages=rule.stage if rule else None,
            half_width=f"{rule.half_width:g}" if rule else "",
            n_trainings=told["repeats"],
            n_diverged=told["diverged_repeats"],
            seed=study.seed,
            is_paired=study.design == "paired",
            is_imported=isinstance(study, ImportedStudy),
            origins=max((len(source.origins) for source in study.sources), default=0),
            test_rows=_from_to({source.test_rows for source in study.sources}),
            layers=_cited({LAYERS[r.network.layer] for r in regimes if not r.network.model}),
            optimizers=_cited({OPTIMIZERS[r.training.optimizer.name] for r in regimes}),
            metric=metric_name(study.metric),
            metric_citation=" [@hyndmankoehler2006]" if study.metric == "mase" else "",
            better="higher" if study.measured(study.metric).higher_is_better else "lower",
            margins=_from_to({series.margin for series in study.series}),
            unit=study.unit(study.series[0].name, study.metric) if len(units) == 1 else "",
            k=own[0].k if own else None,
            level=coverage(own[0].interval_level) if own else "",
            alpha=percent(study.alpha),
            alpha_value=f"{study.alpha:g}",
            estimands=list(dict.fromkeys(row.estimand for row in own)),
            population=population_size(study.findings),
            typical=" or ".join(sorted({row.typical for row in over})),
            has_shares=any(is_known(row.on_at_least) for row in over),
            findings=told["findings_sha256"],
            preregistration=re.sub("<[^>]*>", "", run.provenance.facts.get("Preregistration", "")),
            commit=told["commit"] or "",
            training_software="; ".join(map(_software, training["versions"])),
            analysis_software=_listed(_packages(told["analysis_versions"].items())),
        )


def methods(run: Run, told: Mapping[str, Any]) -> str:
    """The methods of a run in a paragraph."""
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals |= {"counted": counted, "agreeing": agreeing, "n_times": n_times}
    template = environment.from_string((TEMPLATES / "methods.md").read_text(encoding="utf-8"))
    view = Methods.of(run, told)
    text = template.render({field.name: getattr(view, field.name) for field in fields(view)})
    return re.sub(r"\s+", " ", text).strip()


def _regimes(run: Run) -> list[Regime]:
    """The regimes of the scenarios, if they are trained here."""
    study = run.study
    return [one.regime for one in study.scenarios] if isinstance(study, TrainedStudy) else []


def _titles(run: Run) -> str:
    """The titles of the series, if they are not too many to list."""
    titles = [series.title for series in run.study.series]
    return ", ".join(f"“{title}”" for title in titles) if len(titles) <= MOST_LISTED else ""


def _from_to(values: set[int] | set[float]) -> str:
    """One number, or the smallest and the largest of several."""
    ends = sorted({min(values), max(values)}) if values else []
    return " to ".join(f"{end:g}" for end in ends)


def _software(versions: str) -> str:
    """Packages as the table of blocks names them: "keras 3.15.1, numpy 2.4.6"."""
    return _listed(_packages(one.rsplit(" ", 1) for one in versions.split(", ")))


def _packages(versions: Iterator[Sequence[str]]) -> Iterator[str]:
    """Packages with their versions and citations."""
    for name, version in versions:
        prose, key = PACKAGES.get(name, (name, None))
        yield f"{prose} {version}{f' [@{key}]' if key else ''}"


def _cited(named: set[tuple[str, str | None]]) -> str:
    return _listed(f"{name} [@{key}]" if key else name for name, key in sorted(named))


def _listed(texts: Iterator[str]) -> str:
    """Texts as prose lists them."""
    *first, last = [*texts] or [""]
    return f"{', '.join(first)} and {last}" if first else last
