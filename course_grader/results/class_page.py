"""The class report as a page of its own: one file, no network, readable on a phone."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from course_grader.course import Course
from course_grader.files import write_whole
from course_grader.results.class_summary import ClassSummary, TaskSummary, summarise
from course_grader.results.pages import render
from course_grader.results.strip_plot import strip_plot

BINS = 10


def write_class_page(course: Course, sheet: str) -> list[Path]:
    """Writes `build/report/<sheet>.html` for tutors and `<sheet>-lecture.html` without groups.

    Raises:
        CourseError: the sheet is unknown or nothing was handed in.
    """
    summary = summarise(course, sheet)
    made = []
    for suffix, named in (("", True), ("-lecture", False)):
        path = course.build / "report" / f"{sheet}{suffix}.html"
        write_whole(path, class_page(summary, named=named))
        made.append(path)
    return made


def class_page(summary: ClassSummary, *, named: bool) -> str:
    """The page as HTML.

    Args:
        summary: what it shows.
        named: with the names of groups; without them it can be shown in the lecture.
    """

    def reasons(task: TaskSummary) -> list[tuple[str, int]]:
        """The most frequent; a single group's own words are not for the lecture."""
        return [one for one in task.reasons if named or one[1] > 1][:5]

    return render(
        "class_report.html",
        summary=summary,
        named=named,
        reasons=reasons,
        plots=[strip_plot(quality, named=named) for quality in summary.measured],
        bars=histogram(summary.totals.values(), summary.reachable),
        notebooks=list(dict.fromkeys(task.notebook for task in summary.tasks)),
    )


def histogram(totals: Iterable[float], most: float) -> list[dict[str, Any]]:
    """How many groups have how many points, in ten equal steps.

    Example:
        >>> [(bar["label"], bar["count"]) for bar in histogram([0.0, 1.9, 2.0], 2.0)][-1]
        ('1.8 to 2', 2)
    """
    counts = [0] * BINS
    most = most or 1.0  # nothing is marked yet
    for total in totals:
        counts[min(BINS - 1, int(BINS * total / most))] += 1
    highest = max([1, *counts])
    return [
        {
            "label": f"{k * most / BINS:.3g} to {(k + 1) * most / BINS:.3g}",
            "count": count,
            "percent": 100 * count / highest,
        }
        for k, count in enumerate(counts)
    ]
