"""Last look at what students will get: no solution, no hidden test, no output, and all Python."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from IPython.core.inputtransformer2 import TransformerManager

from course_grader.cells import cell_name
from course_grader.errors import CourseError
from course_grader.files import read_notebook
from course_grader.release.kept import leftovers

_PICTURES = {".gif", ".jpeg", ".jpg", ".pdf", ".png", ".svg", ".webp"}


def look_over(made: Path, source: Path, names: tuple[str, ...], markers: tuple[str, ...]) -> None:
    """Removes pictures that only a solution shows, then looks through all files.

    Args:
        made: the students' files of a sheet.
        source: the solutions that they were made of.
        names: of the notebooks, without suffix.
        markers: what the course's nbgrader takes for a marker.

    Raises:
        CourseError: students would get what they must not have.
    """
    _remove_pictures(made, source, names)
    for path in sorted(made.rglob("*")):
        if path.is_file():
            text = path.read_bytes()
            left = [marker for marker in markers if marker.encode() in text]
            if left:
                raise CourseError(f"{path.name}: '{left[0]}' is still in the students' version")
    for name in names:
        path = made / f"{name}.ipynb"
        if not path.is_file():
            raise CourseError(f"{path.name}: nbgrader made no students' version of it")
        for problem in _problems(path):
            raise CourseError(f"{path.name}: {problem}")


def _problems(path: Path) -> Iterator[str]:
    notebook = read_notebook(path)
    for left in leftovers(notebook):
        yield (
            f"{left} in the release; steps of `course_grader.release.tidy` clear it: begin "
            "c.GenerateAssignment.preprocessors with TidyNotebook and end it with ClearAttachments"
        )
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        try:
            ast.parse(TransformerManager().transform_cell(cell.source))
        except SyntaxError as error:
            yield (
                f"{cell_name(cell, index)}: the students' version is not Python: {error.msg} "
                f"(line {error.lineno}); place the solution markers around whole statements"
            )


def _remove_pictures(made: Path, source: Path, names: tuple[str, ...]) -> None:
    """A picture that a solution's text names and no students' text does goes with that text."""
    pictures = [path for path in made.rglob("*") if path.suffix.lower() in _PICTURES]
    if not pictures:
        return
    before = _text(source / f"{name}.ipynb" for name in names)
    after = _text(path for path in made.rglob("*") if path.suffix not in (*_PICTURES, ".toml"))
    for path in pictures:
        named = re.compile(rf"(?<![\w.-]){re.escape(path.name)}(?![\w.-])")
        if named.search(before) and not named.search(after):
            path.unlink()


def _text(paths: Iterator[Path]) -> str:
    """What files say: of notebooks the cells, of others everything that is text."""
    said: list[str] = []
    for path in paths:
        if path.suffix == ".ipynb" and path.is_file():
            said += [str(cell.source) for cell in read_notebook(path).cells]
        elif path.is_file():
            said.append(path.read_text(encoding="utf-8", errors="replace"))
    return "\n".join([*said, *map(unquote, said)])
