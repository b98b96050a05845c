"""What one side may know of an object of the other one: both sides use this module."""

import builtins
import inspect
import sys
from typing import Any

PACKAGES = sys.stdlib_module_names | {
    "__main__", "matplotlib", "numpy", "pandas", "scipy", "sklearn", "sympy", "torch"
}  # fmt: skip
"""Packages whose names both sides understand; a notebook and a test each have a `__main__`."""
_MOST_KINDS = 20


def facts(value: Any) -> dict[str, Any]:
    """What a test may know of an object: enough to let it look like one."""
    found: dict[str, Any] = {"type": type(value).__name__[:100], "callable": callable(value)}
    found["sized"] = hasattr(type(value), "__len__")
    found["name"] = str(getattr(value, "__name__", ""))[:100]
    found["kinds"] = kinds(type(value))
    try:
        found["signature"] = [
            [one.name, int(one.kind), one.default is not one.empty]
            for one in inspect.signature(value).parameters.values()
        ]
    except (TypeError, ValueError):
        found["signature"] = None
    if inspect.isfunction(value):
        found["flags"] = value.__code__.co_flags
    if isinstance(value, type) and issubclass(value, Exception):
        found["bases"] = [one.__name__ if _is_builtin(one) else one for one in value.__bases__]
    return found


def kinds(kind: type) -> list[str]:
    """A kind and what it derives from, as `module:name`.

    Example:
        >>> kinds(KeyError)[:2]
        ['builtins:KeyError', 'builtins:LookupError']
    """
    names = [f"{one.__module__}:{one.__qualname__}" for one in kind.__mro__[:_MOST_KINDS]]
    return [name for name in names if name.partition(".")[0].partition(":")[0] in PACKAGES
            and name != "builtins:object"]  # fmt: skip


def signature_of(parameters: Any) -> inspect.Signature | None:
    """The signature that `facts` took apart; `None` if it is none."""
    try:
        return inspect.Signature(
            [
                inspect.Parameter(
                    str(name), inspect._ParameterKind(kind),
                    default=... if has_default else inspect.Parameter.empty,
                )
                for name, kind, has_default in parameters
            ]
        )  # fmt: skip
    except (TypeError, ValueError):
        return None


def _is_builtin(kind: type) -> bool:
    return getattr(builtins, kind.__name__, None) is kind
