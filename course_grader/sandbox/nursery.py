"""Where submissions come from: a process in bubblewrap's sandbox that has imported everything.

It runs nothing of a student and serves many submissions, also at the same time, each in a room of
its own (`course_grader.runner.rooms`). Where the kernel does not allow rooms, or without a sandbox,
it serves one submission and ends.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

import psutil

from course_grader.runner.codec import WireError
from course_grader.runner.rooms import HOME
from course_grader.runner.wire import Channel
from course_grader.sandbox.bubblewrap import (
    Limits,
    SandboxError,
    View,
    check_readable,
    child_environment,
    sandboxed,
)
from course_grader.sandbox.layout import layout
from course_grader.sandbox.link import Link, pair, pid_of
from course_grader.sandbox.processes import family, signalled
from course_grader.sandbox.seccomp import program

START = 120.0  # seconds for importing everything, on a machine that has much to do
MOST_FILES = 256  # open in one process
END = 10.0  # seconds until killed processes have gone


class Nursery:
    """One such process.

    Args:
        view: what can be seen from inside.
        limits: of which the scratch space is set here.
        modules: imported once for all submissions.
        unsafe: without bubblewrap, for machines that have none and students that are trusted.
        rooms: make rooms, if the kernel allows it.

    Attributes:
        kind: what submissions must have in common to come from here.
        has_rooms: whether submissions are kept apart, so that there can be one after another.

    Raises:
        SandboxError: there is no bubblewrap, or it does not work here.
    """

    def __init__(
        self, view: View, limits: Limits, modules: Iterable[str], *, unsafe: bool = False,
        rooms: bool = True,
    ) -> None:  # fmt: skip
        shut_in = [] if unsafe else sandboxed(view, limits)
        self.unsafe = unsafe
        self.kind = kind_of(view, limits, modules, unsafe)
        self._place = tempfile.TemporaryDirectory(prefix="genlhc-") if unsafe else None
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - until `close`
        ours, theirs = pair()
        with theirs:
            self.process = subprocess.Popen(
                [*shut_in, sys.executable, "-m", "course_grader.runner", str(theirs.fileno())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=self._said, env=child_environment(view, unsafe=unsafe),
                start_new_session=True, cwd=self._place.name if self._place else None,
            )  # fmt: skip
        self._control = Channel(ours, most=0)
        self._asking = threading.Lock()
        self._first: list[psutil.Process] = []  # those that may still be there after `process`
        try:
            pid_of(ours, START / 2)
            self._first = self.tree()
            start = {"modules": list(modules), "rooms": rooms and not unsafe}
            self._control.send(start | {"furniture": self._furniture(view)}, START)
            ready = self._control.receive(START)
            self.has_rooms = bool(ready["rooms"])
        except WireError as error:
            self._said.seek(0)
            said = self._said.read().decode(errors="replace").strip()[-4000:]
            self.close()
            raise SandboxError(f"the sandbox did not start: {said or error}") from None

    @property
    def is_alive(self) -> bool:
        """Whether it can serve another submission."""
        return self.process.poll() is None

    def submission(
        self, limits: Limits, terminal: int, files: Path | None, most_parked: int
    ) -> Link:
        """The first process of a submission.

        Args:
            limits: what it may use up.
            terminal: descriptor for what programs write to standard output and error.
            files: a folder whose content is copied to where notebooks run.
            most_parked: processes that will be parked at a time.

        Raises:
            WireError: there is none: this nursery has gone.
            SandboxError: the files are for root alone.
        """
        request = {
            "disk": limits.disk,
            "has_files": files is not None,
            "shut_in": not self.unsafe,
            "calls": program(),
            "limits": {
                "DATA": limits.memory, "FSIZE": limits.disk, "CORE": 0,
                "NOFILE": MOST_FILES, "MSGQUEUE": 0, "SIGPENDING": 1024,
                "AS": 16 * limits.memory,  # what is mapped and never used needs page tables
                "NPROC": 4096 if self.unsafe else most_tasks(limits, most_parked),
                "CPU": int(3 * limits.notebook) + 60,
            },
        }  # fmt: skip
        if files is not None and not self.unsafe:
            check_readable(files)
        folder = [] if files is None else [os.open(files, os.O_RDONLY | os.O_DIRECTORY)]
        ours, theirs = pair()
        try:
            with self._asking:
                self._control.send(request, 10.0)
                self._control.send_descriptors(theirs.fileno(), terminal, *folder)
        except WireError:
            ours.close()
            raise
        finally:
            theirs.close()
            for descriptor in folder:
                os.close(descriptor)
        channel = Channel(ours, most=0)
        try:
            return Link(channel, pid_of(ours, START / 2))
        except WireError:
            channel.close()
            raise

    def _furniture(self, view: View) -> dict[str, object]:
        """What is laid out around each submission, see `course_grader.runner.furnishing`."""
        home = self._place.name if self._place else HOME
        parts = {"home": home, "place": view.place, "copied": self.unsafe}
        return parts | {"shown": layout(view, unsafe=self.unsafe)}

    def close(self) -> None:
        """Ends it and all that came from it."""
        tree = {*self._first, *self.tree()}
        self._control.close()
        for one in self._first[-1:]:  # the innermost: those around it notice, and end in order
            signalled(one.kill)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(END / 2)
        for one in tree:
            signalled(one.kill)
        self.process.kill()
        self.process.wait()
        psutil.wait_procs(tree, END)  # the kernel takes its time to end a namespace
        self._said.close()
        if self._place is not None:
            self._place.cleanup()

    def tree(self) -> list[psutil.Process]:
        """All processes that came from it, itself included where bubblewrap is around it."""
        try:
            return family(psutil.Process(self.process.pid))[1:]
        except psutil.NoSuchProcess:
            return []


def most_tasks(limits: Limits, most_parked: int) -> int:
    """Processes and threads that a submission may have, with those that wait for tests."""
    return 2 * limits.processes + most_parked + 16


Kind = tuple[object, ...]


def kind_of(view: View, limits: Limits, modules: Iterable[str], unsafe: bool) -> Kind:
    """What submissions have in common; whoever changes files wants them imported anew."""
    modified = tuple(
        (str(path), path.stat().st_mtime_ns)
        for folder in view.folders.values()
        for path in sorted(folder.resolve().rglob("*.py"))
    )
    shown = tuple(layout(view, unsafe=unsafe).items())
    return (view.place, shown, view.hidden, limits.disk, tuple(modules), unsafe, modified)
