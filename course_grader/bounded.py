"""Work on students' texts in processes that may take so long and so much memory, and no more.

Whatever reads, cleans or renders what a student wrote may meet a text that takes minutes or
gigabytes. `bounded` does such work in a process of its own, which the kernel ends where it goes
beyond its limits. A process serves one call after the other: starting one takes seconds, a call
some milliseconds. Calls of several threads have a process each.
"""

import atexit
import json
import math
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cloudpickle

from course_grader.quick import leave_out
from course_notebooks.threads import ONE_THREAD

SECONDS = 60.0  # of computing
MEMORY = 2 << 30
_PATIENCE = (4.0, 120.0)  # by the clock: times the seconds, and for the start
_WAIT = 3.0  # seconds for one that is busy, before another one is started
_FAT = 512 << 20  # bytes with which a process is not used again


class TooMuchError(Exception):
    """Work went beyond its limits; the text is the rest of a sentence whose subject is the work."""


class WorkError(Exception):
    """Work raised an exception; the text is its kind and message."""


class _Process:
    """One process that works."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        path = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "course_grader.bounded", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),), start_new_session=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(path)},
            )  # fmt: skip
        self.connection: Connection[Any, Any] = Connection(ours.detach())

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """What it answers.

        Raises:
            TooMuchError: it was ended.
        """
        seconds = request["seconds"]
        late = f"took longer than the {seconds:g} s that it may"
        try:
            self.connection.send_bytes(cloudpickle.dumps(request))
            if not self.connection.poll(_PATIENCE[0] * seconds + _PATIENCE[1]):
                raise TooMuchError(late)
            reply: dict[str, Any] = json.loads(self.connection.recv_bytes())
        except (EOFError, OSError):
            ended = -self.process.wait()
            raise TooMuchError(
                late if ended in (signal.SIGXCPU, signal.SIGKILL) else
                f"made the process end that worked on it (signal {ended})"
            ) from None  # fmt: skip
        if reply.get("memory"):
            most = request["memory"] / (1 << 30)
            raise TooMuchError(f"needed more than the {most:g} GB of memory that it may have")
        return reply

    def close(self) -> None:
        """Ends it."""
        self.connection.close()
        self.process.kill()
        self.process.wait()


_idle: list[_Process] = []
_lock = threading.Condition()
_busy = 0


def bounded(function: str, *arguments: Any, seconds: float = SECONDS, memory: int = MEMORY) -> Any:
    """Calls a function in another process.

    Args:
        function: of ours, as `module:name`; what it returns must be possible in JSON.
        arguments: for it.
        seconds: of computing that it may take.
        memory: bytes that it may take beside what the process has.

    Raises:
        TooMuchError: it took more.
        WorkError: it raised something.

    Example:
        >>> bounded("math:hypot", 3, 4)
        5.0
        >>> bounded("itertools:repeat", 0)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        course_grader.bounded.WorkError: TypeError: ... not JSON serializable
    """
    global _busy
    with _lock:
        if _busy:  # starting one takes longer than most calls
            _lock.wait_for(lambda: _idle, _WAIT)
        process = _idle.pop() if _idle else None
        _busy += 1
    if process is not None and process.process.poll() is not None:
        process.close()
        process = None
    fit = False
    try:
        process = process or _Process()
        reply = process.ask(
            {"call": function, "arguments": arguments, "seconds": seconds, "memory": memory}
        )
        fit = not reply["fat"]
    finally:
        with _lock:
            _busy -= 1
            if fit and process is not None:
                _idle.append(process)
            _lock.notify()
        if not fit and process is not None:
            process.close()
    if "error" in reply:
        raise WorkError(reply["error"])
    return reply["value"]


def get_ready(function: str, number: int = 1) -> None:
    """Starts processes that import what a function needs, while others go on.

    Args:
        function: that they will be asked for.
        number: of processes.
    """
    while True:
        with _lock:
            if len(_idle) >= number:
                return
        process = _Process()
        with suppress(OSError):  # who ends at once is noticed when it is asked
            process.connection.send_bytes(cloudpickle.dumps({"ready": function}))
        with _lock:
            _idle.append(process)


def at_a_time() -> int:
    """How many things are done at a time: one a core of this machine, at most four."""
    return max(1, min(4, os.cpu_count() or 1))


@atexit.register
def close_processes() -> None:
    """Ends all that wait for work."""
    with _lock:
        while _idle:
            _idle.pop().close()


def _answer(request: dict[str, Any]) -> bytes:
    """Does what is asked for, within its limits."""
    no_cpu = resource.getrlimit(resource.RLIMIT_CPU)[1]
    no_data = resource.getrlimit(resource.RLIMIT_DATA)[1]
    try:
        function = _function(request["call"])  # starting up is not the work's fault
        most = math.ceil(time.process_time() + request["seconds"])
        resource.setrlimit(resource.RLIMIT_CPU, (most, no_cpu))
        resource.setrlimit(resource.RLIMIT_DATA, (_size() + request["memory"], no_data))
        reply = json.dumps({"value": function(*request["arguments"]), "fat": False})
    except MemoryError:
        reply = json.dumps({"memory": True, "fat": True})
    except Exception as error:
        reply = json.dumps({"error": f"{type(error).__name__}: {error}", "fat": False})
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (no_cpu, no_cpu))
        resource.setrlimit(resource.RLIMIT_DATA, (no_data, no_data))
    if _size() > _FAT:
        reply = json.dumps(json.loads(reply) | {"fat": True})
    return reply.encode()


def _function(name: str) -> Callable[..., Any]:
    module, _, what = name.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), what)
    return function


def _size() -> int:
    """Bytes of memory that count for the limit."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[5]) * resource.getpagesize()


def main() -> None:
    """Answers until the other side has gone."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    leave_out(server=True)
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            request = cloudpickle.loads(connection.recv_bytes())
            if "ready" in request:
                with suppress(Exception):  # who asks is told
                    _function(request["ready"])
            else:
                connection.send_bytes(_answer(request))


if __name__ == "__main__":
    main()
