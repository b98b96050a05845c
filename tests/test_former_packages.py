"""Tests that were written for packages that are no more."""

import sys

import pytest
from courses import tiny
from typer.testing import CliRunner

from course_grader import cli, former
from course_grader.course import Course
from course_grader.files import notebook_text, read_notebook
from course_grader.former.nose import tools
from course_grader.grading.grade import Grading
from course_grader.lecturer.demo_class import fill
from course_grader.release.masters import source_of
from course_grader.release.outdated import old_imports
from course_grader.results.report import rows

SHEET = tiny.SHEET
IMPORTS = "from nose.tools import assert_equal, assert_raises, eq_, ok_"
# name, and its arguments where it passes and where it fails
ASSERTIONS = {
    "assert_equal": ((1, 1), (1, 2)),
    "assert_not_equal": ((1, 2), (1, 1)),
    "assert_true": ((1,), (0,)),
    "assert_false": ((0,), (1,)),
    "assert_almost_equal": ((1, 1 + 1e-9), (1, 1.1)),
    "assert_almost_equals": ((1, 1 + 1e-9), (1, 1.1)),
    "assert_is_none": ((None,), (0,)),
    "assert_in": ((1, [1]), (1, [])),
    "assert_is_instance": ((1, int), (1, str)),
    "assert_greater": ((2, 1), (1, 2)),
    "assert_less_equal": ((1, 1), (2, 1)),
    "assert_list_equal": (([1], [1]), ([1], [2])),
    "assert_dict_equal": (({1: 2}, {1: 2}), ({1: 2}, {})),
    "assert_items_equal": (([1, 2], [2, 1]), ([1], [2])),
    "assert_regexp_matches": (("abc", "b"), ("abc", "x")),
    "assert_raises": ((ValueError, int, "x"), (ValueError, int, "1")),
    "eq_": ((1, 1), (1, 2)),
    "ok_": ((1,), (0,)),
}


@pytest.mark.parametrize("name", ASSERTIONS)
def test_assertions_are_those_of_unittest(name):
    right, wrong = ASSERTIONS[name]
    assert name in tools.__all__
    check = getattr(tools, name)
    check(*right)
    with pytest.raises(AssertionError):
        check(*wrong)


def test_a_decorated_test_has_to_raise():
    tools.raises(ValueError)(lambda: int("x"))()
    with pytest.raises(AssertionError, match="not raised"):
        tools.raises(ValueError)(lambda: int("1"))()


def notebook():
    """Tests as nbgrader's users wrote them for years, one that takes its assertions from a cell."""
    positive = "if b < 0:\n        raise ValueError('b < 0')\n    return a + b"
    return tiny.notebook(
        tiny.code("import nose\nfrom nose.tools import assert_almost_equal\nzero = 0.0", "setup",
                  locked=True),
        tiny.solution(tiny.stubbed("def add(a, b):", positive), "task"),
        tiny.code("done = add(zero, 1)", "run", locked=True),
        tiny.test(f"{IMPORTS}\neq_(add(1, 2), 3)", "assert_equal(add(40, 2), 42)", "check-sum", 2),
        tiny.test("from nose.tools import *\nassert_almost_equal(add(0.1, 0.2), 0.3)",
                  "assert_greater(add(5, 2), 6)", "check-star", 1),
        tiny.test("assert_almost_equal(add(0.1, 0.2), 0.3)", "from nose import tools\n"
                  "tools.assert_raises(ValueError, add, 1, -1)", "check-raise", 1),
    )  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tiny.make_course(tmp_path_factory.mktemp("nose") / "course")
    (root / "solutions" / SHEET / "means.ipynb").unlink()
    tiny.write(root, "adding", notebook())
    return Course.open(root)


def hand_in(course, group, answer):
    stub = read_notebook(course.release / SHEET / "adding.ipynb")
    handed = fill(stub, source_of(course, SHEET, "adding"))
    handed.cells[1].source = answer or handed.cells[1].source
    folder = course.submitted / group / SHEET
    folder.mkdir(parents=True)
    (folder / "adding.ipynb").write_text(notebook_text(handed), encoding="utf-8")


def test_such_a_course_is_released_and_marked_and_the_modern_words_are_said(course):
    assert former.is_needed(), "this test is about its absence"
    result = CliRunner().invoke(cli.app, ["release", SHEET, "--course", str(course.root)])
    said = " ".join(result.stdout.split())
    assert result.exit_code == 0, result.output
    assert "tried: the solution gets all points in 3 tasks" in said
    assert "adding: setup, line 2: assert_almost_equal = TestCase().assertAlmostEqual" in said
    assert "check-sum, line 1: assert_equal = TestCase().assertEqual; assert_raises =" in said
    hand_in(course, "group-01", "")
    hand_in(course, "group-02", "def add(a, b):\n    return a + b if a == 1 else 0")
    Grading(course, SHEET).run()
    found = {(row.group, row.task): row for row in rows(course, SHEET)}
    assert found["group-01", "check-sum"].score == 2
    assert found["group-01", "check-raise"].score == 1
    assert found["group-01", "check-star"].score == 1
    hidden = found["group-02", "check-sum"]
    assert (hidden.score, hidden.reason) == (0, "a test of your answer failed"), "42 is hidden"
    shown = found["group-02", "check-raise"]
    assert (shown.score, shown.reason[:8]) == (0, "0 != 0.3")
    marked = read_notebook(course.autograded / "group-01" / SHEET / "adding.ipynb")
    given = [cell for cell in marked.cells if cell.cell_type == "code"][:3]
    assert not any(cell.outputs for cell in given), "given cells find nose, too"


def test_what_is_installed_is_not_replaced(tmp_path, monkeypatch):
    (tmp_path / "nose.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert not former.is_needed()


def test_solutions_of_students_are_not_looked_at():
    cells = [tiny.solution(f"### BEGIN SOLUTION\n{IMPORTS}\n### END SOLUTION", "task"),
             tiny.code("# nose\nimport nosey", "own")]  # fmt: skip
    assert list(old_imports(cells)) == []
