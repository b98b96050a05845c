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

from autograde_tests.errors import ChecksError

SOLUTIONS = Path(__file__).parents[1] / "solutions"
SKIP_TAGS = {"skip-calibration", "lecture-demo"}
ONLY_DEFINITIONS = (
    " (for checks that need no training only the first code cell, with its imports, and the "
    "solution cells are executed)"
)
SEED_LINE = re.compile(r"(?m)^SEED = \d+$")


Changes = tuple[tuple[str, str], ...]
"""Pairs of a text in the code of a notebook and what stands there instead."""


def load(
    sheet: str,
    notebook: str,
    *,
    seed: int | None = None,
    trained: bool = False,
    changes: Changes = (),
) -> dict[str, Any]:
    """Names that a solution notebook binds.

    There is no second copy of the answers: they are taken from `solutions/`. Grade cells are
    never executed.

    Args:
        sheet: folder below `solutions/`.
        notebook: name without suffix, as `"gan_convergence"`.
        seed: replaces the number in the line `SEED = 1` of the first code cell; None leaves the
            notebook as it is.
        trained: also execute the given cells (data, training), except those tagged
            `skip-calibration` or `lecture-demo`; otherwise only the first code cell, where a
            notebook is set up, and the solution cells.
        changes: of its text, each in one place.

    Raises:
        ChecksError: if there is no such notebook, a seed or change has no place in it, or a cell
            fails.

    Example:
        >>> answers = load("sheet01", "gan_convergence")
        >>> callable(answers["optimal_discriminator"])
        True
    """
    place = path(sheet, notebook)
    plt.switch_backend("Agg")
    module = ModuleType(f"solution_{sheet}_{notebook}")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    with redirect_stdout(io.StringIO()):
        for number, text in _changed(place, _cells(place, seed, trained), changes):
            _execute(place, number, text, module.__dict__, trained)
    plt.close("all")
    return module.__dict__


def source(
    sheet: str,
    notebook: str,
    *,
    seed: int | None = None,
    trained: bool = False,
    changes: Changes = (),
) -> str:
    """The code that `load` executes with the same arguments.

    Raises:
        ChecksError: if there is no such notebook, or a seed or change has no place in it.

    Example:
        >>> "def optimal_discriminator" in source("sheet01", "gan_convergence")
        True
    """
    place = path(sheet, notebook)
    return "\n".join(text for _, text in _changed(place, _cells(place, seed, trained), changes))


def path(sheet: str, notebook: str) -> Path:
    """Where a solution notebook is.

    Raises:
        ChecksError: if there is no such notebook.
    """
    found = SOLUTIONS / sheet / f"{notebook}.ipynb"
    if not found.is_file():
        have = ", ".join(sorted(other.stem for other in found.parent.glob("*.ipynb"))) or "none"
        raise ChecksError(
            f"the checks of {sheet} ask for {_shown(found)}, which is not there; "
            f"solution notebooks of {sheet}: {have}"
        )
    return found


def _execute(path: Path, number: int, text: str, names: dict[str, Any], trained: bool) -> None:
    try:
        exec(compile(text, f"{path.name}[cell {number}]", "exec"), names)
    except Exception as error:
        raise ChecksError(
            f"{_shown(path)}: cell {number} ends with {type(error).__name__}: {error}"
            f"{'' if trained else ONLY_DEFINITIONS}"
        ) from error


def _cells(path: Path, seed: int | None, trained: bool) -> Iterator[tuple[int, str]]:
    """Number (from 1, Markdown cells counted) and text of each cell that is executed."""
    is_first = True
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells, 1):
        if cell.cell_type != "code":
            continue
        text = str(cell.source)
        if is_first and seed is not None:
            text = _with_seed(path, number, text, seed)
        marks = cell.metadata.get("nbgrader", {})
        skipped = SKIP_TAGS & set(cell.metadata.get("tags", []))
        if not marks.get("grade") and (
            is_first or marks.get("solution") or (trained and not skipped)
        ):
            yield number, text
        is_first = False


def _changed(
    path: Path, cells: Iterator[tuple[int, str]], changes: Changes
) -> list[tuple[int, str]]:
    found = list(cells)
    for old, new in changes:
        n_places = sum(text.count(old) for _, text in found)
        if n_places != 1:
            raise ChecksError(
                f"{_shown(path)}: a variant replaces {old!r}, which must stand in one place of the "
                f"executed code and stands in {n_places}; correct the variant"
            )
        found = [(number, text.replace(old, new)) for number, text in found]
    return found


def _with_seed(path: Path, number: int, text: str, seed: int) -> str:
    text, n_replaced = SEED_LINE.subn(f"SEED = {seed}", text)
    if n_replaced != 1:
        raise ChecksError(
            f"{_shown(path)}: a measured task is trained with several seeds, so the first code "
            f"cell (cell {number}) needs one line `SEED = 1`, and it has {n_replaced}; write it "
            "there, and let the training depend on it, as by "
            "`course_utils.seeding.seed_everything(SEED)`"
        )
    return text


def _shown(path: Path) -> str:
    return str(path.relative_to(SOLUTIONS.parent))
