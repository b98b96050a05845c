"""Limits of cgroup v2 for each submission, where a part of the tree is delegated to the grader.

They count what no process shows: memory of sockets, pipes, page tables and scratch space. A part is
delegated by `systemd-run --user --scope -p Delegate=yes genlhc grade …`, or in a container that may
write its own cgroup. Elsewhere there is no such group, and the limits of each process and the
watching from outside are what there is. Whatever goes wrong here leaves it at that.
"""

import contextlib
import itertools
import os
import threading
import time
from pathlib import Path

import psutil

from course_grader.sandbox.processes import family

TREE = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")  # where this process is: cgroups(7)
NEEDED = ("memory", "pids")
TRIES = 100
_numbers = itertools.count(1)
_lock = threading.Lock()


class Cgroup:
    """The group of one submission.

    Args:
        folder: of the group, which is made.
        memory: bytes for all of its processes, the kernel's memory for them included.
        tasks: processes and threads.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, folder: Path, memory: int, tasks: int) -> None:
        self.folder = folder
        folder.mkdir()
        try:
            for name, most in (("memory.max", memory), ("pids.max", tasks)):
                _write(folder / name, str(most))
            with contextlib.suppress(OSError):  # there may be no swap to limit
                _write(folder / "memory.swap.max", "0")
        except OSError:
            self.close()
            raise

    def add(self, pid: int) -> None:
        """Takes a process in; what it starts from now on is in it, too."""
        _write(self.folder / "cgroup.procs", str(pid))

    @property
    def ran_out(self) -> bool:
        """Whether the kernel has ended a process for want of memory."""
        with contextlib.suppress(OSError, ValueError):
            said = dict(line.split() for line in _lines(self.folder / "memory.events"))
            return int(said.get("oom_kill", 0)) > 0
        return False

    def close(self) -> None:
        """Ends what is in it, and the group."""
        with contextlib.suppress(OSError):
            _write(self.folder / "cgroup.kill", "1")
        for _ in range(TRIES):
            with contextlib.suppress(OSError):
                self.folder.rmdir()
                return
            time.sleep(0.01)  # until the ended ones have gone


def group_for(memory: int, tasks: int, pid: int) -> Cgroup | None:
    """A group with a submission's first process in it; none where that is not possible."""
    try:
        with _lock:
            parent = delegated()
        group = Cgroup(parent / f"genlhc-{os.getpid()}-{next(_numbers)}", memory, tasks)
    except OSError:
        return None
    try:
        group.add(pid)
    except OSError:
        group.close()
        return None
    return group


def guard() -> str:
    """Which limits are in force on this machine, for `genlhc doctor`."""
    try:
        with _lock:
            place = delegated()
    except OSError as error:
        why = error.strerror or str(error)
        return (
            f"limits of each process, and watching them ten times a second; no cgroup v2 ({why}): "
            "`systemd-run --user --scope -p Delegate=yes genlhc …` may give one"
        )
    return f"cgroup v2 in {place}, limits of each process, and watching them ten times a second"


def delegated() -> Path:
    """The folder in which groups may be made; this process moves into a group of its own there.

    Raises:
        OSError: there is none; says why.
    """
    place = _place()
    if place.name == "genlhc":  # moved already
        place = place.parent
    given = (place / "cgroup.controllers").read_text().split()
    missing = [name for name in NEEDED if name not in given]
    if missing:
        raise OSError(f"{place} has no {' and '.join(missing)} to give")
    if not set(NEEDED) <= set((place / "cgroup.subtree_control").read_text().split()):
        own = place / "genlhc"  # a group with limits to give may hold no processes itself
        own.mkdir(exist_ok=True)
        _move(own)
        try:
            _write(place / "cgroup.subtree_control", " ".join(f"+{name}" for name in NEEDED))
        except OSError:  # others are there, too
            _move(place)
            own.rmdir()
            raise
    return place


def _move(folder: Path) -> None:
    """Takes this process and all that it has started to a group."""
    for process in family(psutil.Process()):
        _write(folder / "cgroup.procs", str(process.pid))


def _place() -> Path:
    """Where this process is in the tree of version 2."""
    for line in _lines(OWN):
        if line.startswith("0::/") and (TREE / "cgroup.controllers").is_file():
            return TREE / line.removeprefix("0::/")
    raise OSError(f"{TREE} is not of version 2")


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def _write(path: Path, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
