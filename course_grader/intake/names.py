"""Names that others chose: of files, of groups, of notebooks."""

import re
import unicodedata
from collections.abc import Collection, Iterable

from course_notebooks.cleaning import line

_MOODLE = re.compile(r"^(.*?)_(\d+)_assignsubmission_(?:file|onlinetext)_?")
_NUMBERED = re.compile(r"(?<![^\W\d_])(?:group|gruppe|grp)[\s_-]*0*(\d{1,4})(?!\d)", re.IGNORECASE)
_COPY = re.compile(
    r"(?:[\s_-]*(?:\((\d{1,3})\)|[\s_-]cop(?:y|ie)[\s_-]*(\d*)|[\s_-]kopie[\s_-]*(\d*)))+$",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"\.ipynb(?:\.(?:txt|json))?$", re.IGNORECASE)
_LONGEST = 200


def shown(parts: Iterable[str]) -> str:
    """A path for a message, in one line and not too long."""
    text = line("/".join(parts))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def groups_in(name: str, known: Collection[str], *, closed: bool = False) -> set[str]:
    """Groups that a file's or folder's name speaks of.

    Args:
        name: one part of a path.
        known: groups that there are; `group-` and a number of at least two digits is one, too.
        closed: whether there are no groups but the known ones.

    Example:
        >>> groups_in("Gruppe 7_1234_assignsubmission_file_", [])
        {'group-07'}
        >>> groups_in("sheet01_Blue.zip", ["blue", "red"])
        {'blue'}
    """
    folded = fold(name)
    found = {
        group
        for group in known
        if re.search(rf"(?<![^\W_]){re.escape(fold(group))}(?![^\W_])", folded)
    }
    found -= {one for one in found if any(fold(one) in fold(other) for other in found - {one})}
    for number in map(int, _NUMBERED.findall(name)):
        same = {group for group in known if _number(group) == number}
        found |= same or (set() if closed else {f"group-{number:02d}"})
    return found


def _number(group: str) -> int | None:
    match = _NUMBERED.fullmatch(group)
    return int(match.group(1)) if match else None


def person_in(name: str, people: dict[str, str]) -> str | None:
    """The group of the person whom a folder of Moodle is named after.

    Args:
        name: such as `Name Surname_12345_assignsubmission_file_`.
        people: groups by `person_key` of each person's name.
    """
    match = _MOODLE.match(name)
    return people.get(person_key(match.group(1))) if match else None


def person_key(name: str) -> str:
    """Names of people alike, whatever the order, the case or the accents of their parts.

    Example:
        >>> person_key("Muster, Zoë") == person_key("zoe muster")
        True
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(sorted(re.findall(r"\w+", bare)))


def fold(name: str) -> str:
    """Names that some file systems take for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def is_notebook(name: str) -> bool:
    """Whether a file's name says that it is a notebook, with the ends that browsers add."""
    return _SUFFIX.search(name) is not None


def notebook_named(name: str, expected: Collection[str]) -> tuple[str | None, int]:
    """Which expected notebook a file is by its name, and the number of its copy.

    Example:
        >>> notebook_named("Group-07_adding (2).ipynb", ["adding", "means"])
        ('adding', 2)
        >>> notebook_named("other.ipynb", ["adding", "means"])
        (None, 0)
        >>> notebook_named("C++.ipynb", ["C++", "C"])
        ('C++', 0)
    """
    stem = _MOODLE.sub("", _SUFFIX.sub("", name))
    if stem in expected:
        return stem, 0
    keys = {_key(one): one for one in expected}
    if _key(stem) in keys:
        return keys[_key(stem)], 0
    match = _COPY.search(stem)
    numbers = [int(number or 1) for number in match.groups() if number is not None] if match else []
    bare = stem[: match.start()] if match else stem
    for text in (bare, _NUMBERED.sub("", bare)):
        if _key(text) in keys:
            return keys[_key(text)], max(numbers, default=0)
    return None, 0


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", fold(name))
