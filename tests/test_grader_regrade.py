"""Grading anew: what a tutor gave stays, and only what was named changes."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from courses import tiny
from test_grader_grade import Class, digests
from typer.testing import CliRunner

from course_grader import cli
from course_grader.converting import nbgrader_house
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.grading.grade import Grading
from course_grader.grading.handed import solutions_of
from course_grader.grading.regrade import Regrading
from course_grader.grading.state import read_record
from course_grader.marking.kept_marks import CHANGED, OTHER_POINTS
from course_grader.results.changes import proposed
from course_grader.results.report import Row, rows

SHEET = tiny.SHEET
RIGHT = tiny.TESTS.lstrip("\n")
TOO_STRICT = RIGHT.replace("if add(a, b) != a + b:", "if add(a, b) is not a + b:")
MENDED = RIGHT.replace("return 2 * max(0.0, 1 - abs(guess() - 1))", "return 1.5")
ADD, GUESS, WHY = "check-1-add", "check-2-guess", "written-3-why"


@pytest.fixture(scope="module")
def graded_root(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three groups, graded with a wrong check, and what a tutor gave; copy it."""
    root = Path(shutil.copytree(released_course, tmp_path_factory.mktemp("again") / "a course"))
    course = Course.open(root)
    (root / "tiny_tests.py").write_text(TOO_STRICT)
    room = Class(course)
    room.hand_in("group-01", adding=room.solved["adding"], means=room.solved["means"])
    wrong = "def add(a, b):\n    return a - b"
    room.hand_in("group-02", adding=room.with_source("task-1-add", wrong))
    room.hand_in("group-03", adding=room.solved["adding"])
    Grading(course, SHEET).run(workers=2)
    with nbgrader_house(root), course.gradebook() as gradebook:
        for group in ("group-01", "group-02", "group-03"):
            grade = gradebook.find_grade(WHY, "adding", SHEET, group)
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 0.5, 0.25, False
            gradebook.find_comment(WHY, "adding", SHEET, group).manual_comment = "Good."
        grade = gradebook.find_grade(ADD, "adding", SHEET, "group-03")
        grade.manual_score, grade.needs_manual_grade = 1.0, False
        gradebook.db.commit()
    return root


@pytest.fixture
def course(graded_root: Path, tmp_path: Path) -> Course:
    """The class, with the check mended, and another check changed beside it."""
    root = Path(shutil.copytree(graded_root, tmp_path / "a course"))
    (root / "tiny_tests.py").write_text(MENDED)
    return Course.open(root)


def genlhc(course: Course, *arguments: str, said: str = "") -> tuple[int, str]:
    command = ["grade", SHEET, *arguments, "--course", str(course.root)]
    result = CliRunner().invoke(cli.app, command, input=said)
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def points(course: Course) -> dict[tuple[str, str], Any]:
    return {(one.group, one.task): one.score for one in rows(course, SHEET)}


def row(course: Course, group: str, task: str) -> Row:
    return next(one for one in rows(course, SHEET) if (one.group, one.task) == (group, task))


def tutors(course: Course) -> list[tuple[Any, ...]]:
    """Everything that a tutor gave."""
    with course.gradebook() as gradebook:
        return sorted(
            (submission.student_id, grade.name, grade.manual_score, grade.extra_credit, comment)
            for submission in gradebook.assignment_submissions(SHEET)
            for notebook in submission.notebooks
            for grade in notebook.grades
            if grade.manual_score is not None
            for comment in [
                next((c.manual_comment for c in notebook.comments if c.name == grade.name), None)
            ]
        )


def test_only_the_named_task_changes_and_only_after_consent(course, monkeypatch):
    before, given = points(course), tutors(course)
    assert before["group-01", ADD] == 0
    there = [course.autograded, course.submitted]
    files = {path: digests(path) for path in there}
    book = (course.root / "gradebook.db").read_bytes()

    status, out = genlhc(course, "--force", "--task", ADD)
    assert status == 1
    assert "nothing was written: nobody can be asked here" in out
    assert "0 → 2" in out
    assert "was: the sum is wrong" in " ".join(out.split())
    assert "group-02" not in out.split("other tasks would change")[0]
    assert GUESS in out.split("other tasks would change")[1]
    assert max(map(len, out.splitlines())) <= 100
    assert {path: digests(path) for path in there} == files
    assert (course.root / "gradebook.db").read_bytes() == book

    monkeypatch.setattr("course_grader.commands.grading.can_ask", lambda: True)
    status, out = genlhc(course, "--force", "--task", ADD, said="n\n")
    assert status == 1
    assert points(course) == before
    assert (course.root / "gradebook.db").read_bytes() == book

    status, out = genlhc(course, "--force", "--task", ADD, said="y\n")
    assert status == 0
    changed = {key for key, score in points(course).items() if score != before[key]}
    assert changed == {("group-01", ADD)}
    assert tutors(course) == given
    # the tutor's own points for the test stay; now the test gives others, so a look is due
    assert row(course, "group-03", ADD).reason == OTHER_POINTS
    assert row(course, "group-03", ADD).score == 1
    assert f"group-03 adding: {ADD}: {OTHER_POINTS}" in out
    # the marked copy tells the new story for this task and the old one for the others
    assert row(course, "group-01", ADD).reason == ""
    assert digests(course.submitted) == files[course.submitted]
    assert {path for path, digest in digests(course.autograded).items() if "means" in path
            and files[course.autograded][path] != digest} == set()  # fmt: skip


def test_what_is_cut_off_is_whole_and_is_completed_by_the_same_command(course, monkeypatch):
    given = tutors(course)
    regrading = Regrading(course, SHEET, [ADD])
    proposals = regrading.propose(workers=2)
    assert [one.group for one in proposed(p for p in proposals if p.named)] == [
        "group-01",
        "group-03",
    ]
    enter, calls = Regrading._enter, []

    def dies(self: Any, group: str, name: str, found: Any) -> None:
        calls.append(group)
        if len(calls) == 2:
            raise OSError("the disk is full")
        enter(self, group, name, found)

    monkeypatch.setattr(Regrading, "_enter", dies)
    with pytest.raises(OSError, match="disk"):
        regrading.write(proposals)
    assert (points(course)["group-01", ADD], row(course, "group-01", WHY).score) == (2, 0.75)
    assert tutors(course) == given
    monkeypatch.setattr(Regrading, "_enter", enter)
    regrading.write(proposals)
    assert row(course, "group-03", ADD).reason == OTHER_POINTS
    assert tutors(course) == given
    master = read_record(course, SHEET, "group-03")["adding"].master
    assert master == regrading.digests["adding"]


def test_checks_that_change_while_one_is_asked_are_not_used(course):
    book = (course.root / "gradebook.db").read_bytes()
    regrading = Regrading(course, SHEET, [ADD])
    regrading._learn(solutions_of(regrading.course, SHEET))
    assert (course.root / "gradebook.db").read_bytes() == book  # to propose changes nothing
    notebook = tiny.adding()
    notebook.cells[4].source = notebook.cells[4].source.replace("callable", "not callable")
    tiny.write(course.root, "adding", notebook)
    with pytest.raises(CourseError, match="nothing was written"):
        regrading.write([])


def test_a_broken_check_takes_no_points_and_what_was_not_graded_is_said(course):
    broken = RIGHT.replace("def check_guess(guess):", "def check_guess(guess):\n    1 / 0")
    (course.root / "tiny_tests.py").write_text(broken)
    room = Class(course)
    room.hand_in("group-02", adding=room.solved["adding"])
    before = points(course)
    status, out = genlhc(course, "--force", "--task", GUESS, "--yes")
    assert status == 1
    assert "group-01 adding: left as it was, since the test check-2-guess itself failed" in out
    assert "group-02 adding: was not graded as it is now" in out
    assert points(course) == before


def test_marks_stay_settled_unless_the_answer_changed(course):
    (course.root / "tiny_tests.py").write_text(TOO_STRICT)
    room = Class(course)
    given = tutors(course)
    moved = room.changed("adding", lambda cells: None)
    moved.cells.insert(2, moved.cells.pop())  # the written answer before all others
    moved.cells.append(tiny.code("more = 1", "more"))
    room.hand_in("group-01", adding=moved)
    other = room.changed("adding", lambda cells: cells[WHY].update(source="It does not."))
    room.hand_in("group-02", adding=other)
    status, out = genlhc(course, "--force")
    assert status == 0
    assert tutors(course) == given
    assert row(course, "group-01", WHY) == Row("group-01", "adding", WHY, 0.75, 1, "graded", "")
    changed = row(course, "group-02", WHY)
    assert (changed.status, changed.score, changed.reason) == ("manual", 0.75, CHANGED)
    assert f"group-02 adding: {WHY}: {CHANGED}" in out
    settled = row(course, "group-03", ADD)  # the test says what it said
    assert (settled.status, settled.score) == ("graded", 1)
    assert "other points than before" not in out

    genlhc(course, "--force", "--group", "group-02")
    assert row(course, "group-02", WHY).status == "manual"  # until a tutor has looked
    with nbgrader_house(course.root), course.gradebook() as gradebook:
        gradebook.find_grade(WHY, "adding", SHEET, "group-02").needs_manual_grade = False
        gradebook.db.commit()
    (course.root / "tiny_tests.py").write_text(MENDED)
    status, out = genlhc(course, "--force", "--group", "group-02")
    assert row(course, "group-02", WHY).status == "graded"
    assert "other points than before" in out
    assert "2 → 1.5" in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--force", "--task", "check-1-ad"], "did you mean check-1-add?"),
        (["--force", "--task", WHY], "is no test but a cell that students fill in"),
        (["--task", ADD], "--task goes with --force"),
        (["--force", "--yes"], "--yes with --task"),
    ],
)
def test_a_wrong_call_is_explained(course, arguments, complaint):
    status, out = genlhc(course, *arguments)
    assert status == 2
    assert complaint in " ".join(out.replace("│", " ").split())
