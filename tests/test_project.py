"""The house is in order: pins agree, imports go one way, nothing is skipped."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PACKAGES = ("course_utils", "course_notebooks", "autograde_tests", "course_grader", "course_handin")
MAY_IMPORT = {
    "course_utils": {"course_utils"},
    "autograde_tests": {"autograde_tests", "course_utils"},
    "course_notebooks": {"course_notebooks"},
    "course_grader": {"course_grader", "course_notebooks"},
    "course_handin": {"course_handin", "course_notebooks"},
}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def lock() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text().split()
    return {normalised(name): version for name, version in (line.split("==") for line in lines)}


def declared() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {"students": project["dependencies"], **project["optional-dependencies"]}
    return {
        group: [normalised(re.split(r"[<>=!~ \[]", line)[0]) for line in lines]
        for group, lines in groups.items()
    }


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_environment_pins_are_those_of_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    pip = next(item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    pins = dict(line.split("==") for line in pip if not line.startswith("-e"))
    assert {normalised(name) for name in pins} == set(declared()["students"])
    assert all(lock()[normalised(name)] == version for name, version in pins.items())


def test_every_declared_dependency_is_locked():
    missing = {name for names in declared().values() for name in names} - set(lock())
    assert not missing


def test_torch_is_pinned_without_a_local_build_label():
    assert "+" not in lock()["torch"]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_one_way(package):
    for path in sorted((ROOT / package).rglob("*.py")):
        ours = imported(path) & set(PACKAGES)
        assert ours <= MAY_IMPORT[package], f"{path} imports {ours - MAY_IMPORT[package]}"


ROOMS = ("runner", "sandbox", "marking", "release", "intake", "grading", "results", "lecturer")


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_of_the_grader_use_only_what_comes_before_them(room):
    later = ROOMS[ROOMS.index(room) + 1 :]
    for path in sorted((ROOT / "course_grader" / room).rglob("*.py")):
        used = re.findall(r"from course_grader\.(\w+)", path.read_text(encoding="utf-8"))
        assert not set(used) & set(later), path


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_are_small(package):
    long = {
        str(path.relative_to(ROOT)): n_lines
        for path in (ROOT / package).rglob("*.py")
        if (n_lines := len(path.read_text(encoding="utf-8").splitlines())) > 280
    }
    assert not long


def test_no_test_is_skipped_or_empty():
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"@pytest\.mark\.(skip|xfail)\b", source), path
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert not all(isinstance(line, ast.Pass) for line in node.body), node.name


def test_make_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    assert {"help", "demo", "test", "lint", "exercises", "solutions"} <= set(targets)
    assert all(re.search(rf"^{target}:.*## ", makefile, re.MULTILINE) for target in targets)


def test_continuous_integration_calls_the_readme_command():
    assert "make test" in (ROOT / ".ci/run").read_text()
    assert "make test" in (ROOT / "README.md").read_text()
    assert "make demo" in (ROOT / "README.md").read_text()
