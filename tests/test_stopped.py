"""A cell that stopped is named once, above the tasks that lost their points by it."""

import nbformat
from courses import tiny
from nbformat.v4 import new_code_cell, new_output

from course_grader.course import Course
from course_grader.grading.grade import Grading
from course_grader.lecturer.demo_class import fill
from course_grader.marking.grade_cell import MOST_LINES
from course_grader.results.feedback import feedback
from course_grader.results.report import rows
from course_grader.results.stopped import first_stop

ADD = "import this_is_nowhere\n\n\ndef add(a, b):\n    return a + b"
GUESS = "def guess():\n    return add(0.5, 0.5)"
STOPPED = "stopped at its line 1: ModuleNotFoundError: No module named 'this_is_nowhere'"


def test_the_first_cell_that_stopped_stands_above_the_tasks(course: Course):
    stub = nbformat.read(course.release / tiny.SHEET / "adding.ipynb", as_version=4)
    solution = nbformat.read(course.source / tiny.SHEET / "adding.ipynb", as_version=4)
    made = fill(stub, solution)
    for cell in made.cells:
        cell.source = {"task-1-add": ADD, "task-2-guess": GUESS}.get(cell.id, cell.source)
    folder = course.submitted / "group-01" / tiny.SHEET
    folder.mkdir(parents=True)
    nbformat.write(made, folder / "adding.ipynb")
    Grading(course, tiny.SHEET).run()
    feedback(course, tiny.SHEET)
    page = (course.feedback / "group-01" / tiny.SHEET / "adding.html").read_text(encoding="utf-8")
    above, _, table = page.partition('<table class="tasks">')
    table = table.partition("</table>")[0]
    assert f"<code>task-1-add</code> {STOPPED}" in above
    assert "this_is_nowhere" not in table
    assert table.count("see the cell that stopped, above") == 2
    said = {row.task: row.reason for row in rows(course, tiny.SHEET)}
    for task in ("check-1-add", "check-2-guess"):
        assert said[task].startswith("NameError")
        assert STOPPED in said[task]
    assert "this_is_nowhere" not in said["written-3-why"]


def failed(source, kind, text, line):
    error = new_output("error", ename=kind, evalue=text, traceback=[f"Cell In[4], line {line}"])
    return new_code_cell(source, outputs=[error])


def test_open_tasks_have_not_stopped():
    open_one = failed("raise NotImplementedError", "NotImplementedError", "", 1)
    assert first_stop([open_one]) is None
    stop = first_stop([open_one, failed("1 / 0", "ZeroDivisionError", "division by zero", 1)])
    assert stop.text.startswith("cell 2 stopped at its line 1: ZeroDivisionError: division by zero")


def test_lines_are_counted_in_cells_of_human_size_alone():
    long = first_stop([failed("\n" * MOST_LINES, "KeyError", "1", 1234)])
    assert "1234" not in long.text
