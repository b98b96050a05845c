"""Pages from templates: single files that need no network."""

from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from nbconvert.filters.markdown import markdown2html

from course_notebooks.cleaning import clean


def render(template: str, *, room: str = "results", **values: Any) -> str:
    """A page of a folder's `templates/`, with every value made harmless.

    Args:
        template: its name.
        room: the folder of `course_grader/`.
        values: for the template; whatever is in them is text.
    """
    environment = Environment(
        loader=PackageLoader(f"course_grader.{room}", "templates"),
        autoescape=True,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["markdown"] = _markdown
    return environment.get_template(template).render(values)


def _cleaned(value: Any) -> Any:
    """What a template writes; jinja then escapes what is no markup."""
    if isinstance(value, Markup):
        return Markup(clean(value))
    return clean(value) if isinstance(value, str) else value


def _markdown(text: str) -> Markup:
    """A lecturer's Markdown as HTML."""
    return Markup(markdown2html(text))
