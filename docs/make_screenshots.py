"""Takes the pictures of the docs from the demo class: `make demo` first, then this.

Each is a page as a browser shows it, in few colours, so that it stays small.

Example: python docs/make_screenshots.py
"""

import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.utils import is_grade, is_solution
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from course_grader.cells import is_test
from course_grader.course import Course
from course_grader.files import read_notebook
from course_grader.intake.submission import grade_id
from course_grader.lecturer.demo_class import read_mistakes
from course_notebooks.browser import find_browser

ROOT = Path(__file__).parents[1]
DEMO, IMAGES = ROOT / "build" / "demo", ROOT / "docs" / "images"
GROUP = "group-04"  # the one with typical mistakes
SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',  # cells out of sight are there too
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}
ADDRESS = re.compile(r"http://\S+token=\S+")
MOST_BYTES = 150_000
SLOW = 180_000  # ms, on a busy machine


@dataclass(frozen=True)
class Example:
    """What the pictures show: the first typical mistake of the demo class's sheet.

    Attributes:
        sheet: that the demo class handed in.
        notebook: with the mistake.
        wrong: what the group has in the cell of the mistake.
        task: grade id of that cell.
        check: grade id of the check below it.
        written: grade id of the notebook's first written answer.
    """

    sheet: str
    notebook: str
    wrong: str
    task: str
    check: str
    written: str


def find_example() -> Example:
    """Looks into the demo class."""
    course = Course.open(DEMO)
    sheet = course.sheets()[0]
    order = course.notebooks(sheet)
    mistake = min(read_mistakes(course, sheet), key=lambda one: order.index(one.notebook))
    path = course.submitted / GROUP / sheet / f"{mistake.notebook}.ipynb"
    cells = read_notebook(path).cells
    start = next(n for n, cell in enumerate(cells) if grade_id(cell) == mistake.grade_id)
    return Example(
        sheet, mistake.notebook, cells[start].source, mistake.grade_id,
        check=next(grade_id(cell) for cell in cells[start:] if is_test(cell)),
        written=next(grade_id(cell) for cell in cells if is_grade(cell) and is_solution(cell)),
    )  # fmt: skip


def feedback_page(page: Page, seen: Example) -> None:
    """The points of a group, and why some are missing."""
    page.goto((DEMO / "feedback" / GROUP / seen.sheet / f"{seen.notebook}.html").as_uri())
    page.wait_for_timeout(4000)  # equations


def class_report(page: Page, seen: Example) -> None:
    """The class at a glance."""
    page.goto((DEMO / "build" / "report" / f"{seen.sheet}.html").as_uri())


def formgrader(page: Page, seen: Example, address: str) -> None:
    """A written answer that awaits its points, its rubric beside it."""
    with Gradebook(f"sqlite:///{DEMO / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission_notebook(seen.notebook, seen.sheet, GROUP).id
    page.goto(address)
    page.goto(f"{address.partition('?')[0]}/submissions/{submission}/")
    rubric = page.get_by_role("region", name=f"Rubric of {seen.written}")
    rubric.wait_for(timeout=SLOW)
    page.wait_for_function("MathJax.loaded === true", timeout=SLOW)  # equations; then the page
    page.wait_for_timeout(3000)  # scrolls by itself to what it selects
    page.evaluate("document.activeElement.blur()")
    rubric.evaluate("part => window.scrollBy(0, part.getBoundingClientRect().top - 150)")
    page.wait_for_timeout(1000)


def jupyter(page: Page, seen: Example, address: str) -> None:
    """A wrong answer in JupyterLab and what the cell below it says."""
    here = f"exercises/{seen.sheet}/{seen.notebook}.ipynb"
    path = DEMO / "build" / "lab" / seen.sheet / here
    notebook = read_notebook(path)
    ids = [grade_id(cell) for cell in notebook.cells]
    first = next(n for n, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells[ids.index(seen.task)].source = seen.wrong
    nbformat.write(notebook, path)
    base, _, query = address.partition("?")
    page.goto(f"{base.partition('/lab')[0]}/lab/tree/{here}?{query}")
    cells = page.locator(".jp-Notebook:visible .jp-Cell")
    expect(cells.nth(first)).to_contain_text("import", timeout=SLOW)
    status = page.locator(".jp-NotebookPanel-toolbar .jp-Notebook-ExecutionIndicator")
    expect(status).to_have_attribute("data-status", "idle", timeout=SLOW)
    for number in (first, ids.index(seen.task), ids.index(seen.check)):
        prompt = cells.nth(number).locator(".jp-InputPrompt")
        end = time.monotonic() + SLOW / 1000
        while prompt.text_content() == "[ ]:" and time.monotonic() < end:
            prompt.click()
            page.keyboard.press("Control+Enter")  # is lost while the page still settles
            page.wait_for_timeout(2000)
        expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=SLOW)
    cells.nth(ids.index(seen.task)).evaluate("cell => cell.scrollIntoView()")
    page.wait_for_timeout(1000)


def store(shot: bytes, path: Path) -> None:
    """Writes a picture in few colours; one that is still large is an error."""
    for colours in (128, 64, 32):
        packed = io.BytesIO()
        Image.open(io.BytesIO(shot)).convert("RGB").quantize(colours).save(
            packed, "PNG", optimize=True
        )
        if packed.tell() <= MOST_BYTES:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(packed.getvalue())
            print(f"written: {path.relative_to(ROOT)} ({packed.tell() / 1000:.0f} kB)")
            return
    raise ValueError(f"{path.name} has more than {MOST_BYTES} bytes in {colours} colours")


@contextmanager
def server(*command: str, **environment: str) -> Iterator[str]:
    """The address that a `genlhc` command prints; the command is ended afterwards."""
    genlhc = [str(Path(sys.executable).parent / "genlhc"), *command, "--course", str(DEMO)]
    with subprocess.Popen(
        [*genlhc, "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | environment,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        found = next(filter(None, map(ADDRESS.search, lines)), None)
        rest = threading.Thread(target=list, args=(lines,))  # it must not wait for a reader
        rest.start()
        try:
            if found is None:
                raise RuntimeError(f"`genlhc {command[0]}` did not start")
            yield found[0]
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            rest.join()


def settings(folder: Path) -> dict[str, str]:
    """JupyterLab with nobody's settings but these."""
    for name, text in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
    }


def main() -> int:
    """Takes all pictures."""
    if not (DEMO / "feedback" / GROUP).is_dir():
        print("make screenshots: there is no demo class in build/demo: run `make demo` first")
        return 1
    seen, browser = find_example(), find_browser()
    if browser is None:
        print("make screenshots: no Chromium, Chrome or Edge was found on PATH: install one")
        return 1
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--disable-gpu"])

        def take(
            name: str, show: Callable[..., None], width: int = 1100, height: int = 700, *more: str
        ) -> None:
            page = chromium.new_page(viewport={"width": width, "height": height})
            show(page, seen, *more)
            store(page.screenshot(), IMAGES / f"{name}.png")
            page.close()

        take("class-report", class_report)
        take("feedback", feedback_page)
        with server("lab", seen.sheet, **settings(Path(name))) as address:
            take("jupyterlab", jupyter, 1100, 960, address)
        with server("formgrader", "--port", "0") as address:
            take("formgrader", formgrader, 1400, 700, address)
        chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
