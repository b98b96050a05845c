"""Takes the pictures of the docs from the demo class: `make demo` first, then this.

Each is a page as a browser shows it, in few colours, so that it stays small.

Example: python docs/make_screenshots.py
"""

import io
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from course_grader.results.pdf import find_browser

ROOT = Path(__file__).parents[1]
DEMO, IMAGES = ROOT / "build" / "demo", ROOT / "docs" / "images"
SHEET, NOTEBOOK = "sheet01", "gan_convergence"
GROUP = "group-04"
MOST_BYTES = 150_000
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_WRONG = """def optimal_discriminator(p_data, p_model):
    return p_data / p_model
"""


def feedback_page(page: Page) -> None:
    """The points of the fourth group, and why some are missing."""
    page.goto((DEMO / "feedback" / GROUP / SHEET / f"{NOTEBOOK}.html").as_uri())
    page.wait_for_timeout(4000)  # equations
    reason = page.locator(".output_error, .output_stderr, .output_subarea pre").filter(has_text="✗")
    if reason.count():
        reason.first.scroll_into_view_if_needed()


def class_report(page: Page) -> None:
    """The class at a glance."""
    page.goto((DEMO / "build" / "report" / f"{SHEET}.html").as_uri())


def formgrader(page: Page, address: str, token: str) -> None:
    """A written answer that awaits its points."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{DEMO / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission_notebook(NOTEBOOK, SHEET, GROUP).id
    page.goto(f"{address}/formgrader/submissions/{submission}/?token={token}")
    answer = page.locator("#written-1b-argument, .nbgrader_cell").last
    answer.wait_for(timeout=60_000)
    page.wait_for_timeout(4000)  # equations
    answer.scroll_into_view_if_needed()


def jupyter(page: Page, address: str, token: str) -> None:
    """A wrong answer in JupyterLab and what the cell below it says."""
    page.goto(f"{address}/lab/tree/{NOTEBOOK}.ipynb?token={token}")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
    page.get_by_text("Run", exact=True).first.click()
    page.get_by_text("Run All Cells", exact=True).click()
    message = page.locator(".jp-OutputArea").filter(has_text="✗").first
    message.wait_for(timeout=240_000)
    message.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    news = page.get_by_role("button", name="No", exact=True)
    if news.count():
        news.first.click()
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
def server(folder: Path) -> Iterator[tuple[str, str]]:
    """JupyterLab in a folder, on this machine alone: its address and token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token, address = secrets.token_hex(16), f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        *("-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1"),
        *(f"--ServerApp.port={port}", f"--IdentityProvider.token={token}"),
        *(f"--ServerApp.root_dir={folder}", "--ServerApp.allow_root=True"),
        "--LabApp.news_url=None",
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GENLHC_DATA": str(ROOT / "data")}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(address, process)
        yield address, token
    finally:
        process.terminate()
        process.wait(30)


def _wait(address: str, process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError(f"JupyterLab did not start at {address} within {seconds:g} s")


def wrong_answer(folder: Path) -> None:
    """A students' notebook with a mistake in its first task."""
    import nbformat

    source = DEMO / "exercises" / SHEET
    shutil.copytree(source / "figures", folder / "figures")
    notebook = nbformat.read(source / f"{NOTEBOOK}.ipynb", as_version=4)
    cell = next(c for c in notebook.cells if c.get("id") == "task-1a-optimal-discriminator")
    cell.source = _WRONG
    nbformat.write(notebook, folder / f"{NOTEBOOK}.ipynb")


def main() -> int:
    """Takes all pictures."""
    if not (DEMO / "feedback" / GROUP).is_dir():
        print("make screenshots: there is no demo class in build/demo: run `make demo` first")
        return 1
    browser = find_browser()
    if browser is None:
        print("make screenshots: no Chromium, Chrome or Edge was found on PATH: install one")
        return 1
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        chromium = playwright.chromium.launch(executable_path=browser, args=OPTIONS)

        def take(name: str, show: Callable[[Page], None], height: int = 700) -> None:
            page = chromium.new_page(viewport={"width": 1100, "height": height})
            show(page)
            store(page.screenshot(), IMAGES / f"{name}.png")
            page.close()

        take("class-report", class_report)
        take("feedback", feedback_page)
        wrong_answer(Path(name))
        with server(Path(name)) as (address, token):
            take("jupyterlab", lambda page: jupyter(page, address, token))
        with server(DEMO) as (address, token):
            take("formgrader", lambda page: formgrader(page, address, token))
        chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
