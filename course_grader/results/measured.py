"""Measured qualities of a whole class, collected from what the tests printed.

A test that measures something prints a line such as

    measured: auc = 0.55 (full points from 0.53, none from 0.63)

Only what tests of the master printed counts, and they run on the trusted side: a line in a cell of
the students' own is no measurement.
"""

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from statistics import median
from typing import Any

from course_grader.cells import is_test
from course_grader.course import Course
from course_grader.files import DamagedError
from course_grader.intake.submission import grade_id
from course_grader.results.report import graded_tasks, marked_cells

_NUMBER = r"(nan|[-+]?(?:inf|\d+(?:\.\d*)?(?:e[-+]?\d+)?))"
_LINE = re.compile(
    rf"^measured: ([\w.-]{{1,60}}) = {_NUMBER} \(full points from {_NUMBER}, none from {_NUMBER}\b"
)


@dataclass
class Measured:
    """One measured quality over all groups.

    Attributes:
        notebook: where it is measured.
        task: the test's grade id.
        name: of the quality.
        full: value from which on all points are given.
        none: value from which on none are given.
        values: what groups reached; infinite or NaN where there is no number.
        outdated: groups that were measured with other thresholds.
    """

    notebook: str
    task: str
    name: str
    full: float
    none: float
    values: dict[str, float] = field(default_factory=dict)
    outdated: int = 0

    def share(self, value: float) -> float:
        """Share of the points for a value, 0 to 1.

        Example:
            >>> auc = Measured("adding", "check-1", "auc", full=0.5, none=0.6)
            >>> [auc.share(value) for value in (0.4, 0.7, float("nan"))]
            [1.0, 0.0, 0.0]
        """
        if not isfinite(value):
            return 0.0
        return min(1.0, max(0.0, (self.none - value) / (self.none - self.full)))

    def in_words(self) -> str:
        """What the plot shows, for those who do not see it."""
        shares = [self.share(value) for value in self.values.values()]
        full, none = sum(one == 1 for one in shares), sum(one == 0 for one in shares)
        seen = sorted(value for value in self.values.values() if isfinite(value))
        spread = "no value"
        if seen:
            spread = f"median {median(seen):.4g}, from {seen[0]:.4g} to {seen[-1]:.4g}"
        return (
            f"{self.name}: all points from {self.full:.4g}, none from {self.none:.4g}. "
            f"{len(shares)} groups: {full} with all points, {len(shares) - full - none} with some, "
            f"{none} with none; {spread}."
        )


def measurements(text: str) -> list[tuple[str, float, float, float]]:
    """Name, value and thresholds of each line of this kind.

    Example:
        >>> measurements("hm\\nmeasured: auc = 0.55 (full points from 0.53, none from 0.63: x)")
        [('auc', 0.55, 0.53, 0.63)]
    """
    found = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is not None:
            value, full, none = (float(number) for number in match.groups()[1:])
            if isfinite(full) and isfinite(none) and full != none:
                found.append((match.group(1), value, full, none))
    return found


def collect(course: Course, sheet: str, groups: Iterable[str]) -> list[Measured]:
    """The measured qualities of a sheet, in the order of its tests.

    Where thresholds differ between groups, those of most groups are taken and the rest is counted
    as outdated.

    Args:
        course: the course.
        sheet: the assignment.
        groups: whose marked notebooks are read.
    """
    lines: dict[tuple[str, str, str], dict[str, tuple[float, float, float]]] = {}
    for notebook in course.notebooks(sheet):
        tasks = [task for task, _ in graded_tasks(course, sheet, notebook)]
        for group in groups:
            path = course.autograded / group / sheet / f"{notebook}.ipynb"
            cells: dict[str, Any] = {}
            with suppress(DamagedError):  # the rows of the sheet say so
                cells = {grade_id(cell): cell for cell in marked_cells(path) if is_test(cell)}
            for task in tasks:
                for name, *numbers in measurements(_printed(cells.get(task))):
                    value, full, none = numbers
                    lines.setdefault((notebook, task, name), {})[group] = (value, full, none)
    return [_measured(*key, by_group) for key, by_group in lines.items()]


def _printed(cell: Any) -> str:
    if cell is None:
        return ""
    return "".join(
        out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stdout"
    )


def _measured(
    notebook: str, task: str, name: str, by_group: dict[str, tuple[float, float, float]]
) -> Measured:
    thresholds = Counter(numbers[1:] for numbers in by_group.values())
    (full, none), count = thresholds.most_common(1)[0]
    values = {
        group: value for group, (value, *other) in by_group.items() if (full, none) == tuple(other)
    }
    return Measured(notebook, task, name, full, none, values, len(by_group) - count)
