"""The archive that students receive: exercises, the course's library and data, and how to start.

All is in one folder, named after the course: what is unpacked there for one sheet serves the next.
"""

import fnmatch
import io
import json
import os
import re
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.files import read_notebook, write_whole
from course_grader.handout import folder_name, handed_out
from course_grader.naming import word
from course_grader.release.bundle_readme import readme
from course_grader.release.kept import leftovers
from course_notebooks import handed_out as handed_out_list

_NEVER = ("__pycache__", "*.pyc", ".*", "*.egg-info", "Thumbs.db", "*~", "*.tmp")
_FIRST = 315532800  # 1980-01-01: zip archives know no earlier time
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_SHEET = re.compile(r"\bSHEET\b")  # stands for the sheet's name in the code of pages
_ARGUMENT = re.compile(r"(?<= )SHEET(?![\w/-])")  # of a command


def write_bundle(course: Course, sheet: str) -> Path:
    """Writes `build/<sheet>-students.zip`, unless the one that is there holds the same files.

    Raises:
        CourseError: there are no exercises to hand out yet, they hold more than a release leaves in
            them, or a setting cannot be used.
    """
    exercises, first = course.release / sheet, f"run `genlhc release {word(sheet)}` first"
    if not any(exercises.glob("*.ipynb")):
        raise CourseError(f"{exercises} holds no notebook; {first}")
    for notebook in sorted(exercises.glob("*.ipynb")):
        for left in leftovers(read_notebook(notebook)):
            raise CourseError(f"{notebook.name}: {left}; {first}")
    files = handed_out(course, sheet)
    content: dict[str, bytes] = {}
    for item in (f"{course.release.name}/{sheet}", *files):
        for name in _members(course, item):
            content[name] = (course.root / name).read_bytes()
    for name in content:
        if name.endswith(".md"):
            content[name] = named(content[name].decode("utf-8"), sheet).encode()
    content["README.md"] = readme(course, sheet, files).encode()
    content["pyproject.toml"] = _pyproject(course, files).encode()
    content[f"{course.release.name}/{sheet}/{handed_out_list.NAME}"] = handed_out_list.text(content)
    path = course.build / f"{sheet}-students.zip"
    content = {f"{folder_name(course)}/{name}": one for name, one in content.items()}
    if _content(path) != content:
        write_whole(path, _zip(content, _date(course)))
    return path


def _content(path: Path) -> dict[str, bytes]:
    """What is in an archive; nothing if there is none that can be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return {}


def named(page: str, sheet: str) -> str:
    """A page with the sheet's own name where its code says SHEET.

    Example:
        >>> named("Type `genlhc handin SHEET`: one SHEET at a time.", "sheet02")
        'Type `genlhc handin sheet02`: one SHEET at a time.'
        >>> named("`genlhc handin SHEET` in `exercises/SHEET`", "Set 1")
        '`genlhc handin "Set 1"` in `exercises/Set 1`'
    """

    def filled(code: re.Match[str]) -> str:
        typed = _ARGUMENT.sub(lambda _: word(sheet), code.group())
        return _SHEET.sub(lambda _: sheet, typed)

    return _CODE.sub(filled, page)


def _date(course: Course) -> int:
    """When what is in the bundle was made: seconds since 1970.

    Of the last commit where git keeps the course, so that the same course gives the same bundle
    everywhere; else of the newest file. `SOURCE_DATE_EPOCH` takes precedence.
    """
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not said.isdigit():
        said = _git(course.root, "log", "-1", "--format=%ct", "--", ".")[1].strip()
    if not said:
        folders = (course.source, course.release)
        said = str(int(max(path.stat().st_mtime for one in folders for path in one.rglob("*"))))
    return max(int(said), _FIRST)


def _members(course: Course, item: str) -> list[str]:
    """Files of one entry of the bundle, as paths in the course with forward slashes."""
    start = course.root / item
    never = (*_NEVER, *course.settings.bundle_exclude)
    names = [
        path.relative_to(course.root).as_posix()
        for path in (_walk(start, never) if start.is_dir() else [start])
        if path.is_file() and not _matches(path.name, never)
    ]
    return sorted(set(names) - _ignored_by_git(course.root, names))


def _walk(folder: Path, never: tuple[str, ...]) -> Iterator[Path]:
    for current, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not _matches(name, never)]
        yield from (Path(current) / name for name in files)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def _ignored_by_git(root: Path, names: list[str]) -> set[str]:
    """Those of the files that git ignores; none without git, or if all of the course is ignored."""
    if _git(root, "check-ignore", "-q", ".")[0] != 1:
        return set()
    _, listed = _git(root, "check-ignore", "-z", "--stdin", text="\0".join(names))
    return set(listed.split("\0")) - {""}


def _git(root: Path, *arguments: str, text: str = "") -> tuple[int, str]:
    """Status and output of a command of git's; -1 where there is no git."""
    try:
        done = subprocess.run(
            ["git", *arguments], input=text.encode(), cwd=root, capture_output=True, check=False
        )
    except OSError:
        return -1, ""
    return done.returncode, done.stdout.decode()


def _zip(content: dict[str, bytes], date: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(content):
            info = zipfile.ZipInfo(name, time.gmtime(date)[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, content[name])
    return buffer.getvalue()


def _pyproject(course: Course, files: tuple[str, ...]) -> str:
    """A project file with which `pip install -e .` installs what the notebooks import."""
    packages = [item for item in files if (course.root / item / "__init__.py").is_file()]
    dependencies = [str(item) for item in course.project.get("dependencies", [])]
    lines = [
        "[build-system]",
        'requires = ["setuptools>=77"]',
        'build-backend = "setuptools.build_meta"',
        "",
        "[project]",
        f"name = {json.dumps(str(course.project.get('name', 'course')) + '-students')}",
        f"version = {json.dumps(str(course.project.get('version', '0')))}",
        f"requires-python = {json.dumps(str(course.project.get('requires-python', '>=3.11')))}",
        "dependencies = [",
        *(f"  {json.dumps(item)}," for item in dependencies),
        "]",
        "",
    ]
    if course.settings.bundle_scripts:
        scripts = course.settings.bundle_scripts.items()
        lines += [
            "[project.scripts]",
            *(f"{json.dumps(name)} = {json.dumps(target)}" for name, target in scripts),
            "",
        ]
    if packages:
        patterns = json.dumps([f"{name}*" for name in packages])
        lines += ["[tool.setuptools.packages.find]", f"include = {patterns}"]
    else:
        lines += ["[tool.setuptools]", "packages = []"]
    lines += ["", "[tool.genlhc]", f"python = {json.dumps(course.settings.python)}  # it marks"]
    return "\n".join(lines) + "\n"
