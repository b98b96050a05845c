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

ROOT = Path(__file__).parents[1]
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
def cells(folder: str, notebook: str) -> dict[str, Any]:
    """Code cells of a notebook of sheet01 by their id, as the source of `folder` has them."""
    path = ROOT / folder / "sheet01" / f"{notebook}.ipynb"
    return {
        cell.id: cell
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    }


@cache
def check_cell(notebook: str, check: str) -> str:
    """What students have of the grade cell that calls a hidden check."""
    (name,) = (
        name
        for name, cell in cells("solutions", notebook).items()
        if cell.metadata.get("nbgrader", {}).get("grade")
        and re.search(rf"\b{check}\(", cell.source)
    )
    return str(cells("exercises", notebook)[name].source)
