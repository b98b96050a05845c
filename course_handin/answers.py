"""What of a notebook is answered, which checks fail, and where it breaks."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from course_notebooks.cleaning import line, printed

_STUB = re.compile(r"^\s*raise NotImplementedError\b.*$", re.MULTILINE)
_CODE_MARK = "# YOUR CODE HERE"
_TEXT_MARK = re.compile(r"^\W*YOUR ANSWER HERE\W*$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(```+|~~~+).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
_LONGEST = 160


@dataclass
class Task:
    """The cells below one heading that ask for an answer or check one.

    Attributes:
        title: the heading.
        n_cells: how many cells ask for an answer.
        n_open: how many of them are not answered.
        n_checks: how many cells check, and were run.
        failing: what the failing checks say.
    """

    title: str
    n_cells: int = 0
    n_open: int = 0
    n_checks: int = 0
    failing: list[str] = field(default_factory=list)


@dataclass
class Review:
    """What a look at an executed notebook tells.

    Attributes:
        name: of the notebook.
        tasks: in their order.
        errors: cells, other than checks, that ended with an error, and the error.
    """

    name: str
    tasks: list[Task] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def problems(self) -> list[str]:
        """What the group should know, a sentence each."""
        found = []
        for task in self.tasks:
            if task.n_open:
                some = f" ({task.n_open} of {task.n_cells} cells)" if task.n_cells > 1 else ""
                found.append(f"unanswered: {task.title}{some}")
        for task in self.tasks:
            found += [f"a check fails: {task.title}: {text}" for text in task.failing]
        found += [f"an error, no points for code that does not run: {one}" for one in self.errors]
        return found


def review(name: str, notebook: Any) -> Review:
    """Looks through a notebook that was executed."""
    result = Review(name)
    tasks: dict[str, Task] = {}
    title = name
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            title = heading(cell.source) or title
        mark = cell.metadata.get("nbgrader")
        mark = mark if isinstance(mark, dict) else {}
        opened = is_open(cell)
        error = error_of(cell)
        checks = bool(mark.get("grade")) and not mark.get("solution") and cell.cell_type == "code"
        if mark.get("solution") or opened or checks:
            task = tasks.setdefault(title, Task(title))
            task.n_checks += checks and cell.get("execution_count") is not None
            task.n_cells += not checks
            task.n_open += opened
            if checks and error:
                task.failing.append(error)
                continue
        if error and not opened:
            result.errors.append(f"{title}, cell {index + 1}: {error}")
    result.tasks = list(tasks.values())
    return result


def heading(source: str) -> str:
    r"""The last heading of a markdown cell, or an empty string.

    Example:
        >>> heading("## 1a *First* (2 points)\n```\n# no heading\n```")
        '1a First (2 points)'
    """
    found = _HEADING.findall(_FENCE.sub("", source))
    return re.sub(r"[*`]", "", found[-1]) if found else ""


def is_open(cell: Any) -> bool:
    """Whether a cell still is as it was handed out, or holds a stub."""
    if is_untouched(cell):
        return True
    if cell.cell_type == "code":
        ours = bool(cell.metadata.get("nbgrader", {}).get("solution")) or _CODE_MARK in cell.source
        return ours and _STUB.search(cell.source) is not None
    return _TEXT_MARK.search(cell.source) is not None


def is_untouched(cell: Any) -> bool:
    """Whether a cell for an answer has the checksum that nbgrader gave it when it was handed out.

    Example:
        >>> from nbformat.v4 import new_code_cell
        >>> is_untouched(new_code_cell("x = 1"))
        False
    """
    mark = cell.metadata.get("nbgrader")
    if not isinstance(mark, dict) or not mark.get("solution"):
        return False
    is_graded, points = bool(mark.get("grade")), mark.get("points")
    parts = [cell.source, cell.cell_type, is_graded, True, False, mark.get("grade_id")]
    parts += [float(points)] if is_graded and isinstance(points, int | float) else []
    told = "".join(map(str, parts)).encode("utf-8", "replace")
    return bool(mark.get("checksum") == hashlib.md5(told, usedforsecurity=False).hexdigest())


def error_of(cell: Any) -> str:
    """The first line of the error that a cell ended with, or an empty string."""
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            name = line(str(output.get("ename", "error")))
            lines = printed(str(output.get("evalue", ""))).strip().splitlines()
            text = lines[0] if lines else ""
            if name != "CheckFailed":
                text = f"{name}: {text}" if text else name
            return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return ""
