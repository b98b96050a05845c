"""The connection of a test to the process that holds the answers.

Each question is one message and its reply; while it is answered, functions that the test has passed
may be called. What comes is data, or the number of an object that stays there (`remote`).
"""

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from course_grader.marking.callbacks import Passed
from course_grader.marking.changes import take_over
from course_grader.marking.gradients import joined, replaced
from course_grader.marking.raised import StudentError, error_of, is_own, own_class
from course_grader.marking.remote import Remote, become_remote, remote
from course_grader.marking.widths import Widths, wide_tensor
from course_grader.runner import canvases
from course_grader.runner.arrays import buffered
from course_grader.runner.codec import Handle, WireError
from course_grader.runner.wire import MAX_BUFFERS, Channel, Closed, Late


class Peer:
    """The process that holds the answers.

    Args:
        channel: the connection to it.
        seconds: that one call may take.
        seed: from which generators of a test go on that an answer has seen.

    Attributes:
        unheard: standard output while no test listens to what answers print.
        compared: kinds of objects over there that were compared, which they never equal.
        seeds: says which seeds a call takes along, by package.
        look: called before each call: what the test has done to names of the notebook.
    """

    def __init__(self, channel: Channel, seconds: float, seed: int = 0) -> None:
        self.channel, self.seconds = channel, seconds
        channel.keep, channel.find, channel.most = self._mine, self._theirs, MAX_BUFFERS
        self.passed = Passed(seed)
        widths = Widths()
        channel.arriving, channel.leaving = widths.arriving, widths.leaving
        self.unheard: Any = sys.stdout
        self.compared: list[str] = []
        self.seeds: Callable[[], dict[str, Any]] = dict
        self.look: Callable[[], None] = lambda: None
        self._classes: dict[int, type[Exception]] = {}
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
            result = self.passed.answer(reply)
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

    def apply(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function that the process has, too, such as those of `operator`."""
        return self.call(self._mine(function), "", arguments, {})

    def _mine(self, value: Any) -> Handle:
        """Remote objects go back as what they are, functions to be called back."""
        if not isinstance(value, Remote) and (parts := canvases.parts_of(value)):
            figure, first = canvases.description(parts[0]), self.passed.add(parts)
            for place, part in enumerate(parts):  # from now on, it is what the answer draws on
                become_remote(part, self, first - place)
            known = {"figure": figure, "first": first}
            return Handle(value._handle.number, {"known": known})
        is_theirs = isinstance(value, Remote) or (isinstance(value, type) and is_own(value))
        handle = value._handle if is_theirs else self.passed.keep(value)
        if handle is None:
            raise WireError(
                f"a test passed a {type(value).__name__} to an answer; only data, arrays, tensors, "
                "tables, paths, functions, random generators, modules, axes and answers can be "
                "passed"
            )
        return handle

    def _theirs(self, handle: Handle) -> Any:
        if handle.number < 0:
            return self.passed.find(handle.number)
        facts = handle.facts if isinstance(handle.facts, dict) else {}
        if not isinstance(facts.get("bases"), list):
            return remote(self, handle.number, facts)
        if handle.number not in self._classes:
            number = Handle(handle.number)
            self._classes[handle.number] = own_class(facts.get("name"), facts["bases"], number)
        return self._classes[handle.number]

    def _fail(self, text: str) -> NoReturn:
        self._broken = text
        raise StudentError("ConnectionError", text, [], is_ours=True)
