"""Functions of a test as objects of the notebook: calling one asks the other side."""

import builtins
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from course_grader.runner import canvases
from course_grader.runner.codec import Handle
from course_grader.runner.facts import signature_of
from course_grader.runner.known import made

Ask = Callable[[int, tuple[Any, ...], dict[str, Any]], Any]


class Theirs:
    """A function of a test.

    Args:
        handle: its number, and what is known of it.
        ask: calls it there.
    """

    def __init__(self, handle: Handle, ask: Ask) -> None:
        self.number, self._ask = handle.number, ask
        known = handle.facts if isinstance(handle.facts, dict) else {}
        self.__name__ = self.__qualname__ = str(known.get("name") or "function")
        signature = signature_of(known.get("signature"))
        if signature is not None:
            self.__signature__ = signature

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("a function of a test can be called from the main thread only")
        return self._ask(self.number, arguments, options)


def of_test(handle: Handle, ask: Ask) -> dict[int, Any]:
    """What a test has passed, by its number: the same object from here where there is one."""
    known = handle.facts.get("known") if isinstance(handle.facts, dict) else None
    with suppress(ImportError, AttributeError):
        if known is not None and "figure" in known:
            parts = canvases.made(known["figure"])
            return {known["first"] - place: part for place, part in enumerate(parts)}
        if known is not None:
            return {handle.number: made(known)}
    return {handle.number: Theirs(handle, ask)}


def result(reply: Any) -> Any:
    """What a function of a test returned.

    Raises:
        Exception: of the kind that it raised.
    """
    if reply["said"] == "returned":
        return reply["value"]
    kind = getattr(builtins, reply["kind"], Exception)
    raise kind(reply["text"]) if reply["text"] else kind()
