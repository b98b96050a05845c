"""From where each name that a grade cell uses comes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nbgrader.utils import is_grade, is_solution

from course_grader.cells import is_test
from course_grader.console import Console
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.marking.given import given_for, starred_in
from course_grader.names import bound_names, free_names
from course_grader.release.masters import master_of
from course_grader.release.source_checks import ALWAYS_THERE
from course_notebooks.terminal import Table

OWN, BUILTIN, NOWHERE = "the grade cell itself", "builtins", "nothing"
WINS = "a given cell binds it, too: the solution cell wins"


@dataclass(frozen=True)
class Origin:
    """A name in a grade cell.

    Attributes:
        notebook: without suffix.
        task: grade id of the cell.
        name: what the cell uses.
        place: who binds it: cells, builtins, or nothing.
        remark: what else there is to say.
    """

    notebook: str
    task: str
    name: str
    place: str
    remark: str = ""


def origins(course: Course, sheet: str) -> list[Origin]:
    """The names of all grade cells of a sheet.

    Raises:
        CourseError: there is no such sheet, or a grade cell is not Python.
    """
    return [
        one
        for name in course.notebooks(sheet)
        for one in _of_notebook(name, master_of(course, sheet, name).cells)
    ]


def _of_notebook(notebook: str, cells: list[Any]) -> Iterator[Origin]:
    code = [cell for cell in cells if cell.cell_type == "code"]
    solved = {
        name: f"answer {cell.metadata.nbgrader.grade_id}"
        for cell in code
        if is_solution(cell)
        for name in bound_names(cell.source)
    }
    given = given_for(cells)
    before: set[str] = set()
    for cell in code:
        if not is_grade(cell) and not is_solution(cell):
            before |= bound_names(cell.source)
        if not is_test(cell):
            continue
        task = str(cell.metadata.nbgrader.grade_id)
        try:
            own, used = bound_names(cell.source), free_names(cell.source)
            own |= used & starred_in(cell.source)
        except SyntaxError as error:
            raise CourseError(
                f"{notebook}: {task} is not Python: {error.msg} (line {error.lineno}); correct it"
            ) from error
        for name in sorted(own | used):
            cells_with_it = [one.cell for one in given.get(task, []) if name in one.names]
            if name in own:
                yield Origin(notebook, task, name, OWN)
            elif name in solved:
                remark = WINS if name in before else ""
                yield Origin(notebook, task, name, solved[name], remark)
            elif cells_with_it:
                yield Origin(notebook, task, name, f"given {', '.join(cells_with_it)}")
            else:
                place = BUILTIN if name in ALWAYS_THERE else NOWHERE
                yield Origin(notebook, task, name, place)


def show(found: list[Origin], sheet: str, console: Console) -> None:
    """Prints a table: for each grade cell its names, those that come from one place together."""
    table = Table(title=f"Names in the grade cells of {sheet}", title_justify="left")
    table.add_column("notebook, grade cell, names", overflow="fold")
    table.add_column("from", overflow="fold")
    for notebook, task in dict.fromkeys((one.notebook, one.task) for one in found):
        table.add_row(f"{notebook}, {task}", "", style="bold")
        together: dict[tuple[str, str], list[str]] = {}
        for one in found:
            if (one.notebook, one.task) == (notebook, task):
                together.setdefault((one.place, one.remark), []).append(one.name)
        for (place, remark), names in together.items():
            table.add_row(f"  {', '.join(names)}", f"{place}; {remark}" if remark else place)
        table.add_section()
    console.table(table)
