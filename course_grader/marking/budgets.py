"""Budgets of time that a solution notebook sets for cells that need more, or less, than others.

They stand in the metadata of the solution's cells, as seconds: `{"budget": {"cell": 900}}` for a
cell, `{"budget": {"call": 5}}` for the calls of a test, and `{"budget": {"notebook": 3600}}` in the
metadata of the notebook. What a student's copy says there counts for nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from nbgrader.utils import is_grade, is_locked, is_solution

from course_grader.sandbox.bubblewrap import Limits

KEY = "budget"
WHOLE = ""  # stands for the notebook itself
Budgets = Mapping[str, Mapping[str, float]]


def budgets(notebook: Any) -> dict[str, dict[str, float]]:
    """The budgets in a solution notebook, by grade id.

    Example:
        >>> from nbformat.v4 import new_notebook
        >>> budgets(new_notebook(metadata={"budget": {"notebook": 60}}))
        {'': {'notebook': 60.0}}
    """
    found = {
        name: {kind: float(seconds) for kind, seconds in said.items()}
        for name, said, kinds in _said(notebook)
        if not _problem(said, kinds)
    }
    return {name: said for name, said in found.items() if said}


def budget_problems(notebook: Any) -> Iterator[tuple[str, str]]:
    """Budgets that cannot be used: the cell's grade id, empty for the notebook, and why."""
    for name, said, kinds in _said(notebook):
        if problem := _problem(said, kinds):
            yield name, problem


def allowed(limits: Limits, given: Budgets, name: str) -> Limits:
    """The limits of one cell.

    Example:
        >>> allowed(Limits(cell=600), {"run-vae": {"cell": 900}}, "run-vae").cell
        900
    """
    said = given.get(name, {})
    return replace(
        limits,
        call=said.get("call", limits.call),
        cell=said.get("cell", limits.cell),
        notebook=said.get("notebook", limits.notebook),
    )


def _said(notebook: Any) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """Each place with a budget, what it says, and what it may say."""
    if KEY in notebook.metadata:
        yield WHOLE, notebook.metadata[KEY], ("notebook",)
    for cell in notebook.cells:
        if KEY in cell.metadata:
            named = is_grade(cell) or is_solution(cell) or is_locked(cell)
            name = str(cell.metadata.nbgrader.grade_id) if named else f"cell {cell.get('id', '')}"
            yield name, cell.metadata[KEY], ("cell", "call") if named else ()


def _problem(said: Any, kinds: tuple[str, ...]) -> str:
    if not kinds:
        return "a budget needs an nbgrader cell with a grade_id, so that it is found again"
    right = isinstance(said, dict) and all(
        kind in kinds and isinstance(value, int | float) and value > 0
        for kind, value in said.items()
    )
    if right:
        return ""
    example = dict.fromkeys(kinds, 900)
    return f"the budget must be seconds like {example}, got {said!r}"
