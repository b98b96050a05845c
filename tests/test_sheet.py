"""A sheet is what its `sheet.toml` says: for students, sandboxes, lecturers and the gradebook."""

import zipfile

import pytest
from courses import tiny

from course_grader.console import Silent
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.execute import TrustedExecute
from course_grader.files import read_notebook
from course_grader.grading.grade import Grading
from course_grader.lecturer.demo_class import hand_in, make_class
from course_grader.lecturer.solutions import run_solutions
from course_grader.release.bundle import write_bundle
from course_grader.release.description import description
from course_grader.release.release import check_release, release
from course_grader.results.class_page import write_class_page
from course_grader.results.class_summary import summarise
from course_grader.results.feedback import feedback
from course_grader.results.report import rows
from course_handin.errors import HandInError
from course_handin.sheet import find_sheet
from course_notebooks.sheet import Budget, NotebookInfo, SheetError, read_sheet

SHEET = tiny.SHEET
LECTURE = """
title = "Sums and means"
notebooks = ["means", "adding"]
lecture = ["demo"]
data = ["data/few.csv"]

[notebook.means]
about = "take a mean"
seconds = 70

[notebook.demo]
about = "a secret of the lecture"

[budget]
notebook = 300
"""


@pytest.fixture
def folder(course_root):
    """The folder of the tiny course's sheet."""
    return course_root / "solutions" / SHEET


@pytest.fixture
def described(course_root, folder):
    """The tiny course with a description, a notebook for the lecture, and more data than needed."""
    demo = tiny.notebook(tiny.code("print('for the lecture')", "show"))
    tiny.write(course_root, "demo", demo)
    (folder / "sheet.toml").write_text(LECTURE, encoding="utf-8")
    (course_root / "data" / "few.csv").write_text("1,2\n")
    return Course.open(course_root)


def test_without_a_description_notebooks_are_in_the_order_of_their_names(folder):
    info = read_sheet(folder)
    assert info.notebooks == ("adding", "means")
    assert (info.lecture, info.data, info.budget) == ((), None, Budget())


def test_a_description_orders_the_notebooks(described):
    info = described.sheet(SHEET)
    assert info.notebooks == described.notebooks(SHEET) == ("means", "adding")
    assert info.detail("means") == NotebookInfo(about="take a mean", seconds=70)
    assert (info.seconds_for("adding"), info.budget.sheet) == (300, 600)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("notebooks = 'adding'", r"`notebooks` must be a list such as"),
        ("notebooks = ['adding', 'mean']", r"names the notebook 'mean', but there is no mean\.i"),
        ("notebooks = ['adding']", r"means\.ipynb is not named in .*week1/sheet\.toml: add"),
        ("notebooks = ['adding', 'means', 'adding']", "'adding' is named twice"),
        ("notebooks = ['adding', 'means']\nlecture = ['means']", "'means' is named twice"),
        ("notebook = ['adding']", "`notebook` must be a table"),
        ("[notebook.adding]\nminutes = 2", r"no entry `notebook\.adding\.minutes`; it knows title"),
        ("[notebook.adding]\nseconds = '2'", r"`notebook\.adding\.seconds` must be a number above"),
        ("[notebook.other]\nabout = 'x'", r"\[notebook\.other\] describes a notebook"),
        ("[budget]\nnotebook = true", r"`budget\.notebook` must be a number above 0, got True"),
        ("[budget]\nsheet = nan", r"`budget\.sheet` must be a number above 0, got nan"),
        ("titel = 'x'", "no entry `titel`; it knows title, about"),
        ("title = 3", "`title` must be a line of text, got 3"),
        ("title = ", r"sheet\.toml cannot be read"),
    ],
)
def test_a_description_that_does_not_fit_is_explained(folder, text, complaint):
    (folder / "sheet.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SheetError, match=complaint):
        read_sheet(folder)
    with pytest.raises(CourseError, match=complaint):
        Course.open(folder.parents[1]).notebooks(SHEET)


def test_windows_may_have_written_the_description(folder):
    (folder / "sheet.toml").write_bytes("\ufefftitle = 'Übung'\r\n".encode())
    assert read_sheet(folder).title == "Übung"


def test_students_get_their_notebooks_and_data_and_nothing_of_the_lecture(described):
    release(described, SHEET)
    assert check_release(described, SHEET) == []
    made = described.release / SHEET
    assert {path.name for path in made.iterdir()} == {"adding.ipynb", "means.ipynb", "sheet.toml"}
    with zipfile.ZipFile(write_bundle(described, SHEET)) as bundle:
        names = [name.split("/", 1)[1] for name in bundle.namelist()]
        text = b"".join(bundle.read(name) for name in bundle.namelist()).decode()
        readme = bundle.read("tiny-course/README.md").decode()
    assert [name for name in names if name.startswith("data/")] == ["data/few.csv"]
    assert "demo" not in text
    assert "lecture" not in text
    assert readme.index("means.ipynb` | take a mean | 1 min 10 s") < readme.index("adding.ipynb")
    assert "week1: Sums and means" in readme


def test_the_gradebook_has_no_notebook_of_the_lecture(described):
    release(described, SHEET)
    with described.gradebook() as gradebook:
        known = {one.name for one in gradebook.find_assignment(SHEET).notebooks}
    assert known == {"adding", "means"}


def test_what_students_are_told_is_a_description_again(described, tmp_path):
    info = described.sheet(SHEET)
    told = tmp_path / SHEET
    told.mkdir()
    (told / "sheet.toml").write_text(description(info), encoding="utf-8")
    again = read_sheet(told, complete=False)
    assert (again.title, again.notebooks) == (info.title, info.notebooks)
    assert again.detail("means") == info.detail("means")
    assert (again.lecture, again.data) == ((), None)


def view(course):
    notebooks = {name: read_notebook(course.source / SHEET / f"{name}.ipynb")
                 for name in course.notebooks(SHEET)}  # fmt: skip
    return set(TrustedExecute(config=course.config).plan(course, SHEET, notebooks).view.folders)


def test_a_sandbox_shows_what_students_get_where_nothing_else_is_said(course):
    assert view(course) == {"tinylib", "data", f"exercises/{SHEET}"}


def test_a_sandbox_shows_the_sheet_what_is_meant_for_sandboxes(described):
    given = {"tinylib", "data/few.csv", f"exercises/{SHEET}"}
    assert view(described) == given
    settings = described.root / "pyproject.toml"
    settings.write_text(settings.read_text() + 'sandbox = ["tinylib", "data"]\n')
    (described.root / "weights.npz").write_text("made elsewhere")
    text = LECTURE.replace("[notebook.means]", 'sandbox = ["weights.npz"]\n\n[notebook.means]')
    (described.source / SHEET / "sheet.toml").write_text(text, encoding="utf-8")
    assert view(Course.open(described.root)) == given | {"weights.npz"}


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("data = ['data/fev.csv']", r"data: 'data/fev\.csv' names nothing that is in the course"),
        ("data = ['/etc/passwd']", "must be a path inside the course"),
        ("data = ['data/../../x']", "must be a path inside the course"),
        ("data = ['autograde_tests/*']", "holds answers"),
        ("data = ['*']", "holds answers"),
        ("bundle = ['solutions/week1/means.ipynb']", "holds answers"),
    ],
)
def test_files_that_students_must_not_have_or_cannot_get_are_refused(folder, entry, complaint):
    (folder / "sheet.toml").write_text(entry, encoding="utf-8")
    with pytest.raises(CourseError, match=complaint):
        write_bundle(Course.open(folder.parents[1]), SHEET)


def test_the_lecture_sees_all_notebooks_in_their_order(described):
    done = run_solutions(described, SHEET)
    assert [one.name for one in done] == ["means", "adding", "demo"]
    index = (described.build / "solutions" / SHEET / "index.html").read_text(encoding="utf-8")
    assert index.index("<h2>means") < index.index("<h2>adding") < index.index("<h2>demo (for the")


def test_a_hand_in_has_the_notebooks_in_the_order_of_the_sheet(described):
    release(described, SHEET)
    folder = described.release / SHEET
    (folder / "a-note-of-our-own.ipynb").write_bytes((folder / "means.ipynb").read_bytes())
    found = find_sheet(described.root, SHEET)
    assert [path.stem for path in found.notebooks] == ["means", "adding", "a-note-of-our-own"]
    assert found.title == "Sums and means"


def test_a_damaged_description_in_the_bundle_is_explained(described):
    release(described, SHEET)
    (described.release / SHEET / "sheet.toml").write_text("title = ")
    with pytest.raises(HandInError, match=r"cannot be read: .*take that file from the bundle"):
        find_sheet(described.root, SHEET)


@pytest.fixture
def handed_back(described):
    """The described course after one group was marked and got its pages."""
    release(described, SHEET)
    group = next(one for one in make_class(described, SHEET, []) if one.name == "group-01")
    hand_in(described, SHEET, [group])
    Grading(described, SHEET, Silent()).run(workers=1)
    feedback(described, SHEET)
    return described


def test_results_are_in_teaching_order(handed_back):
    table = rows(handed_back, SHEET)
    assert list(dict.fromkeys(row.notebook for row in table)) == ["means", "adding"]
    assert list(summarise(handed_back, SHEET).minutes) == ["means", "adding"]
    page = handed_back.feedback / "group-01" / SHEET / "adding.html"
    text = page.read_text(encoding="utf-8")
    assert "week1 (Sums and means), group-01" in text
    assert text.index('<a href="means.html">1 means</a>') < text.index(">2 adding</b>")
    report, _ = write_class_page(handed_back, SHEET)
    assert "week1 (Sums and means): the class" in report.read_text(encoding="utf-8")
