"""The grader is a distribution of its own, for courses that want nothing of this one."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser

import pytest
from test_project import ROOT, imported, normalised

PROJECT = tomllib.loads((ROOT / "course_grader" / "pyproject.toml").read_text("utf-8"))["project"]
WHOLE = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LAZY = {"pandas", "torch", "IPython", "traitlets", "dask", "matplotlib", "matplotlib_inline"}
"""Only where a notebook has it; with the others."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The grader's wheel, built from a copy: building leaves folders behind."""
    place = tmp_path_factory.mktemp("wheel")
    for name in ("course_grader", "course_notebooks"):
        ignored = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
        shutil.copytree(ROOT / name, place / name, ignore=ignored)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "./course_grader", "-w", "made"], cwd=place, check=True)
    (path,) = (place / "made").glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_wheel_holds_the_grader_and_nothing_of_the_course(wheel):
    files = [name for name in wheel.namelist() if ".dist-info/" not in name]
    assert {name.split("/")[0] for name in files} == {"course_grader", "course_notebooks"}
    source = {
        path.relative_to(ROOT).as_posix()
        for name in ("course_grader", "course_notebooks")
        for path in (ROOT / name).rglob("*")
        if path.suffix == ".py" or ("templates" in path.parts and path.is_file())
    }
    assert {name for name in source if "__pycache__" not in name} == set(files)


def test_the_wheel_brings_the_command_and_no_library_of_physics(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith("METADATA"))
    needs = Parser().parsestr(wheel.read(name).decode()).get_all("Requires-Dist")
    assert not [line for line in needs if line.startswith(("torch", "scikit", "vector", "POT"))]
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "genlhc = course_grader.cli:main" in wheel.read(name).decode()


def test_its_dependencies_are_those_of_the_whole_project():
    whole = {*WHOLE["dependencies"], *WHOLE["optional-dependencies"]["grader"]}
    assert set(PROJECT["dependencies"]) <= whole
    assert set(WHOLE["optional-dependencies"]["grader"]) <= set(PROJECT["dependencies"])
    assert PROJECT["version"] == WHOLE["version"]


def test_it_imports_only_what_it_declares():
    declared = {normalised(line.split(">")[0].split("[")[0]) for line in PROJECT["dependencies"]}
    for package in ("course_grader", "course_notebooks"):
        for path in (ROOT / package).rglob("*.py"):
            others = imported(path) - {"course_grader", "course_notebooks"} - LAZY
            unknown = {normalised(name) for name in others - sys.stdlib_module_names} - declared
            assert not unknown, path
