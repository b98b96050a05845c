"""The right answers: the solution notebook itself, executed as a module."""

import io
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib.pyplot as plt
import nbformat

SOLUTIONS = Path(__file__).parents[1] / "solutions"
SKIP_TAGS = {"skip-calibration", "lecture-demo"}


def load(
    notebook: str, *, sheet: str = "sheet01", seed: int = 1, trained: bool = False
) -> dict[str, Any]:
    """Names that a solution notebook binds.

    There is no second copy of the answers: they are taken from `solutions/`. Grade cells are
    never executed.

    Args:
        notebook: name without suffix, as `"gan_convergence"`.
        sheet: folder below `solutions/`.
        seed: replaces the number in the set-up cell's line `SEED = 1`.
        trained: also execute the given cells (data, training), except those tagged
            `skip-calibration` or `lecture-demo`; otherwise only the set-up cell and the solution
            cells.

    Raises:
        FileNotFoundError: if there is no such notebook.
        ValueError: if the set-up cell has no line `SEED = <number>`.

    Example:
        >>> answers = load("gan_convergence")
        >>> callable(answers["optimal_discriminator"])
        True
    """
    path = SOLUTIONS / sheet / f"{notebook}.ipynb"
    if not path.exists():
        raise FileNotFoundError(f"no solution notebook {path}")
    plt.switch_backend("Agg")
    module = ModuleType(f"solution_{sheet}_{notebook}")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    with redirect_stdout(io.StringIO()):
        for number, text in _cells(path, seed, trained):
            exec(compile(text, f"{path.name}[cell {number}]", "exec"), module.__dict__)
    plt.close("all")
    return module.__dict__


def source(notebook: str, *, sheet: str = "sheet01", trained: bool = False) -> str:
    """The code that `load` executes for seed 1.

    Example:
        >>> "def optimal_discriminator" in source("gan_convergence")
        True
    """
    path = SOLUTIONS / sheet / f"{notebook}.ipynb"
    return "\n".join(text for _, text in _cells(path, 1, trained))


def _cells(path: Path, seed: int, trained: bool) -> Iterator[tuple[int, str]]:
    code = [
        (number, cell)
        for number, cell in enumerate(nbformat.read(path, as_version=4).cells)
        if cell.cell_type == "code"
    ]
    for position, (number, cell) in enumerate(code):
        if position == 0:
            text, n_replaced = re.subn(r"(?m)^SEED = \d+$", f"SEED = {seed}", cell.source)
            if n_replaced != 1:
                raise ValueError(f"{path.name}: the set-up cell must have one line `SEED = 1`")
            yield number, text
            continue
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade"):
            continue
        if marks.get("solution") or (
            trained and not SKIP_TAGS & set(cell.metadata.get("tags", []))
        ):
            yield number, cell.source
