"""Write docs/configuration.md from the config's schema, docs/tables.md from the tables' columns.

python docs/reference.py            # write them
python docs/reference.py --check    # check that they match
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from thousandfold.metrics import CLASSIFICATIONS  # noqa: E402
from thousandfold.schema import config_schema  # noqa: E402
from thousandfold.tables import TABLES  # noqa: E402
from thousandfold.tables.columns import Column  # noqa: E402

Schema = dict[str, Any]

CONFIGURATION = """\
# Configuration

Every key of `config.yaml` and of the overlays merged over it. This page is generated from
[the schema](../workflow/scripts/thousandfold/schemas/config.schema.yaml) that configs are checked
against. Unknown keys are refused. In key names, `<name>` stands for a name of your own.
"""

HEAD_OF_TABLES = """\
# Tables

Every table that a run leaves in `results/`, and its columns, in order; [results](results.md) is the
overview. The unit of the metric is that of a row's metric or, in a table without such a column, of
the study's; "times" marks ratios. `checksums/` has a SHA-256 of each, in the format of
`sha256sum --check`.

In CSV tables, a text that begins with `=`, `+`, `-`, `@` (also full-width), a tab, a line break or
`'` has a `'` in front of it, because a spreadsheet may take it for a formula. Remove one `'` from
the beginning of a text to restore it. `repeats.parquet` has all texts unchanged.
"""


def resolved(schema: Schema, definitions: Schema) -> Schema:
    """A key's schema with the definition it refers to merged in; its own words come first."""
    if "$ref" not in schema:
        return schema
    return {**definitions[schema["$ref"].rpartition("/")[2]], **schema}


def number(value: float) -> str:
    """A bound, with thousands separators."""
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def told(schema: Schema) -> str:
    """A description as Markdown on one line."""
    words: str = schema.get("told") or schema.get("description", "")
    return " ".join(words.split()).replace("<", "\\<")


def in_code(value: Any) -> str:
    """A value as it is written in YAML, formatted as code."""
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def values(schema: Schema, definitions: Schema) -> str:
    """The values that a key takes."""
    if "enum" in schema:
        return ", ".join(map(in_code, schema["enum"]))
    if "oneOf" in schema:
        choices = [values(resolved(each, definitions), definitions) for each in schema["oneOf"]]
        return " or ".join(choices)
    kinds = schema.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    words = {"object": "mapping", "array": "list", "string": "text", "null": "`null`"}
    told = " or ".join(words.get(kind, kind) for kind in kinds)
    if "items" in schema and "array" in kinds:
        told = told.replace(
            "list", f"list of {values(resolved(schema['items'], definitions), definitions)}"
        )
    bounds = {
        "minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most",
        "exclusiveMaximum": "below",
    }  # fmt: skip
    limits = [f"{word} {number(schema[key])}" for key, word in bounds.items() if key in schema]
    return ", ".join([told, *limits])


def keys_of(schema: Schema) -> Schema:
    """The keys of a mapping; those of its entries where their names are the user's own."""
    return schema.get("properties", {})


def sections(name: str, schema: Schema, definitions: Schema, seen: set[int]) -> Iterator[str]:
    """A mapping's section, and after it those of the mappings in it that were not `seen`."""
    entry = schema.get("additionalProperties")
    if isinstance(entry, dict):
        entry = resolved(entry, definitions)
        yield from sections(
            f"{name}.<name>", {**entry, "told": schema["description"]}, definitions, seen
        )
        return
    if id(keys_of(schema)) in seen:
        return
    seen.add(id(keys_of(schema)))
    rows, below = [], []
    for key, value in keys_of(schema).items():
        found = resolved(value, definitions)
        inner = resolved(found.get("items", {}), definitions) if "items" in found else found
        if keys_of(inner) or isinstance(inner.get("additionalProperties"), dict):
            mark = "[]" if inner is not found else ""
            below.append(
                (f"{name}.{key}{mark}".removeprefix("."), {**inner, "told": found["description"]})
            )
        needed = " (required)" if key in schema.get("required", []) else ""
        default = in_code(found["default"]) if "default" in found else ""
        rows.append(
            f"| `{key}`{needed} | {values(found, definitions)} | {default} | {told(found)} |"
        )
    heading = f"## `{name}`\n\n{told(schema)}\n\n" if name else ""
    table = "\n".join(["| key | values | default | |", "|---|---|---|---|", *rows])
    yield f"{heading}{table}\n"
    for inner_name, inner_schema in below:
        yield from sections(inner_name, inner_schema, definitions, seen)


def configuration() -> str:
    """The page of config keys."""
    schema = config_schema()
    return "\n".join([CONFIGURATION, *sections("", schema, schema["$defs"], set())])


def of_tasks(column: Column) -> str:
    """Which studies have the column, if not all have."""
    return " (only of sequences with labels)" if column.tasks == CLASSIFICATIONS else ""


def tables() -> str:
    """The page of the tables' columns."""
    parts = [HEAD_OF_TABLES]
    for name, columns in TABLES.items():
        rows = [
            f"| `{column}` | {declared.type_name} | {declared.unit} | {declared.description}"
            f"{of_tasks(declared)} |"
            for column, declared in columns.items()
        ]
        head = ["| column | type | unit | |", "|---|---|---|---|"]
        parts.append("\n".join([f"## `{name}`\n", *head, *rows, ""]))
    return "\n".join(parts)


def main() -> None:
    """Write the pages, or compare them with what is there."""
    for name, text in (("configuration", configuration()), ("tables", tables())):
        page = ROOT / "docs" / f"{name}.md"
        if "--check" not in sys.argv:
            page.write_text(text, encoding="utf-8")
        elif page.read_text(encoding="utf-8") != text:
            sys.exit(f"{page.relative_to(ROOT)} does not match: run docs/reference.py")


if __name__ == "__main__":
    main()
