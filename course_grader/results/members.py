"""Marks of people: those of their group."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from course_grader.course import Course
from course_grader.intake.roster import Roster
from course_grader.intake.submission import GRADED, MISSING, UNGRADABLE
from course_grader.results.report import MANUAL, Row, graded_tasks, rows, write_table

COLUMNS = ("person", "group", "name", "tutorial", "score", "max_score", "status")
MemberRow = tuple[str, str, str, str, float | None, float, str]


@dataclass(frozen=True)
class SheetMarks:
    """What groups have of a sheet.

    Attributes:
        most: points that can be had.
        rows: the graded cells of each group that is known.
        penalties: what nbgrader takes off for a late hand-in.
    """

    most: float
    rows: Mapping[str, list[Row]]
    penalties: Mapping[str, float]

    def points(self, group: str) -> float:
        """Points so far, late penalties taken off; 0 for a group that handed in nothing."""
        points = sum(row.score or 0.0 for row in self.rows.get(group, ()))
        return max(0.0, points - self.penalties.get(group, 0.0))

    def pending(self, group: str) -> int:
        """How many tasks await a tutor or are not graded yet."""
        own = self.rows.get(group, ())
        return sum(row.status == MANUAL or row.score is None for row in own)


def sheet_marks(course: Course, sheet: str) -> SheetMarks:
    """The marks of a sheet.

    Raises:
        CourseError: the sheet is unknown or nothing was handed in.
    """
    by_group: dict[str, list[Row]] = {}
    for row in rows(course, sheet):
        by_group.setdefault(row.group, []).append(row)
    most = sum(
        points
        for name in course.notebooks(sheet)
        for _, points in graded_tasks(course, sheet, name)
    )
    return SheetMarks(most, by_group, _penalties(course, sheet))


def export_members(course: Course, sheet: str, roster: Roster) -> tuple[Path, list[str]]:
    """Writes `build/grades/<sheet>-members.csv`, a row for each person.

    Returns:
        The file and what a lecturer has to settle.
    """
    table, problems = member_rows(course, sheet, roster)
    return write_table(course, f"{sheet}-members", COLUMNS, table), problems


def member_rows(course: Course, sheet: str, roster: Roster) -> tuple[list[MemberRow], list[str]]:
    """One mark for each person; late penalties of nbgrader are taken off.

    A person in two groups has no mark and the status `ungradable`, as long as that is not settled.
    """
    marks = sheet_marks(course, sheet)
    roster = roster.of(sheet)
    torn = roster.torn
    table: list[MemberRow] = []
    for one in {one.person: one for one in roster.people}.values():
        if one.person in torn:
            group, score, status = " and ".join(torn[one.person]), None, UNGRADABLE
        else:
            group, score = one.group, marks.points(one.group)
            status = _status(marks.rows.get(group, []))
        table.append((one.person, group, one.name, one.tutorial, score, marks.most, status))
    return table, [*roster.problems, *strangers(marks.rows, roster)]


def strangers(groups: Iterable[str], roster: Roster) -> list[str]:
    """What to say of groups that nobody of the roster is in."""
    return [
        f"{group} handed in but is not in the roster: nobody gets its points"
        for group in sorted(set(groups) - set(roster.groups))
    ]


def _status(own: list[Row]) -> str:
    """The status that asks most of a person."""
    states = {row.status for row in own} or {MISSING}
    for state in (UNGRADABLE, MANUAL):
        if state in states:
            return state
    return MISSING if states == {MISSING} else GRADED


def _penalties(course: Course, sheet: str) -> dict[str, float]:
    with course.gradebook() as gradebook:
        return {
            one.student_id: float(sum(nb.late_submission_penalty or 0.0 for nb in one.notebooks))
            for one in gradebook.assignment_submissions(sheet)
        }
