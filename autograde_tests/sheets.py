"""Which sheets have checks, and the cases of each: found in `autograde_tests/`, listed nowhere.

A sheet is a package of `autograde_tests` with a package `mutants` in it. Each module of `mutants`
whose name does not begin with `_` gives `CASES`, `METRICS` or both, tuples of `Case` and
`MetricCase`, and maybe `CONTROLS`, of `Control`, and `VARIANTS`, of `Variant`.
"""

import traceback
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, TypeVar

from autograde_tests.cases import Case, Control, MetricCase, Variant
from autograde_tests.errors import ChecksError

ROOM = Path(__file__).parent
"""The folder of all checks, `autograde_tests/` of a course."""

_Kind = TypeVar("_Kind")


def sheets() -> list[str]:
    """Names of the sheets that have checks with mutants.

    Example:
        >>> "sheet01" in sheets()
        True
    """
    return sorted(path.parents[1].name for path in ROOM.glob("*/mutants/__init__.py"))


def cases(sheet: str) -> tuple[Case, ...]:
    """All right-or-wrong checks of a sheet.

    Raises:
        ChecksError: if the sheet has no checks, or a module of them is broken.

    Example:
        >>> {case.notebook for case in cases("sheet01")} >= {"gan_convergence"}
        True
    """
    return _collect(sheet, "CASES", Case)


def metric_cases(sheet: str) -> tuple[MetricCase, ...]:
    """All measured checks of a sheet; most sheets have some, none needs any.

    Raises:
        ChecksError: if the sheet has no checks, or a module of them is broken.
    """
    return _collect(sheet, "METRICS", MetricCase)


def controls(sheet: str) -> tuple[Control, ...]:
    """What the metrics of a sheet must detect; a sheet needs none.

    Raises:
        ChecksError: if the sheet has no checks, or a module of them is broken.
    """
    return _collect(sheet, "CONTROLS", Control)


def variants(sheet: str, notebook: str) -> tuple[Variant, ...]:
    """Other honest solutions of a notebook, which earn all points as well.

    Raises:
        ChecksError: if the sheet has no checks, or a module of them is broken.
    """
    return tuple(one for one in _collect(sheet, "VARIANTS", Variant) if one.notebook == notebook)


def _collect(sheet: str, name: str, kind: type[_Kind]) -> tuple[_Kind, ...]:
    found: list[_Kind] = []
    for module in _modules(sheet):
        given = getattr(module, name, ())
        if not isinstance(given, tuple | list) or not all(isinstance(x, kind) for x in given):
            raise ChecksError(
                f"{_shown(module.__file__)}: {name} must be a tuple of {kind.__name__}"
            )
        found += given
    return tuple(found)


def _modules(sheet: str) -> list[ModuleType]:
    package = ROOM / sheet / "mutants"
    if sheet not in sheets():
        have = ", ".join(sheets()) or "no sheet"
        raise ChecksError(
            f"{_shown(package)}/ is missing or no package (it has no __init__.py): there are "
            f"checks with mutants for {have}; docs/add-a-task.md shows how to make some"
        )
    names = sorted(m.name for m in iter_modules([str(package)]) if not m.name.startswith("_"))
    modules = [_module(f"{__package__}.{sheet}.mutants.{name}") for name in names]
    for module in modules:
        if not hasattr(module, "CASES") and not hasattr(module, "METRICS"):
            raise ChecksError(
                f"{_shown(module.__file__)} gives neither CASES nor METRICS: add one, or begin the "
                "module's name with `_` if it only helps others"
            )
    return modules


def _module(name: str) -> ModuleType:
    try:
        return import_module(name)
    except Exception as error:
        raise ChecksError(f"{_origin(name, error)}: {type(error).__name__}: {error}") from error


def _origin(name: str, error: Exception) -> str:
    """The last line of ours that the error came through, or that cannot be read."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(error.filename)}, line {error.lineno} cannot be read"
    ours = [
        f"{_shown(frame.filename)}, line {frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(ROOM) and frame.filename != __file__
    ]
    return f"{ours[-1]} cannot be imported" if ours else f"{name} cannot be imported"


def _shown(path: Any) -> str:
    return str(Path(path).relative_to(ROOM.parent))
