"""A heavy submission beside a normal one: the class goes on meanwhile.

Times are compared with those of the same class without it, measured before and after, so that
whatever else this machine does counts on both sides.
"""

import copy
import time

import nbformat
import pytest
from courses import tiny
from nbformat.v4 import new_code_cell, new_markdown_cell
from test_grader_grade import Class

from course_grader.grading.grade import Grading
from course_grader.grading.state import record_path
from course_grader.marking.plain_cells import PLAIN
from course_grader.results.feedback import feedback
from course_grader.results.report import rows

SHEET = tiny.SHEET
FACTOR, SLACK = 3.0, 2.0  # of the time without a heavy neighbour; seconds
SLOW = "# a\n" * 50_000  # twelve seconds, were it rendered


@pytest.fixture
def room(course):
    room = Class(course)
    for group in ("group-01", "group-02"):
        room.hand_in(group, **room.solved)
    return room


def heavy(room):
    """More than a minute of rendering, and many cells."""
    notebook = copy.deepcopy(room.solved["adding"])
    notebook.cells += [new_markdown_cell(SLOW, id=f"slow-{number}") for number in range(6)]
    notebook.cells += [new_code_cell("x = 1", id=f"cell-{number}") for number in range(600)]
    return notebook


def seconds_to(path, action):
    """Wall time from the beginning of an action until it has written a file."""
    path.unlink(missing_ok=True)
    begin = time.time()
    action()
    return path.stat().st_mtime - begin


def test_a_heavy_submission_does_not_delay_the_marking_of_others(room):
    course = room.course

    def graded():
        return seconds_to(
            record_path(course, SHEET, "group-02"),
            lambda: Grading(course, SHEET).run(workers=2, force=True),
        )

    graded()  # what is needed once gets ready
    before = graded()
    room.hand_in("group-01", adding=heavy(room))
    computed = time.process_time()
    beside = graded()
    assert time.process_time() - computed < 40  # of the grader itself, which renders nothing
    path = course.autograded / "group-01" / SHEET / "adding.ipynb"
    assert sum(PLAIN in cell.source for cell in nbformat.read(path, as_version=4).cells) == 6
    done = [record_path(course, SHEET, f"group-0{k}").stat().st_mtime for k in (1, 2)]
    room.hand_in("group-01", **room.solved)
    after = graded()
    assert beside < FACTOR * max(before, after) + SLACK
    assert done[1] < done[0]  # the heavy one is still being worked on
    for group in ("group-01", "group-02"):
        scores = [row.score for row in rows(course, SHEET) if row.group == group]
        assert scores == [2, 2, None, 3]


def test_slow_pages_do_not_delay_those_of_others(room, monkeypatch):
    course = room.course
    Grading(course, SHEET).run()
    monkeypatch.setattr("course_grader.results.feedback.at_a_time", lambda: 2)
    monkeypatch.setattr("course_grader.results.feedback.PAGE_SECONDS", 6.0)
    page = course.feedback / "group-02" / SHEET / "means.html"

    def made():
        return seconds_to(page, lambda: feedback(course, SHEET))

    made()
    before = made()
    path = course.autograded / "group-01" / SHEET / "adding.ipynb"
    fine = path.read_bytes()
    marked = nbformat.read(path, as_version=4)
    marked.cells += [new_markdown_cell(SLOW, id=f"slow-{number}") for number in range(5)]
    nbformat.write(marked, path)  # as if cleaning had let it pass
    beside = made()
    notice = course.feedback / "group-01" / SHEET / "adding.html"
    assert page.stat().st_mtime < notice.stat().st_mtime
    path.write_bytes(fine)
    assert beside < FACTOR * max(before, made()) + SLACK
