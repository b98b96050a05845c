"""Exceptions of students' code as exceptions of the trusted side."""

import builtins
import contextlib
from typing import Any

from course_grader.marking.likeness import class_name, is_builtin_error, known_kind
from course_grader.runner.codec import Handle

_ENDS = (StopIteration, StopAsyncIteration)


class StudentError(Exception):
    """An exception in a student's code; it is also an instance of its own kind.

    Attributes:
        kind: name of its builtin kind; students' own names could carry what is hidden.
        text: what it says.
        is_ours: whether the text is the grader's, not the student's.
        lines: `[line number, function, source]` of the notebook's lines that it went through.
        there: the exception in the sandbox.
    """

    there: Any = None

    def __init__(
        self, kind: str, text: str, lines: list[list[Any]], *, is_ours: bool = False
    ) -> None:
        Exception.__init__(self, text)
        self.kind, self.text, self.lines, self.is_ours = kind, text, lines, is_ours

    def __str__(self) -> str:
        return self.text

    def __getattr__(self, name: str) -> Any:
        """What the exception carries, asked where it is."""
        there = self.__dict__.get("there")
        if there is None or name.startswith("_"):
            raise AttributeError(name)
        return getattr(there, name)


def error_of(reply: dict[str, Any], *, is_end: bool) -> StudentError:
    """The student's exception, as an instance of its own kind as far as this side knows it.

    `StopIteration` ends loops of a test: it is one only where an iterator was asked.
    """
    lines, kinds = reply.get("lines"), reply.get("kinds")
    plain = [
        [line[0], str(line[-1])[:200]]
        for line in (lines if isinstance(lines, list) else [])[-5:]
        if isinstance(line, list) and line and type(line[0]) is int
    ]
    known = known_kind(_builtins(kinds), BaseException) or Exception
    bases = [known_kind(kinds, Exception), known]
    if not issubclass(known, Exception) or (issubclass(known, _ENDS) and not is_end):
        bases = []
    error = StudentError("", "", [])
    for base in bases:
        if base is not None and base is not Exception:
            with contextlib.suppress(TypeError):  # some kinds cannot be combined with ours
                combined = type(known.__name__, (StudentError, base), {})
                error = combined.__new__(combined)  # type: ignore[call-overload]
                break
    StudentError.__init__(error, known.__name__, str(reply.get("text"))[:2000], plain)
    if isinstance(reply.get("arguments"), list):
        error.args = tuple(reply["arguments"])
    error.there = reply.get("object")
    return error


def own_class(name: Any, bases: Any, handle: Handle) -> type[Exception]:
    """A student's class of exceptions: one of the same name, derived from the same kinds.

    Args:
        name: of the class.
        bases: names of Python's classes, or classes that this function has made.
        handle: of the class in the sandbox.

    Example:
        >>> own_class("NotConverged", ["ValueError"], Handle(3)).__mro__[1]
        <class 'ValueError'>
    """
    name = class_name(name)
    found = [
        getattr(builtins, one) if is_builtin_error(one) else one
        for one in (bases if isinstance(bases, list) else [])
        if is_builtin_error(one) or (isinstance(one, type) and is_own(one))
    ]
    try:
        return type(name, tuple(found), {"_handle": handle})
    except TypeError:  # these kinds cannot be combined
        return type(name, (Exception,), {"_handle": handle})


def is_own(kind: type) -> bool:
    """Whether this is a class that `own_class` has made."""
    return "_handle" in vars(kind) and issubclass(kind, Exception)


def _builtins(kinds: Any) -> list[str]:
    listed = kinds if isinstance(kinds, list) else []
    return [str(one) for one in listed if str(one).startswith("builtins:")]
