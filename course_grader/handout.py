"""Which of the course's files the students of a sheet get, and which its sandboxes show."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from course_grader.course import Course
from course_grader.errors import CourseError
from course_notebooks.sheet import NAME, SheetInfo


def handed_out(course: Course, sheet: str) -> tuple[str, ...]:
    """Files and folders of the course, beside the exercises, that a sheet's students get.

    Args:
        course: the course.
        sheet: the assignment, whose `sheet.toml` names its data and what else it needs.

    Returns:
        Paths relative to the course with forward slashes; what does not exist is left out.

    Raises:
        CourseError: an entry leads out of the course, to the trusted side, or to nothing.
    """
    info = course.sheet(sheet)
    return _chosen(course, info, course.settings.bundle, info.bundle, "bundle")


def shown(course: Course, sheet: str) -> dict[str, Path]:
    """What a sheet's notebooks find where they are graded, by its place in the bundle.

    The exercises as they were released are among it. Without a sheet, as `genlhc doctor` asks, it
    is what the notebooks of any sheet may find.

    Raises:
        CourseError: an entry leads out of the course, to the trusted side, or to nothing.
    """
    info, settings = course.sheet(sheet) if sheet else SheetInfo(""), course.settings
    general = settings.bundle if settings.sandbox is None else settings.sandbox
    own = info.bundle if settings.sandbox is None else ()
    names = _chosen(course, info, general, (*own, *info.sandbox), "sandbox")
    found = {name: course.root / name for name in names}
    if sheet and (course.release / sheet).is_dir():
        found[f"{course.release.name}/{sheet}"] = course.release / sheet
    return found


def place(course: Course, sheet: str) -> str:
    """Where a sheet's notebooks are in the bundle, such as `genlhc/exercises/sheet01`."""
    return f"{folder_name(course)}/{course.release.name}/{sheet}"


def folder_name(course: Course) -> str:
    """The folder in the bundle: the course's name.

    It is the same for all sheets, so that students can unpack the next one into the same place.
    """
    name = str(course.project.get("name") or course.config.CourseDirectory.get("course_id") or "")
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "course"


def _chosen(
    course: Course, info: SheetInfo, general: Iterable[str], own: Iterable[str], entry: str
) -> tuple[str, ...]:
    """The general entries, with the sheet's data in place of all data, and the sheet's own."""
    settings = f"[tool.genlhc] {entry}"
    description = f"{course.source.name}/{info.name}/{NAME}: "
    chosen = [_inside(course, item, settings) for item in general]
    chosen = [name for name in chosen if (course.root / name).exists()]
    if info.data is not None:
        roots = [PurePosixPath(name) for name in course.settings.data]
        chosen = [
            name for name in chosen if not any(PurePosixPath(name).is_relative_to(r) for r in roots)
        ]
        for item in info.data:
            chosen += _matches(course, item, f"{description}data")
    for item in own:
        chosen += _matches(course, item, description + entry)
    return tuple(dict.fromkeys(chosen))


def _matches(course: Course, item: str, where: str) -> list[str]:
    """The files of the course that a path or pattern names."""
    _inside(course, item, where)
    found = sorted(path.relative_to(course.root).as_posix() for path in course.root.glob(item))
    if not found:
        raise CourseError(f"{where}: {item!r} names nothing that is in the course; correct it")
    return [_inside(course, name, where) for name in found]


def _inside(course: Course, item: str, where: str) -> str:
    """A path of the course that may be handed out, in its normal form."""
    path = PurePosixPath(item)
    if path.is_absolute() or Path(item).is_absolute() or ".." in path.parts or not path.parts:
        raise CourseError(f"{where}: {item!r} must be a path inside the course")
    secret = [PurePosixPath(name) for name in (*course.settings.checks, course.source.name)]
    for name in secret:
        if path.is_relative_to(name) or name.is_relative_to(path):
            raise CourseError(
                f"{where}: {item!r} would show students {name}/, which holds answers; name "
                "another file"
            )
    return path.as_posix()
