"""One group's notebooks: read, judged one by one, and laid out for nbgrader.

nbgrader gives up a submission when one of its notebooks is bad. Here every notebook is looked at
before, those that can be graded are copied to a place of their own, and the others get a reason.
Files in `submitted/` are only read.
"""

import json
import shutil
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import nbformat

from course_grader.bounded import TooMuchError, WorkError, bounded
from course_grader.course import Course
from course_grader.files import notebook_text, sha256, write_whole
from course_grader.intake.beside import NOTES, copy_files, files_beside, may_be_clicked
from course_grader.intake.reading import READ, READ_SECONDS
from course_grader.intake.recognise import grade_id

__all__ = [
    "GRADED",
    "MISSING",
    "NOTES",
    "UNGRADABLE",
    "Handed",
    "grade_id",
    "lay_out",
    "read_submission",
]
GRADED = "graded"
MISSING = "missing"
UNGRADABLE = "ungradable"
_MOST = 10  # remarks on other files
_MOST_REMARKS = 20  # on a notebook


@dataclass
class Handed:
    """One expected notebook of a group.

    Attributes:
        name: the notebook's name without suffix.
        status: `graded` (it can be), `missing` or `ungradable`.
        reason: why not, for the group to read.
        remarks: what was mended or looks odd, for the tutor.
        digest: SHA-256 of the file, empty if there is none.
        files: SHA-256 of what was handed in beside it, empty if there is nothing.
        notebook: the notebook to grade, laid over the master's cells.
    """

    name: str
    status: str = GRADED
    reason: str = ""
    remarks: list[str] = field(default_factory=list)
    digest: str = ""
    files: str = ""
    notebook: Any = None


def read_submission(folder: Path, masters: dict[str, Any]) -> list[Handed]:
    """Looks at every notebook that a group should have handed in.

    Args:
        folder: `submitted/<group>/<sheet>`.
        masters: the students' version of each notebook, by name.
    """
    present = {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
    spare = sorted(set(present) - set(masters))
    rejected = _rejected(folder)
    handed = []
    for name, master in masters.items():
        one = Handed(name)
        if name in present:
            _read(one, present[name], master)
        else:
            _absent(one, spare, rejected)
        handed.append(one)
    return handed


def _rejected(folder: Path) -> list[str]:
    """What `genlhc collect` did not take from this group, and why."""
    try:
        content = json.loads((folder / NOTES).read_text(encoding="utf-8"))
        return [str(text) for text in content["rejected"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _absent(one: Handed, spare: list[str], rejected: list[str]) -> None:
    """Missing, or there under another name or rejected: then nobody but a person can tell."""
    one.status, one.reason = MISSING, f"{one.name}.ipynb was not handed in"
    if spare:
        like = (get_close_matches(one.name, spare, n=1, cutoff=0.5) or spare)[0]
        one.status = UNGRADABLE
        one.reason = (
            f"there is no {one.name}.ipynb, but an unknown {like}.ipynb: "
            "if that is it, rename it back and grade again"
        )
    elif rejected:
        one.status = UNGRADABLE
        more = f" (and {len(rejected) - 1} more)" if len(rejected) > 1 else ""
        one.reason = (
            f"there is no {one.name}.ipynb, but something was rejected: {rejected[0]}{more}"
        )


def _read(one: Handed, path: Path, master: Any) -> None:
    """Fills in what a file holds."""
    if path.is_symlink() or not path.is_file():
        one.status = UNGRADABLE
        one.reason = f"{path.name} is not a file but a link, a folder or a device; hand in the file"
        return
    try:
        one.digest = sha256(path)
        read = bounded(READ, str(path), master, seconds=READ_SECONDS)
    except OSError as error:
        read = {"reason": f"could not be read: {error.strerror}; hand it in again"}
    except (TooMuchError, WorkError) as error:
        text = f"cannot be read as a notebook: reading it {error}; clear the outputs, keep data in"
        read = {"reason": f"{text} files of their own and hand in again"}
    if "reason" in read:
        one.status = UNGRADABLE
        one.reason = f"{path.name} {read['reason'].removeprefix(path.name).lstrip()}"
    else:
        one.notebook = nbformat.from_dict(read["notebook"])
        one.remarks = few(read["remarks"], _MOST_REMARKS)


def few(remarks: list[str], most: int) -> list[str]:
    """The first remarks, and how many there are besides.

    Example:
        >>> few(["one", "two", "three", "four"], 2)
        ['one', 'two', 'and 2 remarks more']
    """
    more = len(remarks) - most
    return [*remarks[:most], f"and {more:,} remarks more"] if more > 1 else remarks


def lay_out(course: Course, sheet: str, group: str, handed: list[Handed]) -> Path:
    """Copies what can be graded to `build/intake/<group>/<sheet>`, other files included.

    Returns:
        The folder that takes the place of `submitted/` for nbgrader.
    """
    intake = course.build / "intake"
    target = intake / group / sheet
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    paths = [path for path in files_beside(course, sheet, group) if may_be_clicked(path)]
    left_out = copy_files(course.submitted / group / sheet, paths, target)
    for one in handed[:1]:
        one.remarks += few(left_out, _MOST)
    for one in handed:
        if one.status == GRADED:
            write_whole(target / f"{one.name}.ipynb", notebook_text(one.notebook))
    return intake
