"""Names that a cell binds and names that it uses, by reading it."""

import ast
import symtable
from collections.abc import Iterator
from functools import lru_cache

from IPython.core.inputtransformer2 import TransformerManager


@lru_cache(maxsize=4096)
def as_python(source: str) -> str:
    """IPython's magics and shell lines as plain Python.

    Example:
        >>> as_python("%matplotlib inline")
        "get_ipython().run_line_magic('matplotlib', 'inline')\\n"
    """
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return str(TransformerManager().transform_cell(source))
    return source  # plain Python stays as it is


def bound_names(source: str) -> set[str]:
    """Names that a cell binds at its top level.

    Example:
        >>> sorted(bound_names("import torch\\ndef loss(x):\\n    y = x\\n    return y"))
        ['loss', 'torch']
    """
    try:
        table = symtable.symtable(as_python(source), "<cell>", "exec")
    except SyntaxError:
        return set()
    bound = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    }
    return bound | {
        symbol.get_name()
        for inner in _inner(table)
        for symbol in inner.get_symbols()
        if symbol.is_declared_global() and symbol.is_assigned()
    }


def free_names(source: str) -> set[str]:
    """Names that a cell uses and does not bind itself; builtins are among them.

    Example:
        >>> sorted(free_names("import math\\nassert loss([math.pi for n in range(2)]) > 0"))
        ['loss', 'range']
    """
    table = symtable.symtable(as_python(source), "<cell>", "exec")
    used = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    for inner in _inner(table):
        used |= {
            symbol.get_name()
            for symbol in inner.get_symbols()
            if symbol.is_referenced() and symbol.is_global()
        }
    return used - bound_names(source)


def _inner(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _inner(child)
