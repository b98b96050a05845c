"""What a student sees: cells of the exercises run in an IPython shell, outputs as text."""

import re
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.interactiveshell import InteractiveShell

from autograde_tests import reference
from autograde_tests.cases import Case
from autograde_tests.sheets import cases

ROOT = Path(__file__).parents[1]
MOST_LINES = 6  # of a message
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@cache
def _shell() -> InteractiveShell:
    shell = InteractiveShell()
    shell.colors = "nocolor"
    return shell


def run(namespace: Mapping[str, Any], *cells: str) -> str:
    """What the last of some cells shows, in a notebook whose names are those of `namespace`.

    Cells before it must not fail.
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
                assert result.success, out.getvalue()
                out.truncate(out.seek(0))
    sys.displayhook, sys.excepthook = hooks
    return _COLOUR.sub("", out.getvalue()).strip()


@cache
def cells(folder: str, sheet: str, notebook: str) -> dict[str, Any]:
    """Code cells of a notebook by their id, as the source of `folder` has them."""
    path = ROOT / folder / sheet / f"{notebook}.ipynb"
    return {
        cell.id: cell
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    }


@cache
def grade_cell(sheet: str, notebook: str, check: str) -> Any:
    """The grade cell of the solution that calls a hidden check."""
    (found,) = (
        cell
        for cell in cells("solutions", sheet, notebook).values()
        if cell.metadata.get("nbgrader", {}).get("grade")
        and re.search(rf"\b{check}\(", cell.source)
    )
    return found


def check_cell(sheet: str, notebook: str, check: str) -> str:
    """What students have of that cell."""
    name = grade_cell(sheet, notebook, check).id
    return str(cells("exercises", sheet, notebook)[name].source)


@cache
def solutions(sheet: str) -> dict[str, dict[str, Any]]:
    """Names that the solution notebooks of a sheet bind without training, by notebook."""
    return {name: reference.load(sheet, name) for name in {case.notebook for case in cases(sheet)}}


_SHOWN: dict[tuple[str, str], dict[str, str]] = {}


def shown(sheet: str, case: Case) -> dict[str, str]:
    """What a check cell shows for the right answer (named "") and for each wrong one."""
    if (sheet, case.name) not in _SHOWN:
        cell = check_cell(sheet, case.notebook, case.name)
        names = solutions(sheet)[case.notebook] | dict(case.stand_ins)
        texts = {"": run(names, cell)}
        for mutant, wrong in case.mutants.items():
            answers = dict(zip(case.answers, wrong.answers(names), strict=True))
            texts[mutant] = run(names | answers, cell)
        _SHOWN[sheet, case.name] = texts
    return _SHOWN[sheet, case.name]


def is_caught(shown: str) -> bool:
    """Whether a check cell said that something is wrong."""
    return not shown.endswith("ran as it should.")


def complaints(shown: str) -> list[str]:
    """What is wrong with a message."""
    lines = shown.splitlines()
    return [
        complaint
        for complaint, applies in {
            "does not begin with ✗": not lines[0].startswith("✗ "),
            "is too long": len(lines) > MOST_LINES,
            "is bare": re.search(r"(?m)^✗?\s*\w*(Error|Exception|CheckFailed):?$", shown),
            "shows a traceback": re.search(r"Traceback|site-packages|File |Cell In|----", shown),
            "names no quantity": "`" not in lines[0] and not re.search(r"→ .*\w", shown),
            "has a line nobody reads": max(map(len, lines)) > 250,
        }.items()
        if applies
    ]
