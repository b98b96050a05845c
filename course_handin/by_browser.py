"""The pages without pandoc and typst: HTML by nbconvert, printed by a browser without a window."""

import copy
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

from course_notebooks.browser import PrintError, find_browser, print_page, with_own_mathjax
from course_notebooks.cleaning import html


def print_all(first: str, notebooks: dict[str, Any], folder: Path) -> list[bytes]:
    """A first page and notebooks, each as PDF.

    Args:
        first: HTML, from `page_of_lines`.
        notebooks: executed, by name.
        folder: where their relative paths start.

    Raises:
        PrintError: no browser, or it printed nothing.
    """
    browser = find_browser()
    if browser is None:
        raise PrintError("no Chromium, Chrome or Edge was found")
    pages = [first, *(_page(name, one, folder) for name, one in notebooks.items())]
    return [print_page(browser, page) for page in pages]


def _page(name: str, notebook: Any, folder: Path) -> str:
    config = Config()
    config.HTMLExporter.template_name = "lab"
    config.HTMLExporter.embed_images = True
    config.HTMLExporter.require_js_url = "data:text/javascript,"
    resources = {"metadata": {"path": str(folder), "name": name}}
    page, _ = HTMLExporter(config=config).from_notebook_node(copy.deepcopy(notebook), resources)
    return with_own_mathjax(page)


def page_of_lines(title: str, lines: list[str]) -> str:
    """A plain page."""
    items = "".join(f"<p>{html(line)}</p>" for line in lines)
    return (
        f'<html><head><meta charset="utf-8"><title>{html(title)}</title></head>'
        f"<body><h1>{html(title)}</h1>{items}</body></html>"
    )
