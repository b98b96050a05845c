"""A release tries the model solution in its own tests first."""

import nbformat
import pytest
from courses import tiny
from typer.testing import CliRunner

from course_grader import cli
from course_grader.course import Course
from course_grader.lecturer import trial as module
from course_grader.lecturer.trial import trial
from course_grader.sandbox.bubblewrap import SandboxError


def genlhc(root, *arguments):
    return CliRunner().invoke(cli.app, [*arguments, "--course", str(root)])


def change(root, notebook, cell, source):
    path = root / "solutions" / tiny.SHEET / f"{notebook}.ipynb"
    content = nbformat.read(path, as_version=4)
    next(one for one in content.cells if one.id == cell).source = source
    nbformat.write(content, path)


@pytest.fixture
def root(tmp_path):
    return tiny.make_course(tmp_path / "course")


def solved(body):
    return tiny.stubbed("def guess():", body)


def hidden(source):
    return tiny.test("", source, "check-2-guess", 2).source


def test_a_right_solution_is_tried_and_released(root):
    result = genlhc(root, "release", tiny.SHEET)
    assert result.exit_code == 0, result.stderr
    assert "tried: the solution gets all points in 3 tasks" in result.stdout
    assert (root / "exercises" / tiny.SHEET / "adding.ipynb").is_file()


@pytest.mark.parametrize(
    ("body", "test", "reason"),
    [
        ("return 3.0", None, "adding, check-2-guess: 0 of 2"),
        ("return 1.25", None, "adding, check-2-guess: 1.5 of 2: partial credit"),
        ("return {1: guess}", "assert guess() == 1", "a test of your answer failed"),
        ("return iter(())", "assert guess() == 1", "a test compared a tuple_iterator of your"),
        ("return 1", "assert guess(object()) == 1", "a test passed a object to an answer"),
        ("return 1", "assert sideways() == 1", "sideways"),
        ("return 1", "guess() + 'a'", "unsupported operand"),
    ],
)
def test_a_solution_that_loses_points_is_no_release(root, body, test, reason):
    change(root, "adding", "task-2-guess", solved(body))
    if test:
        change(root, "adding", "check-2-guess", hidden(test))
    result = genlhc(root, "release", tiny.SHEET)
    assert result.exit_code != 0
    assert reason in " ".join(result.stderr.split())
    assert not (root / "exercises").exists(), "nothing is written"
    assert not (root / "gradebook.db").exists()


def test_untried_is_said(root):
    change(root, "adding", "task-2-guess", solved("return 3.0"))
    result = genlhc(root, "release", tiny.SHEET, "--untried")
    assert result.exit_code == 0
    assert "was not tried in the tests: --untried" in result.stdout
    assert "tried:" not in result.stdout
    assert (root / "exercises" / tiny.SHEET / "adding.ipynb").is_file()


def test_what_takes_long_is_left_to_the_demo(root, monkeypatch):
    monkeypatch.setattr(module, "CELL", 1.0)
    slow = "import time\n\ntime.sleep(30)\ntrained = 1.0"
    change(root, "adding", "run-1", slow)
    change(root, "adding", "task-2-guess", solved("return trained"))
    found = {one.task: one for one in trial(Course.open(root), tiny.SHEET)}
    assert found["check-1-add"].is_full, "it does not need the training"
    assert not found["check-2-guess"].is_full
    assert found["check-2-guess"].late
    assert found["check-4-mean"].is_full
    assert not found["check-4-mean"].late


def test_without_a_sandbox_it_is_said_that_nothing_was_tried(root, monkeypatch):
    def none(*_):
        raise SandboxError("there is no sandbox")

    monkeypatch.setattr(module, "trial", none)
    result = genlhc(root, "release", tiny.SHEET)
    assert result.exit_code == 0
    assert "the solution was not tried in the tests: there is no sandbox" in result.stdout
