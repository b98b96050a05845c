"""From an export of a learning platform to `submitted/<group>/<sheet>/`.

What is put there is byte for byte what was handed in; notebooks are mended later, in the copies
that are graded. Of each notebook the latest version counts; the others are kept in
`submitted/.earlier/<group>/<sheet>/`, where nbgrader does not look.
"""

import os
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.api import MissingEntry

from course_grader.course import Course, is_name
from course_grader.errors import CourseError
from course_grader.files import read_notebook, sha256, write_whole
from course_grader.intake.hand_ins import Class, HandIn, Sheets, sort_out
from course_grader.intake.names import groups_in, shown
from course_grader.intake.roster import Roster
from course_grader.intake.submission import NOTES, UNGRADABLE, Handed, read_submission
from course_grader.intake.unpack import Item, Limits, Unpacker
from course_notebooks.cleaning import json_text
from course_notebooks.troubles import in_words

EARLIER = ".earlier"
_STAMP = "%Y-%m-%d %H:%M:%S.%f %Z"


@dataclass
class Collected:
    """What became of one group's hand-in.

    Attributes:
        group: its name.
        arrived: when the latest of its counting notebooks was handed in.
        late: seconds after the sheet's due date, 0 if in time or if there is none.
        new: notebooks that are new or were replaced.
        same: notebooks that were there already.
        remarks: what was mended or kept aside.
        problems: what was rejected or cannot be graded, and why.
    """

    group: str
    arrived: datetime | None = None
    late: float = 0.0
    new: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


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
    folder = course.submitted / hand_in.group / sheet
    aside = course.submitted / EARLIER / hand_in.group / sheet
    folder.mkdir(parents=True, exist_ok=True)
    for name in filter(hand_in.notebooks.__contains__, course.notebooks(sheet)):
        versions = hand_in.notebooks[name]
        target = folder / f"{name}.ipynb"
        *older, newest = versions
        if target.is_file() and not target.is_symlink() and _when(target) > newest.arrived:
            older.append(newest)
            same = sha256(target) == sha256(newest.file)
            if not same:
                done.remarks.append(f"{name}.ipynb: a later one was there already, which counts")
            done.same.append(name)
        else:
            if target.is_file() and sha256(target) == sha256(newest.file):
                done.same.append(name)
            else:
                if target.is_file():
                    _keep(target, _when(target), aside, name, done)
                done.new.append(name)
            _copy(newest, target)
        for one in older:
            if sha256(one.file) != sha256(target):
                _keep(one.file, one.arrived, aside, name, done)
    for inner, item in hand_in.others.items():
        _copy_other(item, folder, inner, done)
    counted = [_when(path) for path in folder.glob("*.ipynb") if path.is_file()]
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


def _copy(item: Item, target: Path) -> None:
    """Byte for byte; the file's time is that of its arrival."""
    write_whole(target, item.file.read_bytes())
    seconds = item.arrived.timestamp()
    os.utime(target, (seconds, seconds))


def _copy_other(item: Item, folder: Path, inner: str, done: Collected) -> None:
    target = folder / inner
    try:
        if not target.parent.resolve().is_relative_to(folder.resolve()):
            raise OSError("a link leads out of the submission")
        _copy(item, target)
    except OSError as error:
        done.problems.append(f"{shown((inner,))}: not stored: {error.strerror or error}")


def _keep(file: Path, when: datetime, aside: Path, name: str, done: Collected) -> None:
    """An earlier version goes to a place of its own, once."""
    stamp = when.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    number = 1
    while True:
        more = f"-{number}" if number > 1 else ""
        target = aside / f"{stamp}{more}" / f"{name}.ipynb"
        if not target.exists():
            write_whole(target, file.read_bytes())
            os.utime(target, (when.timestamp(), when.timestamp()))
            done.remarks.append(f"{name}.ipynb: an earlier one is kept in {EARLIER}/{done.group}")
            return
        if sha256(target) == sha256(file):
            return
        number += 1


def _when(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime).astimezone()
