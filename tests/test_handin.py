"""What a group runs before it hands in: what it says, and what the archive holds."""

import hashlib
import io
import json
import shutil
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from courses import tiny
from nbformat.v4 import new_code_cell, new_output
from pypdf import PdfReader, PdfWriter
from typer.testing import CliRunner

from course_grader.course import Course
from course_grader.intake.collect import collect
from course_grader.lecturer.demo_class import fill
from course_handin.answers import error_of, heading, is_open, review
from course_handin.cli import students
from course_handin.errors import HandInError
from course_handin.group import TEMPLATE, find_group_file, read_group
from course_handin.handin import not_executed
from course_handin.sheet import find_sheet

SHEET = tiny.SHEET
GROUP = """
group = "group-07"
[[member]]
name = "Zoë Müßter"
tutorial = 3
[[member]]
name = "A. #Beispiel @ $x$ _y_"
tutorial = "Thu 14"
"""

HERE = "{}.{}".format(*sys.version_info)


class Result:
    """How the command ended."""

    def __init__(self, root: Path, *arguments: str) -> None:
        result = CliRunner().invoke(students, ["handin", *arguments, "--course", str(root)])
        self.status, self.out, self.err = result.exit_code, result.stdout, result.stderr
        assert "Traceback" not in self.out + self.err


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def change(path: Path, grade_id: str, source: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if cell.id == grade_id).source = source
    nbformat.write(notebook, path)


def blank_pdf(path: Path, n_pages: int) -> None:
    writer = PdfWriter()
    for _ in range(n_pages):
        writer.add_blank_page(width=200, height=200)
    writer.write(path)


@pytest.fixture
def bundle(course_root, tmp_path):
    """What students unpack: exercises and library, in a folder with an umlaut and a blank."""
    root = tmp_path / "Übung eins"
    for name in ("exercises", "tinylib"):
        shutil.copytree(course_root / name, root / name)
    shutil.copy(course_root / "pyproject.toml", root)
    (root / "group.toml").write_text(GROUP, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def handed_in(released_course, tmp_path_factory):
    """A hand-in with an answer, a failing check, an error, open tasks and scanned pages."""
    root = tmp_path_factory.mktemp("bundle") / "Übung eins"
    for name in ("exercises", "tinylib"):
        shutil.copytree(released_course / name, root / name)
    (root / "group.toml").write_text(GROUP, encoding="utf-8")
    folder = root / "exercises" / SHEET
    change(folder / "adding.ipynb", "task-1-add", "add = 3")
    change(folder / "adding.ipynb", "run-1", "print('grüße', 6 * 7)\n1 / 0")
    change(folder / "adding.ipynb", "written-3-why", "By symmetry: $a + b = b + a$.")
    blank_pdf(folder / "derivation 2.pdf", 2)
    (folder / "derivation-1.png").write_bytes(tiny.png())
    before = hashes(folder)
    result = Result(root, SHEET)
    return root, result, before


def archive_of(root: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(root / "handin" / "group-07.zip")


def text_of(root: Path) -> list[str]:
    with archive_of(root) as archive:
        pdf = PdfReader(io.BytesIO(archive.read(f"group-07/group-07-{SHEET}.pdf")))
    return [page.extract_text() for page in pdf.pages]


def test_problems_are_listed_and_the_archive_is_made_all_the_same(handed_in):
    root, result, _ = handed_in
    assert result.status == 1
    assert "unanswered: Adding (1 of 3 cells)" in result.out
    assert "a check fails: Adding: AssertionError" in result.out
    assert "no points for code that does not run: Adding, cell 4: ZeroDivisionError" in result.out
    assert "unanswered: Means" in result.out
    assert "group.toml names 2 persons; groups usually have 3" in result.out
    assert str(root / "handin" / "group-07.zip") in result.out


def test_own_files_are_not_changed(handed_in):
    root, _, before = handed_in
    assert hashes(root / "exercises" / SHEET) == before


def test_archive_holds_executed_notebooks_the_pdf_and_the_names(handed_in):
    root, _, _ = handed_in
    with archive_of(root) as archive:
        names = {f"group-07/{name}" for name in ("adding.ipynb", "means.ipynb", "group.toml")}
        assert set(archive.namelist()) == names | {f"group-07/group-07-{SHEET}.pdf"}
        notebook = nbformat.reads(archive.read("group-07/adding.ipynb").decode(), as_version=4)
    outputs = next(cell.outputs for cell in notebook.cells if cell.id == "run-1")
    assert outputs[0].text == "grüße 42\n"
    assert not_executed(notebook) == ""


def test_first_page_says_who_and_what(handed_in):
    root, _, _ = handed_in
    first = text_of(root)[0]
    for words in ("Zoë Müßter", "A. #Beispiel @ $x$ _y_", "Thu 14", SHEET, "group-07"):
        assert words in first
    assert "1 of 3 unanswered" in first
    assert "1 of 1 fail" in first
    assert "ZeroDivisionError: division by zero" in first


def test_pages_hold_notebooks_and_scans_in_order(handed_in):
    root, result, _ = handed_in
    pages = text_of(root)
    assert len(pages) == 6  # cover, two notebooks, a photo, two scanned pages
    assert "grüße 42" in pages[1]
    assert "ZeroDivisionError" in pages[1]
    assert "𝑎 + 𝑏 = 𝑏 + 𝑎" in pages[1]
    assert "Means" in pages[2]
    assert "derivation-1.png" in pages[3]
    assert "derivation-1.png, derivation 2.pdf" in result.out


def test_graders_collect_the_archive(handed_in, course):
    root, _, _ = handed_in
    collection = collect(course, SHEET, root / "handin" / "group-07.zip")
    assert collection.is_clean
    assert [one.group for one in collection.groups] == ["group-07"]
    assert collection.groups[0].new == ["adding", "means"]
    place = course.submitted / "group-07" / SHEET
    with archive_of(root) as archive:
        assert (place / "adding.ipynb").read_bytes() == archive.read("group-07/adding.ipynb")
    assert (place / f"group-07-{SHEET}.pdf").is_file()


def test_archives_of_a_class_are_told_apart_whatever_they_are_called(handed_in, course, tmp_path):
    root, _, _ = handed_in
    folder = tmp_path / "export"
    folder.mkdir()
    shutil.copy(root / "handin" / "group-07.zip", folder / "upload (3).zip")
    collection = collect(course, SHEET, folder)
    assert [one.group for one in collection.groups] == ["group-07"]
    assert collection.is_clean


def saved(bundle: Path, course: Course) -> None:
    """The bundle's notebooks solved, and saved as after a run of all cells."""
    for name in tiny.NOTEBOOKS:
        path = bundle / "exercises" / SHEET / f"{name}.ipynb"
        solution = nbformat.read(course.source / SHEET / f"{name}.ipynb", as_version=4)
        notebook = fill(nbformat.read(path, as_version=4), solution)
        code = [one for one in notebook.cells if one.cell_type == "code" and one.source.strip()]
        for number, cell in enumerate(code, 1):
            cell.execution_count = number
        nbformat.write(notebook, path)


def test_all_fine_is_status_zero(bundle, course):
    saved(bundle, course)
    with (bundle / "group.toml").open("a") as file:
        file.write('[[member]]\nname = "C"\ntutorial = "4"\n')
    result = Result(bundle, SHEET, "--no-run")
    assert result.status == 0, result.out
    assert "All is answered and runs" in result.out
    assert "note:" not in result.out
    assert "unanswered" not in "".join(text_of(bundle))


@pytest.mark.parametrize(
    ("python", "warns"), [("3.10", True), (HERE, False), ("3.99", False), ("three", False)]
)
def test_a_newer_python_than_the_one_that_marks_is_said(bundle, course, python, warns):
    saved(bundle, course)
    with (bundle / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f'python = "{python}"\n')
    out = Result(bundle, SHEET, "--no-run").out
    note = f"note: this is Python {HERE}, and Python {python} marks your notebooks"
    assert (note in " ".join(out.split())) == warns
    assert ("marks your notebooks" in out) == warns


def test_without_a_run_it_says_what_was_not_run(bundle, course):
    saved(bundle, course)
    path = bundle / "exercises" / SHEET / "means.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].execution_count = 9
    nbformat.write(notebook, path)
    (path.parent / "adding.ipynb").unlink()
    shutil.copy(course.release / SHEET / "adding.ipynb", path.parent)
    result = Result(bundle, SHEET, "--no-run")
    assert result.status == 1
    assert "adding: as saved, but it was not run" in result.out
    assert "its cells were not run in order" in result.out


def test_a_missing_group_file_is_written_to_be_filled_in(bundle):
    (bundle / "group.toml").unlink()
    result = Result(bundle, SHEET)
    assert result.status == 2
    assert "fill in your group and your names" in result.err
    assert (bundle / "group.toml").read_text() == TEMPLATE
    again = Result(bundle, SHEET)
    assert again.status == 2
    assert "the group has no name" in again.err
    assert "member 3: tutorial is missing" in again.err
    assert not (bundle / "handin").exists()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("group = group-07", "double quotes"),
        ('group = "../x"\n[[member]]\nname = "A"\ntutorial = "1"', "letters, digits"),
        ('group = "a"', "nobody is named"),
        ('group = "a"\nmember = ["A"]', "expected a block"),
        ('group = "a"\n[[member]]\nnaem = "A"\ntutorial = 1', "unknown entry 'naem'"),
        ('gruppe = "a"\n[[member]]\nname = "A"\ntutorial = 1', "unknown entry 'gruppe'"),
    ],
)
def test_mistakes_in_the_group_file_are_explained(tmp_path, text, complaint):
    path = tmp_path / "group.toml"
    path.write_text(text)
    with pytest.raises(HandInError, match=complaint):
        read_group(path)


def test_a_group_file_beside_the_notebooks_counts_first(bundle):
    own = bundle / "exercises" / SHEET / "group.toml"
    own.write_text(GROUP)
    assert find_group_file(own.parent, bundle, None) == own
    assert find_group_file(own.parent, bundle, bundle / "group.toml") == bundle / "group.toml"


@pytest.mark.parametrize("place", ["", "exercises", f"exercises/{SHEET}"])
def test_a_sheet_is_found_from_any_of_its_folders(bundle, place):
    sheet = find_sheet(bundle / place, SHEET)
    assert [path.stem for path in sheet.notebooks] == ["adding", "means"]
    assert sheet.folder == bundle / "exercises" / SHEET
    assert sheet.root == bundle
    assert sheet.course == "Sums and means"


def test_an_unknown_sheet_is_a_usage_error_that_names_the_others(bundle):
    result = Result(bundle, "week9")
    assert result.status == 2
    assert f"sheets here: {SHEET}" in result.err
    assert Result(bundle / "nowhere", SHEET).status == 2


def test_a_damaged_notebook_is_told_and_the_others_are_handed_in(bundle, course):
    saved(bundle, course)
    (bundle / "exercises" / SHEET / "means.ipynb").write_text('{"cells": [')
    result = Result(bundle, SHEET, "--no-run")
    assert result.status == 1
    assert "not in the hand-in: means.ipynb cannot be read as a notebook" in result.out
    with archive_of(bundle) as archive:
        assert "group-07/adding.ipynb" in archive.namelist()
        assert "group-07/means.ipynb" not in archive.namelist()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f():\n    # YOUR CODE HERE\n    raise NotImplementedError()", True),
        ("def f():\n    # YOUR CODE HERE\n    x = 1\n    raise NotImplementedError()", True),
        ("def f():\n    # YOUR CODE HERE\n    return 1", False),
        ("def f():\n    raise NotImplementedError()", False),
        ("# YOUR CODE HERE\n# raise NotImplementedError()", False),
    ],
)
def test_stubs_are_told_from_answers(source, expected):
    assert is_open(new_code_cell(source)) is expected


def test_checks_that_were_not_run_do_not_pass(released_course):
    path = released_course / "exercises" / SHEET / "adding.ipynb"
    tasks = review("adding", nbformat.read(path, as_version=4)).tasks
    assert [task.n_checks for task in tasks] == [0]


def test_errors_of_checks_are_shown_without_colours():
    cell = new_code_cell("x")
    value = "\x1b[31mloss has shape (2,)\x1b[0m\nmore"
    cell.outputs = [new_output("error", ename="CheckFailed", evalue=value, traceback=[])]
    assert error_of(cell) == "loss has shape (2,)"
    assert heading("no heading") == ""


def test_help_of_the_students_command_shows_handin_alone():
    result = CliRunner().invoke(students, ["--help"], env={"COLUMNS": "80"})
    assert "handin" in result.stdout
    assert "release" not in result.stdout
    example = CliRunner().invoke(students, ["handin", "--help"], env={"COLUMNS": "80"})
    assert "Example: genlhc handin sheet01" in example.stdout
    assert max(map(len, example.stdout.splitlines())) <= 80
    assert json.dumps(example.stdout).count("\\u001b") == 0
