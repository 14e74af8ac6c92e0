"""A finished run for a paper: tables, figures and methods as LaTeX and Markdown, from its records.

Every number comes from a table, the config or the provenance, printed as the page prints it.
"""

from collections.abc import Mapping
from typing import Any

from thousandfold.paper.citing import bibliography, cited_keys, how_to_cite, software_of
from thousandfold.paper.drawings import drawings
from thousandfold.paper.methods import methods
from thousandfold.paper.tables import paper_tables
from thousandfold.paper.texts import TEMPLATES, latex, latex_table, markdown_table, tex_environment
from thousandfold.report.run import Run


def paper_files(run: Run, told: Mapping[str, Any], citation: str) -> dict[str, bytes]:
    """The files of the paper by their paths in its folder.

    `told` is the run's provenance.json, `citation` the content of CITATION.cff.
    """
    software = software_of(citation)
    text = methods(run, told)
    tables = paper_tables(run)
    figures = drawings(run)
    texts = {
        "methods.md": f"{text}\n",
        "methods.tex": f"{latex(text)}\n",
        "references.bib": bibliography(cited_keys(text), software),
        "how-to-cite.md": how_to_cite(run, software),
    }
    for table in tables:
        texts[f"tables/{table.name}.md"] = markdown_table(table)
        texts[f"tables/{table.name}.tex"] = latex_table(table)
    template = tex_environment().from_string((TEMPLATES / "paper.tex").read_text(encoding="utf-8"))
    texts["paper.tex"] = template.render(
        title=latex(run.study.title),
        authors=latex(" and ".join(software.authors)),
        tables=[table.name for table in tables],
        figures=[(figure.name, latex(figure.caption)) for figure in figures],
    )
    return {name: content.encode() for name, content in texts.items()} | {
        f"figures/{figure.name}.{form}": content
        for figure in figures
        for form, content in figure.files.items()
    }
