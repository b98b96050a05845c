"""Where a sheet's notebooks are: in the unpacked bundle or in the course's own folder."""

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from course_handin.errors import HandInError
from course_notebooks.sheet import SheetError, read_sheet


@dataclass(frozen=True)
class Sheet:
    """A sheet on disk.

    Attributes:
        name: of the sheet.
        folder: with its notebooks.
        root: of the bundle or the course; `handin/` and `group.toml` are there.
        course: the course in a few words.
        title: of the sheet, empty if it has none.
        notebooks: the notebooks' files, in the order in which they are worked on.
        python: the version that marks, such as `(3, 11)`; `None` if nothing says so.
    """

    name: str
    folder: Path
    root: Path
    course: str
    title: str
    notebooks: tuple[Path, ...]
    python: tuple[int, ...] | None = None

    @property
    def remark(self) -> str:
        """What to say if this Python is newer than the one that marks, or an empty text."""
        if self.python is None or sys.version_info[:2] <= self.python:
            return ""
        mine, theirs = (".".join(map(str, one)) for one in (sys.version_info[:2], self.python))
        return (
            f"this is Python {mine}, and Python {theirs} marks your notebooks: what came later is "
            f"an error there. Do without it, or work with Python {theirs}"
        )


def find_sheet(root: Path, name: str) -> Sheet:
    """Looks for a sheet's notebooks.

    Args:
        root: the bundle, the course, or the folder of the sheet itself.
        name: of the sheet.

    Raises:
        HandInError: no such folder, or no notebooks in it.
    """
    root = root.resolve()
    if not root.is_dir():
        raise HandInError(f"there is no folder {root}; give the unpacked bundle with --course")
    places = [root / "exercises" / name, root / name]
    if root.name == name:  # the command was typed beside the notebooks
        places.append(root)
    for folder in places:
        if any(path.is_file() for path in folder.glob("*.ipynb")):
            home = folder.parent.parent if folder.parent.name == "exercises" else root
            return _sheet(name, folder, home)
    have = sorted({path.parent.name for path in (root / "exercises").glob("*/*.ipynb")})
    known = f"; sheets here: {', '.join(have)}" if have else ""
    raise HandInError(
        f"no notebooks of {name!r} in {root}: expected them in exercises/{name}/{known}. Run the "
        "command in the folder that you unpacked, or give that folder with --course"
    )


def _sheet(name: str, folder: Path, home: Path) -> Sheet:
    """A sheet with its notebooks in the order that `sheet.toml` gives.

    What else a group has there, such as a notebook of its own, comes after them: it was always
    handed in as well.
    """
    there = {path.stem: path for path in sorted(folder.glob("*.ipynb")) if path.is_file()}
    try:
        info = read_sheet(folder, complete=False)
    except SheetError as error:
        raise HandInError(f"{error}; take that file from the bundle again") from error
    order = [one for one in info.notebooks if one in there]
    names = [*order, *(one for one in there if one not in order)]
    files, said = tuple(there[one] for one in names), _project(home)
    return Sheet(name, folder, home, _title(said), info.title, files, _python(said))


def _project(root: Path) -> dict[str, Any]:
    """What the course says of itself in its project file."""
    try:
        return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def _title(said: dict[str, Any]) -> str:
    project = said.get("project", {})
    return str(project.get("description") or project.get("name") or "Exercises")


def _python(said: dict[str, Any]) -> tuple[int, ...] | None:
    try:
        return tuple(map(int, said["tool"]["genlhc"]["python"].split(".")))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def read_notebook(path: Path) -> Any:
    """A notebook as nbformat 4 nodes.

    Raises:
        HandInError: the file is no notebook.
    """
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat has no common class for what may be wrong
        raise HandInError(
            f"{path.name} cannot be read as a notebook ({type(error).__name__}); "
            "open it in Jupyter, or take a fresh copy from the bundle and copy your cells over"
        ) from error
