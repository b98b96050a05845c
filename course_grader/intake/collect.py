"""From an export of a learning platform to `submitted/<group>/<sheet>/`.

What is put there is byte for byte what was handed in; notebooks are mended later, in the copies
that are graded. Of each notebook the latest version counts; the others are kept in
`submitted/.earlier/<group>/<sheet>/`, where nbgrader does not look.
"""

import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.api import MissingEntry

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.files import read_notebook, write_whole
from course_grader.intake.hand_ins import Class, HandIn, Sheets, sort_out
from course_grader.intake.names import groups_in
from course_grader.intake.roster import Roster
from course_grader.intake.storing import Collected, Store, time_of
from course_grader.intake.submission import NOTES, UNGRADABLE, Handed, read_submission
from course_grader.intake.unpack import Limits, Unpacker
from course_grader.naming import is_name
from course_notebooks.cleaning import json_text
from course_notebooks.troubles import in_words

_STAMP = "%Y-%m-%d %H:%M:%S.%f %Z"


@dataclass
class Collection:
    """What became of a collection.

    Attributes:
        groups: in order.
        stray: files that belong to no group, and why.
        absent: groups of the roster that have handed in nothing so far.
    """

    groups: list[Collected]
    stray: list[str]
    absent: list[str]

    @property
    def is_clean(self) -> bool:
        """Whether nothing needs a person."""
        return not self.stray and not any(one.problems for one in self.groups)


def collect(
    course: Course,
    sheet: str,
    path: Path,
    roster: Roster | None = None,
    limits: Limits | None = None,
) -> Collection:
    """Puts submissions into place.

    Args:
        course: the course.
        sheet: the assignment.
        path: folder, zip or tar with submissions.
        roster: who is in which group.
        limits: what may be unpacked.

    Raises:
        CourseError: nothing there that could be a submission.
    """
    sheets = Sheets(course, sheet)
    if not path.exists():
        raise CourseError(f"there is no {path}; expected a folder, a .zip or a .tar.gz")
    if (course.submitted.resolve() / "x").is_relative_to(path.resolve()):
        raise CourseError(
            f"{path} is or holds {course.submitted.name}/, where submissions are put; "
            "expected where they come from"
        )
    roster = roster.of(sheet) if roster is not None else None
    room = _class(course, roster)
    home = _home(path, room)
    with tempfile.TemporaryDirectory(prefix="genlhc-collect-") as folder:
        unpacker = Unpacker(Path(folder), limits or Limits())
        unpacker.look(path)
        if home is not None and path.is_file():  # the times within are the group's own choice
            when = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
            unpacker.items = [replace(one, arrived=when) for one in unpacker.items]
        hand_ins, stray = sort_out(unpacker, room, sheets, home)
        if not hand_ins and not stray:
            raise CourseError(f"{path} holds no file that could be a submission")
        due = _due(course, sheet)
        masters = _masters(course, sheet)
        groups = [_placed(course, sheet, one, due, masters) for one in hand_ins.values()]
    here = {one.group for one in groups} | set(course.groups(sheet))
    absent = sorted(set(roster.groups) - here) if roster is not None else []
    return Collection(groups, stray, absent)


def _class(course: Course, roster: Roster | None) -> Class:
    if roster is not None:
        return Class(sorted(roster.groups), True, roster.by_name())
    there = course.submitted.iterdir() if course.submitted.is_dir() else ()
    return Class(sorted(path.name for path in there if path.is_dir() and is_name(path.name)))


def _home(path: Path, room: Class) -> str | None:
    found = groups_in(path.resolve().name, room.groups, closed=room.closed)
    return found.pop() if len(found) == 1 else None


def _due(course: Course, sheet: str) -> datetime | None:
    try:
        with course.gradebook() as gradebook:
            due = gradebook.find_assignment(sheet).duedate
    except MissingEntry:
        return None
    return due.replace(tzinfo=UTC) if due is not None else None


def _masters(course: Course, sheet: str) -> dict[str, Any]:
    """The students' notebooks, if the sheet is released: what will be mended can be said now."""
    paths = [course.release / sheet / f"{name}.ipynb" for name in course.notebooks(sheet)]
    return {path.stem: read_notebook(path) for path in paths if path.is_file()}


def _placed(
    course: Course, sheet: str, hand_in: HandIn, due: datetime | None, masters: dict[str, Any]
) -> Collected:
    """Puts one group's files into place; what the system refuses costs this group only."""
    try:
        return _place(course, sheet, hand_in, due, masters)
    except OSError as error:
        text = f"not all of it could be stored: {in_words(error)}"
        return Collected(hand_in.group, problems=[*hand_in.refused, text])


def _place(
    course: Course, sheet: str, hand_in: HandIn, due: datetime | None, masters: dict[str, Any]
) -> Collected:
    """Puts one group's files into place."""
    done = Collected(hand_in.group, remarks=list(hand_in.remarks), problems=list(hand_in.refused))
    store = Store(course.submitted, sheet, done)
    expected = [name for name in course.notebooks(sheet) if name in hand_in.notebooks]
    counting = [name for name in expected if store.notebook(name, hand_in.notebooks[name])]
    if counting or not expected:
        store.others(hand_in.others)
    else:
        store.remark_late(hand_in.others)
    there = [name for name in course.notebooks(sheet) if (store.folder / f"{name}.ipynb").is_file()]
    if counting and set(counting) == set(there):  # all is new: what is not part of it has gone
        store.clear(hand_in.others)
    folder = store.folder
    counted = [time_of(path) for path in folder.glob("*.ipynb") if path.is_file()]
    if counted:
        done.arrived = max(counted)
        write_whole(folder / "timestamp.txt", done.arrived.astimezone(UTC).strftime(_STAMP) + "\n")
        if due is not None:
            done.late = max(0.0, (done.arrived - due).total_seconds())
    write_whole(folder / NOTES, json_text({"rejected": hand_in.refused}))
    for verdict in read_submission(folder, masters):
        if counted or not hand_in.refused:  # else there is nothing to say beside that
            _verdict(verdict, done)
    return done


def _verdict(one: Handed, done: Collected) -> None:
    """What grading will say of a notebook as it is now."""
    if one.status == UNGRADABLE:
        done.problems.append(f"{one.name}: {one.reason}")
    elif one.reason:
        done.remarks.append(one.reason)
    done.remarks += [f"{one.name}: {text}" for text in one.remarks]
