"""What students get is in step with the solutions and gives nothing away."""

import os
import posixpath
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


COURSE = Course.open(ROOT)
SHEETS = COURSE.released()


@pytest.fixture(scope="module", params=SHEETS)
def sheet(request):
    return request.param


@pytest.fixture(scope="module")
def bundle(sheet, tmp_path_factory):
    """The folder that a student has after unpacking."""
    place = tmp_path_factory.mktemp("bundle")
    with zipfile.ZipFile(write_bundle(COURSE, sheet)) as archive:
        archive.extractall(place)
    (folder,) = place.iterdir()
    assert folder.name == "genlhc"
    return folder


@pytest.fixture(scope="module")
def names(bundle):
    return {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", SHEETS)
def test_exercises_are_in_step_with_the_solutions(name):
    assert check_release(COURSE, name) == []


def test_bundle_has_what_a_student_needs(sheet, names):
    assert {"README.md", "environment.yml", "pyproject.toml", "course_utils/checks.py"} <= names
    assert "data/README.md" in names
    for notebook in COURSE.notebooks(sheet):
        assert f"exercises/{sheet}/{notebook}.ipynb" in names


def test_bundle_holds_one_sheet_and_its_data_only(sheet, names):
    info = COURSE.sheet(sheet)
    data = {path.relative_to(ROOT).as_posix() for one in info.data for path in ROOT.glob(one)}
    assert {name for name in names if name.startswith("data/")} == data
    assert {name.split("/")[1] for name in names if name.startswith("exercises/")} == {sheet}
    assert not [name for name in names if Path(name).stem in info.lecture]


def test_texts_of_the_bundle_name_this_sheet_and_commands_that_it_has(sheet, bundle, names):
    for name in names:
        if name.endswith(".md"):
            text = (bundle / name).read_text(encoding="utf-8")
            assert set(re.findall(r"\bsheet\d\d\b", text)) <= {sheet}, name
            assert "SHEET" not in text, name
            assert set(re.findall(r"\bgenlhc (\w+)", text)) <= {"handin"}, name
            assert not re.search(r"`make |^make |python benchmarks", text, re.MULTILINE), name


def test_pages_of_the_bundle_are_linked_and_lead_to_files_of_it(bundle, names):
    pages = [name for name in names if name.endswith(".md") and name.startswith("docs/")]
    assert len(pages) == 3
    readme = (bundle / "README.md").read_text(encoding="utf-8")
    assert all(f"]({name})" in readme for name in pages)
    for name in pages:
        text = (bundle / name).read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!https?:|attachment:|#)([^)#]+)", text):
            assert posixpath.normpath(f"docs/{link}") in names, (name, link)


def test_students_have_the_command_that_hands_in(sheet, bundle):
    project = tomllib.loads((bundle / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["scripts"] == {"genlhc": "course_handin.cli:main"}
    assert "course_handin*" in project["tool"]["setuptools"]["packages"]["find"]["include"]
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            "from course_handin.cli import main; main()",
            "handin",
            sheet,
        ],
        cwd=bundle,
        env=os.environ | {"PYTHONPATH": str(bundle)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "fill in your group and your names" in done.stderr
    assert (bundle / "group.toml").is_file()


def test_bundle_has_no_room_of_the_trusted_side(names):
    rooms = {name.split("/")[0] for name in names}
    assert not rooms & {"solutions", "autograde_tests", "course_grader", "tests", "build"}


def test_no_text_in_the_bundle_gives_an_answer_away(bundle, names):
    for name in names:
        if name.endswith((".npy", ".png")):
            continue
        text = (bundle / name).read_text(encoding="utf-8")
        assert not [word for word in TRUSTED if word in text], name


HIDDEN = sorted((ROOT / "autograde_tests").rglob("*.npy"))


@pytest.mark.parametrize("path", HIDDEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_hidden_event_is_handed_out(bundle, path):
    """Files with the same columns are compared row by row, whatever they are called."""
    events = np.load(path)
    secret = {row.tobytes() for row in events}
    assert len(secret) == len(events)
    for known in sorted(bundle.rglob("*.npy")):
        table = np.load(known)
        if table.shape[1:] == events.shape[1:] and table.dtype == events.dtype:
            assert not any(row.tobytes() in secret for row in table), known
