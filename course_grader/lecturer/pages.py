"""Executed notebooks to look at: pages and slides that need no network, wherever they are put."""

import copy
import importlib.util
import shutil
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter, SlidesExporter
from traitlets.config import Config

from course_grader.lecturer.slides import as_slides
from course_grader.release.tidy import without_hidden
from course_notebooks.browser import FONT, MATHJAX, mathjax_url

_TEMPLATES = Path(__file__).parent / "templates"
_MATHJAX = "assets/mathjax"
_REVEAL = "assets/reveal.js"
_OF_REVEAL = ("LICENSE", "dist", "plugin/notes")
NO_SLIDES = (
    "no slides: reveal.js was not found. It comes with the package sphinx-revealjs: run "
    "`pip install -r requirements.lock`, then this command again"
)


def find_reveal() -> Path | None:
    """The folder of reveal.js on this disk, or `None`; Sphinx itself is not loaded."""
    package = importlib.util.find_spec("sphinx_revealjs")
    places = package.submodule_search_locations if package else None
    folders = [Path(place) / "_static" / "revealjs" for place in places or []]
    return next((path for path in folders if (path / "dist" / "reveal.js").is_file()), None)


def write_assets(folder: Path) -> None:
    """Puts what the pages of a folder load beside them: MathJax, and reveal.js if there is one."""
    _place(MATHJAX, folder / _MATHJAX)
    if reveal := find_reveal():
        for name in _OF_REVEAL:
            _place(reveal / name, folder / _REVEAL / name)


def _place(source: Path, target: Path) -> None:
    if source.is_dir():
        ignored = shutil.ignore_patterns("*.map")
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=ignored)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def readable(notebook: Any) -> Any:
    """A copy without the markers of nbgrader and without hidden tests."""
    shown = copy.deepcopy(notebook)
    for cell in shown.cells:
        if cell.cell_type == "code":
            lines = without_hidden(cell.source).split("\n")
            cell.source = "\n".join(line for line in lines if " SOLUTION" not in line).rstrip()
    return shown


def to_html(notebook: Any, folder: Path, title: str, *, for_print: bool = False) -> str:
    """A page with its images inside; `write_assets` puts beside it what it loads.

    Args:
        notebook: an executed notebook.
        folder: where its relative paths start.
        title: of the page.
        for_print: equations are set by the MathJax of this Python's packages, wherever the page is;
            of an output that moves the picture is shown.
    """
    config = _config("page")
    if for_print:
        config.HTMLExporter.mathjax_url = mathjax_url()
        kinds = list(HTMLExporter().default_config.NbConvertBase.display_data_priority)
        kinds.remove("image/png")
        config.NbConvertBase.display_data_priority = ["image/png", *kinds]
    return _export(HTMLExporter(config=config), notebook, folder, title)


def to_slides(notebook: Any, folder: Path, title: str) -> str:
    """Slides of reveal.js; `write_assets` puts beside them what they load.

    Args:
        notebook: an executed notebook.
        folder: where its relative paths start.
        title: of the page.
    """
    config = _config("slides")
    config.SlidesExporter.reveal_url_prefix = _REVEAL
    config.SlidesExporter.reveal_theme = "white"
    return _export(SlidesExporter(config=config), as_slides(notebook), folder, title)


def _config(template: str) -> Config:
    config = Config()
    config.HTMLExporter.template_name = template
    config.HTMLExporter.extra_template_basedirs = [str(_TEMPLATES)]
    config.HTMLExporter.extra_template_paths = [str(_TEMPLATES)]
    config.HTMLExporter.embed_images = True
    config.HTMLExporter.mathjax_url = (
        f"{_MATHJAX}/MathJax.js?config=TeX-AMS-MML_HTMLorMML-full,Safe"
    )
    return config


def _export(exporter: Any, notebook: Any, folder: Path, title: str) -> str:
    resources = {"metadata": {"path": str(folder), "name": title}}
    page, _ = exporter.from_notebook_node(copy.deepcopy(notebook), resources)
    return str(page).replace("</head>", FONT, 1)
