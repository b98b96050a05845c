"""Where a grade cell asks what an answer did to its arguments.

Arguments travel as copies. A cell asks by a call that stands as a statement of its own,
`sort_in_place(a)`: who throws a value away wants the effect. But `fit(x, y)` is such a statement as
well, and of `x` and `y` a test finds out later what is right. So an argument shows its change only
if it is a name that the cell never uses, from there on, together with an answer or with what came
from one: `assert a == [1, 2, 3]` does not, `assert accuracy(predict(x), y) > 0.9` does. In doubt it
stays as it was.

A module of tests, whose text is not looked at, asks by a method that only functions in the sandbox
have: `getattr(sort_in_place, "__in_place__", sort_in_place)(a)`.
"""

import ast
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

from course_grader.marking.scopes import FUNCTIONS, names_in, own_names

ASKING = "__asking__"
Place = int | str
_STATEMENTS = (
    ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Assert, ast.Expr, ast.Return, ast.Raise,
    ast.Delete,
)  # fmt: skip


def asking(tree: ast.Module, theirs: Collection[str]) -> ast.Module:
    """The cell with those calls marked that ask for a change.

    Args:
        tree: the grade cell; it is changed.
        theirs: names that the notebook has bound.

    Example:
        >>> cell = ast.parse("a = [2, 1]; sort(a); assert a == [1, 2]")
        >>> print(ast.unparse(asking(cell, ["sort"])))
        a = [2, 1]
        __asking__(sort, (0,))(a)
        assert a == [1, 2]
    """
    calls = list(_calls_for_effects(tree))
    if not calls:
        return tree
    cell = _Cell(tree, {id(call) for call in calls}, theirs)
    for call, places in [(call, cell.places(call)) for call in calls]:
        if places:
            marks = [call.func, ast.Tuple([ast.Constant(one) for one in places], ast.Load())]
            call.func = ast.copy_location(ast.Call(ast.Name(ASKING, ast.Load()), marks, []), call)
    return ast.fix_missing_locations(tree)


def changing(function: Any, places: tuple[Place, ...]) -> Callable[..., Any]:
    """What a marked call calls: of an answer, the function that takes its changes over."""
    bound = getattr(function, "__changing__", None)
    asked: Callable[..., Any] = function if bound is None else bound(places)
    return asked


def _calls_for_effects(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls whose value is thrown away, or only asked whether it is `None`."""
    last = tree.body[-1] if tree.body else None  # its value is the number of points
    for node in ast.walk(tree):
        value: ast.expr | None = None
        if isinstance(node, ast.Expr) and node is not last:
            value = node.value
        elif isinstance(node, ast.Assign):
            if all(isinstance(one, ast.Name) and one.id == "_" for one in node.targets):
                value = node.value
        elif isinstance(node, ast.Assert) and _asks_for_none(node.test):
            value = node.test.left
        if isinstance(value, ast.Call):
            yield value


def _is_of(call: ast.Call, statement: ast.AST) -> bool:
    """Whether this is the statement of a call for its effect."""
    parts = (statement, getattr(statement, "value", None), getattr(statement, "test", None))
    return any(part is call or getattr(part, "left", None) is call for part in parts)


def _asks_for_none(node: ast.expr) -> TypeGuard[ast.Compare]:
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Is):
        return False
    right = node.comparators[0]
    return isinstance(right, ast.Constant) and right.value is None


@dataclass(frozen=True)
class _Step:
    """What a statement, or the head of one, reads and binds.

    Attributes:
        node: the statement.
        place: line and column.
        reads: names.
        binds: names.
        is_late: whether it may run at any time, in a function.
    """

    node: ast.AST
    place: tuple[int, int]
    reads: frozenset[str]
    binds: frozenset[str]
    is_late: bool


class _Cell:
    """A grade cell as steps in the order of its text.

    Args:
        tree: the cell.
        effects: calls for effects by `id`, which do not count as uses.
        theirs: names that the notebook has bound.
    """

    def __init__(self, tree: ast.Module, effects: set[int], theirs: Collection[str]) -> None:
        self.tree, self.effects = tree, effects
        functions = [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]
        late = {id(part) for function in functions for part in ast.walk(function)}
        self.steps = sorted(
            (
                self._step(*head, id(node) in late)
                for node in ast.walk(tree)
                for head in _heads(node)
            ),
            key=lambda step: step.place,
        )
        parameters = {one.arg for function in functions for one in ast.walk(function.args)
                      if isinstance(one, ast.arg)}  # fmt: skip
        self.theirs = ({*theirs} - own_names(tree)) | parameters
        while True:  # functions and classes that use them
            more = {
                node.name
                for node in ast.walk(tree)
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                and names_in([node], ast.Load) & (self.theirs - parameters)
            } - self.theirs
            if not more:
                break
            self.theirs |= more
        self.imported = {
            (one.asname or one.name).split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for one in node.names
        }

    def places(self, call: ast.Call) -> list[Place]:
        """The arguments of a call whose changes may show."""
        if any(isinstance(one, ast.Starred) for one in call.args):
            return []
        named: list[tuple[Place, ast.expr]] = [*enumerate(call.args)]
        named += [(one.arg, one.value) for one in call.keywords if one.arg is not None]
        asked = names_in([call.func], ast.Load)
        return [
            place
            for place, value in named
            if isinstance(value, ast.Name) and not self._is_input(value.id, call, asked)
        ]

    def _is_input(self, name: str, call: ast.Call, asked: set[str]) -> bool:
        """Whether a name, or one that has to do with it, meets answers after a call."""
        theirs = self.theirs | asked
        if name in theirs:
            return True
        start = (call.lineno, call.col_offset)
        loops = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.For | ast.While) and any(one is call for one in ast.walk(node))
        ]
        first = min(((one.lineno, one.col_offset) for one in loops), default=start)
        beside = self._beside(call)
        came = False  # from an answer
        for _ in range(2 if loops else 1):  # in a loop, what stands below comes before
            related = self._related(name, theirs)
            for step in self.steps:
                meets = bool(step.reads & theirs)
                if meets and step.reads & related and (step.place >= first or step.is_late):
                    return True
                if name in step.binds:
                    if step.place > start and step.node in beside and not loops:
                        break  # from here on the name stands for something else
                    came = came or meets
                if meets:
                    theirs = theirs | (step.binds - {name})
        return came

    def _beside(self, call: ast.Call) -> set[ast.AST]:
        """The assignments that run in any case after a call."""
        blocks = [
            getattr(node, field)
            for node in ast.walk(self.tree)
            for field in ("body", "orelse", "finalbody")
            if isinstance(getattr(node, field, None), list)
        ]
        return {
            one
            for block in blocks
            if any(_is_of(call, statement) for statement in block)
            for one in block
            if isinstance(one, ast.Assign)
        }

    def _related(self, name: str, theirs: set[str]) -> set[str]:
        """Names that may share something with a name: without answers, one made of the other."""
        related = {name}
        while True:
            more = set(related)
            for step in self.steps:
                names = (step.reads | step.binds) - self.imported
                if step.binds and not step.reads & theirs and names & related:
                    more |= names
            if more == related:
                return related
            related = more

    def _step(
        self, node: ast.AST, reads: list[ast.AST], binds: list[ast.AST], is_late: bool
    ) -> _Step:
        read = names_in(reads, ast.Load, self.effects)
        return _Step(
            node,
            (getattr(node, "lineno", 0), getattr(node, "col_offset", 0)),
            frozenset(read),
            frozenset(names_in([*reads, *binds], ast.Store)),
            is_late or any(isinstance(one, ast.Lambda) for part in reads for one in ast.walk(part)),
        )


def _heads(node: ast.AST) -> Iterator[tuple[ast.AST, list[ast.AST], list[ast.AST]]]:
    """A statement's parts: itself, what it reads, what it binds."""
    if isinstance(node, _STATEMENTS):
        yield node, [node], []
    elif isinstance(node, ast.For | ast.AsyncFor):
        yield node, [node.iter], [node.target]
    elif isinstance(node, ast.If | ast.While):  # what stands in it depends on what it asks
        yield node, [node.test, *node.body, *node.orelse], []
    elif isinstance(node, ast.With | ast.AsyncWith):
        for one in node.items:
            yield node, [one.context_expr], [one.optional_vars] if one.optional_vars else []
    elif isinstance(node, ast.Match):
        yield node, [node.subject, *node.cases], []
