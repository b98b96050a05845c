"""One notebook of one group through nbgrader's autograder."""

import copy
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter
from nbgrader.utils import is_locked
from traitlets.config import Config

from course_grader.cells import NOT_RUN, STOPPED, cell_name
from course_grader.converting import gradebook_held, run_converter
from course_grader.course import Course
from course_grader.execute import executed
from course_grader.intake.submission import grade_id
from course_grader.marking.newer import is_newer


class ThreadedAutograde(Autograde):  # type: ignore[misc]
    """nbgrader's `Autograde` for several threads.

    The original sets an environment variable of the whole process around each run.
    """

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """First lays the master's cells over the notebook, then runs and marks it."""
        for self._sanitizing in (True, False):
            self._init_preprocessors()
            BaseConverter.convert_single_notebook(self, notebook_filename)
            notebook_filename = str(
                Path(self.writer.build_directory) / Path(notebook_filename).name
            )
        self._sanitizing = True


def autograde(
    course: Course, sheet: str, group: str, notebook: str, intake: Path, ready: Mapping[str, Any]
) -> None:
    """Marks a notebook; the result is in `autograded/` and in the gradebook.

    Args:
        course: the course.
        sheet: the assignment.
        group: nbgrader's student.
        notebook: name without suffix.
        intake: the folder that takes the place of `submitted/`.
        ready: notebooks of the group that have been run, by name.

    Raises:
        ConverterError: nbgrader could not do it.
    """
    changes = Config()
    changes.CourseDirectory.submitted_directory = str(intake)
    converter = course.converter(
        ThreadedAutograde, sheet, group=group, notebook=notebook, changes=changes
    )
    converter.force = True
    with executed(ready), gradebook_held():
        run_converter(converter, course.log)


def sources(course: Course, sheet: str, notebook: str) -> dict[str, str]:
    """The master's code, hidden tests included, of each cell that students must not change."""
    with course.gradebook() as gradebook:
        cells = gradebook.find_notebook(notebook, sheet).source_cells
        return {str(cell.name): str(cell.source) for cell in cells if cell.locked}


def with_sources(notebook: Any, masters: Mapping[str, str]) -> Any:
    """A copy of a submission with the master's code where nbgrader will put it.

    Args:
        notebook: laid over the master's cells.
        masters: see `sources`.
    """
    copied = copy.deepcopy(notebook)
    for cell in copied.cells:
        if is_locked(cell) and grade_id(cell) in masters:
            cell.source = masters[grade_id(cell)]
    return copied


def give_nothing(course: Course, sheet: str, group: str, notebooks: list[str]) -> None:
    """Registers a group and gives no points for notebooks that cannot be graded.

    A marked copy from an earlier try is removed.
    """
    with gradebook_held(), course.gradebook() as gradebook:
        gradebook.update_or_create_student(group)
        gradebook.update_or_create_submission(sheet, group)
        for name in notebooks:
            (course.autograded / group / sheet / f"{name}.ipynb").unlink(missing_ok=True)
            notebook = gradebook.find_submission_notebook(name, sheet, group)
            for grade in notebook.grades:
                grade.auto_score = 0
                grade.needs_manual_grade = False
        gradebook.db.commit()


def run_trouble(cells: Iterable[Any]) -> str:
    """The first sign in a marked notebook that not its code failed but the run, or nothing."""
    for index, cell in enumerate(cells):
        for output in cell.get("outputs", []):
            if failed_to_run(output):
                return f"{cell_name(cell, index)}: {output.evalue}"
            if is_newer(output):
                return f"{cell_name(cell, index)}: {output.ename}: {output.evalue}"
    return ""


def failed_to_run(output: Any) -> bool:
    """Whether an output says that its cell could not run to its end."""
    return output.output_type == "error" and output.ename in (STOPPED, NOT_RUN)
