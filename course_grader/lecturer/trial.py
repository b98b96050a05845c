"""The model solution in its own tests, before students see a sheet.

Answers run in the sandbox, tests outside of it, as those of a group: what cannot travel, a name
that a test lacks, a bound that the solution misses show here. Trainings are left to `genlhc demo`:
cells that take long are stopped, and what tests after them miss is not held against the solution.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from logging import Logger
from typing import Any

from nbgrader.utils import determine_grade

from course_grader.cells import is_test
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.execute import TrustedExecute
from course_grader.marking.points import TidyPoints
from course_grader.marking.running import run_submission
from course_grader.marking.test_server import TestServer
from course_grader.naming import word
from course_grader.release.masters import master_of
from course_grader.release.tidy import for_students
from course_grader.results.report import lost_points
from course_grader.sandbox.bubblewrap import SandboxError

CELL, TEST, NOTEBOOK = 4.0, 15.0, 40.0  # seconds of a cell, a test, all cells of a notebook
_LATE = ("ran longer than", "used up", "took longer than", "took too long")
_MOST_SAID = 10


@dataclass(frozen=True)
class Tried:
    """A task in which the solution was tried.

    Attributes:
        notebook: without suffix.
        task: its grade id.
        points: that the solution got.
        most: that can be had.
        reason: why points are missing.
        late: whether something before it, or in it, took longer than a trial may.
    """

    notebook: str
    task: str
    points: float
    most: float
    reason: str
    late: bool

    @property
    def is_full(self) -> bool:
        """Whether all points were given."""
        return self.points >= self.most - 1e-9


def try_solution(course: Course, sheet: str) -> list[str]:
    """Runs the solution's answers through the tests; returns what came of it, in sentences.

    Args:
        course: the course.
        sheet: the assignment.

    Raises:
        CourseError: the solution does not get all points.
    """
    try:
        tried = trial(course, sheet)
    except SandboxError as error:
        return [f"the solution was not tried in the tests: {error}"]
    lost = [one for one in tried if not one.is_full and not one.late]
    if lost:
        said = "; ".join(
            f"{one.notebook}, {one.task}: {one.points:g} of {one.most:g}: "
            f"{one.reason or 'partial credit'}"
            for one in lost[:_MOST_SAID]
        )
        more = f"; and {len(lost) - _MOST_SAID} more" if len(lost) > _MOST_SAID else ""
        raise CourseError(
            f"{sheet}: the solution itself does not get all points, nobody could: {said}{more}. "
            "Mend the tests or the solution, or use --untried"
        )
    left = [one.task for one in tried if not one.is_full]
    sentences = [f"tried: the solution gets all points in {len(tried) - len(left)} tasks"]
    if left:
        names, demo = ", ".join(left), f"`genlhc demo {word(sheet)}` does it"
        sentences.append(f"not tried, for it takes long: {names}; {demo}")
    return sentences


def trial(course: Course, sheet: str) -> list[Tried]:
    """What the solution gets in each task that a test marks.

    Raises:
        SandboxError: there is no sandbox on this machine.
        CourseError: the sheet is unknown.
    """
    masters = {name: _master(course, sheet, name) for name in course.notebooks(sheet)}
    execute = TrustedExecute(config=course.config)
    plan = execute.plan(course, sheet, masters)
    usual = plan.limits
    limits = replace(
        usual,
        call=min(usual.call, TEST),
        cell=min(usual.cell, CELL),
        notebook=min(usual.notebook, NOTEBOOK),
    )
    folder = {f"{course.release.name}/{sheet}": course.source / sheet}  # as if it were released
    view = replace(plan.view, folders=plan.view.folders | folder)
    plan = replace(plan, limits=limits, view=view, candid=True)

    def tried(name: str) -> list[Tried]:
        notebook = masters[name]
        tests = [cell.metadata.nbgrader.grade_id for cell in notebook.cells if is_test(cell)]
        longer = {test: {"cell": min(usual.cell, TEST)} for test in tests}
        brief = replace(plan, budgets={name: longer})
        run_submission({name: notebook}, brief, server, files=course.source / sheet)
        return list(_judged(name, notebook, course.log))

    with (
        TestServer(plan.root, plan.test_modules, execute.memory) as server,
        ThreadPoolExecutor(2) as pool,
    ):
        return [one for tasks in pool.map(tried, masters) for one in tasks]


def _master(course: Course, sheet: str, name: str) -> Any:
    """The solution without what only the lecture shows."""
    notebook = master_of(course, sheet, name)
    notebook.cells = for_students(notebook.cells)
    return notebook


def _judged(name: str, notebook: Any, log: Logger) -> Iterator[Tried]:
    tidy, late = TidyPoints(), False
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if not is_test(cell):
            late = late or _is_late(cell)
            continue
        tidy.preprocess_cell(cell, {}, index)
        points, most = determine_grade(cell, log)
        yield Tried(
            notebook=name,
            task=str(cell.metadata.nbgrader.grade_id),
            points=float(points or 0.0),
            most=float(most),
            reason=lost_points(cell),
            late=late or _is_late(cell),
        )


def _is_late(cell: Any) -> bool:
    return any(
        output.output_type == "error" and any(words in output.evalue for words in _LATE)
        for output in cell.outputs
    )
