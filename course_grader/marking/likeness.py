"""What an object of a notebook looks like to a test: `isinstance(ax, plt.Axes)`.

Its process says of which kinds it is, by their names. Kinds are looked up among those that this
side has imported. An object that stays in the sandbox is never taken for one that travels as data.
"""

import builtins
import keyword
import sys
import types
from collections import deque
from typing import Any

import numpy as np

from course_grader.runner.facts import PACKAGES

_MOST = 20
_DATA: tuple[type, ...] = (
    bool, int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset, dict, range,
    slice, deque, np.ndarray, np.generic, type(None), BaseException, types.MethodType,
)  # fmt: skip
_NAMELESS = {one.__name__: one for one in vars(types).values() if isinstance(one, type)}


def known_kind(kinds: Any, base: type = object) -> type | None:
    """The first of some kinds that this side knows.

    Args:
        kinds: `module:name` each, or anything: they come from the sandbox.
        base: of which it must be, such as `BaseException`.

    Example:
        >>> known_kind(["__main__:Mine", "builtins:generator"]), known_kind(["builtins:int"])
        (<class 'generator'>, None)
        >>> known_kind(["builtins:KeyError"], BaseException)
        <class 'KeyError'>
    """
    for kind in kinds[:_MOST] if isinstance(kinds, list) else ():
        module, _, name = str(kind).partition(":")
        if module.partition(".")[0] not in PACKAGES:
            continue
        found: Any = getattr(sys.modules.get(module), name, None)
        if module == "builtins" and found is None:
            found = _NAMELESS.get(name)
        is_kind = issubclass(type(found), type)  # a class of the notebook says that it is one
        if not is_kind or found is object or not issubclass(found, base):
            continue
        if base is not object or not issubclass(found, _DATA + _more_data()):
            known: type = found
            return known
    return None


def class_name(name: Any) -> str:
    """The name of a class that stands for one of a notebook.

    Example:
        >>> [class_name(name) for name in ("Vector", "x = 1", "class", 3)]
        ['Vector', 'object', 'object', 'object']
    """
    text = str(name)
    return text if text.isidentifier() and not keyword.iskeyword(text) else "object"


def _more_data() -> tuple[type, ...]:
    torch, pandas = (sys.modules.get(name) for name in ("torch", "pandas"))
    names = ("DataFrame", "Series", "Index")
    found = [getattr(torch, "Tensor", None), *(getattr(pandas, name, None) for name in names)]
    return tuple(one for one in found if isinstance(one, type))


def is_builtin_error(name: Any) -> bool:
    """Whether a class of exceptions of this name is Python's own, and an ordinary one.

    Example:
        >>> [is_builtin_error(name) for name in ("ValueError", "SystemExit", "print", 3)]
        [True, False, False, False]
    """
    found = getattr(builtins, str(name), None)
    ends = StopIteration | StopAsyncIteration
    return isinstance(found, type) and issubclass(found, Exception) and not issubclass(found, ends)
