"""Three courses in the way of nbgrader's users run unchanged.

Points of the solution are those of nbgrader's own execution; a wrong answer gets no more than
there, and less than all points.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
import pytest
from courses import written

from course_grader.course import Course
from course_grader.grading.grade import Grading
from course_grader.lecturer.comparison import Compared, by_nbgrader, compared, handed_in
from course_grader.lecturer.demo_class import fill
from course_grader.release.release import release
from course_grader.results.report import rows

RIGHT, WRONG = "group-01", ("group-02", "group-03")
TASKS = [(course, *one) for course in written.COURSES for one in written.tests(course)]
WRONG_ANSWERS = [
    (course, one) for course in written.COURSES for path in written.sources(course)
    for one in written.read(path)[1]
]  # fmt: skip


@dataclass(frozen=True)
class Marked:
    """What came of a course: each group's tasks, and who gave which wrong answer."""

    tasks: dict[tuple[str, str, str], Compared]
    groups: dict[written.Wrong, str]


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Marked]:
    """Marks a course once: the solution, and groups of which each answer is wrong."""
    return cache(lambda course: mark(course, tmp_path_factory.mktemp(course) / "course"))


def mark(name: str, root: Path) -> Marked:
    answers = written.make_course(name, root)
    course = Course.open(root)
    release(course, written.SHEET)
    groups = {one: WRONG[_nth(one, answers)] for one in answers}
    for group in (RIGHT, *WRONG):
        hand_in(course, group, [one for one in answers if groups[one] == group])
    theirs = {group: handed_in(course, written.SHEET, group) for group in (RIGHT, *WRONG)}
    with ThreadPoolExecutor(1) as beside:
        points = beside.map(
            lambda every: by_nbgrader(course, written.SHEET, every), theirs.values()
        )
        Grading(course, written.SHEET).run(workers=2)
    found = rows(course, written.SHEET)
    return Marked(
        {
            (group, one.notebook, one.task): one
            for group, given in zip(theirs, points, strict=True)
            for one in compared(given, [row for row in found if row.group == group])
        },
        groups,
    )


def _nth(wrong: written.Wrong, answers: list[written.Wrong]) -> int:
    return [one for one in answers if one.answer == wrong.answer].index(wrong)


def hand_in(course: Course, group: str, answers: list[written.Wrong]) -> None:
    """The solution, but for some answers."""
    folder = course.submitted / group / written.SHEET
    folder.mkdir(parents=True)
    for name in course.notebooks(written.SHEET):
        stub, solution = (
            nbformat.read(place / written.SHEET / f"{name}.ipynb", as_version=4)
            for place in (course.release, course.source)
        )
        notebook = fill(stub, solution)
        own = {one.answer: one.source for one in answers if one.notebook == name}
        for cell in notebook.cells:
            cell.source = own.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
        nbformat.write(notebook, folder / f"{name}.ipynb")


@pytest.mark.parametrize(("course", "notebook", "task"), TASKS)
def test_the_solution_has_all_points_as_by_nbgrader(marked, course, notebook, task):
    one = marked(course).tasks[RIGHT, notebook, task]
    assert (one.by_nbgrader, one.ours) == (one.most, one.most), one.reason


@pytest.mark.parametrize(
    ("course", "wrong"), WRONG_ANSWERS, ids=lambda one: getattr(one, "answer", one)
)
def test_a_wrong_answer_loses_points(marked, course, wrong):
    found = marked(course)
    for task in wrong.loses:
        one = found.tasks[found.groups[wrong], wrong.notebook, task]
        assert one.ours < one.most
        assert one.reason or one.ours > 0


@pytest.mark.parametrize("course", written.COURSES)
def test_no_answer_gets_more_than_by_nbgrader(marked, course):
    found = marked(course).tasks
    more = {place: one for place, one in found.items() if one.ours > one.by_nbgrader}
    assert not more
