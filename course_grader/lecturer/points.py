"""The points of a sheet: where they stand, what they add up to, and what students are told.

Points stand in the metadata of the graded cells and nowhere else. The first cell of a notebook
usually has a table of tasks for students; here it is compared with the cells.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.utils import is_grade, is_solution, is_task

from course_grader.console import Console
from course_grader.course import Course
from course_grader.files import read_notebook
from course_grader.marking.budgets import WHOLE, budgets
from course_notebooks.terminal import Table

_RULE = re.compile(r"^:?-+:?$")


@dataclass(frozen=True)
class Task:
    """A graded cell.

    Attributes:
        name: its grade id.
        points: the most that it earns.
        by_tutor: whether a tutor marks it.
        budget: seconds that it may take, if the solution sets them.
    """

    name: str
    points: float
    by_tutor: bool
    budget: str = ""


@dataclass(frozen=True)
class Row:
    """A line of the students' table; one in bold is the sum of those below it, if there are any."""

    task: str
    points: float
    is_bold: bool


@dataclass(frozen=True)
class NotebookPoints:
    """A notebook's graded cells, and where its table says something else."""

    name: str
    tasks: tuple[Task, ...]
    problems: tuple[str, ...]

    @property
    def total(self) -> float:
        """The sum of all points."""
        return math.fsum(task.points for task in self.tasks)


def points_of(course: Course, sheet: str) -> list[NotebookPoints]:
    """The points of each notebook of a sheet.

    Raises:
        CourseError: there is no such sheet.
    """
    paths = [course.source / sheet / f"{name}.ipynb" for name in course.notebooks(sheet)]
    return [_of_notebook(path) for path in paths]


def _of_notebook(path: Path) -> NotebookPoints:
    notebook = read_notebook(path)
    budget = {
        name: ", ".join(f"{kind} {seconds:g} s" for kind, seconds in said.items())
        for name, said in budgets(notebook).items()
        if name != WHOLE
    }
    tasks = tuple(
        Task(
            name,
            float(cell.metadata.nbgrader.points),
            is_task(cell) or is_solution(cell),
            budget.get(name, ""),
        )
        for cell in notebook.cells
        if is_grade(cell) or is_task(cell)
        for name in [str(cell.metadata.nbgrader.grade_id)]
    )
    first = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
    return NotebookPoints(path.stem, tasks, tuple(compare(tasks, table_rows(first))))


def table_rows(text: str) -> list[Row]:
    """The lines of the first Markdown table with a column `points`.

    Example:
        >>> table_rows("| task | points |\\n| :-- | --: |\\n| **1** | **2** |\\n| 1a | 2 |")
        [Row(task='1', points=2.0, is_bold=True), Row(task='1a', points=2.0, is_bold=False)]
    """
    rows: list[Row] = []
    column: int | None = None
    for line in text.split("\n"):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.lstrip().startswith("|"):
            if rows:
                break
            column = None
        elif column is None:
            names = [cell.lower() for cell in cells]
            column = names.index("points") if "points" in names else None
        elif not all(_RULE.match(cell) for cell in cells) and column < len(cells):
            bold = cells[column].startswith("**")
            try:
                points = float(cells[column].strip("*"))
            except ValueError:
                points = math.nan  # found by `compare`
            rows.append(Row(cells[0].strip("*"), points, bold))
    return rows


def compare(tasks: tuple[Task, ...], rows: list[Row]) -> Iterator[str]:
    """Where a table and the graded cells differ, as sentences."""
    if not rows:
        if tasks:
            yield "its first Markdown cell has no table with a column `points`"
        return
    wrong = [row.task for row in rows if math.isnan(row.points)]
    if wrong:
        yield f"no number of points in the table's lines {', '.join(wrong)}"
        return
    leaves: list[Row] = []
    for row, inside in _groups(rows):
        told = math.fsum(one.points for one in inside)
        if inside and row.is_bold and not _same(row.points, told):
            yield f"the table gives {row.points:g} for {row.task}, and {told:g} to its parts"
        leaves += inside if row.is_bold and inside else [row]
    there, told = (math.fsum(one.points for one in which) for which in (tasks, leaves))
    if not _same(there, told):
        yield f"the cells add up to {there:g} points, the lines of the table to {told:g}"
    if len(leaves) == len(tasks):  # else a line stands for several cells, and only the sum counts
        for task, row in zip(tasks, leaves, strict=True):
            if not _same(task.points, row.points):
                yield f"{task.name} is worth {task.points:g}, the table says {row.points:g}"


def _groups(rows: list[Row]) -> list[tuple[Row, list[Row]]]:
    """Each line with its parts: a bold one with the others up to the next bold one."""
    groups: list[tuple[Row, list[Row]]] = []
    for row in rows:
        if groups and groups[-1][0].is_bold and not row.is_bold:
            groups[-1][1].append(row)
        else:
            groups.append((row, []))
    return groups


def _same(a: float, b: float) -> bool:
    return abs(a - b) < 1e-9


def show(found: list[NotebookPoints], sheet: str, console: Console) -> None:
    """Prints a table: a line for each task, sums for notebooks and the sheet."""
    table = Table(title=f"Points of {sheet}", title_justify="left")
    table.add_column("notebook, task", overflow="fold")
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("marked", no_wrap=True)
    table.add_column("budget")
    for one in found:
        table.add_row(one.name, f"{one.total:g}", "", "", style="bold")
        for task in one.tasks:
            who = "by a tutor" if task.by_tutor else "automatically"
            table.add_row(f"  {task.name}", f"{task.points:g}", who, task.budget)
        table.add_section()
    by_tutor = math.fsum(t.points for one in found for t in one.tasks if t.by_tutor)
    total = math.fsum(one.total for one in found)
    table.add_row("sum", f"{total:g}", f"{by_tutor:g} by a tutor", "", style="bold")
    console.table(table)
