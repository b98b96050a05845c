"""What students get is in step with the solutions and gives nothing away."""

import io
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest

from course_grader.course import Course
from course_grader.release.bundle import write_bundle
from course_grader.release.release import check_release

ROOT = Path(__file__).parents[1]
TRUSTED = ("BEGIN SOLUTION", "BEGIN HIDDEN", "from autograde_tests", "Rubric")


@pytest.fixture(scope="module")
def bundle():
    with zipfile.ZipFile(write_bundle(Course.open(ROOT), "sheet01")) as archive:
        yield archive


def test_exercises_are_in_step_with_the_solutions():
    assert check_release(Course.open(ROOT), "sheet01") == []


def test_bundle_has_what_a_student_needs(bundle):
    names = set(bundle.namelist())
    assert {"README.md", "environment.yml", "pyproject.toml", "course_utils/checks.py"} <= names
    assert {"data/ttbarj_lo.npy", "data/drell_yan_train.npy", "data/README.md"} <= names
    for path in (ROOT / "solutions" / "sheet01").glob("*.ipynb"):
        assert f"exercises/sheet01/{path.name}" in names


def test_pages_of_the_bundle_are_linked_and_lead_to_files_of_it(bundle):
    names = set(bundle.namelist())
    pages = [name for name in names if name.endswith(".md") and name.startswith("docs/")]
    assert len(pages) == 3
    readme = bundle.read("README.md").decode()
    assert all(f"]({name})" in readme for name in pages)
    for name in pages:
        text = bundle.read(name).decode()
        for link in re.findall(r"\]\((?!https?:|attachment:|#)([^)#]+)", text):
            assert f"docs/{link}" in names, (name, link)


def test_students_have_the_command_that_hands_in(bundle, tmp_path):
    project = tomllib.loads(bundle.read("pyproject.toml").decode())
    assert project["project"]["scripts"] == {"genlhc": "course_handin.cli:main"}
    assert "course_handin*" in project["tool"]["setuptools"]["packages"]["find"]["include"]
    names = [
        name for name in bundle.namelist() if name.startswith(("course_handin/", "exercises/"))
    ]
    bundle.extractall(tmp_path, [*names, "pyproject.toml"])
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            "from course_handin.cli import main; main()",
            "handin",
            "sheet01",
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "fill in your group and your names" in done.stderr
    assert (tmp_path / "group.toml").is_file()


def test_bundle_has_no_room_of_the_trusted_side(bundle):
    rooms = {name.split("/")[0] for name in bundle.namelist()}
    assert not rooms & {"solutions", "autograde_tests", "course_grader", "tests", "build"}


def test_no_text_in_the_bundle_gives_an_answer_away(bundle):
    for name in bundle.namelist():
        if name.endswith((".npy", ".png")):
            continue
        text = bundle.read(name).decode("utf-8")
        assert not [word for word in TRUSTED if word in text], name


HIDDEN = sorted((ROOT / "autograde_tests").rglob("*.npy"))


@pytest.mark.parametrize("path", HIDDEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_hidden_event_is_handed_out(bundle, path):
    events = np.load(path)
    secret = {row.tobytes() for row in events}
    assert len(secret) == len(events)
    n_compared = 0
    for name in bundle.namelist():
        if not name.endswith(".npy"):
            continue
        table = np.load(io.BytesIO(bundle.read(name)))
        if table.shape[1:] == events.shape[1:] and table.dtype == events.dtype:
            n_compared += len(table)
            assert not any(row.tobytes() in secret for row in table), name
    assert n_compared
