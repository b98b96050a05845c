"""Imports of packages that are no more, in tests that were written long ago."""

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from course_grader.cells import cell_name
from course_grader.former.nose.tools import METHODS
from course_grader.names import as_python


def old_imports(cells: Iterable[Any]) -> Iterator[str]:
    """Lines that import nose, with what to write today, as sentences that begin with the cell.

    Args:
        cells: of a solution; in those that students write nothing is looked for.
    """
    for index, cell in enumerate(cells):
        if cell.cell_type != "code" or cell.metadata.get("nbgrader", {}).get("solution"):
            continue
        for node in ast.walk(ast.parse(as_python(cell.source))):
            if isinstance(node, ast.Import | ast.ImportFrom) and _is_of_nose(node):
                yield f"{cell_name(cell, index)}, line {node.lineno}: {_today(node)}"


def _is_of_nose(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.Import):
        names = [one.name for one in node.names]
    else:
        names = [node.module or ""]
    return any(name.partition(".")[0] == "nose" for name in names)


def _today(node: ast.Import | ast.ImportFrom) -> str:
    """What stands for an import.

    Example:
        >>> node = ast.parse("from nose.tools import eq_, assert_raises as fails").body[0]
        >>> _today(node)
        'eq_ = TestCase().assertEqual; fails = TestCase().assertRaises'
    """
    known = [(one.asname or one.name, METHODS.get(one.name)) for one in node.names]
    said = [f"{name} = TestCase().{method}" for name, method in known if method]
    return "; ".join(said) or "assert_equal = TestCase().assertEqual, and so on"
