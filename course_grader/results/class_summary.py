"""What a whole class made of a sheet: points by task, reasons by frequency, what needs a look."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

from course_grader.course import Course
from course_grader.grading.state import read_record
from course_grader.results.measured import Measured, collect
from course_grader.results.report import MANUAL, Row, rows

_NUMBER = re.compile(r"(?<![\w-])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w-])")


@dataclass
class TaskSummary:
    """One task over all groups.

    Attributes:
        notebook: where it is.
        task: its grade id.
        max_score: points that can be had.
        full: groups with all points.
        partial: groups with some.
        none: groups with none.
        waiting: groups whose answer awaits a tutor, or is not graded yet.
        mean: mean points of those that are graded; 0 if there are none.
        reasons: why points are missing, and for how many groups, the most frequent first.
    """

    notebook: str
    task: str
    max_score: float
    full: int = 0
    partial: int = 0
    none: int = 0
    waiting: int = 0
    mean: float = 0.0
    reasons: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class ClassSummary:
    """A sheet over all groups.

    Attributes:
        sheet: the assignment.
        tasks: in the order of the notebooks.
        totals: points so far by group.
        reachable: points of tasks that are marked; one where nobody was given any yet is not.
        minutes: how long each notebook ran: median and maximum over groups.
        looks: what a tutor should look at: group, notebook, and why.
        measured: what measured tasks measured.
        title: of the sheet, empty if it has none.
    """

    sheet: str
    tasks: list[TaskSummary]
    totals: dict[str, float]
    reachable: float
    minutes: dict[str, tuple[float, float]]
    looks: list[tuple[str, str, str]]
    measured: list[Measured] = field(default_factory=list)
    title: str = ""


def summarise(course: Course, sheet: str) -> ClassSummary:
    """Looks through the gradebook.

    Raises:
        CourseError: the sheet is unknown or nothing was handed in.
    """
    table = rows(course, sheet)
    by_task: dict[tuple[str, str], list[Row]] = {}
    for row in table:
        by_task.setdefault((row.notebook, row.task), []).append(row)
    groups = sorted({row.group for row in table})
    tasks = [_task(found) for found in by_task.values()]
    seconds: dict[str, list[float]] = {name: [] for name in course.notebooks(sheet)}
    looks = []
    for group in groups:
        record = read_record(course, sheet, group)
        for name in filter(record.__contains__, seconds):
            one = record[name]
            if one.seconds:
                seconds[name].append(one.seconds)
            if one.needs_a_look:
                looks.append((group, name, one.reason or one.trouble))
    return ClassSummary(
        sheet,
        tasks,
        {name: sum(row.score or 0.0 for row in table if row.group == name) for name in groups},
        sum(task.max_score for task in tasks if not task.waiting or task.full or task.partial),
        {name: (median(taken) / 60, max(taken) / 60) for name, taken in seconds.items() if taken},
        looks,
        collect(course, sheet, groups),
        course.sheet(sheet).title,
    )


def _task(found: Sequence[Row]) -> TaskSummary:
    summary = TaskSummary(found[0].notebook, found[0].task, found[0].max_score)
    scores = []
    for row in found:
        if row.score is None or row.status == MANUAL:
            summary.waiting += 1
            continue
        scores.append(row.score)
        if row.score >= row.max_score:
            summary.full += 1
        elif row.score > 0:
            summary.partial += 1
        else:
            summary.none += 1
    summary.mean = fmean(scores) if scores else 0.0
    summary.reasons = Counter(
        without_numbers(row.reason)
        for row in found
        if row.reason and row.score is not None and row.status != MANUAL
    ).most_common()
    return summary


def without_numbers(reason: str) -> str:
    """A reason without the numbers that differ from group to group.

    Example:
        >>> without_numbers("KL is 3.21, averaged over events: expected 128 values, got 1")
        'KL is …, averaged over events: expected … values, got …'
    """
    return _NUMBER.sub("…", reason)
