"""What ran in the unpacked bundle runs where it is graded: the same files at the same places."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from courses import tiny

from course_grader.course import Course
from course_grader.grading.grade import Grading
from course_grader.handout import place, shown
from course_grader.lecturer.demo_class import fill
from course_grader.release.bundle import write_bundle
from course_grader.release.release import release
from course_grader.results.report import rows
from course_grader.sandbox import layout as layouts
from course_grader.sandbox import nurseries
from course_grader.sandbox.bubblewrap import View
from course_grader.sandbox.layout import layout
from course_grader.sandbox.nursery import Nursery

HERE = """
import os, pathlib, shutil
assert os.getcwd().endswith("/tiny-course/exercises/week1"), os.getcwd()
assert open("../../data/numbers.csv").read() == "1,2,6\\n"
assert sorted(os.listdir("../../data")) == ["events.lhe", "numbers.csv"]
assert open("table.csv").read() == "given\\n" and open("parts/own.csv").read() == "own\\n"
from helper import h
"""
SCRATCH = """
for place in (".", "..", "../plots", "../..", "../../data", "../../tinylib/new", "../../.."):
    os.makedirs(place, exist_ok=True)
    path = pathlib.Path(place, "mine.txt")
    path.write_text("x")
    assert path.read_text() == "x"
    path.unlink()
shutil.rmtree("../plots")
shutil.copytree("../../data", "../mine")
open("../mine/numbers.csv", "a").write("!")
pathlib.Path("../../data/numbers.csv").unlink()
pathlib.Path("../../data/numbers.csv").write_text("other")
"""
ADD = "\ndef add(a, b):\n    return h(a, b)"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A released course with a file beside its notebooks."""
    root = tiny.make_course(tmp_path_factory.mktemp("layout") / "course")
    given = root / "solutions" / tiny.SHEET / "table.csv"
    given.write_text("given\n")
    release(Course.open(root), tiny.SHEET)
    write_bundle(Course.open(root), tiny.SHEET)
    return root


@pytest.fixture
def course(made, tmp_path):
    """A copy in which a group's own function needs the places of its bundle."""
    course = Course.open(Path(shutil.copytree(made, tmp_path / "course")))
    hand_in(course, HERE + SCRATCH + ADD)
    return course


def hand_in(course, source, group="group-01"):
    """The solution with other code for the first task, and files beside it."""
    stub = nbformat.read(course.release / tiny.SHEET / "adding.ipynb", as_version=4)
    solution = nbformat.read(course.source / tiny.SHEET / "adding.ipynb", as_version=4)
    notebook = fill(stub, solution)
    next(cell for cell in notebook.cells if cell.id == "task-1-add").source = source
    folder = course.submitted / group / tiny.SHEET
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / "adding.ipynb")
    (folder / "parts" / "own.csv").write_text("own\n")
    (folder / "helper.py").write_text("def h(a, b):\n    return a + b\n")


def first_task(course):
    row = next(one for one in rows(course, tiny.SHEET) if one.task == "check-1-add")
    return row.score, row.reason


def without_rooms(*arguments, **options):
    return Nursery(*arguments, **options, rooms=False)


def test_it_is_so_in_the_bundle_itself(course, tmp_path):
    shutil.unpack_archive(course.build / f"{tiny.SHEET}-students.zip", tmp_path / "home")
    folder = tmp_path / "home" / place(course, tiny.SHEET)
    own = course.submitted / "group-01" / tiny.SHEET
    shutil.copytree(own, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.ipynb"))
    (folder.parents[1] / "data" / "events.lhe").touch()  # bundles need not hold all that is shown
    command = [sys.executable, "-B", "-c", f"import sys\nsys.path[0] = ''\n{HERE}{SCRATCH}"]
    subprocess.run(command, cwd=folder, check=True)


def test_it_is_so_in_a_room(course):
    Grading(course, tiny.SHEET).run()
    assert first_task(course) == (2, "")
    assert (course.root / "data" / "numbers.csv").read_text() == "1,2,6\n"


def test_it_is_so_without_rooms(course, monkeypatch):
    nurseries.close_idle()
    monkeypatch.setattr(nurseries, "Nursery", without_rooms)
    Grading(course, tiny.SHEET).run()
    nurseries._without_rooms.clear()
    assert first_task(course) == (2, "")


def test_it_is_so_without_a_sandbox_and_the_course_stays_as_it_was(course):
    hand_in(course, f"{HERE}open('../../data/numbers.csv', 'w').write('gone'){SCRATCH}{ADD}")
    course.config.TrustedExecute.unsafe = True
    Grading(course, tiny.SHEET).run(workers=1)
    assert first_task(course)[0] == 2
    assert (course.root / "data" / "numbers.csv").read_text() == "1,2,6\n"


def test_it_is_so_under_nbgraders_own_command(course):
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("from course_grader.defaults import fair_defaults\nc.merge(fair_defaults())\n")
    nbgrader = Path(sys.executable).parent / "nbgrader"
    command = [nbgrader, "autograde", tiny.SHEET, "--create", "--notebook", "adding"]
    subprocess.run(command, cwd=course.root, check=True, capture_output=True)
    assert first_task(course) == (2, "")


def test_what_the_course_shows_is_read_only(course):
    hand_in(course, f"{HERE}open('../../data/numbers.csv', 'w'){ADD}")
    Grading(course, tiny.SHEET).run()
    assert first_task(course)[0] == 0
    stopped = next(one for one in rows(course, tiny.SHEET) if one.task == "check-1-add").reason
    assert "Read-only file system" in stopped


def test_a_file_of_the_groups_own_comes_before_the_one_that_was_given(course):
    source = "assert open('table.csv').read() == 'theirs'\nfrom helper import h"
    hand_in(course, source + ADD)
    (course.submitted / "group-01" / tiny.SHEET / "table.csv").write_text("theirs")
    Grading(course, tiny.SHEET).run()
    assert first_task(course) == (2, "")


def test_solutions_and_checks_are_nowhere(course):
    found = layout(View(shown(course, tiny.SHEET)), unsafe=False)
    assert set(found) == {
        "tinylib/__init__.py", "data/numbers.csv", "data/events.lhe", "exercises/week1/table.csv",
        "exercises/week1/adding.ipynb", "exercises/week1/means.ipynb",
    }  # fmt: skip
    assert found["data/numbers.csv"] == "/course/data/numbers.csv"


def test_a_folder_of_many_files_costs_few_links(tmp_path, monkeypatch):
    monkeypatch.setattr(layouts, "MOST_FILES", 2)
    for name in ("a/1", "a/2", "b", ".hidden", "__pycache__/x.pyc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = layout(View({"data/all": tmp_path}), unsafe=False)
    assert found == {"data/all/a": "/course/data/all/a", "data/all/b": "/course/data/all/b"}
