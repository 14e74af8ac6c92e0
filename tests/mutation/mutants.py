"""Draw mutants of Python files, printed as JSON; run by run.py in .venv-mutation.

    python tests/mutation/mutants.py --sample 300 --seed 1 FILE...

A site is a place in the code that Cosmic Ray's operators can change. Sites are drawn, and one
change of each, so that a plus sign, which can be changed in six ways, weighs no more than a `True`.
"""

import argparse
import difflib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ALIKE = (
    {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"},
    {"BitOr", "BitAnd", "BitXor"},
    {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"},
    {"Is", "IsNot"},
)
"""Operators take each other's place within a group; others would only be a TypeError."""

GUARDS = {"frozen", "strict"}
"""Arguments that stop a wrong program and change nothing in a right one."""

Site = tuple[str, tuple[int, int], str]
"""The file, line and column, and the kind of operator."""

Change = tuple[str, int]
"""The operator's name, and which of its occurrences in the file."""


def is_used(operator: str) -> bool:
    """Whether an operator needs no arguments and makes what could be a mistake."""
    kind, source, target = [*operator.split("/")[1].split("_"), "", ""][:3]
    if kind == "ReplaceUnaryOperator":
        return source == "Delete"
    is_alike = not source or any({source, target} <= group for group in ALIKE)
    return is_alike and not get_operator(operator).arguments()


def cannot_matter(node: Any) -> bool:
    """Whether a node lies in an annotation, in `__all__` or in a guard."""
    while node.parent:
        parent = node.parent
        is_annotation = (
            parent.type == "tfpdef"
            or (parent.type == "annassign" and node is parent.children[1])
            or (parent.type == "funcdef" and node is parent.annotation)
        )
        first = parent.children[0].get_code().strip()
        is_names = parent.type == "expr_stmt" and first == "__all__"
        if is_annotation or is_names or (parent.type == "argument" and first in GUARDS):
            return True
        node = parent
    return False


def sites(file: str, code: str) -> Iterator[tuple[Site, Change]]:
    """Every place of a file that can be changed, with every change."""
    nodes = list(ast_nodes(get_ast(code)))
    for name in filter(is_used, operator_names()):
        operator = get_operator(name)()
        starts = [(node, start) for node in nodes for start, _ in operator.mutation_positions(node)]
        for occurrence, (node, start) in enumerate(starts):
            if not cannot_matter(node):
                yield (file, start, name.split("_")[0]), (name, occurrence)


def compiles(code: str) -> bool:
    """Whether it is Python at all: `{**a}` with another operator is not."""
    try:
        compile(code, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def changed(before: str, after: str) -> dict[str, str]:
    """The lines that a mutant changes, and what it makes of them."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0))[2:]
    old, new = ([x[1:].strip() for x in lines if x[0] == sign and x[1:].strip()] for sign in "-+")
    return {"before": "\n".join(old), "after": "\n".join(new)}


def draw(files: list[str], size: int, seed: int) -> list[dict[str, Any]]:
    """A sample of the files' sites, with one change of each; all sites if there are fewer."""
    codes = {file: Path(file).read_text(encoding="utf-8") for file in sorted(files)}
    changes: dict[Site, list[Change]] = {}
    for file, code in codes.items():
        for site, change in sites(file, code):
            changes.setdefault(site, []).append(change)
    rng = random.Random(seed)
    drawn: list[dict[str, Any]] = []
    for site in rng.sample(sorted(changes), len(changes)):
        if len(drawn) == size:
            break
        file, (line, _), _ = site
        name, occurrence = rng.choice(changes[site])
        code = mutate_code(codes[file], get_operator(name)(), occurrence)
        if code != codes[file] and compiles(code):
            place = {"file": file, "line": line, "operator": name.split("/")[1]}
            drawn.append({**place, **changed(codes[file], code), "code": code})
    return drawn


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    print(json.dumps(draw(arguments.files, arguments.sample, arguments.seed)))
