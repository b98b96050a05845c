"""Marks of people: those of their group."""

import csv
import io
from pathlib import Path

from course_grader.course import Course
from course_grader.files import write_whole
from course_grader.intake.roster import Roster
from course_grader.intake.submission import GRADED, MISSING, UNGRADABLE
from course_grader.results.report import MANUAL, Row, csv_cell, graded_tasks, rows

COLUMNS = ("person", "group", "name", "tutorial", "score", "max_score", "status")
MemberRow = tuple[str, str, str, str, float | None, float, str]


def export_members(course: Course, sheet: str, roster: Roster) -> tuple[Path, list[str]]:
    """Writes `build/grades/<sheet>-members.csv`, a row for each person.

    Returns:
        The file and what a lecturer has to settle.
    """
    table, problems = member_rows(course, sheet, roster)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([csv_cell(value) for value in row] for row in table)
    path = course.build / "grades" / f"{sheet}-members.csv"
    write_whole(path, text.getvalue())
    return path, problems


def member_rows(course: Course, sheet: str, roster: Roster) -> tuple[list[MemberRow], list[str]]:
    """One mark for each person; late penalties of nbgrader are taken off.

    A person in two groups has no mark and the status `ungradable`, as long as that is not settled.
    """
    by_group: dict[str, list[Row]] = {}
    for row in rows(course, sheet):
        by_group.setdefault(row.group, []).append(row)
    whole = sum(
        points
        for name in course.notebooks(sheet)
        for _, points in graded_tasks(course, sheet, name)
    )
    penalties = _penalties(course, sheet)
    torn = roster.torn
    table: list[MemberRow] = []
    for one in {one.person: one for one in roster.people}.values():
        if one.person in torn:
            group, score, status = " and ".join(torn[one.person]), None, UNGRADABLE
        else:
            own = by_group.get(one.group, [])
            points = sum(row.score or 0.0 for row in own) - penalties.get(one.group, 0.0)
            group, score, status = one.group, max(0.0, points), _status(own)
        table.append((one.person, group, one.name, one.tutorial, score, whole, status))
    problems = list(roster.problems)
    for group in sorted(set(by_group) - set(roster.groups)):
        problems.append(f"{group} handed in but is not in the roster: nobody gets its points")
    return table, problems


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
