"""The trusted side of a test: a process that runs the master's grade cells on remote answers.

A server imports what the tests need once and forks a process for each grade cell, with limits of
its own: whatever an answer sends, it costs that cell only.
"""

import ast
import builtins
import contextlib
import gc
import io
import os
import re
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from course_grader.markers import BEGIN_HIDDEN
from course_grader.marking.asking import ASKING, asking, changing
from course_grader.marking.mirror import Mirror
from course_grader.marking.peer import Peer
from course_grader.marking.prelude import bundle, run_given
from course_grader.marking.raised import StudentError
from course_grader.marking.remote import Remote
from course_grader.marking.seeds import Seeds
from course_grader.runner.codec import WireError
from course_grader.runner.forking import get_ready
from course_grader.runner.seeding import seed_everything
from course_grader.runner.wire import Channel

MAX_TEXT = 100_000
TROUBLE = "TestTrouble"
_SHOWS_VALUES = re.compile("testing|unittest")  # assertions of numpy's, torch's and Python's own
PAUSED = {"said": "paused"}


def test_cell(
    source: str, grade_id: str, seeds: tuple[int, int], peer: Peer, pause: Callable[[], object],
    *, candid: bool, given: Sequence[Any], answers: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """Runs a grade cell on the answers that it uses.

    Args:
        source: the master's cell.
        grade_id: its name, for messages.
        seeds: of random numbers here, and of those of the answers, which cannot foresee the first.
        peer: where the answers are.
        pause: called before the first statement with hidden inputs: from then on, what answers say
            is not repeated.
        candid: the answers are the master's own: everything may be said.
        given: what the cell needs of given cells, as `prelude.run_given` takes it, and with the
            names that it binds.
        answers: names that the solution cells of the master bind.

    Returns:
        `text` that the test printed, `value` of its last line as text or None, `error` as
        `[name, text, lines of the student]` or None, and `trouble`, a traceback for the tutor.
    """
    hidden_from = next(
        (number for number, line in enumerate(source.split("\n"), 1) if BEGIN_HIDDEN in line), None
    )
    shown = io.StringIO()
    reply: dict[str, Any] = {"value": None, "error": None, "trouble": ""}
    is_hidden = False
    main_before = sys.modules["__main__"]
    try:
        tree = ast.parse(source)
        used = _names(source, *(piece[2] for piece in given))
        ours = set(dir(builtins)).union(*(piece[3] for piece in given))
        names = sorted(used - ours)  # what Python gives is never the student's
        theirs = peer.names(names, seeds[1])
        namespace = _main_module({**theirs, ASKING: changing})
        run_given([piece[:3] for piece in given], namespace, partial(setattr, peer, "unheard"))
        seed_everything(seeds[0])
        peer.unheard = shown
        peer.look = Mirror(peer, theirs, namespace, answers).look
        seeds_set = Seeds(f"<{grade_id}>")
        peer.seeds = seeds_set.told
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(io.StringIO()):
            for last, is_value, code in _statements(asking(tree, theirs), grade_id):
                if hidden_from is not None and last >= hidden_from and not is_hidden:
                    is_hidden = True
                    pause()
                seeds_set.listen()
                if is_value:
                    value = eval(code, namespace)
                    reply["value"] = None if value is None else repr(_one(value))[:1000]
                else:
                    exec(code, namespace)
    except BaseException as error:
        reply["error"] = _reason(error, is_hidden=is_hidden and not candid, compared=peer.compared)
        if reply["error"][0] == TROUBLE:
            reply["trouble"] = "".join(traceback.format_exception(error))[-5000:]
    finally:
        sys.modules["__main__"] = main_before
    reply["text"] = shown.getvalue()[:MAX_TEXT]
    return reply


def _main_module(content: dict[str, Any]) -> dict[str, Any]:
    """Where a test runs: the module by whose name `mock.patch` finds what it patches."""
    module = ModuleType("__main__")
    module.__dict__.update(content)
    sys.modules["__main__"] = module
    return module.__dict__


def _names(*sources: str) -> set[str]:
    trees = map(ast.parse, sources)
    return {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _statements(tree: ast.Module, name: str) -> Iterator[tuple[int, bool, CodeType]]:
    """Each statement with its last line and whether it is the last one and has a value."""
    for number, node in enumerate(tree.body):
        if isinstance(node, ast.Expr) and number == len(tree.body) - 1:
            yield (
                node.end_lineno or 0,
                True,
                compile(ast.Expression(node.value), f"<{name}>", "eval"),
            )
        else:
            yield node.end_lineno or 0, False, compile(ast.Module([node], []), f"<{name}>", "exec")


def _reason(error: BaseException, *, is_hidden: bool, compared: list[str]) -> list[Any]:
    """Name, text and the student's lines; nothing of hidden inputs, expected values or tests."""
    if isinstance(error, StudentError):
        return [error.kind, error.text if error.is_ours or not is_hidden else "", error.lines]
    if isinstance(error, AssertionError) or type(error).__module__ == "_pytest.outcomes":
        frames = traceback.extract_tb(error.__traceback__)
        compares = any(_SHOWS_VALUES.search(frame.filename) for frame in frames)
        text = "" if is_hidden and compares else str(error)[:2000]
        if compared and not text:
            kind = "an object" if is_hidden else f"a {compared[-1][:50]}"
            text = f"a test compared {kind} of your notebook, which is not sent and equals nothing"
        return [type(error).__name__, text or "a test of your answer failed", []]
    if isinstance(error, NameError) and error.name:
        return ["NameError", f"your notebook does not define `{error.name}`", []]
    if not is_hidden:
        return [type(error).__name__, str(error)[:2000], []]
    if isinstance(error, MemoryError):
        return ["MemoryError", "your answer is too large for the test", []]
    return [TROUBLE, "the test could not deal with this answer; your tutor has been told", []]


def _one(value: Any) -> Any:
    """Points in an array of one entry are a number; those in any other array are none."""
    if isinstance(value, Remote):
        raise TypeError("a test ended with an answer, not with points")
    is_array = isinstance(value, np.ndarray | np.generic) or hasattr(value, "detach")
    points = value.item() if is_array else value
    if isinstance(points, Fraction | Decimal):
        points = float(points)
    if points is False or isinstance(points, complex):  # nbgrader would give full points
        raise AssertionError("the test ended with something that is no number of points")
    return points


def _serve_one(request: dict[str, Any], result: Channel, answers: socket.socket) -> None:
    """Runs one test in this process, under its own limits."""
    used = _data_size()
    most = used + int(request["memory"])
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    peer = Peer(Channel(answers), float(request["call"]), int(request["seeds"][0]))

    def pause() -> None:
        result.send(PAUSED)
        result.receive()

    with bundle(request["places"]):
        reply = test_cell(
            request["source"], request["grade_id"], tuple(request["seeds"]), peer, pause,
            candid=request["candid"], given=request["given"], answers=request["answers"],
        )  # fmt: skip
    result.send(reply)


def _data_size() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[5]) * resource.getpagesize()


def main() -> None:
    """Imports what tests need, then forks a process for each of them."""
    control = Channel(socket.socket(fileno=int(sys.argv[1])))
    start = control.receive()
    gc.disable()
    for name in start["modules"]:
        with contextlib.suppress(BaseException):
            __import__(name)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    get_ready()
    gc.enable()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control.send("ready")
    while True:
        request = control.receive()
        result, answers = (socket.socket(fileno=one) for one in control.receive_descriptors(2))
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            result.send(b"!")
            _serve_one(request, Channel(result), answers)
            os._exit(0)
        result.close()
        answers.close()


if __name__ == "__main__":
    try:
        main()
    except (WireError, OSError, KeyboardInterrupt):
        os._exit(0)
