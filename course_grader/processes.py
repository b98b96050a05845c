"""Looking at processes and ending them, although they may end by themselves meanwhile."""

import contextlib
from collections.abc import Callable, Iterable

import psutil


def signalled(send: Callable[[], None]) -> None:
    """Sends a signal to a process that may have gone."""
    with contextlib.suppress(psutil.Error):
        send()


def threads(processes: Iterable[psutil.Process]) -> int:
    """How many threads some processes have together."""
    total = 0
    for one in processes:
        with contextlib.suppress(psutil.Error):
            total += one.num_threads()
    return total


def memory(processes: Iterable[psutil.Process], kind: str) -> int:
    """Bytes of memory: `rss` counts shared pages again and again, `pss` is exact and slow."""
    total = 0
    for one in processes:
        with contextlib.suppress(psutil.Error):
            info = one.memory_info() if kind == "rss" else one.memory_full_info()
            total += int(getattr(info, kind))
    return total
