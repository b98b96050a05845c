"""Shared fixtures."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import groups
import nbformat
import pytest
import typer
from courses import tiny
from filelock import FileLock
from hypothesis import settings
from nbclient import NotebookClient
from playwright.sync_api import Browser, sync_playwright

from course_grader.course import Course
from course_grader.release.release import release
from course_notebooks.browser import find_browser
from course_utils.simulation import commands

settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")

# Beyond what Playwright itself keeps quiet: no graphics card, and no network in another way.
QUIET = ("--disable-gpu", "--disable-quic")

STARTED = pytest.StashKey[float]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long starts first."""
    items.sort(key=lambda item: groups.place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> groups.Groups:
    """Tests that belong together run in one process."""
    return groups.Groups(config, log)


def computed() -> float:
    """Seconds that this process and those that it waited for computed so far."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Begins to count what a test computes, with what it prepares."""
    item.stash[STARTED] = computed()
    yield


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Keeps it for benchmarks/suite.py: unlike the time, it does not grow with what else runs."""
    yield
    item.user_properties.append(("computed", round(computed() - item.stash[STARTED], 3)))


@pytest.fixture(scope="session")
def released_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny course with its exercises released; copy it before changing anything."""
    root = tiny.make_course(tmp_path_factory.mktemp("course") / "tiny")
    release(Course.open(root), tiny.SHEET)
    return root


@pytest.fixture
def course_root(released_course: Path, tmp_path: Path) -> Path:
    """A course of one's own, released."""
    return Path(shutil.copytree(released_course, tmp_path / "course"))


@pytest.fixture
def course(course_root: Path) -> Course:
    """The same, opened."""
    return Course.open(course_root)


@pytest.fixture
def app() -> typer.Typer:
    """The commands that make data, alone."""
    app = typer.Typer()
    commands.register(app)
    return app


@pytest.fixture(scope="session")
def executed(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[Path], nbformat.NotebookNode]:
    """Runs a notebook of the course: once in a run of the tests, whichever process asks for it."""
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent

    def execute(path: Path) -> nbformat.NotebookNode:
        kept = folder / f"executed {' '.join(path.parts[-3:])}"
        with FileLock(f"{kept}.lock"):
            if not kept.is_file():
                notebook = nbformat.read(path, as_version=4)
                place = {"metadata": {"path": str(path.parent)}}
                NotebookClient(
                    notebook, timeout=900, kernel_name="python3", resources=place
                ).execute()
                nbformat.write(notebook, kept)
        return nbformat.read(kept, as_version=4)

    return execute


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium without a window; Playwright's event loop ends with each file of tests."""
    path = find_browser()
    assert path, "the tests need Chromium or Chrome: apt install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()
