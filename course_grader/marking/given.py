"""What a grade cell needs of the cells that were given: the least of them that binds its names.

`assert_allclose(area(r), expected)` uses names that the set-up cell imports and another given cell
computes. These cells are the lecturer's code: what they bind is made anew on the trusted side, from
the master's cells, whatever a group did to its copies. Names of solution cells are answers there,
too: `a = random_matrix(3)` in a given cell calls the group's function.
"""

import ast
import contextlib
import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from nbgrader.utils import is_grade, is_solution

from course_grader import former
from course_grader.cells import cell_name, is_test
from course_grader.names import as_python, bound_names, free_names

_SHOWN = {"print", "display", "help", "show", "get_ipython"}


@dataclass(frozen=True)
class Given:
    """Statements of a given cell.

    Attributes:
        cell: its name, from which its random numbers follow.
        source: the statements, in their order.
        names: what they bind.
    """

    cell: str
    source: str
    names: tuple[str, ...]


def given_for(cells: list[Any]) -> dict[str, list[Given]]:
    """What each grade cell of a solution needs of its given cells, by grade id.

    Args:
        cells: of the solution notebook.
    """
    answers = answers_of(cells)
    before: list[tuple[str, list[ast.stmt]]] = []
    found: dict[str, list[Given]] = {}
    own = 0
    for index, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        name = cell_name(cell, index)
        if not cell.metadata.get("nbgrader", {}).get("grade_id"):
            own += 1
            name = f"cell {own}"
        if is_test(cell) and _statements(cell.source):
            needed = free_names(cell.source) - answers
            if pieces := _slice(before, needed, answers):
                found[name] = pieces
        elif not is_solution(cell) and not is_grade(cell):
            before.append((name, _statements(cell.source)))
    return found


def answers_of(cells: Iterable[Any]) -> set[str]:
    """Names that the solution cells of a notebook bind."""
    solved = [cell for cell in cells if cell.cell_type == "code" and is_solution(cell)]
    return set[str]().union(*(bound_names(cell.source) for cell in solved))


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(as_python(source)).body
    except SyntaxError:
        return []


def _slice(
    cells: list[tuple[str, list[ast.stmt]]], needed: set[str], answers: set[str]
) -> list[Given]:
    """The statements that bind names, or change what they are bound to, and what these need."""
    open_names, pieces = set(needed), []
    for name, statements in reversed(cells):
        kept: list[ast.stmt] = []
        bound: set[str] = set()
        for statement in reversed(statements):
            binds = _binds(statement, open_names) - answers
            if binds & open_names or _changes(statement, open_names):
                text = ast.unparse(statement)
                open_names |= free_names(text) - answers
                kept.append(statement)
                bound |= binds
        if kept:
            text = "\n".join(ast.unparse(statement) for statement in reversed(kept))
            pieces.append(Given(name, text, tuple(sorted(bound))))
    return pieces[::-1]


def _binds(statement: ast.stmt, wanted: Iterable[str]) -> set[str]:
    """Names that a statement binds; of `from … import *` those that are wanted."""
    return set(wanted) & _starred(statement) | bound_names(ast.unparse(statement))


def starred_in(source: str) -> set[str]:
    """Names that a cell gets by `from module import *`, of modules that can be imported here."""
    return set[str]().union(*map(_starred, _statements(source)))


def _starred(statement: ast.stmt) -> set[str]:
    if not isinstance(statement, ast.ImportFrom) or statement.names[0].name != "*":
        return set()
    for module in (statement.module or "", f"{former.__name__}.{statement.module}"):
        with contextlib.suppress(Exception):
            return set(_exported(importlib.import_module(module)))
    return set()


def _exported(found: ModuleType) -> Iterable[str]:
    listed = getattr(found, "__all__", None)
    return [str(one) for one in listed or dir(found) if listed or not one.startswith("_")]


def _changes(statement: ast.stmt, names: set[str]) -> bool:
    """Whether a statement may change what one of the names is bound to, or seeds its package."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        root = _root(call.func)
        if isinstance(call.func, ast.Attribute):
            return root in names
        given = [*call.args, *(option.value for option in call.keywords)]
        return root not in _SHOWN and any(_root(one) in names for one in given)
    targets: Iterator[ast.expr] = iter(())
    if isinstance(statement, ast.Assign):
        targets = iter(statement.targets)
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign):
        targets = iter([statement.target])
    elif isinstance(statement, ast.For | ast.While | ast.With | ast.If | ast.Try):
        return any(_changes(one, names) for one in ast.walk(statement)
                   if isinstance(one, ast.stmt) and one is not statement)  # fmt: skip
    return any(_root(one) in names for one in targets if not isinstance(one, ast.Name))


def _root(node: ast.AST) -> str:
    """The name at the beginning of `a.b[c].d`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
