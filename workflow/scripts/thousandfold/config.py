"""From a config to a study: schema, defaults, cross-field checks, and errors that help.

Every error names the file, the key and the mend; all are found before any training starts.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import yaml
from pandas.api.types import is_numeric_dtype

from thousandfold.errors import UserError
from thousandfold.scenario import Regime, Scenario
from thousandfold.series import Series, SeriesError, check_file, read_series, supervise
from thousandfold.study import (
    Contrast,
    Experiment,
    Finding,
    ScenarioPair,
    SeriesSource,
    Stopping,
    Study,
)

SCHEMA_FILE = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"

RESERVED_STUDY_NAMES = frozenset({"blocks", "damaged", "logs", "stages"})
"""Folders of results/ that a study of that name would write into."""

PUBLISHED_COLUMNS = (
    "scenario", "label", "n", "mean", "std", "min", "q25", "median", "q75", "max", "source",
)  # fmt: skip

PUBLISHED_NUMBERS = PUBLISHED_COLUMNS[2:10]

YAML_WORDS = {
    "object": "a mapping (key: value)", "array": "a list", "string": "text", "number": "a number",
    "integer": "a whole number", "boolean": "true or false", "null": "null",
}  # fmt: skip
"""What a user calls the types of JSON Schema."""

TEMPLATE_KEY = "__use_yte__"

DEEPEST, MOST_VALUES = 20, 100_000
"""How deep a config may be nested, and how many keys and values it may have."""

MOST_BITS = 1000
"""Of a whole number; Python itself refuses to print very large ones."""

COMMAND_LINE = "--config on the command line"

LONGEST_SHOWN = 200
"""Characters of a value that an error shows."""

Key = tuple[str | int, ...]


class ConfigError(UserError):
    """A config or a file it names that cannot be used; the message says where and how to mend."""


class _KeyError(Exception):
    """A problem with one key, before it is known which file the key stands in."""

    def __init__(self, key: Key, problem: str) -> None:
        super().__init__(problem)
        self.key, self.problem = key, problem


@cache
def config_schema() -> dict[str, Any]:
    """The JSON schema of a merged config."""
    return yaml.safe_load(SCHEMA_FILE.read_text(encoding="utf-8"))


def load_study(config: Mapping[str, Any], files: list[str]) -> Study:
    """The study that a merged config describes.

    `files` are the config files it was merged from, later ones winning; they are read to name
    the right one in an error. So are all files that the config names, to see that every
    scenario can be trained on every series. Raises ConfigError.
    """
    layers = [(file, read_layer(file)) for file in files]
    try:
        study = _study(_checked(_plain(config)))
        _check_data(study)
        return study
    except _KeyError as error:
        where = _layer_of(error.key, config, layers)
        key = ".".join(map(_shown_key, error.key)) or "the whole config"
        raise ConfigError(f"{where}: {key}: {error.problem}") from None


def _shown(value: Any) -> str:
    """A value as an error shows it."""
    shown = repr(value)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}..."


def _shown_key(part: str | int) -> str:
    """A key as an error shows it: as it is, unless that would break the line or fill the screen."""
    text = str(part)
    return text if text.isprintable() and len(text) <= LONGEST_SHOWN else _shown(text)


class _StrictLoader(yaml.SafeLoader):
    """YAML in which no key may appear twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag != "tag:yaml.org,2002:merge":
                if key_node.value in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"the key {key_node.value!r} appears twice; rename or remove one",
                        problem_mark=key_node.start_mark,
                    )
                seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def read_layer(file: str) -> Any:
    """One config file's content. Raises ConfigError, with the line, if it is no proper YAML.

    Refuses templates of YTE, which Snakemake would run as Python.
    """
    try:
        content = yaml.load(Path(file).read_text(encoding="utf-8"), Loader=_StrictLoader)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: cannot be read ({error}); mend the file") from None
    except RecursionError:
        raise ConfigError(f"{file}: is nested too deeply; mend the file") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{file}{place}: {problem}") from None
    if isinstance(content, Mapping) and TEMPLATE_KEY in content:
        raise ConfigError(
            f"{file}: {TEMPLATE_KEY}: makes the config a program; write out what it would compute"
        )
    return content


def command_line_values(config: Any) -> Any:
    """What `--config` gave with its types: Snakemake hands nested numbers over as text."""
    if isinstance(config, Mapping):
        return {key: command_line_values(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [command_line_values(value) for value in config]
    try:
        return yaml.safe_load(config) if isinstance(config, str) else config
    except yaml.YAMLError:
        return config


def _layer_of(key: Key, config: Any, layers: list[tuple[str, Any]]) -> str:
    """The file that a key's value comes from; the last one, as later files win."""
    depth, value = _look_up(config, key)
    found = [(file, *_look_up(content, key)) for file, content in layers]
    deepest = max((d for _, d, _ in found), default=0)
    holders = [file for file, d, _ in found if d == deepest]
    if isinstance(value, Mapping | list):
        return holders[-1] if holders else COMMAND_LINE
    same = [file for file, d, v in found if d == depth and v == value]
    return same[-1] if same else COMMAND_LINE


def _look_up(tree: Any, key: Key) -> tuple[int, Any]:
    """How many parts of a key's path exist in a tree, and what lies there."""
    node = tree
    for depth, part in enumerate(key):
        in_mapping = isinstance(node, Mapping) and part in node
        in_list = isinstance(node, list) and isinstance(part, int) and part < len(node)
        if not (in_mapping or in_list):
            return depth, node
        node = node[part]
    return len(key), node


def _plain(node: Any, key: Key = (), left: Iterator[int] | None = None) -> Any:
    """The same tree in plain dicts and lists; refuses keys that are no text and NaN or infinity.

    Refuses what is too deep or too large as well, such as aliases of aliases of aliases; `left`
    counts the values that may still come.
    """
    left = iter(range(MOST_VALUES)) if left is None else left
    if len(key) > DEEPEST or next(left, None) is None:
        problem = f"a config has at most {MOST_VALUES} values in {DEEPEST} levels; make it smaller"
        raise _KeyError(key[:1], problem)
    if isinstance(node, Mapping):
        for name in node:
            if not isinstance(name, str):
                raise _KeyError(
                    (*key, str(name)), f"the key {name!r} is not text; put it in quotes"
                )
        return {name: _plain(value, (*key, name), left) for name, value in node.items()}
    if isinstance(node, list | tuple):
        return [_plain(value, (*key, index), left) for index, value in enumerate(node)]
    if isinstance(node, float) and not math.isfinite(node):
        raise _KeyError(key, f"{node} is not a finite number; give one")
    if isinstance(node, int) and node.bit_length() > MOST_BITS:
        raise _KeyError(key, f"is a number of more than {MOST_BITS} bits; give a smaller one")
    return node


def _is_integer(_: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    # Plain JSON Schema takes 30.0 for an integer; range() does not.
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


def _checked(config: dict[str, Any]) -> dict[str, Any]:
    """The config with all defaults filled in, checked against the schema."""
    schema = config_schema()
    error = jsonschema.exceptions.best_match(_Validator(schema).iter_errors(config))
    if error is not None:
        raise _KeyError(*_explain(error))
    return _with_defaults(config, schema)


def _with_defaults(node: Any, schema: Mapping[str, Any]) -> Any:
    """Fill in the schema's defaults, recursively."""
    if not isinstance(node, dict):
        return node
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties") or {}
    filled = {name: sub["default"] for name, sub in properties.items() if "default" in sub}
    return {
        name: _with_defaults(value, properties.get(name, others))
        for name, value in {**filled, **node}.items()
    }


def _explain(error: Any) -> tuple[Key, str]:
    """The key that a schema error is about, and in one line what is wrong and how to mend it."""
    key, value, rule = tuple(error.absolute_path), error.instance, error.validator_value
    match error.validator:
        case "additionalProperties":
            known = list(error.schema["properties"])
            unknown = next(name for name in value if name not in known)
            close = get_close_matches(unknown, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}"
            return (*key, unknown), f"unknown key; {hint}"
        case "required":
            missing = next(name for name in rule if name not in value)
            return key, f"the key {missing!r} is missing; add it"
        case "enum":
            close = get_close_matches(str(value), map(str, rule), n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            return (
                key,
                f"unknown value {_shown(value)}; {hint}choose one of {', '.join(map(str, rule))}",
            )
        case "pattern":
            place = (*key, value) if "propertyNames" in error.absolute_schema_path else key
            return place, (
                f"{_shown(value)} is no usable name; take letters, digits, '_' and '-', at most "
                "64, starting with a letter or digit"
            )
        case "type":
            kinds = [rule] if isinstance(rule, str) else rule
            wanted = " or ".join(YAML_WORDS[kind] for kind in kinds)
            if isinstance(value, str) and re.fullmatch(r"[-+]?\d+e[-+]?\d+", value.strip(), re.I):
                return key, f"YAML reads {_shown(value)} as text; write it as {float(value)!r}"
            return key, f"{_shown(value)} is not {wanted}; give {wanted}"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            bound = {
                "minimum": "at least", "maximum": "at most",
                "exclusiveMinimum": "greater than", "exclusiveMaximum": "less than",
            }[error.validator]  # fmt: skip
            return key, f"{_shown(value)} is out of range; it has to be {bound} {rule}"
        case "uniqueItems":
            return key, "lists a name twice; remove one"
        case "minItems" | "minProperties" | "minLength":
            return key, "is empty; give at least one"
        case "oneOf" if len(key) == 2 and key[0] == "findings":
            return key, "a finding has either expect, a and b, or all_of; give one of the two"
        case _:
            return key, f"{error.message[:LONGEST_SHOWN]}; correct it"


def _study(config: dict[str, Any]) -> Study:
    """Build the study from a config that fits the schema; the checks across keys are here."""
    settings = config["study"]
    if settings["name"] in RESERVED_STUDY_NAMES:
        raise _KeyError(("study", "name"), f"{settings['name']!r} is reserved; take another name")
    for section in ("series", "scenarios"):
        _refuse_names_alike(section, config[section])
    per_job = settings["repeats_per_job"]
    if isinstance(per_job, int):
        per_job = {"replicated": per_job, "keras": per_job}

    taking_part = _selection(config, "scenarios")
    scenarios = tuple(
        _scenario(name, fields_, config["model"], settings["design"])
        for name, fields_ in config["scenarios"].items()
        if name in taking_part
    )
    _refuse_the_same_training(scenarios)
    repeats, stopping = _repeats(settings["repeats"])
    return Study(
        name=settings["name"],
        title=settings["title"],
        design=settings["design"],
        seed=settings["seed"],
        repeats=repeats,
        stopping=stopping,
        repeats_per_job=tuple(sorted(per_job.items())),
        alpha=settings["alpha"],
        margin=settings["margin"],
        series=tuple(
            SeriesSource(name=name, **{"title": name, **source})
            for name, source in config["series"].items()
        ),
        scenarios=scenarios,
        experiments=tuple(_experiments(config, taking_part)),
        identities=tuple(_pairs(config, "identities", taking_part)),
        twins=tuple(_pairs(config, "twins", taking_part)),
        findings=tuple(_findings(config, taking_part)),
    )


def _refuse_names_alike(section: str, names: Mapping[str, Any]) -> None:
    """Names that differ only in case would share a file on some disks."""
    seen: dict[str, str] = {}
    for name in names:
        twin = seen.setdefault(name.lower(), name)
        if twin != name:
            raise _KeyError((section, name), f"differs from {twin!r} only in case; rename one")


def _selection(config: Mapping[str, Any], section: str) -> list[str]:
    """The names of a section that take part, as study.<section> selects them."""
    selected = config["study"][section]
    for index, name in enumerate(selected or ()):
        if name not in config[section]:
            raise _KeyError(("study", section, index), _unknown_name(name, config[section]))
    return list(config[section]) if selected is None else selected


def _unknown_name(name: str, known: Mapping[str, Any] | list[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known) or 'none'}"
    return f"there is no {name!r}; {hint}"


def _repeats(setting: int | dict[str, Any]) -> tuple[int, Stopping | None]:
    """The number of repeats, or the most there can be with the rule that stops before."""
    if isinstance(setting, int):
        return setting, None
    if setting["max"] < setting["min"]:
        problem = f"{setting['max']} is less than min, {setting['min']}; give at least that"
        raise _KeyError(("study", "repeats", "max"), problem)
    return setting["max"], Stopping(setting["min"], float(setting["half_width"]))


def _scenario(name: str, own: dict[str, Any], model: dict[str, Any], design: str) -> Scenario:
    values = {**model, **own}
    label = values.pop("label", name.replace("_", " "))
    if design != "paired" and "stream" in own:
        raise _KeyError(
            ("scenarios", name, "stream"),
            "only a paired study has streams; remove it or set study.design: paired",
        )
    # No scenario's name has a space, so that no stream is called like one.
    seeded_by = f"stream {own.get('stream', 0)}" if design == "paired" else name
    # Keras takes a whole number for no learning rate.
    values["learning_rate"] = float(values["learning_rate"])
    regime = Regime(**{field.name: values[field.name] for field in fields(Regime)})
    if regime.stateful and regime.shuffle:
        raise _KeyError(
            ("scenarios", name, "shuffle"),
            "a stateful network carries its state from row to row, so their order is its memory "
            "and cannot be shuffled; set shuffle: false or stateful: false",
        )
    return Scenario(name, label, regime, seeded_by)


def _refuse_the_same_training(scenarios: tuple[Scenario, ...]) -> None:
    """Scenarios with one regime and one stream would be one training under two names."""
    seen: dict[tuple[Regime, str], str] = {}
    for scenario in scenarios:
        twin = seen.setdefault((scenario.regime, scenario.seeded_by), scenario.name)
        if twin != scenario.name:
            raise _KeyError(
                ("scenarios", scenario.name),
                f"is the same training as {twin} in a paired study; give it stream: 1",
            )


def _experiments(config: Mapping[str, Any], taking_part: list[str]) -> Iterator[Experiment]:
    """The config's groups, then one of all scenarios that are in none of them."""
    ungrouped = list(taking_part)
    for key, group in config["experiments"].items():
        for index, name in enumerate(group["scenarios"]):
            if name not in config["scenarios"]:
                raise _KeyError(
                    ("experiments", key, "scenarios", index),
                    _unknown_name(name, config["scenarios"]),
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
                problem = _unknown_name(pair[end], config["scenarios"])
                raise _KeyError((section, id_, end), problem)
        if pair["a"] == pair["b"]:
            problem = f"names {pair['a']!r} twice; name another scenario"
            raise _KeyError((section, id_, "b"), problem)
        if pair["a"] in taking_part and pair["b"] in taking_part:
            yield ScenarioPair(id_, pair["a"], pair["b"])


def _findings(config: Mapping[str, Any], taking_part: list[str]) -> Iterator[Finding]:
    selected = config["study"]["findings"]
    asked = _selection(config, "findings")
    for id_, finding in config["findings"].items():
        contrasts = tuple(_contrasts(("findings", id_), finding, config))
        absent = {name for c in contrasts for name in c.scenarios} - set(taking_part)
        if id_ not in asked or (absent and selected is None):
            continue
        if absent:
            raise _KeyError(
                ("study", "findings", selected.index(id_)),
                f"{id_} is about {', '.join(sorted(absent))}, which study.scenarios leaves out; "
                "add it there or leave the finding out",
            )
        expect = "all_of" if "all_of" in finding else finding["expect"]
        yield Finding(id_, finding["claim"], finding["source"], expect, contrasts)


def _contrasts(
    key: Key, finding: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[Contrast]:
    """The contrasts of a finding, or of one comparison in its all_of."""
    if "all_of" in finding:
        for index, part in enumerate(finding["all_of"]):
            yield from _contrasts((*key, "all_of", index), part, config)
        return
    expect, a, b = finding["expect"], finding["a"], finding.get("b")
    if a not in config["scenarios"]:
        raise _KeyError((*key, "a"), _unknown_name(a, config["scenarios"]))
    _check_fields(key, finding)
    if expect == "precision":
        low, high = finding["between"]
        middle, margin = (low + high) / 2, (high - low) / 2
        yield Contrast(expect, a, None, margin, finding["mean_of"], middle)
        return
    if isinstance(b, list) != (expect == "best_of"):
        wanted = "a list of scenarios" if expect == "best_of" else "one scenario"
        raise _KeyError((*key, "b"), f"expect: {expect} takes {wanted}; change b or expect")
    others = b if isinstance(b, list) else [str(b)]
    for name in others:
        if name not in config["scenarios"]:
            raise _KeyError((*key, "b"), _unknown_name(name, config["scenarios"]))
    if a in others:
        raise _KeyError((*key, "b"), f"compares {a!r} with itself; name another scenario")
    default = "spread_margin" if expect == "more_stable" else "margin"
    margin = finding.get("margin", config["study"][default])
    if expect == "more_stable" and margin <= 1:
        raise _KeyError((*key, "margin"), "for more_stable it is a ratio; give one above 1")
    for other in others:
        yield Contrast("less" if expect == "best_of" else expect, a, other, float(margin))


def _check_fields(key: Key, finding: Mapping[str, Any]) -> None:
    """A claim of precision is about one scenario and a range; all others compare with b."""
    expect = finding["expect"]
    of_precision, of_others = ["mean_of", "between"], ["b", "margin"]
    is_precision = expect == "precision"
    for name in of_precision if is_precision else ["b"]:
        if name not in finding:
            raise _KeyError(key, f"expect: {expect} needs the key {name!r}; add it")
    for name in of_others if is_precision else of_precision:
        if name in finding:
            raise _KeyError((*key, name), f"expect: {expect} has no use for it; remove it")
    if is_precision and finding["between"][0] >= finding["between"][1]:
        low, high = finding["between"]
        raise _KeyError((*key, "between"), f"{low} is not below {high}; give the lower one first")


def load_series(source: SeriesSource) -> Series:
    """A series of a study. Raises SeriesError if it cannot be used."""
    return read_series(source.name, Path(source.file), source.value, source.test_rows)


def _check_data(study: Study) -> None:
    """Read every file that the config names and see that every scenario can use it."""
    for source in study.series:
        try:
            series = load_series(source)
        except SeriesError as error:
            raise _KeyError(("series", source.name, "file"), str(error)) from None
        for scenario in study.scenarios:
            _check_rows(scenario, series)
        if source.published is not None:
            _check_published(source)


def _check_rows(scenario: Scenario, series: Series) -> None:
    regime = scenario.regime
    try:
        data = supervise(series, regime.timesteps, regime.train_rows)
    except SeriesError as error:
        raise _KeyError(("scenarios", scenario.name), str(error)) from None
    if not regime.stateful:
        return
    for part, rows in [("training", len(data.train_inputs)), ("test", len(data.test_inputs))]:
        if rows % regime.batch_size:
            divisors = [str(n) for n in range(1, rows + 1) if rows % n == 0]
            raise _KeyError(
                ("scenarios", scenario.name, "batch_size"),
                f"{regime.batch_size} does not divide the {rows} {part} rows of series "
                f"{series.name}, as a stateful network needs; take {', '.join(divisors)}, or set "
                "train_rows",
            )


def load_published(source: SeriesSource) -> pd.DataFrame | None:
    """The table of published results for a series, or None."""
    return None if source.published is None else pd.read_csv(source.published)


def _check_published(source: SeriesSource) -> None:
    key = ("series", source.name, "published")
    try:
        check_file(Path(str(source.published)))
        table = load_published(source)
    except SeriesError as error:
        raise _KeyError(key, str(error)) from None
    except (OSError, ValueError) as error:
        problem = f"{source.published}: cannot be read ({error}); correct it"
        raise _KeyError(key, problem) from None
    assert table is not None
    for column in PUBLISHED_COLUMNS:
        if column not in table:
            raise _KeyError(key, f"{source.published}: has no column {column!r}; add it")
    for column in PUBLISHED_NUMBERS:
        if not is_numeric_dtype(table[column]) or np.isinf(table[column]).any():
            problem = f"column {column!r} holds something that is no number; correct it"
            raise _KeyError(key, f"{source.published}: {problem}")
