"""What a student sees: check cells of the exercises, whose outputs are text."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

from autograde_tests import reference, visible
from autograde_tests.cases import Case
from autograde_tests.sheets import cases
from autograde_tests.visible import is_caught, run

__all__ = ["cells", "check_cell", "complaints", "grade_cell", "is_caught", "run", "shown"]

ROOT = Path(__file__).parents[1]
MOST_LINES = 6  # of a message


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
    found = visible.grade_cell(sheet, notebook, check)
    assert found, f"no grade cell of {sheet}/{notebook} calls {check}"
    return found


def is_called(sheet: str, notebook: str, check: str) -> bool:
    """Whether a notebook of the sheet has a grade cell that calls a hidden check."""
    return visible.grade_cell(sheet, notebook, check) is not None


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
        _SHOWN[sheet, case.name] = visible.shown(case, cell, solutions(sheet)[case.notebook])
    return _SHOWN[sheet, case.name]


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
