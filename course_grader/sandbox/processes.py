"""Looking at processes and ending them, although they may end by themselves meanwhile."""

import contextlib
import os
from collections.abc import Callable, Iterable, Sequence

import psutil

_CHILDREN = "/proc/{}/task/{}/children"  # see proc_pid_task(5)


def signalled(send: Callable[[], None]) -> None:
    """Sends a signal to a process that may have gone."""
    with contextlib.suppress(psutil.Error):
        send()


def family(first: psutil.Process) -> list[psutil.Process]:
    """A process and all that come from it; nothing if it has gone.

    The kernel's own lists of children are read, where it has them: to look through all processes
    of the machine takes ten times as long. What is started or ends meanwhile may be missed.
    """
    if not os.path.exists(_CHILDREN.format(os.getpid(), os.getpid())):
        with contextlib.suppress(psutil.NoSuchProcess):
            return [first, *first.children(recursive=True)]
        return []
    found = [first] if first.is_running() else []
    for parent in found:  # which grows
        for pid in _children(parent.pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(pid))
    return found


def _children(pid: int) -> list[int]:
    """Numbers of the processes that a process has started, with any of its threads."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(_CHILDREN.format(pid, thread)) as file:
                found += map(int, file.read().split())
    return found


def threads(processes: Iterable[psutil.Process]) -> int:
    """How many threads some processes have together."""
    total = 0
    for one in processes:
        with contextlib.suppress(psutil.Error):
            total += one.num_threads()
    return total


def memory(processes: Iterable[psutil.Process], kind: str) -> int:
    """Bytes of memory, those in which the kernel keeps page tables included.

    Args:
        processes: whose memory.
        kind: `rss` counts shared pages again and again, `pss` is exact and slow.
    """
    total = 0
    for one in processes:
        with contextlib.suppress(psutil.Error, OSError):
            with open(f"/proc/{one.pid}/status", "rb", 0) as file:
                said = file.read()
            own = _size(said, b"\nVmRSS:")
            if kind == "pss" and own:
                own = int(one.memory_full_info().pss)
            total += own + _size(said, b"\nVmPTE:")
    return total


def _size(status: bytes, name: bytes) -> int:
    """Bytes in a line of proc_pid_status(5), which are kB there; none for one that has ended."""
    _, there, rest = status.partition(name)
    return int(rest.split(None, 1)[0]) << 10 if there else 0


def sockets(first: psutil.Process) -> int:
    """How many sockets there are in the network of a process, whoever holds them.

    They may be in no process at all, but under way in another one, and no process is charged for
    what they hold.
    """
    try:
        with open(f"/proc/{first.pid}/net/sockstat") as file:
            return int(file.readline().split()[2])  # sockets: used 12
    except (OSError, ValueError, IndexError):
        return 0


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
