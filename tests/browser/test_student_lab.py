"""A student at work in JupyterLab: runs cells, pastes answers, reads what the checks say."""

import re
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import visible
from playwright.sync_api import Browser, Locator, Page, expect

from course_grader.course import Course
from course_grader.lecturer.lab import lab_environment
from course_grader.release.bundle import write_bundle
from course_notebooks.threads import ONE_THREAD

SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',  # cells out of sight are there too
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}
# One notebook stands for all: what is said of the wrong answers of every sheet is tested without a
# browser. A task, its check, another task that the figure needs, the figure, what is said of a
# mistake.
SHEET, NAME = "sheet01", "drell_yan_vae"
TASK, CHECK, OTHER = "task-3a-kl", "check-3a-kl", "task-3a-elbo"
FIGURE = "run-3a-elbo"
TOLD = "KL for mu = (1, 1, 1), log_var = 0"
(MISTAKE,) = (
    mistake
    for mistake in tomllib.loads(
        (visible.ROOT / "autograde_tests" / SHEET / "mistakes.toml").read_text("utf-8")
    )["mistake"]
    if (mistake["notebook"], mistake["grade_id"]) == (NAME, TASK)
)
SLOW = 120_000  # ms, on a busy machine
TRAINING = """x = torch.linspace(-1, 1, 20_000)[:, None]
history = training.fit(
    nn.Linear(1, 1), lambda model, x: (model(x) - 3 * x).square().mean(),
    (x,), (x,), n_epochs=60, batch_size=100, label="a line",
)"""


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab.

    Attributes:
        url: its address.
        folder: the unpacked bundle in which it was started.
    """

    url: str
    folder: Path


@pytest.fixture(scope="module")
def student_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a sheet, unpacked in a folder with a space and an umlaut."""
    place = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(write_bundle(Course.open(visible.ROOT), SHEET)) as bundle:
        bundle.extractall(place)
    (folder,) = place.iterdir()
    return folder.rename(place / "Übung 1")


@pytest.fixture(scope="module")
def lab(student_folder: Path) -> Iterator[Lab]:
    """JupyterLab in the students' folder, ended with the tests."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
    ]
    home = student_folder.parent
    for name, text in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    environment = (
        lab_environment(student_folder)
        | ONE_THREAD
        | {
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
            "JUPYTER_PREFER_ENV_PATH": "1",
            "IPYTHONDIR": str(home / "ipython"),
        }
    )
    log = home / "lab.log"
    with (
        log.open("w") as file,
        subprocess.Popen(
            command, cwd=student_folder, env=environment, stdout=file, stderr=file
        ) as server,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/api/status", server, log)
            yield Lab(f"http://127.0.0.1:{port}", student_folder)
        finally:
            server.terminate()
            server.wait(30)


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path, seconds: float = 90) -> None:
    """Returns when the server answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"no answer from {url}\n{log.read_text()}")


class Notebook:
    """A notebook on a page of JupyterLab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(f"{url}/lab/tree/exercises/{SHEET}/{NAME}.ipynb?reset", timeout=SLOW)
        self.cells = page.locator(".jp-Notebook:visible .jp-Cell")
        codes = page.locator(".jp-Notebook:visible .jp-CodeCell .cm-content")
        expect(codes.first).to_contain_text("import", timeout=SLOW)
        status = page.locator(".jp-NotebookPanel-toolbar .jp-Notebook-ExecutionIndicator")
        expect(status).to_have_attribute("data-status", "idle", timeout=SLOW)

    def cell(self, name: str) -> Locator:
        """The cell of an id, which stands where it stood when it was handed out."""
        return self.cells.nth(self.order().index(name))

    def order(self) -> list[str]:
        """Ids of all cells."""
        path = visible.ROOT / "exercises" / SHEET / f"{NAME}.ipynb"
        return [cell.id for cell in visible.nbformat.read(path, as_version=4).cells]

    def run(self, cell: Locator, text: str) -> Locator:
        """Runs a cell and waits until it shows a text; gives what it shows."""
        cell.locator(".jp-InputPrompt").click()
        self.page.keyboard.press("Control+Enter")
        output = cell.locator(".jp-OutputArea")
        expect(output).to_contain_text(text, timeout=SLOW)
        return output

    def finish(self, cell: Locator, seconds: float = SLOW / 1000) -> None:
        """Runs a cell and waits until its number shows that it is done."""
        cell.locator(".jp-InputPrompt").click()
        self.page.keyboard.press("Control+Enter")
        number = re.compile(r"\[\d+\]")
        expect(cell.locator(".jp-InputPrompt")).to_have_text(number, timeout=1000 * seconds)

    def paste(self, cell: Locator, text: str) -> None:
        """Puts a text from the clipboard in place of a cell's code."""
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Control+V")
        expect(cell.locator(".cm-content")).to_contain_text(text.split("\n")[-1].strip())


@pytest.fixture
def page(chromium: Browser, lab):
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=lab.url)
    context.set_default_timeout(SLOW)
    yield context.new_page()
    context.close()


def answer(task: str) -> str:
    """The solution of a task, without its markers."""
    lines = visible.cells("solutions", SHEET, NAME)[task].source.split("\n")
    return "\n".join(line for line in lines if " SOLUTION" not in line)


def open_notebook(page: Page, url: str) -> Notebook:
    """A notebook whose set-up cell has run; a kernel that starts may not hear the first call."""
    notebook = Notebook(page, url)
    setup = notebook.cell("setup")
    for _ in range(3):
        try:
            notebook.finish(setup, seconds=40)
        except AssertionError:
            continue
        return notebook
    raise AssertionError(f"the set-up cell shows {setup.inner_text()}")


def picture(cell: Locator, path: Path) -> None:
    cell.scroll_into_view_if_needed()
    cell.screenshot(path=path)


def test_a_student_works_on_a_notebook(page, lab, tmp_path):
    notebook = open_notebook(page, lab.url)
    expect(notebook.cell("setup").locator(".jp-OutputArea")).not_to_contain_text("Error")
    check_cell, task_cell = notebook.cell(CHECK), notebook.cell(TASK)

    notebook.run(check_cell, "waits: `")  # nothing was run yet: it names what is missing
    notebook.finish(task_cell)
    shown = notebook.run(check_cell, "is still open")
    assert re.match(
        r"○ Task \w+( \(\w+\))? is still open: `\w+` has no code yet", shown.inner_text()
    )
    expect(check_cell.locator(".jp-RenderedText[data-mime-type*=error]")).to_have_count(0)
    picture(check_cell, tmp_path / "open.png")

    notebook.paste(notebook.cell(OTHER), answer(OTHER))
    notebook.finish(notebook.cell(OTHER))
    right = answer(TASK)
    notebook.paste(task_cell, right.replace(MISTAKE["replace"], MISTAKE["by"]))
    notebook.finish(task_cell)
    shown = notebook.run(check_cell, TOLD)
    assert "Traceback" not in shown.inner_text()
    last = shown.locator(".jp-OutputArea-output").last  # NumPy may have warned before
    lines = last.inner_text().strip().splitlines()
    assert lines[0].startswith("✗ ")
    assert len(lines) <= 6
    picture(check_cell, tmp_path / "wrong.png")

    notebook.paste(task_cell, right)
    notebook.finish(task_cell)
    shown = notebook.run(check_cell, "this cell ran as it should.")
    assert shown.inner_text().strip().startswith("✓ Task")
    picture(check_cell, tmp_path / "right.png")

    drawn = notebook.cell(FIGURE)
    notebook.run(drawn, "this cell ran as it should.")
    image = drawn.locator(".jp-OutputArea-output img")
    expect(image).to_have_count(1)
    assert image.evaluate("image => image.naturalWidth") > 300
    picture(drawn, tmp_path / "figure.png")


def test_training_shows_one_line_that_is_renewed(page, lab, tmp_path):
    notebook = open_notebook(page, lab.url)
    notebook.cell("setup").locator(".jp-InputPrompt").click()
    page.keyboard.press("b")  # a new cell below
    cell = notebook.cells.nth(notebook.order().index("setup") + 1)
    notebook.paste(cell, TRAINING)
    shown = notebook.run(cell, "a line: 60/60 epochs")
    assert re.fullmatch(
        r"a line: 60/60 epochs \[\d\d:\d\d<00:00\], train [\d.]+, validation [\d.]+, \d+k events/s",
        shown.inner_text().strip(),
    )
    expect(cell.locator(".jp-OutputArea-output")).to_have_count(1)
    picture(cell, tmp_path / "progress.png")
