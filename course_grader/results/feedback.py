"""Pages for the groups: nbgrader's feedback, and a notice where there is nothing to show."""

from dataclasses import dataclass

from nbgrader.converters import GenerateFeedback
from traitlets.config import Config

from course_grader.console import Console, Silent
from course_grader.converting import ConverterError, nbgrader_house, run_converter
from course_grader.course import Course, groups_in
from course_grader.errors import CourseError
from course_grader.files import DamagedError, read_notebook, write_whole
from course_grader.gradebook import GradebookError
from course_grader.grading.state import read_record
from course_grader.intake.submission import GRADED
from course_grader.results.report import damage
from course_notebooks.browser import with_own_mathjax
from course_notebooks.cleaning import html
from course_notebooks.troubles import in_words

_NOTICE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{name}</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 40em; margin: 3em auto }}</style>
</head>
<body>
<h1>{name}</h1>
<p><strong>This notebook earned no points: {status}.</strong></p>
<p>{reason}.</p>
<p>Group {group}, {sheet}. Your tutor sees the same text: ask if you think it is wrong.</p>
</body>
</html>
"""
_STATUS = {"missing": "it was not handed in", "ungradable": "it could not be graded"}


@dataclass(frozen=True)
class Pages:
    """What was made.

    Attributes:
        written: number of pages.
        failed: for each group without pages, why.
    """

    written: int
    failed: dict[str, str]


def feedback(
    course: Course, sheet: str, console: Console | None = None, *, stays_here: bool = False
) -> Pages:
    """Writes `feedback/<group>/<sheet>/<notebook>.html` for every group that was graded.

    Args:
        course: the course.
        sheet: the assignment.
        console: where progress is shown.
        stays_here: the pages are read on this machine only: equations need no network then.

    Raises:
        CourseError: nothing was graded yet.
    """
    course.notebooks(sheet)
    groups = groups_in(course.autograded, sheet)
    if not groups:
        raise CourseError(f"nothing is graded for {sheet}; run `genlhc grade {sheet}` first")
    with course.gradebook():
        pass  # if it cannot be used, one sentence says so
    failed: dict[str, str] = {}
    written = 0
    with (
        nbgrader_house(course.root),
        (console or Silent()).work(f"feedback {sheet}", len(groups)) as work,
    ):
        for group in groups:
            work.describe(group)
            try:
                _group_pages(course, sheet, group)
                pages = sorted((course.feedback / group / sheet).glob("*.html"))
                for page in pages if stays_here else ():
                    write_whole(page, with_own_mathjax(page.read_text(encoding="utf-8")))
                written += len(pages)
            except OSError as error:
                failed[group] = in_words(error)
            except (ConverterError, GradebookError) as error:
                failed[group] = _damaged(course, sheet, group) or str(error)
            work.advance(1, group)
    return Pages(written, failed)


def _damaged(course: Course, sheet: str, group: str) -> str:
    """What to say of marked notebooks that cannot be read, or nothing."""
    for path in sorted((course.autograded / group / sheet).glob("*.ipynb")):
        try:
            read_notebook(path)
        except DamagedError:
            return damage(course, sheet, group, path.stem)
    return ""


def _group_pages(course: Course, sheet: str, group: str) -> None:
    record = read_record(course, sheet, group)
    if any((course.autograded / group / sheet).glob("*.ipynb")):
        changes = Config()
        changes.HTMLExporter.template_name = "feedback"
        changes.TaskTable.pages = [name for name in course.notebooks(sheet) if name in record]
        changes.TaskTable.sheet_title = course.sheet(sheet).title
        converter = course.converter(GenerateFeedback, sheet, group=group, changes=changes)
        converter.force = True
        run_converter(converter, course.log)
    for name, one in record.items():
        if one.status != GRADED:
            values = {
                "name": name,
                "status": _STATUS[one.status],
                "reason": one.reason,
                "group": group,
                "sheet": sheet,
            }
            page = _NOTICE.format_map({key: html(text) for key, text in values.items()})
            write_whole(course.feedback / group / sheet / f"{name}.html", page)
