"""The config's files: read as YAML, merged, and asked where a key comes from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from thousandfold.errors import UserError

TEMPLATE_KEY = "__use_yte__"

COMMAND_LINE = "--config on the command line"

Key = tuple[str | int, ...]


class ConfigError(UserError):
    """A config or a file it names that cannot be used; the message says where and how to mend."""


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


def layer_of(key: Key, config: Any, layers: list[tuple[str, Any]]) -> str:
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


def standalone_layers(files: list[str]) -> list[str]:
    """The files that count: from the last one on that stands alone. Raises ConfigError."""
    contents = [read_layer(file) for file in files]
    alone = [
        place
        for place, content in enumerate(contents)
        if isinstance(content, Mapping) and content.get("standalone") is True
    ]
    return files[alone[-1] :] if alone else files
