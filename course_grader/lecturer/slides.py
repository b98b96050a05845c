"""Where the slides of a notebook begin: at its headings, its answers in code, its figures.

`slide_type` in a cell's metadata (JupyterLab's slide panel) has the last word.
"""

import copy
import re
from collections.abc import Iterator
from typing import Any

from nbformat.v4 import new_markdown_cell

from course_grader.results.alt_texts import PICTURES, headings

_LONG = 12  # lines of code that fill half a slide
_IMAGE = re.compile(r"!\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(\s*<?figures/([^()\s>]+)>?[^()]*\)")
_FENCE = re.compile(r"\s*(```|~~~)")
_HEADING = re.compile(r"(#{1,6})[ \t]+\S")
_TAG = "figure-"


def as_slides(notebook: Any) -> Any:
    """A copy of an executed notebook in which each cell says how it continues the slides.

    Titles and sections go to the right, their parts down. Code that is long and figures start a
    slide; what is written after a figure stays with it. The code of a figure is folded, and the
    picture of the expected figure makes way for the figure itself.
    """
    shown = copy.deepcopy(notebook)
    drawn = {
        tag.removeprefix(_TAG)
        for cell in shown.cells
        if _has_picture(cell)
        for tag in cell.metadata.get("tags", [])
        if tag.startswith(_TAG)
    }
    shown.cells = [part for cell in shown.cells for part in _parts(cell, drawn)]
    for cell in shown.cells:
        details = cell.metadata.setdefault("slideshow", {})
        if not details.get("slide_type"):
            details["slide_type"] = _slide_type(cell)
        if _has_picture(cell):
            cell.metadata["folded"] = True
    return shown


def _slide_type(cell: Any) -> str:
    """What a cell starts: `slide` (to the right), `subslide` (down) or nothing, `-`."""
    if cell.cell_type == "markdown":
        match = _HEADING.match(cell.source.lstrip())
        level = len(match.group(1)) if match and headings(cell.source) else 0
        return "-" if not level else "slide" if level <= 2 else "subslide"
    long = cell.source.count("\n") + 1 > _LONG
    return "subslide" if long or _has_picture(cell) else "-"


def _parts(cell: Any, drawn: set[str]) -> Iterator[Any]:
    """A text cell cut before each of its headings, without the figures that follow as outputs."""
    if cell.cell_type != "markdown" or cell.metadata.get("slideshow", {}).get("slide_type"):
        yield cell
        return

    def other(match: re.Match[str]) -> str:
        return "" if match.group(1).rsplit(".", 1)[0] in drawn else match.group()

    for number, text in enumerate(_sections(_IMAGE.sub(other, cell.source)), 1):
        yield new_markdown_cell(
            text, id=f"{cell.id}-{number}"[:64], metadata=copy.deepcopy(cell.metadata)
        )


def _sections(source: str) -> list[str]:
    """A text cut before its headings; code in fences stays whole.

    Example:
        >>> _sections("# One\\n\\na\\n\\n## Two\\n\\nb")
        ['# One\\n\\na', '## Two\\n\\nb']
    """
    found: list[list[str]] = [[]]
    fenced = False
    for line in source.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        if _HEADING.match(line) and not fenced:
            found.append([])
        found[-1].append(line)
    texts = ["\n".join(lines).strip() for lines in found]
    return [text for text in texts if text]


def _has_picture(cell: Any) -> bool:
    return any(
        kind in output.get("data", {}) for output in cell.get("outputs", []) for kind in PICTURES
    )
