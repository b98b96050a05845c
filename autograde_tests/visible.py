"""What students see of an answer: the visible part of a check cell, run as a notebook runs it."""

import re
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from typing import Any

import nbformat
from IPython.core.interactiveshell import InteractiveShell

from autograde_tests import reference
from autograde_tests.cases import Case
from autograde_tests.errors import ChecksError
from autograde_tests.sheets import cases

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_HIDDEN = re.compile(r"(?ms)^### BEGIN HIDDEN TESTS$.*?^### END HIDDEN TESTS$")


@cache
def _shell() -> InteractiveShell:
    shell = InteractiveShell()
    shell.colors = "nocolor"
    return shell


def run(namespace: Mapping[str, Any], *cells: str) -> str:
    """What the last of some cells shows, in a notebook whose names are those of `namespace`.

    Raises:
        ChecksError: if a cell before it fails.

    Example:
        >>> run({"x": 2}, "y = x + 1", "print(y)")
        '3'
    """
    shell, out = _shell(), StringIO()
    hooks = sys.displayhook, sys.excepthook
    shell.user_ns.clear()
    shell.init_user_ns()
    shell.user_ns.update(namespace, __name__="__main__")
    with redirect_stdout(out), redirect_stderr(out):
        for number, cell in enumerate(cells, 1):
            result = shell.run_cell(cell)
            if number < len(cells):
                if not result.success:
                    raise ChecksError(out.getvalue())
                out.truncate(out.seek(0))
    sys.displayhook, sys.excepthook = hooks
    return _COLOUR.sub("", out.getvalue()).strip()


def is_caught(shown: str) -> bool:
    """Whether a check cell said that something is wrong.

    Example:
        >>> is_caught("✓ Task 2a: this cell ran as it should.")
        False
    """
    return not shown.endswith("ran as it should.")


def grade_cell(sheet: str, notebook: str, check: str) -> Any:
    """The grade cell of the solution that calls a hidden check; None if there is none."""
    for cell in nbformat.read(reference.path(sheet, notebook), as_version=4).cells:
        is_graded = cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
        if is_graded and re.search(rf"\b{check}\(", cell.source):
            return cell
    return None


def shown(case: Case, cell: str, namespace: Mapping[str, Any]) -> dict[str, str]:
    """What a check cell shows for the right answers (named "") and for each mutant.

    Args:
        case: of the check.
        cell: its visible part.
        namespace: what the solution binds without training.
    """
    names = {**namespace, **case.stand_ins}
    texts = {"": run(names, cell)}
    for name, mutant in case.mutants.items():
        answers = dict(zip(case.answers, mutant.answers(names), strict=True))
        texts[name] = run({**names, **answers}, cell)
    return texts


def survey(sheet: str, report: Callable[[str], None] = print) -> dict[str, dict[str, str]]:
    """For each check of a sheet what its visible part says of each mutant; "" where it passes.

    Checks that no grade cell calls are left out.

    Args:
        sheet: name of the sheet.
        report: told what the visible parts refuse, check by check.

    Raises:
        ChecksError: if a visible part refuses the solution.
    """
    found: dict[str, dict[str, str]] = {}
    namespaces: dict[str, dict[str, Any]] = {}
    slips: list[bool] = []
    for case in cases(sheet):
        cell = grade_cell(sheet, case.notebook, case.name)
        if cell is None:
            continue
        if case.notebook not in namespaces:
            namespaces[case.notebook] = reference.load(sheet, case.notebook)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # wrong answers may warn
            texts = shown(case, _HIDDEN.sub("", cell.source), namespaces[case.notebook])
        right = texts.pop("")
        if is_caught(right):
            raise ChecksError(f"the visible part of {case.name} refuses the solution: {right}")
        found[case.name] = {
            name: text.partition("\n")[0] if is_caught(text) else "" for name, text in texts.items()
        }
        slips += [is_caught(text) for name, text in texts.items() if case.mutants[name].is_slip]
        report(f"visible part of {case.name}:")
        for name, text in texts.items():
            says = " / ".join(text.splitlines()) if is_caught(text) else "passes"
            report(f"  {name}{'' if case.mutants[name].is_slip else ' (no slip)'}: {says}")
    if slips:
        report(f"visible parts refuse {sum(slips)} of {len(slips)} slips")
    return found
