"""Pages from templates: single files that need no network."""

from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape


def render(template: str, **values: Any) -> str:
    """A page of `results/templates/`, with every value made harmless."""
    environment = Environment(
        loader=PackageLoader("course_grader.results", "templates"),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(values)
