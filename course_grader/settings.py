"""What a course says of itself in `[tool.genlhc]` of its `pyproject.toml`."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_grader.errors import CourseError

_ENTRY_POINT = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_LISTS = ("bundle", "sandbox", "data", "bundle-exclude", "checks")
_OTHERS = ("bundle-scripts", "new-sheet", "python", "rubrics", "marks")
_PYTHON = re.compile(r"3\.\d{1,2}")


@dataclass(frozen=True)
class Settings:
    """The table `[tool.genlhc]`; every entry has a default.

    Attributes:
        bundle: files and folders that students receive beside the exercises; what does not exist
            is left out.
        sandbox: files and folders that notebooks find where they are graded, read-only; by default
            all that students receive.
        data: folders of which a sheet's students, and its sandboxes, get only the files that its
            `sheet.toml` names, if it names any.
        bundle_scripts: commands that students get with the bundle, `module:function` by name.
        bundle_exclude: glob patterns of file names that never go into the bundle.
        checks: files and folders that the hidden tests use, which never leave the trusted side;
            when what a sheet's tests use of them changes, that sheet is graded again.
        new_sheet: folder with what `genlhc new-sheet` makes in this course, see docs/new-sheet.md.
        rubrics: "required" if no task that a tutor marks is released without one; "wanted" if the
            release only says where it is missing.
        python: the version that marks, which the bundle names; by default the one that releases.
    """

    bundle: tuple[str, ...] = ("course_utils", "data", "environment.yml")
    sandbox: tuple[str, ...] | None = None
    data: tuple[str, ...] = ("data",)
    bundle_scripts: Mapping[str, str] = field(default_factory=dict)
    bundle_exclude: tuple[str, ...] = ("*.lhe", "*.lhe.gz", "*.hepmc*", "*.root", "*.log", "*.part")
    checks: tuple[str, ...] = ("autograde_tests",)
    new_sheet: str = ""
    rubrics: str = "wanted"
    python: str = "{}.{}".format(*sys.version_info)

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: Path) -> "Settings":
        """Reads the table, naming what is unknown or of the wrong type.

        Raises:
            CourseError: an entry cannot be used.
        """
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key in _LISTS:
                right = isinstance(value, list) and all(isinstance(item, str) for item in value)
                wanted = "a list of strings"
                values[key] = tuple(value) if right else None
            elif key == "bundle-scripts":
                right = isinstance(value, dict) and all(map(_is_entry_point, value.values()))
                wanted = 'a table of commands, each with "module:function"'
                values[key] = dict(value) if right else None
            elif key == "new-sheet":
                right, wanted = isinstance(value, str), "the path of a folder"
                values[key] = value
            elif key == "python":
                right = isinstance(value, str) and _PYTHON.fullmatch(value) is not None
                wanted = 'a version such as "3.11"'
                values[key] = value
            elif key == "rubrics":
                right, wanted = value in ("required", "wanted"), '"required" or "wanted"'
                values[key] = value
            elif key == "marks":  # `course_grader.results.marks_rules` reads it
                continue
            else:
                known = ", ".join(sorted((*_LISTS, *_OTHERS)))
                raise CourseError(f"{where}: [tool.genlhc] has no entry {key!r}; it knows {known}")
            if not right:
                raise CourseError(f"{where}: [tool.genlhc] {key} must be {wanted}, got {value!r}")
        return cls(**{key.replace("-", "_"): value for key, value in values.items()})


def _is_entry_point(value: Any) -> bool:
    return isinstance(value, str) and _ENTRY_POINT.fullmatch(value) is not None
