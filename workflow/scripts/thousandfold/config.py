"""From a merged config to a study: reads its sections in order and checks them against each other.

Every error names the file, the key and the fix. Scenarios, findings and tables of runs are checked
in regimes.py, registration.py and imported.py; the files to train on are not read here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from thousandfold.config_files import ConfigError, Key, as_written, layer_of, read_layer
from thousandfold.imported import (
    attributes_of,
    read_table,
    results_of,
    table_metrics,
    unit_of_table,
)
from thousandfold.metrics import UNIT_OF_SERIES, Metric, metrics_of
from thousandfold.names import composed
from thousandfold.regimes import trained_scenario
from thousandfold.registration import registered_findings
from thousandfold.scenario import Regime, Scenario, TrainedScenario
from thousandfold.schema import BadKeyError, NotTextError, checked, plain, shown_key, unknown_name
from thousandfold.sources import sources_of
from thousandfold.study import (
    Experiment,
    Finding,
    ImportedStudy,
    ResultsTable,
    ScenarioPair,
    SeriesSource,
    Stopping,
    Study,
    StudySeries,
    TrainedStudy,
)

SETTINGS = (
    "name",
    "title",
    "design",
    "seed",
    "alpha",
    "margin",
    "metric",
    "cluster",
    "assumed_spread",
    "costs",
)
"""The keys of a config's `study` that a Study takes over as they are."""

RESERVED_STUDY_NAMES = frozenset(
    {"blocks", "checksums", "damaged", "figures", "logs", "packs", "plan", "release", "stages"}
)
"""Folders of results/ and reports/ that a study of that name would write into."""


def read_study(config: Mapping[str, Any]) -> TrainedStudy | ImportedStudy:
    """The study that a merged config describes, which load_study has found to be sound.

    Reads no series. Raises ConfigError.
    """
    with naming_the_file(config, []):
        return study_of(config)


def study_of(config: Mapping[str, Any]) -> TrainedStudy | ImportedStudy:
    """The study that a merged config describes; its series are not read. Raises BadKeyError."""
    content = checked(_composed(plain(config)))
    return _imported_study(content) if "table" in content else _trained_study(content)


@contextmanager
def naming_the_file(config: Mapping[str, Any], files: list[str]) -> Iterator[None]:
    """Have errors name the config file that a key is in. Raises ConfigError."""
    layers = [(file, read_layer(file)) for file in files]
    try:
        yield
    except BadKeyError as error:
        where = layer_of(error.key, config, layers)
        if isinstance(error, NotTextError):
            written = as_written(where, error.key)
            error = error if written is None else error.as_written(written)
        key = ".".join(map(shown_key, error.key)) or "the whole config"
        raise ConfigError(f"{where}: {key}: {error.problem}") from None


NAMING = frozenset(
    {
        "a", "b", "pairs", "series", "scenarios", "findings", "metric", "paired_by",
        "deterministic", "show_series",
    }
)  # fmt: skip
"""The keys whose texts are names."""


def _composed(node: Any, key: Key = (), *, is_name: bool = False) -> Any:
    """The same tree with all names in Unicode's composed form, so that they match however typed."""
    if isinstance(node, dict):
        found: dict[str, Any] = {}
        for name, value in node.items():
            same = composed(name)
            if same in found:
                problem = "occurs twice, with accents typed in two ways; rename or remove one"
                raise BadKeyError((*key, name), problem)
            found[same] = _composed(value, (*key, name), is_name=name in NAMING)
        return found
    if isinstance(node, list):
        return [_composed(value, (*key, i), is_name=is_name) for i, value in enumerate(node)]
    return composed(node) if is_name and isinstance(node, str) else node


def _trained_study(config: dict[str, Any]) -> TrainedStudy:
    """The study that trains its scenarios on its series."""
    settings = config["study"]
    for section in ("series", "scenarios"):
        if not config[section]:
            raise BadKeyError((section,), "is missing or empty; give at least one")
    _refuse_names_alike("scenarios", [(name, name) for name in config["scenarios"]])
    sources = _sources(config)
    _check_task(settings, sources)
    chosen = _selection(config, "scenarios")
    scenarios = tuple(
        trained_scenario(name, fields, config["model"], settings)
        for name, fields in config["scenarios"].items()
        if name in chosen
    )
    _refuse_the_same_training(scenarios)
    if settings["interleave"]:
        _check_interleaving(settings, scenarios)
    study = TrainedStudy(
        **_asked(config, scenarios, metrics_of(settings["task"])),
        series=sources,
        scenarios=scenarios,
        stopping=_stopping(settings["repeats"]),
        repeats_per_job=_repeats_per_job(settings),
        identities=tuple(_pairs(config, "identities", [scenario.name for scenario in scenarios])),
        interleaved=settings["interleave"],
    )
    for scenario in study.deterministic:
        _refuse_constant_times(study, ("scenarios", scenario, "deterministic"), scenario)
    _check_over_series(study)
    _check_cluster(study)
    _check_shown(study)
    return study


def _check_task(settings: dict[str, Any], sources: Sequence[SeriesSource]) -> None:
    """The study's series, and its metric, are of its task."""
    task = settings["task"]
    for source in sources:
        if source.task != task:
            problem, fix = "has labels", "set study.task: classification"
            if task == "classification":
                problem = "has no labels, which study.task: classification asks for"
                fix = "name their column by 'label', or remove study.task"
            raise BadKeyError(("series", source.listed_as), f"{problem}; {fix}")
    if task != "classification" and settings["classes"] is not None:
        raise BadKeyError(
            ("study", "classes"), f"a {task} has none; remove it, or set task: classification"
        )
    metrics = metrics_of(task)
    if settings["metric"] not in metrics:
        raise BadKeyError(
            ("study", "metric"),
            f"{settings['metric']} is not measured in a {task}; take {', '.join(metrics)}",
        )


def _check_over_series(study: TrainedStudy) -> None:
    """Claims over series take effects on one scale, and one margin."""
    for finding in study.findings:
        for contrast in finding.contrasts if finding.over else ():
            in_units = study.measured(contrast.metric).unit is UNIT_OF_SERIES
            if in_units and not contrast.is_ratio:
                raise BadKeyError(
                    ("findings", finding.id),
                    f"{contrast.metric} has the units of each series, so its differences cannot be "
                    "taken together; take metric: mase or smape, or ratio: true",
                )
            if contrast.margin is None and len(set(study.margins.values())) > 1:
                problem = "the series have different margins; add the key 'margin'"
                raise BadKeyError(("findings", finding.id), problem)


def _check_cluster(study: TrainedStudy) -> None:
    """Every series belongs to one of the groups that the study clusters by."""
    if study.cluster is not None:
        for series in study.series:
            if study.cluster not in dict(series.attributes):
                raise BadKeyError(
                    ("study", "cluster"),
                    f"series {series.name} has no attribute {study.cluster!r}; add it there "
                    "(series.<name>.attributes)",
                )


def _check_shown(study: Study) -> None:
    """The series that the page has to show are among those of the study."""
    for index, name in enumerate(study.show_series):
        if name not in study.series_names:
            problem = unknown_name(name, [*study.series_names])
            raise BadKeyError(("study", "show_series", index), problem)


def _imported_study(config: dict[str, Any]) -> ImportedStudy:
    """The study of a table of repeats that were trained elsewhere."""
    settings, table = config["study"], config["table"]
    for section in ("series", "scenarios"):
        if config[section]:
            raise BadKeyError(
                (section,),
                "the study has a table of its own, so there is nothing to train; remove this, or "
                "set standalone: true to take nothing from config.yaml",
            )
    if config["identities"]:
        problem = "only what is trained here can be checked to be the same; remove this"
        raise BadKeyError(("identities",), problem)
    found = read_table(config)
    config = {**config, "table": {**table, "metric": found.metric}}
    metrics = table_metrics(config, found.runs.sheet)
    origin = ResultsTable(
        found.form, tuple(metrics.items()), table.get("paired_by"), tuple(table["deterministic"]),
    )  # fmt: skip
    results = results_of(found.runs, origin, settings["design"])
    origin = replace(origin, assumed=(*found.assumed, *results.assumed))
    names = results.repeats["series"].unique()
    scenarios = tuple(
        Scenario(name, name, deterministic=name in origin.deterministic)
        for name in results.repeats["scenario"].unique()
    )
    per_scenario = results.repeats.groupby(["series", "scenario"]).size()
    known = {**config, "scenarios": {scenario.name: {} for scenario in scenarios}}
    known["study"] = {**settings, "repeats": int(per_scenario.max()), "metric": found.metric}
    attributes = attributes_of(found.runs, results.repeats["series"], table["attributes"])
    if settings["cluster"] is not None and settings["cluster"] not in table["attributes"]:
        problem = f"{settings['cluster']!r} is not an attribute; add it to table.attributes"
        raise BadKeyError(("study", "cluster"), problem)
    unit, margin = unit_of_table(config["table"]), settings["margin"]
    study = ImportedStudy(
        **_asked(known, scenarios, metrics),
        series=tuple(StudySeries(name, name, unit, margin, attributes[name]) for name in names),
        scenarios=scenarios,
        table=origin,
    )
    for index, scenario in enumerate(origin.deterministic):
        _refuse_constant_times(study, ("table", "deterministic", index), scenario)
    _check_shown(study)
    return study


def _asked(
    config: dict[str, Any], scenarios: Sequence[Scenario], metrics: Mapping[str, Metric]
) -> dict[str, Any]:
    """The fields of a study that say what it asks of its repeats, wherever they come from."""
    settings = config["study"]
    if settings["name"] in RESERVED_STUDY_NAMES:
        raise BadKeyError(("study", "name"), f"{settings['name']!r} is reserved; take another name")
    taking_part = [scenario.name for scenario in scenarios]
    repeats, findings = settings["repeats"], _findings(config, taking_part, metrics)
    return {
        "repeats": repeats if isinstance(repeats, int) else repeats["max"],
        "experiments": tuple(_experiments(config, taking_part)),
        "twins": tuple(_pairs(config, "twins", taking_part)),
        "findings": findings,
        "show_series": tuple(settings["show_series"]),
        "required": _required(settings["require"], findings),
        **{name: settings[name] for name in SETTINGS},
    }


def _required(
    required: Mapping[str, str], findings: Sequence[Finding]
) -> tuple[tuple[str, str], ...]:
    """What claims have to come out as; all of them have to be tested."""
    known = [finding.id for finding in findings]
    for id_ in required:
        if id_ not in known:
            problem = f"is none of the findings that are tested; {unknown_name(id_, known)}"
            raise BadKeyError(("study", "require", id_), problem)
    return tuple(required.items())


def _refuse_constant_times(study: Study, key: Key, scenario: str) -> None:
    """Refuse constant training times: they vary even if the result cannot."""
    if "train_seconds" in study.metrics:
        raise BadKeyError(
            key,
            f"the study compares train_seconds, and those of {scenario} vary whatever its "
            "results do; remove this, or compare times in a study of their own",
        )


def _sources(config: Mapping[str, Any]) -> tuple[SeriesSource, ...]:
    """The series that take part: study.series names entries, or series of collections."""
    selected = config["study"]["series"]
    entries = config["series"]
    wanted = list(entries) if selected is None else selected
    has_collections = any(fields["collection"] is not None for fields in entries.values())
    # A collection is opened only if one of its series may be meant.
    opened = list(entries) if has_collections and set(wanted) - set(entries) else wanted
    found = [
        (name, source)
        for name, fields in entries.items()
        if name in opened
        for source in sources_of(name, fields, config["study"])
    ]
    others = [(name, name) for name in entries if name not in opened]
    _refuse_names_alike("series", [*others, *((entry, one.name) for entry, one in found)])
    known = [*entries, *(source.name for _, source in found)]
    for index, name in enumerate(selected or ()):
        if name not in known:
            raise BadKeyError(("study", "series", index), unknown_name(name, known))
    taking_part = [one for entry, one in found if entry in wanted or one.name in wanted]
    _refuse_names_alike(
        "series", ((one.listed_as, window.name) for one in taking_part for window in one.windows)
    )
    return tuple(taking_part)


def _check_interleaving(settings: dict[str, Any], scenarios: tuple[TrainedScenario, ...]) -> None:
    """Only stock Keras trains one repeat after the other; and one job is one stage."""
    for scenario in scenarios:
        if scenario.regime.execution.engine != "keras":
            raise BadKeyError(
                ("scenarios", scenario.name),
                "study.interleave times every training, so it takes engine: keras",
            )
    if isinstance(settings["repeats"], dict):
        raise BadKeyError(
            ("study", "repeats"), "study.interleave takes one number of repeats; give one"
        )


def _refuse_names_alike(section: str, names: Iterable[tuple[str, str]]) -> None:
    """Names are distinct; those that differ only in case would share a file on some disks.

    They come as (entry of the config, name) pairs.
    """
    seen: dict[str, tuple[str, str]] = {}
    for entry, name in names:
        if name.casefold() in seen:
            former, twin = seen[name.casefold()]
            who = "" if entry == name else f"series {name!r} "
            if twin == name:
                where = "has an entry of its own" if former == twin else f"is in {former}"
                raise BadKeyError((section, entry), f"{who}{where} as well; leave one of them out")
            place = f"{twin!r}" if former == twin else f"{twin!r} of {former}"
            raise BadKeyError(
                (section, entry), f"{who}differs from {place} only in case; rename one"
            )
        seen[name.casefold()] = entry, name


def _selection(config: Mapping[str, Any], section: str) -> list[str]:
    """The names of a section that take part, as study.<section> selects them."""
    selected = config["study"][section]
    for index, name in enumerate(selected or ()):
        if name not in config[section]:
            raise BadKeyError(("study", section, index), unknown_name(name, config[section]))
    return list(config[section]) if selected is None else selected


def _stopping(repeats: int | dict[str, Any]) -> Stopping | None:
    """The rule that stops training before the maximum, if there is one."""
    if isinstance(repeats, int):
        return None
    if repeats["max"] < repeats["min"]:
        problem = f"{repeats['max']} is less than min, {repeats['min']}; give at least that"
        raise BadKeyError(("study", "repeats", "max"), problem)
    return Stopping(repeats["min"], float(repeats["half_width"]))


def _repeats_per_job(settings: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    """How many repeats an engine is asked to train in one job."""
    asked = settings["repeats"] if settings["interleave"] else settings["repeats_per_job"]
    per_job = dict.fromkeys(("keras", "replicated"), asked) if isinstance(asked, int) else asked
    return tuple(sorted(per_job.items()))


def _refuse_the_same_training(scenarios: tuple[TrainedScenario, ...]) -> None:
    """Refuse scenarios with the same regime and stream: the same training under two names."""
    seen: dict[tuple[Regime, str], str] = {}
    for scenario in scenarios:
        twin = seen.setdefault((scenario.regime, scenario.seeded_by), scenario.name)
        if twin != scenario.name:
            raise BadKeyError(
                ("scenarios", scenario.name),
                f"is the same training as {twin} in a paired study; give it stream: 1",
            )


def _experiments(config: Mapping[str, Any], taking_part: list[str]) -> Iterator[Experiment]:
    """The config's groups, then one of all scenarios that are in none of them."""
    ungrouped = list(taking_part)
    for key, group in config["experiments"].items():
        for index, name in enumerate(group["scenarios"]):
            if name not in config["scenarios"]:
                raise BadKeyError(
                    ("experiments", key, "scenarios", index),
                    unknown_name(name, config["scenarios"]),
                )
        present = tuple(name for name in group["scenarios"] if name in taking_part)
        ungrouped = [name for name in ungrouped if name not in present]
        if present:
            yield Experiment(group["title"], present)
    if ungrouped:
        yield Experiment(
            "Other scenarios" if config["experiments"] else "The scenarios", tuple(ungrouped)
        )


def _pairs(
    config: Mapping[str, Any], section: str, taking_part: list[str]
) -> Iterator[ScenarioPair]:
    """The pairs in a section both of whose scenarios take part."""
    for id_, pair in config[section].items():
        for end in ("a", "b"):
            if pair[end] not in config["scenarios"]:
                problem = unknown_name(pair[end], config["scenarios"])
                raise BadKeyError((section, id_, end), problem)
        if pair["a"] == pair["b"]:
            problem = f"names {pair['a']!r} twice; name another scenario"
            raise BadKeyError((section, id_, "b"), problem)
        if pair["a"] in taking_part and pair["b"] in taking_part:
            yield ScenarioPair(id_, pair["a"], pair["b"])


def _findings(
    config: dict[str, Any], taking_part: list[str], metrics: Mapping[str, Metric]
) -> tuple[Finding, ...]:
    """The findings that are tested; all of their scenarios have to take part."""
    selected = config["study"]["findings"]
    asked = _selection(config, "findings")
    findings = []
    for finding in registered_findings(config, metrics):
        absent = {name for c in finding.contrasts for name in c.scenarios} - set(taking_part)
        if finding.id not in asked or (absent and selected is None):
            continue
        if absent:
            raise BadKeyError(
                ("study", "findings", selected.index(finding.id)),
                f"{finding.id} is about {', '.join(sorted(absent))}, which study.scenarios leaves "
                "out; add it there or leave the finding out",
            )
        findings.append(finding)
    return tuple(findings)
