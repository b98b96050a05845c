"""Who hands in: the file `group.toml`."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_handin.errors import HandInError

FILE = "group.toml"
USUAL = 3
_NAME = re.compile(r"[A-Za-z0-9][\w.\-]*")
_KEYS = ("group", "member")
_MEMBER_KEYS = ("name", "tutorial")
TEMPLATE = """\
# Who hands in. Fill in the quotes, then run the command again.
# The name of your group, as your tutor knows it:
group = ""

# One block for each of you; delete or add blocks where you are not three.
[[member]]
name = ""
tutorial = ""

[[member]]
name = ""
tutorial = ""

[[member]]
name = ""
tutorial = ""
"""


@dataclass(frozen=True)
class Member:
    """A person, and the number or name of the person's tutorial."""

    name: str
    tutorial: str


@dataclass(frozen=True)
class Group:
    """Who hands in together."""

    name: str
    members: tuple[Member, ...]

    @property
    def remark(self) -> str:
        """What is unusual, or an empty string."""
        n_members = len(self.members)
        if n_members == USUAL:
            return ""
        people = "person" if n_members == 1 else "persons"
        return f"{FILE} names {n_members} {people}; groups usually have {USUAL}"


def find_group_file(folder: Path, root: Path, given: Path | None) -> Path:
    """The group's file: the given one, the one beside the notebooks, or the one of the bundle.

    Raises:
        HandInError: there is none; a template was written where it was looked for last.
    """
    for path in (given,) if given is not None else (folder / FILE, root / FILE):
        if path.is_file():
            return path
    path = given if given is not None else root / FILE
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except OSError as error:
        raise HandInError(
            f"{path} is missing and cannot be written: {error.strerror}; give another place "
            "with --group-file"
        ) from error
    raise HandInError(
        f"who are you? {path} was written: fill in your group and your names, "
        "then run the command again"
    )


def read_group(path: Path) -> Group:
    """Reads a group's file.

    Raises:
        HandInError: all that is wrong with it.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HandInError(
            f"{path} cannot be read: {error}; text stands in double quotes, as in "
            'group = "group-07"'
        ) from error
    except OSError as error:
        raise HandInError(f"{path} cannot be read: {error.strerror}") from error
    mistakes: list[str] = []
    name = str(table.get("group", "")).strip()
    if not name:
        mistakes.append('the group has no name; expected a line such as group = "group-07"')
    elif not _NAME.fullmatch(name):
        mistakes.append(
            f"the group's name {name!r} may hold letters, digits, '.', '_' and '-' only, "
            "as in group-07"
        )
    mistakes += [f"unknown entry {key!r}" for key in table if key not in _KEYS]
    entries = table.get("member", [])
    if not isinstance(entries, list) or not entries:
        mistakes.append("nobody is named; expected a block [[member]] for each of you")
        entries = []
    members = [_member(number, entry, mistakes) for number, entry in enumerate(entries, 1)]
    if mistakes:
        raise HandInError(f"{path}:\n" + "\n".join(f"  - {text}" for text in mistakes))
    return Group(name, tuple(members))


def _member(number: int, entry: Any, mistakes: list[str]) -> Member:
    """One person; what is wrong is added to the mistakes."""
    if not isinstance(entry, dict):
        mistakes.append(f"member {number}: expected a block [[member]], got {entry!r}")
        return Member("", "")
    values = {key: str(entry.get(key, "")).strip() for key in _MEMBER_KEYS}
    mistakes += [f"member {number}: {key} is missing" for key in _MEMBER_KEYS if not values[key]]
    mistakes += [
        f"member {number}: unknown entry {key!r}; expected {' and '.join(_MEMBER_KEYS)}"
        for key in entry
        if key not in _MEMBER_KEYS
    ]
    return Member(values["name"], values["tutorial"])
