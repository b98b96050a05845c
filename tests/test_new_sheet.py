"""New sheets: they run as they are, in a course of which this project knows nothing else."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_grader_cli import Result

from course_grader.console import Silent
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.grading.grade import Grading
from course_grader.lecturer.demo_class import hand_in, make_class, read_mistakes
from course_grader.lecturer.new_sheet import TEMPLATES, new_sheet
from course_grader.release.release import release
from course_grader.results.report import rows

HIDDEN = ("course_utils", "autograde_tests", "course_handin")
BLOCKER = f"""
import importlib.abc
import sys


class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HIDDEN}:
            raise ModuleNotFoundError(f"No module named {{name!r}} (hidden by the test)")
        return None


sys.meta_path.insert(0, Blocker())
"""


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Runs Python where of our packages only the grader and what it needs can be imported."""
    place = tmp_path_factory.mktemp("blocker")
    (place / "sitecustomize.py").write_text(BLOCKER)
    environment = {**os.environ, "PYTHONPATH": str(place), "NO_COLOR": "1", "TERM": "dumb"}

    def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True
        )

    return run


GENLHC = ("-c", "from course_grader.cli import main; main()")


@pytest.fixture(scope="module")
def foreign(alone, tmp_path_factory):
    """A course made by the command, with its demo class graded there."""
    folder = tmp_path_factory.mktemp("elsewhere")
    made = alone(*GENLHC, "new-sheet", "blatt-ä", "--course", "Übungen WS 26", cwd=folder)
    assert (made.returncode, made.stderr) == (0, "")
    assert "genlhc release blatt-ä --course '" in made.stdout
    root = folder / "Übungen WS 26"
    shown = alone(*GENLHC, "demo", cwd=root)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    return root, shown.stdout


def test_the_blocker_hides_our_other_packages(alone, tmp_path):
    for name in HIDDEN:
        result = alone("-c", f"import {name}", cwd=tmp_path)
        assert "ModuleNotFoundError" in result.stderr
    assert alone("-c", "import course_grader.cli", cwd=tmp_path).returncode == 0


def test_a_new_course_grades_its_demo_class(foreign):
    root, said = foreign
    assert "As expected: the solution gets every automatic point, the skeleton none." in said
    demo = root / "build" / "demo"
    with (demo / "build" / "grades" / "blatt-ä.csv").open(encoding="utf-8") as file:
        found = {(row["group"], row["task"]): row for row in csv.DictReader(file)}
    checks = {"check-1-survival": 1, "check-2-lifetime": 2}
    for task, points in checks.items():
        assert float(found["group-01", task]["score"]) == points
        assert float(found["group-02", task]["score"]) == 0
    assert found["group-01", "written-3-dead-time"]["status"] == "manual"
    weak = found["group-04", "check-2-lifetime"]  # the named weak answer of thresholds.toml
    assert (float(weak["score"]), weak["status"]) == (0, "graded")
    page = (demo / "feedback" / "group-04" / "blatt-ä" / "first.html").read_text(encoding="utf-8")
    assert "full points from 0.05, none at 0.15" in page
    assert "mychecks.check_survival" not in page


def test_what_its_students_get_has_no_answer(foreign):
    root, _ = foreign
    text = (root / "build/demo/exercises/blatt-ä/first.ipynb").read_text(encoding="utf-8")
    for secret in ("SOLUTION", "HIDDEN", "mychecks", "Rubric", "times.mean()"):
        assert secret not in text


def test_nbgrader_itself_grades_a_new_course(foreign, alone):
    root, _ = foreign
    graded = alone(
        "-m", "nbgrader", "autograde", "blatt-ä", "--student=group-01", "--force",
        cwd=root / "build" / "demo",
    )  # fmt: skip
    assert graded.returncode == 0, graded.stderr
    course = Course.open(root / "build" / "demo")
    mine = [row for row in rows(course, "blatt-ä") if row.group == "group-01"]
    assert sum(row.score or 0 for row in mine) == 3


def test_partial_credit_follows_the_thresholds_file(tmp_path, monkeypatch):
    root = tmp_path / "course"
    new_sheet(root, "one")
    monkeypatch.syspath_prepend(str(root))
    import mychecks

    try:
        assert mychecks.check_lifetime(lambda times: times.mean() - 0.5, 2) == 2
        half = (mychecks.credit("lifetime", 0.10, 2), mychecks.credit("lifetime", 0.9, 2))
        assert half == pytest.approx((1, 0))
        assert mychecks.credit("lifetime", float("nan"), 2) == 0
        mychecks.THRESHOLDS.write_text("[lifetime]\nfull = 0.001\nnone = 0.002\n")
        assert mychecks.check_lifetime(lambda times: times.mean() - 0.5, 2) == 0
    finally:
        for name in ("mychecks", "mylib"):
            sys.modules.pop(name, None)


def test_a_further_sheet_in_a_course_grades_at_once(course):
    made = new_sheet(course.root, "week2")
    assert made.files == ("solutions/week2/first.ipynb", "solutions/week2/sheet.toml")
    assert not made.is_course
    release(course, "week2")
    groups = [
        group
        for group in make_class(course, "week2", read_mistakes(course, "week2"))
        if group.name in ("group-01", "group-02")
    ]
    hand_in(course, "week2", groups)
    Grading(course, "week2", Silent()).run(workers=1)
    scores = {(row.group, row.task): row.score for row in rows(course, "week2")}
    assert scores["group-01", "check-1-mean"] == 1
    assert scores["group-02", "check-1-mean"] == 0


@pytest.fixture
def with_templates(course_root):
    """A course that says itself what a new sheet is."""
    templates = {
        "solutions/SHEET/first.ipynb.in": "{}",
        "tests/SHEET/__init__.py.in": "# SHEET of COURSE, not SHEETS",
        "tests/SHEET/plain.txt": "SHEET",
        "docs/SHEET.md.in": "# SHEET",
    }
    for name, text in templates.items():
        path = course_root / "like-this" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with (course_root / "pyproject.toml").open("a") as file:
        file.write('new-sheet = "like-this"\n')
    return course_root


def test_a_course_says_itself_what_a_new_sheet_is(with_templates):
    made = new_sheet(with_templates, "week2")
    assert made.files == (
        "docs/week2.md", "solutions/week2/first.ipynb", "tests/week2/__init__.py",
        "tests/week2/plain.txt",
    )  # fmt: skip
    package = (with_templates / "tests" / "week2" / "__init__.py").read_text()
    assert package == "# week2 of course, not SHEETS"
    assert (with_templates / "tests" / "week2" / "plain.txt").read_text() == "SHEET"


@pytest.mark.parametrize(
    ("name", "before", "complaint"),
    [
        ("week-2", None, "also names a Python package"),
        ("class", None, "also names a Python package"),
        ("week2", "docs/week2.md", r"docs/week2\.md exists already"),
        ("week2", "tests/week2.py", r"tests/week2\.py exists already, and a package of that name"),
    ],
)
def test_a_new_sheet_that_would_get_in_the_way_is_not_begun(
    with_templates, name, before, complaint
):
    if before:
        (with_templates / before).parent.mkdir(exist_ok=True)
        (with_templates / before).write_text("mine")
    files = contents(with_templates)
    with pytest.raises(CourseError, match=complaint):
        new_sheet(with_templates, name)
    assert contents(with_templates) == files


def test_templates_that_are_not_there_are_named(course_root):
    with (course_root / "pyproject.toml").open("a") as file:
        file.write('new-sheet = "gone"\n')
    with pytest.raises(CourseError, match="new-sheet names 'gone', where there is no template"):
        new_sheet(course_root, "week2")


def test_templates_have_rubrics_and_ids_of_their_own():
    for path in TEMPLATES.rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert len({cell["id"] for cell in cells}) == len(cells)
        source = "".join("".join(cell["source"]) for cell in cells)
        assert "**Rubric for the tutor (1 point).**" in source


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["week 2", "../week2", "-x", "", "a/b", "con", "blatt+1"])
def test_a_name_that_cannot_be_used_is_refused(course, name):
    before = contents(course.root)
    with pytest.raises(CourseError, match=r"letters, digits, '\.', '_' and '-'"):
        new_sheet(course.root, name)
    assert contents(course.root) == before


def test_a_name_that_is_taken_is_refused_and_nothing_changes(course):
    before = contents(course.root)
    result = Result("new-sheet", "week1", "--course", str(course.root))
    assert result.status == 2
    assert "solutions/week1 exists already and was left as it is" in result.err
    assert contents(course.root) == before


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    result = Result("new-sheet", "one", "--course", str(tmp_path))
    assert result.status == 2
    assert "not empty (it has thesis.tex)" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    result = Result("new-sheet", "one", "--course", str(tmp_path / "thesis.tex"))
    assert (result.status, "is a file" in result.err) == (2, True)


def test_a_repository_without_files_counts_as_empty(tmp_path):
    (tmp_path / ".git").mkdir()
    made = new_sheet(tmp_path, "one")
    assert made.is_course
    assert ".gitignore" in made.files
    assert Course.open(tmp_path).notebooks("one") == ("first",)
