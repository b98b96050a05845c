"""What of a solution notebook students get besides the text of its cells: little, all named here.

Everything else may tell of a solution: outputs, pictures that were pasted into a cleared cell,
parameters of a run, states of widgets, what other tools wrote about a cell.
"""

import copy
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import unquote

from course_grader.cells import MARKS, cell_name, tags_of

_FIELDS = {"cell_type", "id", "metadata", "source"}
_CODE = {"outputs", "execution_count"}
_SWITCHES = ("deletable", "editable")
_KERNEL = ("name", "display_name", "language")


def keep_known(notebook: Any) -> None:
    """Removes outputs, metadata and fields that students do not need, in place."""
    for key in set(notebook) - {"nbformat", "nbformat_minor", "metadata", "cells"}:
        del notebook[key]
    notebook["metadata"] = type(notebook)(_about_notebook(notebook.metadata))
    for cell in notebook.cells:
        is_code = cell.cell_type == "code"
        for key in set(cell) - _FIELDS - (_CODE if is_code else {"attachments"}):
            del cell[key]
        cell["metadata"] = type(cell)(_about_cell(cell.metadata))
        if is_code:
            cell["outputs"], cell["execution_count"] = [], None


def _about_notebook(metadata: Any) -> dict[str, Any]:
    kernel = _texts(metadata.get("kernelspec"), _KERNEL)
    language = _texts(metadata.get("language_info"), ("name",))
    authors = metadata.get("authors")
    names = [_texts(one, ("name",)) for one in authors] if isinstance(authors, list) else []
    kept = {"kernelspec": kernel, "language_info": language, "authors": [n for n in names if n]}
    return {key: value for key, value in kept.items() if value} | _texts(metadata, ("title",))


def _texts(table: Any, keys: tuple[str, ...]) -> dict[str, str]:
    """Entries of a table that are text; none if it is no table."""
    found = {key: table.get(key) for key in keys} if isinstance(table, dict) else {}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def _about_cell(metadata: Any) -> dict[str, Any]:
    kept: dict[str, Any] = {
        key: metadata[key] for key in _SWITCHES if type(metadata.get(key)) is bool
    }
    mark = metadata.get("nbgrader")
    if isinstance(mark, dict):
        known = {key: mark[key] for key, kind in MARKS.items() if isinstance(mark.get(key), kind)}
        kept["nbgrader"] = type(mark)(known)
    if tags := tags_of(metadata):
        kept["tags"] = tags
    return kept


def keep_shown(cell: Any) -> None:
    """Removes attachments that the text of a cell does not show, in place."""
    if "attachments" not in cell:
        return
    given = cell["attachments"]
    shown = {
        name: kinds
        for name, kinds in (given.items() if isinstance(given, dict) else ())
        if cell.cell_type != "code" and shows(cell.source, name)
    }
    if shown:
        cell["attachments"] = type(cell)(shown)
    else:
        del cell["attachments"]


def shows(text: str, name: str) -> bool:
    """Whether a text refers to an attachment, as Markdown or as HTML.

    Example:
        >>> shows("![a plot](attachment:my%20plot.png)", "my plot.png")
        True
        >>> shows("![](attachment:plot.png)", "plot")
        False
    """
    found = rf"attachment:{re.escape(name)}(?=[\s)>\]\"'#?]|$)"
    return any(re.search(found, one) for one in (text, unquote(unescape(text))))


def leftovers(notebook: Any) -> Iterator[str]:
    """What a students' notebook holds besides, as sentences with the name of the cell."""
    bare = copy.deepcopy(notebook)
    keep_known(bare)
    for key in _gone(notebook, bare) + _gone(notebook.metadata, bare.metadata):
        yield f"metadata of the notebook: {key!r} is left"
    for index, (cell, like) in enumerate(zip(notebook.cells, bare.cells, strict=True)):
        where = cell_name(cell, index)
        keep_shown(like)
        for key in _gone(cell.metadata, like.metadata):
            yield f"{where}: {key!r} is left in its metadata"
        if cell.get("outputs") or cell.get("execution_count"):
            yield f"{where}: outputs are left"
        if cell.get("attachments") != like.get("attachments"):
            names = sorted(set(cell["attachments"]) - set(like.get("attachments", {})))
            yield f"{where}: it does not show {', '.join(names)}, which is attached to it"
        for key in set(cell) - set(like) - {"attachments"}:
            yield f"{where}: {key!r} is left"


def _gone(there: Any, kept: Any) -> list[str]:
    """Entries of a table that are not kept as they are."""
    plain = ("cells", "metadata")
    return [key for key in there if key not in plain and there[key] != kept.get(key)]
