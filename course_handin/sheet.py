"""Where a sheet's notebooks are: in the unpacked bundle or in the course's own folder."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from course_handin.errors import HandInError


@dataclass(frozen=True)
class Sheet:
    """A sheet on disk.

    Attributes:
        name: of the sheet.
        folder: with its notebooks.
        root: of the bundle or the course; `handin/` and `group.toml` are there.
        course: the course in a few words.
        notebooks: the notebooks' files, in the order of their names.
    """

    name: str
    folder: Path
    root: Path
    course: str
    notebooks: tuple[Path, ...]


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
        notebooks = tuple(sorted(path for path in folder.glob("*.ipynb") if path.is_file()))
        if notebooks:
            home = folder.parent.parent if folder.parent.name == "exercises" else root
            return Sheet(name, folder, home, _title(home), notebooks)
    have = sorted({path.parent.name for path in (root / "exercises").glob("*/*.ipynb")})
    known = f"; sheets here: {', '.join(have)}" if have else ""
    raise HandInError(
        f"no notebooks of {name!r} in {root}: expected them in exercises/{name}/{known}. Run the "
        "command in the folder that you unpacked, or give that folder with --course"
    )


def _title(root: Path) -> str:
    """What the course says of itself in its project file."""
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return str(project.get("description") or project["name"])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError):
        return "Exercises"


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
