"""The demo compares the solution's points with those under nbgrader's own execution."""

import pytest
from courses import tiny
from test_grader_trial import change, genlhc, hidden, solved

from course_grader.course import Course
from course_grader.lecturer.comparison import by_nbgrader, compared, handed_in
from course_grader.lecturer.demo_class import PERFECT
from course_grader.results.report import rows

NOT_TOLD = "limit = 1.5\nassert guess() == 1.5"  # what a test binds is not told to answers


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A course in which one test asks for what does not travel, and what its demo said."""
    root = tiny.make_course(tmp_path_factory.mktemp("compared") / "course")
    change(root, "adding", "task-2-guess", solved("return limit"))
    change(root, "adding", "check-2-guess", hidden(NOT_TOLD))
    change(root, "means", "check-4-mean", "round(mean([1, 2, 6]) / 2, 1)")
    result = genlhc(root, "demo", tiny.SHEET)
    return Course.open(root / "build" / "demo"), result


def test_the_demo_names_the_task_that_differs_and_why(demo):
    _, result = demo
    said = " ".join(result.stdout.replace("│", " ").split())
    assert result.exit_code == 1
    assert "Other points under nbgrader's own execution" in said
    assert "adding, check-2-guess 2 2 0 NameError" in said
    assert "check-1-add" not in said
    assert "in check-4-mean" not in said, "it is the same in both: partial credit"


def test_points_are_those_of_nbgrader(demo):
    course, _ = demo
    theirs = by_nbgrader(course, tiny.SHEET, handed_in(course, tiny.SHEET, PERFECT))
    own = [row for row in rows(course, tiny.SHEET) if row.group == PERFECT]
    found = {one.task: one for one in compared(theirs, own)}
    points = {task: (one.by_nbgrader, one.ours) for task, one in found.items()}
    assert points == {"check-1-add": (2, 2), "check-2-guess": (2, 0), "check-4-mean": (1.5, 1.5)}
    assert [one.is_same for one in found.values()] == [True, False, True]


def test_a_notebook_that_nbgrader_cannot_run_has_no_points(demo):
    course, _ = demo
    notebooks = handed_in(course, tiny.SHEET, PERFECT)
    del notebooks["adding"]
    notebooks["means"].cells[1].source = "import os\n\nos._exit(1)"
    ((place, (points, reason)),) = by_nbgrader(course, tiny.SHEET, notebooks).items()
    assert (place, points) == (("means", "check-4-mean"), None)
    assert reason.startswith("nbgrader gave up: ")
