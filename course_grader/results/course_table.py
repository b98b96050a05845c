"""The marks of the whole course: all sheets side by side, with their sum."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_grader.console import Console, Silent
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.intake.roster import Roster
from course_grader.naming import word
from course_grader.results.marks_rules import MarksRules, marks_rules
from course_grader.results.members import SheetMarks, sheet_marks, strangers
from course_grader.results.report import write_table

NAME, MEMBERS = "course", "course-members"
GROUP = ("group",)
PERSON = ("person", "group", "name", "tutorial")
SUMS = ("sum", "max_sum", "share", "pending", "dropped")
Cell = str | float | None


@dataclass(frozen=True)
class CourseMarks:
    """The sheets that are graded.

    Attributes:
        sheets: marks by sheet, of those that count, in the order of the course.
        rules: how they count.
        waiting: sheets of which nothing is graded yet.
        lost: sheets of the gradebook that the course no longer has.
    """

    sheets: Mapping[str, SheetMarks]
    rules: MarksRules
    waiting: Sequence[str] = ()
    lost: Sequence[str] = ()

    @property
    def groups(self) -> set[str]:
        """All groups that handed in something."""
        return {group for one in self.sheets.values() for group in one.rows}

    def cells(self, groups: Mapping[str, str]) -> list[Cell]:
        """The points of each sheet, then the columns `SUMS`.

        Args:
            groups: whose points count, by sheet; there are none of a sheet that is not named.
        """
        own = [(sheet, one, groups.get(sheet, "")) for sheet, one in self.sheets.items()]
        points = {sheet: one.points(group) for sheet, one, group in own}
        total = self.rules.total(points, {sheet: one.most for sheet, one, _ in own})
        pending = sum(one.pending(group) for _, one, group in own)
        sums = [total.points, total.most, total.share, pending, " ".join(total.dropped)]
        return [*points.values(), *sums]

    def pending(self) -> list[str]:
        """Groups whose sum is provisional: something awaits a tutor or is not graded yet."""
        return sorted(
            group
            for group in self.groups
            if any(one.pending(group) for one in self.sheets.values())
        )

    def about(self) -> Iterator[str]:
        """Which sheets count, and how."""
        yield "sheets that count: " + ", ".join(map(self._about, self.sheets))
        for sheet in self.waiting:
            yield f"{sheet} does not count: nothing of it is graded yet"
        if self.rules.drop == 1:
            yield "the worst sheet of each does not count"
        elif self.rules.drop:
            yield f"the {self.rules.drop} worst sheets of each do not count"

    def _about(self, sheet: str) -> str:
        weight = self.rules.weight(sheet)
        parts = [f"{self.sheets[sheet].most:g} points"]
        parts += [f"{weight:g} times"] if weight != 1 else []
        parts += ["bonus"] if sheet in self.rules.bonus else []
        return f"{sheet} ({', '.join(parts)})"


def course_marks(course: Course, console: Console | None = None) -> CourseMarks:
    """Reads the marks of all sheets.

    Args:
        course: the course.
        console: where progress is shown.

    Raises:
        CourseError: nothing is graded, the rules cannot be used, or a sheet has the name of a
            file or a column of the table.
    """
    sheets = course.sheets()
    rules = marks_rules(course)
    for name in sheets:
        if name in (NAME, MEMBERS, *PERSON, *SUMS):
            raise CourseError(
                f"{course.source.name}/{name}: the course's table has a file or a column of this "
                f"name; rename the sheet, or export it alone with `genlhc export {word(name)}`"
            )
    with course.gradebook() as gradebook:
        known = sorted({*sheets, *(one.name for one in gradebook.assignments)})
        graded = [sheet for sheet in known if gradebook.assignment_submissions(sheet)]
    counting = [sheet for sheet in sheets if sheet in graded]
    if not counting:
        have = ", ".join(sheets) or "none yet"
        raise CourseError(
            f"nothing is graded yet: run `genlhc grade SHEET`; sheets of this course: {have}"
        )
    marks = {}
    with (console or Silent()).work("reading marks", len(counting)) as work:
        for sheet in counting:
            work.describe(sheet)
            marks[sheet] = sheet_marks(course, sheet)
            work.advance(1)
    return CourseMarks(
        marks,
        rules,
        waiting=[sheet for sheet in sheets if sheet not in graded],
        lost=[sheet for sheet in graded if sheet not in sheets],
    )


def export_course(
    course: Course, marks: CourseMarks, roster: Roster | None = None
) -> tuple[list[Path], list[str]]:
    """Writes `build/grades/course.csv`, and with a roster `course-members.csv`.

    Returns:
        The files and what a lecturer has to settle.
    """
    groups = sorted({*marks.groups, *(roster.groups if roster is not None else ())})
    table = [[group, *marks.cells(dict.fromkeys(marks.sheets, group))] for group in groups]
    paths = [write_table(course, NAME, (*GROUP, *marks.sheets, *SUMS), table)]
    problems = [
        f"{sheet} is in the gradebook but not in {course.source.name}/: it does not count"
        for sheet in marks.lost
    ]
    if roster is not None:
        people = people_rows(marks, roster)
        paths.append(write_table(course, MEMBERS, (*PERSON, *marks.sheets, *SUMS), people))
        told = [
            *roster.problems,
            *(text for sheet in marks.sheets for text in _strangers(marks, sheet, roster)),
        ]
        problems += [f"roster: {text}" for text in dict.fromkeys(told)]
    waiting = marks.pending()
    if waiting:
        problems.append(f"provisional: {len(waiting)} of {len(groups)} groups have pending tasks")
    return paths, problems


def _strangers(marks: CourseMarks, sheet: str, roster: Roster) -> list[str]:
    return strangers(marks.sheets[sheet].rows, roster.of(sheet))


def people_rows(marks: CourseMarks, roster: Roster) -> list[list[Cell]]:
    """A row for each person, with the points of the group that the person was in for each sheet.

    Who is in two groups at a time has no marks, as long as that is not settled.
    """
    classes = {sheet: roster.of(sheet) for sheet in marks.sheets}
    torn = {person for one in classes.values() for person in one.torn}
    places = {
        sheet: {one.person: one.group for one in room.people} for sheet, room in classes.items()
    }
    table: list[list[Cell]] = []
    for person in {one.person: one for one in roster.people}.values():
        names = dict.fromkeys(one.group for one in roster.people if one.person == person.person)
        groups = {
            sheet: own[person.person] for sheet, own in places.items() if person.person in own
        }
        cells = marks.cells(groups)
        if person.person in torn:
            cells = [None] * len(cells)
        table.append([person.person, " and ".join(names), person.name, person.tutorial, *cells])
    return table
