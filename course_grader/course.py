"""A course on disk: where things are and how nbgrader is set up for it."""

import copy
import logging
import re
import tomllib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, LoggingConfigurable
from traitlets.config.loader import PyFileConfigLoader

from course_grader.defaults import fair_defaults, folders
from course_grader.errors import CourseError
from course_grader.gradebook import opened
from course_grader.naming import REFUSED, is_name, is_notebook_name, is_sheet_name
from course_grader.settings import Settings
from course_notebooks.sheet import SheetError, SheetInfo, read_sheet

CONFIG_NAME = "nbgrader_config.py"


@dataclass(frozen=True)
class Course:
    """A folder with solution notebooks and `nbgrader_config.py`.

    Open one with `Course.open`; the paths follow the course's nbgrader configuration.
    """

    root: Path
    config: Config
    settings: Settings = field(default_factory=Settings)
    project: Mapping[str, Any] = field(default_factory=dict)
    marks: Any = field(default_factory=dict)
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("course_grader"))

    @classmethod
    def open(cls, folder: Path | str = ".") -> "Course":
        """Finds the course in `folder`.

        Raises:
            CourseError: no course there, or its configuration cannot be read.
        """
        root = Path(folder).resolve()
        if not root.is_dir():
            raise CourseError(f"there is no folder {root}; give the course's folder with --course")
        if not (root / CONFIG_NAME).is_file():
            raise CourseError(
                f"{root} is not a course: it has no {CONFIG_NAME}; "
                "run the command in the course's folder or give it with --course"
            )
        if re.search(r"[*?\[]", str(root)):
            raise CourseError(f"{root}: nbgrader cannot work in a path with *, ? or [; rename it")
        config = fair_defaults()
        config.merge(_read_config(root))
        config.CourseDirectory.root = str(root)
        _find_folders(config, root)
        pyproject = _read_pyproject(root / "pyproject.toml")
        table = pyproject.get("tool", {}).get("genlhc", {})
        settings = Settings.from_table(table, root / "pyproject.toml")
        course = cls(root, config, settings, pyproject.get("project", {}), table.get("marks", {}))
        if not course.source.is_dir():
            raise CourseError(
                f"{root} is not a course: it has no folder {course.source.name}/ "
                "with the solution notebooks"
            )
        return course

    def _directory(self, step: str, default: str) -> Path:
        name = self.config.CourseDirectory.get(f"{step}_directory", default)
        return self.root / str(name)

    @property
    def source(self) -> Path:
        """The solution notebooks, `<source>/<sheet>/*.ipynb`."""
        return self._directory("source", "solutions")

    @property
    def release(self) -> Path:
        """The students' notebooks, made from the solutions."""
        return self._directory("release", "exercises")

    @property
    def submitted(self) -> Path:
        """What groups handed in, `<submitted>/<group>/<sheet>/`; never written to."""
        return self._directory("submitted", "submitted")

    @property
    def autograded(self) -> Path:
        """Executed and marked copies of the submissions."""
        return self._directory("autograded", "autograded")

    @property
    def feedback(self) -> Path:
        """Pages for the groups."""
        return self._directory("feedback", "feedback")

    @property
    def build(self) -> Path:
        """Everything that can be made again: bundles, grades, logs."""
        return self.root / "build"

    @property
    def db_url(self) -> str:
        """SQLAlchemy address of nbgrader's gradebook."""
        return str(CourseDirectory(config=self.config).db_url)

    def gradebook(self) -> AbstractContextManager[Any]:
        """nbgrader's gradebook, for a `with` statement; made if there is none."""
        return opened(self.db_url, str(self.config.CourseDirectory.get("course_id", "")))

    def sheets(self) -> list[str]:
        """Names of the sheets that have solution notebooks."""
        return sorted({path.parent.name for path in self.source.glob("*/*.ipynb")})

    def released(self) -> list[str]:
        """Names of the sheets that have exercises: the others are still being written."""
        return [name for name in self.sheets() if any((self.release / name).glob("*.ipynb"))]

    def sheet(self, name: str) -> SheetInfo:
        """What `sheet.toml` says of a sheet; see `course_notebooks.sheet`.

        Raises:
            CourseError: there is no such sheet (the text names those that exist), or its
                description cannot be used.
        """
        if name and not is_sheet_name(name):
            raise CourseError(
                f"{name!r} cannot be the name of a sheet: it begins with a letter or digit and may "
                "hold letters, digits, spaces and . _ - , ( ) & ' = @ ~ # % (nbgrader knows no "
                f"'+'); rename {self.source.name}/{name}"
            )
        if not name or not any((self.source / name).glob("*.ipynb")):
            have = ", ".join(self.sheets()) or "none yet"
            raise CourseError(
                f"{self.source.name}/{name}/ holds no notebook; sheets of this course: {have}"
            )
        try:
            return read_sheet(self.source / name)
        except SheetError as error:
            raise CourseError(str(error)) from error

    def notebooks(self, sheet: str) -> tuple[str, ...]:
        """Names (without suffix) of the notebooks that students get, in teaching order.

        Raises:
            CourseError: as `sheet`; or the sheet has notebooks for the lecture only, or one whose
                name cannot be used.
        """
        names = self.sheet(sheet).notebooks
        for name in names:
            if not is_notebook_name(name):
                raise CourseError(
                    f"{self.source.name}/{sheet}/{name}.ipynb: nbgrader does not find a notebook "
                    f"whose name holds one of {REFUSED}, begins with '.' or has spaces at its "
                    "ends; rename it"
                )
        if not names:
            raise CourseError(
                f"{self.source.name}/{sheet} has no notebook for students, only for the lecture"
            )
        return names

    def groups(self, sheet: str) -> list[str]:
        """Groups that handed something in, by folder; see `misnamed` for other folders."""
        return groups_in(self.submitted, sheet)

    def misnamed(self) -> list[str]:
        """What to say of folders of `submitted/` whose names cannot be those of groups."""
        sheets = self.sheets()
        return sorted(
            f"{self.submitted.name}/{path.name}: a group's name may hold letters, digits, '.', '_' "
            "and '-' only: the folder is left out, rename it"
            for path in self.submitted.glob("*/")
            if not path.name.startswith(".")
            and not is_name(path.name)
            and any((path / sheet).is_dir() for sheet in sheets)
        )

    def converter(
        self,
        kind: type[Any],
        sheet: str,
        *,
        group: str = "*",
        notebook: str = "*",
        changes: Config | None = None,
    ) -> Any:
        """One of nbgrader's converters, set up for a sheet; call its `start()`.

        Args:
            kind: class of `nbgrader.converters`.
            sheet: the assignment.
            group: nbgrader's student id.
            notebook: one notebook's name, or `*`.
            changes: settings that hold for this converter only.
        """
        config = copy.deepcopy(self.config)
        config.merge(changes or {})
        config.CourseDirectory.assignment_id = sheet
        config.CourseDirectory.student_id = group
        config.CourseDirectory.notebook_id = notebook
        parent = LoggingConfigurable(config=config, log=self.log)
        return kind(coursedir=CourseDirectory(parent=parent), parent=parent)


def groups_in(place: Path, sheet: str) -> list[str]:
    """Names of groups that have a folder of a sheet in a place."""
    names = sorted(path.parent.name for path in place.glob(f"*/{sheet}/"))
    return [name for name in names if is_name(name)]


def _find_folders(config: Config, root: Path) -> None:
    """The usual names were chosen for the folder where the command runs: now for the course's."""
    known = config.CourseDirectory
    chosen = (known.source_directory, known.release_directory)
    is_usual = chosen in (("solutions", "exercises"), ("source", "release"))
    if is_usual and not (root / str(chosen[0])).is_dir():
        known.source_directory, known.release_directory = folders(root)


def _read_config(root: Path) -> Config:
    try:
        return PyFileConfigLoader(CONFIG_NAME, path=str(root)).load_config()
    except Exception as error:
        raise CourseError(
            f"{root / CONFIG_NAME} cannot be read: {type(error).__name__}: {error}"
        ) from error


def _read_pyproject(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read: {error}") from error
