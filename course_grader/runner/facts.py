"""What one side may know of an object of the other one: both sides use this module."""

import inspect
from typing import Any


def facts(value: Any) -> dict[str, Any]:
    """What a test may know of an object: enough to let it look like one."""
    found: dict[str, Any] = {"type": type(value).__name__[:100], "callable": callable(value)}
    found["sized"] = hasattr(type(value), "__len__")
    found["name"] = str(getattr(value, "__name__", ""))[:100]
    try:
        found["signature"] = [
            [one.name, int(one.kind), one.default is not one.empty]
            for one in inspect.signature(value).parameters.values()
        ]
    except (TypeError, ValueError):
        found["signature"] = None
    return found


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
