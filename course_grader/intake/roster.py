"""Who is in which group: `roster.csv`."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.intake.names import person_key
from course_grader.naming import is_name

NAME = "roster.csv"
COLUMNS = ("person", "group", "name", "email", "tutorial", "sheets")
_NEEDED = ("person", "group")
_RARE = ("sheets",)


@dataclass(frozen=True)
class Person:
    """One line of the roster.

    Attributes:
        person: what the course calls the person, such as a matriculation number.
        group: the group.
        name: for people to read.
        email: not used by the grader.
        tutorial: not used by the grader.
        sheets: those for which the person is in this group; none for all others.
    """

    person: str
    group: str
    name: str = ""
    email: str = ""
    tutorial: str = ""
    sheets: tuple[str, ...] = ()


@dataclass
class Roster:
    """A class.

    Attributes:
        people: everybody, in the order of the file; a person in two groups occurs in both.
        problems: what a lecturer has to settle.
    """

    people: list[Person]
    problems: list[str] = field(default_factory=list)

    @property
    def groups(self) -> dict[str, list[Person]]:
        """Members by group."""
        groups: dict[str, dict[str, Person]] = {}
        for one in self.people:
            groups.setdefault(one.group, {})[one.person] = one
        return {group: list(members.values()) for group, members in groups.items()}

    @property
    def torn(self) -> dict[str, list[str]]:
        """Groups of each person who is in more than one."""
        groups: dict[str, dict[str, None]] = {}
        for one in self.people:
            groups.setdefault(one.person, {})[one.group] = None
        return {person: list(names) for person, names in groups.items() if len(names) > 1}

    def of(self, sheet: str) -> "Roster":
        """The class as it is for a sheet: who changed groups has a line that names the sheet."""
        named = {one.person for one in self.people if sheet in one.sheets}
        people = [
            one
            for one in self.people
            if sheet in one.sheets or (not one.sheets and one.person not in named)
        ]
        return Roster(people, self.problems)

    def by_name(self) -> dict[str, str]:
        """Group by name, of those whom the name tells; keys as `names.person_key` makes them."""
        torn = self.torn
        keys = Counter(person_key(one.name) for one in self.people)
        return {
            key: one.group
            for one in self.people
            if (key := person_key(one.name)) and keys[key] == 1 and one.person not in torn
        }


def find_roster(course: Course, path: Path | None = None) -> Roster | None:
    """The roster that was named, or the course's `roster.csv`, or `None`.

    Raises:
        CourseError: it was named but is not there, or cannot be read.
    """
    if path is None:
        path = course.root / NAME
        if not path.exists():
            return None
    roster = read_roster(path)
    unknown = {sheet for one in roster.people for sheet in one.sheets} - set(course.sheets())
    for sheet in sorted(unknown):
        roster.problems.append(
            f"{sheet!r} in the column sheets is none of this course: {', '.join(course.sheets())}"
        )
    return roster


def read_roster(path: Path) -> Roster:
    """Reads a roster as Excel, LibreOffice and others write it.

    Raises:
        CourseError: no such file, or a table without the columns that are needed.
    """
    try:
        text = _decoded(path.read_bytes())
    except OSError as error:
        raise CourseError(f"{path}: the roster cannot be read: {error.strerror}") from error
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise CourseError(f"{path} is empty; expected the columns {', '.join(COLUMNS)}")
    delimiter = max(",;\t", key=lines[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    problems: list[str] = []
    people: list[Person] = []
    try:
        header: list[str] = []
        for line in reader:
            cells = [cell.strip() for cell in line]
            if not any(cells):
                continue
            if not header:
                header = [cell.casefold() for cell in cells]
                _check_header(path, header, problems)
            elif (one := _person(header, cells, f"line {reader.line_num}", problems)) is not None:
                people.append(one)
    except csv.Error as error:
        raise CourseError(f"{path}, line {reader.line_num}: not a CSV table: {error}") from error
    return _checked(people, problems)


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return text.replace("\0", "")


def _check_header(path: Path, header: list[str], problems: list[str]) -> None:
    lacking = [name for name in _NEEDED if name not in header]
    if lacking:
        raise CourseError(
            f"{path}: the column {' and '.join(lacking)} is missing; "
            f"expected {', '.join(COLUMNS)}, got {', '.join(header)[:200]}"
        )
    twice = [name for name in COLUMNS if header.count(name) > 1]
    if twice:
        raise CourseError(f"{path}: the column {twice[0]} occurs twice; expected it once")
    optional = [name for name in COLUMNS if name not in (*header, *_RARE)]
    if optional:
        problems.append(f"the roster has no column {', '.join(optional)}: left empty")


def _person(header: list[str], cells: list[str], where: str, problems: list[str]) -> Person | None:
    if len(cells) > len(header) and any(cells[len(header) :]):
        problems.append(f"{where}: {len(cells)} cells, expected {len(header)}: it is left out")
        return None
    values = dict(zip(header, cells, strict=False))
    sheets = tuple(re.findall(r"[^\s,;]+", values.get("sheets", "")))
    texts = {name: values.get(name, "") for name in COLUMNS if name != "sheets"}
    one = Person(**texts, sheets=sheets)
    if not one.person or not one.group:
        lacking = "person" if not one.person else "group"
        problems.append(f"{where}: the {lacking} is missing: it is left out")
        return None
    if not is_name(one.group):
        problems.append(
            f"{where}: {one.group!r} cannot be a group's name (letters, digits, '.', '_', '-'): "
            "it is left out"
        )
        return None
    return one


def _checked(people: list[Person], problems: list[str]) -> Roster:
    lines = {(one.person, one.group, one.sheets): one for one in people}
    counts = Counter((one.person, one.group, one.sheets) for one in people)
    for (person, group, _), count in counts.items():
        if count > 1:
            problems.append(f"{person} is in {group} {count} times: counted once")
    roster = Roster(list(lines.values()), problems)
    sheets = dict.fromkeys(["", *(sheet for one in people for sheet in one.sheets)])
    torn = {(person, *names) for sheet in sheets for person, names in roster.of(sheet).torn.items()}
    for person, *names in sorted(torn):
        problems.append(
            f"{person} is in {' and '.join(names)}: no mark until the roster says in which"
        )
    spelled: dict[str, list[str]] = {}
    for group, members in roster.groups.items():
        spelled.setdefault(group.casefold(), []).append(group)
        if len(members) == 1:
            problems.append(f"{group} has one member only, {members[0].person}: expected three")
    for names in spelled.values():
        if len(names) > 1:
            problems.append(
                f"{' and '.join(names)} differ in upper and lower case only: one group?"
            )
    return roster
