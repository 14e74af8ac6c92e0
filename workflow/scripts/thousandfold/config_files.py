"""The config's files: which are read, how strictly, and from which of them a key's value comes."""

import json
import os
import re
import reprlib
import shlex
from collections.abc import Iterable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any, NoReturn

import yaml

from thousandfold.disk import check_regular, is_file
from thousandfold.errors import DataError, UserError

TEMPLATE_KEY = "__use_yte__"

LARGEST_CONFIG = 20_000_000
"""In bytes."""

COMMAND_LINE = "--config on the command line"

PROJECT = Path(__file__).resolve().parents[3]

Key = tuple[str | int, ...]

DEEPEST = 10
"""How deep a config may be nested."""

LONGEST_PROBLEM = 300
"""Characters that an error quotes of what YAML says is wrong, such as a key that is there twice."""


class ConfigError(UserError):
    """A config, or a file it names, that cannot be used; the message says where, and the fix."""


class _StrictLoader(yaml.SafeLoader):
    """YAML of text, numbers, true, false and null, in which no key may appear twice."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        if self.depth > DEEPEST:
            problem = f"a config has at most {DEEPEST} levels; make it flatter"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=self.peek_event().start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def scan_flow_scalar(self, style: str) -> yaml.ScalarToken:
        try:
            return super().scan_flow_scalar(style)
        except (ValueError, OverflowError):  # of "\\UFFFFFFFF"
            problem = "holds an escape that is no character; remove it"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=self.get_mark()) from None

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refusal(key, "a list or a mapping cannot be a key; write text")
            if key.tag != _MERGE and key.value in seen:
                raise _refusal(key, f"the key {key.value!r} appears twice; rename or remove one")
            seen.add(key.value)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        # What PyYAML lets through of its constructors, which take a scalar for what its tag says.
        except (ValueError, LookupError, AttributeError):
            problem = f"{reprlib.repr(node.value)} is not what YAML takes it for; put it in quotes"
            raise _refusal(node, problem) from None

    def refuse(self, node: yaml.Node) -> NoReturn:
        """Refuse any tag that has no use in a config."""
        if node.tag == self.resolve(yaml.ScalarNode, node.value, (True, False)):
            is_date = node.tag == f"{_YAML}timestamp"
            how = (
                f"reads {node.value} as a date"
                if is_date
                else f"does not read {node.value} as text"
            )
            raise _refusal(node, f"YAML {how}; put it in quotes")
        tag = reprlib.repr(node.tag.replace(_YAML, "!!"))
        raise _refusal(node, f"the tag {tag} has no use in a config; remove it")


_YAML = "tag:yaml.org,2002:"

_MERGE = f"{_YAML}merge"

_StrictLoader.yaml_constructors = {
    f"{_YAML}{kind}": yaml.SafeLoader.yaml_constructors[f"{_YAML}{kind}"]
    for kind in ("str", "int", "float", "bool", "null", "seq", "map")
} | {None: _StrictLoader.refuse}


def _refusal(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def read_layer(file: str) -> dict[str, Any]:
    """One config file's content. Raises ConfigError, with the line, if it cannot be used.

    The paths in it are relative to the folder that Snakemake runs in; the project's own files are
    found from anywhere. Refuses YTE templates, which Snakemake would run as Python.
    """
    text = _read_text(file)
    try:
        content = _parsed(text)
    except RecursionError:
        raise ConfigError(f"{file}: is nested too deeply; correct the file") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}{_explained(error, text)}") from None
    # PyYAML converts numbers of a %YAML line as they come.
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{file}: is not valid YAML ({error}); correct the file") from None
    if not isinstance(content, Mapping):
        raise ConfigError(f"{file}: has no keys at the top level; give some, such as study:")
    if TEMPLATE_KEY in content:
        raise ConfigError(
            f"{file}: {TEMPLATE_KEY}: makes the config a program; write out what it would compute"
        )
    return found_from_here(content)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A config with another one over it, key by key."""
    result = dict(base)
    for key, value in changes.items():
        below = result.get(key)
        if isinstance(value, Mapping):
            result[key] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def merged_files(files: Iterable[str]) -> dict[str, Any]:
    """The config that files make, later ones winning. Raises ConfigError."""
    return reduce(merged, map(read_layer, files), {})


def found_from_here(content: Mapping[str, Any]) -> dict[str, Any]:
    """A config with paths to the project's own files, if the folder of the run has none such."""

    def found(source: Any) -> Any:
        if not isinstance(source, Mapping):
            return source
        keys = ("file", "published", "from", "about")
        paths = {key: moved(source[key]) for key in keys if key in source}
        members = {"collection": found(source["collection"])} if "collection" in source else {}
        return {**source, **paths, **members}

    def moved(path: Any) -> Any:
        if not isinstance(path, str) or is_file(Path(path)) or not is_file(PROJECT / path):
            return path
        return os.path.relpath(PROJECT / path)

    series = content.get("series")
    if not isinstance(series, Mapping):
        return dict(content)
    return {**content, "series": {name: found(source) for name, source in series.items()}}


def _read_text(file: str) -> str:
    """A regular file's text. Raises ConfigError."""
    try:
        check_regular(Path(file))
        if Path(file).stat().st_size > LARGEST_CONFIG:
            raise ConfigError(
                f"{file}: is larger than {LARGEST_CONFIG // 10**6} MB; correct the file"
            )
        return Path(file).read_text(encoding="utf-8")
    except DataError as error:
        raise ConfigError(str(error)) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{file}, line {line}: is not in UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); correct the file") from None


def _parsed(text: str) -> Any:
    """A text parsed as JSON or, failing that, YAML, as Snakemake reads it. Raises YAMLError."""
    try:
        return json.loads(text, object_pairs_hook=_without_twins)
    # YAML can tell the line in which JSON is nested too deeply.
    except (ValueError, RecursionError):
        return yaml.load(text, Loader=_StrictLoader)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON mapping. Raises YAMLError if a key appears twice."""
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in mapping if names.count(name) > 1)
        raise yaml.YAMLError(f"the key {twin!r} appears twice; rename or remove one")
    return mapping


def _explained(error: yaml.YAMLError, text: str) -> str:
    """Where a file is not valid YAML, what is wrong and the fix, to follow the file's name."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return f", line {line}: holds the character U+{error.character:04X}; remove it"
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f": {error}"
    line = error.problem_mark.line + 1
    if re.match(r"[^\S\n]*\t", text.split("\n")[min(line, text.count("\n") + 1) - 1]):
        return f", line {line}: begins with a tab; indent with spaces"
    problem = str(error.problem)
    if len(problem) > LONGEST_PROBLEM:
        problem = f"{problem[:LONGEST_PROBLEM]}..."
    if (error.context or "").startswith("expected"):
        problem = f"{error.context}, {problem}"
    if problem == "mapping values are not allowed here":
        problem += "; put text that contains a colon in quotes, or correct the indentation"
    return f", line {line}: {problem}" + ("" if ";" in problem else "; correct it")


def command_line_values(config: Any) -> Any:
    """What `--config` gave, with types: Snakemake passes nested numbers as text."""
    if isinstance(config, Mapping):
        return {key: command_line_values(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [command_line_values(value) for value in config]
    try:
        return yaml.load(config, Loader=_StrictLoader) if isinstance(config, str) else config
    except (yaml.YAMLError, RecursionError):
        return config


def as_written(file: str, key: Key) -> str | None:
    """The exact text at a key of a YAML file, such as 032 for the number 26.

    If the key itself is not text, the key as it is written. None if that cannot be determined.
    """
    try:
        loader = _StrictLoader(Path(file).read_text(encoding="utf-8"))
        node: Any = loader.get_single_node()
        for part in key:
            if isinstance(node, yaml.SequenceNode):
                node = node.value[part]
                continue
            if not isinstance(node, yaml.MappingNode):
                return None
            names = [(loader.construct_object(name), name, value) for name, value in node.value]
            _, name, node = next(n for n in names if n[0] == part)
            if not isinstance(part, str):
                return str(name.value)
        return str(node.value) if isinstance(node, yaml.ScalarNode) else None
    except (OSError, ValueError, LookupError, TypeError, StopIteration, yaml.YAMLError):
        return None


def number_in_yaml(number: float) -> str:
    """A finite number in a form that YAML reads as a number; it reads 1e-3 as text."""
    if float(number).is_integer() and abs(number) < 1e15:
        return str(int(number))
    return yaml.safe_dump(float(number)).split()[0]


def layer_of(key: Key, config: Any, layers: list[tuple[str, Any]]) -> str:
    """The file that a key's value comes from; the last one, as later files win."""
    depth, value = _look_up(config, key)
    found = [(file, *_look_up(content, key)) for file, content in layers]
    deepest = max((d for _, d, _ in found), default=0)
    holders = [file for file, d, _ in found if d == deepest]
    if isinstance(value, Mapping | list):
        return holders[-1] if holders else COMMAND_LINE
    same = [file for file, d, v in found if d == depth and _is_same(v, value)]
    return same[-1] if same else COMMAND_LINE


def _is_same(a: Any, b: Any) -> bool:
    """Whether two values are the same; NaN does not equal itself, but 1 equals True."""
    return type(a) is type(b) and (a == b or (a != a and b != b))  # noqa: PLR0124


def _look_up(tree: Any, key: Key) -> tuple[int, Any]:
    """How many parts of a key's path exist in a tree, and the value there."""
    node = tree
    for depth, part in enumerate(key):
        in_mapping = isinstance(node, Mapping) and part in node
        in_list = isinstance(node, list) and isinstance(part, int) and part < len(node)
        if not (in_mapping or in_list):
            return depth, node
        node = node[part]
    return len(key), node


def config_files(overlays: list[str]) -> list[str]:
    """The files that a run's config is merged from, later ones winning. Raises ConfigError.

    They start at the last overlay that stands alone; if none does, config.yaml comes first: that of
    the folder that Snakemake runs in, or else the project's.
    """
    alone = [
        place for place, file in enumerate(overlays) if read_layer(file).get("standalone") is True
    ]
    if alone:
        return overlays[alone[-1] :]
    base = "config.yaml"
    if not os.path.lexists(base):
        base = os.path.relpath(PROJECT / base)
    if not os.path.lexists(base):
        raise ConfigError(
            f"{base}: there is no such file; restore it, or run a config that says standalone: true"
        )
    return [base, *overlays]


def snakemake_command(*arguments: str, snakefile: Path = PROJECT / "Snakefile") -> str:
    """What a user types in this folder to run Snakemake on the project, quoted for a shell."""
    here = os.path.relpath(snakefile)
    place = [] if here == "Snakefile" else ["--snakefile", here]
    return shlex.join(["snakemake", *place, *arguments])
