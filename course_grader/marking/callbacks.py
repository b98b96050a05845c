"""Functions of a test that are passed to an answer, which calls them back on the same connection.

`newton(f, fprime, x0)`: the sandbox gets a number for `f`. What it calls `f` with comes from a
hostile side, as answers do; what `f` raises arrives there as its kind only.
"""

import builtins
import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from course_grader.runner.codec import Handle, buffered
from course_grader.runner.facts import facts

MOST_DEEP = 20  # call-backs within call-backs
_GRADIENTS = "a function of the test was called with tensors that need gradients: detach them"


def is_function(value: Any) -> bool:
    """Whether a value may be passed to an answer to be called: functions, methods, types, mocks.

    Example:
        >>> is_function(np.sin), is_function(len), is_function(functools.partial(max, 3))
        (True, True, True)
        >>> is_function(np.random.default_rng(1))
        False
    """
    kinds = (functools.partial, np.ufunc, type)
    is_mock = callable(value) and type(value).__module__ == "unittest.mock"
    return inspect.isroutine(value) or isinstance(value, kinds) or is_mock


class Functions:
    """Those that were passed in one test."""

    def __init__(self) -> None:
        self._known: list[Callable[..., Any]] = []
        self._depth = 0

    def keep(self, function: Callable[..., Any]) -> Handle:
        """The number by which an answer calls it."""
        place = next((n for n, one in enumerate(self._known) if one is function), None)
        if place is None:
            self._known.append(function)
            place = len(self._known) - 1
        return Handle(-1 - place, facts(function))

    def find(self, number: int) -> Callable[..., Any]:
        """The function of a number.

        Raises:
            IndexError: none was passed under it.
        """
        if not -len(self._known) <= number < 0:
            raise IndexError(number)
        return self._known[-1 - number]

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Calls one; what came of it, to be sent.

        Args:
            message: what the sandbox sent, of any kind.
        """
        number, arguments, options = (message.get(n) for n in ("number", "arguments", "options"))
        if self._depth >= MOST_DEEP:
            return _raised(RecursionError())
        self._depth += 1
        try:
            if type(number) is not int or type(arguments) is not list or type(options) is not dict:
                raise TypeError
            if any(getattr(one, "requires_grad", False) for one in buffered((arguments, options))):
                return {"said": "raised", "kind": "TypeError", "text": _GRADIENTS}
            value = self.find(number)(*arguments, **options)
        except Exception as error:
            return _raised(error)
        else:
            return {"said": "returned", "value": value}
        finally:
            self._depth -= 1


def _raised(error: Exception) -> dict[str, Any]:
    """An exception by its builtin kind, without its text."""
    kinds = (one.__name__ for one in type(error).__mro__)
    kind = next(name for name in kinds if hasattr(builtins, name))
    return {"said": "raised", "kind": kind, "text": ""}
