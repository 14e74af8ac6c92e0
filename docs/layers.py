"""Write docs/layers.md from the imports of the package's modules.

python docs/layers.py            # write it
python docs/layers.py --check    # check that it matches the imports
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "workflow" / "scripts" / "thousandfold"
PAGE = ROOT / "docs" / "layers.md"

LAYERS = {
    "page": ("report", "paper", "side_by_side", "figures", "svg", "numbers"),
    "notebooks": ("notebook",),
    "jobs": (
        "jobs", "packing", "plan", "progress", "training", "checks", "interleaving", "resources",
        "joblog",
    ),
    "results": (
        "collection", "comparing", "measuring", "packs", "preregistration", "provenance", "recipe",
        "releases", "records",
    ),
    "study from config": (
        "config", "data", "data_checks", "imported", "loading", "members", "mentions",
        "observations", "proposals", "regimes", "registration", "runs", "sequences", "sources",
    ),
    "engines": ("engines",),
    "verdicts": ("inference", "formatting"),
    "study": ("settings", "study"),
    "user files": ("reading",),
    "config files": ("config_files", "schema"),
    "tables": ("tables",),
    "experiment": (
        "supervised", "labelled", "pipeline", "series", "scenario", "engine_choice", "tasks",
        "metrics", "baselines", "smoothing", "seeds", "synthetic",
    ),
    "ground": ("disk", "errors", "names", "machine", "version"),
}  # fmt: skip
"""From top to bottom: a module imports from its own layer and from those below."""

HEAD = """\
# Layers

The modules of `workflow/scripts/thousandfold/`, from top to bottom. A module imports from its own
layer and from the layers below it, never from one above. This page is generated from the imports.

| layer | modules | imports from |
|---|---|---|
"""


def module_of(path: Path) -> str:
    """A module's name within the package; that of a package itself for its __init__."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> str | None:
    """The layer of a module; None if it has none."""
    top = module.split(".", maxsplit=1)[0]
    return next((layer for layer, modules in LAYERS.items() if top in modules), None)


def imports_of(path: Path) -> Iterator[str]:
    """The modules of the package that a file imports when it runs."""
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("thousandfold"):
            base = str(node.module).removeprefix("thousandfold").removeprefix(".")
            yield from (base or alias.name for alias in node.names)
        waiting.extend(ast.iter_child_nodes(node))


@cache
def edges() -> frozenset[tuple[str, str]]:
    """(module, module that it imports) for all of the package."""
    return frozenset(
        (module_of(path), imported)
        for path in PACKAGE.rglob("*.py")
        for imported in imports_of(path)
        if module_of(path)
    )


def upward() -> list[str]:
    """The imports from a layer above, or of a module without a layer."""
    order = list(LAYERS)
    found = []
    for module, imported in sorted(edges()):
        above, below = layer_of(module), layer_of(imported)
        if above is None or below is None or order.index(below) < order.index(above):
            found.append(f"{module} imports {imported}")
    return found


def page() -> str:
    """The table of layers."""
    used = {
        layer: {layer_of(b) for a, b in edges() if layer_of(a) == layer} - {layer}
        for layer in LAYERS
    }
    lines = [
        f"| {layer} | {', '.join(f'`{module}`' for module in modules)} "
        f"| {', '.join(other for other in LAYERS if other in used[layer]) or '–'} |\n"
        for layer, modules in LAYERS.items()
    ]
    return HEAD + "".join(lines)


def main() -> None:
    """Write the page, or check it."""
    if problems := upward():
        sys.exit("\n".join(problems))
    if "--check" not in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.exit(f"{PAGE}: does not match the imports; run python docs/layers.py")


if __name__ == "__main__":
    main()
