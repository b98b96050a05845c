"""Mistakes in solution notebooks that would cost students points, found before the release.

Grading runs a grade cell on answers that come from somewhere else, so a grade cell may use only
what it imports or binds itself, what a solution cell binds, and what given cells before it bind.
Everything here looks at the source of cells; nothing is run.
"""

import ast
import builtins
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.nbgraderformat import (
    MetadataValidator,
    SchemaTooNewError,
    SchemaTooOldError,
    ValidationError,
)
from nbgrader.utils import is_grade, is_locked, is_solution, is_task
from traitlets.config import Config

from course_grader.cells import cell_name
from course_grader.errors import CourseError
from course_grader.files import read_notebook
from course_grader.markers import (
    BEGIN_HIDDEN,
    BEGIN_SCHEME,
    BEGIN_SOLUTION,
    END_HIDDEN,
    LECTURE_DEMO,
    PAIRS,
    markers_of,
    use_ours,
)
from course_grader.marking.budgets import budget_problems
from course_grader.marking.given import answers_of, given_for, starred_in
from course_grader.names import as_python, free_names
from course_grader.naming import word
from course_grader.release.look_alikes import look_alikes
from course_grader.release.masters import asks_for_tests, include_shared
from course_grader.release.rubrics import NoRubricError, RubricError, is_manual, rubric_of
from course_grader.release.tidy import without_hidden

_REGIONS = (
    (BEGIN_SOLUTION, "ClearSolutions", is_solution,
     "a solution region in a cell that is not marked as a solution cell"),
    (BEGIN_HIDDEN, "ClearHiddenTests", is_grade,
     "hidden tests in a cell that is not marked as a grade cell"),
    (BEGIN_SCHEME, "ClearMarkScheme", is_task,
     "a mark scheme in a cell that is not marked as a manually graded task"),
)  # fmt: skip
ALWAYS_THERE = frozenset(dir(builtins)) | {"get_ipython", "display", "__name__", "__doc__"}


class SourceError(CourseError):
    """Solution notebooks that cannot be released; the text lists every problem."""


def check_sources(
    paths: list[Path], config: Config | None = None, *, rubrics: bool = False
) -> None:
    """Looks through solution notebooks.

    Args:
        paths: the notebooks.
        config: the course's, which may name other markers than nbgrader's own.
        rubrics: whether each task that a tutor marks must have one.

    Raises:
        SourceError: one line for each problem, with notebook, cell and what to do.
    """
    problems = [
        f"{path.name}: {text}"
        for path in paths
        for text in notebook_problems(path, config, rubrics=rubrics)
    ]
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise SourceError(f"the solution notebooks cannot be released as they are:\n{lines}")


def notebook_problems(
    path: Path, config: Config | None = None, *, rubrics: bool = False
) -> Iterator[str]:
    """The problems of one solution notebook, as sentences that start with the cell's name."""
    try:
        notebook = read_notebook(path)
        nbformat.validate(notebook)
    except Exception as error:
        yield f"cannot be read as a notebook: {str(error).splitlines()[0]}"
        return
    if outdated := _outdated(notebook, path):
        yield outdated
        return
    config = config or Config()
    include_shared(notebook, config)
    markers, as_written = markers_of(config), [str(cell.source) for cell in notebook.cells]
    use_ours(notebook, config)
    ids = Counter(
        cell.metadata.nbgrader.get("grade_id")
        for cell in notebook.cells
        if is_grade(cell) or is_solution(cell) or is_locked(cell) or is_task(cell)
    )
    for grade_id, count in ids.items():
        if not grade_id:
            yield f"{count} nbgrader cell(s) have no grade_id; give each one its own"
        elif count > 1:
            yield f"{grade_id}: {count} cells have this grade_id; give each cell its own"
    for name, problem in budget_problems(notebook):
        yield f"{name or 'metadata of the notebook'}: {problem}"
    answers = answers_of(notebook.cells)
    given = given_for(notebook.cells)
    for index, cell in enumerate(notebook.cells):
        name = cell_name(cell, index)
        for number, line, meant in look_alikes(as_written[index], cell.cell_type, markers):
            yield (
                f"{name}: line {number} looks like a marker and is none, so that students would "
                f"get what it shall hide: {line[:80]!r}; write {meant!r}, or other words"
            )
        pieces = given.get(name, [])
        known = answers.union(*(piece.names for piece in pieces))
        for piece in pieces:
            for missing in sorted(free_names(piece.source) - known - ALWAYS_THERE):
                yield f"{name}: needs {piece.cell}, which uses `{missing}`, and no cell binds that"
        for problem in _cell_problems(cell, known, config, rubrics=rubrics):
            yield f"{name}: {problem}"


def _outdated(notebook: Any, path: Path) -> str:
    """What to do if nbgrader's metadata have the format of another version, or nothing."""
    for cell in notebook.cells:
        try:
            MetadataValidator().validate_cell(cell)
        except SchemaTooOldError:
            command = f"nbgrader update {word(str(path))}"
            return f"its metadata are those of an older nbgrader: run `{command}`"
        except SchemaTooNewError:
            return "its metadata are those of a newer nbgrader: install that one"
        except ValidationError:
            continue  # the cell's own problems say more
    return ""


def _cell_problems(cell: Any, known: set[str], config: Config, *, rubrics: bool) -> Iterator[str]:
    source = str(cell.source)
    for begin, end in PAIRS:
        yield from _marker_problems(source, begin, end)
    marked = is_grade(cell) or is_solution(cell) or is_locked(cell) or is_task(cell)
    if marked and LECTURE_DEMO in cell.metadata.get("tags", []):
        yield f"is tagged {LECTURE_DEMO}, which no release has; take its nbgrader type away"
        return
    for begin, step, fits, what in _REGIONS:
        if begin in source and not fits(cell) and config[step].get("enforce_metadata", True):
            yield what
    asks = asks_for_tests(cell, config)
    if asks and not is_grade(cell):
        yield "asks nbgrader for tests and is not marked as a grade cell"
    if is_manual(cell):
        try:
            rubric_of(cell)
        except RubricError as error:
            if rubrics or not isinstance(error, NoRubricError):
                yield str(error)
    if cell.cell_type == "markdown":
        if is_grade(cell) != is_solution(cell):
            yield "a written task must be marked both as a grade and as a solution cell"
        return
    if cell.cell_type != "code":
        return
    try:
        ast.parse(as_python(source))
    except SyntaxError as error:
        yield f"is not Python: {error.msg} (line {error.lineno})"
        return
    if is_grade(cell) and not is_solution(cell):
        yield from _grade_cell_problems(cell, source, known, asks=asks)


def _marker_problems(source: str, begin: str, end: str) -> Iterator[str]:
    is_open = False
    for line in source.split("\n"):
        if (begin in line and is_open) or (end in line and not is_open):
            yield f"the markers {begin} / {end} do not alternate"
            return
        if begin in line:
            is_open = True
        elif end in line:
            is_open = False
    if is_open:
        yield f"{begin} without {end}"


def _grade_cell_problems(cell: Any, source: str, known: set[str], *, asks: bool) -> Iterator[str]:
    points = float(cell.metadata.nbgrader.get("points", 0))
    if points > 0 and not asks and not _tests_something(source):
        yield f"is worth {points:g} points and tests nothing; add a test or take the points away"
    if _hidden_is_indented(source):
        yield "hidden tests are indented; they must start at column 0, outside any block"
    else:
        try:
            ast.parse(as_python(without_hidden(source)))
        except SyntaxError as error:
            yield f"without its hidden tests it is not Python: {error.msg} (line {error.lineno})"
    known = known | starred_in(source)
    for name in sorted(free_names(source) - known - ALWAYS_THERE):
        yield (
            f"uses `{name}`, which neither it itself nor a cell before it binds; import it in the "
            "grade cell, or let a solution cell define it"
        )


def _hidden_is_indented(source: str) -> bool:
    """Whether a hidden region, or the first line of code in it, starts right of column 0."""
    waiting = False
    for line in source.split("\n"):
        if BEGIN_HIDDEN in line:
            waiting = True
        elif END_HIDDEN in line:
            waiting = False
        elif not waiting or not line.strip() or line.startswith("#"):
            continue
        else:
            waiting = False
            if line[0].isspace():
                return True
            continue
        if line[:1].isspace():
            return True
    return False


def _tests_something(source: str) -> bool:
    """Whether any statement could fail: more than imports, `pass` and bare constants."""
    for node in ast.parse(as_python(source)).body:
        idle = isinstance(node, ast.Import | ast.ImportFrom | ast.Pass)
        constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not idle and not constant:
            return True
    return False
