"""What stands at the top of a feedback page: each task with its points, the reason, the comment."""

from dataclasses import dataclass, field
from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor

from course_grader.gradebook import opened
from course_grader.intake.submission import grade_id
from course_grader.results.report import MANUAL, graded_row


@dataclass
class Task:
    """A line of the table.

    Attributes:
        name: grade id of the marked cell.
        title: of the section that it stands in.
        score: points so far.
        most: points that can be had.
        waits: whether a tutor has still to mark it.
        reason: why points are missing, if a check says so.
        comments: what a tutor wrote about it, in Markdown.
    """

    name: str
    title: str
    score: float
    most: float
    waits: bool
    reason: str
    comments: list[str] = field(default_factory=list)


class TaskTable(NbGraderPreprocessor):  # type: ignore[misc]
    """Hands the lines of the table to the template `feedback`; the notebook stays as it is."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Fills `tasks` and `by_name` of the resources."""
        about = resources["nbgrader"]
        where = (about["notebook"], about["assignment"], about["student"])
        course_id = str(self.config.CourseDirectory.get("course_id", ""))
        with opened(about["db_url"], course_id) as gradebook:
            marked = gradebook.find_submission_notebook(*where)
            grades = {grade.name: grade for grade in marked.grades}
            said = {one.name: one.manual_comment for one in marked.comments if one.manual_comment}
            resources["tasks"] = tasks(nb, about["student"], about["notebook"], grades, said)
        resources["by_name"] = {task.name: task for task in resources["tasks"]}
        return nb, resources


def tasks(
    notebook: Any, group: str, name: str, grades: dict[str, Any], said: dict[str, str]
) -> list[Task]:
    """The lines for a marked notebook, in its order.

    Args:
        notebook: marked.
        group: whose it is.
        name: of the notebook.
        grades: nbgrader's, by grade id.
        said: a tutor's comments by grade id. Those on code stand with the check that follows it.
    """
    found: list[Task] = []
    title, comments = name, []
    for cell in notebook.cells:
        task = grade_id(cell)
        if cell.cell_type == "markdown" and not task:
            title = heading(cell.source) or title
        if task in said:
            comments.append(said[task])
        if task in grades:
            row = graded_row(group, name, grades[task], cell)
            waits = row.status == MANUAL
            found.append(Task(task, title, row.score or 0.0, row.max_score, waits, row.reason))
            found[-1].comments, comments = comments, []
    return found


def heading(source: str) -> str:
    """The last heading in a piece of Markdown, or nothing.

    Example:
        >>> heading("## 1a Sums\\n\\nSome text\\n\\n### 1a (i) Two numbers\\n")
        '1a (i) Two numbers'
    """
    lines = [line for line in source.split("\n") if line.startswith("#")]
    return lines[-1].lstrip("#").strip() if lines else ""
