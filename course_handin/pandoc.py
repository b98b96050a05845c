"""Texts of notebooks as typst, by pandoc.

A document passes as pandoc's tree, where equations, pictures and HTML are replaced by what a page
can show; each text stands between markers, so that one call serves them all.
"""

import json
from collections.abc import Callable
from typing import Any

import nbformat
import pypandoc
from nbformat.v4 import new_markdown_cell, new_notebook

from course_notebooks.browser import PrintError

Node = dict[str, Any]
_READ = (
    "ipynb+raw_tex+implicit_figures+markdown_in_html_blocks+footnotes+tex_math_double_backslash"
    "-citations-auto_identifiers-gfm_auto_identifiers"
)
_MARK = "%%GENLHC%%"


class PandocError(PrintError):
    """Pandoc is missing, or cannot read or write this; the text is its last word."""


def read(sources: list[str]) -> list[list[Node]]:
    """Markdown cells as pandoc's trees.

    Raises:
        PandocError: pandoc does not get along with them.
    """
    cells = [new_markdown_cell(source) for source in sources]
    for number, cell in enumerate(cells):
        cell["id"] = f"text-{number}"  # attachments get it as a prefix
    text = nbformat.writes(new_notebook(cells=cells))
    blocks = json.loads(_convert(text, "json", _READ))["blocks"]
    return [block["c"][1] for block in blocks]


def write(trees: list[list[Node]], version: list[int]) -> list[str]:
    """Trees as typst.

    Args:
        trees: blocks of each text.
        version: of the tree.

    Raises:
        PandocError: pandoc does not get along with them.
    """
    blocks = []
    for tree in trees:
        blocks += [raw_block(_MARK), *tree]
    document = {"pandoc-api-version": version, "meta": {}, "blocks": blocks}
    text = _convert(json.dumps(document), "typst", "json")
    return [part.strip() for part in text.split(_MARK)[1:]]


def _convert(text: str, to: str, source: str) -> str:
    options = ["--wrap=none", "--quiet", "--syntax-highlighting=idiomatic"]
    try:
        return str(pypandoc.convert_text(text, to, format=source, extra_args=options))
    except (RuntimeError, OSError, ValueError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise PandocError(lines[-1]) from error


def api_version() -> list[int]:
    """The version of pandoc's tree, which it wants to read again.

    Raises:
        PandocError: there is no pandoc that works.
    """
    version: list[int] = json.loads(_convert("", "json", "markdown"))["pandoc-api-version"]
    return version


def raw_block(text: str) -> Node:
    """Typst between blocks."""
    return {"t": "RawBlock", "c": ["typst", text]}


def raw_inline(text: str) -> Node:
    """Typst within a paragraph."""
    return {"t": "RawInline", "c": ["typst", text]}


def mapped(value: Any, change: Callable[[Node], list[Node] | None]) -> Any:
    """A tree with some of its nodes replaced.

    Args:
        value: a tree or part of one.
        change: what stands in a node's place, or `None` to leave it and look into it.
    """
    if isinstance(value, list):
        result: list[Any] = []
        for item in value:
            instead = change(item) if isinstance(item, dict) and "t" in item else None
            if instead is None:
                result.append(mapped(item, change))
            else:
                result += instead
        return result
    if isinstance(value, dict):
        return {key: mapped(item, change) for key, item in value.items()}
    return value


def plain(value: Any) -> str:
    """The words of a tree."""
    if isinstance(value, list):
        return "".join(plain(item) for item in value)
    if not isinstance(value, dict):
        return ""
    kind, content = value.get("t"), value.get("c")
    if kind in ("Space", "SoftBreak", "LineBreak"):
        return " "
    if kind == "Str":
        return str(content)
    if kind in ("Code", "Math") and isinstance(content, list):
        return str(content[1])
    return plain(content)
