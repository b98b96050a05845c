"""nbgrader's own example course, made by its command, with the two lines that the docs ask for."""

import subprocess
import sys

import nbformat
import pytest
from nbgrader.apps import NbGraderApp

from course_grader.course import CONFIG_NAME, Course
from course_grader.grading.grade import Grading
from course_grader.lecturer.comparison import by_nbgrader, compared, handed_in
from course_grader.lecturer.demo_class import fill
from course_grader.lecturer.trial import trial
from course_grader.release.bundle import write_bundle
from course_grader.release.release import release, said_of_rubrics
from course_grader.results.feedback import feedback
from course_grader.results.report import rows

SHEET = "ps1"
LINES = (
    "from course_grader.defaults import fair_defaults\n\n"
    "c = get_config()\nc.merge(fair_defaults())\n"
)
OWN_SUM = "def sum_of_squares(n):\n    return sum(i**2 for i in range(1, n + 1))"
ATTACKS = {
    "squares": """
class Right(list):
    __eq__ = lambda self, other: True
    __ne__ = lambda self, other: False

def squares(n):
    return Right([0]) if n > 0 else Wrong()

class Wrong:
    __class__ = ValueError
""",
    "sum_of_squares": """
import builtins

class Number(float):
    __eq__ = lambda self, other: True
    __ne__ = lambda self, other: False

def sum_of_squares(n):
    return Number(-1)

builtins.AssertionError = builtins.NameError = type("Never", (Exception,), {})
""",
}
NO_ERROR = "def squares(n):\n    return [i**2 for i in range(1, n + 1)]"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course, released, with four hand-ins that were graded."""
    assert NbGraderApp  # the command below is that of the installed package
    home = tmp_path_factory.mktemp("quickstart")
    command = [sys.executable, "-m", "nbgrader", "quickstart", "course101"]
    subprocess.run(command, cwd=home, check=True, capture_output=True)
    root = home / "course101"
    config = root / CONFIG_NAME
    text = config.read_text(encoding="utf-8")
    assert text.count("c = get_config()\n") == 1
    config.write_text(text.replace("c = get_config()\n", LINES), encoding="utf-8")
    course = Course.open(root)
    release(course, SHEET)
    hand_in(course, "group-01", {})
    hand_in(course, "group-02", {"sum_of_squares": OWN_SUM})
    hand_in(course, "group-03", {"squares": NO_ERROR})
    hand_in(course, "group-04", ATTACKS)
    Grading(course, SHEET).run()
    return course


def hand_in(course, group, answers):
    """The model solution, but for some answers."""
    folder = course.submitted / group / SHEET
    folder.mkdir(parents=True)
    for name in ("problem1", "problem2"):
        stub = nbformat.read(course.release / SHEET / f"{name}.ipynb", as_version=4)
        solved = fill(stub, nbformat.read(course.source / SHEET / f"{name}.ipynb", as_version=4))
        for cell in solved.cells:
            task = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = answers.get(task, cell.source)
        nbformat.write(solved, folder / f"{name}.ipynb")


def points(course, group):
    return {row.task: row.score for row in rows(course, SHEET) if row.group == group}


def test_folders_are_those_of_nbgrader(course):
    assert (course.source.name, course.release.name) == ("source", "release")
    names = {path.name for path in (course.release / SHEET).iterdir() if path.name[0] != "."}
    assert names == {"jupyter.png", "problem1.ipynb", "problem2.ipynb"}
    header = nbformat.read(course.source / "header.ipynb", as_version=4)
    released = nbformat.read(course.release / SHEET / "problem1.ipynb", as_version=4)
    assert released.cells[0].source == header.cells[0].source
    assert write_bundle(course, SHEET).is_file()


def test_the_model_solution_gets_all_points_as_with_nbgrader(course):
    assert all(one.is_full for one in trial(course, SHEET))
    got = points(course, "group-01")
    tests = {"correct_squares": 1, "squares_invalid_input": 1, "correct_sum_of_squares": 0.5,
             "sum_of_squares_uses_squares": 0.5}  # fmt: skip
    assert {task: got[task] for task in tests} == tests


@pytest.mark.parametrize("group", ["group-01", "group-02", "group-03"])
def test_no_answer_gets_more_than_by_nbgraders_own_execution(course, group):
    theirs = by_nbgrader(course, SHEET, handed_in(course, SHEET, group))
    tasks = compared(theirs, [row for row in rows(course, SHEET) if row.group == group])
    assert len(tasks) == 4
    assert all(one.ours <= one.by_nbgrader for one in tasks)
    assert all(one.is_same for one in tasks) or group != "group-01"


def test_attacks_get_nothing(course):
    got = points(course, "group-04")
    assert [got[task] for task in ("correct_squares", "correct_sum_of_squares")] == [0, 0]
    assert [got[task] for task in ("squares_invalid_input", "sum_of_squares_uses_squares")] == [
        0,
        0,
    ]


def test_wrong_answers_lose_the_points_that_are_about_it(course):
    got = points(course, "group-02")
    assert (got["correct_sum_of_squares"], got["sum_of_squares_uses_squares"]) == (0.5, 0)
    got = points(course, "group-03")
    assert (got["correct_squares"], got["squares_invalid_input"]) == (1, 0)


def test_rubrics_are_wanted_and_not_demanded(course):
    (said,) = said_of_rubrics(course, SHEET)
    assert "problem1: sum_of_squares_equation" in said
    assert "problem2: part-b" in said


def test_there_is_feedback_for_all(course):
    assert not feedback(course, SHEET).failed
    pages = course.feedback.glob(f"*/{SHEET}/*.html")
    assert len(list(pages)) == 8
