"""The sandbox: a process tree without network, rights, or sight of anything that it does not need.

From outside, the tree is watched, and what must end is killed: nothing relies on the help of what
runs inside.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from course_grader.runner.codec import WireError
from course_grader.runner.wire import Channel
from course_grader.sandbox.bubblewrap import (
    SUBMISSION,
    Limits,
    SandboxError,
    View,
    child_environment,
    sandboxed,
)
from course_grader.sandbox.link import Link, pair, pid_of
from course_grader.sandbox.processes import alive, memory, signalled, threads, weighs_more
from course_grader.sandbox.seccomp import descriptor, program

PATIENCE = 20.0  # seconds for a fork, on a machine that has much to do
END_PATIENCE = 5.0  # seconds for ending processes one by one
TOO_MANY = 2  # times the processes that are allowed: they are not ended one by one


class Stopped(Exception):  # noqa: N818 - reads as what happened
    """What ran was ended from outside; the text is the reason for the student."""


class Lost(Exception):  # noqa: N818 - reads as what happened
    """The whole sandbox was ended, parked processes too; the text is the reason for the student."""


_open: set["Sandbox"] = set()


def close_all() -> None:
    """Ends every sandbox of this process, in whatever thread it is used."""
    for box in list(_open):
        box.kill()


class Sandbox:
    """One running sandbox; use it in a `with` statement.

    Args:
        view: what can be seen from inside.
        limits: what may be used up.
        modules: imported once for all notebooks.
        files: a folder whose content is copied to where notebooks run.
        most_parked: processes that will be parked at a time.
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
        most_parked: int = 16,
        unsafe: bool = False,
    ) -> None:
        self.limits = limits
        self.protected: set[int] = set()
        self._first: list[psutil.Process] = []
        self.was_asked = False  # by a test with hidden inputs: they may be known inside
        self._look_next = self._weigh_next = 0.0
        self._links: list[Link] = []
        calls = descriptor() if program() and not unsafe else None
        try:
            shut_in = [] if unsafe else sandboxed(view, limits, files, calls)
        except SandboxError:
            if calls is not None:
                os.close(calls)
            raise
        ours, theirs = pair()
        channel = Channel(ours, most=0)
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        self._pipe = reader
        self._place = tempfile.TemporaryDirectory(prefix="genlhc-") if unsafe else None
        command = [sys.executable, "-m", "course_grader.runner", str(theirs.fileno())]
        passed = [theirs.fileno(), *([] if calls is None else [calls])]
        try:
            self.process = subprocess.Popen(
                [*shut_in, *command], pass_fds=passed, stdin=subprocess.DEVNULL, stdout=writer,
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
                    "NPROC": 4096 if unsafe else 2 * limits.processes + most_parked + 16,
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
        self._first = self._tree()
        # What all start with is no student's: one process alone meets the kernel's limit first.
        base = psutil.Process(self.control.pid)
        self._most = limits.memory + memory([base], "rss")
        self.protected = {one.pid for one in self._first}

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def notebook(self) -> Link:
        """A fresh process, in which nothing has run yet.

        Raises:
            Lost: the process from which all others come has gone.
        """
        try:
            return self._forked(self.control)
        except WireError as error:
            raise Lost(f"it ended the sandbox: {error}") from None

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
        self._links.remove(link)

    def end(self) -> None:
        """Ends everything that is not parked, whoever started it.

        Raises:
            Lost: that took the whole sandbox, because there is too much of it.
        """
        patience = time.monotonic() + END_PATIENCE
        while victims := [one for one in self._unprotected(self._tree()) if alive(one)]:
            if len(victims) > TOO_MANY * self.limits.processes or time.monotonic() > patience:
                self.kill()
                raise Lost("it started processes faster than they could be ended")
            for one in victims:
                signalled(one.suspend)
            for one in victims:
                signalled(one.kill)
            time.sleep(0.005)

    def kill(self) -> None:
        """Ends all at once: with the first process of its namespace the kernel ends the others."""
        for one in self._first:
            signalled(one.kill)
        self.process.kill()

    def watch(self) -> None:
        """Looks whether what runs stays within its limits, at most ten times a second.

        Raises:
            Stopped: it does not.
        """
        now = time.monotonic()
        if now < self._look_next:
            return
        tree = self._tree()
        others = self._unprotected(tree)
        self._look_next = now + max(0.1, 5 * (time.monotonic() - now))
        if len(others) > self.limits.processes:
            raise Stopped(f"more than {self.limits.processes} processes were started")
        if threads(others) > 2 * self.limits.processes:
            raise Stopped(f"more than {2 * self.limits.processes} threads were started")
        now = time.monotonic()
        if now < self._weigh_next:
            return
        if self._weighs_too_much() and self._weighs_too_much():
            raise Stopped(f"more than {self.limits.memory / 2**30:.3g} GiB of memory were used")
        if weighs_more(tree, 2 * self._most):  # some parked one grows
            signalled(max(tree, key=lambda one: memory([one], "pss")).kill)
        # Shared memory takes long to weigh: a fork bomb must not win that time.
        self._weigh_next = time.monotonic() + 10 * (time.monotonic() - now)

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
        tree = self._tree()
        self.kill()
        for one in tree:  # without a namespace nothing else ends them
            signalled(one.kill)
        self.process.wait()
        os.close(self._pipe)
        for link in self._links:
            link.channel.close()
        if self._place is not None:
            self._place.cleanup()

    def _weighs_too_much(self) -> bool:
        """One look; if a process ends meanwhile, what it shared may be counted twice."""
        return weighs_more(self._unprotected(self._tree()), self._most)

    def _tree(self) -> list[psutil.Process]:
        try:
            return list(psutil.Process(self.process.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            return []

    def _unprotected(self, tree: list[psutil.Process]) -> list[psutil.Process]:
        return [one for one in tree if one.pid not in self.protected]
