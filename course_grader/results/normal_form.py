"""What stays of code when names, comments, formatting and literals are taken away.

Sources of students are data here: they are parsed, never run, and what cannot be parsed is taken
as plain words.
"""

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Sequence

MAX_SOURCE = 20_000
_CODE, _WORDS = 8, 5  # length of the runs that are compared
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_COMMENT = re.compile(r"#.*")


def code_form(source: str) -> list[str]:
    """The shape of a piece of code: its syntax tree, node by node.

    Names that it binds itself are numbered in order of appearance; others (`torch`, `mean`) stay.
    Text that is no Python, or goes deeper than Python can read, is taken as words and signs.

    Example:
        >>> code_form("def f(x):\\n    'Doc.'\\n    return x + 1") == code_form(
        ...     "def g(y):  # mine\\n    return y + 27")
        True
        >>> code_form("a + b") == code_form("a - b")
        False
    """
    source = source[:MAX_SOURCE]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in strings
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _TOKEN.findall(_COMMENT.sub("", source))
    nodes = list(_nodes(tree))
    own = {name for node in nodes if (name := _bound(node))}
    number: dict[str, str] = {}

    def called(name: str) -> str:
        return number.setdefault(name, f"name{len(number)}") if name in own else name

    return [_word(node, called) for node in nodes]


def text_form(text: str) -> list[str]:
    """The words of a written answer.

    Example:
        >>> text_form("The *loss* falls.")
        ['the', 'loss', 'falls']
    """
    return _WORD.findall(text[:MAX_SOURCE].lower())


def runs(form: Sequence[str], *, is_code: bool) -> frozenset[tuple[str, ...]]:
    """All runs of neighbours of one length.

    Example:
        >>> len(runs(text_form("one two three four five six"), is_code=False))
        2
    """
    length = _CODE if is_code else _WORDS
    return frozenset(tuple(form[k : k + length]) for k in range(len(form) - length + 1))


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Top down, left to right, without recursion; texts that stand alone are left out."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.expr_context):
            continue
        yield node
        waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _bound(node: ast.AST) -> str:
    if isinstance(node, ast.arg):
        return node.arg
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return node.id
    return ""


def _word(node: ast.AST, called: Callable[[str], str]) -> str:
    kind = type(node).__name__
    if isinstance(node, ast.Name):
        return called(node.id)
    if isinstance(node, ast.Constant):
        return f"a {type(node.value).__name__}"
    if isinstance(node, ast.Attribute):
        return f".{node.attr}"
    name = _bound(node)
    return f"{kind} {called(name)}" if name else kind
