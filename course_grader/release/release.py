"""From solutions to the students' notebooks, and back to a bundle that can be handed out.

The release is made aside, looked over and only then put in place. The gradebook learns of the
sheet on the way: it keeps the master's cells and lays them over those of each submission.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from traitlets.config import Config

from course_grader.converting import ConverterError, nbgrader_house, run_converter
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.files import DamagedError, read_notebook, sha256, write_whole
from course_grader.gradebook import GradebookError, make
from course_grader.markers import markers_of
from course_grader.naming import word
from course_grader.release.description import description
from course_grader.release.kept import leftovers
from course_grader.release.look_over import look_over
from course_grader.release.masters import source_of
from course_grader.release.outdated import old_imports
from course_grader.release.rubrics import without_rubric
from course_grader.release.source_checks import check_sources
from course_notebooks import sheet as sheet_toml
from course_notebooks.cleaning import json_text

_SAVE = ("SaveCells", "RegisterCells")


@dataclass(frozen=True)
class Released:
    """What a release changed in the folder of the exercises.

    Attributes:
        changed: files written or removed, relative to the course.
        kept: where files went that were there and not made by a release, or `None`.
    """

    changed: tuple[str, ...]
    kept: Path | None


class StudentsVersion(GenerateAssignment):  # type: ignore[misc]
    """nbgrader's `GenerateAssignment` without the notebooks that only the lecture shows."""

    names: tuple[str, ...] = ()

    def init_notebooks(self) -> None:
        """Finds the notebooks."""
        super().init_notebooks()
        for found in self.assignments.values():
            found[:] = [path for path in found if Path(path).stem in self.names]


def check_release(course: Course, sheet: str) -> list[str]:
    """Files of the exercises that differ from what the solutions would give; nothing is written.

    Raises:
        CourseError: the solutions cannot be released.
    """
    with generated(course, sheet, register=False, anew=True) as made:
        return _differences(made, course.release / sheet)


def still_told(course: Course, sheet: str, differing: list[str]) -> list[str]:
    """What notebooks that students may have already hold besides their text, as sentences.

    Args:
        course: the course.
        sheet: the assignment.
        differing: files of the exercises to look at, as `check_release` gives them.
    """
    said = []
    for name in differing:
        path = course.release / sheet / name
        with suppress(OSError, DamagedError):
            if path.suffix == ".ipynb":
                said += [f"{name}: {left}" for left in leftovers(read_notebook(path))]
    return said


def said_of_rubrics(course: Course, sheet: str) -> list[str]:
    """A sentence on tasks that a tutor marks without a rubric, if there are such tasks."""
    without = without_rubric(course, sheet)
    if not without:
        return []
    return [f"without a rubric, which tutors would see beside the answers: {', '.join(without)}"]


def said_of_nose(course: Course, sheet: str) -> list[str]:
    """A sentence on lines that import a package which no Python of today can run."""
    lines = [
        f"{name}: {line}"
        for name in course.notebooks(sheet)
        for line in old_imports(source_of(course, sheet, name).cells)
    ]
    if not lines:
        return []
    return [
        "nose is no more, and students' notebooks stop at its import (the grader has its "
        "assertions); after `from unittest import TestCase` write instead, or plain `assert`: "
        + "; ".join(lines)
    ]


def release(course: Course, sheet: str, look: Callable[[], None] = lambda: None) -> Released:
    """Makes the exercises of a sheet and tells the gradebook about it.

    Args:
        course: the course.
        sheet: the assignment.
        look: called before anything is written, when the solutions can be released; may raise.

    Raises:
        CourseError: the solutions cannot be released; the exercises are left as they were.
    """
    with generated(course, sheet, register=False, anew=True):
        look()  # everything that can be wrong shows before the gradebook is touched
    with generated(course, sheet, register=True) as made:
        return _put_in_place(course, sheet, made)


@contextmanager
def generated(course: Course, sheet: str, *, register: bool, anew: bool = False) -> Iterator[Path]:
    """The students' files of a sheet in a temporary folder, looked over.

    Args:
        course: the course.
        sheet: the assignment.
        register: whether the gradebook learns of the sheet's cells and points.
        anew: whether tests that nbgrader writes are written anew.

    Raises:
        CourseError: the solutions cannot be released.
    """
    names = course.notebooks(sheet)
    paths = [course.source / sheet / f"{name}.ipynb" for name in names]
    must = course.settings.rubrics == "required"
    check_sources(paths, course.config, rubrics=must)
    with tempfile.TemporaryDirectory(prefix="genlhc-release-") as folder:
        changes = Config()
        changes.CourseDirectory.release_directory = folder
        changes.WriteTests.anew = anew
        if register:
            make(course.db_url)
        else:
            steps = course.config.GenerateAssignment.preprocessors
            changes.GenerateAssignment.preprocessors = [
                step for step in steps if not str(step).endswith(_SAVE)
            ]
        converter = course.converter(StudentsVersion, sheet, changes=changes)
        converter.names = names
        converter.force = True
        converter.no_database = not register
        try:
            with nbgrader_house(course.root):
                run_converter(converter, course.log)
        except ConverterError as error:
            if str(error).startswith("the gradebook at"):
                raise GradebookError(str(error)) from error
            raise CourseError(_explain(course, sheet, str(error))) from error
        made = Path(folder) / sheet
        if (made / sheet_toml.NAME).is_file():
            (made / sheet_toml.NAME).write_text(description(course.sheet(sheet)), encoding="utf-8")
        look_over(made, course.source / sheet, names, markers_of(course.config))
        yield made


def _explain(course: Course, sheet: str, text: str) -> str:
    if "submissions associated" in text:
        return (
            f"{sheet}: cells were added or removed, but the gradebook already holds submissions "
            f"for it, and nbgrader keeps their points by cell. Undo that change, or give the sheet "
            "a new name, or drop the marks with "
            f"`nbgrader db assignment remove {word(sheet)} --force` "
            f"in {course.root} (nbgrader said: {text})"
        )
    return f"{sheet}: nbgrader cannot make the students' version: {text}"


def _files(folder: Path) -> dict[str, Path]:
    return {
        str(path.relative_to(folder)): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.parts[-2:])
    }


def _differences(made: Path, there: Path) -> list[str]:
    """Names of files that are not the same in both folders."""
    new, old = _files(made), _files(there)
    return [
        name
        for name in sorted(new | old)
        if name not in new or name not in old or sha256(new[name]) != sha256(old[name])
    ]


def _written_before(record: Path) -> dict[str, str]:
    """Checksums of what the last release wrote; none if nobody can tell."""
    try:
        return dict(json.loads(record.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _put_in_place(course: Course, sheet: str, made: Path) -> Released:
    """Replaces the exercises; a file that no release has written is kept aside first."""
    target = course.release / sheet
    record = course.build / "released" / f"{sheet}.json"
    ours = _written_before(record)
    aside = course.build / "replaced" / f"{sheet}-{time.strftime('%Y%m%d-%H%M%S')}"
    changed = _differences(made, target)
    kept = False
    for name in changed:
        old, new = target / name, made / name
        if old.is_file() and ours.get(name) != sha256(old):
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(old, aside / name)
            kept = True
        if new.is_file():
            write_whole(old, new.read_bytes())
        else:
            old.unlink()
    written = {name: sha256(path) for name, path in _files(made).items()}
    write_whole(record, json_text(written, sort_keys=True))
    return Released(
        tuple(f"{course.release.name}/{sheet}/{name}" for name in changed), aside if kept else None
    )
