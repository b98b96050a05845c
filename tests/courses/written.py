"""Courses in the way of nbgrader's users, written down as Markdown that one can read.

In `<course>/week1/<notebook>.md` a code block is a cell, and its attributes say of which kind: none
for a given cell, `answer="name"` for the solution, `test="name" points=2` for a grade cell. Behind
an answer stand wrong ones: `wrong="name of the answer" loses="names of the tests that it fails"`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from courses import tiny

SHEET = "week1"
COURSES = ("numerics", "tables", "plots")
CONFIG = """
from course_grader.defaults import fair_defaults

c = get_config()
c.merge(fair_defaults())
"""


@dataclass(frozen=True)
class Wrong:
    """A wrong answer.

    Attributes:
        notebook: without suffix.
        answer: grade id of the cell whose place it takes.
        source: what is written there.
        loses: grade ids of the tests that it fails.
    """

    notebook: str
    answer: str
    source: str
    loses: tuple[str, ...]


def sources(course: str) -> list[Path]:
    """The notebooks of a course, as Markdown."""
    return sorted((Path(__file__).parent / course / SHEET).glob("*.md"))


def read(path: Path) -> tuple[Any, list[Wrong]]:
    """A solution notebook, and what is wrong instead of its answers."""
    cells, wrong = [], []
    for index, cell in enumerate(jupytext.read(path).cells):
        marks = cell.metadata
        cell["id"] = f"cell-{index}"
        if "wrong" in marks:
            wrong.append(Wrong(path.stem, marks["wrong"], cell.source, (*marks["loses"].split(),)))
        elif "answer" in marks:
            cells.append(tiny.solution(cell.source, marks["answer"]))
        elif "test" in marks:
            cells.append(tiny.code(cell.source, marks["test"], grade=True, points=marks["points"]))
        elif "written" in marks:
            own = {"grade": True, "solution": True, "locked": False, "points": marks["points"]}
            cell.metadata = nbformat.from_dict(tiny.marks(marks["written"], **own))
            cells.append(cell)
        else:
            cells.append(cell)
    return tiny.notebook(*cells), wrong


def tests(course: str) -> Iterator[tuple[str, str]]:
    """Notebook and grade id of each test of a course."""
    for path in sources(course):
        for cell in read(path)[0].cells:
            mark = cell.metadata.get("nbgrader", {})
            if mark.get("grade") and not mark["solution"]:
                yield path.stem, mark["grade_id"]


def make_course(course: str, root: Path) -> list[Wrong]:
    """Writes a course with nbgrader's names of folders; returns its wrong answers."""
    folder = root / "source" / SHEET
    folder.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(CONFIG.lstrip(), encoding="utf-8")
    if course == "tables":
        (folder / "weather.csv").write_text(weather(), encoding="utf-8")
    every = []
    for path in sources(course):
        notebook, wrong = read(path)
        nbformat.write(notebook, folder / f"{path.stem}.ipynb")
        every += wrong
    return every


def weather() -> str:
    """Forty days at three stations that do not exist, by formulas, with gaps."""
    lines = ["station,day,temperature,rain"]
    for number, (station, mean) in enumerate((("north", 2.0), ("south", 6.0), ("hill", -4.0))):
        for day in range(40):
            date = f"2023-{1 + day // 31:02d}-{1 + day % 31:02d}"
            place = 40 * number + day
            degrees = f"{mean + 4 * math.sin(0.35 * day + number):.1f}" if place % 15 != 7 else ""
            rain = f"{max(0.0, 9 * math.sin(1.3 * place)):.1f}" if place % 20 != 3 else ""
            lines.append(f"{station},{date},{degrees},{rain}")
    return "\n".join(lines) + "\n"
