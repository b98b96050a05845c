"""Written answers that stand in cells of the group's own, beside the cell that is meant for them.

A group adds a cell above or below, splits the question's cell in two, answers in a comment, or its
editor loses the metadata by which nbgrader knows the cell. The cell itself is untouched then, for
which nbgrader gives no points. Here a tutor is asked instead.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbgrader.utils import is_grade, is_locked, is_solution, is_task

from course_grader.cells import untouched
from course_grader.errors import CourseError
from course_grader.files import read_notebook

BESIDE = "nothing in the cell; own cells stand beside it"
_WORD = re.compile(r"[^\W_]|[!?=]|\$")
_COMMENT = re.compile(r"#\s*(.*)")
# What editors add by themselves: links with badges.
_TAG = re.compile(r"<([^<>]*)>")
_BADGES = ("badge", "colab", "deepnote", "data:image/svg")
_EDITORS = ("created in deepnote.com", "open in colab", "open in kaggle", "open in deepnote", "")
_LONGEST = 5_000  # signs of what an editor adds


@dataclass(frozen=True)
class HandedOut:
    """What a notebook held when it was handed out.

    Attributes:
        lines: of all cells but answers, without space around and between words.
        ids: of the cells.
    """

    lines: frozenset[str]
    ids: frozenset[str]

    @classmethod
    def of(cls, cells: Iterable[Any]) -> "HandedOut":
        """What cells hold."""
        cells = list(cells)
        lines = frozenset(line for cell in cells for line in _lines(cell.source))
        return cls(lines, frozenset(str(cell.get("id", "")) for cell in cells))

    def __or__(self, other: "HandedOut") -> "HandedOut":
        return HandedOut(self.lines | other.lines, self.ids | other.ids)


def handed_out(paths: Iterable[Path]) -> HandedOut:
    """What students were given, of the solution and of the release, where they are.

    Args:
        paths: the notebooks. Of cells for answers nothing is taken: the model answer is in them.
    """
    known = HandedOut(frozenset(), frozenset())
    for path in paths:
        try:
            known |= _given(path, os.stat(path).st_mtime_ns)
        except (OSError, CourseError):
            continue
    return known


@lru_cache(maxsize=100)
def _given(path: Path, _changed: int) -> HandedOut:
    return HandedOut.of(cell for cell in read_notebook(path).cells if not is_solution(cell))


def beside(cells: Sequence[Any], index: int, given: HandedOut) -> str:
    """The text of own cells around a cell, as far as the next answers and tests.

    Args:
        cells: of a submission.
        index: of the cell.
        given: what the notebook held when it was handed out.

    Returns:
        The text, empty if there is none.

    Example:
        >>> from nbformat.v4 import new_markdown_cell
        >>> cells = [new_markdown_cell(text) for text in ("Why?", "YOUR ANSWER HERE", "Because.")]
        >>> beside(cells, 1, HandedOut.of(cells[:2]))
        'Because.'
    """
    kept = [cell for cell in cells if is_locked(cell) or _is_open(cell)]
    given = given | HandedOut.of(kept)
    around = [*_until(reversed(cells[:index])), *_until(cells[index + 1 :])]
    return "\n".join(line for cell in around for line in own_lines(cell, given))


def _is_open(cell: Any) -> bool:
    return bool(is_solution(cell)) and untouched(cell)


def _until(cells: Iterable[Any]) -> Iterator[Any]:
    for cell in cells:
        if is_grade(cell) or is_solution(cell) or is_task(cell):
            return
        yield cell


def own_lines(cell: Any, given: HandedOut) -> list[str]:
    """Lines of a cell that were not handed out and say something.

    Of code that was handed out and then changed only comments count: who tries another number in it
    answers no question.
    """
    lines = [line for line in _lines(cell.source) if line not in given.lines]
    if cell.cell_type == "code" and str(cell.get("id", "")) in given.ids:
        said = (found[1] for line in lines if (found := _COMMENT.search(line)))
        lines = [text for text in said if _WORD.search(text) and text not in given.lines]
    return [] if _is_of_an_editor(" ".join(lines)) else lines


def _is_of_an_editor(text: str) -> bool:
    if len(text) > _LONGEST:
        return False
    pictures = [tag for tag in _TAG.findall(text.lower()) if tag.startswith("img")]
    said = " ".join(_TAG.sub(" ", text).lower().split())
    return said in _EDITORS and all(any(word in tag for word in _BADGES) for tag in pictures)


def _lines(source: str) -> list[str]:
    lines = (" ".join(line.split()) for line in str(source).split("\n"))
    return [line for line in lines if _WORD.search(line)]
