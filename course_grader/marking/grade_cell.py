"""A grade cell in two parts: all visible ones of a submission run before the first hidden one.

So far as nothing hidden was asked, whatever an answer says may be shown to its group.
"""

import contextlib
import os
import signal
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from nbformat.v4 import new_output

from course_grader.cells import is_test, seed_of
from course_grader.imports import imported
from course_grader.marking.given import Given
from course_grader.marking.outputs import Outputs
from course_grader.marking.test_server import TestServer
from course_grader.marking.tester import PAUSED, TROUBLE
from course_grader.runner.codec import WireError
from course_grader.runner.wire import Channel, Late
from course_grader.sandbox.box import Sandbox, Stopped
from course_grader.sandbox.bubblewrap import Limits, View
from course_grader.sandbox.layout import layout
from course_grader.sandbox.link import Link

MOST_LINES = 2_000  # of what somebody wrote
Lines = Collection[tuple[int, str]]  # with their numbers in their cells
NO_THREADS = (
    "threads and processes that a cell starts end with it, and this answer was asked later: start "
    "them where they are used"
)
_OTHER_REASONS = ("NameError", "NotImplementedError", TROUBLE)


@dataclass(frozen=True)
class Setting:
    """What a grade cell finds besides the answers.

    Attributes:
        given: what it needs of the cells that were given.
        view: whose files these, and the cell, find.
        answers: names that the master's solution cells bind.
        candid: the answers are the master's own: reasons may say everything.
    """

    given: Sequence[Given] = ()
    view: View = field(default_factory=View)
    answers: Sequence[str] = ()
    candid: bool = False

    def request(self, source: str) -> dict[str, Any]:
        """The part of a request to the tests' server for a cell."""
        given = [[one.cell, seed_of(one.cell), one.source, list(one.names)] for one in self.given]
        places = self._places()
        if not given and not any(_uses(source, name) for name in places["own"]):
            places = {}
        known = {"answers": list(self.answers), "candid": self.candid}
        return {"given": given, "places": places} | known

    def _places(self) -> dict[str, Any]:
        """Files that are copied are those of the notebooks' own folder, which cells may write."""
        found = layout(self.view, unsafe=True)
        home = f"{self.view.place.partition('/')[2]}/"
        own = {name: path for name, path in found.items() if name.startswith(home)}
        linked = {name: path for name, path in found.items() if name not in own}
        return {"place": self.view.place, "own": own, "linked": linked}


def _uses(source: str, file: str) -> bool:
    """Whether code names a file that lies beside the notebooks, or imports it."""
    path = PurePosixPath(file)
    return path.name in source or (path.suffix == ".py" and path.stem in imported(source))


class GradeCell:
    """One grade cell on the answers of a parked process, which ends thereafter.

    Its visible part runs first, then it waits: what answers say may be shown as long as no cell has
    asked them with hidden inputs.

    Args:
        server: where it runs.
        source: the master's cell.
        name: its grade id.
        seeds: of random numbers, of the test and of the answers.
        link: the parked process.
        box: its sandbox.
        limits: how long each part of the test and each call of an answer may take.
        outputs: where the result goes: what the test prints, points, or why there are none.
        setting: what it finds besides.

    Attributes:
        name: its grade id.
        seconds: how long it has run.
        is_done: whether it has ended.
        trouble: what the tutor should know: why the test itself failed.
    """

    def __init__(
        self, server: TestServer, source: str, name: str, seeds: tuple[int, int], link: Link,
        box: Sandbox, limits: Limits, outputs: Outputs, setting: Setting,
    ) -> None:  # fmt: skip
        self._server, self._link, self._box, self._limits = server, link, box, limits
        self._request = {
            "source": source, "grade_id": name, "seeds": list(seeds), "call": limits.call,
            **setting.request(source),
        }  # fmt: skip
        self._outputs = outputs
        self._result: Channel | None = None
        self._pid = 0
        self.name, self.seconds = name, 0.0
        self.is_done, self.trouble = False, ""

    def go_on(self, own: Lines, *, numbered: bool) -> None:
        """Runs until the hidden part, or to the end.

        Args:
            own: the notebook's lines that may be shown with an error.
            numbered: their numbers, too.
        """
        start = time.monotonic()
        try:
            self._go_on(own, numbered=numbered)
        finally:
            self.seconds += time.monotonic() - start

    def _go_on(self, own: Lines, *, numbered: bool) -> None:
        self._box.protected.discard(self._link.pid)
        try:
            if self._result is None:
                self._result, self._pid = self._server.begin(self._request, self._link)
            else:
                self._result.send({"do": "go on"})
            self._result.watch = self._box.watch
            reply = self._result.receive(self._limits.cell)
        except Late:
            self._failed("the test took too long on this answer")
        except Stopped as stopped:
            self._failed(str(stopped))
        except WireError as error:
            self._failed("the test could not deal with this answer")
            self.trouble = f"the process of the test died: {error}"
        else:
            if reply == PAUSED:
                self._box.protected.add(self._link.pid)
                return
            if reply["error"] is not None and reply["error"][0] not in _OTHER_REASONS:
                reply["error"][1] = self._hinted(reply["error"][1])
            self.trouble = _show(reply, self._outputs, own, numbered=numbered)
            self.close()

    def close(self) -> None:
        """Lets its process end, and the one that it asks, if that one is honest."""
        self.is_done = True
        self._link.channel.close()
        if self._result is not None:
            self._result.close()

    def _failed(self, text: str) -> None:
        """Ends the test and what it asked."""
        self.close()
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._outputs.error(TROUBLE, self._hinted(text))
        self._box.end()

    def _hinted(self, text: str) -> str:
        """A reason, and what it may come from if threads ran when the process was parked."""
        return "; ".join(filter(None, [text, NO_THREADS if self._link.lost_threads else ""]))


def own_lines(code: Iterable[tuple[int, Any]], *, together: bool = False) -> Lines:
    """Lines of the students' cells that may be shown: larger ones could spell a hidden input.

    Args:
        code: places and cells of a notebook.
        together: none, unless all cells together are of human size.

    Example:
        >>> from nbformat.v4 import new_code_cell
        >>> own_lines([(0, new_code_cell("a = 1")), (1, new_code_cell("pass\\n" * 9000))])
        {(1, 'a = 1')}
    """
    cells = [cell.source.split("\n") for _, cell in code if not is_test(cell)]
    if together and sum(map(len, cells)) > MOST_LINES:
        return set()
    human = (lines for lines in cells if len(lines) <= MOST_LINES)
    return {(number, line.strip()) for lines in human for number, line in enumerate(lines, 1)}


def _show(reply: dict[str, Any], outputs: Outputs, own: Lines, *, numbered: bool) -> str:
    outputs.stream("stdout", reply["text"])
    if reply["error"] is not None:
        name, text, lines = reply["error"]
        frames = [
            f"line {number}: {line}" if numbered else f"in the line: {line}"
            for number, line in lines
            if (number, line) in own
        ]
        outputs.error(name, text, [*frames[-1:], f"{name}: {text}" if text else name])
    elif reply["value"] is not None:
        number = outputs.cell.execution_count
        data = {"text/plain": reply["value"]}
        outputs.cell.outputs.append(new_output("execute_result", data=data, execution_count=number))
    return str(reply["trouble"])
