"""Sphinx's settings; `make docs` builds docs/_build/docs/index.html.

The source is the whole checkout, so that README, benchmarks and docs can link to each other.
"""

project = "Thousandfold"
author = copyright = "Thousandfold's contributors"

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md", "benchmarks/*.md", "config/*.md", "data/*.md"]

html_theme = "furo"
html_title = "Thousandfold"
html_copy_source = False
html_show_sphinx = False
