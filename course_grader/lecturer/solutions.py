"""Solution notebooks executed, as notebook, page, slides and paper."""

import base64
import copy
import struct
import time
from pathlib import Path
from typing import Any

from nbgrader.utils import determine_grade, is_grade
from traitlets.config import LoggingConfigurable

from course_grader.cells import cell_name
from course_grader.console import Console, Silent
from course_grader.converting import nbgrader_house
from course_grader.course import Course
from course_grader.errors import CourseError
from course_grader.files import notebook_text, write_whole
from course_grader.grading.timings import FULL, START_UP, Timings, timed
from course_grader.lecturer.local import Heard, LocalExecute
from course_grader.lecturer.pages import (
    NO_SLIDES,
    find_reveal,
    readable,
    to_html,
    to_slides,
    write_assets,
)
from course_grader.lecturer.solved import Solved, remember, write_index
from course_grader.marking.points import TidyPoints
from course_grader.release.masters import master_of
from course_grader.results.alt_texts import describe_figures
from course_grader.results.report import lost_points
from course_notebooks.browser import PrintError, find_browser, print_page

_KEPT_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
HOW_TO = (
    "no PDF: no Chromium, Chrome or Edge was found on PATH. Install one and run the command "
    "again, or open the HTML file in any browser and print it to a file"
)
_PNG = b"\x89PNG\r\n\x1a\n"


def run_solutions(
    course: Course,
    sheet: str,
    console: Console | None = None,
    *,
    only: str | None = None,
    figures: bool = False,
) -> list[Solved]:
    """Runs the solution notebooks; results and an index go to `build/solutions/<sheet>/`.

    Args:
        course: the course.
        sheet: the assignment.
        console: where progress is shown.
        only: one notebook's name.
        figures: whether images of cells tagged `figure-NAME` are stored as
            `solutions/<sheet>/figures/NAME.png`.

    Raises:
        CourseError: there is no such sheet or notebook.
    """
    info = course.sheet(sheet)
    names = [*info.notebooks, *info.lecture]
    if only is not None and only.removesuffix(".ipynb") not in names:
        raise CourseError(f"{sheet} has no notebook {only!r}; it has {', '.join(names)}")
    names = [only.removesuffix(".ipynb")] if only else names
    notebooks = {name: master_of(course, sheet, name) for name in names}
    timings = Timings(course, sheet)
    expected = {
        name: timings.expect(name, timed(notebook), FULL) for name, notebook in notebooks.items()
    }
    total = sum(START_UP + sum(seconds.values()) for seconds in expected.values())
    console = console or Silent()
    solved = []
    with nbgrader_house(course.root), console.work(f"solutions {sheet}", total) as work:
        for name, notebook in notebooks.items():
            one = Solved(name)

            def heard(cell: str, seconds: float, following: str, one: Solved = one) -> None:
                work.advance(expected[one.name].get(cell, 0.0), f"{one.name}: {following}")
                timings.add(one.name, FULL, cell, seconds)
                one.cells[cell] = seconds

            work.describe(name)
            start = time.monotonic()
            execute(course, notebook, course.source / sheet, heard)
            one.seconds = time.monotonic() - start
            _judge(one, notebook)
            if figures:
                one.files += store_figures(notebook, course.source / sheet / "figures")
            _write(course, sheet, one, notebook)
            work.advance(START_UP)
            solved.append(one)
    timings.save()
    write_index(course, sheet)
    return solved


def execute(course: Course, notebook: Any, folder: Path, heard: Heard) -> None:
    """Runs a notebook in place, in a folder, with the course's time limits."""
    parent = LoggingConfigurable(config=copy.deepcopy(course.config), log=course.log)
    LocalExecute(parent=parent).run(notebook, folder, course.root, heard)
    TidyPoints(parent=parent).preprocess(notebook, {})


def _judge(one: Solved, notebook: Any) -> None:
    """Notes cells that failed and checks that give less than all points."""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        name = cell_name(cell, index)
        if any(output.output_type == "error" for output in cell.outputs):
            one.problems.append(f"{name}: {lost_points(cell)}")
        elif is_grade(cell):
            score, most = determine_grade(cell)
            if score is not None and score < most:
                reason = lost_points(cell) or "partial credit"
                one.problems.append(f"{name}: {score:.3g} of {most:g} points: {reason}")
    one.failed = bool(one.problems)


def _write(course: Course, sheet: str, one: Solved, notebook: Any) -> None:
    """Stores the executed notebook, its page, its slides and, if there is a browser, its print."""
    target, folder = course.build / "solutions" / sheet, course.source / sheet
    describe_figures(notebook)
    shown = readable(notebook)
    written = {".html": to_html(shown, folder, one.name)}
    if find_reveal():
        written[".slides.html"] = to_slides(shown, folder, one.name)
    else:
        one.problems.append(NO_SLIDES)
    write_assets(target)
    one.files.append(target / f"{one.name}.ipynb")
    for suffix, page in written.items():
        write_whole(target / f"{one.name}{suffix}", page)
        one.files.append(target / f"{one.name}{suffix}")
    _print(one, to_html(shown, folder, one.name, for_print=True), target / f"{one.name}.pdf")
    remember(notebook, one)
    write_whole(target / f"{one.name}.ipynb", notebook_text(notebook))


def _print(one: Solved, page: str, pdf: Path) -> None:
    """Prints a page, or notes why not."""
    browser = find_browser()
    if browser is None:
        one.problems.append(HOW_TO)
        return
    try:
        pdf.write_bytes(print_page(browser, page))
        one.files.append(pdf)
    except PrintError as error:
        one.problems.append(f"no PDF: {error}")


def store_figures(notebook: Any, folder: Path) -> list[Path]:
    """Writes the images of cells tagged `figure-NAME`; a cell's second image is `NAME-2.png`.

    Returns:
        The files, in the order of the notebook.
    """
    written = []
    for cell in notebook.cells:
        names = [
            tag.removeprefix("figure-")
            for tag in cell.metadata.get("tags", [])
            if tag.startswith("figure-")
        ]
        images = [
            output.data["image/png"]
            for output in cell.get("outputs", [])
            if output.output_type in ("display_data", "execute_result")
            and "image/png" in output.data
        ]
        for name in names[:1]:
            for number, image in enumerate(images, 1):
                path = folder / (f"{name}.png" if number == 1 else f"{name}-{number}.png")
                write_whole(path, bare_png(base64.b64decode(image)))
                written.append(path)
    return written


def bare_png(image: bytes) -> bytes:
    """A PNG file without texts and dates: one picture, one sequence of bytes."""
    if not image.startswith(_PNG):
        return image
    kept, position = [_PNG], len(_PNG)
    while position < len(image):
        (length,) = struct.unpack(">I", image[position : position + 4])
        end = position + 12 + length
        if image[position + 4 : position + 8] in _KEPT_CHUNKS:
            kept.append(image[position:end])
        position = end
    return b"".join(kept)
