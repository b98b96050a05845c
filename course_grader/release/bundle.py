"""The archive that students receive: exercises, the course's library and data, and how to start."""

import fnmatch
import io
import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.files import write_whole

_NEVER = ("__pycache__", "*.pyc", ".*", "*.egg-info", "Thumbs.db", "*~", "*.tmp")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def write_bundle(course: Course, sheet: str) -> Path:
    """Writes `build/<sheet>-students.zip`; the same files give the same bytes.

    Raises:
        CourseError: there are no exercises to hand out yet.
    """
    exercises = course.release / sheet
    if not any(exercises.glob("*.ipynb")):
        raise CourseError(f"{exercises} holds no notebook; run `genlhc release {sheet}` first")
    content: dict[str, bytes] = {}
    for item in (f"{course.release.name}/{sheet}", *course.settings.bundle):
        for name in _members(course, item):
            content[name] = (course.root / name).read_bytes()
    content["README.md"] = _readme(course, sheet).encode()
    content["pyproject.toml"] = _pyproject(course).encode()
    path = course.build / f"{sheet}-students.zip"
    write_whole(path, _zip(content))
    return path


def _members(course: Course, item: str) -> list[str]:
    """Files of one entry of the bundle, as paths in the course with forward slashes."""
    start = course.root / item
    if Path(item).is_absolute() or ".." in Path(item).parts:
        raise CourseError(f"[tool.genlhc] bundle: {item!r} must be a path inside the course")
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
    try:
        whole = subprocess.run(
            ["git", "check-ignore", "-q", "."], cwd=root, capture_output=True, check=False
        )
        if whole.returncode != 1:
            return set()
        listed = subprocess.run(
            ["git", "check-ignore", "-z", "--stdin"],
            input="\0".join(names).encode(),
            cwd=root,
            capture_output=True,
            check=False,
        )
    except OSError:
        return set()
    return set(listed.stdout.decode().split("\0")) - {""}


def _zip(content: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(content):
            info = zipfile.ZipInfo(name, _LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, content[name])
    return buffer.getvalue()


def _pyproject(course: Course) -> str:
    """A project file with which `pip install -e .` installs what the notebooks import."""
    packages = [
        item for item in course.settings.bundle if (course.root / item / "__init__.py").is_file()
    ]
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
    return "\n".join(lines) + "\n"


def _readme(course: Course, sheet: str) -> str:
    """How a student starts."""
    names = sorted(path.name for path in (course.release / sheet).glob("*.ipynb"))
    title = str(course.project.get("description", "")) or "Exercises"
    notebooks = "\n".join(f"- `{course.release.name}/{sheet}/{name}`" for name in names)
    return (
        f"# {sheet}\n\n{title}\n\n## Set up (once, in this folder)\n\n{_set_up(course)}\n"
        f"## The notebooks\n\n{notebooks}\n\n"
        "Fill in the cells marked `# YOUR CODE HERE` and the answers marked `YOUR ANSWER HERE`.\n"
        "Run the check below each cell: it says what is wrong and does not cost anything.\n\n"
        f"## Hand in\n\n{_hand_in(course, sheet)}"
        "Do not rename the notebooks, and do not delete cells that you did not make.\n"
    ) + _more(course)


def _more(course: Course) -> str:
    """Links to the pages that are handed out as well."""
    links = ""
    for page in course.settings.bundle:
        if page.endswith(".md"):
            title = (course.root / page).read_text(encoding="utf-8").split("\n", 1)[0].lstrip("# ")
            links += f"- [{title}]({page})\n"
    return f"\n## More\n\n{links}" if links else ""


def _hand_in(course: Course, sheet: str) -> str:
    if "genlhc" in course.settings.bundle_scripts:
        return (
            f"Run `genlhc handin {sheet}` in this folder (with plain Python:\n"
            f"`.venv/bin/genlhc handin {sheet}`). It runs the notebooks, says what is missing and\n"
            "makes the archive that you hand in, with a PDF of your notebooks in it.\n"
        )
    return "Restart the kernel, run all cells, save. Hand in the notebooks under the names above.\n"


def _set_up(course: Course) -> str:
    text = (
        "    python3 -m venv .venv\n"
        "    .venv/bin/pip install -e . jupyterlab      # Windows: .venv\\Scripts\\pip\n"
        "    .venv/bin/jupyter lab                      # Windows: .venv\\Scripts\\jupyter\n"
    )
    environment = course.root / "environment.yml"
    if "environment.yml" in course.settings.bundle and environment.is_file():
        again = "" if "-e ." in environment.read_text(encoding="utf-8") else "`pip install -e .`, "
        text += (
            "\nOr with conda: `conda env create -f environment.yml`, activate the environment\n"
            f"that it names, {again}`jupyter lab`.\n"
        )
    return text
