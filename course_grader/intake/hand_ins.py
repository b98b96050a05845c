"""Whose a file of a collection is, and which notebook."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

from course_grader.bounded import TooMuchError, WorkError, bounded
from course_grader.course import Course
from course_grader.files import read_notebook
from course_grader.intake.names import (
    groups_in,
    is_notebook,
    notebook_named,
    person_in,
    shown,
)
from course_grader.intake.recognise import grade_id
from course_grader.intake.repair import READ_SECONDS, read_handed
from course_grader.intake.unpack import Item, Unpacker
from course_notebooks.file_names import is_junk


class SeveralGroups(ValueError):  # noqa: N818  (what was found, not what went wrong)
    """A path names more than one group."""


@dataclass(frozen=True)
class Class:
    """The groups that there are.

    Attributes:
        groups: names of groups.
        closed: whether there are no others, because a roster says so.
        people: group by name of a person, keys as `names.person_key` makes them.
    """

    groups: Collection[str]
    closed: bool = False
    people: Mapping[str, str] = field(default_factory=dict)

    def owner(self, parts: tuple[str, ...]) -> tuple[str, int]:
        """The group that a path names, and how many of its parts lead to that name.

        Raises:
            ValueError: no group is named, or several.
        """
        named: dict[str, int] = {}
        for index, part in enumerate(parts):
            found = groups_in(part, self.groups, closed=self.closed)
            person = person_in(part, dict(self.people))
            for group in sorted(found or ({person} if person else set())):
                named.setdefault(group, index)
        if len(named) > 1:
            raise SeveralGroups(f"its path names {' and '.join(sorted(named))}: whose is it?")
        for group, index in named.items():
            return group, index
        raise ValueError(
            "no group of the roster is named in its path"
            if self.closed
            else "no group is named in its path; expected a folder or file such as group-07"
        )

    def outermost(self, parts: tuple[str, ...]) -> str | None:
        """The first group that a path names, whatever follows."""
        for end in range(1, len(parts) + 1):
            try:
                return self.owner(parts[:end])[0]
            except SeveralGroups:
                return None
            except ValueError:
                continue
        return None


@dataclass
class HandIn:
    """All that one group has in a collection.

    Attributes:
        group: its name.
        notebooks: versions of each expected notebook, the one that counts last.
        others: other files with the path that they get.
        refused: what was not taken, and why.
        remarks: what is odd.
    """

    group: str
    notebooks: dict[str, list[Item]] = field(default_factory=dict)
    others: dict[str, Item] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class Sheets:
    """Grade ids of the notebooks of a course: by them a notebook is known under any name."""

    def __init__(self, course: Course, sheet: str) -> None:
        self.sheet = sheet
        self.names = course.notebooks(sheet)
        self._ids = {
            (path.parent.name, path.stem): ids_of(read_notebook(path))
            for path in sorted(course.source.glob("*/*.ipynb"))
        }

    def like(self, file: Path) -> tuple[str, str] | None:
        """Sheet and name of the notebook that has most of a file's grade ids, if one has."""
        try:
            own = set(bounded(f"{__name__}:ids_in", str(file), seconds=READ_SECONDS))
        except (TooMuchError, WorkError):
            return None
        shares = {key: len(own & ids) for key, ids in self._ids.items()}
        best = max(shares, key=lambda key: (shares[key], key[0] == self.sheet), default=None)
        equal = [key for key in shares if best is not None and shares[key] == shares[best]]
        if best is None or 2 * shares[best] <= len(own) or len(equal) > 1:
            return None
        return best


def ids_in(file: str) -> list[str]:
    """All grade ids of a notebook that somebody handed in; none if it cannot be read."""
    try:
        return sorted(ids_of(read_handed(Path(file))[0]))
    except (ValueError, OSError):
        return []


def ids_of(notebook: Any) -> set[str]:
    """All grade ids of a notebook."""
    return {name for cell in notebook.cells if (name := grade_id(cell))}


def sort_out(
    found: Unpacker, room: Class, sheets: Sheets, home: str | None
) -> tuple[dict[str, HandIn], list[str]]:
    """Gives every file to its group.

    Args:
        found: what is in a collection.
        room: the groups.
        sheets: the notebooks that are known.
        home: the group that the collection's own name speaks of; all of it is that group's.

    Returns:
        What each group handed in, and what belongs to nobody.
    """
    groups: dict[str, HandIn] = {}
    stray: list[str] = []
    prefix = (home,) if home else ()
    for thing in found.refused:
        parts = tuple(part for name in thing.parts for part in name.replace("\\", "/").split("/"))
        group = home or room.outermost(parts)
        text = f"{shown(parts)}: {thing.reason}"
        if group is None:
            stray.append(text)
        else:
            groups.setdefault(group, HandIn(group)).refused.append(text)
    own: dict[str, list[tuple[tuple[str, ...], Item]]] = {}
    for item in found.items:
        try:
            group, index = room.owner((*prefix, *item.parts))
        except ValueError as error:
            text = f"{shown(item.parts)}: {error}"
            first = home or room.outermost(item.parts)
            if first is None:
                stray.append(text)
            else:
                groups.setdefault(first, HandIn(first)).refused.append(text)
            continue
        inner = item.parts[index + 1 - len(prefix) :] or item.parts[-1:]
        own.setdefault(group, []).append((inner, item))
    for group, files in own.items():
        _fill(groups.setdefault(group, HandIn(group)), files, sheets)
    for parts in found.junk:
        around = tuple(takewhile(lambda part: not is_junk([part]), parts))
        group = home or room.outermost(around)
        if group is not None and group not in groups:
            groups[group] = HandIn(group, refused=[f"{shown(parts)}: {_left_behind(parts)}"])
    return dict(sorted(groups.items())), stray


def _left_behind(parts: tuple[str, ...]) -> str:
    """Why a file that is no part of a hand-in is not taken, where there is nothing else."""
    if ".ipynb_checkpoints" in parts:
        return "it is a copy that Jupyter keeps for itself, and nothing else was handed in"
    return "it is a file that systems leave behind, and nothing else was handed in"


def _fill(hand_in: HandIn, files: list[tuple[tuple[str, ...], Item]], sheets: Sheets) -> None:
    """Tells notebooks from other files, and which notebook each is."""
    versions: dict[str, list[tuple[Any, ...]]] = {}
    unknown: list[tuple[tuple[str, ...], Item]] = []
    others: list[tuple[tuple[str, ...], Item]] = []
    for inner, item in files:
        if not is_notebook(inner[-1]):
            others.append((inner, item))
            continue
        name, number = notebook_named(inner[-1], sheets.names)
        if name is None:
            unknown.append((inner, item))
        else:
            rank = (item.arrived, item.modified, number, item.parts)
            versions.setdefault(name, []).append((*rank, inner, item))
    for inner, item in unknown:
        like = sheets.like(item.file)
        if like is not None and like[0] != sheets.sheet:
            hand_in.refused.append(f"{shown(inner)}: it is {like[1]} of {like[0]}")
        elif like is not None and like[1] not in versions:
            rank = (item.arrived, item.modified, 0, item.parts)
            versions[like[1]] = [(*rank, inner, item)]
        else:
            others.append((inner, item))
    base: tuple[str, ...] = ()
    for name, ranked in sorted(versions.items()):
        ranked.sort(key=lambda version: version[:4])
        hand_in.notebooks[name] = [version[-1] for version in ranked]
        *_, inner, item = ranked[-1]
        base = inner[:-1]
        if inner[-1] != f"{name}.ipynb":
            hand_in.remarks.append(f"{shown(inner[-1:])} was taken as {name}.ipynb")
    _place_others(hand_in, others, base)


def _place_others(
    hand_in: HandIn, others: list[tuple[tuple[str, ...], Item]], base: tuple[str, ...]
) -> None:
    """Other files keep their place beside the notebooks; of two versions the later one counts."""
    folded: dict[str, str] = {}
    for inner, item in sorted(others, key=lambda one: (one[1].arrived, one[1].modified)):
        below = inner[len(base) :] if inner[: len(base)] == base else inner
        path = "/".join(below)
        if path.casefold() == "timestamp.txt":
            hand_in.refused.append(
                f"{path}: the time of a hand-in is that of its files, nobody can set it"
            )
            continue
        before = folded.setdefault(path.casefold(), path)
        if before != path:
            hand_in.remarks.append(f"{before} and {path} differ in case only: the later one counts")
            hand_in.others.pop(before, None)
            folded[path.casefold()] = path
        hand_in.others[path] = item
