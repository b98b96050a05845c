"""A class of seven groups, made from a sheet's own solution.

Only the first and the fourth group do all the work; the others leave out what takes long.
"""

import copy
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.files import notebook_text, read_notebook, write_whole
from course_grader.intake.submission import grade_id
from course_grader.markers import BEGIN_RUBRIC, BEGIN_SOLUTION, END_SOLUTION
from course_grader.release.masters import source_of

PERFECT, SKELETON = "group-01", "group-02"
_ATTACK = """
import builtins
import os

builtins.AssertionError = type("Harmless", (BaseException,), {})  # no test shall fail
get_ipython().showtraceback = lambda *arguments, **options: None
os._exit(0)  # and nobody shall notice
"""


@dataclass(frozen=True)
class Mistake:
    """A typical mistake: text replaced in a solution cell.

    Attributes:
        notebook: name without suffix.
        grade_id: of the solution cell.
        replace: text that must be there.
        by: what the group writes instead.
        says: the mistake in words.
    """

    notebook: str
    grade_id: str
    replace: str
    by: str
    says: str


@dataclass(frozen=True)
class DemoGroup:
    """What a group hands in.

    Attributes:
        name: of the group.
        story: what it did, for the summary.
        files: content by file name.
        remarks: details of the story.
    """

    name: str
    story: str
    files: Mapping[str, str]
    remarks: tuple[str, ...] = ()


def make_class(course: Course, sheet: str, mistakes: list[Mistake]) -> list[DemoGroup]:
    """The seven groups.

    Args:
        course: with the sheet's exercises released.
        sheet: the assignment.
        mistakes: those of the fourth group.

    Raises:
        CourseError: a mistake does not fit the solution.
    """
    names = course.notebooks(sheet)
    stubs = {name: read_notebook(course.release / sheet / f"{name}.ipynb") for name in names}
    solved = {name: fill(stubs[name], source_of(course, sheet, name)) for name in names}
    points = {name: _points(stubs[name]) for name in names}
    short = min(names, key=lambda name: points[name])
    big = max(names, key=lambda name: points[name])

    def files(choose: Callable[[str], Any]) -> dict[str, str]:
        return {f"{name}.ipynb": notebook_text(choose(name)) for name in names}

    wrong = {name: _with_mistakes(name, solved[name], mistakes) for name in names}
    untouched = files(lambda name: stubs[name])
    broken = dict(untouched)
    broken[f"{big}.ipynb"] = broken[f"{big}.ipynb"][: len(broken[f"{big}.ipynb"]) // 2]
    lacking = files(lambda name: solved[name] if name == short else stubs[name])
    del lacking[f"{big}.ipynb"]
    attack = files(lambda name: _attacking(stubs[name]) if name == short else stubs[name])
    several = len(names) > 1
    half = files(
        lambda name: (
            solved[name] if several and name == short else _first_task(stubs[name], solved[name])
        )
    )
    done = f"{short} and the first task of the others" if several else "only the first task"
    left = (f"only {short} is done",) if several else ()
    return [
        DemoGroup(PERFECT, "solved everything", files(lambda name: solved[name])),
        DemoGroup(SKELETON, "handed in what it got", untouched),
        DemoGroup("group-03", "half done", half, (done,)),
        DemoGroup(
            "group-04",
            "typical mistakes" if mistakes else "solved everything, too",
            files(lambda name: wrong[name]),
            tuple(mistake.says for mistake in mistakes),
        ),
        DemoGroup("group-05", "one file is damaged, nothing done", broken),
        DemoGroup("group-06", "one notebook is missing", lacking, left),
        DemoGroup("group-07", "attacks the grader, nothing else", attack),
    ]


def hand_in(course: Course, sheet: str, groups: list[DemoGroup]) -> None:
    """Puts the groups' files into `submitted/`."""
    for group in groups:
        folder = course.submitted / group.name / sheet
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in group.files.items():
            write_whole(folder / name, text)


def read_mistakes(course: Course, sheet: str) -> list[Mistake]:
    """The mistakes in `<checks>/<sheet>/mistakes*.toml`; none without such a file.

    `<checks>` are the folders that `[tool.genlhc]` calls so, by default `autograde_tests`.

    Raises:
        CourseError: a file cannot be read.
    """
    mistakes: list[Mistake] = []
    found = [
        path
        for folder in course.settings.checks
        for path in sorted((course.root / folder / sheet).glob("mistakes*.toml"))
    ]
    for path in found:
        try:
            entries = tomllib.loads(path.read_text(encoding="utf-8")).get("mistake", [])
            mistakes += [Mistake(**entry) for entry in entries]
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
            raise CourseError(
                f"{path}: {error}; "
                "expected tables [[mistake]] with notebook, grade_id, replace, by, says"
            ) from error
    return mistakes


def fill(stub: Any, solution: Any, only: set[str] | None = None) -> Any:
    """A students' notebook with answers from the solution.

    Args:
        stub: as handed out.
        solution: with the answers.
        only: grade ids to fill; by default all.
    """
    answers = {
        grade_id(cell): answer(cell.source)
        for cell in solution.cells
        if grade_id(cell) and cell.metadata.nbgrader.get("solution")
    }
    filled = copy.deepcopy(stub)
    for cell in filled.cells:
        name = grade_id(cell)
        if name in answers and (only is None or name in only):
            cell.source = answers[name]
    return filled


def answer(source: str) -> str:
    """What a student would write: a solution cell without markers and without the tutor's rubric.

    Example:
        >>> answer("def f():\\n    ### BEGIN SOLUTION\\n    return 1\\n    ### END SOLUTION")
        'def f():\\n    return 1'
    """
    lines: list[str] = []
    rubric = False
    for line in source.split("\n"):
        if line.lstrip().startswith(BEGIN_RUBRIC):
            rubric = True
        if END_SOLUTION in line:
            rubric = False
        elif BEGIN_SOLUTION not in line and not rubric:
            lines.append(line)
    return "\n".join(lines).strip("\n")


def _first_task(stub: Any, solved: Any) -> Any:
    """A students' notebook in which only what comes before the first graded check is filled in.

    Args:
        stub: as handed out.
        solved: with all answers.
    """
    first: set[str] = set()
    for cell in stub.cells:
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("grade") and not mark.get("solution"):
            break
        if mark.get("solution"):
            first.add(grade_id(cell))
    return fill(stub, solved, first)


def _attacking(stub: Any) -> Any:
    """The attack in place of the first answer."""
    notebook = copy.deepcopy(stub)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = _ATTACK.strip()
            break
    return notebook


def _points(notebook: Any) -> float:
    return sum(
        float(cell.metadata.nbgrader.get("points", 0)) for cell in notebook.cells if grade_id(cell)
    )


def _with_mistakes(name: str, solved: Any, mistakes: list[Mistake]) -> Any:
    notebook = copy.deepcopy(solved)
    cells = {grade_id(cell): cell for cell in notebook.cells}
    for mistake in mistakes:
        if mistake.notebook.removesuffix(".ipynb") != name:
            continue
        cell = cells.get(mistake.grade_id)
        if cell is None or mistake.replace not in cell.source:
            raise CourseError(
                f"typical mistakes: {name}: {mistake.grade_id}: the solution has no text "
                f"{mistake.replace!r}; bring the entry {mistake.says!r} in step with the solution"
            )
        cell.source = cell.source.replace(mistake.replace, mistake.by)
    return notebook
