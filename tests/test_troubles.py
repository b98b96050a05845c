"""What is damaged, badly named, locked or full costs its own group, and one plain sentence."""

import errno
import json
import os
import re
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import tiny
from typer.testing import CliRunner

from course_grader import cli
from course_grader.course import Course
from course_grader.grading import grade as grading
from course_grader.grading.grade import Grading
from course_grader.grading.state import read_record, record_path
from course_grader.lecturer.demo_class import fill
from course_grader.results import feedback as pages
from course_grader.results.feedback_pages import make_pages
from course_grader.results.report import rows
from course_handin.cli import students

SHEET = tiny.SHEET
GROUPS = ("group-01", "group-02", "group-03")
AFTER = ("export", "feedback", "report", "similar")


class Said:
    """A command and what it said."""

    def __init__(self, *arguments: str, app: Any = cli.app) -> None:
        result = CliRunner().invoke(app, list(arguments))
        self.status, self.text = result.exit_code, result.output
        for word in ("Traceback", "unexpected", "Logging error", "[SQL", "Errno"):
            assert word not in self.text, self.text


def full(*arguments: Any, **more: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device", "somewhere/x")


def denied(*arguments: Any, **more: Any) -> Any:
    raise PermissionError(errno.EACCES, "Permission denied", "data.txt")


@pytest.fixture(scope="module")
def graded_class(released_course, tmp_path_factory):
    """Three groups with all points."""
    root = Path(shutil.copytree(released_course, tmp_path_factory.mktemp("class") / "course"))
    course = Course.open(root)
    for group in GROUPS:
        for name in tiny.NOTEBOOKS:
            stub = nbformat.read(course.release / SHEET / f"{name}.ipynb", 4)
            solution = nbformat.read(course.source / SHEET / f"{name}.ipynb", 4)
            path = course.submitted / group / SHEET / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(fill(stub, solution), path)
    Grading(course, SHEET).run()
    return root


@pytest.fixture
def genlhc(graded_class, tmp_path, monkeypatch):
    root = Path(shutil.copytree(graded_class, tmp_path / "course", symlinks=True))
    monkeypatch.chdir(root)
    return lambda *arguments: Said(*arguments)


@pytest.fixture
def course(genlhc):
    return Course.open(Path.cwd())


def total(course: Course, group: str) -> float:
    return sum(row.score or 0.0 for row in rows(course, SHEET) if row.group == group)


def damage_marked(course: Course) -> None:
    path = course.autograded / "group-02" / SHEET / "means.ipynb"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:300])


def damage_record(course: Course) -> None:
    path = record_path(course, SHEET, "group-02")
    content = json.loads(path.read_text())
    content["means"] |= {"status": "?", "seconds": [], "remarks": 5}
    path.write_text(json.dumps(content))


def odd_names(course: Course) -> None:
    place = os.fsencode(course.submitted / "group-02" / SHEET)
    for name in (
        b"caf\xe9.txt",
        b"caf\xe9.ipynb",
        b"\x1b[2J.csv",
        b"sub/\xff\xfe.dat",
        b"n\nl.txt",
    ):
        path = Path(os.fsdecode(place + b"/" + name))
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    os.rename(place + b"/means.ipynb", place + b"/m\xe9ans.ipynb")


def bad_folders(course: Course) -> None:
    for name in (b"Blatt 1", b"gr\xe9oup", b"-x", b"a*b", b"\x1b[2J"):
        folder = course.submitted / os.fsdecode(name) / SHEET
        folder.mkdir(parents=True)
        shutil.copy(course.submitted / "group-01" / SHEET / "adding.ipynb", folder)
    os.makedirs(course.autograded / "Blatt 1" / SHEET)
    (course.submitted / "loop").symlink_to("loop")
    (course.submitted / "group-04").write_text("a file")
    (course.submitted / ".hidden" / SHEET).mkdir(parents=True)


@pytest.mark.parametrize("broken", [damage_marked, damage_record, odd_names, bad_folders])
def test_one_damaged_or_oddly_named_thing_costs_its_own_group(genlhc, course, broken):
    broken(course)
    for command in AFTER:
        said = genlhc(command, SHEET)
        assert said.status == (1 if (broken, command) == (damage_marked, "feedback") else 0)
    said = genlhc("grade", SHEET)
    assert said.status == (1 if broken in (odd_names, bad_folders) else 0)
    for command in AFTER:
        genlhc(command, SHEET)
    assert total(course, "group-01") == total(course, "group-03") == 7
    assert (course.feedback / "group-01" / SHEET / "means.html").is_file()


def test_a_damaged_marked_notebook_is_named_with_what_mends_it(genlhc, course):
    damage_marked(course)
    said = genlhc("feedback", SHEET)
    assert said.text.count("no pages") == 1
    mend = f"genlhc grade {SHEET} --group group-02 --force"
    assert f"group-02/{SHEET}/means.ipynb is damaged: run `{mend}`" in " ".join(said.text.split())
    genlhc("export", SHEET)
    assert mend in (course.build / "grades" / f"{SHEET}.csv").read_text()
    assert genlhc(*mend.split()[1:]).status == 0
    assert total(course, "group-02") == 7


def test_a_badly_named_folder_is_said_once_and_left_out(genlhc, course):
    bad_folders(course)
    said = genlhc("grade", SHEET)
    assert said.status == 1
    assert "3 groups" in said.text
    for name in ("Blatt 1", "gr?oup", "-x", "a*b", ""):  # of the last one nothing is left
        assert said.text.count(f"submitted/{name}: a group's name may hold") == 1
    assert ".hidden" not in said.text


def test_a_name_that_is_not_utf8_is_shown_with_question_marks(genlhc, course):
    odd_names(course)
    said = genlhc("grade", SHEET)
    assert "an unknown m?ans.ipynb" in said.text
    genlhc("export", SHEET)
    assert "m?ans.ipynb" in (course.build / "grades" / f"{SHEET}.csv").read_text("utf-8")


@pytest.fixture
def impatient(course):
    """SQLite waits for a lock for a moment only."""
    config = course.root / "nbgrader_config.py"
    config.write_text(
        config.read_text()
        + f'c.CourseDirectory.db_url = "sqlite:///{course.root}/gradebook.db?timeout=0.1"\n'
    )


@pytest.mark.parametrize("command", ["grade", "export", "feedback", "report", "release"])
def test_a_locked_gradebook_is_one_sentence(genlhc, course, impatient, command):
    holder = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    said = genlhc(command, SHEET)
    holder.execute("ROLLBACK")
    holder.close()
    assert said.status == 2
    assert said.text.count("\n") == 1
    assert "is in use by another program" in said.text
    assert "nothing was lost" in said.text
    assert genlhc(command, SHEET).status == 0


def no_database(path: Path) -> None:
    path.write_text("no database at all, only a text of some length" * 100)


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20_000])


def of_another_version(path: Path) -> None:
    with sqlite3.connect(path) as base:
        base.execute("ALTER TABLE grade DROP COLUMN extra_credit")
    base.close()


@pytest.mark.parametrize("command", ["grade", "export", "feedback", "report"])
@pytest.mark.parametrize("damage", [no_database, torn, of_another_version])
def test_a_damaged_gradebook_is_one_sentence(genlhc, course, command, damage):
    damage(course.root / "gradebook.db")
    said = genlhc(command, SHEET, *(["--force"] if command == "grade" else []))
    assert said.status in (1, 2)
    found = re.findall(r"gradebook.db is (?:damaged|no gradebook of this version)", said.text)
    assert len(found) == 1 or command == "grade"
    assert found
    assert "copy" in said.text


def test_a_full_disk_costs_the_group_that_fills_it(genlhc, course, monkeypatch):
    before = grading.lay_out

    def lay_out(*arguments: Any) -> Any:
        if arguments[2] == "group-02":
            full()
        return before(*arguments)

    monkeypatch.setattr(grading, "lay_out", lay_out)
    said = genlhc("grade", SHEET, "--force")
    assert said.status == 1
    assert "group-02 adding, group-02 means: not graded: the disk is full: somewhere/x" in said.text
    assert total(course, "group-01") == total(course, "group-03") == 7
    assert read_record(course, SHEET, "group-02") == {}
    monkeypatch.undo()
    assert genlhc("grade", SHEET, "--course", str(course.root)).status == 0
    assert total(course, "group-02") == 7


def test_a_log_that_cannot_be_written_stops_nothing(genlhc, course, monkeypatch):
    monkeypatch.setattr("course_grader.logs.time.strftime", lambda *_: "now")
    (course.build / "logs").mkdir(exist_ok=True)
    for command in ("grade", "feedback"):
        (course.build / "logs" / f"now-{command}.log").symlink_to("/dev/full")
        said = genlhc(command, SHEET, *(["--force"] if command == "grade" else []))
        assert said.status == 0
        assert said.text.count("no whole log, which stops nothing else: the disk is full") == 1
    shutil.rmtree(course.build / "logs")
    (course.build / "logs").write_text("not a folder")
    said = genlhc("export", SHEET)
    assert said.status == 0
    assert "no whole log" in said.text


@pytest.mark.parametrize("command", ["export", "report"])
def test_a_table_that_cannot_be_written_is_one_sentence(genlhc, monkeypatch, command):
    monkeypatch.setattr("course_grader.files.os.replace", full)
    said = genlhc(command, SHEET)
    assert said.status == 1
    assert "the disk is full" in said.text
    assert f"{SHEET}." in said.text
    assert said.text.count("\n") == 1


def test_pages_that_cannot_be_written_are_said_in_one_line(genlhc, monkeypatch):
    monkeypatch.setattr("nbconvert.writers.files.FilesWriter.write", full)
    monkeypatch.setattr(pages, "bounded", lambda _name, *given, **_limits: make_pages(*given))
    said = genlhc("feedback", SHEET)
    assert said.status == 1
    assert "group-01, group-02, group-03: no pages: the disk is full" in said.text


def test_a_folder_in_the_way_costs_one_group_of_a_collection(genlhc, course, tmp_path):
    handed = tmp_path / "handed"
    shutil.copytree(course.submitted, handed)
    shutil.rmtree(course.submitted)
    course.submitted.mkdir()
    (course.submitted / "group-02").write_text("a file")
    said = genlhc("collect", SHEET, str(handed))
    assert said.status == 1
    assert "group-02: not all of it could be stored" in said.text
    assert course.groups(SHEET) == ["group-01", "group-03"]


def test_a_file_that_cannot_be_copied_is_a_remark(genlhc, course, monkeypatch):
    (course.submitted / "group-02" / SHEET / "data.txt").write_text("1")
    monkeypatch.setattr("course_grader.intake.submission.shutil.copyfile", denied)
    said = genlhc("grade", SHEET, "--force")
    assert said.status == 0
    assert "data.txt was left out: Permission denied" in said.text
    assert total(course, "group-02") == 7


def test_a_hand_in_says_that_the_disk_is_full(course, monkeypatch):
    member = '[[member]]\nname = "a"\ntutorial = "1"\n'
    (course.root / "group.toml").write_text('group = "group-01"\n' + 3 * member)
    monkeypatch.setattr("course_handin.packing.os.replace", full)
    said = Said("handin", SHEET, "--no-run", "--course", str(course.root), app=students)
    assert said.status == 1
    assert "genlhc: the disk is full: somewhere/x could not be written" in said.text
