"""Code for a newer Python than the grader's is no mistake: its reason says so, a tutor looks."""

import nbformat
import pytest
from courses import tiny
from nbformat.v4 import new_code_cell, new_output

from course_grader.course import Course
from course_grader.grading.grade import Grading
from course_grader.grading.state import read_record
from course_grader.lecturer.demo_class import fill
from course_grader.marking.newer import HERE, NEWER, is_newer, say_newer, since, why
from course_grader.results.feedback import feedback
from course_grader.results.report import rows

NESTED = 'print(f"{"x"} is")'
EXCEPT = "try:\n    pass\nexcept TypeError, ValueError:\n    pass"
SYNTAX = {
    NESTED: (1, 12),
    "x = 1\ny = f\"{'\\n'.join('ab')}\"": (2, 12),
    'f"{1 # one\n}"': (1, 12),
    "type Number = int": (1, 12),
    "def first[T](x: T) -> T: ...": (1, 12),
    "class Box[T]: ...": (1, 12),
    "class Box[T = int]: ...": (1, 13),
    EXCEPT: (3, 14),
    'name = t"{1}"': (1, 14),
    f"%matplotlib inline\n!true\nawait f()\n{NESTED}": (4, 12),
}
WRONG = (
    "def f(x)\n    return x",
    "print 'no'",
    "for x in (1, 2:\n    pass",
    "def f(x):\nreturn x",
    "x = 1 +",
    "f'{x'",
    "type Number = int\nprint 'no'",
    "except = 1",
    "%matplotlib inline\nx = = 1",
    "(" * 100_000,
    "\0",
    "",
)
NAMES = {
    "cannot import name 'batched' from 'itertools' (unknown location)": 12,
    "module 'itertools' has no attribute 'batched'": 12,
    "cannot import name 'override' from 'typing' (/usr/lib/python3/typing.py)": 12,
    "module 'copy' has no attribute 'replace'": 13,
    "No module named 'annotationlib'": 14,
    "No module named 'compression.zstd'": 14,
}


@pytest.fixture
def eleven(monkeypatch):
    """The grader's Python is 3.11 here, whichever runs the tests."""
    monkeypatch.setattr("course_grader.marking.newer.HERE", "3.11")
    monkeypatch.setattr("course_grader.marking.newer.VERSION", (3, 11))


@pytest.mark.parametrize("source", SYNTAX)
@pytest.mark.usefixtures("eleven")
def test_syntax_of_a_newer_python_is_known(source):
    line, version = SYNTAX[source]
    said = why(source)
    assert said.startswith(f"line {line}: ")
    assert said.endswith(f" before Python 3.{version}; the code may be right there")


@pytest.mark.parametrize("source", WRONG)
def test_what_no_python_reads_is_an_ordinary_mistake(source):
    assert why(source) == ""


@pytest.mark.parametrize("error", NAMES)
@pytest.mark.usefixtures("eleven")
def test_names_of_a_newer_python_are_known(error):
    assert f" works since Python 3.{NAMES[error]}" in since(error)


@pytest.mark.parametrize(
    "error",
    ["No module named 'numppy'", "module 'itertools' has no attribute 'batch'", "'batched'",
     "module 'numpy' has no attribute 'batched'", "No module named 'tomllib'",
     "cannot import name 'x\\nimport annotationlib' from 'y'"],
)  # fmt: skip
def test_names_that_no_python_has_are_ordinary_mistakes(error):
    assert since(error) == ""


def failed(source, name, text):
    return new_code_cell(source, outputs=[new_output("error", ename=name, evalue=text)])


@pytest.mark.usefixtures("eleven")
def test_a_module_of_the_group_may_be_the_newer_one(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "helper.py").write_text(f"x = 1\n{NESTED}\n")
    text = "f-string: expecting '}' (helper.py, line 2)"
    for files, expected in ((tmp_path, True), (None, False), (tmp_path / "none", False)):
        cell = failed("from own import helper", "SyntaxError", text)
        say_newer([cell], files)
        assert is_newer(cell.outputs[0]) == expected
        assert ("line 2 of helper.py" in cell.outputs[0].evalue) == expected


def test_other_errors_stay_as_they_are():
    cells = [failed("x = = 1", "SyntaxError", "invalid syntax"), failed("x", "NameError", "no x")]
    before = [cell.outputs[0].copy() for cell in cells]
    say_newer(cells)
    assert [cell.outputs[0] for cell in cells] == before
    assert not any(is_newer(cell.outputs[0]) for cell in cells)


LATER = "lazy import math\n\n\ndef add(a, b):\n    return a + b"  # of Python 3.15
GUESS = "import annotationlib, compression.none\n\n\ndef guess():\n    return 1.0"


@pytest.mark.parametrize(
    ("source", "needs_a_look"), [(LATER, True), (LATER.replace("a + b", "a +"), False)]
)
def test_a_tutor_has_a_look_at_newer_code(course: Course, source, needs_a_look):
    stub = nbformat.read(course.release / tiny.SHEET / "adding.ipynb", as_version=4)
    solution = nbformat.read(course.source / tiny.SHEET / "adding.ipynb", as_version=4)
    made = fill(stub, solution)
    for cell in made.cells:
        cell.source = source if cell.id == "task-1-add" else cell.source
    folder = course.submitted / "group-01" / tiny.SHEET
    folder.mkdir(parents=True)
    nbformat.write(made, folder / "adding.ipynb")
    Grading(course, tiny.SHEET).run()
    record = read_record(course, tiny.SHEET, "group-01")["adding"]
    assert record.needs_a_look == needs_a_look
    assert (f"task-1-add: {NEWER}: line 1: " in record.trouble) == needs_a_look
    (reason,) = [one.reason for one in rows(course, tiny.SHEET) if one.task == "check-1-add"]
    feedback(course, tiny.SHEET)
    page = (course.feedback / "group-01" / tiny.SHEET / "adding.html").read_text(encoding="utf-8")
    assert "SyntaxError" in reason
    for text in (reason, page):
        assert (f"SyntaxError under Python {HERE}" in text) == needs_a_look
        assert ("the code may be right there" in text) == needs_a_look
