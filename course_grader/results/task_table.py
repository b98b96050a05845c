"""What stands at the top of a feedback page: each task with its points, the reason, the comment."""

import re
from dataclasses import dataclass, field
from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List, Unicode

from course_grader.gradebook import opened
from course_grader.intake.submission import grade_id
from course_grader.results.report import MANUAL, graded_row
from course_grader.results.stopped import by_stop, first_stop
from course_notebooks.cleaning import html

_HEADING = re.compile(r"(#{1,6})\s+(.+)")
_POINTS = re.compile(r"\s*\([^()]*\bpoints?\b[^()]*\)\s*$")
_LONGEST = 200  # signs of a heading
_IN_PART = "part of the points: what was measured stands below the check"


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

    @property
    def reason_html(self) -> str:
        """The reason for a page.

        Example:
            >>> Task("check-1", "", 0.0, 1.0, False, "`<b>` is 2").reason_html
            '<code>&lt;b&gt;</code> is 2'
        """
        return in_html(self.reason)


def in_html(text: str) -> str:
    """A text for a page: whatever stands in it is text, backticks mark code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html(text))


class TaskTable(NbGraderPreprocessor):  # type: ignore[misc]
    """Hands the lines of the table to the template `feedback`; the notebook stays as it is."""

    pages = List(Unicode(), help="The notebooks of the sheet that have a page, in order.").tag(
        config=True
    )
    sheet_title = Unicode(help="Of the sheet, for the page.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Fills `tasks` and `by_name` of the resources."""
        about = resources["nbgrader"]
        where = (about["notebook"], about["assignment"], about["student"])
        course_id = str(self.config.CourseDirectory.get("course_id", ""))
        with opened(about["db_url"], course_id) as gradebook:
            marked = gradebook.find_submission_notebook(*where)
            grades = {grade.name: grade for grade in marked.grades}
            said = {one.name: one.manual_comment for one in marked.comments if one.manual_comment}
            found, stop = tasks(nb, about["student"], about["notebook"], grades, said)
        resources["tasks"], resources["stop"] = found, in_html(stop)
        resources["pages"], resources["sheet_title"] = self.pages, self.sheet_title
        resources["by_name"] = {task.name: task for task in resources["tasks"]}
        return nb, resources


def tasks(
    notebook: Any, group: str, name: str, grades: dict[str, Any], said: dict[str, str]
) -> tuple[list[Task], str]:
    """The lines for a marked notebook, in its order, and what stands above them: why it stopped.

    Args:
        notebook: marked.
        group: whose it is.
        name: of the notebook.
        grades: nbgrader's, by grade id.
        said: a tutor's comments by grade id. Those on code stand with the check that follows it.
    """
    found: list[Task] = []
    path: dict[int, str] = {}
    comments: list[str] = []
    stop, said_above = first_stop(notebook.cells), ""
    for index, cell in enumerate(notebook.cells):
        task = grade_id(cell)
        if cell.cell_type == "markdown" and not task:
            path = headings(cell.source, path)
        if task in said:
            comments.append(said[task])
        if task in grades:
            row = graded_row(group, name, grades[task], cell)
            waits, score = row.status == MANUAL, row.score or 0.0
            written = cell.cell_type == "markdown"
            in_part = not written and not row.reason and 0 < score < row.max_score
            reason = _IN_PART if in_part else row.reason
            if stop is not None and by_stop(stop, index, reason):
                reason, said_above = f"{reason}; see the cell that stopped, above", stop.text
            title = title_of(path, written=written) or name
            found.append(Task(task, title, score, row.max_score, waits, reason, comments))
            comments = []
    return found, said_above


def headings(source: str, path: dict[int, str]) -> dict[int, str]:
    """The headings, by level, under which what follows a piece of Markdown stands.

    Example:
        >>> headings("## 1b Means\\n\\ntext", {1: "Sheet 1", 2: "1a Sums", 3: "1a (i) Two numbers"})
        {1: 'Sheet 1', 2: '1b Means'}
    """
    for line in source.split("\n"):
        match = _HEADING.fullmatch(line)
        if match:
            level = len(match[1])
            title = " ".join(match[2].split())[:_LONGEST]
            path = {key: text for key, text in path.items() if key < level} | {level: title}
    return path


def title_of(path: dict[int, str], *, written: bool) -> str:
    """What a task is called, points in brackets left out.

    Args:
        path: headings by level.
        written: whether it is a written answer, which closes a whole section.

    Example:
        >>> path = {1: "Sheet 1", 2: "2b Weights (1 point)", 3: "Code (0.5 points)"}
        >>> title_of(path, written=False), title_of(path, written=True)
        ('2b Weights: Code', '2b Weights: written answer')
        >>> title_of({2: "1a Sums", 3: "1a written: the proof (1 point)"}, written=True)
        '1a written: the proof'
    """
    names = [_POINTS.sub("", path[level]) for level in sorted(path)]
    if not names:
        return ""
    last, above = names[-1], names[-2] if len(path) > 2 else ""
    if written and "written" not in last:
        return f"{above or last}: written answer"
    return f"{above}: {last}" if above and not any(map(str.isdigit, last)) else last
