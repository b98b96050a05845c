"""A sheet to begin with: one more in a course, or a whole course around a first one.

A sheet is made from a folder of templates, the course's own if its settings name one. There SHEET
stands for the sheet's name in names of files and, in files that end with `.in`, as a word of the
text; COURSE stands for the course's.
"""

import keyword
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course_grader.course import CONFIG_NAME, Course
from course_grader.errors import CourseError
from course_grader.naming import is_name

TEMPLATES = Path(__file__).parent / "templates"
_SHEET, _COURSE = "SHEET", "COURSE"
_WORD = re.compile(rf"\b(?:{_SHEET}|{_COURSE})\b")
_FILLED = ".in"
_NOT_A_SHEET = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$", re.IGNORECASE)


@dataclass(frozen=True)
class NewSheet:
    """What was made.

    Attributes:
        root: the course.
        files: written, relative to the course, in the order of their names.
        is_course: whether the course is new as well.
    """

    root: Path
    files: tuple[str, ...]
    is_course: bool


def new_sheet(folder: Path, name: str) -> NewSheet:
    """Makes a sheet that can be released and graded as it is; nothing is overwritten.

    Args:
        folder: a course, or a folder that is empty or does not exist yet: it becomes a course.
        name: of the sheet.

    Raises:
        CourseError: the name cannot be used or is taken, or the folder holds something else.
    """
    _check_name(name)
    root = folder.resolve()
    is_course = not (root / CONFIG_NAME).is_file()
    if is_course:
        _check_empty(root)
        files = dict(_filled(TEMPLATES / "course", name, course_name(root)))
    else:
        files = _one_more(Course.open(root), name)
    for path in files:
        if (root / path).exists():
            raise CourseError(
                f"{path.as_posix()} exists already and was left as it is; choose another name"
            )
    return NewSheet(root, _write(root, files), is_course=is_course)


def _one_more(course: Course, name: str) -> dict[Path, str]:
    """The files of a further sheet, by their path in the course."""
    place = course.source.relative_to(course.root) / name
    if (course.root / place).exists():
        raise CourseError(
            f"{place.as_posix()} exists already and was left as it is; choose another name"
        )
    known = course_name(course.root)
    own = course.settings.new_sheet
    if not own:
        return {place / path: text for path, text in _filled(TEMPLATES / "sheet", name, known)}
    files = dict(_filled(course.root / own, name, known))
    if not files:
        raise CourseError(
            f"[tool.genlhc] new-sheet names {own!r}, where there is no template of a sheet"
        )
    is_package = any(path.suffix == ".py" and name in path.parts for path in files)
    if is_package and (not name.isidentifier() or keyword.iskeyword(name)):
        raise CourseError(
            f"{name!r} cannot be the name of a sheet of this course, where it also names a Python "
            "package: it may hold letters, digits and '_', and begins with a letter; try sheet09"
        )
    for path in files:
        for folder in path.parents:
            if folder.name == name and (course.root / folder.parent / f"{name}.py").exists():
                raise CourseError(
                    f"{(folder.parent / name).as_posix()}.py exists already, and a package of that "
                    "name would hide it; choose another name for the sheet"
                )
    return files


def course_name(root: Path) -> str:
    """A folder's name as a name for a course: small letters, digits and hyphens.

    Example:
        >>> course_name(Path("/home/me/Übungen WS 26"))
        'ubungen-ws-26'
    """
    plain = unicodedata.normalize("NFKD", root.name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "course"


def _check_name(name: str) -> None:
    if not is_name(name) or name == _SHEET or _NOT_A_SHEET.match(name):
        raise CourseError(
            f"{name!r} cannot be the name of a sheet: it may hold letters, digits, '.', '_' and "
            "'-', must begin with a letter or digit and be no name that Windows reserves; "
            "try sheet01"
        )


def _check_empty(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise CourseError(f"{root} is a file; give a folder with --course")
    there = sorted(path.name for path in root.iterdir()) if root.is_dir() else []
    shown = [name for name in there if not name.startswith(".") or name == ".gitignore"]
    if shown:
        raise CourseError(
            f"{root} is no course (it has no {CONFIG_NAME}) and not empty (it has "
            f"{', '.join(shown[:3])}{', ...' if len(shown) > 3 else ''}): "
            "give a course, or a new or empty folder, with --course"
        )


def _filled(base: Path, sheet: str, course: str) -> Iterator[tuple[Path, str]]:
    """The files of a template: path in the course, and content."""
    names = {_SHEET: sheet, _COURSE: course}
    for path in sorted(base.rglob("*")):
        if not path.is_file() or "__pycache__" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        parts = [
            re.sub(rf"^{_SHEET}(?=\.|$)", lambda _: sheet, part)
            for part in path.relative_to(base).parts
        ]
        if parts[-1].endswith(_FILLED):
            parts[-1] = parts[-1].removesuffix(_FILLED)
            text = _WORD.sub(lambda word: names[word.group()], text)
        if parts[-1] == "gitignore":
            parts[-1] = ".gitignore"
        yield Path(*parts), text


def _write(root: Path, files: dict[Path, str]) -> tuple[str, ...]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        with (root / path).open("x", encoding="utf-8", newline="\n") as file:  # never over another
            file.write(text)
    return tuple(sorted(path.as_posix() for path in files))
