"""Threads do not live on in a fork: which there are, and pools that go on without theirs."""

import threading
from concurrent.futures import thread as pools
from typing import Any


def others() -> list[threading.Thread]:
    """The threads that notebooks started, without those of progress bars."""
    return [
        one
        for one in threading.enumerate()
        if one is not threading.main_thread() and not type(one).__module__.startswith("tqdm.")
    ]


def renew_pools(gone: list[threading.Thread]) -> None:
    """Lets thread pools start new threads in place of those that the fork has not.

    Args:
        gone: the threads before the fork.
    """
    for one in gone:
        known: Any = one  # a worker of a pool knows it by its first argument
        if getattr(known, "_target", None) is pools._worker and (pool := known._args[0]()):
            pool._threads.clear()
            pool._idle_semaphore = threading.Semaphore(0)
