"""Rubrics: how a tutor gives the points of a written answer, read from the solution notebook.

The rubric of a task that a tutor marks stands at the end of its solution, between the markers, so
that no student gets it. After a line that starts with `**Rubric` each part of the points has a
line, in a list or in a table; whatever else stands there (common mistakes, say) is a note.

.. code-block:: markdown

    <!-- ### BEGIN SOLUTION -->
    The model answer.

    **Rubric for the tutor (1 point).**

    - 0.6: the reason is named
    - 0.4: and compared with the figure
    - *Common mistakes:* the figure is described, not used.
    <!-- ### END SOLUTION -->
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nbgrader.utils import is_grade, is_solution

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.markers import BEGIN_RUBRIC, BEGIN_SOLUTION, END_SOLUTION
from course_grader.release.masters import source_of

_NUMBER = r"\**(\d+(?:\.\d+)?)\**"
_ITEM = re.compile(rf"[-*]\s+{_NUMBER}(?:\s+points?)?\s*:\s*(.+)")
_ROW = re.compile(rf"\|\s*{_NUMBER}\s*\|\s*(.+?)\s*\|")
_HEAD = re.compile(r"\|\s*(?:points|:?-+:?)\s*\|.*\|")
_RULE = re.compile(r"-{3,}")
_HOW = "before END SOLUTION, `**Rubric for the tutor.**` and a line `- 0.5: what for` for each part"


class RubricError(CourseError):
    """A rubric is missing or does not fit its task."""


class NoRubricError(RubricError):
    """There is none at all."""


@dataclass(frozen=True)
class Criterion:
    """One part of a task's points.

    Attributes:
        points: that it is worth.
        text: what they are given for, in Markdown.
    """

    points: float
    text: str


@dataclass(frozen=True)
class Rubric:
    """How a tutor marks a task.

    Attributes:
        points: that the task is worth.
        criteria: the parts, which add up to the points.
        notes: further advice, in Markdown; may be empty.
        answer: the model answer, in Markdown.
    """

    points: float
    criteria: tuple[Criterion, ...]
    notes: str
    answer: str


def is_manual(cell: Any) -> bool:
    """Whether a tutor marks a cell: it earns points and holds the answer itself."""
    return bool(is_grade(cell) and is_solution(cell))


def read_rubric(course: Course, sheet: str, name: str, task: str) -> Rubric:
    """The rubric of a task.

    Args:
        course: the course.
        sheet: the assignment.
        name: of the notebook.
        task: grade id of the written cell.

    Raises:
        RubricError: there is no such task, or its rubric is missing or does not fit.
    """
    for cell in source_of(course, sheet, name).cells:
        if is_manual(cell) and cell.metadata.nbgrader.get("grade_id") == task:
            return rubric_of(cell)
    raise RubricError(f"{name}.ipynb has no task {task} that a tutor marks")


def rubric_of(cell: Any) -> Rubric:
    """The rubric in a cell of a solution notebook.

    Raises:
        RubricError: it is missing or does not fit the cell's points; the text is a sentence about
            the cell.
    """
    points = float(cell.metadata.nbgrader.get("points", 0))
    within, without = _regions(str(cell.source))
    if any(_begins(line) for line in without):
        raise RubricError(
            "its rubric stands outside of the solution, where students would read it; "
            "move it before END SOLUTION"
        )
    answer, lines = split_rubric(within)
    if not lines:
        raise NoRubricError(f"a tutor marks it and its solution has no rubric; add, {_HOW}")
    criteria, notes = _parse(lines[1:])
    if not criteria:
        raise RubricError(f"its rubric names no points; expected, {_HOW}")
    total = sum(one.points for one in criteria)
    if abs(total - points) > 1e-6:
        raise RubricError(
            f"its rubric gives {total:g} points and the task is worth {points:g}; make them agree"
        )
    return Rubric(points, criteria, notes, _without_rule(answer))


def without_rubric(course: Course, sheet: str) -> list[str]:
    """Tasks of a sheet that a tutor marks without a rubric, as `notebook: task`."""
    found = []
    for name in course.notebooks(sheet):
        for cell in source_of(course, sheet, name).cells:
            try:
                if is_manual(cell):
                    rubric_of(cell)
            except NoRubricError:
                found.append(f"{name}: {cell.metadata.nbgrader.get('grade_id')}")
            except RubricError:
                continue  # the release says so
    return found


def split_rubric(lines: Iterable[str]) -> tuple[list[str], list[str]]:
    """A solution's lines before its rubric, and those from its first line on.

    Example:
        >>> split_rubric(["Because.", "", "**Rubric** (1 point)", "- 1: a reason"])
        (['Because.', ''], ['**Rubric** (1 point)', '- 1: a reason'])
    """
    lines = list(lines)
    start = next((n for n, line in enumerate(lines) if _begins(line)), len(lines))
    return lines[:start], lines[start:]


def _begins(line: str) -> bool:
    return line.lstrip(" \t#").startswith(BEGIN_RUBRIC)


def _regions(source: str) -> tuple[list[str], list[str]]:
    """Lines within the solution markers and lines outside of them."""
    within: list[str] = []
    without: list[str] = []
    here = without
    for line in source.split("\n"):
        if BEGIN_SOLUTION in line:
            here = within
        elif END_SOLUTION in line:
            here = without
        else:
            here.append(line)
    return within, without


def _parse(lines: list[str]) -> tuple[tuple[Criterion, ...], str]:
    """The parts of the points, and what else stands in a rubric."""
    criteria: list[Criterion] = []
    notes: list[str] = []
    goes_on = False
    for line in lines:
        text = line.strip().removeprefix("#").strip()  # a code cell's rubric is a comment
        match = _ITEM.fullmatch(text) or _ROW.fullmatch(text)
        if match:
            criteria.append(Criterion(float(match[1]), match[2]))
        elif goes_on and text and line[0].isspace():
            last = criteria.pop()
            criteria.append(Criterion(last.points, f"{last.text} {text}"))
        elif not _HEAD.fullmatch(text):
            notes.append(line.rstrip())
        goes_on = bool(criteria) and (match is not None or (goes_on and line[:1].isspace()))
    return tuple(criteria), "\n".join(notes).strip()


def _without_rule(lines: list[str]) -> str:
    """The answer without the horizontal rule that sets the rubric apart."""
    while lines and (not lines[-1].strip() or _RULE.fullmatch(lines[-1].strip())):
        lines = lines[:-1]
    return "\n".join(lines).strip("\n")
