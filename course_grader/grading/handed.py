"""What there is to grade: the solutions of a sheet, and what a group handed in."""

from collections.abc import Mapping
from typing import Any

from course_grader.course import Course
from course_grader.intake.beside import files_digest
from course_grader.intake.submission import Handed, read_submission
from course_grader.release.masters import master_of
from course_grader.release.source_checks import check_sources


def solutions_of(course: Course, sheet: str) -> dict[str, Any]:
    """The solution notebooks by name.

    Raises:
        CourseError: they cannot be used.
    """
    names = course.notebooks(sheet)
    check_sources([course.source / sheet / f"{name}.ipynb" for name in names], course.config)
    return {name: master_of(course, sheet, name) for name in names}


def handed_in(course: Course, sheet: str, group: str, masters: Mapping[str, Any]) -> list[Handed]:
    """Every notebook that a group should have handed in, with a digest of the files beside them."""
    handed = read_submission(course.submitted / group / sheet, dict(masters))
    files = files_digest(course, sheet, group)
    for one in handed:
        one.files = files
    return handed


def is_registered(course: Course, sheet: str, group: str) -> bool:
    """Whether the gradebook knows of a hand-in of this group."""
    with course.gradebook() as gradebook:
        submissions = gradebook.assignment_submissions(sheet)
        return group in {submission.student_id for submission in submissions}
