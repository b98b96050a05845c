"""The students' folder for JupyterLab: unpacked, brought up to date, never overwritten."""

import json
import subprocess
import sys
import zipfile

import nbformat
import pytest
from courses import tiny
from typer.testing import CliRunner

from course_grader import cli
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.lecturer import lab
from course_grader.release.release import release

SHEET = tiny.SHEET
NOTEBOOK = f"exercises/{SHEET}/adding.ipynb"


@pytest.fixture
def started(monkeypatch):
    """What would have been started instead of a server."""
    calls = []

    class Server:
        def __init__(self, command, **options):
            calls.append((command, options))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def wait(self):
            return 0 if "--ServerApp.port=8888" in calls[-1][0] else 7

    monkeypatch.setattr(lab, "Popen", Server)
    return calls


def edit(path, text):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = text
    nbformat.write(notebook, path)


def test_the_folder_is_what_the_bundle_holds(course):
    place = lab.unpack(course, SHEET)
    with zipfile.ZipFile(course.build / f"{SHEET}-students.zip") as bundle:
        for name in bundle.namelist():
            assert (place.folder / name.split("/", 1)[1]).read_bytes() == bundle.read(name)
    assert place.folder == course.build / "lab" / SHEET
    assert place.kept == ()


def test_a_sheet_that_was_never_released_is_released_first(tmp_path):
    course = Course.open(tiny.make_course(tmp_path / "neu und schön"))
    assert (lab.unpack(course, SHEET).folder / NOTEBOOK).is_file()


def test_an_edited_notebook_is_kept_and_said_when_the_sheet_changes(course):
    folder = lab.unpack(course, SHEET).folder
    edit(folder / NOTEBOOK, "# my own")
    mine = (folder / NOTEBOOK).read_bytes()
    assert lab.unpack(course, SHEET).kept == ()  # the bundle is as it was: nothing to say
    edit(course.source / SHEET / "adding.ipynb", "# Adding, second edition")
    edit(course.source / SHEET / "means.ipynb", "# Means, second edition")
    release(course, SHEET)
    for _ in range(2):  # said each time, not once
        assert lab.unpack(course, SHEET).kept == (NOTEBOOK,)
        assert (folder / NOTEBOOK).read_bytes() == mine
    assert "second edition" in (folder / f"exercises/{SHEET}/means.ipynb").read_text()


def test_files_that_left_the_bundle_go_unless_they_were_edited(course):
    data = course.root / "data"
    (data / "old.csv").write_text("1\n")
    (data / "noted.csv").write_text("1\n")
    folder = lab.unpack(course, SHEET).folder
    (folder / "data" / "noted.csv").write_text("1, and a note\n")
    for name in ("old.csv", "noted.csv"):
        (data / name).unlink()
    lab.unpack(course, SHEET)
    assert not (folder / "data" / "old.csv").exists()
    assert (folder / "data" / "noted.csv").read_text() == "1, and a note\n"


@pytest.mark.parametrize("text", ["{", "[]"])
def test_with_a_damaged_list_everything_counts_as_edited(course, text):
    folder = lab.unpack(course, SHEET).folder
    edit(folder / NOTEBOOK, "# my own")
    (folder / ".unpacked.json").write_text(text)
    assert lab.unpack(course, SHEET).kept == (NOTEBOOK,)
    assert "my own" in (folder / NOTEBOOK).read_text()


def test_the_command_starts_jupyterlab_of_this_python_in_the_folder(course_root, started):
    arguments = ["lab", SHEET, "--no-browser", "--course", str(course_root)]
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 0, result.output
    assert f"build/lab/{SHEET}" in result.output
    ((command, options),) = started
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert "--no-browser" in command
    assert options["cwd"] == course_root / "build" / "lab" / SHEET
    assert options["env"]["PYTHONPATH"].startswith(str(options["cwd"]))


def test_the_command_says_what_is_kept_and_how_the_server_ended(course, started):
    folder = lab.unpack(course, SHEET).folder
    edit(folder / NOTEBOOK, "# my own")
    edit(course.source / SHEET / "adding.ipynb", "# Adding, second edition")
    release(course, SHEET)
    arguments = ["lab", SHEET, "--port", "8890", "--course", str(course.root)]
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 1
    assert f"{NOTEBOOK} was edited here and is kept" in result.output
    assert "JupyterLab ended with status 7" in result.output
    assert "--no-browser" not in started[0][0]


def test_an_unknown_sheet_is_a_usage_error(course_root, started):
    result = CliRunner().invoke(cli.app, ["lab", "week9", "--course", str(course_root)])
    assert result.exit_code == 2
    assert f"sheets of this course: {SHEET}" in result.output
    assert not started


def test_without_jupyterlab_the_message_says_how_to_install_it(course, monkeypatch):
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    with pytest.raises(CourseError, match="pip install"):
        lab.lab_command(course, SHEET, browser=False, port=8888)


def test_kernels_there_import_the_copy_in_the_folder(course):
    folder = lab.unpack(course, SHEET).folder
    code = "import json, tinylib; print(json.dumps(tinylib.__file__))"
    said = subprocess.run(
        [sys.executable, "-c", code],
        env=lab.lab_environment(folder),
        cwd=folder,
        capture_output=True,
        check=True,
    )
    assert json.loads(said.stdout).startswith(str(folder))
