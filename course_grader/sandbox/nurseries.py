"""The nurseries of this process: one for all submissions of a kind, at the same time, too.

Where the kernel allows no rooms, and without a sandbox, each submission has one of its own.
"""

import atexit
import contextlib
import threading
from collections.abc import Iterable

from course_grader.sandbox.bubblewrap import Limits, SandboxError, View, sandboxed
from course_grader.sandbox.nursery import Nursery, kind_of

MOST_IDLE = 4

_shared: dict[Nursery, int] = {}  # and how many submissions they have now
_lock = threading.Lock()
_without_rooms = threading.Event()  # the kernel has been found not to allow any


def take(view: View, limits: Limits, modules: Iterable[str], *, unsafe: bool = False) -> Nursery:
    """A nursery that suits; whoever takes it gives it back.

    Args:
        view: see `Nursery`.
        limits: see there.
        modules: see there.
        unsafe: see there.

    Raises:
        SandboxError: there is no bubblewrap, or it does not work here.
    """
    if unsafe or _without_rooms.is_set():
        return Nursery(view, limits, modules, unsafe=unsafe)
    wanted = kind_of(view, limits, modules, unsafe)
    with _lock:  # who comes while one starts waits for it
        for nursery in _shared:
            if nursery.kind == wanted and nursery.is_alive:
                sandboxed(view, limits)  # what cannot be shown now is not shown from before
                _shared[nursery] += 1
                return nursery
        nursery = Nursery(view, limits, modules)
        if nursery.has_rooms:
            _shared[nursery] = 1
        else:
            _without_rooms.set()
        return nursery


def give(nursery: Nursery) -> None:
    """Takes a nursery back; one that can serve nobody else, or one too many, is closed."""
    with _lock:
        if nursery in _shared:
            _shared[nursery] -= 1
            idle = [one for one, count in _shared.items() if not count]
            surplus = [one for one in idle if not one.is_alive] or idle[: len(idle) - MOST_IDLE]
            for one in surplus:
                del _shared[one]
        else:
            surplus = [nursery]
    for one in surplus:
        one.close()


def start(view: View, limits: Limits, modules: Iterable[str]) -> None:
    """Lets a nursery get ready in the background; if there can be none, who takes it hears so."""

    def begin() -> None:
        with contextlib.suppress(SandboxError):
            give(take(view, limits, modules))

    threading.Thread(target=begin, daemon=True).start()


@atexit.register
def close_idle() -> None:
    """Ends the nurseries of this process in which nothing runs."""
    with _lock:
        idle = [one for one, count in _shared.items() if not count]
        for one in idle:
            del _shared[one]
    for one in idle:
        one.close()
