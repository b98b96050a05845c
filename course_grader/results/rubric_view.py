"""The rubric beside each written answer, on the page of the formgrader where a tutor marks it.

`ShowRubrics` is a preprocessor of the exporter that the formgrader uses. The rubric comes from the
solution notebook when the page is shown: marked notebooks hold none, and no other page gets it.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_markdown_cell

from course_grader.course import CONFIG_NAME, Course
from course_grader.errors import CourseError
from course_grader.intake.submission import grade_id
from course_grader.release.rubrics import is_manual, read_rubric
from course_grader.results.pages import render
from course_notebooks.cleaning import html, one_line

_TEMPLATES = files("course_grader.results") / "templates"
_SHOWN = {"student", "last_name", "first_name"}


class ShowRubrics(Preprocessor):
    """Puts a cell with rubric and model answer before each answer that a tutor marks."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Adds the cells, if the page is the formgrader's own and belongs to a course."""
        root = _course_of(resources)
        if "submission_id" not in resources or root is None:
            return nb, resources
        for key in _SHOWN & set(resources):  # nbgrader's page writes them as they are
            resources[key] = html(str(resources[key] or ""))
        sheet, name = resources["assignment_id"], resources["notebook_id"]
        cells = [_style()]
        for cell in nb.cells:
            if is_manual(cell):
                cells.append(_beside(root, sheet, name, grade_id(cell)))
            cells.append(cell)
        nb.cells = cells
        return nb, resources


def _course_of(resources: Any) -> Path | None:
    """The folder of the course that the shown notebook lies in."""
    path = (resources.get("metadata") or {}).get("path")
    folders = Path(path).resolve().parents if path else ()
    return next((folder for folder in folders if (folder / CONFIG_NAME).is_file()), None)


def _beside(root: Path, sheet: str, name: str, task: str) -> Any:
    """A cell with the rubric of a task, or with the reason why there is none to show."""
    try:
        rubric = read_rubric(Course.open(root), sheet, name, task)
        page = render("rubric.html", task=task, rubric=rubric)
    except (CourseError, OSError) as error:
        why = html(f"{task}: {error}")
        page = f'<section class="tutor-rubric"><p>No rubric: {why}</p></section>'
    return new_markdown_cell(one_line(page))


def _style() -> Any:
    style = _TEMPLATES / "formgrader_style.html"
    return new_markdown_cell(" ".join(style.read_text(encoding="utf-8").split()))
