"""What is known of an executed solution notebook, and the page that lists a sheet's."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_grader.console import duration
from course_grader.course import Course
from course_grader.files import read_notebook, write_whole
from course_grader.results.pages import render
from course_notebooks.terminal import Table

LABELS = {
    ".html": "Page",
    ".slides.html": "Slides",
    ".pdf": "PDF",
    ".ipynb": "Notebook",
}
_KEY = "genlhc"
_SLOWEST = 3


@dataclass
class Solved:
    """One executed solution notebook.

    Attributes:
        name: without suffix.
        seconds: how long it ran.
        cells: seconds of each cell that ran, by name.
        files: what was written.
        problems: for the lecturer to read: lost points, a missing PDF.
        failed: whether a cell failed or a check gave less than all points.
    """

    name: str
    seconds: float = 0.0
    cells: dict[str, float] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    failed: bool = False

    def slowest(self, n: int = _SLOWEST) -> list[tuple[str, float]]:
        """The cells that took longest, and their seconds.

        Example:
            >>> Solved("a", cells={"fast": 0.1, "slow": 9.0, "slower": 12.5}).slowest(2)
            [('slower', 12.5), ('slow', 9.0)]
        """
        return sorted(self.cells.items(), key=lambda cell: -cell[1])[:n]


def remember(notebook: Any, one: Solved) -> None:
    """Notes times and problems in the executed notebook itself, from where the index takes them."""
    notebook.metadata[_KEY] = {
        "seconds": round(one.seconds, 2),
        "cells": {name: round(seconds, 2) for name, seconds in one.cells.items()},
        "problems": list(one.problems),
    }


def recall(folder: Path, name: str) -> Solved | None:
    """A notebook that was executed earlier, or `None`.

    Args:
        folder: with the executed notebooks.
        name: without suffix.
    """
    path = folder / f"{name}.ipynb"
    noted = read_notebook(path).metadata.get(_KEY) if path.is_file() else None
    if noted is None:
        return None
    files = [folder / f"{name}{suffix}" for suffix in LABELS]
    return Solved(
        name,
        noted["seconds"],
        dict(noted["cells"]),
        [path for path in files if path.is_file()],
        list(noted["problems"]),
    )


def write_index(course: Course, sheet: str) -> Path:
    """Writes `build/solutions/<sheet>/index.html`: every executed notebook and where time goes."""
    folder = course.build / "solutions" / sheet
    info = course.sheet(sheet)
    found = [recall(folder, name) for name in (*info.notebooks, *info.lecture)]
    page = render(
        "index.html",
        room="lecturer",
        sheet=sheet,
        info=info,
        solved=[one for one in found if one],
        duration=duration,
        labels=LABELS,
    )
    write_whole(folder / "index.html", page)
    return folder / "index.html"


def times_table(sheet: str, solved: list[Solved]) -> Table:
    """The run times for the terminal: a row a notebook, with its slowest cells."""
    table = Table(title=f"Run times of {sheet}", title_justify="left")
    table.add_column("notebook", overflow="fold")
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("slowest cells", overflow="fold")
    for one in solved:
        cells = "\n".join(f"{seconds:6.1f} s  {cell}" for cell, seconds in one.slowest())
        table.add_row(one.name, duration(one.seconds), cells)
    return table
