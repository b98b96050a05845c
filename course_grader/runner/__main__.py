"""The untrusted side: runs the cells of notebooks and answers the questions of tests.

Started inside the sandbox, its first process imports the heavy packages and then forks one for each
submission, in a room of its own (`rooms`), which forks one for each notebook. A notebook's process
can be *parked*: a fork of it waits on a connection of its own, to go on if the process dies in the
next cell, or to be asked by a test. Student code shares these processes, so nothing that they say
is believed; the other side is `course_grader.marking.remote`.
"""

import contextlib
import gc
import importlib
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from course_grader.runner.codec import Handle, WireError, buffered
from course_grader.runner.forking import get_ready
from course_grader.runner.furnishing import Furniture
from course_grader.runner.replies import content, facts, printed, raised
from course_grader.runner.rooms import are_possible, give_up, move_in
from course_grader.runner.seeding import seed_as_told, seed_everything
from course_grader.runner.shell import Message, Output, make_shell, nowhere, warm_up
from course_grader.runner.threads import others, renew_pools
from course_grader.runner.wire import Channel


class Process:
    """One process of a notebook, and the connection on which it is spoken to.

    Attributes:
        channel: the connection.
        objects: what stays here and is known to a test by its number.
        graphs: inputs and outputs of calls whose gradients may be asked for.
    """

    def __init__(self, connection: socket.socket, shell: InteractiveShell) -> None:
        self.channel = Channel(connection, self.keep, self.find)
        self.shell = shell
        self.objects: list[Any] = []
        self.graphs: list[tuple[list[Any], list[Any]]] = []
        self._forks: list[int] = []

    def keep(self, value: Any) -> Handle:
        """Keeps an object here and says what it is."""
        self.objects.append(value)
        return Handle(len(self.objects) - 1, facts(value))

    def find(self, handle: Handle) -> Any:
        """The object that a test means."""
        return self.objects[handle.number]

    def serve(self) -> None:
        """Does what it is told until nobody is there any more."""
        while True:
            message = self.channel.receive()
            do: Callable[..., Message | None] = getattr(self, f"do_{message.pop('do')}")
            answer = do(**message)
            if answer is not None:
                self.channel.send(answer)

    def do_park(self) -> Message | None:
        """Leaves a fork of this process behind that listens on the connection that comes next."""
        (descriptor,) = self.channel.receive_descriptors()
        self._forks = [pid for pid in self._forks if not _has_ended(pid)]
        threads = others()
        fork = os.fork()
        if fork == 0:
            renew_pools(threads)
            self._forks = []
            self.channel.close()
            self.channel = Channel(_connection(descriptor), self.keep, self.find)
            return None
        self._forks.append(fork)
        os.close(descriptor)
        return {"said": "parked", "threads": bool(threads)}

    def do_run(self, source: str, seed: int) -> Message:
        """Runs a cell; its outputs are sent while it runs."""
        seed_everything(seed)
        Output.send = self.channel.send
        try:
            self.shell.run_cell(source, store_history=True)
            Output.flush()
        finally:
            Output.send = nowhere
        return {"said": "done"}

    def do_names(self, names: list[str], seed: int) -> Message:
        """Those of the names that the notebook has bound."""
        seed_everything(seed)
        found = {name: self.shell.user_ns[name] for name in names if name in self.shell.user_ns}
        return {"said": "value", "value": found}

    def do_bind(self, kept: dict[str, Any], gone: list[str]) -> Message:
        """Binds names of the notebook to its own objects, and deletes others."""
        for name in gone:
            self.shell.user_ns.pop(name, None)
        self.shell.user_ns.update(kept)
        return {"said": "value", "value": None}

    def do_call(
        self,
        target: Any,
        method: str,
        arguments: list[Any],
        options: dict[str, Any],
        slopes: bool,
        changing: list[Any],
        heard: bool,
        seeds: dict[str, Any],
    ) -> Message:
        """Calls an object, or a method of it.

        Args:
            target: the object.
            method: of it, if any.
            arguments: by position.
            options: by name.
            slopes: whether gradients may be asked for later.
            changing: places and names of arguments that go back as the call leaves them.
            heard: whether what the call prints goes back.
            seeds: of random numbers, by package, where the test sets some.
        """
        with printed() if heard else contextlib.nullcontext() as text:
            try:
                seed_as_told(seeds)
                function = getattr(target, method) if method else target
                value = function(*arguments, **options)
            except BaseException as error:
                return raised(error) | {"printed": content(text)}
        after = [options[place] if place in options else arguments[place] for place in changing]
        reply = {"said": "value", "value": value, "after": after, "graph": None}
        reply["printed"] = content(text)
        if slopes:
            leaves = [part for part in buffered((arguments, options)) if _wants_slope(part)]
            results = [part for part in buffered(value) if _wants_slope(part)]
            self.graphs.append((leaves, results))
            reply["graph"] = len(self.graphs) - 1
        return reply

    def do_attribute(self, target: Any, name: str) -> Message:
        """An attribute of an object."""
        try:
            return {"said": "value", "value": getattr(target, name)}
        except BaseException as error:
            return raised(error)

    def do_slopes(self, graph: int, outer: list[Any]) -> Message:
        """Gradients by the inputs of an earlier call, given those by its outputs."""
        import torch

        leaves, results = self.graphs[graph]
        try:
            for leaf in leaves:
                leaf.grad = None
            torch.autograd.backward(results, outer, retain_graph=True)
            return {"said": "value", "value": [leaf.grad for leaf in leaves]}
        except BaseException as error:
            return raised(error)


def _connection(descriptor: int) -> socket.socket:
    """A connection, after one byte from which the other side learns who is here."""
    connection = socket.socket(fileno=descriptor)
    _announce(connection)
    return connection


def _announce(connection: socket.socket) -> None:
    connection.send(b"!")


def _has_ended(pid: int) -> bool:
    """Whether a fork has ended; if so, it is no longer counted among this user's processes."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _wants_slope(value: Any) -> bool:
    return bool(getattr(value, "requires_grad", False))


def _limit(limits: dict[str, int]) -> None:
    """Resource limits of this process and of all that come from it."""
    for name, most in limits.items():
        which = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # if memory runs out, this goes first


def main() -> None:
    """Imports what all notebooks have in common; each submission gets a fork in a room."""
    control = Channel(_connection(int(sys.argv[1])))
    start = control.receive()
    shell = make_shell()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is deaf to those inside
    furniture = Furniture(**start["furniture"])
    furniture.bring_caches()
    gc.disable()
    for name in start["modules"]:
        try:
            importlib.import_module(name)
        except BaseException:
            continue  # the cell that imports it will say so
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    warm_up(shell)
    get_ready()
    has_rooms = start["rooms"] and are_possible()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for forks
    control.send({"said": "ready", "rooms": has_rooms})
    while True:
        request = control.receive()
        descriptors = control.receive_descriptors(2 + request["has_files"])
        if os.fork() == 0:
            control.close()
            if has_rooms:
                move_in(request["disk"])
            submission(shell, furniture, request, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def submission(
    shell: InteractiveShell,
    furniture: Furniture,
    request: Message,
    control: int,
    terminal: int,
    files: int | None = None,
) -> None:
    """The first process of a submission, from which those of its notebooks are forked.

    Args:
        shell: where cells run.
        furniture: what they find around them.
        request: limits, and what must be given up.
        control: descriptor of a connection: each message asks for a process.
        terminal: descriptor for what programs write to standard output and error.
        files: descriptor of a folder with what was handed in.
    """
    for standard in (1, 2):
        os.dup2(terminal, standard)
    os.close(terminal)
    furniture.lay_out(files)
    if request["shut_in"]:
        give_up(request["calls"])
    _limit(request["limits"])
    channel = Channel(_connection(control))
    gc.enable()
    while True:
        channel.receive()
        (descriptor,) = channel.receive_descriptors()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            channel.close()
            Process(_connection(descriptor), shell).serve()
        os.close(descriptor)


if __name__ == "__main__":
    try:
        main()
    except (WireError, OSError):
        os._exit(0)
