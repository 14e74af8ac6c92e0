"""Texts and tables as LaTeX and as Markdown.

A text is Markdown with citations as pandoc has them, [@key; @other], and nothing else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"

CITATION = re.compile(r"\[(@[^\]\s]+(?:; @[^\]\s]+)*)\]")
"""Keys that are cited, such as [@welch1947; @schuirmann1987]."""

MOST_ON_A_PAGE = 15
"""Rows of a table, of more of which LaTeX breaks it over pages."""

_LATEX = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%",
    "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''",
    "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "≈": r"$\approx$", "≤": r"$\leq$", "≥": r"$\geq$",
    "∞": r"$\infty$", "√": r"$\surd$", "τ": r"$\tau$", "α": r"$\alpha$", "⁹": r"$^9$",
    "–": "--", "—": "---", "“": "``", "”": "''", "‘": "`", "’": "'", "…": r"\ldots{}",
    "\N{NO-BREAK SPACE}": "~",
})  # fmt: skip
"""What LaTeX takes for a command, and what pdfLaTeX knows by a command only."""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    width: float | None = None
    """Of prose that is wrapped, as a share of the text's width."""
    is_number: bool = False


@dataclass(frozen=True)
class PaperTable:
    """A table: its cells are ready to print."""

    name: str
    """Of its files, and of its label in LaTeX."""
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]


def latex(text: str) -> str:
    """A text as LaTeX."""
    parts = CITATION.split(text)
    # Every second part is what a citation cites.
    return "".join(
        rf"\citep{{{part.replace('@', '').replace('; ', ',')}}}" if index % 2 else _escaped(part)
        for index, part in enumerate(parts)
    )


def _escaped(text: str) -> str:
    """A text in which LaTeX finds no command."""
    printable = "".join(letter for letter in text if letter.isprintable() or letter.isspace())
    return printable.translate(_LATEX)


def latex_table(table: PaperTable) -> str:
    """A table of the package booktabs."""
    form = "".join(map(_form, table.columns))
    head = " & ".join(_escaped(column.name) for column in table.columns) + r" \\"
    rows = [" & ".join(map(_escaped, row)) + r" \\" for row in table.rows]
    caption = rf"\caption{{{latex(table.caption)}}}\label{{tab:{table.name}}}"
    if len(table.rows) > MOST_ON_A_PAGE:
        lines = [
            r"{\footnotesize", rf"\begin{{longtable}}{{{form}}}", rf"{caption} \\", r"\toprule",
            head, r"\midrule", r"\endfirsthead", r"\toprule", head, r"\midrule", r"\endhead", *rows,
            r"\bottomrule", r"\end{longtable}", "}",
        ]  # fmt: skip
    else:
        lines = [
            r"\begin{table}[tbp]", r"\centering\footnotesize", caption,
            rf"\begin{{tabular}}{{{form}}}", r"\toprule", head, r"\midrule", *rows, r"\bottomrule",
            r"\end{tabular}", r"\end{table}",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _form(column: Column) -> str:
    """How LaTeX sets a column; text that is wrapped is not stretched."""
    if column.width is not None:
        return rf">{{\raggedright\arraybackslash}}p{{{column.width:g}\textwidth}}"
    return "r" if column.is_number else "l"


def markdown_table(table: PaperTable) -> str:
    """A table as GitHub and pandoc have it, under its caption."""
    rules = ["---:" if column.is_number else "---" for column in table.columns]
    texts = [[column.name for column in table.columns], *table.rows]
    head, *rows = [[cell.replace("|", "\\|") for cell in row] for row in texts]
    lines = [f"| {' | '.join(row)} |" for row in (head, rules, *rows)]
    return "\n".join([f"{table.caption}\n", *lines]) + "\n"


def tex_environment() -> Environment:
    """For templates of LaTeX, in which braces and percent signs are LaTeX's own."""
    return Environment(
        block_start_string="<%", block_end_string="%>",
        variable_start_string="<<", variable_end_string=">>",
        comment_start_string="<#", comment_end_string="#>",
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
