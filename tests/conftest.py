"""Shared fixtures."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from courses import tiny
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from course_grader.course import Course
from course_grader.release.release import release
from course_notebooks.browser import find_browser
from course_utils.simulation import commands

settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")

# Beyond what Playwright itself keeps quiet: no graphics card, and no network in another way.
QUIET = ("--disable-gpu", "--disable-quic")


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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium without a window; Playwright's event loop ends with each file of tests."""
    path = find_browser()
    assert path, "the tests need Chromium or Chrome: apt install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()
