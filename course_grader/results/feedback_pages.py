"""One group's pages, made in a process with limits: `feedback` asks for them."""

from nbgrader.converters import GenerateFeedback
from traitlets.config import Config

from course_grader.converting import ConverterError, nbgrader_house, run_converter
from course_grader.course import Course
from course_grader.files import DamagedError, read_notebook
from course_grader.gradebook import GradebookError
from course_grader.results.report import damage
from course_notebooks.troubles import in_words


def make_pages(course: Course, sheet: str, group: str, name: str, there: list[str]) -> str:
    """Writes the pages of the marked notebooks of a group.

    Args:
        course: the course.
        sheet: the assignment.
        group: whose.
        name: of one notebook, or `*` for all of them.
        there: names of the notebooks that get a page.

    Returns:
        Why it could not be done, or nothing.
    """
    changes = Config()
    changes.HTMLExporter.template_name = "feedback"
    changes.TaskTable.pages = there
    changes.TaskTable.sheet_title = course.sheet(sheet).title
    converter = course.converter(
        GenerateFeedback, sheet, group=group, notebook=name, changes=changes
    )
    converter.force = True
    try:
        with nbgrader_house(course.root):
            run_converter(converter, course.log)
    except OSError as error:
        return in_words(error)
    except (ConverterError, GradebookError) as error:
        return _damaged(course, sheet, group) or str(error)
    return ""


def _damaged(course: Course, sheet: str, group: str) -> str:
    """What to say of marked notebooks that cannot be read, or nothing."""
    for path in sorted((course.autograded / group / sheet).glob("*.ipynb")):
        try:
            read_notebook(path)
        except DamagedError:
            return damage(course, sheet, group, path.stem)
    return ""
