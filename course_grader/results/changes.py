"""Whose points change when tasks are graded anew, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD

from course_grader.grading.proposals import Proposal
from course_grader.results.report import Row, lost_points
from course_notebooks.terminal import Table


@dataclass(frozen=True)
class Change:
    """Other points for one task of one group.

    Attributes:
        group: whose.
        notebook: where the task is.
        task: its grade id.
        before: points; `None` if it had none yet.
        now: points from now on.
        old_reason: why points were missing.
        new_reason: why points are missing now.
    """

    group: str
    notebook: str
    task: str
    before: float | None
    now: float | None
    old_reason: str
    new_reason: str


def between(before: Iterable[Row], now: Iterable[Row]) -> list[Change]:
    """The changes between two tables of a sheet.

    Example:
        >>> row = Row("group-01", "adding", "check-1-add", 0.0, 2.0, "graded", "the sum is wrong")
        >>> mended = Row("group-01", "adding", "check-1-add", 2.0, 2.0, "graded", "")
        >>> [(one.task, one.before, one.now) for one in between([row], [mended])]
        [('check-1-add', 0.0, 2.0)]
    """
    known = {(row.group, row.notebook, row.task): row for row in before}
    changes = []
    for row in now:
        old = known.get((row.group, row.notebook, row.task))
        if old is not None and old.score != row.score:
            changes.append(
                Change(row.group, row.notebook, row.task, old.score, row.score, old.reason,
                       row.reason)
            )  # fmt: skip
    return changes


def proposed(proposals: Iterable[Proposal]) -> list[Change]:
    """The changes among what tests say now."""
    changes = []
    for one in proposals:
        if one.differs:
            reason = _reason(one.new, one.now)
            if one.given is not None:
                reason = f"a tutor gave {one.given:g}, which stays; {reason}".rstrip("; ")
            old = _reason(one.old, one.before)
            changes.append(
                Change(one.group, one.notebook, one.task, one.before, one.now, old, reason)
            )
    return changes


def _reason(cell: Any, points: float | None) -> str:
    has_all = cell is not None and points == float(cell.metadata.nbgrader["points"])
    return "" if has_all or points is None else lost_points(cell)


def table_of(changes: Iterable[Change]) -> Table:
    """The changes for the terminal, at most 80 columns wide."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("group", max_width=14, overflow="fold")
    table.add_column("task", max_width=20, overflow="fold")
    table.add_column("points", no_wrap=True)
    table.add_column("why", max_width=30)
    for one in changes:
        reasons = [
            f"{when}: {text}"
            for when, text in (("was", one.old_reason), ("now", one.new_reason))
            if text
        ]
        points = " → ".join("-" if p is None else f"{round(p, 3):g}" for p in (one.before, one.now))
        table.add_row(one.group, one.task, points, "\n".join(reasons) or "-")
    return table
