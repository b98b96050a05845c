"""Written answers beside the cell that is meant for them: a tutor is asked, never a silent zero."""

import copy
import shutil
from pathlib import Path

import nbformat
import pytest
from courses import tiny
from courses.tiny import DOT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from test_grader_grade import Class

from course_grader.course import Course
from course_grader.grading.grade import Grading
from course_grader.intake.merge import merge
from course_grader.marking.beside import BESIDE
from course_grader.release.release import release
from course_grader.results.feedback import feedback
from course_grader.results.report import rows

SHEET = tiny.SHEET
TASK = "written-3-why"
ANSWER = "Since the sum of two lengths is one length."


def asking():
    """The tiny notebook with a heading above the written cell, and more below it."""
    notebook = tiny.adding()
    question = notebook.cells.pop()
    notebook.cells += [
        new_markdown_cell("## 3 Why?\n\nThink first.\n\nThen write.", id="heading"),
        question,
        new_code_cell("n_steps = 3\nprint(n_steps)", id="given"),
        new_markdown_cell("## 4 The end\n\nThat was all.", id="end"),
    ]
    return notebook


def place(cells, name=TASK):
    return next(index for index, cell in enumerate(cells) if cell.id == name)


def insert(offset, *new):
    def change(cells):
        cells[place(cells) + offset : place(cells) + offset] = copy.deepcopy(list(new))

    return change


def own(text=ANSWER):
    return new_markdown_cell(text, id="mine")


def put(name, text):
    def change(cells):
        cells[place(cells, name)].source = text

    return change


def add(name, text):
    def change(cells):
        cells[place(cells, name)].source += text

    return change


def split_heading(cells):
    first, second = cells[place(cells, "heading")].source.split("\n\n", 1)
    cells[place(cells, "heading")].source = first
    cells.insert(place(cells, "heading") + 1, own(second + "\n\n" + ANSWER))


def forget(cells):
    """As an editor that knows nothing of nbgrader, and gives new ids."""
    cells[place(cells)].source = ANSWER
    for number, cell in enumerate(cells):
        cell.metadata = nbformat.from_dict({"cell_id": f"{number}"})
        cell.id = f"new-{number}"


def deepnote(cells):
    forget(cells)
    footer = (
        "<a style='x' href='https://deepnote.com'><img src='data:image/svg+xml;base64,x'> </img>"
    )
    cells.append(own(footer + "Created in <span>deepnote.com</span></a>"))


def earlier_copy(cells):
    again = copy.deepcopy(cells[place(cells)])
    again.source, again.id = ANSWER, "mine"
    cells.insert(place(cells), again)


def photo(cells):
    cell = own("![](attachment:photo.png)")
    cell["attachments"] = {"photo.png": {"image/png": DOT}}
    cells.insert(place(cells) + 1, cell)


def another_kind(cells):
    """The cell was deleted, the answer stands in one of another kind."""
    cells[place(cells)] = new_raw_cell(ANSWER, id="mine")


ELSEWHERE = {
    "below": insert(1, own()),
    "above": insert(0, own()),
    "above the heading": insert(-1, own()),
    "two cells": insert(1, own("Since"), own("one length is one.")),
    "far below": insert(3, own()),
    "one word": insert(1, own("Lengths")),
    "one equation": insert(1, own("$a+b$")),
    "comment": insert(1, new_code_cell(f"# {ANSWER}", id="mine")),
    "string": insert(1, new_code_cell(f'"""\n{ANSWER}\n"""', id="mine")),
    "raw": insert(1, new_raw_cell(ANSWER, id="mine")),
    "photo": photo,
    "photo from a file": insert(1, own('<img src="photo.png">')),
    "heading": add("heading", f"\n\n{ANSWER}"),
    "heading overwritten": put("heading", ANSWER),
    "heading split": split_heading,
    "given code": add("given", f"  # {ANSWER}"),
    "locked test": add("check-2-guess", f"\n# {ANSWER}"),
    "metadata lost": deepnote,
    "earlier copy": earlier_copy,
    "another kind": another_kind,
    "in the last heading": add("end", f"\n\n{ANSWER}"),
}


def remove(cells):
    del cells[place(cells)]


def new_ids(cells):
    for number, cell in enumerate(cells):
        cell.id = f"new-{number}"


def join(cells):
    """Two given cells became one."""
    end = cells.pop(place(cells, "end"))
    cells[place(cells, "heading")].source += "\n\n" + end.source


NOTHING = {
    "as handed out": lambda cells: None,
    "deleted": remove,
    "new ids": new_ids,
    "empty cells": insert(1, own(""), own(" \n "), new_code_cell("", id="nothing")),
    "signs": insert(1, own("---"), own("#")),
    "copy of the question": insert(1, own("Why does it commute?\n\nYOUR ANSWER HERE")),
    "copy of the heading": insert(0, own("##  3 Why?\n\nThink first.")),
    "given cells joined": join,
    "other numbers": put("given", "n_steps = 5\nprint(n_steps)"),
    "badge": insert(
        -1, own('<a href="x"><img src="https://x/colab-badge.svg" alt="Open In Colab"/></a>')
    ),
    "deepnote": insert(1, own("<a href='x'>Created in deepnote.com</a>")),
    "far above": lambda cells: cells.insert(1, own("Group 1: my notes")),
    "tests commented out": put("check-1-add", "# assert callable(add)"),
}


class Room:
    """A class, each group with its answer in another place."""

    def __init__(self, root: Path) -> None:
        tiny.write(root, "adding", asking())
        self.course = Course.open(root)
        release(self.course, SHEET)
        self.room = Class(self.course)
        self.names = {}
        for number, (name, change) in enumerate({**ELSEWHERE, **NOTHING}.items(), 1):
            self.names[name] = f"group-{number:02}"
            self.room.hand_in(self.names[name], adding=self.notebook(change))
        Grading(self.course, SHEET).run()
        self.rows = {(row.group, row.task): row for row in rows(self.course, SHEET)}

    def notebook(self, change):
        notebook = copy.deepcopy(self.room.stubs["adding"])
        change(notebook.cells)
        return notebook

    def row(self, name):
        return self.rows[self.names[name], TASK]


@pytest.fixture(scope="module")
def room(released_course, tmp_path_factory):
    root = tmp_path_factory.mktemp("elsewhere") / "course"
    return Room(Path(shutil.copytree(released_course, root)))


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_tutor_is_asked_where_own_cells_stand_beside_an_untouched_one(room, name):
    row = room.row(name)
    assert (row.status, row.score, row.reason) == ("manual", None, BESIDE)


@pytest.mark.parametrize("name", NOTHING)
def test_no_tutor_is_asked_where_nothing_was_written(room, name):
    row = room.row(name)
    assert (row.status, row.score, row.reason) == ("graded", 0, "no answer")


@pytest.mark.parametrize("name", sorted(set(ELSEWHERE) - {"photo", "photo from a file"}))
def test_the_tutor_sees_what_was_written(room, name):
    path = room.course.autograded / room.names[name] / SHEET / "adding.ipynb"
    words = {"two cells": "one length is one", "one word": "Lengths", "one equation": "$a+b$"}
    shown = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    assert words.get(name, ANSWER) in shown


def test_a_question_that_was_split_from_its_answer_waits_for_a_tutor(one):
    _, hand_in = one

    def split(cells):
        question = cells[place(cells)]
        question.source = question.source.replace("YOUR ANSWER HERE", "").rstrip()
        insert(1, own())(cells)

    assert hand_in(split).status == "manual"


def test_what_was_written_into_a_locked_cell_is_kept_below_it(room):
    notebook = room.notebook(add("check-2-guess", f"\n# {ANSWER}\nassert True"))
    merged, remarks = merge(notebook, room.room.stubs["adding"])
    index = place(merged.cells, "check-2-guess")
    assert ANSWER not in merged.cells[index].source
    assert merged.cells[index + 1].source == ANSWER
    assert "check-2-guess was altered" in remarks[0]
    assert "stands in a cell below" in remarks[0]


@pytest.fixture
def one(course_root):
    """A course with one group, whose answer stands below the cell."""
    tiny.write(course_root, "adding", asking())
    course = Course.open(course_root)
    release(course, SHEET)
    room = Class(course)

    def hand_in(change):
        notebook = copy.deepcopy(room.stubs["adding"])
        change(notebook.cells)
        room.hand_in("group-01", adding=notebook)
        Grading(course, SHEET).run()
        return next(row for row in rows(course, SHEET) if row.task == TASK)

    return course, hand_in


def give(course, points):
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade(TASK, "adding", SHEET, "group-01")
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()
    return next(row for row in rows(course, SHEET) if row.task == TASK)


def test_a_tutors_points_count_and_stay_until_the_own_cell_changes(one):
    course, hand_in = one
    hand_in(insert(1, own()))
    given = give(course, 0.5)
    assert (given.status, given.score, given.reason) == ("graded", 0.5, "")
    Grading(course, SHEET).run(force=True)
    again = next(row for row in rows(course, SHEET) if row.task == TASK)
    assert (again.status, again.score) == ("graded", 0.5)
    changed = hand_in(insert(1, own("Another reason.")))
    assert (changed.status, changed.score) == ("manual", 0.5)
    assert "the answer changed" in changed.reason


def test_who_takes_the_own_cell_away_has_no_answer(one):
    _, hand_in = one
    assert hand_in(insert(1, own())).status == "manual"
    row = hand_in(lambda cells: None)
    assert (row.status, row.score, row.reason) == ("graded", 0, "no answer")


def test_the_group_reads_where_its_answer_stands(one):
    course, hand_in = one
    hand_in(insert(1, own()))
    feedback(course, SHEET)
    page = (course.feedback / "group-01" / SHEET / "adding.html").read_text()
    assert BESIDE in page
    with course.gradebook() as gradebook:
        comment = gradebook.find_comment(TASK, "adding", SHEET, "group-01").auto_comment
    assert comment == f"{BESIDE.capitalize()}."


def test_solutions_do_not_make_a_right_answer_invisible(one):
    """Who writes the very words of the model answer has written something of its own."""
    _, hand_in = one
    assert hand_in(insert(1, own("Because it does."))).status == "manual"


def test_a_course_without_exercises_there_asks_as_well(one):
    course, hand_in = one
    shutil.rmtree(course.release)
    assert hand_in(insert(1, own())).status == "manual"
    assert hand_in(insert(1, own("## 4 The end"))).reason == "no answer"
