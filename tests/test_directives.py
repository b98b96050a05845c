"""What nbgrader writes and clears by marked lines, and what a course calls these."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import nbgrader
import pytest
from courses import tiny
from nbformat.v4 import new_markdown_cell

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.grading.autograde import sources
from course_grader.grading.grade import Grading
from course_grader.lecturer.demo_class import fill
from course_grader.lecturer.points import points_of
from course_grader.lecturer.trial import trial
from course_grader.release import masters
from course_grader.release.masters import master_of, source_of
from course_grader.release.release import check_release, generated, release
from course_grader.release.source_checks import SourceError, check_sources
from course_grader.results.feedback import feedback
from course_grader.results.report import rows
from course_handin.answers import is_open

SHEET = tiny.SHEET
NBGRADER = Path(nbgrader.__file__).parent
TEMPLATES = NBGRADER / "docs" / "source" / "user_guide" / "autotests.yml"
OWN_WORDS = """
c.ClearSolutions.begin_solution_delimeter = "# >>> answer"
c.ClearSolutions.end_solution_delimeter = "# <<< answer"
c.ClearSolutions.code_stub = {"python": "# TODO\\nraise NotImplementedError"}
c.ClearSolutions.text_stub = "(your words)"
c.ClearHiddenTests.begin_test_delimeter = "# >>> secret"
c.ClearHiddenTests.end_test_delimeter = "# <<< secret"
c.ClearMarkScheme.begin_mark_scheme_delimeter = "SCHEME FROM"
c.ClearMarkScheme.end_mark_scheme_delimeter = "SCHEME TO"
c.IncludeHeaderFooter.header = "solutions/header.ipynb"
"""
NOSE = "from nose.tools import ok_\n"  # which is missing, see test_former_packages.py
VALUES = {  # what the solution binds, and what others do
    "n": ("3", "3.0"),
    "x": ("2.504", "2.6"),
    "items": ("['b', 'a']", "['a', 'b']"),
    "pair": ("(1, 'it is')", "(1, 'is it')"),
    "said": ("'Hello'", "'hello'"),
    "table": ("{'a': 1, 'b': [2]}", "{'a': 1}"),
    "yes": ("True", "1"),
    "array": ("np.array([1.0, 2.0])", "[1.0, 2.0]"),
}


def values(which):
    """A solution cell that binds all of them."""
    lines = [f"{name} = {pair[which]}" for name, pair in VALUES.items()]
    return "\n".join(["# >>> answer", "import numpy as np", *lines, "# <<< answer"])


def notebook():
    """All of nbgrader's kinds of cells, with the course's own words."""
    shown = "assert double(1) == floor(2.5)"
    secret = "# >>> secret\nassert double(21) == 42\n### HASHED AUTOTEST double(5)\n# <<< secret"
    scheme = "Draw it.\n\n<!-- SCHEME FROM -->\nTwo for the idea.\n<!-- SCHEME TO -->"
    double = "def double(v):\n    # >>> answer\n    return 2 * v\n    # <<< answer"
    manual = {"grade": True, "solution": True, "locked": False}
    text = "<!-- # >>> answer -->\nBecause.\n<!-- # <<< answer -->"
    return tiny.notebook(
        tiny.solution(double, "task-double"),
        tiny.code(f"{shown}\n{secret}", "check-double", grade=True, points=2),
        tiny.solution(values(0), "task-values"),
        *(
            tiny.code(f"{NOSE}### AUTOTEST {name}\n### HASHED AUTOTEST {name}", f"check-{name}",
                      grade=True, points=1)
            for name in VALUES
        ),
        tiny.code("# >>> answer\nprint(double(4))\n# <<< answer", "plot", points=3, **manual),
        new_markdown_cell(scheme, id="task-free", metadata=tiny.marks("free", task=True, points=4)),
        new_markdown_cell(text, id="why", metadata=tiny.marks("why", points=1, **manual)),
    )  # fmt: skip


def make(root):
    """A course with one notebook, and its own words for all marks."""
    tiny.make_course(root)
    (root / "solutions" / SHEET / "means.ipynb").unlink()
    tiny.write(root, "adding", notebook())
    imports = tiny.code("from math import floor", "up")
    header = tiny.notebook(new_markdown_cell("# Exercise", id="head"), imports)
    nbformat.write(header, root / "solutions" / "header.ipynb")
    shutil.copy(TEMPLATES, root / "autotests.yml")
    with (root / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(OWN_WORDS)
    return Course.open(root)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Released, with three hand-ins that were graded."""
    course = make(tmp_path_factory.mktemp("directives") / "course")
    release(course, SHEET)
    hand_in(course, "group-01", own=new_markdown_cell("It looks like this."))
    hand_in(course, "group-02", **{"task-double": "def double(v):\n    return 2",
                                   "task-values": values(1)})  # fmt: skip
    hand_in(course, "group-03", solved=False)
    Grading(course, SHEET).run()
    return course


def stub(course):
    return nbformat.read(course.release / SHEET / "adding.ipynb", as_version=4)


def hand_in(course, group, *, own=None, solved=True, **answers):
    """The model solution, but for some answers."""
    handed = fill(stub(course), source_of(course, SHEET, "adding")) if solved else stub(course)
    for cell in handed.cells:
        cell.source = answers.get(cell.id, cell.source)
    if own is not None:
        handed.cells.insert(len(handed.cells) - 1, own)
    folder = course.submitted / group / SHEET
    folder.mkdir(parents=True)
    nbformat.write(handed, folder / "adding.ipynb")


def points(course, group):
    return {row.task: row for row in rows(course, SHEET) if row.group == group}


def test_students_get_the_tests_that_nbgrader_wrote_and_nothing_hidden(course):
    cells = {cell.id: cell.source for cell in stub(course).cells}
    assert cells["task-double"].endswith("# TODO\n    raise NotImplementedError")
    assert cells["why"] == "(your words)"
    assert cells["task-free"].strip() == "Draw it."
    assert "assert str(n) == " in cells["check-n"]
    assert "sha1" in cells["check-n"]
    assert cells["check-double"] == "assert double(1) == floor(2.5)\nprint('Success!')"
    assert cells["up"] == "from math import floor"
    assert check_release(course, SHEET) == []


def test_the_gradebook_knows_hidden_parts_by_our_words(course):
    known = sources(course, SHEET, "adding")
    assert "### BEGIN HIDDEN TESTS\nassert double(21) == 42\nfrom hashlib" in known["check-double"]
    assert "### BEGIN MARK SCHEME" in known["free"]
    assert known["check-n"] == {cell.id: cell.source for cell in stub(course).cells}["check-n"]


@pytest.mark.parametrize("name", ["double", *VALUES])
def test_what_nbgrader_wrote_tells_right_from_wrong(course, name):
    right, wrong = (points(course, group)[f"check-{name}"] for group in ("group-01", "group-02"))
    assert right.score == right.max_score, right.reason
    assert wrong.score == 0
    hidden = "a test of your answer failed"
    assert (hidden if name == "double" else f" of {name} ") in wrong.reason


def test_what_a_tutor_marks_waits(course):
    for task in ("plot", "free", "why"):
        assert points(course, "group-01")[task].status == "manual"
    empty = points(course, "group-03")
    assert (empty["plot"].score, empty["why"].score) == (0, 0), "nothing was written"
    by_tutor = {task.name: task.points for task in points_of(course, SHEET)[0].tasks
                if task.by_tutor}  # fmt: skip
    assert by_tutor == {"plot": 3, "free": 4, "why": 1}


def test_code_that_a_tutor_marks_has_run(course):
    marked = nbformat.read(course.autograded / "group-01" / SHEET / "adding.ipynb", as_version=4)
    (plot,) = (cell for cell in marked.cells if cell.source == "print(double(4))")
    assert plot.outputs[0].text == "8\n"
    assert any("Two for the idea" in cell.source for cell in marked.cells), "for the tutor"


def test_feedback_hides_what_the_course_calls_hidden(course):
    assert not feedback(course, SHEET).failed
    page = (course.feedback / "group-02" / SHEET / "adding.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", page)
    assert "hidden tests ran here" in text
    assert "assert double(1)" in text
    assert "double(21)" not in text
    assert "double(5)" not in text


def test_tests_are_written_once_a_release(course, monkeypatch):
    before = sources(course, SHEET, "adding")
    monkeypatch.setattr(masters, "start_new_kernel", lambda **_: pytest.fail("written again"))
    with generated(course, SHEET, register=True):
        assert sources(course, SHEET, "adding") == before
    written = {cell.id: cell.source for cell in master_of(course, SHEET, "adding").cells}
    assert written["check-n"] == before["check-n"]


def test_new_templates_give_new_tests(course, tmp_path):
    root = Path(shutil.copytree(course.root, tmp_path / "course"))
    text = (root / "autotests.yml").read_text(encoding="utf-8")
    (root / "autotests.yml").write_text(text.replace("Success!", "Well done!"), encoding="utf-8")
    new = master_of(Course.open(root), SHEET, "adding")
    assert all("Well done!" in cell.source for cell in new.cells if "assert str" in cell.source)


def test_stubs_of_the_course_count_as_open(course):
    is_answer = {cell.id: is_open(cell) for cell in stub(course).cells}
    assert {name for name, is_it in is_answer.items() if is_it} == {
        "task-double", "task-values", "plot", "why",
    }  # fmt: skip
    solved = fill(stub(course), source_of(course, SHEET, "adding"))
    assert not any(is_open(cell) for cell in solved.cells)


def test_the_solution_gets_all_points_where_its_answers_travel(course):
    assert all(one.is_full for one in trial(course, SHEET))


def no_templates(root):
    (root / "autotests.yml").unlink()


def no_part(root):
    (root / "autotests.yml").write_text("ir: {}\n", encoding="utf-8")


def no_header(root):
    (root / "solutions" / "header.ipynb").unlink()


def change(cell, source, **marks):
    def changed(root):
        content = notebook()
        (found,) = (one for one in content.cells if one.id == cell)
        found.source = source
        found.metadata.nbgrader.update(marks)
        tiny.write(root, "adding", content)

    return changed


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_templates, r"adding.ipynb has lines `### AUTOTEST`, and there is no autotests.yml"),
        (no_header, r"header names 'solutions/header.ipynb', and there is no such"),
        (no_part, "adding.ipynb: autotests.yml has no 'python3'"),
        (change("task-double", "# >>> answer\ndouble = divmod\n# <<< answer"), "TypeError: divmod"),
        (change("task-values", "### AUTOTEST 1"), "asks nbgrader for tests and is not marked as a"),
        (change("plot", "# SCHEME FROM\n# SCHEME TO"), "plot: a mark scheme in a cell that is not"),
    ],
)
def test_what_nbgrader_cannot_write_is_said(tmp_path, spoil, said):
    course = make(tmp_path / "course")
    spoil(course.root)
    with pytest.raises(CourseError, match=said):
        release(course, SHEET)
    assert not (course.root / "gradebook.db").exists()


@pytest.mark.parametrize("version", ["v0", "v1", "v2"])
def test_old_metadata_name_the_command_that_renews_them(tmp_path, version):
    path = tmp_path / "old.ipynb"
    shutil.copy(NBGRADER / "tests" / "apps" / "files" / f"test-{version}.ipynb", path)
    with pytest.raises(SourceError, match=r"older nbgrader: run `nbgrader update .*old.ipynb"):
        check_sources([path])


def test_metadata_of_a_newer_nbgrader_are_said(tmp_path):
    content = json.loads((NBGRADER / "tests" / "apps" / "files" / "too-new.ipynb").read_text())
    path = tmp_path / "new.ipynb"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(SourceError, match="those of a newer nbgrader"):
        check_sources([path])


@pytest.fixture(scope="module")
def own_notebooks(tmp_path_factory):
    """The notebooks with which nbgrader tests its directives, as they are, as one sheet."""
    root = tmp_path_factory.mktemp("own") / "course"
    files = NBGRADER / "tests" / "apps" / "files"
    for place in ("source/ps1", "submitted/group-01/ps1", "submitted/group-02/ps1"):
        (root / place).mkdir(parents=True)
    for name, group_01, group_02 in (
        ("autotest-simple", "changed", "unchanged"),
        ("autotest-multi", "changed", "unchanged"),
        ("autotest-hashed", "changed", "unchanged"),
        ("autotest-hidden", "changed-right", "changed-wrong"),
    ):
        shutil.copy(files / f"{name}.ipynb", root / "source" / "ps1")
        for group, which in (("group-01", group_01), ("group-02", group_02)):
            handed = root / "submitted" / group / "ps1" / f"{name}.ipynb"
            shutil.copy(files / f"{name}-{which}.ipynb", handed)
    shutil.copy(files / "autotests.yml", root)
    (root / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    course = Course.open(root)
    release(course, "ps1")
    Grading(course, "ps1").run()
    return course


def test_nbgraders_own_notebooks_get_the_points_that_its_tests_expect(own_notebooks):
    got = {"group-01": {}, "group-02": {}}
    for row in rows(own_notebooks, "ps1"):
        so_far = got[row.group].get(row.notebook, 0)
        got[row.group][row.notebook] = so_far + row.score
    assert got["group-01"] == {
        "autotest-simple": 1, "autotest-multi": 3, "autotest-hashed": 1, "autotest-hidden": 1,
    }  # fmt: skip
    assert set(got["group-02"].values()) == {0}
