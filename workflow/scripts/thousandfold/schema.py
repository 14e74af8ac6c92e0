"""The merged config checked against its schema: defaults, and errors that name key and fix."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from thousandfold.config_files import DEEPEST, Key, number_in_yaml

SCHEMA_FILE = Path(__file__).parent / "schemas" / "config.schema.yaml"

YAML_WORDS = {
    "object": "a mapping (key: value)", "array": "a list", "string": "text", "number": "a number",
    "integer": "a whole number", "boolean": "true or false", "null": "null",
}  # fmt: skip
"""What a user calls the types of JSON Schema."""

MOST_VALUES, LONGEST_TEXT = 100_000, 1000
"""How many keys and values a config may have, and how long texts."""

MOST_BITS = 1000
"""Of a whole number; Python itself refuses to print very large ones."""

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

NUMBER = re.compile(r"\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?\s*", re.IGNORECASE)
"""What people write for a number; YAML wants a point and a sign in 1.0e-3, and no quotes."""

LONGEST_SHOWN = 200
"""Characters of a value that an error shows."""

MOST_LISTED = 20
"""Names that an error lists where none is close to the one it is about."""


NO_NAME = (
    "is not a usable name; take 1 to 100 characters in one line, without blanks at the ends or "
    "control characters"
)

NO_FOLDER = (
    "is not a usable name of a folder; take letters, digits, '_' and '-', at most 64, starting "
    "with a letter or digit"
)


class BadKeyError(Exception):
    """A problem with one key, before it is known which file the key is in."""

    def __init__(self, key: Key, problem: str) -> None:
        super().__init__(problem)
        self.key, self.problem = key, problem


class NotTextError(BadKeyError):
    """A value or, if `is_key`, the last part of the key itself that YAML does not read as text."""

    def __init__(self, key: Key, value: Any, *, is_key: bool = False) -> None:
        self.is_key = is_key
        super().__init__(key, f"YAML does not read {_shown(value)} as text; put it in quotes")

    def as_written(self, written: str) -> BadKeyError:
        """The same problem with the exact text in the file."""
        key = (*self.key[:-1], written) if self.is_key else self.key
        if not written:
            return BadKeyError(key, "has no value; give text")
        return BadKeyError(key, f"YAML does not read {written} as text; put it in quotes")


@cache
def config_schema() -> dict[str, Any]:
    """The JSON schema of a merged config."""
    return yaml.safe_load(SCHEMA_FILE.read_text(encoding="utf-8"))


def is_name(text: str) -> bool:
    """Whether a scenario, a series or a finding can have this name."""
    return re.search(config_schema()["$defs"]["name"]["pattern"], text) is not None


def _is_huge(value: Any) -> bool:
    return isinstance(value, int) and value.bit_length() > MOST_BITS


def _shown(value: Any) -> str:
    """A value as an error shows it, in YAML's spelling."""
    if _is_huge(value):
        return f"a number of more than {MOST_BITS} bits"
    shown = json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}..."


def shown_key(part: Any) -> str:
    """A key as an error shows it: as it is, unless that would break the line or fill the screen."""
    text = _shown(part) if _is_huge(part) else str(part)
    return text if text.isprintable() and len(text) <= LONGEST_SHOWN else _shown(text)


def plain(node: Any, key: Key = (), left: Iterator[int] | None = None) -> Any:
    """The same tree in plain dicts and lists of text, finite numbers, true, false and null.

    Refuses everything else, keys that are not text, and what is too deep or too large: aliases of
    aliases of aliases; `left` counts the values that may still come.
    """
    left = iter(range(MOST_VALUES)) if left is None else left
    if len(key) > DEEPEST or next(left, None) is None:
        problem = f"a config has at most {MOST_VALUES} values in {DEEPEST} levels; make it smaller"
        raise BadKeyError(key, problem)
    if isinstance(node, Mapping):
        for name in node:
            if not isinstance(name, str):
                raise NotTextError((*key, name), name, is_key=True)
            _refuse_unusable((*key, name), name)
        return {name: plain(value, (*key, name), left) for name, value in node.items()}
    if isinstance(node, list | tuple):
        return [plain(value, (*key, index), left) for index, value in enumerate(node)]
    if isinstance(node, float) and not math.isfinite(node):
        raise BadKeyError(key, f"{node} is not a finite number; give one")
    if _is_huge(node):
        raise BadKeyError(key, f"is a number of more than {MOST_BITS} bits; give a smaller one")
    if isinstance(node, date):
        raise BadKeyError(key, f"YAML reads {node} as a date; put it in quotes")
    if node is not None and not isinstance(node, str | int | float):
        raise BadKeyError(key, f"{_shown(node)} is neither text nor a number; give one of them")
    if isinstance(node, str):
        _refuse_unusable(key, node)
    return node


def _refuse_unusable(key: Key, text: str) -> None:
    """Refuse overlong texts, control characters and unpaired surrogates, which no page can show."""
    if len(text) > LONGEST_TEXT:
        raise BadKeyError(key, f"has {len(text)} characters; give at most {LONGEST_TEXT}")
    found = UNPRINTABLE.search(text)
    if found:
        raise BadKeyError(key, f"{_shown(text)} holds {found[0]!a}; remove that character")


def _is_integer(_: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _matches(_: Any, pattern: str, value: Any, __: Any) -> Iterator[jsonschema.ValidationError]:
    if isinstance(value, str) and not re.fullmatch(pattern, value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


def _are_unique(_: Any, wanted: bool, value: Any, __: Any) -> Iterator[jsonschema.ValidationError]:
    if wanted and isinstance(value, list) and len(set(map(repr, value))) < len(value):
        yield jsonschema.ValidationError("has non-unique elements")


_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    # $ alone lets a newline pass at the end; jsonschema's own compares every item with every other.
    validators={"pattern": _matches, "uniqueItems": _are_unique},
    # Plain JSON Schema takes 30.0 for an integer; range() does not.
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


def checked(config: dict[str, Any]) -> dict[str, Any]:
    """The config with all defaults filled in, checked against the schema."""
    schema = config_schema()
    error = jsonschema.exceptions.best_match(_Validator(schema).iter_errors(config))
    if error is not None:
        if _lacks_quotes(error):
            raise NotTextError(tuple(error.absolute_path), error.instance)
        raise BadKeyError(*_explain(error))
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


def _lacks_quotes(error: Any) -> bool:
    """Whether text was expected (even if a list would do) and may have been intended."""
    text_wanted = error.validator == "oneOf" or (
        error.validator == "type" and "string" in error.validator_value
    )
    return text_wanted and (error.instance is None or isinstance(error.instance, int | float))


def _explain(error: Any) -> tuple[Key, str]:
    """The key that a schema error is about, and in one line what is wrong and the fix."""
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
        case "pattern" if key[-1:] == ("model",):
            return key, f"{_shown(value)} names no function; write package.module:function"
        case "pattern":
            place = (*key, value) if "propertyNames" in error.absolute_schema_path else key
            return place, f"{_shown(value)} {NO_FOLDER if key == ('study', 'name') else NO_NAME}"
        case "type":
            return key, _wrong_type(value, [rule] if isinstance(rule, str) else rule)
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            bound = {
                "minimum": "at least", "maximum": "at most",
                "exclusiveMinimum": "greater than", "exclusiveMaximum": "less than",
            }[error.validator]  # fmt: skip
            return key, f"{_shown(value)} is out of range; it has to be {bound} {rule}"
        case "uniqueItems":
            return key, "lists a name twice; remove one"
        case "minItems" | "maxItems" | "minLength" | "maxLength":
            bound = "least" if error.validator.startswith("min") else "most"
            what = "items" if error.validator.endswith("Items") else "characters"
            return key, f"has {len(value)} {what}; give at {bound} {rule}"
        case "oneOf" if key[-1:] == ("file",):
            return key, "is neither a file nor a list of files; give one"
        case "oneOf":
            of_finding = "a finding has expect with a and b, or expect with trend, or all_of"
            of_b = "is neither a scenario nor a list of scenarios"
            return key, f"{of_finding if len(key) == 2 else of_b}; give one"
        case _:
            return key, f"{error.message[:LONGEST_SHOWN]}; correct it"


def _wrong_type(value: Any, kinds: list[str]) -> str:
    """What is wrong with a value that has none of these types."""
    wanted = " or ".join(YAML_WORDS[kind] for kind in kinds)
    if value is None:
        return f"has no value; give {wanted}"
    if isinstance(value, str) and {"number", "integer"} & set(kinds) and NUMBER.fullmatch(value):
        number = float(value)
        if math.isfinite(number):
            return f"YAML reads {_shown(value)} as text; write it as {number_in_yaml(number)}"
    return f"{_shown(value)} is not {wanted}; give {wanted}"


def unknown_name(name: str, known: Mapping[str, Any] | list[str]) -> str:
    """The error text for an unknown name."""
    close = get_close_matches(name, list(known), n=1)
    if close:
        return f"there is no {name!r}; did you mean {close[0]!r}?"
    others = list(known)[:MOST_LISTED]
    if len(known) > MOST_LISTED:
        others.append(f"{len(known) - MOST_LISTED} more")
    return f"there is no {name!r}; there are {', '.join(others) or 'none'}"
