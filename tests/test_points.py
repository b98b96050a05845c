"""Points: one place where they stand, and a table for students that says the same."""

import json

import pytest
from courses import tiny
from test_grader_cli import Result

from course_grader.course import Course
from course_grader.lecturer.new_sheet import new_sheet
from course_grader.lecturer.points import points_of, table_rows

TABLE = (
    "# Adding\n\n| task | what | points | marked |\n| :-- | :-- | --: | :-- |\n"
    "| **1** | a sum | **4** | |\n| 1a | add | 2 | automatically |\n| 1b | guess | 2 | |\n"
    "| **2** | written | **1** | by a tutor |\n\nAfterwards."
)


@pytest.fixture
def said(course):
    """The problems of the notebook `adding` with a table changed from a right one."""
    notebook = tiny.notebook(*(c for c in tiny.adding().cells))

    def problems(old: str = "", new: str = "") -> tuple[str, ...]:
        notebook.cells[0].source = TABLE.replace(old, new) if old else TABLE
        assert not old or notebook.cells[0].source != TABLE
        tiny.write(course.root, "adding", notebook)
        return points_of(course, tiny.SHEET)[0].problems

    return problems


def test_a_table_in_step_has_no_problem(said):
    assert said() == ()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("| 1a | add | 2 |", "| 1a | add | 3 |", "check-1-add is worth 2, the table says 3"),
        ("| 1a | add | 2 |", "| 1a | add | 3 |", "the cells add up to 5 points, the lines"),
        ("**4**", "**5**", "the table gives 5 for 1, and 4 to its parts"),
        ("| 1b | guess | 2 | |\n", "", "the cells add up to 5 points, the lines of the table to 3"),
        (
            "| 1b | guess | 2 |",
            "| 1b | guess | two |",
            "no number of points in the table's lines 1b",
        ),
        ("| points |", "| worth |", "no table with a column `points`"),
    ],
)
def test_a_table_that_says_something_else_is_named(said, old, new, problem):
    assert any(problem in text for text in said(old, new)), said(old, new)


def test_a_line_may_stand_for_several_cells(said):
    both = "| 1a | add | 2 | automatically |\n| 1b | guess | 2 | |\n"
    assert said(both, "| 1a | add and guess | 4 | automatically |\n") == ()


def test_a_bold_line_without_parts_is_a_task():
    assert [row.is_bold for row in table_rows(TABLE)] == [True, False, False, True]


def test_the_command_lists_points_and_ends_with_1_on_a_mismatch(course):
    result = Result("points", tiny.SHEET, "--course", str(course.root))
    assert result.status == 1
    assert "adding: its first Markdown cell has no table" in result.out
    lines = [line.split() for line in result.out.split("\n")]
    assert ["│", "check-1-add", "│", "2", "│", "automatically", "│", "│"] in lines
    assert ["│", "written-3-why", "│", "1", "│", "by", "a", "tutor", "│", "│"] in lines
    assert ["│", "sum", "│", "8", "│", "1", "by", "a", "tutor", "│", "│"] in lines


def test_budgets_are_listed_with_the_points(tmp_path):
    new_sheet(tmp_path / "new", "one")
    path = tmp_path / "new" / "solutions" / "one" / "first.ipynb"
    content = json.loads(path.read_text(encoding="utf-8"))
    cell = next(one for one in content["cells"] if one["id"] == "check-2-lifetime")
    cell["metadata"]["budget"] = {"call": 5}
    path.write_text(json.dumps(content), encoding="utf-8")
    (found,) = points_of(Course.open(tmp_path / "new"), "one")
    assert (found.problems, found.total) == ((), 4)
    assert [task.budget for task in found.tasks] == ["", "call 5 s", ""]


def test_the_sheet_that_a_course_begins_with_is_in_step(course):
    new_sheet(course.root, "week2")
    assert Result("points", "week2", "--course", str(course.root)).status == 0
