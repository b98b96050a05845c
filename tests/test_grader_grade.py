"""Grading: every group gets what it deserves, and nobody else's accident."""

import copy
import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import tiny
from nbgrader.converters import Autograde

from course_grader.converting import nbgrader_house
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.gradebook import one_engine, opened
from course_grader.grading.grade import Grading
from course_grader.grading.state import read_record
from course_grader.intake.merge import merge
from course_grader.intake.submission import read_submission
from course_grader.lecturer.demo_class import fill
from course_grader.marking.points import TidyPoints
from course_grader.results.feedback import feedback
from course_grader.results.report import Row, export, lost_points, rows, write_table

SHEET = tiny.SHEET
SLOW = "while True:\n    pass"
STUBBORN = """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""


class Class:
    """Hands in notebooks of groups."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.stubs = {name: self._read(course.release, name) for name in tiny.NOTEBOOKS}
        solutions = {name: self._read(course.source, name) for name in tiny.NOTEBOOKS}
        self.solved = {name: fill(self.stubs[name], solutions[name]) for name in tiny.NOTEBOOKS}

    def _read(self, folder: Path, name: str) -> Any:
        return nbformat.read(folder / SHEET / f"{name}.ipynb", as_version=4)

    def hand_in(self, group: str, **files: Any) -> Path:
        folder = self.course.submitted / group / SHEET
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = folder / f"{name.replace('_', ' ')}.ipynb"
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(json.dumps(content))
        return folder

    def changed(self, name: str, change: Callable[[dict[str, Any]], Any]) -> Any:
        notebook = copy.deepcopy(self.solved[name])
        change({cell.id: cell for cell in notebook.cells})
        return notebook

    def with_source(self, cell: str, source: str) -> Any:
        return self.changed("adding", lambda cells: cells[cell].update(source=source))

    def messy(self) -> Any:
        """A cell twice, two cells gone, points and tests rewritten, one cell of one's own."""
        notebook = copy.deepcopy(self.solved["adding"])
        cells = {cell.id: cell for cell in notebook.cells}
        cells["check-1-add"].metadata.nbgrader.points = 100
        cells["check-1-add"].metadata.nbgrader.grade = False
        cells["check-1-add"].source = "100"
        again = copy.deepcopy(cells["task-1-add"])
        again.source = "def add(a, b):\n    return b + a"
        mine = nbformat.v4.new_code_cell("x = add(3, 4)")
        mine.metadata["nbgrader"] = {"grade_id": "unheard-of", "grade": True, "points": 50}
        notebook.cells = [
            cell for cell in notebook.cells if cell.id not in ("run-1", "check-2-guess")
        ]
        notebook.cells += [again, mine]
        notebook.metadata["kernelspec"] = {"name": "julia-1.9", "display_name": "Julia"}
        return notebook


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Graded:
    """A class that was graded once, for many tests."""

    def __init__(self, root: Path) -> None:
        self.course = Course.open(root)
        config = self.course.config
        config.TrustedExecute.cell_seconds = 5
        room = Class(self.course)
        adding, means = room.solved["adding"], room.solved["means"]
        text = nbformat.writes(adding).encode()
        room.hand_in("good", adding=adding, means=means)
        room.hand_in("skeleton", **room.stubs)
        room.hand_in(
            "partly", adding=room.with_source("task-2-guess", "def guess():\n    return 0.5")
        )
        room.hand_in("broken", adding=text[: len(text) // 2], means=means)
        room.hand_in("empty", adding=b"", means=b"[1, 2]")
        room.hand_in("renamed", adding_1=adding)
        room.hand_in("nothing")
        room.hand_in("dead", adding=room.with_source("task-2-guess", "import os\nos._exit(3)"))
        room.hand_in("slow", adding=room.with_source("task-2-guess", SLOW))
        room.hand_in("stubborn", adding=room.with_source("task-2-guess", STUBBORN))
        room.hand_in("messy", adding=room.messy())
        noisy = "import sys\n\n\ndef add(a, b):\n    print('hm', file=sys.stderr)\n    return a + b"
        room.hand_in("noisy", adding=room.with_source("task-1-add", noisy))
        before = digests(self.course.submitted)
        self.results = {one.group: one for one in Grading(self.course, SHEET).run(workers=3)}
        self.untouched = digests(self.course.submitted) == before
        self.pages = feedback(self.course, SHEET)
        self.rows = rows(self.course, SHEET)

    def row(self, group: str, task: str) -> Row:
        return next(one for one in self.rows if (one.group, one.task) == (group, task))

    def scores(self, group: str) -> list[float | None]:
        return [one.score for one in self.rows if one.group == group]

    def page(self, group: str, name: str) -> str:
        return (self.course.feedback / group / SHEET / f"{name}.html").read_text("utf-8")


@pytest.fixture(scope="module")
def graded(released_course, tmp_path_factory):
    root = tmp_path_factory.mktemp("graded") / "course"
    return Graded(Path(shutil.copytree(released_course, root)))


def test_the_solution_gets_every_automatic_point_and_waits_for_the_tutor(graded):
    assert graded.scores("good") == [2, 2, None, 3]
    row = graded.row("good", "written-3-why")
    assert (row.status, row.max_score, row.reason) == ("manual", 1, "")


def test_an_untouched_notebook_gets_nothing(graded):
    assert graded.scores("skeleton") == [0, 0, 0, 0]
    assert graded.row("skeleton", "check-1-add").reason.startswith("NotImplementedError")
    assert graded.row("skeleton", "written-3-why").reason == "no answer"


def test_the_value_of_a_grade_cell_is_partial_credit(graded):
    row = graded.row("partly", "check-2-guess")
    assert (row.score, row.max_score, row.status) == (1, 2, "graded")


@pytest.mark.parametrize(
    ("group", "notebook", "reason"),
    [
        ("broken", "adding", "breaks off or is damaged"),
        ("empty", "adding", "adding.ipynb is empty"),
        ("empty", "means", "it has no cells"),
        ("renamed", "adding", "unknown adding 1.ipynb: if that is it, rename it back"),
    ],
)
def test_a_bad_notebook_is_ungradable_with_a_reason(graded, group, notebook, reason):
    own = [one for one in graded.rows if (one.group, one.notebook) == (group, notebook)]
    assert {one.status for one in own} == {"ungradable"}
    assert all(reason in one.reason and one.score == 0 for one in own)


def test_a_bad_notebook_does_not_cost_the_other_one(graded):
    assert graded.row("broken", "check-4-mean").score == 3


def test_what_was_not_handed_in_is_missing(graded):
    assert {one.status for one in graded.rows if one.group == "nothing"} == {"missing"}
    assert graded.row("partly", "check-4-mean").status == "missing"
    assert graded.row("partly", "check-4-mean").reason == "means.ipynb was not handed in"


def test_a_cell_whose_process_dies_costs_its_own_points_only(graded):
    assert graded.row("dead", "check-1-add").score == 2
    row = graded.row("dead", "check-2-guess")
    assert (row.score, row.status) == (0, "graded")
    assert row.reason.startswith("NameError: your notebook does not define `guess`; the cell `task")
    assert "stopped: the process of this cell died" in row.reason
    assert "the process of this cell died" in graded.results["dead"].record["adding"].trouble


@pytest.mark.parametrize("group", ["slow", "stubborn"])
def test_a_cell_out_of_time_is_ended_and_later_cells_run(graded, group):
    assert graded.row(group, "check-1-add").score == 2
    row = graded.row(group, "check-2-guess")
    assert (row.score, row.status) == (0, "graded")
    assert "guess" in row.reason
    assert graded.results[group].record["adding"].trouble.startswith("task-2-guess: the cell ran")


def test_a_messy_notebook_is_put_in_order(graded):
    assert graded.scores("messy") == [2, 2, None, 0]
    assert graded.row("messy", "check-1-add").max_score == 2
    remarks = " ".join(graded.results["messy"].record["adding"].remarks)
    assert "task-1-add occurs more than once" in remarks
    assert "run-1 was deleted" in remarks
    assert "check-2-guess was deleted" in remarks


def test_stderr_costs_nothing(graded):
    assert graded.row("noisy", "check-1-add").score == 2


def test_submissions_are_only_read(graded):
    assert graded.untouched


def test_groups_that_need_a_person_are_marked(graded):
    need = {
        group
        for group, result in graded.results.items()
        if any(one.needs_a_look for one in result.record.values())
    }
    assert need == {"broken", "empty", "renamed", "dead", "slow", "stubborn"}


def test_csv_has_a_row_for_each_graded_cell(graded):
    path = export(graded.course, SHEET)
    with path.open(newline="") as file:
        table = list(csv.DictReader(file))
    assert list(table[0]) == tiny.COLUMNS
    assert len(table) == 4 * len(graded.results)
    assert {one["status"] for one in table} == {"graded", "manual", "missing", "ungradable"}
    assert [one["score"] for one in table if one["group"] == "good"] == ["2", "2", "", "3"]


def test_feedback_has_a_page_for_each_notebook_without_hidden_tests(graded):
    assert graded.pages.failed == {}
    assert graded.pages.written == 2 * len(graded.results)
    for group in ("good", "skeleton", "partly", "noisy"):
        page = graded.page(group, "adding")
        assert "hidden tests ran here" in page
        for secret in ("check_add", "check_guess", "tiny_tests", "HIDDEN"):
            assert secret not in page, (group, secret)


def test_feedback_says_why_a_notebook_has_no_points(graded):
    assert "was not handed in" in graded.page("nothing", "means")
    assert "breaks off or is damaged" in graded.page("broken", "adding")


def test_a_tutors_points_count(graded):
    with nbgrader_house(graded.course.root), graded.course.gradebook() as gradebook:
        grade = gradebook.find_grade("written-3-why", "adding", SHEET, "good")
        grade.manual_score, grade.needs_manual_grade = 0.5, False
        gradebook.db.commit()
    again = rows(graded.course, SHEET)
    row = next(one for one in again if (one.group, one.task) == ("good", "written-3-why"))
    assert (row.score, row.status) == (0.5, "graded")


def test_only_what_changed_is_graded_again(course):
    room = Class(course)
    folder = room.hand_in("group-01", adding=room.stubs["adding"], means=b"{")
    room.hand_in("group-02", adding=b"")

    def ran() -> dict[str, list[str]]:
        return {one.group: one.ran for one in Grading(course, SHEET).run()}

    assert ran() == {"group-01": ["adding"], "group-02": []}
    assert ran() == {"group-01": [], "group-02": []}
    room.hand_in("group-01", means=room.solved["means"])
    assert ran() == {"group-01": ["means"], "group-02": []}
    assert [one.score for one in rows(course, SHEET)][:4] == [0, 0, 0, 3]

    (folder / "means.ipynb").unlink()
    assert ran() == {"group-01": [], "group-02": []}
    assert read_record(course, SHEET, "group-01")["means"].status == "missing"
    assert [one.score for one in rows(course, SHEET)][:4] == [0, 0, 0, 0]
    assert Grading(course, SHEET).run(["group-01"], force=True)[0].ran == ["adding"]


def test_what_nbgrader_marked_itself_is_reported(course):
    room = Class(course)
    room.hand_in("group-01", means=room.solved["means"])
    with nbgrader_house(course.root):
        course.converter(Autograde, SHEET, group="group-01").start()
    table = {one.task: one for one in rows(course, SHEET)}
    assert (table["check-4-mean"].score, table["check-4-mean"].status) == (3, "graded")
    assert (table["check-1-add"].score, table["check-1-add"].status) == (0, "missing")
    assert feedback(course, SHEET).written == 1


def test_a_changed_solution_is_marked_with_at_once(course):
    room = Class(course)
    room.hand_in("group-01", means=room.solved["means"])
    assert Grading(course, SHEET).run()[0].ran == ["means"]
    notebook = tiny.means()
    notebook.cells[-1].source = notebook.cells[-1].source.replace(
        "tiny_tests.check_mean(mean)", "assert not mean([1.0]), 'another test'"
    )
    tiny.write(course.root, "means", notebook)
    assert Grading(course, SHEET).run()[0].ran == ["means"]
    row = next(one for one in rows(course, SHEET) if one.task == "check-4-mean")
    assert row.score == 0
    assert row.reason == "another test"


def test_changed_checks_are_marked_with_at_once(course):
    room = Class(course)
    room.hand_in("group-01", adding=room.solved["adding"])
    (course.root / "pyproject.toml").write_text('[tool.genlhc]\nchecks = ["tiny_tests.py"]\n')
    course = Course.open(course.root)
    assert Grading(course, SHEET).run()[0].ran == ["adding"]
    assert Grading(course, SHEET).run()[0].ran == []
    with (course.root / "tiny_tests.py").open("a") as checks:
        checks.write("# changed\n")
    assert Grading(course, SHEET).run()[0].ran == ["adding"]


def test_another_sheets_checks_grade_nothing_again(course):
    """Two sheets share a module; each has a package of its own beside it."""
    (course.root / "pyproject.toml").write_text('[tool.genlhc]\nchecks = ["mychecks"]\n')
    course = Course.open(course.root)

    def write(name: str, text: str) -> None:
        path = course.root / "mychecks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def ran() -> list[str]:
        return Grading(course, SHEET).run()[0].ran

    write("__init__.py", "")
    write("shared.py", "def check(mean):\n    assert abs(mean([1.0, 3.0]) - 2) < 1e-9\n")
    write("first/__init__.py", "from mychecks.shared import check\n")
    notebook = tiny.means()
    notebook.cells[-1].source = notebook.cells[-1].source.replace(
        "import tiny_tests\n\ntiny_tests.check_mean(mean)",
        "from mychecks import first\n\nfirst.check(mean)",
    )
    tiny.write(course.root, "means", notebook)
    Class(course).hand_in("group-01", means=Class(course).solved["means"])
    assert ran() == ["means"]
    write("second/__init__.py", "from mychecks.shared import check\n")
    write("second/mutants/__init__.py", "")
    write("second/data/events.npy", "1 2 3")
    write("other.py", "")
    assert ran() == []
    write("first/thresholds.toml", "full = 1")
    assert ran() == ["means"]
    write("shared.py", "def check(mean):\n    raise AssertionError('another test')\n")
    assert ran() == ["means"]
    row = next(one for one in rows(course, SHEET) if one.task == "check-4-mean")
    assert (row.score, row.reason) == (0, "another test")


@pytest.mark.parametrize(
    ("groups", "complaint"),
    [([], "no submission of any group"), (["nobody"], "no submission of nobody")],
)
def test_nothing_to_grade_is_a_mistake_of_the_call(course, groups, complaint):
    with pytest.raises(CourseError, match=complaint):
        Grading(course, SHEET).run(groups)


def test_group_names_that_nbgrader_cannot_use_are_refused(course):
    Class(course).hand_in("gr*up")
    with pytest.raises(CourseError, match=r"gr\*up: a group's name may hold"):
        Grading(course, SHEET).run()


def test_merge_puts_deleted_cells_behind_their_predecessors(course):
    room = Class(course)
    master = room.stubs["adding"]
    for gone in range(len(master.cells)):
        notebook = copy.deepcopy(room.solved["adding"])
        del notebook.cells[gone]
        merged, _ = merge(notebook, master)
        order = [
            cell.metadata.nbgrader.grade_id for cell in merged.cells if "nbgrader" in cell.metadata
        ]
        assert order == [
            c.metadata.nbgrader.grade_id for c in master.cells if "nbgrader" in c.metadata
        ]
        assert len({cell.id for cell in merged.cells}) == len(merged.cells)


def test_old_notebook_formats_are_read(course):
    room = Class(course)
    old = json.loads(nbformat.writes(room.solved["means"]))
    old["nbformat_minor"] = 2
    for cell in old["cells"]:
        del cell["id"]
    folder = room.hand_in("group-01", means=json.dumps(old).encode())
    handed = read_submission(folder, room.stubs)
    assert {one.name: one.status for one in handed} == {"adding": "missing", "means": "graded"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0.5", "0.5"),
        ("np.float64(0.5)", "0.5"),
        ("tensor(0.5000, dtype=torch.float64)", "0.5"),
        ("np.int64(1)", "1.0"),
        ("2.0000001", "2.0"),
        ("'words'", "'words'"),
    ],
)
def test_points_are_numbers_for_nbgrader(text, kept):
    assert points_of(text).data["text/plain"] == kept


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "np.float64(nan)"])
def test_points_that_are_no_points_earn_nothing(text):
    output = points_of(text)
    assert output.output_type == "error"
    assert "the test returned" in output.evalue


def points_of(text: str) -> Any:
    cell = tiny.test("", "check()", "check", 2)
    cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": text})]
    TidyPoints().preprocess(tiny.notebook(cell), {})
    return cell.outputs[-1]


def test_reasons_are_one_line_without_colours():
    cell = tiny.test("", "check()", "check", 2)
    cell.outputs = [
        nbformat.v4.new_output("error", ename="CheckFailed", evalue="\x1b[31mno:\x1b[0m\n  got 3")
    ]
    assert lost_points(cell) == "no: got 3"


def test_csv_defuses_formulas(course):
    path = write_table(course, "x", ["a", "b", "c"], [[0.1 + 0.2, None, "=cmd()"]])
    assert path.read_text("utf-8") == "a,b,c\n0.3,,'=cmd()\n"


def test_gradebooks_of_a_class_share_what_was_compiled(tmp_path):
    url = f"sqlite:///{tmp_path}/gradebook.db"
    with one_engine():
        with opened(url, "course") as first:
            first.add_student("group-01")
        with opened(url, "course") as second:
            assert second.engine is first.engine
            assert [student.id for student in second.students] == ["group-01"]
    with opened(url, "course") as third:
        assert third.engine is not first.engine
