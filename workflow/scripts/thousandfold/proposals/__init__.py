"""What a new study of a file proposes: which columns are what, and how much would matter."""

import json
import re

import yaml

from thousandfold.layers import number_in_yaml


def text_of(text: str) -> str:
    """A text in quotes, as YAML takes it for just that text."""
    return json.dumps(text, ensure_ascii=False)


def quoted(text: str) -> str:
    """A text as YAML takes it for just that text, in quotes only where these are needed."""
    is_plain = re.fullmatch(r"[A-Za-z_][\w./-]*", text) and yaml.safe_load(text) == text
    return text if is_plain else text_of(text)


def number(value: float) -> str:
    """A number of two digits, as YAML takes it for a number."""
    return number_in_yaml(float(f"{value:.2g}"))


def words_of(name: str) -> list[str]:
    """The words in a column's name, in small letters: test/acc is test and acc."""
    return re.findall(r"[a-z]+\d*", name.casefold())


def name_made_of(text: str) -> str:
    """A name of letters, digits, "_" and "-"; "" if nothing is left."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-")[:64]
