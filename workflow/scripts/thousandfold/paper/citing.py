"""What a paper cites: the works that its methods name, and how Thousandfold itself is cited."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import yaml

from thousandfold.paper.texts import CITATION, TEMPLATES
from thousandfold.report.run import Run

OWN_KEY = "thousandfold"
"""What Thousandfold is cited by."""


@dataclass(frozen=True)
class Software:
    """A program as it wants to be cited."""

    title: str
    version: str
    authors: tuple[str, ...]
    year: str | None
    url: str | None


def software_of(citation: str) -> Software:
    """What a CITATION.cff says."""
    told: dict[str, Any] = yaml.safe_load(citation)
    released = told.get("date-released")
    return Software(
        title=told["title"],
        version=str(told["version"]),
        authors=tuple(map(_name, told["authors"])),
        year=str(released)[:4] if released else None,
        url=told.get("url") or told.get("repository-code"),
    )


def _name(author: dict[str, str]) -> str:
    """A person, or a group that has only one name."""
    parts = [author[part] for part in ("given-names", "family-names") if part in author]
    return author.get("name") or " ".join(parts)


def cited_keys(text: str) -> list[str]:
    """The keys of the works that a text cites, sorted."""
    found = (key for keys in CITATION.findall(text) for key in keys.replace("@", "").split("; "))
    return sorted(set(found))


def bibliography(keys: Collection[str], software: Software) -> str:
    """The BibTeX entries of these keys. Raises KeyError of one that is not known."""
    known = {OWN_KEY: _own_entry(software)} | _entries()
    return "\n\n".join(known[key] for key in keys) + "\n"


def _entries() -> dict[str, str]:
    """The entries of references.bib by their keys."""
    text = (TEMPLATES / "references.bib").read_text(encoding="utf-8")
    found = re.findall(r"^(@\w+\{([^,]+),.*?^\})", text, re.DOTALL | re.MULTILINE)
    return {key: entry for entry, key in found}


def _own_entry(software: Software) -> str:
    """Thousandfold's entry; braces keep its title's capitals and a group's name."""
    fields = {
        "author": " and ".join(f"{{{author}}}" for author in software.authors),
        "title": f"{{{software.title}}}",
        "note": f"Version {software.version}",
        "year": software.year,
        "url": software.url,
    }
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    return f"@misc{{{OWN_KEY},\n{''.join(lines)}}}"


def how_to_cite(run: Run, software: Software) -> str:
    """What to cite, in Markdown: Thousandfold, and the sources of the claims."""
    year = f" ({software.year})" if software.year else ""
    where = f" {software.url}" if software.url else ""
    sources = dict.fromkeys(finding.source for finding in run.study.findings if finding.source)
    return "\n".join([
        "# How to cite\n",
        "The software (`references.bib` has it as BibTeX):\n",
        f"> {' and '.join(software.authors)}{year}. *{software.title}* (version "
        f"{software.version}) [computer software].{where}\n",
        "Please cite the other entries of `references.bib` where your text rests on them, and the "
        "sources of the data.",
        *(["\nThe claims come from:\n"] if sources else []),
        *(f"- {source}" for source in sources),
    ]) + "\n"  # fmt: skip
