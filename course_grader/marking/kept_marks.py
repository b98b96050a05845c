"""A tutor's marks outlive grading anew, and are asked for again only where the answer changed.

nbgrader keeps the points and comments that a tutor gave, by the name of the cell, but whenever a
notebook is graded it asks for all of them again. Here the gradebook remembers which answer was
there, so that a mark stays settled as long as the answer stays.
"""

import hashlib
from pathlib import Path
from typing import Any

from nbgrader.api import Comment, Grade, Gradebook
from nbgrader.preprocessors import SaveAutoGrades
from nbgrader.utils import determine_grade, is_grade, is_solution, is_task
from sqlalchemy import Column, MetaData, String, Table, delete, insert, select
from sqlalchemy.orm import joinedload

from course_grader.cells import untouched
from course_grader.marking.beside import BESIDE, beside, handed_out

CHANGED = "the answer changed since a tutor marked it: the mark stays, look at it again"
OTHER_POINTS = "the automatic points changed since a tutor gave others, which stay: look again"

_answers = Table(
    "genlhc_answers",
    MetaData(),
    Column("grade", String(32), primary_key=True),  # nbgrader's id of the grade
    Column("digest", String(64), nullable=False),
)


class SaveGrades(SaveAutoGrades):  # type: ignore[misc]
    """Takes the place of nbgrader's `SaveAutoGrades`.

    A notebook enters the gradebook as a whole: nbgrader writes each cell to the disk and waits.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Enters points of all cells, and which written answers are none."""
        known = resources["nbgrader"]
        elsewhere = self._elsewhere(nb, f"{known['assignment']}/{known['notebook']}.ipynb")
        with Gradebook(known["db_url"]) as gradebook:
            submitted = gradebook.find_submission_notebook(
                known["notebook"], known["assignment"], known["student"]
            )
            grades, comments = (
                {one.name: one for one in gradebook.db.scalars(_of(kind, submitted))}
                for kind in (Grade, Comment)
            )
            for cell in nb.cells:
                name = cell.metadata.get("nbgrader", {}).get("grade_id")
                if is_grade(cell):
                    enter(gradebook.db, grades[name], cell, elsewhere.get(name, ""))
                if is_solution(cell) or is_task(cell):
                    comments[name].auto_comment = _remark(cell, elsewhere.get(name, ""))
            gradebook.db.commit()
        return nb, resources

    def _elsewhere(self, nb: Any, name: str) -> dict[str, str]:
        """What stands beside untouched cells that a tutor would mark, by grade id."""
        places = [
            index
            for index, cell in enumerate(nb.cells)
            if is_grade(cell) and is_solution(cell) and untouched(cell)
        ]
        if not places:
            return {}
        folders = self.config.CourseDirectory
        given = handed_out(
            Path(str(folders.get("root", ""))) / str(folders.get(key, usual)) / name
            for key, usual in (("source_directory", "source"), ("release_directory", "release"))
        )
        texts = {nb.cells[index].metadata.nbgrader["grade_id"]: beside(nb.cells, index, given)
                 for index in places}  # fmt: skip
        return {task: text for task, text in texts.items() if text}


def _of(kind: Any, submitted: Any) -> Any:
    """The grades or comments of a submitted notebook, with their cells."""
    return select(kind).where(kind.notebook == submitted).options(joinedload(kind.cell))


def _remark(cell: Any, elsewhere: str) -> str | None:
    if not untouched(cell) or is_task(cell):
        return None
    return f"{BESIDE.capitalize()}." if elsewhere else "No response."


def enter(session: Any, grade: Any, cell: Any, elsewhere: str = "") -> None:
    """Puts a cell's automatic points into the gradebook; a tutor's stay as they are.

    A tutor is asked where there are no points yet, and where there is a mark for another answer.
    For a test, the points that it gave are the answer. The caller commits.

    Args:
        session: of the gradebook.
        grade: nbgrader's grade of the cell.
        cell: the cell as it was run.
        elsewhere: the answer, where it stands in cells beside an untouched one.
    """
    points, _ = determine_grade(cell)
    points = None if elsewhere else points
    answer = f"{cell.source.strip()}{elsewhere}" if is_solution(cell) else repr(points)
    digest = hashlib.sha256(answer.encode(errors="replace")).hexdigest()
    _answers.create(session.connection(), checkfirst=True)
    chosen = _answers.c.grade == grade.id
    is_the_same = session.scalar(select(_answers.c.digest).where(chosen)) == digest
    settled = is_the_same and not grade.needs_manual_grade
    grade.auto_score = points
    if grade.manual_score is None:
        grade.needs_manual_grade = points is None
    elif not settled:
        grade.needs_manual_grade = True
    session.execute(delete(_answers).where(chosen))
    session.execute(insert(_answers).values(grade=grade.id, digest=digest))


def look_again(grade: Any) -> str:
    """Why a tutor should look at a cell that has a mark already, or nothing."""
    if grade.manual_score is None or not grade.needs_manual_grade:
        return ""
    cell = grade.cell
    written = {one.name for one in cell.notebook.solution_cells}
    return CHANGED if cell.name in written else OTHER_POINTS


def marks_to_look_at(gradebook: Any, sheet: str) -> list[tuple[str, str, str, str]]:
    """Group, notebook, cell and reason of each mark that a tutor should look at again."""
    return sorted(
        (submission.student_id, notebook.name, grade.name, reason)
        for submission in gradebook.assignment_submissions(sheet)
        for notebook in submission.notebooks
        for grade in notebook.grades
        if (reason := look_again(grade))
    )
