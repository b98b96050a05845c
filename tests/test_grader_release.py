"""Releases: nothing of the solution gets out, nothing of the lecturer's gets lost."""

import copy
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest
from courses import tiny
from hypothesis import given
from hypothesis import strategies as st

from course_grader.converting import nbgrader_house
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.gradebook import make
from course_grader.grading.autograde import give_nothing
from course_grader.names import bound_names, free_names
from course_grader.release.bundle import write_bundle
from course_grader.release.release import check_release, release
from course_grader.release.source_checks import SourceError, check_sources
from course_grader.release.tidy import HideTests, TidyNotebook, without_hidden

SHEET = tiny.SHEET


def read(course: Course, name: str) -> nbformat.NotebookNode:
    return nbformat.read(course.release / SHEET / f"{name}.ipynb", as_version=4)


def cell(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    return next(one for one in notebook.cells if one.id == name)


def problems_of(tmp_path: Path, *cells: nbformat.NotebookNode) -> str:
    path = tiny.write(tmp_path, "one", tiny.notebook(*cells))
    with pytest.raises(SourceError) as caught:
        check_sources([path])
    return str(caught.value)


def test_students_get_stubs_without_solutions_and_hidden_tests(course):
    notebook = read(course, "adding")
    text = (course.release / SHEET / "adding.ipynb").read_text()
    for secret in ("SOLUTION", "HIDDEN", "return a + b", "tiny_tests", "Rubric", "Because"):
        assert secret not in text
    assert (
        "# YOUR CODE HERE\n    raise NotImplementedError()" in cell(notebook, "task-1-add").source
    )
    assert cell(notebook, "check-1-add").source.startswith("assert callable(add)")
    assert "YOUR ANSWER HERE" in cell(notebook, "written-3-why").source
    assert cell(notebook, "check-1-add").metadata.editable is False


def test_gradebook_knows_cells_and_points(course):
    with course.gradebook() as gradebook:
        assert gradebook.find_assignment(SHEET).max_score == 8
        hidden = gradebook.find_source_cell("check-1-add", "adding", SHEET).source
    assert "tiny_tests.check_add(add)" in hidden


def test_release_is_the_same_bytes_whoever_opened_the_solution(course):
    before = (course.release / SHEET / "adding.ipynb").read_bytes()
    path = course.source / SHEET / "adding.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["language_info"]["version"] = "3.99.1"
    notebook.metadata["widgets"] = {"state": {}}
    for one in notebook.cells:
        if one.cell_type == "code":
            one.metadata["execution"] = {"iopub.execute_input": "2020-01-01T00:00:00Z"}
            one.execution_count = 3
            one.outputs = [nbformat.v4.new_output("stream", text="7\n")]
    nbformat.write(notebook, path)
    assert check_release(course, SHEET) == []
    assert release(course, SHEET).changed == ()
    assert (course.release / SHEET / "adding.ipynb").read_bytes() == before


def test_check_names_what_is_not_in_step_and_writes_nothing(course):
    path = course.release / SHEET / "means.ipynb"
    path.write_text(path.read_text().replace("# Means", "# Median"))
    (course.source / SHEET / "notes.txt").write_text("bring a pencil")
    before = path.read_bytes()
    assert check_release(course, SHEET) == ["means.ipynb", "notes.txt"]
    assert path.read_bytes() == before


def test_check_needs_no_gradebook(tmp_path):
    course = Course.open(tiny.make_course(tmp_path))
    assert check_release(course, SHEET) == ["adding.ipynb", "means.ipynb"]
    assert not list(tmp_path.glob("*.db"))
    assert not course.build.exists()


def test_release_keeps_what_it_did_not_make(course):
    edited = course.release / SHEET / "means.ipynb"
    own = course.release / SHEET / "extra" / "mine.txt"
    own.parent.mkdir()
    own.write_text("hours of work")
    edited.write_text("edited by hand")
    released = release(course, SHEET)
    assert {Path(name).name for name in released.changed} == {"means.ipynb", "mine.txt"}
    assert (released.kept / "extra" / "mine.txt").read_text() == "hours of work"
    assert (released.kept / "means.ipynb").read_text() == "edited by hand"
    assert not own.exists()
    assert check_release(course, SHEET) == []


def test_a_new_version_of_the_solution_replaces_the_old_release_without_ado(course):
    path = course.source / SHEET / "means.ipynb"
    path.write_text(path.read_text().replace("# Means", "# Arithmetic means"))
    released = release(course, SHEET)
    assert released.kept is None
    assert "Arithmetic" in (course.release / SHEET / "means.ipynb").read_text()


def test_a_refused_release_leaves_exercises_and_gradebook_alone(course):
    before = (course.release / SHEET / "adding.ipynb").read_bytes()
    notebook = tiny.adding()
    notebook.cells[4].source += "\nassert nobody_knows"
    notebook.cells.append(tiny.solution("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "task-9"))
    tiny.write(course.root, "adding", notebook)
    with pytest.raises(SourceError, match=r"adding\.ipynb: check-1-add: uses `nobody_knows`"):
        release(course, SHEET)
    assert (course.release / SHEET / "adding.ipynb").read_bytes() == before
    with course.gradebook() as gradebook:
        names = {one.name for one in gradebook.find_notebook("adding", SHEET).solution_cells}
    assert "task-9" not in names


@pytest.mark.parametrize(
    ("visible", "hidden", "complaint"),
    [
        ("assert add(1, 1) == total", "assert add", "uses `total`"),
        ("", "check_add(add)", "uses `check_add`"),
        ("", "assert [add(n, k) for n in range(3)]", "uses `k`"),
        ("def helper():\n    return offset", "assert helper()", "uses `offset`"),
    ],
)
def test_grade_cells_may_not_use_names_from_elsewhere(tmp_path, visible, hidden, complaint):
    later = tiny.code("total = offset = k = 2", "given", locked=True)
    stub = tiny.solution(tiny.stubbed("def add(a, b):", "return a + b"), "task")
    test = tiny.test(visible, hidden, "check", 1)
    assert complaint in problems_of(tmp_path, stub, test, later)


@pytest.mark.parametrize(
    "hidden",
    [
        "import math as m\n\nassert m.isclose(add(1, 1), 2)",
        "for n in range(3):\n    assert add(n, 0) == n",
        "assert {k: add(k, v) for k, v in [(1, 2)]} == {1: 3}",
        "def expected(a, b):\n    return a + b\n\n\nassert add(2, 2) == expected(2, 2)",
        "try:\n    add()\nexcept TypeError as error:\n    print(error)",
        "with open('x') as file:\n    assert add(file.read(), '')",
        "assert (total := add(1, 1)) and total == 2",
        "class Box:\n    value = 1\n\n\nassert add(Box.value, 1) == 2",
    ],
)
def test_names_bound_in_the_grade_cell_itself_are_fine(tmp_path, hidden):
    stub = tiny.solution(tiny.stubbed("def add(a, b):", "return a + b"), "task")
    path = tiny.write(tmp_path, "one", tiny.notebook(stub, tiny.test("", hidden, "check", 1)))
    check_sources([path])


def test_indented_hidden_tests_are_refused(tmp_path):
    source = (
        "with open('x'):\n    ### BEGIN HIDDEN TESTS\n    assert True\n    ### END HIDDEN TESTS\n"
        "    pass"
    )
    bad = tiny.code(source, "check", grade=True, points=1)
    assert "check: hidden tests are indented" in problems_of(tmp_path, bad)


def test_hidden_tests_that_leave_half_a_block_are_refused(tmp_path):
    source = "if True:\n### BEGIN HIDDEN TESTS\n    assert True\n### END HIDDEN TESTS"
    bad = tiny.code(source, "check", grade=True, points=1)
    assert "hidden tests are indented" in problems_of(tmp_path, bad)


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (tiny.code("import os\n'words'", "empty", grade=True, points=2), "tests nothing"),
        (tiny.code("# words", "empty", grade=True, points=2), "tests nothing"),
        (tiny.code("1 +", "odd", grade=True, points=1), "is not Python"),
        (tiny.code("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "given", locked=True), "marked"),
        (
            tiny.code("### BEGIN HIDDEN TESTS\nx = 1\n### END HIDDEN TESTS", "g", locked=True),
            "mark",
        ),
        (tiny.solution("### BEGIN SOLUTION\nx = 1", "open"), "without END SOLUTION"),
        (tiny.solution("x = 1\n### END SOLUTION", "shut"), "do not alternate"),
    ],
)
def test_cells_that_cannot_be_graded_are_named(tmp_path, bad, complaint):
    text = problems_of(tmp_path, bad)
    assert complaint in text
    assert f"one.ipynb: {bad.metadata.nbgrader.grade_id}" in text


@pytest.mark.parametrize("budget", [5, {"cell": "long"}, {"cell": -1}, {"notebook": 60}])
def test_budgets_that_cannot_be_used_are_named(tmp_path, budget):
    slow = tiny.code("x = 1", "slow", locked=True)
    slow.metadata["budget"] = budget
    assert "one.ipynb: slow: the budget must be seconds like" in problems_of(tmp_path, slow)


def test_a_budget_needs_a_cell_that_is_found_again(tmp_path):
    nameless = nbformat.v4.new_code_cell("x = 1", metadata={"budget": {"cell": 60}})
    assert "a budget needs an nbgrader cell" in problems_of(tmp_path, nameless)


def test_duplicated_grade_ids_are_refused(tmp_path):
    first = tiny.solution("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "task")
    second = copy.deepcopy(first)
    second.id = "other"
    assert "task: 2 cells have this grade_id" in problems_of(tmp_path, first, second)


def test_cells_cannot_go_once_somebody_is_marked(course):
    with nbgrader_house(course.root):
        give_nothing(course, SHEET, "group-01", [])
    notebook = tiny.means()
    del notebook.cells[-1]
    before = (course.release / SHEET / "means.ipynb").read_bytes()
    tiny.write(course.root, "means", notebook)
    with pytest.raises(CourseError, match="gradebook already holds submissions"):
        release(course, SHEET)
    assert (course.release / SHEET / "means.ipynb").read_bytes() == before


def bundle(course):
    """The files of a bundle, which are all in one folder."""
    with zipfile.ZipFile(write_bundle(course, SHEET)) as archive:
        split = {name: name.split("/", 1) for name in archive.namelist()}
        assert {top for top, _ in split.values()} == {"tiny-course"}
        return {name: archive.read(whole) for whole, (_, name) in split.items()}


def test_bundle_holds_what_students_need_and_nothing_else(course):
    files = bundle(course)
    text = b"".join(files.values())
    readme, project = (files[name].decode() for name in ("README.md", "pyproject.toml"))
    assert list(files) == sorted(
        [
            "README.md",
            "data/numbers.csv",
            f"exercises/{SHEET}/.handed-out.json",
            f"exercises/{SHEET}/adding.ipynb",
            f"exercises/{SHEET}/means.ipynb",
            "pyproject.toml",
            "tinylib/__init__.py",
        ]
    )
    given = json.loads(files[f"exercises/{SHEET}/.handed-out.json"])
    assert set(given) == set(files) - {f"exercises/{SHEET}/.handed-out.json"}
    assert given["data/numbers.csv"] == hashlib.sha256(files["data/numbers.csv"]).hexdigest()
    assert b"SOLUTION" not in text
    assert b"tiny_tests" not in text
    assert f"exercises/{SHEET}/adding.ipynb" in readme
    assert 'include = ["tinylib*"]' in project


def test_bundle_is_the_same_bytes_each_time(course):
    first = write_bundle(course, SHEET).read_bytes()
    for path in course.root.rglob("*"):
        path.touch()
    assert write_bundle(course, SHEET).read_bytes() == first


def dates(course):
    with zipfile.ZipFile(write_bundle(course, SHEET)) as archive:
        return {info.date_time for info in archive.infolist()}


def test_files_of_the_bundle_are_as_old_as_the_course(course, monkeypatch):
    for path in course.root.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    assert dates(course) == {(2023, 11, 14, 22, 13, 20)}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    (course.root / "data" / "numbers.csv").write_text("3,4\n")  # else the bundle stays as it is
    assert dates(course) == {(2027, 1, 15, 8, 0, 0)}


def test_two_copies_of_a_course_in_git_give_the_same_bundle(course, tmp_path):
    def git(*arguments, cwd=course.root):
        subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True)

    git("init", "-q")
    git("add", "--all")
    git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-m", "all")
    git("clone", "-q", str(course.root), str(tmp_path / "copy"))
    copy = Course.open(tmp_path / "copy")
    assert write_bundle(copy, SHEET).read_bytes() == write_bundle(course, SHEET).read_bytes()


def test_bundle_leaves_out_what_git_ignores(course):
    (course.root / ".gitignore").write_text("*.secret\n")
    (course.root / "data" / "key.secret").write_text("x")
    subprocess.run(["git", "init", "-q"], cwd=course.root, check=True)
    files = bundle(course)
    assert "data/key.secret" not in files
    assert "data/numbers.csv" in files


def test_bundle_gives_students_the_commands_of_its_settings(course_root):
    with (course_root / "pyproject.toml").open("a") as file:
        file.write('bundle-scripts = { genlhc = "tinylib:main" }\n')
    files = bundle(Course.open(course_root))
    project = tomllib.loads(files["pyproject.toml"].decode())["project"]
    assert project["scripts"] == {"genlhc": "tinylib:main"}
    assert f"genlhc handin {SHEET}" in files["README.md"].decode()


@pytest.mark.parametrize("said", ["", 'python = "3.12"\n'])
def test_bundle_names_the_python_that_marks(course_root, said):
    with (course_root / "pyproject.toml").open("a") as file:
        file.write(said)
    project = tomllib.loads(bundle(Course.open(course_root))["pyproject.toml"].decode())
    here = "{}.{}".format(*sys.version_info)
    assert project["tool"]["genlhc"] == {"python": "3.12" if said else here}


def test_bundle_needs_a_release(course):
    shutil.rmtree(course.release)
    with pytest.raises(CourseError, match=f"run `genlhc release {SHEET}` first"):
        write_bundle(course, SHEET)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ('bundle = "data"', "must be a list of strings"),
        ("python = 3.11", "must be a version such as"),
        ("bundel = []", "no entry 'bundel'"),
        ("bundle = ['../secrets']", "inside the course"),
        ("bundle = ['autograde_tests/week1']", "holds answers"),
        ("bundle = ['solutions']", "holds answers"),
        ("bundle = ['.']", "inside the course"),
        ('sandbox = "data"', "must be a list of strings"),
        ("new-sheet = 1", "must be the path of a folder"),
        ('bundle-scripts = ["genlhc"]', "must be a table of commands"),
        ('bundle-scripts = { genlhc = "no entry point" }', "must be a table of commands"),
    ],
)
def test_bundle_settings_are_checked(course_root, table, complaint):
    (course_root / "pyproject.toml").write_text(f"[tool.genlhc]\n{table}\n")
    with pytest.raises(CourseError, match=complaint):
        write_bundle(Course.open(course_root), SHEET)


@pytest.mark.parametrize(
    ("break_it", "complaint"),
    [
        (lambda root: (root / "nbgrader_config.py").unlink(), "is not a course"),
        (lambda root: shutil.rmtree(root / "solutions"), "no folder solutions/"),
        (lambda root: (root / "nbgrader_config.py").write_text("c = "), "cannot be read"),
        (lambda root: (root / "pyproject.toml").write_text("= 1"), "cannot be read"),
    ],
)
def test_a_folder_that_is_no_course_is_explained(course_root, break_it, complaint):
    break_it(course_root)
    with pytest.raises(CourseError, match=complaint):
        Course.open(course_root)


@given(st.lists(st.sampled_from(["x = 1", "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS", ""])))
def test_removing_hidden_tests_twice_is_removing_them_once(lines):
    once = without_hidden("\n".join(lines))
    assert without_hidden(once) == once
    assert "HIDDEN" not in once


def test_names_of_a_cell():
    assert bound_names("import a.b as c, d.e\nf, *g = 1, 2\nfor h in []: pass") == set("cdfgh")
    assert free_names("lambda p: p + q") == {"q"}
    assert bound_names("%matplotlib inline\nx = 1") >= {"x"}


def test_feedback_keeps_the_message_and_the_students_own_lines():
    error = nbformat.v4.new_output(
        "error",
        ename="ZeroDivisionError",
        evalue="division by zero",
        traceback=[
            "-----",
            "Cell In[2], line 3\n      1 import tiny_tests\n----> 3 check(f)",
            "File /course/tiny_tests.py:9, in check(f)\n secret",
            "Cell In[1], line 2, in f()\n----> 2 return 1 / 0",
        ],
    )
    notebook = tiny.notebook(
        tiny.solution("def f():\n    return 1 / 0", "task"), tiny.test("", "check(f)", "check", 1)
    )
    for count, one in enumerate(notebook.cells, 1):
        one.execution_count = count
    notebook.cells[1].outputs = [error]
    HideTests().preprocess(notebook, {})
    text = json.dumps(notebook)
    assert "return 1 / 0" in text
    assert "division by zero" in text
    assert "secret" not in text
    assert "check(f)" not in text


def test_tidy_keeps_what_matters():
    notebook = tiny.adding()
    before = copy.deepcopy(notebook)
    TidyNotebook().preprocess(notebook, {})
    assert notebook == before


def test_budgets_are_not_for_students():
    notebook = tiny.adding()
    notebook.cells[0].metadata["budget"] = {"cell": 60}
    notebook.metadata["budget"] = {"notebook": 60}
    TidyNotebook().preprocess(notebook, {})
    assert notebook == tiny.adding()


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("postgresql://marks:secret@127.0.0.1:1/marks", "psycopg"),
        ("gradebook.db", "Could not parse"),
        ("sqlite:////no/such/folder/gradebook.db", "unable to open"),
    ],
)
def test_a_gradebook_that_cannot_be_opened_is_explained(url, complaint):
    with pytest.raises(CourseError, match=complaint) as caught:
        make(url)
    assert "expected in c.CourseDirectory.db_url" in str(caught.value)
    assert "secret" not in str(caught.value)
