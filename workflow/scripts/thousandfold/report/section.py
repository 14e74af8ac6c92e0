"""What a section of the page is: a view, whose fields are what its template shows.

A section is a module in sections/ and the template of the same name. Its class says what it makes
of a run; the template places the fields, and has nothing but them.
"""

from dataclasses import dataclass, fields

from jinja2 import Environment
from markupsafe import Markup


@dataclass(frozen=True)
class Section:
    """A section's view. Its class has a method `of`, which makes it, or None, of a run."""

    @classmethod
    def template(cls) -> str:
        """The file name of its template."""
        return f"{cls.__module__.rpartition('.')[2]}.html"

    def html(self, environment: Environment) -> Markup:
        """The section as part of the page."""
        shown = {field.name: getattr(self, field.name) for field in fields(self)}
        return Markup(environment.get_template(self.template()).render(shown))
