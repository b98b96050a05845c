"""Looking at processes and ending them, although they may end by themselves meanwhile."""

import contextlib
from collections.abc import Callable, Iterable, Sequence

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


def weighs_more(processes: Sequence[psutil.Process], most: int) -> bool:
    """Whether processes use more bytes of memory than that; exact only where it matters."""
    if memory(processes, "rss") <= most:
        return False
    total = 0
    for one in processes:
        total += memory([one], "pss")
        if total > most:
            return True
    return False


def alive(one: psutil.Process) -> bool:
    """Whether a process can still do anything: not one that only waits to be noticed as ended."""
    with contextlib.suppress(psutil.Error):
        return bool(one.status() != psutil.STATUS_ZOMBIE)
    return False
