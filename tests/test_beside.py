"""Files beside the notebooks belong to a hand-in: they are found, and their change counts."""

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from courses import tiny

from course_grader.course import Course
from course_grader.grading.grade import Grading
from course_grader.grading.regrade import Regrading
from course_grader.grading.state import read_record, record_path
from course_grader.intake.beside import files_digest
from course_grader.lecturer.demo_class import fill
from course_grader.release.release import release
from course_grader.results.report import rows

SHEET = tiny.SHEET
USES = """
import csv, pathlib
from helper import h
from parts.more import k
%run own.ipynb
assert pathlib.Path("page.svg").read_text() == "<svg/>" and list(csv.reader(open("my data.csv")))
def add(a, b):
    return k(h(a, b)) + mine
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tiny.make_course(tmp_path_factory.mktemp("beside") / "course")
    release(Course.open(root), SHEET)
    course = Course.open(root)
    for group in ("group-01", "group-02"):
        hand_in(course, group)
    assert ran(course) == {"group-01": ["adding", "means"], "group-02": ["adding", "means"]}
    return root


@pytest.fixture
def course(made, tmp_path):
    """Two groups that have been graded; the first one has files of its own."""
    return Course.open(Path(shutil.copytree(made, tmp_path / "course")))


def hand_in(course, group):
    folder = course.submitted / group / SHEET
    folder.mkdir(parents=True)
    for name in tiny.NOTEBOOKS:
        stub = nbformat.read(course.release / SHEET / f"{name}.ipynb", as_version=4)
        solution = nbformat.read(course.source / SHEET / f"{name}.ipynb", as_version=4)
        notebook = fill(stub, solution)
        if (group, name) == ("group-01", "adding"):
            next(cell for cell in notebook.cells if cell.id == "task-1-add").source = USES
        nbformat.write(notebook, folder / f"{name}.ipynb")
    if group == "group-01":
        (folder / "parts").mkdir()
        own = tiny.notebook(nbformat.v4.new_code_cell("mine = 0"))
        nbformat.write(own, folder / "own.ipynb")
        for name, text in {
            "helper.py": "def h(a, b):\n    return a + b",
            "parts/more.py": "def k(x):\n    return x",
            "page.svg": "<svg/>",
            "my data.csv": "1,2",
            "timestamp.txt": "2026-05-01 10:00:00 UTC",
        }.items():
            (folder / name).write_text(text)


def ran(course, **options):
    return {one.group: one.ran for one in Grading(course, SHEET).run(**options)}


def score(course, group="group-01"):
    found = {(row.group, row.task): row.score for row in rows(course, SHEET)}
    return found[group, "check-1-add"]


def test_all_files_are_found_and_pages_lie_where_nobody_clicks(course):
    assert score(course) == 2
    marked = course.autograded / "group-01" / SHEET
    there = {path.relative_to(marked).as_posix() for path in marked.rglob("*") if path.is_file()}
    assert {"helper.py", "parts/more.py", "my data.csv"} <= there
    assert not {"page.svg", "own.ipynb", ".intake.json"} & there
    assert not any((course.build / "rooms").iterdir())


CHANGES = {
    "helper": lambda folder: (folder / "helper.py").write_text("def h(a, b):\n    return 0"),
    "inside": lambda folder: (folder / "parts" / "more.py").write_text("k = abs"),
    "deleted": lambda folder: (folder / "helper.py").unlink(),
    "renamed": lambda folder: (folder / "my data.csv").rename(folder / "mydata.csv"),
    "new": lambda folder: (folder / "numpy.py").write_text("raise SystemExit"),
    "page": lambda folder: (folder / "page.svg").write_text("<svg></svg>"),
    "notebook": lambda folder: (folder / "own.ipynb").write_text("{}"),
}


def test_a_change_beside_the_notebooks_grades_them_again(course):
    groups = {group: course.submitted / group / SHEET for group in CHANGES}
    for folder in groups.values():
        shutil.copytree(course.submitted / "group-01" / SHEET, folder)
    everybody = {key: ["adding", "means"] for key in groups}
    nobody = {key: [] for key in ["group-01", "group-02", *groups]}
    assert ran(course, workers=2) == nobody | everybody
    before = {group: score(course, group) for group in groups}
    for group, folder in groups.items():
        CHANGES[group](folder)
    assert ran(course, workers=2) == nobody | everybody
    after = {group: score(course, group) for group in groups}
    assert (before, after) == (dict.fromkeys(groups, 2), dict.fromkeys(groups, 0) | {"new": 2})
    assert ran(course, workers=2) == nobody


def test_what_was_deleted_is_not_beside_the_marked_notebook_any_more(course):
    shutil.rmtree(course.submitted / "group-01" / SHEET / "parts")
    ran(course)
    marked = course.autograded / "group-01" / SHEET
    assert not (marked / "parts").exists()
    assert (marked / "helper.py").is_file()


def test_times_and_notes_of_the_grader_are_no_change(course):
    folder = course.submitted / "group-01" / SHEET
    (folder / ".intake.json").write_text('{"rejected": []}')
    (folder / "timestamp.txt").write_text("2026-05-02 10:00:00 UTC")
    (folder / "helper.py").touch()
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "adding-checkpoint.ipynb").write_text("{}")
    assert ran(course) == {"group-01": [], "group-02": []}


def test_records_of_earlier_versions_hold_where_there_are_no_further_files(course):
    for group in ("group-01", "group-02"):
        path = record_path(course, SHEET, group)
        record = json.loads(path.read_text())
        for one in record.values():
            del one["files"]
        path.write_text(json.dumps(record))
    assert files_digest(course, SHEET, "group-02") == ""
    assert ran(course) == {"group-01": ["adding", "means"], "group-02": []}


def test_single_tasks_are_not_graded_anew_on_other_files(course):
    (course.submitted / "group-01" / SHEET / "helper.py").write_text("h = max")
    before = copy.deepcopy(read_record(course, SHEET, "group-01"))
    regrading = Regrading(course, SHEET, ["check-1-add"])
    assert {one.group for one in regrading.propose()} == {"group-02"}
    assert any("was not graded as it is now" in text for text in regrading.left)
    assert read_record(course, SHEET, "group-01") == before


def test_the_formgraders_button_finds_them_too(course):
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("from course_grader.defaults import fair_defaults\nc.merge(fair_defaults())\n")
    nbgrader = Path(sys.executable).parent / "nbgrader"
    command = [nbgrader, "autograde", SHEET, "--student", "group-01", "--force"]
    subprocess.run(command, cwd=course.root, check=True, capture_output=True)
    assert score(course) == 2
