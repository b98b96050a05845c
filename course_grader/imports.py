"""What code imports: at once, or inside of functions when it is used."""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def imported(source: str) -> frozenset[str]:
    """Names of the modules that a piece of code imports; none if it is not Python.

    Example:
        >>> sorted(imported("import numpy as np\\nfrom torch import nn"))
        ['numpy', 'torch', 'torch.nn']
    """
    return _imports(source)[0]


def imported_later(modules: Iterable[str], root: Path) -> set[str]:
    """What these modules, and those of the course that they import, import inside of functions.

    Args:
        modules: their names; those that are no files of the course are not looked into.
        root: the course's folder.
    """
    later: set[str] = set()
    seen: set[str] = set()
    new = set(modules)
    while new:
        seen |= new
        found = [_imports(path.read_text(encoding="utf-8", errors="replace"))
                 for name in new for path in _files(root, name)]  # fmt: skip
        later = later.union(*(inside for _, inside in found))
        new = set().union(*(every for every, _ in found)) - seen
    return later


def _files(root: Path, module: str) -> list[Path]:
    path = root.joinpath(*module.split("."))
    return [one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file()]


@cache
def _imports(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """All imports of a piece of code, and those inside of functions."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return frozenset(), frozenset()
    functions = [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]
    return _names(tree), frozenset().union(*map(_names, functions))


def _names(tree: ast.AST) -> frozenset[str]:
    nodes = list(ast.walk(tree))
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)
