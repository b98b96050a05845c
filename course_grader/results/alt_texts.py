"""A text in words for every figure on a page, for those who cannot see it.

A notebook shows the figure that one should get as `![words](figures/NAME.png)`; the words also
describe the output of the cell tagged `figure-NAME`. A cell's metadata may give others: `"alt"`.
"""

import re
from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor

PICTURES = ("image/png", "image/jpeg", "image/gif")
_IMAGE = re.compile(r"!\[((?:[^\[\]]|\[[^\[\]]*\])+)\]\(\s*<?([^()\s>]+)")
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+)$", re.MULTILINE)
_LONGEST = 500  # signs of a heading
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_MARKS = re.compile(r"\*\*|`|\[([^\]]*)\]\([^)]*\)")
_TAG = "figure-"


class AltTexts(NbGraderPreprocessor):  # type: ignore[misc]
    """Gives each picture among the outputs its alt text."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Sets the texts in place, in the metadata of the outputs."""
        describe_figures(nb)
        return nb, resources


def describe_figures(notebook: Any) -> None:
    """Stores an alt text in the metadata of each output that is a picture.

    The words of the expected figure where the notebook has them, else "Figure 2 of" the heading.

    Args:
        notebook: executed; changed in place.
    """
    known = expected_figures(notebook)
    heading, number = "the notebook", 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            titles = headings(cell.source)
            if titles:
                heading, number = titles[-1], 0
        count = 0
        for output in cell.get("outputs", []):
            kinds = [kind for kind in PICTURES if kind in output.get("data", {})]
            if not kinds:
                continue
            count, number = count + 1, number + 1
            words = _given(cell, count) or known.get(_figure(cell, count))
            for kind in kinds:
                own = output.metadata.get(kind)
                entry = dict(own) if isinstance(own, dict) else {}
                entry["alt"] = words or f"Figure {number} of {heading}"
                output.metadata[kind] = entry


def expected_figures(notebook: Any) -> dict[str, str]:
    """The words of the figures that a notebook's texts show, by the name of the file.

    Example:
        >>> from nbformat.v4 import new_markdown_cell, new_notebook
        >>> cell = new_markdown_cell("You should get ![A parabola.](figures/square.png)")
        >>> expected_figures(new_notebook(cells=[cell]))
        {'square': 'A parabola.'}
    """
    return {
        path.rsplit("/", 1)[-1].rsplit(".", 1)[0]: " ".join(words.split())
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for words, path in _IMAGE.findall(cell.source)
    }


def headings(source: str) -> list[str]:
    """The headings of a text, without marks.

    Example:
        >>> headings("# The **loss**\\n\\ntext\\n\\n## Of a [GAN](gan.md) #")
        ['The loss', 'Of a GAN']
    """
    lines = _HEADING.findall(_FENCE.sub("", source))
    titles = [title for line in lines if (title := line[:_LONGEST].rstrip(" \t#"))]
    return [_MARKS.sub(lambda mark: mark.group(1) or "", title) for title in titles]


def _figure(cell: Any, count: int) -> str:
    """The name of a cell's figure; its second one is `NAME-2`, as in `genlhc solutions`."""
    tags = [tag for tag in cell.metadata.get("tags", []) if tag.startswith(_TAG)]
    name = tags[0].removeprefix(_TAG) if tags else ""
    return name if count == 1 or not name else f"{name}-{count}"


def _given(cell: Any, count: int) -> str | None:
    """The text of the cell's own metadata: one text, or one for each picture."""
    given = cell.metadata.get("alt")
    texts = given if isinstance(given, list) else [given]
    words = texts[count - 1] if count <= len(texts) else None
    return words if isinstance(words, str) and words.strip() else None
