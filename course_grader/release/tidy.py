"""Preprocessors that clean notebooks on their way to students.

`TidyNotebook` goes first in a release and `ClearAttachments` last, `HideTests` in the making of
feedback pages.
"""

import re
from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade

from course_grader.markers import BEGIN_HIDDEN, END_HIDDEN, LECTURE_DEMO
from course_grader.release.kept import keep_known, keep_shown

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FRAME = re.compile(r"^\s*(?:Cell |Input )?In\s*\[(\d+)\]")


def plain(text: str) -> str:
    """Text without terminal colours.

    Example:
        >>> plain("\\x1b[0;31mValueError\\x1b[0m: no")
        'ValueError: no'
    """
    return _ANSI.sub("", text)


def for_students(cells: list[Any]) -> list[Any]:
    """The cells without those that only the lecture shows."""
    return [cell for cell in cells if LECTURE_DEMO not in cell.metadata.get("tags", [])]


class TidyNotebook(NbGraderPreprocessor):  # type: ignore[misc]
    """Removes what a session in Jupyter leaves behind: timings, widgets, folded cells, versions.

    Cells tagged `lecture-demo` go, too: neither students nor the gradebook ever have them.
    Two releases of one solution are then the same bytes, whoever opened it in between, and nothing
    that a page does not show (parameters of a run, states of widgets, notes of other tools) tells
    students of a solution.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Cleans the notebook in place."""
        nb.cells = for_students(nb.cells)
        keep_known(nb)
        return nb, resources


class ClearAttachments(NbGraderPreprocessor):  # type: ignore[misc]
    """Removes pictures that a cell does not show any more, such as those of its solution."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Cleans the notebook in place."""
        for cell in nb.cells:
            keep_shown(cell)
        return nb, resources


class HideTests(NbGraderPreprocessor):  # type: ignore[misc]
    """Takes hidden tests out of a marked notebook; the result of each test stays.

    nbgrader marks with the master's cells, hidden part included, and would show them on the
    feedback page, in the cell and in the traceback of a failure. Here the hidden part becomes one
    line, and of a failure in such a cell only its message and the frames in the student's own
    cells are kept.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Cleans the notebook in place."""
        testing = {
            cell.get("execution_count")
            for cell in nb.cells
            if cell.cell_type == "code" and (is_grade(cell) or BEGIN_HIDDEN in cell.source)
        }
        for cell in nb.cells:
            if cell.cell_type == "code" and BEGIN_HIDDEN in cell.source:
                cell.source = without_hidden(cell.source, "# (hidden tests ran here)")
                for output in cell.outputs:
                    if output.output_type == "error":
                        output.traceback = public_traceback(output, testing)
        return nb, resources


def without_hidden(source: str, replacement: str | None = None) -> str:
    """The source with each hidden region replaced by one line, or by nothing.

    Example:
        >>> without_hidden("a = 1\\n### BEGIN HIDDEN TESTS\\nassert a\\n### END HIDDEN TESTS")
        'a = 1'
    """
    lines: list[str] = []
    hidden = False
    for line in source.split("\n"):
        if BEGIN_HIDDEN in line:
            hidden = True
            if replacement is not None:
                lines.append(replacement)
        elif END_HIDDEN in line:
            hidden = False
        elif not hidden:
            lines.append(line)
    return "\n".join(lines)


def public_traceback(output: Any, testing: set[int | None]) -> list[str]:
    """The frames of an error that lie in cells without tests, and its message.

    Args:
        output: an nbformat error output.
        testing: execution counts of the cells whose source must not be shown.
    """
    frames = []
    for entry in output.traceback:
        frame = _FRAME.match(plain(entry))
        if frame is not None and int(frame.group(1)) not in testing:
            frames.append(entry)
    name, text = plain(output.ename), plain(output.evalue)
    message = text if name == "CheckFailed" else f"{name}: {text}".rstrip(": ")
    return [*frames, message]
