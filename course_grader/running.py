"""A submission through the sandbox: first all its cells, then the tests.

When the first test begins, the outputs of all cells are closed: nothing that an answer learns from
a test can appear in them. At each grade cell the notebook's process is parked; a test asks that
fork, as the notebook was there. If a cell's process dies or overstays, the cell gets an error and
the notebook goes on as it was before that cell.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.utils import is_grade, is_solution

from course_grader.bubblewrap import Limits, View
from course_grader.codec import WireError
from course_grader.outputs import Outputs
from course_grader.sandbox import Link, Sandbox, Stopped
from course_grader.test_server import TestServer
from course_grader.wire import Late

NOT_RUN = "NotRun"
STOPPED = "Stopped"
Heard = Callable[[str, str, float, str], None]


@dataclass(frozen=True)
class Plan:
    """How submissions are run.

    Attributes:
        root: the course's folder, from which the tests import.
        view: what the sandbox shows.
        modules: what the runner imports before it runs anything.
        test_modules: what the tests' server imports beforehand.
        limits: budgets.
        unsafe: without a sandbox.
    """

    root: Path
    view: View = field(default_factory=View)
    modules: tuple[str, ...] = ()
    test_modules: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    unsafe: bool = False


def is_test(cell: Any) -> bool:
    """Whether a cell is the master's test: it earns points and holds no answer."""
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def cell_name(cell: Any, index: int) -> str:
    """How messages call a cell: its grade id, else its number in the notebook.

    Example:
        >>> from nbformat.v4 import new_code_cell
        >>> cell_name(new_code_cell("1 + 1"), 4)
        'cell 5'
    """
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell {index + 1}")


def seed_of(name: str) -> int:
    """The seed of a cell: the same in every run, whoever runs it.

    Example:
        >>> seed_of("check-1") == seed_of("check-1") != seed_of("check-2")
        True
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def run_submission(
    notebooks: Mapping[str, Any],
    plan: Plan,
    server: TestServer,
    heard: Heard | None = None,
    files: Path | None = None,
) -> dict[str, str]:
    """Runs the notebooks of one group in place and marks their grade cells.

    Args:
        notebooks: nbformat nodes whose grade cells are the master's.
        plan: how.
        server: where tests run.
        heard: told of each cell that is done: notebook, cell, seconds, next cell.
        files: a folder whose content the notebooks find where they run.

    Returns:
        Troubles of tests for the tutor, by `notebook/cell`.

    Raises:
        SandboxError: there is no sandbox on this machine.
    """
    troubles = {}
    with Sandbox(plan.view, plan.limits, plan.modules, files, unsafe=plan.unsafe) as box:
        runs = [Run(box, name, notebook, heard) for name, notebook in notebooks.items()]
        for run in runs:
            run.cells()
        for run in runs:
            for cell, trouble in run.tests(server):
                troubles[f"{run.name}/{cell}"] = trouble
    return troubles


class Run:
    """One notebook in a sandbox."""

    def __init__(self, box: Sandbox, name: str, notebook: Any, heard: Heard | None) -> None:
        self.box, self.name, self.notebook = box, name, notebook
        self.heard = heard or (lambda notebook, cell, seconds, following: None)
        self.parked: dict[int, Link] = {}
        self.code = [
            (index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"
        ]

    def cells(self) -> None:
        """Runs the cells; parks the process where a test will ask."""
        gone = ""
        deadline = time.monotonic() + self.box.limits.notebook
        link, spare = self.box.notebook(), None
        own = 0  # number among the notebook's own cells, for their seeds
        for count, (index, cell) in enumerate(self.code):
            cell.outputs, cell.execution_count = [], None
            name = cell_name(cell, index)
            if not cell.metadata.get("nbgrader", {}).get("grade_id"):
                own += 1
                name = f"cell {own}"
            start = time.monotonic()
            if gone:
                Outputs(cell, 0).error(NOT_RUN, gone)
                continue
            try:
                fork = self.box.park(link)
            except WireError:  # the process went between two cells: as it was before the last one
                self.box.end()
                try:
                    link, spare = spare or self.box.notebook(), None
                    self.box.protected.discard(link.pid)
                    fork = self.box.park(link)
                except WireError as error:
                    gone = f"the notebook's process has gone: {error}"
                    Outputs(cell, 0).error(NOT_RUN, gone)
                    continue
            if is_test(cell):
                self.parked[index] = fork
                continue
            if spare is not None:
                self.box.drop(spare)
            spare = fork
            if start >= deadline:
                Outputs(cell, 0).error(NOT_RUN, "not run: the notebook used up its time")
            elif cell.source.strip():
                cell.execution_count = count + 1
                if not self._run(link, cell, seed_of(name), deadline):
                    self.box.end()
                    link, spare = spare, None
                    self.box.protected.discard(link.pid)
            self._tell(count, start)
        self.box.end()
        if spare is not None:
            self.box.drop(spare)

    def _run(self, link: Link, cell: Any, seed: int, deadline: float) -> bool:
        """Runs one cell; false if its process can no longer be used."""
        limits = self.box.limits
        outputs = Outputs(cell, limits.output)

        looked = 0.0

        def watch() -> None:
            nonlocal looked
            looked = time.monotonic()
            outputs.stream("stdout", self.box.text(limits.output).decode(errors="replace"))
            self.box.watch()

        end = min(time.monotonic() + limits.cell, deadline)
        link.channel.watch = watch
        try:
            link.channel.send({"do": "run", "source": cell.source, "seed": seed}, limits.cell)
            while True:
                message = link.channel.receive(end - time.monotonic())
                if not isinstance(message, dict) or message.get("said") != "output":
                    break
                try:
                    outputs.add(message)
                except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
                    raise WireError("it sent an output that is none") from None
                if time.monotonic() > end:
                    raise Late("the cell took too long")
                if time.monotonic() > looked + 0.1:  # who never stops talking is watched, too
                    watch()
            if message != {"said": "done"}:
                raise WireError("it sent something that it should not")
            watch()
        except Late:
            outputs.error(STOPPED, f"the cell ran longer than the {limits.cell:g} s that it may")
        except Stopped as stopped:
            outputs.error(STOPPED, str(stopped))
        except WireError as error:
            outputs.error(STOPPED, f"the process of this cell died ({error})")
        else:
            return True
        finally:
            link.channel.watch = None
        return False

    def tests(self, server: TestServer) -> list[tuple[str, str]]:
        """Runs the tests on the parked processes; returns what the tutor should know."""
        troubles = []
        own = {
            (number, line.strip())
            for _, cell in self.code
            if not is_test(cell)
            for number, line in enumerate(cell.source.split("\n"), 1)
        }
        for count, (index, cell) in enumerate(self.code):
            if not is_test(cell):
                continue
            start = time.monotonic()
            name = cell_name(cell, index)
            outputs = Outputs(cell, self.box.limits.output)
            cell.execution_count = count + 1
            link = self.parked.get(index)
            if link is None:
                outputs.error(NOT_RUN, "the notebook's process had gone before this test")
            else:
                trouble = server.test(
                    cell.source, name, seed_of(name), link, self.box, outputs, own
                )
                if trouble:
                    troubles.append((name, trouble))
            self._tell(count, start)
        return troubles

    def _tell(self, count: int, start: float) -> None:
        index, cell = self.code[count]
        rest = self.code[count + 1 : count + 2]
        following = cell_name(rest[0][1], rest[0][0]) if rest else ""
        self.heard(self.name, cell_name(cell, index), time.monotonic() - start, following)
