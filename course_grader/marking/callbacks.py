"""Objects of a test that are passed to an answer: functions, which it calls back, and known ones.

`newton(f, fprime, x0)`: the sandbox gets a number for `f`. What it calls `f` with comes from a
hostile side, as answers do; what `f` raises arrives there as its kind only. What can be imported
there, and random generators, it has itself (`known`) and does not call here.
"""

import builtins
import functools
import inspect
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_grader.runner.arrays import buffered
from course_grader.runner.codec import Handle
from course_grader.runner.facts import facts
from course_grader.runner.known import description, move_on

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


class Passed:
    """Those that were passed in one test.

    Args:
        seed: from which generators go on once an answer has seen their state.
    """

    def __init__(self, seed: int = 0) -> None:
        self._all: list[Any] = []
        self._functions: dict[int, Callable[..., Any]] = {}
        self._depth = 0
        self._seeds = random.Random(seed)

    def keep(self, value: Any) -> Handle | None:
        """The number by which an answer has an object; `None` if it cannot be passed."""
        known = description(value)
        if known is None and not is_function(value):
            return None
        place = next((n for n, one in enumerate(self._all) if one is value), len(self._all))
        if place == len(self._all):
            self._all.append(value)
            if known is None:
                self._functions[-1 - place] = value
            elif "generator" in known:
                move_on(value, self._seeds.getrandbits(32))
        return Handle(-1 - place, facts(value) | {"known": known})

    def add(self, values: Sequence[Any]) -> int:
        """Adds objects that an answer gets together; the number of the first one."""
        self._all += values
        return -1 - (len(self._all) - len(values))

    def find(self, number: int) -> Any:
        """The object of a number.

        Raises:
            IndexError: none was passed under it.
        """
        if not -len(self._all) <= number < 0:
            raise IndexError(number)
        return self._all[-1 - number]

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
            value = self._functions[number](*arguments, **options)
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
