"""A course of two small notebooks: everything that grading has to cope with, in seconds."""

import base64
import struct
import zlib
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


def png(**chunks: bytes) -> bytes:
    """A picture of one grey pixel, with further chunks."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
            *(chunk(name.encode(), data) for name, data in chunks.items()),
            chunk(b"IDAT", zlib.compress(b"\0\x80")),
            chunk(b"IEND", b""),
        ]
    )


SHEET = "week1"
NOTEBOOKS = ("adding", "means")
COLUMNS = ["group", "notebook", "task", "score", "max_score", "status", "reason"]

# a PNG file of one pixel, with a text chunk
DOT = base64.b64encode(png(tEXt=b"Software\0a library that names its version")).decode()

CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "tiny"
c.TrustedExecute.cell_seconds = 20
c.LocalExecute.timeout = 20
"""

PYPROJECT = """
[project]
name = "tiny-course"
version = "1.2"
description = "Sums and means"
dependencies = []

[tool.genlhc]
bundle = ["tinylib", "data", "environment.yml"]
"""

LIBRARY = '''
"""What the tiny course's notebooks import."""

from contextlib import contextmanager


class CheckFailed(AssertionError):
    """A check with a message for the student."""

    def _render_traceback_(self):
        return [str(self)]


@contextmanager
def when_done(task):
    """Says that a task is open instead of failing."""
    try:
        yield
    except NotImplementedError:
        print(f"task {task} is still open")
'''

TESTS = '''
"""Hidden tests of the tiny course."""

from tinylib import CheckFailed


def check_add(add):
    """All or nothing."""
    for a, b in ((1, 2), (-3, 1), (918273, 1)):
        if add(a, b) != a + b:
            raise CheckFailed("the sum is wrong: did you subtract?")


def check_guess(guess):
    """Partial credit: two points at most."""
    return 2 * max(0.0, 1 - abs(guess() - 1))


def check_mean(mean):
    """Needs the data."""
    if abs(mean([1.0, 2.0, 6.0]) - 3) > 1e-9:
        raise CheckFailed("the mean is wrong")
'''


MISTAKES = """
[[mistake]]
notebook = "adding"
grade_id = "task-1-add"
replace = "a + b"
by = "a - b"
says = "subtracts instead of adding"
"""


def marks(grade_id: str, **values: Any) -> dict[str, Any]:
    """nbgrader's metadata for a cell."""
    basic = {"grade": False, "solution": False, "locked": True, "task": False}
    return {"nbgrader": {**basic, "grade_id": grade_id, "schema_version": 3, **values}}


def code(source: str, name: str, **values: Any) -> Any:
    """A code cell; with values it is one of nbgrader's."""
    metadata = marks(name, **values) if values else {}
    return new_code_cell(source, id=name, metadata=metadata)


def solution(source: str, name: str) -> Any:
    """A cell whose marked region students fill in."""
    return code(source, name, solution=True, locked=False)


def test(visible: str, hidden: str, name: str, points: float) -> Any:
    """A grade cell with a hidden part."""
    source = f"{visible}\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS".lstrip("\n")
    return code(source, name, grade=True, points=points)


test.__test__ = False  # type: ignore[attr-defined]  # a helper, not a test


def written(question: str, answer: str, name: str, points: float) -> Any:
    """A task that a tutor marks."""
    source = (
        f"{question}\n\n<!-- ### BEGIN SOLUTION -->\n{answer}\n\n"
        f"**Rubric for the tutor.**\n\n- {points:g}: all or nothing\n<!-- ### END SOLUTION -->"
    )
    metadata = marks(name, grade=True, solution=True, locked=False, points=points)
    return new_markdown_cell(source, id=name, metadata=metadata)


def stubbed(head: str, body: str) -> str:
    """A function whose body is the solution."""
    return f"{head}\n    ### BEGIN SOLUTION\n    {body}\n    ### END SOLUTION"


def adding() -> Any:
    """First notebook: five points, one of them for a tutor."""
    return notebook(
        new_markdown_cell("# Adding\n\n$a + b$", id="title"),
        code("from tinylib import when_done", "setup", locked=True),
        solution(stubbed("def add(a, b):", "return a + b"), "task-1-add"),
        code('with when_done("1"):\n    print(add(1, 1))', "run-1", locked=True),
        test(
            "assert callable(add)",
            "import tiny_tests\n\ntiny_tests.check_add(add)",
            "check-1-add",
            2,
        ),
        solution(stubbed("def guess():", "return 1.0"), "task-2-guess"),
        test("", "from tiny_tests import check_guess\n\ncheck_guess(guess)", "check-2-guess", 2),
        written("Why does it commute?", "Because it does.", "written-3-why", 1),
    )


def means() -> Any:
    """Second notebook: reads the data, draws a figure, three points."""
    draw = (
        "import base64\n\nfrom IPython.display import Image, display\n\n"
        "with when_done('4'):\n"
        "    print(mean([1, 2]))\n"
        f"    display(Image(data=base64.b64decode('{DOT}')))"
    )
    figure = code(draw, "run-4", locked=True)
    figure.metadata["tags"] = ["figure-line"]
    return notebook(
        new_markdown_cell("# Means\n\n$$\\bar x = \\frac1n \\sum_i x_i$$", id="title"),
        code("from tinylib import when_done", "setup", locked=True),
        solution(stubbed("def mean(x):", "return sum(x) / len(x)"), "task-4-mean"),
        figure,
        test("", "import tiny_tests\n\ntiny_tests.check_mean(mean)", "check-4-mean", 3),
    )


def notebook(*cells: Any) -> Any:
    """A notebook for Python 3."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(
        cells=list(cells),
        metadata={"kernelspec": kernel, "language_info": {"name": "python"}},
    )


def write(root: Path, name: str, content: Any) -> Path:
    """Stores a solution notebook."""
    path = root / "solutions" / SHEET / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(content, path)
    return path


def make_course(root: Path) -> Path:
    """The whole course in a folder."""
    write(root, "adding", adding())
    write(root, "means", means())
    files = {
        "nbgrader_config.py": CONFIG,
        "pyproject.toml": PYPROJECT,
        "tinylib/__init__.py": LIBRARY,
        "tiny_tests.py": TESTS,
        f"autograde_tests/{SHEET}/mistakes.toml": MISTAKES,
        "data/numbers.csv": "1,2,6\n",
        "data/.DS_Store": "junk",
        "data/events.lhe": "simulation output",
        "tinylib/__pycache__/x.pyc": "junk",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    return root
