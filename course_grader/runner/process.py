"""One process of a notebook: runs its cells, answers the questions of tests, is parked."""

import contextlib
import os
import socket
from collections.abc import Callable
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from course_grader.runner.arrays import buffered
from course_grader.runner.codec import Handle
from course_grader.runner.facts import facts
from course_grader.runner.replies import content, printed, raised
from course_grader.runner.seeding import seed_as_told, seed_everything
from course_grader.runner.shell import Message, Output, nowhere
from course_grader.runner.theirs import of_test, result
from course_grader.runner.threads import others, renew_pools
from course_grader.runner.wire import Channel


class Process:
    """One process of a notebook, and the connection on which it is spoken to.

    Attributes:
        channel: the connection.
        objects: what stays here and is known to a test by its number.
        theirs: what a test has passed, by its number.
        graphs: inputs and outputs of calls whose gradients may be asked for.
    """

    def __init__(self, connection: socket.socket, shell: InteractiveShell) -> None:
        self.channel = Channel(connection, self.keep, self.find)
        self.shell = shell
        self.objects: list[Any] = []
        self.theirs: dict[int, Any] = {}
        self.graphs: list[tuple[list[Any], list[Any]]] = []
        self._forks: list[int] = []

    def keep(self, value: Any) -> Handle:
        """Keeps an object here and says what it is; functions of the test are known there."""
        for number, one in self.theirs.items():
            if one is value:
                return Handle(number)
        if isinstance(value, type):  # a class is one
            for number, one in enumerate(self.objects):
                if one is value:
                    return Handle(number, facts(value))
        self.objects.append(value)
        return Handle(len(self.objects) - 1, facts(value))

    def find(self, handle: Handle) -> Any:
        """The object that a test means, or a function of its own that it passes."""
        if handle.number >= 0:
            return self.objects[handle.number]
        if handle.number not in self.theirs:
            self.theirs |= of_test(handle, self.call_back)
        return self.theirs[handle.number]

    def serve(self) -> None:
        """Does what it is told until nobody is there any more."""
        while True:
            self._do(self.channel.receive())

    def _do(self, message: Message) -> None:
        do: Callable[..., Message | None] = getattr(self, f"do_{message.pop('do')}")
        answer = do(**message)
        if answer is not None:
            self.channel.send(answer)

    def call_back(self, number: int, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Calls a function of the test, which may ask something of the answers meanwhile."""
        message = {"number": number, "arguments": list(arguments), "options": options}
        self.channel.send({"said": "callback"} | message)
        while "do" in (reply := self.channel.receive()):
            self._do(reply)
        return result(reply)

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
            self.channel = Channel(connected(descriptor), self.keep, self.find)
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


def connected(descriptor: int) -> socket.socket:
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
