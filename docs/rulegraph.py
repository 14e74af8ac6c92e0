"""Draw docs/rulegraph.svg: the rules of the shipped study. Needs Graphviz's `dot`.

python docs/rulegraph.py
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENDS = ("all", "study")
"""The targets, where everything leads."""

STYLE = 'graph [rankdir=LR bgcolor="white" pad=0.1 nodesep=0.15] node [fontname="sans-serif"]'


def rule_graph() -> str:
    """Snakemake's graph of the rules, in Graphviz's language, as where nothing is trained yet."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--rulegraph",
        "--snakefile",
        str(ROOT / "Snakefile"),
    ]
    with tempfile.TemporaryDirectory() as empty:
        run = subprocess.run(command, cwd=empty, check=True, capture_output=True, text=True)
    return run.stdout[run.stdout.index("digraph") :]


def edges(graph: str) -> set[tuple[str, str]]:
    """The pairs (before, after) of a graph in Graphviz's language."""
    labels = dict(re.findall(r'(\d+)\[label = "([^"]+)"', graph))
    return {(labels[a], labels[b]) for a, b in re.findall(r"(\d+) -> (\d+)", graph)}


def main() -> None:
    """Draw it, the targets left out."""
    pairs = sorted(pair for pair in edges(rule_graph()) if pair[1] not in ENDS)
    lines = "".join(f'"{a}" -> "{b}"\n' for a, b in pairs)
    graph = f"digraph rules {{\n{STYLE} node [shape=box style=rounded]\n{lines}}}\n"
    drawn = subprocess.run(
        ["dot", "-Tsvg"], input=graph, check=True, capture_output=True, text=True
    ).stdout
    drawn = re.sub(r"<!--.*?-->\n", "", drawn, flags=re.S)
    (ROOT / "docs" / "rulegraph.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
