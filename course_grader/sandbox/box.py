"""The sandbox of one submission: what runs in it, and how it is ended.

From outside, the tree of its processes is watched, and what must end is killed: nothing relies on
the help of what runs inside.
"""

import os
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from course_grader.runner.codec import WireError
from course_grader.runner.rooms import SCRATCH
from course_grader.runner.wire import Channel
from course_grader.sandbox.bubblewrap import Limits, SandboxError, View
from course_grader.sandbox.cgroups import Cgroup, group_for
from course_grader.sandbox.link import Link, pair, pid_of
from course_grader.sandbox.nurseries import give, take
from course_grader.sandbox.nursery import most_tasks
from course_grader.sandbox.processes import (
    alive,
    family,
    memory,
    signalled,
    sockets,
    threads,
    weighs_more,
)

PATIENCE = 20.0  # seconds for a fork, on a machine that has much to do
END_PATIENCE = 5.0  # seconds for ending processes one by one
FILES = 128 << 20  # bytes of programs' files that a process has in memory
MOST_SOCKETS = 512  # at a time: each may hold some hundred kB of the kernel's memory
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
        self._look_next = self._weigh_next = self._weigh_all_next = 0.0
        self._links: list[Link] = []
        self._nursery = take(view, limits, modules, unsafe=unsafe)
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        self._pipe = reader
        self._group: Cgroup | None = None
        try:
            self.control = self._nursery.submission(limits, writer, files, most_parked)
        except WireError as error:
            said = self.text(4000).decode(errors="replace").strip()
            self._leave()
            raise SandboxError(f"the sandbox did not start: {said or error}") from None
        except BaseException:
            self._leave()
            raise
        finally:
            os.close(writer)
        self._links.append(self.control)
        self._first = psutil.Process(self.control.pid)
        # What all start with is no student's, and files of programs the kernel does not count:
        # one process alone meets its limit first.
        self._most = limits.memory + memory([self._first], "rss") + FILES
        self.protected = {one.pid for one in self._tree()}
        tasks = most_tasks(limits, most_parked)
        self._group = group_for(2 * self._most + len(SCRATCH) * limits.disk, tasks, self._first.pid)
        _open.add(self)

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def has_rooms(self) -> bool:
        """Whether it shares imports with others, from which it is kept apart."""
        return self._nursery.has_rooms

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
        if not isinstance(answer, dict) or answer.get("said") != "parked":
            raise WireError("the notebook's process does not do what it is told")
        parked.lost_threads = answer.get("threads") is True
        self.protected.add(parked.pid)
        return parked

    def _forked(self, link: Link) -> Link:
        ours, theirs = pair()
        with theirs:
            link.channel.send({"do": "park"}, self._patience())
            link.channel.send_descriptors(theirs.fileno())
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
        while victims := self._victims() or self._victims():  # one look may miss a fork
            if len(victims) > TOO_MANY * self.limits.processes or time.monotonic() > patience:
                self.kill()
                raise Lost("it started processes faster than they could be ended")
            for one in victims:
                signalled(one.suspend)
            for one in victims:
                signalled(one.kill)
            time.sleep(0.005)

    def _victims(self) -> list[psutil.Process]:
        return [one for one in self._unprotected(self._tree()) if alive(one)]

    def kill(self) -> None:
        """Ends all at once: with the first process of a room the kernel ends the others."""
        for one in [self._first] if self.has_rooms else self._tree():
            signalled(one.kill)

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
        if len(others) > self.limits.processes:
            others = [one for one in others if alive(one)]
        self._look_next = now + max(0.1, 15 * (time.monotonic() - now))
        if len(others) > self.limits.processes:
            raise Stopped(f"more than {self.limits.processes} processes were started")
        if threads(others) > 2 * self.limits.processes:
            raise Stopped(f"more than {2 * self.limits.processes} threads were started")
        if not self._nursery.unsafe and sockets(self._first) > MOST_SOCKETS:
            raise Stopped(f"more than {MOST_SOCKETS} sockets were open")
        now = time.monotonic()
        if now >= self._weigh_next:
            if self._weighs_too_much() and self._weighs_too_much():
                raise Stopped(f"more than {self.limits.memory / 2**30:.3g} GiB of memory were used")
            # Shared memory takes long to weigh: a fork bomb must not win that time.
            self._weigh_next = time.monotonic() + 10 * (time.monotonic() - now)
        now = time.monotonic()
        if now >= self._weigh_all_next:
            if weighs_more(tree, 2 * self._most):  # some parked one grows
                signalled(max(tree, key=lambda one: memory([one], "pss")).kill)
            self._weigh_all_next = time.monotonic() + 30 * (time.monotonic() - now)

    @property
    def cause(self) -> str:
        """Why a process has died, if the kernel has ended it; else nothing."""
        ran_out = self._group is not None and self._group.ran_out
        return "all its memory, the kernel's for it included, was used up" if ran_out else ""

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
        tree = self._tree()
        self.kill()
        for one in tree:  # without a room nothing else ends them
            signalled(one.kill)
        if self._group is not None:
            self._group.close()
        self._leave()

    def _leave(self) -> None:
        _open.discard(self)
        os.close(self._pipe)
        for link in self._links:
            link.channel.close()
        give(self._nursery)

    def _weighs_too_much(self) -> bool:
        """One look; if a process ends meanwhile, what it shared may be counted twice."""
        return weighs_more(self._unprotected(self._tree()), self._most)

    def _tree(self) -> list[psutil.Process]:
        """All processes: in a room none can leave its first one, elsewhere they may."""
        return family(self._first) if self.has_rooms else self._nursery.tree()

    def _unprotected(self, tree: list[psutil.Process]) -> list[psutil.Process]:
        return [one for one in tree if one.pid not in self.protected]
