"""The files of a hand-in beside the notebooks that are marked: helpers, data, pictures."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.utils import find_all_files

from course_grader.course import Course
from course_grader.files import sha256
from course_grader.intake.names import shown

NOTES = ".intake.json"
TIME = "timestamp.txt"
# a browser runs what is in them: they are not laid where a tutor may click on them
_PAGES = {".htm", ".html", ".mht", ".mhtml", ".shtml", ".svg", ".svgz", ".xht", ".xhtml", ".xml"}


def files_beside(course: Course, sheet: str, group: str) -> list[Path]:
    """All files of a hand-in but links, notes of ours and the notebooks that are marked.

    A notebook of the group's own is among them: another one may run it.
    """
    folder = course.submitted / group / sheet
    notebooks = {folder / f"{name}.ipynb" for name in course.notebooks(sheet)}
    ours = {folder / NOTES, *notebooks}
    names = find_all_files(str(folder), list(course.config.CourseDirectory.ignore))
    paths = sorted(path for path in map(Path, names) if path not in ours)
    return [path for path in paths if not path.is_symlink() and path.is_file()]


def may_be_clicked(path: Path) -> bool:
    """Whether a file may lie beside a marked notebook: it is neither a page nor a notebook."""
    return path.suffix.lower() not in {*_PAGES, ".ipynb"}


def files_digest(course: Course, sheet: str, group: str) -> str:
    """SHA-256 of these files with their names, empty if there are none.

    The time of the hand-in is left out: it is that of the notebooks.
    """
    folder = course.submitted / group / sheet
    total = hashlib.sha256()
    paths = [path for path in files_beside(course, sheet, group) if path != folder / TIME]
    for path in paths:
        total.update(f"{path.relative_to(folder).as_posix()}\0".encode(errors="surrogateescape"))
        try:
            total.update(sha256(path).encode())
        except OSError:
            total.update(b"cannot be read")
    return total.hexdigest() if paths else ""


def copy_files(folder: Path, paths: list[Path], target: Path) -> list[str]:
    """Copies files of a folder to another one; returns what could not be copied, and why."""
    left_out = []
    for path in paths:
        inner = path.relative_to(folder)
        try:
            (target / inner).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / inner)
        except OSError as error:
            (target / inner).unlink(missing_ok=True)
            left_out.append(f"{shown(inner.parts)} was left out: {error.strerror or error}")
    return left_out


@contextmanager
def room_files(course: Course, sheet: str, group: str, laid: Path | None = None) -> Iterator[Path]:
    """A folder with all that a group's notebooks find beside them while they run.

    Args:
        course: the course, in whose folder it is: workers elsewhere see that.
        sheet: the assignment.
        group: the group.
        laid: where the notebooks as they are marked are, if they are to be there.
    """
    (course.build / "rooms").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=course.build / "rooms", prefix=f"{group}-") as name:
        target = Path(name, sheet)
        target.mkdir()
        copy_files(course.submitted / group / sheet, files_beside(course, sheet, group), target)
        if laid is not None:
            copy_files(laid, sorted(laid.glob("*.ipynb")), target)
        yield target


def forget_files(marked: Path, keep: str) -> None:
    """Removes files of an earlier hand-in from beside marked notebooks.

    Args:
        marked: `autograded/<group>/<sheet>`.
        keep: name of the record there.
    """
    for path in sorted(marked.rglob("*"), reverse=True):
        if path.is_symlink() or path.is_file():
            if path.suffix != ".ipynb" and path.name != keep:
                path.unlink()
        elif not any(path.iterdir()):
            path.rmdir()
