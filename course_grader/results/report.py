"""Results: the table of a sheet for the lecturer."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any

from nbgrader.utils import is_solution

from course_grader.cells import NOT_RUN, STOPPED, untouched
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.files import DamagedError, read_notebook, write_whole
from course_grader.grading.state import NotebookRecord, read_record
from course_grader.intake.submission import GRADED, MISSING, UNGRADABLE, grade_id
from course_grader.marking.beside import BESIDE
from course_grader.marking.kept_marks import look_again
from course_grader.marking.tester import TROUBLE
from course_grader.naming import word
from course_grader.release.tidy import plain
from course_grader.results.stopped import by_stop, first_stop
from course_notebooks.cleaning import csv_text

MANUAL = "manual"
_LONGEST = 300
_NOTHING = ("0", "0.0", "-0.0")


@dataclass(frozen=True)
class Row:
    """One graded cell of one group.

    Attributes:
        group: the group.
        notebook: the notebook's name.
        task: the cell's grade id.
        score: points, automatic or a tutor's; `None` while it awaits a tutor.
        max_score: points that can be had.
        status: `graded`, `manual` (awaits a tutor), `missing` or `ungradable`.
        reason: why points are missing, or why a tutor should look again, in one line.
    """

    group: str
    notebook: str
    task: str
    score: float | None
    max_score: float
    status: str
    reason: str


def export(course: Course, sheet: str) -> Path:
    """Writes `build/grades/<sheet>.csv`, a row for each graded cell.

    Raises:
        CourseError: the sheet is unknown or nothing was handed in.
    """
    columns = [field.name for field in fields(Row)]
    return write_table(course, sheet, columns, map(astuple, rows(course, sheet)))


def write_table(
    course: Course, name: str, columns: Iterable[str], table: Iterable[Iterable[Any]]
) -> Path:
    """Writes `build/grades/<name>.csv`, which is safe to open."""
    path = course.build / "grades" / f"{name}.csv"
    write_whole(path, csv_text((columns, *table)))
    return path


def rows(course: Course, sheet: str) -> list[Row]:
    """All graded cells of all groups, in the order of the solution notebooks.

    Raises:
        CourseError: the sheet is unknown or nothing was handed in.
    """
    tasks = {name: graded_tasks(course, sheet, name) for name in course.notebooks(sheet)}
    table: list[Row] = []
    with course.gradebook() as gradebook:
        known = {one.student_id: one for one in gradebook.assignment_submissions(sheet)}
        groups = sorted({*course.groups(sheet), *known})
        if not groups:
            raise CourseError(
                f"nobody handed in {sheet}: expected {course.submitted.name}/<group>/{sheet}/"
            )
        for group in groups:
            record = read_record(course, sheet, group)
            marked = {one.name: one for one in known[group].notebooks} if group in known else {}
            for name, own in tasks.items():
                table += _notebook_rows(course, sheet, group, name, own, record, marked.get(name))
    return table


def _notebook_rows(
    course: Course,
    sheet: str,
    group: str,
    name: str,
    tasks: list[tuple[str, float]],
    records: dict[str, NotebookRecord],
    submitted: Any,
) -> list[Row]:
    record = records.get(name)
    path = course.autograded / group / sheet / f"{name}.ipynb"
    try:
        every = marked_cells(path)
    except DamagedError:
        reason = damage(course, sheet, group, name)
        return [Row(group, name, task, None, points, UNGRADABLE, reason) for task, points in tasks]
    cells = {grade_id(cell): cell for cell in every}
    places, stop = {grade_id(cell): index for index, cell in enumerate(every)}, first_stop(every)
    grades = {grade.name: grade for grade in submitted.grades} if submitted is not None else {}
    table = []
    if record is None and cells:  # marked with the formgrader or nbgrader's own command
        record = NotebookRecord(status=GRADED)
    elif record is None and submitted is not None and any(path.parent.glob("*.ipynb")):
        record = NotebookRecord(status=MISSING, reason=f"{name}.ipynb was not handed in")
    for task, points in tasks:
        if record is None or task not in grades or (record.status == GRADED and not cells):
            reason = f"not graded yet: run `genlhc grade {word(sheet)}`"
            row = Row(group, name, task, None, points, UNGRADABLE, reason)
        elif record.status != GRADED:
            row = Row(group, name, task, 0.0, points, record.status, record.reason)
        else:
            row = graded_row(group, name, grades[task], cells.get(task))
            if stop is not None and by_stop(stop, places.get(task, 0), row.reason):
                row = replace(row, reason=f"{row.reason}; {stop.text}")
        if record is not None and record.unsafe:
            row = replace(row, reason=f"[run without a sandbox] {row.reason}".strip())
        table.append(row)
    return table


def marked_cells(path: Path) -> list[Any]:
    """The cells of a marked notebook; none if it is not there.

    Raises:
        DamagedError: it cannot be read.
    """
    return list(read_notebook(path).cells) if path.is_file() else []


def damage(course: Course, sheet: str, group: str, name: str) -> str:
    """What to say of a marked notebook that cannot be read any more."""
    return (
        f"the marked notebook {course.autograded.name}/{group}/{sheet}/{name}.ipynb is damaged: "
        f"run `genlhc grade {word(sheet)} --group {group} --force`"
    )


def graded_tasks(course: Course, sheet: str, name: str) -> list[tuple[str, float]]:
    """Ids and points of a notebook's graded cells, in order."""
    notebook = read_notebook(course.source / sheet / f"{name}.ipynb")
    return [
        (grade_id(cell), float(cell.metadata.nbgrader.get("points", 0)))
        for cell in notebook.cells
        if grade_id(cell)
        and (cell.metadata.nbgrader.get("grade") or cell.metadata.nbgrader.get("task"))
    ]


def graded_row(group: str, name: str, grade: Any, cell: Any) -> Row:
    """The row of a cell that was run and marked, or waits for a tutor.

    Args:
        group: whose it is.
        name: of the notebook.
        grade: nbgrader's.
        cell: of the marked notebook; `None` if it has none of that name.
    """
    most = float(grade.max_score)
    waits = bool(grade.needs_manual_grade) or (
        grade.auto_score is None and grade.manual_score is None
    )
    has_score = grade.auto_score is not None or grade.manual_score is not None
    score = float(grade.score) if has_score else None
    error = (
        next((out for out in cell.outputs if out.output_type == "error"), None)
        if (cell is not None and cell.cell_type == "code")
        else None
    )
    status = MANUAL if waits else GRADED
    if error is not None and error.ename == NOT_RUN and not waits:
        status = UNGRADABLE
    reason = look_again(grade)
    is_open = cell is not None and is_solution(cell) and untouched(cell)
    if status == MANUAL and is_open:
        reason = reason or BESIDE
    elif status != MANUAL and score is not None and score < most:
        reason = "" if is_open and grade.manual_score is not None else lost_points(cell)
    return Row(group, name, grade.name, score, most, status, reason)


def lost_points(cell: Any) -> str:
    """Why a cell has less than all points, in one line; empty for partial credit by value."""
    if cell is None:
        return "the cell is not in the marked notebook"
    if cell.cell_type != "code":
        return "no answer" if untouched(cell) else ""
    for output in cell.outputs:
        if output.output_type == "error":
            return _one_line(_message(output))
        if output.output_type == "stream" and output.name == "stderr":
            last = plain(output.text).strip().splitlines() or [""]
            return _one_line(f"something was written to stderr, which costs the points: {last[-1]}")
        if output.output_type == "execute_result" and output.data.get("text/plain") in _NOTHING:
            return "the test gave no points for this answer"
    return ""


def _message(error: Any) -> str:
    name, text = plain(str(error.ename)), plain(str(error.evalue))
    if name in ("CheckFailed", "AssertionError", STOPPED, NOT_RUN, TROUBLE) and text.strip():
        return text
    if name == "NotImplementedError" and not text.strip():
        return "NotImplementedError: the task has no code yet"
    if not text.strip():
        lines = plain("\n".join(error.traceback)).strip().splitlines()
        return lines[-1] if lines else name
    return f"{name}: {text}"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
