"""Where tests run: a process of the trusted side that is ready for them, and how it is asked."""

import atexit
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from course_grader import former
from course_grader.runner.wire import Channel
from course_grader.sandbox.link import Link, pair, pid_of
from course_notebooks.threads import ONE_THREAD

PACKAGE = Path(__file__).parents[1]


class TestServer:
    """Runs grade cells in processes of their own; use it in a `with` statement.

    Args:
        root: the course's folder, from which tests import.
        modules: imported beforehand, once for all tests.
        memory: bytes that a test may use beyond what it starts with.
    """

    __test__ = False

    def __init__(self, root: Path, modules: tuple[str, ...] = (), memory: int = 4 << 30) -> None:
        self.memory = memory
        self._lock = threading.Lock()
        ours, theirs = pair()
        path = [str(root), str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        path += [str(former.FOLDER)] if former.is_needed() else []
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "course_grader.marking.tester", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),), cwd=root, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(path),
                     "MPLBACKEND": "agg"},
            )  # fmt: skip
        self._control = Channel(ours)
        self._control.send({"modules": list(modules)})
        self._ready = False

    def __enter__(self) -> "TestServer":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the server."""
        self._control.close()
        self.process.kill()
        self.process.wait()

    def begin(self, request: dict[str, Any], link: Link) -> tuple[Channel, int]:
        """Hands a grade cell over.

        Args:
            request: its source, name, seed, and how long a call of an answer may take.
            link: the parked process with the answers.

        Returns:
            The connection to the process that runs it, and its number.
        """
        ours, theirs = pair()
        result = Channel(ours)
        try:
            with self._lock, theirs:
                if not self._ready:
                    self._control.receive(300.0)
                    self._ready = True
                self._control.send(request | {"memory": self.memory})
                self._control.send_descriptors(theirs.fileno(), link.channel.connection.fileno())
            return result, pid_of(ours, 60.0)
        except BaseException:
            result.close()
            raise


_servers: dict[tuple[Path, tuple[str, ...]], TestServer] = {}
_starting = threading.Lock()


def server_for(root: Path, modules: tuple[str, ...], memory: int) -> TestServer:
    """The test server of this process for a course, started when it is needed first.

    Args:
        root: see `TestServer`.
        modules: see there.
        memory: see there.
    """
    with _starting:
        server = _servers.get((root, modules))
        if server is None or server.process.poll() is not None:  # it may have died
            server = _servers[root, modules] = TestServer(root, modules, memory)
        return server


@atexit.register
def close_servers() -> None:
    """Ends the test servers of this process."""
    with _starting:
        while _servers:
            _servers.popitem()[1].close()
