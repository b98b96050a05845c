"""What goes wrong outside of a submission, such as a full disk, costs a group and no class."""

import shutil

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.files import DamagedError
from course_grader.gradebook import GradebookError
from course_grader.grading.job import Job
from course_grader.grading.state import NotebookRecord
from course_grader.intake.submission import UNGRADABLE
from course_notebooks.troubles import in_words

CONTAINED = (OSError, GradebookError, DamagedError)


def contained(error: OSError | CourseError) -> str:
    """Such an error in a sentence."""
    return in_words(error) if isinstance(error, OSError) else str(error)


def without_result(course: Course, sheet: str, job: Job, reason: str) -> dict[str, NotebookRecord]:
    """The state of a group whose grading was cut off; copies of what it handed in make room.

    Args:
        course: the course.
        sheet: the assignment.
        job: what was to be done.
        reason: why it was not.
    """
    shutil.rmtree(course.build / "intake" / job.group / sheet, ignore_errors=True)
    lost = NotebookRecord(status=UNGRADABLE, reason=f"not graded: {reason}")
    return job.record | dict.fromkeys(job.todo, lost)
