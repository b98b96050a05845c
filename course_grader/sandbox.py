"""The sandbox: a process tree without network, rights, or sight of anything that it does not need.

From outside, the tree is watched, and what must end is killed: nothing relies on the help of what
runs inside.
"""

import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from course_grader.bubblewrap import (
    SUBMISSION,
    Limits,
    SandboxError,
    View,
    child_environment,
    sandboxed,
)
from course_grader.codec import WireError
from course_grader.processes import memory, signalled, threads
from course_grader.seccomp import descriptor, program
from course_grader.wire import Channel

PATIENCE = 20.0  # seconds for a fork, on a machine that has much to do


class Stopped(Exception):  # noqa: N818 - reads as what happened
    """What ran was ended from outside; the text is the reason for the student."""


@dataclass
class Link:
    """The connection to one process in the sandbox.

    Attributes:
        channel: where it is spoken to.
        pid: its number outside the sandbox.
    """

    channel: Channel
    pid: int

    def ask(self, seconds: float, **message: Any) -> Any:
        """Sends a message and waits for the answer."""
        self.channel.send(message, seconds)
        return self.channel.receive(seconds)


_open: set["Sandbox"] = set()


def close_all() -> None:
    """Ends every sandbox of this process, in whatever thread it is used."""
    for box in list(_open):
        box.process.kill()


class Sandbox:
    """One running sandbox; use it in a `with` statement.

    Args:
        view: what can be seen from inside.
        limits: what may be used up.
        modules: imported once for all notebooks.
        files: a folder whose content is copied to where notebooks run.
        unsafe: run without bubblewrap, for machines that have none and students that are trusted.

    Raises:
        SandboxError: there is no bubblewrap, or it does not work here.
    """

    def __init__(
        self,
        view: View,
        limits: Limits,
        modules: Iterable[str] = (),
        files: Path | None = None,
        *,
        unsafe: bool = False,
    ) -> None:
        self.limits = limits
        self.protected: set[int] = set()
        self.was_asked = False  # by a test with hidden inputs: they may be known inside
        self._weighed = 0.0
        self._links: list[Link] = []
        ours, theirs = pair()
        channel = Channel(ours, most=0)
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        self._pipe = reader
        self._place = tempfile.TemporaryDirectory(prefix="genlhc-") if unsafe else None
        command = [sys.executable, "-m", "course_grader.runner", str(theirs.fileno())]
        calls = descriptor() if program() and not unsafe else None
        if not unsafe:
            command = [*sandboxed(view, limits, files, calls), *command]
        passed = [theirs.fileno(), *([] if calls is None else [calls])]
        try:
            self.process = subprocess.Popen(
                command, pass_fds=passed, stdin=subprocess.DEVNULL, stdout=writer,
                stderr=writer, env=child_environment(view, unsafe=unsafe), start_new_session=True,
                cwd=self._place.name if self._place else None,
            )  # fmt: skip
        finally:
            os.close(writer)
            theirs.close()
            if calls is not None:
                os.close(calls)
        _open.add(self)
        try:
            self.control = Link(channel, pid_of(ours, 60.0))
            self._links.append(self.control)
            self.control.ask(
                120.0,
                limits={
                    "DATA": limits.memory, "FSIZE": limits.disk, "CORE": 0,
                    "NPROC": 4096 if unsafe else 2 * limits.processes,
                    "CPU": int(3 * limits.notebook) + 60,
                },
                modules=list(modules),
                files=None if files is None else str(files) if unsafe else SUBMISSION,
            )  # fmt: skip
        except WireError as error:
            said = self.text(4000).decode(errors="replace").strip()
            channel.close()
            self.close()
            raise SandboxError(f"the sandbox did not start: {said or error}") from None
        self.protected = {one.pid for one in self._tree()}

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def notebook(self) -> Link:
        """A fresh process, in which nothing has run yet."""
        return self._forked(self.control)

    def park(self, link: Link) -> Link:
        """A fork of a notebook's process as it is now, which waits and is not killed by `end`."""
        parked = self._forked(link)
        answer = link.channel.receive(self._patience())
        if answer != {"said": "parked"}:
            raise WireError("the notebook's process does not do what it is told")
        self.protected.add(parked.pid)
        return parked

    def _forked(self, link: Link) -> Link:
        ours, theirs = pair()
        with theirs:
            link.channel.send({"do": "park"}, self._patience())
            link.channel.send_connections(theirs)
        channel = Channel(ours, most=0)
        try:
            self._links.append(Link(channel, pid_of(ours, self._patience())))
        except WireError:
            channel.close()
            raise
        return self._links[-1]

    def _patience(self) -> float:
        return min(PATIENCE, self.limits.cell)

    def drop(self, link: Link) -> None:
        """Lets a parked process end."""
        link.channel.close()
        self.protected.discard(link.pid)

    def end(self) -> None:
        """Ends everything that is not parked, whoever started it."""
        for _ in range(200):
            victims = self._others()
            if not victims:
                return
            for one in victims:
                signalled(one.suspend)
            for one in victims:
                signalled(one.kill)
            time.sleep(0.005)

    def watch(self) -> None:
        """Looks whether what runs stays within its limits.

        Raises:
            Stopped: it does not.
        """
        others = self._others()
        if len(others) > self.limits.processes:
            raise Stopped(f"more than {self.limits.processes} processes were started")
        if threads(others) > 4 * self.limits.processes:
            raise Stopped(f"more than {4 * self.limits.processes} threads were started")
        if memory(others, "rss") > self.limits.memory < memory(others, "pss"):
            raise Stopped(f"more than {self.limits.memory / 2**30:.3g} GiB of memory were used")
        if time.monotonic() > self._weighed + 1.0:
            self._weighed = time.monotonic()
            tree, most = self._tree(), 2 * self.limits.memory
            if memory(tree, "rss") > most < memory(tree, "pss"):  # some parked one grows
                signalled(max(tree, key=lambda one: memory([one], "pss")).kill)

    def text(self, most: int) -> bytes:
        """What programs wrote to the terminal since the last call, at most so many bytes."""
        kept = bytearray()
        for _ in range(100):  # who writes faster than this reads does not keep it for ever
            try:
                chunk = os.read(self._pipe, 65536)
            except BlockingIOError:
                break
            if not chunk:
                break
            kept += chunk[: max(0, most - len(kept))]
        return bytes(kept)

    def close(self) -> None:
        """Ends the sandbox and all that is in it."""
        _open.discard(self)
        for one in self._tree():
            signalled(one.kill)
        self.process.kill()
        self.process.wait()
        os.close(self._pipe)
        for link in self._links:
            link.channel.close()
        if self._place is not None:
            self._place.cleanup()

    def _tree(self) -> list[psutil.Process]:
        try:
            return list(psutil.Process(self.process.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            return []

    def _others(self) -> list[psutil.Process]:
        return [one for one in self._tree() if one.pid not in self.protected]


def pair() -> tuple[socket.socket, socket.socket]:
    """A connection whose first end hears from the kernel who writes to it."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def pid_of(connection: socket.socket, seconds: float) -> int:
    """Who wrote the first byte; the kernel says so, not the writer."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    if not poll.poll(1000 * seconds):
        raise WireError("the process did not start in time")
    connection.setblocking(True)
    size = struct.calcsize("3i")
    data, ancillary, *_ = connection.recvmsg(1, socket.CMSG_SPACE(size))
    connection.setblocking(False)
    for level, kind, content in ancillary:
        if data and (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return int(struct.unpack("3i", content[:size])[0])
    raise WireError("the process ended before it began")
