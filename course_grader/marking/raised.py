"""Exceptions of students' code as exceptions of the trusted side."""

import builtins
import contextlib
from typing import Any


class StudentError(Exception):
    """An exception in a student's code; it is also an instance of its own builtin kind.

    Attributes:
        kind: name of its builtin kind; students' own names could carry what is hidden.
        text: what it says.
        is_ours: whether the text is the grader's, not the student's.
        lines: `[line number, function, source]` of the notebook's lines that it went through.
    """

    def __init__(
        self, kind: str, text: str, lines: list[list[Any]], *, is_ours: bool = False
    ) -> None:
        Exception.__init__(self, text)
        self.kind, self.text, self.lines, self.is_ours = kind, text, lines, is_ours

    def __str__(self) -> str:
        return self.text


def error_of(reply: dict[str, Any], *, is_end: bool) -> StudentError:
    """The student's exception, as an instance of its own builtin kind where there is one.

    `StopIteration` ends loops of a test: it is one only where an iterator was asked.
    """
    lines, kinds = reply.get("lines"), reply.get("kinds")
    plain = [
        [line[0], str(line[-1])[:200]]
        for line in (lines if isinstance(lines, list) else [])[-5:]
        if isinstance(line, list) and line and type(line[0]) is int
    ]
    kind, error = "Exception", StudentError.__new__(StudentError)
    for name in kinds if isinstance(kinds, list) else []:
        known = getattr(builtins, str(name), None)
        if not (isinstance(known, type) and issubclass(known, BaseException)):
            continue
        kind = known.__name__
        if not issubclass(known, Exception) or known is Exception:
            break
        if issubclass(known, StopIteration | StopAsyncIteration) and not is_end:
            break
        with contextlib.suppress(TypeError):  # some kinds cannot be combined with ours
            base = type(kind, (StudentError, known), {})
            error = base.__new__(base)  # type: ignore[call-overload]
        break
    StudentError.__init__(error, kind, str(reply.get("text"))[:2000], plain)
    return error
