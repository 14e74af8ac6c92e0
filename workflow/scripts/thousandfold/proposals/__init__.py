"""Proposals for a new study of a file: the role of each column, and a margin."""

import json
import re

import yaml

from thousandfold.config_files import number_in_yaml


def text_of(text: str) -> str:
    """A text in quotes, so that YAML reads exactly that text."""
    return json.dumps(text, ensure_ascii=False)


def quoted(text: str) -> str:
    """A text that YAML reads as exactly that text, in quotes only if they are needed."""
    is_plain = re.fullmatch(r"[A-Za-z_][\w./-]*", text) and yaml.safe_load(text) == text
    return text if is_plain else text_of(text)


def number(value: float) -> str:
    """A number with two significant digits, in a form that YAML reads as a number."""
    return number_in_yaml(float(f"{value:.2g}"))


def words_of(name: str) -> list[str]:
    """The words in a column's name, in lower case: test/acc is test and acc."""
    return re.findall(r"[a-z]+\d*", name.casefold())


def name_made_of(text: str) -> str:
    """A name of letters, digits, "_" and "-"; "" if nothing is left."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-")[:64]
