"""Remote answers: what a student wrote, as objects of the trusted side.

A test that calls a `Remote` sends the arguments as data and gets data back; the code runs in the
sandbox. Numbers, arrays and tensors arrive as what they are, as wide as can be (`widths`),
everything else as a `Remote` again. Arguments are copies: what the student's code does to them
shows only where a test asks for it (`asking`). Tensors know their gradient; exceptions are raised
as their own kind. Comparison and truth are never left to the answer.
"""

import keyword
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from course_grader.marking.callbacks import Functions, is_function
from course_grader.marking.changes import take_over
from course_grader.marking.gradients import joined, replaced
from course_grader.marking.raised import StudentError, error_of
from course_grader.marking.widths import Widths, wide_tensor
from course_grader.runner.codec import Handle, WireError, buffered
from course_grader.runner.facts import signature_of
from course_grader.runner.wire import MAX_BUFFERS, Channel, Closed, Late


class Peer:
    """The process that holds the answers.

    Args:
        channel: the connection to it.
        seconds: that one call may take.

    Attributes:
        unheard: standard output while no test listens to what answers print.
        compared: kinds of objects over there that were compared, which they never equal.
        seeds: says which seeds a call takes along, by package.
        look: called before each call: what the test has done to names of the notebook.
    """

    def __init__(self, channel: Channel, seconds: float) -> None:
        self.channel, self.seconds = channel, seconds
        channel.keep, channel.find, channel.most = self._mine, self._theirs, MAX_BUFFERS
        self.functions = Functions()
        widths = Widths()
        channel.arriving, channel.leaving = widths.arriving, widths.leaving
        self.unheard: Any = sys.stdout
        self.compared: list[str] = []
        self.seeds: Callable[[], dict[str, Any]] = dict
        self.look: Callable[[], None] = lambda: None
        self._broken = ""

    def names(self, names: list[str], seed: int) -> dict[str, Any]:
        """Those of the names that the notebook has bound."""
        found = self.ask(do="names", names=names, seed=seed).get("value")
        if not isinstance(found, dict):
            self._fail("the notebook's process sent no names")
        return {name: found[name] for name in names if name in found}

    def ask(self, **message: Any) -> dict[str, Any]:
        """Sends a question and returns the reply; a student's exception is raised."""
        if self._broken:
            raise StudentError("ConnectionError", self._broken, [], is_ours=True)
        sent = False
        try:
            self.channel.send(message, self.seconds)
            sent = True
            reply = self._reply(time.monotonic() + self.seconds)
        except Late:
            self._fail(f"your code took longer than the {self.seconds:g} s that a call may take")
        except Closed:
            self._fail("your code ended without an answer, or its answer could not be sent")
        except WireError as error:  # of what came in, nothing is repeated: it may be a hidden input
            self._fail("your code sent something that is no answer" if sent else str(error))
        if not isinstance(reply, dict) or reply.get("said") not in ("value", "raised"):
            self._fail("your code sent something that is no answer")
        if message.get("heard") and isinstance(reply.get("printed"), str):
            listener = sys.stdout  # of the test
            listener.write(reply["printed"])
        if reply["said"] == "raised":
            raise error_of(reply, is_end=message.get("method") == "__next__")
        return reply

    def _reply(self, deadline: float) -> Any:
        """What comes back, after functions of the test that are called meanwhile."""
        while True:
            reply = self.channel.receive(deadline - time.monotonic())
            if not isinstance(reply, dict) or reply.get("said") != "callback":
                return reply
            result = self.functions.answer(reply)
            try:
                self.channel.send(result, deadline - time.monotonic())
            except (Closed, Late):
                raise
            except WireError:
                failed = {"said": "raised", "kind": "TypeError", "text": "it returns no data"}
                self.channel.send(failed, deadline - time.monotonic())

    def call(
        self,
        target: Handle,
        method: str,
        arguments: tuple[Any, ...],
        options: dict[str, Any],
        changing: Sequence[int | str] = (),
    ) -> Any:
        """Calls an object over there, or a method of it.

        Args:
            target: the object.
            method: of it, if any.
            arguments: by position.
            options: by name.
            changing: places and names of the arguments that shall be as the call leaves them.
        """
        self.look()
        torch = sys.modules.get("torch")
        slopes = torch is not None and torch.is_grad_enabled()
        reply = self.ask(
            do="call", target=target, method=method, arguments=list(arguments), options=options,
            slopes=slopes, changing=list(changing), heard=sys.stdout is not self.unheard,
            seeds=self.seeds(),
        )  # fmt: skip
        value, after, graph = reply.get("value"), reply.get("after"), reply.get("graph")
        if changing:
            mine = [options[one] if isinstance(one, str) else arguments[one] for one in changing]
            try:
                take_over(mine, after)
            except (TypeError, ValueError, RuntimeError):
                self._fail("your code made something else of an argument that it should change")
        if slopes and type(graph) is int:
            sent = buffered((arguments, options))
            leaves = [part for part in sent if getattr(part, "requires_grad", False)]
            return joined(self, graph, value, leaves)
        return replaced(
            value, lambda part: wide_tensor(part.detach())
        )  # nothing leads to its graph

    def _mine(self, value: Any) -> Handle:
        """Remote objects go back as what they are, functions to be called back."""
        if isinstance(value, Remote):
            return value._handle
        if is_function(value):
            return self.functions.keep(value)
        raise WireError(
            f"a test passed a {type(value).__name__} to an answer; only data, arrays, tensors, "
            "functions and answers can be passed"
        )

    def _theirs(self, handle: Handle) -> Any:
        if handle.number < 0:
            return self.functions.find(handle.number)
        facts = handle.facts if isinstance(handle.facts, dict) else {}
        name = str(facts.get("type", ""))
        name = name if name.isidentifier() and not keyword.iskeyword(name) else "object"
        bases = (RemoteFunction,) if facts.get("callable") is True else (Remote,)
        content = {"__len__": _length} if facts.get("sized") is True else {}
        remote: Remote = type(name, bases, content)(self, handle.number, facts)
        return remote

    def _fail(self, text: str) -> NoReturn:
        self._broken = text
        raise StudentError("ConnectionError", text, [], is_ours=True)


class Remote:
    """An object in the sandbox."""

    def __init__(self, peer: Peer, number: int, facts: dict[str, Any]) -> None:
        self._peer, self._handle = peer, Handle(number)
        if facts.get("name"):
            self.__name__ = self.__qualname__ = str(facts["name"])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._peer.ask(do="attribute", target=self._handle, name=name).get("value")

    def __getitem__(self, key: Any) -> Any:
        return self._peer.call(self._handle, "__getitem__", (key,), {})

    def __eq__(self, other: object) -> bool:
        if self is not other:
            self._peer.compared.append(type(self).__name__)
        return self is other

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Any:
        iterator = self._peer.call(self._handle, "__iter__", (), {})
        if not isinstance(iterator, Remote):
            raise TypeError(f"your {type(self).__name__} cannot be iterated")
        return iterator

    def __next__(self) -> Any:
        return self._peer.call(self._handle, "__next__", (), {})


class RemoteFunction(Remote):
    """An object in the sandbox that can be called."""

    def __init__(self, peer: Peer, number: int, facts: dict[str, Any]) -> None:
        super().__init__(peer, number, facts)
        signature = signature_of(facts.get("signature"))
        if signature is not None:
            self.__signature__ = signature

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._peer.call(self._handle, "", arguments, options)

    def __in_place__(self, *arguments: Any, **options: Any) -> Any:
        """Calls it and takes over what it did to its arguments."""
        return self.__changing__((*range(len(arguments)), *options))(*arguments, **options)

    def __changing__(self, places: tuple[int | str, ...]) -> Callable[..., Any]:
        """The function that takes over what it did to these arguments."""

        def call(*arguments: Any, **options: Any) -> Any:
            return self._peer.call(self._handle, "", arguments, options, places)

        return call


def _length(remote: Remote) -> int:
    """The length of an object over there, where its kind has one."""
    n = remote._peer.call(remote._handle, "__len__", (), {})
    if type(n) is not int or not 0 <= n < sys.maxsize:
        raise TypeError(f"the length of your {type(remote).__name__} is no number")
    return n
