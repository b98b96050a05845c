"""Cells in an event loop, as in Jupyter: it runs while they do, and tasks go on in the next one."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from IPython.core.async_helpers import get_asyncio_loop

BETWEEN = 0.02  # seconds between two cells, in which tasks go on


def awaited(cell: Coroutine[Any, Any, Any]) -> Any:
    """Runs a cell that awaits, and then the tasks that it left."""
    loop = _loop()
    try:
        return loop.run_until_complete(cell)
    finally:
        _go_on(loop)


def in_loop(cell: Coroutine[Any, Any, Any]) -> Any:
    """Runs a cell that does not await, and then the tasks that it left.

    It is no task itself, since a task has a context of its own, which ends with it: settings of
    `decimal` or `numpy` would be lost to the next cell.
    """
    loop = _loop()
    asyncio._set_running_loop(loop)
    loop._thread_id = threading.get_ident()  # by which it knows that it runs
    try:
        cell.send(None)
    except StopIteration as end:
        return end.value
    finally:
        loop._thread_id = None
        asyncio._set_running_loop(None)
        _go_on(loop)
    raise RuntimeError("the cell awaits something, which it did not seem to do")


def _loop() -> Any:
    """The loop of this notebook, made when its first cell runs: none is shared by two rooms."""
    loop = get_asyncio_loop()
    asyncio.set_event_loop(loop)
    return loop


def _go_on(loop: Any) -> None:
    tasks = asyncio.all_tasks(loop)
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=BETWEEN))
