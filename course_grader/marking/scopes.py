"""Which names a grade cell reads and binds."""

import ast
from collections.abc import Collection, Iterator

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SCOPES = (*FUNCTIONS, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def names_in(nodes: list[ast.AST], context: type, left_out: Collection[int] = ()) -> set[str]:
    """Names in some nodes, but for what stands in calls that are left out."""
    found: set[str] = set()
    for node in nodes:
        if id(node) in left_out:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, context):
            found.add(node.id)
        found |= names_in(list(ast.iter_child_nodes(node)), context, left_out)
    return found


def own_names(tree: ast.Module) -> set[str]:
    """Names that the cell binds before it reads them, whatever the notebook has bound them to."""
    own: set[str] = set()
    read: set[str] = set()
    for statement in tree.body:
        for first, bound, then in _order(statement):
            read |= _free(first) - own
            own |= bound - read
            read |= _free(then) - own
    inside = {name for node in ast.walk(tree) if isinstance(node, _SCOPES) for name in _local(node)}
    return own | (inside - read)


def _order(statement: ast.stmt) -> Iterator[tuple[list[ast.AST], set[str], list[ast.AST]]]:
    """What a statement reads, what it binds in any case, and what it reads thereafter."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        yield [], {(one.asname or one.name).split(".")[0] for one in statement.names}, []
    elif isinstance(statement, ast.For):
        rest = [*statement.body, *statement.orelse]
        yield [statement.iter], names_in([statement.target], ast.Store), [*rest]
    elif isinstance(statement, ast.With):
        for item in statement.items:
            yield [item.context_expr], names_in([item], ast.Store), []
        yield [], set(), [*statement.body]
    elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield [statement], {statement.name}, []
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        yield [statement], names_in([statement], ast.Store), []
    else:
        yield [statement], set(), []


def _free(nodes: list[ast.AST]) -> set[str]:
    """Names that are read, but for those of functions and comprehensions themselves."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        inner = _free(list(ast.iter_child_nodes(node)))
        found |= inner - _local(node) if isinstance(node, _SCOPES) else inner
        if isinstance(node, ast.AugAssign):
            found |= names_in([node.target], ast.Store)
    return found


def _local(scope: ast.AST) -> set[str]:
    arguments = {one.arg for one in ast.walk(scope) if isinstance(one, ast.arg)}
    outside = {name for one in ast.walk(scope) if isinstance(one, ast.Global | ast.Nonlocal)
               for name in one.names}  # fmt: skip
    return (names_in(list(ast.iter_child_nodes(scope)), ast.Store) | arguments) - outside
