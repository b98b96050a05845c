"""Points: one place where they stand, and a table for students that says the same."""

import json

import pytest
from courses import tiny
from nbformat.v4 import new_code_cell
from test_grader_cli import Result

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.lecturer.new_sheet import new_sheet
from course_grader.lecturer.origins import BUILTIN, NOWHERE, OWN, WINS, origins
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


def grade_cell(source):
    """A notebook in which names come from everywhere."""
    return tiny.notebook(
        new_code_cell("import numpy as np\nsize = 3\ndouble = None", id="own-1"),
        tiny.solution(tiny.stubbed("def double(x):", "return 2 * x"), "task-1"),
        new_code_cell("size = size + 1\ndoubled = double(size)", id="own-2"),
        tiny.code(source, "check-1", grade=True, points=5),
        new_code_cell("late = 1", id="own-3"),
    )


def test_each_name_has_an_origin(course):
    source = "y = np.ones(size)\nassert abs(double(y) - doubled).max() < 9 * late"
    tiny.write(course.root, "adding", grade_cell(source))
    found = {one.name: one for one in origins(course, tiny.SHEET) if one.notebook == "adding"}
    assert {name: one.place for name, one in found.items()} == {
        "y": OWN,
        "np": "given cell 1",
        "size": "given cell 1, cell 2",
        "doubled": "given cell 2",
        "double": "answer task-1",
        "abs": BUILTIN,
        "late": NOWHERE,
    }
    assert [name for name, one in found.items() if one.remark == WINS] == ["double"]


def test_the_command_lists_names_that_come_from_one_place_together(course):
    tiny.write(course.root, "adding", grade_cell("assert len(str(double(np.pi)))"))
    result = Result("points", tiny.SHEET, "--names", "--course", str(course.root))
    assert result.status == 0
    lines = [" ".join(line.split()) for line in result.out.split("\n")]
    assert "│ len, str │ builtins │" in lines
    assert "│ np │ given cell 1 │" in lines
    assert "│ double │ answer task-1; a given cell binds it, too: the │" in lines


def test_a_grade_cell_that_is_not_python_is_named(course):
    tiny.write(course.root, "adding", grade_cell("assert double(1) = 2"))
    with pytest.raises(CourseError, match=r"adding: check-1 is not Python: .* \(line 1\)"):
        origins(course, tiny.SHEET)
