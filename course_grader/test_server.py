"""Where tests run: a process of the trusted side that is ready for them, and how it is asked."""

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

from course_grader.codec import WireError
from course_grader.outputs import Outputs
from course_grader.sandbox import Link, Sandbox, Stopped, pair, pid_of
from course_grader.tester import TROUBLE
from course_grader.tidy import BEGIN_HIDDEN
from course_grader.wire import Channel, Late

HERE = Path(__file__).parent


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
        path = [str(root), str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "course_grader.tester", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),), cwd=root, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "OMP_NUM_THREADS": "1",
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
        self, source: str, name: str, seed: int, link: Link, box: Sandbox, outputs: Outputs,
        own: Collection[tuple[int, str]] = (),
    ) -> str:  # fmt: skip
        """Runs a grade cell on the answers of a parked process, which ends thereafter.

        Args:
            source: the master's cell.
            name: its grade id.
            seed: of random numbers, on both sides.
            link: the parked process.
            box: its sandbox.
            outputs: where the result goes: what the test prints, points, or why there are none.
            own: numbers and texts of the notebook's lines; no others are shown with an error.

        Returns:
            What the tutor should know: nothing, or why the test itself failed.
        """
        request = {"source": source, "grade_id": name, "seed": seed, "memory": self.memory,
                   "call": box.limits.call, "silent": box.was_asked}  # fmt: skip
        box.was_asked = box.was_asked or BEGIN_HIDDEN in source
        box.protected.discard(link.pid)
        ours, theirs = pair()
        result, pid = Channel(ours, watch=box.watch), 0
        try:
            pid = self._begin(request, link, ours, theirs)
            reply = result.receive(box.limits.cell)
        except Late:
            return self._failed(outputs, "the test took too long on this answer", pid, "")
        except Stopped as stopped:
            return self._failed(outputs, str(stopped), pid, "")
        except WireError as error:
            trouble = f"the process of the test died: {error}"
            return self._failed(outputs, "the test could not deal with this answer", pid, trouble)
        finally:
            box.end()
            link.channel.close()
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
            self._control.send_connections(theirs, link.channel.connection)
        return pid_of(ours, 60.0)

    def _failed(self, outputs: Outputs, text: str, pid: int, trouble: str) -> str:
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        outputs.error(TROUBLE, text)
        return trouble


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
