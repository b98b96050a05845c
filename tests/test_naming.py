"""Sheets and notebooks with the names that other courses give them."""

import shutil

import pytest
from courses import tiny
from typer.testing import CliRunner

from course_grader import cli
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.results.report import rows

SHEET = "Problem Set 1 (ä), b's"
NAMES = {"adding": "Problem 1", "means": "Übung #2 & 50% (neu).v2+x"}


def genlhc(root, *arguments):
    result = CliRunner().invoke(cli.app, [*arguments, "--course", str(root)])
    assert result.exit_code == 0, result.output
    return result.stdout


def renamed(root, sheet, names):
    """The tiny course with other names."""
    tiny.make_course(root)
    for place in ("solutions", "autograde_tests"):
        (root / place / tiny.SHEET).rename(root / place / sheet)
    mistakes = root / "autograde_tests" / sheet / "mistakes.toml"
    text = mistakes.read_text(encoding="utf-8")
    for usual, name in names.items():
        (root / "solutions" / sheet / f"{usual}.ipynb").rename(
            root / "solutions" / sheet / f"{name}.ipynb"
        )
        text = text.replace(f'"{usual}"', f'"{name}"')
    mistakes.write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo class of a course with spaces and signs in its names."""
    root = renamed(tmp_path_factory.mktemp("names") / "course", SHEET, NAMES)
    said = genlhc(root, "demo", SHEET)
    assert "As expected: the solution gets every automatic point, the skeleton none" in said
    return root / "build" / "demo"


def test_the_whole_loop_works_with_spaces_and_signs_in_names(demo):
    got = {(row.group, row.notebook, row.task): row.score for row in rows(Course.open(demo), SHEET)}
    assert got["group-01", "Problem 1", "check-1-add"] == 2
    assert got["group-04", "Problem 1", "check-1-add"] == 0, "it subtracts"
    assert got["group-01", NAMES["means"], "check-4-mean"] == 3
    pages = {path.name for path in (demo / "feedback" / "group-01" / SHEET).glob("*.html")}
    assert pages == {f"{name}.html" for name in NAMES.values()}
    assert (demo / "build" / f"{SHEET}-students.zip").is_file()


def test_what_is_collected_and_marked_anew_finds_its_notebook(demo, tmp_path):
    there = demo / "submitted" / "group-01" / SHEET
    again = tmp_path / "in" / "group-01"
    again.mkdir(parents=True)
    shutil.copy2(there / "Problem 1.ipynb", again / "Problem 1 (2).ipynb")
    shutil.copy2(there / f"{NAMES['means']}.ipynb", again)
    assert f'next: `genlhc grade "{SHEET}"`' in genlhc(demo, "collect", SHEET, str(again.parent))
    said = genlhc(demo, "grade", SHEET, "--force", "--task", "check-1-add", "--group", "group-01")
    assert "nobody's points change" in said
    assert f"{SHEET}-lecture.html" in genlhc(demo, "report", SHEET)


@pytest.mark.parametrize("name", ["a+b", "-a", "Set [1]", "a/b", "a ", 'a "b"', "$HOME"])
def test_a_name_that_no_sheet_can_have_is_said(tmp_path, name):
    course = Course.open(tiny.make_course(tmp_path / "course"))
    with pytest.raises(CourseError, match=r"cannot be the name of a sheet: .* rename"):
        course.notebooks(name)


@pytest.mark.parametrize("name", ["part [1]", "why?", "what *", " spaces"])
def test_a_notebook_that_nbgrader_would_not_find_is_said(tmp_path, name):
    course = Course.open(tiny.make_course(tmp_path / "course"))
    path = course.source / tiny.SHEET / "adding.ipynb"
    path.rename(path.with_name(f"{name}.ipynb"))
    with pytest.raises(CourseError, match=r"does not find a notebook .* rename it"):
        course.notebooks(tiny.SHEET)
