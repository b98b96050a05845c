"""The first cell of a notebook that stopped, and the tasks that lost their points by it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from course_grader.cells import NOT_RUN, STOPPED, cell_name, is_test
from course_grader.marking.grade_cell import MOST_LINES
from course_grader.release.tidy import plain

MISSING = "NameError"  # how tests find what a cell that stopped did not define
_LINE = re.compile(r"In\[\d+\], line (\d+)")
_INPUT = re.compile(r" ?\(<ipython-input[^()]*\)")


@dataclass(frozen=True)
class Stop:
    """A cell that stopped.

    Attributes:
        index: its place in the notebook.
        text: one sentence that says where it stopped, and why.
    """

    index: int
    text: str


def first_stop(cells: Iterable[Any]) -> Stop | None:
    """The first cell of the group's that ended with an error; open tasks do not count.

    Example:
        >>> from nbformat.v4 import new_code_cell, new_output
        >>> lines = ["Cell In[1], line 2"]
        >>> error = new_output("error", ename="KeyError", evalue="'x'", traceback=lines)
        >>> first_stop([new_code_cell("a = {}\\na['x']", outputs=[error])]).text
        "cell 1 stopped at its line 2: KeyError: 'x'; nothing after it in this cell could run"
    """
    for index, cell in enumerate(cells):
        if cell.cell_type != "code" or is_test(cell):
            continue
        for output in cell.outputs:
            if output.output_type == "error" and output.ename not in (
                "NotImplementedError",
                NOT_RUN,
            ):
                return Stop(index, _sentence(cell, index, output))
    return None


def _sentence(cell: Any, index: int, error: Any) -> str:
    name = cell_name(cell, index)
    if cell.metadata.get("nbgrader", {}).get("grade_id"):
        name = f"the cell `{name}`"
    kind, why = plain(str(error.ename)), " ".join(plain(str(error.evalue)).split())
    why = _INPUT.sub("", why)
    why = " ".join((why if kind == STOPPED else f"{kind}: {why}" if why else kind).split())[:300]
    at = _LINE.search(plain("\n".join(error.traceback)))
    is_human = cell.source.count("\n") < MOST_LINES
    where = f" at its line {at[1]}" if at and is_human and kind != STOPPED else ""
    return f"{name} stopped{where}: {why}; nothing after it in this cell could run"


def by_stop(stop: Stop | None, index: int, reason: str) -> bool:
    """Whether a task may have lost its points because a cell above had stopped.

    Args:
        stop: the first cell that stopped.
        index: the task's place in the notebook.
        reason: why points are missing.
    """
    return stop is not None and stop.index < index and reason.startswith(MISSING)
