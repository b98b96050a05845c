"""What of the hidden tests counts for a sheet, found by reading: nothing is imported or run.

From the grade cells of the sheet's solutions imports are followed through the course's modules. A
change of what they reach renews the sheet's marks; what only other sheets use does not.
"""

import ast
import os
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from course_grader.cells import is_test
from course_grader.course import Course
from course_grader.files import digest

_INIT = "__init__.py"
_HARMLESS = ("importlib.metadata.", "importlib.resources.")
_LOADERS = ("builtins", "importlib", "pkgutil", "runpy", "subprocess", "zipimport")
_LISTS = {"glob", "iterdir", "listdir", "scandir"}
_NAMES = ("__builtins__", "__import__", "eval", "exec", "get_ipython", "__path__")
_ATTRIBUTES = ("__import__", "__path__", "exec_module", "import_module", "load_module", "meta_path")


def checks_digest(course: Course, notebooks: Iterable[Any]) -> str:
    """SHA-256 of the files under `checks` that count for a sheet, with their names.

    Args:
        course: the course.
        notebooks: the sheet's solutions.
    """
    return digest(counted_checks(course, notebooks))


def counted_checks(course: Course, notebooks: Iterable[Any]) -> dict[str, Path]:
    """The files under `checks` that count for a sheet, by name relative to the course.

    A Python file counts if imports lead to it, wherever they stand in the code. Any other file
    counts if the package around it does, or if there is no package around it. A package counts,
    too, if a string names it, as in `HERE.parent / "sheet01" / "data"`. If code loads other code
    in a way that reading does not show (`importlib`, `exec`, `sys.path`, `%run`), all files count.
    """
    files = _files(course)
    checks = set(files.values())
    packages = {path.parent for path in checks if path.name == _INIT}
    reach = _Reach(course, checks, packages)
    reach.follow(cell.source for notebook in notebooks for cell in notebook.cells if is_test(cell))
    if reach.is_blind:
        return files
    return {name: path for name, path in files.items() if _counts(path, reach.modules, packages)}


def _files(course: Course) -> dict[str, Path]:
    """All files under `checks`, compiled code aside."""
    entries = [course.root / name for name in course.settings.checks]
    paths = (path for entry in entries for path in (entry, *entry.rglob("*")) if path.is_file())
    return {
        Path(os.path.relpath(path, course.root)).as_posix(): path
        for path in paths
        if "__pycache__" not in path.parts
    }


def _counts(path: Path, modules: set[Path], packages: set[Path]) -> bool:
    if path.suffix == ".py":
        return path in modules
    around = next((folder for folder in path.parents if folder in packages), None)
    return around is None or around / _INIT in modules


class _Reach:
    """The modules that tests lead to.

    Attributes:
        modules: their files.
        is_blind: whether something loads code in a way that cannot be followed.

    Args:
        course: the course; what its students get imports no checks and is not followed.
        checks: all files of the checks.
        packages: folders of them that have an `__init__.py`.
    """

    def __init__(self, course: Course, checks: set[Path], packages: set[Path]) -> None:
        self.modules: set[Path] = set()
        self.is_blind = False
        entries = [course.root / name for name in course.settings.checks]
        loose = [entry for entry in entries if entry.is_dir() and entry not in packages]
        parents = [entry.parent for entry in entries]
        self._places = list(dict.fromkeys([course.root, *parents, *loose]))
        self._checks = checks
        self._library = [course.root / name for name in course.settings.bundle]
        self._packages: dict[str, list[Path]] = defaultdict(list)
        for folder in packages:
            self._packages[folder.name].append(folder)
        self._known: set[str] = set()
        self._waiting: list[Path] = []

    def follow(self, sources: Iterable[str]) -> None:
        """Reads tests and all modules that they lead to."""
        for source in sources:
            tree = _parsed(source)
            if tree is None:  # a magic of IPython may run any file
                self.is_blind = True
                return
            self._read(tree, None)
        while self._waiting and not self.is_blind:
            path = self._waiting.pop()
            tree = _parsed(path.read_bytes())
            if tree is not None:  # else it cannot be imported as it is
                self._read(tree, path.parent)

    def _read(self, tree: ast.Module, folder: Path | None) -> None:
        for node in ast.walk(tree):
            match node:
                case ast.Import(names=names):
                    self._import([alias.name for alias in names], self._places)
                case ast.ImportFrom(module=module, names=names, level=level):
                    start = f"{module}." if module else ""
                    around = [folder, *folder.parents][level - 1 : level] if folder else []
                    places = around if level else self._places
                    self._import([f"{start}{alias.name}" for alias in names], places)
                case ast.Constant(value=str(text)):
                    self._name(text)
                case ast.Name(id=name) if name in _NAMES:
                    self.is_blind = True
                case ast.Attribute(attr=name) if name in _ATTRIBUTES:
                    self.is_blind = True
                case ast.Attribute(value=ast.Name(id="sys"), attr="modules" | "path"):
                    self.is_blind = True

    def _name(self, text: str) -> None:
        """Takes the packages that a path or a dotted name in a string names."""
        if text and not any(map(str.isspace, text)):
            for part in re.split(r"[/\\.:]", text):
                for folder in self._packages.get(part, ()):
                    self._take(folder / _INIT)

    def _import(self, names: Iterable[str], places: Sequence[Path]) -> None:
        """Takes modules and the packages around them, wherever there is one of the name."""
        for name in names:
            if places is self._places:
                if name in self._known:
                    continue
                self._known.add(name)
                loads = name.split(".")[0] in _LOADERS
                self.is_blind |= loads and not f"{name}.".startswith(_HARMLESS)
            for place in places:
                self._look(place, name.split("."))

    def _look(self, folder: Path, parts: list[str]) -> None:
        for part in parts:
            if part == "*":
                self._take_named(folder)
                return
            package, module = folder / part / _INIT, folder / f"{part}.py"
            if package.is_file():
                self._take(package)
            elif module.is_file():
                self._take(module)
                return
            elif not package.parent.is_dir():
                return
            folder = package.parent

    def _take_named(self, package: Path) -> None:
        """Takes what a star imports of a package: modules that its text names, as in `__all__`."""
        if (package / _INIT).is_file():
            words = set(re.findall(r"\w+", (package / _INIT).read_text("utf-8", "replace")))
            for path in (*package.glob("*.py"), *package.glob(f"*/{_INIT}")):
                name = path.parent.name if path.name == _INIT else path.stem
                if name in words or words & _LISTS:
                    self._take(path)

    def _take(self, path: Path) -> None:
        is_library = path not in self._checks and any(map(path.is_relative_to, self._library))
        if path not in self.modules and not is_library:
            self.modules.add(path)
            self._waiting.append(path)


def _parsed(source: str | bytes) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
