"""What only the home folder has is handed in, or named: from the bundle to full points."""

import os
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest
from courses import tiny
from nbformat.v4 import new_markdown_cell
from typer.testing import CliRunner

from course_grader.course import Course
from course_grader.grading.grade import Grading
from course_grader.intake.collect import collect
from course_grader.lecturer.demo_class import fill
from course_grader.release.bundle import write_bundle
from course_grader.release.release import release
from course_grader.results.feedback import feedback
from course_grader.results.report import rows
from course_handin import own_files
from course_handin.cli import students

SHEET = tiny.SHEET
GROUP = 'group = "group-07"\n[[member]]\nname = "Ann"\ntutorial = 1\n'
ADD = """
import pathlib
import numpy as np
from helper import h
from tools.deep import k
number = np.loadtxt("mydata.txt")
assert open("table.csv").read() == "given\\n"
pathlib.Path("made.txt").write_text("made in the run")
assert open("../../data/numbers.csv").read() == "1,2,6\\n"
def add(a, b):
    return k(h(a, b)) * int(number)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A released course, with a file and a picture beside its notebooks."""
    root = tiny.make_course(tmp_path_factory.mktemp("own") / "course")
    beside = root / "solutions" / SHEET
    (beside / "table.csv").write_text("given\n")
    (beside / "figures").mkdir()
    (beside / "figures" / "dot.png").write_bytes(tiny.png())
    course = Course.open(root)
    release(course, SHEET)
    write_bundle(course, SHEET)
    return root


@pytest.fixture
def course(made, tmp_path):
    return Course.open(Path(shutil.copytree(made, tmp_path / "course")))


@pytest.fixture
def home(course, tmp_path):
    """The notebooks' folder of the unpacked bundle, everything answered, own files beside."""
    shutil.unpack_archive(course.build / f"{SHEET}-students.zip", tmp_path / "home")
    (root,) = (tmp_path / "home").iterdir()
    (root / "group.toml").write_text(GROUP)
    folder = root / "exercises" / SHEET
    for name in tiny.NOTEBOOKS:
        stub = nbformat.read(folder / f"{name}.ipynb", as_version=4)
        solution = nbformat.read(course.source / SHEET / f"{name}.ipynb", as_version=4)
        notebook = fill(stub, solution)
        if name == "adding":
            next(cell for cell in notebook.cells if cell.id == "task-1-add").source = ADD
            notebook.cells.append(new_markdown_cell("![a dot](my%20dot.png)"))
        nbformat.write(notebook, folder / f"{name}.ipynb")
    (folder / "helper.py").write_text("def h(a, b):\n    return a + b\n")
    (folder / "mydata.txt").write_text("1\n")
    (folder / "tools").mkdir()
    (folder / "tools" / "deep.py").write_text("def k(x):\n    return x\n")
    (folder / "my dot.png").write_bytes(tiny.png(tEXt=b"a\0own"))
    return folder


OWN = {"helper.py", "mydata.txt", "my dot.png", "tools/deep.py"}
ALWAYS = {"adding.ipynb", "means.ipynb", "group.toml", f"group-07-{SHEET}.pdf"}


def hand_in(home, *options):
    root = home.parents[1]
    result = CliRunner().invoke(students, ["handin", SHEET, *options, "--course", str(root)])
    assert "Traceback" not in result.output
    with zipfile.ZipFile(root / "handin" / "group-07.zip") as archive:
        names = {name.removeprefix("group-07/") for name in archive.namelist()}
    return result.exit_code, result.output, names - ALWAYS


def test_from_the_bundle_to_full_points(home, course):
    status, said, names = hand_in(home)
    assert names == OWN
    assert "own files in the archive: helper.py, my dot.png, mydata.txt, tools/deep.py" in said
    assert "All is answered and runs" in said
    assert status == 0
    assert collect(course, SHEET, home.parents[1] / "handin").is_clean
    Grading(course, SHEET).run()
    assert [row.score for row in rows(course, SHEET)] == [2, 2, None, 3]
    feedback(course, SHEET)
    assert (course.feedback / "group-07" / SHEET / "my dot.png").is_file()
    assert not (course.submitted / "group-07" / SHEET / "made.txt").exists()


def test_what_nobody_needs_stays_at_home(home):
    for name in (
        ".hidden/secret.txt", ".env", "__pycache__/helper.pyc", "venv/pyvenv.cfg", "venv/lib/x.py",
        ".ipynb_checkpoints/adding-checkpoint.ipynb", "drafts/adding.ipynb",
    ):  # fmt: skip
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text("{}")
    status, said, names = hand_in(home)
    assert (status, names) == (0, OWN)
    assert "note: not handed in: drafts/adding.ipynb: only notebooks that lie beside" in said


def test_a_given_file_that_was_changed_is_ones_own(home):
    (home / "table.csv").write_text("given\n\n")
    assert hand_in(home)[2] == OWN | {"table.csv"}
    (home / ".handed-out.json").unlink()  # nobody can tell
    assert hand_in(home, "--no-run")[2] == OWN | {"table.csv", "figures/dot.png"}


def too_large(home):
    (home / "large.npy").write_bytes(b"x" * 2000)


def link(home):
    (home / "elsewhere").symlink_to(home.parents[2])


REFUSED = {
    "large.npy: files beside the notebooks may have": too_large,
    "more.zip: archives are unpacked": lambda home: (home / "more.zip").touch(),
    "timestamp.txt: the name is used": lambda home: (home / "timestamp.txt").touch(),
    "con.txt: Windows cannot have": lambda home: (home / "con.txt").touch(),
    "elsewhere: it is no file": link,
    "pipe: it is no file": lambda home: os.mkfifo(home / "pipe"),
    "broken.txt: it is no file": lambda home: (home / "broken.txt").symlink_to("nowhere"),
    "../lib.py, which adding.ipynb names": lambda home: (home.parent / "lib.py").touch(),
    "../../data/numbers.csv, which adding.ipynb names": lambda home: (
        home.parents[1] / "data" / "numbers.csv"
    ).write_text("1,2,6\n", newline="\r\n"),
}


@pytest.mark.parametrize("says", REFUSED)
def test_what_is_not_taken_is_named_with_status_one(home, monkeypatch, says):
    monkeypatch.setattr(own_files, "MOST_BYTES", 1500)
    REFUSED[says](home)
    if "lib.py" in says:
        notebook = nbformat.read(home / "adding.ipynb", as_version=4)
        notebook.cells[1].source += "\nopen('../lib.py').close()\nopen('../new.txt', 'w').close()"
        nbformat.write(notebook, home / "adding.ipynb")
    status, said, names = hand_in(home)
    assert f"not handed in: {says}" in " ".join(said.split())
    assert "../new.txt" not in said
    assert (status, names) == (1, OWN)


def test_what_notebooks_name_goes_first(home, monkeypatch):
    monkeypatch.setattr(own_files, "MOST_FILES", len(OWN))
    for number in range(9):
        (home / f"{number}.txt").touch()
    (home / "tools" / "deep.py").rename(home / "deep.py")
    notebook = nbformat.read(home / "adding.ipynb", as_version=4)
    notebook.cells.append(new_markdown_cell("`helper.py`, `deep.py`"))
    nbformat.write(notebook, home / "adding.ipynb")
    status, said, names = hand_in(home, "--no-run")
    assert names == {"helper.py", "deep.py", "my dot.png", "mydata.txt"}
    assert "not handed in: 0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 4 more" in said
    assert status == 1


def test_odd_names_are_said_as_text(home):
    (home / os.fsdecode(b"caf\xe9.txt")).touch()
    (home / "a\x1b[2Jb.txt").touch()
    status, said, names = hand_in(home, "--no-run")
    assert "\x1b" not in said
    assert "not handed in: ab.txt, caf?.txt: its name holds signs that cannot be seen" in said
    assert (status, names) == (1, OWN)
