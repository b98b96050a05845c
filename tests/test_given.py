"""Grade cells that use what given cells bind: made anew on the trusted side from the master's."""

import nbformat
import pytest
from courses import tiny
from nbformat.v4 import new_code_cell

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.grading.grade import Grading
from course_grader.lecturer.demo_class import fill
from course_grader.lecturer.trial import trial
from course_grader.marking.given import given_for
from course_grader.release.release import release
from course_grader.results.report import rows

SETUP = """import numpy as np
from numpy.testing import assert_allclose
from math import *
import matplotlib.pyplot as plt
print("a set-up cell")
np.random.seed(7)
noise = np.random.rand(3)
unused = slow_and_wrong = 3
radius = 2.0"""
MORE = """def expected(r):
    return pi * r**2

table = {}
table["area"] = expected(radius)
values = [3, 1, 2]
values.sort()
with open("numbers.txt") as file:
    numbers = [float(line) for line in file]
scaled = doubled(radius)
plt.plot(values)"""
ANSWER = "def area(r):\n    return 3.141592653589793 * r**2\n\ndef doubled(x):\n    return 2 * x"
TESTS = {
    "check-import": "assert_allclose(area(radius), expected(radius))",
    "check-changed": "assert table['area'] == 4 * pi\n"
    "assert values == [1, 2, 3]\nassert area(2) > 0",
    "check-file": "assert numbers == [1.5, 2.5]\nassert area(1) > 3",
    "check-answer": "assert scaled == 4, 'doubled is wrong'",
    "check-beside": "from helper import circle\nwith open('numbers.txt') as file:\n"
    "    assert file.read() == '1.5\\n2.5\\n'\nassert circle == area(1)",
    "check-drawn": "np.random.seed(7)\nassert_allclose(noise, np.random.rand(3))\n"
    "assert area(1) > 3",
}


def notebook(answer=ANSWER, setup=SETUP, more=MORE):
    """A sheet in the way of nbgrader's users."""
    return tiny.notebook(
        new_code_cell(setup, id="own-1"),
        tiny.code(f"### BEGIN SOLUTION\n{answer}\n### END SOLUTION", "task", solution=True,
                  locked=False),
        new_code_cell(more, id="own-2"),
        *(tiny.code(test, name, grade=True, points=1) for name, test in TESTS.items()),
    )  # fmt: skip


def pieces(*cells):
    return given_for(list(cells))


def test_the_slice_holds_what_is_needed_and_nothing_else():
    found = given_for(notebook().cells)
    (setup, more) = found["check-import"]
    assert setup.source.splitlines() == [
        "from numpy.testing import assert_allclose",
        "from math import *",
        "radius = 2.0",
    ]
    assert more.source == "def expected(r):\n    return pi * r ** 2"
    assert setup.names == ("assert_allclose", "pi", "radius")
    sources = "\n".join(piece.source for piece in found["check-drawn"])
    assert sources.splitlines() == [
        "import numpy as np",
        "from numpy.testing import assert_allclose",
        "np.random.seed(7)",
        "noise = np.random.rand(3)",
    ]
    assert "values.sort()" in found["check-changed"][1].source
    assert all("print" not in one.source for cells in found.values() for one in cells)


def test_what_cells_after_the_test_bind_does_not_count():
    test = tiny.code("assert x == 1", "check", grade=True, points=1)
    assert pieces(test, new_code_cell("x = 1")) == {}


def test_the_last_binding_counts_and_all_that_changes_it():
    test = tiny.code("assert x == 1", "check", grade=True, points=1)
    cells = (new_code_cell("x = 1"), new_code_cell("y = 0\nx += 1\nif x:\n    x = 5"), test)
    assert [one.source for one in pieces(*cells)["check"]] == ["x = 1", "x += 1\nif x:\n    x = 5"]


def test_answers_win_over_given_cells():
    answer = tiny.code("def f(x): ...", "task", solution=True, locked=False)
    test = tiny.code("assert f(1)", "check", grade=True, points=1)
    assert pieces(new_code_cell("f = print"), answer, test) == {}


def beside(root):
    """Files that lie beside the notebooks."""
    folder = root / "solutions" / tiny.SHEET
    (folder / "numbers.txt").write_text("1.5\n2.5\n")
    (folder / "helper.py").write_text("circle = 3.141592653589793\n")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Released and graded: the solution, a wrong one, and one that changes all given cells."""
    root = tmp_path_factory.mktemp("given") / "course"
    tiny.make_course(root)
    for path in (root / "solutions" / tiny.SHEET).glob("*.ipynb"):
        path.unlink()
    tiny.write(root, "adding", notebook())
    beside(root)
    course = Course.open(root)
    assert all(one.is_full for one in trial(course, tiny.SHEET)), "before there is a release"
    release(course, tiny.SHEET)
    stub = nbformat.read(course.release / tiny.SHEET / "adding.ipynb", as_version=4)
    liar = "radius = 0\nexpected = area = assert_allclose = lambda *x: 0\nnumbers = [1.5, 2.5]"
    handed = {
        "group-01": fill(stub, notebook()),
        "group-02": fill(
            stub, notebook("def area(r):\n    return 3\n\ndef doubled(x):\n    return x")
        ),
        "group-03": fill(
            stub, notebook("def area(r):\n    return 0\n\ndef doubled(x):\n    return 0")
        ),
    }
    for cell in handed["group-03"].cells:
        if cell.id in ("own-1", "own-2"):
            cell.source = liar
    handed["group-04"] = fill(stub, notebook())
    handed["group-04"].cells = [
        cell for cell in handed["group-04"].cells if cell.id not in ("own-1", "own-2")
    ]
    for group, made in handed.items():
        folder = course.submitted / group / tiny.SHEET
        folder.mkdir(parents=True)
        nbformat.write(made, folder / "adding.ipynb")
    (course.submitted / "group-03" / tiny.SHEET / "helper.py").write_text("circle = 0\n")
    Grading(course, tiny.SHEET).run()
    return course


@pytest.mark.parametrize(
    ("group", "points"),
    [
        ("group-01", [1, 1, 1, 1, 1, 1]),
        ("group-02", [0, 1, 0, 0, 0, 0]),
        ("group-03", [0, 0, 0, 0, 0, 0]),
        ("group-04", [1, 1, 1, 1, 1, 1]),  # its given cells are gone
    ],
)
def test_points_hang_on_the_answers_alone(course, group, points):
    found = {row.task: row for row in rows(course, tiny.SHEET) if row.group == group}
    assert [found[name].score for name in TESTS] == points, [one.reason for one in found.values()]


def test_the_files_of_the_course_stay_as_they_are(course):
    place = course.release / tiny.SHEET
    assert (place / "numbers.txt").read_text() == "1.5\n2.5\n"


def test_what_nobody_binds_is_refused(tmp_path):
    tiny.make_course(tmp_path / "course")
    made = notebook(setup=SETUP.replace("radius = 2.0", "radius = diameter / 2"))
    tiny.write(tmp_path / "course", "adding", made)
    with pytest.raises(CourseError) as caught:
        release(Course.open(tmp_path / "course"), tiny.SHEET)
    assert "check-import: needs cell 1, which uses `diameter`, and no cell binds that" in str(
        caught.value
    )
