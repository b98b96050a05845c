"""Where tests run: a process of the trusted side that is ready for them, and how it is asked."""

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any

from nbformat.v4 import new_output

from course_grader.markers import BEGIN_HIDDEN
from course_grader.marking.outputs import Outputs
from course_grader.marking.tester import TROUBLE
from course_grader.runner.codec import WireError
from course_grader.runner.wire import Channel, Late
from course_grader.sandbox.box import Sandbox, Stopped
from course_grader.sandbox.bubblewrap import Limits
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

    def test(
        self, source: str, name: str, seed: int, link: Link, box: Sandbox, limits: Limits,
        outputs: Outputs, own: Collection[tuple[int, str]] = (), *, candid: bool = False,
    ) -> str:  # fmt: skip
        """Runs a grade cell on the answers of a parked process, which ends thereafter.

        Args:
            source: the master's cell.
            name: its grade id.
            seed: of random numbers, on both sides.
            link: the parked process.
            box: its sandbox.
            limits: how long the test and each call of an answer may take.
            outputs: where the result goes: what the test prints, points, or why there are none.
            own: numbers and texts of the notebook's lines; no others are shown with an error.
            candid: the answers are the master's own: reasons may say everything.

        Returns:
            What the tutor should know: nothing, or why the test itself failed.
        """
        request = {"source": source, "grade_id": name, "seed": seed, "memory": self.memory,
                   "call": limits.call, "silent": box.was_asked, "candid": candid}  # fmt: skip
        box.was_asked = box.was_asked or BEGIN_HIDDEN in source
        box.protected.discard(link.pid)
        ours, theirs = pair()
        result, pid = Channel(ours, watch=box.watch), 0
        try:
            pid = self._begin(request, link, ours, theirs)
            reply = result.receive(limits.cell)
        except Late:
            self._failed(outputs, "the test took too long on this answer", pid, box)
            return ""
        except Stopped as stopped:
            self._failed(outputs, str(stopped), pid, box)
            return ""
        except WireError as error:
            self._failed(outputs, "the test could not deal with this answer", pid, box)
            return f"the process of the test died: {error}"
        finally:
            link.channel.close()  # its process then ends by itself, if it is honest
            result.close()
        return _show(reply, outputs, own)

    def _begin(
        self, request: dict[str, Any], link: Link, ours: socket.socket, theirs: socket.socket
    ) -> int:
        """Hands the test over; returns the number of the process that runs it."""
        with self._lock, theirs:
            if not self._ready:
                self._control.receive(300.0)
                self._ready = True
            self._control.send(request)
            self._control.send_descriptors(theirs.fileno(), link.channel.connection.fileno())
        return pid_of(ours, 60.0)

    def _failed(self, outputs: Outputs, text: str, pid: int, box: Sandbox) -> None:
        """Ends the test and what it asked."""
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        outputs.error(TROUBLE, text)
        box.end()


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


def _show(reply: dict[str, Any], outputs: Outputs, own: Collection[tuple[int, str]]) -> str:
    outputs.stream("stdout", reply["text"])
    if reply["error"] is not None:
        name, text, lines = reply["error"]
        frames = [f"line {number}: {line}" for number, line in lines if (number, line) in own]
        outputs.error(name, text, [*frames[-1:], f"{name}: {text}" if text else name])
    elif reply["value"] is not None:
        number = outputs.cell.execution_count
        data = {"text/plain": reply["value"]}
        outputs.cell.outputs.append(new_output("execute_result", data=data, execution_count=number))
    return str(reply["trouble"])
